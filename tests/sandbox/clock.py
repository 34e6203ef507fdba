"""Time inside the sandbox: what AWS does "a little later".

AWS answers many calls before the work is done (an RDS instance takes minutes, a
Cloud Map operation half a minute).  Each such delay is an event on one heap.  Due
events are run, in order of their due time, at the start of the next request, so
there are no threads and a test sees the same order whatever the load.
"""
import heapq
import itertools
import time

import config


def wall():
    """What the services take for the time: in signatures and in the Date of answers."""
    return time.time() + config.knobs.server_clock_s


class Clock:
    def __init__(self):
        self.clear()

    def clear(self):
        self._heap = []
        self._order = itertools.count()
        self._base = None

    def now(self):
        """Seconds since the epoch; inside an event, the moment it was due."""
        return time.time() if self._base is None else self._base

    def after(self, knob, action, *args):
        """Run action(*args) once the duration named by a knob (or given in seconds) is over."""
        seconds = config.knobs.duration(knob) if isinstance(knob, str) else knob * config.knobs.scale
        heapq.heappush(self._heap, (self.now() + seconds, next(self._order), action, args))

    def run_due(self):
        limit = time.time()
        while self._heap and self._heap[0][0] <= limit:
            due, _, action, args = heapq.heappop(self._heap)
            self._base = due
            try:
                action(*args)
            finally:
                self._base = None


clock = Clock()

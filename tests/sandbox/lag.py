"""Reads that lag behind writes: what was just made shows in lists only some seconds later.

AWS says so of EC2 (its Describe calls, by id too) and of the tagging API; the lists of
API Gateway are held to it as well.  The knob `read_lag_s` is the delay, 0: none.  What a
write call brought into the world is found by comparing what is there before and after it.
"""
import contextlib

import config
import registry
from clock import clock

_shown_at = {}      # ARN, or (service, id) -> when it begins to show
registry.on_reset(_shown_at.clear)
READS = ("Describe", "List", "Get", "Search", "Filter", "BatchGet")


def _arns(call):
    import tagging      # it imports the modules that ask here
    return {r.arn for r in tagging.everything(call)}


@contextlib.contextmanager
def watch(call):
    """Around a call: remembers what it makes."""
    if not config.knobs.read_lag_s or call.operation is None or call.name.startswith(READS):
        yield
        return
    before = _arns(call)
    yield
    due = clock.now() + config.knobs.duration("read_lag_s")
    for arn in _arns(call) - before:
        _shown_at[arn] = _shown_at[arn.split(":")[2], arn.rpartition("/")[2]] = due


def hides(thing):
    """Is it too young to be seen?  An ARN, or (service, id)."""
    return clock.now() < _shown_at.get(thing, 0)

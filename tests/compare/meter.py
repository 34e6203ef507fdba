"""python3 meter.py RESULT COMMAND...: run it; write wall time, CPU and memory of its whole process tree as JSON."""
import ctypes
import json
import os
import sys
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
PAGE = os.sysconf("SC_PAGE_SIZE")


def _parents():
    """{pid: parent} of all processes."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="latin-1") as file:
                    found[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                pass
    return found


def _descendants(root):
    parents = _parents()
    found, more = set(), {root}
    while more:
        more = {pid for pid, parent in parents.items() if parent in more} - found
        found |= more
    return found


def _peak(pid):
    """Largest resident size that a process had so far, in bytes; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="latin-1") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def _resident(pid):
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


class Memory(threading.Thread):
    """Looks often at first, as a short program is gone soon; `largest` of one process, `together` of all at once."""

    def __init__(self):
        super().__init__(daemon=True)
        self.largest = self.together = 0
        self.done = threading.Event()

    def run(self):
        started = time.monotonic()
        while not self.done.wait(0.002 if time.monotonic() - started < 2 else 0.05):
            pids = _descendants(os.getpid())
            self.largest = max([self.largest, *map(_peak, pids)])
            self.together = max(self.together, sum(map(_resident, pids)))


def _reap(main):
    """Waits for all processes; -> (exit code, CPU seconds, largest resident size as the kernel counted it)"""
    code, cpu, largest = None, 0.0, 0
    while True:
        try:
            pid, status, used = os.wait4(-1, 0)
        except ChildProcessError:
            return code, cpu, largest
        cpu += used.ru_utime + used.ru_stime
        largest = max(largest, used.ru_maxrss * 1024)
        if pid == main:
            code = os.waitstatus_to_exitcode(status)


def main(result, *command):
    # What outlives its parent becomes our child, so nobody's CPU time is lost.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    memory = Memory()
    own = _peak(os.getpid())
    started = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    memory.start()
    code, cpu, largest = _reap(pid)
    wall = time.monotonic() - started
    memory.done.set()
    memory.join()
    # The kernel counts what the process was before exec, a copy of this one: what is not above that says nothing.
    largest = largest if largest > 2 * own else memory.largest
    with open(result, "w", encoding="utf-8") as file:
        json.dump({"code": code, "wall": round(wall, 4), "cpu": round(cpu, 4), "largest": largest,
                   "together": max(memory.together, largest)}, file)
    sys.exit(code if code is not None and code >= 0 else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Cases that must fail well: the exit code as documented, the message helps, and nothing in AWS was touched."""
import collections
import re
import subprocess

from stack import BERTH, StackCase

import control

READS = ("Describe", "List", "Get", "BatchGet", "-")  # "-": refused before it was known what it asks


def lease_calls():
    """The calls that were about nothing but the lease, by action."""
    calls = collections.Counter()
    for (action, name), n in control.log.by_name.items():
        if re.fullmatch(r"/berth/[^/]+/lease(:\d+)?", name):
            calls[action] += n
    return calls


def writes():
    """The calls that may have changed something since the log was cleared, refused ones included, but for the lease."""
    calls = collections.Counter(control.log.by_action) - lease_calls()
    return {name: n for name, n in calls.items() if not name.partition(".")[2].startswith(READS)}


class BadCase(StackCase):
    def run_raw(self, *args, env=None, timeout=60, **kwargs):
        """As run_berth, but in bytes, and with any file as stdin and stdout."""
        kwargs = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kwargs}
        return subprocess.run([BERTH, *args], cwd=self.dir, env=env or self.env(), timeout=timeout, check=False,
                              **kwargs)

    def fails(self, code, args, *needles, **kwargs):
        """Runs berth, demands the exit code and each of the texts on stderr, and no write call; stderr."""
        control.log.clear()
        done = self.run_raw(*args, **kwargs)
        told = done.stderr.decode()
        self.assertEqual(done.returncode, code, told)
        for needle in needles:
            self.assertIn(needle, told)
        self.assertNotIn("\x1b", told)
        self.assertNotIn("AddressSanitizer", told)
        self.assertNotIn("runtime error", told)
        self.assertEqual(writes(), {})
        self.calls = control.log.total
        return told

    def offline(self, code, args, *needles, **kwargs):
        """As fails(), and AWS was not asked at all."""
        told = self.fails(code, args, *needles, **kwargs)
        self.assertEqual(self.calls, 0)
        return told

    def deny(self, service, action="*", code="AccessDenied"):
        self.set(faults=[{"service": service, "action": action, "kind": "error", "code": code, "status": 403,
                          "message": f"User: arn:aws:iam::123456789012:user/x is not authorized to perform: {action}"}])

    def snapshot(self):
        """The database as text, to see whether it was touched."""
        import sqlite3
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            return "\n".join(line for line in db.iterdump() if not line.startswith("INSERT INTO \"run\""))

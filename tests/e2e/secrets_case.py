"""Runs of berth whose every byte is kept: what it printed, wrote and passed on, and what its memory holds."""
import base64
import json
import os
import pathlib
import re
import subprocess
import threading
import time
import urllib.parse

from stack import BERTH, StackCase


def forms(value):
    """The ways in which a text may stand in a file, a request or a terminal: {what: bytes}."""
    raw = value.encode()
    coded = {
        "raw": raw, "percent-encoded": urllib.parse.quote(value, safe="").encode(),
        "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode(),
        "JSON": json.dumps(value)[1:-1].encode(), "JSON with \\/": json.dumps(value)[1:-1].replace("/", "\\/").encode(),
        "reversed": raw[::-1]}
    # At each offset in a longer text base64 is another; the middle of it does not depend on what is around.
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        coded[f"base64+{shift}"] = text[4 if shift else 0:-4]
    return {what: text for what, text in coded.items() if len(text) >= 8}


class Watcher(threading.Thread):
    """Samples command line and environment of a process and of all below it while they run."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.environ, self.done = pid, set(), {}, threading.Event()

    def family(self):
        parents = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
                parents[int(stat.parent.name)] = int(fields[1])
            except (OSError, IndexError):
                continue
        found = {self.pid}
        while True:
            more = {p for p, parent in parents.items() if parent in found} - found
            if not more:
                return found
            found |= more

    def run(self):
        while not self.done.is_set():
            for pid in self.family():
                try:
                    self.seen.add(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
                    if pid != self.pid:
                        self.environ[pid] = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
                except OSError:
                    pass
            time.sleep(0.02)


class SecretsCase(StackCase):
    knobs = {"scale": 0.0}

    def setUp(self):
        super().setUp()
        self.bytes = {}  # where -> what

    def watched(self, *args, env=None, code=None, stop=None):
        """Runs berth with tracing at its highest; keeps all that comes out. stop(process) is called while it runs."""
        trace = self.dir / f"trace-{len(self.bytes)}"
        env = dict(env or self.env(), BERTH_TRACE=str(trace), BERTH_DEBUG="run,node,call,wire,state,sigv4")
        process = subprocess.Popen([BERTH, *args], cwd=self.dir, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        watcher = Watcher(process.pid)
        watcher.start()
        stopper = threading.Thread(target=stop, args=(process,), daemon=True) if stop else None
        if stopper:
            stopper.start()
        try:
            out, err = process.communicate(timeout=240)
        finally:
            process.kill()
            watcher.done.set()
        watcher.join()
        if stopper:
            stopper.join()
        name = f"{len(self.bytes)}: berth {' '.join(args)}"
        self.bytes[name] = b"\n".join([out, err, *watcher.seen])
        if code is not None:
            self.assertEqual(process.returncode, code, err.decode(errors="replace")[-3000:])
        if code == 0 and "graph" not in args:
            self.assertGreater(trace.stat().st_size, 0)
        self.watcher = watcher
        return out.decode(errors="replace"), err.decode(errors="replace")

    def files(self):
        """All files of the run's folder, the database with its log and free pages included: {path: bytes}."""
        return {str(p.relative_to(self.dir)): p.read_bytes() for p in self.dir.rglob("*")
                if p.is_file() and not p.is_symlink() and p.name not in self.given}

    given = {"berth.yaml"}

    def find(self, secrets, bodies):
        """[(secret's name, form, where)] of all secrets in all the bytes."""
        return [(name, form, where) for name, value in secrets.items() for form, text in forms(value).items()
                for where, body in bodies.items() if text in body]

    def assert_no_secret(self, secrets):
        for name, value in secrets.items():
            self.assertGreaterEqual(len(value), 6, f"{name} is no secret that could be looked for")
        self.assertEqual(self.find(secrets, {**self.bytes, **self.files()}), [])

    def parameters(self):
        """Values of all SecureStrings of the account, and what is in them."""
        ssm = self.aws("ssm")
        found = {}
        for page in ssm.get_paginator("describe_parameters").paginate():
            for p in page["Parameters"]:
                if p["Type"] == "SecureString":
                    found[p["Name"]] = ssm.get_parameter(Name=p["Name"], WithDecryption=True)["Parameter"]["Value"]
        return found


def memory_of(pid, limit=1 << 30):
    """Everything that a stopped process can write to: its heap, stack, data."""
    parts, total = [], 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)", line)
            start, end = int(m[1], 16), int(m[2], 16)
            if "w" not in m[3] or m[4].startswith("[v") or total > limit or end - start > 1 << 28:
                continue
            try:
                mem.seek(start)
                parts.append(mem.read(end - start))
                total += end - start
            except OSError:
                continue
    return b"\0".join(parts)


def sanitized():
    """Does this berth bear sanitizers? They keep what was freed, and more memory than can be looked at."""
    return b"__asan_init" in pathlib.Path(os.environ.get("BERTH", BERTH)).read_bytes()

"""An account, a folder with a spec, and berth in it: all of it forked with the process, so that each try starts alike."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
for _folder in ("compare", "e2e", "sandbox"):
    sys.path.insert(0, str(ROOT / "tests" / _folder))

import account  # noqa: E402
import config  # noqa: E402
import control  # noqa: E402
import harness  # noqa: E402
from app import LOCK  # noqa: E402
from describe import describe  # noqa: E402

BERTH = os.environ.get("BERTH", str(ROOT / "build" / "cli" / "berth"))
SHIM = os.environ.get("SHIM", str(ROOT / "build" / "tests" / "kill" / "shim.so"))
SAN = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:verify_asan_link_order=0",
       "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
REVISION = re.compile(r"(task-definition/[^:\"]+):\d+")
LIMIT_S = 600


def _plain(value):
    """Without the numbers of revisions."""
    if isinstance(value, str):
        return REVISION.sub(r"\1:N", value)
    return json.loads(REVISION.sub(r"\1:N", json.dumps(value))) if isinstance(value, (list, dict)) else value


class Failed(Exception):
    """What was promised is not so."""


def forked(function, *args):
    """Runs function(*args) on a copy of this process; -> (pid, file to read what it returned from)."""
    read, write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with LOCK:
        pid = os.fork()
    if pid:
        os.close(write)
        return pid, os.fdopen(read, "rb")
    try:
        os.close(read)
        harness._server = None      # its threads were not forked
        harness._clients.clear()
        answer = function(*args)
        with os.fdopen(write, "wb") as out:
            out.write(answer)
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


class Stage:
    def __init__(self, spec="gengar.yaml"):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="berth-kill-"))
        shutil.copy(ROOT / "examples" / spec, self.dir / "berth.yaml")
        with LOCK:
            config.knobs.restore()
            control.reset()
            config.knobs.update({"page_size": 0, "scale": 0})

    def close(self):
        shutil.rmtree(self.dir, True)

    def move(self):
        """To a copy of the folder, for a fork of this process."""
        new = pathlib.Path(tempfile.mkdtemp(prefix="berth-kill-"))
        shutil.copytree(self.dir, new, dirs_exist_ok=True)
        self.dir = new

    def knobs(self, **values):
        with LOCK:
            config.knobs.update(values)

    def edit(self, pattern, replacement):
        path = self.dir / "berth.yaml"
        text, n = re.subn(pattern, replacement, path.read_text(), count=1, flags=re.M)
        if not n:
            raise Failed(f"the spec has no {pattern}")
        path.write_text(text)

    def forget(self):
        """The database is only a cache."""
        shutil.rmtree(self.dir / ".berth", True)

    def run(self, *args, **more):
        """berth as a user runs it; what it said is kept."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.dir), "AWS_ENDPOINT_URL": harness.endpoint(),
               "AWS_ACCESS_KEY_ID": harness.AKID, "AWS_SECRET_ACCESS_KEY": harness.SECRET,
               "AWS_EC2_METADATA_DISABLED": "true", "TERM": "dumb", "BERTH_LEASE_SECONDS": "3600", **SAN, **more}
        self.said = ""
        try:
            done = subprocess.run([BERTH, *args], cwd=self.dir, env=env, text=True, timeout=LIMIT_S,
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except subprocess.TimeoutExpired as e:
            said = b"".join((e.stdout or b"", e.stderr or b"")).decode(errors="replace")
            raise Failed(f"berth {' '.join(args)} has not ended after {LIMIT_S} s:\n{said}") from None
        self.said = done.stdout + done.stderr
        for sign in ("runtime error", "AddressSanitizer"):
            if sign in self.said:
                raise Failed(f"{sign}:\n{self.said}")
        return done.returncode

    def must(self, *args, code=0):
        got = self.run(*args)
        if got != code:
            raise Failed(f"berth {' '.join(args)}: exit {got}, not {code}\n{self.said}")

    def points(self, *args):
        """Runs berth undisturbed; the points it passed, one line each."""
        count, trace = self.dir / "count", self.dir / "trace"
        code = self.run(*args, LD_PRELOAD=SHIM, KILL_COUNT=str(count), KILL_TRACE=str(trace))
        if code:
            raise Failed(f"berth {' '.join(args)} under the shim: exit {code}\n{self.said}")
        lines = trace.read_text().splitlines()
        if int(count.read_text()) != len(lines):
            raise Failed("the shim counts otherwise than it traces")
        count.unlink()
        trace.unlink()
        return lines

    def killed(self, at, *args):
        """Runs berth to its death at a point; the line of that point, None if it ended before."""
        trace = self.dir / "trace"
        code = self.run(*args, LD_PRELOAD=SHIM, KILL_AT=str(at), KILL_TRACE=str(trace))
        line = trace.read_text().splitlines()[-1] if trace.exists() else ""
        trace.unlink(missing_ok=True)
        if code == -signal.SIGKILL:
            return line
        if code:
            raise Failed(f"berth {' '.join(args)}: exit {code} before it was killed\n{self.said}")
        return None

    @staticmethod
    def account():
        """How many there are of each kind, and what they are: {what: value}, without made-up ids."""
        out = {f"count: {kind}": len(ids) for kind, ids in account.listing(harness.client).items()}
        for part, values in describe(harness.client).items():
            for key, value in values.items():
                if ":snapshot:" in key:     # final ones stay; they are counted
                    continue
                # A digest with the stamp of what was made at some time.
                out[_plain(f"{part}: {key}")] = "(some)" if "berth:source" in key else _plain(value)
        return out

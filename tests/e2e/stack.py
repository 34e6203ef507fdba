"""What the end-to-end tests share: an empty local account, a folder with a spec, and berth as a user runs it."""
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sandbox"))

# With it, berth acts as an IAM user who has the policy that `berth permissions` prints for the spec, and no more.
ENFORCE_IAM = os.environ.get("BERTH_SANDBOX_ENFORCE_IAM") == "1"

import harness  # noqa: E402  (starts the local AWS in this process)

import account  # noqa: E402
import iam_user  # noqa: E402

BERTH = os.environ.get("BERTH", str(ROOT / "build" / "cli" / "berth"))


def _leaks_are_found():
    """
    LeakSanitizer reads the program with ptrace, which a container may refuse. Asked for by module (meson.build): a run
    that a signal cuts off leaves its requests for credentials to the system.
    """
    if os.environ.get("BERTH_FIND_LEAKS") != "1":
        return False
    try:
        done = subprocess.run([BERTH, "--version"], env={"ASAN_OPTIONS": "detect_leaks=1"}, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False)
    except FileNotFoundError:
        return False
    return b"LeakSanitizer has encountered a fatal error" not in done.stderr


# It aborts, unlike berth: no test that expects an error takes a finding for it.
SAN = {"ASAN_OPTIONS": f"detect_leaks={int(_leaks_are_found())}:abort_on_error=1",
       "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}


class StackCase(harness.Case):
    """Each test: an empty account and a folder with berth.yaml."""
    spec = "gengar.yaml"
    knobs = {"page_size": 5, "scale": 0.1}

    def setUp(self):
        super().setUp()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="berth-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir, True)
        shutil.copy(ROOT / "examples" / self.spec, self.dir / "berth.yaml")
        self.operator, self._granted, self._documents = None, None, []
        if ENFORCE_IAM:
            self.set(enforce_iam=True)
            self.operator = iam_user.User("operator")

    def documents(self, *args):
        """The policies that berth prints for the spec as it is."""
        done = subprocess.run([BERTH, "--json", "permissions", *args], cwd=self.dir, text=True, capture_output=True,
                              env={"PATH": os.environ["PATH"], **SAN}, check=False)
        return json.loads(done.stdout)["documents"] if done.returncode == 0 else None

    def _grant(self):
        """Who changes the spec prints the policy anew, and keeps the old one for what the change removes."""
        path = self.dir / "berth.yaml"
        text = path.read_text(errors="replace") if path.is_file() else None
        documents = self.documents() if self.operator and text != self._granted else None
        if documents:
            self._granted = text
            self.operator.grant(self._documents + documents)
            self._documents = documents

    def env(self, **more):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.dir), "AWS_ENDPOINT_URL": harness.endpoint(),
               "AWS_ACCESS_KEY_ID": harness.AKID, "AWS_SECRET_ACCESS_KEY": harness.SECRET,
               "AWS_EC2_METADATA_DISABLED": "true", "TERM": "dumb", **SAN,
               **(self.operator.env if self.operator else {}), **more}
        return {k: v for k, v in env.items() if v is not None}

    def run_berth(self, *args, env=None, timeout=120, **kwargs):
        self._grant()
        done = subprocess.run([BERTH, *args], cwd=self.dir, env=env or self.env(), text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, capture_output=True, **kwargs)
        self.assertNotIn("LeakSanitizer", done.stderr, f"berth {' '.join(args)}")
        return done

    def berth(self, *args, code=0, **kwargs):
        """Runs berth and demands an exit code; its stdout."""
        done = self.run_berth(*args, **kwargs)
        self.assertEqual(done.returncode, code,
                         f"berth {' '.join(args)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        self.assertNotIn("runtime error", done.stderr)
        self.assertNotIn("AddressSanitizer", done.stderr)
        self.last = done
        return done.stdout

    def apply(self, **kwargs):
        return self.berth("apply", "--yes", **kwargs)

    def plan(self):
        """The plan as its JSON document."""
        return json.loads(self.berth("--json", "plan"))

    def actions(self):
        """{address: action} of the plan."""
        return {a["address"]: a["action"] for a in self.plan()["actions"]}

    def assert_settled(self):
        plan = self.plan()
        self.assertEqual(plan["actions"], [], json.dumps(plan["actions"], indent=1))

    def edit(self, pattern, replacement, count=1):
        path = self.dir / "berth.yaml"
        text, n = re.subn(pattern, replacement, path.read_text(), count=count, flags=re.M)
        self.assertGreaterEqual(n, 1, f"the spec has no {pattern}")
        path.write_text(text)

    def live(self, address):
        """Fields of a live object as berth's snapshot has them."""
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            row = db.execute("SELECT fields FROM live WHERE address = ?", (address,)).fetchone()
        self.assertIsNotNone(row, f"{address} is not in the snapshot")
        return json.loads(row[0])

    def addresses(self):
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            return [row[0] for row in db.execute("SELECT address FROM live ORDER BY address")]

    @staticmethod
    def aws(service, **options):
        return harness.client(service, **options)

    def listing(self):
        return account.listing(harness.client)

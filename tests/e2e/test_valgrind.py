"""What memcheck sees that the sanitizers do not: memory that is read before it is written. The suite `valgrind`."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from stack import BERTH, StackCase

FOUND = 99  # no exit code of berth's


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class ValgrindCase(StackCase):
    def setUp(self):
        super().setUp()
        self.logs = pathlib.Path(tempfile.mkdtemp(prefix="berth-valgrind-"))
        self.addCleanup(shutil.rmtree, self.logs, True)

    def run_berth(self, *args, env=None, timeout=900, **kwargs):
        self._grant()
        log = self.logs / "log"
        memcheck = ["valgrind", "--quiet", f"--error-exitcode={FOUND}", "--leak-check=full",
                    "--errors-for-leak-kinds=definite,indirect,possible", f"--log-file={log}"]
        done = subprocess.run([*memcheck, BERTH, *args], cwd=self.dir, env=env or self.env(), text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL, capture_output=True, check=False, **kwargs)
        # Whatever the exit code: who dies of a signal has none to give.
        self.assertEqual(log.read_text(), "", f"berth {' '.join(args)}")
        self.assertNotEqual(done.returncode, FOUND)
        return done

    def test_life_of_an_app(self):
        self.berth("validate")
        self.apply()
        self.assert_settled()
        self.berth("drift")
        self.edit(r"port: 3000", "port: 4001")
        self.berth("plan")
        self.apply()
        self.berth("destroy", "--yes", "gengar", "--with-data")

    def test_errors(self):
        self.edit(r"^app:.*", "app: [")
        for command in ("validate", "plan", "apply", "drift"):
            with self.subTest(command):
                self.assertNotEqual(self.run_berth(command).returncode, 0)

    def test_refused(self):
        """AWS refuses the caller, and nobody is there to say yes."""
        self.apply()
        wrong = self.env(AWS_SECRET_ACCESS_KEY="wrong")
        for command in (("plan",), ("apply", "--yes"), ("drift",), ("destroy", "--yes", "gengar")):
            with self.subTest(command):
                self.assertNotEqual(self.run_berth(*command, env=wrong).returncode, 0)
        self.edit(r"port: 3000", "port: 4001")
        self.berth("apply", code=3)
        self.berth("destroy", "--with-data", code=3)

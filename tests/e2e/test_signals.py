"""Signals, hang-ups and closed streams: who is told, what stays behind, and how the terminal looks afterwards."""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

from bad import writes
from lease import LeaseCase
from screen import Terminal
from stack import BERTH, ROOT

import control
import harness
from app import LOCK

HELPER = """\
import datetime, json, os, sys, time
with open("asked", "a") as asked:
    print(os.getpid(), file=asked)
if open("asked").read().count("\\n") > int(sys.argv[1]):
    time.sleep(100)
ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=9)
print(json.dumps({"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s",
                  "Expiration": ends.strftime("%%Y-%%m-%%dT%%H:%%M:%%SZ")}))
""" % (harness.AKID, harness.SECRET)


def state_of(pid):
    """(state, parent) of a process; None if there is none."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None
    return fields[0], int(fields[1])


class Helper(LeaseCase):
    """The program of credential_process."""

    def setUp(self):
        super().setUp()
        (self.dir / ".aws").mkdir()
        (self.dir / "helper.py").write_text(HELPER)
        self.answers(0)

    def answers(self, times):
        """It answers so often, with keys that are soon to be replaced, and then hangs."""
        (self.dir / "asked").unlink(missing_ok=True)
        (self.dir / ".aws" / "config").write_text(
            f"[default]\ncredential_process = {sys.executable} {self.dir}/helper.py {times}\n")

    def env(self, **more):
        return super().env(**{"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, **more})

    def pids(self):
        try:
            return [int(line) for line in (self.dir / "asked").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def hung(self, times):
        return self.until(lambda: self.pids()[times:], 60)[0]

    def assert_gone(self, pid):
        self.until(lambda: (state_of(pid) or "Z")[0] == "Z", 5)

    def test_does_not_outlive_us(self):
        for signo in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            with self.subTest(signo.name):
                self.answers(0)
                berth = self.start("plan")
                pid = self.hung(0)
                berth.send_signal(signo)
                berth.communicate(timeout=10)
                self.assertEqual(berth.returncode, -signo)
                self.assert_gone(pid)

    def test_in_the_middle_of_an_apply(self):
        """New keys are asked for ahead of time: the end does not wait for them, and no answered helper is a zombie."""
        self.answers(1)
        self.set(rds_create_s=90.0)
        berth = self.start("apply", "--yes")
        pid = self.hung(1)
        self.assertEqual(state_of(pid)[1], berth.pid)
        self.assertIsNone(state_of(self.pids()[0]))
        self.until(lambda: control.log.by_action["rds.CreateDBInstance"], 30)
        berth.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, err = self.end(berth, 1, 30)
        self.assertLess(time.monotonic() - begun, 7)
        self.assertIn("Running the same command again is safe", err)
        self.assertIsNone(self.parameter())
        self.assert_gone(pid)
        self.set(rds_create_s=1.0)
        keys = {"AWS_ACCESS_KEY_ID": harness.AKID, "AWS_SECRET_ACCESS_KEY": harness.SECRET}
        self.end(self.start("apply", "--yes", **keys), 0)
        self.berth("drift", env=self.env(**keys))


class Group(LeaseCase):
    """A terminal sends its signals to all of a group."""

    def test_apply(self):
        for signo in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signo.name):
                with LOCK:
                    control.reset()
                shutil.rmtree(self.dir / ".berth", True)
                berth = subprocess.Popen(["sh", "-c", f'"{BERTH}" apply --yes | cat'], cwd=self.dir, env=self.env(),
                                         text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, start_new_session=True)
                self.addCleanup(berth.wait)
                self.addCleanup(berth.kill)
                self.after_writes(berth, 20)
                os.killpg(berth.pid, signo)
                _, err = berth.communicate(timeout=30)
                self.assertNotIn("Sanitizer", err)
                self.assertIn("Running the same command again is safe", err)
                self.assertIsNone(self.parameter())
                self.apply()
                self.assert_whole()


class SlowPipe(LeaseCase):
    """Whoever reads the plan takes his time."""

    def blocked(self, *args):
        """berth when it has filled the pipe, and the end to read from."""
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        os.write(write, b"." * 4000)
        self.clear()
        berth = subprocess.Popen([BERTH, *args], cwd=self.dir, env=self.env(), stdin=subprocess.DEVNULL, stdout=write,
                                 stderr=subprocess.PIPE)
        os.close(write)
        self.addCleanup(os.close, read)
        self.addCleanup(berth.wait)
        self.addCleanup(berth.kill)
        wchan = pathlib.Path(f"/proc/{berth.pid}/wchan")
        self.until(lambda: "pipe" in wchan.read_text() or state_of(berth.pid)[0] == "S" and self.quiet(), 30)
        return berth, read

    @staticmethod
    def quiet():
        """Nothing was asked for a while, after a lot was."""
        with LOCK:
            before = control.log.total
        time.sleep(0.7)
        with LOCK:
            return before > 5 and control.log.total == before

    @staticmethod
    def drain(read):
        text = b""
        while piece := os.read(read, 65536):
            text += piece
            time.sleep(0.005)
        return text[4000:]

    def test_all_of_it_comes(self):
        want = self.run_raw("plan", "-v").stdout
        berth, read = self.blocked("plan", "-v")
        self.assertEqual(self.drain(read), want)
        self.assertEqual(berth.wait(20), 0)

    def test_plan_ends_at_once(self):
        for signo in (signal.SIGINT, signal.SIGTERM):
            berth, _ = self.blocked("plan")
            berth.send_signal(signo)
            self.assertEqual(berth.wait(5), -signo)

    def test_apply_starts_nothing(self):
        """Told to end before anybody had read what it would do."""
        for signo in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signo.name):
                berth, read = self.blocked("apply", "--yes")
                berth.send_signal(signo)
                time.sleep(0.1)
                self.drain(read)
                _, err = berth.communicate(timeout=20)
                self.assertEqual(writes(), {}, err)
                self.assertIn(berth.returncode, (1, -signo), err)
                self.assertIsNone(self.parameter())

    def test_twice_is_at_once(self):
        berth, _ = self.blocked("apply", "--yes")
        berth.send_signal(signal.SIGINT)
        time.sleep(0.1)
        berth.send_signal(signal.SIGINT)
        self.assertEqual(berth.wait(5), -signal.SIGINT)
        self.assertEqual(writes(), {})
        self.apply()
        self.assert_whole()

    def test_reader_goes_away_in_the_middle(self):
        """head has seen enough: that is no failure, and what was to be done is done."""
        for args in (["plan", "-v"], ["apply", "--yes"], ["drift"], ["output"]):
            done = subprocess.run(["bash", "-c", 'set -o pipefail; "$0" "$@" | head -c 20 >/dev/null', BERTH, *args],
                                  cwd=self.dir, env=self.env(), capture_output=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, (args, done.stderr))
        self.assert_whole()


class Closed(LeaseCase):
    """Started with a standard stream closed: the next file that is opened must not get its number."""

    def closed(self, redirection, *args):
        """Exit code, stdout and stderr, and what stood behind the numbers 0, 1 and 2 while it ran."""
        self.set(faults=[{"service": "ec2", "action": "DescribeVpcs", "kind": "delay", "ms": 300}])
        self.clear()
        berth = subprocess.Popen(["sh", "-c", f'exec "$0" "$@" {redirection}', BERTH, *args], cwd=self.dir,
                                 env=self.env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        seen = set()
        while berth.poll() is None:
            with LOCK:
                asking = control.log.total > 0
            for fd in (0, 1, 2) if asking else ():
                try:
                    seen.add((fd, os.readlink(f"/proc/{berth.pid}/fd/{fd}").partition(":")[0]))
                except OSError:
                    pass  # no longer there, or not to be looked into
            time.sleep(0.01)
        out, err = berth.communicate(timeout=60)
        self.assertNotIn(b"Sanitizer", err)
        for fd, what in seen:
            self.assertIn(what, ("/dev/null", "pipe"), (fd, args))
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        return berth.returncode, out.decode(), err.decode()

    def test_stdout(self):
        for args in (["plan"], ["apply", "--yes"]):
            code, _, err = self.closed(">&-", *args)
            self.assertEqual(code, 1, err)
            self.assertIn("standard output", err)
        self.assertNotIn("vpc", self.listing())
        self.apply()
        for args in (["drift"], ["output"], ["--json", "output"], ["plan", "--detailed-exitcode"]):
            code, _, err = self.closed(">&-", *args)
            self.assertEqual(code, 1, err)
            self.assertIn("standard output", err)
        self.assert_whole()

    def test_stderr(self):
        """What it would have said there is lost, and nothing else."""
        for args, code in ((["plan", "--detailed-exitcode"], 2), (["apply", "--yes"], 0), (["plan"], 0),
                           (["drift"], 0), (["output"], 0), (["apply"], 0)):
            got, out, _ = self.closed("2>&-", *args)
            self.assertEqual(got, code, (args, out))
            self.assertTrue(out, args)
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            self.assertEqual(db.execute("SELECT count(*) FROM journal WHERE outcome IS NOT 'ok'").fetchone(), (0,))
        self.assert_whole()
        self.assertEqual(self.closed("2>&-", "destroy")[0], 3)
        self.assert_whole()

    def test_failure_and_no_stderr(self):
        self.deny("ecs", "CreateCluster")
        done = subprocess.run(["sh", "-c", 'exec "$0" apply --yes 2>&-', BERTH], cwd=self.dir, env=self.env(),
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        self.set(faults=[])
        self.apply()
        self.assert_whole()

    def test_all(self):
        for args, code in ((["plan"], 1), (["apply", "--yes"], 1)):
            self.assertEqual(self.closed("<&- >&- 2>&-", *args)[0], code)
        self.assertNotIn("vpc", self.listing())


class OnTerminal(LeaseCase):
    def job(self, *args, **env):
        t = Terminal([sys.executable, str(ROOT / "tests" / "e2e" / "jobs.py"), BERTH, *args], self.dir,
                     self.env(TERM="xterm-256color", **env))
        self.addCleanup(t.stop)
        return t

    def ended(self, t, code):
        t.end()
        shown = "\n".join(t.screen.lines)
        self.assertIn(f"[ended {code}, modes kept]\n", shown)
        self.assertNotIn(b"Sanitizer", t.raw)
        self.assertEqual([line for line in t.screen.lines if line.startswith("  creating ")], [])

    def slow(self, ms=400):
        self.set(faults=[{"service": "ec2", "action": "Create*", "kind": "delay", "ms": ms}])


class Modes(OnTerminal):
    """A terminal is left as it was found, however berth ends."""

    def test_done(self):
        self.ended(self.job("apply", "--yes"), 0)

    def test_failed(self):
        self.deny("ecs", "CreateCluster")
        self.ended(self.job("apply", "--yes"), 1)

    def test_not_confirmed(self):
        t = self.job("apply")
        t.until("Apply this plan?")
        t.type("no\n")
        self.ended(t, 3)

    def test_interrupted_question(self):
        for key, signo in (("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT)):
            t = self.job("apply")
            t.until("Apply this plan?")
            t.type(key)
            self.ended(t, -signo)
        self.assertEqual(writes(), {})

    def test_interrupted(self):
        self.slow()
        t = self.job("apply", "--yes")
        t.until("created")
        t.type("\x03")
        t.until("Interrupted: nothing new is started")
        self.ended(t, 1)
        self.set(faults=[])
        self.apply()
        self.assert_whole()

    def test_interrupted_twice(self):
        self.set(faults=[{"service": "rds", "action": "CreateDBInstance", "kind": "delay", "ms": 2000}])
        t = self.job("apply", "--yes")
        t.until("creating rds.instance.main")
        t.type("\x03")
        t.until("Interrupted: nothing new is started")
        t.type("\x03")
        self.ended(t, 1)
        self.until(lambda: control.log.by_action["rds.CreateDBInstance"], 10)


class Stopped(OnTerminal):
    """Ctrl-Z: the screen is the shell's, and berth's again afterwards."""

    def test_lines_go_and_come_back(self):
        self.slow()
        t = self.job("apply", "--yes")
        t.until("created")
        t.type("\x1a")
        t.until("[stopped, modes kept]")
        self.assertEqual([line for line in t.screen.lines if line.startswith("  creating ")], [])
        self.set(faults=[{"action": "*", "kind": "delay", "ms": 1500, "times": 3}])
        t.type("fg\n")
        t.until("\n  creating ", after="[stopped")
        self.set(faults=[])
        self.ended(t, 0)
        created = [line for line in t.screen.lines if ": created (" in line]
        self.assertEqual(sorted(line.partition(":")[0] for line in created), sorted(self.addresses()))
        self.assert_whole()

    def test_twice_and_while_it_asks(self):
        t = self.job("apply")
        t.until("Apply this plan?")
        t.type("\x1a")
        t.until("[stopped, modes kept]")
        t.type("fg\n")
        self.slow()
        t.type("yes\n")
        for at in ("ec2.vpc.main: created", "ec2.security_group"):
            t.until(at)
            t.type("\x1a")
            t.until("[stopped, modes kept]", after=at)
            t.type("fg\n")
        self.ended(t, 0)
        self.assert_whole()

    def test_for_longer_than_the_lease(self):
        """Others may write by then: it begins no further write."""
        self.slow()
        t = self.job("apply", "--yes", BERTH_LEASE_SECONDS="5")
        t.until("created")
        t.type("\x1a")
        t.until("[stopped, modes kept]")
        time.sleep(5.5)
        self.clear()
        t.type("fg\n")
        self.ended(t, 3)
        self.assertEqual(writes(), {})
        self.assertIn("not renewed in time", "\n".join(t.screen.lines))


class HungUp(OnTerminal):
    """The window is closed, the connection lost."""

    def hang_up(self, *args, at):
        t = Terminal([BERTH, *args], self.dir, self.env(TERM="xterm-256color"))
        self.addCleanup(t.stop)
        t.until(at)
        self.clear()
        os.close(t.master)
        return t.process.wait(30)

    def test_while_it_works(self):
        self.slow()
        self.assertEqual(self.hang_up("apply", "--yes", at="created"), 1)
        self.assertIsNone(self.parameter())
        self.set(faults=[])
        self.apply()
        self.assert_whole()

    def test_while_it_asks(self):
        self.assertIn(self.hang_up("apply", at="Apply this plan?"), (3, -signal.SIGHUP))
        self.assertEqual(writes(), {})
        self.assertIsNone(self.parameter())
        self.assertNotIn("vpc", self.listing())

    def test_and_nobody_said(self):
        """Under nohup it goes on, although nobody looks any more."""
        t = Terminal(["sh", "-c", "trap '' HUP; exec \"$0\" apply --yes", BERTH], self.dir,
                     self.env(TERM="xterm-256color"))
        self.addCleanup(t.stop)
        t.until("created")
        os.close(t.master)
        self.assertEqual(t.process.wait(60), 0)
        self.assert_whole()


class Code(OnTerminal):
    """The code of an MFA device is typed unseen: the one question for which the terminal is changed."""

    def setUp(self):
        super().setUp()
        (self.dir / ".aws").mkdir()
        (self.dir / ".aws" / "config").write_text(
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/operator\nsource_profile = keys\n"
            "mfa_serial = arn:aws:iam::123456789012:mfa/ann\nregion = us-east-1\n"
            f"[profile keys]\naws_access_key_id = {harness.AKID}\naws_secret_access_key = {harness.SECRET}\n")

    def asked(self):
        t = self.job("plan", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
        t.until("MFA code for")
        return t

    def test_ended_by_a_key(self):
        for key, signo in (("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT)):
            t = self.asked()
            t.type(key)
            self.ended(t, -signo)

    def test_ended_by_another(self):
        for signo in (signal.SIGTERM, signal.SIGHUP):
            t = self.asked()
            os.kill(self.child(t), signo)
            self.ended(t, -signo)

    def child(self, t):
        return int(pathlib.Path(f"/proc/{t.process.pid}/task/{t.process.pid}/children").read_text().split()[0])

    def test_no_code(self):
        for text in ("\x04", "12\n"):
            t = self.asked()
            t.type(text)
            self.ended(t, 1)

    def test_stopped(self):
        t = self.asked()
        t.type("\x1a")
        t.until("[stopped, modes kept]")
        t.type("fg\n")
        t.until("MFA code for", after="[stopped")
        t.type("12\n")
        self.ended(t, 1)
        self.assertNotIn("12", t.screen.lines[-4:])


if __name__ == "__main__":
    unittest.main()

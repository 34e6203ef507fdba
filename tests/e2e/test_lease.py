"""One writer: the lease, who waits for it, who takes it over, and who must stop."""
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from bad import BadCase, lease_calls, writes
from screen import Terminal
from stack import BERTH, ROOT

import control
from app import LOCK

NAME = "/berth/gengar/lease"
SOME = ("apply", "--yes", "--only", "ec2.vpc.main")


def counts(listing):
    return {kind: len(ids) for kind, ids in listing.items()}


class LeaseCase(BadCase):
    whole = None

    def parameter(self):
        """(version, record) of the lease, or None."""
        ssm = self.aws("ssm")
        try:
            found = ssm.get_parameter(Name=NAME)["Parameter"]
        except ssm.exceptions.ParameterNotFound:
            return None
        return found["Version"], json.loads(found["Value"])

    def held_by_another(self, seconds, **more):
        """Writes the lease of a run on another machine that ends so many seconds from now."""
        now = datetime.datetime.now(datetime.timezone.utc)

        def at(s):
            return (now + datetime.timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%SZ")

        record = {"v": 1, "owner": "arn:aws:iam::123456789012:user/other", "host": "elsewhere", "command": "apply",
                  "run": "0123456789abcdef0123456789abcdef", "process": {}, "after": 0, "over": "", "serial": 1,
                  "began": at(seconds - 600), "renewed": at(seconds - 60), "deadline": at(seconds), **more}
        self.aws("ssm").put_parameter(Name=NAME, Type="String", Value=json.dumps(record), Tags=[
            {"Key": "berth:app", "Value": "gengar"}, {"Key": "berth:env", "Value": "default"}])

    def start(self, *args, cwd=None, **env):
        berth = subprocess.Popen([BERTH, *args], cwd=cwd or self.dir, env=self.env(**env), text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(berth.wait)
        self.addCleanup(berth.kill)
        return berth

    def elsewhere(self):
        """Another checkout of the same spec: as on another machine, but for the process table."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="berth-e2e-"))
        self.addCleanup(shutil.rmtree, folder, True)
        shutil.copy(self.dir / "berth.yaml", folder)
        return folder

    def end(self, berth, code, timeout=120):
        out, err = berth.communicate(timeout=timeout)
        self.assertNotIn("Sanitizer", err)
        self.assertNotIn("runtime error", err)
        self.assertEqual(berth.returncode, code, err)
        return out, err

    def after_writes(self, berth, number):
        def enough():
            self.assertIsNone(berth.poll(), "it ended too early")
            with LOCK:
                return sum(writes().values()) >= number

        self.until(enough, 60)

    def clear(self):
        with LOCK:
            control.log.clear()

    def assert_whole(self):
        """The account holds what one undisturbed apply makes, and no lease."""
        self.assertIsNone(self.parameter())
        self.assert_settled()
        self.assertEqual(counts(self.listing()), self.undisturbed())

    def undisturbed(self):
        if LeaseCase.whole is None:
            found = self.listing()
            with LOCK:
                control.reset()
            folder = self.elsewhere()
            self.end(self.start("apply", "--yes", cwd=folder), 0)
            LeaseCase.whole = counts(self.listing())
            self.assertNotEqual(found, {})
        return LeaseCase.whole


class Alone(LeaseCase):
    def test_taken_and_given_back(self):
        self.apply()
        self.assertIsNone(self.parameter())
        self.clear()
        self.apply()
        self.assertEqual(lease_calls(), {"ssm.PutParameter": 1, "ssm.GetParameter": 1, "ssm.DeleteParameter": 1})
        self.assertEqual(writes(), {})
        self.clear()
        for args in (["plan"], ["drift"], ["output"], ["validate"]):
            self.berth(*args)
        self.assertEqual(lease_calls(), {})
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertNotIn("parameter", self.listing())

    def test_a_lease_is_no_object_of_the_app(self):
        self.apply()
        self.clear()
        self.assert_settled()
        calls = control.log.total
        self.held_by_another(600)
        self.clear()
        self.assert_settled()
        self.assertEqual(control.log.total, calls)
        self.berth("drift")

    def test_what_it_bears(self):
        """Seen while a run holds it: who, where, and whose."""
        self.set(faults=[{"action": "CreateVpc", "kind": "delay", "ms": 1500}])
        berth = self.start(*SOME)
        version, record = self.until(self.parameter, 30)
        self.assertEqual(version, 1)
        self.assertEqual((record["command"], record["process"]["pid"]), ("apply", berth.pid))
        self.assertIn(":123456789012:", record["owner"])
        tags = self.aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=NAME)["TagList"]
        self.assertEqual({t["Key"]: t["Value"] for t in tags}, {"berth:app": "gengar", "berth:env": "default"})
        shown = self.berth("lock", "show")
        for needle in ("held", record["owner"], f"process {berth.pid}", record["began"]):
            self.assertIn(needle, shown)
        shown = json.loads(self.berth("--json", "lock", "show"))
        self.assertEqual((shown["type"], shown["standing"], shown["pid"]), ("lock", "held", berth.pid))
        self.end(berth, 0)
        self.assertIn("free", self.berth("lock"))
        self.assertEqual(json.loads(self.berth("--json", "lock", "show"))["standing"], "free")

    def test_environments_do_not_share_it(self):
        self.edit(r"\Z", "\nenvironments:\n  staging:\n    logs: {retention_days: 7}\n")
        self.held_by_another(600)
        self.berth("--env", "staging", *SOME)
        self.berth(*SOME, code=3)

    def test_throttled_and_lost(self):
        """Every call about the lease fails somehow before it works: nothing is seen of it."""
        for action in ("PutParameter", "GetParameter", "DeleteParameter"):
            for kind in ("throttle", "drop", "refuse", "error"):
                with self.subTest(action=action, kind=kind):
                    self.set(faults=[{"service": "ssm", "action": action, "kind": kind, "times": 1}])
                    self.berth(*SOME)
                    self.assertNotIn("warning", self.last.stderr)
                    self.assertIsNone(self.parameter())

    def test_not_allowed(self):
        self.deny("ssm", "PutParameter")
        told = self.fails(1, SOME, "AccessDenied", "ssm:PutParameter", "ssm:DeleteParameter", "parameter" + NAME)
        self.assertIn("The lease " + NAME, told)

    def test_settings(self):
        for text in ("4", "3601", "x", "-5", "60s"):
            self.fails(64, SOME, "BERTH_LEASE_SECONDS is a number from 5 to 3600", env=self.env(BERTH_LEASE_SECONDS=text))
        for text in ("5x", "m", "-1", "1.5m", "999999h", "1 m"):
            self.offline(64, (*SOME, "--lock-timeout", text), "--lock-timeout is a time such as")
            self.offline(64, ("destroy", "--lock-timeout", text), "--lock-timeout is a time such as")
        self.offline(64, ("lock", "break"), 'does not know "break"', "berth lock steal")


class Refused(LeaseCase):
    def test_says_who_and_until_when(self):
        self.held_by_another(300)
        for args in (SOME, ("destroy", "--yes", "gengar")):
            self.fails(3, args, "arn:aws:iam::123456789012:user/other on elsewhere", "`berth apply` since 20",
                       "Nothing was changed", "--lock-timeout", "berth lock steal")
            self.assertLessEqual(self.calls, 4, "it must not read the account before it has the lease")
        self.berth("plan")
        self.assertEqual(self.parameter()[0], 1)
        self.assertIn('"locked by another process"', self.fails(3, ("--json", *SOME)))

    def test_saved_plan(self):
        self.berth("plan", "--out", "saved.plan")
        self.held_by_another(300)
        self.fails(3, ("apply", "--yes", "saved.plan"), "elsewhere")

    def test_waits(self):
        self.held_by_another(4)
        begun = time.monotonic()
        self.fails(3, (*SOME, "--lock-timeout", "1s"), "Waiting for another run, at most 1 s: arn:", "error: ")
        self.assertGreater(time.monotonic() - begun, 1)
        self.berth(*SOME, "--lock-timeout", "1m")
        self.assertIn("Waiting for another run", self.last.stderr)
        self.assertIn("Taken over from a run that has not renewed its lease in time: arn:", self.last.stderr)
        self.assertIsNone(self.parameter())

    def test_garbage(self):
        self.apply()
        for value in ("garbage", '{"v": 1}', "[]", '{"v": 2, "owner": "later"}'):
            self.aws("ssm").put_parameter(Name=NAME, Type="String", Value=value)
            self.fails(3, SOME, f"The parameter {NAME} holds something that is no lease", "berth lock steal")
            self.assertIn("no lease", self.berth("lock", "show"))
            self.assertEqual(self.aws("ssm").get_parameter(Name=NAME)["Parameter"]["Value"], value)
            self.assertIn("free", self.berth("lock", "steal", "--yes"))
            self.berth(*SOME)


class TakenOver(LeaseCase):
    def test_a_killed_run_holds_nobody_up(self):
        """By another checkout on this machine: the journal knows nothing of it."""
        berth = self.start("apply", "--yes")
        self.after_writes(berth, 20)
        berth.kill()
        berth.communicate()
        self.assertIsNotNone(self.parameter())
        self.assertIn("gone", self.berth("lock", "show"))
        begun = time.monotonic()
        out, err = self.end(self.start("apply", "--yes", cwd=self.elsewhere()), 0)
        self.assertIn(f"Taken over from a run that is dead: ", err)
        self.assertIn(f"(process {berth.pid})", err)
        self.assertLess(time.monotonic() - begun, 60)
        self.assert_whole()

    def test_after_its_deadline(self):
        self.held_by_another(-5)
        self.assertIn("expired", self.berth("lock", "show"))
        self.berth(*SOME)
        self.assertIn("Taken over from a run that has not renewed its lease in time", self.last.stderr)
        self.assertIsNone(self.parameter())

    def test_eight_at_once(self):
        self.held_by_another(-5)
        runs = [self.start("apply", "--yes", cwd=self.elsewhere()) for _ in range(8)]
        codes = sorted(self.end_any(run)[0] for run in runs)
        self.assertEqual(codes[0], 0)
        self.assertEqual(set(codes) - {0, 3}, set())
        self.assert_whole()

    def end_any(self, berth):
        out, err = berth.communicate(timeout=300)
        self.assertNotIn("Sanitizer", err)
        return berth.returncode, err


class AtOnce(LeaseCase):
    def test_two(self):
        """One works, the other is refused with who it is."""
        first = self.start("apply", "--yes")
        self.until(self.parameter, 30)
        out, err = self.end(self.start("apply", "--yes", cwd=self.elsewhere()), 3)
        self.assertIn(f"(process {first.pid})", err)
        self.end(first, 0)
        self.assert_whole()

    def test_eight_that_wait(self):
        """One after the other: the first makes it all, the others find nothing to do."""
        runs = [self.start("--json", "apply", "--yes", "--lock-timeout", "10m", cwd=self.elsewhere())
                for _ in range(8)]
        done = [json.loads(self.end(run, 0, 400)[0].splitlines()[-1])["done"] for run in runs]
        self.assertEqual(sum(1 for d in done if d), 1)
        self.assert_whole()

    def test_in_one_folder(self):
        runs = [self.start("apply", "--yes", "--lock-timeout", "5m") for _ in range(3)]
        for run in runs:
            self.end(run, 0, 300)
        self.assert_whole()


class Lost(LeaseCase):
    def slow_apply(self, **env):
        """An apply that writes for a long time, stopped at nothing yet."""
        self.set(faults=[{"service": "ec2", "action": a, "kind": "delay", "ms": 400}
                         for a in ("Create*", "Authorize*", "Attach*", "Associate*", "Modify*")])
        self.clear()
        berth = self.start("apply", "--yes", "--parallel", "1", BERTH_LEASE_SECONDS="5", **env)
        self.after_writes(berth, 5)
        return berth

    def finish(self):
        self.set(faults=[])
        self.apply()
        self.assert_whole()

    def test_stolen(self):
        victim = self.slow_apply()
        out, err = self.end(self.start("lock", "steal", "--yes", cwd=self.elsewhere()), 0)
        self.assertIn("Waiting", err)
        self.clear()
        self.assertIsNone(self.parameter())
        out, err = self.end(victim, 3)
        self.assertEqual(writes(), {}, "written after the lease was lost")
        self.assertIn("This run lost its lease", err)
        self.assertIn("Not tried: ", err)
        self.assertIn("Running the same command again is safe", err)
        self.assertIsNone(self.parameter())
        self.finish()

    def test_stolen_and_used_at_once(self):
        """The victim tells who has it now."""
        victim = self.slow_apply()
        self.end(self.start("lock", "steal", "--yes", "--now", cwd=self.elsewhere()), 0)
        self.held_by_another(300)
        out, err = self.end(victim, 3)
        self.clear()
        self.assertIn("arn:aws:iam::123456789012:user/other on elsewhere", err)
        self.assertEqual(self.parameter()[1]["host"], "elsewhere")
        self.end(self.start("lock", "steal", "--yes", "--now"), 0)
        self.finish()

    def test_asleep(self):
        """Stopped for longer than its lease; another works meanwhile; awake again it writes nothing more."""
        victim = self.slow_apply()
        victim.send_signal(signal.SIGSTOP)
        self.set(faults=[])
        out, err = self.end(self.start("apply", "--yes", "--lock-timeout", "2m", cwd=self.elsewhere()), 0, 200)
        self.assertIn("has not renewed its lease in time", err)
        self.clear()
        victim.send_signal(signal.SIGCONT)
        out, err = self.end(victim, 3)
        self.assertEqual(writes(), {}, "written after the lease was lost")
        self.assertIn("it was not renewed in time", err)
        self.assert_whole()

    def test_cannot_be_renewed(self):
        victim = self.slow_apply()
        rules = [{"service": "ssm", "action": a, "kind": "error", "status": 500} for a in ("PutParameter", "GetParameter")]
        self.set(faults=[*rules, {"service": "ec2", "action": "Create*", "kind": "delay", "ms": 400}])
        out, err = self.end(victim, 3)
        self.assertIn("it was not renewed in time", err)
        self.set(faults=[])
        self.finish()


class Renewed(LeaseCase):
    def test_during_a_long_wait(self):
        self.set(scale=6)
        berth = self.start("apply", "--yes", "--only", "rds.instance.main", BERTH_LEASE_SECONDS="5")
        self.until(lambda: (self.parameter() or (0,))[0] >= 6, 120)
        self.fails(3, SOME, "Another run is at work")
        self.set(scale=0.1)
        self.end(berth, 0)
        self.assertIsNone(self.parameter())

    def ask(self):
        t = Terminal([BERTH, "apply", "--only", "ec2.vpc.main"], self.dir,
                     self.env(TERM="xterm-256color", BERTH_LEASE_SECONDS="5"))
        self.addCleanup(t.stop)
        t.until("Apply this plan?")
        return t

    def test_while_it_asks(self):
        t = self.ask()
        self.until(lambda: self.parameter()[0] >= 6, 60)
        self.fails(3, SOME, "Another run is at work")
        t.type("yes\n")
        self.assertEqual(t.end(), 0)
        self.assertIsNone(self.parameter())


class GivenBack(LeaseCase):
    def test_not_confirmed(self):
        for answer, code in (("no\n", 3), ("\x04", 3), ("\x03", -signal.SIGINT)):
            t = Renewed.ask(self)
            self.assertIsNotNone(self.parameter())
            t.type(answer)
            self.assertEqual(t.end(), code)
            self.assertIsNone(self.parameter())
        self.assertNotIn("vpc", self.listing())

    def test_interrupted(self):
        for signo in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.clear()
            berth = self.start("apply", "--yes")
            self.after_writes(berth, 15)
            berth.send_signal(signo)
            self.end(berth, 1)
            self.assertIsNone(self.parameter())
        self.apply()
        self.assert_whole()

    def test_interrupted_while_reading(self):
        self.set(faults=[{"service": "ec2", "action": "DescribeVpcs", "kind": "delay", "ms": 2000}])
        berth = self.start(*SOME)
        self.until(self.parameter, 30)
        berth.send_signal(signal.SIGTERM)
        self.end(berth, -signal.SIGTERM)
        self.assertIsNone(self.parameter())

    def test_interrupted_while_waiting(self):
        self.held_by_another(300)
        berth = self.start(*SOME, "--lock-timeout", "5m")
        self.until(lambda: lease_calls().get("ssm.GetParameter", 0) >= 2, 30)
        berth.send_signal(signal.SIGINT)
        self.end(berth, -signal.SIGINT)
        self.assertEqual(self.parameter()[1]["host"], "elsewhere")

    def test_failed(self):
        self.deny("ec2", "CreateVpc")
        self.berth(*SOME, code=1)
        self.assertIsNone(self.parameter())

    def test_a_second_signal_leaves_it_to_the_next(self):
        self.set(faults=[{"service": "rds", "action": "CreateDBInstance", "kind": "delay", "ms": 3000}])
        berth = self.start("apply", "--yes")
        self.until(lambda: control.log.by_action["rds.CreateDBSubnetGroup"], 60)
        time.sleep(1)
        for _ in range(2):
            berth.send_signal(signal.SIGINT)
            time.sleep(0.1)
        self.end(berth, 1)
        self.set(faults=[])
        self.apply()
        self.assertIn("Taken over from a run that is dead", self.last.stderr)
        self.assert_whole()


class Stolen(LeaseCase):
    def test_asks(self):
        self.held_by_another(300)
        self.fails(3, ["lock", "steal"], "no terminal to ask on", "--yes")
        self.assertEqual(self.parameter()[0], 1)
        t = Terminal([BERTH, "lock", "steal", "--now"], self.dir, self.env(TERM="xterm-256color"))
        self.addCleanup(t.stop)
        t.until("Take the lease away?")
        self.assertIn("elsewhere", "\n".join(t.screen.lines))
        t.type("yes\n")
        self.assertEqual(t.end(), 0)
        self.assertIsNone(self.parameter())

    def test_of_nobody(self):
        self.assertIn("nothing to take", self.berth("lock", "steal", "--yes"))
        self.assertEqual(json.loads(self.berth("--json", "lock", "steal", "--yes"))["standing"], "free")

    def test_of_the_dead_at_once(self):
        self.held_by_another(-5)
        begun = time.monotonic()
        self.assertIn("free", self.berth("lock", "steal"))
        self.assertLess(time.monotonic() - begun, 20)
        self.assertIsNone(self.parameter())

    def test_waits_until_the_other_has_stopped(self):
        self.held_by_another(6)
        begun = time.monotonic()
        self.berth("lock", "steal", "--yes")
        self.assertGreater(time.monotonic() - begun, 4)
        self.assertIsNone(self.parameter())


if __name__ == "__main__":
    unittest.main()

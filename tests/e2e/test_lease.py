"""One writer: how the lease is taken, renewed, shown, stolen and given back."""
import json
import signal
import time
import unittest

from bad import lease_calls, writes
from lease import NAME, SOME, LeaseCase
from screen import Terminal
from stack import BERTH

import control


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
        self.set(page_size=0)       # it may begin another page
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
            berth = self.start("apply", "--yes", "--parallel", "2")      # slow enough for three of them
            self.after_writes(berth, 5)
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

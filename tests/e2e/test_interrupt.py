"""Stopped at any moment, and run again: the end is the same, nothing is there twice, nothing is left over."""
import json
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from bad import BadCase, writes
from stack import BERTH

import control
from app import LOCK

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What takes AWS so long that nobody waits for it after a signal.
LONG = {"rds.instance.main", "apigateway.vpc_link.main", "servicediscovery.namespace.main", "ecs.service.web"}


def counts(listing):
    return {kind: len(ids) for kind, ids in listing.items()}


class StopCase(BadCase):
    whole = None

    def start(self, *args, **kwargs):
        berth = subprocess.Popen([BERTH, *args], cwd=self.dir, env=self.env(), text=True, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
        self.addCleanup(berth.wait)
        self.addCleanup(berth.kill)
        return berth

    def after_writes(self, berth, number):
        """Waits until so many write calls were made; False if it ended before."""
        limit = time.monotonic() + 60
        while time.monotonic() < limit and berth.poll() is None:
            with LOCK:
                if sum(writes().values()) >= number:
                    return True
            time.sleep(0.002)
        return False

    def stop(self, args, number, *signals, **kwargs):
        """Runs berth, sends the signals after so many writes; exit code, stdout, stderr."""
        with LOCK:
            control.log.clear()
        berth = self.start(*args, **kwargs)
        self.assertTrue(self.after_writes(berth, number), "it ended before it was stopped")
        for signo in signals:
            berth.send_signal(signo)
            time.sleep(0.02)
        out, err = berth.communicate(timeout=60)
        self.assertNotIn("Sanitizer", err)
        self.assertNotIn("runtime error", err)
        return berth.returncode, out, err

    @staticmethod
    def still(err):
        """What AWS is said to be at work on still."""
        found = re.search(r"(?m)^AWS is still at work on it, and the next run goes on from there: (.*)$", err)
        return set(found[1].split(", ")) if found else set()

    def assert_whole(self):
        """The account holds what one undisturbed apply makes."""
        self.assert_settled()
        self.assertEqual(counts(self.without_snapshots()), self.whole)

    def assert_empty(self):
        self.assertEqual(counts(self.without_snapshots()), self.nothing)

    def without_snapshots(self):
        """Final snapshots stay, whatever was torn down before."""
        return {kind: ids for kind, ids in self.listing().items() if kind != "db_snapshot"}

    def setUp(self):
        super().setUp()
        StopCase.nothing = counts(self.listing())
        if StopCase.whole is None:
            self.apply()
            StopCase.whole = counts(self.listing())
            StopCase.writes = sum(writes().values())
            with LOCK:
                control.log.clear()
            self.destroy()
            StopCase.deletes = sum(writes().values())
            with LOCK:
                control.reset()
            shutil.rmtree(self.dir / ".berth")

    def destroy(self):
        self.berth("destroy", "--yes", "gengar", "--with-data")


class Killed(StopCase):
    def one(self, seed):
        chance = random.Random(seed)
        code, _, _ = self.stop(["apply", "--yes"], chance.randint(1, self.writes * 9 // 10), signal.SIGKILL)
        self.assertEqual(code, -signal.SIGKILL)
        if chance.random() < 0.3:
            shutil.rmtree(self.dir / ".berth")
        self.apply()
        self.assert_whole()
        self.berth("drift")
        code, _, _ = self.stop(["destroy", "--yes", "gengar", "--with-data"],
                               chance.randint(1, self.deletes * 8 // 10), signal.SIGKILL)
        self.assertEqual(code, -signal.SIGKILL)
        if chance.random() < 0.3:
            shutil.rmtree(self.dir / ".berth")
        self.destroy()
        self.assert_empty()
        self.assertEqual(len(self.listing().get("db_snapshot", [])), 1)


class Revision(StopCase):
    def test_between_the_two_calls_that_take_it_away(self):
        """A revision out of use is found again, with the snapshot and without."""
        for remember in (True, False):
            self.apply()
            self.set(faults=[{"service": "ecs", "action": "DeleteTaskDefinitions", "kind": "error", "status": 403,
                              "code": "AccessDeniedException", "message": "not now"}])
            self.berth("destroy", "--yes", "gengar", "--with-data", code=1)
            self.set(faults=[])
            self.assertEqual(self.without_snapshots().get("task_definition"), self.inactive())
            if not remember:
                shutil.rmtree(self.dir / ".berth")
            self.destroy()
            self.assert_empty()

    def inactive(self):
        found = self.aws("ecs").list_task_definitions(status="INACTIVE")["taskDefinitionArns"]
        self.assertEqual(len(found), 1)
        return found


def _add(seed):
    setattr(Killed, f"test_seed_{seed}", lambda self: self.one(seed))


for _seed in range(3):     # the suite kill does so at every point
    _add(_seed)


class Waits(StopCase):
    """A wait of minutes is not worth waiting for once somebody wants it to end."""

    def until_waiting(self, berth, action, polls):
        """Until the write was made, and what became of it was asked so many times."""
        limit = time.monotonic() + 60
        while time.monotonic() < limit and berth.poll() is None:
            with LOCK:
                if control.log.by_action["rds." + action] and control.log.by_action["rds.DescribeDBInstances"] >= polls:
                    return
            time.sleep(0.01)
        self.fail("it never waited")

    def test_a_database_that_is_being_made(self):
        for signo in STOPS:
            with self.subTest(signo.name):
                self.set(rds_create_s=150.0)  # 15 s
                with LOCK:
                    control.log.clear()
                berth = self.start("apply", "--yes")
                self.until_waiting(berth, "CreateDBInstance", 6)
                begun = time.monotonic()
                berth.send_signal(signo)
                _, err = berth.communicate(timeout=30)
                self.assertLess(time.monotonic() - begun, 7)
                self.assertEqual(berth.returncode, 1, err)
                self.assertIn("rds.instance.main", self.still(err))
                self.assertIn("Running the same command again is safe", err)
                self.set(rds_create_s=1.0)
                self.apply()
                self.assert_whole()
                self.assertEqual(control.log.by_action["rds.CreateDBInstance"], 1)
                self.destroy()

    def test_a_database_that_is_being_deleted(self):
        self.apply()
        self.set(rds_delete_s=150.0)
        with LOCK:
            control.log.clear()
        berth = self.start("destroy", "--yes", "gengar", "--with-data")
        self.until_waiting(berth, "DeleteDBInstance", 6)
        begun = time.monotonic()
        berth.send_signal(signal.SIGINT)
        _, err = berth.communicate(timeout=30)
        self.assertLess(time.monotonic() - begun, 7)
        self.assertEqual(berth.returncode, 1, err)
        self.assertIn("rds.instance.main", self.still(err))
        self.destroy()
        self.assert_empty()
        self.assertEqual(len(self.listing()["db_snapshot"]), 1)

    def test_a_call_that_is_out_is_waited_for(self):
        """Its answer is taken and recorded."""
        self.set(faults=[{"service": "rds", "action": "CreateDBInstance", "kind": "delay", "ms": 6500}])
        with LOCK:
            control.log.clear()
        berth = self.start("apply", "--yes")
        self.after_writes(berth, 30)
        time.sleep(0.5)
        begun = time.monotonic()
        berth.send_signal(signal.SIGINT)
        _, err = berth.communicate(timeout=30)
        self.assertEqual(berth.returncode, 1, err)
        self.assertNotIn("Under way", err)
        if control.log.by_action["rds.CreateDBInstance"]:
            self.assertLess(time.monotonic() - begun, 15)
            with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
                rows = db.execute("SELECT outcome FROM journal WHERE call = 'CreateDBInstance'").fetchall()
            self.assertEqual(rows, [("accepted",)])      # it is not seen available yet
        self.set(faults=[])
        self.apply()
        self.assert_whole()


class Signalled(StopCase):
    def test_once(self):
        """Nothing new is started, what runs is ended, and the message tells what is what."""
        for signo in STOPS:
            with self.subTest(signo.name):
                code, _, err = self.stop(["apply", "--yes"], 30, signo)
                self.assertEqual(code, 1, err)
                for needle in ("Interrupted: nothing new is started", "error: Interrupted.", "Done: ", "Not tried: ",
                               "Running the same command again is safe"):
                    self.assertIn(needle, err)
                self.assertNotIn("Under way", err)
                self.assertNotIn("Failed", err)
                self.assertLessEqual(self.still(err), LONG)
                # What is called done is there, and what is called not tried is not.
                done = set(err.partition("\nDone: ")[2].partition("\n")[0].split(", "))
                left = set(err.partition("\nNot tried: ")[2].partition("\n")[0].split(", "))
                self.assertEqual(done & left, set())
                todo = set(self.actions())
                self.assertEqual(todo, left)
                self.apply()
                self.assert_whole()
                self.destroy()

    def test_once_as_events(self):
        code, out, err = self.stop(["--json", "apply", "--yes"], 30, signal.SIGINT)
        self.assertEqual(code, 1)
        events = [json.loads(line) for line in err.splitlines()]
        at = [event["type"] for event in events].index("interrupted")
        running = {e["address"] for e in events[:at] if e.get("state") == "running"}
        later = {e["address"] for e in events[at:] if e.get("state") == "running"}
        self.assertLessEqual(later, running)
        result = json.loads(out.splitlines()[-1])
        self.assertEqual((result["ok"], result["interrupted"], result["failed"]), (False, True, []))
        self.assertLessEqual(set(result["under_way"]), LONG)
        self.assertEqual(set(result["done"]), {e["address"] for e in events if e.get("state") == "done"})
        self.apply()
        self.assert_whole()

    def test_twice_leaves_at_once(self):
        for args, action in ((("apply", "--yes"), "CreateDBInstance"),
                             (("destroy", "--yes", "gengar", "--with-data"), "DeleteDBInstance")):
            self.set(faults=[{"service": "rds", "action": action, "kind": "delay", "ms": 4000}])
            with LOCK:
                control.log.clear()
            berth = self.start(*args)
            # The slow call is out when berth has nothing else to do.
            quiet = self.when_quiet(berth)
            berth.send_signal(signal.SIGINT)
            time.sleep(0.05)
            berth.send_signal(signal.SIGINT)
            begun = time.monotonic()
            _, err = berth.communicate(timeout=60)
            self.assertLess(time.monotonic() - begun, 2)
            self.assertEqual(berth.returncode, 1, err)
            self.assertRegex(err, r"Under way, the next plan will tell what became of it:.*rds\.instance\.main")
            self.assertTrue(quiet)
            self.set(faults=[])
            self.berth(*args)
            if args[0] == "apply":
                self.assert_whole()
            else:
                self.assert_empty()

    def when_quiet(self, berth):
        """Waits until no call was made for a while."""
        last, since = -1, time.monotonic()
        while berth.poll() is None:
            with LOCK:
                total = control.log.total
            if total != last:
                last, since = total, time.monotonic()
            elif total > 40 and time.monotonic() - since > 0.5:
                return True
            time.sleep(0.02)
        return False

    def test_interrupted_teardown(self):
        self.apply()
        code, _, err = self.stop(["destroy", "--yes", "gengar", "--with-data"], 5, signal.SIGTERM)
        self.assertEqual(code, 1, err)
        self.assertIn("Interrupted", err)
        self.destroy()
        self.assert_empty()

    def test_nohup(self):
        """Who starts it with SIGHUP ignored means it to go on."""
        code, _, err = self.stop(["apply", "--yes"], 20, signal.SIGHUP,
                                 preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.assertEqual(code, 0, err)
        self.assert_whole()

    def test_while_reading(self):
        self.set(faults=[{"service": "ec2", "action": "DescribeVpcs", "kind": "delay", "ms": 1500}])
        with LOCK:
            control.log.clear()
        berth = self.start("apply", "--yes")
        limit = time.monotonic() + 20
        while control.log.total < 3 and time.monotonic() < limit:
            time.sleep(0.01)
        berth.send_signal(signal.SIGINT)
        berth.communicate(timeout=20)
        self.assertEqual(berth.returncode, -signal.SIGINT)
        self.assertEqual(writes(), {})


if __name__ == "__main__":
    unittest.main()

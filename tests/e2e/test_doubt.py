"""Killed around a create whose object does not show yet: the next run finds it, and makes no second one."""
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from stack import BERTH, StackCase

import app
import control
from app import LOCK
from errors import DropReply

# What AWS makes a second time if it is asked again.
TWINS = ("CreateVpc", "CreateInternetGateway", "CreateRouteTable", "CreateApi", "CreateVpcLink", "CreateIntegration",
         "RegisterTaskDefinition")


def counts(listing):
    return {kind: len(ids) for kind, ids in listing.items()}


class DoubtCase(StackCase):
    knobs = {"page_size": 5, "scale": 0}
    whole = None

    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, self, "layer", None)
        if DoubtCase.whole is None:
            self.apply()
            DoubtCase.whole = counts(self.listing())
            with LOCK:
                control.reset()
            shutil.rmtree(self.dir / ".berth")

    def killed_at(self, action, after_ms=None, lag_s=0, lost=False, args=("apply", "--yes")):
        """Berth dies as AWS gets such a call, which takes effect at once, or after some time, or is lost."""
        begun, berth = [], None

        def layer(call, proceed):
            if call.operation is None or call.name != action or begun:
                return proceed()
            begun.append(True)
            self.set(scale=0.001, read_lag_s=lag_s * 1000)
            answer = proceed() if after_ms is None and not lost else None
            os.kill(berth.pid, signal.SIGKILL)
            if lost:
                raise DropReply
            if after_ms is None:
                return answer
            time.sleep(after_ms / 1000)
            return proceed()

        app.MIDDLEWARE.append(layer)
        self.addCleanup(app.MIDDLEWARE.remove, layer)
        # One step at a time: nothing else is under way.
        berth = subprocess.Popen([BERTH, *args, "--parallel", "1"], cwd=self.dir, env=self.env(), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertEqual(berth.wait(60), -signal.SIGKILL)
        self.assertTrue(begun)

    def assert_once(self):
        self.set(scale=0)
        self.assert_settled()
        self.assertEqual(counts(self.listing()), self.whole)
        self.berth("drift")


class Twins(DoubtCase):
    def lagging(self, action):
        self.killed_at(action, lag_s=1.5)
        self.apply()
        self.assert_once()

    def under_way(self, action):
        self.killed_at(action, after_ms=1500)
        self.apply()
        self.assert_once()


def _add(action):
    setattr(Twins, f"test_{action}_shows_late", lambda self: self.lagging(action))
    setattr(Twins, f"test_{action}_is_still_under_way", lambda self: self.under_way(action))


for _action in TWINS:
    _add(_action)


class Doubt(DoubtCase):
    def age(self, minutes):
        """The journal as it is so much later."""
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            db.execute("UPDATE journal SET at_ms = at_ms - ?, ended_ms = ended_ms - ?", (minutes * 60000,) * 2)

    def timed(self, *args):
        begun = time.monotonic()
        self.berth(*args)
        return time.monotonic() - begun

    def never_sent(self):
        """A run that died between its intent and its call."""
        self.killed_at("CreateVpc", lost=True)

    def test_what_never_was_sent_is_made_after_some_seconds(self):
        self.never_sent()
        self.assertGreater(self.timed("apply", "--yes"), 8)
        self.assert_once()

    def test_without_the_journal_the_lease_tells(self):
        """The database is gone; that a run was cut off shows by the lease that it left."""
        self.killed_at("CreateVpc", lag_s=1.5)
        shutil.rmtree(self.dir / ".berth")
        self.apply()
        self.assertIn("Taken over from a run that is dead", self.last.stderr)
        self.assert_once()
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.killed_at("CreateVpc", after_ms=1500)
        shutil.rmtree(self.dir / ".berth")
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.set(scale=0)
        self.assertNotIn("vpc", self.listing())

    def test_a_change_that_is_still_under_way(self):
        """It is no change of somebody else's: the next run reads what comes of it."""
        args = ("destroy", "--yes", "gengar", "--with-data")
        for forget in (False, True):
            self.apply()
            self.killed_at("ModifyDBInstance", after_ms=900, args=args)
            if forget:
                shutil.rmtree(self.dir / ".berth")
            self.berth(*args)
            self.assertNotIn("db_instance", self.listing())

    def test_old_doubts_cost_no_time(self):
        self.never_sent()
        self.age(minutes=5)
        self.assertLess(self.timed("apply", "--yes"), 8)
        self.assert_once()

    def test_a_finished_run_leaves_no_doubt(self):
        self.apply()
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            left = db.execute("SELECT address, call, outcome FROM journal WHERE action = 'create' AND "
                              "coalesce(outcome, '') <> 'ok'").fetchall()
        self.assertEqual(left, [])
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertLess(self.timed("apply", "--yes"), 8)

    def test_a_teardown_waits_for_what_may_come(self):
        empty = counts(self.listing())
        for late in ({"lag_s": 4}, {"after_ms": 4000}):
            self.killed_at("CreateVpc", **late)
            self.berth("destroy", "--yes", "gengar", "--with-data")
            self.assertIn("may have made ec2.vpc.main: waiting", self.last.stderr)
            self.set(scale=0)
            left = counts(self.listing())
            left.pop("db_snapshot", None)
            self.assertEqual(left, empty)


if __name__ == "__main__":
    unittest.main()

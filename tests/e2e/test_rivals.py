"""One writer: runs that meet. Who waits, who takes over, and who must stop."""
import json
import signal
import time
import unittest

from bad import writes
from lease import SOME, LeaseCase


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

    def test_right_behind_one_whose_objects_do_not_show_yet(self):
        """AWS's lists lag: what the first has made looks absent to the second, who knows nothing of it."""
        self.set(read_lag_s=6.0)
        parts = ("apply", "--yes", "--only", "ec2.", "--lock-timeout", "5m")
        first = self.start(*parts)
        self.until(self.parameter, 30)
        second = self.start(*parts, cwd=self.elsewhere())
        self.end(first, 0)
        self.end(second, 0)
        self.set(read_lag_s=0)
        self.assertEqual(len(self.listing()["vpc"]), 1)
        self.apply()
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


if __name__ == "__main__":
    unittest.main()

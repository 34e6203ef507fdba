"""Databases and saved plans that are not what they should be; disks that are full."""
import json
import os
import resource
import shutil
import time
import sqlite3
import unittest

from bad import BadCase, writes

import control
from app import LOCK


def no_file_over(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


class Database(BadCase):
    def setUp(self):
        super().setUp()
        self.folder = self.dir / ".berth"
        self.path = self.folder / "default.db"

    def change(self, *statements):
        with sqlite3.connect(self.path) as db:
            for statement in statements:
                db.execute(statement)
        db.close()

    def test_locked(self):
        self.berth("plan")
        db = sqlite3.connect(self.path)
        self.addCleanup(db.close)
        db.execute("BEGIN IMMEDIATE")
        told = self.fails(3, ["apply", "--yes"], ".berth/default.db", "another process is using it", "Wait until")
        self.assertIn("Not tried: ", told)
        db.rollback()
        self.apply()
        self.assert_settled()

    def test_newer(self):
        self.berth("plan")
        self.change("PRAGMA user_version = 99")
        before = self.snapshot()
        self.offline(3, ["apply", "--yes"], ".berth/default.db", "newer berth", "format 99", "only a cache")
        self.assertEqual(self.snapshot(), before)

    def test_of_another_app(self):
        self.berth("plan")
        before = self.snapshot()
        self.edit("^app: gengar", "app: other")
        self.offline(3, ["apply", "--yes"], ".berth/default.db", '"gengar"', '"other"', "remove the file")
        self.assertEqual(self.snapshot(), before)

    def test_corrupt(self):
        self.berth("plan")
        plan = self.berth("plan")
        size = self.path.stat().st_size
        for offset, noise in ((0, b"no database at all" * 500), (4096, b"\xff" * 4096), (size // 2, b"\0" * 3000)):
            with open(self.path, "r+b") as file:
                file.seek(offset)
                file.write(noise)
            self.assertEqual(self.berth("plan"), plan)
            self.assertIn("was damaged", self.last.stderr)
            self.assertIn("default.db.damaged", self.last.stderr)
            self.assertEqual(self.berth("plan"), plan)
            self.assertEqual(self.last.stderr, "")

    def test_what_stands_in_the_way(self):
        self.folder.write_text("")
        self.offline(1, ["apply", "--yes"], ".berth", "Not a directory", "beside the spec")
        self.folder.unlink()
        self.path.mkdir(parents=True)
        self.offline(1, ["apply", "--yes"], ".berth/default.db", "Is a directory")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_read_only_folder(self):
        self.dir.chmod(0o500)
        self.addCleanup(self.dir.chmod, 0o700)
        self.offline(1, ["apply", "--yes"], ".berth", "Permission denied")

    def test_no_room(self):
        """A limit for files stands for a full disk: the write fails in the same place."""
        for size in (0, 4096, 20000):
            self.fails(1, ["apply", "--yes"], ".berth/default.db", "room on the disk", "AWS was not harmed",
                       preexec_fn=no_file_over(size))
            self.assertNotIn("vpc", self.listing())
        self.berth("plan")
        self.assertEqual(self.last.stderr, "")

    def test_no_room_on_the_way(self):
        """What was begun is ended, the trouble is said once, and the next run is none the worse for it."""
        self.berth("plan")
        with sqlite3.connect(self.path) as db:
            db.execute("PRAGMA journal_mode = DELETE")
        db.close()
        size = self.path.stat().st_size
        done = self.run_raw("apply", "--yes", preexec_fn=no_file_over(size + 24000))
        told = done.stderr.decode()
        self.assertEqual(done.returncode, 1, told)
        self.assertEqual(told.count("warning:"), 1, told)
        self.assertIn("AWS itself knows what is made", told)
        self.assertIn("All is done in AWS", told)
        before = self.listing()
        self.assert_settled()
        self.apply()
        self.berth("drift")
        self.assertEqual(self.listing(), before)

    def test_another_place(self):
        self.apply()
        self.edit("us-east-1", "eu-west-1")
        self.berth("plan")
        self.assertIn("The last apply from here was in account 123456789012, us-east-1", self.last.stderr)
        self.edit("eu-west-1", "us-east-1")
        self.berth("plan")
        self.assertEqual(self.last.stderr, "")


class SavedPlan(BadCase):
    def setUp(self):
        super().setUp()
        self.berth("plan", "--out", "p")
        self.path = self.dir / "p"
        self.text = self.path.read_text()

    def refused(self, code, text, *needles):
        self.path.write_text(text)
        self.fails(code, ["apply", "p"], *needles)
        self.assertNotIn("vpc", self.listing())

    def edited(self, code, edit, *needles):
        doc = json.loads(self.text)
        edit(doc)
        self.refused(code, json.dumps(doc), *needles)

    def test_absent(self):
        self.offline(64, ["apply", "nope"], "no saved plan nope", "berth plan --out")

    def test_truncated(self):
        for n in (0, 1, len(self.text) // 2, len(self.text) - 1):
            self.refused(64, self.text[:n], "p:1:", "not a whole one", "berth plan --out")

    def test_not_ours(self):
        self.refused(64, "{}", "p is no saved plan", "format none")
        self.refused(64, "[]", "p is no saved plan")
        self.refused(64, self.text.replace("berth.saved-plan/1", "terraform/1"), "p is no saved plan", "terraform/1")

    def test_of_another_format_version(self):
        self.refused(64, self.text.replace("berth.saved-plan/1", "berth.saved-plan/9"), "another version of berth",
                     "berth.saved-plan/9", "berth.saved-plan/1", "berth plan --out")

    def test_age(self):
        version = json.loads(self.berth("--json", "--version"))["version"]
        doc = json.loads(self.text)
        self.assertEqual(doc["berth"], version)
        made = time.mktime(time.strptime(doc["made"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        self.assertLess(abs(time.time() - made), 60)
        # The same again but for the time: the plan itself tells none.
        self.berth("plan", "--out", "q")
        self.assertEqual({**json.loads((self.dir / "q").read_text()), "made": doc["made"]}, doc)
        self.assertEqual(self.berth("plan"), self.berth("plan"))
        for seconds, words in ((90, "1 minute old"), (7201, "2 hours old"), (100000, "1 day old")):
            doc["made"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))
            self.path.write_text(json.dumps(doc))
            self.deny("ec2")
            self.fails(1, ["apply", "p"], f"The plan is {words}: berth {version} made it at {doc['made']}.")
            self.set(faults=[])
        self.berth("apply", "p")
        self.assertIn("The plan is 1 day old", self.last.stderr)
        self.assertNotIn("old:", self.last.stdout)

    def test_a_young_plan_says_no_age(self):
        self.berth("apply", "p")
        self.assertNotIn(" old: ", self.last.stderr)

    def test_made_by_nobody(self):
        for key, value in (("made", None), ("made", "yesterday"), ("made", 7), ("berth", None)):
            self.edited(64, lambda doc: doc.update({key: value}), "when it was made", "Plan again")

    def test_of_another_app(self):
        self.edited(3, lambda doc: doc["spec"].update(app="other"), '"gengar"', '"other"')

    def test_of_another_account(self):
        self.edited(3, lambda doc: doc["plan"].update(account="210987654321"), "210987654321", "123456789012",
                    "Nothing was changed")

    def test_edited(self):
        stale = (3, "not what would be done now", "Nothing was changed", "Plan again")

        def widen(doc):
            doc["spec"]["resources"]["ec2.security_group_rule.web-from-link"]["fields"]["from_port"] = 22

        self.edited(stale[0], lambda doc: doc["plan"]["actions"].pop(), *stale[1:])
        self.edited(stale[0], lambda doc: doc["plan"]["actions"][0].update(action="delete"), *stale[1:])
        self.edited(stale[0], lambda doc: doc.update(flags=3), *stale[1:])
        self.edited(stale[0], lambda doc: doc.update(only=["ec2.vpc.main"]), *stale[1:])
        self.edited(3, widen, "The spec in the saved plan is not the one that was planned: it was edited",
                    "Nothing was changed", "Plan again")

    def test_damaged(self):
        self.edited(64, lambda doc: doc.pop("spec"), "damaged", "Plan again")
        self.edited(64, lambda doc: doc["spec"].update(resources=7), "damaged", "Plan again")

    def test_stale(self):
        self.apply()
        before = self.listing()
        self.fails(3, ["apply", "p"], "since the plan was saved", "Nothing was changed. Plan again")
        self.assertEqual(self.listing(), before)

    def test_of_another_region(self):
        self.edited(3, lambda doc: doc["spec"].update(region="eu-west-1"), "Nothing was changed")

    def test_of_another_environment(self):
        self.edited(3, lambda doc: doc["spec"].update(env="staging"))

    def test_twice(self):
        self.berth("apply", "p")
        before = self.listing()
        self.fails(3, ["apply", "p"], "since the plan was saved", "Nothing was changed. Plan again")
        self.assertEqual(self.listing(), before)

    def test_one_bit_is_another(self):
        """It is refused, or it means the same; nothing else is ever applied."""
        data = self.text.encode()
        whole = None
        for at in range(1, len(data), len(data) // 12):
            with self.subTest(at=at, text=data[max(0, at - 20):at + 20]):
                self.path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 7]) + data[at + 1:])
                with LOCK:
                    control.log.clear()
                done = self.run_raw("apply", "p", "--yes")
                self.assertIn(done.returncode, (0, 3, 64), done.stderr)
                self.assertNotIn(b"Sanitizer", done.stderr)
                if done.returncode:
                    self.assertEqual(writes(), {})
                    self.assertNotIn("vpc", self.listing())
                    continue
                if whole is None:
                    whole = {kind: len(ids) for kind, ids in self.listing().items()}
                self.assertEqual({kind: len(ids) for kind, ids in self.listing().items()}, whole)
                self.assert_settled()
                with LOCK:
                    control.reset()
                shutil.rmtree(self.dir / ".berth")

    def test_cannot_be_saved(self):
        for target in ("no/p", "."):
            self.fails(1, ["plan", "--out", target], "was not saved", target)
        os.mkfifo(self.dir / "pipe")
        self.fails(1, ["plan", "--out", "pipe"], "pipe is no ordinary file")
        os.unlink(self.dir / "pipe")
        self.edit("NODE_ENV: production", "NODE_ENV: " + "x" * 50000)
        self.fails(1, ["plan", "--out", "q"], "was not saved, as q", preexec_fn=no_file_over(90000))
        self.assertEqual(sorted(os.listdir(self.dir)), [".berth", "berth.yaml", "p"])
        self.assertEqual(self.path.read_text(), self.text)

    def test_holds_no_secret(self):
        self.berth("apply", "p")
        self.berth("plan", "--destroy", "--with-data", "--out", "q")
        secret = self.aws("ssm").get_parameter(Name="/berth/gengar/DATABASE_PASSWORD", WithDecryption=True)
        self.assertNotIn(secret["Parameter"]["Value"], (self.dir / "q").read_text())
        self.assertEqual((self.dir / "q").stat().st_mode & 0o777, 0o600)

    def test_teardown_asks_all_the_same(self):
        self.berth("apply", "p")
        self.berth("plan", "--destroy", "--with-data", "--out", "q")
        self.fails(3, ["apply", "q"], "no terminal", "--yes")
        control.log.clear()
        self.berth("apply", "q", "--yes")
        self.assertNotIn("vpc", self.listing())


if __name__ == "__main__":
    unittest.main()

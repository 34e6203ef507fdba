"""What may befall the files that berth keeps: no room, no permission, damage, other programs. AWS never suffers."""
import ctypes
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from bad import writes
from lease import LeaseCase, counts

import control
from app import LOCK

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


def as_anybody():
    """Even root's program must then do with the permissions that a file gives."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


class FilesCase(LeaseCase):
    def setUp(self):
        super().setUp()
        self.folder = self.dir / ".berth"
        self.path = self.folder / "default.db"

    def journal(self):
        with sqlite3.connect(self.path) as db:
            return db.execute("SELECT count(*) FROM journal").fetchone()[0]

    def assert_converges(self):
        """The next run ends as an undisturbed one does, and the one after finds nothing to do."""
        self.apply()
        self.berth("drift")
        control.log.clear()
        self.apply()
        self.assertEqual(writes(), {})
        self.assert_whole()


class FullDisk(FilesCase):
    def disk(self, path, kib):
        """A disk of its own at `path`."""
        path.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "berth-test", path],
                                 capture_output=True, check=False)
        if mounted.returncode:
            self.skipTest("no disk may be mounted here: " + mounted.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", "-l", path], check=False)

    def fill(self, path, leave):
        """Fills the disk but for so many bytes; removing the file makes room again."""
        filler = path / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
            file.truncate(file.tell() // 4096 * 4096 - leave)
        return filler

    def test_no_room_for_the_database(self):
        self.disk(self.folder, 8192)
        filler = self.fill(self.folder, 0)
        for args in (["plan"], ["apply", "--yes"]):
            self.fails(1, args, ".berth/default.db", "disk", "AWS was not harmed")
        self.assertNotIn("vpc", self.listing())
        filler.unlink()
        self.assert_converges()

    def test_it_fills_up_on_the_way(self):
        """Wherever that is: no write is lost or doubled, and it is said."""
        self.disk(self.folder, 8192)
        for leave in (64, 160, 240):
            with self.subTest(leave=leave):
                filler = self.fill(self.folder, leave * 1024)
                done = self.run_raw("apply", "--yes")
                told = done.stderr.decode()
                self.assertEqual(done.returncode, 1, told)
                self.assertIn(".berth/default.db", told)
                self.assertRegex(told, "disk|room")
                self.assertNotIn("Sanitizer", told)
                filler.unlink()
                self.assert_converges()
                with LOCK:
                    control.reset()
                self.path.unlink()

    def test_saved_plan(self):
        """What was there before stays as it was, and nothing half is left."""
        disk = self.dir / "disk"
        self.disk(disk, 512)
        self.berth("plan", "--out", "disk/p")
        before = (disk / "p").read_bytes()
        self.fill(disk, 8192)
        self.edit("NODE_ENV: production", "NODE_ENV: test")
        self.fails(1, ["plan", "--out", "disk/p"], "was not saved", "disk/p", "No space left")
        self.assertEqual((disk / "p").read_bytes(), before)
        self.assertEqual(sorted(os.listdir(disk)), ["filler", "p"])

    def test_output(self):
        self.apply()
        self.edit("retention_days: 14", "retention_days: 30")
        with open("/dev/full", "wb") as full:
            for args in (["plan"], ["plan", "--md"], ["--json", "plan"], ["plan", "--detailed-exitcode"], ["drift"],
                         ["output"], ["output", "--format", "github"], ["apply", "--yes"]):
                self.fails(1, args, "standard output", stdout=full)
        self.fails(1, ["output", "--format", "github"], "/dev/full (GITHUB_OUTPUT)", "not written whole",
                   env=self.env(GITHUB_OUTPUT="/dev/full"))
        self.assertEqual(set(self.actions().values()), {"update"})

    def test_progress(self):
        """Nobody is kept from working by a log that takes no more."""
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.run_raw("apply", "--yes", stderr=full).returncode, 0)
        self.assert_whole()


class NotAllowed(FilesCase):
    def refused(self, *needles):
        self.offline(1, ["apply", "--yes"], *needles, preexec_fn=as_anybody)

    def test_folder(self):
        self.dir.chmod(0o500)
        self.addCleanup(self.dir.chmod, 0o700)
        self.refused("The folder .berth cannot be made", "Permission denied", "beside the spec")

    def test_database(self):
        self.apply()
        self.folder.chmod(0o500)
        self.addCleanup(self.folder.chmod, 0o700)
        self.refused(".berth/default.db", "write")
        self.folder.chmod(0o700)
        self.path.chmod(0o000)
        self.refused(".berth/default.db cannot be opened", "Permission denied", "beside the spec")
        self.path.chmod(0o600)
        self.assert_converges()

    def test_saved_plan(self):
        (self.dir / "closed").mkdir(0o500)
        self.fails(1, ["plan", "--out", "closed/p"], "was not saved", "closed/p", "Permission denied",
                   preexec_fn=as_anybody)
        self.assertEqual(os.listdir(self.dir / "closed"), [])


class Damaged(FilesCase):
    def setUp(self):
        super().setUp()
        self.apply()
        self.whole_plan = self.berth("plan")
        self.before = self.listing()
        self.data = self.path.read_bytes()

    def damaged(self, data):
        """Plans with that as the database: it is as it was, at the latest when the advice was followed."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        self.path.write_bytes(data)
        with LOCK:
            control.log.clear()
        done = self.run_berth("plan")
        self.assertNotIn("Sanitizer", done.stderr)
        self.assertNotIn("runtime error", done.stderr)
        if done.returncode:
            self.assertIn(done.returncode, (1, 3), done.stderr)
            self.assertIn(".berth/default.db", done.stderr)
            self.assertRegex(done.stderr, "only a cache")
            self.assertRegex(done.stderr, "remove")
            self.path.unlink()
            done = self.run_berth("plan")
        self.assertEqual((done.returncode, done.stdout), (0, self.whole_plan), done.stderr)
        self.assertEqual(writes(), {})

    def test_flipped(self):
        """A bit of the header, of the tables' definitions, of any page."""
        chance = random.Random(1)
        offsets = [0, 16, 18, 19, 24, 28, 40, 44, 47, 52, 56, 60, 63, 92, 100, 103, 108]
        offsets += [chance.randrange(112, 4096) for _ in range(8)]
        offsets += [chance.randrange(4096, len(self.data)) for _ in range(15)]
        for at in offsets:
            with self.subTest(at=at):
                bit = 1 << chance.randrange(8)
                self.damaged(self.data[:at] + bytes([self.data[at] ^ bit]) + self.data[at + 1:])
        self.assertEqual(self.listing(), self.before)

    def test_cut(self):
        size = len(self.data)
        for left in (0, 1, 99, 100, 4096, size // 2, size - 4096, size - 1):
            with self.subTest(left=left):
                self.damaged(self.data[:left])
                self.apply()
        self.assertEqual(self.listing(), self.before)

    def test_what_it_says_of_objects(self):
        """Rows in their right form, but untrue: AWS knows better."""
        self.berth("plan")
        self.assertEqual(self.last.stderr, "")      # of a whole one nothing is said
        with sqlite3.connect(self.path) as db:
            rows = db.execute("SELECT address, fields FROM live").fetchall()
            for (address, fields), (_, other) in zip(rows, rows[1:] + rows[:1]):
                db.execute("UPDATE live SET fields = ? WHERE address = ?", (other, address))
        db.close()
        self.damaged(self.path.read_bytes())
        for junk in ("", "[]", "{", "null", '{"id": 7}', '{"id": {"a": []}}'):
            with self.subTest(junk=junk):
                self.path.write_bytes(self.data)
                with sqlite3.connect(self.path) as db:
                    db.execute("UPDATE live SET fields = ?, tags = ?", (junk, junk))
                    db.execute("UPDATE applied SET fields = ?, tags = ?", (junk, junk))
                db.close()
                self.damaged(self.path.read_bytes())
        self.apply()
        self.assertEqual(self.listing(), self.before)

    def test_format(self):
        """Of no known age; the newer one is not touched, the older ones are brought up to date."""
        for version in (0, -1, 2, 99):
            with self.subTest(version=version):
                self.path.write_bytes(self.data)
                with sqlite3.connect(self.path) as db:
                    db.execute(f"PRAGMA user_version = {version}")
                db.close()
                self.damaged(self.path.read_bytes())


class Locked(FilesCase):
    def lock(self, seconds=None):
        """Another process writes in the database, so long or to the end of the test."""
        db = sqlite3.connect(self.path, timeout=20, check_same_thread=False, isolation_level=None)
        self.addCleanup(db.close)
        db.execute("BEGIN EXCLUSIVE")
        if seconds:
            timer = threading.Timer(seconds, db.execute, ("COMMIT",))
            self.addCleanup(timer.join)
            timer.start()
        return db

    def test_for_a_second(self):
        self.berth("plan")
        self.lock(1)
        begun = time.monotonic()
        self.apply()
        self.assertGreater(time.monotonic() - begun, 0.8)
        self.assertEqual(self.last.stderr.count("warning"), 0)
        self.assert_whole()

    def test_for_a_second_on_the_way(self):
        self.berth("plan")
        self.clear()
        berth = self.start("apply", "--yes")
        self.after_writes(berth, 10)
        self.lock(1)
        _, err = self.end(berth, 0)
        self.assertNotIn("warning", err)
        with sqlite3.connect(self.path) as db:
            self.assertEqual(db.execute("SELECT count(*) FROM journal WHERE outcome IS NOT 'ok'").fetchone(), (0,))
        self.assert_converges()

    def test_from_then_on(self):
        self.berth("plan")
        self.clear()
        berth = self.start("apply", "--yes")
        self.after_writes(berth, 10)
        db = self.lock()
        _, err = self.end(berth, 3)
        self.assertIn(".berth/default.db", err)
        self.assertIn("another process is using it", err)
        self.assertIn("Wait until", err)
        db.close()
        self.assert_converges()


class TakenAway(FilesCase):
    """The file goes, or is another, while it is in use."""

    def meanwhile(self, change):
        """Does it in the middle of an apply."""
        self.set(faults=[{"service": "ec2", "action": "Create*", "kind": "delay", "ms": 150}])
        self.clear()
        berth = self.start("apply", "--yes")
        self.after_writes(berth, 12)
        change()
        _, err = self.end(berth, 1)
        self.assertIn(".berth/default.db was removed or replaced", err)
        self.assertIn("All is done in AWS", err)
        self.assertIn("only a cache", err)
        self.set(faults=[])

    def test_removed(self):
        self.meanwhile(lambda: shutil.rmtree(self.folder))
        self.assert_converges()

    def test_only_the_file_itself(self):
        self.meanwhile(self.path.unlink)
        self.assert_converges()

    def test_replaced(self):
        self.berth("plan")
        old = self.path.read_bytes()

        def change():
            (self.folder / "old").write_bytes(old)
            (self.folder / "old").rename(self.path)

        self.meanwhile(change)
        self.assert_converges()

    def test_working_directory(self):
        elsewhere = self.elsewhere()
        self.meanwhile(lambda: shutil.rmtree(self.dir))
        self.dir.mkdir()
        shutil.copy(elsewhere / "berth.yaml", self.dir)
        self.assert_converges()


class Places(FilesCase):
    def test_link_to_a_folder(self):
        other = pathlib.Path(tempfile.mkdtemp(prefix="berth-e2e-"))
        self.addCleanup(shutil.rmtree, other, True)
        self.folder.symlink_to(other)
        self.assert_converges()
        self.assertEqual((other / "default.db").stat().st_mode & 0o777, 0o600)
        self.assertTrue(self.folder.is_symlink())

    def test_link_to_nowhere(self):
        self.folder.symlink_to(self.dir / "nowhere")
        self.offline(1, ["apply", "--yes"], ".berth/default.db cannot be opened", "No such file", "beside the spec")

    def test_plain_file(self):
        self.folder.write_text("mine\n")
        self.offline(1, ["plan"], ".berth", "Not a directory")
        self.assertEqual(self.folder.read_text(), "mine\n")

    def test_no_home(self):
        self.apply(env=self.env(HOME=None))
        self.assert_whole()

    def test_no_working_directory(self):
        gone = pathlib.Path(tempfile.mkdtemp(prefix="berth-e2e-"))

        def leave():
            os.chdir(gone)
            os.rmdir(gone)

        self.offline(64, ["plan"], "There is no berth.yaml here", preexec_fn=leave)
        gone.mkdir()
        done = self.run_raw("-f", str(self.dir / "berth.yaml"), "apply", "--yes", preexec_fn=leave)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()

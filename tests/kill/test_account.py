"""The account as the AWS CLI sees it: no less than what the other tests see, and nothing after a teardown."""
import os
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

from stack import StackCase  # noqa: E402

import harness  # noqa: E402


@unittest.skipUnless(shutil.which("aws"), "the AWS CLI is not installed")
class Account(StackCase):
    knobs = {"page_size": 3, "scale": 0}

    def by_cli(self):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.dir), "AWS_ENDPOINT_URL": harness.endpoint(),
               "AWS_ACCESS_KEY_ID": harness.AKID, "AWS_SECRET_ACCESS_KEY": harness.SECRET,
               "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
        done = subprocess.run([os.path.join(HERE, "account.sh")], env=env, text=True, capture_output=True,
                              timeout=500, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return set(done.stdout.splitlines())

    def test_nothing_is_overlooked_and_nothing_is_left(self):
        empty = self.by_cli()
        self.assertEqual(empty, set())
        self.apply()
        seen = self.by_cli()
        lines = {f"{kind} {ident}" for kind, ids in self.listing().items() for ident in ids}
        self.assertLessEqual(lines, seen)
        # What the listing through the library does not go into.
        for kind, least in (("integration", 1), ("route", 1), ("stage", 1), ("role_policy", 3), ("role_attachment", 1)):
            self.assertGreaterEqual(len([x for x in seen if x.startswith(kind + " ")]), least, kind)
        self.berth("destroy", "--yes", "gengar", "--with-data")
        left = self.by_cli()
        # The final snapshot stays, on purpose; nothing else.
        self.assertEqual({line.split()[0] for line in left}, {"db_snapshot"})
        self.assertEqual(len(left), 1)


if __name__ == "__main__":
    unittest.main()

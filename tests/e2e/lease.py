"""What the tests of the lease share: runs that are started and left, and the lease of somebody else."""
import datetime
import json
import pathlib
import shutil
import subprocess
import tempfile

from bad import BadCase, writes
from stack import BERTH

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

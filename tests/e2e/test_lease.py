"""One writer: the lease, who waits for it, who takes it over, and who must stop."""
import datetime
import json
import os
import signal
import subprocess
import time
import unittest

from bad import lease_calls, writes
from test_interrupt import StopCase, counts

import control
from app import LOCK

NAME = "/berth/gengar/lease"


class LeaseCase(StopCase):
    def parameter(self):
        """(version, record) of the lease, or None."""
        ssm = self.aws("ssm")
        try:
            found = ssm.get_parameter(Name=NAME)["Parameter"]
        except ssm.exceptions.ParameterNotFound:
            return None
        return found["Version"], json.loads(found["Value"])


class Plain(LeaseCase):
    def test_apply_takes_and_gives_back(self):
        with LOCK:
            control.log.clear()
        self.berth("apply", "--yes")
        self.assertIsNone(self.parameter())
        self.assert_settled()
        with LOCK:
            control.log.clear()
        self.berth("apply", "--yes")
        self.assertEqual(lease_calls(), {"ssm.PutParameter": 1, "ssm.GetParameter": 1, "ssm.DeleteParameter": 1})
        self.assertEqual(writes(), {})
        with LOCK:
            control.log.clear()
        for args in (["plan"], ["drift"], ["output"], ["validate"]):
            self.berth(*args)
        self.assertEqual(lease_calls(), {})


if __name__ == "__main__":
    unittest.main()

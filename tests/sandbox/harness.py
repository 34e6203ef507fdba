"""One sandbox for all tests of a run, and botocore clients that talk to it."""
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
for _name in list(os.environ):
    if _name.startswith(("AWS_", "BERTH_SANDBOX_")):
        del os.environ[_name]

import botocore.session  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

import config  # noqa: E402
import control  # noqa: E402
import httpd  # noqa: E402
from app import LOCK  # noqa: E402

_server = None
AKID, SECRET = "AKIASANDBOXEXAMPLE00", "sandbox-secret-not-a-real-key"
_session = botocore.session.get_session()
_clients = {}


def endpoint():
    global _server
    if _server is None:
        _server = httpd.Server(0)
        threading.Thread(target=_server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{_server.port}"


def client(service, key=AKID, secret=SECRET, token=None, region="us-east-1", **options):
    name = (service, key, secret, token, region, tuple(sorted(options.items())))
    if name not in _clients:
        _clients[name] = _session.create_client(
            service, region_name=region, endpoint_url=endpoint(), aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token,
            config=Config(retries={"max_attempts": 0}, parameter_validation=False, proxies={},
                          inject_host_prefix=False, **options))
    return _clients[name]


class Case(unittest.TestCase):
    """Each test starts from an empty account with default knobs and no page cap."""
    knobs = {"page_size": 0, "scale": 0.1}

    def setUp(self):
        endpoint()
        with LOCK:
            config.knobs.restore()
            control.reset()
            config.knobs.update(self.knobs)

    def set(self, **knobs):
        with LOCK:
            config.knobs.update(knobs)

    def refused(self, code, function, *args, status=None, contains=None, **kwargs):
        with self.assertRaises(ClientError) as caught:
            function(*args, **kwargs)
        got = caught.exception.response
        self.assertEqual(got["Error"]["Code"], code, got["Error"]["Message"])
        if status:
            self.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], status)
        if contains:
            self.assertIn(contains, got["Error"]["Message"])
        return caught.exception

    def until(self, probe, seconds=5):
        """Poll until probe() is true; its value."""
        limit = time.time() + seconds
        while True:
            value = probe()
            if value:
                return value
            if time.time() > limit:
                self.fail("waited in vain")
            time.sleep(0.01)

    def network(self, zones=2):
        """A VPC with a gateway and subnets -> (vpc id, [subnet ids], igw id)"""
        ec2 = client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{i}.0/24",
                                     AvailabilityZone="us-east-1" + "abdcf"[i])["Subnet"]["SubnetId"]
                   for i in range(zones)]
        igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
        return vpc, subnets, igw

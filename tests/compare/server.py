"""The local AWS in a process of its own, so that its work is not counted as anyone else's."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

try:
    import botocore.session
    from botocore.config import Config
    import moto  # noqa: F401  (the server needs it)
except ImportError as missing:
    print(f"skipped: no Python package {missing.name}")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
AKID, SECRET = "AKIASANDBOXEXAMPLE00", "sandbox-secret-not-a-real-key"
SERVICES = ("ec2", "rds", "ecr", "logs", "iam", "ssm", "ecs", "servicediscovery", "apigatewayv2", "sts",
            "resourcegroupstaggingapi")
TICKS = os.sysconf("SC_CLK_TCK")
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class LocalAws:
    """Runs tests/sandbox on a free port; pages as large as AWS's own, other knobs as given."""

    def __init__(self, **knobs):
        self.log = tempfile.NamedTemporaryFile("w+", prefix="local-aws-", suffix=".log")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "BERTH_SANDBOX_"))}
        self._process = subprocess.Popen([sys.executable, str(ROOT / "tests" / "sandbox"), "--port", "0"], env=env,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self.close()
            raise RuntimeError("the local AWS did not start:\n" + pathlib.Path(self.log.name).read_text())
        self.configure(page_size=0, **knobs)
        self._warm_up()

    def close(self):
        self._process.terminate()
        self._process.wait()

    def _control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with _direct.open(urllib.request.Request(f"{self.url}/_sandbox/{path}", data=data), timeout=60) as answer:
            return json.load(answer)

    def _warm_up(self):
        """The server loads each service's code at its first call: whoever comes first should not pay for it."""
        from describe import describe
        describe(self.client)
        self.reset()

    def configure(self, **knobs):
        self._control("config", knobs)

    def knobs(self):
        return self._control("config")

    def reset(self):
        """An empty account."""
        self._control("reset", {})

    def forget_calls(self):
        self._control("calls/reset", {})

    def calls(self):
        """{"total", "errors", "actions": {"ec2.CreateVpc": 1}}"""
        return self._control("calls")

    def cpu(self):
        """Seconds that the server has computed since its start."""
        fields = pathlib.Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def env(self):
        """For a client: nothing of the caller's AWS settings."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "BERTH_", "TF_"))}
        return {**env, "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": AKID, "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1"}

    def client(self, service):
        session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
        return session.create_client(
            service, region_name="us-east-1", endpoint_url=self.url, aws_access_key_id=AKID,
            aws_secret_access_key=SECRET, config=Config(proxies={}, inject_host_prefix=False))


@contextlib.contextmanager
def local_aws(**knobs):
    server = LocalAws(**knobs)
    try:
        yield server
    finally:
        server.close()

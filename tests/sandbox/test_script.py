"""scripts/sandbox: starts, prints what to export, stops."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.request

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "sandbox")


class Script(unittest.TestCase):
    def test_start_and_stop(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        env = {**os.environ, "XDG_RUNTIME_DIR": folder}

        def run(*args):
            return subprocess.run([SCRIPT, "--port", port, *args], env=env, capture_output=True, text=True, timeout=60)
        started = run()
        self.addCleanup(run, "stop")
        self.assertEqual(started.returncode, 0, started.stderr)
        url = f"http://127.0.0.1:{port}"
        self.assertIn(f"export AWS_ENDPOINT_URL={url}\n", started.stdout)
        self.assertIn("export AWS_REGION=us-east-1\n", started.stdout)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.assertEqual(json.load(opener.open(url + "/_sandbox/health")), {"status": "ok"})
        self.assertEqual(run().stdout, started.stdout)     # a second start finds it running
        self.assertEqual(run("stop").returncode, 0)
        self.assertEqual(run("nonsense").returncode, 64)

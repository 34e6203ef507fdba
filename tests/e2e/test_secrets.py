"""No secret value in anything that berth prints, writes, traces or passes on; none left in memory; no core file."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
import unittest

from secrets_case import SecretsCase, forms, memory_of, sanitized
from stack import BERTH

import faults
import harness
from auth import Key, keys

PASSWORD = "/berth/gengar/DATABASE_PASSWORD"
SLASHED = "s3cr/et+value=with\"odd\\signs%and~more"


class Finder(unittest.TestCase):
    """The search itself can fail."""

    def test_each_form_is_found(self):
        import base64
        import urllib.parse
        value = "p4ss/word+longer"
        case = SecretsCase("find")
        for text in (value, urllib.parse.quote(value, safe=""), value.encode().hex(), json.dumps(value),
                     base64.b64encode(b"user:" + value.encode() + b"@host").decode(),
                     base64.b64encode(value.encode()).decode()):
            self.assertTrue(case.find({"x": value}, {"y": b"a " + text.encode() + b" b"}), text)
        self.assertEqual(case.find({"x": value}, {"y": b"nothing"}), [])


class Runs(SecretsCase):
    def values(self):
        found = self.parameters()
        self.assertIn(PASSWORD, found)
        self.assertIn("/gengar/DATABASE_URL", found)
        return {**found, "secret key": harness.SECRET}

    def put_secrets(self):
        for name in ("OPENAI_API_KEY", "STRIPE_SECRET_KEY", "ROLLBAR_TOKEN"):
            self.aws("ssm").put_parameter(Name=f"/gengar/{name}", Type="SecureString", Value=SLASHED + name)

    def test_the_life_of_a_stack(self):
        self.put_secrets()
        self.watched("-v", "plan", "--out", "first.plan", code=0)
        self.watched("-v", "apply", "first.plan", code=0)
        secrets = self.values()
        self.watched("drift", code=0)
        self.edit("memory: 512", "memory: 1024")
        self.watched("--json", "plan", "--out", "second.plan", code=0)
        self.watched("--json", "apply", "--yes", code=0)
        self.watched("output", code=0)
        self.watched("output", "--format", "dotenv", code=0)
        self.watched("graph", code=0)
        self.assert_no_secret(secrets)
        # The password is lost, a new one is made, and goes to the database and the URL.
        self.aws("ssm").delete_parameter(Name=PASSWORD)
        self.watched("-v", "apply", "--yes", code=0)
        again = self.values()
        self.assertNotEqual(again[PASSWORD], secrets[PASSWORD])
        self.watched("destroy", "--yes", "gengar", "--with-data", code=0)
        self.assert_no_secret({**secrets, **{f"{k} (new)": v for k, v in again.items()}})

    def test_a_damaged_database_is_kept_without_secrets(self):
        self.watched("apply", "--yes", code=0)
        path = self.dir / ".berth" / "default.db"
        body = bytearray(path.read_bytes())
        body[4096:5000] = b"\xff" * 904
        path.write_bytes(body)
        self.watched("plan", code=0)
        self.assertTrue(pathlib.Path(str(path) + ".damaged").exists())
        self.assert_no_secret(self.values())

    def test_an_error_that_repeats_the_request(self):
        self.set(faults=[
            {"service": "rds", "action": "CreateDBInstance", "kind": "echo"},
            {"service": "ssm", "action": "PutParameter", "kind": "echo", "skip": 2}])
        self.watched("-v", "apply", "--yes", code=1)
        self.assertIn(b"Echo: ", self.bytes[list(self.bytes)[-1]])
        found = self.parameters()
        self.assertIn(PASSWORD, found)
        self.assert_no_secret({**found, "secret key": harness.SECRET})
        self.set(faults=[])
        self.watched("--json", "apply", "--yes", code=0)
        self.assert_no_secret(self.values())


class Sources(SecretsCase):
    """Each source of credentials: what it holds is nowhere, also not with the programs that berth starts."""
    given = {"berth.yaml", "credentials", "token.jwt"} | {"helper", "config"}

    def clean_env(self, **more):
        return self.env(**{"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, **more})

    def session(self):
        key = Key("ASIASANDBOXEXAMPLE01", "another/Secret+of-a-session-0123456789",
                  "arn:aws:sts::123456789012:assumed-role/r/s",
                  "AROAEXAMPLE:s", token="FwoGZXIvYXdzEXAMPLE/token+of=a/session==0123456789")
        keys.add(key)
        return key

    def test_environment_with_a_token(self):
        key = self.session()
        self.watched("plan", env=self.clean_env(AWS_ACCESS_KEY_ID=key.akid, AWS_SECRET_ACCESS_KEY=key.secret,
                                                AWS_SESSION_TOKEN=key.token), code=0)
        self.assert_no_secret({"secret": key.secret, "token": key.token})

    def test_wrong_token(self):
        key = self.session()
        wrong = key.token + "wrong"
        self.watched("plan", env=self.clean_env(AWS_ACCESS_KEY_ID=key.akid, AWS_SECRET_ACCESS_KEY=key.secret,
                                                AWS_SESSION_TOKEN=wrong), code=1)
        self.assert_no_secret({"secret": key.secret, "token": key.token})

    def test_shared_files(self):
        key = self.session()
        aws = self.dir / ".aws"
        aws.mkdir()
        (aws / "credentials").write_text(f"[default]\naws_access_key_id = {key.akid}\naws_secret_access_key = "
                                         f"{key.secret}\naws_session_token = {key.token}\n")
        self.watched("plan", env=self.clean_env(), code=0)
        self.assert_no_secret({"secret": key.secret, "token": key.token})
        # A file that is none: the line with the key is not quoted.
        (aws / "credentials").write_text(f"[default\naws_secret_access_key {key.secret}\n")
        self.watched("plan", env=self.clean_env(), code=64)
        self.assert_no_secret({"secret": key.secret})

    def test_credential_process(self):
        key = self.session()
        helper = self.dir / "helper"
        helper.write_text(f"#!{sys.executable}\nimport json, time\ntime.sleep(0.3)\nprint(json.dumps({{'Version': 1, "
                          f"'AccessKeyId': {key.akid!r}, 'SecretAccessKey': {key.secret!r}, "
                          f"'SessionToken': {key.token!r}}}))\n")
        helper.chmod(0o700)
        (self.dir / ".aws").mkdir()
        (self.dir / ".aws" / "config").write_text(f"[default]\ncredential_process = {helper}\n")
        self.watched("plan", env=self.clean_env(), code=0)
        self.assert_no_secret({"secret": key.secret, "token": key.token})
        self.assertTrue(self.watcher.environ, "the program was not seen while it ran")
        self.assertEqual(self.find({"secret": key.secret, "token": key.token},
                                   {str(k): v for k, v in self.watcher.environ.items()}), [])
        # What it says when it fails is shown, what it printed is not.
        helper.write_text(f"#!/bin/sh\necho '{key.secret}'\necho broken >&2\nexit 1\n")
        _, err = self.watched("plan", env=self.clean_env(), code=1)
        self.assertIn("broken", err)
        self.assert_no_secret({"secret": key.secret})


@unittest.skipUnless(os.geteuid() == 0, "only root may look into a process that does not let itself be dumped")
class Memory(SecretsCase):
    """What is no longer needed is overwritten: looked at while the last call of a run is under way."""

    def stopped_at(self, service, action, ms, check, *args):
        """Runs check(memory) while that call is delayed."""
        looked, before = [], faults.acted["delay"]
        self.set(faults=[{"service": service, "action": action, "kind": "delay", "ms": ms}])

        def look(process):
            end = time.time() + 200
            while time.time() < end and process.poll() is None and not faults.acted["delay"] > before:
                time.sleep(0.05)
            if process.poll() is not None:
                return
            time.sleep(0.2)
            process.send_signal(signal.SIGSTOP)
            try:
                looked.append(memory_of(process.pid))
            finally:
                process.send_signal(signal.SIGCONT)

        self.watched(*args, code=0, stop=look)
        self.assertEqual(len(looked), 1, f"{action} was not seen")
        check(looked[0])

    @unittest.skipIf(sanitized(), "sanitizers keep what was freed")
    def test_the_password_is_gone_when_the_lease_is_released(self):
        def check(memory):
            secrets = self.parameters()
            self.assertGreater(len(memory), 1 << 20)
            self.assertIn(b"gengar", memory)
            left = [(n, f) for n, v in secrets.items() for f, t in forms(v).items() if t in memory]
            self.assertEqual(left, [])

        self.stopped_at("ssm", "DeleteParameter", 3000, check, "apply", "--yes")


class Cores(SecretsCase):
    def limits_of(self, process):
        for line in pathlib.Path(f"/proc/{process.pid}/limits").read_text().splitlines():
            if line.startswith("Max core file size"):
                return line.split()[4:6]
        return None

    def crashed(self, command, sig):
        """(did it leave a core file?) of a program that dies of the signal with core files allowed."""
        process = subprocess.Popen(command, cwd=self.dir, env=self.env(ASAN_OPTIONS=None), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE,
                                                                         (resource.RLIM_INFINITY,) * 2))
        time.sleep(1.5)
        self.assertIsNone(process.poll())
        process.send_signal(sig)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -1
        self.assertTrue(os.WIFSIGNALED(status), f"{sig}: {status}")
        return os.WCOREDUMP(status)

    def test_no_core_file(self):
        if not self.crashed(["sleep", "60"], signal.SIGSEGV):
            self.skipTest("this machine makes no core files")
        self.set(faults=[{"action": "*", "kind": "delay", "ms": 20000}])
        for sig in (signal.SIGABRT, signal.SIGQUIT, signal.SIGILL):
            self.assertFalse(self.crashed([BERTH, "plan"], sig), sig)
        self.set(faults=[])

    def test_no_other_process_may_look(self):
        self.set(faults=[{"action": "*", "kind": "delay", "ms": 3000}])
        process = subprocess.Popen([BERTH, "plan"], cwd=self.dir, env=self.env(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        time.sleep(1)
        self.assertEqual(self.limits_of(process), ["0", "0"])
        # The files of a process that must not be dumped belong to root, whoever runs it.
        self.assertEqual(os.stat(f"/proc/{process.pid}/mem").st_uid, 0)
        if os.geteuid() == 0:
            code = (f"import os; os.setuid(65534); open('/proc/{process.pid}/environ', 'rb').read()")
            self.assertNotEqual(subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode, 0)
        self.set(faults=[])

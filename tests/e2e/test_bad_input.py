"""Every bad input gets a clear error that says what, where and what to do; nothing is lost, nothing is written."""
import json
import os
import socket
import subprocess
import threading
import unittest

from bad import BadCase
from stack import BERTH

NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


class Spec(BadCase):
    def setUp(self):
        super().setUp()
        self.yaml = self.dir / "berth.yaml"

    def test_no_file(self):
        self.yaml.unlink()
        for command in ("plan", "apply", "drift", "destroy", "output", "validate", "graph"):
            self.offline(64, [command], "There is no berth.yaml here", "berth init", "-f")
        self.offline(64, ["-f", "nope.yaml", "plan"], "There is no nope.yaml here")
        self.assertEqual(os.listdir(self.dir), [])

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_unreadable(self):
        self.yaml.chmod(0)
        self.offline(1, ["plan"], "berth.yaml: error:", "Permission denied")

    def test_folder(self):
        (self.dir / "d").mkdir()
        self.offline(1, ["-f", "d", "plan"], "d: error:", "Is a directory", "-f names the spec")

    def test_standard_input(self):
        self.offline(64, ["-f", "-", "plan"], "standard input", "lies beside the file")

    def test_empty(self):
        self.yaml.write_text("")
        self.offline(64, ["plan"], "berth.yaml:1:1: error: The file is empty", "berth init")

    def test_no_yaml(self):
        self.yaml.write_text("app: gengar\nservices: [web\n")
        self.offline(64, ["plan"], "berth.yaml:3:1: error: This is no valid YAML", "It began in line 2")

    def test_all_errors_at_once(self):
        self.edit("^database:", "databse:")
        self.edit("    cpu: 256", "    cpuu: 256")
        self.edit("zones: 2", "zones: many")
        told = self.offline(64, ["apply", "--yes"], "databse", "Did you mean database?", "cpuu", "Did you mean cpu?",
                            "zones")
        self.assertGreaterEqual(told.count("berth.yaml:"), 3)
        self.assertIn("^", told)

    def test_no_utf8(self):
        self.yaml.write_bytes(b"app: g\xe9ngar\nregion: us-east-1\n")
        self.offline(64, ["plan"], "berth.yaml:1:7: error:", "not UTF-8")

    def test_region_that_is_a_zone(self):
        self.edit("us-east-1", "us-east-1a")
        self.offline(64, ["plan"], "us-east-1a", "its region is us-east-1")

    def test_unknown_environment(self):
        self.offline(64, ["--env", "staging", "plan"], "staging", "leave out --env")
        self.offline(64, ["--env", "../../x", "plan"], "../../x")
        self.assertFalse((self.dir / ".berth").exists())

    def test_errors_as_json(self):
        self.edit("^database:", "databse:")
        lines = [json.loads(line) for line in self.offline(64, ["--json", "plan"]).splitlines()]
        self.assertEqual({line["type"] for line in lines}, {"diagnostic"})
        first = lines[0]
        self.assertEqual((first["v"], first["severity"], first["file"], first["line"], first["column"]),
                         (1, "error", "berth.yaml", 12, 1))
        self.assertIn("Did you mean database?", first["hint"])

    def test_init_never_overwrites(self):
        before = self.yaml.read_text()
        self.offline(3, ["init"], "berth.yaml cannot be written", "-f")
        self.assertEqual(self.yaml.read_text(), before)

    def test_init_writes_nothing_that_it_would_refuse(self):
        self.yaml.unlink()
        self.offline(64, ["init", "--app", "x: {}\nevil"], "was not written")
        self.offline(64, ["init", "--app", "aws-tool"], "AWS reserves", "was not written")
        self.offline(64, ["init", "--region", "mars"], "mars", "was not written")
        self.assertEqual(os.listdir(self.dir), [])


class Usage(BadCase):
    def test_unknown_command(self):
        self.offline(64, ["plam"], 'There is no command "plam"', "Did you mean plan?")
        self.offline(64, ["help", "plam"], 'There is no command "plam"')
        self.offline(64, ["zzz"], "berth --help")
        told = self.offline(64, [], "usage: berth")
        self.assertIn("destroy", told)

    def test_no_utf8(self):
        self.offline(64, [b"pl\xe9n"], 'There is no command "pl\\xe9n"')
        told = self.offline(64, ["--json", b"pl\xe9n\x1b[31m"])
        self.assertIn("pl\\xe9n^[[31m", json.loads(told)["text"])

    def test_unknown_options_are_told_at_once(self):
        self.offline(64, ["plan", "--onyl", "--bogus", "-z"], "--onyl", "Did you mean --only?", "--bogus", "-z")
        self.offline(64, ["--bogus", "plan"], "There is no option --bogus")

    def test_values(self):
        self.offline(64, ["plan", "--out"], "--out wants FILE")
        self.offline(64, ["plan", "--out", "--json"], "--out wants FILE, but --json follows", "--out=--json")
        self.offline(64, ["plan", "--out="], "--out wants FILE")
        self.offline(64, ["plan", "--json=1"], "--json takes no value")
        self.offline(64, ["--color", "pink", "plan"], "--color is auto, always or never")
        for number in ("0", "-1", "x", "1x", "99999999999999999999", "1001"):
            self.offline(64, ["apply", f"--parallel={number}"], "--parallel wants a number from 1 to 1000")
        self.offline(64, ["-C", "nowhere", "plan"], "-C nowhere", "No such file")
        self.offline(64, ["plan", *["--only=a"] * 64], "more than 63 --only")

    def test_words_too_many(self):
        for args in (["plan", "extra"], ["validate", "a"], ["drift", "a"], ["destroy", "gengar"], ["graph", "a"],
                     ["init", "a"], ["apply", "a", "b"], ["output", "a", "b"], ["explain", "a", "b"]):
            self.offline(64, args, f"`berth {args[0]}` does not know", args[-1], f"usage: berth {args[0]}")
        self.offline(64, ["plan", "--", "--out"], '"--out"')

    def test_options_that_contradict(self):
        self.offline(64, ["plan", "--out", "p", "--cached"], "cannot be saved")
        self.offline(64, ["plan", "--with-data"], "--with-data belongs to --destroy")
        self.offline(64, ["--json", "plan", "--md"], "--md and --json")
        self.offline(64, ["plan", "--expand", "--out", "p"], "--expand makes no plan")
        self.offline(64, ["--json", "graph", "--svg"], "--svg and --json")
        self.offline(64, ["--json", "output", "--format", "text"], "--json and --format")
        self.offline(64, ["output", "--format", "xml"], "text, json, dotenv or github")
        self.offline(64, ["apply", "p", "--only", "x"], "--only and --except belong to `plan`")
        self.offline(1, ["plan", "--cached"], "no snapshot", "Leave --cached out once")

    def test_choice_of_nothing(self):
        self.fails(64, ["plan", "--only", "ec2.vpc.nope"], 'called "ec2.vpc.nope"')
        self.fails(64, ["apply", "--yes", "--except", "nope"], 'called "nope"')

    def test_explain(self):
        self.offline(64, ["explain", "rds.instence"], "rds.instence", "Did you mean rds.instance?")
        self.offline(64, ["explain", "rds.instance.nope"], "rds.instance.nope")

    def test_destroy_of_another_app(self):
        self.offline(3, ["destroy", "--yes", "other"], '"other"', '"gengar"', "Nothing was destroyed")


class Credentials(BadCase):
    def test_none(self):
        told = self.offline(1, ["plan"], "No AWS credentials were found", "AWS_ACCESS_KEY_ID",
                            env=self.env(**NO_KEYS))
        for source in ("environment", "role", "web identity", "SSO", "credential process", "shared files", "container",
                       "instance metadata"):
            self.assertIn(source, told)

    def test_half(self):
        self.offline(1, ["plan"], "AWS_SECRET_ACCESS_KEY is not", env=self.env(AWS_SECRET_ACCESS_KEY=None))

    def test_wrong_secret(self):
        told = self.fails(1, ["apply", "--yes"], "SignatureDoesNotMatch", "does not belong to the access key",
                          env=self.env(AWS_SECRET_ACCESS_KEY="wrong"))
        self.assertNotIn("wrong", told.replace("wrong.", ""))

    def test_unknown_key(self):
        self.fails(1, ["apply", "--yes"], "InvalidClientTokenId", "AWS does not know the credentials",
                   env=self.env(AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE"))

    def test_expired(self):
        self.set(faults=[{"service": "sts", "kind": "error", "code": "ExpiredToken", "status": 403,
                          "message": "The security token included in the request is expired"}])
        self.fails(1, ["apply", "--yes"], "expired", "get new ones")

    def test_profile(self):
        self.offline(64, ["plan", "--profile", "nope"], 'The profile "nope"', env=self.env(**NO_KEYS))

    def test_broken_file(self):
        (self.dir / ".aws").mkdir()
        path = self.dir / ".aws" / "credentials"
        for content, needle in ((b"[default\nx=y\n", "~/.aws/credentials:1:1: error:"),
                                (b"\xff\xfe\x00", "~/.aws/credentials:1:1: error:"),
                                (b"[default]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\n", "secret key is missing")):
            path.write_bytes(content)
            self.assertIn(self.run_berth("plan", env=self.env(**NO_KEYS)).returncode, (1, 64))
            self.assertIn(needle, self.run_berth("plan", env=self.env(**NO_KEYS)).stderr)
        path.unlink()
        path.mkdir()
        self.offline(64, ["plan"], "~/.aws/credentials: Is a directory", env=self.env(**NO_KEYS))

    def test_wrong_account(self):
        self.edit('"123456789012"', '"210987654321"')
        for command in (["plan"], ["apply", "--yes"], ["destroy", "--yes", "gengar"], ["drift"], ["output"]):
            self.fails(3, command, "of account 123456789012", "for account 210987654321", "Nothing was changed")
            self.assertEqual(self.calls, 1)


class Network(BadCase):
    def test_closed_port(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        self.offline(1, ["apply", "--yes"], url, "Check the network", "running again is safe",
                     env=self.env(AWS_ENDPOINT_URL=url, AWS_MAX_ATTEMPTS="1"))

    def test_no_url(self):
        self.offline(64, ["plan"], "AWS_ENDPOINT_URL", "not a url", env=self.env(AWS_ENDPOINT_URL="not a url"))

    def answering(self, content):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def serve():
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n"
                                   b"Connection: close\r\n\r\n" % len(content) + content)

        threading.Thread(target=serve, daemon=True).start()
        return self.env(AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.getsockname()[1]}", AWS_MAX_ATTEMPTS="1")

    def test_html(self):
        env = self.answering(b"<html><body>Welcome to our WiFi</body></html>")
        self.offline(1, ["apply", "--yes"], "<html>", "captive portal", env=env)

    def test_noise(self):
        self.offline(1, ["plan"], "GetCallerIdentity", env=self.answering(os.urandom(512)))

    def test_no_certificates(self):
        env = self.env(AWS_ENDPOINT_URL=self.env()["AWS_ENDPOINT_URL"].replace("http:", "https:"),
                       AWS_CA_BUNDLE="/nowhere/ca.pem", AWS_MAX_ATTEMPTS="1")
        self.offline(1, ["plan"], "/nowhere/ca.pem", env=env)


class Denied(BadCase):
    def test_what_cannot_be_read_is_not_absent(self):
        self.apply()
        before = self.listing()
        for service, action, code, kind in (("rds", "*", "AccessDenied", "rds.instance"),
                                            ("iam", "*", "AccessDenied", "iam.role"),
                                            ("ec2", "DescribeSubnets", "UnauthorizedOperation", "ec2.subnet")):
            self.deny(service, action, code)
            for command in (["plan"], ["plan", "--detailed-exitcode"], ["apply", "--yes"],
                            ["destroy", "--yes", "gengar"]):
                self.fails(1, command, f"{kind} could not be read", code, "Allow ")
            self.fails(1, ["drift"], "not all could be")
            self.assertIn(f"? {kind}", self.run_berth("drift").stdout)
            self.fails(1, ["output"], f"{kind} could not be read, so not all outputs are known")
        self.set(faults=[])
        self.assertEqual(self.listing(), before)
        self.assert_settled()

    def test_drift_and_denied(self):
        self.apply()
        self.aws("logs").put_retention_policy(logGroupName="/ecs/gengar", retentionInDays=90)
        self.deny("rds")
        self.fails(2, ["drift"])
        unchecked = json.loads(self.run_berth("--json", "drift").stdout)["unchecked"]
        self.assertIn("rds.instance", unchecked)

    def test_who_am_i(self):
        self.deny("sts")
        self.fails(1, ["apply", "--yes"], "sts GetCallerIdentity", "Allow ")
        self.assertEqual(self.calls, 1)

    def test_write_is_refused(self):
        self.deny("rds", "CreateDB*")
        told = self.berth("apply", "--yes", code=1) and self.last.stderr
        for needle in ("rds.subnet_group.main: ", "AccessDenied", "Allow rds:", "Done: ", "Failed: rds.subnet_group",
                       "Not tried: ", "rds.instance.main", "Running the same command again is safe"):
            self.assertIn(needle, told)
        self.set(faults=[])
        self.apply()
        self.assert_settled()


class Names(BadCase):
    """What others wrote into AWS plays no tricks with the terminal."""
    xml = "\u202egnp.exe\x9b31m\nerror: all is lost"  # XML has no \x1b
    evil = "\x1b]0;owned\x07\x1b[2J" + xml

    def setUp(self):
        super().setUp()
        self.apply()
        self.aws("ec2").create_tags(Resources=[self.live("ec2.vpc.main")["id"]],
                                    Tags=[{"Key": "team", "Value": self.xml}])
        self.aws("apigatewayv2").update_api(ApiId=self.live("apigateway.api.main")["id"], Name=self.evil)

    def test_no_command_prints_them(self):
        for command, code in ((["plan", "-v"], 0), (["plan", "--md"], 0), (["drift"], 2), (["output"], 0),
                              (["--json", "plan"], 0), (["--color", "always", "plan"], 0), (["apply", "--yes"], 0)):
            done = self.run_raw(*command)
            self.assertEqual(done.returncode, code, done.stderr)
            shown = (done.stdout + done.stderr).decode()
            for bad in ("\x07", "\x1b]", "\x1b[2J", "\nerror: all is lost"):
                self.assertNotIn(bad, shown, command)
            if "--json" in command:
                continue
            for bad in ("\x9b", "\u202e"):
                self.assertNotIn(bad, shown, command)
            if "--color" in command:
                self.assertIn("\x1b[33m", shown)
                self.assertNotRegex(shown, r"\x1b(?!\[\d*m)")
            else:
                self.assertNotIn("\x1b", shown)


class Output(BadCase):
    def test_reader_goes_away(self):
        read, write = os.pipe()
        os.close(read)
        done = self.run_raw("plan", stdout=write)
        os.close(write)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            self.fails(1, ["plan"], "Not all could be written to standard output", stdout=full)
            self.fails(1, ["explain"], "standard output", stdout=full)
            self.fails(1, ["apply", "--yes"], "plan could not be written", "Nothing was changed", stdout=full)
        self.assertNotIn("vpc", self.listing())

    def test_closed_streams(self):
        """A file that gets the number of a closed stream is not printed into."""
        for args in ("plan --out p", "validate", "apply --yes"):
            done = subprocess.run(["sh", "-c", f'exec "$0" {args} >&-', BERTH], cwd=self.dir, env=self.env(),
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("standard output", done.stderr)
        self.assertEqual(json.loads((self.dir / "p").read_text())["format"], "berth.saved-plan/1")
        done = subprocess.run(["sh", "-c", 'exec "$0" plan <&- 2>&- >&-', BERTH], cwd=self.dir, env=self.env(),
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("vpc", self.listing())


if __name__ == "__main__":
    unittest.main()

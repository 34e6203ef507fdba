"""Texts that are made to harm: terminals, logs, Markdown, scripts. Whoever wrote them: AWS, an operator, a file."""
import json
import os
import re
import subprocess
import unittest

from bad import BadCase, writes
from screen import Terminal
from stack import BERTH

import control

# What a terminal acts upon: colours, cursor, title, clipboard, a link, C1 controls, a bell, a carriage return, marks
# that turn the direction of writing.
EVIL = ("\x1b[31mred\x1b[2J\x1b[1;1H\x1b]0;title\x07\x1b]8;;http://evil.example\x1b\\link\x1b]52;c;ZXZpbA==\x07"
        "\x9b31m\x9d52;c;x\x9c\r\x07\x08\x7f\u202eeslaf\u2066x\u2069")
# XML cannot hold most control characters, so neither can answers of the services that speak it.
EVIL_XML = re.sub("[\x00-\x1f]", "", EVIL)
ACTED_UPON = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class HostileCase(BadCase):
    knobs = {"scale": 0.0}

    def assert_tame(self, text, where=""):
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        found = ACTED_UPON.search(text)
        self.assertIsNone(found, f"{where}: {text[max(0, found.start() - 60):found.start() + 60]!r}" if found else "")

    def tame(self, *args, **kwargs):
        """Runs berth into pipes; what it says is tame, and its JSON is JSON. The result."""
        done = self.run_raw(*args, **kwargs)
        self.assertNotIn(b"Sanitizer", done.stderr)
        for stream in (done.stdout, done.stderr):
            self.assert_tame(stream, " ".join(args))
            for line in stream.splitlines() if "--json" in args else ():
                self.assertIn("type", json.loads(line))
        return done

    def on_terminal(self, *args):
        """The same on a terminal, whose screen knows no other sequences than those that berth uses itself."""
        t = Terminal([BERTH, *args], self.dir, self.env(TERM="xterm-256color"))
        self.addCleanup(t.stop)
        code = t.end()
        self.assert_tame("\n".join(t.screen.lines), "terminal")
        return code


class FromAws(HostileCase):
    def spoil(self):
        """What an operator with few rights can do: tags, a rule, a description."""
        vpc = self.live("ec2.vpc.main")["id"]
        groups = [g["GroupId"] for g in self.aws("ec2").describe_security_groups(
            Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "tag-key", "Values": ["berth:app"]}])["SecurityGroups"]]
        # An operator's words go past AWS's own checks here: berth may not count on them.
        from moto.ec2.models import ec2_backends
        backend = ec2_backends["123456789012"]["us-east-1"]
        backend.tags[vpc]["team"] = EVIL_XML
        backend.tags[vpc][f"k{EVIL_XML}"] = "v"
        self.aws("ec2").authorize_security_group_ingress(GroupId=groups[0], IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2,
             "IpRanges": [{"CidrIp": "10.9.0.0/16", "Description": "by hand"}]}])
        from moto.ecs.models import ecs_backends
        for cluster in ecs_backends["123456789012"]["us-east-1"].clusters.values():
            for tag in cluster.tags:
                if tag["key"] == "team":
                    tag["value"] = EVIL
            cluster.tags.append({"key": "z" + EVIL, "value": EVIL})

    def test_tags_and_descriptions(self):
        self.apply()
        self.spoil()
        for args in (("plan",), ("-v", "plan"), ("plan", "--md"), ("--json", "plan"), ("drift",), ("--json", "drift"),
                     ("-v", "drift"), ("output",), ("--json", "output"), ("output", "--format", "json"),
                     ("graph",), ("plan", "--cached"), ("destroy", "--yes", "other")):
            with self.subTest(args=args):
                self.tame(*args)
        self.assertIn(b"\\x9b", self.tame("-v", "drift").stdout)
        self.on_terminal("-v", "drift")
        self.tame("-v", "apply", "--yes")

    def test_error_messages(self):
        self.set(faults=[{"service": "ec2", "action": "CreateVpc", "kind": "error", "code": "Evil" + EVIL[:5],
                          "message": f"no {EVIL} way", "status": 400}])
        done = self.tame("-v", "apply", "--yes")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"no ", done.stderr)
        self.tame("--json", "apply", "--yes")
        self.tame("apply", "--yes", env=self.env(BERTH_DEBUG="run,node,call,wire,state,sigv4"))
        self.assertEqual(self.on_terminal("apply", "--yes"), 1)

    def test_who_we_are(self):
        self.set(faults=[{"service": "sts", "action": "*", "kind": "error", "code": "Nope", "message": EVIL, "status": 403}])
        self.assertNotEqual(self.tame("plan").returncode, 0)


class FromFiles(HostileCase):
    def test_names_of_files_and_arguments(self):
        name = "x\x1b]0;t\x07.yaml"
        (self.dir / "berth.yaml").rename(self.dir / name)
        self.assertEqual(self.tame("-f", name, "validate").returncode, 0)
        for args in (("-f", name, "nonsense" + EVIL), ("-f", EVIL, "plan"), ("--" + EVIL,), ("apply", EVIL),
                     ("output", EVIL), ("explain", EVIL), ("-C", EVIL, "plan"), ("--env", EVIL, "-f", name, "plan")):
            with self.subTest(args=args):
                self.assertNotEqual(self.tame(*args).returncode, 0)

    def test_environment(self):
        for key in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN",
                    "AWS_CA_BUNDLE", "AWS_MAX_ATTEMPTS", "BERTH_DEBUG", "AWS_CONFIG_FILE"):
            with self.subTest(key=key):
                self.tame("plan", env=self.env(**{key: EVIL}))

    def test_a_spec_with_escapes(self):
        for text in ("app: \"\\e[31m\"\n", "app: gengar\nregion: \"\\u009b31m\"\n", "\"\\e]0;x\\a\": 1\n",
                     "app: gengar\nregion: us-east-1\ntags: {a: \"\\u202eevil\"}\n"):
            (self.dir / "berth.yaml").write_text(text)
            self.tame("validate")
            self.tame("--json", "validate")
            self.tame("plan", "--expand")

    def test_a_saved_plan_that_was_edited(self):
        self.berth("plan", "--out", "p")
        doc = json.loads((self.dir / "p").read_text())
        for edit in (lambda d: d["spec"].update(region="us-east-1" + EVIL), lambda d: d["spec"].update(app=EVIL),
                     lambda d: d["spec"]["resources"]["ec2.vpc.main"].update(section=EVIL),
                     lambda d: d["spec"]["tags"].update({EVIL: EVIL}), lambda d: d["plan"].update(account=EVIL),
                     lambda d: d["seen"].update({EVIL: ["x"]}), lambda d: d.update(format=EVIL),
                     lambda d: d["plan"]["notes"].append(EVIL)):
            changed = json.loads(json.dumps(doc))
            edit(changed)
            (self.dir / "q").write_text(json.dumps(changed))
            control.log.clear()
            done = self.tame("apply", "q", "--yes")
            self.assertIn(done.returncode, (3, 64), done.stderr)
            self.assertEqual(writes(), {})


class Scripts(HostileCase):
    """What a shell, GitHub and a reader of Markdown make of it."""
    VALUES = ["plain", "two\nlines", "a\"b", "$(touch pwned)", "`touch pwned`", "$HOME", "\\", "'", "x\nEOF\nOTHER=1",
              "a%0Ab", "::set-output name=x::y", EVIL]

    def with_output(self, value):
        """A spec one of whose outputs is what AWS says of an object; that is `value`."""
        import sqlite3
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            row = db.execute("SELECT fields FROM live WHERE address = 'apigateway.api.main'").fetchone()
            self.assertIsNotNone(row)
        from moto.apigatewayv2.models import apigatewayv2_backends
        for api in apigatewayv2_backends["123456789012"]["us-east-1"].apis.values():
            api.api_endpoint = value

    def test_dotenv_in_a_shell(self):
        self.apply()
        for value in self.VALUES:
            self.with_output(value)
            done = self.tame("output", "--format", "dotenv")
            (self.dir / "env").write_bytes(done.stdout)
            names = re.findall(rb"(?m)^([A-Z0-9_]+)=", done.stdout)
            self.assertEqual(len(names), len(done.stdout.splitlines()))
            run = subprocess.run(["sh", "-c", ". ./env; set"], cwd=self.dir, env={"PATH": os.environ["PATH"]},
                                 capture_output=True, check=True)
            self.assertEqual(run.stderr, b"")
            self.assertNotIn(b"OTHER=", run.stdout)
            self.assertFalse((self.dir / "pwned").exists())

    def test_github(self):
        self.apply()
        for value in self.VALUES:
            self.with_output(value)
            path = self.dir / "github"
            path.write_text("")
            self.tame("output", "--format", "github", env=self.env(GITHUB_OUTPUT=str(path)))
            lines = path.read_bytes().splitlines()
            self.assertTrue(lines)
            self.assertTrue(all(re.match(rb"[A-Z0-9_]+=", line) and b"<<" not in line.partition(b"=")[0] for line in lines))
            self.assert_tame(path.read_bytes())

    def test_markdown(self):
        self.apply()
        evil = "```\n# owned\n[x](http://evil.example) <img src=x onerror=y> | a | @everyone ````` ~~~"
        from moto.ec2.models import ec2_backends
        ec2_backends["123456789012"]["us-east-1"].tags[self.live("ec2.vpc.main")["id"]]["team"] = evil
        text = self.tame("plan", "--md").stdout.decode()
        fences = [line for line in text.splitlines() if re.match("`{3,}", line)]
        self.assertEqual(len(fences), 2, text)
        fence = re.match("`+", fences[0]).group()
        inside = text.partition(fences[0] + "\n")[2].partition("\n" + fence + "\n")[0]
        self.assertIn("evil.example", inside)
        self.assertNotIn("evil.example", text.replace(inside, ""))
        self.assertNotIn(fence, inside)


if __name__ == "__main__":
    unittest.main()

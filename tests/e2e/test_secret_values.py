"""berth secrets: values go to AWS and nowhere else, are written only on change, and go only when told."""
import json
import os
import re
import subprocess
import unittest

from bad import BadCase, writes
from screen import Terminal
from stack import BERTH, harness

import control

NAMES = ["OPENAI_API_KEY", "STRIPE_SECRET_KEY", "ROLLBAR_TOKEN"]
VALUES = {name: f"value-of-{name.lower()}" for name in NAMES}


class SecretsCase(BadCase):
    def secrets(self, *args, code=0, values=None, stdin=None, **more):
        """Runs `berth secrets`; no value may be in anything that it prints."""
        done = subprocess.run([BERTH, "secrets", *args], cwd=self.dir, env=self.env(**(values or {}), **more), text=True,
                              timeout=120, capture_output=True, check=False,
                              **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))
        self.told = done.stdout + done.stderr
        self.assertEqual(done.returncode, code, self.told)
        for value in [*VALUES.values(), *(values or {}).values()]:
            self.assertNotIn(value, self.told)
        self.assertNotIn("Sanitizer", self.told)
        return done.stdout

    def states(self, *args, **more):
        rows = json.loads(self.secrets(*args, "--json", **more))["secrets"]
        return {row["name"]: row["state"] for row in rows}

    def stored(self):
        """{name: (value, version)} as AWS has it."""
        found = self.aws("ssm").get_parameters_by_path(Path="/gengar", WithDecryption=True)["Parameters"]
        return {p["Name"].rsplit("/", 1)[1]: (p["Value"], p["Version"]) for p in found if p["Name"][8:] in NAMES}

    def put(self):
        self.assertEqual(self.states("put", values=VALUES), {name: "created" for name in NAMES})

    def by_hand(self, value="by-hand", **tags):
        self.aws("ssm").put_parameter(Name="/gengar/ROLLBAR_TOKEN", Type="SecureString", Value=value,
                                      Tags=[{"Key": k, "Value": v} for k, v in tags.items()])


class Put(SecretsCase):
    def test_from_the_environment(self):
        self.put()
        self.assertEqual(self.stored(), {name: (VALUES[name], 1) for name in NAMES})
        parameter = self.aws("ssm").describe_parameters(ParameterFilters=[
            {"Key": "Name", "Values": ["/gengar/OPENAI_API_KEY"]}])["Parameters"][0]
        self.assertEqual((parameter["Type"], parameter["Tier"]), ("SecureString", "Standard"))

    def test_only_what_changed_is_written(self):
        self.put()
        control.log.clear()
        self.assertEqual(self.states("put", values=VALUES), {name: "unchanged" for name in NAMES})
        self.assertEqual(control.log.by_action["ssm.PutParameter"], 1)      # the lease's own
        changed = {**VALUES, "ROLLBAR_TOKEN": "another-value"}
        self.assertEqual(self.states("put", values=changed)["ROLLBAR_TOKEN"], "changed")
        self.assertIn("keep the old values", self.told)
        self.assertEqual(self.stored()["ROLLBAR_TOKEN"], ("another-value", 2))
        self.assertEqual(self.stored()["OPENAI_API_KEY"][1], 1)

    def test_what_is_missing_is_said(self):
        some = {"OPENAI_API_KEY": "one-of-three"}
        self.secrets("put", values=some, code=1, STRIPE_SECRET_KEY="")
        self.assertEqual(set(self.stored()), {"OPENAI_API_KEY"})
        for name in ("STRIPE_SECRET_KEY", "ROLLBAR_TOKEN"):
            self.assertIn(f"{name} has no value: none was given, and AWS has none.", self.told)
        self.secrets("put", values=VALUES)
        self.assertEqual(self.states("put", values=some),
                         {"OPENAI_API_KEY": "changed", "STRIPE_SECRET_KEY": "not given, kept",
                          "ROLLBAR_TOKEN": "not given, kept"})

    def test_nothing_given(self):
        self.secrets("put", code=64)
        self.assertIn("No variable of the environment has a value of any of the spec's secrets.", self.told)
        self.assertEqual(control.log.total, 0)

    def test_from_a_file(self):
        lines = "".join(f"export {name}=\"{value}\"\n" for name, value in VALUES.items())
        (self.dir / ".env").write_text(lines + "PORT=3000\n")
        self.assertEqual(self.states("put", "--from", ".env"), {name: "created" for name in NAMES})
        self.assertIn("PORT is not among the spec's secrets, and left alone", self.told)
        self.assertEqual(self.stored(), {name: (VALUES[name], 1) for name in NAMES})
        self.assertEqual(self.states("put", "--from", "-", stdin=lines), {name: "unchanged" for name in NAMES})
        self.assertEqual(self.states("put", "ROLLBAR_TOKEN", "--from", ".env"), {"ROLLBAR_TOKEN": "unchanged"})

    def test_bad_files(self):
        for text, words in (("OPENAI_API_KEY='value", ".env:1:16: error: A quote is opened here and never closed"),
                            ("what is this", ".env:1:1: error: This is no NAME=VALUE"), ("PORT=1", "has a value of any"),
                            ("OPENAI_API_KEY=''", "The value of OPENAI_API_KEY is empty"),
                            ("OPENAI_API_KEY={{x}}", "has {{ in it"),
                            ("OPENAI_API_KEY=" + "x" * 4097, "longer than the 4096 bytes")):
            (self.dir / ".env").write_text(text)
            self.secrets("put", "--from", ".env", code=64)
            self.assertIn(words, self.told)
        self.secrets("put", "--from", "absent", code=1)
        self.assertIn("absent", self.told)
        self.secrets("put", "ROLLBAR_TOKEN", "--from", ".env", code=64)
        self.assertIn(".env has no value of ROLLBAR_TOKEN", self.told)
        self.assertEqual(control.log.total, 0)

    def test_from_stdin(self):
        key = "-----BEGIN-----\nline-two\n-----END-----"
        self.assertEqual(self.states("put", "ROLLBAR_TOKEN", stdin=key + "\n"), {"ROLLBAR_TOKEN": "created"})
        self.assertEqual(self.stored()["ROLLBAR_TOKEN"], (key, 1))
        self.secrets("put", "ROLLBAR_TOKEN", stdin="", code=64)
        self.assertIn("is empty", self.told)
        self.secrets("put", "ROLLBAR_TOKEN", "OPENAI_API_KEY", stdin="x", code=64)
        self.assertIn("--from -", self.told)

    def test_from_a_prompt(self):
        t = Terminal([BERTH, "secrets", "put", "ROLLBAR_TOKEN"], self.dir, self.env())
        self.addCleanup(t.stop)
        t.until("Value of ROLLBAR_TOKEN: ")
        t.type("typed-by-hand\n")
        self.assertEqual(t.end(), 0, "\n".join(t.screen.lines))
        self.assertNotIn(b"typed-by-hand", t.raw)
        self.assertEqual(self.stored()["ROLLBAR_TOKEN"], ("typed-by-hand", 1))

    def test_an_interrupted_prompt_changes_nothing(self):
        t = Terminal([BERTH, "secrets", "put", "ROLLBAR_TOKEN"], self.dir, self.env())
        self.addCleanup(t.stop)
        t.until("Value of ROLLBAR_TOKEN: ")
        t.type("half\x03")
        self.assertNotEqual(t.end(), 0)
        self.assertEqual(self.stored(), {})

    def test_names(self):
        self.secrets("put", "OPENAI_APIKEY", code=64)
        self.assertIn("Did you mean OPENAI_API_KEY?", self.told)
        self.secrets("put", "OPENAI_API_KEY=oops-a-value", code=64)
        self.assertIn("Values do not belong on the command line", self.told)
        self.assertNotIn("oops", self.told)
        self.secrets("set", code=64)
        self.assertIn("does not know", self.told)

    def test_what_others_made(self):
        self.by_hand(owner="somebody")
        given = {"ROLLBAR_TOKEN": "of-berth"}
        self.secrets("put", "ROLLBAR_TOKEN", values=given, code=3)
        self.assertIn("was not made by berth", self.told)
        self.assertEqual(self.stored()["ROLLBAR_TOKEN"], ("by-hand", 1))
        self.assertEqual(self.states("put", "ROLLBAR_TOKEN", values={"ROLLBAR_TOKEN": "by-hand"}),
                         {"ROLLBAR_TOKEN": "unchanged"})
        self.assertEqual(self.states("put", "ROLLBAR_TOKEN", "--adopt", values=given), {"ROLLBAR_TOKEN": "changed"})
        self.assertEqual(self.stored()["ROLLBAR_TOKEN"], ("of-berth", 2))
        tags = self.aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId="/gengar/ROLLBAR_TOKEN")
        tags = {t["Key"]: t["Value"] for t in tags["TagList"]}
        self.assertEqual((tags["owner"], tags["berth:app"]), ("somebody", "gengar"))
        self.assertRegex(tags["berth:adopted"], r"^20\d\d-\d\d-\d\d$")
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertIn("ROLLBAR_TOKEN", self.stored())
        self.berth("destroy", "--yes", "gengar", "--with-data", "--with-adopted")
        self.assertEqual(self.stored(), {})

    def test_of_another_app(self):
        self.by_hand(**{"berth:app": "other", "berth:env": "default"})
        for args in (("put", "ROLLBAR_TOKEN"), ("put", "ROLLBAR_TOKEN", "--adopt"), ("rm", "ROLLBAR_TOKEN", "--yes")):
            self.secrets(*args, values={"ROLLBAR_TOKEN": "of-berth"}, code=3)
            self.assertIn("another app", self.told)
        self.assertEqual(self.stored()["ROLLBAR_TOKEN"], ("by-hand", 1))

    def test_answers_that_are_lost(self):
        for kind in ({"kind": "drop"}, {"kind": "error"}):
            self.set(faults=[{"service": "ssm", "action": "PutParameter", "times": 3, "skip": 1, **kind}])
            self.assertEqual(set(self.states("put", values=VALUES).values()) - {"created", "changed"}, set())
            self.assertEqual({name: value for name, (value, _) in self.stored().items()}, VALUES)
            self.set(faults=[])
            self.secrets("rm", *NAMES, "--yes")

    def test_denied(self):
        self.set(faults=[{"service": "ssm", "action": "GetParameters", "kind": "error", "status": 400,
                          "code": "AccessDeniedException", "message": "no"}])
        self.secrets("list", code=1)
        self.assertIn("ssm:GetParameters", self.told)


class Seen(SecretsCase):
    def test_list(self):
        self.assertEqual(self.states("list"), {name: "missing" for name in NAMES})
        self.put()
        self.assertEqual(self.states(), {name: "there" for name in NAMES})
        self.assertRegex(self.secrets("list"), r"OPENAI_API_KEY +there, version 1, 20\d\d-\d\d-\d\dT")

    def test_diff(self):
        self.put()
        self.assertEqual(self.states("diff", values=VALUES), {name: "same" for name in NAMES})
        mine = {"OPENAI_API_KEY": VALUES["OPENAI_API_KEY"], "STRIPE_SECRET_KEY": "another-one"}
        control.log.clear()
        self.assertEqual(self.states("diff", values=mine, code=2), {
            "OPENAI_API_KEY": "same", "STRIPE_SECRET_KEY": "different", "ROLLBAR_TOKEN": "only in AWS"})
        self.assertEqual(writes(), {})
        self.secrets("rm", "ROLLBAR_TOKEN", "--yes")
        self.assertEqual(self.states("diff", values=VALUES, code=2)["ROLLBAR_TOKEN"], "not in AWS")

    def test_many(self):
        names = [f"SECRET_{i}" for i in range(23)]
        self.edit(r"^secrets:.*\n(?:  - .*\n)+", "secrets: [" + ", ".join(NAMES + names) + "]\n")
        values = {**VALUES, **{name: f"many-{name}" for name in names}}
        self.secrets("put", values=values)
        self.assertEqual(self.states("diff", values=values), {name: "same" for name in values})

    def test_of_an_environment(self):
        self.edit(r"\Z", "environments: {staging: {}}\n")
        self.secrets("put", "ROLLBAR_TOKEN", "--env", "staging", values={"ROLLBAR_TOKEN": "of-staging"})
        found = self.aws("ssm").get_parameter(Name="/gengar-staging/ROLLBAR_TOKEN", WithDecryption=True)["Parameter"]
        self.assertEqual(found["Value"], "of-staging")
        self.assertEqual(self.states()["ROLLBAR_TOKEN"], "missing")


class Whole(SecretsCase):
    def test_no_plan_is_about_them(self):
        self.apply()
        calls = self.calls_of_a_plan()
        self.put()
        self.assert_settled()
        self.assertEqual(self.calls_of_a_plan(), calls)
        self.berth("drift")
        self.berth("apply", "--yes")
        self.secrets("rm", "ROLLBAR_TOKEN", "--yes")
        self.assert_settled()
        self.berth("drift")

    def calls_of_a_plan(self):
        self.set(page_size=0)
        control.log.clear()
        self.assert_settled()
        return control.log.total

    def test_no_longer_listed(self):
        self.apply()
        self.put()
        self.edit(r"^  - ROLLBAR_TOKEN.*\n", "")
        self.edit(r", ROLLBAR_TOKEN", "")
        self.apply()
        self.assertIn("ROLLBAR_TOKEN", self.stored())
        self.assertIn("ssm.parameter.secret-ROLLBAR_TOKEN", self.berth("plan"))
        self.secrets("rm", "ROLLBAR_TOKEN", "--yes")
        self.assertNotIn("ROLLBAR_TOKEN", self.berth("plan"))

    def test_a_teardown_takes_them_only_with_the_data(self):
        self.apply()
        self.put()
        self.berth("destroy", "--yes", "gengar")
        self.assertIn("ssm.parameter.secret-OPENAI_API_KEY", self.last.stdout + self.last.stderr)
        self.assertEqual(set(self.stored()), set(NAMES))
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertEqual(self.stored(), {})

    def test_rm_asks(self):
        self.put()
        self.secrets("rm", "ROLLBAR_TOKEN", code=3)
        self.secrets("rm", code=64)
        t = Terminal([BERTH, "secrets", "rm", "ROLLBAR_TOKEN"], self.dir, self.env(), columns=200)
        self.addCleanup(t.stop)
        t.until("Only `yes` is taken for a yes:")
        t.type("yes\n")
        self.assertEqual(t.end(), 0, "\n".join(t.screen.lines))
        self.assertIn("tasks cannot start without it", "\n".join(t.screen.lines))
        self.assertNotIn("ROLLBAR_TOKEN", self.stored())
        self.assertEqual(self.states("rm", "ROLLBAR_TOKEN", "--yes"), {"ROLLBAR_TOKEN": "was not there"})

    def test_no_trace_of_a_value(self):
        trace = self.dir / "trace"
        self.secrets("put", "-v", values=VALUES, BERTH_TRACE=str(trace))
        self.apply()
        for path in self.dir.rglob("*"):
            if path.is_file():
                for value in VALUES.values():
                    self.assertNotIn(value.encode(), path.read_bytes(), path)


if __name__ == "__main__":
    unittest.main()

"""Every option does what its help says; wrong ones are in test_bad_input.py."""
import json
import os
import pathlib
import re
import shutil
import unittest

from bad import BadCase, writes

HERE = pathlib.Path(__file__).resolve().parent


class Global(BadCase):
    def test_file(self):
        (self.dir / "sub").mkdir()
        shutil.move(self.dir / "berth.yaml", self.dir / "sub" / "app.yaml")
        for args in (["-f", "sub/app.yaml"], ["--file", "sub/app.yaml"], ["--file=sub/app.yaml"], ["-fsub/app.yaml"]):
            self.assertIn("sub/app.yaml is valid", self.berth(*args, "validate"))
            self.assertIn("sub/app.yaml is valid", self.berth("validate", *args))
        self.berth("-f", "sub/app.yaml", "plan")
        self.assertTrue((self.dir / "sub" / ".berth" / "default.db").exists())

    def test_directory(self):
        (self.dir / "sub").mkdir()
        shutil.move(self.dir / "berth.yaml", self.dir / "sub")
        for args in (["-C", "sub"], ["-Csub"], ["--directory", "sub"], ["--directory=sub"]):
            self.assertIn("berth.yaml is valid", self.berth(*args, "validate"))
            self.assertIn("berth.yaml is valid", self.berth("validate", *args))

    def test_env(self):
        with open(self.dir / "berth.yaml", "a", encoding="utf-8") as file:
            file.write("environments: {staging: {logs: {retention_days: 3}}}\n")
        self.assertIn("environment staging", self.berth("--env", "staging", "validate"))
        wants = {a["address"]: a.get("want") for a in json.loads(self.berth("--json", "plan", "--env=staging"))["actions"]}
        self.assertEqual(wants["logs.group.services"]["name"], "/ecs/gengar-staging")
        self.assertEqual(wants["logs.group.services"]["retention_days"], 3)
        self.assertTrue((self.dir / ".berth" / "staging.db").exists())

    def test_profile(self):
        (self.dir / ".aws").mkdir()
        (self.dir / ".aws" / "credentials").write_text(
            "[work]\naws_access_key_id = {AWS_ACCESS_KEY_ID}\naws_secret_access_key = {AWS_SECRET_ACCESS_KEY}\n"
            .format(**self.env()))
        none = self.env(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
        self.berth("plan", env=none, code=1)
        self.berth("--profile", "work", "plan", env=none)

    def test_verbose(self):
        self.assertNotIn("dns_support", self.berth("plan"))
        self.assertIn("dns_support", self.berth("plan", "-v"))
        self.assertIn("dns_support", self.berth("--verbose", "plan"))

    def test_help_and_version(self):
        self.assertRegex(self.berth("--version"), r"^berth \d+\.\d+\.\d+\n$")
        self.assertEqual(self.berth("plan", "--version"), self.berth("--version"))
        general = self.berth("--help")
        self.assertIn("usage: berth [-f FILE]", general)
        self.assertEqual([self.berth("-h"), self.berth("help")], [general] * 2)
        for name in re.findall(r"^  ([a-z]+) ", general.partition("commands:\n")[2].partition("\n\n")[0], re.M):
            told = self.berth(name, "--help")
            self.assertTrue(told.startswith(f"usage: berth {name}"), told)
            self.assertEqual([self.berth("help", name), self.berth(name, "-h"), self.berth("--help", name)], [told] * 3)


class Plan(BadCase):
    def test_detailed_exitcode(self):
        self.berth("plan", "--detailed-exitcode", code=2)
        self.apply()
        self.berth("plan", "--detailed-exitcode", code=0)

    def test_out(self):
        self.berth("plan", "--out", "a")
        self.berth("plan", "-o", "b")
        a, b = ((self.dir / name).read_text() for name in "ab")
        made = r'"made":"[^"]*"'     # between them the second may have changed
        self.assertEqual(re.sub(made, "", a), re.sub(made, "", b))

    def test_only_and_except(self):
        def chosen(*args):
            return {a["address"] for a in json.loads(self.berth("--json", "plan", *args))["actions"]}

        everything = chosen()
        self.assertEqual(chosen("--only", "ec2.subnet.public-a"), {"ec2.vpc.main", "ec2.subnet.public-a"})
        self.assertEqual(chosen("--only", "logs.", "--only", "ecr.repository.main"),
                         {"logs.group.services", "logs.group.api", "ecr.repository.main"})
        left = chosen("--except", "rds.instance.main")
        self.assertEqual(everything - left & everything, everything - left)
        self.assertNotIn("rds.instance.main", left)
        self.assertNotIn("ssm.parameter.database-url", left)
        self.assertIn("rds.subnet_group.main", left)
        self.berth("apply", "--yes", "--only", "ec2.subnet.public-a")
        self.assertEqual(set(self.addresses()), {"ec2.vpc.main", "ec2.subnet.public-a"})
        self.berth("apply", "-y", "--except", "rds.", "--except", "services.web", "--except", "api")
        self.assertNotIn("db_instance", self.listing())

    def test_expand(self):
        from bad import control
        control.log.clear()
        doc = json.loads(self.berth("plan", "--expand"))
        self.assertEqual(doc["resources"]["ec2.vpc.main"]["fields"]["cidr"], "10.20.0.0/16")
        self.assertEqual(control.log.total, 0)

    def test_md(self):
        text = self.berth("--color", "always", "plan", "--md")
        self.assertTrue(text.startswith("### berth plan: gengar (default)"))
        self.assertIn("```diff", text)
        self.assertNotIn("\x1b", text)

    def test_cached(self):
        from bad import control
        self.apply()
        control.log.clear()
        self.assertIn("Nothing to do", self.berth("plan", "--cached"))
        self.edit("retention_days: 14", "retention_days: 30")
        self.assertIn("14 -> 30", self.berth("plan", "--cached"))
        self.assertEqual(control.log.total, 0)

    def test_destroy(self):
        self.apply()
        plans = [json.loads(self.berth("--json", "plan", "--destroy")) for _ in range(3)]
        self.assertEqual(plans[1:], plans[:1] * 2, "the order is that of the answers")
        kept = {a["address"] for a in plans[0]["actions"] if a["action"] == "keep"}
        self.assertIn("rds.instance.main", kept)
        doc = json.loads(self.berth("--json", "plan", "--destroy", "--with-data"))
        self.assertEqual({a["action"] for a in doc["actions"]}, {"delete"})
        self.assertEqual({a["address"] for a in doc["actions"]}, set(self.addresses()))


class Rest(BadCase):
    def test_parallel(self):
        """One at a time: no step begins before the one before it has ended."""
        done = self.run_berth("--json", "apply", "--yes", "--parallel", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        running = set()
        for event in map(json.loads, done.stderr.splitlines()):
            running.add(event["address"])
            self.assertEqual(len(running), 1, running)
            if event["state"] == "done":
                running.clear()
        self.berth("destroy", "--yes", "gengar", "--with-data", "--parallel=1")
        self.assertNotIn("vpc", self.listing())
        self.assertTrue(writes())

    def test_destroy_keeps_data(self):
        self.apply()
        self.berth("destroy", "--yes", "gengar")
        left = self.listing()
        self.assertEqual((left["db_instance"], left["repository"]), (["gengar"], ["gengar"]))
        self.assertNotIn("service", left)

    def test_output_formats(self):
        self.apply()
        plain = json.loads(self.berth("output", "--format", "json"))
        self.assertRegex(plain["url"], "^https://")
        self.assertEqual(json.loads(self.berth("--json", "output"))["outputs"], plain)
        self.assertEqual(self.berth("output", "url"), plain["url"] + "\n")
        self.assertEqual(json.loads(self.berth("output", "url", "--format=json")), {"url": plain["url"]})
        self.assertIn(f'URL="{plain["url"]}"\n', self.berth("output", "--format", "dotenv"))
        self.assertRegex(self.berth("output", "--format", "text"), rf"(?m)^url +{re.escape(plain['url'])}$")
        self.assertIn(f"URL={plain['url']}\n", self.berth("output", "--format", "github"))
        target = self.dir / "github"
        target.write_text("before=1\n")
        env = self.env(GITHUB_OUTPUT=str(target))
        self.assertEqual(self.berth("output", "url", "--format", "github", env=env), "")
        self.assertEqual(target.read_text(), f"before=1\nURL={plain['url']}\n")
        self.fails(1, ["output", "--format", "github"], "GITHUB_OUTPUT", env=self.env(GITHUB_OUTPUT=str(self.dir)))
        self.fails(1, ["output", "ulr"], 'no output "ulr"', "Did you mean url?")

    def test_graph_svg(self):
        if shutil.which("dot"):
            self.assertIn("<svg", self.berth("graph", "--svg"))
        self.fails(1, ["graph", "--svg"], "no program `dot`", "Install Graphviz", env=self.env(PATH="/nowhere"))

    def test_init(self):
        os.mkdir(self.dir / "a")
        told = self.berth("-C", "a", "init", "--app", "shop", "--region", "eu-central-1")
        self.assertIn("berth.yaml is written", told)
        text = (self.dir / "a" / "berth.yaml").read_text()
        self.assertIn("app: shop\nregion: eu-central-1\n", text)
        self.berth("-C", "a", "validate")
        os.mkdir(self.dir / "My Shop_of-things 2024.git")
        self.berth("-C", "My Shop_of-things 2024.git", "init", env=self.env(AWS_REGION="eu-west-1"))
        text = (self.dir / "My Shop_of-things 2024.git" / "berth.yaml").read_text()
        self.assertIn("app: my-shop-of-things-20\nregion: eu-west-1\n", text)


class All(BadCase):
    def test_every_option_is_in_a_test(self):
        tests = "".join(path.read_text() for path in [*HERE.rglob("*.py"), *HERE.parent.glob("cost/*")] if path.is_file())
        general = self.berth("--help")
        names = re.findall(r"^  ([a-z]+) ", general.partition("commands:\n")[2].partition("\n\n")[0], re.M)
        texts = [general] + [self.berth(name, "--help") for name in names]
        options = {option for text in texts for option in re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", text, re.M)}
        self.assertGreater(len(options), 20)
        for word in sorted(options | set(names)):
            self.assertRegex(tests, rf"[\" ]{word}\b", f"no test uses {word}")


if __name__ == "__main__":
    unittest.main()

"""The main job, whole: from an empty account to the running stack, its changes, and back."""
import json
import shutil
import unittest

from stack import StackCase


class Story(StackCase):
    def test_validate_needs_nothing(self):
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.dir)}
        self.assertIn("valid", self.berth("validate", env=env))

    def test_apply_and_empty_plan(self):
        plan = self.plan()
        self.assertTrue(all(a["action"] == "create" for a in plan["actions"]))
        self.assertGreaterEqual(len(plan["actions"]), 40)
        self.apply()
        self.assert_settled()
        self.assertIn("Nothing to do", self.berth("plan"))
        self.berth("plan", "--detailed-exitcode")
        self.berth("drift")

    def test_plan_without_database_is_the_same(self):
        self.apply()
        self.edit("memory: 512", "memory: 1024")
        before = self.berth("plan")
        shutil.rmtree(self.dir / ".berth")
        self.assertEqual(before, self.berth("plan"))
        self.edit("memory: 1024", "memory: 512")
        empty = self.berth("plan")
        shutil.rmtree(self.dir / ".berth")
        self.assertEqual(empty, self.berth("plan"))
        self.assertIn("Nothing to do", empty)

    def test_destroy_keeps_data_and_then_leaves_nothing(self):
        empty = self.listing()
        self.apply()
        self.berth("destroy", "--yes", "wrong", code=3)
        out = self.berth("destroy", "--yes", "gengar")
        self.assertIn("rds.instance.main", out)
        kept = self.listing()
        self.assertEqual(kept.get("db_instance"), ["gengar"])
        self.assertEqual(kept.get("repository"), ["gengar"])
        self.assertNotIn("api", kept)
        self.assertNotIn("service", kept)
        self.berth("destroy", "--yes", "gengar", "--with-data")
        left = self.listing()
        self.assertEqual(len(left.pop("db_snapshot")), 1)
        self.assertEqual(left, empty)
        self.assertIn("Nothing to destroy", self.berth("destroy", "--yes", "gengar", "--with-data"))

    def test_tags_in_every_create(self):
        self.apply()
        vpc = self.aws("ec2").describe_vpcs(Filters=[{"Name": "tag:berth:app", "Values": ["gengar"]}])["Vpcs"]
        tags = {t["Key"]: t["Value"] for t in vpc[0]["Tags"]}
        self.assertEqual(tags["berth:resource"], "ec2.vpc.main")
        self.assertEqual(tags["berth:env"], "default")
        self.assertEqual(tags["team"], "core")

    def test_no_secret_on_disk_or_screen(self):
        self.apply()
        value = self.aws("ssm").get_parameter(Name="/berth/gengar/DATABASE_PASSWORD", WithDecryption=True)
        password = value["Parameter"]["Value"]
        url = self.aws("ssm").get_parameter(Name="/gengar/DATABASE_URL", WithDecryption=True)["Parameter"]["Value"]
        self.assertGreaterEqual(len(password), 24)
        self.assertIn(password, url)
        written = self.last.stdout + self.last.stderr + self.berth("--json", "plan")
        self.berth("plan", "--out", "saved.plan")
        for path in self.dir.rglob("*"):
            if path.is_file():
                written += path.read_bytes().decode("latin-1")
        self.assertNotIn(password, written)

    def test_saved_plan_is_applied_exactly_or_refused(self):
        self.berth("plan", "--out", "first.plan")
        self.berth("apply", "first.plan")
        self.assert_settled()
        self.edit("retention_days: 14", "retention_days: 30")
        self.berth("plan", "--out", "second.plan")
        logs = self.aws("logs")
        logs.put_retention_policy(logGroupName="/ecs/gengar", retentionInDays=7)
        done = self.run_berth("apply", "second.plan")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("logs.group", done.stderr)
        self.assertEqual(logs.describe_log_groups(logGroupNamePrefix="/ecs/gengar")["logGroups"][0]["retentionInDays"], 7)

    def test_output_and_graph(self):
        self.apply()
        out = json.loads(self.berth("output", "--format", "json"))
        self.assertTrue(any("execute-api" in str(v) for v in out.values()), out)
        self.assertIn("digraph", self.berth("graph"))
        self.assertIn("cidr", self.berth("explain", "ec2.vpc"))


class Edits(StackCase):
    """Edited specs plan exactly that, and converge."""

    def setUp(self):
        super().setUp()
        self.apply()

    def settle(self, expected):
        self.assertEqual(self.actions(), expected)
        self.apply()
        self.assert_settled()

    def test_memory(self):
        self.edit("memory: 512", "memory: 1024")
        self.settle({"ecs.task_definition.web": "replace", "ecs.service.web": "update"})
        service = self.aws("ecs").describe_services(cluster="gengar", services=["web"])["services"][0]
        revision = self.aws("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])
        self.assertEqual(revision["taskDefinition"]["memory"], "1024")

    def test_new_secret(self):
        self.edit(r"  - ROLLBAR_TOKEN", "  - ROLLBAR_TOKEN\n  - SENTRY_DSN")
        self.edit(r"ROLLBAR_TOKEN, DATABASE_URL", "ROLLBAR_TOKEN, SENTRY_DSN, DATABASE_URL")
        self.settle({"iam.role_policy.execution-secrets": "update", "ecs.task_definition.web": "replace",
                     "ecs.service.web": "update"})

    def test_second_service_without_a_port(self):
        self.edit(r"^api:", "  worker:\n    cpu: 256\n    memory: 512\n    arch: arm64\n    capacity: spot\n"
                            "    count: 1\n    command: [node, worker.js]\n\napi:")
        actions = self.actions()
        self.assertEqual(actions["ecs.service.worker"], "create")
        self.assertEqual(actions["ecs.task_definition.worker"], "create")
        self.assertFalse([a for a, act in actions.items() if act in ("replace", "delete")], actions)
        self.assertTrue(all("worker" in a or act == "update" for a, act in actions.items()), actions)
        self.apply()
        self.assert_settled()
        self.edit(r"  worker:\n(    .*\n)+", "")
        gone = self.actions()
        self.assertEqual(gone["ecs.service.worker"], "delete")
        self.apply()
        self.assert_settled()

    def test_storage(self):
        self.edit("storage: 20", "storage: 30")
        self.settle({"rds.instance.main": "update"})
        instance = self.aws("rds").describe_db_instances()["DBInstances"][0]
        self.assertEqual(instance["AllocatedStorage"], 30)

    def test_cors(self):
        self.edit(r'origins: \["https://gengar.example.com"\]',
                  'origins: ["https://gengar.example.com", "https://www.example.com"]')
        self.settle({"apigateway.api.main": "update"})

    def test_tag_added_and_removed(self):
        self.edit(r"^tags: \{team: core\}", "tags: {team: core, cost: low}")
        self.assertEqual(set(self.actions().values()), {"update"})
        self.apply()
        self.assert_settled()
        self.edit(r"^tags: \{team: core, cost: low\}", "tags: {team: core}")
        self.apply()
        self.assert_settled()
        vpc = self.aws("ec2").describe_vpcs(Filters=[{"Name": "tag:berth:app", "Values": ["gengar"]}])["Vpcs"][0]
        self.assertNotIn("cost", {t["Key"] for t in vpc["Tags"]})

    def test_api_removed(self):
        path = self.dir / "berth.yaml"
        text = path.read_text()
        start = text.index("\napi:")
        end = text.index("\nlogs:")
        path.write_text(text[:start] + text[end:])
        self.apply()
        self.assert_settled()
        left = self.listing()
        self.assertNotIn("api", left)
        self.assertNotIn("vpc_link", left)

    def test_vpc_link_replaced_create_first(self):
        link = self.live("apigateway.vpc_link.main")
        self.edit("zones: 2 ", "zones: 3 ")
        actions = self.actions()
        self.assertEqual(actions["apigateway.vpc_link.main"], "replace")
        self.apply()
        self.assert_settled()
        links = self.aws("apigatewayv2").get_vpc_links()["Items"]
        self.assertEqual(len(links), 1)
        self.assertNotEqual(links[0]["VpcLinkId"], link["id"])


if __name__ == "__main__":
    unittest.main()

"""What holds data is never lost by an edit, never goes without a final snapshot, and what is others' is left alone."""
import re
import shutil
import signal
import unittest
from unittest import mock

from screen import Terminal
from stack import BERTH, StackCase

import rds_modify

class ProtectionCase(StackCase):
    def data(self):
        """What holds data, with what a deletion or a new one would change."""
        rds, ecr, ssm = self.aws("rds"), self.aws("ecr"), self.aws("ssm")
        return {
            "database": [(i["DbiResourceId"], i["DBInstanceStatus"], i["DeletionProtection"])
                         for i in rds.describe_db_instances()["DBInstances"]],
            "groups": [g["DBSubnetGroupName"] for g in rds.describe_db_subnet_groups()["DBSubnetGroups"]],
            "images": [(r["repositoryName"], r["createdAt"]) for r in ecr.describe_repositories()["repositories"]],
            "rules": [ecr.get_lifecycle_policy(repositoryName=r["repositoryName"])["lifecyclePolicyText"]
                      for r in ecr.describe_repositories()["repositories"]],
            "secrets": [(p["Name"], p["Version"]) for p in ssm.describe_parameters()["Parameters"]
                        if "/lease" not in p["Name"]],
        }

    def destroy_all(self, code=0, **kwargs):
        return self.berth("destroy", "--with-data", "--yes", "gengar", code=code, **kwargs)

    def snapshots(self):
        return self.aws("rds").describe_db_snapshots()["DBSnapshots"]


class Edits(ProtectionCase):
    def test_sections_taken_out(self):
        self.apply()
        before = self.data()
        path = self.dir / "berth.yaml"
        whole = path.read_text()
        path.write_text(re.sub(r"\n(database|secrets):\n(?:(?:  .*)?\n)*", "\n", whole)
                        .replace(", DATABASE_URL", "").replace("secrets: [OPENAI_API_KEY, STRIPE_SECRET_KEY, "
                                                               "ROLLBAR_TOKEN]", "secrets: []"))
        self.assertNotEqual(path.read_text(), whole)
        kept = {a["address"]: a["action"] for a in self.plan()["actions"]}
        for address in ("rds.instance.main", "ssm.parameter.database-password", "ssm.parameter.database-url", "rds.subnet_group.main"):
            self.assertEqual(kept[address], "keep", address)
        self.apply()
        self.assertEqual(self.data(), before)
        path.write_text(whole)
        self.apply()
        self.assertEqual(self.data(), before)
        self.assert_settled()

    def test_all_taken_out(self):
        self.apply()
        before = self.data()
        (self.dir / "berth.yaml").write_text("app: gengar\nregion: us-east-1\n")
        self.apply()
        self.assertEqual(self.data(), before)
        self.berth("destroy", "--yes", "gengar")
        self.assertEqual(self.data(), before)

    def test_renamed_app(self):
        self.apply()
        before = self.data()
        self.edit(r"^app: gengar$", "app: other")
        self.berth("plan", code=3)
        self.assertIn('all that was made for app "gengar" stays as it is', self.last.stderr)
        shutil.rmtree(self.dir / ".berth")
        plan = self.plan()
        self.assertEqual({a["action"] for a in plan["actions"]}, {"create"})
        self.berth("destroy", "--with-data", "--yes", "other")
        self.assertEqual(self.data(), before)

    def test_protection_turned_off_by_hand(self):
        self.apply()
        self.aws("rds").modify_db_instance(DBInstanceIdentifier="gengar", DeletionProtection=False,
                                           ApplyImmediately=True)
        self.assertEqual(self.actions(), {"rds.instance.main": "update"})
        self.apply()
        self.assertTrue(self.data()["database"][0][2])


class FinalSnapshot(ProtectionCase):
    def test_waited_for_and_found_again(self):
        self.apply()
        # As AWS does not do it, so that an early end would show: the instance is gone long before the snapshot is made.
        self.set(rds_snapshot_s=30, rds_delete_s=1)
        self.destroy_all()
        (one,) = self.snapshots()
        self.assertEqual((one["Status"], one["DBInstanceIdentifier"]), ("available", "gengar"))
        self.assertRegex(one["DBSnapshotIdentifier"], r"^gengar-final-\d{14}$")
        tags = {t["Key"]: t["Value"] for t in one["TagList"]}
        self.assertEqual((tags["berth:app"], tags["berth:env"]), ("gengar", "default"))
        self.assertIn(f"final snapshot {one['DBSnapshotIdentifier']} is available (postgres", self.last.stderr)
        self.assertIn("aws rds restore-db-instance-from-db-snapshot --region us-east-1 --db-instance-identifier gengar "
                      f"--db-snapshot-identifier {one['DBSnapshotIdentifier']}", self.last.stderr)
        self.set(rds_snapshot_s=0.5)
        # It is no orphan, and in nobody's way.
        self.apply()
        self.assert_settled()
        self.destroy_all()
        self.assertEqual(len({s["DBSnapshotIdentifier"] for s in self.snapshots()}), 2)
        self.assertIn("Nothing to destroy", self.destroy_all())

    def test_tagged_although_the_spec_copies_no_tags(self):
        with (self.dir / "berth.yaml").open("a") as f:
            f.write("\noverride:\n  rds.instance.main: {copy_tags: false}\n")
        self.apply()
        self.destroy_all()
        (one,) = self.snapshots()
        self.assertIn("berth:app", {t["Key"] for t in one["TagList"]})

    def test_failed(self):
        self.apply()
        take = rds_modify.take_snapshot

        def failing(call, found, name, tags):
            made = dict(take(call, found, name, tags), Status="failed")
            rds_modify.boxes.of(call).snapshots[name.lower()] = made
            return made

        with mock.patch.object(rds_modify, "take_snapshot", failing):
            self.destroy_all(code=1)
        self.assertRegex(self.last.stderr, r"rds.instance.main is gone, but its final snapshot gengar-final-\d+ is "
                                           r"failed\.")
        self.assertNotIn("Destroyed", self.last.stderr)
        left = self.data()
        self.assertEqual(left["groups"], ["gengar"])
        self.assertIn("/berth/gengar/DATABASE_PASSWORD", [name for name, _ in left["secrets"]])

    def test_stopped_instance(self):
        self.apply()
        self.aws("rds").stop_db_instance(DBInstanceIdentifier="gengar")
        self.until(lambda: self.data()["database"][0][1] == "stopped")
        self.destroy_all(code=3)
        self.assertIn("rds.instance.main was not deleted: its status is stopped.", self.last.stderr)
        self.assertIn("aws rds start-db-instance --db-instance-identifier gengar", self.last.stderr)
        left = self.data()
        self.assertEqual(left["database"][0][1:], ("stopped", True))
        self.assertIn("/berth/gengar/DATABASE_PASSWORD", [name for name, _ in left["secrets"]])
        self.aws("rds").start_db_instance(DBInstanceIdentifier="gengar")
        self.destroy_all()
        self.assertEqual(self.data()["database"], [])


class Strangers(ProtectionCase):
    def setUp(self):
        super().setUp()
        self.apply()
        ec2, ecs, api = self.aws("ec2"), self.aws("ecs"), self.aws("apigatewayv2")
        self.vpc = self.live("ec2.vpc.main")["id"]
        self.subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.20.200.0/24")["Subnet"]["SubnetId"]
        self.group = ec2.create_security_group(GroupName="by-hand", Description="x", VpcId=self.vpc)["GroupId"]
        self.aws("ssm").put_parameter(Name="/gengar/OTHER", Value="x", Type="String")
        self.api = api.get_apis()["Items"][0]["ApiId"]
        api.create_stage(ApiId=self.api, StageName="dev")
        web = ecs.describe_services(cluster="gengar", services=["web"])["services"][0]
        ecs.create_service(cluster="gengar", serviceName="other", taskDefinition=web["taskDefinition"], desiredCount=0,
                           launchType="FARGATE", networkConfiguration={"awsvpcConfiguration": {
                               "subnets": [self.subnet], "securityGroups": [self.group]}})

    def strangers(self):
        ec2, ecs, api = self.aws("ec2"), self.aws("ecs"), self.aws("apigatewayv2")
        return {
            "subnet": [s["SubnetId"] for s in ec2.describe_subnets(SubnetIds=[self.subnet])["Subnets"]],
            "group": [g["GroupId"] for g in ec2.describe_security_groups(GroupIds=[self.group])["SecurityGroups"]],
            "parameter": self.aws("ssm").get_parameter(Name="/gengar/OTHER")["Parameter"]["Value"],
            "stages": sorted(s["StageName"] for s in api.get_stages(ApiId=self.api)["Items"] if s["StageName"] == "dev"),
            "service": [s["status"] for s in ecs.describe_services(cluster="gengar", services=["other"])["services"]],
        }

    def test_left_alone_and_named(self):
        before = self.strangers()
        self.assert_settled()
        self.apply()
        self.assertEqual(self.strangers(), before)
        text = self.berth("plan", "--destroy", "--with-data")
        self.assertRegex(text, r"= apigateway\.api\.main +needed by apigateway\.stage\.\(dev\), which is not berth's")
        self.assertRegex(text, r"= ecs\.cluster\.main +needed by ecs\.service\.\(other\), which is not berth's")
        t = Terminal([BERTH, "destroy", "--with-data", "--yes", "gengar"], self.dir, self.env(TERM="dumb"))
        self.addCleanup(t.stop)
        t.until("held by subnet " + self.subnet, 120)
        t.process.send_signal(signal.SIGINT)
        t.until("Interrupted")
        t.process.send_signal(signal.SIGINT)
        self.assertNotEqual(t.end(), 0)
        self.assertEqual(self.strangers(), before)
        self.assertIn(self.group, "\n".join(t.screen.lines))

    def test_what_lives_in_ours_alone_is_a_stray_and_shown(self):
        ec2 = self.aws("ec2")
        table = self.live("ec2.route_table.public")["id"]
        gateway = self.live("ec2.internet_gateway.main")["id"]
        own = self.live("ec2.security_group.web")["id"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", GatewayId=gateway)
        rule = ec2.authorize_security_group_ingress(GroupId=own, IpPermissions=[{
            "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}])
        rule = rule["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        before = self.strangers()
        self.assertEqual(self.actions(), {"ec2.route.(192.0.2.0/24)": "delete",
                                          f"ec2.security_group_rule.({rule})": "delete"})
        self.apply()
        self.assert_settled()
        self.assertEqual(self.strangers(), before)


if __name__ == "__main__":
    unittest.main()

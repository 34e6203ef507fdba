"""What another client changed is seen, named and healed."""
import json
import unittest

from stack import ENFORCE_IAM, StackCase


class Drift(StackCase):
    def setUp(self):
        super().setUp()
        self.apply()

    def drift(self):
        return {i["address"]: i for i in json.loads(self.berth("--json", "drift", code=2))["items"]}

    def heal(self):
        self.apply()
        self.berth("drift")
        self.assert_settled()

    def test_security_group_rule_added(self):
        group = self.live("ec2.security_group.web")["id"]
        self.aws("ec2").authorize_security_group_ingress(
            GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
                                           "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}])
        found = self.drift()
        self.assertEqual([i["drift"] for i in found.values()], ["added"])
        self.assertTrue(next(iter(found)).startswith("ec2.security_group_rule."))
        self.heal()
        rules = self.aws("ec2").describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
        self.assertFalse([r for r in rules if r.get("CidrIpv4") == "203.0.113.0/24"])

    def test_log_retention(self):
        self.aws("logs").put_retention_policy(logGroupName="/ecs/gengar", retentionInDays=90)
        found = self.drift()
        self.assertEqual(list(found), ["logs.group.services"])
        change = found["logs.group.services"]["changes"][0]
        self.assertEqual((change["field"], change["from"], change["to"]), ("retention_days", 14, 90))
        self.heal()

    def test_task_count(self):
        self.aws("ecs").update_service(cluster="gengar", service="web", desiredCount=2)
        self.assertIn("ecs.service.web", self.drift())
        self.heal()

    def test_tag_removed(self):
        vpc = self.live("ec2.vpc.main")["id"]
        self.aws("ec2").delete_tags(Resources=[vpc], Tags=[{"Key": "team"}])
        self.assertEqual(list(self.drift()), ["ec2.vpc.main"])
        self.heal()

    @unittest.skipIf(ENFORCE_IAM, "an operator may not tag what is not his: docs/permissions.md")
    def test_ownership_tag_removed_is_not_made_twice(self):
        vpc = self.live("ec2.vpc.main")["id"]
        self.aws("ec2").delete_tags(Resources=[vpc], Tags=[{"Key": "berth:app"}])
        self.assertEqual(self.actions(), {"ec2.vpc.main": "update"})
        self.heal()

    def test_tag_of_others_is_left_alone(self):
        vpc = self.live("ec2.vpc.main")["id"]
        self.aws("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "owner", "Value": "somebody"}])
        self.berth("drift")
        self.assert_settled()

    def test_route_deleted(self):
        table = self.live("ec2.route_table.public")["id"]
        self.aws("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
        found = self.drift()
        self.assertEqual({a: i["drift"] for a, i in found.items()}, {"ec2.route.public-default": "gone"})
        self.heal()

    def test_all_at_once(self):
        self.test_security_group_rule_added()
        self.aws("logs").put_retention_policy(logGroupName="/ecs/gengar", retentionInDays=90)
        table = self.live("ec2.route_table.public")["id"]
        self.aws("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
        self.aws("ecs").update_service(cluster="gengar", service="web", desiredCount=3)
        self.assertEqual(set(self.drift()), {"logs.group.services", "ec2.route.public-default", "ecs.service.web"})
        self.heal()

    def test_role_policy_widened(self):
        self.aws("iam").put_role_policy(RoleName="gengar-execution", PolicyName="backdoor", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))
        self.assertEqual([i["drift"] for i in self.drift().values()], ["added"])
        self.heal()

    def test_without_a_record_the_spec_is_the_measure(self):
        import shutil
        shutil.rmtree(self.dir / ".berth")
        self.aws("logs").put_retention_policy(logGroupName="/ecs/gengar", retentionInDays=90)
        out = self.berth("drift", code=2)
        self.assertIn("no record", out)
        self.assertIn("logs.group.services", out)


if __name__ == "__main__":
    unittest.main()

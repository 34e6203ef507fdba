"""Lists that lag behind creates."""
import time
import unittest

import harness  # noqa: F401  (puts this folder on the path)
import lag
from harness import Case, client


class Lag(Case):
    knobs = {"page_size": 0, "scale": 1, "read_lag_s": 0.4}

    def vpcs(self):
        return [v["VpcId"] for v in client("ec2").describe_vpcs()["Vpcs"] if not v["IsDefault"]]

    def test_a_new_object_shows_late(self):
        ec2 = client("ec2")
        spec = [{"ResourceType": "vpc", "Tags": [{"Key": "k", "Value": "v"}]}]
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=spec)["Vpc"]["VpcId"]
        tagging = client("resourcegroupstaggingapi")
        self.assertEqual(self.vpcs(), [])
        self.assertEqual(tagging.get_resources()["ResourceTagMappingList"], [])
        self.refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc])
        group = [{"Name": "vpc-id", "Values": [vpc]}]
        self.assertEqual(ec2.describe_security_groups(Filters=group)["SecurityGroups"], [])
        # It is there all the same.
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
        self.until(lambda: self.vpcs() == [vpc])
        self.assertEqual(len(tagging.get_resources()["ResourceTagMappingList"]), 1)
        self.assertEqual(len(ec2.describe_security_groups(Filters=group)["SecurityGroups"]), 1)

    def test_what_was_there_before_shows(self):
        self.set(read_lag_s=0)
        vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.set(read_lag_s=30)
        client("ec2").create_vpc(CidrBlock="10.1.0.0/16")
        self.assertEqual(self.vpcs(), [vpc])

    def test_api_gateway(self):
        gateway = client("apigatewayv2")
        gateway.create_api(Name="a", ProtocolType="HTTP")
        self.assertEqual(gateway.get_apis()["Items"], [])
        self.until(lambda: len(gateway.get_apis()["Items"]) == 1)

    def test_a_role_that_iam_does_not_know_yet(self):
        iam = client("iam")
        trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, ' \
                '"Action": "sts:AssumeRole"}]}'
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
        self.refused("NoSuchEntity", iam.get_role, RoleName="r")
        self.refused("NoSuchEntity", iam.put_role_policy, RoleName="r", PolicyName="p", PolicyDocument=trust)
        self.assertEqual(iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"], [])
        self.refused("EntityAlreadyExists", iam.create_role, RoleName="r", AssumeRolePolicyDocument=trust)
        self.until(lambda: [r["RoleName"] for r in iam.list_roles()["Roles"]] == ["r"])
        iam.get_role(RoleName="r")

    def test_writes_that_do_not_see_it(self):
        self.set(use_lag=1)
        ec2 = client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.refused("InvalidVpcID.NotFound", ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.0.0/24")
        self.until(lambda: self.vpcs() == [vpc])
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.refused("InvalidInternetGatewayID.NotFound", ec2.attach_internet_gateway, VpcId=vpc,
                     InternetGatewayId=gateway)

    def test_chance(self):
        self.set(read_lag_s=100, read_lag_jitter=1)
        begun = time.time()
        for n in range(12):
            client("ec2").create_vpc(CidrBlock=f"10.{n}.0.0/16")
        due = [t - begun for t in lag._shown_at.values()]
        self.assertGreater(max(due) - min(due), 10)
        self.assertLess(max(due), 100 + time.time() - begun)

    def test_a_reset_forgets(self):
        client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        self.setUp()
        self.set(read_lag_s=0)
        client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        self.assertEqual(len(self.vpcs()), 1)


class OldTags(Case):
    knobs = {"page_size": 0, "scale": 1, "tag_value_lag_s": 0.4}

    def shown(self):
        return [{t["Key"]: t["Value"] for t in r["Tags"]}
                for r in client("resourcegroupstaggingapi").get_resources()["ResourceTagMappingList"]]

    def test_values_and_keys_show_late(self):
        logs = client("logs")
        logs.create_log_group(logGroupName="g", tags={"a": "1", "b": "1"})
        self.assertEqual(self.shown(), [{"a": "1", "b": "1"}])
        group = "arn:aws:logs:us-east-1:123456789012:log-group:g"
        logs.tag_resource(resourceArn=group, tags={"a": "2", "c": "1"})
        logs.untag_resource(resourceArn=group, tagKeys=["b"])
        self.assertEqual(self.shown(), [{"a": "1", "b": "1"}])
        self.assertEqual(logs.list_tags_for_resource(resourceArn=group)["tags"], {"a": "2", "c": "1"})
        self.until(lambda: self.shown() == [{"a": "2", "c": "1"}])

    def test_filters_go_by_what_is_shown(self):
        client("logs").create_log_group(logGroupName="g", tags={"a": "1"})
        client("logs").tag_resource(resourceArn="arn:aws:logs:us-east-1:123456789012:log-group:g", tags={"a": "2"})
        found = [len(client("resourcegroupstaggingapi").get_resources(
            TagFilters=[{"Key": "a", "Values": [value]}])["ResourceTagMappingList"]) for value in ("1", "2")]
        self.assertEqual(found, [1, 0])

    def test_what_is_made_anew_has_its_own(self):
        for value in ("1", "2"):
            client("logs").create_log_group(logGroupName="g", tags={"a": value})
            self.assertEqual(self.shown(), [{"a": value}])
            client("logs").tag_resource(resourceArn="arn:aws:logs:us-east-1:123456789012:log-group:g",
                                        tags={"a": "9"})
            client("logs").delete_log_group(logGroupName="g")


if __name__ == "__main__":
    unittest.main()

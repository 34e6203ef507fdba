"""What was there before berth: found, shown, taken over, let go of, and never deleted without a word of its own."""
import json
import unittest

from stack import StackCase

HEAD = "app: gengar\nregion: us-east-1\n"
GITHUB = "https://token.actions.githubusercontent.com"
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def ec2_tags(kind, **tags):
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]


def pairs(tags):
    return [{"Key": k, "Value": v} for k, v in tags.items()]


class AdoptCase(StackCase):
    def write(self, text):
        (self.dir / "berth.yaml").write_text(HEAD + text)

    def lines(self, *args, **kwargs):
        """JSON objects that a command prints."""
        return [json.loads(line) for line in self.berth("--json", *args, **kwargs).splitlines()]

    def candidates(self):
        """{address: [candidate]}"""
        found = {}
        for line in self.lines("adopt"):
            self.assertEqual(line["type"], "candidate")
            found.setdefault(line["address"], []).append(line)
        return found

    def adopt(self, *args, **kwargs):
        return self.berth("adopt", *args, "--yes", **kwargs)

    def settle(self):
        self.apply()
        self.assert_settled()

    def assert_adopted(self, tags, address):
        """The four tags of a {key: value}, and nothing else of berth's."""
        ours = {k: v for k, v in tags.items() if k.startswith("berth:")}
        self.assertRegex(ours.pop("berth:adopted"), r"^\d{4}-\d{2}-\d{2}$")
        self.assertEqual(ours, {"berth:app": "gengar", "berth:env": "default", "berth:resource": address})

    def vpc_by_hand(self, cidr="10.20.0.0/16", **tags):
        ec2 = self.aws("ec2")
        return ec2.create_vpc(CidrBlock=cidr, TagSpecifications=ec2_tags("vpc", **tags) if tags else [])["Vpc"]["VpcId"]


class Kinds(AdoptCase):
    """One of each kind, made by hand: found, adopted, never made a second time, and settled by one apply."""

    def take(self, address, *ident, update=True):
        if not ident:
            found = self.candidates()
            self.assertEqual(len(found[address]), 1)
            self.assertTrue(found[address][0]["adoptable"])
        self.adopt(address, *ident)
        self.assertEqual(self.actions().get(address), "update" if update else None)

    def settle_alone(self, listing, kind):
        """Applied and empty; of the kind there is what was there before."""
        self.settle()
        self.assertEqual(self.listing()[kind], listing[kind])

    def test_log_group(self):
        self.write("resources:\n  logs.group.old: {name: /made/by/hand, retention_days: 7}\n")
        self.aws("logs").create_log_group(logGroupName="/made/by/hand", tags={"owner": "somebody"})
        before = self.listing()
        self.take("logs.group.old")
        tags = self.aws("logs").list_tags_log_group(logGroupName="/made/by/hand")["tags"]
        self.assertEqual(tags.pop("owner"), "somebody")
        self.assert_adopted(tags, "logs.group.old")
        self.settle_alone(before, "log_group")

    def test_log_group_by_arn(self):
        self.write("resources:\n  logs.group.old: {name: /made/by/hand}\n")
        self.aws("logs").create_log_group(logGroupName="/made/by/hand")
        self.take("logs.group.old", "arn:aws:logs:us-east-1:123456789012:log-group:/made/by/hand", update=False)

    def test_repository(self):
        self.write("registry: {keep: 5}\n")
        self.aws("ecr").create_repository(repositoryName="gengar", tags=pairs({"owner": "somebody"}))
        before = self.listing()
        self.take("ecr.repository.main")
        arn = "arn:aws:ecr:us-east-1:123456789012:repository/gengar"
        tags = {t["Key"]: t["Value"] for t in self.aws("ecr").list_tags_for_resource(resourceArn=arn)["tags"]}
        self.assertEqual(tags.pop("owner"), "somebody")
        self.assert_adopted(tags, "ecr.repository.main")
        self.settle_alone(before, "repository")

    def test_role(self):
        self.write("resources:\n  iam.role.old:\n    name: by-hand\n    trust: " + json.dumps(TRUST) + "\n")
        other = json.loads(json.dumps(TRUST).replace("ecs-tasks", "ec2"))
        iam = self.aws("iam")
        iam.create_role(RoleName="by-hand", AssumeRolePolicyDocument=json.dumps(other))
        iam.put_role_policy(RoleName="by-hand", PolicyName="old", PolicyDocument=json.dumps(READ))
        shown = self.berth("adopt", "iam.role.old", code=3)
        self.assertIn("iam.role_policy.(old)", shown)
        self.assertIn("no terminal", self.last.stderr)
        self.assertEqual(iam.list_role_tags(RoleName="by-hand")["Tags"], [])
        self.take("iam.role.old")
        self.assertEqual(self.actions(), {"iam.role.old": "update", "iam.role_policy.(old)": "delete"})
        self.settle()
        self.assertEqual(iam.get_role(RoleName="by-hand")["Role"]["AssumeRolePolicyDocument"], TRUST)

    def test_parameter(self):
        self.write("resources:\n  ssm.parameter.old: {name: /by/hand, type: String, value: new}\n")
        self.aws("ssm").put_parameter(Name="/by/hand", Type="String", Value="old")
        self.take("ssm.parameter.old")
        self.assertEqual(self.aws("ssm").get_parameter(Name="/by/hand")["Parameter"]["Value"], "old")
        self.settle()
        self.assertEqual(self.aws("ssm").get_parameter(Name="/by/hand")["Parameter"]["Value"], "new")

    def test_cluster(self):
        self.write("resources:\n  ecs.cluster.old: {name: by-hand, container_insights: enabled}\n")
        self.aws("ecs").create_cluster(clusterName="by-hand")
        before = self.listing()
        self.take("ecs.cluster.old")
        self.settle_alone(before, "cluster")

    def test_api(self):
        self.write("resources:\n  apigateway.api.old: {name: by-hand, description: now berth's}\n")
        made = self.aws("apigatewayv2").create_api(Name="by-hand", ProtocolType="HTTP", Tags={"owner": "somebody"})
        before = self.listing()
        self.take("apigateway.api.old")
        tags = self.aws("apigatewayv2").get_api(ApiId=made["ApiId"])["Tags"]
        self.assertEqual(tags.pop("owner"), "somebody")
        self.assert_adopted(tags, "apigateway.api.old")
        self.settle_alone(before, "api")

    def test_api_by_id_among_several(self):
        self.write("resources:\n  apigateway.api.old: {name: by-hand}\n")
        api = self.aws("apigatewayv2")
        ids = [api.create_api(Name="by-hand", ProtocolType="HTTP")["ApiId"] for _ in range(2)]
        self.assertEqual({c["id"] for c in self.candidates()["apigateway.api.old"]}, set(ids))
        self.adopt("apigateway.api.old", code=64)
        self.assertIn("2 objects could be apigateway.api.old", self.last.stderr)
        self.take("apigateway.api.old", ids[1], update=False)
        self.assertEqual(api.get_api(ApiId=ids[0]).get("Tags", {}), {})

    def test_namespace(self):
        self.write("network: {cidr: 10.20.0.0/16}\nresources:\n"
                   "  servicediscovery.namespace.old: {name: by.hand, vpc: '${ec2.vpc.main.id}', description: mine}\n")
        vpc = self.vpc_by_hand()
        sd = self.aws("servicediscovery")
        sd.create_private_dns_namespace(Name="by.hand", Vpc=vpc)
        self.until(lambda: [n for n in sd.list_namespaces()["Namespaces"] if n["Name"] == "by.hand"])
        before = self.listing()
        self.adopt("ec2.vpc.main")
        self.take("servicediscovery.namespace.old")
        self.settle_alone(before, "namespace")

    def test_database(self):
        self.write("resources:\n  rds.instance.old: {name: by-hand, engine: postgres, class: db.t4g.micro, storage: 20, "
                   "username: root, backup_days: 3}\n")
        rds = self.aws("rds")
        rds.create_db_instance(DBInstanceIdentifier="by-hand", Engine="postgres", DBInstanceClass="db.t4g.micro",
                               AllocatedStorage=20, MasterUsername="root", MasterUserPassword="not-a-real-one",
                               StorageType="gp3", PubliclyAccessible=False, BackupRetentionPeriod=1)
        self.until(lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available")
        before = self.listing()
        self.take("rds.instance.old")
        self.settle_alone(before, "db_instance")
        self.assertEqual(rds.describe_db_instances()["DBInstances"][0]["BackupRetentionPeriod"], 3)

    def test_oidc_provider(self):
        self.write("deploy:\n  github: {repository: example/gengar}\nregistry: {keep: 5}\n")
        iam = self.aws("iam")
        arn = iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])[
            "OpenIDConnectProviderArn"]
        self.assertNotIn("iam.oidc_provider.github", self.actions())
        self.take("iam.oidc_provider.github", arn, update=False)
        tags = {t["Key"]: t["Value"] for t in iam.list_open_id_connect_provider_tags(
            OpenIDConnectProviderArn=arn)["Tags"]}
        self.assert_adopted(tags, "iam.oidc_provider.github")
        self.settle()
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertEqual(self.listing()["oidc_provider"], [arn])


class Network(AdoptCase):
    """A network made by hand, taken over piece by piece."""

    def by_hand(self):
        ec2 = self.aws("ec2")
        vpc = self.vpc_by_hand(Name="old-net", owner="somebody")
        zones = ec2.describe_availability_zones()["AvailabilityZones"]
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZoneId=zones[i]["ZoneId"])["Subnet"]["SubnetId"]
                   for i, cidr in enumerate(("10.20.0.0/20", "10.20.16.0/20"))]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        group = ec2.create_security_group(VpcId=vpc, GroupName="gengar-app", Description="by hand")["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}])
        return {"vpc": vpc, "subnets": subnets, "gateway": gateway, "table": table, "group": group}

    def setUp(self):
        super().setUp()
        self.write("network: {cidr: 10.20.0.0/16}\nresources:\n"
                   "  ec2.security_group.app: {name: gengar-app, description: by hand, vpc: '${ec2.vpc.main.id}'}\n")
        self.made = self.by_hand()

    def test_one_by_one(self):
        made, before = self.made, self.listing()
        first = self.candidates()
        self.assertEqual(list(first), ["ec2.vpc.main"])
        self.assertEqual(first["ec2.vpc.main"][0]["id"], made["vpc"])
        self.assertEqual(first["ec2.vpc.main"][0]["tags"], {"Name": "old-net", "owner": "somebody"})
        self.adopt("ec2.vpc.main")
        second = self.candidates()
        self.assertEqual({a: c[0]["id"] for a, c in second.items() if len(c) == 1}, {
            "ec2.internet_gateway.main": made["gateway"], "ec2.subnet.public-a": made["subnets"][0],
            "ec2.subnet.public-b": made["subnets"][1], "ec2.security_group.app": made["group"]})
        # The main table and the one with the routes are both the network's.
        self.assertEqual(len(second["ec2.route_table.public"]), 2)
        for address in ("ec2.internet_gateway.main", "ec2.subnet.public-a", "ec2.subnet.public-b"):
            self.adopt(address)
        self.adopt("ec2.route_table.public", made["table"])
        out = self.adopt("ec2.security_group.app", made["group"])
        self.assertIn("203.0.113.0/24", out)
        actions = self.actions()
        self.assertNotIn("create", actions.values())
        self.assertNotIn("replace", actions.values())
        self.settle()
        self.assertEqual(self.listing(), before)
        tags = {t["Key"]: t["Value"] for t in self.aws("ec2").describe_vpcs(VpcIds=[made["vpc"]])["Vpcs"][0]["Tags"]}
        self.assertEqual((tags["Name"], tags["owner"]), ("old-net", "somebody"))

    def test_what_was_adopted_outlives_the_teardown(self):
        self.test_one_by_one()
        before = self.listing()
        rules = self.aws("ec2").describe_route_tables(RouteTableIds=[self.made["table"]])["RouteTables"][0]
        out = self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertIn("--with-adopted would delete it", out)
        self.assertEqual(self.listing(), before)
        self.assertEqual(self.aws("ec2").describe_route_tables(RouteTableIds=[self.made["table"]])["RouteTables"][0],
                         rules)
        self.berth("destroy", "--yes", "gengar", "--with-adopted")
        self.assertEqual(self.listing(), {})

    def test_an_edit_deletes_nothing_that_was_adopted(self):
        self.adopt("ec2.vpc.main")
        self.adopt("ec2.security_group.app")
        self.write("logs: {retention_days: 14}\n")
        self.assertEqual({a: v for a, v in self.actions().items() if a.startswith("ec2.")},
                         {a: "keep" for a in self.actions() if a.startswith("ec2.")})
        self.assertIn("`berth forget ec2.vpc.main` lets go of it", self.berth("plan"))
        before = self.listing()
        self.apply()
        self.assertEqual(self.listing()["security_group"], before["security_group"])
        self.edit("logs:.*", "network: {cidr: 10.21.0.0/16}")
        self.berth("plan", code=3)
        self.assertIn("ec2.vpc.main would have to be replaced", self.last.stderr)
        self.assertIn("it was adopted", self.last.stderr)

    def test_another_range_is_refused(self):
        other = self.vpc_by_hand("10.99.0.0/16")
        self.adopt("ec2.vpc.main", other, code=3)
        self.assertIn("cidr", self.last.stdout)
        self.assertIn("would have to be replaced", self.last.stderr)
        self.assertFalse(self.aws("ec2").describe_vpcs(VpcIds=[other])["Vpcs"][0].get("Tags"))

    def test_parts_need_no_adoption(self):
        for address in ("ec2.route.public-default", "ec2.gateway_attachment.main", "ec2.route_association.public-a"):
            self.adopt(address, code=3)
            self.assertIn("known by what it lives in", self.last.stderr)
            self.berth("forget", address, "--yes", code=3)


if __name__ == "__main__":
    unittest.main()

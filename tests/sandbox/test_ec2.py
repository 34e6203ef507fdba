from harness import Case, client


class Network(Case):
    def setUp(self):
        super().setUp()
        self.ec2 = client("ec2")

    def vpc(self, cidr="10.0.0.0/16"):
        return self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]

    def test_cidrs_are_canonical(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.20.3.4/16")["Vpc"]
        self.assertEqual(vpc["CidrBlock"], "10.20.0.0/16")
        subnet = self.ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.20.1.9/24")["Subnet"]
        self.assertEqual(subnet["CidrBlock"], "10.20.1.0/24")
        self.assertEqual(self.ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]["CidrBlock"], "10.20.0.0/16")
        self.refused("InvalidVpc.Range", self.ec2.create_vpc, CidrBlock="10.0.0.0/8")

    def test_tag_specification_type(self):
        self.refused("InvalidParameterValue", self.ec2.create_vpc, CidrBlock="10.0.0.0/16",
                     TagSpecifications=[{"ResourceType": "subnet", "Tags": [{"Key": "a", "Value": "b"}]}])
        self.refused("InvalidParameterValue", self.ec2.create_vpc, CidrBlock="10.0.0.0/16",
                     TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "aws:a", "Value": "b"}]}])

    def test_one_attribute_per_call(self):
        vpc, change = self.vpc(), self.ec2.modify_vpc_attribute
        self.refused("InvalidParameterCombination", change, VpcId=vpc, EnableDnsSupport={"Value": True},
                     EnableDnsHostnames={"Value": True})
        change(VpcId=vpc, EnableDnsHostnames={"Value": True})
        self.refused("InvalidParameterValue", change, VpcId=vpc, EnableDnsSupport={"Value": False})
        read = self.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
        self.assertTrue(read["EnableDnsHostnames"]["Value"])

    def test_zones(self):
        self.refused("InvalidParameterValue", self.ec2.create_subnet, VpcId=self.vpc(), CidrBlock="10.0.0.0/24",
                     AvailabilityZone="eu-west-1a")
        found = self.ec2.describe_availability_zones(Filters=[
            {"Name": "state", "Values": ["available"]}, {"Name": "zone-type", "Values": ["availability-zone"]},
            {"Name": "opt-in-status", "Values": ["opt-in-not-required"]}])["AvailabilityZones"]
        self.assertGreaterEqual(len(found), 3)
        self.assertNotEqual(found, sorted(found, key=lambda z: z["ZoneName"]))

    def test_subnet_rules(self):
        vpc = self.vpc()
        self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
        self.refused("InvalidSubnet.Conflict", self.ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.0.128/25")
        self.refused("InvalidSubnet.Range", self.ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.0/29")
        self.refused("InvalidSubnet.Range", self.ec2.create_subnet, VpcId=vpc, CidrBlock="10.9.1.0/24")

    def test_pages_and_filters(self):
        for i in range(7):
            self.ec2.create_vpc(CidrBlock=f"10.{i}.0.0/16", TagSpecifications=[
                {"ResourceType": "vpc", "Tags": [{"Key": "berth:app", "Value": "x"}]}])
        want = [{"Name": "tag:berth:app", "Values": ["x"]}]
        first = self.ec2.describe_vpcs(Filters=want, MaxResults=5)
        self.assertEqual(len(first["Vpcs"]), 5)
        rest = self.ec2.describe_vpcs(Filters=want, MaxResults=5, NextToken=first["NextToken"])
        self.assertEqual(len(rest["Vpcs"]), 2)
        self.assertNotIn("NextToken", rest)
        self.assertEqual(len(self.ec2.describe_vpcs(Filters=want)["Vpcs"]), 7)
        self.set(page_size=3)
        self.assertEqual(len(self.ec2.describe_vpcs(Filters=want, MaxResults=5)["Vpcs"]), 3)
        self.refused("InvalidParameterValue", self.ec2.describe_vpcs, Filters=[{"Name": "nope", "Values": ["x"]}])
        self.refused("InvalidParameterCombination", self.ec2.describe_vpcs, MaxResults=5,
                     VpcIds=[first["Vpcs"][0]["VpcId"]])
        self.refused("InvalidParameterValue", self.ec2.describe_vpcs, MaxResults=5, NextToken="rubbish")
        wild = [{"Name": "tag:berth:*", "Values": ["x"]}]
        self.assertEqual(self.ec2.describe_vpcs(Filters=wild)["Vpcs"], [])

    def test_gateway_attachment(self):
        vpc, other = self.vpc(), self.vpc("10.1.0.0/16")
        first, second = (self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in "12")
        self.ec2.attach_internet_gateway(InternetGatewayId=first, VpcId=vpc)
        self.refused("Resource.AlreadyAssociated", self.ec2.attach_internet_gateway, InternetGatewayId=first,
                     VpcId=other)
        self.refused("InvalidParameterValue", self.ec2.attach_internet_gateway, InternetGatewayId=second, VpcId=vpc)
        self.refused("DependencyViolation", self.ec2.delete_internet_gateway, InternetGatewayId=first)
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=vpc)
        self.ec2.detach_internet_gateway(InternetGatewayId=first, VpcId=vpc)
        self.refused("Gateway.NotAttached", self.ec2.detach_internet_gateway, InternetGatewayId=first, VpcId=vpc)

    def test_route_tables(self):
        vpc, (a, b), igw = self.network()
        make = self.ec2.create_route_table
        table = make(VpcId=vpc, ClientToken="t1")["RouteTable"]["RouteTableId"]
        self.assertEqual(make(VpcId=vpc, ClientToken="t1")["RouteTable"]["RouteTableId"], table)
        self.refused("IdempotentParameterMismatch", make, VpcId=self.vpc("10.9.0.0/16"), ClientToken="t1")
        second = make(VpcId=vpc)["RouteTable"]["RouteTableId"]
        association = self.ec2.associate_route_table(RouteTableId=table, SubnetId=a)["AssociationId"]
        self.refused("Resource.AlreadyAssociated", self.ec2.associate_route_table, RouteTableId=second, SubnetId=a)
        self.refused("DependencyViolation", self.ec2.delete_route_table, RouteTableId=table)
        moved = self.ec2.replace_route_table_association(AssociationId=association, RouteTableId=second)
        self.assertNotEqual(moved["NewAssociationId"], association)
        self.ec2.delete_route_table(RouteTableId=table)
        main = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]},
                                                       {"Name": "association.main", "Values": ["true"]}])
        self.refused("DependencyViolation", self.ec2.delete_route_table,
                     RouteTableId=main["RouteTables"][0]["RouteTableId"])

    def test_routes(self):
        vpc, _, igw = self.network()
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        loose = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
        self.refused("InvalidGatewayID.NotFound", self.ec2.create_route, GatewayId="igw-0123456789abcdef0", **route)
        self.refused("InvalidParameterValue", self.ec2.create_route, GatewayId=loose, **route)
        self.refused("InvalidParameterValue", self.ec2.replace_route, GatewayId=igw, **route)
        self.ec2.create_route(GatewayId=igw, **route)
        self.refused("RouteAlreadyExists", self.ec2.create_route, GatewayId=igw, **route)
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.168.1.1/16", GatewayId=igw)
        self.ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
        read = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        states = {r["DestinationCidrBlock"]: r["State"] for r in read}
        self.assertEqual(states, {"10.20.0.0/16": "active", "0.0.0.0/0": "blackhole", "192.168.0.0/16": "blackhole"})
        self.refused("InvalidParameterValue", self.ec2.delete_route, RouteTableId=table,
                     DestinationCidrBlock="10.20.0.0/16")
        self.ec2.delete_route(**route)
        self.refused("InvalidRoute.NotFound", self.ec2.delete_route, **route)

    def test_tags_need_their_resource(self):
        self.refused("InvalidVpcID.NotFound", self.ec2.create_tags, Resources=["vpc-0123456789abcdef0"],
                     Tags=[{"Key": "a", "Value": "b"}])
        vpc = self.vpc()
        self.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": "b"}])
        self.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "a", "Value": "other"}])
        self.assertEqual(self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"], [{"Key": "a", "Value": "b"}])
        self.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "a"}])
        self.assertFalse(self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Tags"))


class Groups(Case):
    def setUp(self):
        super().setUp()
        self.ec2 = client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

    def group(self, name="web", **more):
        return self.ec2.create_security_group(GroupName=name, Description="d", VpcId=self.vpc, **more)["GroupId"]

    def rules(self, group):
        return self.ec2.describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]

    def test_names(self):
        make = self.ec2.create_security_group
        for name in ("sg-abc", "caf\u00e9", "a%b", "default"):
            self.refused("InvalidParameterValue", make, GroupName=name, Description="d", VpcId=self.vpc)
        self.group("Web")
        self.refused("InvalidGroup.Duplicate", make, GroupName="web", Description="d", VpcId=self.vpc)
        self.refused("InvalidVpcID.NotFound", make, GroupName="x", Description="d", VpcId="vpc-0123456789abcdef0")
        self.refused("MissingParameter", make, GroupName="x", VpcId=self.vpc)

    def test_new_group_allows_egress(self):
        rules = self.rules(self.group())
        self.assertEqual([(r["IsEgress"], r["IpProtocol"], r["CidrIpv4"], r["FromPort"]) for r in rules],
                         [(True, "-1", "0.0.0.0/0", -1)])

    def test_rules_are_normalised(self):
        group, other = self.group(), self.group("db")
        made = self.ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[{"IpProtocol": "6", "FromPort": 443, "ToPort": 443,
                            "IpRanges": [{"CidrIp": "10.1.2.3/16", "Description": "office"}],
                            "UserIdGroupPairs": [{"GroupId": other}]},
                           {"IpProtocol": "all", "FromPort": 1, "ToPort": 2,
                            "Ipv6Ranges": [{"CidrIpv6": "2001:DB8:0::/32"}]}],
            TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": [{"Key": "k", "Value": "v"}]}])
        rules = made["SecurityGroupRules"]
        self.assertEqual(rules[0]["CidrIpv4"], "10.1.0.0/16")
        self.assertEqual(rules[0]["IpProtocol"], "tcp")
        self.assertEqual(rules[1]["ReferencedGroupInfo"], {"GroupId": other, "UserId": "123456789012"})
        self.assertEqual((rules[2]["IpProtocol"], rules[2]["FromPort"], rules[2]["CidrIpv6"]),
                         ("-1", -1, "2001:db8::/32"))
        tagged = self.ec2.describe_security_group_rules(Filters=[{"Name": "tag:k", "Values": ["v"]}])
        self.assertEqual(len(tagged["SecurityGroupRules"]), 3)
        self.refused("InvalidPermission.Duplicate", self.ec2.authorize_security_group_ingress, GroupId=group,
                     IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                                     "IpRanges": [{"CidrIp": "10.1.0.0/16", "Description": "another"}]}])
        self.refused("DependencyViolation", self.ec2.delete_security_group, GroupId=other)
        self.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rules[1]["SecurityGroupRuleId"]])
        self.ec2.delete_security_group(GroupId=other)
        self.refused("InvalidGroup.NotFound", self.ec2.delete_security_group, GroupId=other)

    def test_changing_rules(self):
        group = self.group()
        rule = self.ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2,
                                           "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        self.ec2.update_security_group_rule_descriptions_ingress(
            GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule, "Description": "text"}])
        self.assertIn("text", [r.get("Description") for r in self.rules(group)])
        self.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[
            {"SecurityGroupRuleId": rule, "SecurityGroupRule": {"IpProtocol": "udp", "FromPort": 5, "ToPort": 6,
                                                                "CidrIpv4": "10.0.0.0/8"}}])
        read = next(r for r in self.rules(group) if r["SecurityGroupRuleId"] == rule)
        self.assertEqual((read["IpProtocol"], read["FromPort"], read.get("Description")), ("udp", 5, None))
        self.refused("InvalidParameterValue", self.ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=[
            {"SecurityGroupRuleId": rule, "SecurityGroupRule": {"IpProtocol": "udp", "FromPort": 5, "ToPort": 6,
                                                                "CidrIpv6": "::/0"}}])
        self.refused("InvalidSecurityGroupRuleId.NotFound", self.ec2.revoke_security_group_ingress, GroupId=group,
                     SecurityGroupRuleIds=["sgr-0123456789abcdef0"])

    def test_limit_and_many_rules(self):
        self.set(rules_per_group=500)
        group = self.group()

        def add(low, count):
            self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": p, "ToPort": p, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
                for p in range(low, low + count)])
        add(1, 400)
        self.refused("RulesPerSecurityGroupLimitExceeded", add, 1000, 101)
        self.assertEqual(len(self.rules(group)), 401)
        self.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 7, "ToPort": 7, "IpRanges": [{"CidrIp": "10.9.9.9/8"}]}])
        self.assertEqual(len(self.rules(group)), 400)

    def test_default_group_stays(self):
        default = self.ec2.describe_security_groups(Filters=[
            {"Name": "vpc-id", "Values": [self.vpc]}, {"Name": "group-name", "Values": ["default"]}])
        self.refused("CannotDelete", self.ec2.delete_security_group,
                     GroupId=default["SecurityGroups"][0]["GroupId"])
        group = self.group()
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=self.vpc)
        self.ec2.delete_security_group(GroupId=group)
        self.ec2.delete_vpc(VpcId=self.vpc)

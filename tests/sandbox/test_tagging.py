import json

from harness import Case, client

TAGS = {"berth:app": "x"}
UPPER = [{"Key": "berth:app", "Value": "x"}]
LOWER = [{"key": "berth:app", "value": "x"}]


class Tagging(Case):
    def build(self):
        """One of each kind, all tagged; their ARNs."""
        ec2, arns = client("ec2"), []

        def spec(kind):
            return [{"ResourceType": kind, "Tags": UPPER}]
        base = "arn:aws:ec2:us-east-1:123456789012:"
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=spec("vpc"))["Vpc"]["VpcId"]
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone="us-east-1" + z,
                                     TagSpecifications=spec("subnet"))["Subnet"]["SubnetId"]
                   for i, z in enumerate("ab")]
        igw = ec2.create_internet_gateway(TagSpecifications=spec("internet-gateway"))["InternetGateway"][
            "InternetGatewayId"]
        table = ec2.create_route_table(VpcId=vpc, TagSpecifications=spec("route-table"))["RouteTable"]["RouteTableId"]
        group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc,
                                          TagSpecifications=spec("security-group"))["GroupId"]
        rule = ec2.authorize_security_group_ingress(
            GroupId=group, TagSpecifications=spec("security-group-rule"),
            IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])["SecurityGroupRules"][0]
        arns += [base + "vpc/" + vpc, base + "internet-gateway/" + igw, base + "route-table/" + table,
                 base + "security-group/" + group, rule["SecurityGroupRuleArn"]]
        arns += [base + "subnet/" + s for s in subnets]
        rds = client("rds")
        arns.append(rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="d", SubnetIds=subnets,
                                               Tags=UPPER)["DBSubnetGroup"]["DBSubnetGroupArn"])
        arns.append(rds.create_db_instance(
            DBInstanceIdentifier="d", Engine="postgres", DBInstanceClass="db.t4g.micro", AllocatedStorage=20,
            MasterUsername="app", MasterUserPassword="long-enough", DBSubnetGroupName="g", PubliclyAccessible=False,
            Tags=UPPER)["DBInstance"]["DBInstanceArn"])
        client("ssm").put_parameter(Name="/a/b", Value="x", Type="String", Tags=UPPER)
        arns.append("arn:aws:ssm:us-east-1:123456789012:parameter/a/b")
        client("logs").create_log_group(logGroupName="/a", tags=TAGS)
        arns.append("arn:aws:logs:us-east-1:123456789012:log-group:/a")
        arns.append(client("ecr").create_repository(repositoryName="app", tags=UPPER)["repository"]["repositoryArn"])
        ecs = client("ecs")
        arns.append(ecs.create_cluster(clusterName="c", tags=LOWER)["cluster"]["clusterArn"])
        ecs.create_cluster(clusterName="untagged")
        arns.append(ecs.register_task_definition(family="f", tags=LOWER, containerDefinitions=[
            {"name": "a", "image": "b"}])["taskDefinition"]["taskDefinitionArn"])
        sd = client("servicediscovery")
        sd.create_http_namespace(Name="n", Tags=UPPER)
        space = self.until(lambda: sd.list_namespaces()["Namespaces"])[0]
        arns.append(space["Arn"])
        arns.append(sd.create_service(Name="s", NamespaceId=space["Id"], Tags=UPPER)["Service"]["Arn"])
        gw = client("apigatewayv2")
        api = gw.create_api(Name="a", ProtocolType="HTTP", Tags=TAGS)["ApiId"]
        gw.create_stage(ApiId=api, StageName="$default", Tags=TAGS)
        link = gw.create_vpc_link(Name="l", SubnetIds=subnets, SecurityGroupIds=[group], Tags=TAGS)["VpcLinkId"]
        gateway = "arn:aws:apigateway:us-east-1::/"
        arns += [gateway + "apis/" + api, gateway + "apis/" + api + "/stages/$default", gateway + "vpclinks/" + link]
        iam = client("iam")
        arns.append(iam.create_open_id_connect_provider(Url="https://example.com", Tags=UPPER)[
            "OpenIDConnectProviderArn"])
        iam.create_role(RoleName="r", Tags=UPPER, AssumeRolePolicyDocument=json.dumps(
            {"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                           "Action": "sts:AssumeRole"}}))
        return arns

    def test_get_resources(self):
        arns = self.build()
        tagging = client("resourcegroupstaggingapi")
        want = [{"Key": "berth:app", "Values": ["x"]}]

        def read(**args):
            return [m["ResourceARN"] for m in tagging.get_resources(**args)["ResourceTagMappingList"]]
        self.assertEqual(sorted(read(TagFilters=want)), sorted(arns))
        self.assertEqual(sorted(read(ResourceARNList=arns[:3] + ["arn:aws:ec2:us-east-1:123456789012:vpc/none"])),
                         sorted(arns[:3]))
        self.assertEqual(len(read(ResourceTypeFilters=["ec2:subnet"])), 2)
        self.assertEqual(len(read(ResourceTypeFilters=["rds", "logs:log-group"])), 3)
        self.assertEqual(read(TagFilters=[{"Key": "berth:app", "Values": ["y"]}]), [])
        self.refused("InvalidParameterException", tagging.get_resources, ResourceARNList=arns[:1], TagFilters=want)
        self.set(page_size=4)
        got, token = [], None
        while token != "":
            page = tagging.get_resources(TagFilters=want, **({"PaginationToken": token} if token else {}))
            self.assertLessEqual(len(page["ResourceTagMappingList"]), 4)
            got += [m["ResourceARN"] for m in page["ResourceTagMappingList"]]
            token = page["PaginationToken"]
        self.assertEqual(sorted(got), sorted(arns))

    def test_tag_resources(self):
        client("ssm").put_parameter(Name="/a/b", Value="x", Type="String")
        client("logs").create_log_group(logGroupName="/a")
        arns = ["arn:aws:ssm:us-east-1:123456789012:parameter/a/b",
                "arn:aws:logs:us-east-1:123456789012:log-group:/a", "arn:aws:logs:us-east-1:123456789012:log-group:/b"]
        tagging = client("resourcegroupstaggingapi")
        got = tagging.tag_resources(ResourceARNList=arns, Tags={"k": "v"})
        self.assertEqual(list(got["FailedResourcesMap"]), arns[2:])
        self.assertEqual(len(tagging.get_resources(TagFilters=[{"Key": "k"}])["ResourceTagMappingList"]), 2)
        tagging.untag_resources(ResourceARNList=arns[:2], TagKeys=["k"])
        self.assertEqual(tagging.get_resources()["ResourceTagMappingList"], [])

"""IAM's judgement, as the IAM user guide and the Service Authorization Reference describe it."""
import unittest

import auth
import authz_policy
from harness import Case, client
from test_iam import ECS, policy

R = "arn:aws:ec2:us-east-1:123456789012:"
OURS = {"StringEquals": {"aws:ResourceTag/app": "one"}}
NEW = {"StringEquals": {"aws:RequestTag/app": "one"}}


def allow(actions, resources="*", condition=None, effect="Allow"):
    statement = {"Effect": effect, "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


class Rules(unittest.TestCase):
    """Pure: documents, action, resource, context -> answer."""

    def check(self, answer, statements, action="s3:GetObject", resource="arn:aws:s3:::b/k", **context):
        documents = [{"Version": "2012-10-17", "Statement": statements}]
        keys = {k.replace("__", ":").replace("_", "/").lower(): v for k, v in context.items()}
        self.assertEqual(authz_policy.decide(documents, action, resource, keys), answer)

    def test_actions(self):
        self.check("allowed", [allow("s3:GetObject")])
        self.check("allowed", [allow("S3:getobject")])
        self.check("allowed", [allow(["iam:*", "s3:Get*"])])
        self.check("unsaid", [allow("s3:Get")])
        self.check("unsaid", [allow("s3:GetObjec?Acl")])
        self.check("unsaid", [])
        self.check("allowed", [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}])
        self.check("unsaid", [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}])

    def test_a_deny_wins(self):
        self.check("denied", [allow("*"), allow("s3:*", effect="Deny")])
        self.check("denied", [allow("s3:*", effect="Deny"), allow("*")])
        self.check("allowed", [allow("*"), allow("s3:*", "arn:aws:s3:::other/*", effect="Deny")])

    def test_resources(self):
        self.check("allowed", [allow("s3:*", "arn:aws:s3:::b/*")])
        self.check("unsaid", [allow("s3:*", "arn:aws:s3:::b")])
        self.check("unsaid", [allow("s3:*", "arn:aws:s3:::B/k")])
        # Wildcards reach over slashes, but not from one part of an ARN into the next.
        self.check("unsaid", [allow("ec2:*", "arn:aws:ec2:us-*:vpc/*")], "ec2:DeleteVpc", R + "vpc/vpc-1")
        self.check("allowed", [allow("ec2:*", "arn:aws:ec2:us-*:*:*/*")], "ec2:DeleteVpc", R + "vpc/vpc-1")
        # What knows no resources is asked for "*".
        self.check("unsaid", [allow("ec2:*", "arn:aws:ec2:*:*:*")], "ec2:DescribeVpcs", "*")
        self.check("allowed", [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::c/*"}])

    def test_conditions(self):
        is_one = [allow("*", "*", {"StringEquals": {"aws:ResourceTag/app": ["one", "two"]}})]
        self.check("allowed", is_one, aws__ResourceTag_app=["one"])
        self.check("unsaid", is_one, aws__ResourceTag_app=["One"])
        self.check("unsaid", is_one)
        both = [allow("*", "*", {"StringEquals": {"aws:a": "x", "aws:b": "y"}})]
        self.check("allowed", both, aws__a=["x"], aws__b=["y"])
        self.check("unsaid", both, aws__a=["x"])

    def test_operators(self):
        for operator, wanted, given, answer in (
                ("StringLike", "o?e*", ["one-more"], "allowed"), ("StringLike", "two*", ["one"], "unsaid"),
                ("StringNotEquals", "one", ["two"], "allowed"), ("StringNotEquals", "one", ["one"], "unsaid"),
                ("StringEqualsIgnoreCase", "ONE", ["one"], "allowed"), ("Bool", "true", ["True"], "allowed"),
                ("ArnEquals", "arn:aws:iam::aws:policy/*", ["arn:aws:iam::aws:policy/a/b"], "allowed"),
                ("ArnLike", "arn:aws:iam::aws:policy/a", ["arn:aws:iam::aws:policy/b"], "unsaid"),
                ("Null", "true", ["x"], "unsaid"), ("Null", "false", ["x"], "allowed"),
                ("ForAllValues:StringEquals", ["a", "b"], ["a"], "allowed"),
                ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], "unsaid"),
                ("ForAnyValue:StringEquals", ["a", "b"], ["a", "c"], "allowed")):
            self.check(answer, [allow("*", "*", {operator: {"aws:k": wanted}})], aws__k=given)

    def test_absent_keys(self):
        for operator, answer in (("StringEquals", "unsaid"), ("StringNotEquals", "allowed"),
                                 ("StringEqualsIfExists", "allowed"), ("ForAllValues:StringEquals", "allowed"),
                                 ("ForAnyValue:StringEquals", "unsaid")):
            self.check(answer, [allow("*", "*", {operator: {"aws:k": "x"}})])
        self.check("allowed", [allow("*", "*", {"Null": {"aws:k": "true"}})])

    def test_an_unknown_operator_is_no_quiet_yes(self):
        with self.assertRaises(ValueError):
            self.check("allowed", [allow("*", "*", {"StringSounds": {"aws:k": "x"}})], aws__k=["x"])


class Enforced(Case):
    knobs = {"page_size": 0, "scale": 0, "enforce_iam": True}

    def act_as(self, *statements, name="someone"):
        """A user who may do that -> a function that makes his clients."""
        iam = client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=policy(*statements or [allow("x:none")]))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: client(service, key=key["AccessKeyId"], secret=key["SecretAccessKey"])

    def tagged(self, *tags, kind="vpc"):
        return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags]}]

    def denied(self, action, function, *args, code="AccessDeniedException", **kwargs):
        problem = self.refused(code, function, *args, contains="not authorized to perform: " + action, **kwargs)
        self.assertIn("because no identity-based policy allows the", str(problem))


class Identities(Enforced):
    def test_the_accounts_own_key_may_do_all(self):
        client("ec2").describe_vpcs()

    def test_a_user_without_policies_may_only_ask_who_he_is(self):
        user = self.act_as()
        self.assertIn("user/someone", user("sts").get_caller_identity()["Arn"])
        self.refused("UnauthorizedOperation", user("ec2").describe_vpcs, status=403, contains="Encoded authorization")
        self.refused("AccessDenied", user("iam").list_roles, status=403)
        self.refused("AccessDenied", user("rds").describe_db_instances, status=403)
        self.refused("AccessDeniedException", user("ssm").describe_parameters, status=400)
        self.refused("AccessDeniedException", user("apigatewayv2").get_apis, status=403)

    def test_off_nothing_is_judged(self):
        user = self.act_as()
        self.set(enforce_iam=False)
        user("ec2").describe_vpcs()

    def test_attached_policies_and_groups(self):
        iam, user = client("iam"), self.act_as()
        arn = iam.create_policy(PolicyName="see", PolicyDocument=policy(allow("ec2:Describe*")))["Policy"]["Arn"]
        iam.attach_user_policy(UserName="someone", PolicyArn=arn)
        user("ec2").describe_vpcs()
        iam.detach_user_policy(UserName="someone", PolicyArn=arn)
        self.refused("UnauthorizedOperation", user("ec2").describe_vpcs)
        iam.create_group(GroupName="all")
        iam.attach_group_policy(GroupName="all", PolicyArn=arn)
        iam.add_user_to_group(GroupName="all", UserName="someone")
        user("ec2").describe_vpcs()

    def test_a_role_may_what_its_policies_say(self):
        iam = client("iam")
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=policy(ECS))
        iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=policy(allow("ec2:DescribeVpcs")))
        made = client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/app",
                                         RoleSessionName="run")["Credentials"]
        ec2 = client("ec2", key=made["AccessKeyId"], secret=made["SecretAccessKey"], token=made["SessionToken"])
        ec2.describe_vpcs()
        self.refused("UnauthorizedOperation", ec2.describe_subnets, contains="assumed-role/app/run")

    def test_an_explicit_deny_says_so(self):
        user = self.act_as(allow("*"), allow("ec2:DescribeVpcs", effect="Deny"))
        self.refused("UnauthorizedOperation", user("ec2").describe_vpcs, contains="with an explicit deny")

    def test_the_region_is_a_key(self):
        here = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
        user = self.act_as(allow("ec2:DescribeVpcs", condition=here))
        user("ec2").describe_vpcs()
        key = auth.keys.get(user("ec2")._request_signer._credentials.access_key)
        other = client("ec2", key=key.akid, secret=key.secret, region="eu-west-1")
        self.refused("UnauthorizedOperation", other.describe_vpcs)


class Network(Enforced):
    def test_tags_in_a_create_are_asked_for_apart(self):
        user = self.act_as(allow("ec2:CreateVpc"))
        user("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        self.denied("ec2:CreateTags", user("ec2").create_vpc, CidrBlock="10.1.0.0/16",
                    TagSpecifications=self.tagged(("app", "one")), code="UnauthorizedOperation")

    def test_tags_of_the_request(self):
        creating = {"StringEquals": {"ec2:CreateAction": "CreateVpc"}}
        user = self.act_as(allow("ec2:CreateVpc", R + "vpc/*", NEW), allow("ec2:CreateTags", R + "vpc/*", creating))
        made = user("ec2").create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=self.tagged(("app", "one")))["Vpc"]
        for tags in ((), (("app", "two"),)):
            given = {"TagSpecifications": self.tagged(*tags)} if tags else {}
            self.denied("ec2:CreateVpc", user("ec2").create_vpc, CidrBlock="10.1.0.0/16",
                        code="UnauthorizedOperation", **given)
        # Tags that come later are another thing.
        self.denied("ec2:CreateTags", user("ec2").create_tags, Resources=[made["VpcId"]],
                    Tags=[{"Key": "k", "Value": "v"}], code="UnauthorizedOperation")

    def test_tags_of_the_object(self):
        root = client("ec2")
        one = root.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=self.tagged(("app", "one")))["Vpc"]["VpcId"]
        two = root.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=self.tagged(("app", "two")))["Vpc"]["VpcId"]
        user = self.act_as(allow(["ec2:DeleteVpc", "ec2:CreateSubnet"], R + "vpc/*", OURS),
                           allow("ec2:CreateSubnet", R + "subnet/*"))
        user("ec2").create_subnet(VpcId=one, CidrBlock="10.0.0.0/24")
        self.denied("ec2:CreateSubnet on resource: " + R + "vpc/" + two, user("ec2").create_subnet, VpcId=two,
                    CidrBlock="10.1.0.0/24", code="UnauthorizedOperation")
        self.denied("ec2:DeleteVpc", user("ec2").delete_vpc, VpcId=two, code="UnauthorizedOperation")

    def test_a_rule_is_judged_by_its_group(self):
        root = client("ec2")
        vpc = root.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        groups = [root.create_security_group(VpcId=vpc, GroupName=n, Description="d",
                                             TagSpecifications=self.tagged(("app", n), kind="security-group"))["GroupId"]
                  for n in ("one", "two")]
        user = self.act_as(allow("ec2:AuthorizeSecurityGroupIngress", R + "security-group/*", OURS))
        rule = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
        user("ec2").authorize_security_group_ingress(GroupId=groups[0], IpPermissions=rule)
        self.denied("ec2:AuthorizeSecurityGroupIngress", user("ec2").authorize_security_group_ingress,
                    GroupId=groups[1], IpPermissions=rule, code="UnauthorizedOperation")


class Dependent(Enforced):
    """What a call asks for besides itself."""

    def test_pass_role(self):
        arn = client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=policy(ECS))["Role"]["Arn"]
        register = {"family": "f", "executionRoleArn": arn, "networkMode": "awsvpc", "cpu": "256", "memory": "512",
                    "requiresCompatibilities": ["FARGATE"], "containerDefinitions": [{"name": "c", "image": "i"}]}
        user = self.act_as(allow("ecs:RegisterTaskDefinition", "arn:aws:ecs:*:*:task-definition/f:*"))
        self.denied("iam:PassRole on resource: " + arn, user("ecs").register_task_definition, **register)
        to = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
        client("iam").put_user_policy(UserName="someone", PolicyName="pass",
                                      PolicyDocument=policy(allow("iam:PassRole", arn, to)))
        self.denied("iam:PassRole", user("ecs").register_task_definition, **register)
        to["StringEquals"]["iam:PassedToService"] = "ecs-tasks.amazonaws.com"
        client("iam").put_user_policy(UserName="someone", PolicyName="pass",
                                      PolicyDocument=policy(allow("iam:PassRole", arn, to)))
        user("ecs").register_task_definition(**register)
        self.denied("ecs:TagResource", user("ecs").register_task_definition, **register,
                    tags=[{"key": "k", "value": "v"}])

    def test_tags_in_creates(self):
        tags, small = [{"Key": "k", "Value": "v"}], [{"key": "k", "value": "v"}]
        user = self.act_as(allow(["ssm:PutParameter", "ecr:CreateRepository", "logs:CreateLogGroup", "iam:CreateRole",
                                  "ecs:CreateCluster", "iam:CreateServiceLinkedRole", "apigateway:POST",
                                  "servicediscovery:Create*", "rds:CreateDBSubnetGroup"]))
        self.denied("ssm:AddTagsToResource", user("ssm").put_parameter, Name="/a", Value="v", Type="String", Tags=tags)
        self.denied("ecr:TagResource", user("ecr").create_repository, repositoryName="app", tags=tags)
        self.denied("logs:TagResource", user("logs").create_log_group, logGroupName="a", tags={"k": "v"})
        self.denied("ecs:TagResource", user("ecs").create_cluster, clusterName="a", tags=small)
        self.denied("iam:TagRole", user("iam").create_role, RoleName="a", AssumeRolePolicyDocument=policy(ECS),
                    Tags=tags, code="AccessDenied")
        self.denied("apigateway:TagResource", user("apigatewayv2").create_api, Name="a", ProtocolType="HTTP",
                    Tags={"k": "v"})
        self.denied("servicediscovery:TagResource", user("servicediscovery").create_private_dns_namespace,
                    Name="a.internal", Vpc="vpc-1", Tags=tags)
        self.denied("rds:AddTagsToResource", user("rds").create_db_subnet_group, DBSubnetGroupName="a",
                    DBSubnetGroupDescription="d", SubnetIds=["subnet-1"], Tags=tags, code="AccessDenied")

    def test_service_linked_roles(self):
        user = self.act_as(allow("ecs:CreateCluster"))
        self.denied("iam:CreateServiceLinkedRole", user("ecs").create_cluster, clusterName="a")
        client("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
        user("ecs").create_cluster(clusterName="a")

    def test_a_final_snapshot(self):
        vpc, subnets, _ = self.network()
        del vpc
        root = client("rds")
        root.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="d", SubnetIds=subnets)
        root.create_db_instance(DBInstanceIdentifier="db", Engine="postgres", DBInstanceClass="db.t4g.micro",
                                AllocatedStorage=20, MasterUsername="app", MasterUserPassword="not-a-real-one",
                                DBSubnetGroupName="g", EngineVersion="16")
        self.until(lambda: root.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available")
        user = self.act_as(allow("rds:DeleteDBInstance", "arn:aws:rds:*:*:db:db"))
        self.denied("rds:CreateDBSnapshot", user("rds").delete_db_instance, DBInstanceIdentifier="db",
                    FinalDBSnapshotIdentifier="last", code="AccessDenied")
        user("rds").delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)

    def test_a_private_namespace_makes_a_zone_in_the_callers_name(self):
        vpc, _, _ = self.network()
        user = self.act_as(allow("servicediscovery:*"))
        made = user("servicediscovery").create_private_dns_namespace(Name="a.internal", Vpc=vpc)["OperationId"]
        found = client("servicediscovery").get_operation(OperationId=made)["Operation"]
        self.assertEqual((found["Status"], found["ErrorCode"]), ("FAIL", "ACCESS_DENIED"))


class Names(Enforced):
    """ARNs of what calls name."""

    def test_parameters(self):
        user = self.act_as(allow("ssm:*", "arn:aws:ssm:us-east-1:123456789012:parameter/one/*"))
        user("ssm").put_parameter(Name="/one/a", Value="v", Type="String")
        self.assertEqual(user("ssm").get_parameter(Name="/one/a:1")["Parameter"]["Value"], "v")
        self.denied("ssm:PutParameter", user("ssm").put_parameter, Name="/onemore/a", Value="v", Type="String")
        self.denied("ssm:GetParameters", user("ssm").get_parameters, Names=["/one/a", "/two/a"])
        self.denied("ssm:DescribeParameters", user("ssm").describe_parameters)

    def test_log_groups_have_two_forms(self):
        arn = "arn:aws:logs:us-east-1:123456789012:log-group:/a"
        user = self.act_as(allow(["logs:CreateLogGroup", "logs:PutRetentionPolicy"], arn + ":*"),
                           allow("logs:TagResource", arn))
        user("logs").create_log_group(logGroupName="/a", tags={"k": "v"})
        user("logs").put_retention_policy(logGroupName="/a", retentionInDays=7)
        self.denied("logs:CreateLogGroup", user("logs").create_log_group, logGroupName="/ab")

    def test_paths_of_apis(self):
        base = "arn:aws:apigateway:us-east-1::"
        api = client("apigatewayv2").create_api(Name="a", ProtocolType="HTTP", Tags={"app": "one"})["ApiId"]
        other = client("apigatewayv2").create_api(Name="b", ProtocolType="HTTP")["ApiId"]
        user = self.act_as(allow("apigateway:DELETE", base + "/apis/*", OURS), allow("apigateway:GET", base + "/apis"))
        user("apigatewayv2").get_apis()
        self.denied("apigateway:GET on resource: " + base + "/apis/" + api, user("apigatewayv2").get_api, ApiId=api)
        self.denied("apigateway:DELETE", user("apigatewayv2").delete_api, ApiId=other)
        user("apigatewayv2").delete_api(ApiId=api)

    def test_access_logs_need_log_delivery(self):
        root = client("apigatewayv2")
        api = root.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
        client("logs").create_log_group(logGroupName="/a")
        user = self.act_as(allow("apigateway:*"))
        self.refused("BadRequestException", user("apigatewayv2").create_stage, ApiId=api, StageName="s",
                     AccessLogSettings={"DestinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:/a",
                                        "Format": "$context.requestId"},
                     contains="Insufficient permissions to enable logging")

    def test_services_of_a_cluster(self):
        user = self.act_as(allow("ecs:*", "arn:aws:ecs:us-east-1:123456789012:service/one/*"),
                           allow("ecs:ListServices", condition={"ArnEquals": {
                               "ecs:cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/one"}}))
        client("ecs").create_cluster(clusterName="one")
        client("ecs").create_cluster(clusterName="two")
        user("ecs").list_services(cluster="one")
        self.denied("ecs:ListServices", user("ecs").list_services, cluster="two")
        self.assertTrue(user("ecs").describe_services(cluster="one", services=["web"])["failures"])
        self.denied("ecs:DescribeServices", user("ecs").describe_services, cluster="two", services=["web"])
        self.denied("ecs:DescribeClusters", user("ecs").describe_clusters, clusters=["one"])

    def test_roles_by_tag(self):
        iam, user = client("iam"), self.act_as(allow("iam:DeleteRole", "*", OURS))
        for name in ("one", "two"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(ECS), Tags=[{"Key": "app", "Value": name}])
        self.denied("iam:DeleteRole", user("iam").delete_role, RoleName="two", code="AccessDenied")
        user("iam").delete_role(RoleName="one")

    def test_attaching_only_this_policy(self):
        iam = client("iam")
        arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
        iam.create_role(RoleName="a", AssumeRolePolicyDocument=policy(ECS))
        user = self.act_as(allow("iam:AttachRolePolicy", "*", {"ArnEquals": {"iam:PolicyARN": arn}}))
        self.denied("iam:AttachRolePolicy", user("iam").attach_role_policy, RoleName="a",
                    PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess", code="AccessDenied")
        user("iam").attach_role_policy(RoleName="a", PolicyArn=arn)

    def test_objects_and_buckets(self):
        client("s3").create_bucket(Bucket="uploads")
        client("s3").put_object(Bucket="uploads", Key="k", Body=b"x")
        user = self.act_as(allow("s3:GetObject", "arn:aws:s3:::uploads/*"))
        self.assertEqual(user("s3").get_object(Bucket="uploads", Key="k")["Body"].read(), b"x")
        self.refused("AccessDenied", user("s3").list_objects_v2, Bucket="uploads", contains="s3:ListBucket")
        self.refused("AccessDenied", user("s3").put_object, Bucket="uploads", Key="k", Body=b"y")

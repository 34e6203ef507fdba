"""The operator's policy: with exactly what `berth permissions` prints everything works, and with less it does not."""
import json
import os
import re

from stack import ROOT, SAN, StackCase

import authz
import authz_policy
import harness
import iam_user

RESOURCE_TAGS = [{"Key": "berth:app", "Value": "orders"}, {"Key": "berth:env", "Value": "default"}]
TASKS = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


class Permitted(StackCase):
    """An account that judges calls; `operator` has what berth prints for the spec, anew after each edit."""
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.set(enforce_iam=True)
        if self.operator is None:
            self.operator = iam_user.User("operator")

    def as_root(self):
        return self.env(AWS_ACCESS_KEY_ID=harness.AKID, AWS_SECRET_ACCESS_KEY=harness.SECRET)

    def refuses(self, action, function, **kwargs):
        self.refused_by(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"), action, function, **kwargs)

    def refused_by(self, codes, action, function, **kwargs):
        with self.assertRaises(harness.ClientError) as caught:
            function(**kwargs)
        error = caught.exception.response["Error"]
        self.assertIn(error["Code"], codes, error["Message"])
        self.assertIn(f"not authorized to perform: {action}", error["Message"])


class Whole(Permitted):
    def test_the_printed_policy_is_enough_and_all_of_it_is_needed(self):
        empty = self.listing()
        authz.asked.clear()
        self.berth("plan")
        self.apply()
        self.assert_settled()
        self.berth("drift")
        self.change_things()
        documents = self._documents
        self.mend_what_others_did()
        self.secret_values()
        self.berth("destroy", "--yes", "gengar")
        self.berth("destroy", "--yes", "gengar", "--with-data", "--with-adopted")
        left = self.listing()
        left.pop("db_snapshot")
        self.assertEqual(left, empty)
        self.assertEqual([a for a in authz.asked if a[3] != "allowed"], [])
        self.assert_minimal(documents)

    def change_things(self):
        """Edits that change in place and by replacement; tags alone first, as they change on what stays."""
        self.edit("tags: {team: core}", "tags: {owner: shop}")
        self.apply()
        self.assert_settled()
        self.edit("memory: 512", "memory: 1024")
        self.edit("retention_days: 14", "retention_days: 30")
        self.edit("storage: 20", "storage: 30")
        self.edit("keep: 5 ", "keep: 6 ")
        self.edit("branch: main", "branch: release")
        self.edit("rate: 50", "rate: 60")
        self.apply()
        self.assert_settled()
        self.edit("port: 3000", "port: 8080")
        self.apply()
        self.assert_settled()

    def secret_values(self):
        names = ("OPENAI_API_KEY", "STRIPE_SECRET_KEY", "ROLLBAR_TOKEN")
        for text in ("first", "second"):
            self.berth("secrets", "put", env=self.env(**{name: f"{text}-{name}" for name in names}))
        self.aws("ssm").remove_tags_from_resource(ResourceType="Parameter", ResourceId="/gengar/ROLLBAR_TOKEN",
                                                  TagKeys=["berth:app", "berth:env", "berth:resource"])
        self.berth("secrets", "put", "ROLLBAR_TOKEN", "--adopt", env=self.env(ROLLBAR_TOKEN="adopted"))
        self.berth("secrets", "list")
        self.berth("secrets", "rm", "OPENAI_API_KEY", "--yes")

    def mend_what_others_did(self):
        """Drift, made by the account's own key."""
        ec2, ecs, ecr = self.aws("ec2"), self.aws("ecs"), self.aws("ecr")
        vpc = self.live("ec2.vpc.main")["id"]
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
        ec2.modify_subnet_attribute(SubnetId=self.live("ec2.subnet.public-a")["id"],
                                    MapPublicIpOnLaunch={"Value": True})
        extra = self.extra_subnet(vpc)
        rule = self.live("ec2.security_group_rule.web-to-internet-443")
        ec2.modify_security_group_rules(GroupId=rule["group"], SecurityGroupRules=[{
            "SecurityGroupRuleId": rule["id"],
            "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8"}}])
        strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
        ecs.put_cluster_capacity_providers(cluster="gengar", capacityProviders=["FARGATE", "FARGATE_SPOT"],
                                           defaultCapacityProviderStrategy=strategy)
        ecs.update_cluster(cluster="gengar", settings=[{"name": "containerInsights", "value": "enabled"}])
        ecr.put_image_tag_mutability(repositoryName="gengar", imageTagMutability="IMMUTABLE")
        ecr.put_image_scanning_configuration(repositoryName="gengar",
                                             imageScanningConfiguration={"scanOnPush": False})
        provider = self.live("iam.oidc_provider.github")["arn"]
        self.aws("iam").remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=provider,
                                                                       ClientID="sts.amazonaws.com")
        self.aws("apigatewayv2").update_integration(ApiId=self.live("apigateway.api.main")["id"], TimeoutInMillis=5000,
                                                    IntegrationId=self.live("apigateway.integration.web")["id"])
        self.aws("servicediscovery").update_service(Id=self.live("servicediscovery.service.web")["id"], Service={
            "DnsConfig": {"DnsRecords": [{"Type": "SRV", "TTL": 60}]}})
        self.berth("drift", code=2)
        self.apply()
        self.assert_settled()
        ec2.delete_subnet(SubnetId=extra)

    def extra_subnet(self, vpc):
        """A subnet of somebody else's, which the database may use."""
        ec2, rds = self.aws("ec2"), self.aws("rds")
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.240.0/24",
                                   AvailabilityZone="us-east-1c")["Subnet"]["SubnetId"]
        group = rds.describe_db_subnet_groups(DBSubnetGroupName="gengar")["DBSubnetGroups"][0]
        rds.modify_db_subnet_group(DBSubnetGroupName="gengar", SubnetIds=[
            subnet, *(s["SubnetIdentifier"] for s in group["Subnets"])])
        return subnet

    def assert_minimal(self, documents):
        """Without any one action of any one statement, something that was asked would not have been allowed."""
        statements = [s for d in documents for s in d["Statement"]]
        needed = set()
        for action, resource, context, _ in {(a[0], a[1], json.dumps(a[2], sort_keys=True), a[3])
                                             for a in authz.asked}:
            keys = json.loads(context)
            allowing = [i for i, s in enumerate(statements)
                        if authz_policy.decide([{"Statement": [s]}], action, resource, keys) == "allowed"]
            if len(allowing) == 1:
                needed.add((allowing[0], action))
        spare = sorted({a for i, s in enumerate(statements) for a in authz_policy.as_list(s["Action"])
                        if (i, a) not in needed})
        listed = spare_actions()
        self.assertEqual([a for a in spare if a not in listed], [], "in the policy, but nothing needs it")
        self.assertEqual([a for a in listed if a not in spare], [], "docs/permissions.md lists what is needed")


def spare_actions():
    """What docs/permissions.md lists as not needed by berth's own calls in good weather, each with its reason."""
    text = (ROOT / "docs" / "permissions.md").read_text()
    table = text.partition("## What only AWS's side")[2].partition("\n## ")[0]
    return {word.strip("` ") for line in table.splitlines() if line.startswith("| `")
            for word in line.split("|")[1].split(",")}


class Small(Permitted):
    """A spec of a few sections, elsewhere: what it does not speak of is still looked for."""
    spec = "minimal.yaml"

    def test_all_of_it(self):
        authz.asked.clear()
        self.apply()
        self.assert_settled()
        self.berth("drift")
        self.berth("destroy", "--yes", "hello", "--with-data")
        self.assertEqual([a for a in authz.asked if a[3] != "allowed"], [])


class Printed(Permitted):
    """What the command prints, without credentials; for the console, a document at a time."""

    def printed(self, *args, code=0):
        return self.berth("permissions", *args, code=code, env={"PATH": os.environ["PATH"], **SAN})

    def test_for_another_account(self):
        text = self.printed("--account", "444455556666")
        self.assertIn(":444455556666:", text)
        self.assertNotIn(":123456789012:", text)
        for wrong in ("44445555", "44445555666x", ""):
            self.printed("--account", wrong, code=64)
            self.assertRegex(self.last.stderr, "12 digits|is empty")

    def test_as_explained(self):
        env = {"PATH": os.environ["PATH"], **SAN}
        self.assertEqual(self.berth("explain", "permissions", env=env), self.printed())

    def test_a_part(self):
        documents = json.loads(self.printed("--json"))["documents"]
        self.assertGreater(len(documents), 1)
        for i, document in enumerate(documents, 1):
            text = self.printed("--part", str(i))
            self.assertEqual(json.loads(text), document)
            self.assertLessEqual(len(re.sub(r"\s", "", text)), 6144)     # IAM's limit of a managed policy
        for wrong in (0, len(documents) + 1, "x"):
            self.printed("--part", str(wrong), code=64)
            self.assertRegex(self.last.stderr, "--part|There is no part")


class ReadOnly(Permitted):
    def test_plan_and_drift_but_no_apply(self):
        env = self.as_root()
        self.berth("apply", "--yes", env=env)
        reader = iam_user.User("reader")
        reader.grant(self.documents("--read-only"))
        env = self.env(**reader.env)
        authz.asked.clear()
        self.assertIn("Nothing to do", self.berth("plan", env=env))
        self.berth("drift", env=env)
        self.edit("memory: 512", "memory: 1024")
        self.berth("plan", "--detailed-exitcode", code=2, env=env)
        self.assertEqual([a for a in authz.asked if a[3] != "allowed"], [])
        done = self.run_berth("apply", "--yes", env=env)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("not authorized to perform: ssm:PutParameter", done.stderr)
        self.assertIn("berth permissions", done.stderr)
        self.assertIn("memory", self.berth("plan", env=env))


class Middle(Permitted):
    def test_a_right_that_is_missing_is_named_and_the_rest_goes_on(self):
        documents = self.documents()
        self.operator.grant(without(documents, "ecs:CreateService", "iam:PutRolePolicy"))
        self._granted = (self.dir / "berth.yaml").read_text()
        done = self.run_berth("apply", "--yes")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("Allow iam:PutRolePolicy to", done.stderr)
        self.assertIn("`berth permissions` prints all that the spec needs", done.stderr)
        self.assertIn("Running the same command again is safe", done.stderr)
        self.operator.grant(documents)
        self.apply()
        self.assert_settled()


def without(documents, *actions):
    out = json.loads(json.dumps(documents))
    for document in out:
        for statement in document["Statement"]:
            statement["Action"] = [a for a in authz_policy.as_list(statement["Action"]) if a not in actions]
        document["Statement"] = [s for s in document["Statement"] if s["Action"]]
    return out


class Others(Permitted):
    """What belongs to another app, also to one whose name begins with ours, is out of reach."""

    def setUp(self):
        super().setUp()
        self.operator.grant(self.documents())

    def tags(self, kind):
        return [{"ResourceType": kind, "Tags": RESOURCE_TAGS}]

    def test_objects_with_names(self):
        me = self.operator.client
        for name in ("orders-task", "gengar-two-task"):
            self.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TASKS, Tags=RESOURCE_TAGS)
            self.refuses("iam:DeleteRole", me("iam").delete_role, RoleName=name)
            self.refuses("iam:PutRolePolicy", me("iam").put_role_policy, RoleName=name, PolicyName="p",
                         PolicyDocument=TASKS)
            self.refuses("iam:TagRole", me("iam").tag_role, RoleName=name,
                         Tags=[{"Key": "berth:app", "Value": "gengar"}, {"Key": "berth:env", "Value": "default"}])
        for name in ("/orders/KEY", "/gengar-two/KEY", "/berth/orders/lease"):
            self.aws("ssm").put_parameter(Name=name, Value="v", Type="SecureString")
            self.refuses("ssm:GetParameter", me("ssm").get_parameter, Name=name)
            self.refuses("ssm:DeleteParameter", me("ssm").delete_parameter, Name=name)
            self.refuses("ssm:PutParameter", me("ssm").put_parameter, Name=name, Value="w", Overwrite=True)
        self.aws("ecr").create_repository(repositoryName="orders")
        self.refuses("ecr:DeleteRepository", me("ecr").delete_repository, repositoryName="orders", force=True)
        self.aws("logs").create_log_group(logGroupName="/ecs/orders")
        self.refuses("logs:DeleteLogGroup", me("logs").delete_log_group, logGroupName="/ecs/orders")
        self.aws("ecs").create_cluster(clusterName="orders")
        self.refuses("ecs:DeleteCluster", me("ecs").delete_cluster, cluster="orders")
        self.refuses("ecs:DeleteService", me("ecs").delete_service, cluster="orders", service="web", force=True)
        self.refuses("rds:DeleteDBInstance", me("rds").delete_db_instance, DBInstanceIdentifier="orders",
                     SkipFinalSnapshot=True)

    def test_objects_with_ids(self):
        root, me = self.aws("ec2"), self.operator.client("ec2")
        vpc = root.create_vpc(CidrBlock="10.99.0.0/16", TagSpecifications=self.tags("vpc"))["Vpc"]["VpcId"]
        subnet = root.create_subnet(VpcId=vpc, CidrBlock="10.99.1.0/24",
                                    TagSpecifications=self.tags("subnet"))["Subnet"]["SubnetId"]
        group = root.create_security_group(VpcId=vpc, GroupName="g", Description="d")["GroupId"]
        self.refuses("ec2:DeleteSubnet", me.delete_subnet, SubnetId=subnet)
        self.refuses("ec2:DeleteVpc", me.delete_vpc, VpcId=vpc)
        self.refuses("ec2:DeleteSecurityGroup", me.delete_security_group, GroupId=group)
        self.refuses("ec2:AuthorizeSecurityGroupIngress", me.authorize_security_group_ingress, GroupId=group,
                     IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        # Nor can he make it ours first.
        ours = [{"Key": "berth:app", "Value": "gengar"}, {"Key": "berth:env", "Value": "default"}]
        self.refuses("ec2:CreateTags", me.create_tags, Resources=[vpc], Tags=ours)
        self.refuses("ec2:CreateVpc", me.create_vpc, CidrBlock="10.98.0.0/16")
        self.refuses("ec2:CreateSubnet", me.create_subnet, VpcId=vpc, CidrBlock="10.99.2.0/24",
                     TagSpecifications=[{"ResourceType": "subnet", "Tags": ours}])

    def test_apis_and_namespaces(self):
        tags = {t["Key"]: t["Value"] for t in RESOURCE_TAGS}
        api = self.aws("apigatewayv2").create_api(Name="orders", ProtocolType="HTTP", Tags=tags)["ApiId"]
        me = self.operator.client
        self.refuses("apigateway:DELETE", me("apigatewayv2").delete_api, ApiId=api)
        self.refuses("apigateway:PATCH", me("apigatewayv2").update_api, ApiId=api, Name="gengar")
        vpc, _, _ = self.network()
        sd = self.aws("servicediscovery")
        made = sd.create_private_dns_namespace(Name="orders.internal", Vpc=vpc, Tags=RESOURCE_TAGS)["OperationId"]
        found = self.until(lambda: sd.get_operation(OperationId=made)["Operation"]["Status"] == "SUCCESS"
                           and sd.get_operation(OperationId=made)["Operation"]["Targets"]["NAMESPACE"])
        self.refuses("servicediscovery:DeleteNamespace", me("servicediscovery").delete_namespace, Id=found)

    def test_no_way_to_become_more(self):
        me, root = self.operator.client("iam"), self.aws("iam")
        self.refuses("iam:CreateUser", me.create_user, UserName="second")
        self.refuses("iam:AttachUserPolicy", me.attach_user_policy, UserName="operator",
                     PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        ours = [{"Key": "berth:app", "Value": "gengar"}, {"Key": "berth:env", "Value": "default"}]
        root.create_role(RoleName="gengar-execution", AssumeRolePolicyDocument=TASKS, Tags=ours)
        self.refuses("iam:AttachRolePolicy", me.attach_role_policy, RoleName="gengar-execution",
                     PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        root.create_role(RoleName="admin", AssumeRolePolicyDocument=TASKS)
        self.refuses("iam:PassRole", self.operator.client("ecs").register_task_definition, family="gengar-web",
                     taskRoleArn="arn:aws:iam::123456789012:role/admin", cpu="256", memory="512",
                     networkMode="awsvpc", requiresCompatibilities=["FARGATE"],
                     containerDefinitions=[{"name": "web", "image": "nginx"}],
                     tags=[{"key": t["Key"], "value": t["Value"]} for t in ours])
        self.refuses("iam:DeleteRolePermissionsBoundary", me.delete_role_permissions_boundary,
                     RoleName="gengar-execution")


class Roles(Permitted):
    """What berth gives to tasks and to a deployment: the plain work, and nothing of anybody else's."""

    def setUp(self):
        super().setUp()
        self.apply()
        self.s3 = self.aws("s3")
        for bucket in ("gengar-uploads", "orders-uploads"):
            self.s3.create_bucket(Bucket=bucket)
            self.s3.put_object(Bucket=bucket, Key="a", Body=b"x")
            # Names of buckets are taken in all accounts: forgetting an account does not free them.
            self.addCleanup(self.s3.delete_bucket, Bucket=bucket)
            self.addCleanup(self.s3.delete_object, Bucket=bucket, Key="a")
        for name in ("/gengar/OPENAI_API_KEY", "/gengar/NOT_NAMED", "/orders/KEY"):
            self.aws("ssm").put_parameter(Name=name, Value="v", Type="SecureString")

    def test_execution_role(self):
        me = iam_user.Role("gengar-execution").client
        got = me("ssm").get_parameters(Names=["/gengar/OPENAI_API_KEY", "/gengar/DATABASE_URL"], WithDecryption=True)
        self.assertEqual(len(got["Parameters"]), 2)
        me("ecr").get_authorization_token()
        for name in ("/berth/gengar/DATABASE_PASSWORD", "/gengar/NOT_NAMED", "/orders/KEY"):
            self.refuses("ssm:GetParameters", me("ssm").get_parameters, Names=[name])
        self.refuses("ssm:GetParameter", me("ssm").get_parameter, Name="/gengar/OPENAI_API_KEY")
        self.refuses("ssm:PutParameter", me("ssm").put_parameter, Name="/gengar/X", Value="v", Type="String")
        self.refuses("s3:GetObject", me("s3").get_object, Bucket="gengar-uploads", Key="a")

    def test_task_role(self):
        me = iam_user.Role("gengar-web-task").client
        self.assertEqual(me("s3").get_object(Bucket="gengar-uploads", Key="a")["Body"].read(), b"x")
        me("s3").put_object(Bucket="gengar-uploads", Key="b", Body=b"y")
        me("s3").list_objects_v2(Bucket="gengar-uploads")
        me("s3").delete_object(Bucket="gengar-uploads", Key="b")
        self.refuses("s3:GetObject", me("s3").get_object, Bucket="orders-uploads", Key="a")
        self.refuses("s3:DeleteBucket", me("s3").delete_bucket, Bucket="gengar-uploads")
        for name in ("/berth/gengar/DATABASE_PASSWORD", "/gengar/OPENAI_API_KEY"):
            self.refuses("ssm:GetParameters", me("ssm").get_parameters, Names=[name])
        self.refuses("ecs:UpdateService", me("ecs").update_service, cluster="gengar", service="web", desiredCount=0)

    def revision(self, **more):
        """What a deployment registers: the revision that runs, with another image."""
        found = self.aws("ecs").describe_task_definition(taskDefinition="gengar-web")["taskDefinition"]
        kept = {k: found[k] for k in ("family", "cpu", "memory", "networkMode", "requiresCompatibilities",
                                      "executionRoleArn", "taskRoleArn", "containerDefinitions", "runtimePlatform")}
        kept["containerDefinitions"][0]["image"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/gengar:v2"
        return {**kept, **more}

    def test_deploy_role_deploys(self):
        me = iam_user.Role("gengar-deploy").client
        me("ecr").get_authorization_token()
        me("ecr").put_image(repositoryName="gengar", imageTag="v2", imageManifest=json.dumps({
            "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {"digest": "sha256:" + "0" * 64}, "layers": []}))
        tags = [{"key": "berth:app", "value": "gengar"}]
        me("ecs").describe_task_definition(taskDefinition="gengar-web")
        made = me("ecs").register_task_definition(**self.revision(tags=tags))["taskDefinition"]["taskDefinitionArn"]
        me("ecs").update_service(cluster="gengar", service="web", taskDefinition=made)
        self.assertEqual(me("ecs").describe_services(cluster="gengar", services=["web"])["services"][0][
            "taskDefinition"], made)

    def test_deploy_role_does_nothing_else(self):
        me = iam_user.Role("gengar-deploy").client
        self.aws("ecr").create_repository(repositoryName="orders")
        self.refuses("ecr:PutImage", me("ecr").put_image, repositoryName="orders", imageTag="v2", imageManifest="{}")
        self.refuses("ecr:DeleteRepository", me("ecr").delete_repository, repositoryName="gengar", force=True)
        self.refuses("iam:PassRole", me("ecs").register_task_definition, **self.revision(
            taskRoleArn="arn:aws:iam::123456789012:role/gengar-deploy"))
        self.aws("ecs").create_cluster(clusterName="orders")
        self.refuses("ecs:UpdateService", me("ecs").update_service, cluster="orders", service="web", desiredCount=0)
        self.refuses("ecs:DeleteService", me("ecs").delete_service, cluster="gengar", service="web", force=True)
        for name in ("/berth/gengar/DATABASE_PASSWORD", "/gengar/OPENAI_API_KEY"):
            self.refuses("ssm:GetParameter", me("ssm").get_parameter, Name=name)
        self.refuses("rds:DeleteDBInstance", me("rds").delete_db_instance, DBInstanceIdentifier="gengar")
        self.refuses("iam:PutRolePolicy", me("iam").put_role_policy, RoleName="gengar-deploy", PolicyName="p",
                     PolicyDocument=TASKS)

"""What changed between plan and apply is not written over: the step stops and says so, and the rest goes on."""
import json
import re
import sqlite3
import unittest

from bad import BadCase, writes
from meddle import Meddler
from screen import Terminal
from stack import BERTH

import control
import test_delete_each


class StaleCase(BadCase):
    remover = test_delete_each.DeleteEach.remover
    delete_database = test_delete_each.DeleteEach.delete_database

    def arns(self):
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            return dict(db.execute("SELECT address, arn FROM live WHERE tags IS NOT NULL ORDER BY address"))

    def tag(self, address, arn, **tags):
        """As somebody with the AWS CLI would."""
        if address.startswith("iam.role."):
            self.aws("iam").tag_role(RoleName=self.live(address)["name"],
                                     Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
            return
        if arn is None:
            live = self.live(address)
            arn = live.get("arn") or f"arn:aws:ec2:us-east-1:123456789012:security-group-rule/{live['id']}"
        failed = self.aws("resourcegroupstaggingapi").tag_resources(ResourceARNList=[arn], Tags=tags)
        self.assertEqual(failed["FailedResourcesMap"], {}, address)

    def confirmed(self, meanwhile, *args, question="Apply this plan?"):
        """Runs berth on a terminal, does `meanwhile` while it asks, and says yes; exit code and what was told."""
        t = Terminal([BERTH, *(args or ("apply",))], self.dir, self.env(TERM="dumb"), columns=10000)
        self.addCleanup(t.stop)
        t.until(question)
        meanwhile()
        control.log.clear()
        if args:
            self.each_step(t)
        else:
            t.type("yes\n")
        code = t.end(120)
        told = "\n".join(t.screen.lines)
        self.assertNotIn("Sanitizer", told)
        self.assertNotIn("runtime error", told)
        return code, told

    @staticmethod
    def each_step(t):
        """A teardown that asks step by step, to its end."""
        asked = 0
        while t.process.poll() is None:
            questions = re.findall(rb"(Delete this|Data would be lost)[^\n]*stop ends here:", t.raw)
            if len(questions) > asked:
                asked = len(questions)
                t.type("yes\n" if questions[-1] == b"Delete this" else "gengar\n")
            elif t.more(0.05) == b"":
                break

    def torn_down(self, meanwhile):
        return self.confirmed(meanwhile, "destroy", "--with-data", question="stop ends here:")

    def stopped(self, told):
        """{address: sentence} of the steps that stopped."""
        found = re.findall(r"^error: (([a-z_0-9]+\.[a-z_]+\.\S+?):? .*)$", told, re.M)
        return {address: sentence for sentence, address in found}

    def heal(self):
        self.apply()
        self.assert_settled()


class Tags(StaleCase):
    def test_a_tag_of_every_type(self):
        """Each step of a plan that changes all tagged objects finds another tag than it saw."""
        self.apply()
        arns = self.arns()
        self.assertGreater(len({a.rsplit(".", 1)[0] for a in arns}), 15)
        self.edit("tags: {team: core}", "tags: {team: infra}")
        self.assertEqual(set(arns) - set(self.actions()), set())
        before = self.listing()
        left, rounds = dict(arns), 0
        while left:
            # What waits for a step that stopped is not tried: it has its turn in the next round.
            stopped = self.round(left)
            self.assertNotEqual(stopped, set(), left)
            left = {address: arn for address, arn in left.items() if address not in stopped}
            rounds += 1
            self.heal()
            self.edit(r"tags: {team: \w+}", f"tags: {{team: infra{rounds}}}")
        self.assertEqual(self.listing(), before)

    def round(self, arns):
        def meddle():
            for address, arn in arns.items():
                self.tag(address, arn, team="others")

        code, told = self.confirmed(meddle)
        self.assertEqual(code, 3, told)
        stopped = self.stopped(told)
        for address, sentence in stopped.items():
            self.assertRegex(sentence, 'tag team was expected to be "(core|infra.?)" and is "others"')
        not_tried = re.search(r"(?m)^Not tried: (.*)$", told)
        not_tried = set(not_tried[1].split(", ")) if not_tried else set()
        self.assertEqual(set(arns) - set(stopped) - not_tried, set(), told)
        return set(stopped)

    def test_teardown_stops_at_what_was_marked(self):
        self.apply()
        arns = self.arns()
        before = self.listing()

        def meddle():
            for address, arn in arns.items():
                self.tag(address, arn, keep="please")

        code, told = self.torn_down(meddle)
        self.assertEqual(code, 3, told)
        for address, sentence in self.stopped(told).items():
            if address in arns:
                self.assertIn('tag keep was expected to be nothing and is "please"', sentence)
        left = self.listing()
        for kind in ("vpc", "subnet", "db_instance", "repository", "cluster", "role", "log_group"):
            self.assertEqual(left.get(kind), before.get(kind), kind)


class Gone(StaleCase):
    def test_what_is_gone_is_not_changed(self):
        self.apply()
        self.edit("tags: {team: core}", "tags: {team: infra}")
        gone = ("logs.group.services", "ecr.repository.main", "iam.oidc_provider.github", "ssm.parameter.database-url")

        def meddle():
            for address in gone:
                self.remover(address, self.live(address))()

        code, told = self.confirmed(meddle)
        self.assertEqual(code, 3, told)
        stopped = self.stopped(told)
        self.assertEqual(set(stopped), set(gone))
        for address in gone:
            self.assertIn("is gone since the plan was made", stopped[address])
        self.assertIn("Done: ", told)
        self.heal()

    def test_what_is_gone_needs_no_teardown(self):
        empty = self.listing()
        self.apply()
        gone = ("logs.group.services", "apigateway.stage.default", "ecr.lifecycle_policy.main", "iam.role_policy.deploy",
                "ec2.route.public-default")
        gone = [a for a in gone if a in self.addresses()]
        self.assertGreaterEqual(len(gone), 3)

        def meddle():
            for address in gone:
                self.remover(address, self.live(address))()

        code, told = self.torn_down(meddle)
        self.assertEqual(code, 0, told)
        left = self.listing()
        left.pop("db_snapshot")
        self.assertEqual(left, empty)


class Fields(StaleCase):
    """Of each type that can change in place: another hand was there first."""

    def meddlings(self):
        """{address: (field, function)}"""
        live, aws = self.live, self.aws
        api = live("apigateway.api.main")["id"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
        trust = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
        rule = next(a for a in self.addresses() if a.startswith("ec2.security_group_rule.") and live(a).get("egress"))
        role = next(a for a in self.addresses() if a.startswith("iam.role."))
        inline = next(a for a in self.addresses() if a == "iam.role_policy.web-buckets")
        vpc, subnet = live("ec2.vpc.main")["id"], live("ec2.subnet.public-a")["id"]
        return {
            "ec2.vpc.main": ("dns_hostnames", lambda: aws("ec2").modify_vpc_attribute(
                VpcId=vpc, EnableDnsHostnames={"Value": False})),
            "ec2.subnet.public-a": ("map_public_ip", lambda: aws("ec2").modify_subnet_attribute(
                SubnetId=subnet, MapPublicIpOnLaunch={"Value": not live("ec2.subnet.public-a")["map_public_ip"]})),
            rule: ("description", lambda: aws("ec2").modify_security_group_rules(
                GroupId=live(rule)["group"], SecurityGroupRules=[{"SecurityGroupRuleId": live(rule)["id"],
                "SecurityGroupRule": self.rule_of(live(rule)["id"])}])),
            "rds.instance.main": ("backup_days", lambda: aws("rds").modify_db_instance(
                DBInstanceIdentifier="gengar", BackupRetentionPeriod=3, ApplyImmediately=True)),
            "rds.subnet_group.main": ("description", lambda: aws("rds").modify_db_subnet_group(
                DBSubnetGroupName="gengar", DBSubnetGroupDescription="of others",
                SubnetIds=[live("ec2.subnet.public-a")["id"], live("ec2.subnet.public-b")["id"]])),
            "ecr.repository.main": ("scan_on_push", lambda: aws("ecr").put_image_scanning_configuration(
                repositoryName="gengar", imageScanningConfiguration={"scanOnPush": False})),
            "logs.group.services": ("retention_days", lambda: aws("logs").put_retention_policy(
                logGroupName="/ecs/gengar", retentionInDays=90)),
            role: ("trust", lambda: aws("iam").update_assume_role_policy(
                RoleName=live(role)["name"], PolicyDocument=trust)),
            "ecs.cluster.main": ("container_insights", lambda: aws("ecs").update_cluster(
                cluster="gengar", settings=[{"name": "containerInsights", "value": "enhanced"}])),
            "ecs.service.web": ("count", lambda: aws("ecs").update_service(
                cluster="gengar", service="web", desiredCount=2)),
            "apigateway.api.main": ("description", lambda: aws("apigatewayv2").update_api(
                ApiId=api, Description="of others")),
            "apigateway.vpc_link.main": ("name", lambda: aws("apigatewayv2").update_vpc_link(
                VpcLinkId=live("apigateway.vpc_link.main")["id"], Name="others")),
            "apigateway.stage.default": ("throttle_rate", lambda: aws("apigatewayv2").update_stage(
                ApiId=api, StageName="$default", DefaultRouteSettings={"ThrottlingRateLimit": 7.0})),
            "servicediscovery.service.web": ("dns", lambda: aws("servicediscovery").update_service(
                Id=live("servicediscovery.service.web")["id"],
                Service={"DnsConfig": {"DnsRecords": [{"Type": "SRV", "TTL": 77}]}})),
            "ssm.parameter.database-url": ("version", lambda: aws("ssm").put_parameter(
                Name="/gengar/DATABASE_URL", Value="postgres://of-others", Overwrite=True)),
            # Without tags, and changed by the spec itself.
            "ecr.lifecycle_policy.main": ("policy", lambda: aws("ecr").put_lifecycle_policy(
                repositoryName="gengar", lifecyclePolicyText=json.dumps({"rules": [
                    {"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan",
                     "countNumber": 77}, "action": {"type": "expire"}}]}))),
            inline: ("policy", lambda: aws("iam").put_role_policy(
                RoleName=live(inline)["role"], PolicyName=live(inline)["name"], PolicyDocument=policy)),
        }

    def rule_of(self, ident):
        rule = self.aws("ec2").describe_security_group_rules(SecurityGroupRuleIds=[ident])["SecurityGroupRules"][0]
        same = {k: rule[k] for k in ("IpProtocol", "FromPort", "ToPort", "CidrIpv4") if k in rule}
        if "ReferencedGroupInfo" in rule:
            same["ReferencedGroupId"] = rule["ReferencedGroupInfo"]["GroupId"]
        return {**same, "Description": "of others"}

    def test_a_field_of_every_type(self):
        self.apply()
        left, rounds = self.meddlings(), 0
        while left:
            rounds += 1
            self.edit(r"tags: {team: \w+}", f"tags: {{team: infra{rounds}}}")
            self.edit(r"keep: \d+ ", f"keep: {5 + rounds} ")
            self.edit(r"gengar-uploads: [\w-]+", f"gengar-uploads: {('read', 'write', 'read-write')[rounds % 3]}")
            self.assertEqual({a for a in left if self.actions().get(a) != "update"}, set())
            # What waits for a step that stopped is not tried: it has its turn in the next round.
            stopped = self.round(left)
            self.assertNotEqual(stopped, set(), left)
            left = {address: meddling for address, meddling in left.items() if address not in stopped}
            self.heal()

    def round(self, meddlings):
        def meddle():
            for _, function in meddlings.values():
                function()

        code, told = self.confirmed(meddle)
        self.assertEqual(code, 3, told)
        stopped = self.stopped(told)
        not_tried = re.search(r"(?m)^Not tried: (.*)$", told)
        not_tried = set(not_tried[1].split(", ")) if not_tried else set()
        self.assertEqual(set(meddlings) - set(stopped) - not_tried, set(), told)
        for address in stopped:
            self.assertRegex(stopped[address],
                             rf": {meddlings[address][0]} was expected to be .* and is .*\. It was left alone\.")
        self.assertNotIn("of-others", told)
        self.assertNotIn("postgres://", told)
        return set(stopped)


class Made(StaleCase):
    """Somebody made one of that name while berth asked."""

    def test_of_a_name(self):
        aws = self.aws

        def meddle():
            aws("logs").create_log_group(logGroupName="/ecs/gengar")
            aws("ecs").create_cluster(clusterName="gengar", settings=[{"name": "containerInsights", "value": "enabled"}])
            aws("ecr").create_repository(repositoryName="gengar")
            aws("ssm").put_parameter(Name="/gengar/DATABASE_URL", Value="x", Type="String")
            aws("iam").create_role(RoleName="gengar-execution", AssumeRolePolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                 "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}))

        code, told = self.confirmed(meddle)
        self.assertEqual(code, 3, told)
        stopped = self.stopped(told)
        self.assertEqual(set(stopped), {"logs.group.services", "ecs.cluster.main", "ecr.repository.main",
                                        "ssm.parameter.database-url", "iam.role.execution"}, told)
        for sentence in stopped.values():
            self.assertIn("an object of that name is there already and is not ours", sentence)
        # Theirs are as they were, and bear no tag of ours.
        self.assertEqual(aws("ecs").describe_clusters(clusters=["gengar"], include=["TAGS"])["clusters"][0]["tags"], [])
        self.assertEqual(aws("ssm").get_parameter(Name="/gengar/DATABASE_URL")["Parameter"]["Value"], "x")
        self.assertRegex(told, r"(?m)^Done: .*ec2\.vpc\.main")
        self.assertRegex(told, r"(?m)^Not tried: .*ecs\.service\.web")

    def test_another_run_made_ours(self):
        """What bears our tags was made by another run: taken over, never made a second time."""
        tags = [{"Key": "berth:app", "Value": "gengar"}, {"Key": "berth:env", "Value": "default"}]

        def ours(address):
            return tags + [{"Key": "berth:resource", "Value": address}]

        def meddle():
            ec2, api = self.aws("ec2"), self.aws("apigatewayv2")
            ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=[
                {"ResourceType": "vpc", "Tags": ours("ec2.vpc.main")}])
            ec2.create_internet_gateway(TagSpecifications=[
                {"ResourceType": "internet-gateway", "Tags": ours("ec2.internet_gateway.main")}])
            api.create_api(Name="gengar", ProtocolType="HTTP", Tags={
                t["Key"]: t["Value"] for t in ours("apigateway.api.main")})

        code, told = self.confirmed(meddle)
        self.assertEqual(code, 0, told)
        left = self.listing()
        self.assertEqual((len(left["vpc"]), len(left["internet_gateway"]), len(left["api"])), (1, 1, 1))
        self.assert_settled()

    def test_a_part_that_is_another(self):
        """Routes, policies, attachments have no tags: one that is as wished is taken, another one stops the step."""
        meddler = Meddler(self)

        def route():
            ec2 = self.aws("ec2")
            table = ec2.describe_route_tables(Filters=[{"Name": "tag:berth:app", "Values": ["gengar"]}])
            table = table["RouteTables"][0]["RouteTableId"]
            vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:berth:app", "Values": ["gengar"]}])["Vpcs"][0]["VpcId"]
            eni = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"][0]["SubnetId"]
            eni = ec2.create_network_interface(SubnetId=eni)["NetworkInterface"]["NetworkInterfaceId"]
            ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=eni)

        def lifecycle():
            self.aws("ecr").put_lifecycle_policy(repositoryName="gengar", lifecyclePolicyText=json.dumps({"rules": [
                {"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan",
                 "countNumber": 77}, "action": {"type": "expire"}}]}))

        def inline():
            self.aws("iam").put_role_policy(RoleName="gengar-web-task", PolicyName="buckets", PolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))

        meddler.before("ec2.CreateRoute", route)
        meddler.before("ecr.GetLifecyclePolicy", lifecycle)
        meddler.before("iam.GetRolePolicy", inline, skip=1)
        self.berth("apply", "--yes", code=3)
        stopped = self.stopped(self.last.stderr)
        self.assertIn("ecr.lifecycle_policy.main", stopped, (meddler.done, self.last.stderr))
        self.assertIn("was made by somebody else since the plan was made", stopped["ecr.lifecycle_policy.main"])
        self.assertIn("ec2.route.public-default", stopped, (meddler.done, self.last.stderr))
        self.assertIn("77", self.aws("ecr").get_lifecycle_policy(repositoryName="gengar")["lifecyclePolicyText"])
        self.aws("ec2").delete_route(RouteTableId=self.live("ec2.route_table.public")["id"],
                                     DestinationCidrBlock="0.0.0.0/0")
        self.heal()


class Referred(StaleCase):
    def test_a_role_that_was_made_anew(self):
        """Its ARN is the same, but all that was allowed to it is gone: what would be told of it waits."""
        self.apply()
        self.edit("cpu: 256", "cpu: 512")
        self.edit("memory: 512", "memory: 1024")
        iam = self.aws("iam")

        def meddle():
            trust = iam.get_role(RoleName="gengar-web-task")["Role"]["AssumeRolePolicyDocument"]
            for name in iam.list_role_policies(RoleName="gengar-web-task")["PolicyNames"]:
                iam.delete_role_policy(RoleName="gengar-web-task", PolicyName=name)
            iam.delete_role(RoleName="gengar-web-task")
            iam.create_role(RoleName="gengar-web-task", AssumeRolePolicyDocument=json.dumps(trust))

        code, told = self.confirmed(meddle)
        self.assertEqual(code, 3, told)
        stopped = self.stopped(told)
        self.assertIn("iam.role.web-task, which it refers to, is another one since the plan was made",
                      stopped["ecs.task_definition.web"])
        self.assertRegex(told, r"(?m)^Not tried: .*ecs\.service\.web")
        self.assertEqual({k for k in writes() if k.startswith("ecs.")}, set())

    def test_a_subnet_and_a_link_that_are_gone(self):
        self.apply()
        self.edit("zones: 2 ", "zones: 3 ")

        def meddle():
            api = self.aws("apigatewayv2")
            ids = self.live("apigateway.integration.web")
            api.update_integration(ApiId=ids["api"], IntegrationId=ids["id"], TimeoutInMillis=29000)
            self.aws("ec2").delete_route(RouteTableId=self.live("ec2.route_table.public")["id"],
                                         DestinationCidrBlock="0.0.0.0/0")

        code, told = self.confirmed(meddle)
        self.assertEqual(code, 3, told)
        self.assertIn("timeout_ms was expected to be 30000 and is 29000", self.stopped(told)["apigateway.integration.web"])
        self.assertRegex(told, r"(?m)^Done: .*ec2\.subnet\.public-c")
        self.heal()


class Middle(StaleCase):
    """Another hand comes while berth is at work."""

    def test_changed_while_others_are_written(self):
        self.apply()
        self.edit("tags: {team: core}", "tags: {team: infra}")
        meddler = Meddler(self)

        def meddle():
            self.aws("logs").put_retention_policy(logGroupName="/ecs/gengar", retentionInDays=90)
            self.aws("apigatewayv2").update_api(ApiId=self.live("apigateway.api.main")["id"], Description="of others")

        meddler.before("ec2.CreateTags", meddle)
        self.berth("apply", "--yes", "--parallel", "1", code=3)
        self.assertEqual(meddler.done, ["ec2.CreateTags"])
        stopped = self.stopped(self.last.stderr)
        self.assertEqual(set(stopped), {"logs.group.services", "apigateway.api.main"})
        self.assertRegex(self.last.stderr, r"(?m)^Done: .*ec2\.vpc\.main")
        self.heal()

    def test_changed_while_a_write_had_to_wait(self):
        """The database is busy for a while; when it is its turn again, it is another one."""
        self.apply()
        self.edit("storage: 20", "storage: 30")
        meddler = Meddler(self)
        self.set(faults=[{"service": "rds", "action": "ModifyDBInstance", "kind": "error", "status": 400, "times": 1,
                          "code": "InvalidDBInstanceState", "message": "Database instance is not in available state."}])

        def meddle():
            self.aws("rds").modify_db_instance(DBInstanceIdentifier="gengar", BackupRetentionPeriod=3,
                                               ApplyImmediately=True)
            self.until(lambda: self.aws("rds").describe_db_instances()["DBInstances"][0]["BackupRetentionPeriod"] == 3)

        # The second read in the apply itself comes after the refusal.
        meddler.before("rds.ModifyDBInstance", lambda: meddler.before("rds.DescribeDBInstances", meddle))
        self.berth("apply", "--yes", code=3)
        self.assertIn("backup_days was expected to be 7 and is 3", self.stopped(self.last.stderr)["rds.instance.main"])
        self.assertEqual(self.aws("rds").describe_db_instances()["DBInstances"][0]["AllocatedStorage"], 20)
        self.heal()

    def test_another_failure_is_a_failure(self):
        """Exit 3 is for what was refused; with a real failure beside it the run has failed."""
        self.apply()
        self.edit("tags: {team: core}", "tags: {team: infra}")
        self.deny("ecr", "TagResource")
        meddler = Meddler(self)
        meddler.before("ec2.CreateTags", lambda: self.aws("logs").put_retention_policy(
            logGroupName="/ecs/gengar", retentionInDays=90))
        self.berth("apply", "--yes", "--parallel", "1", code=1)
        self.assertIn("logs.group.services", self.stopped(self.last.stderr))


if __name__ == "__main__":
    unittest.main()

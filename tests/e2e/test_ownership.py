"""Whose an object is: names that are taken, tags that say half of it, what two apps share, and what is never touched."""
import json
import shutil
import sqlite3
import unittest

from bad import READS, writes
from test_lease import LeaseCase
from test_adopt import GITHUB, READ, TRUST, AdoptCase, ec2_tags, pairs

import control
import upstream

OWNER = {"berth:app": "other", "berth:env": "prod", "berth:resource": "x.y.z"}
REGISTRY = "registry: {keep: 5}\n"
REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/gengar"


class Taken(AdoptCase):
    """Each kind with a name of its own: taken, that is seen in the plan, before the first write, and whose it is."""

    def others(self, tags):
        ecs, ssm, rds = self.aws("ecs"), self.aws("ssm"), self.aws("rds")
        given = pairs(tags)
        self.aws("iam").create_role(RoleName="gengar-execution", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=given)
        self.aws("logs").create_log_group(logGroupName="/ecs/gengar", tags=tags)
        self.aws("ecr").create_repository(repositoryName="gengar", tags=given)
        ssm.put_parameter(Name="/gengar/DATABASE_URL", Type="String", Value="x", Tags=given)
        ecs.create_cluster(clusterName="gengar", tags=[{"key": k, "value": v} for k, v in tags.items()])
        vpc, subnets, _ = self.network()
        rds.create_db_subnet_group(DBSubnetGroupName="gengar", DBSubnetGroupDescription="x", SubnetIds=subnets, Tags=given)
        rds.create_db_instance(DBInstanceIdentifier="gengar", Engine="postgres", DBInstanceClass="db.t4g.micro",
                               AllocatedStorage=20, MasterUsername="root", MasterUserPassword="not-a-real-one", Tags=given)
        sd = self.aws("servicediscovery")
        sd.create_private_dns_namespace(Name="gengar.internal", Vpc=vpc, Tags=given)
        self.until(lambda: sd.list_namespaces()["Namespaces"])

    TAKEN = ("iam.role.execution", "logs.group.services", "ecr.repository.main", "ssm.parameter.database-url",
             "ecs.cluster.main", "rds.subnet_group.main", "rds.instance.main", "servicediscovery.namespace.main")

    def assert_refused(self, *words):
        control.log.clear()
        for command in (("plan",), ("apply", "--yes")):
            self.berth(*command, code=3)
            for address in self.TAKEN:
                line = next((x for x in self.last.stderr.splitlines() if f"{address} cannot be made" in x), "")
                self.assertTrue(line, f"{address} is taken, but {command[0]} does not say so")
                for word in words:
                    self.assertIn(word, line)
        self.assertEqual(writes(), {})

    def test_by_nobody(self):
        self.others({"owner": "somebody"})
        self.assert_refused("is not berth's")
        for address in self.TAKEN:
            self.assertIn(f"`berth adopt {address}` takes it over", self.last.stderr)

    def test_by_another_app(self):
        self.others(OWNER)
        self.assert_refused("belongs to another app (app other, environment prod)")
        self.assertNotIn("berth adopt", self.last.stderr)
        self.adopt("ecr.repository.main", code=3)
        self.assertIn("belongs to another app (app other, environment prod)", self.last.stderr)

    def test_in_an_adopted_network(self):
        self.write("network: {cidr: 10.20.0.0/16}\nresources:\n"
                   "  ec2.security_group.app: {name: gengar-app, description: mine, vpc: '${ec2.vpc.main.id}'}\n")
        ec2, vpc = self.aws("ec2"), self.vpc_by_hand()
        self.adopt("ec2.vpc.main")
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.0.0/20")
        ec2.create_security_group(VpcId=vpc, GroupName="gengar-app", Description="mine",
                                  TagSpecifications=ec2_tags("security-group", **OWNER))
        self.berth("plan", code=3)
        self.assertRegex(self.last.stderr, "ec2.subnet.public-a cannot be made: .* is not berth's")
        self.assertRegex(self.last.stderr, "ec2.security_group.app cannot be made: .* another app .app other")

    def test_by_a_stack_of_cloudformation(self):
        self.write("network: {cidr: 10.20.0.0/16}\n")
        vpc = self.vpc_by_hand()
        # No client may write such a tag; CloudFormation does.
        upstream.backend("ec2", "123456789012", "us-east-1").tags[vpc]["aws:cloudformation:stack-name"] = "old-web"
        found = self.candidates()["ec2.vpc.main"][0]
        self.assertEqual(found["stack"], "old-web")
        self.assertIn("belongs to CloudFormation's stack old-web", self.berth("adopt"))


class HalfTagged(AdoptCase):
    def test_another_environment_of_this_app(self):
        self.write(REGISTRY)
        self.aws("ecr").create_repository(repositoryName="gengar", tags=pairs(
            {"berth:app": "gengar", "berth:env": "staging", "berth:resource": "ecr.repository.main"}))
        self.berth("plan", code=3)
        self.assertIn("another environment of this app (app gengar, environment staging)", self.last.stderr)
        self.adopt("ecr.repository.main", code=3)
        self.berth("forget", "ecr.repository.main", "--yes", code=1)
        self.assertEqual(json.loads(self.berth("--json", "plan", "--destroy"))["actions"], [])

    def test_a_tag_that_was_taken_off(self):
        self.write(REGISTRY)
        self.apply()
        self.aws("ecr").untag_resource(resourceArn=REPOSITORY, tagKeys=["berth:env"])
        self.assertEqual(self.actions(), {"ecr.repository.main": "update"})
        shutil.rmtree(self.dir / ".berth")
        self.berth("plan", code=3)
        self.assertIn("bears only some of berth's tags", self.last.stderr)
        self.adopt("ecr.repository.main")
        self.assert_settled()

    def test_tags_copied_to_something_of_another_type(self):
        self.write("network: {cidr: 10.20.0.0/16}\nlogs: {retention_days: 14}\n")
        self.vpc_by_hand("10.99.0.0/16", **{"berth:app": "gengar", "berth:env": "default",
                                            "berth:resource": "ec2.internet_gateway.main"})
        self.assertEqual(self.actions()["ec2.internet_gateway.main"], "create")
        self.assertEqual(json.loads(self.berth("--json", "plan", "--destroy"))["actions"], [])

    def test_all_tags_taken_off_and_gone_from_the_spec(self):
        self.write("resources:\n  logs.group.old: {name: by-hand}\n")
        self.apply()
        self.aws("logs").untag_log_group(logGroupName="by-hand", tags=["berth:app", "berth:env", "berth:resource"])
        self.write("resources:\n  logs.group.new: {name: another}\n")
        self.assertEqual(self.actions(), {"logs.group.new": "create", "logs.group.old": "keep"})
        self.apply()
        self.berth("destroy", "--yes", "gengar", "--with-data", "--with-adopted")
        self.assertEqual(self.listing(), {"log_group": ["by-hand"]})

    def test_two_of_one_address(self):
        self.write(REGISTRY + "network: {cidr: 10.20.0.0/16}\n")
        self.apply()
        mine = {"berth:app": "gengar", "berth:env": "default"}
        self.aws("ecr").create_repository(repositoryName="second", tags=pairs(
            {**mine, "berth:resource": "ecr.repository.main"}))
        adopted = self.vpc_by_hand("10.99.0.0/16", **mine, **{"berth:resource": "ec2.vpc.main",
                                                               "berth:adopted": "2026-01-01"})
        plan = {a["address"]: a for a in self.plan()["actions"]}
        self.assertEqual({a: x["action"] for a, x in plan.items()},
                         {"ecr.repository.main": "keep", "ec2.vpc.main": "keep"})
        self.apply()
        self.assertIn("second", self.listing()["repository"])
        self.assertIn(adopted, self.listing()["vpc"])
        self.berth("forget", "ec2.vpc.main", "--yes", code=64)
        self.berth("forget", "ec2.vpc.main", adopted, "--yes")
        self.assertEqual(self.actions(), {"ecr.repository.main": "keep"})


class Forget(AdoptCase):
    def rows(self, address):
        with sqlite3.connect(self.dir / ".berth" / "default.db") as db:
            return sum(db.execute(f"SELECT count(*) FROM {t} WHERE address = ?", (address,)).fetchone()[0]
                       for t in ("live", "applied"))

    def test_data_that_stays_as_it_is(self):
        self.write(REGISTRY)
        self.apply()
        ecr = self.aws("ecr")
        before = ecr.describe_repositories()["repositories"]
        policy = ecr.get_lifecycle_policy(repositoryName="gengar")["lifecyclePolicyText"]
        ecr.tag_resource(resourceArn=REPOSITORY, tags=pairs({"owner": "somebody"}))
        self.assertIn("berth:resource=ecr.repository.main", self.berth("forget", "ecr.repository.main", code=3))
        self.assertEqual(len(ecr.list_tags_for_resource(resourceArn=REPOSITORY)["tags"]), 4)
        told = self.lines("forget", "ecr.repository.main", "--yes")
        self.assertEqual([t["type"] for t in told], ["forgetting", "result"])
        self.assertEqual(sorted(told[0]["remove"]), ["berth:app", "berth:env", "berth:resource"])
        self.assertEqual(told[0]["parts"], ["ecr.lifecycle_policy.main"])
        self.assertEqual(ecr.describe_repositories()["repositories"], before)
        self.assertEqual(ecr.get_lifecycle_policy(repositoryName="gengar")["lifecyclePolicyText"], policy)
        self.assertEqual(ecr.list_tags_for_resource(resourceArn=REPOSITORY)["tags"], pairs({"owner": "somebody"}))
        self.assertEqual(self.rows("ecr.repository.main") + self.rows("ecr.lifecycle_policy.main"), 0)
        self.berth("plan", code=3)
        self.assertIn("`berth adopt ecr.repository.main` takes it over", self.last.stderr)
        self.berth("forget", "ecr.repository.main", "--yes", code=1)
        self.berth("destroy", "--yes", "gengar", "--with-data", "--with-adopted")
        self.assertEqual(self.listing()["repository"], ["gengar"])

    def test_what_has_no_name_of_its_own_is_made_anew(self):
        self.write("network: {cidr: 10.20.0.0/16}\n")
        vpc = self.vpc_by_hand()
        self.adopt("ec2.vpc.main")
        self.berth("forget", "ec2.vpc.main", "--yes")
        self.assertEqual(self.aws("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Tags", []), [])
        self.assertEqual(self.actions()["ec2.vpc.main"], "create")

    def test_what_is_not_there(self):
        self.write(REGISTRY)
        self.berth("forget", "ecr.repository.main", "--yes", code=1)
        self.berth("forget", "nonsense", "--yes", code=64)
        self.berth("forget", code=64)
        self.adopt("ecr.repository.mian", code=64)
        self.assertIn("Did you mean ecr.repository.main?", self.last.stderr)
        self.adopt("ecr.repository.main", code=1)
        self.adopt("ecr.repository.main", "nothing-of-that-name", code=1)


class Shared(AdoptCase):
    """The provider of GitHub's identities: one for the account, for two apps."""

    def app(self, name):
        (self.dir / "berth.yaml").write_text(f"app: {name}\nregion: us-east-1\n" + REGISTRY +
                                             "deploy:\n  github: {repository: example/gengar}\n")
        shutil.rmtree(self.dir / ".berth", ignore_errors=True)

    def providers(self):
        return self.listing().get("oidc_provider", [])

    def test_two_apps_of_one_account(self):
        self.app("gengar")
        self.apply()
        made, iam = self.providers(), self.aws("iam")
        self.assertEqual(len(made), 1)
        whole = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=made[0])
        self.app("second")
        control.log.clear()
        self.settle()
        self.assertEqual([n for n in writes() if "OpenIDConnectProvider" in n], [])
        self.app("gengar")
        out = self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertIn("role/second-deploy uses it", out)
        after = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=made[0])
        self.assertEqual({k: v for k, v in after.items() if k != "ResponseMetadata"},
                         {k: v for k, v in whole.items() if k != "ResponseMetadata"})
        self.app("second")
        self.assert_settled()
        self.berth("destroy", "--yes", "second", "--with-data")
        self.assertEqual(self.providers(), made)
        # Whoever made it may take it away once nobody uses it.
        self.app("gengar")
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertEqual(self.listing(), {})

    def test_made_by_nobody_of_berth(self):
        iam = self.aws("iam")
        arn = iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["another"])["OpenIDConnectProviderArn"]
        self.app("gengar")
        control.log.clear()
        self.berth("apply", "--yes", code=3)
        self.assertIn("client_ids is not as this app needs it", self.last.stderr)
        self.assertEqual([n for n in writes() if n.startswith("iam.")], [])
        self.adopt("iam.oidc_provider.github")
        self.settle()
        self.assertEqual(sorted(iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"]),
                         ["another", "sts.amazonaws.com"])
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertEqual(self.providers(), [arn])


class OneWriter(AdoptCase, LeaseCase):
    def test_another_run_is_at_work(self):
        self.write(REGISTRY)
        self.aws("ecr").create_repository(repositoryName="gengar")
        self.held_by_another(600)
        control.log.clear()
        self.adopt("ecr.repository.main", code=3)
        self.assertIn("elsewhere", self.last.stderr)
        self.berth("forget", "ecr.repository.main", "--yes", code=3)
        self.assertEqual(writes(), {})
        self.assertEqual(list(self.candidates()), ["ecr.repository.main"])


class Untouched(AdoptCase):
    def neighbours(self):
        """Objects of others, of many kinds; what names them in requests."""
        ec2, vpc = self.aws("ec2"), self.vpc_by_hand("10.20.0.0/16")
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.0.0/20")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(VpcId=vpc, GroupName="gengar-web", Description="x")["GroupId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self.aws("logs").create_log_group(logGroupName="/ecs/theirs")
        self.aws("ecr").create_repository(repositoryName="theirs", tags=pairs(OWNER))
        self.aws("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=pairs(OWNER))
        self.aws("iam").put_role_policy(RoleName="theirs", PolicyName="p", PolicyDocument=json.dumps(READ))
        self.aws("ssm").put_parameter(Name="/theirs/SECRET", Type="SecureString", Value="x")
        self.aws("ecs").create_cluster(clusterName="theirs")
        api = self.aws("apigatewayv2").create_api(Name="gengar", ProtocolType="HTTP")["ApiId"]
        return [vpc, subnet, group, gateway, api, "theirs"]

    def test_no_write_names_what_is_others(self):
        names, seen, add = self.neighbours(), [], control.log.add

        def record(started, service, operation, params, *rest):
            if operation and not operation.name.startswith(READS):
                seen.append(f"{operation.name} {json.dumps(params, default=str)}")
            add(started, service, operation, params, *rest)
        before = self.listing()
        control.log.add = record
        try:
            self.apply()
            self.edit("retention_days: 14", "retention_days: 30")
            self.apply()
            self.berth("destroy", "--yes", "gengar", "--with-data", "--with-adopted")
        finally:
            del control.log.add
        self.assertGreater(len(seen), 80)
        self.assertEqual([s for s in seen if any(n in s for n in names)], [])
        left = self.listing()
        left.pop("db_snapshot")
        self.assertEqual(left, before)


if __name__ == "__main__":
    unittest.main()

"""What AWS does to those who do not know: late news, holders, leftovers, orders. Each is told by its documents."""
import json
import subprocess
import unittest

from stack import BERTH, StackCase

import cloudmap
import control
import faults
from app import LOCK

NO_ROLE_YET = ("Unable to assume the service linked role. Please verify that the ECS service linked role exists.")
# What is just made is not known everywhere yet, and what is changing takes no change: (service, action, code, message).
LATE = (
    ("ec2", "ModifyVpcAttribute", "InvalidVpcID.NotFound", "The vpc ID does not exist"),
    ("ec2", "CreateSubnet", "InvalidVpcID.NotFound", "The vpc ID does not exist"),
    ("ec2", "CreateRouteTable", "InvalidVpcID.NotFound", "The vpc ID does not exist"),
    ("ec2", "CreateSecurityGroup", "InvalidVpcID.NotFound", "The vpc ID does not exist"),
    ("ec2", "AttachInternetGateway", "InvalidInternetGatewayID.NotFound", "The internetGateway ID does not exist"),
    ("ec2", "CreateRoute", "InvalidGatewayID.NotFound", "The gateway ID does not exist"),
    ("ec2", "CreateRoute", "InvalidRouteTableID.NotFound", "The routeTable ID does not exist"),
    ("ec2", "CreateRoute", "InvalidParameterValue",
     "route table rtb-1 and network gateway igw-1 belong to different networks"),
    ("ec2", "AssociateRouteTable", "InvalidRouteTableId.NotFound", "The routeTable ID does not exist"),
    ("ec2", "AssociateRouteTable", "InvalidSubnetId.NotFound", "The subnet ID does not exist"),
    ("ec2", "RevokeSecurityGroupEgress", "InvalidGroup.NotFound", "The security group does not exist"),
    ("ec2", "AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound", "The security group does not exist"),
    ("ec2", "AuthorizeSecurityGroupEgress", "InvalidSecurityGroupID.NotFound", "The security group does not exist"),
    ("ec2", "DescribeSubnets", "InvalidSubnetID.NotFound", "The subnet ID does not exist"),
    ("rds", "CreateDBSubnetGroup", "InvalidSubnet", "Some input subnets in :[subnet-1] are invalid."),
    ("rds", "CreateDBInstance", "InvalidParameterValue", "Invalid security group, groupId= sg-1, groupName=."),
    ("iam", "PutRolePolicy", "NoSuchEntity", "The role with name gengar-execution cannot be found."),
    ("iam", "AttachRolePolicy", "NoSuchEntity", "The role with name gengar-execution cannot be found."),
    ("iam", "CreateRole", "MalformedPolicyDocument", 'Invalid principal in policy: "FEDERATED":"arn:aws:iam::1:x"'),
    ("iam", "PutRolePolicy", "ConcurrentModification", "The request was rejected because multiple requests"),
    ("logs", "PutRetentionPolicy", "OperationAbortedException", "A conflicting operation is currently in progress"),
    ("ssm", "PutParameter", "TooManyUpdates", "There are concurrent updates for a resource that supports one update"),
    ("ecr", "PutLifecyclePolicy", "ServerException", "These errors are usually caused by a server-side issue."),
    ("ecs", "CreateCluster", "InvalidParameterException", NO_ROLE_YET),
    ("ecs", "RegisterTaskDefinition", "ClientException", "Role is not valid"),
    ("ecs", "CreateService", "InvalidParameterException", NO_ROLE_YET),
    ("ecs", "CreateService", "InvalidParameterException",
     "Unable to assume role and validate the listeners. Please verify that the ECS service role being passed has the "
     "proper permissions."),
    ("ecs", "CreateService", "InvalidParameterException",
     "Creation of service was not started: unable to Start a service that is still Draining."),
    ("ecs", "CreateService", "ClusterNotFoundException", "Cluster not found."),
    ("servicediscovery", "CreateService", "NamespaceNotFound", "ns-1"),
    ("servicediscovery", "CreatePrivateDnsNamespace", "RequestLimitExceeded", "The operation can't be completed"),
    ("apigatewayv2", "CreateIntegration", "ConflictException",
     "Unable to complete operation due to concurrent modification. Please try again later."),
    ("apigatewayv2", "CreateRoute", "ConflictException",
     "Unable to complete operation due to concurrent modification. Please try again later."),
)
# While it changes: what takes no other change yet.
CHANGING = (
    ("ecs", "PutClusterCapacityProviders", "UpdateInProgressException", "The specified cluster is in a busy state"),
    ("ecs", "PutClusterCapacityProviders", "ClientException", "Cluster was not ACTIVE."),
    ("ecs", "PutClusterCapacityProviders", "ResourceInUseException", "The specified capacity provider is in use"),
    ("rds", "ModifyDBInstance", "InvalidDBInstanceState", "Database instance is not in available state."),
    ("servicediscovery", "UpdateService", "DuplicateRequest", "Another operation is in progress"),
)
# While it goes: what is still in use, or being taken away.
IN_USE = (
    ("ec2", "DetachInternetGateway", "DependencyViolation", "Network vpc-1 has some mapped public address(es)."),
    ("ec2", "DeleteInternetGateway", "DependencyViolation", "The internetGateway has dependencies"),
    ("ec2", "DeleteSubnet", "DependencyViolation", "The subnet has dependencies and cannot be deleted."),
    ("ec2", "DeleteSecurityGroup", "DependencyViolation", "resource sg-1 has a dependent object"),
    ("ec2", "DeleteRouteTable", "DependencyViolation", "The routeTable has dependencies and cannot be deleted."),
    ("ec2", "DeleteVpc", "DependencyViolation", "The vpc has dependencies and cannot be deleted."),
    ("iam", "DeleteRole", "DeleteConflict", "Cannot delete entity, must detach all policies first."),
    ("rds", "ModifyDBInstance", "InvalidDBInstanceState", "Database instance is not in available state."),
    ("rds", "DeleteDBInstance", "InvalidParameterCombination",
     "Cannot delete protected DB Instance, please disable deletion protection and try again."),
    ("rds", "DeleteDBInstance", "InvalidDBInstanceState", "DB instance is not in available state."),
    ("rds", "DeleteDBSubnetGroup", "InvalidDBSubnetGroupStateFault", "Cannot delete the subnet group: in use."),
    ("ecs", "DeleteService", "InvalidParameterException", "The service cannot be stopped while it is scaled above 0."),
    ("ecs", "DeleteService", "InvalidParameterException",
     "The service cannot be stopped while deployments are active."),
    ("ecs", "DeleteCluster", "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active."),
    ("ecs", "DeleteCluster", "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are."),
    ("ecs", "DeleteCluster", "UpdateInProgressException", "The specified cluster is in a busy state"),
    ("servicediscovery", "DeleteService", "ResourceInUse", "Service contains registered instances"),
    ("servicediscovery", "DeleteNamespace", "ResourceInUse", "Namespace has associated services"),
    ("apigatewayv2", "DeleteVpcLink", "BadRequestException",
     "Cannot delete vpc link. Vpc link 'abc123', is referenced in [ANY:xyz] in format of [Method:Resource]"),
    ("apigatewayv2", "DeleteIntegration", "ConflictException",
     "Cannot delete Integration because it is referenced by the following Routes with Ids: [xyz]"),
)
DELETES = (
    "DeleteStage", "DeleteRoute", "DeleteIntegration", "DeleteApi", "DeleteVpcLink", "DeleteService", "DeleteNamespace",
    "DeregisterTaskDefinition", "DeleteTaskDefinitions", "DeleteCluster", "DeleteDBInstance", "DeleteDBSubnetGroup",
    "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "DeleteSecurityGroup", "DisassociateRouteTable",
    "DeleteRouteTable", "DeleteSubnet", "DetachInternetGateway", "DeleteInternetGateway", "DeleteVpc",
    "DetachRolePolicy", "DeleteRolePolicy", "DeleteRole", "DeleteOpenIDConnectProvider", "DeleteLogGroup",
    "DeleteLifecyclePolicy", "DeleteRepository", "DeleteParameter",
)


def once(faults):
    return [{"service": s, "action": a, "kind": "error", "status": 400, "times": 1, "code": c, "message": m}
            for s, a, c, m in faults]


class TrapCase(StackCase):
    def faults(self, *rules):
        self.set(faults=list(rules))

    def writes(self):
        """(service, action, parameters) of all writes from now on, in the order in which AWS got them."""
        seen, add = [], control.log.add

        def note(started, service, operation, params, status, code):
            if operation and status < 400 and not operation.name.startswith(("Describe", "List", "Get")):
                seen.append((service, operation.name, params))
            add(started, service, operation, params, status, code)

        control.log.add = note
        self.addCleanup(control.log.__dict__.pop, "add", None)
        return seen


class Late(TrapCase):
    def test_what_is_just_made_is_not_known_everywhere(self):
        self.faults(*once(LATE))
        self.apply()
        self.assertEqual(self.left(), [])
        self.faults()
        self.assert_settled()

    def test_what_goes_is_in_use_for_a_while(self):
        empty = self.listing()
        self.apply()
        self.faults(*once(IN_USE))
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertEqual(self.left(), [])
        left = self.listing()
        left.pop("db_snapshot")
        self.assertEqual(left, empty)

    def test_what_changes_takes_no_other_change(self):
        self.apply()
        with open(self.dir / "berth.yaml", "a", encoding="utf-8") as spec:
            spec.write("\noverride:\n"
                       "  ecs.cluster.main: {default_strategy: [{provider: FARGATE, weight: 1}]}\n"
                       "  servicediscovery.service.web: {dns: [{type: SRV, ttl: 20}]}\n")
        self.edit("storage: 20", "storage: 30")
        self.faults(*once(CHANGING))
        self.apply()
        self.assertEqual(self.left(), [])
        self.faults()
        self.assert_settled()

    def test_what_is_gone_already_is_gone(self):
        """The answer to every delete is lost: the second one meets nothing."""
        empty = self.listing()
        self.apply()
        self.faults(*({"action": a, "kind": "drop", "times": 1} for a in DELETES))
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.assertEqual(self.left(), [])
        left = self.listing()
        left.pop("db_snapshot")
        self.assertEqual(left, empty)

    @staticmethod
    def left():
        with LOCK:
            return [r for r in faults._rules() if r["times"]]


class Holders(TrapCase):
    def details(self, text, address):
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [o.get("detail", "") for o in lines if o.get("address") == address]

    def test_who_keeps_a_network_is_said(self):
        self.edit(r"^    port: 3000", "    image: docker.io/library/nginx:1.27\n    port: 3000")
        self.edit(r"secrets: \[OPENAI_API_KEY.*", "secrets: [DATABASE_URL]")
        self.apply()
        # Tasks give their interfaces back late: 14 s.
        self.set(eni_release_s=140.0)
        done = self.run_berth("--json", "destroy", "--yes", "gengar")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = self.details(done.stdout + done.stderr, "ec2.security_group.web")
        self.assertTrue([d for d in said if "held by network interface eni-" in d and "of a Fargate task" in d], said)
        said = self.details(done.stdout + done.stderr, "ec2.gateway_attachment.main")
        self.assertTrue([d for d in said if "of a Fargate task" in d], said)

    def test_who_names_a_group_is_said_at_the_end_too(self):
        """A rule of somebody else's group: nobody but its owner can take it away."""
        self.apply()
        ec2, web = self.aws("ec2"), self.live("ec2.security_group.web")
        other = ec2.create_security_group(GroupName="bastion", Description="d", VpcId=web["vpc"])["GroupId"]
        rule = ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": web["id"]}]}])
        rule = rule["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        berth = self.start("--json", "destroy", "--yes", "gengar")
        self.until(lambda: self.seen(berth, f"a rule of security group {other} (bastion)"), 60)
        ec2.revoke_security_group_ingress(GroupId=other, SecurityGroupRuleIds=[rule])
        ec2.delete_security_group(GroupId=other)
        self.assertEqual(berth.wait(60), 0)

    def start(self, *args):
        self.out = open(self.dir / "out", "w+", encoding="utf-8")
        self.addCleanup(self.out.close)
        berth = subprocess.Popen([BERTH, *args], cwd=self.dir, env=self.env(), stdin=subprocess.DEVNULL,
                                 stdout=self.out, stderr=subprocess.STDOUT)
        self.addCleanup(berth.kill)
        return berth

    def seen(self, berth, words):
        if berth.poll() is not None:
            self.fail("it ended: " + (self.dir / "out").read_text())
        return words in (self.dir / "out").read_text()


class Leftovers(TrapCase):
    def put_instance(self, name, service, by):
        with LOCK:
            box = cloudmap.boxes.at("123456789012", "us-east-1")
            box.services[service]["_instances"][name] = {
                "AWS_INSTANCE_IPV4": "10.20.0.9", "AWS_INSTANCE_PORT": "3000", **({"ECS_SERVICE_NAME": by} if by else {})}

    def test_instances_that_ecs_forgot_are_taken_off_the_list(self):
        self.apply()
        self.put_instance("lost-1", self.live("servicediscovery.service.web")["id"], "web")
        self.put_instance("lost-2", self.live("servicediscovery.service.web")["id"], "web")
        seen = self.writes()
        self.berth("destroy", "--yes", "gengar", timeout=120)
        self.assertNotIn("sd_service", self.listing())
        self.assertEqual(sorted(p["InstanceId"] for _, a, p in seen if a == "DeregisterInstance"), ["lost-1", "lost-2"])


class Orders(TrapCase):
    @staticmethod
    def at(seen, action):
        """Places of "service.Action" in the order of the writes; there is at least one."""
        found = [i for i, (service, name, _) in enumerate(seen) if f"{service}.{name}" == action]
        if not found:
            raise AssertionError(f"there was no {action}")
        return found

    def assert_before(self, seen, first, then):
        self.assertLess(max(self.at(seen, first)), min(self.at(seen, then)), f"{first} is not before {then}")

    def test_a_teardown_leaves_nobody_writing(self):
        self.edit(r"^    port: 3000", "    image: docker.io/library/nginx:1.27\n    port: 3000")
        self.edit(r"secrets: \[OPENAI_API_KEY.*", "secrets: [DATABASE_URL]")
        self.apply()
        seen = self.writes()
        self.berth("destroy", "--yes", "gengar", "--with-data")
        # Whoever writes lines goes before the groups, or a service makes them again.
        self.assert_before(seen, "apigatewayv2.DeleteStage", "logs.DeleteLogGroup")
        groups = {p["logGroupName"]: i for i, (_, action, p) in enumerate(seen) if action == "DeleteLogGroup"}
        self.assertLess(self.at(seen, "ecs.DeleteService")[0], groups["/ecs/gengar"])
        # Tasks act as their roles until they have stopped.
        tasks = [(s, a, p) for s, a, p in seen if p.get("RoleName") != "gengar-deploy"]
        for action in ("iam.DeleteRolePolicy", "iam.DetachRolePolicy", "iam.DeleteRole", "ecs.DeregisterTaskDefinition",
                       "ecs.DeleteCluster", "servicediscovery.DeleteService"):
            self.assert_before(tasks, "ecs.DeleteService", action)
        for first, then in (("apigatewayv2.DeleteRoute", "apigatewayv2.DeleteIntegration"),
                            ("apigatewayv2.DeleteIntegration", "apigatewayv2.DeleteVpcLink"),
                            ("servicediscovery.DeleteService", "servicediscovery.DeleteNamespace"),
                            ("rds.DeleteDBInstance", "rds.DeleteDBSubnetGroup"),
                            ("ec2.DetachInternetGateway", "ec2.DeleteInternetGateway"),
                            ("ec2.RevokeSecurityGroupIngress", "ec2.DeleteSecurityGroup"),
                            ("ec2.DeleteSecurityGroup", "ec2.DeleteVpc"), ("ec2.DeleteSubnet", "ec2.DeleteVpc")):
            self.assert_before(seen, first, then)
        # The group of the link goes when the link's interfaces are gone.
        link = self.at(seen, "apigatewayv2.DeleteVpcLink")[0]
        self.assertGreater(max(self.at(seen, "ec2.DeleteSecurityGroup")), link)


if __name__ == "__main__":
    unittest.main()

"""Any one object deleted by hand is planned, with what truly hangs on it, and comes back."""
import unittest

from botocore.exceptions import ClientError

from stack import StackCase

# Deleting these through the API is refused while others use them, by AWS too: the test then demands an empty plan.
# What else a lost object takes with it, beyond itself.
FOLLOWS = {
    "ssm.parameter.database-password": {"rds.instance.main", "ssm.parameter.database-url"},
    "rds.instance.main": {"ssm.parameter.database-url"},
}


class DeleteEach(StackCase):
    def remover(self, address, live):
        """A call that deletes the live object of an address, as somebody with the AWS CLI would."""
        ec2, ecs, iam = self.aws("ec2"), self.aws("ecs"), self.aws("iam")
        api, sd = self.aws("apigatewayv2"), self.aws("servicediscovery")
        kind = address.rsplit(".", 1)[0]
        return {
            "ec2.vpc": lambda: ec2.delete_vpc(VpcId=live["id"]),
            "ec2.internet_gateway": lambda: ec2.delete_internet_gateway(InternetGatewayId=live["id"]),
            "ec2.gateway_attachment": lambda: ec2.detach_internet_gateway(InternetGatewayId=live["gateway"],
                                                                         VpcId=live["vpc"]),
            "ec2.subnet": lambda: ec2.delete_subnet(SubnetId=live["id"]),
            "ec2.route_table": lambda: ec2.delete_route_table(RouteTableId=live["id"]),
            "ec2.route": lambda: ec2.delete_route(RouteTableId=live["table"],
                                                  DestinationCidrBlock=live["destination"]),
            "ec2.route_association": lambda: ec2.disassociate_route_table(AssociationId=live["id"]),
            "ec2.security_group": lambda: ec2.delete_security_group(GroupId=live["id"]),
            "ec2.security_group_rule": lambda: (
                ec2.revoke_security_group_egress if live.get("egress") else ec2.revoke_security_group_ingress)(
                    GroupId=live["group"], SecurityGroupRuleIds=[live["id"]]),
            "rds.subnet_group": lambda: self.aws("rds").delete_db_subnet_group(DBSubnetGroupName=live["name"]),
            "rds.instance": lambda: self.delete_database(live["name"]),
            "ecr.repository": lambda: self.aws("ecr").delete_repository(repositoryName=live["name"], force=True),
            "ecr.lifecycle_policy": lambda: self.aws("ecr").delete_lifecycle_policy(
                repositoryName=live["repository"]),
            "logs.group": lambda: self.aws("logs").delete_log_group(logGroupName=live["name"]),
            "iam.role": lambda: iam.delete_role(RoleName=live["name"]),
            "iam.role_policy": lambda: iam.delete_role_policy(RoleName=live["role"], PolicyName=live["name"]),
            "iam.role_attachment": lambda: iam.detach_role_policy(RoleName=live["role"],
                                                                  PolicyArn=live["policy_arn"]),
            "iam.oidc_provider": lambda: iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=live["arn"]),
            "ssm.parameter": lambda: self.aws("ssm").delete_parameter(Name=live["name"]),
            "ecs.cluster": lambda: ecs.delete_cluster(cluster=live["name"]),
            "ecs.task_definition": lambda: ecs.deregister_task_definition(taskDefinition=live["arn"]),
            "ecs.service": lambda: ecs.delete_service(cluster=live["cluster"], service=live["name"], force=True),
            "servicediscovery.namespace": lambda: sd.delete_namespace(Id=live["id"]),
            "servicediscovery.service": lambda: sd.delete_service(Id=live["id"]),
            "apigateway.vpc_link": lambda: api.delete_vpc_link(VpcLinkId=live["id"]),
            "apigateway.api": lambda: api.delete_api(ApiId=live["id"]),
            "apigateway.integration": lambda: api.delete_integration(ApiId=live["api"], IntegrationId=live["id"]),
            "apigateway.route": lambda: api.delete_route(ApiId=live["api"], RouteId=live["id"]),
            "apigateway.stage": lambda: api.delete_stage(ApiId=live["api"], StageName=live["name"]),
        }[kind]

    def delete_database(self, name):
        rds = self.aws("rds")
        rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True)
        self.until(lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available")
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        self.until(lambda: not rds.describe_db_instances()["DBInstances"])

    def test_each(self):
        self.apply()
        refused = []
        for address in self.addresses():
            with self.subTest(address=address):
                try:
                    self.remover(address, self.live(address))()
                except ClientError as e:
                    refused.append((address, e.response["Error"]["Code"]))
                    self.assert_settled()
                    continue
                actions = self.actions()
                self.assertEqual(actions.pop(address, None) in ("create", "replace", "update"), True,
                                 f"{address} is not planned: {actions}")
                self.check_followers(address, actions)
                self.apply()
                self.assert_settled()
        # What AWS itself refuses to delete while it is used.
        self.assertLessEqual({a.rsplit(".", 1)[0] for a, _ in refused},
                             {"ec2.vpc", "ec2.internet_gateway", "ec2.gateway_attachment", "ec2.subnet",
                              "ec2.route_table", "ec2.security_group", "rds.subnet_group", "iam.role", "ecs.cluster",
                              "servicediscovery.namespace", "servicediscovery.service", "apigateway.vpc_link",
                              "apigateway.integration"}, refused)

    def check_followers(self, address, actions):
        """Others may only be touched because they refer to what is gone."""
        allowed = FOLLOWS.get(address, set())
        lost = address.split(".")
        for other, act in actions.items():
            if other in allowed or other.split(".")[0] == lost[0] == "apigateway":
                continue
            self.assertNotEqual(act, "delete", f"{address} took {other} along")
            if other.split(".")[0] != lost[0] and not self.refers(other, address):
                self.fail(f"{address} is gone, and {other} is planned to {act}")

    def refers(self, other, address):
        doc = self.__dict__.setdefault("_expanded", None)
        if doc is None:
            import json
            doc = self._expanded = json.loads(self.berth("plan", "--expand"))["resources"]
        seen, todo = set(), [other]
        import json
        while todo:
            name = todo.pop()
            if name in seen or name not in doc:
                continue
            seen.add(name)
            text = json.dumps(doc[name])
            if f'"{address}.' in text or f'"{address}"' in text:
                return True
            todo += [n for n in doc if f'"{n}.' in text]
        return False


if __name__ == "__main__":
    unittest.main()

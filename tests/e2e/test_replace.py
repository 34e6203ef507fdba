"""Replacements in an order that AWS takes, parts of a plan, and what is refused before anything was done."""
import unittest

from stack import StackCase

import config
from app import LOCK


class ReplaceCase(StackCase):
    def without_database(self):
        self.edit(r"(?s)^database:.*?\n\n", "")
        self.edit(r", DATABASE_URL\]", "]")

    def plan_of(self, *args):
        import json
        return {a["address"]: a for a in json.loads(self.berth("--json", "plan", *args))["actions"]}


class Network(ReplaceCase):
    def test_another_network_makes_all_of_it_anew(self):
        self.without_database()
        self.apply()
        api = self.live("apigateway.api.main")["id"]
        self.edit("10.20.0.0/16", "10.30.0.0/16")
        plan = self.plan_of()
        for address in ("ec2.vpc.main", "ec2.security_group.web", "apigateway.vpc_link.main", "ecs.service.web",
                        "servicediscovery.namespace.main"):
            self.assertEqual((plan[address]["action"], plan[address]["order"]), ("replace", "delete first"), address)
        self.apply()
        self.assert_settled()
        vpcs = [v["CidrBlock"] for v in self.aws("ec2").describe_vpcs()["Vpcs"] if not v["IsDefault"]]
        self.assertEqual(vpcs, ["10.30.0.0/16"])
        self.assertEqual(self.live("apigateway.api.main")["id"], api)

    def test_not_below_a_database(self):
        self.apply()
        before = self.listing()
        self.edit("10.20.0.0/16", "10.30.0.0/16")
        self.berth("plan", code=3)
        self.assertIn("rds.instance.main would have to be replaced, and its data would be lost", self.last.stderr)
        self.berth("apply", "--yes", code=3)
        self.assertEqual(self.listing(), before)

    def test_not_below_a_database_that_stays(self):
        self.apply()
        self.without_database()
        self.edit("10.20.0.0/16", "10.30.0.0/16")
        self.berth("apply", "--yes", code=3)
        self.assertIn("which stays", self.last.stderr)

    def test_lost_answers_while_names_are_taken_again(self):
        self.without_database()
        self.apply()
        before = {k: len(v) for k, v in self.listing().items()}
        self.edit("10.20.0.0/16", "10.30.0.0/16")
        with LOCK:
            config.knobs.update({"faults": [
                {"service": s, "action": a, "kind": "drop", "times": 1} for s, a in (
                    ("ec2", "CreateSecurityGroup"), ("servicediscovery", "CreateService"), ("ecs", "CreateService"),
                    ("apigatewayv2", "CreateRoute"), ("ec2", "CreateSubnet"), ("ec2", "AttachInternetGateway"))]})
        self.apply()
        self.assert_settled()
        self.assertEqual({k: len(v) for k, v in self.listing().items()}, before)


class Parts(ReplaceCase):
    def test_only_brings_its_users_along(self):
        """A new link is of no use, and the old one cannot go, before the integration has moved."""
        self.apply()
        self.edit("zones: 2 ", "zones: 3 ")
        plan = self.plan_of("--only", "apigateway.vpc_link.main")
        self.assertEqual(plan["apigateway.vpc_link.main"]["action"], "replace")
        self.assertEqual(plan["apigateway.integration.web"]["action"], "update")
        self.assertIn("ec2.subnet.public-c", plan)
        self.assertNotIn("rds.subnet_group.main", plan)
        self.apply_part("--only", "apigateway.vpc_link.main")
        self.assertEqual(len(self.aws("apigatewayv2").get_vpc_links()["Items"]), 1)
        self.apply()
        self.assert_settled()

    def test_except_leaves_out_what_cannot_be_without(self):
        self.apply()
        self.edit("zones: 2 ", "zones: 3 ")
        plan = self.plan_of("--except", "apigateway.integration.web")
        self.assertNotIn("apigateway.integration.web", plan)
        self.assertNotIn("apigateway.vpc_link.main", plan)
        self.apply_part("--except", "apigateway.integration.web")
        self.apply()
        self.assert_settled()

    def apply_part(self, *args):
        self.berth("apply", "--yes", *args, timeout=60)


class Clash(ReplaceCase):
    def test_foreign_name_is_refused_before_anything_is_made(self):
        empty = self.listing()
        self.aws("logs").create_log_group(logGroupName="/ecs/gengar")
        self.berth("apply", "--yes", code=3)
        self.assertIn("logs.group.services cannot be made", self.last.stderr)
        self.aws("logs").delete_log_group(logGroupName="/ecs/gengar")
        self.assertEqual(self.listing(), empty)


if __name__ == "__main__":
    unittest.main()

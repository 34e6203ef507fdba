"""The comparison itself: it must not see ids, and must see everything else."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sandbox"))

import server  # noqa: E402,F401  (says what is not installed)
import harness  # noqa: E402

import compare  # noqa: E402
import ideal  # noqa: E402
from describe import describe, policy  # noqa: E402
from names import Names, Unordered  # noqa: E402


class Description(harness.Case):
    def stack(self):
        """A corner of the stack, with rules between groups."""
        vpc, subnets, _ = self.network()
        ec2 = harness.client("ec2")
        groups = [ec2.create_security_group(GroupName=f"gengar-{name}", Description=name, VpcId=vpc)["GroupId"]
                  for name in ("web", "database")]
        ec2.authorize_security_group_ingress(GroupId=groups[1], IpPermissions=[{
            "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": groups[0]}]}])
        return vpc, subnets, groups

    def seen(self):
        return describe(harness.client)

    def test_two_accounts_built_alike_are_equal(self):
        self.stack()
        first = self.seen()
        self.setUp()
        self.stack()
        self.assertEqual(list(compare.differences(first, self.seen())), [])
        self.assertIn("rule group database ingress tcp 5432-5432 group web: description", first["firewall"])

    def test_one_attribute_is_one_difference(self):
        _, subnets, _ = self.stack()
        first = self.seen()
        harness.client("ec2").modify_subnet_attribute(SubnetId=subnets[1], MapPublicIpOnLaunch={"Value": True})
        found = list(compare.differences(first, self.seen()))
        self.assertEqual([(d.part, d.what, d.values, d.reason) for d in found],
                         [("network", "<subnet b>: MapPublicIpOnLaunch", (False, True), None)])

    def test_one_rule_more_is_seen(self):
        _, _, groups = self.stack()
        first = self.seen()
        harness.client("ec2").authorize_security_group_ingress(GroupId=groups[0], IpPermissions=[{
            "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        found = list(compare.differences(first, self.seen()))
        self.assertEqual([(d.what, d.values[0]) for d in found],
                         [("rule group web ingress tcp 22-22 0.0.0.0/0: description", compare.ABSENT)])

    def test_only_the_owner_tags_are_intended(self):
        vpc, _, _ = self.stack()
        first = self.seen()
        harness.client("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "berth:app", "Value": "gengar"},
                                                                 {"Key": "berth", "Value": "x"}])
        found = {d.what.rpartition("vpc>: ")[2]: bool(d.reason) for d in compare.differences(first, self.seen())}
        self.assertEqual(found, {"berth:app": True, "berth": False})


class Order(unittest.TestCase):
    def test_roles_decide_and_not_ids(self):
        names = Names()
        names.add("id-2", "a")
        names.add("id-1", "b")
        self.assertEqual(names({"x": Unordered(["id-1", "id-2"])}), {"x": ["<a>", "<b>"]})
        self.assertEqual(names(["id-1", "id-2"]), ["<b>", "<a>"])

    def test_a_second_object_of_a_kind_has_a_name_of_its_own(self):
        names = Names()
        names.add_all([{"Id": "v-1"}, {"Id": "v-12"}], "Id", "vpc")
        self.assertEqual(names("v-12 v-1 xv-1"), "<vpc #2> <vpc> xv-1")


class Policy(unittest.TestCase):
    @staticmethod
    def document(**more):
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["b", "a"], **more}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def test_spelling_means_nothing(self):
        self.assertEqual(policy(self.document()), policy(self.document(Action=["s3:GetObject"], Resource=["a", "b"])))
        condition = {"StringEquals": {"k": "v"}}
        self.assertEqual(policy(self.document(Condition=condition)),
                         policy(self.document(Condition={"StringEquals": {"k": ["v"]}})))

    def test_meaning_means_something(self):
        plain = policy(self.document())
        for change in ({"Effect": "Deny"}, {"Action": "s3:*"}, {"Resource": ["a"]}, {"NotPrincipal": {"AWS": "x"}},
                       {"Condition": {"StringEquals": {"k": "v"}}}, {"Condition": {"StringLike": {"k": "v"}}}):
            self.assertNotEqual(plain, policy(self.document(**change)), change)


class Ideal(unittest.TestCase):
    def test_longest_chain(self):
        steps = {"a": ideal.Step((), 2), "b": ideal.Step(("a",), 1, ("d_s",)), "c": ideal.Step(("a",), 3)}
        knobs = {"scale": 2.0, "latency_ms": 0, "d_s": 1.5}
        self.assertEqual(ideal.critical_path(knobs, steps), (3.0, ("a", "b")))
        seconds, chain = ideal.critical_path({**knobs, "latency_ms": 10_000}, steps)
        self.assertEqual((seconds, chain), (50.0, ("a", "c")))

    def test_every_delay_is_a_knob_of_the_server(self):
        knobs = {**harness.config.knobs.as_dict(), "scale": 1.0}
        self.assertGreaterEqual(ideal.critical_path(knobs)[0], knobs["rds_create_s"] + knobs["rds_backup_s"])


if __name__ == "__main__":
    unittest.main()

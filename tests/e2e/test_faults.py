"""Lost answers, throttles, refusals and interruptions: the end is the same, and nothing is there twice."""
import shutil
import signal
import subprocess
import time
import unittest

from stack import BERTH, StackCase

import config
import control
from app import LOCK

# Every call that makes something, as botocore names it.
CREATES = (
    ("ec2", "CreateVpc"), ("ec2", "CreateInternetGateway"), ("ec2", "AttachInternetGateway"), ("ec2", "CreateSubnet"),
    ("ec2", "CreateRouteTable"), ("ec2", "CreateRoute"), ("ec2", "AssociateRouteTable"),
    ("ec2", "CreateSecurityGroup"), ("ec2", "AuthorizeSecurityGroupIngress"), ("ec2", "AuthorizeSecurityGroupEgress"),
    ("rds", "CreateDBSubnetGroup"), ("rds", "CreateDBInstance"),
    ("iam", "CreateRole"), ("iam", "PutRolePolicy"), ("iam", "AttachRolePolicy"),
    ("iam", "CreateOpenIDConnectProvider"),
    ("ssm", "PutParameter"), ("logs", "CreateLogGroup"), ("ecr", "CreateRepository"), ("ecr", "PutLifecyclePolicy"),
    ("ecs", "CreateCluster"), ("ecs", "RegisterTaskDefinition"), ("ecs", "CreateService"),
    ("servicediscovery", "CreatePrivateDnsNamespace"), ("servicediscovery", "CreateService"),
    ("apigatewayv2", "CreateVpcLink"), ("apigatewayv2", "CreateApi"), ("apigatewayv2", "CreateIntegration"),
    ("apigatewayv2", "CreateRoute"), ("apigatewayv2", "CreateStage"),
)


def counts(listing):
    """How many there are of each kind."""
    return {kind: len(ids) for kind, ids in listing.items()}


class FaultCase(StackCase):
    once = None

    def faults(self, *rules):
        with LOCK:
            config.knobs.update({"faults": list(rules)})

    def converges(self, *rules, **kwargs):
        """One apply under faults is enough, and it leaves what an apply without faults leaves."""
        self.faults(*rules)
        self.apply(**kwargs)
        self.faults()
        self.assert_settled()
        self.berth("drift")

    def wanted(self):
        """What the stack has, counted once in an account that is emptied again: {kind: number}."""
        if FaultCase.once is None:
            self.apply()
            FaultCase.once = self.listing()
            self.start_anew()

    def start_anew(self):
        with LOCK:
            control.reset()
        shutil.rmtree(self.dir / ".berth")

    def assert_once(self):
        self.assertEqual(counts(self.listing()), counts(self.once))


class LostAnswers(FaultCase):
    def lost(self, service, action, kind):
        self.wanted()
        self.converges({"service": service, "action": action, "kind": kind, "times": 1})
        self.assert_once()


def _add(kind, word):
    for service, action in CREATES:
        def test(self, service=service, action=action):
            self.lost(service, action, kind)
        setattr(LostAnswers, f"test_{word}_{service}_{action}", test)


_add("drop", "done")


class Faults(FaultCase):
    def test_first_answer_of_every_write_is_lost(self):
        self.wanted()
        self.converges(*({"service": s, "action": a, "kind": "drop", "times": 1} for s, a in CREATES))
        self.assert_once()

    def test_first_request_of_every_write_is_refused(self):
        self.wanted()
        self.converges(*({"service": s, "action": a, "kind": "refuse", "times": 1} for s, a in CREATES))
        self.assert_once()

    def test_every_write_fails_once_with_500(self):
        self.wanted()
        self.converges(*({"service": s, "action": a, "kind": "error", "times": 1} for s, a in CREATES))
        self.assert_once()

    def test_throttled_everywhere(self):
        self.wanted()
        self.converges(*({"service": s, "kind": "throttle", "times": 3} for s in sorted({s for s, _ in CREATES})))
        self.assert_once()

    def test_two_of_a_hundred_answers_are_lost(self):
        self.wanted()
        self.converges({"kind": "drop", "rate": 0.02})
        self.assert_once()

    def test_waiting_outlasts_throttles_and_a_lost_network(self):
        """Twelve polls in a row come to nothing, and each call tries twice only."""
        self.wanted()
        for kind in ("throttle", "refuse"):
            with self.subTest(kind):
                self.converges({"service": "rds", "action": "DescribeDBInstances", "kind": kind, "skip": 1, "times": 12},
                               env=self.env(AWS_MAX_ATTEMPTS="2"))
                self.assert_once()
                self.start_anew()

    def test_destroy_with_lost_answers(self):
        empty = self.listing()
        self.apply()
        self.faults({"action": "De*", "kind": "drop", "rate": 0.1})
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.faults()
        left = self.listing()
        self.assertEqual(len(left.pop("db_snapshot")), 1)
        self.assertEqual(left, empty)


    def test_first_answer_of_every_change_of_a_destroy_is_lost(self):
        empty = self.listing()
        self.apply()
        self.faults(*({"service": s, "action": a, "kind": "drop", "times": 1} for s, a in (
            ("rds", "ModifyDBInstance"), ("rds", "DeleteDBInstance"), ("rds", "DeleteDBSubnetGroup"),
            ("ecs", "UpdateService"), ("ecs", "DeleteService"), ("ecs", "DeregisterTaskDefinition"),
            ("ecs", "DeleteTaskDefinitions"), ("ecs", "DeleteCluster"), ("ec2", "DetachInternetGateway"),
            ("ec2", "DisassociateRouteTable"), ("ec2", "RevokeSecurityGroupIngress"), ("ec2", "DeleteSecurityGroup"),
            ("ec2", "DeleteVpc"), ("iam", "DetachRolePolicy"), ("iam", "DeleteRolePolicy"), ("iam", "DeleteRole"),
            ("servicediscovery", "DeleteService"), ("servicediscovery", "DeleteNamespace"),
            ("apigatewayv2", "DeleteApi"), ("apigatewayv2", "DeleteVpcLink"), ("ecr", "DeleteRepository"),
            ("ssm", "DeleteParameter*"), ("logs", "DeleteLogGroup"))))
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.faults()
        left = self.listing()
        self.assertEqual(len(left.pop("db_snapshot")), 1)
        self.assertEqual(left, empty)


class Failures(FaultCase):
    def test_vpc_link_that_cannot_be_made(self):
        self.wanted()
        self.faults({"service": "apigatewayv2", "action": "CreateVpcLink", "kind": "error", "status": 400,
                     "code": "BadRequestException", "message": "Subnet is in an unsupported zone."})
        self.berth("apply", "--yes", code=1)
        said = self.last.stderr
        self.assertIn("unsupported zone", said)
        self.assertRegex(said, r"(?m)^Done:.*ec2\.vpc\.main")
        self.assertRegex(said, r"(?m)^Failed: apigateway\.vpc_link\.main$")
        self.assertRegex(said, r"(?m)^Not tried:.*apigateway\.integration\.web")
        self.assertIn("again", said)
        # What does not need the link was made all the same.
        self.assertEqual(self.listing()["db_instance"], ["gengar"])
        self.faults()
        left = set(self.actions())
        self.assertIn("apigateway.vpc_link.main", left)
        self.assertNotIn("ec2.vpc.main", left)
        self.apply()
        self.assert_settled()
        self.assert_once()

    def test_denied_names_action_and_ends_at_once(self):
        self.faults({"service": "rds", "action": "CreateDBInstance", "kind": "error", "status": 403,
                     "code": "AccessDenied", "message": "User is not authorized to perform: rds:CreateDBInstance"})
        self.berth("apply", "--yes", code=1)
        self.assertIn("rds:CreateDBInstance", self.last.stderr)
        self.faults()
        self.apply()
        self.assert_settled()

    def test_unreadable_type_is_not_absent(self):
        self.apply()
        for service, action in (("ec2", "DescribeSubnets"), ("rds", "DescribeDBInstances"), ("rds", "ListTagsForResource"),
                                ("ssm", "DescribeParameters"), ("ecs", "DescribeServices"),
                                ("apigatewayv2", "GetRoutes"), ("iam", "GetAccountAuthorizationDetails")):
            with self.subTest(action):
                self.faults({"service": service, "action": action, "kind": "error", "status": 403,
                             "code": "AccessDeniedException", "message": f"not authorized to perform {action}"},
                            {"service": "resourcegroupstaggingapi", "kind": "error", "status": 403,
                             "code": "AccessDeniedException", "message": "not authorized"})
                done = self.run_berth("plan")
                if done.returncode == 0:
                    self.assertIn("Nothing to do", done.stdout)
                else:
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn(action, done.stderr)

    def test_no_network(self):
        done = self.run_berth("plan", env=self.env(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="2"))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("127.0.0.1:9", done.stderr)


class Rollout(FaultCase):
    def setUp(self):
        super().setUp()
        self.edit(r"^    port: 3000", "    image: docker.io/library/nginx:1.27\n    port: 3000")
        # What nobody has put yet cannot be given to a task.
        self.edit(r"secrets: \[OPENAI_API_KEY.*", "secrets: [DATABASE_URL]")

    def test_taken_back_by_the_circuit_breaker(self):
        self.apply()
        self.edit("nginx:1.27", "nginx:broken")
        self.berth("apply", "--yes", code=1)
        said = self.last.stderr
        self.assertIn("ecs.service.web", said)
        self.assertRegex(said, "(?i)circuit breaker|rolled back|ROLLED_BACK|failed to start")
        self.edit("nginx:broken", "nginx:1.28")
        self.apply()
        self.assert_settled()

    def test_first_release_that_never_runs(self):
        self.edit("nginx:1.27", "nginx:broken")
        self.berth("apply", "--yes", code=1)
        self.assertIn("ecs.service.web", self.last.stderr)
        self.edit("nginx:broken", "nginx:1.27")
        self.apply()
        self.assert_settled()


class Interrupted(FaultCase):
    """Killed or interrupted anywhere, the next apply ends where an undisturbed one does."""

    def start(self, *args):
        return subprocess.Popen([BERTH, *args], cwd=self.dir, env=self.env(), text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def calls(self):
        with LOCK:
            return control.log.total

    def stop_after(self, calls, signals):
        berth = self.start("apply", "--yes")
        limit = time.time() + 60
        begun = self.calls()
        while self.calls() - begun < calls and berth.poll() is None and time.time() < limit:
            time.sleep(0.005)
        for signo in signals:
            if berth.poll() is None:
                berth.send_signal(signo)
            time.sleep(0.05)
        out, err = berth.communicate(timeout=60)
        return berth.returncode, err

    def test_killed_here_and_there(self):
        self.wanted()
        for calls in (30, 45, 60, 80, 110, 150):
            self.stop_after(calls, [signal.SIGKILL])
        self.apply()
        self.assert_settled()
        self.assert_once()

    def test_interrupted_once_ends_in_order(self):
        self.wanted()
        code, said = self.stop_after(70, [signal.SIGINT])
        self.assertEqual(code, 1, said)
        self.assertIn("Interrupted", said)
        self.assertIn("Not tried", said)
        self.apply()
        self.assert_settled()
        self.assert_once()

    def test_interrupted_twice_ends_at_once(self):
        self.wanted()
        self.faults({"service": "rds", "action": "CreateDBInstance", "kind": "delay", "ms": 3000})
        code, said = self.stop_after(90, [signal.SIGINT, signal.SIGINT])
        self.assertEqual(code, 1, said)
        self.assertNotIn("Sanitizer", said)
        self.faults()
        self.apply()
        self.assert_settled()
        self.assert_once()


if __name__ == "__main__":
    unittest.main()

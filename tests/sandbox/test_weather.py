"""What the local AWS does on purpose: broken answers, token buckets, a clock that is off."""
import http.client
import time
import unittest
import urllib.parse

import botocore.exceptions as errors
import buckets
import faults
from botocore.parsers import ResponseParserError
from harness import Case, client, endpoint


class Broken(Case):
    def test_failures_in_the_services_own_words(self):
        for service, call, words in (
                ("ecs", "list_clusters", {"ServerException", "ServiceUnavailable", "503"}),
                ("ec2", "describe_vpcs", {"InternalError", "Unavailable", "ServiceUnavailable", "503"})):
            self.set(faults=[{"service": service, "kind": "fail"}])
            seen = set()
            for _ in range(30):
                with self.assertRaises(errors.ClientError) as caught:
                    getattr(client(service), call)()
                answer = caught.exception.response
                self.assertIn(answer["ResponseMetadata"]["HTTPStatusCode"], (500, 503))
                seen.add(answer["Error"]["Code"])
            self.assertTrue(seen <= words and len(seen) > 1, seen)

    def test_failures_after_the_deed(self):
        self.set(faults=[{"action": "CreateCluster", "kind": "fail", "done": 1},
                         {"action": "CreateLogGroup", "kind": "reset", "done": 1},
                         {"action": "CreateRepository", "kind": "reset"}])
        with self.assertRaises(errors.ClientError):
            client("ecs").create_cluster(clusterName="c")
        with self.assertRaises(errors.HTTPClientError):
            client("logs").create_log_group(logGroupName="g")
        with self.assertRaises(errors.HTTPClientError):
            client("ecr").create_repository(repositoryName="app")
        self.assertEqual(len(client("ecs").list_clusters()["clusterArns"]), 1)
        self.assertEqual(len(client("logs").describe_log_groups()["logGroups"]), 1)
        self.assertEqual(client("ecr").describe_repositories()["repositories"], [])
        self.assertEqual(dict(faults.acted), {"fail": 1, "reset": 2})

    def test_garbled_answers_come_after_the_deed(self):
        self.set(faults=[{"action": "CreateInternetGateway", "kind": "garble"}])
        made = 0
        for _ in range(12):
            try:
                client("ec2").create_internet_gateway()
            except (errors.ClientError, errors.HTTPClientError, ResponseParserError):
                pass
            made += 1
        self.assertEqual(len(client("ec2").describe_internet_gateways()["InternetGateways"]), made)

    def test_stall(self):
        self.set(faults=[{"action": "ListClusters", "kind": "stall", "ms": 200, "times": 1}])
        begun = time.monotonic()
        with self.assertRaises(errors.HTTPClientError):
            client("ecs").list_clusters()
        self.assertGreaterEqual(time.monotonic() - begun, 0.2)


class Buckets(Case):
    knobs = {"page_size": 0, "scale": 0.1, "buckets": True}

    def setUp(self):
        super().setUp()
        self.now = 1000.0       # buckets fill only when a test says so
        self.addCleanup(setattr, buckets, "now", buckets.now)
        buckets.now = lambda: self.now

    def calls(self, call, most=200):
        """How many go through before the first is throttled."""
        for n in range(most):
            try:
                call()
            except errors.ClientError as error:
                self.assertIn(error.response["Error"]["Code"],
                              ("ThrottlingException", "RequestLimitExceeded", "Throttling"))
                return n
        return most

    def test_a_bucket_runs_dry_and_fills_again(self):
        logs = client("logs")
        self.assertEqual(self.calls(logs.describe_log_groups), 10)
        self.now += 0.25
        self.assertEqual(self.calls(logs.describe_log_groups), 2)
        self.now += 3600
        self.assertEqual(self.calls(logs.describe_log_groups), 10)

    def test_each_action_of_ec2_has_its_own(self):
        ec2 = client("ec2")
        self.assertEqual(self.calls(ec2.create_internet_gateway), 50)
        self.assertEqual(self.calls(ec2.describe_vpcs, 5), 5)

    def test_others_take_their_share(self):
        self.set(bucket_share=0.1)
        self.assertEqual(self.calls(client("iam").list_roles), 3)

    def test_two_vpc_links_in_a_row(self):
        _, subnets, _ = self.network()
        gateway = client("apigatewayv2")
        gateway.create_vpc_link(Name="a", SubnetIds=subnets)
        self.refused("TooManyRequestsException", gateway.create_vpc_link, Name="b", SubnetIds=subnets, status=429)


class Clock(Case):
    def test_the_date_says_what_the_signature_is_held_against(self):
        self.set(server_clock_s=600)
        where = urllib.parse.urlparse(endpoint()).netloc
        server = http.client.HTTPConnection(where)
        server.request("GET", "/_sandbox/health")
        date = server.getresponse().getheader("Date")
        from email.utils import parsedate_to_datetime
        server.close()
        self.assertAlmostEqual(parsedate_to_datetime(date).timestamp() - time.time(), 600, delta=5)
        self.refused("InvalidSignatureException", client("ecs").list_clusters, contains="Signature expired")
        self.set(server_clock_s=-600)
        self.refused("SignatureDoesNotMatch", client("iam").list_roles, contains="Signature not yet current")


if __name__ == "__main__":
    unittest.main()

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import botocore.auth
from botocore.exceptions import HTTPClientError
from harness import AKID, Case, client, endpoint


class Signatures(Case):
    def test_wrong_secret(self):
        for service, call, code, status in (
                ("ec2", "describe_vpcs", "AuthFailure", 401), ("iam", "list_roles", "SignatureDoesNotMatch", 403),
                ("ecs", "list_clusters", "InvalidSignatureException", 400),
                ("apigatewayv2", "get_apis", "InvalidSignatureException", 403),
                ("s3", "list_buckets", "SignatureDoesNotMatch", 403)):
            self.refused(code, getattr(client(service, AKID, "wrong"), call), status=status)

    def test_unknown_key(self):
        for service, call, code in (
                ("ec2", "describe_vpcs", "AuthFailure"), ("rds", "describe_db_instances", "InvalidClientTokenId"),
                ("ssm", "describe_parameters", "UnrecognizedClientException")):
            self.refused(code, getattr(client(service, "AKIAUNKNOWN"), call))

    def test_missing_signature(self):
        request = urllib.request.Request(endpoint(), b"Action=DescribeDBInstances&Version=2014-10-31",
                                         {"Content-Type": "application/x-www-form-urlencoded"})
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        self.assertEqual(caught.exception.code, 403)
        self.assertIn(b"MissingAuthenticationToken", caught.exception.read())

    def test_skew(self):
        import datetime
        late = datetime.datetime.fromtimestamp(time.time() - 400, datetime.timezone.utc)
        with mock.patch.object(botocore.auth, "get_current_datetime", return_value=late.replace(tzinfo=None)):
            self.refused("InvalidSignatureException", client("ecs").list_clusters, contains="Signature expired")
            self.refused("RequestExpired", client("ec2").describe_vpcs)

    def test_minted_keys(self):
        trust = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
        client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)
        got = client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="me")["Credentials"]
        who = client("sts", got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]).get_caller_identity()
        self.assertEqual(who["Arn"], "arn:aws:sts::123456789012:assumed-role/r/me")
        self.refused("InvalidClientTokenId", client("sts", got["AccessKeyId"], got["SecretAccessKey"],
                                                    "other").get_caller_identity)


    def test_web_identity_is_unsigned(self):
        from botocore import UNSIGNED
        client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(
            {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}))
        got = client("sts", signature_version=UNSIGNED).assume_role_with_web_identity(
            RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="ci", WebIdentityToken="token")["Credentials"]
        mine = client("ecs", got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
        self.assertEqual(mine.list_clusters()["clusterArns"], [])
        self.refused("AccessDenied", client("sts").assume_role, RoleSessionName="ci",
                     RoleArn="arn:aws:iam::123456789012:role/none")


class Faults(Case):
    def test_throttles_and_errors(self):
        ec2 = client("ec2")
        self.set(faults=[{"service": "ec2", "action": "DescribeVpcs", "kind": "throttle", "times": 2},
                         {"service": "rds", "kind": "error", "code": "InternalFailure", "status": 500, "skip": 1}])
        for _ in "12":
            self.refused("RequestLimitExceeded", ec2.describe_vpcs, status=503)
        ec2.describe_vpcs()
        client("rds").describe_db_instances()
        self.refused("InternalFailure", client("rds").describe_db_instances, status=500)

    def test_lost_answer(self):
        """The call is done, the client never hears of it."""
        ec2 = client("ec2")
        for kind, made in (("drop", 1), ("refuse", 0)):
            before = len(ec2.describe_vpcs()["Vpcs"])
            self.set(faults=[{"action": "CreateVpc", "kind": kind, "times": 1}])
            with self.assertRaises(HTTPClientError):
                ec2.create_vpc(CidrBlock="10.0.0.0/16")
            self.assertEqual(len(ec2.describe_vpcs()["Vpcs"]), before + made)


class Shapes(Case):
    def test_unknown_query_parameter(self):
        ec2 = client("ec2")

        def spoil(request, **_):
            request.data["Bogus"] = "1"
        ec2.meta.events.register("before-sign.ec2", spoil)
        try:
            self.refused("UnknownParameter", ec2.describe_vpcs)
        finally:
            ec2.meta.events.unregister("before-sign.ec2", spoil)

    def test_values(self):
        self.refused("MissingParameter", client("ec2").attach_internet_gateway, InternetGatewayId="igw-1")
        self.refused("ValidationException", client("ssm").put_parameter, Name="/a/b", Value="x", Type="Nope")
        self.refused("InvalidParameterException", client("ecr").create_repository, repositoryName="UPPER")
        self.refused("BadRequestException", client("apigatewayv2").create_api, ProtocolType="HTTP")
        self.refused("ValidationError", client("iam").get_role, RoleName="x" * 65)
        self.refused("SerializationException", client("ecs").create_cluster, clusterName=5)

    def test_latency_is_not_serial(self):
        """Calls wait beside each other, not behind the lock; connections are reused."""
        ecs = client("ecs")
        ecs.list_clusters()
        self.set(latency_ms=100)
        with ThreadPoolExecutor(8) as pool:
            started = time.time()
            list(pool.map(lambda _: ecs.list_clusters(), range(8)))
        self.assertLess(time.time() - started, 0.6)

    def test_config_is_checked(self):
        def post(data):
            request = urllib.request.Request(endpoint() + "/_sandbox/config", json.dumps(data).encode())
            try:
                return urllib.request.urlopen(request).status
            except urllib.error.HTTPError as error:
                return error.code
        self.assertEqual(post({"scale": 0.5}), 200)
        self.assertEqual(post({"nope": 1}), 400)
        self.assertEqual(post({"page_size": "many"}), 400)

    def test_dry_run(self):
        self.refused("DryRunOperation", client("ec2").create_vpc, CidrBlock="10.0.0.0/16", DryRun=True, status=412)
        self.assertEqual(len(client("ec2").describe_vpcs()["Vpcs"]), 1)

    def test_unimplemented_is_not_a_server_error(self):
        """A client would retry moto's HTTP 500 for ever."""
        self.refused("SandboxNotImplemented", client("rds").reset_db_parameter_group,
                     DBParameterGroupName="x", status=400)

    def test_log_and_control(self):
        client("ssm").put_parameter(Name="/a/b", Value="hunter2", Type="SecureString")
        calls = json.load(urllib.request.urlopen(endpoint() + "/_sandbox/calls"))
        self.assertEqual(calls["actions"], {"ssm.PutParameter": 1})
        import model
        import shapes
        operation = model.service("ssm").operation_model("PutParameter")
        self.assertEqual(shapes.mask(operation, {"Name": "/a/b", "Value": "hunter2"}),
                         {"Name": "/a/b", "Value": "****"})

    def test_every_stack_operation_reads_back(self):
        """The reader is the inverse of botocore's writer, for the nastier query shapes."""
        import model
        import wire
        from app import Http
        from botocore import serialize
        from urllib.parse import urlencode
        cases = [
            ("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": "sg-1", "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [{"GroupId": "sg-2"}],
                 "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "a&b"}]}]}),
            ("rds", "ModifyDBInstance", {"DBInstanceIdentifier": "a", "VpcSecurityGroupIds": ["sg-1", "sg-2"],
                                         "CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["upgrade"]},
                                         "ApplyImmediately": True, "AllocatedStorage": 30}),
            ("rds", "DescribeDBInstances", {"Filters": [{"Name": "db-instance-id", "Values": ["a", "b"]}]}),
            ("rds", "CreateDBSubnetGroup", {"DBSubnetGroupName": "a", "DBSubnetGroupDescription": "",
                                            "SubnetIds": ["s1", "s2"], "Tags": [{"Key": "k", "Value": ""}]}),
            ("iam", "CreateOpenIDConnectProvider", {"Url": "https://x", "ClientIDList": ["a", "b"],
                                                    "Tags": [{"Key": "k", "Value": "v"}]}),
        ]
        for service, name, params in cases:
            operation = model.service(service).operation_model(name)
            protocol = operation.service_model.metadata["protocol"]
            request = serialize.create_serializer(protocol, False).serialize_to_request(params, operation)
            http = Http("POST", "/", {"content-type": "application/x-www-form-urlencoded"},
                        urlencode(request["body"]).encode())
            back = wire.read(operation.service_model, protocol, http)
            self.assertEqual((back.params, back.unknown), (params, []), name)

"""The request reader against botocore's request writer: every operation of every service in use."""
import json
import unittest
from urllib.parse import urlencode

import harness  # noqa: F401  (puts this folder on the path)
import model
import wire
from app import Http
from botocore import serialize

SERVICES = ("ec2", "rds", "iam", "sts", "ssm", "logs", "ecr", "ecs", "servicediscovery", "apigatewayv2",
            "resourcegroupstaggingapi", "route53", "scheduler", "application-autoscaling", "acm", "sns", "events",
            "budgets", "secretsmanager", "kms")


def sample(shape, depth=0):
    """A value with every member set, two items in every list; None where there is no faithful one."""
    kind = shape.type_name
    if depth > 5 or getattr(shape, "is_document_type", False) or getattr(shape, "is_tagged_union", False):
        return None
    if kind == "structure":
        found = {}
        for name, member in shape.members.items():
            where = member.serialization.get("location")
            if where in ("headers", "statusCode") or getattr(member, "is_streaming", False):
                continue
            value = sample(member, depth + 1)
            if value is not None:
                found[name] = value
        return found or None
    if kind == "list":
        item = sample(shape.member, depth + 1)
        return None if item is None else [item, item]
    if kind == "map":
        value = sample(shape.value, depth + 1)
        return None if value is None else {"a key": value}
    if kind == "string":
        return "a/b c+$%é"
    return {"integer": 3, "long": 3, "float": 1.5, "double": 1.5, "boolean": True}.get(kind)


class RoundTrip(unittest.TestCase):
    def test_every_operation(self):
        for name in SERVICES:
            service = model.service(name)
            protocol = model.protocol(service, {})
            writer = serialize.create_serializer(protocol, include_validation=False)
            for action in service.operation_names:
                operation = service.operation_model(action)
                params = (sample(operation.input_shape) if operation.input_shape else None) or {}
                with self.subTest(service=name, action=action):
                    back = wire.read(service, protocol, _http(writer.serialize_to_request(params, operation)))
                    self.assertEqual(back.operation.name, action)
                    self.assertEqual((back.params, back.unknown, back.problems), (params, [], []))


def _http(request):
    body, headers = request["body"], {k.lower(): v for k, v in request["headers"].items()}
    if isinstance(body, dict):
        body, headers["content-type"] = urlencode(body), "application/x-www-form-urlencoded"
    target = request["url_path"]
    if request["query_string"]:
        target += ("&" if "?" in target else "?") + urlencode(request["query_string"], doseq=True)
    return Http(request["method"], target, headers, body.encode() if isinstance(body, str) else body or b"")


class Strictness(unittest.TestCase):
    def test_unknown_members_are_named(self):
        service = model.service("ecs")
        http = Http("POST", "/", {"x-amz-target": "AmazonEC2ContainerServiceV20141113.CreateCluster",
                                  "content-type": "application/x-amz-json-1.1"},
                    json.dumps({"clusterName": "a", "ClusterName": "b", "tags": [{"Key": "x"}]}).encode())
        self.assertEqual(wire.read(service, "json", http).unknown, ["tags[0].Key", "ClusterName"])

    def test_query_lists_need_numbers(self):
        service = model.service("ec2")
        http = Http("POST", "/", {}, b"Action=DescribeVpcs&Version=2016-11-15&VpcId.one=a&Filter.1.Value=x")
        self.assertEqual(wire.read(service, "ec2", http).unknown, ["Filter.1.Value", "VpcId.one"])

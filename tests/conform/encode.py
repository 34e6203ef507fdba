"""Compares our encoders with botocore's serialisers. Usage: encode.py PATH-OF-ENCODE

Each case says a request twice: as botocore's caller does, and as our tree of wire names.
"""
import json
import subprocess
import sys
from urllib.parse import parse_qsl, unquote

from models import model

try:
    from botocore.serialize import create_serializer
except ImportError:
    sys.exit(77)

TAGS = [{"Key": "berth:app", "Value": "gengar"}, {"Key": "Name", "Value": "a b/é"}]
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "é+&=%"}]})
API_ARN = "arn:aws:apigateway:us-east-1::/apis/ab12"

# service, operation, botocore's parameters, our action (None: the operation), our tree
CASES = [
    ("ec2", "CreateVpc",
     {"CidrBlock": "10.20.0.0/16", "TagSpecifications": [{"ResourceType": "vpc", "Tags": TAGS}]}, None,
     {"CidrBlock": "10.20.0.0/16", "TagSpecification": [{"ResourceType": "vpc", "Tag": TAGS}]}),
    ("ec2", "ModifyVpcAttribute", {"VpcId": "vpc-1", "EnableDnsHostnames": {"Value": True}}, None,
     {"VpcId": "vpc-1", "EnableDnsHostnames": {"Value": True}}),
    ("ec2", "DescribeSubnets", {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1", "vpc-2"]}], "MaxResults": 1000}, None,
     {"Filter": [{"Name": "vpc-id", "Value": ["vpc-1", "vpc-2"]}], "MaxResults": 1000}),
    ("ec2", "AuthorizeSecurityGroupIngress",
     {"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 3000, "ToPort": 3000,
                                           "UserIdGroupPairs": [{"GroupId": "sg-2", "Description": "d"}]}]}, None,
     {"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 3000, "ToPort": 3000,
                                           "Groups": [{"GroupId": "sg-2", "Description": "d"}]}]}),
    ("ec2", "CreateTags", {"Resources": ["vpc-1"], "Tags": TAGS}, None, {"ResourceId": ["vpc-1"], "Tag": TAGS}),
    ("ec2", "DeleteTags", {"Resources": ["vpc-1"], "Tags": [{"Key": "a"}]}, None,
     {"ResourceId": ["vpc-1"], "Tag": [{"Key": "a"}]}),
    ("rds", "CreateDBSubnetGroup",
     {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "d", "SubnetIds": ["subnet-1", "subnet-2"], "Tags": TAGS}, None,
     {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "d",
      "SubnetIds": {"SubnetIdentifier": ["subnet-1", "subnet-2"]}, "Tags": {"Tag": TAGS}}),
    ("rds", "ModifyDBInstance",
     {"DBInstanceIdentifier": "g", "AllocatedStorage": 20, "VpcSecurityGroupIds": ["sg-1"], "ApplyImmediately": True}, None,
     {"DBInstanceIdentifier": "g", "AllocatedStorage": 20, "VpcSecurityGroupIds": {"VpcSecurityGroupId": ["sg-1"]},
      "ApplyImmediately": True}),
    ("rds", "RemoveTagsFromResource", {"ResourceName": "arn:x", "TagKeys": ["a", "b"]}, None,
     {"ResourceName": "arn:x", "TagKeys": {"member": ["a", "b"]}}),
    ("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": POLICY, "Path": "/", "Tags": TAGS}, None,
     {"RoleName": "r", "AssumeRolePolicyDocument": POLICY, "Path": "/", "Tags": {"member": TAGS}}),
    ("iam", "CreateOpenIDConnectProvider",
     {"Url": "https://token.actions.githubusercontent.com", "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": []}, None,
     {"Url": "https://token.actions.githubusercontent.com", "ClientIDList": {"member": ["sts.amazonaws.com"]},
      "ThumbprintList": []}),
    ("sts", "GetCallerIdentity", {}, None, {}),
    ("ssm", "PutParameter", {"Name": "/g/X", "Value": "v\"\\\n\u00e9", "Type": "SecureString", "Tags": TAGS}, None,
     {"Name": "/g/X", "Value": "v\"\\\n\u00e9", "Type": "SecureString", "Tags": TAGS}),
    ("logs", "PutRetentionPolicy", {"logGroupName": "/ecs/g", "retentionInDays": 14}, None,
     {"logGroupName": "/ecs/g", "retentionInDays": 14}),
    ("ecr", "CreateRepository",
     {"repositoryName": "g", "imageScanningConfiguration": {"scanOnPush": True}, "tags": TAGS}, None,
     {"repositoryName": "g", "imageScanningConfiguration": {"scanOnPush": True}, "tags": TAGS}),
    ("ecs", "PutClusterCapacityProviders",
     {"cluster": "g", "capacityProviders": [], "defaultCapacityProviderStrategy": []}, None,
     {"cluster": "g", "capacityProviders": [], "defaultCapacityProviderStrategy": []}),
    ("servicediscovery", "CreateService",
     {"Name": "web", "NamespaceId": "ns-1", "DnsConfig": {"DnsRecords": [{"Type": "SRV", "TTL": 10}]}, "CreatorRequestId": "r"},
     None,
     {"Name": "web", "NamespaceId": "ns-1", "DnsConfig": {"DnsRecords": [{"Type": "SRV", "TTL": 10}]},
      "CreatorRequestId": "r"}),
    ("tagging", "GetResources", {"ResourceARNList": ["arn:a", "arn:b"]}, None, {"ResourceARNList": ["arn:a", "arn:b"]}),
    ("apigateway", "GetRoutes", {"ApiId": "ab12", "MaxResults": "100", "NextToken": "a/b="}, "GET /v2/apis/ab12/routes",
     {"?maxResults": "100", "?nextToken": "a/b="}),
    ("apigateway", "CreateApi",
     {"Name": "g", "ProtocolType": "HTTP", "Tags": {"k": "v"}, "CorsConfiguration": {"AllowOrigins": ["*"], "MaxAge": 60}},
     "POST /v2/apis",
     {"name": "g", "protocolType": "HTTP", "tags": {"k": "v"}, "corsConfiguration": {"allowOrigins": ["*"], "maxAge": 60}}),
    ("apigateway", "UpdateStage",
     {"ApiId": "ab12", "StageName": "$default",
      "DefaultRouteSettings": {"ThrottlingRateLimit": 0.1, "ThrottlingBurstLimit": 5, "DetailedMetricsEnabled": False}},
     "PATCH /v2/apis/ab12/stages/%24default",
     {"defaultRouteSettings": {"throttlingRateLimit": 0.1, "throttlingBurstLimit": 5, "detailedMetricsEnabled": False}}),
    ("apigateway", "UntagResource", {"ResourceArn": API_ARN, "TagKeys": ["berth:app", "x y"]},
     "DELETE /v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2Fab12", {"?tagKeys": ["berth:app", "x y"]}),
    ("apigateway", "CreateDeployment", {"ApiId": "ab12"}, "POST /v2/apis/ab12/deployments", {}),
    ("apigateway", "DeleteApi", {"ApiId": "ab12"}, "DELETE /v2/apis/ab12", {}),
    ("sso_oidc", "StartDeviceAuthorization", {"clientId": "i", "clientSecret": "s", "startUrl": "https://x.awsapps.com/start"},
     "POST /device_authorization", {"clientId": "i", "clientSecret": "s", "startUrl": "https://x.awsapps.com/start"}),
]


def botocore_message(service, name, params):
    m = model(service)
    protocol = m.metadata.get("protocols", [m.metadata["protocol"]])[0]
    r = create_serializer(protocol, False).serialize_to_request(params, m.operation_model(name))
    body = r["body"]
    if isinstance(body, dict):
        body = sorted((k, str(v)) for k, v in body.items())
    else:
        body = json.loads(body) if body else None
    query = r["query_string"] or {}
    pairs = [(k, str(x)) for k, v in query.items() for x in (v if isinstance(v, (list, tuple)) else [v])]
    headers = {k.lower(): v for k, v in r["headers"].items() if k.lower() in ("x-amz-target", "content-type")}
    return {"method": r["method"], "path": r["url_path"], "query": sorted(pairs), "body": body, "headers": headers}


def our_message(m):
    kind = m["headers"].get("content-type", "")
    if "form" in kind:
        body = sorted(parse_qsl(m["body"], keep_blank_values=True, strict_parsing=True))
    else:
        body = json.loads(m["body"]) if m["body"] else None
    query = sorted(parse_qsl(m["query"], keep_blank_values=True, strict_parsing=True)) if m["query"] else []
    return {"method": m["method"], "path": m["path"], "query": query, "body": body, "headers": m["headers"]}


def main():
    lines = "".join(json.dumps({"service": c[0], "action": c[3] or c[1], "params": c[4]}) + "\n" for c in CASES)
    out = subprocess.run([sys.argv[1]], input=lines, check=True, capture_output=True, text=True).stdout.splitlines()
    failed = 0
    for case, line in zip(CASES, out, strict=True):
        want = botocore_message(case[0], case[1], case[2])
        have = our_message(json.loads(line))
        # The same path may be escaped more or less; what it names counts, and that no '/' of a label splits it.
        have["path"], want["path"] = ([unquote(s) for s in x["path"].split("/")] for x in (have, want))
        if "content-type" not in want["headers"]:
            # botocore adds that of REST bodies later.
            have["headers"].pop("content-type", None)
        same = want == have
        failed += not same
        print(f"{'ok' if same else 'not ok'} - {case[0]} {case[1]}")
        if not same:
            print(f"  botocore {want}\n  berth    {have}")
    sys.exit(1 if failed else 0)


main()

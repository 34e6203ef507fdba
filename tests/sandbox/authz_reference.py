"""What each call asks for: actions, resources and condition keys.

From AWS's Service Authorization Reference (the tables of actions, resource types and
dependent actions) and, where that is silent, from the network sheet and the compute
sheet 15.  Never from a client's own idea of what it needs.
"""
import re
from urllib.parse import unquote

from authz_state import tags_of

# Prefixes of actions that are not the name of the service in botocore.
PREFIX = {"apigatewayv2": "apigateway", "resourcegroupstaggingapi": "tag", "application-autoscaling":
          "application-autoscaling"}
# What an action says nothing about is asked for "*".
ANY = "*"


class Ask:
    """One thing that must be allowed; `tags` are those of the object that is there, `gives` those of the request."""

    def __init__(self, action, resource=ANY, tags=None, gives=None, **keys):
        self.action, self.resource = action, resource
        self.context = {k.replace("__", ":").replace("_", "-").lower(): _values(v) for k, v in keys.items()
                        if v is not None}
        for key, value in (tags or {}).items():
            self.context[f"aws:resourcetag/{key}".lower()] = [value]
            self.context[f"{action.partition(':')[0]}:resourcetag/{key}".lower()] = [value]
        if gives:
            self.context["aws:tagkeys"] = list(gives)
        for key, value in (gives or {}).items():
            self.context[f"aws:requesttag/{key}".lower()] = [value]


def _values(value):
    return [str(v) for v in (value if isinstance(value, (list, tuple)) else [value])]


def pairs(tags):
    """Tags of a request in any of AWS's shapes -> {key: value}"""
    if isinstance(tags, dict):
        return dict(tags)
    return {t.get("Key", t.get("key")): t.get("Value", t.get("value", "")) for t in tags or []}


def asks(call):
    """-> [Ask] for a call, in the order in which AWS would complain."""
    service = call.service.service_name
    if service == "s3":
        return s3(call)
    if call.operation is None:
        return []
    name = f"{PREFIX.get(service, service)}:{call.name}"
    found = SERVICES[service](call, name) if service in SERVICES else None
    return [Ask(name)] if found is None else found


# --- EC2 -----------------------------------------------------------------------------

EC2_PREFIX = {"vpc": "vpc", "subnet": "subnet", "igw": "internet-gateway", "rtb": "route-table", "sg": "security-group",
              "sgr": "security-group-rule", "eni": "network-interface"}
# Operation -> what it makes, and the parameters that name what it acts on.
EC2_MAKES = {"CreateVpc": "vpc", "CreateSubnet": "subnet", "CreateInternetGateway": "internet-gateway",
             "CreateRouteTable": "route-table", "CreateSecurityGroup": "security-group"}
EC2_ON = {
    "CreateSubnet": ["VpcId"], "CreateRouteTable": ["VpcId"], "CreateSecurityGroup": ["VpcId"],
    "DeleteVpc": ["VpcId"], "ModifyVpcAttribute": ["VpcId"], "DescribeVpcAttribute": ["VpcId"],
    "DeleteSubnet": ["SubnetId"], "ModifySubnetAttribute": ["SubnetId"],
    "AttachInternetGateway": ["InternetGatewayId", "VpcId"], "DetachInternetGateway": ["InternetGatewayId", "VpcId"],
    "DeleteInternetGateway": ["InternetGatewayId"], "DeleteRouteTable": ["RouteTableId"],
    "CreateRoute": ["RouteTableId"], "ReplaceRoute": ["RouteTableId"], "DeleteRoute": ["RouteTableId"],
    "AssociateRouteTable": ["RouteTableId", "SubnetId"], "ReplaceRouteTableAssociation": ["RouteTableId"],
    "DeleteSecurityGroup": ["GroupId"], "ModifySecurityGroupRules": ["GroupId"],
    "AuthorizeSecurityGroupIngress": ["GroupId"], "AuthorizeSecurityGroupEgress": ["GroupId"],
    "RevokeSecurityGroupIngress": ["GroupId"], "RevokeSecurityGroupEgress": ["GroupId"],
    "UpdateSecurityGroupRuleDescriptionsIngress": ["GroupId"],
    "UpdateSecurityGroupRuleDescriptionsEgress": ["GroupId"],
}


def ec2(call, name):
    if call.name in ("CreateTags", "DeleteTags"):
        return [_ec2_object(call, name, i, pairs(call.get("Tags"))) for i in call.get("Resources", [])]
    out, given = [], {s["ResourceType"]: pairs(s.get("Tags")) for s in call.get("TagSpecifications", [])}
    makes = EC2_MAKES.get(call.name)
    if makes:
        out.append(Ask(name, call.arn(f"{makes}/*"), gives=given.get(makes)))
    for parameter in EC2_ON.get(call.name, ()):
        if call.get(parameter):
            out.append(_ec2_object(call, name, call.get(parameter)))
    if call.name == "ModifySecurityGroupRules":
        out += [_ec2_object(call, name, r["SecurityGroupRuleId"]) for r in call.get("SecurityGroupRules", [])]
    if call.name == "DisassociateRouteTable" or call.name == "ReplaceRouteTableAssociation":
        out += [_ec2_object(call, name, i) for i in _association(call, call.get("AssociationId"))]
    if call.name.startswith("AuthorizeSecurityGroup") and given:
        out.append(Ask(name, call.arn("security-group-rule/*"), gives=given.get("security-group-rule")))
    for kind, tags in given.items():
        out.append(Ask("ec2:CreateTags", call.arn(f"{kind}/*"), gives=tags, ec2__CreateAction=call.name))
    # Both that an association ties together are optional: one that is not there is judged by nothing.
    return out if out or call.name == "DisassociateRouteTable" else None


def _ec2_object(call, name, ident, gives=None):
    kind = EC2_PREFIX.get(ident.partition("-")[0], ident.partition("-")[0])
    arn = call.arn(f"{kind}/{ident}")
    return Ask(name, arn, tags_of(call, arn), gives)


def _association(call, ident):
    for table in call.backend("ec2").route_tables.values():
        if ident in table._associations:
            return [i for i in (table.id, table._associations[ident]) if i]
    return []


# --- IAM -----------------------------------------------------------------------------

def iam(call, name):
    if call.get("RoleName"):
        return _role(call, name)
    if "OpenIDConnectProvider" in call.name and call.name != "ListOpenIDConnectProviders":
        arn = call.get("OpenIDConnectProviderArn")
        if not arn:
            arn = call.arn("oidc-provider/" + re.sub("^https://", "", call.get("Url", "")), region="")
        out = [Ask(name, arn, tags_of(call, arn), pairs(call.get("Tags")))]
        if call.name.startswith("Create") and call.get("Tags"):
            out.append(Ask("iam:TagOpenIDConnectProvider", arn, gives=pairs(call.get("Tags"))))
        return out
    if call.get("AWSServiceName"):
        return [service_linked_role(call, call.get("AWSServiceName"))]
    return None


def _role(call, name):
    arn = call.arn("role" + call.get("Path", "/") + call.get("RoleName"), region="")
    for role in call.backend("iam", "aws").roles.values():
        if role.name == call.get("RoleName") and call.name != "CreateRole":
            arn = role.arn
    out = [Ask(name, arn, tags_of(call, arn), pairs(call.get("Tags")), iam__PolicyARN=call.get("PolicyArn"),
               iam__PermissionsBoundary=call.get("PermissionsBoundary"))]
    if call.name == "CreateRole" and call.get("Tags"):
        out.append(Ask("iam:TagRole", arn, gives=pairs(call.get("Tags"))))
    return out


SERVICE_LINKED = {"ecs.amazonaws.com": "AWSServiceRoleForECS", "rds.amazonaws.com": "AWSServiceRoleForRDS",
                  "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway"}


def service_linked_role(call, service):
    role = SERVICE_LINKED.get(service, "*")
    return Ask("iam:CreateServiceLinkedRole", call.arn(f"role/aws-service-role/{service}/{role}", "iam", ""),
               iam__AWSServiceName=service)


def pass_role(call, arn, to="ecs-tasks.amazonaws.com"):
    if not arn.startswith("arn:"):
        arn = call.arn(f"role/{arn}", "iam", "")
    return Ask("iam:PassRole", arn, iam__PassedToService=to)


# --- RDS -----------------------------------------------------------------------------

def rds(call, name):
    given = pairs(call.get("Tags"))
    if call.get("ResourceName"):
        return [_rds(call, name, call.get("ResourceName"), given)]
    instance = call.arn("db:" + call.get("DBInstanceIdentifier", "*").lower(), "rds")
    group = call.arn("subgrp:" + call.get("DBSubnetGroupName", "*").lower(), "rds")
    if "DBSubnetGroup" in call.name:
        out = [_rds(call, name, group, given)]
        return out + ([Ask("rds:AddTagsToResource", group, gives=given)] if given else [])
    if call.name in ("CreateDBInstance", "ModifyDBInstance"):
        out = [_rds(call, name, instance, given)]
        if call.get("DBSubnetGroupName"):
            out.append(_rds(call, name, group))
        if call.name == "CreateDBInstance" or call.get("DBParameterGroupName"):
            out.append(Ask(name, call.arn("pg:" + call.get("DBParameterGroupName", "default.postgres16"), "rds")))
        if call.name == "CreateDBInstance":
            out.append(Ask(name, call.arn("og:" + call.get("OptionGroupName", "default:postgres-16"), "rds")))
        return out + ([Ask("rds:AddTagsToResource", instance, gives=given)] if given else [])
    if call.name == "DeleteDBInstance":
        out = [_rds(call, name, instance)]
        return out + (_snapshot(call, instance, call.get("FinalDBSnapshotIdentifier"), {})
                      if call.get("FinalDBSnapshotIdentifier") else [])
    if call.name == "CreateDBSnapshot":
        return _snapshot(call, instance, call.get("DBSnapshotIdentifier"), given)
    if call.name == "DeleteDBSnapshot":
        return [_rds(call, name, call.arn("snapshot:" + call.get("DBSnapshotIdentifier").lower(), "rds"))]
    if call.name == "DescribeDBSnapshots":
        if call.get("DBSnapshotIdentifier"):
            return [_rds(call, name, call.arn("snapshot:" + call.get("DBSnapshotIdentifier").lower(), "rds"))]
        return [_rds(call, name, instance)] if call.get("DBInstanceIdentifier") else [
            Ask(name, call.arn("snapshot:*", "rds"))]
    if "DBInstance" in call.name:
        return [_rds(call, name, instance)]
    return None


def _rds(call, name, arn, gives=None):
    return Ask(name, arn, tags_of(call, arn), gives)


def _snapshot(call, instance, ident, given):
    """A snapshot is made of an instance; tags that it copies are given in the caller's name."""
    arn = call.arn("snapshot:" + ident.lower(), "rds")
    return [_rds(call, "rds:CreateDBSnapshot", instance, given), Ask("rds:CreateDBSnapshot", arn, gives=given),
            Ask("rds:AddTagsToResource", arn, gives=given)]


# --- Systems Manager -----------------------------------------------------------------

def ssm(call, name):
    if call.name in ("DescribeParameters",):
        return None
    if call.get("ResourceId"):
        return [_parameter(call, name, call.get("ResourceId"), pairs(call.get("Tags")))]
    names = call.get("Names") or [n for n in (call.get("Name"), call.get("Path")) if n]
    out = [_parameter(call, name, n, pairs(call.get("Tags")),
                      str(call.get("Overwrite", False)).lower() if call.name == "PutParameter" else None)
           for n in names]
    if call.name == "PutParameter" and call.get("Tags"):
        out.append(_parameter(call, "ssm:AddTagsToResource", names[0], pairs(call.get("Tags"))))
    return out or None


def _parameter(call, name, text, gives=None, overwrite=None):
    """A name may have a selector (`name:3`), or be an ARN."""
    if not text.startswith("arn:"):
        text = call.arn("parameter/" + text.partition(":")[0].lstrip("/"))
    return Ask(name, text, tags_of(call, text), gives, ssm__Overwrite=overwrite)


# --- Logs, ECR -----------------------------------------------------------------------

def logs(call, name):
    if call.name in ("TagResource", "UntagResource", "ListTagsForResource"):
        arn = call.get("resourceArn")
        return [Ask(name, arn, tags_of(call, arn), pairs(call.get("tags")))]
    group = call.get("logGroupName")
    if not group:
        return None
    arn, given = call.arn(f"log-group:{group}"), pairs(call.get("tags"))
    out = [Ask(name, f"{arn}:log-stream:{call.get('logStreamName', '')}", tags_of(call, arn), given)]
    return out + ([Ask("logs:TagResource", arn, gives=given)] if given and call.name == "CreateLogGroup" else [])


def ecr(call, name):
    if call.name == "GetAuthorizationToken":
        return None
    given = pairs(call.get("tags"))
    names = call.get("repositoryNames") or [call.get("repositoryName", "*")]
    arns = [call.get("resourceArn")] if call.get("resourceArn") else [call.arn(f"repository/{n}") for n in names]
    out = [Ask(name, a, tags_of(call, a), given) for a in arns]
    if given and call.name == "CreateRepository":
        out.append(Ask("ecr:TagResource", arns[0], gives=given))
    return out


# --- Cloud Map -----------------------------------------------------------------------

def servicediscovery(call, name):
    given = pairs(call.get("Tags"))
    if call.name in ("TagResource", "UntagResource"):
        return [Ask(name, gives=given)]
    if call.name.startswith("Create") and call.name.endswith("Namespace"):
        return [Ask(name, gives=given)] + ([Ask("servicediscovery:TagResource", gives=given)] if given else [])
    if call.name == "CreateService":
        namespace = _cloudmap(call, name, "namespace", call.get("NamespaceId"))
        out = [namespace, Ask(name, call.arn("service/*"), gives=given)]
        return out + ([Ask("servicediscovery:TagResource", gives=given)] if given else [])
    if call.name in ("GetNamespace", "DeleteNamespace", "UpdatePrivateDnsNamespace", "UpdateHttpNamespace"):
        return [_cloudmap(call, name, "namespace", call.get("Id"))]
    if call.name in ("GetService", "DeleteService", "UpdateService"):
        return [_cloudmap(call, name, "service", call.get("Id"))]
    if call.get("ServiceId"):
        return [_cloudmap(call, name, "service", call.get("ServiceId"))]
    if call.name == "GetOperation":
        return [Ask(name, call.arn("namespace/*"))]
    return None


def _cloudmap(call, name, kind, ident):
    arn = ident if ident.startswith("arn:") else call.arn(f"{kind}/{ident}")
    return Ask(name, arn, tags_of(call, arn))


def zone(action, **keys):
    return Ask(f"route53:{action}", "arn:aws:route53:::hostedzone/Z0", **keys)


def hosted_zone(name):
    """What Cloud Map does in Route 53 in the name of who makes a private namespace."""
    return [Ask("route53:CreateHostedZone"), Ask("route53:ListHostedZonesByName"), zone("GetHostedZone"),
            Ask("ec2:DescribeVpcs"), Ask("ec2:DescribeRegions"),
            zone("ChangeResourceRecordSets", route53__ChangeResourceRecordSetsNormalizedRecordNames=[name])]


# --- API Gateway ---------------------------------------------------------------------

def apigatewayv2(call, name):
    """Actions are methods, resources are paths, without the version."""
    del name
    method, path = call.http.method, call.http.path.removeprefix("/v2")
    base, given = f"arn:aws:apigateway:{call.region}::", pairs(call.get("Tags"))
    if path.startswith("/tags/"):
        return [Ask(f"apigateway:{method}", base + path, gives=given)]
    path = unquote(path)
    out = [Ask(f"apigateway:{method}", base + path, tags_of(call, base + path), given)]
    if method == "POST" and given:
        out += [Ask("apigateway:POST", f"{base}/tags/*", gives=given),
                Ask("apigateway:TagResource", f"{base}{base}/tags/", gives=given)]
    return out


LOG_DELIVERY = ("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups")


def log_delivery():
    return [Ask(action) for action in LOG_DELIVERY]


# --- ECS -----------------------------------------------------------------------------

def _last(text):
    return text.rpartition("/")[2]


def ecs(call, name):
    cluster, given = _last(call.get("cluster", "default")), pairs(call.get("tags"))
    cluster_arn = call.arn(f"cluster/{cluster}")
    if call.name in ("TagResource", "UntagResource", "ListTagsForResource"):
        arn = call.get("resourceArn")
        return [Ask(name, arn, tags_of(call, arn), given)]
    if call.name == "CreateCluster":
        return _ecs_made(call, name, call.arn(f"cluster/{call.get('clusterName', 'default')}"), given)
    if call.name == "RegisterTaskDefinition":
        roles = [call.get(k) for k in ("executionRoleArn", "taskRoleArn") if call.get(k)]
        return _ecs_made(call, name, call.arn(f"task-definition/{call.get('family')}:*"), given) + [
            pass_role(call, r) for r in roles]
    if call.name == "DeleteTaskDefinitions":
        return [_ecs(call, name, _definition_arn(call, d)) for d in call.get("taskDefinitions", [])]
    if call.name in ("PutClusterCapacityProviders", "UpdateCluster", "DeleteCluster"):
        return [_ecs(call, name, cluster_arn)]
    if call.name == "DescribeClusters":
        return [_ecs(call, name, call.arn(f"cluster/{_last(c)}")) for c in call.get("clusters", ["default"])]
    if call.name in ("CreateService", "UpdateService", "DeleteService", "ListServiceDeployments"):
        arn = call.arn(f"service/{cluster}/{_last(call.get('serviceName') or call.get('service'))}")
        out = _ecs_made(call, name, arn, given, cluster_arn)
        return out + (_passed(call) if call.get("taskDefinition") else [])
    if call.name == "DescribeServices":
        return [_ecs(call, name, call.arn(f"service/{cluster}/{_last(s)}"), cluster_arn) for s in call.get("services")]
    if call.name == "RunTask":
        arn = _definition_arn(call, call.get("taskDefinition"))
        out = [Ask(name, arn, tags_of(call, arn), given, ecs__cluster=cluster_arn), *_passed(call)]
        tagged = given or call.get("enableECSManagedTags") or call.get("propagateTags")
        return out + ([Ask("ecs:TagResource", call.arn(f"task/{cluster}/*"), gives=given,
                           ecs__CreateAction="RunTask")] if tagged else [])
    if call.name in ("DescribeTasks", "StopTask"):
        return [_ecs(call, name, call.arn(f"task/{cluster}/{_last(t)}"), cluster_arn)
                for t in call.get("tasks") or [call.get("task")]]
    if call.name == "ListTasks":
        return [Ask(name, call.arn(f"container-instance/{cluster}/*"), ecs__cluster=cluster_arn)]
    if call.name == "ListServices":
        return [Ask(name, ecs__cluster=cluster_arn)]
    if call.name == "DescribeServiceDeployments":
        return [_ecs(call, name, arn, cluster_arn) for arn in call.get("serviceDeploymentArns", [])]
    return None


def _ecs(call, name, arn, cluster=None):
    return Ask(name, arn, tags_of(call, arn), ecs__cluster=cluster)


def _ecs_made(call, name, arn, given, cluster=None):
    out = [Ask(name, arn, tags_of(call, arn), given, ecs__cluster=cluster)]
    if given:
        out.append(Ask("ecs:TagResource", arn, tags_of(call, arn), given, ecs__CreateAction=call.name))
    return out


def _definition(call, text):
    import ecs_taskdef
    return ecs_taskdef.find(call, text) or {}


def _definition_arn(call, text):
    return text if text.startswith("arn:") else _definition(call, text).get(
        "taskDefinitionArn", call.arn(f"task-definition/{text}"))


def _passed(call):
    """Whoever starts tasks hands their roles over."""
    found = _definition(call, call.get("taskDefinition"))
    return [pass_role(call, found[k]) for k in ("executionRoleArn", "taskRoleArn") if found.get(k)]


# --- S3 ------------------------------------------------------------------------------

S3_ACTION = {("GET", True): "GetObject", ("HEAD", True): "GetObject", ("PUT", True): "PutObject",
             ("DELETE", True): "DeleteObject", ("GET", False): "ListBucket", ("HEAD", False): "ListBucket",
             ("PUT", False): "CreateBucket", ("DELETE", False): "DeleteBucket"}


def s3(call):
    """Objects and buckets by path; what hangs on them (their policies and so on) is not told apart."""
    path = call.http.path.strip("/")
    bucket, _, key = path.partition("/")
    action = "s3:" + S3_ACTION.get((call.http.method, bool(key)), "PutObject")
    return [Ask(action, f"arn:aws:s3:::{path}")] if bucket else [Ask("s3:ListAllMyBuckets")]


def sts(call, name):
    """Nobody can be kept from asking who he is; who may act as a role, its trust policy says."""
    del call, name
    return []


SERVICES = {"ec2": ec2, "iam": iam, "rds": rds, "ssm": ssm, "logs": logs, "ecr": ecr, "ecs": ecs, "sts": sts,
            "servicediscovery": servicediscovery, "apigatewayv2": apigatewayv2}

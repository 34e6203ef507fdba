"""AWS's token buckets: how fast an account may call (network sheet 17, compute sheet 1).

On with the knob `buckets`.  Each bucket belongs to an account and region; `bucket_share` is what
other users of the account leave of it.  Where AWS publishes nothing the numbers are what clients
have met.  A bucket is (tokens it holds, tokens a second); time is real, whatever `scale` says.
"""
import fnmatch
import time

import config
import faults
import registry

# service -> [(actions, name of the bucket or None for one of each action, size, rate)]; the first match counts.
TABLE = {
    "ec2": [
        ("CreateTags DeleteTags", None, 100, 10),
        ("AuthorizeSecurityGroup* RevokeSecurityGroup*", None, 50, 5),
        ("CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints", None, 4, 0.3),
        ("DeleteNetworkInterface", None, 100, 5),
        ("Describe* Get*", None, 100, 20),
        ("*", None, 50, 5)],
    "rds": [("Describe* List*", "read", 20, 20), ("*", "write", 10, 10)],
    "iam": [("Get* List*", "read", 30, 15), ("*", "write", 15, 5)],
    "sts": [("*", "all", 600, 600)],
    "ssm": [("GetParameter GetParameters GetParametersByPath", "get", 40, 40), ("PutParameter", None, 10, 3),
            ("*", None, 10, 10)],
    "logs": [("DescribeLogGroups CreateLogGroup DeleteLogGroup", None, 10, 10), ("DescribeLogStreams", None, 25, 25),
             ("*", None, 5, 5)],
    "ecr": [("GetAuthorizationToken", None, 500, 500), ("*", None, 20, 10)],
    "ecs": [("RegisterTaskDefinition DeregisterTaskDefinition DeleteTaskDefinitions", "task definitions", 20, 1),
            ("*Cluster *ClusterSettings PutClusterCapacityProviders", "clusters", 20, 1),
            ("Describe* List*", "read", 100, 20), ("*", "write", 40, 5)],
    "servicediscovery": [("Get* List* Discover*", "read", 20, 10), ("*", "write", 10, 5)],
    "apigatewayv2": [("*", "all", 40, 10)],
    "resourcegroupstaggingapi": [("Get*", None, 15, 15), ("*", None, 5, 5)],
}
# Counted besides, and not shared: quotas of one account that nobody else can use up by reading.
ALSO = {("apigatewayv2", "CreateVpcLink"): (1, 1 / 15), ("apigatewayv2", "CreateDomainName"): (1, 1 / 30)}

now = time.monotonic
_buckets = {}       # key -> [tokens, when they were counted]
registry.on_reset(_buckets.clear)


def _rows(service, action):
    """-> [(key, size, rate)] of the buckets that a call draws from"""
    found = []
    for names, name, size, rate in TABLE.get(service, ()):
        if any(fnmatch.fnmatchcase(action, n) for n in names.split()):
            share = config.knobs.bucket_share
            found.append(((service, name or action), max(1, size * share), rate * share))
            break
    if (service, action) in ALSO:
        found.append(((service, action, "also"), *ALSO[service, action]))
    return found


def _fill(key, size, rate):
    at = now()
    tokens, before = _buckets.get(key, (size, at))
    _buckets[key] = [min(size, tokens + (at - before) * rate), at]
    return _buckets[key]


def middleware(call, proceed):
    if config.knobs.buckets and call.operation is not None:
        service = call.service.service_name
        drawn = [_fill((call.account, call.region, *key), size, rate)
                 for key, size, rate in _rows(service, call.operation.name)]
        if any(b[0] < 1 for b in drawn):
            faults.acted["bucket"] += 1
            raise faults.throttled(service)
        for bucket in drawn:
            bucket[0] -= 1
    return proceed()

"""Resource Groups Tagging API: one read over the tags of all services (network sheet 9.2).

It indexes what AWS indexes: IAM's OIDC providers, in us-east-1, but never IAM roles; and
only what has tags.
"""
import apigw
import cloudmap
import ec2_groups
import ecs_cluster
import lag
import paging
import rds_groups
import upstream
from errors import AwsError
from registry import answers

EC2_KINDS = {"vpc": "vpc", "subnet": "subnet", "igw": "internet-gateway", "rtb": "route-table", "sg": "security-group",
             "sgr": "security-group-rule", "eni": "network-interface"}


class Resource:
    def __init__(self, arn, kind, tags, store=None):
        """`store` takes the whole new tag dictionary; without it `tags` is the live one."""
        self.arn, self.kind, self.tags, self._store = arn, kind, tags, store

    def write(self, tags):
        if self._store is not None:
            self._store(tags)
        else:
            self.tags.clear()
            self.tags.update(tags)


def everything(call):
    for source in (_ec2, _rds, _ssm, _logs, _ecr, _ecs, _cloudmap, _apigw, _iam):
        yield from source(call)


def _ec2(call):
    backend = call.backend("ec2")
    rules = {r.id for g in ec2_groups.groups(backend) for r in ec2_groups.rules_of(backend, g)}
    subnets = {s for zone in backend.subnets.values() for s in zone}
    live = {*backend.vpcs, *backend.internet_gateways, *backend.route_tables, *backend.enis, *subnets, *rules,
            *(g.id for g in ec2_groups.groups(backend))}
    for ident in sorted(live):
        kind = EC2_KINDS.get(ident.partition("-")[0])
        yield Resource(call.arn(f"{kind}/{ident}", "ec2"), f"ec2:{kind}", backend.tags[ident])


def _rds(call):
    for arn, tags in rds_groups.boxes.of(call).tags.items():
        yield Resource(arn, "rds:" + arn.split(":")[5], tags)


def _ssm(call):
    backend = call.backend("ssm")
    tags = backend._resource_tags["Parameter"]
    for name in sorted(backend._parameters):
        text = name if name.startswith("/") else "/" + name
        yield Resource(call.arn(f"parameter{text}", "ssm"), "ssm:parameter", tags[name])


def _tagger(call, tagger, arn, kind):
    def store(tags):
        tagger.delete_all_tags_for_resource(arn)
        tagger.tag_resource(arn, [{"Key": k, "Value": v} for k, v in tags.items()])
    return Resource(arn, kind, tagger.get_tag_dict_for_resource(arn), store)


def _logs(call):
    backend = call.backend("logs")
    for group in list(backend.groups.values()):
        yield _tagger(call, backend.tagger, group.arn, "logs:log-group")


def _ecr(call):
    backend = call.backend("ecr")
    for repository in list(backend.repositories.values()):
        yield _tagger(call, backend.tagger, repository.arn, "ecr:repository")


def _ecs(call):
    for arn, tags in ecs_cluster.boxes.of(call).tags.items():
        yield Resource(arn, "ecs:" + arn.split(":")[5].partition("/")[0], tags)


def _cloudmap(call):
    for arn, tags in cloudmap.boxes.of(call).tags.items():
        yield Resource(arn, "servicediscovery:" + arn.split(":")[5].partition("/")[0], tags)


def _apigw(call):
    box, base = apigw.boxes.of(call), f"arn:aws:apigateway:{call.region}::/"
    for ident, api in box.apis.items():
        yield Resource(f"{base}apis/{ident}", "apigateway:apis", api.data["Tags"])
        for name, stage in api.stages.items():
            yield Resource(f"{base}apis/{ident}/stages/{name}", "apigateway:stages", stage["Tags"])
    for ident, link in box.links.items():
        yield Resource(f"{base}vpclinks/{ident}", "apigateway:vpclinks", link.data["Tags"])


def _iam(call):
    if call.region != "us-east-1":
        return
    for arn, provider in upstream.backend("iam", call.account, "aws").open_id_providers.items():
        tags = {t["Key"]: t["Value"] for t in provider.tags.values()}

        def store(new, provider=provider):
            provider.tags = {k: {"Key": k, "Value": v} for k, v in new.items()}
        yield Resource(arn, "iam:oidc-provider", tags, store)


def _kind_matches(kind, wanted):
    return any(kind == w or kind.partition(":")[0] == w for w in wanted)


@answers("resourcegroupstaggingapi", "GetResources")
def get_resources(call):
    arns, filters = call.get("ResourceARNList"), call.get("TagFilters", [])
    kinds = call.get("ResourceTypeFilters")
    if arns is not None and (filters or kinds or call.get("ResourcesPerPage") or call.get("PaginationToken")):
        raise AwsError("InvalidParameterException", "ResourceARNList cannot be combined with other parameters")
    size = call.get("ResourcesPerPage")
    if size is not None and not 1 <= size <= 100:
        raise AwsError("InvalidParameterException", "ResourcesPerPage must be between 1 and 100")
    found = [Resource(r.arn, r.kind, lag.tags(r.arn, r.tags)) for r in everything(call) if not lag.hides(r.arn)]
    found = [r for r in found if r.tags]
    if arns is not None:
        found = [r for r in found if r.arn in arns]
    if kinds:
        found = [r for r in found if _kind_matches(r.kind, kinds)]
    for entry in filters:
        key, values = entry.get("Key"), entry.get("Values") or []
        found = [r for r in found if key in r.tags and (not values or r.tags[key] in values)]
    items = [{"ResourceARN": r.arn, "Tags": [{"Key": k, "Value": v} for k, v in r.tags.items()]} for r in found]
    if arns is not None:
        return {"ResourceTagMappingList": items, "PaginationToken": ""}
    got, token = paging.page(items, call.get("PaginationToken"), size, 100,
                             AwsError("InvalidParameterException", "The PaginationToken is not valid"))
    return {"ResourceTagMappingList": got, "PaginationToken": token or ""}


@answers("resourcegroupstaggingapi", "TagResources", "UntagResources")
def change(call):
    """The answer is 200 also when some ARNs failed."""
    known, failed = {r.arn: r for r in everything(call)}, {}
    for arn in call.get("ResourceARNList"):
        if arn not in known:
            failed[arn] = {"StatusCode": 400, "ErrorCode": "InvalidParameterException",
                           "ErrorMessage": "The resource was not found"}
            continue
        tags = dict(known[arn].tags)
        if call.name == "TagResources":
            tags.update(call.get("Tags"))
        else:
            tags = {k: v for k, v in tags.items() if k not in call.get("TagKeys")}
        known[arn].write(tags)
    return {"FailedResourcesMap": failed}


@answers("resourcegroupstaggingapi", "GetTagKeys", "GetTagValues")
def get_names(call):
    if call.name == "GetTagKeys":
        names, key = {k for r in everything(call) for k in r.tags}, "TagKeys"
    else:
        names, key = {r.tags[call.get("Key")] for r in everything(call) if call.get("Key") in r.tags}, "TagValues"
    got, token = paging.page(sorted(names), call.get("PaginationToken"), None, 100)
    return {key: got, "PaginationToken": token or ""}

"""What all EC2 mends share: filters, pages, canonical CIDRs, tag specifications (network sheet 1)."""
import functools
import ipaddress
import re

import lag
import paging
from errors import AwsError
from registry import answers

TAG_LIMIT = 50


# --- filters -------------------------------------------------------------------------

@functools.lru_cache(maxsize=4096)
def _glob(text):
    """AWS's wildcards: * and ?, everything else literal, case-sensitive."""
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text), re.DOTALL)


def _texts(value):
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, (list, tuple, set)):
        return [t for v in value for t in _texts(v)]
    return [str(value)]


def filtered(items, filters, getters):
    """Keep the items that match all filters; a filter that AWS does not know is an error."""
    for entry in filters or []:
        name, values = entry.get("Name", ""), entry.get("Values", [])
        if name.startswith("tag:"):
            key = name[4:]

            def get(item, key=key):
                return [t["Value"] for t in item.get("Tags", []) if t["Key"] == key]
        elif name == "tag-key":
            def get(item):
                return [t["Key"] for t in item.get("Tags", [])]
        elif name in getters:
            getter = getters[name]
            get = getter if callable(getter) else functools.partial(lambda item, key: item.get(key), key=getter)
        else:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        patterns = [_glob(v) for v in values]
        items = [i for i in items if any(p.fullmatch(t) for t in _texts(get(i)) for p in patterns)]
    return items


def describe(call, items, out_key, ids_param, getters, id_key, not_found):
    """The common body of a Describe call: ids, filters, page."""
    ids = call.get(ids_param, [])
    items = [i for i in items if not lag.hides(("ec2", i[id_key]))]
    if ids and call.get("MaxResults") is not None:
        raise AwsError("InvalidParameterCombination",
                       f"The parameter {ids_param} cannot be used with the parameter MaxResults")
    if ids:
        by_id = {i[id_key]: i for i in items}
        missing = [i for i in ids if i not in by_id]
        if missing:
            raise AwsError(not_found, f"The {_noun(id_key)} ID '{missing[0]}' does not exist")
        items = [by_id[i] for i in dict.fromkeys(ids)]
    items = filtered(items, call.get("Filters"), getters)
    return paging.fill({}, out_key, items, "NextToken", call, call.get("MaxResults"), "NextToken",
                       bad_token=AwsError("InvalidParameterValue", "Unable to parse pagination token"))


def _noun(id_key):
    return {"VpcId": "vpc", "SubnetId": "subnet", "RouteTableId": "routeTable", "GroupId": "security group",
            "InternetGatewayId": "internetGateway"}.get(id_key, "resource")


def everything(call, operation, out_key):
    """All objects that moto has of a kind, as the client would read them."""
    return call.moto({}, operation)[out_key]


# --- values --------------------------------------------------------------------------

def network(text, name="cidrBlock"):
    """AWS clears the host bits of a CIDR instead of refusing them."""
    try:
        if "/" not in text:
            raise ValueError
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise AwsError("InvalidParameterValue",
                       f"Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block.") from None


def canonical(text, name="cidrBlock"):
    return str(network(text, name))


def tags_of(call, resource_type):
    """The tags of a create call, after the check that moto skips."""
    tags = []
    for spec in call.get("TagSpecifications", []):
        if spec.get("ResourceType") != resource_type:
            raise AwsError("InvalidParameterValue",
                           f"'{spec.get('ResourceType')}' is not a valid taggable resource type for this operation.")
        tags.extend(spec.get("Tags", []))
    check_tags(tags)
    return tags


def check_tags(tags):
    names = [t.get("Key", "") for t in tags]
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if key.lower().startswith("aws:"):
            raise AwsError("InvalidParameterValue",
                           f"Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are "
                           "reserved for internal use")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise AwsError("InvalidParameterValue", f"Tag key or value of '{key}' exceeds the maximum length")
    if len(set(names)) != len(names):
        raise AwsError("InvalidParameterValue", "Duplicate tag key specified.")
    if len(names) > TAG_LIMIT:
        raise AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")


def stored_tags(backend, resource_id):
    return [{"Key": k, "Value": v} for k, v in backend.tags.get(resource_id, {}).items()]


def exists(backend, resource_id):
    """Whether an id names a live object; None for kinds that the sandbox leaves to moto."""
    prefix = resource_id.partition("-")[0]
    if prefix == "sg":
        return backend.get_security_group_from_id(resource_id) is not None
    if prefix == "sgr":
        import ec2_groups
        return ec2_groups.find_rule(backend, resource_id) is not None
    if prefix == "subnet":
        return any(resource_id in zone for zone in backend.subnets.values())
    store = {"vpc": "vpcs", "igw": "internet_gateways", "rtb": "route_tables", "eni": "enis"}.get(prefix)
    return None if store is None else resource_id in getattr(backend, store)


NOT_FOUND = {"vpc": "InvalidVpcID.NotFound", "subnet": "InvalidSubnetID.NotFound", "sg": "InvalidGroup.NotFound",
             "igw": "InvalidInternetGatewayID.NotFound", "rtb": "InvalidRouteTableID.NotFound",
             "sgr": "InvalidSecurityGroupRuleId.NotFound", "eni": "InvalidNetworkInterfaceID.NotFound"}


def need(backend, resource_id):
    if exists(backend, resource_id) is False:
        code = NOT_FOUND[resource_id.partition("-")[0]]
        raise AwsError(code, f"The ID '{resource_id}' does not exist")
    return resource_id


@answers("ec2", "CreateTags", "DeleteTags")
def change_tags(call):
    """moto tags ids that do not exist; and tags of rules are kept by the sandbox."""
    backend = call.backend()
    for resource in call.get("Resources", []):
        if "-" not in resource:
            raise AwsError("InvalidID", f"The ID '{resource}' is not valid")
        need(backend, resource)
    if call.name == "CreateTags":
        if not call.get("Tags"):
            raise AwsError("MissingParameter", "The request must contain the parameter tagSet")
        check_tags(call.get("Tags"))
        for resource in call.get("Resources"):
            merged = {**backend.tags.get(resource, {}), **{t["Key"]: t.get("Value", "") for t in call.get("Tags")}}
            if len(merged) > TAG_LIMIT:
                raise AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
            backend.tags[resource] = merged
        return {}
    for resource in call.get("Resources"):
        tags = backend.tags.get(resource, {})
        if call.params.get("Tags") is None:
            tags.clear()
        for tag in call.get("Tags", []):
            if "Value" not in tag or tags.get(tag["Key"]) == tag["Value"]:
                tags.pop(tag["Key"], None)
    return {}


def page_passed_on(out_key):
    """A Describe of moto that only needs filters checked and pages cut."""
    def handler(call):
        params = {k: v for k, v in call.params.items() if k not in ("MaxResults", "NextToken")}
        try:
            items = call.moto(params).get(out_key, [])
        except AwsError as error:
            if error.code == "SandboxNotImplemented" and call.get("Filters"):
                names = ", ".join(f["Name"] for f in call.get("Filters"))
                raise AwsError("InvalidParameterValue", f"The filter '{names}' is invalid") from None
            raise
        return paging.fill({}, out_key, items, "NextToken", call, call.get("MaxResults"), "NextToken")
    return handler


answers("ec2", "DescribeNetworkAcls")(page_passed_on("NetworkAcls"))
answers("ec2", "DescribeTags")(page_passed_on("Tags"))
answers("ec2", "DescribeDhcpOptions")(page_passed_on("DhcpOptions"))

"""Security groups and their rules (network sheet 2.6 and 2.7).

The groups are moto's; the rules are kept here, one per source as AWS numbers them, on
the group object, because moto neither normalises them nor knows them by id.
"""
import re
import secrets

import config
import ec2
import ec2_eni
from errors import AwsError
from registry import answers

TEXT = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*")
PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}


class Rule:
    """protocol, ports and one source; the key without description and tags is unique in a group."""

    def __init__(self, group, egress, protocol, low, high, kind, source, description):
        self.id = "sgr-" + secrets.token_hex(9)[:17]
        self.group, self.egress = group, egress
        self.protocol, self.low, self.high, self.kind, self.source = protocol, low, high, kind, source
        self.description = description

    def key(self):
        return self.egress, self.protocol, self.low, self.high, self.kind, self.source


def rules_of(backend, group):
    """The rules of a group, starting with what AWS puts into a new one."""
    if not hasattr(group, "sandbox_rules"):
        group.sandbox_rules = [Rule(group, True, "-1", -1, -1, "CidrIpv4", "0.0.0.0/0", None)]
        if group.is_default or group.name == "default":
            group.sandbox_rules.append(Rule(group, False, "-1", -1, -1, "Group", group.id, None))
    return group.sandbox_rules


def groups(backend):
    return [g for of_vpc in list(backend.groups.values()) for g in list(of_vpc.values())]


def find_rule(backend, rule_id):
    return next((r for g in groups(backend) for r in rules_of(backend, g) if r.id == rule_id), None)


def _group(call, backend):
    group_id = call.get("GroupId")
    if not group_id:
        raise AwsError("MissingParameter", "The request must contain the parameter groupId")
    group = backend.get_security_group_from_id(group_id)
    if group is None:
        code = "InvalidGroup.NotFound" if re.fullmatch(r"sg-[0-9a-f]{8,17}", group_id) else "InvalidGroupId.Malformed"
        raise AwsError(code, f"The security group '{group_id}' does not exist")
    return group


def _text(value, name, what):
    if value is not None and (len(value) > 255 or not TEXT.fullmatch(value)):
        raise AwsError("InvalidParameterValue",
                       f"Value ({value}) for parameter {name} is invalid. Invalid {what}. Valid characters are "
                       "a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*")


# --- groups --------------------------------------------------------------------------

@answers("ec2", "CreateSecurityGroup")
def create_security_group(call):
    tags, backend = ec2.tags_of(call, "security-group"), call.backend()
    name, vpc = call.get("GroupName", ""), call.get("VpcId")
    _text(name, "GroupName", "security group name")
    _text(call.get("Description"), "GroupDescription", "security group description")
    if not name or name.lower().startswith("sg-"):
        raise AwsError("InvalidParameterValue", f"Value ({name}) for parameter GroupName is invalid. "
                                                "Group names may not be in the format sg-*")
    if not call.get("Description"):
        raise AwsError("MissingParameter", "The request must contain the parameter GroupDescription")
    vpc = ec2.need(backend, vpc) if vpc else backend.default_vpc.id
    if name.lower() == "default":
        raise AwsError("InvalidParameterValue", "Cannot use reserved security group name: default")
    if any(g.name.lower() == name.lower() for g in backend.groups.get(vpc, {}).values()):
        raise AwsError("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc}'")
    group = backend.create_security_group(name, call.get("Description"), vpc_id=vpc, force=True,
                                          tags={t["Key"]: t.get("Value", "") for t in tags})
    rules_of(backend, group)
    return {"GroupId": group.id, "SecurityGroupArn": group.arn, "Tags": tags}


def _permissions(call, rules):
    """The grouped view: one entry per protocol and ports."""
    entries = {}
    for rule in rules:
        entry = entries.setdefault((rule.protocol, rule.low, rule.high), {
            "IpProtocol": rule.protocol, "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [],
            "UserIdGroupPairs": []})
        if rule.protocol != "-1":
            entry["FromPort"], entry["ToPort"] = rule.low, rule.high
        said = {"Description": rule.description} if rule.description else {}
        if rule.kind == "CidrIpv4":
            entry["IpRanges"].append({"CidrIp": rule.source, **said})
        elif rule.kind == "CidrIpv6":
            entry["Ipv6Ranges"].append({"CidrIpv6": rule.source, **said})
        elif rule.kind == "PrefixListId":
            entry["PrefixListIds"].append({"PrefixListId": rule.source, **said})
        else:
            entry["UserIdGroupPairs"].append({"GroupId": rule.source, "UserId": call.account, **said})
    return list(entries.values())


def _seen_group(call, backend, group):
    rules = rules_of(backend, group)
    return {"GroupId": group.id, "GroupName": group.name, "Description": group.description, "OwnerId": call.account,
            "VpcId": group.vpc_id, "SecurityGroupArn": group.arn, "Tags": ec2.stored_tags(backend, group.id),
            "IpPermissions": _permissions(call, [r for r in rules if not r.egress]),
            "IpPermissionsEgress": _permissions(call, [r for r in rules if r.egress])}


def _in_permissions(side, list_name, key):
    return lambda g: [s.get(key) for p in g[side] for s in p[list_name]]


GROUP_FILTERS = {
    "group-id": "GroupId", "group-name": "GroupName", "description": "Description", "owner-id": "OwnerId",
    "vpc-id": "VpcId",
}
for _prefix, _side in (("ip-permission.", "IpPermissions"), ("egress.ip-permission.", "IpPermissionsEgress")):
    GROUP_FILTERS.update({
        _prefix + "cidr": _in_permissions(_side, "IpRanges", "CidrIp"),
        _prefix + "ipv6-cidr": _in_permissions(_side, "Ipv6Ranges", "CidrIpv6"),
        _prefix + "group-id": _in_permissions(_side, "UserIdGroupPairs", "GroupId"),
        _prefix + "prefix-list-id": _in_permissions(_side, "PrefixListIds", "PrefixListId"),
        _prefix + "protocol": lambda g, s=_side: [p["IpProtocol"] for p in g[s]],
        _prefix + "from-port": lambda g, s=_side: [p.get("FromPort") for p in g[s]],
        _prefix + "to-port": lambda g, s=_side: [p.get("ToPort") for p in g[s]],
    })


@answers("ec2", "DescribeSecurityGroups")
def describe_security_groups(call):
    backend = call.backend()
    items = [_seen_group(call, backend, g) for g in groups(backend)]
    names = call.get("GroupNames")
    if names:
        missing = set(names) - {i["GroupName"] for i in items}
        if missing:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{sorted(missing)[0]}' does not exist")
        items = [i for i in items if i["GroupName"] in names]
    return ec2.describe(call, items, "SecurityGroups", "GroupIds", GROUP_FILTERS, "GroupId", "InvalidGroup.NotFound")


@answers("ec2", "DeleteSecurityGroup")
def delete_security_group(call):
    backend = call.backend()
    group = _group(call, backend)
    if group.is_default or group.name == "default":
        raise AwsError("CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user')
    referring = [r for g in groups(backend) if g.id != group.id for r in rules_of(backend, g)
                 if r.kind == "Group" and r.source == group.id]
    if referring or ec2_eni.using_group(backend, group.id):
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
    for rule in rules_of(backend, group):
        backend.tags.pop(rule.id, None)
    backend.delete_security_group(group_id=group.id)
    backend.tags.pop(group.id, None)
    return {"Return": True, "GroupId": group.id}


# --- rules ---------------------------------------------------------------------------

def _normal(protocol, low, high):
    """Protocol names, and the ports that AWS keeps for them."""
    if protocol is None:
        raise AwsError("MissingParameter", "The request must contain the parameter ipProtocol")
    protocol = PROTOCOLS.get(protocol.lower(), protocol.lower())
    if protocol == "-1":
        return protocol, -1, -1
    if protocol in ("tcp", "udp"):
        if low is None or high is None:
            raise AwsError("InvalidParameterValue", f"Invalid value for portRange. Must specify both from and to "
                                                    f"ports with {protocol.upper()}.")
        if not 0 <= low <= 65535 or not 0 <= high <= 65535 or low > high:
            raise AwsError("InvalidParameterValue", f"Invalid TCP/UDP port range ({low}:{high})")
        return protocol, low, high
    if protocol in ("icmp", "icmpv6"):
        return protocol, -1 if low is None else low, -1 if high is None else high
    if not protocol.isdigit() or int(protocol) > 255:
        raise AwsError("InvalidPermission.Malformed", f'Invalid IP protocol: "{protocol}"')
    return protocol, -1, -1


def _sources(call, backend, permission):
    """(kind, canonical source, description) of each source of one permission."""
    found = []
    for entry in permission.get("IpRanges", []):
        if "CidrIp" not in entry:
            raise AwsError("InvalidParameterValue", "CIDR block is missing")
        found.append(("CidrIpv4", _cidr(entry["CidrIp"], 4), entry.get("Description")))
    for entry in permission.get("Ipv6Ranges", []):
        found.append(("CidrIpv6", _cidr(entry.get("CidrIpv6", ""), 6), entry.get("Description")))
    for entry in permission.get("PrefixListIds", []):
        found.append(("PrefixListId", entry.get("PrefixListId"), entry.get("Description")))
    for entry in permission.get("UserIdGroupPairs", []):
        found.append(("Group", _referenced(backend, entry.get("GroupId")), entry.get("Description")))
    for _, _, description in found:
        _text(description, "description", "rule description")
    if not found:
        raise AwsError("InvalidParameterValue", "The permission has no source")
    return found


def _cidr(text, version):
    try:
        net = ec2.network(text)
        if net.version == version:
            return str(net)
    except AwsError:
        pass
    raise AwsError("InvalidParameterValue", f"CIDR block {text} is malformed")


def _referenced(backend, group_id):
    if not group_id or backend.get_security_group_from_id(group_id) is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
    return group_id


def _permission_list(call):
    if call.get("IpPermissions"):
        return call.get("IpPermissions")
    flat = {k: call.params[k] for k in ("IpProtocol", "FromPort", "ToPort") if k in call.params}
    if not flat:
        raise AwsError("MissingParameter", "The request must contain the parameter ipPermissions")
    if call.get("CidrIp"):
        flat["IpRanges"] = [{"CidrIp": call.get("CidrIp")}]
    return [flat]


def _rules_from(call, backend, group, egress):
    made = []
    for permission in _permission_list(call):
        ports = _normal(permission.get("IpProtocol"), permission.get("FromPort"), permission.get("ToPort"))
        for source in _sources(call, backend, permission):
            made.append(Rule(group, egress, *ports, *source))
    return made


def _seen_rule(call, backend, rule):
    item = {"SecurityGroupRuleId": rule.id, "GroupId": rule.group.id, "GroupOwnerId": call.account,
            "IsEgress": rule.egress, "IpProtocol": rule.protocol, "FromPort": rule.low, "ToPort": rule.high,
            "Tags": ec2.stored_tags(backend, rule.id),
            "SecurityGroupRuleArn": call.arn(f"security-group-rule/{rule.id}", "ec2")}
    if rule.description:
        item["Description"] = rule.description
    if rule.kind == "Group":
        item["ReferencedGroupInfo"] = {"GroupId": rule.source, "UserId": call.account}
    else:
        item[rule.kind] = rule.source
    return item


@answers("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorize(call):
    """All or nothing; a rule that differs by description only is a duplicate."""
    backend, egress = call.backend(), call.name.endswith("Egress")
    tags, group = ec2.tags_of(call, "security-group-rule"), _group(call, backend)
    existing = rules_of(backend, group)
    keys = {r.key() for r in existing}
    made = _rules_from(call, backend, group, egress)
    for rule in made:
        if rule.key() in keys:
            ports = "ALL" if rule.protocol == "-1" else f"from port: {rule.low}, to port: {rule.high}"
            raise AwsError("InvalidPermission.Duplicate",
                           f'the specified rule "peer: {rule.source}, {rule.protocol.upper()}, {ports}, ALLOW" '
                           "already exists")
        keys.add(rule.key())
    if sum(r.egress == egress for r in existing) + len(made) > config.knobs.rules_per_group:
        raise AwsError("RulesPerSecurityGroupLimitExceeded",
                       "The maximum number of rules per security group has been reached.")
    existing.extend(made)
    for rule in made:
        if tags:
            backend.tags[rule.id] = {t["Key"]: t.get("Value", "") for t in tags}
    return {"Return": True, "SecurityGroupRules": [_seen_rule(call, backend, r) for r in made]}


@answers("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def revoke(call):
    backend, egress = call.backend(), call.name.endswith("Egress")
    group = _group(call, backend)
    existing = rules_of(backend, group)
    if call.get("SecurityGroupRuleIds"):
        gone = []
        for rule_id in call.get("SecurityGroupRuleIds"):
            rule = next((r for r in existing if r.id == rule_id and r.egress == egress), None)
            if rule is None:
                raise AwsError("InvalidSecurityGroupRuleId.NotFound",
                               f"The security group rule ID '{rule_id}' does not exist")
            gone.append(rule)
    else:
        keys = {r.key(): r for r in existing}
        gone = [keys.get(r.key()) for r in _rules_from(call, backend, group, egress)]
        if None in gone:
            raise AwsError("InvalidPermission.NotFound",
                           "The specified rule does not exist in this security group.")
    for rule in gone:
        existing.remove(rule)
        backend.tags.pop(rule.id, None)
    return {"Return": True, "RevokedSecurityGroupRules": [
        {k: v for k, v in _seen_rule(call, backend, r).items()
         if k in ("SecurityGroupRuleId", "GroupId", "IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4",
                  "CidrIpv6", "PrefixListId", "Description")} for r in gone]}


RULE_FILTERS = {"group-id": "GroupId", "security-group-rule-id": "SecurityGroupRuleId"}


@answers("ec2", "DescribeSecurityGroupRules")
def describe_security_group_rules(call):
    backend = call.backend()
    wanted = next((f["Values"] for f in call.get("Filters", []) if f["Name"] == "group-id"), None)
    chosen = groups(backend)
    if wanted and not any("*" in v or "?" in v for v in wanted):
        chosen = [g for g in chosen if g.id in wanted]
    items = [_seen_rule(call, backend, r) for g in chosen for r in rules_of(backend, g)]
    return ec2.describe(call, items, "SecurityGroupRules", "SecurityGroupRuleIds", RULE_FILTERS,
                        "SecurityGroupRuleId", "InvalidSecurityGroupRuleId.NotFound")


@answers("ec2", "ModifySecurityGroupRules")
def modify_security_group_rules(call):
    """The whole rule is replaced, but the kind of its source must stay."""
    backend = call.backend()
    group = _group(call, backend)
    existing = rules_of(backend, group)
    for update in call.get("SecurityGroupRules", []):
        rule = next((r for r in existing if r.id == update.get("SecurityGroupRuleId")), None)
        if rule is None:
            raise AwsError("InvalidSecurityGroupRuleId.NotFound",
                           f"The security group rule ID '{update.get('SecurityGroupRuleId')}' does not exist")
        body = update.get("SecurityGroupRule", {})
        ports = _normal(body.get("IpProtocol"), body.get("FromPort"), body.get("ToPort"))
        kinds = [k for k in ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId") if k in body]
        if len(kinds) != 1:
            raise AwsError("InvalidParameterCombination" if kinds else "MissingParameter",
                           "Exactly one source must be given for a security group rule")
        kind = "Group" if kinds[0] == "ReferencedGroupId" else kinds[0]
        if kind != rule.kind:
            raise AwsError("InvalidParameterValue", "You may not change the source type of a security group rule")
        source = body[kinds[0]]
        if kind in ("CidrIpv4", "CidrIpv6"):
            source = _cidr(source, 4 if kind == "CidrIpv4" else 6)
        elif kind == "Group":
            _referenced(backend, source)
        _text(body.get("Description"), "description", "rule description")
        changed = Rule(group, rule.egress, *ports, kind, source, body.get("Description"))
        if any(r is not rule and r.key() == changed.key() for r in existing):
            raise AwsError("InvalidPermission.Duplicate", "the specified rule already exists")
        changed.id = rule.id
        existing[existing.index(rule)] = changed
    return {"Return": True}


@answers("ec2", "UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
def update_descriptions(call):
    backend, egress = call.backend(), call.name.endswith("Egress")
    group = _group(call, backend)
    existing = rules_of(backend, group)
    for entry in call.get("SecurityGroupRuleDescriptions", []):
        rule = next((r for r in existing if r.id == entry.get("SecurityGroupRuleId") and r.egress == egress), None)
        if rule is None:
            raise AwsError("InvalidSecurityGroupRuleId.NotFound",
                           f"The security group rule ID '{entry.get('SecurityGroupRuleId')}' does not exist")
        _text(entry.get("Description"), "description", "rule description")
        rule.description = entry.get("Description")
    if call.get("IpPermissions"):
        keys = {r.key(): r for r in existing}
        for wanted in _rules_from(call, backend, group, egress):
            if wanted.key() not in keys:
                raise AwsError("InvalidPermission.NotFound",
                               "The specified rule does not exist in this security group.")
            keys[wanted.key()].description = wanted.description
    return {"Return": True}

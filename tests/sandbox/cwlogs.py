"""CloudWatch Logs groups (network sheet 6)."""
import re

import paging
from errors import AwsError
from registry import answers

RETENTION = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}


def invalid(message):
    return AwsError("InvalidParameterException", message)


def group(call, name):
    """A group by name, or by ARN as logGroupIdentifier."""
    if name and name.startswith("arn:"):
        if name.endswith(":*"):
            raise invalid("The specified ARN must not end with :*")
        name = name.partition(":log-group:")[2]
    found = call.backend().groups.get(name)
    if found is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return found


@answers("logs", "CreateLogGroup")
def create_log_group(call):
    name = call.get("logGroupName")
    if not re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,512}", name) or name.startswith("aws/"):
        raise invalid(f"1 validation error detected: Value '{name}' at 'logGroupName' failed to satisfy constraint")
    if name in call.backend().groups:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    _check_tags(call.get("tags", {}))
    call.moto({k: v for k, v in call.params.items() if k in ("logGroupName", "tags", "kmsKeyId")})
    made = call.backend().groups[name]
    made.sandbox_class = call.get("logGroupClass", "STANDARD")
    made.sandbox_protected = call.get("deletionProtectionEnabled", False)
    return {}


def _check_tags(tags):
    if any(k.lower().startswith("aws:") for k in tags):
        raise invalid("Tag keys may not start with aws:")


def _seen(found):
    item = {"logGroupName": found.name, "creationTime": found.creation_time, "metricFilterCount": 0,
            "arn": found.arn + ":*", "logGroupArn": found.arn, "storedBytes": 0,
            "logGroupClass": getattr(found, "sandbox_class", "STANDARD"),
            "deletionProtectionEnabled": getattr(found, "sandbox_protected", False)}
    if found.retention_in_days:
        item["retentionInDays"] = int(found.retention_in_days)
    if found.kms_key_id:
        item["kmsKeyId"] = found.kms_key_id
    return item


@answers("logs", "DescribeLogGroups")
def describe_log_groups(call):
    """Prefix, pattern and identifiers exclude each other; a prefix is not equality."""
    prefix, pattern = call.get("logGroupNamePrefix"), call.get("logGroupNamePattern")
    ids = call.get("logGroupIdentifiers")
    if sum(x is not None for x in (prefix, pattern, ids)) > 1:
        raise invalid("LogGroup name prefix, pattern and identifiers are mutually exclusive parameters.")
    found = [g for _, g in sorted(call.backend().groups.items())]
    if ids is not None:
        names = {i.partition(":log-group:")[2] if i.startswith("arn:") else i for i in ids}
        found = [g for g in found if g.name in names]
    if prefix:
        found = [g for g in found if g.name.startswith(prefix)]
    if pattern:
        found = [g for g in found if pattern.lower() in g.name.lower()]
    if call.get("logGroupClass"):
        found = [g for g in found if getattr(g, "sandbox_class", "STANDARD") == call.get("logGroupClass")]
    return paging.fill({}, "logGroups", [_seen(g) for g in found], "nextToken", call, call.get("limit"), "nextToken",
                       50, invalid("The specified nextToken is invalid."))


@answers("logs", "PutRetentionPolicy")
def put_retention_policy(call):
    found = group(call, call.get("logGroupName"))
    if call.get("retentionInDays") not in RETENTION:
        raise invalid(f"1 validation error detected: Value '{call.get('retentionInDays')}' at 'retentionInDays' "
                      f"failed to satisfy constraint: Member must satisfy enum value set: {sorted(RETENTION)}")
    found.retention_in_days = call.get("retentionInDays")
    return {}


@answers("logs", "DeleteRetentionPolicy")
def delete_retention_policy(call):
    group(call, call.get("logGroupName")).retention_in_days = None
    return {}


@answers("logs", "PutLogGroupDeletionProtection")
def put_deletion_protection(call):
    group(call, call.get("logGroupIdentifier")).sandbox_protected = call.get("deletionProtectionEnabled")
    return {}


@answers("logs", "DeleteLogGroup")
def delete_log_group(call):
    found = group(call, call.get("logGroupName"))
    if getattr(found, "sandbox_protected", False):
        raise AwsError("ValidationException", "Log group has deletion protection enabled")
    call.backend().tagger.delete_all_tags_for_resource(found.arn)
    return call.moto()


@answers("logs", "TagResource", "UntagResource", "ListTagsForResource")
def change_tags(call):
    """The ARN without `:*`; anything else is no resource."""
    arn = call.get("resourceArn")
    if ":log-group:" not in arn:
        return call.moto()
    if arn.endswith(":*"):
        raise invalid("The specified resource ARN is not valid: it must not end with :*")
    found = group(call, arn.partition(":log-group:")[2])
    if call.name == "TagResource":
        _check_tags(call.get("tags"))
    return call.moto({**call.params, "resourceArn": found.arn})

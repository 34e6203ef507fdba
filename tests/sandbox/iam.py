"""IAM roles, their inline policies and attachments (network sheet 4.1, 4.2, 4.4)."""
import re

import auth
import iam_policy
import lag
import paging
from errors import AwsError
from registry import answers

SERVICE_LINKED = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS", "rds.amazonaws.com": "AWSServiceRoleForRDS",
    "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
}


def iam_backend(call):
    return call.backend("iam", "aws")


def role(call):
    name = call.get("RoleName")
    for found in iam_backend(call).roles.values():
        if found.name.lower() == name.lower() and not lag.hides(found.arn):
            return found
    raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)


def check_tags(tags):
    """Tag keys are unique without regard to case, in IAM only."""
    keys = [t["Key"].lower() for t in tags or []]
    if len(set(keys)) != len(keys):
        raise AwsError("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(k.startswith("aws:") for k in keys):
        raise AwsError("InvalidInput", "Tag keys may not begin with aws:")
    if len(keys) > 50:
        raise AwsError("LimitExceeded", "The number of tags has reached the maximum limit.", 409)


def paged(call, key, items):
    got, marker = paging.page(items, call.get("Marker"), call.get("MaxItems"), 100,
                              AwsError("ValidationError", "Invalid Marker"))
    result = {key: got, "IsTruncated": marker is not None}
    if marker:
        result["Marker"] = marker
    return result


@answers("iam", "CreateRole")
def create_role(call):
    name, backend = call.get("RoleName"), iam_backend(call)
    if any(r.name.lower() == name.lower() for r in backend.roles.values()):
        raise AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
    check_tags(call.get("Tags"))
    iam_policy.check_trust(call.get("AssumeRolePolicyDocument"), backend)
    result = call.moto()
    made = role(call)
    made.sandbox_description = call.params.get("Description")
    if call.get("MaxSessionDuration") is None:
        made.max_session_duration = 3600
    return _with_description(result, made)


def _with_description(result, found):
    """An absent description stays absent; moto turns it into an empty one."""
    if not found.description:
        result["Role"].pop("Description", None)
    result["Role"].setdefault("MaxSessionDuration", int(found.max_session_duration or 3600))
    return result


@answers("iam", "GetRole")
def get_role(call):
    found = role(call)
    return _with_description(call.moto({"RoleName": found.name}), found)


@answers("iam", "UpdateRole")
def update_role(call):
    """What is absent keeps its value; moto clears it."""
    found = role(call)
    if call.params.get("Description") is not None:
        found.description = call.params["Description"]
    if call.get("MaxSessionDuration") is not None:
        found.max_session_duration = call.get("MaxSessionDuration")
    return {}


@answers("iam", "UpdateAssumeRolePolicy")
def update_assume_role_policy(call):
    found = role(call)
    iam_policy.check_trust(call.get("PolicyDocument"), iam_backend(call))
    found.assume_role_policy_document = call.get("PolicyDocument")
    return {}


@answers("iam", "DeleteRole")
def delete_role(call):
    found = role(call)
    if found.path.startswith("/aws-service-role/"):
        raise AwsError("UnmodifiableEntity", "Cannot perform the operation on the protected role", 400)
    if found.policies:
        raise AwsError("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
    return call.moto({"RoleName": found.name})


@answers("iam", "ListRoles")
def list_roles(call):
    """A list has no tags, boundary or last use."""
    roles = []
    for item in iam_backend(call).roles.values():
        if not item.path.startswith(call.get("PathPrefix", "/")) or lag.hides(item.arn):
            continue
        entry = call.moto({"RoleName": item.name}, "GetRole")["Role"]
        for key in ("Tags", "PermissionsBoundary", "RoleLastUsed"):
            entry.pop(key, None)
        roles.append(entry)
    return paged(call, "Roles", sorted(roles, key=lambda r: r["RoleName"]))


@answers("iam", "TagRole")
def tag_role(call):
    found = role(call)
    result = call.moto({**call.params, "RoleName": found.name})
    check_tags([{"Key": t["Key"]} for t in (found.tags.values() if isinstance(found.tags, dict) else found.tags)])
    return result


@answers("iam", "ListRolePolicies")
def list_role_policies(call):
    return paged(call, "PolicyNames", sorted(role(call).policies))


@answers("iam", "ListAttachedRolePolicies")
def list_attached_role_policies(call):
    found = [{"PolicyName": p.name, "PolicyArn": p.arn} for p in role(call).managed_policies.values()]
    return paged(call, "AttachedPolicies", found)


@answers("iam", "ListRoleTags")
def list_role_tags(call):
    found = call.moto({"RoleName": role(call).name})
    return paged(call, "Tags", found["Tags"])


@answers("iam", "ListInstanceProfilesForRole")
def list_instance_profiles_for_role(call):
    return paged(call, "InstanceProfiles", call.moto({"RoleName": role(call).name}).get("InstanceProfiles", []))


@answers("iam", "PutRolePolicy")
def put_role_policy(call):
    found = role(call)
    if found.path.startswith("/aws-service-role/"):
        raise AwsError("UnmodifiableEntity", "Cannot perform the operation on the protected role", 400)
    others = [d for n, d in found.policies.items() if n != call.get("PolicyName")]
    iam_policy.check_inline(call.get("PolicyDocument"), others)
    found.policies[call.get("PolicyName")] = call.get("PolicyDocument")
    return {}


@answers("iam", "DeleteRolePolicy")
def delete_role_policy(call):
    found = role(call)
    if call.get("PolicyName") not in found.policies:
        raise AwsError("NoSuchEntity", f"The role policy with name {call.get('PolicyName')} cannot be found.", 404)
    del found.policies[call.get("PolicyName")]
    return {}


@answers("iam", "AttachRolePolicy")
def attach_role_policy(call):
    """Attaching twice is no change."""
    found, arn = role(call), call.get("PolicyArn")
    if not re.fullmatch(r"arn:aws:iam::(aws|\d{12}):policy/.+", arn):
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
    if arn in found.managed_policies:
        return {}
    if len(found.managed_policies) >= 10:
        raise AwsError("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10", 409)
    return call.moto({"RoleName": found.name, "PolicyArn": arn})


@answers("iam", "GetAccountAuthorizationDetails")
def get_account_authorization_details(call):
    """One sequence of users, groups, roles and policies, cut into pages."""
    found = call.moto({k: v for k, v in call.params.items() if k == "Filter"})
    found["RoleDetailList"] = [d for d in found.get("RoleDetailList") or [] if not lag.hides(d["Arn"])]
    keys = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    sequence = [(k, item) for k in keys for item in found.get(k) or []]
    got, marker = paging.page(sequence, call.get("Marker"), call.get("MaxItems"), 100)
    result = {k: [item for name, item in got if name == k] for k in keys}
    for detail in result["RoleDetailList"]:
        source = iam_backend(call).roles.get(detail.get("RoleId"))
        if source is not None and source.tags:
            tags = source.tags.values() if isinstance(source.tags, dict) else source.tags
            detail["Tags"] = [{"Key": t["Key"], "Value": t["Value"]} for t in tags]
    result["IsTruncated"] = marker is not None
    if marker:
        result["Marker"] = marker
    return result


@answers("iam", "CreateServiceLinkedRole")
def create_service_linked_role(call):
    service = call.get("AWSServiceName")
    name = SERVICE_LINKED.get(service)
    if name is None:
        raise AwsError("InvalidInput", f"Service principal {service} is not known to have a service-linked role")
    backend = iam_backend(call)
    if any(r.name == name for r in backend.roles.values()):
        raise AwsError("InvalidInput", f"Service role name {name} has been taken in this account, please try a "
                                       "different suffix.")
    result = call.moto()
    made = next(r for r in backend.roles.values() if r.arn == result["Role"]["Arn"])
    made.name = name
    return {"Role": {**result["Role"], "RoleName": name, "Arn": made.arn}}


@answers("iam", "CreateAccessKey")
def create_access_key(call):
    """A key that IAM hands out signs requests from then on."""
    result = call.moto()
    made = result["AccessKey"]
    user = next((u for u in iam_backend(call).users.values() if u.name == made["UserName"]), None)
    if user is not None:
        auth.keys.add(auth.Key(made["AccessKeyId"], made["SecretAccessKey"], user.arn, user.id))
    return result


@answers("iam", "UpdateAccessKey", "DeleteAccessKey")
def change_access_key(call):
    result = call.moto()
    key = auth.keys.get(call.get("AccessKeyId"))
    if key is not None and call.name == "UpdateAccessKey":
        key.active = call.get("Status") == "Active"
    elif key is not None:
        auth.keys.remove(key.akid)
    return result

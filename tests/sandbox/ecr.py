"""ECR repositories and lifecycle policies (network sheet 7)."""
import json
import re

import paging
from errors import AwsError
from registry import answers

NAME = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")


def invalid(message):
    return AwsError("InvalidParameterException", f"Invalid parameter at 'LifecyclePolicyText' failed to satisfy "
                                                 f"constraint: 'Lifecycle policy validation failure: {message}'")


@answers("ecr", "CreateRepository")
def create_repository(call):
    if not NAME.fullmatch(call.get("repositoryName")) or not call.get("repositoryName")[0].isalpha():
        raise AwsError("InvalidParameterException", "Invalid parameter at 'repositoryName' failed to satisfy "
                                                    "constraint: 'must satisfy regular expression'")
    if any(t["Key"].lower().startswith("aws:") for t in call.get("tags", [])):
        raise AwsError("InvalidTagParameterException", "Tag keys may not start with aws:")
    return call.moto()


@answers("ecr", "DescribeRepositories")
def describe_repositories(call):
    """A missing name fails the whole call; names and pages exclude each other."""
    if call.get("repositoryNames") and (call.get("maxResults") or call.get("nextToken")):
        raise AwsError("InvalidParameterException", "maxResults and nextToken cannot be used with repositoryNames")
    params = {k: v for k, v in call.params.items() if k in ("registryId", "repositoryNames")}
    found = call.moto(params).get("repositories", [])
    if call.get("repositoryNames"):
        return {"repositories": found}
    return paging.fill({}, "repositories", found, "nextToken", call, call.get("maxResults"), "nextToken", 100,
                       AwsError("InvalidParameterException", "Invalid parameter at 'nextToken'"))


@answers("ecr", "PutLifecyclePolicy")
def put_lifecycle_policy(call):
    """The text comes back minified, with the rules in order of priority."""
    repository = call.backend()._get_repository(call.get("repositoryName"), call.get("registryId")) \
        if call.get("repositoryName") in call.backend().repositories else None
    if repository is None:
        raise AwsError("RepositoryNotFoundException", f"The repository with name '{call.get('repositoryName')}' does "
                       f"not exist in the registry with id '{call.account}'")
    text = _checked(call.get("lifecyclePolicyText"))
    repository.lifecycle_policy = text
    return {"registryId": call.account, "repositoryName": repository.name, "lifecyclePolicyText": text}


def _checked(text):
    try:
        policy = json.loads(text)
        rules = policy["rules"]
    except (ValueError, KeyError, TypeError):
        raise invalid("Could not map policyString into LifecyclePolicy.") from None
    if set(policy) != {"rules"} or not isinstance(rules, list) or not rules:
        raise invalid("object has missing or unknown properties")
    seen = []
    for rule in rules:
        unknown = set(rule) - {"rulePriority", "description", "selection", "action"}
        if unknown or not {"rulePriority", "selection", "action"} <= set(rule):
            raise invalid(f"object has missing or unknown properties ({sorted(unknown)})")
        _check_selection(rule["selection"])
        if rule["action"] != {"type": "expire"}:
            raise invalid("instance value of action.type not found in enum (possible values: [\"expire\"])")
        seen.append(rule["rulePriority"])
    if len(set(seen)) != len(seen) or any(not isinstance(p, int) or p < 1 for p in seen):
        raise invalid("rulePriority must be unique and at least 1")
    for rule in rules:
        if rule["selection"]["tagStatus"] == "any" and rule["rulePriority"] != max(seen):
            raise invalid("The rule with tagStatus any must have the highest rulePriority")
    rules = sorted(rules, key=lambda r: r["rulePriority"])
    return json.dumps({"rules": rules}, separators=(",", ":"))


def _check_selection(selection):
    known = {"tagStatus", "tagPrefixList", "tagPatternList", "countType", "countUnit", "countNumber", "storageClass"}
    if set(selection) - known or not {"tagStatus", "countType", "countNumber"} <= set(selection):
        raise invalid("selection has missing or unknown properties")
    status, kind = selection["tagStatus"], selection["countType"]
    lists = [k for k in ("tagPrefixList", "tagPatternList") if selection.get(k)]
    if status not in ("tagged", "untagged", "any") or (status == "tagged") != (len(lists) == 1):
        raise invalid("tagPrefixList or tagPatternList goes with tagStatus tagged, and only with it")
    if kind not in ("imageCountMoreThan", "sinceImagePushed"):
        raise invalid("instance failed to match exactly one schema")
    if (kind == "sinceImagePushed") != (selection.get("countUnit") == "days"):
        raise invalid("countUnit days goes with sinceImagePushed, and only with it")
    if not isinstance(selection["countNumber"], int) or selection["countNumber"] < 1:
        raise invalid("numeric instance is lower than the required minimum (minimum: 1)")


def _listed(call, key, items):
    return paging.fill({}, key, items, "nextToken", call, call.get("maxResults"), "nextToken", 100)


@answers("ecr", "DescribeImages")
def describe_images(call):
    params = {k: v for k, v in call.params.items() if k not in ("maxResults", "nextToken")}
    return _listed(call, "imageDetails", call.moto(params).get("imageDetails", []))


@answers("ecr", "ListImages")
def list_images(call):
    params = {k: v for k, v in call.params.items() if k not in ("maxResults", "nextToken")}
    return _listed(call, "imageIds", call.moto(params).get("imageIds", []))

"""ECS clusters and tags, and what the other ECS modules share (compute sheet 2)."""
import re
import secrets
import string

import paging
from clock import clock
from errors import AwsError
from registry import answers
from store import Store

PROVIDERS = ("FARGATE", "FARGATE_SPOT")


class Box:
    def __init__(self):
        self.clusters, self.families, self.services, self.tasks = {}, {}, {}, {}
        self.counters = {}      # family -> last revision ever used
        self.run_tokens, self.service_deployments = {}, {}
        self.tags = {}          # ARN -> {key: value}


boxes = Store(Box)


def client_error(message):
    return AwsError("ClientException", message)


def bad_parameter(message):
    return AwsError("InvalidParameterException", message)


def digits(count=19):
    return "".join(secrets.choice(string.digits) for _ in range(count))


def last(text):
    return (text or "").rpartition("/")[2]


def tag_list(box, arn):
    return [{"key": k, "value": v} for k, v in box.tags.get(arn, {}).items()]


def read_tags(call, key="tags"):
    tags = {}
    for tag in call.get(key, []):
        name = tag.get("key", "")
        if name.lower().startswith("aws:"):
            raise bad_parameter("Tag keys may not start with aws:")
        if name in tags:
            raise bad_parameter("Duplicate keys found in tags")
        tags[name] = tag.get("value", "")
    if len(tags) > 50:
        raise bad_parameter("Too many tags")
    return tags


def cluster(call, name=None):
    """A live cluster by name or ARN."""
    found = boxes.of(call).clusters.get(last(name or call.get("cluster") or "default"))
    if found is None or found["status"] == "INACTIVE":
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return found


def listed(call, key, items, default=100):
    return paging.fill({}, key, items, "nextToken", call, call.get("maxResults"), "nextToken", default,
                       bad_parameter("Invalid token"))


def strategy(items, allowed, what):
    """A capacity provider strategy with its defaults, every provider known to the cluster."""
    filled = []
    for item in items:
        if item["capacityProvider"] not in PROVIDERS:
            raise bad_parameter(f"The specified capacity provider '{item['capacityProvider']}' was not found.")
        if item["capacityProvider"] not in allowed:
            raise bad_parameter(f"The specified capacity provider strategy cannot contain a capacity provider that is "
                                f"not associated with the {what}: '{item['capacityProvider']}'")
        filled.append({"capacityProvider": item["capacityProvider"], "weight": item.get("weight", 0),
                       "base": item.get("base", 0)})
    if sum(i["base"] > 0 for i in filled) > 1:
        raise bad_parameter("Only one capacity provider may have a base")
    if filled and not any(i["weight"] for i in filled) and not any(i["base"] for i in filled):
        raise bad_parameter("At least one capacity provider must have a weight greater than 0")
    return filled


def _settings(call):
    found = {"containerInsights": "disabled"}
    for item in call.get("settings", []):
        if item.get("value") not in ("enabled", "disabled", "enhanced"):
            raise bad_parameter(f"Invalid value for cluster setting: {item.get('value')}")
        found[item["name"]] = item["value"]
    return [{"name": k, "value": v} for k, v in found.items()]


def seen_cluster(box, found, include):
    shown = {k: v for k, v in found.items() if k not in ("settings", "configuration", "attachmentsStatus")}
    services = [s for s in box.services.values() if s.cluster == found["clusterName"] and s.status == "ACTIVE"]
    tasks = [t for t in box.tasks.values() if t.cluster == found["clusterName"]]
    shown.update(activeServicesCount=len(services), registeredContainerInstancesCount=0, statistics=[], tags=[],
                 settings=[], runningTasksCount=sum(t.last_status == "RUNNING" for t in tasks),
                 pendingTasksCount=sum(t.last_status in ("PROVISIONING", "PENDING") for t in tasks))
    if "TAGS" in include:
        shown["tags"] = tag_list(box, found["clusterArn"])
    if "SETTINGS" in include:
        shown["settings"] = found["settings"]
    if "CONFIGURATIONS" in include and found.get("configuration"):
        shown["configuration"] = found["configuration"]
    if found.get("attachmentsStatus"):
        shown["attachmentsStatus"] = found["attachmentsStatus"]
    if "ATTACHMENTS" in include:
        shown["attachments"] = []
    return shown


@answers("ecs", "CreateCluster")
def create_cluster(call):
    """An existing name returns the cluster as it is: no new settings, no new tags."""
    box, name = boxes.of(call), call.get("clusterName", "default")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        raise bad_parameter("Identifiers must be 1 to 255 characters: letters, numbers, - and _")
    old = box.clusters.get(name)
    if old is not None and old["status"] != "INACTIVE":
        return {"cluster": seen_cluster(box, old, ("TAGS", "SETTINGS", "CONFIGURATIONS"))}
    providers = _known(call.get("capacityProviders", []))
    made = {"clusterName": name, "clusterArn": call.arn(f"cluster/{name}"), "status": "ACTIVE",
            "capacityProviders": providers, "settings": _settings(call),
            "defaultCapacityProviderStrategy": strategy(call.get("defaultCapacityProviderStrategy", []), providers,
                                                        "cluster"),
            "configuration": call.get("configuration")}
    tags = read_tags(call)
    if providers:
        _attach(made)
    box.clusters[name] = made
    box.tags[made["clusterArn"]] = tags
    return {"cluster": seen_cluster(box, made, ("TAGS", "SETTINGS", "CONFIGURATIONS"))}


def _known(providers):
    for provider in providers:
        if provider not in PROVIDERS:
            raise bad_parameter(f"The specified capacity provider '{provider}' was not found.")
    return providers


def _attach(found):
    found["attachmentsStatus"] = "UPDATE_IN_PROGRESS"
    clock.after("ecs_cluster_s", found.update, {"attachmentsStatus": "UPDATE_COMPLETE"})


@answers("ecs", "PutClusterCapacityProviders")
def put_capacity_providers(call):
    box, found = boxes.of(call), cluster(call)
    if found.get("attachmentsStatus") == "UPDATE_IN_PROGRESS":
        raise AwsError("UpdateInProgressException", "The specified cluster is in a busy state. Cannot perform update "
                                                    "while an attachment is in progress.")
    providers = _known(call.get("capacityProviders"))
    filled = strategy(call.get("defaultCapacityProviderStrategy"), providers, "cluster")
    gone = set(found["capacityProviders"]) - set(providers)
    for service in box.services.values():
        used = {i["capacityProvider"] for i in service.data.get("capacityProviderStrategy", [])}
        if service.cluster == found["clusterName"] and service.status == "ACTIVE" and used & gone:
            raise AwsError("ResourceInUseException", f"The specified capacity provider is in use and cannot be "
                                                     f"removed: {sorted(used & gone)[0]}")
    if providers != found["capacityProviders"]:
        _attach(found)
    found["capacityProviders"], found["defaultCapacityProviderStrategy"] = providers, filled
    return {"cluster": seen_cluster(box, found, ())}


@answers("ecs", "UpdateCluster", "UpdateClusterSettings")
def update_cluster(call):
    box, found = boxes.of(call), cluster(call)
    if call.get("settings"):
        found["settings"] = _settings(call)
    if call.get("configuration"):
        found["configuration"] = call.get("configuration")
    return {"cluster": seen_cluster(box, found, ("SETTINGS", "CONFIGURATIONS"))}


@answers("ecs", "DescribeClusters")
def describe_clusters(call):
    box, found, failures = boxes.of(call), [], []
    for name in call.get("clusters") or ["default"]:
        item = box.clusters.get(last(name))
        if item is None:
            arn = name if name.startswith("arn:") else call.arn(f"cluster/{name}")
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(seen_cluster(box, item, call.get("include", [])))
    return {"clusters": found, "failures": failures}


@answers("ecs", "ListClusters")
def list_clusters(call):
    return listed(call, "clusterArns", [c["clusterArn"] for c in boxes.of(call).clusters.values()
                                        if c["status"] == "ACTIVE"])


@answers("ecs", "DeleteCluster")
def delete_cluster(call):
    box, found = boxes.of(call), cluster(call)
    name = found["clusterName"]
    if any(s.cluster == name and s.status in ("ACTIVE", "DRAINING") for s in box.services.values()):
        raise AwsError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
    if any(t.cluster == name and t.last_status != "STOPPED" for t in box.tasks.values()):
        raise AwsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
    if found.get("attachmentsStatus") == "UPDATE_IN_PROGRESS":
        raise AwsError("UpdateInProgressException", "The specified cluster is in a busy state.")
    found["status"] = "INACTIVE"
    box.tags.pop(found["clusterArn"], None)
    clock.after("ecs_inactive_visible_s", _forget, box, found)
    return {"cluster": seen_cluster(box, found, ())}


def _forget(box, found):
    if box.clusters.get(found["clusterName"]) is found:
        del box.clusters[found["clusterName"]]


# --- tags ----------------------------------------------------------------------------

@answers("ecs", "TagResource", "UntagResource", "ListTagsForResource")
def change_tags(call):
    arn = call.get("resourceArn")
    tags = boxes.of(call).tags.get(arn)
    if tags is None:
        code = "ClusterNotFoundException" if ":cluster/" in arn else "InvalidParameterException"
        raise AwsError(code, f"The specified resource was not found: {arn}")
    if call.name == "TagResource":
        tags.update(read_tags(call))
    elif call.name == "UntagResource":
        for key in call.get("tagKeys"):
            tags.pop(key, None)
    else:
        return {"tags": tag_list(boxes.of(call), arn)}
    return {}

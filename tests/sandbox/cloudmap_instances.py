"""Instances of a Cloud Map service; ECS registers its tasks here (compute sheet 6)."""
import cloudmap
import paging
from cloudmap import boxes, fail, service
from clock import clock
from registry import answers

# The status that a custom health check reports; without one everything counts as healthy.
INITIAL = "AWS_INIT_HEALTH_STATUS"


def register_later(account, region, registry_arn, instance_id, attributes):
    """ECS's own registration: a while after the task runs."""
    clock.after("cloudmap_instance_s", _put, account, region, registry_arn, instance_id, attributes)


def deregister_later(account, region, registry_arn, instance_id):
    clock.after("cloudmap_instance_s", _drop, account, region, registry_arn, instance_id)


def _put(account, region, arn, instance_id, attributes):
    found = boxes.at(account, region).services.get(arn.rpartition("/")[2])
    if found is not None:
        found["_instances"][instance_id] = attributes


def _drop(account, region, arn, instance_id):
    found = boxes.at(account, region).services.get(arn.rpartition("/")[2])
    if found is not None:
        found["_instances"].pop(instance_id, None)


@answers("servicediscovery", "RegisterInstance")
def register_instance(call):
    box = boxes.of(call)
    found, attributes = service(box, call.get("ServiceId")), call.get("Attributes")
    kinds = {r["Type"] for r in found.get("DnsConfig", {}).get("DnsRecords", [])}
    for kind, needed in (("SRV", "AWS_INSTANCE_PORT"), ("A", "AWS_INSTANCE_IPV4"), ("AAAA", "AWS_INSTANCE_IPV6"),
                         ("CNAME", "AWS_INSTANCE_CNAME")):
        if kind in kinds and needed not in attributes:
            raise fail("InvalidInput", f"The attribute {needed} is required for {kind} records")
    instance_id = call.get("InstanceId")

    def done():
        found["_instances"][instance_id] = attributes

    targets = {"SERVICE": found["Id"], "INSTANCE": instance_id}
    return {"OperationId": cloudmap.start(box, "REGISTER_INSTANCE", targets, done, knob="cloudmap_instance_s").id}


@answers("servicediscovery", "DeregisterInstance")
def deregister_instance(call):
    box = boxes.of(call)
    found, instance_id = service(box, call.get("ServiceId")), call.get("InstanceId")
    if instance_id not in found["_instances"]:
        raise fail("InstanceNotFound", f"{instance_id}")

    def done():
        found["_instances"].pop(instance_id, None)

    targets = {"SERVICE": found["Id"], "INSTANCE": instance_id}
    return {"OperationId": cloudmap.start(box, "DEREGISTER_INSTANCE", targets, done, knob="cloudmap_instance_s").id}


@answers("servicediscovery", "ListInstances")
def list_instances(call):
    found = service(boxes.of(call), call.get("ServiceId"))
    items = [{"Id": i, "Attributes": a} for i, a in found["_instances"].items()]
    return paging.fill({}, "Instances", items, "NextToken", call, call.get("MaxResults"), "NextToken", 100)


@answers("servicediscovery", "GetInstance")
def get_instance(call):
    found = service(boxes.of(call), call.get("ServiceId"))
    if call.get("InstanceId") not in found["_instances"]:
        raise fail("InstanceNotFound", f"{call.get('InstanceId')}")
    return {"Instance": {"Id": call.get("InstanceId"), "Attributes": found["_instances"][call.get("InstanceId")]}}


@answers("servicediscovery", "GetInstancesHealthStatus")
def get_instances_health_status(call):
    found = service(boxes.of(call), call.get("ServiceId"))
    wanted = call.get("Instances") or list(found["_instances"])
    missing = [i for i in wanted if i not in found["_instances"]]
    if missing:
        raise fail("InstanceNotFound", f"{missing[0]}")
    got, token = paging.page(wanted, call.get("NextToken"), call.get("MaxResults"), 100)
    result = {"Status": {i: found["_instances"][i].get(INITIAL, "HEALTHY") for i in got}}
    if token:
        result["NextToken"] = token
    return result


@answers("servicediscovery", "DiscoverInstances")
def discover_instances(call):
    box = boxes.of(call)
    parent = next((n for n in box.namespaces.values() if n["Name"] == call.get("NamespaceName")), None)
    if parent is None:
        raise fail("NamespaceNotFound", call.get("NamespaceName"))
    found = next((s for s in box.services.values() if s["NamespaceId"] == parent["Id"]
                  and s["Name"] == call.get("ServiceName")), None)
    if found is None:
        raise fail("ServiceNotFound", call.get("ServiceName"))
    items = [{"InstanceId": i, "NamespaceName": parent["Name"], "ServiceName": found["Name"],
              "HealthStatus": a.get(INITIAL, "HEALTHY"), "Attributes": a} for i, a in found["_instances"].items()]
    return {"Instances": items[:call.get("MaxResults") or 100], "InstancesRevision": 1}

"""Cloud Map namespaces, services and operations (compute sheet 6).

Namespaces come and go by operations that take a while; services are synchronous.
moto finishes every operation at once, checks no duplicate and never says ResourceInUse.
"""
import secrets
import string
import time

import authz
import authz_reference
import paging
import upstream
from clock import clock
from errors import AwsError
from registry import answers
from store import Store

ALPHABET = string.ascii_lowercase + string.digits
RECORD_SETS = ({"A"}, {"AAAA"}, {"A", "AAAA"}, {"SRV"}, {"CNAME"}, {"A", "SRV"})


class Box:
    def __init__(self):
        self.namespaces, self.services, self.operations, self.tags = {}, {}, {}, {}


boxes = Store(Box)


def new_id(prefix=""):
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(16 if prefix else 26))


def fail(code, message, **fields):
    return AwsError(code, message, 400, **fields)


# --- operations ----------------------------------------------------------------------

class Operation:
    def __init__(self, kind, targets, done, error=None):
        self.id, self.kind, self.targets = new_id(), kind, targets
        self.status, self.created, self.updated = "SUBMITTED", clock.now(), clock.now()
        self.done, self.error, self.creator, self.params = done, error, None, None

    def seen(self):
        item = {"Id": self.id, "OwnerAccount": "123456789012", "Type": self.kind, "Status": self.status,
                "CreateDate": self.created, "UpdateDate": self.updated, "Targets": self.targets}
        if self.status == "FAIL":
            item["ErrorCode"], item["ErrorMessage"] = self.error
        return item

    def set(self, status):
        self.status, self.updated = status, clock.now()

    @property
    def running(self):
        return self.status in ("SUBMITTED", "PENDING")


def start(box, kind, targets, done, error=None, knob="cloudmap_op_s"):
    made = Operation(kind, targets, done, error)
    box.operations[made.id] = made
    clock.after(0, made.set, "PENDING")
    clock.after(knob, _finish, made)
    return made


def _finish(operation):
    if operation.error is None:
        operation.error = operation.done()      # a late failure is (code, message)
    operation.set("FAIL" if operation.error else "SUCCESS")


@answers("servicediscovery", "GetOperation")
def get_operation(call):
    found = boxes.of(call).operations.get(call.get("OperationId"))
    if found is None:
        raise fail("OperationNotFound", f"{call.get('OperationId')}")
    return {"Operation": found.seen()}


@answers("servicediscovery", "ListOperations")
def list_operations(call):
    found = list(boxes.of(call).operations.values())
    keys = {"NAMESPACE_ID": lambda o: o.targets.get("NAMESPACE"), "SERVICE_ID": lambda o: o.targets.get("SERVICE"),
            "STATUS": lambda o: o.status, "TYPE": lambda o: o.kind}
    return _filter_after_paging(call, "Operations", found, keys, lambda o: {"Id": o.id, "Status": o.status})


def _filter_after_paging(call, key, items, getters, show):
    """The filter runs over one page, so a page may be empty and still have a successor."""
    got, token = paging.page(items, call.get("NextToken"), call.get("MaxResults"), 100,
                             fail("InvalidInput", "NextToken is invalid"))
    for entry in call.get("Filters", []):
        if entry["Name"] not in getters:
            if entry["Name"] in ("UPDATE_DATE", "RESOURCE_OWNER"):
                continue
            raise fail("InvalidInput", f"Filter {entry['Name']} is not valid here")
        get, condition = getters[entry["Name"]], entry.get("Condition", "EQ")
        if condition == "BEGINS_WITH":
            got = [i for i in got if str(get(i)).startswith(tuple(entry["Values"]))]
        else:
            got = [i for i in got if get(i) in entry["Values"]]
    result = {key: [show(i) for i in got]}
    if token:
        result["NextToken"] = token
    return result


# --- namespaces ----------------------------------------------------------------------

def namespace(box, ident):
    found = box.namespaces.get((ident or "").rpartition("/")[2])
    if found is None:
        raise fail("NamespaceNotFound", f"{ident}")
    return found


def _services_in(box, namespace_id):
    return [s for s in box.services.values() if s["NamespaceId"] == namespace_id]


def _seen_namespace(box, found):
    shown = {k: v for k, v in found.items() if not k.startswith("_")}
    shown["ServiceCount"] = len(_services_in(box, found["Id"]))
    return shown


@answers("servicediscovery", "CreatePrivateDnsNamespace", "CreateHttpNamespace")
def create_namespace(call):
    box, name, vpc = boxes.of(call), call.get("Name"), call.get("Vpc")
    private = call.name == "CreatePrivateDnsNamespace"
    creator, params = call.get("CreatorRequestId"), {k: v for k, v in call.params.items() if k != "CreatorRequestId"}
    for operation in box.operations.values():
        if operation.kind == "CREATE_NAMESPACE" and operation.running:
            if creator and operation.creator == creator and operation.params == params:
                return {"OperationId": operation.id}
            if operation.params.get("Name") == name and operation.params.get("Vpc") == vpc:
                raise fail("DuplicateRequest", "Another operation of type CreateNamespace is in progress",
                           DuplicateOperationId=operation.id)
    for other in box.namespaces.values():
        if other["Name"] == name and other["_vpc"] == vpc:
            raise fail("NamespaceAlreadyExists", f"Another namespace with name {name} already exists",
                       NamespaceId=other["Id"], CreatorRequestId=other.get("CreatorRequestId", ""))
    check_tags(call.get("Tags", []))
    made = {"Id": new_id("ns-"), "Name": name, "Type": "DNS_PRIVATE" if private else "HTTP", "_vpc": vpc,
            "ResourceOwner": call.account, "CreateDate": clock.now(),
            "Properties": {"HttpProperties": {"HttpName": name}}}
    made["Arn"] = call.arn(f"namespace/{made['Id']}")
    for key in ("Description", "CreatorRequestId"):
        if call.get(key):
            made[key] = call.get(key)
    ttl = call.get("Properties", {}).get("DnsProperties", {}).get("SOA", {}).get("TTL", 15)
    box.tags[made["Arn"]] = {t["Key"]: t["Value"] for t in call.get("Tags", [])}
    place = call.account, call.region

    def done():
        if private:
            problem = _make_zone(place, made, vpc, ttl)
            if problem:
                box.tags.pop(made["Arn"], None)
                return "CANNOT_CREATE_HOSTED_ZONE", problem
        box.namespaces[made["Id"]] = made
        return None

    denied = None
    if private and not authz.may(call, *authz_reference.hosted_zone(name)):
        box.tags.pop(made["Arn"])
        denied = "ACCESS_DENIED", "User is not authorized to create the hosted zone of the namespace"
    operation = start(box, "CREATE_NAMESPACE", {"NAMESPACE": made["Id"]}, done, denied)
    operation.creator, operation.params = creator, params
    return {"OperationId": operation.id}


def _make_zone(place, made, vpc, ttl):
    """A private namespace is a private hosted zone; None, or why there is none."""
    account, region = place
    if vpc not in upstream.backend("ec2", account, region).vpcs:
        return f"The VPC ID '{vpc}' is not valid or does not exist."
    route53 = upstream.backend("route53", account, "aws")
    wanted = made["Name"].rstrip(".") + "."
    for zone in route53.zones.values():
        if zone.name == wanted and any(v.get("vpc_id") == vpc for v in zone.vpcs):
            return (f"The VPC {vpc} is already associated with another private hosted zone that has an overlapping "
                    f"name space. ConflictingDomainExists")
    zone = route53.create_hosted_zone(name=wanted, private_zone=True, vpcid=vpc, vpcregion=region,
                                      comment="Created by AWS Cloud Map")
    made["Properties"]["DnsProperties"] = {"HostedZoneId": zone.id.rpartition("/")[2], "SOA": {"TTL": ttl}}
    return None


@answers("servicediscovery", "GetNamespace")
def get_namespace(call):
    box = boxes.of(call)
    return {"Namespace": _seen_namespace(box, namespace(box, call.get("Id")))}


@answers("servicediscovery", "ListNamespaces")
def list_namespaces(call):
    box = boxes.of(call)
    keys = {"TYPE": lambda n: n["Type"], "NAME": lambda n: n["Name"],
            "HTTP_NAME": lambda n: n["Properties"]["HttpProperties"]["HttpName"]}
    return _filter_after_paging(call, "Namespaces", list(box.namespaces.values()), keys,
                                lambda n: {k: v for k, v in _seen_namespace(box, n).items()
                                           if k != "CreatorRequestId"})


@answers("servicediscovery", "UpdatePrivateDnsNamespace", "UpdateHttpNamespace")
def update_namespace(call):
    box = boxes.of(call)
    found, change = namespace(box, call.get("Id")), call.get("Namespace")

    def done():
        if "Description" in change:
            found["Description"] = change["Description"]
        if change.get("Properties"):
            found["Properties"]["DnsProperties"]["SOA"] = change["Properties"]["DnsProperties"]["SOA"]

    return {"OperationId": start(box, "UPDATE_NAMESPACE", {"NAMESPACE": found["Id"]}, done).id}


@answers("servicediscovery", "DeleteNamespace")
def delete_namespace(call):
    box = boxes.of(call)
    found = namespace(box, call.get("Id"))
    if _services_in(box, found["Id"]):
        raise fail("ResourceInUse", "Namespace has associated services; delete the services before deleting the "
                                    "namespace")
    for operation in box.operations.values():
        if operation.running and operation.targets.get("NAMESPACE") == found["Id"]:
            raise fail("DuplicateRequest", "Another operation on this namespace is in progress",
                       DuplicateOperationId=operation.id)
    account = call.account

    def done():
        zone = found["Properties"].get("DnsProperties", {}).get("HostedZoneId")
        zones = upstream.backend("route53", account, "aws").zones
        for key in [k for k in zones if zone and k.rpartition("/")[2] == zone]:
            del zones[key]
        box.namespaces.pop(found["Id"], None)
        box.tags.pop(found["Arn"], None)

    denied = None
    if found["Type"] == "DNS_PRIVATE" and not authz.may(call, authz_reference.zone("DeleteHostedZone")):
        denied = "ACCESS_DENIED", "User is not authorized to delete the hosted zone of the namespace"
    return {"OperationId": start(box, "DELETE_NAMESPACE", {"NAMESPACE": found["Id"]}, done, denied).id}


# --- services ------------------------------------------------------------------------

def service(box, ident):
    found = box.services.get((ident or "").rpartition("/")[2])
    if found is None:
        raise fail("ServiceNotFound", f"{ident}")
    return found


def seen_service(found):
    shown = {k: v for k, v in found.items() if not k.startswith("_")}
    shown["InstanceCount"] = len(found["_instances"])
    return shown


def _check_records(records):
    kinds = {r["Type"] for r in records}
    if kinds not in RECORD_SETS or len(kinds) != len(records):
        raise fail("InvalidInput", f"Unsupported combination of DNS record types: {sorted(kinds)}")


@answers("servicediscovery", "CreateService")
def create_service(call):
    box = boxes.of(call)
    dns = call.get("DnsConfig")
    parent = namespace(box, call.get("NamespaceId") or (dns or {}).get("NamespaceId"))
    creator = call.get("CreatorRequestId")
    for other in _services_in(box, parent["Id"]):
        if other["Name"].lower() == call.get("Name").lower():
            if creator and other.get("CreatorRequestId") == creator and other["_params"] == call.params:
                return {"Service": seen_service(other)}
            raise fail("ServiceAlreadyExists", "Service already exists.", ServiceId=other["Id"],
                       ServiceArn=other["Arn"], CreatorRequestId=other.get("CreatorRequestId", ""))
    if call.get("HealthCheckConfig") and parent["Type"] == "DNS_PRIVATE":
        raise fail("InvalidInput", "HealthCheckConfig is not supported for private DNS namespaces")
    if call.get("HealthCheckConfig") and call.get("HealthCheckCustomConfig"):
        raise fail("InvalidInput", "HealthCheckConfig and HealthCheckCustomConfig exclude each other")
    if dns and (parent["Type"] == "HTTP" or call.get("Type") == "HTTP"):
        raise fail("InvalidInput", "DnsConfig is not supported for HTTP services")
    check_tags(call.get("Tags", []))
    made = {"Id": new_id("srv-"), "Name": call.get("Name"), "NamespaceId": parent["Id"], "CreateDate": time.time(),
            "ResourceOwner": call.account, "CreatedByAccount": call.account, "_instances": {}, "_params": call.params,
            "Type": "DNS_HTTP" if dns else "HTTP"}
    if dns:
        _check_records(dns["DnsRecords"])
        policy = dns.get("RoutingPolicy", "MULTIVALUE")
        if any(r["Type"] == "CNAME" for r in dns["DnsRecords"]) and policy != "WEIGHTED":
            raise fail("InvalidInput", "CNAME records need the routing policy WEIGHTED")
        made["DnsConfig"] = {"NamespaceId": parent["Id"], "RoutingPolicy": policy, "DnsRecords": dns["DnsRecords"]}
    if call.params.get("HealthCheckCustomConfig") is not None:
        made["HealthCheckCustomConfig"] = {"FailureThreshold": 1}
    for key in ("Description", "CreatorRequestId", "HealthCheckConfig"):
        if call.get(key):
            made[key] = call.get(key)
    made["Arn"] = call.arn(f"service/{made['Id']}")
    box.services[made["Id"]] = made
    box.tags[made["Arn"]] = {t["Key"]: t["Value"] for t in call.get("Tags", [])}
    return {"Service": seen_service(made)}


@answers("servicediscovery", "GetService")
def get_service(call):
    return {"Service": seen_service(service(boxes.of(call), call.get("Id")))}


@answers("servicediscovery", "ListServices")
def list_services(call):
    found = list(boxes.of(call).services.values())
    return _filter_after_paging(call, "Services", found, {"NAMESPACE_ID": lambda s: s["NamespaceId"]}, seen_service)


@answers("servicediscovery", "UpdateService")
def update_service(call):
    """What is omitted is deleted; a record's type cannot change."""
    box = boxes.of(call)
    found, change = service(box, call.get("Id")), call.get("Service")
    if namespace(box, found["NamespaceId"])["Type"] == "HTTP":
        raise fail("InvalidInput", "UpdateService is not supported for services of an HTTP namespace")
    records = (change.get("DnsConfig") or {}).get("DnsRecords")
    if records is not None:
        _check_records(records)
        if {r["Type"] for r in records} != {r["Type"] for r in found.get("DnsConfig", {}).get("DnsRecords", [])}:
            raise fail("InvalidInput", "The type of a DNS record cannot be changed")

    def done():
        found["Description"] = change.get("Description", found.get("Description", ""))
        if records is None:
            found.pop("DnsConfig", None)
        else:
            found["DnsConfig"]["DnsRecords"] = records

    return {"OperationId": start(box, "UPDATE_SERVICE", {"SERVICE": found["Id"]}, done).id}


@answers("servicediscovery", "DeleteService")
def delete_service(call):
    box = boxes.of(call)
    found = service(box, call.get("Id"))
    if found["_instances"]:
        raise fail("ResourceInUse", "Service contains registered instances; delete the instances before deleting "
                                    "the service")
    del box.services[found["Id"]]
    box.tags.pop(found["Arn"], None)
    return {}


# --- tags ----------------------------------------------------------------------------

def check_tags(tags):
    if any(t["Key"].lower().startswith("aws:") for t in tags):
        raise fail("InvalidInput", "Tag keys may not start with aws:")
    if len(tags) > 50:
        raise fail("TooManyTagsException", "Too many tags")


@answers("servicediscovery", "TagResource", "UntagResource", "ListTagsForResource")
def change_tags(call):
    tags = boxes.of(call).tags.get(call.get("ResourceARN"))
    if tags is None:
        raise fail("ResourceNotFoundException", f"{call.get('ResourceARN')} not found")
    if call.name == "TagResource":
        check_tags(call.get("Tags"))
        tags.update({t["Key"]: t["Value"] for t in call.get("Tags")})
    elif call.name == "UntagResource":
        for key in call.get("TagKeys"):
            tags.pop(key, None)
    else:
        return {"Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
    return {}

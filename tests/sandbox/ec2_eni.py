"""Network interfaces that services hold: what keeps groups and subnets from being deleted.

moto makes none for RDS, Fargate tasks and VPC links, so its deletes never meet a
DependencyViolation.  Here each of them holds an interface until a while after it is
gone (network sheet 2.9).
"""
import random

import ec2
import upstream
from clock import clock
from errors import AwsError
from registry import answers

OWNERS = {
    "rds": ("amazon-rds", "RDSNetworkInterface"),
    "ecs": ("578734482556", ""),
    "apigateway": ("apigateway-vpclink", "API Gateway VPC link"),
}


def acquire(account, region, subnet_id, group_ids, owner, description="", public=False):
    """Make the interface that a service puts into a subnet."""
    backend = upstream.backend("ec2", account, region)
    requester, text = OWNERS[owner]
    eni = backend.create_network_interface(subnet_id, None, group_ids=list(group_ids) or None,
                                           description=description or text)
    eni.requester_managed, eni.requester_id, eni.status = True, requester, "in-use"
    eni.sandbox_owner = owner
    if public:
        eni.sandbox_public_ip = f"54.{random.randint(64, 95)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
    return eni


def release(account, region, eni):
    """Services give their interfaces back some time after they say that they are done."""
    clock.after("eni_release_s", _remove, account, region, eni.id)


def _remove(account, region, eni_id):
    upstream.backend("ec2", account, region).enis.pop(eni_id, None)


def using_group(backend, group_id):
    return [e for e in backend.enis.values() if any(g.id == group_id for g in e.group_set)]


def in_subnet(backend, subnet_id):
    return [e for e in backend.enis.values() if e.subnet.id == subnet_id]


def in_vpc(backend, vpc_id):
    return [e for e in backend.enis.values() if e.subnet.vpc_id == vpc_id]


def public_in_vpc(backend, vpc_id):
    return [e for e in in_vpc(backend, vpc_id) if getattr(e, "sandbox_public_ip", None) or e.public_ip]


def _seen(call, backend, item):
    eni = backend.enis.get(item["NetworkInterfaceId"])
    if eni is None or not hasattr(eni, "sandbox_owner"):
        return item
    item.update(RequesterManaged=True, RequesterId=eni.requester_id, Status="in-use", OwnerId=call.account,
                InterfaceType="interface",
                Attachment={"AttachmentId": "eni-attach-" + eni.id[4:], "InstanceOwnerId": eni.requester_id,
                            "Status": "attached", "DeleteOnTermination": False})
    if getattr(eni, "sandbox_public_ip", None):
        dns = f"ec2-{eni.sandbox_public_ip.replace('.', '-')}.compute-1.amazonaws.com"
        item["Association"] = {"IpOwnerId": "amazon", "PublicDnsName": dns, "PublicIp": eni.sandbox_public_ip}
    return item


FILTERS = {
    "network-interface-id": "NetworkInterfaceId", "subnet-id": "SubnetId", "vpc-id": "VpcId", "status": "Status",
    "description": "Description", "requester-id": "RequesterId", "requester-managed": "RequesterManaged",
    "interface-type": "InterfaceType", "private-ip-address": "PrivateIpAddress", "owner-id": "OwnerId",
    "availability-zone": "AvailabilityZone", "mac-address": "MacAddress",
    "group-id": lambda i: [g["GroupId"] for g in i.get("Groups", [])],
    "group-name": lambda i: [g["GroupName"] for g in i.get("Groups", [])],
    "addresses.private-ip-address": lambda i: [a["PrivateIpAddress"] for a in i.get("PrivateIpAddresses", [])],
    "addresses.association.public-ip": lambda i: i.get("Association", {}).get("PublicIp"),
    "association.public-ip": lambda i: i.get("Association", {}).get("PublicIp"),
    "attachment.status": lambda i: i.get("Attachment", {}).get("Status"),
    "attachment.instance-id": lambda i: i.get("Attachment", {}).get("InstanceId"),
    "attachment.instance-owner-id": lambda i: i.get("Attachment", {}).get("InstanceOwnerId"),
    "attachment.attachment-id": lambda i: i.get("Attachment", {}).get("AttachmentId"),
}


@answers("ec2", "DescribeNetworkInterfaces")
def describe_network_interfaces(call):
    backend = call.backend()
    items = [_seen(call, backend, i) for i in ec2.everything(call, "DescribeNetworkInterfaces", "NetworkInterfaces")]
    for item in items:
        item["Tags"] = item["TagSet"] = item.get("TagSet", [])
    result = ec2.describe(call, items, "NetworkInterfaces", "NetworkInterfaceIds", FILTERS, "NetworkInterfaceId",
                          "InvalidNetworkInterfaceID.NotFound")
    return result


@answers("ec2", "DeleteNetworkInterface")
def delete_network_interface(call):
    backend = call.backend()
    ec2.need(backend, call.get("NetworkInterfaceId"))
    eni = backend.enis[call.get("NetworkInterfaceId")]
    if getattr(eni, "sandbox_owner", None) or eni.attachment_id:
        raise AwsError("InvalidParameterValue" if eni.attachment_id else "OperationNotPermitted",
                       f"Network interface '{eni.id}' is currently in use.")
    return call.moto()

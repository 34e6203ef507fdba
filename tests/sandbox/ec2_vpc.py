"""Availability zones, VPC, internet gateway, subnet (network sheet 2.1 to 2.4)."""
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

import ec2
import ec2_eni
from errors import AwsError
from registry import answers

# --- availability zones --------------------------------------------------------------

ZONE_FILTERS = {
    "state": "State", "zone-name": "ZoneName", "zone-id": "ZoneId", "region-name": "RegionName",
    "zone-type": lambda z: z.get("ZoneType") or "availability-zone", "group-name": "GroupName",
    "opt-in-status": lambda z: z.get("OptInStatus") or "opt-in-not-required",
    "group-long-name": "GroupLongName", "message": "Messages",
}


def zones(call):
    """The zones of the call's region, whatever service is called."""
    return [{"ZoneName": z.name, "ZoneId": z.zone_id, "RegionName": z.region_name, "State": "available",
             "OptInStatus": "opt-in-not-required", "GroupName": z.region_name + "-zg-1", "Messages": [],
             "NetworkBorderGroup": z.region_name, "ZoneType": "availability-zone"}
            for z in RegionsAndZonesBackend.zones.get(call.region, [])]


@answers("ec2", "DescribeAvailabilityZones")
def describe_availability_zones(call):
    found = zones(call)
    for key, ids in (("ZoneName", call.get("ZoneNames", [])), ("ZoneId", call.get("ZoneIds", []))):
        for name in ids:
            if name not in {z[key] for z in found}:
                raise AwsError("InvalidParameterValue", f"Invalid availability zone: [{name}]")
        if ids:
            found = [z for z in found if z[key] in ids]
    found = ec2.filtered(found, call.get("Filters"), ZONE_FILTERS)
    # AWS promises no order; the reverse one catches a client that relies on it.
    return {"AvailabilityZones": list(reversed(found))}


# --- VPC -----------------------------------------------------------------------------

VPC_FILTERS = {
    "vpc-id": "VpcId", "cidr": "CidrBlock", "cidr-block": "CidrBlock", "state": "State", "is-default": "IsDefault",
    "dhcp-options-id": "DhcpOptionsId", "owner-id": "OwnerId", "isDefault": "IsDefault",
    "cidr-block-association.cidr-block": lambda v: [a["CidrBlock"] for a in v.get("CidrBlockAssociationSet", [])],
    "cidr-block-association.association-id":
        lambda v: [a["AssociationId"] for a in v.get("CidrBlockAssociationSet", [])],
    "cidr-block-association.state":
        lambda v: [a["CidrBlockState"]["State"] for a in v.get("CidrBlockAssociationSet", [])],
    "ipv6-cidr-block-association.association-id":
        lambda v: [a["AssociationId"] for a in v.get("Ipv6CidrBlockAssociationSet", [])],
}


@answers("ec2", "CreateVpc")
def create_vpc(call):
    ec2.tags_of(call, "vpc")
    if not call.get("CidrBlock") and not call.get("Ipv4IpamPoolId"):
        raise AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' must be provided.")
    net = ec2.network(call.get("CidrBlock"))
    if net.version != 4 or not 16 <= net.prefixlen <= 28:
        raise AwsError("InvalidVpc.Range", f"The CIDR '{call.get('CidrBlock')}' is invalid.")
    result = call.moto({**call.params, "CidrBlock": str(net)})
    result["Vpc"].update(State="pending", OwnerId=call.account)
    return result


@answers("ec2", "DescribeVpcs")
def describe_vpcs(call):
    items = ec2.everything(call, "DescribeVpcs", "Vpcs")
    for vpc in items:
        vpc["OwnerId"] = call.account
    return ec2.describe(call, items, "Vpcs", "VpcIds", VPC_FILTERS, "VpcId", "InvalidVpcID.NotFound")


@answers("ec2", "ModifyVpcAttribute")
def modify_vpc_attribute(call):
    """One attribute per call; hostnames need support."""
    names = [n for n in ("EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics")
             if n in call.params]
    if len(names) != 1:
        raise AwsError("InvalidParameterCombination", "The parameters " + " and ".join(names or ["(none)"]) +
                       " cannot be used together: exactly one attribute must be given")
    backend = call.backend()
    ec2.need(backend, call.get("VpcId"))
    vpc = backend.vpcs[call.get("VpcId")]
    on = call.params[names[0]].get("Value")
    support = str(vpc.enable_dns_support).lower() == "true"
    hostnames = str(vpc.enable_dns_hostnames).lower() == "true"
    if names[0] == "EnableDnsHostnames" and on and not support:
        raise AwsError("InvalidParameterValue", "enableDnsHostnames requires enableDnsSupport")
    if names[0] == "EnableDnsSupport" and not on and hostnames:
        raise AwsError("InvalidParameterValue", "enableDnsSupport cannot be disabled while enableDnsHostnames is on")
    return call.moto()


@answers("ec2", "DeleteVpc")
def delete_vpc(call):
    backend, vpc_id = call.backend(), call.get("VpcId")
    ec2.need(backend, vpc_id)
    held = (any(s.vpc_id == vpc_id for zone in backend.subnets.values() for s in zone.values())
            or any(g.vpc and g.vpc.id == vpc_id for g in backend.internet_gateways.values())
            or any(not g.is_default and g.name != "default" for g in backend.groups.get(vpc_id, {}).values())
            or any(t.vpc_id == vpc_id and not t.main_association_id for t in backend.route_tables.values())
            or ec2_eni.in_vpc(backend, vpc_id))
    if held:
        raise AwsError("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    result = call.moto()
    backend.tags.pop(vpc_id, None)
    return result


# --- internet gateway ----------------------------------------------------------------

IGW_FILTERS = {
    "internet-gateway-id": "InternetGatewayId", "owner-id": "OwnerId",
    "attachment.vpc-id": lambda g: [a["VpcId"] for a in g.get("Attachments", [])],
    "attachment.state": lambda g: [a["State"] for a in g.get("Attachments", [])],
}


@answers("ec2", "CreateInternetGateway")
def create_internet_gateway(call):
    ec2.tags_of(call, "internet-gateway")
    return call.moto()


@answers("ec2", "DescribeInternetGateways")
def describe_internet_gateways(call):
    items = ec2.everything(call, "DescribeInternetGateways", "InternetGateways")
    return ec2.describe(call, items, "InternetGateways", "InternetGatewayIds", IGW_FILTERS, "InternetGatewayId",
                        "InvalidInternetGatewayID.NotFound")


@answers("ec2", "AttachInternetGateway")
def attach_internet_gateway(call):
    """A VPC has one gateway and a gateway one VPC."""
    backend, gateway, vpc = call.backend(), call.get("InternetGatewayId"), call.get("VpcId")
    ec2.need(backend, gateway)
    ec2.need(backend, vpc)
    if backend.internet_gateways[gateway].vpc is not None:
        raise AwsError("Resource.AlreadyAssociated",
                       f"resource {gateway} is already attached to network {backend.internet_gateways[gateway].vpc.id}")
    if any(g.vpc is not None and g.vpc.id == vpc for g in backend.internet_gateways.values()):
        raise AwsError("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")
    return call.moto()


@answers("ec2", "DetachInternetGateway")
def detach_internet_gateway(call):
    backend, gateway, vpc = call.backend(), call.get("InternetGatewayId"), call.get("VpcId")
    ec2.need(backend, gateway)
    attached = backend.internet_gateways[gateway].vpc
    if attached is None or attached.id != vpc:
        raise AwsError("Gateway.NotAttached", f"resource {gateway} is not attached to network {vpc}")
    if ec2_eni.public_in_vpc(backend, vpc):
        raise AwsError("DependencyViolation", f"Network {vpc} has some mapped public address(es). Please unmap "
                                              "those public address(es) before detaching the gateway.")
    return call.moto()


@answers("ec2", "DeleteInternetGateway")
def delete_internet_gateway(call):
    backend, gateway = call.backend(), call.get("InternetGatewayId")
    ec2.need(backend, gateway)
    if backend.internet_gateways[gateway].vpc is not None:
        raise AwsError("DependencyViolation",
                       f"The internetGateway '{gateway}' has dependencies and cannot be deleted.")
    result = call.moto()
    backend.tags.pop(gateway, None)
    return result


# --- subnet --------------------------------------------------------------------------

SUBNET_FILTERS = {
    "subnet-id": "SubnetId", "vpc-id": "VpcId", "cidr": "CidrBlock", "cidr-block": "CidrBlock",
    "cidrBlock": "CidrBlock", "availability-zone": "AvailabilityZone", "availabilityZone": "AvailabilityZone",
    "availability-zone-id": "AvailabilityZoneId", "state": "State", "default-for-az": "DefaultForAz",
    "defaultForAz": "DefaultForAz", "map-public-ip-on-launch": "MapPublicIpOnLaunch", "owner-id": "OwnerId",
    "available-ip-address-count": "AvailableIpAddressCount", "subnet-arn": "SubnetArn",
    "ipv6-cidr-block-association.ipv6-cidr-block":
        lambda s: [a["Ipv6CidrBlock"] for a in s.get("Ipv6CidrBlockAssociationSet", [])],
}


@answers("ec2", "CreateSubnet")
def create_subnet(call):
    ec2.tags_of(call, "subnet")
    backend = call.backend()
    vpc = backend.vpcs[ec2.need(backend, call.get("VpcId"))]
    if not call.get("CidrBlock"):
        raise AwsError("MissingParameter", "The request must contain the parameter cidrBlock")
    net = ec2.network(call.get("CidrBlock"))
    if net.version != 4 or not 16 <= net.prefixlen <= 28 or not net.subnet_of(ec2.network(vpc.cidr_block)):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{call.get('CidrBlock')}' is invalid.")
    known = zones(call)
    for key, wire in (("ZoneName", "AvailabilityZone"), ("ZoneId", "AvailabilityZoneId")):
        value = call.get(wire)
        if value and value not in {z[key] for z in known}:
            names = ", ".join(z[key] for z in known)
            raise AwsError("InvalidParameterValue", f"Value ({value}) for parameter {wire[0].lower() + wire[1:]} is "
                                                    f"invalid. Subnets can currently only be created in the "
                                                    f"following availability zones: {names}.")
    for zone in backend.subnets.values():
        for other in zone.values():
            if other.vpc_id == vpc.id and net.overlaps(ec2.network(other.cidr_block)):
                raise AwsError("InvalidSubnet.Conflict", f"The CIDR '{net}' conflicts with another subnet")
    params = {**call.params, "CidrBlock": str(net)}
    if "AvailabilityZoneId" in params:      # moto takes a zone known by its id alone for a zone without subnets
        params.setdefault("AvailabilityZone", next(
            z["ZoneName"] for z in known if z["ZoneId"] == params["AvailabilityZoneId"]))
    return call.moto(params)


@answers("ec2", "DescribeSubnets")
def describe_subnets(call):
    backend = call.backend()
    items = ec2.everything(call, "DescribeSubnets", "Subnets")
    for subnet in items:
        size = ec2.network(subnet["CidrBlock"]).num_addresses - 5
        subnet["AvailableIpAddressCount"] = size - len(ec2_eni.in_subnet(backend, subnet["SubnetId"]))
    return ec2.describe(call, items, "Subnets", "SubnetIds", SUBNET_FILTERS, "SubnetId", "InvalidSubnetID.NotFound")


@answers("ec2", "ModifySubnetAttribute")
def modify_subnet_attribute(call):
    ec2.need(call.backend(), call.get("SubnetId"))
    if len(call.params) != 2:
        raise AwsError("InvalidParameterCombination", "Exactly one subnet attribute must be given per call")
    return call.moto()


@answers("ec2", "DeleteSubnet")
def delete_subnet(call):
    backend, subnet = call.backend(), call.get("SubnetId")
    ec2.need(backend, subnet)
    if ec2_eni.in_subnet(backend, subnet):
        raise AwsError("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")
    for table in backend.route_tables.values():     # the association goes with the subnet
        for association, target in list(table._associations.items()):
            if target == subnet:
                del table._associations[association]
    result = call.moto()
    backend.tags.pop(subnet, None)
    return result

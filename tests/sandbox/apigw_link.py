"""VPC links: PENDING for minutes on AWS, and in the way of deletes for as long again."""
import time

import apigw
import ec2_eni
import ec2_vpc
from apigw import bad_request, boxes, not_found, paged
from clock import clock
from registry import answers

# Zone ids without VPC links, by region (compute sheet 7); elsewhere all zones have them.
WITHOUT = {"us-east-1": {"use1-az3"}, "us-west-1": {"usw1-az2"}, "ca-central-1": {"cac1-az4"},
           "eu-west-3": {"euw3-az2"}, "ap-northeast-1": {"apne1-az3"}, "ap-east-1": {"ape1-az1"}}


class Link:
    def __init__(self, call, data):
        self.account, self.region, self.data, self.enis = call.account, call.region, data, []


def link(call):
    found = boxes.of(call).links.get(call.get("VpcLinkId"))
    if found is None:
        raise not_found(f"VpcLink {call.get('VpcLinkId')} was not found")
    return found


def _places(call):
    backend = call.backend("ec2")
    subnets = {s.id: s for z in backend.subnets.values() for s in z.values()}
    ids = call.get("SubnetIds")
    if not 1 <= len(ids) <= 10:
        raise bad_request("A VPC link needs 1 to 10 subnets")
    zone_ids = {z["ZoneName"]: z["ZoneId"] for z in ec2_vpc.zones(call)}
    for subnet in ids:
        if subnet not in subnets:
            raise bad_request(f"Subnet ID '{subnet}' does not exist")
        zone = zone_ids.get(subnets[subnet].availability_zone)
        if zone in WITHOUT.get(call.region, ()):
            raise bad_request(f"Subnet '{subnet}' is in Availability Zone '{zone}' where service is not available")
    vpcs = {subnets[s].vpc_id for s in ids}
    if len(vpcs) > 1:
        raise bad_request("All subnets of a VPC link must be in the same VPC")
    groups = call.get("SecurityGroupIds") or [backend.get_default_security_group(next(iter(vpcs))).id]
    for group_id in groups:
        group = backend.get_security_group_from_id(group_id)
        if group is None or group.vpc_id not in vpcs:
            raise bad_request(f"Security group '{group_id}' does not exist in the VPC of the subnets")
    return ids, groups


@answers("apigatewayv2", "CreateVpcLink")
def create_vpc_link(call):
    box = boxes.of(call)
    if len([x for x in box.links.values() if x.data["VpcLinkStatus"] != "DELETING"]) >= 10:
        raise apigw.AwsError("TooManyRequestsException", "Limit of 10 VPC links exceeded", 429)
    subnets, groups = _places(call)
    ident = apigw.new_id(6)
    data = {"VpcLinkId": ident, "Name": call.get("Name"), "SubnetIds": subnets, "SecurityGroupIds": groups,
            "CreatedDate": time.time(), "Tags": apigw.check_tags(call.get("Tags", {})), "VpcLinkVersion": "V2",
            "VpcLinkStatus": "PENDING", "VpcLinkStatusMessage": "VPC link is provisioning ENIs"}
    made = Link(call, data)
    made.enis = [ec2_eni.acquire(call.account, call.region, s, groups, "apigateway") for s in subnets]
    box.links[ident] = made
    clock.after("vpc_link_create_s", _available, made)
    return data


def _available(made):
    if made.data["VpcLinkStatus"] == "PENDING":
        made.data.update(VpcLinkStatus="AVAILABLE", VpcLinkStatusMessage="VPC link is ready to route traffic")


@answers("apigatewayv2", "GetVpcLinks")
def get_vpc_links(call):
    return paged(call, [x.data for x in boxes.of(call).links.values()])


@answers("apigatewayv2", "GetVpcLink")
def get_vpc_link(call):
    return link(call).data


@answers("apigatewayv2", "UpdateVpcLink")
def update_vpc_link(call):
    found = link(call)
    if call.get("Name"):
        found.data["Name"] = call.get("Name")
    return found.data


@answers("apigatewayv2", "DeleteVpcLink")
def delete_vpc_link(call):
    """Refused while an integration uses it; then DELETING, then gone."""
    box, found = boxes.of(call), link(call)
    ident = found.data["VpcLinkId"]
    for api in box.apis.values():
        for integration in api.integrations.values():
            if integration.get("ConnectionId") == ident:
                users = [f"{r['RouteKey'].split(' ')[0].replace('$default', 'ANY')}:{r['RouteId']}"
                         for r in api.routes.values() if r.get("Target") == "integrations/" +
                         integration["IntegrationId"]] or ["ANY:" + integration["IntegrationId"]]
                raise bad_request(f"Cannot delete vpc link. Vpc link '{ident}', is referenced in "
                                  f"[{', '.join(users)}] in format of [Method:Resource]")
    if found.data["VpcLinkStatus"] != "DELETING":
        found.data.update(VpcLinkStatus="DELETING", VpcLinkStatusMessage="VPC link is deleting")
        clock.after("vpc_link_delete_s", _gone, box, found)
    return {}


def _gone(box, found):
    box.links.pop(found.data["VpcLinkId"], None)
    for eni in found.enis:
        ec2_eni.release(found.account, found.region, eni)

"""Route tables, routes, associations (network sheet 2.5)."""
import ec2
from errors import AwsError
from registry import answers

TABLE_FILTERS = {
    "route-table-id": "RouteTableId", "vpc-id": "VpcId", "owner-id": "OwnerId",
    "association.subnet-id": lambda t: [a.get("SubnetId") for a in t["Associations"]],
    "association.gateway-id": lambda t: [a.get("GatewayId") for a in t["Associations"]],
    "association.route-table-id": lambda t: [a["RouteTableId"] for a in t["Associations"]],
    "association.route-table-association-id": lambda t: [a["RouteTableAssociationId"] for a in t["Associations"]],
    "association.main": lambda t: [a["Main"] for a in t["Associations"]],
    "route.destination-cidr-block": lambda t: [r.get("DestinationCidrBlock") for r in t["Routes"]],
    "route.destination-ipv6-cidr-block": lambda t: [r.get("DestinationIpv6CidrBlock") for r in t["Routes"]],
    "route.destination-prefix-list-id": lambda t: [r.get("DestinationPrefixListId") for r in t["Routes"]],
    "route.gateway-id": lambda t: [r.get("GatewayId") for r in t["Routes"]],
    "route.nat-gateway-id": lambda t: [r.get("NatGatewayId") for r in t["Routes"]],
    "route.origin": lambda t: [r.get("Origin") for r in t["Routes"]],
    "route.state": lambda t: [r.get("State") for r in t["Routes"]],
    "route.transit-gateway-id": lambda t: [r.get("TransitGatewayId") for r in t["Routes"]],
    "route.vpc-peering-connection-id": lambda t: [r.get("VpcPeeringConnectionId") for r in t["Routes"]],
}


@answers("ec2", "CreateRouteTable")
def create_route_table(call):
    """moto ignores the client token and makes a second table."""
    ec2.tags_of(call, "route-table")
    backend, token = call.backend(), call.get("ClientToken")
    ec2.need(backend, call.get("VpcId"))
    seen = backend.__dict__.setdefault("sandbox_tokens", {})
    if token and token in seen:
        params, table_id = seen[token]
        if params != call.params:
            raise AwsError("IdempotentParameterMismatch", "The request uses the same client token as a previous, "
                                                          "but non-identical request.")
        if table_id in backend.route_tables:
            return {"RouteTable": _one(call, table_id), "ClientToken": token}
    result = call.moto()
    if token:
        seen[token] = (call.params, result["RouteTable"]["RouteTableId"])
        result["ClientToken"] = token
    return result


def _tables(call):
    backend = call.backend()
    found = ec2.everything(call, "DescribeRouteTables", "RouteTables")
    for table in found:
        table["OwnerId"] = call.account
        table.setdefault("Associations", [])
        table.setdefault("Routes", [])
        for route in table["Routes"]:
            gateway = route.get("GatewayId", "")
            if gateway.startswith("igw-"):
                live = backend.internet_gateways.get(gateway)
                attached = live is not None and live.vpc is not None and live.vpc.id == table["VpcId"]
                route["State"] = "active" if attached else "blackhole"
    return found


def _one(call, table_id):
    return next(t for t in _tables(call) if t["RouteTableId"] == table_id)


@answers("ec2", "DescribeRouteTables")
def describe_route_tables(call):
    return ec2.describe(call, _tables(call), "RouteTables", "RouteTableIds", TABLE_FILTERS, "RouteTableId",
                        "InvalidRouteTableID.NotFound")


@answers("ec2", "DeleteRouteTable")
def delete_route_table(call):
    backend, table_id = call.backend(), call.get("RouteTableId")
    ec2.need(backend, table_id)
    table = backend.route_tables[table_id]
    if table.main_association_id or table._associations:
        raise AwsError("DependencyViolation",
                       f"The routeTable '{table_id}' has dependencies and cannot be deleted.")
    result = call.moto()
    backend.tags.pop(table_id, None)
    return result


@answers("ec2", "AssociateRouteTable")
def associate_route_table(call):
    backend, table_id, subnet = call.backend(), call.get("RouteTableId"), call.get("SubnetId")
    ec2.need(backend, table_id)
    if subnet:
        ec2.need(backend, subnet)
        vpc = next(z[subnet].vpc_id for z in backend.subnets.values() if subnet in z)
        if vpc != backend.route_tables[table_id].vpc_id:
            raise AwsError("InvalidParameterValue", f"Route table {table_id} and subnet {subnet} belong to "
                                                    "different networks")
        for table in backend.route_tables.values():
            for association, target in table._associations.items():
                if target == subnet:
                    raise AwsError("Resource.AlreadyAssociated", "the specified association for route table "
                                   f"{table.id} conflicts with an existing association")
    result = call.moto()
    result["AssociationState"] = {"State": "associated"}
    return result


@answers("ec2", "DisassociateRouteTable")
def disassociate_route_table(call):
    for table in call.backend().route_tables.values():
        if table.main_association_id == call.get("AssociationId"):
            raise AwsError("InvalidParameterValue", "cannot disassociate the main route table association "
                                                    + call.get("AssociationId"))
    return call.moto()


@answers("ec2", "ReplaceRouteTableAssociation")
def replace_route_table_association(call):
    result = call.moto()
    result["AssociationState"] = {"State": "associated"}
    return result


def _route_params(call):
    """Destination canonicalised, target checked."""
    backend, params = call.backend(), dict(call.params)
    ec2.need(backend, call.get("RouteTableId"))
    table = backend.route_tables[call.get("RouteTableId")]
    given = [n for n in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId") if n in params]
    if len(given) != 1:
        raise AwsError("InvalidParameterCombination" if given else "MissingParameter",
                       "The request must contain exactly one of the parameters destinationCidrBlock, "
                       "destinationIpv6CidrBlock and destinationPrefixListId")
    if given[0] != "DestinationPrefixListId":
        params[given[0]] = ec2.canonical(params[given[0]], given[0][0].lower() + given[0][1:])
    gateway = params.get("GatewayId", "")
    if call.name != "DeleteRoute" and gateway and gateway != "local":
        if gateway.startswith("igw-"):
            live = backend.internet_gateways.get(gateway)
            if live is None:
                raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{gateway}' does not exist")
            if live.vpc is None or live.vpc.id != table.vpc_id:
                raise AwsError("InvalidParameterValue", f"route table {table.id} and network gateway {gateway} "
                                                        "belong to different networks")
        elif not gateway.startswith(("vgw-", "vpce-")):
            raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{gateway}' does not exist")
    return table, params, params[given[0]]


def _find(table, destination):
    for route in table.routes:
        if destination in (route.destination_cidr_block, route.destination_ipv6_cidr_block,
                           route.destination_prefix_list_id):
            return route
    return None


@answers("ec2", "CreateRoute")
def create_route(call):
    table, params, destination = _route_params(call)
    if _find(table, destination) is not None:
        raise AwsError("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    if not {k for k in params if k.endswith("Id")} - {"RouteTableId", "DestinationPrefixListId"}:
        raise AwsError("MissingParameter", "The request must contain the parameter gatewayId")
    return {"Return": call.moto(params).get("Return", True)}


@answers("ec2", "ReplaceRoute")
def replace_route(call):
    table, params, destination = _route_params(call)
    if _find(table, destination) is None:
        raise AwsError("InvalidParameterValue", f"There is no route defined for '{destination}' in the route table. "
                                                "Use CreateRoute instead.")
    return call.moto(params)


@answers("ec2", "DeleteRoute")
def delete_route(call):
    table, params, destination = _route_params(call)
    route = _find(table, destination)
    if route is None:
        raise AwsError("InvalidRoute.NotFound",
                       f"no route with destination-cidr-block {destination} in route table {table.id}")
    if route.local:
        raise AwsError("InvalidParameterValue", f"cannot remove local route {destination} in route table {table.id}")
    return call.moto(params)

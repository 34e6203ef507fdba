/* ec2.route - one line of a route table */
#include "base/err.h"
#include "providers/ec2/ec2.h"

#include <string.h>

static const char *const destinations[] = {"destination", "destination_v6", "prefix_list", NULL};
static const char *const targets[] = {
    "gateway", "nat_gateway", "egress_only_gateway", "network_interface", "transit_gateway", "peering", NULL};

static int check(const json_t *want, struct diag *d)
{
	int rc = 0;

	if (ec2_count_set(want, destinations) != 1)
		rc = diag_error(d, ERR_INVALID,
				"A route needs exactly one of destination, destination_v6 and prefix_list.");
	if (ec2_count_set(want, targets) != 1)
		rc = diag_error(d, ERR_INVALID,
				"A route needs exactly one target: gateway, nat_gateway, egress_only_gateway, "
				"network_interface, transit_gateway or peering.");
	return rc;
}

/* A black hole leads nowhere, whatever target it still names: it has none, and so the route is mended. */
static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	const char *state = val_str(have, "state");

	(void)row;
	(void)want;
	ec2_drop_empty(have);
	for (const char *const *t = targets; state && !strcmp(state, "blackhole") && *t; t++)
		json_object_del(have, *t);
}

#define THIS_ROUTE                                                                                                 \
	"RouteTableId={table}", "DestinationCidrBlock={destination}", "DestinationIpv6CidrBlock={destination_v6}", \
	    "DestinationPrefixListId={prefix_list}"

static const struct field fields[] = {
    FIELD("table", REF("ec2.route_table", "id"), REQUIRED | CREATE_ONLY | ID, .in = "RouteTableId",
	  .out = "^routeTableId", .doc = "The table that it is a line of."),
    FIELD("destination", &t_cidr, CREATE_ONLY | ID, .in = "DestinationCidrBlock", .doc = "Where packets want to go."),
    FIELD("destination_v6", &t_cidr_v6, CREATE_ONLY | ID, .in = "DestinationIpv6CidrBlock",
	  .doc = "Where IPv6 packets want to go."),
    FIELD("prefix_list", &t_str, CREATE_ONLY | ID, .in = "DestinationPrefixListId",
	  .doc = "Id of a prefix list as destination."),
    FIELD("gateway", REF("ec2.internet_gateway", "id"), 0, .in = "GatewayId",
	  .doc = "Internet gateway (or virtual private gateway) that they go through."),
    FIELD("nat_gateway", &t_str, 0, .in = "NatGatewayId", .doc = "NAT gateway that they go through."),
    FIELD("egress_only_gateway", &t_str, 0, .in = "EgressOnlyInternetGatewayId",
	  .doc = "Egress-only internet gateway that they go through."),
    FIELD("network_interface", &t_str, 0, .in = "NetworkInterfaceId", .doc = "Network interface that they go to."),
    FIELD("transit_gateway", &t_str, 0, .in = "TransitGatewayId", .doc = "Transit gateway that they go through."),
    FIELD("peering", &t_str, 0, .in = "VpcPeeringConnectionId", .doc = "VPC peering connection that they go through."),
    FIELD("state", &t_str, COMPUTED | VOLATILE, .out = "state", .doc = "active, or blackhole if the target is gone."),
    END,
};

const struct rtype ec2_route = {
    .name = "ec2.route",
    .doc = "One line of a route table.",
    .svc = &svc_ec2,
    .fields = fields,
    .key = WORDS("table", "destination", "destination_v6", "prefix_list"),
    .parent = "table",
    .iam = EC2_IAM("route-table/{table}"),
    .create = {CALL("CreateRoute")},
    .read =
	CALL("DescribeRouteTables", .rows = "routeTableSet.item[].routeSet.item[]",
	     .fixed = WORDS(EC2_BY("route-table-id", "{table}")), .batch = EC2_BATCH, .page = 100, .flags = CALL_PAGED),
    .list = CALL("DescribeRouteTables", .rows = "routeTableSet.item[].routeSet.item[]", .fixed = WORDS(EC2_OURS),
		 .page = 100, .flags = CALL_PAGED),
    .update = {CALL("ReplaceRoute", .fixed = WORDS(THIS_ROUTE), .flags = CALL_WHOLE | CALL_LAGS)},
    .del = {CALL("DeleteRoute", .fixed = WORDS(THIS_ROUTE))},
    /* What AWS itself puts into a table: the way inside the VPC, learned routes, those of gateway endpoints. */
    .skip = WORDS("gatewayId=local", "origin=EnableVgwRoutePropagation", "destinationPrefixListId&gatewayId=vpce-*"),
    .ready = WAIT(.every = 2000, .limit = 300, .twice = 2),
    .gone = WAIT(.every = 5000, .limit = 300),
    .absent = WORDS("InvalidRoute.NotFound", EC2_NO_TABLE, "InvalidParameterValue~no route defined"),
    .clash = WORDS("RouteAlreadyExists"),
    .retry =
	WORDS(EC2_NO_TABLE, EC2_NO_GATEWAY, "InvalidParameterException", "InvalidParameterValue~different networks"),
    .after = WORDS("ec2.gateway_attachment"),
    .expect = {5, 2, 2},
    .hooks = &(const struct hooks){.check = check, .absorb = absorb},
};

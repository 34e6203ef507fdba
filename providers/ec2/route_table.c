/* ec2.route_table - where packets of the subnets that use it go */
#include "providers/ec2/ec2.h"

static const struct field fields[] = {
    FIELD("vpc", REF("ec2.vpc", "id"), REQUIRED | CREATE_ONLY, .in = "VpcId", .doc = "The network that it belongs to."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "routeTableId", .doc = "As rtb-0123456789abcdef0."),
    END,
};

/* Pages of route tables hold 100 at most. */
const struct rtype ec2_route_table = {
    .name = "ec2.route_table",
    .doc = "Routes for the subnets that use it.",
    .svc = &svc_ec2,
    .fields = fields,
    .create = {CALL("CreateRouteTable", .body = "routeTable", .token = "ClientToken", .on = ". " EC2_IAM("vpc/{vpc}"))},
    .read =
	CALL("DescribeRouteTables", .rows = "routeTableSet.item[]", .fixed = WORDS(EC2_BY("route-table-id", "{id}")),
	     .batch = EC2_BATCH, .page = 100, .flags = CALL_PAGED),
    .list = CALL("DescribeRouteTables", .rows = "routeTableSet.item[]", .fixed = WORDS(EC2_OURS), .page = 100,
		 .flags = CALL_PAGED),
    .find = CALL("DescribeRouteTables", .rows = "routeTableSet.item[]",
		 .fixed = WORDS("Filter[0].Name=vpc-id", "Filter[0].Value[0]={vpc}"), .page = 100, .flags = CALL_PAGED),
    .del = {CALL("DeleteRouteTable", .fixed = WORDS("RouteTableId={id}"))},
    .tag_type = "route-table",
    .tag_id = "id",
    .arn = "ec2:{@region}:{@account}:route-table/{id}",
    .ready = WAIT(.every = 2000, .limit = 300, .twice = 2),
    .gone = WAIT(.every = 5000, .limit = 300),
    .absent = WORDS(EC2_NO_TABLE),
    .busy = WORDS("DependencyViolation"),
    .retry = WORDS(EC2_NO_VPC),
    .flags = TAGGED | TWINS,
    .expect = {5, 0, 5},
};

/* ec2.route_association - which route table a subnet uses */
#include "base/path.h"
#include "providers/ec2/ec2.h"

/* The answers to making and moving one call the id otherwise than the list does. */
static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	static const char *const names[] = {"associationId", "newAssociationId", NULL};

	(void)want;
	for (const char *const *name = names; *name && !json_object_get(have, "id"); name++) {
		json_t *id = path_row_get(row, *name);

		if (id)
			json_object_set_new(have, "id", id);
	}
}

static const struct field fields[] = {
    FIELD("table", REF("ec2.route_table", "id"), REQUIRED, .in = "RouteTableId", .doc = "The table that is used."),
    FIELD("subnet", REF("ec2.subnet", "id"), REQUIRED | CREATE_ONLY, .in = "SubnetId",
	  .doc = "The subnet that uses it."),
    /* Moving a subnet to another table gives it a new one. */
    FIELD("id", &t_str, COMPUTED | ID | VOLATILE, .out = "routeTableAssociationId",
	  .doc = "As rtbassoc-0123456789abcdef0."),
    FIELD("state", &t_str, COMPUTED | VOLATILE | STATUS, .out = "associationState.state"),
    FIELD("reason", &t_str, COMPUTED | VOLATILE | STATUS, .out = "associationState.statusMessage"),
    END,
};

/* Read by subnet: that finds it too when somebody moved the subnet to a table that is not ours. */
const struct rtype ec2_route_association = {
    .name = "ec2.route_association",
    .doc = "Which route table a subnet uses.",
    .svc = &svc_ec2,
    .fields = fields,
    .key = WORDS("subnet"),
    .parent = "table",
    .iam = EC2_IAM("route-table/{table}") " " EC2_IAM("subnet/{subnet}"),
    .create = {CALL("AssociateRouteTable", .body = "")},
    .read = CALL("DescribeRouteTables", .rows = "routeTableSet.item[].associationSet.item[]",
		 .fixed = WORDS(EC2_BY("association.subnet-id", "{subnet}")), .batch = EC2_BATCH, .page = 100,
		 .flags = CALL_PAGED),
    .list = CALL("DescribeRouteTables", .rows = "routeTableSet.item[].associationSet.item[]", .fixed = WORDS(EC2_OURS),
		 .page = 100, .flags = CALL_PAGED),
    /* No gap: packets flow by the old table until the new one counts. */
    .update = {CALL("ReplaceRouteTableAssociation", .body = "", .fixed = WORDS("AssociationId={id}"))},
    .del = {CALL("DisassociateRouteTable", .fixed = WORDS("AssociationId={id}"))},
    /* The main association comes with the VPC; those of gateways are no subnet's. */
    .skip = WORDS("main=true", "gatewayId", "associationState.state=disassociated"),
    .ready = WAIT(.field = "state", .ok = WORDS("associated"), .bad = WORDS("failed"), .why = "reason", .every = 2000,
		  .limit = 300),
    .gone = WAIT(.every = 2000, .limit = 300),
    .absent = WORDS("InvalidAssociationID.NotFound", EC2_NO_TABLE),
    .clash = WORDS("Resource.AlreadyAssociated"),
    .retry = WORDS(EC2_NO_TABLE, EC2_NO_SUBNET),
    .expect = {5, 5, 5},
    .hooks = &(const struct hooks){.absorb = absorb},
};

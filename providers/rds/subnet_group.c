/* rds.subnet_group - the subnets that a database may lie in */
#include "base/err.h"
#include "base/mem.h"
#include "providers/rds/rds.h"

#include <string.h>

static json_t *canon_name(const json_t *value, struct diag *d)
{
	json_t *name = rds_lower(value, d);

	if (strcmp(json_string_value(name), "default") != 0)
		return name;
	diag_error(d, ERR_INVALID, "\"default\" is the name of AWS's own group.");
	json_decref(name);
	return NULL;
}

static const struct type t_name = {
    .name = "name",
    .kind = KIND_STR,
    .min = 1,
    .max = 255,
    .pattern = "[A-Za-z][A-Za-z0-9._ -]*",
    .canon = canon_name,
};

static const struct field fields[] = {
    FIELD("name", &t_name, REQUIRED | CREATE_ONLY | ID, .in = "DBSubnetGroupName",
	  .doc = "Its name in the region, in small letters."),
    FIELD("description", TEXT(1, 255, NULL), REQUIRED, .in = "DBSubnetGroupDescription", .doc = "What it is for."),
    FIELD("subnets", SET(REF("ec2.subnet", "id")), REQUIRED, .in = "SubnetIds.SubnetIdentifier",
	  .out = "Subnets.Subnet[].SubnetIdentifier", .doc = "Subnets of one network, in two zones at least."),
    FIELD("vpc", &t_str, COMPUTED, .out = "VpcId", .doc = "The network that they are parts of."),
    FIELD("status", &t_str, COMPUTED | VOLATILE | STATUS, .out = "SubnetGroupStatus"),
    FIELD("arn", &t_arn, COMPUTED, .out = "DBSubnetGroupArn", .doc = "Amazon Resource Name."),
    END,
};

const struct rtype rds_subnet_group = {
    .name = "rds.subnet_group",
    .doc = "The subnets that a database may lie in.",
    .svc = &svc_rds,
    .fields = fields,
    .key = WORDS("name"),
    .create = {CALL("CreateDBSubnetGroup", .body = "DBSubnetGroup")},
    .read = CALL("DescribeDBSubnetGroups", .rows = "DBSubnetGroups.DBSubnetGroup[]",
		 .fixed = WORDS("DBSubnetGroupName={name}")),
    .list = CALL("DescribeDBSubnetGroups", .rows = "DBSubnetGroups.DBSubnetGroup[]", .flags = CALL_PAGED,
		 .on = "rds:{@region}:{@account}:subgrp:*"),
    .update = {CALL("ModifyDBSubnetGroup", .body = "DBSubnetGroup", .fixed = WORDS("DBSubnetGroupName={name}"),
		    .flags = CALL_WHOLE)},
    .del = {CALL("DeleteDBSubnetGroup", .fixed = WORDS("DBSubnetGroupName={name}"))},
    .tag_id = "arn",
    .arn = "rds:{@region}:{@account}:subgrp:{name}",
    .ready = WAIT(.field = "status", .ok = WORDS("Complete"), .every = 2000, .limit = 300),
    /* An instance on its way out still counts as using it. */
    .gone = WAIT(.every = 5000, .limit = 1200),
    .absent = WORDS("DBSubnetGroupNotFoundFault"),
    .busy = WORDS("InvalidDBSubnetGroupStateFault", "InvalidDBSubnetStateFault"),
    .clash = WORDS("DBSubnetGroupAlreadyExists"),
    .retry = WORDS("InvalidSubnet~some input subnets"),
    .flags = TAGGED | INVENTORY_TAGS,
    .expect = {5, 3, 5},
};

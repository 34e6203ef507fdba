/* apigateway.vpc_link - the way from HTTP APIs into a network */
#include "base/err.h"
#include "providers/apigateway/apigateway.h"

#include <string.h>

/* After 60 days without traffic a link sleeps (INACTIVE) and the next request wakes it: it is as good as any other. */
static json_t *decode_state(const json_t *wire)
{
	static const char *const usable[] = {"AVAILABLE", "PENDING", "INACTIVE"};
	const char *s = json_string_value(wire);

	for (size_t i = 0; s && i < ARRAY_SIZE(usable); i++)
		if (!strcmp(s, usable[i]))
			return json_string("usable");
	return json_string(s ? s : "");
}

static const struct type t_state = {.name = "word", .kind = KIND_STR, .names = WORDS("usable"), .decode = decode_state};

/* AWS would take the network's default group. */
static int check(const json_t *want, struct diag *d)
{
	const json_t *groups = json_object_get(want, "security_groups"), *subnets = json_object_get(want, "subnets");
	int rc = 0;

	if (json_is_array(groups) && !json_array_size(groups))
		rc = diag_error(d, ERR_INVALID, "security_groups needs at least one group.");
	if (json_is_array(subnets) && (!json_array_size(subnets) || json_array_size(subnets) > 10))
		rc = diag_error(d, ERR_INVALID, "subnets needs 1 to 10 subnets.");
	return rc;
}

static const struct field fields[] = {
    FIELD("name", TEXT(1, 128, NULL), REQUIRED, .in = "name", .doc = "What people call it."),
    FIELD("subnets", SET(REF("ec2.subnet", "id")), REQUIRED | CREATE_ONLY, .in = "subnetIds",
	  .doc = "Where it enters the network; not every zone has links."),
    FIELD("security_groups", SET(REF("ec2.security_group", "id")), REQUIRED | CREATE_ONLY, .in = "securityGroupIds",
	  .doc = "Whom it may talk to."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "vpcLinkId", .doc = "Six characters."),
    FIELD("state", &t_state, COMPUTED | CREATE_ONLY, .out = "vpcLinkStatus", .dflt = "\"usable\"",
	  .doc = "usable, or it has failed or is being deleted, and is made anew."),
    FIELD("status", &t_str, COMPUTED | VOLATILE | STATUS, .out = "vpcLinkStatus"),
    FIELD("reason", &t_str, COMPUTED | VOLATILE | STATUS, .out = "vpcLinkStatusMessage"),
    END,
};

const struct rtype apigateway_vpc_link = {
    .name = "apigateway.vpc_link",
    .doc = "The way from HTTP APIs into a network.",
    .svc = &svc_apigateway,
    .fields = fields,
    .create = {CALL("POST /v2/vpclinks", .body = "")},
    .read = CALL("GET /v2/vpclinks/{id}", .rows = ""),
    .list = CALL("GET /v2/vpclinks", .rows = "items[]", .flags = CALL_PAGED),
    .find = CALL("GET /v2/vpclinks", .rows = "items[]", .flags = CALL_PAGED),
    .alike = WORDS("name"),
    .update = {CALL("PATCH /v2/vpclinks/{id}", .body = "")},
    .del = {CALL("DELETE /v2/vpclinks/{id}")},
    .tag_id = "arn",
    .grants = GRANTS(APIGATEWAY_TAGGING, GRANT(APIGATEWAY_ROLE),
		     GRANT("ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeSecurityGroups", .on = "*")),
    .arn = "apigateway:{@region}::/vpclinks/{id}",
    .ready = WAIT(.field = "status", .ok = WORDS("AVAILABLE", "INACTIVE"), .bad = WORDS("FAILED"), .why = "reason",
		  .every = 5000, .limit = 900),
    .gone = WAIT(.field = "status", .every = 5000, .limit = 900),
    .busy = APIGATEWAY_BUSY,
    .replace = CREATE_FIRST,
    .flags = TAGGED | TWINS,
    .expect = {120, 2, 120},
    .hooks = &(const struct hooks){.check = check},
};

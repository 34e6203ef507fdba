/* ec2.security_group - who may talk to whom; its rules are objects of their own */
#include "base/err.h"
#include "base/path.h"
#include "providers/ec2/ec2.h"

#include <string.h>
#include <strings.h>

static json_t *canon_name(const json_t *value, struct diag *d)
{
	const char *name = json_string_value(value);

	if (strcasecmp(name, "default") != 0 && strncasecmp(name, "sg-", 3) != 0)
		return json_incref((json_t *)value);
	diag_error(d, ERR_INVALID,
		   "\"%s\" cannot be the name of a security group: AWS keeps \"default\" and sg-… for itself.", name);
	return NULL;
}

static const struct type t_group_name = {
    .name = "text", .kind = KIND_STR, .min = 1, .max = 255, .pattern = EC2_GROUP_ALPHABET, .canon = canon_name};

static const struct field fields[] = {
    FIELD("name", &t_group_name, REQUIRED | CREATE_ONLY, .in = "GroupName",
	  .doc = "Name, unique in its network whatever the case of its letters."),
    FIELD("description", &t_group_text, REQUIRED | CREATE_ONLY, .in = "GroupDescription",
	  .doc = "What it is for; cannot be changed."),
    FIELD("vpc", REF("ec2.vpc", "id"), REQUIRED | CREATE_ONLY, .in = "VpcId", .doc = "The network that it belongs to."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "groupId", .doc = "As sg-0123456789abcdef0."),
    FIELD("arn", &t_arn, COMPUTED, .out = "securityGroupArn", .doc = "Amazon Resource Name."),
    END,
};

/* A group whose rules speak of this one. Its own rules do not hold it. */
static char *naming_group(const json_t *row, const json_t *obj)
{
	json_auto_t *id = path_row_get(row, "groupId"), *name = path_row_get(row, "groupName");
	const char *own = val_str(obj, "id");

	if (!json_is_string(id) || (own && !strcmp(own, json_string_value(id))))
		return NULL;
	return xasprintf("a rule of security group %s (%s)", json_string_value(id),
			 json_is_string(name) ? json_string_value(name) : "");
}

#define NAMED_BY_RULES(filter)                                                                                      \
	HOLDERS(.list =                                                                                             \
		    CALL("DescribeSecurityGroups", .rows = "securityGroupInfo.item[]",                              \
			 .fixed = WORDS("Filter[0].Name=" filter, "Filter[0].Value[0]={id}"), .flags = CALL_PAGED), \
		.name = naming_group, .after = 10)

/*
 * Replacing one is awkward: interfaces and rules elsewhere hold on to it, so that the old one cannot go before the new
 * one is in use, and both cannot have one name. Hence CREATE_FIRST with `unique`.
 */
const struct rtype ec2_security_group = {
    .name = "ec2.security_group",
    .doc = "A set of members that firewall rules speak of.",
    .svc = &svc_ec2,
    .fields = fields,
    .key = WORDS("vpc", "name"),
    .create = {CALL("CreateSecurityGroup", .body = "", .on = ". " EC2_IAM("vpc/{vpc}"))},
    /* AWS lets a new group talk to everyone; over IPv6 too if the VPC has it. */
    .then = {CALL("RevokeSecurityGroupEgress", .fixed = WORDS("GroupId={id}", "IpPermissions[0].IpProtocol=-1",
							      "IpPermissions[0].IpRanges[0].CidrIp=0.0.0.0/0")),
	     CALL("RevokeSecurityGroupEgress", .fixed = WORDS("GroupId={id}", "IpPermissions[0].IpProtocol=-1",
							      "IpPermissions[0].Ipv6Ranges[0].CidrIpv6=::/0"))},
    .read = CALL("DescribeSecurityGroups", .rows = "securityGroupInfo.item[]",
		 .fixed = WORDS(EC2_BY("group-id", "{id}")), .batch = EC2_BATCH, .flags = CALL_PAGED),
    .list = CALL("DescribeSecurityGroups", .rows = "securityGroupInfo.item[]", .fixed = WORDS(EC2_OURS),
		 .flags = CALL_PAGED),
    .find = CALL("DescribeSecurityGroups", .rows = "securityGroupInfo.item[]",
		 .fixed = WORDS("Filter[0].Name=vpc-id", "Filter[0].Value[]={vpc}", "Filter[1].Name=group-name",
				"Filter[1].Value[]={name}"),
		 .batch = EC2_BATCH, .flags = CALL_PAGED),
    .del = {CALL("DeleteSecurityGroup", .fixed = WORDS("GroupId={id}"))},
    .tag_type = "security-group",
    .tag_id = "id",
    .arn = "ec2:{@region}:{@account}:security-group/{id}",
    .gone = WAIT(.every = 10000, .limit = 900),
    .absent = WORDS(EC2_NO_GROUP, "InvalidPermission.NotFound"),
    .busy = WORDS("DependencyViolation"),
    .holders = {EC2_HELD_BY_INTERFACES("group-id", "{id}"), NAMED_BY_RULES("ip-permission.group-id"),
		NAMED_BY_RULES("egress.ip-permission.group-id")},
    .clash = WORDS("InvalidGroup.Duplicate"),
    .retry = WORDS(EC2_NO_GROUP, EC2_NO_VPC),
    .replace = CREATE_FIRST,
    .unique = "name",
    .flags = TAGGED,
    .expect = {3, 0, 10},
};

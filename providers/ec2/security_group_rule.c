/* ec2.security_group_rule - one permission of a security group, with one source (or destination) */
#include "base/err.h"
#include "base/path.h"
#include "providers/ec2/ec2.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const sources[] = {"cidr", "cidr_v6", "prefix_list", "source_group", NULL};

/* AWS knows four protocols by name and all others by number. */
static json_t *canon_protocol(const json_t *value, struct diag *d)
{
	static const char *const known[][2] = {
	    {"6", "tcp"},   {"17", "udp"},  {"1", "icmp"},    {"58", "icmpv6"},     {"icmp6", "icmpv6"}, {"all", "-1"},
	    {"tcp", "tcp"}, {"udp", "udp"}, {"icmp", "icmp"}, {"icmpv6", "icmpv6"}, {"-1", "-1"}};
	const char *s = json_string_value(value);
	size_t digits = strspn(s, "0123456789");

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcasecmp(s, known[i][0]))
			return json_string(known[i][1]);
	if (digits && digits <= 3 && !s[digits] && s[0] != '0' && strtol(s, NULL, 10) <= 255)
		return json_incref((json_t *)value);
	diag_error(d, ERR_INVALID,
		   "\"%s\" is no protocol: it is tcp, udp, icmp, icmpv6, -1 for all, or a number up to 255.", s);
	return NULL;
}

static const struct type t_protocol = {.name = "protocol", .kind = KIND_STR, .canon = canon_protocol};

static bool has_ports(const char *protocol)
{
	static const char *const with[] = {"tcp", "udp", "icmp", "icmpv6"};

	for (size_t i = 0; i < ARRAY_SIZE(with); i++)
		if (!strcmp(protocol, with[i]))
			return true;
	return false;
}

static int check_types(json_int_t type, json_int_t code, const char *protocol, struct diag *d)
{
	if (type > 255 || code > 255)
		return diag_error(d, ERR_INVALID, "The type (from_port) and code (to_port) of %s go up to 255.",
				  protocol);
	if (type < 0 && code >= 0)
		return diag_error(d, ERR_INVALID, "All types of %s (from_port -1) have all codes: to_port must be -1.",
				  protocol);
	return 0;
}

static int check_range(json_int_t from, json_int_t to, struct diag *d)
{
	if (from < 0 || from > to)
		return diag_error(d, ERR_INVALID, "from_port and to_port must be a range within 0 to 65535.");
	return 0;
}

static int check_ports(const json_t *want, const char *protocol, struct diag *d)
{
	const json_t *from = json_object_get(want, "from_port"), *to = json_object_get(want, "to_port");
	bool icmp = !strncmp(protocol, "icmp", 4);

	if (!has_ports(protocol) && (from || to))
		return diag_error(d, ERR_INVALID,
				  "Protocol %s has no ports: AWS drops them, leave out from_port and to_port.",
				  protocol);
	if (has_ports(protocol) && !(from && to))
		return diag_error(d, ERR_INVALID, "Protocol %s needs both from_port and to_port%s.", protocol,
				  icmp ? " (type and code, -1 for all)" : "");
	if (!json_is_integer(from) || !json_is_integer(to))
		return 0;
	return icmp ? check_types(json_integer_value(from), json_integer_value(to), protocol, d)
		    : check_range(json_integer_value(from), json_integer_value(to), d);
}

static bool spans(const json_t *want, const char *protocol, json_int_t port)
{
	if (!strcmp(protocol, "-1"))
		return true;
	return !strcmp(protocol, "tcp") && val_int(want, "from_port", 0) <= port &&
	       val_int(want, "to_port", -1) >= port;
}

/* The whole internet at the door of a shell or database is hardly ever meant. */
static void warn_open(const json_t *want, const char *protocol, struct diag *d)
{
	static const struct {
		json_int_t port;
		const char *what;
	} door[] = {{22, "SSH"}, {3389, "remote desktop"}, {5432, "PostgreSQL"}};
	const char *cidr = val_str(want, "cidr"), *cidr_v6 = val_str(want, "cidr_v6");
	bool everyone = (cidr && !strcmp(cidr, "0.0.0.0/0")) || (cidr_v6 && !strcmp(cidr_v6, "::/0"));

	if (!everyone || json_is_true(json_object_get(want, "egress")))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(door); i++)
		if (spans(want, protocol, door[i].port))
			diag_warn(d, "The rule lets the whole internet in to port %" JSON_INTEGER_FORMAT " (%s).",
				  door[i].port, door[i].what);
}

static int check(const json_t *want, struct diag *d)
{
	const char *protocol = val_str(want, "protocol");
	int rc = protocol ? check_ports(want, protocol, d) : 0;

	if (ec2_count_set(want, sources) != 1)
		rc = diag_error(d, ERR_INVALID,
				"A rule needs exactly one of cidr, cidr_v6, prefix_list and source_group.");
	if (!rc && protocol)
		warn_open(want, protocol, d);
	return rc;
}

/* In the request the description belongs to the source, wherever that stands. */
static void build(const struct call *call, const json_t *obj, json_t *params)
{
	static const char *const place[] = {"IpRanges", "Ipv6Ranges", "PrefixListIds", "Groups"};
	json_t *text = json_object_get(obj, "description");

	if (!text || strncmp(call->action, "Authorize", strlen("Authorize")) != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(place); i++) {
		char *path CLEANUP(freep) = xasprintf("IpPermissions[0].%s[0]", place[i]);
		json_auto_t *source = path_get(params, path);

		if (source)
			json_object_set(source, "Description", text);
	}
}

/* Where a protocol has no ports AWS says -1, whatever was sent. */
static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	const char *protocol;

	(void)row;
	(void)want;
	ec2_drop_empty(have);
	protocol = val_str(have, "protocol");
	if (protocol && !has_ports(protocol)) {
		json_object_del(have, "from_port");
		json_object_del(have, "to_port");
	}
}

#define NEW "IpPermissions[0]."
#define MOD "SecurityGroupRule[0].SecurityGroupRule."

static const struct field fields[] = {
    FIELD("group", REF("ec2.security_group", "id"), REQUIRED | CREATE_ONLY, .in = "GroupId",
	  .doc = "Whose rule it is."),
    FIELD("egress", &t_bool, CREATE_ONLY, .out = "isEgress", .dflt = "false",
	  .doc = "Whether it lets members talk to others; else it lets others talk to them."),
    FIELD("protocol", &t_protocol, REQUIRED, .in = NEW "IpProtocol", .out = "ipProtocol", .mod = MOD "IpProtocol",
	  .doc = "tcp, udp, icmp, icmpv6, a protocol's number, or -1 for all."),
    FIELD("from_port", INT_RANGE(-1, 65535), 0, .in = NEW "FromPort", .out = "fromPort", .mod = MOD "FromPort",
	  .doc = "First port; the type for ICMP, -1 for all."),
    FIELD("to_port", INT_RANGE(-1, 65535), 0, .in = NEW "ToPort", .out = "toPort", .mod = MOD "ToPort",
	  .doc = "Last port; the code for ICMP, -1 for all."),
    FIELD("cidr", &t_cidr, FIXED_PRESENCE, .in = NEW "IpRanges[0].CidrIp", .out = "cidrIpv4", .mod = MOD "CidrIpv4",
	  .doc = "IPv4 addresses of the other side."),
    FIELD("cidr_v6", &t_cidr_v6, FIXED_PRESENCE, .in = NEW "Ipv6Ranges[0].CidrIpv6", .out = "cidrIpv6",
	  .mod = MOD "CidrIpv6", .doc = "IPv6 addresses of the other side."),
    FIELD("prefix_list", &t_str, FIXED_PRESENCE, .in = NEW "PrefixListIds[0].PrefixListId", .out = "prefixListId",
	  .mod = MOD "PrefixListId", .doc = "Prefix list with the addresses of the other side."),
    FIELD("source_group", REF("ec2.security_group", "id"), FIXED_PRESENCE, .in = NEW "Groups[0].GroupId",
	  .out = "referencedGroupInfo.groupId", .mod = MOD "ReferencedGroupId",
	  .doc = "Group whose members are the other side."),
    /* build() puts it into the create. */
    FIELD("description", &t_group_text, 0, .out = "description", .mod = MOD "Description", .doc = "What it is for."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "securityGroupRuleId", .doc = "As sgr-0123456789abcdef0."),
    END,
};

#define THIS_GROUP EC2_IAM("security-group/{group}")
#define THIS_RULE WORDS("GroupId={group}", "SecurityGroupRuleId[0]={id}")

/* Listed by group: so rules show that somebody else added, or that AWS adds to each new group. */
const struct rtype ec2_security_group_rule = {
    .name = "ec2.security_group_rule",
    .doc = "One permission of a security group.",
    .svc = &svc_ec2,
    .fields = fields,
    .key =
	WORDS("group", "egress", "protocol", "from_port", "to_port", "cidr", "cidr_v6", "prefix_list", "source_group"),
    .parent = "group",
    .create = {CALL("AuthorizeSecurityGroupIngress", .body = "securityGroupRuleSet.item", .when = "!egress",
		    .on = ". " THIS_GROUP),
	       CALL("AuthorizeSecurityGroupEgress", .body = "securityGroupRuleSet.item", .when = "egress",
		    .on = ". " THIS_GROUP)},
    .read = CALL("DescribeSecurityGroupRules", .rows = "securityGroupRuleSet.item[]",
		 .fixed = WORDS(EC2_BY("security-group-rule-id", "{id}")), .batch = EC2_BATCH, .flags = CALL_PAGED),
    .list =
	CALL("DescribeSecurityGroupRules", .rows = "securityGroupRuleSet.item[]",
	     .fixed = WORDS(EC2_BY("group-id", "{^id}")), .batch = EC2_BATCH, .flags = CALL_ALL_PARENTS | CALL_PAGED),
    .update = {CALL("ModifySecurityGroupRules",
		    .fixed = WORDS("GroupId={group}", "SecurityGroupRule[0].SecurityGroupRuleId={id}"),
		    .flags = CALL_WHOLE, .on = ". " THIS_GROUP)},
    .del = {CALL("RevokeSecurityGroupIngress", .fixed = THIS_RULE, .when = "!egress", .on = THIS_GROUP),
	    CALL("RevokeSecurityGroupEgress", .fixed = THIS_RULE, .when = "egress", .on = THIS_GROUP)},
    .tag_type = "security-group-rule",
    .tag_id = "id",
    .arn = "ec2:{@region}:{@account}:security-group-rule/{id}",
    .absent = WORDS(EC2_NO_RULE, EC2_NO_GROUP),
    .clash = WORDS("InvalidPermission.Duplicate"),
    .retry = WORDS(EC2_NO_GROUP),
    /* The new permission first: nobody is shut out meanwhile. */
    .replace = CREATE_FIRST,
    .flags = TAGGED | EXCLUSIVE,
    .expect = {3, 2, 2},
    .hooks = &(const struct hooks){.check = check, .build = build, .absorb = absorb},
};

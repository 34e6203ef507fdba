/* ec2.vpc - the private network that everything else lies in */
#include "base/err.h"
#include "base/path.h"
#include "providers/ec2/ec2.h"

#include <stdlib.h>
#include <string.h>

/* AWS refuses host names without its resolver, but only after the VPC is made. */
static int check(const json_t *want, struct diag *d)
{
	if (json_is_true(json_object_get(want, "dns_hostnames")) && json_is_false(json_object_get(want, "dns_support")))
		return diag_error(d, ERR_INVALID, "dns_hostnames can only be on if dns_support is.");
	return 0;
}

/*
 * One attribute a call, and host names may be on only while the resolver is: they are switched on after it and off
 * before it.
 */
enum { HOSTNAMES_OFF, SUPPORT, HOSTNAMES_ON };

static const struct field fields[] = {
    FIELD("cidr", &t_network, REQUIRED | CREATE_ONLY, .in = "CidrBlock",
	  .doc = "Addresses of the network, /16 to /28."),
    FIELD("tenancy", ONE_OF("default", "dedicated"), COMPUTED | CREATE_ONLY, .in = "InstanceTenancy",
	  .doc = "Whether instances run on hardware of their own."),
    FIELD("dns_support", &t_bool, NOT_ON_CREATE, .in = "EnableDnsSupport.Value", .dflt = "true", .by = SUPPORT,
	  .doc = "Names are resolved by AWS's own resolver."),
    FIELD("dns_hostnames", &t_bool, NOT_ON_CREATE, .in = "EnableDnsHostnames.Value", .dflt = "false",
	  .by = HOSTNAMES_OFF, .or_by = HOSTNAMES_ON + 1, .doc = "Public addresses get host names."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "vpcId", .doc = "As vpc-0123456789abcdef0."),
    FIELD("state", &t_str, COMPUTED | VOLATILE | STATUS, .out = "state"),
    END,
};

static char *row_text(const json_t *row, const char *path)
{
	json_auto_t *v = path_row_get(row, path);

	return xstrdup(json_is_string(v) ? json_string_value(v) : "?");
}

static char *subnet_holder(const json_t *row, const json_t *obj)
{
	char *id CLEANUP(freep) = row_text(row, "subnetId"), *cidr CLEANUP(freep) = row_text(row, "cidrBlock");

	(void)obj;
	return xasprintf("subnet %s (%s)", id, cidr);
}

/* The one called default goes with the network. */
static char *group_holder(const json_t *row, const json_t *obj)
{
	char *id CLEANUP(freep) = row_text(row, "groupId"), *name CLEANUP(freep) = row_text(row, "groupName");

	(void)obj;
	return strcmp(name, "default") != 0 ? xasprintf("security group %s (%s)", id, name) : NULL;
}

#define HELD_BY(action, path, who)                                                                                     \
	HOLDERS(.list = CALL(action, .rows = path, .fixed = WORDS("Filter[0].Name=vpc-id", "Filter[0].Value[0]={id}"), \
			     .flags = CALL_PAGED),                                                                     \
		.name = who, .after = 5)

const struct rtype ec2_vpc = {
    .name = "ec2.vpc",
    .doc = "A private network.",
    .svc = &svc_ec2,
    .fields = fields,
    .create = {CALL("CreateVpc", .body = "vpc")},
    .read = CALL("DescribeVpcs", .rows = "vpcSet.item[]", .fixed = WORDS(EC2_BY("vpc-id", "{id}")), .batch = EC2_BATCH,
		 .flags = CALL_PAGED),
    .list =
	CALL("DescribeVpcs", .rows = "vpcSet.item[]",
	     .fixed = WORDS(EC2_OURS, "Filter[2].Name=is-default", "Filter[2].Value[0]=false"), .flags = CALL_PAGED),
    .find = CALL("DescribeVpcs", .rows = "vpcSet.item[]",
		 .fixed = WORDS("Filter[0].Name=cidr", "Filter[0].Value[0]={cidr}", "Filter[1].Name=is-default",
				"Filter[1].Value[0]=false"),
		 .flags = CALL_PAGED),
    .also = {CALL("DescribeVpcAttribute", .rows = "", .fixed = WORDS("VpcId={id}", "Attribute=enableDnsSupport")),
	     CALL("DescribeVpcAttribute", .rows = "", .fixed = WORDS("VpcId={id}", "Attribute=enableDnsHostnames"))},
    .update =
	{
	    [HOSTNAMES_OFF] = CALL("ModifyVpcAttribute", .when = "!dns_hostnames", .fixed = WORDS("VpcId={id}"),
				   .flags = CALL_ONE_FIELD | CALL_LAGS),
	    [SUPPORT] = CALL("ModifyVpcAttribute", .fixed = WORDS("VpcId={id}"), .flags = CALL_ONE_FIELD | CALL_LAGS),
	    [HOSTNAMES_ON] = CALL("ModifyVpcAttribute", .when = "dns_hostnames", .fixed = WORDS("VpcId={id}"),
				  .flags = CALL_ONE_FIELD | CALL_LAGS),
	},
    .del = {CALL("DeleteVpc", .fixed = WORDS("VpcId={id}"))},
    .tag_type = "vpc",
    .tag_id = "id",
    .arn = "ec2:{@region}:{@account}:vpc/{id}",
    .ready = WAIT(.field = "state", .ok = WORDS("available"), .every = 2000, .limit = 600),
    .gone = WAIT(.every = 5000, .limit = 300),
    .absent = WORDS(EC2_NO_VPC),
    .busy = WORDS("DependencyViolation"),
    .holders = {EC2_HELD_BY_INTERFACES("vpc-id", "{id}"), HELD_BY("DescribeSubnets", "subnetSet.item[]", subnet_holder),
		HELD_BY("DescribeSecurityGroups", "securityGroupInfo.item[]", group_holder)},
    .retry = WORDS(EC2_NO_VPC),
    .flags = TAGGED | TWINS,
    .expect = {10, 2, 5},
    .hooks = &(const struct hooks){.check = check},
};

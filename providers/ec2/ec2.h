/* ec2 - what the tables of EC2 networking share. */
#pragma once

#include "providers/service.h"

/* Filters of the list calls: what bears our tags. Types with the same call and filters share one request. */
#define EC2_OURS                                                                                     \
	"Filter[0].Name=tag:berth:app", "Filter[0].Value[0]={@app}", "Filter[1].Name=tag:berth:env", \
	    "Filter[1].Value[0]={@env}"
/* Reads go by filter, not by ids: one absent id would fail the whole batch, a filter just does not find it. */
#define EC2_BY(filter, value) "Filter[0].Name=" filter, "Filter[0].Value[]=" value
#define EC2_BATCH 200 /* values that one filter takes */

/* What IAM calls an object: EC2_IAM("vpc/{vpc}"). */
#define EC2_IAM(rest) "ec2:{@region}:{@account}:" rest

/* AWS spells some codes in two ways. */
#define EC2_NO_VPC "InvalidVpcID.NotFound"
#define EC2_NO_SUBNET "InvalidSubnetID.NotFound", "InvalidSubnetId.NotFound"
#define EC2_NO_GATEWAY \
	"InvalidInternetGatewayID.NotFound", "InvalidInternetGateway.NotFound", "InvalidGatewayID.NotFound"
#define EC2_NO_TABLE "InvalidRouteTableID.NotFound", "InvalidRouteTableId.NotFound"
#define EC2_NO_GROUP "InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound", "InvalidSecurityGroupId.NotFound"
#define EC2_NO_RULE "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound"

/* CIDR of a VPC or subnet: /16 to /28. */
extern const struct type t_network;
/* Description of a security group or rule, in the one alphabet that both take. */
extern const struct type t_group_text;
#define EC2_GROUP_ALPHABET "[]a-zA-Z0-9 ._:/()#,@[+=&;{}!$*-]*"

/* XML answers show what is not set as empty text: drops such fields. */
void ec2_drop_empty(json_t *have);
/* How many of the NULL-terminated field names are set in obj, to plain or special values. */
unsigned ec2_count_set(const json_t *obj, const char *const *names);

/* Who holds a subnet, a group or a network: rows of DescribeNetworkInterfaces, named by what is known of AWS's own. */
char *ec2_interface_holder(const json_t *row, const json_t *obj);
#define EC2_HELD_BY_INTERFACES(filter, value)                                                                         \
	HOLDERS(.list =                                                                                               \
		    CALL("DescribeNetworkInterfaces", .rows = "networkInterfaceSet.item[]",                           \
			 .fixed = WORDS("Filter[0].Name=" filter, "Filter[0].Value[0]=" value), .flags = CALL_PAGED), \
		.name = ec2_interface_holder, .after = 10)

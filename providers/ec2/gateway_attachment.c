/* ec2.gateway_attachment - an internet gateway put into a VPC */
#include "base/path.h"
#include "providers/ec2/ec2.h"

/* Only public addresses keep a gateway. */
static char *public_holder(const json_t *row, const json_t *obj)
{
	json_auto_t *address = path_row_get(row, "association.publicIp");

	return address ? ec2_interface_holder(row, obj) : NULL;
}

static const struct field fields[] = {
    FIELD("gateway", REF("ec2.internet_gateway", "id"), REQUIRED | CREATE_ONLY | ID, .in = "InternetGatewayId",
	  .out = "^internetGatewayId", .doc = "The gateway."),
    FIELD("vpc", REF("ec2.vpc", "id"), REQUIRED | CREATE_ONLY | ID, .in = "VpcId", .doc = "The network that gets it."),
    FIELD("state", &t_str, COMPUTED | VOLATILE | STATUS, .out = "state"),
    END,
};

/*
 * `available` is what AWS says of an attached gateway; the model's word is `attached`. Detaching is refused as long as
 * anything in the VPC has a public address mapped, and tasks give theirs back late: hence the patience.
 */
const struct rtype ec2_gateway_attachment = {
    .name = "ec2.gateway_attachment",
    .doc = "An internet gateway put into a network.",
    .svc = &svc_ec2,
    .fields = fields,
    .key = WORDS("gateway", "vpc"),
    .parent = "gateway",
    .iam = EC2_IAM("internet-gateway/{gateway}") " " EC2_IAM("vpc/{vpc}"),
    .create = {CALL("AttachInternetGateway")},
    .read = CALL("DescribeInternetGateways", .rows = "internetGatewaySet.item[].attachmentSet.item[]",
		 .fixed = WORDS(EC2_BY("internet-gateway-id", "{gateway}")), .batch = EC2_BATCH, .flags = CALL_PAGED),
    .list = CALL("DescribeInternetGateways", .rows = "internetGatewaySet.item[].attachmentSet.item[]",
		 .fixed = WORDS(EC2_OURS), .flags = CALL_PAGED),
    .del = {CALL("DetachInternetGateway", .fixed = WORDS("InternetGatewayId={gateway}", "VpcId={vpc}"))},
    .skip = WORDS("state=detached"),
    .ready = WAIT(.field = "state", .ok = WORDS("available", "attached"), .every = 2000, .limit = 300),
    .gone = WAIT(.every = 10000, .limit = 1200),
    .absent = WORDS("Gateway.NotAttached", EC2_NO_GATEWAY),
    .busy = WORDS("DependencyViolation"),
    .holders = {HOLDERS(.list = CALL("DescribeNetworkInterfaces", .rows = "networkInterfaceSet.item[]",
				     .fixed = WORDS("Filter[0].Name=vpc-id", "Filter[0].Value[0]={vpc}"),
				     .flags = CALL_PAGED),
			.name = public_holder, .after = 10)},
    .clash = WORDS("Resource.AlreadyAssociated", "InvalidParameterValue~already has an internet gateway"),
    .retry = WORDS(EC2_NO_GATEWAY, EC2_NO_VPC),
    .expect = {5, 0, 10},
};

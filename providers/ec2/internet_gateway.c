/* ec2.internet_gateway - the door of a VPC to the internet */
#include "providers/ec2/ec2.h"

static const struct field fields[] = {
    FIELD("id", &t_str, COMPUTED | ID, .out = "internetGatewayId", .doc = "As igw-0123456789abcdef0."),
    END,
};

const struct rtype ec2_internet_gateway = {
    .name = "ec2.internet_gateway",
    .doc = "The door of a network to the internet; an ec2.gateway_attachment puts it in.",
    .svc = &svc_ec2,
    .fields = fields,
    .create = {CALL("CreateInternetGateway", .body = "internetGateway")},
    .read = CALL("DescribeInternetGateways", .rows = "internetGatewaySet.item[]",
		 .fixed = WORDS(EC2_BY("internet-gateway-id", "{id}")), .batch = EC2_BATCH, .flags = CALL_PAGED),
    .list = CALL("DescribeInternetGateways", .rows = "internetGatewaySet.item[]", .fixed = WORDS(EC2_OURS),
		 .flags = CALL_PAGED),
    .find = CALL("DescribeInternetGateways", .rows = "internetGatewaySet.item[]",
		 .fixed = WORDS("Filter[0].Name=attachment.vpc-id", "Filter[0].Value[0]={^vpc}"), .flags = CALL_PAGED),
    .companion = "ec2.gateway_attachment.gateway",
    .del = {CALL("DeleteInternetGateway", .fixed = WORDS("InternetGatewayId={id}"))},
    .tag_type = "internet-gateway",
    .tag_id = "id",
    .arn = "ec2:{@region}:{@account}:internet-gateway/{id}",
    .ready = WAIT(.every = 2000, .limit = 300),
    .gone = WAIT(.every = 5000, .limit = 300),
    .absent = WORDS(EC2_NO_GATEWAY),
    .busy = WORDS("DependencyViolation"),
    .flags = TAGGED | TWINS,
    .expect = {5, 0, 5},
};

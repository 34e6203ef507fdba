/* ec2.subnet - a part of a VPC in one zone */
#include "providers/ec2/ec2.h"

static const struct field fields[] = {
    FIELD("vpc", REF("ec2.vpc", "id"), REQUIRED | CREATE_ONLY, .in = "VpcId",
	  .doc = "The network that it is a part of."),
    FIELD("cidr", &t_network, REQUIRED | CREATE_ONLY, .in = "CidrBlock",
	  .doc = "Its share of the network's addresses; AWS keeps five of them for itself."),
    FIELD("zone_id", &t_str, COMPUTED | CREATE_ONLY, .in = "AvailabilityZoneId",
	  .doc = "Physical zone, as use1-az1: the same in every account. AWS picks one if it is not set."),
    FIELD("zone", &t_str, COMPUTED, .out = "availabilityZone", .doc = "Name of the zone, as us-east-1a."),
    FIELD("map_public_ip", &t_bool, NOT_ON_CREATE, .in = "MapPublicIpOnLaunch.Value", .out = "mapPublicIpOnLaunch",
	  .dflt = "false", .doc = "Instances get a public address. Fargate tasks ask for their own."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "subnetId", .doc = "As subnet-0123456789abcdef0."),
    FIELD("arn", &t_arn, COMPUTED, .out = "subnetArn", .doc = "Amazon Resource Name."),
    FIELD("state", &t_str, COMPUTED | VOLATILE | STATUS, .out = "state"),
    END,
};

const struct rtype ec2_subnet = {
    .name = "ec2.subnet",
    .doc = "A part of a network in one zone.",
    .svc = &svc_ec2,
    .fields = fields,
    .key = WORDS("vpc", "cidr"),
    .create = {CALL("CreateSubnet", .body = "subnet")},
    .read = CALL("DescribeSubnets", .rows = "subnetSet.item[]", .fixed = WORDS(EC2_BY("subnet-id", "{id}")),
		 .batch = EC2_BATCH, .flags = CALL_PAGED),
    .list = CALL("DescribeSubnets", .rows = "subnetSet.item[]", .fixed = WORDS(EC2_OURS), .flags = CALL_PAGED),
    .update = {CALL("ModifySubnetAttribute", .fixed = WORDS("SubnetId={id}"), .flags = CALL_ONE_FIELD | CALL_LAGS)},
    .del = {CALL("DeleteSubnet", .fixed = WORDS("SubnetId={id}"))},
    .tag_type = "subnet",
    .tag_id = "id",
    .arn = "ec2:{@region}:{@account}:subnet/{id}",
    .ready = WAIT(.field = "state", .ok = WORDS("available"), .bad = WORDS("failed", "failed-insufficient-capacity"),
		  .every = 2000, .limit = 600, .twice = 2),
    .gone = WAIT(.every = 10000, .limit = 1200),
    .absent = WORDS(EC2_NO_SUBNET),
    .busy = WORDS("DependencyViolation"),
    .clash = WORDS("InvalidSubnet.Conflict"),
    .retry = WORDS(EC2_NO_SUBNET, EC2_NO_VPC),
    .flags = TAGGED,
    .expect = {5, 2, 10},
};

/* servicediscovery.namespace - a private DNS domain that services are listed in */
#include "providers/service.h"

static const struct field fields[] = {
    FIELD("name", TEXT(1, 253, "[!-~]+"), REQUIRED | CREATE_ONLY, .in = "Name",
	  .doc = "Domain, as myapp.internal: not one that the public can look up."),
    FIELD("vpc", REF("ec2.vpc", "id"), REQUIRED | CREATE_ONLY, .in = "Vpc", .out = "",
	  .doc = "Network in which the domain is known. AWS does not say it afterwards."),
    FIELD("description", TEXT(0, 1024, NULL), 0, .in = "Description", .mod = "Namespace.Description", .null_text = "",
	  .doc = "What it is for."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "Id", .doc = "As ns-0123456789abcdef."),
    FIELD("arn", &t_arn, COMPUTED, .out = "Arn", .doc = "Amazon Resource Name."),
    END,
};

const struct rtype servicediscovery_namespace = {
    .name = "servicediscovery.namespace",
    .doc = "A private DNS domain that services are listed in.",
    .svc = &svc_servicediscovery,
    .fields = fields,
    .key = WORDS("name"),
    .create = {CALL("CreatePrivateDnsNamespace", .token = "CreatorRequestId", .on = "*")},
    .read = CALL("GetNamespace", .rows = "Namespace", .fixed = WORDS("Id={id}")),
    .list = CALL("ListNamespaces", .rows = "Namespaces[]", .flags = CALL_PAGED),
    .update = {CALL("UpdatePrivateDnsNamespace", .fixed = WORDS("Id={id}"))},
    .del = {CALL("DeleteNamespace", .fixed = WORDS("Id={id}"))},
    .skip = WORDS("Type=HTTP", "Type=DNS_PUBLIC"),
    .tag_id = "arn",
    .iam = "servicediscovery:{@region}:{@account}:namespace/{id}",
    /* Cloud Map makes the hosted zone and its records in the caller's name. */
    .grants = GRANTS(
	GRANT("route53:CreateHostedZone route53:ListHostedZonesByName ec2:DescribeVpcs ec2:DescribeRegions", .on = "*"),
	GRANT("route53:GetHostedZone route53:DeleteHostedZone", .on = "route53:::hostedzone/*"),
	GRANT("route53:ChangeResourceRecordSets", .on = "route53:::hostedzone/*",
	      .under = "ForAllValues:StringLike route53:ChangeResourceRecordSetsNormalizedRecordNames {name} "
		       "*.{name}")),
    .operation = OPERATION(.id = "OperationId",
			   .poll = CALL("GetOperation", .fixed = WORDS("OperationId={@operation}"), .on = "*"),
			   .status = "Operation.Status", .ok = WORDS("SUCCESS"), .bad = WORDS("FAIL"),
			   .why = "Operation.ErrorMessage", .result = "Operation.Targets.NAMESPACE", .field = "id",
			   .every = 3000, .limit = 300),
    .gone = WAIT(.every = 3000, .limit = 600),
    /* The same request is under way already. */
    .busy = WORDS("DuplicateRequest"),
    .clash = WORDS("NamespaceAlreadyExists"),
    /* The network does not show in it: so it goes first by the order of the types. */
    .after = WORDS("ec2.vpc"),
    .flags = TAGGED | INVENTORY_TAGS,
    .expect = {45, 5, 45},
};

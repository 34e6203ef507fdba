/* iam.role_attachment - a managed policy put onto a role */
#include "providers/iam/iam.h"

#define THIS_POLICY "ArnEquals iam:PolicyARN {policy_arn}"
#define THIS_ATTACHMENT WORDS("RoleName={role}", "PolicyArn={policy_arn}")

static const struct field fields[] = {
    FIELD("role", REF("iam.role", "name"), REQUIRED | CREATE_ONLY | ID | TOLD, .in = "RoleName", .out = "^RoleName",
	  .doc = "The role that gets it."),
    FIELD("policy_arn", &t_arn, REQUIRED | CREATE_ONLY | ID, .in = "PolicyArn",
	  .doc = "The policy: one of AWS's, or of the account's own."),
    END,
};

const struct rtype iam_role_attachment = {
    .name = "iam.role_attachment",
    .doc = "A managed policy put onto a role.",
    .svc = &svc_iam,
    .fields = fields,
    .key = WORDS("role", "policy_arn"),
    .parent = "role",
    .iam = "iam::{@account}:role{^path}{role}",
    .create = {CALL("AttachRolePolicy", .flags = CALL_IDEMPOTENT, .under = THIS_POLICY)},
    .read = CALL("ListAttachedRolePolicies", .rows = "AttachedPolicies.member[]", .fixed = WORDS("RoleName={role}"),
		 .flags = CALL_PAGED),
    .list = IAM_ROLES(".AttachedManagedPolicies.member[]"),
    .del = {CALL("DetachRolePolicy", .fixed = THIS_ATTACHMENT, .under = THIS_POLICY)},
    .ready = WAIT(.every = 2000, .limit = 300, .twice = 2),
    .gone = WAIT(.every = 2000, .limit = 300),
    .absent = WORDS("NoSuchEntity"),
    .retry = WORDS(IAM_NO_ROLE_YET),
    .expect = {3, 0, 2},
};

/* iam.role_policy - an inline policy: what one role may do */
#include "providers/iam/iam.h"

#define THIS_POLICY WORDS("RoleName={role}", "PolicyName={name}")

static const struct field fields[] = {
    FIELD("role", REF("iam.role", "name"), REQUIRED | CREATE_ONLY | ID | TOLD, .in = "RoleName", .out = "^RoleName",
	  .doc = "The role that may."),
    FIELD("name", IAM_NAME(128), REQUIRED | CREATE_ONLY | ID, .in = "PolicyName", .doc = "Its name in the role."),
    FIELD("policy", &t_policy, REQUIRED, .in = "PolicyDocument", .doc = "What is allowed and denied."),
    END,
};

const struct rtype iam_role_policy = {
    .name = "iam.role_policy",
    .doc = "An inline policy: what one role may do.",
    .svc = &svc_iam,
    .fields = fields,
    .key = WORDS("role", "name"),
    .parent = "role",
    .iam = "iam::{@account}:role{^path}{role}",
    .create = {CALL("PutRolePolicy", .flags = CALL_IDEMPOTENT)},
    .read = CALL("GetRolePolicy", .rows = "", .fixed = THIS_POLICY),
    .list = IAM_ROLES(".RolePolicyList.member[]"),
    .update = {CALL("PutRolePolicy", .fixed = THIS_POLICY, .flags = CALL_WHOLE | CALL_LAGS)},
    .del = {CALL("DeleteRolePolicy", .fixed = THIS_POLICY)},
    .ready = WAIT(.every = 2000, .limit = 300, .twice = 2),
    .gone = WAIT(.every = 2000, .limit = 300),
    .absent = WORDS("NoSuchEntity"),
    .retry = WORDS(IAM_NO_ROLE_YET),
    .expect = {3, 3, 2},
};

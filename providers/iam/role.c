/* iam.role - what a program or a deployment acts as */
#include "providers/iam/iam.h"

#include <string.h>

/* For a moment after a role was made IAM may show its id where the ARN belongs. */
static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	const char *arn = val_str(have, "arn");
	bool named = arn && !strncmp(arn, "arn:", 4);

	(void)row;
	(void)want;
	json_object_set_new(have, "state", json_string(named ? "named" : "unnamed"));
	if (!named)
		json_object_del(have, "arn");
}

enum { SETTINGS, TRUST, BOUND, UNBOUND };

#define THIS_ROLE WORDS("RoleName={name}")

static const struct field fields[] = {
    FIELD("name", IAM_NAME(64), REQUIRED | CREATE_ONLY | ID, .in = "RoleName", .doc = "Its name in the account."),
    FIELD("path", TEXT(1, 512, "/|/[!-~]+/"), CREATE_ONLY, .in = "Path", .dflt = "\"/\"",
	  .doc = "Where the name stands in the account's tree."),
    FIELD("trust", &t_policy, REQUIRED, .in = "AssumeRolePolicyDocument", .mod = "PolicyDocument", .by = TRUST,
	  .doc = "Policy that says who may act as it."),
    /* The list of all roles does not tell it: roles that wish for it are read one by one. */
    FIELD("max_session", INT_RANGE(3600, 43200), COMPUTED, .in = "MaxSessionDuration",
	  .out = "Settings.MaxSessionDuration", .by = SETTINGS,
	  .doc = "Seconds that one may act as it at a time; 3600 when made."),
    FIELD("boundary", &t_arn, 0, .in = "PermissionsBoundary", .out = "PermissionsBoundary.PermissionsBoundaryArn",
	  .by = BOUND, .clear = UNBOUND + 1, .doc = "Managed policy that says what it may be allowed at most."),
    FIELD("arn", &t_arn, COMPUTED, .out = "Arn", .doc = "Amazon Resource Name."),
    FIELD("id", &t_str, COMPUTED, .out = "RoleId", .doc = "As AROA0123456789ABCDEFG; another one after a replacement."),
    FIELD("state", &t_str, COMPUTED | VOLATILE | STATUS, .out = "Arn"),
    END,
};

const struct rtype iam_role = {
    .name = "iam.role",
    .doc = "What a program or a deployment acts as.",
    .svc = &svc_iam,
    .fields = fields,
    .key = WORDS("name"),
    .create = {CALL("CreateRole", .body = "Role")},
    .read = CALL("GetRole", .rows = "Role", .fixed = THIS_ROLE),
    .list = IAM_ROLES(""),
    .also = {CALL("GetRole", .body = "Settings", .rows = "Role", .fixed = THIS_ROLE, .when = "max_session",
		  .flags = CALL_WISHED)},
    .update =
	{
	    [SETTINGS] = CALL("UpdateRole", .fixed = THIS_ROLE, .flags = CALL_WHOLE | CALL_LAGS),
	    [TRUST] = CALL("UpdateAssumeRolePolicy", .fixed = THIS_ROLE, .flags = CALL_WHOLE | CALL_LAGS),
	    [BOUND] = CALL("PutRolePermissionsBoundary", .fixed = THIS_ROLE, .flags = CALL_WHOLE | CALL_LAGS),
	    [UNBOUND] = CALL("DeleteRolePermissionsBoundary", .fixed = THIS_ROLE, .flags = CALL_FIXED_ONLY | CALL_LAGS),
	},
    .del = {CALL("DeleteRole", .fixed = THIS_ROLE)},
    .tag_id = "name",
    .iam = "iam::{@account}:role{path}{name}",
    .ready = WAIT(.field = "state", .ok = WORDS("named"), .every = 2000, .limit = 300, .twice = 2),
    .gone = WAIT(.every = 2000, .limit = 300),
    .absent = WORDS("NoSuchEntity"),
    .busy = WORDS("DeleteConflict"),
    .clash = WORDS("EntityAlreadyExists"),
    .retry = WORDS("MalformedPolicyDocument~invalid principal"),
    .flags = TAGGED | LOOSE,
    .expect = {8, 3, 3},
    .hooks = &(const struct hooks){.absorb = absorb},
};

/* ecr.lifecycle_policy - which images of a repository go after a while */
#include "base/err.h"
#include "base/mem.h"
#include "providers/service.h"

#include <string.h>

#define POLICY_MIN 100
#define POLICY_MAX 30720

/* AWS counts the characters of the text that is sent. */
static int check(const json_t *want, struct diag *d)
{
	const json_t *policy = json_object_get(want, "policy");
	json_auto_t *text = val_has_special(policy) ? NULL : t_json_text.encode(policy);
	size_t n = json_string_length(text);

	if (!text)
		return 0;
	if (n > POLICY_MAX)
		return diag_error(d, ERR_INVALID, "The policy has %zu characters, and AWS takes %d at most.", n,
				  POLICY_MAX);
	if (n < POLICY_MIN) {
		diag_error(d, ERR_INVALID, "The policy has %zu characters, and AWS takes none below %d.", n,
			   POLICY_MIN);
		diag_hint(d, "Give its rules a description.");
		return ERR_INVALID;
	}
	return 0;
}

static const struct field fields[] = {
    FIELD("repository", REF("ecr.repository", "name"), REQUIRED | CREATE_ONLY | ID, .in = "repositoryName",
	  .doc = "The repository whose images they are."),
    FIELD("policy", &t_json_text, REQUIRED, .in = "lifecyclePolicyText",
	  .doc = "Rules: by age or number of images, for tagged, untagged or any."),
    END,
};

const struct rtype ecr_lifecycle_policy = {
    .name = "ecr.lifecycle_policy",
    .doc = "Which images of a repository go after a while.",
    .svc = &svc_ecr,
    .fields = fields,
    .key = WORDS("repository"),
    .parent = "repository",
    .iam = "ecr:{@region}:{@account}:repository/{repository}",
    .create = {CALL("PutLifecyclePolicy", .body = "", .flags = CALL_IDEMPOTENT)},
    .read = CALL("GetLifecyclePolicy", .rows = "", .fixed = WORDS("repositoryName={repository}")),
    .list = CALL("GetLifecyclePolicy", .rows = "", .fixed = WORDS("repositoryName={^name}"), .flags = CALL_PER_PARENT,
		 .on = "."),
    .update = {CALL("PutLifecyclePolicy", .body = "", .fixed = WORDS("repositoryName={repository}"),
		    .flags = CALL_WHOLE)},
    .del = {CALL("DeleteLifecyclePolicy", .fixed = WORDS("repositoryName={repository}"))},
    .ready = WAIT(.every = 2000, .limit = 300),
    .gone = WAIT(.every = 2000, .limit = 300),
    .absent = WORDS("LifecyclePolicyNotFoundException", "RepositoryNotFoundException"),
    .expect = {1, 1, 1},
    .hooks = &(const struct hooks){.check = check},
};

/* ecs.cluster - where tasks run, and on which capacity */
#include "base/err.h"
#include "base/path.h"
#include "providers/ecs/ecs.h"

#include <string.h>

static bool is_member(const json_t *list, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), v))
			return true;
	return false;
}

static int check(const json_t *want, struct diag *d)
{
	const json_t *providers = json_object_get(want, "capacity_providers");
	const json_t *strategy = json_object_get(want, "default_strategy");
	int rc = 0;

	if (val_has_special(providers) || val_has_special(strategy))
		return 0;
	for (size_t i = 0; i < json_array_size(strategy); i++) {
		const json_t *provider = json_object_get(json_array_get(strategy, i), "provider");

		if (!is_member(providers, provider))
			rc =
			    diag_error(d, ERR_INVALID, "default_strategy names %s, which is not in capacity_providers.",
				       json_string_value(provider));
	}
	return rc;
}

/* A cluster is ACTIVE at once, but takes no other change until its capacity providers are attached. */
static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	json_auto_t *attachments = path_row_get(row, "attachmentsStatus");
	const char *status = val_str(have, "status"), *attached = json_string_value(attachments);

	(void)want;
	if (status && attached && *attached && !strcmp(status, "ACTIVE") && strcmp(attached, "UPDATE_COMPLETE") != 0)
		json_object_set_new(have, "status", json_string(attached));
}

/* Rows are ARNs. */
static char *task_name(const json_t *row, const json_t *obj)
{
	json_auto_t *arn = path_row_get(row, "");

	(void)obj;
	return json_is_string(arn) ? xasprintf("task %s", json_string_value(arn)) : NULL;
}

static const struct field fields[] = {
    FIELD("name", &t_ecs_name, REQUIRED | CREATE_ONLY | ID, .in = "clusterName", .doc = "Its name in the region."),
    FIELD("capacity_providers", &t_strs, 0, .in = "capacityProviders", .dflt = "[]",
	  .doc = "Capacity that services may use: FARGATE, FARGATE_SPOT."),
    FIELD("default_strategy", &t_strategy, 0, .in = "defaultCapacityProviderStrategy", .dflt = "[]",
	  .doc = "How tasks are placed that name no strategy of their own."),
    FIELD("container_insights", ONE_OF("disabled", "enabled", "enhanced"), 0,
	  .in = "settings[name=containerInsights].value", .dflt = "\"disabled\"", .by = 1,
	  .doc = "Metrics by task and container, which cost extra."),
    FIELD("arn", &t_arn, COMPUTED, .out = "clusterArn", .doc = "Amazon Resource Name."),
    FIELD("status", &t_str, COMPUTED | VOLATILE | STATUS, .out = "status"),
    END,
};

/*
 * AWS takes a repeated create for a question: it returns the cluster that is there and changes nothing. What the wish
 * has besides is sent by the updates.
 */
const struct rtype ecs_cluster = {
    .name = "ecs.cluster",
    .doc = "Where tasks run, and on which capacity.",
    .svc = &svc_ecs,
    .fields = fields,
    .key = WORDS("name"),
    .create = {CALL("CreateCluster", .body = "cluster", .flags = CALL_IDEMPOTENT, .on = "*")},
    .read = CALL("DescribeClusters", .rows = "clusters[]",
		 .fixed = WORDS("clusters[]={name}", "include:=[\"ATTACHMENTS\",\"SETTINGS\",\"TAGS\"]"), .batch = 100),
    /* Both lists must be sent: a provider that is left out is taken off. */
    .update = {CALL("PutClusterCapacityProviders", .fixed = WORDS("cluster={name}"), .flags = CALL_WHOLE),
	       CALL("UpdateCluster", .fixed = WORDS("cluster={name}"))},
    .del = {CALL("DeleteCluster", .fixed = WORDS("cluster={name}"))},
    .skip = WORDS("status=INACTIVE"),
    .tag_id = "arn",
    .arn = "ecs:{@region}:{@account}:cluster/{name}",
    .grants = GRANTS(GRANT("iam:CreateServiceLinkedRole",
			   .on = "iam::{@account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
			   .under = "StringEquals iam:AWSServiceName ecs.amazonaws.com")),
    .ready = WAIT(.field = "status", .ok = WORDS("ACTIVE"), .bad = WORDS("FAILED", "UPDATE_FAILED"), .every = 5000,
		  .limit = 600, .grace = 10),
    .gone = WAIT(.field = "status", .every = 5000, .limit = 600),
    .holders = {HOLDERS(.list = CALL("ListTasks", .rows = "taskArns[]", .fixed = WORDS("cluster={name}"),
				     .flags = CALL_PAGED),
			.name = task_name, .after = 20)},
    .retry = WORDS(ECS_NO_ROLE_YET),
    .flags = TAGGED,
    .expect = {5, 5, 5},
    .hooks = &(const struct hooks){.check = check, .absorb = absorb},
};

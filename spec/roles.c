/* roles - what ECS may do to start tasks, and what a service's own code may do. */
#include "base/value.h"
#include "spec/policy_doc.h"
#include "spec/services.h"

#include <string.h>

/* The parameters that any service uses, each once, in order of name. */
static json_t *used_parameters(struct expand *x)
{
	json_t *arns = json_array(), *service, *sorted;
	json_auto_t *names = json_array();
	const char *key;

	json_object_foreach (at_key(x->file, "services").value, key, service)
		json_array_extend(names, json_object_get(service, "secrets"));
	sorted = val_sorted_set(names);
	for (size_t i = 0; i < json_array_size(sorted); i++)
		json_array_append_new(arns,
				      join_of("arn:{aws.partition}:ssm:{aws.region}:{aws.account}:parameter/%s/%s",
					      x->spec->prefix, json_string_value(json_array_get(sorted, i))));
	json_decref(sorted);
	return arns;
}

void expand_execution_role(struct expand *x)
{
	expand_add(x, "iam.role.execution", "{s:s,s:o}", "name", expand_text(x, "%s-execution", x->spec->prefix),
		   "trust", policy_trust_tasks());
	expand_add(x, "iam.role_attachment.execution", "{s:o,s:o}", "role", ref_to("iam.role.execution.name"),
		   "policy_arn",
		   join_of("arn:{aws.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"));
	if (!any_service_uses_secrets(x->file))
		return;
	expand_add(x, "iam.role_policy.execution-secrets", "{s:o,s:s,s:o}", "role", ref_to("iam.role.execution.name"),
		   "name", "secrets", "policy",
		   policy_doc(json_pack("[o]", policy_allow("ssm:GetParameters", used_parameters(x)))));
}

/* ARNs of the buckets with one kind of access; `tail` is "" for the buckets, "/" and "*" for what is in them. */
static json_t *bucket_arns(struct at buckets, const char *access, const char *tail)
{
	json_t *all = json_array(), *word;
	const char *name;

	json_object_foreach (buckets.value, name, word) {
		const char *has = json_string_value(word);

		if (!strcmp(has, access) || !strcmp(has, "read-write"))
			json_array_append_new(all, join_of("arn:{aws.partition}:s3:::%s%s", name, tail));
	}
	return all;
}

static void allow_objects(json_t *statements, struct at buckets, const char *access, const char *actions,
			  const char *tail)
{
	json_t *arns = bucket_arns(buckets, access, tail);

	if (json_array_size(arns))
		json_array_append_new(statements, policy_allow(actions, arns));
	else
		json_decref(arns);
}

static json_t *bucket_policy(struct at buckets)
{
	json_t *statements = json_array();

	/* Without the right to list, a missing object answers 403 and not 404. */
	allow_objects(statements, buckets, "read", "s3:ListBucket", "");
	allow_objects(statements, buckets, "read", "s3:GetObject", "/*");
	allow_objects(statements, buckets, "write", "s3:PutObject s3:DeleteObject s3:AbortMultipartUpload", "/*");
	return policy_doc(statements);
}

void expand_task_role(struct expand *x, const struct service_at *s)
{
	struct at buckets = at_key(s->at, "buckets");

	expand_add(x, expand_text(x, "iam.role.%s-task", s->name), "{s:s,s:o}", "name",
		   expand_text(x, "%s-%s-task", x->spec->prefix, s->name), "trust", policy_trust_tasks());
	if (!json_object_size(buckets.value))
		return;
	expand_add(x, expand_text(x, "iam.role_policy.%s-buckets", s->name), "{s:o,s:s,s:o}", "role",
		   ref_to("iam.role.%s-task.name", s->name), "name", "buckets", "policy", bucket_policy(buckets));
}

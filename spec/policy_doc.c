#include "spec/policy_doc.h"
#include "spec/expand.h"

#include <string.h>

json_t *policy_doc(json_t *statements)
{
	return json_pack("{s:s,s:o}", "Version", "2012-10-17", "Statement", statements);
}

json_t *policy_allow(const char *actions, json_t *resource)
{
	json_t *list = json_array();

	while (*actions) {
		size_t n = strcspn(actions, " ");

		json_array_append_new(list, json_stringn(actions, n));
		actions += n + strspn(actions + n, " ");
	}
	return json_pack("{s:s,s:o,s:o}", "Effect", "Allow", "Action", list, "Resource", resource);
}

json_t *policy_when(json_t *statement, const char *operator, const char * key, json_t *value)
{
	json_t *all = json_object_get(statement, "Condition"), *keys;

	if (!all) {
		all = json_object();
		json_object_set_new(statement, "Condition", all);
	}
	keys = json_object_get(all, operator);
	if (!keys) {
		keys = json_object();
		json_object_set_new(all, operator, keys);
	}
	json_object_set_new(keys, key, value);
	return statement;
}

json_t *policy_trust_tasks(void)
{
	json_t *s = json_pack("{s:s,s:{s:s},s:s}", "Effect", "Allow", "Principal", "Service", "ecs-tasks.amazonaws.com",
			      "Action", "sts:AssumeRole");

	policy_when(s, "StringEquals", "aws:SourceAccount", ref_to("aws.account"));
	policy_when(s, "ArnLike", "aws:SourceArn", join_of("arn:{aws.partition}:ecs:{aws.region}:{aws.account}:*"));
	return policy_doc(json_pack("[o]", s));
}

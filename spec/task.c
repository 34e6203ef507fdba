/* task - the task definition of a service. */
#include "base/value.h"
#include "spec/services.h"

#include <string.h>

/* Until something is released the image has a tag that nobody pushes; later the one that runs is kept. */
static json_t *image_of(const struct service_at *s)
{
	json_t *own = json_object_get(s->at.value, "image");

	if (own)
		return json_incref(own);
	return val_special(V_KEEP, join_of("{ecr.repository.main.uri}:unreleased"));
}

/* NAME -> ARN of its parameter. */
static json_t *secrets_of(struct expand *x, const struct service_at *s)
{
	json_t *names = json_object_get(s->at.value, "secrets"), *all = json_object();

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		json_object_set_new(all, name,
				    join_of("arn:{aws.partition}:ssm:{aws.region}:{aws.account}:parameter/%s/%s",
					    x->spec->prefix, name));
	}
	return all;
}

/* Text is for the image's shell; a list is run as it is, unless it says itself which. */
static json_t *health_command(const json_t *command)
{
	const char *first = json_string_value(json_array_get(command, 0));
	json_t *all = json_array();

	if (json_is_string(command)) {
		json_array_append_new(all, json_string("CMD-SHELL"));
		json_array_append(all, (json_t *)command);
		return all;
	}
	if (!first || (strcmp(first, "CMD") != 0 && strcmp(first, "CMD-SHELL") != 0))
		json_array_append_new(all, json_string("CMD"));
	json_array_extend(all, (json_t *)command);
	return all;
}

static json_t *health_of(struct at health)
{
	json_t *all = json_copy(health.value);

	json_object_set_new(all, "command", health_command(json_object_get(health.value, "command")));
	return all;
}

static json_t *container(struct expand *x, const struct service_at *s)
{
	struct at command = at_key(s->at, "command"), health = at_key(s->at, "health_check");
	json_t *c =
	    json_pack("{s:s,s:o,s:O,s:o,s:{s:o,s:o,s:s},s:b}", "name", s->name, "image", image_of(s), "environment",
		      json_object_get(s->at.value, "env"), "secrets", secrets_of(x, s), "log", "group",
		      ref_to("logs.group.services.name"), "region", ref_to("aws.region"), "prefix", s->name, "init", 1);

	if (at_int(s->at, "port"))
		json_object_set_new(c, "ports", json_pack("[I]", at_int(s->at, "port")));
	if (command.value)
		json_object_set(c, "command", command.value);
	if (health.value)
		json_object_set_new(c, "health_check", health_of(health));
	/* Spot gives a task two minutes: all of them are for it to end well. */
	if (service_uses_spot(s->at))
		json_object_set_new(c, "stop_timeout", json_integer(120));
	return c;
}

void expand_task(struct expand *x, const struct service_at *s)
{
	int cpu, memory;

	service_size(s->at, &cpu, &memory);
	expand_add(x, expand_text(x, "ecs.task_definition.%s", s->name), "{s:s,s:s,s:s,s:o,s:o,s:s,s:[o]}", "family",
		   expand_text(x, "%s-%s", x->spec->prefix, s->name), "cpu", expand_text(x, "%d", cpu), "memory",
		   expand_text(x, "%d", memory), "execution_role", ref_to("iam.role.execution.arn"), "task_role",
		   ref_to("iam.role.%s-task.arn", s->name), "arch",
		   !strcmp(at_str(s->at, "arch"), "arm64") ? "ARM64" : "X86_64", "containers", container(x, s));
}

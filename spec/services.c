/* services - what runs: cluster, name space, and for each service its role, task, group and ECS service. */
#include "spec/services.h"
#include "base/value.h"
#include "spec/size.h"

#include <string.h>

#define CPU 256

struct service_at service_of(struct at file, const char *key)
{
	struct at service = at_key(at_key(file, "services"), key), api = at_key(file, "api");
	const char *front = at_str(api, "service");

	return (struct service_at){.at = service, .name = key, .fronted = front && !strcmp(front, key)};
}

void service_size(struct at service, int *ret_cpu, int *ret_memory)
{
	const char *name = at_str(service, "size");
	int cpu = (int)at_int(service, "cpu"), memory = (int)at_int(service, "memory");

	for (const struct size *s = sizes; name && s->name; s++)
		if (!strcmp(s->name, name)) {
			cpu = s->cpu;
			memory = s->memory;
		}
	*ret_cpu = cpu ? cpu : CPU;
	*ret_memory = memory ? memory : size_least_memory(*ret_cpu);
}

bool service_uses(struct at service, const char *secret)
{
	json_t *all = json_object_get(service.value, "secrets");

	for (size_t i = 0; i < json_array_size(all); i++)
		if (!strcmp(json_string_value(json_array_get(all, i)), secret))
			return true;
	return false;
}

bool any_service_uses_secrets(struct at file)
{
	json_t *service;
	const char *key;

	json_object_foreach (at_key(file, "services").value, key, service)
		if (json_array_size(json_object_get(service, "secrets")))
			return true;
	return false;
}

bool service_uses_spot(struct at service)
{
	struct at capacity = at_key(service, "capacity");

	if (json_is_string(capacity.value))
		return !strcmp(json_string_value(capacity.value), "spot");
	return at_int(capacity, "spot") > 0;
}

static void add_provider(json_t *all, const char *name, json_int_t weight, json_int_t base)
{
	if (weight || base)
		json_array_append_new(all,
				      json_pack("{s:s,s:I,s:I}", "provider", name, "weight", weight, "base", base));
}

json_t *service_strategy(struct at service)
{
	struct at capacity = at_key(service, "capacity");
	json_t *all = json_array();

	if (json_is_string(capacity.value)) {
		add_provider(all, service_uses_spot(service) ? "FARGATE_SPOT" : "FARGATE", 1, 0);
		return all;
	}
	add_provider(all, "FARGATE", at_int(capacity, "on-demand"), at_int(capacity, "base"));
	add_provider(all, "FARGATE_SPOT", at_int(capacity, "spot"), 0);
	return all;
}

static void check(struct at file, struct diag *d)
{
	struct at services = at_key(file, "services");
	const char *key;
	json_t *service;

	json_object_foreach (services.value, key, service)
		service_check(file, at_key(services, key), d);
}

static void add_discovery(struct expand *x, const struct service_at *s)
{
	/* API Gateway needs address and port of each task, and ECS registers the port with SRV records only. */
	expand_add(x, expand_text(x, "servicediscovery.service.%s", s->name), "{s:s,s:o,s:[{s:s,s:i}]}", "name",
		   s->name, "namespace", ref_to("servicediscovery.namespace.main.id"), "dns", "type", "SRV", "ttl", 10);
}

/* A release decides how many run: none before the first. An image in the file is there already. */
static json_t *count_of(const struct service_at *s)
{
	json_int_t count = at_int(s->at, "count");

	if (json_object_get(s->at.value, "image"))
		return json_integer(count);
	return json_pack("{s:[o,I]}", V_RELEASED, json_sprintf("ecs.task_definition.%s", s->name), count);
}

/* Moving tasks between zones stops running ones: worth it only for several that nobody takes away anyway. */
static bool rebalances(struct expand *x, const struct service_at *s)
{
	return at_int(s->at, "count") > 1 && at_int(at_key(x->file, "network"), "zones") > 1 &&
	       !service_uses_spot(s->at);
}

static void depend(struct expand *x, const struct service_at *s)
{
	json_int_t zones = at_int(at_key(x->file, "network"), "zones");

	expand_depends(x, "ec2.route.public-default");
	for (json_int_t i = 0; i < zones; i++)
		expand_depends(x, expand_text(x, "ec2.route_association.public-%c", (char)('a' + i)));
	depend_on_firewall(x, s);
	expand_depends(x, "iam.role_attachment.execution");
	if (any_service_uses_secrets(x->file))
		expand_depends(x, "iam.role_policy.execution-secrets");
	if (json_object_size(json_object_get(s->at.value, "buckets")))
		expand_depends(x, expand_text(x, "iam.role_policy.%s-buckets", s->name));
	if (service_uses(s->at, "DATABASE_URL") && has_section(x->file, "database"))
		expand_depends(x, "ssm.parameter.database-url");
}

static void add_service(struct expand *x, const struct service_at *s)
{
	json_t *fields = expand_add(
	    x, expand_text(x, "ecs.service.%s", s->name), "{s:s,s:o,s:o,s:o,s:o,s:o,s:[o],s:b,s:i,s:i,s:b,s:b,s:s,s:s}",
	    "name", s->name, "cluster", ref_to("ecs.cluster.main.name"), "task_definition",
	    ref_to("ecs.task_definition.%s.arn", s->name), "count", count_of(s), "strategy", service_strategy(s->at),
	    "subnets", subnet_refs(x), "security_groups", ref_to("ec2.security_group.%s.id", s->name), "public_ip", 1,
	    "min_healthy", 100, "max_percent", 200, "circuit_breaker", 1, "rollback", 1, "zone_rebalancing",
	    rebalances(x, s) ? "ENABLED" : "DISABLED", "propagate_tags", "SERVICE");

	if (s->fronted) {
		json_object_set_new(fields, "registry", ref_to("servicediscovery.service.%s.arn", s->name));
		json_object_set_new(fields, "registry_container", json_string(s->name));
		json_object_set_new(fields, "registry_port", json_integer(at_int(s->at, "port")));
	}
	depend(x, s);
}

static void add_cluster(struct expand *x)
{
	expand_add(x, "ecs.cluster.main", "{s:s,s:[s,s]}", "name", x->spec->prefix, "capacity_providers", "FARGATE",
		   "FARGATE_SPOT");
	if (has_section(x->file, "api"))
		expand_add(x, "servicediscovery.namespace.main", "{s:s,s:o}", "name",
			   expand_text(x, "%s.internal", x->spec->prefix), "vpc", ref_to("ec2.vpc.main.id"));
	expand_output(x, "cluster", ref_to("ecs.cluster.main.name"));
	expand_execution_role(x);
}

static void expand_one(struct expand *x, const struct service_at *s, json_t *names, json_t *groups)
{
	expand_section(x, s->at, "services.%s", s->name);
	expand_firewall(x, s);
	expand_task_role(x, s);
	expand_task(x, s);
	if (s->fronted)
		add_discovery(x, s);
	add_service(x, s);
	json_array_append_new(names, ref_to("ecs.service.%s.name", s->name));
	json_object_set_new(groups, s->name, ref_to("ec2.security_group.%s.id", s->name));
}

static void expand(struct expand *x)
{
	struct at services = at_key(x->file, "services");
	json_t *names, *groups, *service;
	const char *key;

	if (!json_object_size(services.value))
		return;
	names = json_array();
	groups = json_object();
	expand_section(x, services, "services");
	add_cluster(x);
	json_object_foreach (services.value, key, service) {
		struct service_at s = service_of(x->file, key);

		expand_one(x, &s, names, groups);
	}
	expand_output(x, "services", names);
	expand_output(x, "security_groups", groups);
}

static const struct section_ref refs[] = {
    {"url", "apigateway.api.main.endpoint"},
    {"name", "ecs.service.%s.name"},
    {"arn", "ecs.service.%s.arn"},
    {"security_group", "ec2.security_group.%s.id"},
    {"task_definition", "ecs.task_definition.%s.arn"},
    {"role", "iam.role.%s-task.name"},
    {"role_arn", "iam.role.%s-task.arn"},
    {.key = NULL},
};

const struct section section_services = {.name = "services", .check = check, .expand = expand, .refs = refs};

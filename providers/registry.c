/* All resource types. A new one is a file and a line here. */
#include "providers/type.h"

#include <stddef.h>
#include <string.h>

#define RTYPES(X)                     \
	X(ec2_vpc)                    \
	X(ec2_internet_gateway)       \
	X(ec2_gateway_attachment)     \
	X(ec2_subnet)                 \
	X(ec2_route_table)            \
	X(ec2_route)                  \
	X(ec2_route_association)      \
	X(ec2_security_group)         \
	X(ec2_security_group_rule)    \
	X(rds_subnet_group)           \
	X(rds_instance)               \
	X(ssm_parameter)              \
	X(ecr_repository)             \
	X(ecr_lifecycle_policy)       \
	X(logs_group)                 \
	X(iam_role)                   \
	X(iam_role_policy)            \
	X(iam_role_attachment)        \
	X(iam_oidc_provider)          \
	X(ecs_cluster)                \
	X(ecs_task_definition)        \
	X(ecs_service)                \
	X(servicediscovery_namespace) \
	X(servicediscovery_service)   \
	X(apigateway_vpc_link)        \
	X(apigateway_api)             \
	X(apigateway_integration)     \
	X(apigateway_route)           \
	X(apigateway_stage)

#define X(name) extern const struct rtype name;
RTYPES(X)
#undef X

#define X(name) &name,
const struct rtype *const rtypes[] = {RTYPES(X) NULL};
#undef X

const struct rtype *rtype_find(const char *name)
{
	for (const struct rtype *const *t = rtypes; *t; t++)
		if (!strcmp((*t)->name, name))
			return *t;
	return NULL;
}

const struct rtype *rtype_of_address(const char *address, const char **name)
{
	for (const struct rtype *const *t = rtypes; *t; t++) {
		size_t n = strlen((*t)->name);

		if (strncmp(address, (*t)->name, n) != 0 || address[n] != '.' || !address[n + 1])
			continue;
		if (name)
			*name = address + n + 1;
		return *t;
	}
	return NULL;
}

bool rtype_is_part(const struct rtype *t)
{
	return t->parent && (!(t->flags & TAGGED) || (t->flags & EXCLUSIVE));
}

const struct field *rtype_field(const struct rtype *t, const char *name)
{
	for (const struct field *f = t->fields; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

bool field_is_cleared(const struct field *f, const json_t *value)
{
	return f->null_text && f->type->kind == KIND_STR && json_is_string(value) &&
	       !strcmp(json_string_value(value), f->null_text);
}

bool field_is_stamp(const struct rtype *t, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = t->stamp; s && *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");

		if (len == n && !strncmp(s, name, n))
			return true;
		s += len;
	}
	return false;
}

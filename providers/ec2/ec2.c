#include "providers/ec2/ec2.h"
#include "base/err.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>

static json_t *canon_network(const json_t *value, struct diag *d)
{
	json_t *cidr = t_cidr.canon(value, d);
	long bits;

	if (!cidr)
		return NULL;
	bits = strtol(strchr(json_string_value(cidr), '/') + 1, NULL, 10);
	if (bits >= 16 && bits <= 28)
		return cidr;
	diag_error(d, ERR_INVALID, "%s is no size for a network: AWS takes /16 to /28.", json_string_value(cidr));
	json_decref(cidr);
	return NULL;
}

const struct type t_network = {.name = "CIDR", .kind = KIND_STR, .canon = canon_network};
const struct type t_group_text = {
    .name = "text", .kind = KIND_STR, .min = 1, .max = 255, .pattern = EC2_GROUP_ALPHABET};

void ec2_drop_empty(json_t *have)
{
	json_t *v;
	const char *key;
	void *next;

	json_object_foreach_safe (have, next, key, v)
		if (json_is_string(v) && !json_string_length(v))
			json_object_del(have, key);
}

unsigned ec2_count_set(const json_t *obj, const char *const *names)
{
	unsigned n = 0;

	for (; *names; names++) {
		const json_t *v = json_object_get(obj, *names);

		n += v && !json_is_null(v);
	}
	return n;
}

/* What the services that put interfaces into a network write onto them. */
static const struct {
	const char *path, *begins, *who;
} owners[] = {
    {"interfaceType", "api_gateway_managed",
     "a VPC link of API Gateway, which gives it back some minutes after its end"},
    {"interfaceType", "lambda", "a Lambda function, which gives it back up to 35 minutes after its end"},
    {"interfaceType", "nat_gateway", "a NAT gateway"},
    {"interfaceType", "natGateway", "a NAT gateway"},
    {"description", "RDSNetworkInterface", "a database of RDS, which gives it back some minutes after its end"},
    {"description", "VPC Endpoint Interface", "a VPC endpoint"},
    {"description", "ELB ", "a load balancer"},
    {"description", "AWS Lambda VPC ENI", "a Lambda function, which gives it back up to 35 minutes after its end"},
};

static char *row_text(const json_t *row, const char *path)
{
	json_auto_t *v = path_row_get(row, path);

	return json_is_string(v) ? xstrdup(json_string_value(v)) : xstrdup("");
}

static const char *owner_of(const json_t *row)
{
	char *description CLEANUP(freep) = row_text(row, "description");

	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		char *text CLEANUP(freep) = row_text(row, owners[i].path);

		if (!strncmp(text, owners[i].begins, strlen(owners[i].begins)))
			return owners[i].who;
	}
	if (!strncmp(description, "arn:", 4) && strstr(description, ":ecs:") && strstr(description, ":attachment/"))
		return "a Fargate task, which gives it back up to a minute after its end";
	return NULL;
}

char *ec2_interface_holder(const json_t *row, const json_t *obj)
{
	char *id CLEANUP(freep) = row_text(row, "networkInterfaceId"), *status CLEANUP(freep) = row_text(row, "status");
	char *description CLEANUP(freep) = row_text(row, "description");
	char *managed CLEANUP(freep) = row_text(row, "requesterManaged"),
		      *by CLEANUP(freep) = row_text(row, "requesterId");
	const char *owner = owner_of(row);

	(void)obj;
	if (owner)
		return xasprintf("network interface %s of %s", id, owner);
	if (!strcmp(managed, "true"))
		return xasprintf("network interface %s of %s (%s)", id, *by ? by : "AWS", description);
	if (!strcmp(status, "available"))
		return xasprintf("network interface %s, which nobody uses: it can be deleted by hand", id);
	return xasprintf("network interface %s (%s)", id, *description ? description : status);
}

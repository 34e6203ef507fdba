#include "providers/ec2/ec2.h"
#include "base/err.h"

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

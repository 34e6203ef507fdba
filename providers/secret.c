#include "providers/secret.h"
#include "base/mem.h"

static void overwrite(json_t *v)
{
	const char *key;
	json_t *one;
	size_t i;

	/* jansson gives its texts out as const only because their length must not change. */
	if (json_is_string(v))
		wipe((void *)json_string_value(v), json_string_length(v));
	json_object_foreach (v, key, one)
		overwrite(one);
	json_array_foreach (v, i, one)
		overwrite(one);
}

void json_wipe(json_t *v)
{
	if (v)
		overwrite(v);
	json_decref(v);
}

void json_wipep(json_t **v)
{
	json_wipe(*v);
	*v = NULL;
}

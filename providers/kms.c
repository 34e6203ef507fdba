#include "providers/kms.h"

#include <string.h>

/* What tells keys apart: the id of a key, or "alias/NAME". */
static const char *bare_key(const char *s)
{
	const char *kms = !strncmp(s, "arn:", 4) ? strstr(s, ":key/") : NULL;
	const char *alias = !strncmp(s, "arn:", 4) ? strstr(s, ":alias/") : NULL;

	return kms ? kms + strlen(":key/") : alias ? alias + 1 : s;
}

static bool is_alias(const char *key)
{
	return !strncmp(key, "alias/", strlen("alias/"));
}

static bool equal_key(const json_t *want, const json_t *have)
{
	const char *w = json_string_value(want), *h = json_string_value(have);

	if (!w || !h)
		return json_equal(want, have);
	w = bare_key(w);
	h = bare_key(h);
	return is_alias(w) == is_alias(h) ? !strcmp(w, h) : true;
}

const struct type t_kms_key = {
    .name = "KMS key",
    .kind = KIND_STR,
    .min = 1,
    .max = 2048,
    .pattern = "arn:[^:]+:kms:[^:]+:[^:]+:(key|alias)/.+|alias/[A-Za-z0-9/_-]+|[A-Za-z0-9-]+",
    .equal = equal_key,
};

/* names - the app's name and what is made of it; tags; names of secrets. */
#include "base/err.h"
#include "spec/section.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* AWS allows 50 tags on an object; berth's own are berth:app, berth:env, berth:resource and berth:source. */
#define TAGS_MAX (50 - 4)
/* Names of roles, the shortest that AWS allows of what is named after the app. */
#define ROLE_MAX 64

void names_check(struct at file, const char *prefix, struct diag *d)
{
	struct at app = at_key(file, "app"), services = at_key(file, "services");
	const char *key;
	json_t *member;

	if (strlen(prefix) + strlen("-execution") > ROLE_MAX)
		at_error(app, d, "Role %s-execution would have more than %d characters: the app needs a shorter name.",
			 prefix, ROLE_MAX);
	json_object_foreach (services.value, key, member)
		if (strlen(prefix) + strlen(key) + strlen("--task") > ROLE_MAX)
			at_key_error(
			    at_key(services, key), d,
			    "Role %s-%s-task would have more than %d characters: the service needs a shorter name.",
			    prefix, key, ROLE_MAX);
}

/* ---- tags ---- */

static bool is_reserved(const char *key)
{
	return !strncasecmp(key, "aws:", 4) || !strncasecmp(key, "berth:", 6);
}

/* IAM takes two keys that differ in case for one. */
static bool differs_in_case(const json_t *tags, const char *key)
{
	const char *other;
	json_t *member;

	json_object_foreach ((json_t *)tags, other, member)
		if (strcmp(other, key) != 0 && !strcasecmp(other, key))
			return true;
	return false;
}

static void check_tags(struct at tags, struct diag *d)
{
	const char *key;
	json_t *member;

	json_object_foreach (tags.value, key, member) {
		struct at tag = at_key(tags, key);

		if (is_reserved(key))
			at_key_error(tag, d, "Tag %s cannot be: keys that begin with aws: or berth: are reserved.",
				     key);
		else if (differs_in_case(tags.value, key))
			at_key_error(tag, d, "Two tags differ in upper and lower case only, which IAM does not allow.");
	}
}

static const struct shape s_tag_key = {
    .what = "a key for a tag (letters, digits and _ . : / = + - @, up to 128, no spaces)",
    .kind = SHAPE_TEXT,
    .pattern = "[A-Za-z0-9_.:/=+@-]+",
    .min = 1,
    .max = 128,
};
static const struct shape s_tag_value = {
    .what = "a value for a tag (letters, digits, spaces and _ . : / = + - @, up to 256)",
    .kind = SHAPE_TEXT,
    .flags = SHAPE_LOOSE,
    .pattern = "[[:alnum:] _.:/=+@-]*",
    .min = 0,
    .max = 256,
};
const struct shape tags_shape = {
    .what = "a map of up to 46 tags",
    .kind = SHAPE_MAP,
    .name = &s_tag_key,
    .elem = &s_tag_value,
    .max = TAGS_MAX,
    .check = check_tags,
};

/* ---- secrets ---- */

const struct shape secrets_shape = {
    .what = "a list of up to 500 names",
    .kind = SHAPE_LIST,
    .flags = SHAPE_UNIQUE,
    .elem = &s_env_name,
    .max = 500,
};

void secrets_check(struct at file, struct diag *d)
{
	struct at secrets = at_key(file, "secrets");

	for (size_t i = 0; i < json_array_size(secrets.value); i++) {
		struct at name = at_item(secrets, i);
		const char *s = json_string_value(name.value);

		if (!s || strcmp(s, "DATABASE_URL") != 0 || !has_section(file, "database"))
			continue;
		at_error(name, d, "DATABASE_URL is made from section database and needs no value of yours.");
		at_hint(name, d, "Take it out here; services may name it all the same.");
	}
}

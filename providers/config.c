#include "providers/config.h"
#include "base/buf.h"
#include "base/err.h"
#include "providers/secret.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_LIMIT ((size_t)1 << 20)

/* A setting as found, and the words for it in messages. */
struct setting {
	const char *value; /* NULL: not set */
	char from[96];
};

static const char *process_env(void *arg, const char *name)
{
	const char *value = getenv(name);

	(void)arg;
	return value && *value ? value : NULL;
}

const struct aws_env aws_env_process = {.get = process_env};

const char *aws_env_get(const struct aws_env *env, const char *name)
{
	const char *value = env->get(env->arg, name);

	return value && *value ? value : NULL;
}

char *aws_home_path(const struct aws_env *env, const char *path)
{
	const char *home;

	if (path[0] != '~' || path[1] != '/')
		return xstrdup(path);
	home = aws_env_get(env, "HOME");
	return home ? xasprintf("%s%s", home, path + 1) : NULL;
}

bool aws_region_valid(const char *region)
{
	regex_t re;
	bool ok;

	if (!region || regcomp(&re, "^[a-z]{2,4}(-[a-z]+)+-[0-9]+$", REG_EXTENDED | REG_NOSUB))
		return false;
	ok = strlen(region) <= 32 && !regexec(&re, region, 0, NULL, 0);
	regfree(&re);
	return ok;
}

const json_t *aws_config_section(const struct aws_config *c, const char *kind, const char *name)
{
	char *full = xasprintf("%s %s", kind, name);
	const json_t *section = json_object_get(c->config, full);

	free(full);
	return section;
}

static const json_t *profile_section(const struct aws_config *c, const char *profile)
{
	const json_t *section = aws_config_section(c, "profile", profile);

	return section || strcmp(profile, "default") ? section : json_object_get(c->config, "default");
}

bool aws_config_has_profile(const struct aws_config *c, const char *profile)
{
	return json_object_get(c->credentials, profile) || profile_section(c, profile);
}

const char *aws_config_get(const struct aws_config *c, const char *profile, const char *key)
{
	const char *value = json_string_value(json_object_get(json_object_get(c->credentials, profile), key));

	if (!value || !*value)
		value = json_string_value(json_object_get(profile_section(c, profile), key));
	return value && *value ? value : NULL;
}

/* name: what messages call the file; it outlives them, as `path` does not. */
static int parse_file(FILE *f, const char *name, json_t **ret, struct diag *d)
{
	/* One byte more than allowed, so that ini_parse() sees what is too large. */
	char *text = xcalloc(FILE_LIMIT + 1, 1);
	size_t n;
	int rc;

	/* No buffer of the library's, that nobody would wipe. */
	setvbuf(f, NULL, _IONBF, 0);
	n = fread(text, 1, FILE_LIMIT + 1, f);
	if (ferror(f))
		rc = diag_error(d, ERR_INVALID, "Cannot read %s: %s.", name, strerror(errno));
	else
		rc = ini_parse(text, n, name, ret, d);
	wipe(text, FILE_LIMIT + 1);
	free(text);
	return rc;
}

static int read_file(const char *path, const char *name, json_t **ret, struct diag *d)
{
	FILE *f = path ? fopen(path, "re") : NULL;
	int rc;

	if (!f && path && errno != ENOENT && errno != ENOTDIR)
		return diag_error(d, ERR_INVALID, "Cannot read %s: %s.", name, strerror(errno));
	if (!f) {
		*ret = json_object();
		return 0;
	}
	rc = parse_file(f, name, ret, d);
	fclose(f);
	return rc;
}

static int read_shared(const struct aws_env *env, const char *variable, const char *usual, json_t **ret, struct diag *d)
{
	const char *given = aws_env_get(env, variable), *name = given ? given : usual;
	char *path = aws_home_path(env, name);
	int rc = read_file(path, name, ret, d);

	free(path);
	return rc;
}

static struct setting setting(const struct aws_config *c, const char *variable, const char *key)
{
	struct setting s = {.value = aws_env_get(c->env, variable)};

	snprintf(s.from, sizeof(s.from), "%s", variable);
	if (!s.value) {
		s.value = aws_config_get(c, c->profile, key);
		snprintf(s.from, sizeof(s.from), "%s of profile %.60s", key, c->profile);
	}
	return s;
}

static int read_switch(const struct aws_config *c, const char *variable, const char *key, bool *ret, struct diag *d)
{
	struct setting s = setting(c, variable, key);

	if (s.value && strcasecmp(s.value, "true") && strcasecmp(s.value, "false"))
		return diag_error(d, ERR_INVALID, "%s is \"%s\"; it can be true or false.", s.from, s.value);
	*ret = s.value && !strcasecmp(s.value, "true");
	return 0;
}

static int read_attempts(struct aws_config *c, struct diag *d)
{
	struct setting s = setting(c, "AWS_MAX_ATTEMPTS", "max_attempts");
	char *end = NULL;
	long n;

	if (!s.value)
		return 0;
	n = strtol(s.value, &end, 10);
	if (*end || n < 1 || n > 100)
		return diag_error(d, ERR_INVALID, "%s is \"%s\"; it can be a number from 1 to 100.", s.from, s.value);
	c->max_attempts = (unsigned)n;
	return 0;
}

static int read_region(struct aws_config *c, struct diag *d)
{
	const char *value = aws_env_get(c->env, "AWS_REGION");
	struct setting s = setting(c, "AWS_DEFAULT_REGION", "region");

	if (value)
		s = (struct setting){.value = value, .from = "AWS_REGION"};
	if (s.value && !aws_region_valid(s.value)) {
		diag_error(d, ERR_INVALID, "%s is \"%s\", which is no AWS region.", s.from, s.value);
		diag_hint(d, "A region looks like us-east-1 or eu-central-1.");
		return ERR_INVALID;
	}
	c->region = s.value ? xstrdup(s.value) : NULL;
	return 0;
}

/* True if somebody asked for the profile by name: then it has to exist. */
static bool choose_profile(struct aws_config *c, const char *given)
{
	const char *name = given ? given : aws_env_get(c->env, "AWS_PROFILE");

	if (!name)
		name = aws_env_get(c->env, "AWS_DEFAULT_PROFILE");
	c->profile = xstrdup(name ? name : "default");
	c->profile_explicit = given != NULL;
	return name != NULL;
}

static void hint_profiles(const struct aws_config *c, struct diag *d)
{
	struct buf names = BUF(1000);
	const char *key;
	json_t *section;

	json_object_foreach (c->config, key, section) {
		if (!strncmp(key, "profile ", 8))
			buf_addf(&names, "%s%s", names.n ? ", " : "", key + 8);
		else if (!strcmp(key, "default"))
			buf_addf(&names, "%sdefault", names.n ? ", " : "");
	}
	json_object_foreach (c->credentials, key, section)
		if (!profile_section(c, key))
			buf_addf(&names, "%s%s", names.n ? ", " : "", key);
	if (names.n)
		diag_hint(d, "There are: %s.", buf_str(&names));
	else
		diag_hint(d, "There are no profiles; `aws configure` or `aws configure sso` makes one.");
	buf_release(&names);
}

static int check_profile(const struct aws_config *c, struct diag *d)
{
	/* An empty "default" is nothing to complain about, also when it was named. */
	if (aws_config_has_profile(c, c->profile) || !strcmp(c->profile, "default"))
		return 0;
	diag_error(d, ERR_INVALID, "The profile \"%s\" is in none of the AWS configuration files.", c->profile);
	hint_profiles(c, d);
	return ERR_INVALID;
}

static int read_settings(struct aws_config *c, struct diag *d)
{
	const char *bundle = setting(c, "AWS_CA_BUNDLE", "ca_bundle").value;
	size_t before = d->errors;

	c->ca_bundle = bundle ? aws_home_path(c->env, bundle) : NULL;
	read_region(c, d);
	read_attempts(c, d);
	read_switch(c, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", &c->fips, d);
	read_switch(c, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", &c->dualstack, d);
	read_switch(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", &c->ignore_endpoints,
		    d);
	return d->errors == before ? 0 : ERR_INVALID;
}

int aws_config_load(const struct aws_env *env, const char *profile, struct aws_config *ret, struct diag *d)
{
	struct aws_config c = {.env = env};
	bool asked = choose_profile(&c, profile);
	int rc;

	rc = read_shared(env, "AWS_CONFIG_FILE", "~/.aws/config", &c.config, d);
	if (!rc)
		rc = read_shared(env, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", &c.credentials, d);
	if (!rc && asked)
		rc = check_profile(&c, d);
	if (!rc)
		rc = read_settings(&c, d);
	if (rc)
		aws_config_release(&c);
	else
		*ret = c;
	return rc;
}

void aws_config_release(struct aws_config *c)
{
	free(c->profile);
	free(c->region);
	free(c->ca_bundle);
	json_wipe(c->config);
	json_wipe(c->credentials);
	*c = (struct aws_config){0};
}

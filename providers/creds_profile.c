/* A profile with role_arn: the role is assumed with the credentials of source_profile or credential_source. */
#include "base/err.h"
#include "providers/creds_impl.h"
#include "providers/secret.h"

#include <stdlib.h>
#include <string.h>

/* More profiles than this in a row are a mistake. */
#define DEPTH_MAX 16

/* What a source profile may be; a role of its own comes first, its keys last. */
static const struct creds_provider *const of_profile[] = {&creds_profile, &creds_web,    &creds_sso,
							  &creds_process, &creds_static, NULL};
static const struct creds_provider *const of_keys[] = {&creds_static, NULL};

static const char *get(const struct creds_ask *ask, const char *key)
{
	return aws_config_get(ask->config, ask->profile, key);
}

bool creds_has_role(const struct aws_config *c, const char *profile)
{
	return aws_config_get(c, profile, "role_arn") && !aws_config_get(c, profile, "web_identity_token_file");
}

/* Takes over ask. */
static void finish(struct creds_ask *ask, int err, struct creds *creds, struct diag *d)
{
	if (err)
		diag_prefix(d, 0, "profile %s", ask->profile);
	ask->done(ask->arg, err, creds, d);
	free(ask);
}

static int add_duration(const struct creds_ask *ask, json_t *params, struct diag *d)
{
	const char *text = get(ask, "duration_seconds");
	char *end = NULL;
	long n = text ? strtol(text, &end, 10) : 0;

	if (text && (*end || n < 900 || n > 43200))
		return diag_error(d, ERR_CREDENTIALS, "duration_seconds is \"%s\"; it can be 900 to 43200.", text);
	if (text)
		json_object_set_new(params, "DurationSeconds", json_integer(n));
	return 0;
}

static int add_mfa(const struct creds_ask *ask, json_t *params, struct diag *d)
{
	const char *device = get(ask, "mfa_serial");
	char *code = device ? creds_mfa_code(device, d) : NULL;

	if (device && !code)
		return ERR_CREDENTIALS;
	if (device) {
		json_object_set_new(params, "SerialNumber", json_string(device));
		json_object_set_new(params, "TokenCode", json_string(code));
	}
	wipe_str(code);
	return 0;
}

static json_t *role_params(const struct creds_ask *ask, struct diag *d)
{
	const char *session = get(ask, "role_session_name"), *external = get(ask, "external_id");
	json_t *params = json_pack("{s:s}", "RoleArn", get(ask, "role_arn"));

	json_object_set_new(params, "RoleSessionName",
			    session ? json_string(session)
				    : json_sprintf("berth-%lld", (long long)loop_wall(ask->loop) / 1000));
	if (external)
		json_object_set_new(params, "ExternalId", json_string(external));
	if (add_duration(ask, params, d) || add_mfa(ask, params, d)) {
		json_wipe(params);
		return NULL;
	}
	return params;
}

static void assumed(void *arg, int err, struct creds *creds, struct diag *d)
{
	finish(arg, err, creds, d);
}

static void have_source(void *arg, int err, struct creds *source, struct diag *d)
{
	struct creds_ask *ask = arg;
	struct diag own = {0};
	json_t *params;

	if (err) {
		/* Here "not configured" is a failure: the profile names this source. */
		for (size_t i = 0; i < d->n; i++)
			d->item[i].code = d->item[i].code == ERR_ABSENT ? ERR_CREDENTIALS : d->item[i].code;
		finish(ask, err == ERR_ABSENT ? ERR_CREDENTIALS : err, NULL, d);
		return;
	}
	params = role_params(ask, &own);
	if (params) {
		const struct creds_sts_call call = {
		    .action = "AssumeRole", .params = params, .signer = source, .source = "assumed role"};
		creds_sts(ask, &call, assumed, ask);
	} else {
		finish(ask, ERR_CREDENTIALS, NULL, &own);
	}
	json_wipe(params);
	creds_drop(source);
	diag_release(&own);
}

/* Follows source_profile to its end: each must exist, and none may come twice. */
static int check_sources(const struct creds_ask *ask, struct diag *d)
{
	const char *seen[DEPTH_MAX], *at = ask->profile, *next;

	for (size_t n = 0; n < DEPTH_MAX; n++, at = next) {
		seen[n] = at;
		next = aws_config_get(ask->config, at, "source_profile");
		if (!next || !creds_has_role(ask->config, at) || (n && creds_has_static(ask->config, at)))
			return 0;
		if (!aws_config_has_profile(ask->config, next))
			return diag_error(d, ERR_CREDENTIALS,
					  "source_profile of %s is %s, and there is no such profile.", at, next);
		/* A profile may name itself if it has keys: they are the source. */
		if (creds_has_static(ask->config, next))
			return 0;
		for (size_t i = 0; i <= n; i++)
			if (!strcmp(seen[i], next))
				return diag_error(d, ERR_CREDENTIALS, "source_profile goes round in a circle at %s.",
						  next);
	}
	return diag_error(d, ERR_CREDENTIALS, "More than %d profiles follow one another by source_profile.", DEPTH_MAX);
}

static const struct creds_provider *named_source(const char *name)
{
	static const struct {
		const char *name;
		const struct creds_provider *provider;
	} sources[] = {
	    {"Environment", &creds_env}, {"Ec2InstanceMetadata", &creds_imds}, {"EcsContainer", &creds_container}};

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(sources[i].name, name))
			return sources[i].provider;
	return NULL;
}

/* 0, or why this profile cannot be asked. */
static int check(const struct creds_ask *ask, struct diag *d)
{
	const char *profile = get(ask, "source_profile"), *source = get(ask, "credential_source");

	if (!creds_has_role(ask->config, ask->profile))
		return diag_error(d, ERR_ABSENT, "Profile %s has no role_arn.", ask->profile);
	if (!profile && !source) {
		diag_error(d, ERR_CREDENTIALS, "Profile %s has role_arn, but nothing to assume it with.", ask->profile);
		diag_hint(d, "Add source_profile, credential_source or web_identity_token_file.");
		return ERR_CREDENTIALS;
	}
	if (profile && source)
		return diag_error(d, ERR_CREDENTIALS,
				  "Profile %s has source_profile and credential_source; one is enough.", ask->profile);
	if (source && !named_source(source))
		return diag_error(
		    d, ERR_CREDENTIALS,
		    "credential_source of profile %s is \"%s\"; it can be Environment, Ec2InstanceMetadata "
		    "or EcsContainer.",
		    ask->profile, source);
	return check_sources(ask, d);
}

static void start(const struct creds_ask *ask)
{
	const char *profile = get(ask, "source_profile"), *source = get(ask, "credential_source");
	struct creds_ask inner = *ask;
	struct diag d = {0};
	int rc = check(ask, &d);

	if (rc) {
		creds_answer(ask, rc, NULL, &d);
		return;
	}
	inner.done = have_source;
	inner.arg = creds_ask_copy(ask);
	if (source) {
		named_source(source)->start(&inner);
		return;
	}
	inner.profile = profile;
	creds_chain(creds_has_static(ask->config, profile) ? of_keys : of_profile, &inner);
}

const struct creds_provider creds_profile = {.name = "role of the profile", .start = start};

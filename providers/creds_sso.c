/*
 * IAM Identity Center (SSO): the token that `aws sso login` left in the cache buys credentials of the profile's role.
 * creds_sso_token.c reads, renews and writes the cached token.
 */
#include "providers/creds_sso.h"
#include "base/err.h"
#include "providers/secret.h"

#include <stdlib.h>
#include <string.h>

struct sso {
	struct creds_ask *ask;
	struct sso_profile p;
};

static const struct creds_names names = {"accessKeyId", "secretAccessKey", "sessionToken", "expiration", NULL};

int sso_login_hint(struct diag *d, const char *profile)
{
	diag_hint(d, "Run `aws sso login --profile %s`.", profile);
	return ERR_CREDENTIALS;
}

static void finish(struct sso *s, int err, struct creds *creds, struct diag *d)
{
	if (creds && !creds->account)
		creds->account = xstrdup(s->p.account);
	creds_answer(s->ask, err, creds, d);
	free(s->ask);
	free(s);
}

static int explain(const struct sso *s, const struct http_answer *a, struct diag *d)
{
	if (a->err)
		return diag_error(d, a->err, "The SSO portal does not answer: %s", a->detail);
	if (a->status == 401) {
		diag_error(d, ERR_CREDENTIALS, "The SSO login of profile %s has expired or was withdrawn.",
			   s->ask->profile);
		return sso_login_hint(d, s->ask->profile);
	}
	if (a->status == 403 || a->status == 404)
		return diag_error(d, ERR_CREDENTIALS, "The SSO login may not use the role %s of account %s.", s->p.role,
				  s->p.account);
	return diag_error(d, ERR_CREDENTIALS, "The SSO portal refused to give credentials: status %ld.", a->status);
}

static void have_creds(void *arg, struct http_answer *a)
{
	struct sso *s = arg;
	struct creds *creds = NULL;
	struct diag d = {0};
	json_t *v = NULL, *keys;
	int rc = 0;

	if (a->err || a->status != 200) {
		rc = explain(s, a, &d);
	} else {
		v = creds_body(a);
		keys = json_object_get(v, "roleCredentials");
		creds = creds_from_json(keys, &names, "SSO", &d);
		if (!creds)
			diag_prefix(&d, 0, "answer of the SSO portal");
		rc = creds ? 0 : ERR_CREDENTIALS;
	}
	json_wipe(v);
	finish(s, rc, creds, &d);
}

static char *portal_url(const struct sso *s, const struct aws_endpoint *e)
{
	struct buf b = BUF(4096);

	buf_addf(&b, "%s/federation/credentials?role_name=", e->url);
	buf_add_uri(&b, s->p.role, strlen(s->p.role), false);
	buf_adds(&b, "&account_id=");
	buf_add_uri(&b, s->p.account, strlen(s->p.account), false);
	return buf_take(&b);
}

static void have_token(void *arg, int err, const char *token, struct diag *d)
{
	struct sso *s = arg;
	struct aws_endpoint e = {0};
	json_t *headers;
	char *url;

	if (!err)
		err = aws_endpoint_resolve(s->ask->config, &svc_sso, s->p.region, &e, d);
	if (err) {
		finish(s, err, NULL, d);
		return;
	}
	url = portal_url(s, &e);
	headers = json_pack("{s:s s:s}", "x-amz-sso_bearer_token", token, "Accept", "application/json");
	const struct creds_exchange x = {
	    .method = "GET", .url = url, .headers = headers, .ca_bundle = s->ask->config->ca_bundle};
	creds_http(s->ask->loop, &x, have_creds, s);
	json_wipe(headers);
	free(url);
	aws_endpoint_release(&e);
}

static const char *need(const struct creds_ask *ask, const char *value, const char *key, struct diag *d)
{
	if (!value)
		diag_error(d, ERR_CREDENTIALS, "Profile %s is set up for SSO, but %s is missing.", ask->profile, key);
	return value;
}

static int read_profile(const struct creds_ask *ask, struct sso_profile *ret, struct diag *d)
{
	const struct aws_config *c = ask->config;
	const char *session = aws_config_get(c, ask->profile, "sso_session");
	const char *url = aws_config_get(c, ask->profile, "sso_start_url");
	const char *region = aws_config_get(c, ask->profile, "sso_region");
	const json_t *section = session ? aws_config_section(c, "sso-session", session) : NULL;

	if (!session && !url)
		return diag_error(d, ERR_ABSENT, "Profile %s has neither sso_session nor sso_start_url.", ask->profile);
	if (session && !section)
		return diag_error(d, ERR_CREDENTIALS,
				  "Profile %s names the sso-session %s, which is not in the configuration.",
				  ask->profile, session);
	if (session)
		region = json_string_value(json_object_get(section, "sso_region"));
	*ret = (struct sso_profile){
	    .session = session ? session : url,
	    .region = need(ask, region, "sso_region", d),
	    .account = need(ask, aws_config_get(c, ask->profile, "sso_account_id"), "sso_account_id", d),
	    .role = need(ask, aws_config_get(c, ask->profile, "sso_role_name"), "sso_role_name", d),
	};
	return d->errors ? ERR_CREDENTIALS : 0;
}

static void start(const struct creds_ask *ask)
{
	struct sso_profile p = {0};
	struct diag d = {0};
	struct sso *s;
	int rc = read_profile(ask, &p, &d);

	if (rc) {
		creds_answer(ask, rc, NULL, &d);
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->ask = creds_ask_copy(ask);
	s->p = p;
	sso_token(s->ask, &s->p, have_token, s);
}

const struct creds_provider creds_sso = {.name = "SSO", .start = start};

/* The token cache of `aws sso login`: ~/.aws/sso/cache/<SHA-1 of the session's name>.json */
#include "base/err.h"
#include "base/value.h"
#include "providers/creds_sso.h"
#include "providers/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A token with less time left is renewed. */
#define RENEW_MS (INT64_C(15) * 60 * 1000)

struct token {
	const struct creds_ask *ask;
	const struct sso_profile *p;
	char *path;
	json_t *cached; /* the file as it is: members that we do not know stay in it */
	void (*done)(void *arg, int err, const char *token, struct diag *d);
	void *arg;
};

static void finish(struct token *t, int err, struct diag *d)
{
	t->done(t->arg, err, err ? NULL : val_str(t->cached, "accessToken"), d);
	diag_release(d);
	free(t->path);
	json_wipe(t->cached);
	free(t);
}

static char *cache_path(const struct creds_ask *ask, const char *session)
{
	unsigned char digest[SHA_DIGEST_LENGTH];
	struct buf name = BUF(256);
	char *path;

	SHA1((const unsigned char *)session, strlen(session), digest);
	buf_adds(&name, "~/.aws/sso/cache/");
	buf_add_hex(&name, digest, sizeof(digest));
	buf_adds(&name, ".json");
	path = aws_home_path(ask->config->env, buf_str(&name));
	buf_release(&name);
	return path;
}

static int64_t time_of(const json_t *v, const char *key)
{
	const char *text = val_str(v, key);

	return text ? creds_time(text) : -1;
}

static bool token_valid(const struct token *t)
{
	return time_of(t->cached, "expiresAt") > loop_wall(t->ask->loop);
}

/* The client that may renew has a lifetime of its own. */
static bool can_renew(const struct token *t)
{
	return val_str(t->cached, "refreshToken") && val_str(t->cached, "clientId") &&
	       val_str(t->cached, "clientSecret") &&
	       time_of(t->cached, "registrationExpiresAt") > loop_wall(t->ask->loop);
}

static int expired(const struct token *t, struct diag *d)
{
	diag_error(d, ERR_CREDENTIALS, "The SSO login of profile %s has expired.", t->ask->profile);
	return sso_login_hint(d, t->ask->profile);
}

/* Beside the file and then over it: other tools read it at any time. Failure only means another renewal later. */
static void write_cache(const struct token *t)
{
	char *text = json_dumps(t->cached, JSON_COMPACT), *beside = xasprintf("%s.XXXXXX", t->path);
	size_t n = strlen(text);
	int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
	bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n;

	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	if (fd >= 0 && (!ok || rename(beside, t->path)))
		unlink(beside);
	wipe_str(text);
	free(beside);
}

static bool take_renewed(struct token *t, const struct http_answer *a)
{
	json_t *v = creds_body(a);
	const char *access = val_str(v, "accessToken"), *refresh = val_str(v, "refreshToken");
	json_int_t seconds = val_int(v, "expiresIn", 0);
	bool ok = access && seconds > 0;
	char when[21];

	if (ok) {
		creds_time_text(loop_wall(t->ask->loop) + (int64_t)seconds * 1000, when);
		json_object_set_new(t->cached, "accessToken", json_string(access));
		json_object_set_new(t->cached, "expiresAt", json_string(when));
		if (refresh)
			json_object_set_new(t->cached, "refreshToken", json_string(refresh));
		write_cache(t);
	}
	json_wipe(v);
	return ok;
}

static void renewed(void *arg, struct http_answer *a)
{
	struct token *t = arg;
	struct diag d = {0};
	int rc = 0;

	if (a->err || a->status != 200 || !take_renewed(t, a)) {
		/* The old one serves as long as it lasts. */
		if (!token_valid(t) && a->err)
			rc = diag_error(&d, a->err, "The SSO token cannot be renewed: %s", a->detail);
		else if (!token_valid(t))
			rc = expired(t, &d);
	}
	finish(t, rc, &d);
}

static void renew(struct token *t)
{
	struct aws_endpoint e = {0};
	struct diag d = {0};
	json_t *body, *headers;
	char *url, *text;
	int rc = aws_endpoint_resolve(t->ask->config, &svc_sso_oidc, t->p->region, &e, &d);

	if (rc) {
		finish(t, rc, &d);
		return;
	}
	url = xasprintf("%s/token", e.url);
	headers = json_pack("{s:s s:s}", "Content-Type", "application/json", "Accept", "application/json");
	body = json_pack("{s:s s:s s:s s:s}", "grantType", "refresh_token", "clientId", val_str(t->cached, "clientId"),
			 "clientSecret", val_str(t->cached, "clientSecret"), "refreshToken",
			 val_str(t->cached, "refreshToken"));
	text = json_dumps(body, JSON_COMPACT);
	const struct creds_exchange x = {.method = "POST",
					 .url = url,
					 .headers = headers,
					 .body = text,
					 .body_len = strlen(text),
					 .ca_bundle = t->ask->config->ca_bundle};
	creds_http(t->ask->loop, &x, renewed, t);
	wipe_str(text);
	json_wipe(body);
	json_decref(headers);
	free(url);
	aws_endpoint_release(&e);
}

static int read_cache(struct token *t, struct diag *d)
{
	struct diag unread = {0};
	char *text = t->path ? creds_read_file(t->path, "SSO token cache", &unread) : NULL;

	diag_release(&unread);
	t->cached = text ? json_loads(text, 0, NULL) : NULL;
	wipe_str(text);
	if (val_str(t->cached, "accessToken") && time_of(t->cached, "expiresAt") >= 0)
		return 0;
	diag_error(d, ERR_CREDENTIALS, "There is no SSO login for profile %s.", t->ask->profile);
	return sso_login_hint(d, t->ask->profile);
}

void sso_token(const struct creds_ask *ask, const struct sso_profile *p,
	       void (*done)(void *arg, int err, const char *token, struct diag *d), void *arg)
{
	struct token *t = xcalloc(1, sizeof(*t));
	struct diag d = {0};
	int64_t left;
	int rc;

	*t = (struct token){.ask = ask, .p = p, .path = cache_path(ask, p->session), .done = done, .arg = arg};
	rc = read_cache(t, &d);
	if (rc) {
		finish(t, rc, &d);
		return;
	}
	left = time_of(t->cached, "expiresAt") - loop_wall(ask->loop);
	if (left < RENEW_MS && can_renew(t)) {
		renew(t);
		return;
	}
	if (left <= 0)
		rc = expired(t, &d);
	finish(t, rc, &d);
}

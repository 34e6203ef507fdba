/* AssumeRole and AssumeRoleWithWebIdentity: one call to STS, signed with the credentials that are there, or not at all.
 */
#include "base/err.h"
#include "base/path.h"
#include "base/value.h"
#include "providers/creds_impl.h"
#include "providers/secret.h"
#include "providers/sigv4.h"
#include "providers/wire.h"

#include <stdlib.h>
#include <string.h>

/* AWS bears five minutes; a smaller difference is not the reason of an error. */
#define SKEW_MS (INT64_C(4) * 60 * 1000)

struct sts {
	struct creds_ask *ask;
	char *action;
	json_t *params;
	struct creds *signer; /* NULL: unsigned */
	const char *source;
	struct aws_endpoint endpoint;
	int64_t skew;
	bool skew_tried;
	void (*done)(void *arg, int err, struct creds *creds, struct diag *d);
	void *arg;
};

static const struct creds_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", NULL};

static void finish(struct sts *s, int err, struct creds *creds, struct diag *d)
{
	s->done(s->arg, err, creds, d);
	diag_release(d);
	free(s->ask);
	free(s->action);
	json_wipe(s->params);
	creds_drop(s->signer);
	aws_endpoint_release(&s->endpoint);
	free(s);
}

static void send(struct sts *s);

/* Adds the signature; the path that is signed holds the prefix of a custom endpoint. */
static int sign(const struct sts *s, struct wire_request *w, const char *path)
{
	struct sigv4_output out = {0};
	const struct sigv4_input in = {.method = w->method,
				       .path = path,
				       .query = w->query,
				       .headers = w->headers,
				       .body = buf_str(&w->body),
				       .body_len = w->body.n,
				       .access_key = s->signer->access_key,
				       .secret_key = s->signer->secret_key,
				       .token = s->signer->token,
				       .region = s->endpoint.signing_region,
				       .service = svc_sts.signing,
				       .time = loop_wall(s->ask->loop) + s->skew};

	if (sigv4_sign(&in, &out))
		return ERR_INVALID;
	json_object_set_new(w->headers, "x-amz-date", json_string(out.amz_date));
	json_object_set_new(w->headers, "authorization", json_string(out.authorization));
	if (s->signer->token)
		json_object_set_new(w->headers, "x-amz-security-token", json_string(s->signer->token));
	sigv4_release(&out);
	return 0;
}

/* "arn:aws:sts::123456789012:assumed-role/..." -> the account, new; NULL if it has none. */
static char *account_of(const char *arn)
{
	for (int i = 0; arn && i < 4; i++) {
		arn = strchr(arn, ':');
		arn = arn ? arn + 1 : NULL;
	}
	return arn && strspn(arn, "0123456789") == 12 ? xstrndup(arn, 12) : NULL;
}

static struct creds *read_creds(const struct sts *s, const struct http_answer *a, struct diag *d)
{
	json_t *body = NULL, *found = NULL, *arn = NULL;
	struct creds *creds = NULL;

	if (!wire_decode(&svc_sts, s->action, buf_str(&a->body), a->body.n, &body, d)) {
		found = path_get(body, "Credentials");
		arn = path_get(body, "AssumedRoleUser.Arn");
		creds = creds_from_json(found, &names, s->source, d);
	}
	if (creds)
		creds->account = account_of(json_string_value(arn));
	json_decref(arn);
	json_decref(found);
	json_wipe(body);
	return creds;
}

/* True, once, if the answer shows that our clock is wrong: the next signature counts on AWS's. */
static bool correct_clock(struct sts *s, const struct http_answer *a)
{
	int64_t difference = a->date - loop_wall(s->ask->loop);

	if (!s->signer || s->skew_tried || !a->date || (a->status != 400 && a->status != 403) ||
	    llabs((long long)difference) < SKEW_MS)
		return false;
	s->skew_tried = true;
	s->skew = difference;
	return true;
}

static int explain(const struct sts *s, const struct http_answer *a, struct diag *d)
{
	struct wire_error e;
	const char *role = val_str(s->params, "RoleArn");
	int rc;

	if (a->err)
		return diag_error(d, a->err, "sts %s for %s: no answer from %s: %s", s->action, role, s->endpoint.url,
				  a->detail);
	wire_decode_error(&svc_sts, a->status, a->headers, buf_str(&a->body), a->body.n, &e);
	rc = diag_error(d, ERR_CREDENTIALS, "sts %s for %s: %s: %s", s->action, role, e.code, e.message);
	if (!strcmp(e.code, "AccessDenied"))
		diag_hint(d,
			  "The role's trust policy has to admit the caller, and the caller needs sts:%s on the role.",
			  s->action);
	wire_error_release(&e);
	return rc;
}

static void answered(void *arg, struct http_answer *a)
{
	struct sts *s = arg;
	struct creds *creds = NULL;
	struct diag d = {0};
	int rc = 0;

	if (!a->err && correct_clock(s, a)) {
		send(s);
		return;
	}
	if (a->err || a->status / 100 != 2) {
		rc = explain(s, a, &d);
	} else {
		creds = read_creds(s, a, &d);
		rc = creds ? 0 : diag_code(&d);
	}
	finish(s, rc, creds, &d);
}

static int build(const struct sts *s, struct wire_request *w, char **ret_url, struct diag *d)
{
	char *path;
	int rc = wire_encode(&svc_sts, s->action, s->params, w, d);

	if (rc)
		return rc;
	json_object_set_new(w->headers, "host", json_string(s->endpoint.host));
	path = xasprintf("%s%s", s->endpoint.prefix, w->path);
	if (s->signer && sign(s, w, path))
		rc = diag_error(d, ERR_CREDENTIALS, "The request to STS cannot be signed with these credentials.");
	else
		*ret_url = xasprintf("%s%s", s->endpoint.url, w->path);
	free(path);
	return rc;
}

static void send(struct sts *s)
{
	struct wire_request w = {0};
	struct diag d = {0};
	char *url = NULL;
	int rc = build(s, &w, &url, &d);

	if (rc) {
		wire_release(&w);
		finish(s, rc, NULL, &d);
		return;
	}
	const struct creds_exchange x = {.method = w.method,
					 .url = url,
					 .headers = w.headers,
					 .body = buf_str(&w.body),
					 .body_len = w.body.n,
					 .ca_bundle = s->ask->config->ca_bundle,
					 .timeout_ms = 30000,
					 .retry_code = "IDPCommunicationError"};
	creds_http(s->ask->loop, &x, answered, s);
	wire_release(&w);
	free(url);
}

/* Where the call goes: the region of the run, else that of the configuration or the profile. */
static const char *sts_region(const struct creds_ask *ask)
{
	const char *region = ask->region ? ask->region : ask->config->region;

	return region ? region : aws_config_get(ask->config, ask->profile, "region");
}

void creds_sts(const struct creds_ask *ask, const struct creds_sts_call *call,
	       void (*done)(void *arg, int err, struct creds *creds, struct diag *d), void *arg)
{
	struct sts *s = xcalloc(1, sizeof(*s));
	const char *region = sts_region(ask);
	struct diag d = {0};
	int rc;

	*s = (struct sts){.ask = creds_ask_copy(ask),
			  .action = xstrdup(call->action),
			  .params = json_deep_copy(call->params),
			  .signer = call->signer ? creds_copy(call->signer) : NULL,
			  .source = call->source,
			  .done = done,
			  .arg = arg};
	if (region)
		rc = aws_endpoint_resolve(ask->config, &svc_sts, region, &s->endpoint, &d);
	else
		rc = diag_error(&d, ERR_CREDENTIALS, "No region is set for the call to STS; AWS_REGION does that.");
	if (rc)
		finish(s, rc, NULL, &d);
	else
		send(s);
}

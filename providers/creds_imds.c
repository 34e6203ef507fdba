/*
 * The role of an EC2 instance, from its metadata service (version 2 only): a session token, the name of the role, its
 * credentials. Where nothing answers there is no instance, and the source counts as not configured.
 */
#include "base/err.h"
#include "providers/creds_impl.h"
#include "providers/secret.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROLES "/latest/meta-data/iam/security-credentials/"
#define ROLE_MAX 256

struct imds {
	struct creds_ask *ask;
	char *base;  /* URL without a final slash */
	char *token; /* of the session */
	char *role;  /* NULL until it is known */
	int64_t timeout_ms;
	unsigned tries;
};

static const struct creds_names names = {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", "AccountId"};

static void release(struct imds *m)
{
	free(m->ask);
	free(m->base);
	wipe_str(m->token);
	free(m->role);
	free(m);
}

static void finish(struct imds *m, int err, struct creds *creds, struct diag *d)
{
	creds_answer(m->ask, err, creds, d);
	release(m);
}

static void request(struct imds *m, const char *method, const char *path, const char *header, const char *value,
		    void (*done)(void *arg, struct http_answer *a))
{
	char *url = xasprintf("%s%s", m->base, path);
	json_t *headers = json_pack("{s:s}", header, value);
	const struct creds_exchange x = {.method = method,
					 .url = url,
					 .headers = headers,
					 .tries = m->tries,
					 .timeout_ms = m->timeout_ms,
					 .flags = HTTP_NO_PROXY};

	creds_http(m->ask->loop, &x, done, m);
	json_wipe(headers);
	free(url);
}

static void get(struct imds *m, const char *path, void (*done)(void *arg, struct http_answer *a))
{
	request(m, "GET", path, "x-aws-ec2-metadata-token", m->token, done);
}

/* Ends it unless the answer is a good one. */
static bool failed(struct imds *m, const struct http_answer *a, const char *what)
{
	struct diag d = {0};
	int rc;

	if (!a->err && a->status == 200)
		return false;
	if (a->err)
		rc = diag_error(&d, m->token ? a->err : ERR_ABSENT, "No %s from the instance metadata service: %s",
				what, a->detail);
	else
		rc = diag_error(&d, m->token ? ERR_CREDENTIALS : ERR_ABSENT,
				"No %s from the instance metadata service: status %ld.", what, a->status);
	finish(m, rc, NULL, &d);
	return true;
}

static int read_keys(const struct http_answer *a, struct creds **ret, struct diag *d)
{
	json_t *v = creds_body(a);
	const char *code = json_string_value(json_object_get(v, "Code"));

	if (!v || (code && strcmp(code, "Success")))
		diag_error(d, ERR_CREDENTIALS,
			   "The instance metadata service gave no credentials for the instance's role.");
	else
		*ret = creds_from_json(v, &names, "instance metadata", d);
	json_wipe(v);
	return *ret ? 0 : ERR_CREDENTIALS;
}

static void have_keys(void *arg, struct http_answer *a)
{
	struct imds *m = arg;
	struct creds *creds = NULL;
	struct diag d = {0};
	int rc;

	if (failed(m, a, "credentials"))
		return;
	rc = read_keys(a, &creds, &d);
	finish(m, rc, creds, &d);
}

static bool role_valid(const char *role)
{
	return *role && strlen(role) <= ROLE_MAX &&
	       strspn(role, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-") == strlen(role);
}

static void have_role(void *arg, struct http_answer *a)
{
	struct imds *m = arg;
	struct diag d = {0};
	char *path;

	if (!a->err && a->status == 404) {
		int rc = diag_error(&d, ERR_ABSENT, "The instance has no role.");

		finish(m, rc, NULL, &d);
		return;
	}
	if (failed(m, a, "name of the role"))
		return;
	m->role = xstrndup(buf_str(&a->body), strcspn(buf_str(&a->body), "\r\n"));
	if (!role_valid(m->role)) {
		int rc =
		    diag_error(&d, ERR_CREDENTIALS, "The instance metadata service gave no usable name of a role.");

		finish(m, rc, NULL, &d);
		return;
	}
	path = xasprintf(ROLES "%s", m->role);
	get(m, path, have_keys);
	free(path);
}

static void have_token(void *arg, struct http_answer *a)
{
	struct imds *m = arg;
	struct diag d = {0};

	if (failed(m, a, "session token"))
		return;
	if (!a->body.n || strpbrk(buf_str(&a->body), "\r\n")) {
		int rc = diag_error(&d, ERR_ABSENT, "What answers at %s is no instance metadata service.", m->base);

		finish(m, rc, NULL, &d);
		return;
	}
	m->token = xstrdup(buf_str(&a->body));
	get(m, ROLES, have_role);
}

static const char *setting(const struct creds_ask *ask, const char *variable, const char *key)
{
	const char *value = aws_env_get(ask->config->env, variable);

	return value ? value : aws_config_get(ask->config, ask->profile, key);
}

/* A whole number from 1 to 100, or `usual`. */
static unsigned number(const struct creds_ask *ask, const char *variable, const char *key, unsigned usual)
{
	const char *text = setting(ask, variable, key);
	char *end = NULL;
	long n = text ? strtol(text, &end, 10) : 0;

	return text && !*end && n >= 1 && n <= 100 ? (unsigned)n : usual;
}

static char *base_url(const struct creds_ask *ask)
{
	const char *given = setting(ask, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
	const char *mode = setting(ask, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
	size_t n = given ? strlen(given) : 0;

	if (!given)
		return xstrdup(mode && !strcasecmp(mode, "ipv6") ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
	while (n && given[n - 1] == '/')
		n--;
	return xstrndup(given, n);
}

static void start(const struct creds_ask *ask)
{
	const char *disabled = aws_env_get(ask->config->env, "AWS_EC2_METADATA_DISABLED");
	struct diag d = {0};
	struct imds *m;

	if (disabled && !strcasecmp(disabled, "true")) {
		int rc = diag_error(&d, ERR_ABSENT, "AWS_EC2_METADATA_DISABLED is true.");

		creds_answer(ask, rc, NULL, &d);
		return;
	}
	m = xcalloc(1, sizeof(*m));
	m->ask = creds_ask_copy(ask);
	m->base = base_url(ask);
	m->timeout_ms = 1000 * (int64_t)number(ask, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", 1);
	m->tries = number(ask, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", 1);
	request(m, "PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds", "21600", have_token);
}

const struct creds_provider creds_imds = {.name = "instance metadata", .start = start};

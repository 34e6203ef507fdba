/* Keys in the environment. */
#include "base/err.h"
#include "providers/creds_impl.h"

static int read_keys(const struct aws_env *env, struct creds **ret, struct diag *d)
{
	const char *access = aws_env_get(env, "AWS_ACCESS_KEY_ID"), *secret = aws_env_get(env, "AWS_SECRET_ACCESS_KEY");
	const char *token = aws_env_get(env, "AWS_SESSION_TOKEN"), *expires;
	int64_t when = 0;

	if (!access && !secret)
		return diag_error(d, ERR_ABSENT, "AWS_ACCESS_KEY_ID is not set.");
	if (!access || !secret) {
		/* Passing on to another source would use an identity that nobody meant. */
		diag_error(d, ERR_CREDENTIALS, "%s is set, but %s is not.",
			   access ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
			   access ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
		diag_hint(d, "Set both, or neither.");
		return ERR_CREDENTIALS;
	}
	if (!token)
		token = aws_env_get(env, "AWS_SECURITY_TOKEN");
	expires = aws_env_get(env, "AWS_CREDENTIAL_EXPIRATION");
	if (expires)
		when = creds_time(expires);
	if (when < 0)
		return diag_error(d, ERR_CREDENTIALS, "AWS_CREDENTIAL_EXPIRATION is no time: \"%s\".", expires);
	*ret = creds_make(access, secret, token, aws_env_get(env, "AWS_ACCOUNT_ID"), when, "environment", d);
	return *ret ? 0 : ERR_CREDENTIALS;
}

static void start(const struct creds_ask *ask)
{
	struct creds *creds = NULL;
	struct diag d = {0};
	int rc = read_keys(ask->config->env, &creds, &d);

	creds_answer(ask, rc, creds, &d);
}

const struct creds_provider creds_env = {.name = "environment", .start = start};

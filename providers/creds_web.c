/* Web identity: a token in a file (of a CI system, of a pod) for a role. The file is read anew for each refresh. */
#include "base/err.h"
#include "providers/creds_impl.h"
#include "providers/secret.h"

#include <stdlib.h>

static const char *setting(const struct creds_ask *ask, const char *variable, const char *key)
{
	const char *value = creds_env_counts(ask) ? aws_env_get(ask->config->env, variable) : NULL;

	return value ? value : aws_config_get(ask->config, ask->profile, key);
}

static int read_params(const struct creds_ask *ask, json_t **ret, struct diag *d)
{
	const char *file = setting(ask, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
	const char *role = setting(ask, "AWS_ROLE_ARN", "role_arn");
	const char *session = setting(ask, "AWS_ROLE_SESSION_NAME", "role_session_name");
	char *name, *path, *token = NULL;

	if (!file)
		return diag_error(d, ERR_ABSENT, "AWS_WEB_IDENTITY_TOKEN_FILE is not set.");
	if (!role)
		return diag_error(d, ERR_CREDENTIALS,
				  "There is a web identity token file, but AWS_ROLE_ARN is not set.");
	path = aws_home_path(ask->config->env, file);
	if (path)
		token = creds_read_file(path, "web identity token file", d);
	if (token) {
		name = session ? xstrdup(session) : xasprintf("berth-%lld", (long long)loop_wall(ask->loop) / 1000);
		*ret = json_pack("{s:s s:s s:s}", "RoleArn", role, "RoleSessionName", name, "WebIdentityToken", token);
		free(name);
	}
	wipe_str(token);
	free(path);
	if (token && !*ret)
		diag_error(d, ERR_CREDENTIALS, "The web identity token file %s is no text.", file);
	return *ret ? 0 : ERR_CREDENTIALS;
}

static void done(void *arg, int err, struct creds *creds, struct diag *d)
{
	struct creds_ask *ask = arg;

	ask->done(ask->arg, err, creds, d);
	free(ask);
}

static void start(const struct creds_ask *ask)
{
	json_t *params = NULL;
	struct diag d = {0};
	int rc = read_params(ask, &params, &d);

	if (rc) {
		creds_answer(ask, rc, NULL, &d);
		return;
	}
	const struct creds_sts_call call = {
	    .action = "AssumeRoleWithWebIdentity", .params = params, .source = "web identity"};
	creds_sts(ask, &call, done, creds_ask_copy(ask));
	json_wipe(params);
}

const struct creds_provider creds_web = {.name = "web identity", .start = start};

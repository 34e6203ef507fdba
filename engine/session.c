#include "engine/session.h"
#include "base/err.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void stamp_now(struct session *s)
{
	time_t t = (time_t)(loop_wall(s->loop) / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(s->now, sizeof(s->now), "%Y%m%d%H%M%S", &tm);
}

int session_open(struct session *s, const struct session_options *o, struct diag *d)
{
	struct client_options client = {0};
	const char *region;
	int rc;

	*s = (struct session){0};
	rc = aws_config_load(o->process_env ? o->process_env : &aws_env_process, o->profile, &s->config, d);
	if (rc)
		return rc;
	region = o->region ? o->region : s->config.region;
	if (!region) {
		diag_error(d, ERR_INVALID, "No region is set.");
		diag_hint(d, "Name one in the spec (region: us-east-1) or in AWS_REGION.");
		return ERR_INVALID;
	}
	s->region = xstrdup(region);
	s->app = xstrdup(o->app);
	s->env = xstrdup(o->env);
	s->prefix = xstrdup(o->prefix);
	/* Endpoints and signatures are those of the spec's region, whatever the shell's is. */
	free(s->config.region);
	s->config.region = xstrdup(s->region);
	s->loop = loop_new();
	stamp_now(s);
	s->creds = creds_new(s->loop, &s->config, s->region);
	client.loop = s->loop;
	client.creds = s->creds;
	client.config = &s->config;
	s->client = client_new(&client);
	return 0;
}

struct identify {
	struct session *s;
	struct diag *d;
	int rc;
};

static void take_identity(struct identify *id, const json_t *body)
{
	struct session *s = id->s;
	const char *arn = val_str(body, "Arn"), *account = val_str(body, "Account");
	const char *start = arn && !strncmp(arn, "arn:", 4) ? arn + 4 : NULL;

	if (!start || !account || strlen(account) != 12 || strspn(account, "0123456789") != 12 || !strchr(start, ':')) {
		id->rc = diag_error(id->d, ERR_PROTOCOL, "sts GetCallerIdentity gave no account and ARN.");
		return;
	}
	s->account = xstrdup(account);
	s->caller = xstrdup(arn);
	s->partition = xstrndup(start, strcspn(start, ":"));
	s->dns_suffix = xstrdup(aws_partition_of(s->region)->dns_suffix);
	s->identified = true;
}

static void identified(void *arg, const struct call_answer *answer)
{
	struct identify *id = arg;

	id->rc = answer->err;
	if (answer->err)
		call_explain(answer, &svc_sts, "GetCallerIdentity", id->d);
	else
		take_identity(id, answer->body);
	loop_stop(id->s->loop);
}

int session_identify(struct session *s, const char *account, struct diag *d)
{
	struct identify id = {.s = s, .d = d, .rc = ERR_CANCELLED};
	json_auto_t *none = json_object();
	struct call_request req = {.svc = &svc_sts, .action = "GetCallerIdentity", .params = none, .intent = CALL_READ};
	int rc;

	if (!s->identified) {
		if (!call_start(s->client, &req, identified, &id))
			return diag_error(d, ERR_FAILED, "The first call to AWS could not be started.");
		rc = loop_run(s->loop);
		if (rc || id.rc)
			return rc ? rc : id.rc;
	}
	if (account && strcmp(account, s->account) != 0) {
		diag_error(d, ERR_REFUSED, "These credentials are of account %s, but the spec is for account %s.",
			   s->account, account);
		diag_hint(d, "Nothing was changed. Use credentials of %s (AWS_PROFILE), or correct `account:`.",
			  account);
		return ERR_REFUSED;
	}
	return 0;
}

void session_close(struct session *s)
{
	client_free(s->client);
	creds_free(s->creds);
	loop_free(s->loop);
	aws_config_release(&s->config);
	free(s->app);
	free(s->env);
	free(s->prefix);
	free(s->region);
	free(s->account);
	free(s->partition);
	free(s->dns_suffix);
	free(s->caller);
	*s = (struct session){0};
}

struct bind_ctx session_ctx(const struct session *s, const char *address)
{
	return (struct bind_ctx){
	    .app = s->app,
	    .env = s->env,
	    .address = address,
	    .region = s->region,
	    .account = s->account,
	    .partition = s->partition,
	    .now = s->now,
	};
}

/* The lease's parameter in Systems Manager: three operations, and what their errors mean. */
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/value.h"
#include "engine/lease.h"
#include "engine/session.h"

#include <stdlib.h>
#include <string.h>

struct ssm {
	struct session *session;
	struct lease **lease; /* who gets the answers */
	char *name;
	struct aws_call *call;
	const char *action;
};

char *lease_name(const struct session *s)
{
	return xasprintf("/berth/%s/lease", s->prefix);
}

static enum lease_outcome outcome_of(const struct ssm *s, const struct call_answer *a)
{
	if (!a->err)
		return LEASE_OK;
	if (a->ambiguous)
		return LEASE_UNSURE;
	if (!strcmp(a->code, "ParameterAlreadyExists"))
		return LEASE_EXISTS;
	if (!strcmp(a->code, "ParameterNotFound") || !strcmp(a->code, "ParameterVersionNotFound"))
		return LEASE_ABSENT;
	/* Others write it in this very moment: nothing was done. */
	if (!strcmp(a->code, "TooManyUpdates") && !strcmp(s->action, "PutParameter"))
		return LEASE_UNSURE;
	return LEASE_FAILED;
}

static void answered(void *arg, const struct call_answer *a)
{
	struct ssm *s = arg;
	struct lease_reply r = {.outcome = outcome_of(s, a), .err = a->err};
	const json_t *row = json_object_get(a->body, "Parameter");
	struct diag d = {0};

	s->call = NULL;
	r.version = val_int(row ? row : a->body, "Version", 0);
	r.value = val_str(row, "Value");
	if (r.outcome == LEASE_OK && !strcmp(s->action, "GetParameter") && (!r.value || r.version < 1)) {
		r.outcome = LEASE_FAILED;
		r.err = diag_error(&d, ERR_PROTOCOL, "ssm GetParameter gave no value and version.");
	} else if (r.outcome == LEASE_FAILED) {
		call_explain(a, &svc_ssm, s->action, &d);
	}
	if (a->err == ERR_DENIED)
		diag_hint(&d,
			  "Who changes anything needs ssm:PutParameter, ssm:GetParameter, ssm:DeleteParameter and "
			  "ssm:AddTagsToResource on parameter%s. `berth permissions` prints all that the spec needs.",
			  s->name);
	r.d = &d;
	lease_answered(*s->lease, &r);
	diag_release(&d);
}

/* Writes are never repeated blindly, as a create: a second delete might meet the lease of another. */
static void ask(struct ssm *s, const char *action, json_t *params, enum call_intent intent)
{
	struct call_request req = {.svc = &svc_ssm,
				   .action = action,
				   .params = params,
				   .intent = intent,
				   .full = strcmp(action, "DeleteParameter") != 0,
				   .urgent = true};

	s->action = action;
	s->call = call_start(s->session->client, &req, answered, s);
	json_decref(params);
}

static void put(void *arg, const char *value, bool overwrite)
{
	struct ssm *s = arg;
	json_t *params = json_pack("{s:s, s:s, s:s, s:b}", "Name", s->name, "Value", value, "Tier", "Standard",
				   "Overwrite", (int)overwrite);

	if (!overwrite) {
		json_object_set_new(params, "Type", json_string("String"));
		json_object_set_new(params, "Description",
				    json_string("Who works on this app with berth, until when."));
		json_object_set_new(params, "Tags",
				    json_pack("[{s:s, s:s}, {s:s, s:s}]", "Key", "berth:app", "Value", s->session->app,
					      "Key", "berth:env", "Value", s->session->env));
	}
	ask(s, "PutParameter", params, CALL_CREATE);
}

static void get(void *arg, int64_t version)
{
	struct ssm *s = arg;
	char *name CLEANUP(freep) = version ? xasprintf("%s:%lld", s->name, (long long)version) : xstrdup(s->name);

	ask(s, "GetParameter", json_pack("{s:s}", "Name", name), CALL_READ);
}

static void remove_it(void *arg)
{
	struct ssm *s = arg;

	ask(s, "DeleteParameter", json_pack("{s:s}", "Name", s->name), CALL_CREATE);
}

static void cancel(void *arg)
{
	struct ssm *s = arg;

	call_cancel(s->call);
	s->call = NULL;
}

static int64_t aws_now(void *arg)
{
	const struct ssm *s = arg;

	return client_aws_now(s->session->client);
}

static void release(void *arg)
{
	struct ssm *s = arg;

	free(s->name);
	free(s);
}

struct lease_store lease_store_ssm(struct session *session, struct lease **lease)
{
	struct ssm *s = xcalloc(1, sizeof(*s));

	s->session = session;
	s->lease = lease;
	s->name = lease_name(session);
	return (struct lease_store){.arg = s,
				    .put = put,
				    .get = get,
				    .remove = remove_it,
				    .cancel = cancel,
				    .now = aws_now,
				    .release = release};
}

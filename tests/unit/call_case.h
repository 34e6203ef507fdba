/* call_case - a client against a scripted server, with a clock that never waits and credentials of our own. */
#pragma once

#include "tests/unit/servers/scripted.h"
#include "tests/unit/test.h"

#include "base/err.h"
#include "providers/call.h"
#include "providers/config.h"
#include "providers/creds.h"

#define T0 1440938160000 /* 2015-08-30 12:36:00 UTC */

#define OK_JSON                                                                                  \
	{                                                                                        \
		.status = 200, .headers = "x-amzn-RequestId: r-ok\r\n", .body = "{\"ok\": true}" \
	}
#define JSON_ERROR(st, code, text)                                                              \
	{                                                                                       \
		.status = (st), .body = "{\"__type\": \"" code "\", \"message\": \"" text "\"}" \
	}
#define XML_ERROR(st, code, text)                                                                   \
	{                                                                                           \
		.status = (st), .body = "<ErrorResponse><Error><Code>" code "</Code><Message>" text \
					"</Message></Error></ErrorResponse>"                        \
	}

static inline struct call_request ssm(enum call_intent intent)
{
	return (struct call_request){.svc = &svc_ssm, .action = "GetParameter", .intent = intent};
}

/* Stands in for the chain: counts how often it is asked and told that its credentials are no good. */
struct creds_source {
	struct loop *loop;
	int asked, expired;
	bool none, later;
	void (*done)(void *arg, const struct creds *creds, const struct diag *errors);
	void *arg;
};

struct fixture {
	struct scripted server;
	struct loop *loop;
	struct aws_config config;
	struct creds_source creds;
	struct client *client;
	char url[96];
	int64_t now;
	/* the last answer, kept */
	int done, err;
	bool ambiguous;
	long status;
	unsigned attempts;
	char *code, *message, *request_id, *explained, *hint;
	json_t *body;
};

static void creds_answer(struct creds_source *s)
{
	static char key[] = "AKIDEXAMPLE", secret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
		    token[] = "TOKENEXAMPLE";
	struct creds c = {.access_key = key, .secret_key = secret, .token = token};
	struct diag d = {0};

	if (s->none)
		diag_error(&d, ERR_CREDENTIALS, "Nothing was found in the environment.");
	s->done(s->arg, s->none ? NULL : &c, s->none ? &d : NULL);
	diag_release(&d);
}

static void creds_later(void *arg)
{
	creds_answer(arg);
}

void creds_get(struct creds_source *s, void (*done)(void *arg, const struct creds *creds, const struct diag *errors),
	       void *arg)
{
	s->asked++;
	s->done = done;
	s->arg = arg;
	if (s->later)
		loop_after(s->loop, 50, creds_later, s);
	else
		creds_answer(s);
}

void creds_expire(struct creds_source *s)
{
	s->expired++;
}

const char *creds_describe(const struct creds_source *s)
{
	(void)s;
	return "profile test";
}

static const char *get_env(void *arg, const char *name)
{
	const struct fixture *f = arg;

	return !strcmp(name, "AWS_ENDPOINT_URL") ? f->url : NULL;
}

static int64_t clock_now(void *arg)
{
	return ((struct fixture *)arg)->now;
}

static int64_t clock_wall(void *arg)
{
	return T0 + ((struct fixture *)arg)->now;
}

static void clock_advance(void *arg, int64_t ms)
{
	((struct fixture *)arg)->now += ms;
}

static struct aws_env fixture_env;
static char fixture_region[] = "us-east-1";

/* f is borrowed and must not move. prefix: path of the endpoint, "" for none. */
static void fixture_open(struct fixture *f, const struct scripted_step *step, size_t steps, const char *prefix,
			 unsigned max_attempts)
{
	memset(f, 0, sizeof(*f));
	if (!scripted_start(&f->server, step, steps))
		abort();
	snprintf(f->url, sizeof(f->url), "%s%s", f->server.url, prefix);
	fixture_env = (struct aws_env){.get = get_env, .arg = f};
	f->config = (struct aws_config){.region = fixture_region, .env = &fixture_env};
	f->config.config = json_object();
	f->config.credentials = json_object();
	f->loop = loop_new();
	loop_seed(f->loop, 1);
	loop_set_clock(f->loop,
		       &(struct loop_clock){.now = clock_now, .wall = clock_wall, .advance = clock_advance, .arg = f});
	f->creds.loop = f->loop;
	f->client = client_new(&(struct client_options){
	    .loop = f->loop, .creds = &f->creds, .config = &f->config, .max_attempts = max_attempts});
}

#define OPEN(f, max, ...)                                            \
	static const struct scripted_step script_[] = {__VA_ARGS__}; \
	fixture_open(f, script_, sizeof(script_) / sizeof(script_[0]), "", max)

static void fixture_forget(struct fixture *f)
{
	free(f->code);
	free(f->message);
	free(f->request_id);
	free(f->explained);
	free(f->hint);
	json_decref(f->body);
	f->code = f->message = f->request_id = f->explained = f->hint = NULL;
	f->body = NULL;
	f->done = 0;
}

static void fixture_close(struct fixture *f)
{
	client_free(f->client);
	loop_free(f->loop);
	scripted_stop(&f->server);
	json_decref(f->config.config);
	json_decref(f->config.credentials);
	fixture_forget(f);
}

static const struct service *fixture_svc;
static const char *fixture_action;

static void keep(void *arg, const struct call_answer *a)
{
	struct fixture *f = arg;
	struct diag d = {0};

	if (f->done++)
		return;
	f->err = a->err;
	f->ambiguous = a->ambiguous;
	f->status = a->status;
	f->attempts = a->attempts;
	f->code = strdup(a->code);
	f->message = strdup(a->message);
	f->request_id = strdup(a->request_id);
	f->body = json_incref(a->body);
	test_check_int(__FILE__, __LINE__, "call_explain", call_explain(a, fixture_svc, fixture_action, &d), a->err);
	test_check_int(__FILE__, __LINE__, "explained", (intmax_t)d.n, a->err ? 1 : 0);
	f->explained = d.n ? strdup(d.item[0].text) : NULL;
	f->hint = d.n && d.item[0].hint ? strdup(d.item[0].hint) : NULL;
	diag_release(&d);
}

static struct aws_call *start(struct fixture *f, const struct call_request *req)
{
	fixture_svc = req->svc;
	fixture_action = req->action;
	return call_start(f->client, req, keep, f);
}

/* Starts a call and runs until it has ended; the answer is in f. */
static void run(struct fixture *f, struct call_request req)
{
	fixture_forget(f);
	start(f, &req);
	CHECK_INT(f->done, 0);
	CHECK_INT(loop_run(f->loop), 0);
	CHECK_INT(f->done, 1);
}

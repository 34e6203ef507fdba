/*
 * One call as a state machine. Every change of state goes through enter();
 * what a state waits for comes back as a callback that decides on the next.
 */
#include "base/err.h"
#include "base/trace.h"
#include "providers/call_impl.h"
#include "providers/redact.h"
#include "providers/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_answer(void *arg, struct http_answer *answer);

static void set_text(char **member, char *text)
{
	free(*member);
	*member = text;
}

/* The sentences of a sink as one text. */
static char *joined_text(const struct diag *d)
{
	struct buf b = BUF(8192);

	for (size_t i = 0; i < d->n; i++) {
		buf_addf(&b, "%s%s", b.n ? " " : "", d->item[i].text);
		if (d->item[i].hint)
			buf_addf(&b, " (%s)", d->item[i].hint);
	}
	return buf_take(&b);
}

static void call_release(struct aws_call *call)
{
	free(call->action);
	free(call->rows);
	if (call->secret)
		json_wipe(call->params);
	else
		json_decref(call->params);
	wire_release(&call->wire);
	page_release(call);
	free(call->answer.code);
	wipe_str(call->answer.message);
	free(call->answer.request_id);
	json_decref(call->answer.body);
	free(call);
}

static void unlink_call(struct aws_call *call)
{
	if (call->prev)
		call->prev->next = call->next;
	else
		call->client->running = call->next;
	if (call->next)
		call->next->prev = call->prev;
}

static void on_begin(void *arg);
static void on_again(void *arg);

static void enter_new(struct aws_call *call)
{
	call->timer = loop_after(call->client->options.loop, 0, on_begin, call);
}

static void enter_queued(struct aws_call *call)
{
	queue_push(call->queue, call);
}

static void enter_signing(struct aws_call *call)
{
	if (call->no_signature)
		call_credentials(call, NULL, NULL);
	else
		client_ask(call);
}

static void enter_backoff(struct aws_call *call)
{
	call->timer = loop_after(call->client->options.loop, call->delay, on_again, call);
}

static void enter_done(struct aws_call *call)
{
	struct client *c = call->client;

	call->answer.ms = loop_now(c->options.loop) - call->started;
	call->answer.skew = c->skew;
	call->answer.endpoint = call->lane->endpoint.url ? call->lane->endpoint.url : "";
	call->answer.identity = c->options.creds && !call->no_signature ? creds_describe(c->options.creds) : "";
	unlink_call(call);
	call->done(call->arg, &call->answer);
	call_release(call);
}

static void enter(struct aws_call *call, enum call_state state)
{
	static void (*const table[])(struct aws_call *) = {
	    [CALL_NEW] = enter_new,         [CALL_QUEUED] = enter_queued, [CALL_SIGNING] = enter_signing,
	    [CALL_BACKOFF] = enter_backoff, [CALL_DONE] = enter_done,
	};

	call->state = state;
	if (table[state])
		table[state](call);
}

/* Leaves the place in flight, if the call has one, enters `state`, and lets others in. The call may be gone then. */
static void leave(struct aws_call *call, enum call_state state)
{
	struct client *c = call->client;

	if (call->state == CALL_SIGNING || call->state == CALL_SENT)
		client_leave(call);
	enter(call, state);
	client_pump(c);
}

static void fail(struct aws_call *call, int err, const char *code, char *message)
{
	call->answer.err = err;
	set_text(&call->answer.code, xstrdup(code));
	set_text(&call->answer.message, message);
	leave(call, CALL_DONE);
}

static void fail_diag(struct aws_call *call, int err, struct diag *d)
{
	fail(call, err, "", joined_text(d));
	diag_release(d);
}

static void begin_page(struct aws_call *call)
{
	struct diag d = {0};
	int rc = call_encode(call, &d);

	if (rc) {
		fail_diag(call, rc, &d);
		return;
	}
	call->attempt = 0;
	call->cost = 0;
	call->skew_tried = call->creds_tried = false;
	leave(call, CALL_QUEUED);
}

static void on_begin(void *arg)
{
	struct aws_call *call = arg;
	struct client *c = call->client;
	struct diag d = {0};
	int rc;

	call->timer = NULL;
	rc = lane_resolve(call->lane, c->options.config, &d);
	if (!rc && !call->no_signature && !c->options.creds)
		rc = diag_error(&d, ERR_CREDENTIALS, "There are no credentials to sign with.");
	if (rc)
		fail_diag(call, rc, &d);
	else
		begin_page(call);
}

static void on_again(void *arg)
{
	struct aws_call *call = arg;

	call->timer = NULL;
	leave(call, CALL_QUEUED);
}

void call_admitted(struct aws_call *call)
{
	enter(call, CALL_SIGNING);
}

bool call_may_leave(void *arg)
{
	const struct aws_call *call = arg;
	const struct client *c = call->client;

	return call->intent == CALL_READ || call->urgent || !c->gate || c->gate(c->gate_arg);
}

static void fail_at_gate(struct aws_call *call)
{
	fail(call, ERR_LOCKED, "", xstrdup("not sent, as this run may no longer write"));
}

void call_credentials(struct aws_call *call, const struct creds *creds, const struct diag *errors)
{
	struct client *c = call->client;
	struct diag d = {0};
	int rc;

	if (!creds && !call->no_signature) {
		fail(call, ERR_CREDENTIALS, "", joined_text(errors));
		return;
	}
	if (!call_may_leave(call)) {
		fail_at_gate(call);
		return;
	}
	call->attempt++;
	call->answer.attempts++;
	c->stats.attempts++;
	rc = call_send(call, creds, on_answer, &d);
	if (rc)
		fail_diag(call, rc, &d);
	else
		enter(call, CALL_SENT);
}

/* How a request failed, and what may be done about it. */
struct outcome {
	int err;               /* class, if it stays so */
	bool retry;            /* trying again may help */
	bool maybe_done;       /* the server may have done it */
	int cost;              /* of a retry */
	const json_t *headers; /* for Retry-After; NULL if no answer came */
};

static bool may_retry(struct aws_call *call, const struct outcome *o)
{
	if (!o->retry || call->attempt >= call->client->options.max_attempts)
		return false;
	if (call->intent == CALL_CREATE && o->maybe_done)
		return false;
	return retry_quota_take(&call->lane->quota, o->cost);
}

static void retry(struct aws_call *call, int64_t delay)
{
	call->delay = delay;
	call->client->stats.retries++;
	call_trace(call, "retry", &call->answer, delay);
	leave(call, CALL_BACKOFF);
}

/* code, message and request id are in call->answer already. */
static void settle(struct aws_call *call, const struct outcome *o)
{
	if (may_retry(call, o)) {
		call->cost = o->cost;
		/* Later tries are some time away: clock and credentials may have to be seen to once more. */
		call->skew_tried = call->creds_tried = false;
		retry(call, retry_delay(call->attempt, loop_random(call->client->options.loop), o->headers));
		return;
	}
	call->answer.err = o->err;
	call->answer.maybe_done = o->maybe_done;
	call->answer.ambiguous = call->intent == CALL_CREATE && o->maybe_done;
	leave(call, CALL_DONE);
}

static void on_transport_failure(struct aws_call *call, const struct http_answer *answer)
{
	struct outcome o = {
	    .err = answer->err == ERR_QUOTA     ? ERR_PROTOCOL
		   : answer->err == ERR_INVALID ? ERR_INVALID
						: ERR_NETWORK,
	    /* What is too large is none of AWS's; what we refuse to send gets no better. */
	    .retry = !answer->tls && answer->err != ERR_INVALID,
	    .maybe_done = answer->sent && !answer->tls,
	    .cost = answer->err == ERR_TIMEOUT ? RETRY_COST_TIMEOUT : RETRY_COST,
	};
	char *words CLEANUP(freep) = wire_plain(answer->detail, strlen(answer->detail), sizeof(answer->detail));

	set_text(&call->answer.code, xstrdup(""));
	set_text(&call->answer.request_id, xstrdup(""));
	set_text(&call->answer.message,
		 xasprintf("%s: %s", call->lane->endpoint.url, *words ? words : err_text(answer->err)));
	call_trace(call, "lost", &call->answer, answer->ms);
	if (answer->err == ERR_LOCKED)
		fail_at_gate(call);
	else
		settle(call, &o);
}

#define SKEW_MS (4 * 60 * 1000)

/* A clock that is off is corrected for all later calls; credentials that expired are asked for anew. Once each. */
static bool heal(struct aws_call *call, const struct http_answer *answer)
{
	struct client *c = call->client;
	int64_t off = answer->date - (call->signed_at + answer->ms);

	if (failure_may_be_skew(call->answer.code) && !call->skew_tried && answer->date &&
	    (off > SKEW_MS || off < -SKEW_MS)) {
		call->skew_tried = true;
		c->skew = answer->date - loop_wall(c->options.loop);
		return true;
	}
	if (call->no_signature || call->creds_tried || !failure_may_be_expired(call->answer.code))
		return false;
	call->creds_tried = true;
	/* Another call may have given them up while this one was under way. */
	if (call->generation == c->generation) {
		c->generation++;
		creds_expire(c->options.creds);
	}
	return true;
}

/* Its answers have no body, whatever they say. */
static bool is_head(const char *action)
{
	return !strncmp(action, "HEAD ", 5);
}

/* Without a code of the service's own there is its HTTP status. */
static bool code_is_status(const char *code)
{
	return !code[strspn(code, "0123456789")];
}

static void on_error(struct aws_call *call, const struct http_answer *answer)
{
	const struct service *svc = call->lane->svc;
	struct call_answer *a = &call->answer;
	struct wire_error e;
	enum failure f;
	bool nobodys;

	wire_decode_error(svc, answer->status, answer->headers, buf_str(&answer->body), answer->body.n, &e);
	set_text(&a->code, xstrdup(e.code));
	set_text(&a->message, redact_text(svc, call->params, e.message));
	set_text(&a->request_id, xstrdup(e.request_id));
	wire_error_release(&e);
	call_trace(call, "reply", a, answer->ms);
	f = failure_of(svc, a->status, a->code, a->message);
	/* A refusal, but not one of AWS's: that a proxy knows no such page says nothing of the object. */
	nobodys = code_is_status(a->code) && !is_head(call->action);
	if (f == FAILURE_THROTTLED) {
		call->client->stats.throttles++;
		pacer_throttled(&call->queue->pacer, loop_now(call->client->options.loop));
	}
	if (f == FAILURE_AUTH && heal(call, answer)) {
		retry(call, 0);
	} else if (f == FAILURE_FINAL && page_restart(call, a->code)) {
		begin_page(call);
	} else {
		settle(call,
		       &(struct outcome){
			   .err = f == FAILURE_FINAL && nobodys ? ERR_PROTOCOL
								: failure_err(svc, a->status, a->code, a->message),
			   .retry = f == FAILURE_TRANSIENT || f == FAILURE_THROTTLED,
			   .maybe_done = f == FAILURE_TRANSIENT && a->status >= 500,
			   .cost = RETRY_COST,
			   .headers = answer->headers,
		       });
	}
}

/* A 2xx that is none of AWS's: a proxy's page, or cut short. */
static void on_garbage(struct aws_call *call, struct diag *d, const json_t *headers)
{
	set_text(&call->answer.code, xstrdup(""));
	set_text(&call->answer.message, joined_text(d));
	diag_release(d);
	settle(call,
	       &(struct outcome){
		   .err = ERR_PROTOCOL, .retry = true, .maybe_done = true, .cost = RETRY_COST, .headers = headers});
}

static void set_request_id(struct aws_call *call, const json_t *headers, const json_t *body)
{
	static const char *const names[] = {"x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"};
	const char *id = NULL;

	for (size_t i = 0; !id && i < ARRAY_SIZE(names); i++)
		id = json_string_value(json_object_get(headers, names[i]));
	if (!id)
		id = json_string_value(json_object_get(body, "requestId"));
	set_text(&call->answer.request_id, id ? wire_plain(id, strlen(id), 128) : xstrdup(""));
}

/* Services that say nothing send nothing; but who is asked what is there must not be taken to say: nothing. */
static int decode(const struct aws_call *call, const struct http_answer *answer, json_t **ret_body, struct diag *d)
{
	const struct service *svc = call->lane->svc;
	const char *text = buf_str(&answer->body);

	if (call->full && !text[strspn(text, " \t\r\n")])
		return diag_error(d, ERR_PROTOCOL, "%s %s: The answer is empty.", svc->name, call->action);
	return wire_decode(svc, call->action, text, answer->body.n, ret_body, d);
}

static void on_success(struct aws_call *call, const struct http_answer *answer)
{
	json_auto_t *body = NULL;
	struct diag d = {0};
	enum page_verdict verdict;

	if (decode(call, answer, &body, &d)) {
		on_garbage(call, &d, answer->headers);
		return;
	}
	retry_quota_give(&call->lane->quota, call->cost ? call->cost : 1);
	set_request_id(call, answer->headers, body);
	set_text(&call->answer.code, xstrdup(""));
	set_text(&call->answer.message, xstrdup(""));
	call_trace(call, "reply", &call->answer, answer->ms);
	call_trace_wire(call, "answer", body);
	verdict = page_take(call, body, &call->answer.body, &d);
	if (verdict == PAGE_MORE)
		begin_page(call);
	else if (verdict == PAGE_WRONG)
		fail_diag(call, ERR_PROTOCOL, &d);
	else
		leave(call, CALL_DONE);
}

static void on_answer(void *arg, struct http_answer *answer)
{
	struct aws_call *call = arg;

	call->http = NULL;
	if (!answer->err && answer->date) {
		call->client->dated = answer->date;
		call->client->dated_at = loop_now(call->client->options.loop);
	}
	call->answer.status = answer->err ? 0 : answer->status;
	if (answer->err)
		on_transport_failure(call, answer);
	else if (answer->status >= 200 && answer->status < 300)
		on_success(call, answer);
	else
		on_error(call, answer);
}

struct aws_call *call_start(struct client *c, const struct call_request *req,
			    void (*done)(void *arg, const struct call_answer *answer), void *arg)
{
	struct aws_call *call = xcalloc(1, sizeof(*call));

	call->client = c;
	call->lane = client_lane(c, req->svc);
	call->queue = req->intent == CALL_READ ? &call->lane->read : &call->lane->write;
	call->done = done;
	call->arg = arg;
	call->action = xstrdup(req->action);
	call->rows = req->rows ? xstrdup(req->rows) : NULL;
	call->params = req->params ? json_deep_copy(req->params) : json_object();
	call->intent = req->intent;
	call->paged = req->paged && req->svc->paging;
	call->page = req->page;
	call->full = (req->full || req->intent == CALL_READ) && !is_head(req->action);
	call->secret = req->secret;
	call->no_signature = req->unsigned_;
	call->urgent = req->urgent;
	call->answer.code = xstrdup("");
	call->answer.message = xstrdup("");
	call->answer.request_id = xstrdup("");
	call->started = loop_now(c->options.loop);
	call->next = c->running;
	if (call->next)
		call->next->prev = call;
	c->running = call;
	c->stats.calls++;
	page_begin(call);
	enter(call, CALL_NEW);
	return call;
}

void call_cancel(struct aws_call *call)
{
	struct client *c;

	if (!call)
		return;
	c = call->client;
	loop_cancel(c->options.loop, call->timer);
	if (call->state == CALL_QUEUED)
		queue_remove(call->queue, call);
	if (call->state == CALL_SIGNING)
		client_forget_ask(call);
	if (call->state == CALL_SENT)
		http_cancel(call->http);
	if (call->state == CALL_SIGNING || call->state == CALL_SENT)
		client_leave(call);
	unlink_call(call);
	call_release(call);
}

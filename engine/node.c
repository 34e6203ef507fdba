#include "engine/node.h"
#include "base/err.h"
#include "base/path.h"
#include "base/trace.h"
#include "engine/lease.h"
#include "state/state.h"

#include <stdlib.h>
#include <string.h>

#define BUSY_LIMIT_S 1200
#define RETRY_LIMIT_S 300
#define POLL_FIRST_MS 100

static const char *const step_name[STEP_COUNT_] = {
    [STEP_START] = "start", [STEP_SECRETS] = "secrets",     [STEP_REFERENCES] = "references",
    [STEP_CHECK] = "check", [STEP_LOOK] = "look",           [STEP_CREATE] = "create",
    [STEP_FIND] = "find",   [STEP_OPERATION] = "operation", [STEP_READY] = "ready",
    [STEP_THEN] = "then",   [STEP_UPDATE] = "update",       [STEP_READBACK] = "readback",
    [STEP_TAGS] = "tags",   [STEP_DELETE] = "delete",       [STEP_GONE] = "gone",
    [STEP_PROOF] = "proof", [STEP_DONE] = "done",           [STEP_FAILED] = "failed",
};

static int64_t now(const struct node *n)
{
	return loop_now(n->ap->req->session->loop);
}

int64_t node_elapsed(const struct node *n)
{
	return now(n) - n->step_started;
}

static void enter_start(struct node *n)
{
	n->started = now(n);
	node_progress(n, NULL);
	node_enter(n, n->kind == NODE_CREATE || n->kind == NODE_UPDATE ? STEP_SECRETS : STEP_CHECK);
}

static void enter_end(struct node *n)
{
	n->state = n->step == STEP_DONE ? NODE_DONE : NODE_FAILED;
	applier_node_ended(n);
}

static void (*const enter[STEP_COUNT_])(struct node *) = {
    [STEP_START] = enter_start,
    [STEP_SECRETS] = enter_secrets,
    [STEP_REFERENCES] = enter_references,
    [STEP_CHECK] = enter_check,
    [STEP_LOOK] = enter_look,
    [STEP_CREATE] = enter_create,
    [STEP_FIND] = enter_find,
    [STEP_OPERATION] = enter_operation,
    [STEP_READY] = enter_ready,
    [STEP_THEN] = enter_then,
    [STEP_UPDATE] = enter_update,
    [STEP_READBACK] = enter_readback,
    [STEP_TAGS] = enter_tags,
    [STEP_DELETE] = enter_delete,
    [STEP_GONE] = enter_gone,
    [STEP_PROOF] = enter_proof,
    [STEP_DONE] = enter_end,
    [STEP_FAILED] = enter_end,
};

void node_enter(struct node *n, enum step step)
{
	if (step != n->step) {
		n->step_started = now(n);
		n->tries = 0;
		n->ok_in_row = 0;
	}
	if (trace_on(TRACE_NODE))
		trace_event(TRACE_NODE, step_name[step], json_pack("{s:s}", "address", n->action->address));
	n->step = step;
	enter[step](n);
}

static void fire(void *arg)
{
	struct node *n = arg;

	n->timer = NULL;
	node_enter(n, n->step);
}

void node_retry(struct node *n, enum step step, int64_t ms)
{
	if (step != n->step)
		BUG("%s: retries step %s from %s", n->action->address, step_name[step], step_name[n->step]);
	n->tries++;
	if (!applier_may_wait(n)) {
		applier_leave(n);
		return;
	}
	n->timer = loop_after(n->ap->req->session->loop, ms, fire, n);
}

int64_t node_poll_delay(const struct node *n, int64_t max_ms)
{
	int64_t ms = node_elapsed(n) / 24;

	if (ms < POLL_FIRST_MS)
		ms = POLL_FIRST_MS;
	return max_ms && ms > max_ms ? max_ms : ms;
}

void node_progress(struct node *n, const char *detail)
{
	const struct apply_request *req = n->ap->req;
	const struct action *a = n->action;
	struct progress p = {.address = a->address,
			     .kind = n->kind,
			     .state = n->state,
			     .detail = detail,
			     .elapsed_ms = n->started ? now(n) - n->started : 0,
			     .replacing = a->act == ACT_REPLACE};

	if (n->kind != NODE_NONE)
		p.expect_s = a->type->expect[n->kind == NODE_CREATE ? 0 : n->kind == NODE_DELETE ? 2 : 1];
	if (req->progress)
		req->progress(req->arg, &p);
}

void node_fail(struct node *n, int err)
{
	/* Refused is only what nothing worse happened to. */
	if (!n->ap->rc || n->ap->rc == ERR_STALE || n->ap->rc == ERR_CLASH)
		n->ap->rc = err;
	node_enter(n, STEP_FAILED);
}

void node_fail_op(struct node *n, const struct op_result *res)
{
	size_t from = n->ap->d->n;

	op_explain(res, n->ap->d);
	diag_prefix(n->ap->d, from, "%s", n->action->address);
	node_fail(n, res->err ? res->err : ERR_AWS);
}

void node_journal(struct node *n, const char *call)
{
	static const char *const word[] = {[NODE_CREATE] = "create",
					   [NODE_UPDATE] = "update",
					   [NODE_DELETE] = "delete",
					   [NODE_TAG] = "tag",
					   [NODE_NONE] = "none"};
	const struct apply_request *req = n->ap->req;
	struct diag ignored = {0};

	n->intent = 0;
	if (req->state)
		state_intent(req->state, n->ap->run, n->action->address, word[n->kind], call, n->token,
			     loop_wall(req->session->loop), &n->intent, &ignored);
	/* The journal helps to tell what happened; that it cannot be written must not stop half a change. */
	diag_release(&ignored);
}

void node_journal_end(struct node *n, const char *outcome)
{
	const struct apply_request *req = n->ap->req;
	struct diag ignored = {0};

	if (req->state && n->intent)
		state_outcome(req->state, n->intent, outcome, loop_wall(req->session->loop), &ignored);
	diag_release(&ignored);
	n->intent = 0;
}

void node_journal_seen(struct node *n)
{
	const struct apply_request *req = n->ap->req;
	struct diag ignored = {0};

	if (req->state && (n->first_create || n->doubted))
		state_seen(req->state, n->first_create, n->action->address, loop_wall(req->session->loop), &ignored);
	diag_release(&ignored);
}

/* The parent that {^field} in a call's texts means. */
static const json_t *parent_fields(struct node *n)
{
	const struct rtype *t = n->action->type;
	const struct field *f = t->parent ? rtype_field(t, t->parent) : NULL;
	const json_t *v = f ? json_object_get(n->obj, f->name) : NULL;
	const struct object *o =
	    v && f->type->target ? world_by_value(n->ap->req->world, f->type->target, f->type->attr, v) : NULL;

	return o ? o->fields : NULL;
}

static void op_answered(void *arg, struct op_result *res)
{
	struct node *n = arg;
	struct applier *ap = n->ap;

	n->op = NULL;
	ap->writing -= n->writing;
	n->accepted |= n->writing && res->outcome == OP_OK;
	n->writing = false;
	n->op_done(n, res);
	if ((ap->fenced || ap->hurried) && !ap->writing)
		loop_stop(ap->req->session->loop);
}

void node_send(struct node *n, const struct op_request *req, void (*done)(void *arg, struct op_result *res))
{
	n->op_done = done;
	n->op = op_start(n->ap->req->session, req, op_answered, n);
}

static void read_answered(void *arg, struct reading *reading)
{
	struct node *n = arg;

	n->reader = NULL;
	n->read_done(n, reading);
}

void node_read(struct node *n, const struct read_request *req, void (*done)(void *arg, struct reading *reading))
{
	n->read_done = done;
	n->reader = read_object(n->ap->req->session, req, read_answered, n);
}

bool node_begin_write(struct node *n, const char *call)
{
	struct applier *ap = n->ap;

	if (ap->req->lease && !lease_may_write(ap->req->lease))
		return false;
	n->writing = true;
	ap->writing++;
	node_journal(n, call);
	return true;
}

void node_op(struct node *n, const struct call *call, const json_t *params, enum call_intent intent, const char *member,
	     void (*done)(void *arg, struct op_result *res))
{
	const struct rtype *t = n->action->type;
	struct op_request req = {.type = t,
				 .call = call,
				 .obj = n->obj,
				 .params = params,
				 .address = n->action->address,
				 .parent = parent_fields(n),
				 .member = member,
				 .operation = n->operation,
				 .token = n->token,
				 .intent = intent};

	for (const struct field *f = t->fields; f->name; f++)
		req.secret |= (f->flags & SENSITIVE) && intent != CALL_READ;
	if (intent != CALL_READ && !node_begin_write(n, call->action))
		return;
	node_send(n, &req, done);
}

/* How long a step may take that only waits; the limits of polls count for what disturbs the polling too. */
static int64_t wait_limit_s(const struct node *n, enum outcome outcome)
{
	const struct rtype *t = n->action->type;
	const struct wait *w = n->kind == NODE_DELETE && t->gone ? t->gone : t->ready;
	int64_t limit_s = w && w->limit ? w->limit : BUSY_LIMIT_S;
	bool polls =
	    n->step == STEP_READY || n->step == STEP_GONE || n->step == STEP_OPERATION || n->step == STEP_PROOF;

	if (outcome == OP_BUSY)
		return limit_s;
	return polls && limit_s > RETRY_LIMIT_S ? limit_s : RETRY_LIMIT_S;
}

bool node_wait_out(struct node *n, const struct op_result *res)
{
	int64_t limit_s = wait_limit_s(n, res->outcome);
	char *held CLEANUP(freep) = NULL;
	char *text CLEANUP(freep) = NULL;
	size_t from = n->ap->d->n;

	if (res->outcome != OP_BUSY && res->outcome != OP_RETRY)
		return false;
	held = node_holders(n);
	if (node_elapsed(n) > limit_s * 1000) {
		op_explain(res, n->ap->d);
		diag_prefix(n->ap->d, from, "%s: given up after %lld s", n->action->address, (long long)limit_s);
		if (held)
			diag_hint(n->ap->d, "It is held by %s.", held);
		node_fail(n, ERR_TIMEOUT);
		return true;
	}
	if (res->outcome == OP_BUSY && node_ask_holders(n))
		return true;
	text = held ? xasprintf("held by %s", held) : NULL;
	node_progress(n, text ? text : *res->answer->code ? res->answer->code : res->answer->message);
	node_retry(n, n->step, node_poll_delay(n, 10000));
	return true;
}

static void take_unique_name(const struct action *a, json_t *want)
{
	const char *wish = val_str(want, a->type->unique), *have = val_str(a->have->fields, a->type->unique);
	char *next CLEANUP(freep) = NULL;

	if (!wish || !have || !unique_equal(wish, have))
		return;
	next = unique_next(wish, have);
	json_object_set_new(want, a->type->unique, json_string(next));
}

/* To what this node may write: nothing that others put there is taken away, and no secret is read for nothing. */
static void trim_want(struct node *n)
{
	const struct action *a = n->action;

	if (a->have && object_is_shared(a->have))
		object_share(a->type, n->want, a->have->fields);
	node_drop_secrets(n);
}

bool node_resolve(struct node *n)
{
	const struct action *a = n->action;
	const json_t *live = n->live ? n->live : a->have && a->act != ACT_REPLACE ? a->have->fields : NULL;
	/* A replacement keeps what the old one had where the spec says so (the image that runs). */
	const json_t *keep = live ? live : a->have ? a->have->fields : NULL;
	json_auto_t *raw = node_raw_want(n);
	json_auto_t *resolved = resolve(&n->ap->resolver, raw, keep);
	size_t from = n->ap->d->n;

	/* A replacement that lives beside the old one for a while needs a name of its own. */
	if (a->act == ACT_REPLACE && a->have && a->create_first && a->type->unique)
		take_unique_name(a, resolved);

	json_decref(n->want);
	n->want = object_canon(a->type, resolved, n->ap->d);
	if (n->want)
		trim_want(n);
	if (n->want && !val_has_special(n->want))
		return true;
	if (n->want) {
		char *text CLEANUP(freep) = xstrdup(a->address);

		diag_error(n->ap->d, ERR_FAILED, "%s: a value it needs is still not known.", text);
	} else {
		diag_prefix(n->ap->d, from, "%s", a->address);
	}
	node_fail(n, ERR_FAILED);
	return false;
}

void node_let_go(struct node *n)
{
	loop_cancel(n->ap->req->session->loop, n->timer);
	op_cancel(n->op);
	read_cancel(n->reader);
	n->timer = NULL;
	n->op = NULL;
	n->reader = NULL;
}

void node_release(struct node *n)
{
	node_let_go(n);
	for (size_t i = 0; i < n->n_job; i++) {
		json_decref(n->job[i].changed);
		free(n->job[i].member);
	}
	free(n->job);
	free(n->dependent);
	free(n->token);
	free(n->operation);
	free(n->parent_key);
	free(n->secret_key);
	json_decref(n->want);
	json_decref(n->obj);
	json_decref(n->live);
	json_decref(n->tags);
	json_decref(n->holder);
	json_decref(n->leftover);
	node_keep_reading(n, NULL);
}

#include "engine/op.h"
#include "base/err.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>

struct op {
	struct session *s;
	const struct rtype *type;
	const struct call *call;
	char *action;
	json_t *told; /* what the request says of the rows */
	enum call_intent intent;
	void (*done)(void *arg, struct op_result *res);
	void *arg;
	struct loop_timer *timer;
	struct aws_call *running;
};

static bool listed(const char *const *own, const char *const *common, const struct call_answer *a)
{
	return code_in(own, a->code, a->message) || code_in(common, a->code, a->message);
}

static bool is_absent(const struct op *op, const struct call_answer *a)
{
	const struct service *svc = op->type->svc;

	return listed(op->type->absent, svc->absent, a);
}

static bool is_delete(const struct op *op)
{
	return op->call >= op->type->del && op->call < op->type->del + RTYPE_DELETES;
}

static bool is_create(const struct op *op)
{
	return op->call >= op->type->create && op->call < op->type->create + ARRAY_SIZE(op->type->create);
}

/* The call has given up for now; whoever waits for minutes anyway does not give up for that. */
static bool is_passing(const struct op *op, const struct call_answer *a)
{
	return a->err == ERR_THROTTLED || a->err == ERR_TRANSIENT || (a->err == ERR_NETWORK && op->intent == CALL_READ);
}

/* A create must not be taken for done because something that it refers to is absent. */
static enum outcome classify(const struct op *op, const struct call_answer *a)
{
	const struct rtype *t = op->type;
	const struct service *svc = t->svc;

	if (!a->err)
		return OP_OK;
	if (a->ambiguous)
		return OP_AMBIGUOUS;
	if (is_passing(op, a))
		return OP_RETRY;
	/* It may be repeated, but there is no use in that: what it made is looked for. */
	if (a->maybe_done && is_create(op))
		return OP_AMBIGUOUS;
	if (a->err != ERR_AWS)
		return OP_FAILED;
	/* What is read or deleted and is not there is absent; only what others refer to may not be visible yet. */
	if (is_absent(op, a) && (op->intent == CALL_READ || is_delete(op)))
		return OP_ABSENT;
	if (code_in(t->fulfilled, a->code, a->message))
		return OP_OK;
	if (code_in(t->retry, a->code, a->message))
		return OP_RETRY;
	if (listed(t->clash, svc->clash, a))
		return OP_CLASH;
	if (listed(t->busy, svc->busy, a))
		return OP_BUSY;
	if (is_absent(op, a))
		return OP_ABSENT;
	return OP_FAILED;
}

json_t *op_rows(const struct rtype *t, const struct call *c, const json_t *body, const json_t *told)
{
	json_t *kept = json_array();
	json_auto_t *rows = path_rows(body, c->rows);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);

		if (row_skipped(t, row))
			continue;
		json_object_set(row, "@", (json_t *)told);
		json_array_append(kept, row);
	}
	return kept;
}

json_t *row_copy(const json_t *row)
{
	json_t *copy = json_copy((json_t *)row);

	json_object_set_new(copy, "", json_deep_copy(json_object_get(row, "")));
	return copy;
}

static void op_free(struct op *op)
{
	json_decref(op->told);
	free(op->action);
	free(op);
}

static void finish(struct op *op, struct op_result *res)
{
	res->svc = op->type->svc;
	res->action = op->action;
	op->done(op->arg, res);
	json_decref(res->rows);
	op_free(op);
}

static void answered(void *arg, const struct call_answer *answer)
{
	struct op *op = arg;
	struct op_result res = {.outcome = classify(op, answer), .err = answer->err, .answer = answer};

	if (!answer->err && op->call->rows)
		res.rows = op_rows(op->type, op->call, answer->body, op->told);
	finish(op, &res);
}

static void not_nameable(void *arg)
{
	struct op *op = arg;
	struct op_result res = {.outcome = OP_ABSENT, .err = ERR_ABSENT};

	op->timer = NULL;
	finish(op, &res);
}

/* The list that pages are joined at: what stands before the first [] of the row path. */
static char *joined_at(const char *rows)
{
	const char *end = rows ? strstr(rows, "[]") : NULL;

	return end ? xstrndup(rows, (size_t)(end - rows)) : NULL;
}

static void launch(struct op *op, const struct op_request *req, const json_t *params)
{
	char *rows CLEANUP(freep) = joined_at(op->call->rows);
	struct call_request call = {
	    .svc = op->type->svc,
	    .action = op->action,
	    .params = params,
	    .intent = req->intent,
	    .paged = (op->call->flags & CALL_PAGED) != 0,
	    .page = op->call->page,
	    .rows = rows,
	    .full = op->call->rows || op->call->body,
	    .secret = req->secret,
	    .unsigned_ = (op->call->flags & CALL_UNSIGNED) != 0,
	};

	op->running = call_start(op->s->client, &call, answered, op);
}

void op_cancel(struct op *op)
{
	if (!op)
		return;
	loop_cancel(op->s->loop, op->timer);
	call_cancel(op->running);
	op_free(op);
}

struct op *op_start(struct session *s, const struct op_request *req, void (*done)(void *arg, struct op_result *res),
		    void *arg)
{
	struct op *op = xcalloc(1, sizeof(*op));
	struct bind_ctx ctx = session_ctx(s, req->address);
	json_auto_t *params = NULL;

	ctx.parent = req->parent;
	ctx.batch = req->batch;
	ctx.operation = req->operation;
	ctx.member = req->member;
	*op =
	    (struct op){.s = s, .type = req->type, .call = req->call, .intent = req->intent, .done = done, .arg = arg};
	op->told = row_told(req->type, req->obj, json_is_object(req->parent) ? req->parent : NULL, &ctx);
	op->action = req->action ? xstrdup(req->action) : bind_action(req->call, req->obj, &ctx);
	if (!op->action) {
		op->action = xstrdup(req->call->action);
		op->timer = loop_after(s->loop, 0, not_nameable, op);
		return op;
	}
	params = req->params ? json_deep_copy(req->params) : bind_fixed(req->type, req->call, req->obj, &ctx);
	if (req->token && req->call->token)
		path_put(params, req->call->token, json_string(req->token));
	launch(op, req, params);
	return op;
}

int op_explain(const struct op_result *res, struct diag *d)
{
	if (res->answer)
		return call_explain(res->answer, res->svc, res->action, d);
	return diag_error(d, ERR_ABSENT, "%s %s: the object cannot be named yet.", res->svc->name, res->action);
}

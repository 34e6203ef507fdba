/* Taking an object away: its delete calls in order, and the wait until it is gone. */
#include "base/err.h"
#include "base/path.h"
#include "engine/node.h"

#include <stdlib.h>
#include <string.h>

#define GONE_LIMIT_S 300

static void next_delete(struct node *n)
{
	const struct rtype *t = n->action->type;

	n->at++;
	while (n->at < RTYPE_DELETES && t->del[n->at].action && !call_applies(&t->del[n->at], n->obj))
		n->at++;
	if (n->at == RTYPE_DELETES || !t->del[n->at].action)
		node_enter(n, STEP_GONE);
	else
		node_enter(n, STEP_DELETE);
}

static void deleted(void *arg, struct op_result *res)
{
	struct node *n = arg;
	const struct operation *o = n->action->type->operation;
	json_auto_t *id = NULL;

	if (res->outcome == OP_ABSENT) {
		node_journal_end(n, "absent");
		next_delete(n);
		return;
	}
	if (res->outcome != OP_OK) {
		node_journal_end(n, res->answer && *res->answer->code ? res->answer->code : "failed");
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	node_journal_end(n, "ok");
	id = o ? path_get(res->answer->body, o->id) : NULL;
	if (json_is_string(id)) {
		free(n->operation);
		n->operation = xstrdup(json_string_value(id));
		n->after_operation = STEP_GONE;
		node_enter(n, STEP_OPERATION);
		return;
	}
	next_delete(n);
}

static void send_delete(struct node *n)
{
	node_op(n, &n->action->type->del[n->at], NULL, CALL_WRITE, NULL, deleted);
}

void enter_delete(struct node *n)
{
	const struct rtype *t = n->action->type;

	while (n->at < RTYPE_DELETES && t->del[n->at].action && !call_applies(&t->del[n->at], n->obj))
		n->at++;
	if (n->at == RTYPE_DELETES || !t->del[n->at].action) {
		node_enter(n, STEP_GONE);
		return;
	}
	if (!node_check_again(n, send_delete))
		send_delete(n);
}

static void gone_read(void *arg, struct reading *r)
{
	struct node *n = arg;
	const struct wait *w = n->action->type->gone;
	unsigned limit = w && w->limit ? w->limit : GONE_LIMIT_S;
	const char *status = r->outcome == OP_OK && w && w->field ? val_str(r->fields, w->field) : NULL;

	if (r->outcome == OP_ABSENT) {
		node_enter(n, STEP_PROOF);
		return;
	}
	if (r->outcome != OP_OK) {
		if (!node_wait_out(n, r->res))
			node_fail_op(n, r->res);
		return;
	}
	if (node_elapsed(n) > (int64_t)limit * 1000) {
		diag_error(n->ap->d, ERR_TIMEOUT, "%s is still there %u s after its deletion%s%s.", n->action->address,
			   limit, status ? ": " : "", status ? status : "");
		node_fail(n, ERR_TIMEOUT);
		return;
	}
	node_progress(n, status ? status : "waiting until it is gone");
	node_retry(n, STEP_GONE, node_poll_delay(n, w ? w->every : 2000));
}

void enter_gone(struct node *n)
{
	struct read_request req = {
	    .type = n->action->type, .obj = n->obj, .address = n->action->address, .brief = true};

	if (!n->action->type->gone || !n->action->type->read.action)
		node_enter(n, STEP_PROOF);
	else
		node_read(n, &req, gone_read);
}

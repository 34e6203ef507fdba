/* Before and after a deletion: may AWS do it at all, and is there what must be left of the object? */
#include "base/err.h"
#include "engine/node.h"

#include <stdlib.h>
#include <string.h>

/* So long reads may lag behind. */
#define SEEN_LIMIT_S 120

static const struct stuck *stuck_in(const struct rtype *t, const json_t *live)
{
	for (size_t i = 0; i < RTYPE_STUCK && t->stuck[i]; i++) {
		const char *word = val_str(live, t->stuck[i]->field);

		for (const char *const *w = t->stuck[i]->words; word && *w; w++)
			if (!strcmp(*w, word))
				return t->stuck[i];
	}
	return NULL;
}

bool node_is_stuck(struct node *n)
{
	const struct action *a = n->action;
	const struct stuck *s = stuck_in(a->type, n->live);
	struct bind_ctx ctx = session_ctx(n->ap->req->session, a->address);
	char *hint CLEANUP(freep) = NULL;

	if (!s || (n->kind != NODE_DELETE && !s->changes))
		return false;
	hint = bind_text(s->hint, n->live, &ctx);
	diag_error(n->ap->d, ERR_REFUSED, "%s was not %s: its %s is %s.", a->address,
		   n->kind == NODE_DELETE ? "deleted" : "changed", s->field, val_str(n->live, s->field));
	if (hint)
		diag_hint(n->ap->d, "%s", hint);
	node_fail(n, ERR_REFUSED);
	return true;
}

/* ---- what must be left of it -------------------------------------------------------------------------------- */

static void proved(struct node *n, const char *what)
{
	json_array_append_new(n->ap->result->proof_list, json_sprintf("%s: %s", n->action->address, what));
	node_enter(n, STEP_DONE);
}

static void not_proved(struct node *n, int err, const char *what)
{
	diag_error(n->ap->d, err, "%s is gone, but %s.", n->action->address, what);
	diag_hint(n->ap->d, "Nothing that it needed was taken away. AWS keeps what it has of it: look there before "
			    "anything else.");
	node_fail(n, err);
}

static void judged(void *arg, struct op_result *res)
{
	struct node *n = arg;
	const struct proof *p = n->action->type->proof;
	char *text CLEANUP(freep) = NULL;
	enum verdict verdict;

	if (res->outcome != OP_OK && res->outcome != OP_ABSENT) {
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	verdict = p->judge(res->rows, n->obj, &text);
	if (verdict == PROOF_GOOD) {
		proved(n, text);
	} else if (verdict == PROOF_BAD) {
		not_proved(n, ERR_FAILED, text);
	} else if (node_elapsed(n) > (int64_t)(verdict == PROOF_NONE ? SEEN_LIMIT_S : p->limit) * 1000) {
		not_proved(n, ERR_TIMEOUT, text);
	} else {
		node_progress(n, text);
		node_retry(n, STEP_PROOF, node_poll_delay(n, p->every));
	}
}

void enter_proof(struct node *n)
{
	if (!n->action->type->proof)
		node_enter(n, STEP_DONE);
	else
		node_op(n, &n->action->type->proof->list, NULL, CALL_READ, NULL, judged);
}

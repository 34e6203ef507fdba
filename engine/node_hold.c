/* A delete that has to wait: who holds the object is asked and said, and what is left over of what is gone goes too. */
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "engine/node.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 15000
#define NAMED_MAX 3

static const struct holders *holders_of(const struct node *n)
{
	return n->holding < RTYPE_HOLDERS ? n->action->type->holders[n->holding] : NULL;
}

static void forget(struct node *n)
{
	json_decref(n->holder);
	json_decref(n->leftover);
	n->holder = json_array();
	n->leftover = json_array();
}

char *node_holders(const struct node *n)
{
	size_t many = json_array_size(n->holder);
	struct buf b = BUF(4096);

	for (size_t i = 0; i < many && i < NAMED_MAX; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", json_string_value(json_array_get(n->holder, i)));
	if (many > NAMED_MAX)
		buf_addf(&b, " and %zu more", many - NAMED_MAX);
	return many ? buf_take(&b) : NULL;
}

static void ask_next(struct node *n);

static void released(void *arg, struct op_result *res)
{
	struct node *n = arg;

	node_journal_end(n, res->outcome == OP_OK ? "ok" : "failed");
	if (res->outcome == OP_FAILED) {
		node_fail_op(n, res);
		return;
	}
	ask_next(n);
}

static void take_row(struct node *n, const struct holders *h, const json_t *row)
{
	char *name CLEANUP(freep) = h->name(row, n->obj);
	json_t *id;

	if (!name)
		return;
	json_array_append_new(n->holder, json_string(name));
	if (!h->leftover || !h->leftover(row, n->obj))
		return;
	id = path_row_get(row, h->id);
	if (json_is_string(id))
		json_array_append(n->leftover, id);
	json_decref(id);
}

/* Who it is helps a reader only: if that cannot be told, the wait goes on without. */
static void listed(void *arg, struct op_result *res)
{
	struct node *n = arg;
	const struct holders *h = holders_of(n);

	for (size_t i = 0; res->outcome == OP_OK && i < json_array_size(res->rows); i++)
		take_row(n, h, json_array_get(res->rows, i));
	ask_next(n);
}

static void release_one(struct node *n)
{
	size_t last = json_array_size(n->leftover) - 1;
	char *id CLEANUP(freep) = xstrdup(json_string_value(json_array_get(n->leftover, last)));

	json_array_remove(n->leftover, last);
	node_op(n, &holders_of(n)->release, NULL, CALL_WRITE, id, released);
}

/* First what is left over of this kind, then the next kind, then the delete again. */
static void ask_next(struct node *n)
{
	char *held CLEANUP(freep) = NULL;
	char *text CLEANUP(freep) = NULL;

	if (json_array_size(n->leftover)) {
		release_one(n);
		return;
	}
	n->holding++;
	if (holders_of(n) && node_elapsed(n) >= (int64_t)holders_of(n)->after * 1000) {
		node_op(n, &holders_of(n)->list, NULL, CALL_READ, NULL, listed);
		return;
	}
	held = node_holders(n);
	text = held ? xasprintf("held by %s", held) : NULL;
	if (text)
		node_progress(n, text);
	node_retry(n, n->step, node_poll_delay(n, 10000));
}

bool node_ask_holders(struct node *n)
{
	const struct holders *first = n->action->type->holders[0];
	int64_t elapsed = node_elapsed(n);

	if (n->step != STEP_DELETE || !first || elapsed < (int64_t)first->after * 1000 ||
	    (n->holder && elapsed < n->asked + AGAIN_MS))
		return false;
	n->asked = elapsed;
	n->holding = (unsigned)-1;
	forget(n);
	ask_next(n);
	return true;
}

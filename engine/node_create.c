/* Making an object: the call, waits, and what follows. node_find.c looks for it. */
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "engine/doubt.h"
#include "engine/node.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_LIMIT_S 300
/* Until a state that was seen once is looked at again, at most. */
#define CONFIRM_MS 500
#define SHOW_LIMIT_MS 60000

/* What AWS says of the object's identity joins the wish; the wish itself stays as it is. */
void node_learn(struct node *n, const json_t *fields)
{
	json_t *value;
	const char *key;

	json_object_foreach ((json_t *)fields, key, value) {
		const struct field *f = rtype_field(n->action->type, key);

		if (!json_object_get(n->obj, key) || (f->flags & COMPUTED))
			json_object_set(n->obj, key, value);
	}
}

static bool is_named(const struct node *n)
{
	for (const struct field *f = n->action->type->fields; f->name; f++)
		if ((f->flags & ID) && !json_object_get(n->obj, f->name))
			return false;
	return true;
}

static const struct call *create_call(const struct node *n)
{
	const struct rtype *t = n->action->type;

	for (size_t i = 0; i < ARRAY_SIZE(t->create); i++)
		if (t->create[i].action && call_applies(&t->create[i], n->want))
			return &t->create[i];
	BUG("%s has no create call for this wish", t->name);
}

static void learn_answer(struct node *n, const struct call *c, const struct op_result *res)
{
	const struct rtype *t = n->action->type;
	json_auto_t *element = NULL, *row = NULL, *fields = NULL, *id = NULL;

	if (t->operation && (id = path_get(res->answer->body, t->operation->id)) && json_is_string(id)) {
		free(n->operation);
		n->operation = xstrdup(json_string_value(id));
	}
	if (!c->body)
		return;
	element = *c->body ? path_get(res->answer->body, c->body) : json_incref(res->answer->body);
	if (!element)
		return;
	row = json_pack("{s:O}", "", element);
	fields = object_absorb(t, row, n->want);
	node_learn(n, fields);
}

static void created(void *arg, struct op_result *res)
{
	struct node *n = arg;

	if (res->outcome == OP_OK) {
		node_journal_end(n, "accepted");
		learn_answer(n, create_call(n), res);
		n->after_operation = STEP_READY;
		node_enter(n, n->operation ? STEP_OPERATION : is_named(n) ? STEP_READY : STEP_FIND);
		return;
	}
	node_journal_end(n, res->outcome == OP_AMBIGUOUS ? "unknown" : res->answer ? res->answer->code : "failed");
	if (res->outcome == OP_AMBIGUOUS || res->outcome == OP_CLASH) {
		n->ambiguous = res->outcome == OP_AMBIGUOUS;
		n->clashed |= res->outcome == OP_CLASH;
		node_enter(n, STEP_FIND);
	} else if (!node_wait_out(n, res)) {
		node_fail_op(n, res);
	}
}

static char *new_token(void)
{
	unsigned char r[16];
	struct buf b = BUF(64);

	if (RAND_bytes(r, sizeof(r)) != 1)
		BUG("the random source failed");
	buf_add_hex(&b, r, sizeof(r));
	return buf_take(&b);
}

static int64_t doubted_until(const struct node *n)
{
	return n->action->type->flags & TWINS
		   ? doubts_until(n->ap->req->doubts, n->action->address, create_call(n)->action)
		   : 0;
}

/* An earlier run may have made it, and a second one would not be refused. */
bool node_is_doubted(const struct node *n)
{
	return !n->creates && doubted_until(n) > loop_wall(n->ap->req->session->loop);
}

/* A new revision names the one that it replaces: it is found and removed, if this run dies before it does so. New. */
static json_t *create_tags(const struct node *n)
{
	const struct action *a = n->action;
	json_t *tags = json_deep_copy(a->tags);

	if (tags && (a->type->flags & VERSIONED) && a->act == ACT_REPLACE && a->have && a->have->arn)
		json_object_set_new(tags, PREDECESSOR_TAG, json_string(a->have->arn));
	return tags;
}

void enter_create(struct node *n)
{
	const struct call *c = create_call(n);
	struct bind_ctx ctx = session_ctx(n->ap->req->session, n->action->address);
	json_auto_t *params = NULL, *tags = NULL;
	bool repeatable = (c->flags & CALL_IDEMPOTENT) || c->token;

	json_decref(n->obj);
	n->obj = json_deep_copy(n->want);
	n->doubted = node_is_doubted(n);
	if (n->doubted) {
		node_enter(n, STEP_FIND);
		return;
	}
	if (c->token && !n->token)
		n->token = new_token();
	if (!n->tries)
		n->creates++;
	tags = create_tags(n);
	params = bind_create(n->action->type, c, n->obj, tags, &ctx);
	node_op(n, c, params, repeatable ? CALL_WRITE : CALL_CREATE, NULL, created);
	if (!n->first_create)
		n->first_create = n->intent;
}

/* ---- operation
 * ----------------------------------------------------------------------------------------------------------- */

static bool has_word(const char *const *words, const char *s)
{
	for (; words && s && *words; words++)
		if (!strcmp(*words, s))
			return true;
	return false;
}

static void operation_ended(struct node *n, const json_t *body)
{
	const struct operation *o = n->action->type->operation;
	json_auto_t *result = o->result ? path_get(body, o->result) : NULL;

	if (result && n->kind == NODE_CREATE)
		json_object_set(n->obj, o->field, result);
	free(n->operation);
	n->operation = NULL;
	node_enter(n, n->after_operation);
}

static void operation_polled(void *arg, struct op_result *res)
{
	struct node *n = arg;
	const struct operation *o = n->action->type->operation;
	json_auto_t *status = NULL, *why = NULL;

	if (res->outcome != OP_OK) {
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	status = path_get(res->answer->body, o->status);
	if (has_word(o->ok, json_string_value(status))) {
		operation_ended(n, res->answer->body);
	} else if (has_word(o->bad, json_string_value(status))) {
		why = o->why ? path_get(res->answer->body, o->why) : NULL;
		diag_error(n->ap->d, ERR_AWS, "%s: AWS gave the operation up: %s.", n->action->address,
			   json_is_string(why) ? json_string_value(why) : json_string_value(status));
		node_fail(n, ERR_AWS);
	} else if (node_elapsed(n) > (int64_t)o->limit * 1000) {
		diag_error(n->ap->d, ERR_TIMEOUT, "%s: the operation has not ended after %u s.", n->action->address,
			   o->limit);
		node_fail(n, ERR_TIMEOUT);
	} else {
		node_progress(n, json_string_value(status));
		node_retry(n, STEP_OPERATION, node_poll_delay(n, o->every));
	}
}

void enter_operation(struct node *n)
{
	node_op(n, &n->action->type->operation->poll, NULL, CALL_READ, NULL, operation_polled);
}

/* ---- ready
 * ----------------------------------------------------------------------------------------------------------------- */

static void after_ready(struct node *n)
{
	n->at = 0;
	if (n->kind == NODE_CREATE && !n->updated)
		node_enter(n, STEP_THEN);
	else if (n->kind == NODE_DELETE)
		node_enter(n, STEP_DELETE);
	else
		node_enter(n, STEP_READBACK);
}

static void ready_failed(struct node *n, const struct reading *r, const char *value)
{
	const struct wait *w = n->action->type->ready;
	const char *why = w->why ? val_str(r->fields, w->why) : NULL;
	size_t len = why ? strlen(why) : 0;

	/* AWS ends some of its sentences itself. */
	while (len && why[len - 1] == '.')
		len--;
	diag_error(n->ap->d, ERR_FAILED, "%s: %s is %s%s%.*s.", n->action->address, w->field, value, len ? ": " : "",
		   (int)len, why ? why : "");
	node_fail(n, ERR_FAILED);
}

static void not_ready(struct node *n, const char *value)
{
	const struct wait *w = n->action->type->ready;
	unsigned limit = w && w->limit ? w->limit : SETTLE_LIMIT_S;
	char *text CLEANUP(freep) = xasprintf("waiting: %s", value);

	if (node_elapsed(n) > (int64_t)limit * 1000) {
		diag_error(n->ap->d, ERR_TIMEOUT, "%s is still not ready after %u s: %s.", n->action->address, limit,
			   value);
		diag_hint(n->ap->d, "AWS goes on with it. Run apply again later: it takes up where this one stopped.");
		node_fail(n, ERR_TIMEOUT);
		return;
	}
	node_progress(n, text);
	node_retry(n, STEP_READY, node_poll_delay(n, w ? w->every : 2000));
}

static void settled(struct node *n, const struct reading *r)
{
	const struct wait *w = n->action->type->ready;

	if (++n->ok_in_row < (w ? w->twice : 0)) {
		node_retry(n, STEP_READY, node_poll_delay(n, CONFIRM_MS));
		return;
	}
	node_keep_reading(n, r);
	after_ready(n);
}

/* An update was accepted, but reads may still show what was before, in perfect order: a database does for some time. */
static bool shows_update(struct node *n, const struct reading *r)
{
	json_auto_t *differences =
	    n->updated && node_elapsed(n) < SHOW_LIMIT_MS ? node_differences(n, r->fields) : NULL;

	return !json_array_size(differences);
}

static void judge_ready(struct node *n, const struct reading *r)
{
	const struct wait *w = n->action->type->ready;
	const json_t *v = w && w->field ? json_object_get(r->fields, w->field) : NULL;
	char *text CLEANUP(freep) = !v                  ? xstrdup("nothing yet")
				    : json_is_string(v) ? xstrdup(json_string_value(v))
							: val_text(v);

	node_learn(n, r->fields);
	if (!w || !w->field || has_word(w->ok, text)) {
		if (shows_update(n, r))
			settled(n, r);
		else
			not_ready(n, "the change does not show yet");
	} else if (has_word(w->bad, text) && node_elapsed(n) >= (int64_t)w->grace * 1000) {
		ready_failed(n, r, text);
	} else {
		n->ok_in_row = 0;
		not_ready(n, text);
	}
}

static void ready_read(void *arg, struct reading *r)
{
	struct node *n = arg;

	if (r->outcome == OP_OK) {
		judge_ready(n, r);
	} else if (r->outcome == OP_ABSENT) {
		n->ok_in_row = 0;
		not_ready(n, "not visible yet");
	} else if (!node_wait_out(n, r->res)) {
		node_fail_op(n, r->res);
	}
}

void enter_ready(struct node *n)
{
	struct read_request req = {
	    .type = n->action->type, .obj = n->obj, .want = n->want, .address = n->action->address};

	if (!n->action->type->read.action)
		after_ready(n);
	else
		node_read(n, &req, ready_read);
}

/* ---- then
 * ------------------------------------------------------------------------------------------------------------------ */

static void then_done(void *arg, struct op_result *res)
{
	struct node *n = arg;

	if (res->outcome != OP_OK && res->outcome != OP_ABSENT) {
		node_journal_end(n, "failed");
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	node_journal_end(n, "ok");
	node_keep_reading(n, NULL);
	n->at++;
	node_enter(n, STEP_THEN);
}

void enter_then(struct node *n)
{
	const struct rtype *t = n->action->type;

	while (n->at < ARRAY_SIZE(t->then) && t->then[n->at].action && !call_applies(&t->then[n->at], n->obj))
		n->at++;
	if (n->at < ARRAY_SIZE(t->then) && t->then[n->at].action) {
		node_op(n, &t->then[n->at], NULL, CALL_WRITE, NULL, then_done);
		return;
	}
	node_enter(n, STEP_READBACK);
}

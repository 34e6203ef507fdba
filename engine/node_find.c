/* Is there one already? Looked for before a create that AWS would not refuse, and after one whose answer was lost. */
#include "base/err.h"
#include "base/path.h"
#include "engine/doubt.h"
#include "engine/node.h"

#include <stdlib.h>
#include <string.h>

#define CREATES_MAX 3
/* AWS refuses a second one: soon tried again, it is the refusal that tells. */
#define REPEAT_MS 1500
/* A name is taken: by what a call of ours made that got lost, or by somebody else's object, which lists of ours lack.
 */
#define CLASH_LIMIT_MS 60000
#define SETTLE_LIMIT_MS 300000

static bool bears_address(const struct node *n, const json_t *tags)
{
	const struct session *s = n->ap->req->session;
	const char *app = val_str(tags, "berth:app"), *env = val_str(tags, "berth:env"),
		   *address = val_str(tags, "berth:resource");

	return app && env && address && !strcmp(app, s->app) && !strcmp(env, s->env) &&
	       !strcmp(address, n->action->address);
}

/* By an id that AWS gave. Names do not tell an object from the one that had them before. */
static bool same_id(const struct rtype *t, const json_t *a, const json_t *b)
{
	bool given = false;

	for (const struct field *f = t->fields; f->name; f++) {
		if (!(f->flags & ID))
			continue;
		if (!json_equal(json_object_get(a, f->name), json_object_get(b, f->name)))
			return false;
		given |= (f->flags & COMPUTED) != 0;
	}
	return given;
}

/* A replacement's predecessor bears the same address, and so do leftovers: they are not what was made. */
static bool was_there(const struct node *n, const json_t *fields)
{
	const struct action *a = n->action;
	const struct world *w = n->ap->req->world;

	if (a->have && same_id(a->type, fields, a->have->fields))
		return true;
	for (size_t i = 0; i < world_count(w, a->address); i++)
		if (same_id(a->type, fields, world_nth(w, a->address, i)->fields))
			return true;
	return false;
}

static bool same_key(const struct node *n, const json_t *fields)
{
	char *want CLEANUP(freep) = object_key(n->action->type, n->want);
	char *have CLEANUP(freep) = object_key(n->action->type, fields);

	return want && have && !strcmp(want, have);
}

static bool is_as_wished(const struct node *n, const json_t *fields)
{
	struct difference *diff = NULL;
	size_t count = object_diff(n->action->type, n->want, fields, &diff);

	differences_free(diff, count);
	return count == 0;
}

/* Ours by its tags; where rows hold none, by its name. */
static bool is_it(const struct node *n, const json_t *fields, const json_t *tags)
{
	if (was_there(n, fields))
		return false;
	/* Of several revisions that bear the address only the one that says what was sent is the one that was made. */
	if ((n->action->type->flags & VERSIONED) && !is_as_wished(n, fields))
		return false;
	if (tags && json_object_size(tags))
		return bears_address(n, tags);
	return same_key(n, fields);
}

static void refuse_foreign(struct node *n)
{
	diag_error(n->ap->d, ERR_CLASH, "%s cannot be made: an object of that name is there already and is not ours.",
		   n->action->address);
	diag_hint(n->ap->d,
		  "`berth adopt %s` takes it over if it is nobody's. Else rename or remove it, or choose another name.",
		  n->action->address);
	node_fail(n, ERR_CLASH);
}

/* For how long it may be there without being shown. */
static int64_t search_ms(const struct node *n)
{
	if (n->ambiguous)
		return n->action->type->flags & TWINS ? DOUBT_LAG_MS : REPEAT_MS;
	return n->clashed ? CLASH_LIMIT_MS : SETTLE_LIMIT_MS;
}

static void not_found(struct node *n)
{
	if (n->doubted ? node_is_doubted(n) : node_elapsed(n) < search_ms(n)) {
		node_retry(n, STEP_FIND, node_poll_delay(n, 3000));
	} else if (n->doubted || (n->ambiguous && n->creates < CREATES_MAX)) {
		n->ambiguous = false;
		node_enter(n, STEP_CREATE);
	} else if (n->clashed) {
		refuse_foreign(n);
	} else if (n->ambiguous) {
		diag_error(n->ap->d, ERR_NETWORK,
			   "%s: its create was sent %d times, each answer was lost, and it is not there.",
			   n->action->address, n->creates);
		diag_hint(n->ap->d, "Check the network; running apply again is safe.");
		node_fail(n, ERR_NETWORK);
	} else {
		diag_error(n->ap->d, ERR_AWS, "%s: AWS accepted it, but it cannot be found.", n->action->address);
		node_fail(n, ERR_AWS);
	}
}

/* It is ours. But what was there before us need not hold the secrets that were made for it now. */
static void take_over(struct node *n, const json_t *tags)
{
	json_decref(n->tags);
	n->tags = json_incref((json_t *)tags);
	if (n->clashed)
		node_forget_secrets(n);
	node_enter(n, STEP_READY);
}

static void tags_found(void *arg, struct op_result *res)
{
	struct node *n = arg;
	const struct tag_scheme *scheme = rtype_tags(n->action->type);
	json_auto_t *wire = NULL, *tags = NULL;

	if (res->outcome != OP_OK) {
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	wire = path_get(res->answer->body, scheme->list_out);
	tags = tags_from_wire(scheme->out_shape, wire);
	if (bears_address(n, tags))
		take_over(n, tags);
	else
		refuse_foreign(n);
}

/* Rows without tags: the name fits, but whose is it? */
void node_list_tags(struct node *n, const json_t *obj, void (*done)(void *arg, struct op_result *res))
{
	const struct rtype *t = n->action->type;
	const struct call *c = &rtype_tags(t)->list;
	struct bind_ctx ctx = session_ctx(n->ap->req->session, n->action->address);
	json_auto_t *params = bind_tags_list(t, obj, &ctx);
	char *action CLEANUP(freep) = bind_tags_action(t, c, obj, &ctx);
	struct op_request req = {.type = t, .call = c, .params = params, .action = action, .intent = CALL_READ};

	node_send(n, &req, done);
}

/* Where nothing else tells whose it is: made by us, it is as it was sent; other hands may have made another. */
static void take_part(struct node *n, const json_t *fields)
{
	if (n->clashed && !n->ambiguous && n->action->act == ACT_CREATE && !is_as_wished(n, fields))
		node_found_made(n, fields);
	else
		take_over(n, NULL);
}

static void take(struct node *n, const json_t *fields, const json_t *tags)
{
	const struct rtype *t = n->action->type;

	node_learn(n, fields);
	if (!(t->flags & TAGGED))
		take_part(n, fields);
	else if (t->flags & INVENTORY_TAGS)
		node_list_tags(n, n->obj, tags_found);
	else
		take_over(n, tags);
}

static void rows_found(void *arg, struct op_result *res)
{
	struct node *n = arg;
	const struct rtype *t = n->action->type;

	if (res->outcome != OP_OK && res->outcome != OP_ABSENT) {
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	for (size_t i = 0; i < json_array_size(res->rows); i++) {
		const json_t *row = json_array_get(res->rows, i);
		json_auto_t *fields = object_absorb(t, row, n->want);
		json_auto_t *tags = tags_absorb(t, row);

		if (is_it(n, fields, tags)) {
			take(n, fields, tags);
			return;
		}
	}
	not_found(n);
}

/* It has the name and is not ours: a create would change it, or give it to us. */
static bool is_taken(const struct node *n, const json_t *fields, const json_t *tags)
{
	return (n->action->type->flags & (TAGGED | INVENTORY_TAGS)) == TAGGED && !was_there(n, fields) &&
	       same_key(n, fields) && !bears_address(n, tags);
}

/* True if the node goes on, or has ended, with what was found. */
static bool judge(struct node *n, const json_t *fields, const json_t *tags)
{
	if (is_taken(n, fields, tags)) {
		refuse_foreign(n);
		return true;
	}
	if (!is_it(n, fields, tags))
		return false;
	n->clashed = true;
	take(n, fields, tags);
	return true;
}

static void found_by_name(void *arg, struct reading *r)
{
	struct node *n = arg;

	if (r->outcome != OP_OK && r->outcome != OP_ABSENT) {
		if (!node_wait_out(n, r->res))
			node_fail_op(n, r->res);
	} else if (r->outcome == OP_ABSENT || !judge(n, r->fields, r->tags)) {
		if (n->step == STEP_LOOK)
			node_enter(n, STEP_CREATE);
		else
			not_found(n);
	}
}

/* What is named by its wish is asked for by that; a list by our tags would not show it if it is not ours. */
static bool find_by_name(struct node *n)
{
	const struct rtype *t = n->action->type;
	struct read_request req = {.type = t, .obj = n->obj, .want = n->want, .address = n->action->address};

	if (!t->read.action || (t->flags & VERSIONED))
		return false;
	for (const struct field *f = t->fields; f->name; f++)
		if ((f->flags & ID) && (f->flags & COMPUTED || !json_object_get(n->obj, f->name)))
			return false;
	node_read(n, &req, found_by_name);
	return true;
}

static const struct call *find_call(const struct rtype *t)
{
	return t->list.action && !(t->list.flags & CALL_IDS) ? &t->list : &t->read;
}

void enter_find(struct node *n)
{
	const struct rtype *t = n->action->type;

	node_progress(n, n->doubted     ? "an earlier run may have made it: looking for it"
			 : n->ambiguous ? "the answer was lost: looking whether it was made"
					: "looking for it");
	if (n->clashed && !n->ambiguous && find_by_name(n))
		return;
	node_op(n, find_call(t), NULL, CALL_READ, NULL, rows_found);
}

/* ---- look
 * ------------------------------------------------------------------------------------------------------------- */

static void looked(void *arg, struct op_result *res)
{
	struct node *n = arg;
	const struct rtype *t = n->action->type;

	if (res->outcome != OP_OK && res->outcome != OP_ABSENT) {
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	for (size_t i = 0; i < json_array_size(res->rows); i++) {
		const json_t *row = json_array_get(res->rows, i);
		json_auto_t *fields = object_absorb(t, row, n->want);
		json_auto_t *tags = tags_absorb(t, row);

		if (judge(n, fields, tags))
			return;
	}
	node_enter(n, STEP_CREATE);
}

/*
 * Most services refuse a second object of a name themselves, and do so without a gap. The others would make two, or
 * write over what is there: there it is looked right before. Past revisions are many by design, and what was just taken
 * away for a new one may still be listed.
 */
static bool needs_look(const struct node *n)
{
	const struct action *a = n->action;

	return !a->type->clash && !(a->type->flags & VERSIONED) && (a->act != ACT_REPLACE || a->create_first);
}

void enter_look(struct node *n)
{
	const struct rtype *t = n->action->type;

	json_decref(n->obj);
	n->obj = json_deep_copy(n->want);
	if (!needs_look(n))
		node_enter(n, STEP_CREATE);
	else if (!find_by_name(n))
		node_op(n, find_call(t), NULL, CALL_READ, NULL, looked);
}

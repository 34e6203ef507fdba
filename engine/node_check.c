/* Is all still as the plan saw it? The last reads before a write: what it refers to, then the object itself. */
#include "base/err.h"
#include "base/path.h"
#include "engine/node.h"

#include <stdlib.h>
#include <string.h>

/* Reads lag: what differs is looked at again before it is called a change. */
#define LOOKS_MAX 3
#define LOOK_AGAIN_MS 500
/* So long a reference that was looked at counts as looked at. */
#define REFERENCE_FRESH_MS 1000
#define SHOWN_MAX 200

/* ---- what is compared
 * ----------------------------------------------------------------------------------------------------- */

static bool is_watched(const struct rtype *t, const struct field *f)
{
	return field_is_stamp(t, f->name) ||
	       (!(f->flags & (VOLATILE | STATUS | WRITE_ONLY | ON_DELETE)) && (!f->out || *f->out));
}

static bool same(const json_t *a, const json_t *b)
{
	return a == b || (a && b && json_equal(a, b));
}

/* The first such field in which the live object is no longer what the plan saw; NULL if none. */
static const struct field *moved_field(const struct rtype *t, const json_t *seen, const json_t *live)
{
	for (const struct field *f = t->fields; f->name; f++)
		if (is_watched(t, f) && !same(json_object_get(seen, f->name), json_object_get(live, f->name)))
			return f;
	return NULL;
}

/* What a replacement has of its own, and no update changes. What a brief read leaves out is not compared. */
static const struct field *other_field(const struct rtype *t, const json_t *seen, const json_t *live)
{
	for (const struct field *f = t->fields; f->name; f++) {
		bool own = (f->flags & (ID | CREATE_ONLY)) || ((f->flags & COMPUTED) && !f->in);
		const json_t *v = json_object_get(live, f->name);

		if (own && v && is_watched(t, f) && !same(json_object_get(seen, f->name), v))
			return f;
	}
	return NULL;
}

/* The first tag that has come, gone or changed; NULL if none. */
static const char *moved_tag(const json_t *seen, const json_t *live)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)seen, key, value)
		if (!same(value, json_object_get(live, key)))
			return key;
	json_object_foreach ((json_t *)live, key, value)
		if (!json_object_get(seen, key))
			return key;
	return NULL;
}

/* As the reader may see it; secrets stay hidden. New text. */
static char *shown(const struct field *f, const json_t *v)
{
	char *text;

	if (f && (f->flags & SENSITIVE))
		return xstrdup("(sensitive)");
	if (!v)
		return xstrdup("nothing");
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	if (text && strlen(text) > SHOWN_MAX)
		text[SHOWN_MAX] = '\0';
	return text;
}

/* ---- what is said
 * --------------------------------------------------------------------------------------------------------- */

static void stop(struct node *n)
{
	diag_hint(n->ap->d, "Plan again to see what is needed now.");
	node_fail(n, ERR_STALE);
}

static void found_gone(struct node *n)
{
	if (n->kind == NODE_DELETE) {
		node_enter(n, STEP_DONE);
		return;
	}
	diag_error(n->ap->d, ERR_STALE, "%s is gone since the plan was made; it was not changed.", n->action->address);
	stop(n);
}

static void found_moved(struct node *n, const struct field *f, const char *tag, const json_t *seen, const json_t *live)
{
	const char *name = f ? f->name : tag;
	char *expected CLEANUP(freep) = shown(f, json_object_get(seen, name));
	char *found CLEANUP(freep) = shown(f, json_object_get(live, name));

	diag_error(n->ap->d, ERR_STALE,
		   "%s was changed by somebody else since the plan was made: %s%s was expected to be %s and is %s. It "
		   "was left alone.",
		   n->action->address, f ? "" : "tag ", name, expected, found);
	stop(n);
}

static void found_other(struct node *n, const struct object *o, const struct field *f, const json_t *live)
{
	char *expected CLEANUP(freep) = f ? shown(f, json_object_get(o->fields, f->name)) : NULL;
	char *found CLEANUP(freep) = f ? shown(f, json_object_get(live, f->name)) : NULL;

	if (f)
		diag_error(n->ap->d, ERR_STALE,
			   "%s was not touched: %s, which it refers to, is another one since the plan was made: %s was "
			   "expected to be %s and is %s.",
			   n->action->address, o->address, f->name, expected, found);
	else
		diag_error(n->ap->d, ERR_STALE,
			   "%s was not touched: %s, which it refers to, is gone since the plan was made.",
			   n->action->address, o->address);
	stop(n);
}

void node_found_made(struct node *n, const json_t *live)
{
	const struct rtype *t = n->action->type;
	const struct field *f = t->fields;
	char *expected CLEANUP(freep) = NULL, *found CLEANUP(freep) = NULL;

	while (f->name && (!is_watched(t, f) || !json_object_get(n->want, f->name) ||
			   same(json_object_get(n->want, f->name), json_object_get(live, f->name))))
		f++;
	expected = shown(f, json_object_get(n->want, f->name ? f->name : ""));
	found = shown(f, json_object_get(live, f->name ? f->name : ""));
	diag_error(
	    n->ap->d, ERR_STALE,
	    "%s was made by somebody else since the plan was made: %s was to be %s and is %s. It was left alone.",
	    n->action->address, f->name ? f->name : "it", expected, found);
	stop(n);
}

/* ---- the object itself
 * ---------------------------------------------------------------------------------------------------- */

static void unchanged(struct node *n)
{
	n->at = n->looks = 0;
	if (n->kind == NODE_DELETE || n->kind == NODE_TAG)
		node_enter(n, n->kind == NODE_TAG ? STEP_TAGS : STEP_DELETE);
	/* What the wish keeps of the live object is what was just read. */
	else if (node_resolve(n))
		node_enter(n, STEP_UPDATE);
}

/* What another step of this run has healed in passing (a blackhole route) needs no complaint. */
static bool is_fulfilled(struct node *n, const struct field *moved, const json_t *live)
{
	struct diag ignored = {0};
	json_auto_t *raw = n->kind == NODE_UPDATE ? node_raw_want(n) : NULL;
	json_auto_t *resolved = raw ? resolve(&n->ap->resolver, raw, live) : NULL;
	json_auto_t *want = resolved ? object_canon(n->action->type, resolved, &ignored) : NULL;
	struct difference *diff = NULL;
	size_t count = want ? object_diff(n->action->type, want, live, &diff) : 1;

	if (want)
		differences_free(diff, count);
	diag_release(&ignored);
	/* What a stamp tells of is what cannot be read. */
	return count == 0 && !field_is_stamp(n->action->type, moved->name);
}

static bool look_again(struct node *n)
{
	if (++n->looks >= LOOKS_MAX)
		return false;
	node_retry(n, n->step, LOOK_AGAIN_MS);
	return true;
}

static void compare_tags(struct node *n, const json_t *live)
{
	const json_t *seen = n->have->tags;
	const char *tag = seen && live && n->have->standing == OWNED ? moved_tag(seen, live) : NULL;

	if (!tag)
		unchanged(n);
	else if (!look_again(n))
		found_moved(n, NULL, tag, seen, live);
}

static void tags_checked(void *arg, struct op_result *res)
{
	struct node *n = arg;
	const struct tag_scheme *scheme = rtype_tags(n->action->type);
	json_auto_t *wire = NULL, *tags = NULL;

	if (res->outcome == OP_ABSENT) {
		found_gone(n);
		return;
	}
	if (res->outcome != OP_OK) {
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	wire = path_get(res->answer->body, scheme->list_out);
	tags = tags_from_wire(scheme->out_shape, wire);
	compare_tags(n, tags);
}

static void checked(void *arg, struct reading *r)
{
	struct node *n = arg;
	const struct rtype *t = n->action->type;
	const struct field *moved;

	if (r->outcome == OP_ABSENT) {
		if (n->kind == NODE_DELETE || !look_again(n))
			found_gone(n);
		return;
	}
	if (r->outcome != OP_OK) {
		if (!node_wait_out(n, r->res))
			node_fail_op(n, r->res);
		return;
	}
	moved = moved_field(t, n->have->fields, r->fields);
	if (moved && !is_fulfilled(n, moved, r->fields)) {
		if (!look_again(n))
			found_moved(n, moved, NULL, n->have->fields, r->fields);
		return;
	}
	json_decref(n->live);
	n->live = json_incref(r->fields);
	if (node_is_stuck(n))
		return;
	if ((t->flags & INVENTORY_TAGS) && n->have->tags)
		node_list_tags(n, n->live, tags_checked);
	else
		compare_tags(n, r->tags);
}

void enter_check(struct node *n)
{
	const struct rtype *t = n->action->type;
	struct read_request req = {.type = t, .obj = n->have->fields, .address = n->action->address};

	json_decref(n->obj);
	n->obj = json_deep_copy(n->have->fields);
	if (!n->live)
		n->live = json_incref(n->have->fields);
	if (t->flags & NO_READBACK || !t->read.action)
		unchanged(n);
	else
		node_read(n, &req, checked);
}

/* ---- what it refers to
 * ---------------------------------------------------------------------------------------------------- */

/* What this run has made or changed is as this run left it. */
static bool is_ours_now(const struct applier *ap, const struct object *o)
{
	for (size_t i = 0; i < ap->n; i++)
		if (ap->node[i].have == o && ap->node[i].kind != NODE_NONE && ap->node[i].state == NODE_DONE)
			return true;
	return false;
}

static bool needs_look(const struct node *n, const struct object *o)
{
	const json_t *at = json_object_get(n->ap->looked_at, o->address);

	return o != n->have && o->type->read.action && !(o->type->flags & NO_READBACK) && !is_ours_now(n->ap, o) &&
	       (!at || json_integer_value(at) + REFERENCE_FRESH_MS < loop_now(n->ap->req->session->loop));
}

struct search {
	const struct node *n;
	struct object *found;
};

static void find_reference(void *arg, struct object *target)
{
	struct search *s = arg;

	if (!s->found && needs_look(s->n, target))
		s->found = target;
}

static void reference_read(void *arg, struct reading *r)
{
	struct node *n = arg;
	struct object *o = n->reference;
	const struct field *other;

	if (r->outcome != OP_OK && r->outcome != OP_ABSENT) {
		if (!node_wait_out(n, r->res))
			node_fail_op(n, r->res);
		return;
	}
	other = r->outcome == OP_OK ? other_field(o->type, o->fields, r->fields) : NULL;
	if (r->outcome == OP_OK && !other) {
		json_object_set_new(n->ap->looked_at, o->address, json_integer(loop_now(n->ap->req->session->loop)));
		node_enter(n, STEP_REFERENCES);
	} else if (!look_again(n)) {
		found_other(n, o, other, r->fields);
	}
}

/* Of an update only what changes: the rest is there as it was. New. */
static json_t *to_write(const struct node *n)
{
	json_t *out = json_object();

	if (n->kind == NODE_CREATE)
		json_object_update(out, n->want);
	for (size_t i = 0; n->kind == NODE_UPDATE && i < n->action->n_change; i++) {
		const struct change *c = &n->action->change[i];
		json_t *v = c->flags & CHANGE_TAG ? NULL : json_object_get(n->want, c->field);

		if (v)
			json_object_set(out, c->field, v);
	}
	return out;
}

void enter_references(struct node *n)
{
	json_auto_t *fields = to_write(n);
	struct object wish = {.type = n->action->type, .fields = fields};
	struct search s = {.n = n};
	struct read_request req = {.brief = true};

	world_each_ref(n->ap->req->world, &wish, find_reference, &s);
	if (!s.found) {
		node_enter(n, n->kind == NODE_CREATE ? STEP_LOOK : STEP_CHECK);
		return;
	}
	n->reference = s.found;
	req.type = s.found->type;
	req.obj = s.found->fields;
	req.address = s.found->address;
	node_read(n, &req, reference_read);
}

/* ---- once more, after a wait
 * ---------------------------------------------------------------------------------------------- */

static void rechecked(void *arg, struct reading *r)
{
	struct node *n = arg;
	const struct field *moved;

	if (r->outcome == OP_ABSENT) {
		found_gone(n);
	} else if (r->outcome != OP_OK) {
		if (!node_wait_out(n, r->res))
			node_fail_op(n, r->res);
	} else if ((moved = moved_field(n->action->type, n->have->fields, r->fields)) &&
		   !is_fulfilled(n, moved, r->fields)) {
		if (!look_again(n))
			found_moved(n, moved, NULL, n->have->fields, r->fields);
	} else {
		n->looks = 0;
		n->then(n);
	}
}

bool node_check_again(struct node *n, void (*then)(struct node *n))
{
	const struct rtype *t = n->action->type;
	struct read_request req = {.type = t, .address = n->action->address};

	if (!n->tries || n->at || n->kind == NODE_CREATE || (t->flags & NO_READBACK) || !t->read.action)
		return false;
	req.obj = n->have->fields;
	n->then = then;
	node_read(n, &req, rechecked);
	return true;
}

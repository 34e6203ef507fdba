/* Looking for what is not ours: what has a wish's name, what could be adopted, what somebody named. */
#include "engine/refresh_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- when ---------------------------------------------------------------------------------------------------- */

static bool targets_matched(struct refresher *r, const struct rtype *t, const struct rtype *self)
{
	for (const struct field *f = t->fields; f->name; f++)
		if (f->type->target && strcmp(f->type->target, self->name) != 0 &&
		    !read_matched(read_of(r, f->type->target)))
			return false;
	return true;
}

bool find_may_start(struct type_read *tr)
{
	const struct rtype *t = tr->t, *companion = t->companion ? rtype_of_address(t->companion, NULL) : NULL;

	if (!tr->r->req->candidates || !t->find.action)
		return true;
	return targets_matched(tr->r, t, t) && (!companion || targets_matched(tr->r, companion, t));
}

/* ---- asking -------------------------------------------------------------------------------------------------- */

/* One request: the wishes that it is for. */
struct find_ask {
	struct type_read *tr;
	char *address; /* whose candidates all rows are; NULL: the natural key tells */
	json_t *want;  /* the wish of that address */
};

static void add_names(json_t *names, const json_t *v)
{
	if (json_is_string(v))
		json_object_set_new(names, json_string_value(v), json_true());
}

/* By what it may be called: its identity, its name, its ARN. */
static bool goes_by(const struct rtype *t, const json_t *fields, const char *arn, const char *name)
{
	json_auto_t *names = json_object();

	for (const struct field *f = t->fields; f->name; f++)
		if ((f->flags & ID) || !strcmp(f->name, "name") || !strcmp(f->name, "arn"))
			add_names(names, json_object_get(fields, f->name));
	return (arn && !strcmp(arn, name)) || json_object_get(names, name);
}

bool object_goes_by(const struct object *o, const char *name)
{
	return goes_by(o->type, o->fields, o->arn, name);
}

static bool is_alike(const struct rtype *t, const json_t *want, const json_t *fields)
{
	for (const char *const *name = t->alike; name && *name; name++)
		if (!json_equal(json_object_get(want, *name), json_object_get(fields, *name)))
			return false;
	return true;
}

/* An object that was listed before is not told twice, so each of its rows learns whose candidate it is. */
static void mark_rows(struct type_read *tr, size_t from, const struct find_ask *ask)
{
	json_auto_t *ids = json_object();

	for (size_t i = from; i < tr->n; i++) {
		char *id CLEANUP(freep) = object_id(tr->t, tr->row[i].fields);

		if (id && is_alike(tr->t, ask->want, tr->row[i].fields))
			json_object_set_new(ids, id, json_true());
	}
	for (size_t i = 0; i < tr->n; i++) {
		char *id CLEANUP(freep) = object_id(tr->t, tr->row[i].fields);

		if (!id || !json_object_get(ids, id))
			continue;
		free(tr->row[i].found_for);
		tr->row[i].found_for = xstrdup(ask->address);
	}
}

static void found(void *arg, struct op_result *res)
{
	struct find_ask *ask = arg;
	struct type_read *tr = ask->tr;
	size_t from = tr->n;

	tr->pending--;
	if (res->outcome == OP_OK) {
		read_add_rows(tr, res->rows);
		if (ask->address)
			mark_rows(tr, from, ask);
	} else if (res->outcome != OP_ABSENT) {
		read_fail(tr, res);
	}
	free(ask->address);
	json_decref(ask->want);
	free(ask);
	if (!tr->pending && tr->phase == READ_TAGS)
		tr->phase = READ_ROWS;
	refresh_turn(tr->r);
}

static void ask(struct type_read *tr, struct op_request *req, const char *address, const json_t *want)
{
	struct find_ask *a = xcalloc(1, sizeof(*a));

	*a = (struct find_ask){
	    .tr = tr, .address = address ? xstrdup(address) : NULL, .want = want ? json_deep_copy(want) : NULL};
	req->type = tr->t;
	req->intent = CALL_READ;
	tr->pending++;
	op_start(tr->r->s, req, found, a);
}

/* ---- what wishes mean ---------------------------------------------------------------------------------------- */

/* The wish without what is not known. New. */
static json_t *known_want(struct refresher *r, const struct resource *res)
{
	json_t *want = live_want(r, res), *value;
	const char *key;
	void *tmp;

	json_object_foreach_safe (want, tmp, key, value)
		if (val_has_special(value))
			json_object_del(want, key);
	return want;
}

static int is_ref_to(void *arg, const char *ref)
{
	const char *address = arg;
	size_t n = strlen(address);

	return !strncmp(ref, address, n) && ref[n] == '.';
}

/* The wish that names `address` as the table says, as far as it is known; NULL if there is none. New. */
static json_t *companion_want(struct type_read *tr, const char *address)
{
	const struct spec *spec = tr->r->req->spec;
	const char *dot = tr->t->companion ? strrchr(tr->t->companion, '.') : NULL;

	for (size_t i = 0; dot && i < spec->n; i++) {
		const struct resource *res = &spec->resource[i];
		size_t n = strlen(res->type->name);

		if (n == (size_t)(dot - tr->t->companion) && !strncmp(res->type->name, tr->t->companion, n) &&
		    val_each_ref(json_object_get(res->want, dot + 1), is_ref_to, (void *)address))
			return known_want(tr->r, res);
	}
	return NULL;
}

/* A filter without its value would find everything. */
static bool is_filled(struct type_read *tr, const json_t *want, const json_t *companion)
{
	struct bind_ctx ctx = session_ctx(tr->r->s, NULL);

	ctx.parent = companion;
	for (const char *const *f = tr->t->find.fixed; f && *f; f++) {
		const char *text = strchr(*f, '=');
		char *filled CLEANUP(freep) = text ? bind_text(text + 1, want, &ctx) : NULL;

		if (!filled)
			return false;
	}
	return true;
}

static void find_batch(struct type_read *tr, const json_t *wants)
{
	size_t n = json_array_size(wants), size = tr->t->find.batch;

	for (size_t i = 0; i < n; i += size) {
		json_auto_t *some = json_array();
		struct op_request req = {.call = &tr->t->find};

		for (size_t k = i; k < n && k < i + size; k++)
			json_array_append(some, json_array_get(wants, k));
		req.obj = json_array_get(some, 0);
		req.batch = some;
		ask(tr, &req, NULL, NULL);
	}
}

/* Addresses and natural keys of what is there already: {text: true}. New. */
static json_t *there_already(const struct type_read *tr)
{
	json_t *there = json_object();

	for (size_t i = 0; i < tr->n; i++) {
		const struct live_row *row = &tr->row[i];

		if (row->key)
			json_object_set_new(there, row->key, json_true());
		if (tags_are_ours(tr, row->tags))
			json_object_set_new(there, val_str(row->tags, "berth:resource"), json_true());
	}
	return there;
}

static void find_wish(struct type_read *tr, const struct resource *res, json_t *batch)
{
	json_auto_t *want = known_want(tr->r, res), *companion = companion_want(tr, res->address);
	struct op_request req = {.call = &tr->t->find, .obj = want, .parent = companion};

	if (!is_filled(tr, want, companion))
		return;
	if (tr->t->find.batch)
		json_array_append(batch, want);
	else
		ask(tr, &req, res->address, want);
}

/* Those with a name of their own always: its being taken must be known before the first write. */
static void find_wishes(struct type_read *tr)
{
	const struct refresh_request *req = tr->r->req;
	json_auto_t *there = NULL, *batch = json_array();

	if (!tr->t->find.action || !(tr->t->key || req->candidates))
		return;
	there = there_already(tr);
	for (size_t i = 0; req->spec && i < req->spec->n; i++) {
		const struct resource *res = &req->spec->resource[i];
		json_auto_t *want = res->type == tr->t ? live_want(tr->r, res) : NULL;
		char *key CLEANUP(freep) = want ? object_key(tr->t, want) : NULL;

		if (!want || json_object_get(there, res->address) || (key && json_object_get(there, key)))
			continue;
		find_wish(tr, res, batch);
	}
	if (json_array_size(batch))
		find_batch(tr, batch);
}

/* ---- what somebody named ------------------------------------------------------------------------------------- */

/* What its read call needs, from the wish and the name. New; NULL: the name cannot be one of that type. */
static json_t *named_object(struct type_read *tr, const struct resource *res, const char *name)
{
	const struct rtype *t = tr->t;
	json_auto_t *obj = known_want(tr->r, res);

	if (!strncmp(name, "arn:", 4)) {
		json_auto_t *told = object_from_arn(t, name);

		if (told)
			json_object_update(obj, told);
		else if (rtype_field(t, "arn"))
			json_object_set_new(obj, "arn", json_string(name));
		else
			return NULL;
		return json_incref(obj);
	}
	for (const struct field *f = t->fields; f->name; f++)
		if ((f->flags & ID) && (!t->parent || strcmp(f->name, t->parent) != 0) && strcmp(f->name, "arn") != 0)
			json_object_set_new(obj, f->name, json_string(name));
	return json_incref(obj);
}

static void find_named(struct type_read *tr)
{
	const struct refresh_request *r = tr->r->req;
	const struct resource *res = r->sought ? spec_find(r->spec, r->sought_for) : NULL;
	json_auto_t *obj = NULL, *batch = NULL;
	struct op_request req = {.call = &tr->t->read};
	bool there = false;

	if (!res || res->type != tr->t)
		return;
	for (size_t i = 0; i < tr->n; i++) {
		struct live_row *row = &tr->row[i];

		if (!goes_by(tr->t, row->fields, row->arn, r->sought))
			continue;
		there = true;
		free(row->found_for);
		row->found_for = xstrdup(r->sought_for);
	}
	obj = there ? NULL : named_object(tr, res, r->sought);
	if (!obj)
		return;
	batch = json_pack("[O]", obj);
	req.obj = obj;
	req.batch = tr->t->read.batch ? batch : NULL;
	/* What it is like is for the plan to say. */
	ask(tr, &req, r->sought_for, NULL);
}

bool find_others(struct type_read *tr)
{
	if (tr->find_done)
		return false;
	tr->find_done = true;
	if (tr->r->req->sought && !strncmp(tr->r->req->sought_for, tr->t->name, strlen(tr->t->name)))
		find_named(tr);
	else
		find_wishes(tr);
	return tr->pending > 0;
}

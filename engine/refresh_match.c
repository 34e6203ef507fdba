/* Telling ours apart: by tags, by natural key, by parent, by what the snapshot knows. */
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "engine/refresh_int.h"

#include <stdlib.h>
#include <string.h>

char *object_id(const struct rtype *t, const json_t *fields)
{
	json_auto_t *id = json_array();

	for (const struct field *f = t->fields; f->name; f++) {
		json_t *v = f->flags & ID ? json_object_get(fields, f->name) : NULL;

		if (v)
			json_array_append(id, v);
		else if (f->flags & ID)
			return NULL;
	}
	return json_array_size(id) ? val_text(id) : NULL;
}

/* ---- names ---------------------------------------------------------------------------------------------------- */

static void learn_keys(struct type_read *tr)
{
	const struct refresh_request *req = tr->r->req;

	tr->wish_key = json_object();
	tr->known_key = json_object();
	tr->known_id = json_object();
	for (size_t i = 0; req->spec && i < req->spec->n; i++) {
		const struct resource *res = &req->spec->resource[i];
		json_auto_t *want = res->type == tr->t ? live_want(tr->r, res) : NULL;
		char *key CLEANUP(freep) = want ? object_key(tr->t, want) : NULL;

		if (key)
			json_object_set_new(tr->wish_key, key, json_string(res->address));
	}
	for (size_t i = 0; i < req->n_known; i++) {
		char *key CLEANUP(freep) = NULL, *id CLEANUP(freep) = NULL;

		if (strcmp(req->known[i].type, tr->t->name) != 0)
			continue;
		key = object_key(tr->t, req->known[i].fields);
		if (key)
			json_object_set_new(tr->known_key, key, json_string(req->known[i].address));
		id = object_id(tr->t, req->known[i].fields);
		if (id)
			json_object_set_new(tr->known_id, id, json_string(req->known[i].address));
	}
}

/* With an address of another type the tags were copied from something else. */
bool tags_are_ours(const struct type_read *tr, const json_t *tags)
{
	const struct session *s = tr->r->s;
	const char *app = val_str(tags, "berth:app"), *env = val_str(tags, "berth:env");
	const char *address = val_str(tags, "berth:resource");

	return app && env && address && !strcmp(app, s->app) && !strcmp(env, s->env) &&
	       rtype_of_address(address, NULL) == tr->t;
}

static bool contradicts(const json_t *tags, const char *key, const char *ours)
{
	const char *v = val_str(tags, key);

	return v && strcmp(v, ours) != 0;
}

/* Another app's, or another environment's: never ours by any other sign. */
static bool is_others(const struct type_read *tr, const json_t *tags)
{
	return contradicts(tags, "berth:app", tr->r->s->app) || contradicts(tags, "berth:env", tr->r->s->env);
}

static struct object *parent_object(const struct type_read *tr, const json_t *fields)
{
	const struct field *f = tr->t->parent ? rtype_field(tr->t, tr->t->parent) : NULL;
	json_t *v = f ? json_object_get(fields, f->name) : NULL;
	struct object *o = v && f->type->target ? world_by_value(tr->r->w, f->type->target, f->type->attr, v) : NULL;

	return o && o->standing == OWNED ? o : NULL;
}

static const char *known_address(const struct type_read *tr, const json_t *fields)
{
	char *id CLEANUP(freep) = object_id(tr->t, fields);

	return id ? json_string_value(json_object_get(tr->known_id, id)) : NULL;
}

/* A stray is named by what tells it apart: "ec2.route.(10.0.0.0/8)". */
static char *stray_address(const struct type_read *tr, const struct live_row *row)
{
	const char *id = val_str(row->fields, "id");
	struct buf b = BUF(4096);
	bool first = true;

	if (id)
		return xasprintf("%s.(%s)", tr->t->name, id);
	buf_addf(&b, "%s.(", tr->t->name);
	for (const char *const *k = tr->t->key; k && *k; k++) {
		const char *v = val_str(row->fields, *k);

		if (!v || !strcmp(*k, tr->t->parent))
			continue;
		buf_addf(&b, "%s%s", first ? "" : " ", v);
		first = false;
	}
	buf_addf(&b, ")");
	return buf_take(&b);
}

static struct object *add_object(struct type_read *tr, struct live_row *row, const char *address,
				 enum standing standing)
{
	struct object *o = world_add(tr->r->w, tr->t, address, json_incref(row->fields),
				     tr->t->flags & TAGGED ? json_incref(row->tags) : NULL);

	o->arn = row->arn ? xstrdup(row->arn) : NULL;
	o->standing = standing;
	return o;
}

/* Ours by the snapshot alone; of what has revisions or lives in what is ours, tags matter less. */
static void add_remembered(struct type_read *tr, struct live_row *row, const char *address)
{
	struct object *o = add_object(tr, row, address, OWNED);

	o->remembered = !(tr->t->flags & VERSIONED) && !rtype_is_part(tr->t);
}

/* Tags of AWS itself, where rows hold tags. New, or NULL. */
static json_t *row_aws_tags(const struct rtype *t, const json_t *row)
{
	const struct tag_scheme *scheme = rtype_tags(t);
	json_auto_t *wire =
	    (t->flags & INVENTORY_TAGS) || !scheme || !scheme->out ? NULL : path_row_get(row, scheme->out);

	return wire ? tags_of_aws(scheme->out_shape, wire) : NULL;
}

/* Not ours, but it has the name that a wish needs. The question mark keeps it apart from our own objects. */
static void add_foreign(struct type_read *tr, struct live_row *row, const char *address)
{
	char *mark CLEANUP(freep) = xasprintf("?%s", address);

	struct object *o;

	if (tr->t->flags & SHARED)
		o = add_object(tr, row, address, SHARED_USE);
	else
		o = add_object(tr, row, mark, FOREIGN);
	o->aws_tags = row->aws_tags ? json_incref(row->aws_tags) : row_aws_tags(tr->t, row->row);
}

/* Lives in what is ours, but is somebody else's: it goes neither by itself nor with its parent. */
static void add_guest(struct type_read *tr, struct live_row *row)
{
	char *stray CLEANUP(freep) = NULL, *mark CLEANUP(freep) = NULL;

	if (!(tr->t->flags & TAGGED) || !parent_object(tr, row->fields))
		return;
	stray = stray_address(tr, row);
	mark = xasprintf("?%s", stray);
	add_object(tr, row, mark, FOREIGN);
}

static void place_by_parent(struct type_read *tr, struct live_row *row, const char *wish)
{
	const char *known;
	char *stray CLEANUP(freep) = NULL;

	if (!parent_object(tr, row->fields))
		return;
	known = wish ? wish : row->key ? json_string_value(json_object_get(tr->known_key, row->key)) : NULL;
	if (known) {
		add_object(tr, row, known, OWNED);
		return;
	}
	stray = stray_address(tr, row);
	add_object(tr, row, stray, STRAY);
}

static void place(struct type_read *tr, struct live_row *row)
{
	const char *wish = row->found_for ? row->found_for
			   : row->key     ? json_string_value(json_object_get(tr->wish_key, row->key))
					  : NULL;
	const char *known;

	if (tags_are_ours(tr, row->tags)) {
		add_object(tr, row, val_str(row->tags, "berth:resource"), OWNED);
		return;
	}
	if (is_others(tr, row->tags)) {
		if (wish)
			add_foreign(tr, row, wish);
		else
			add_guest(tr, row);
		return;
	}
	/* Having used what is shared does not make it ours: only its tags do. */
	known = (tr->t->flags & (TAGGED | SHARED)) == TAGGED ? known_address(tr, row->fields) : NULL;
	/* Revisions of our family are ours, whoever registered them. */
	if (!known && (tr->t->flags & VERSIONED))
		known = wish;
	if (known)
		add_remembered(tr, row, known);
	else if (rtype_is_part(tr->t))
		place_by_parent(tr, row, wish);
	else if (wish && (tr->t->flags & TAGGED))
		add_foreign(tr, row, wish);
	else if (wish)
		add_object(tr, row, wish, OWNED);
	else
		add_guest(tr, row);
}

/* ---- more reads per object
 * ------------------------------------------------------------------------------------------- */

struct also_ask {
	struct type_read *tr;
	const struct call *call;
	size_t row;
};

static void merge_row(struct live_row *row, const struct call *c, const json_t *rows)
{
	json_t *element = json_object_get(row->row, "");
	json_t *more = json_object_get(json_array_get(rows, 0), "");

	if (!more)
		return;
	if (c->body)
		json_object_set(element, c->body, more);
	else
		json_object_update(element, more);
}

static void also_answered(void *arg, struct op_result *res)
{
	struct also_ask *ask = arg;
	struct type_read *tr = ask->tr;

	tr->pending--;
	if (res->outcome == OP_OK)
		merge_row(&tr->row[ask->row], ask->call, res->rows);
	else if (res->outcome != OP_ABSENT)
		read_fail(tr, res);
	free(ask);
	if (!tr->pending && tr->phase == READ_ALSO)
		tr->phase = READ_ROWS; /* to be placed, with all fields */
	refresh_turn(tr->r);
}

static bool concerns_us(const struct type_read *tr, const struct live_row *row)
{
	return row->found_for || tags_are_ours(tr, row->tags) ||
	       (row->key && json_object_get(tr->wish_key, row->key)) || known_address(tr, row->fields) ||
	       (rtype_is_part(tr->t) && parent_object(tr, row->fields));
}

/* The wish that the row is, or has the name of; NULL if there is none. */
static const json_t *wish_of(const struct type_read *tr, const struct live_row *row)
{
	const struct spec *spec = tr->r->req->spec;
	const char *address = tags_are_ours(tr, row->tags) ? val_str(row->tags, "berth:resource")
			      : row->found_for             ? row->found_for
			      : row->key                   ? json_string_value(json_object_get(tr->wish_key, row->key))
							   : NULL;
	const struct resource *res = spec && address ? spec_find(spec, address) : NULL;

	return res ? res->want : NULL;
}

static bool also_applies(const struct type_read *tr, const struct live_row *row, const struct call *c)
{
	return concerns_us(tr, row) && call_applies(c, c->flags & CALL_WISHED ? wish_of(tr, row) : row->fields);
}

static bool ask_also(struct type_read *tr)
{
	bool asked = false;

	for (size_t i = 0; i < tr->n; i++) {
		for (size_t k = 0; k < RTYPE_ALSO && tr->t->also[k].action; k++) {
			const struct call *c = &tr->t->also[k];
			struct op_request req = {
			    .type = tr->t, .call = c, .obj = tr->row[i].fields, .intent = CALL_READ};
			struct also_ask *ask;

			if (!also_applies(tr, &tr->row[i], c))
				continue;
			ask = xcalloc(1, sizeof(*ask));
			*ask = (struct also_ask){.tr = tr, .call = c, .row = i};
			tr->pending++;
			asked = true;
			op_start(tr->r->s, &req, also_answered, ask);
		}
	}
	return asked;
}

/* ---- lost tags
 * ------------------------------------------------------------------------------------------------------------ */

/* Identities of the rows that are there: {id: true}. New. */
static json_t *listed_ids(const struct type_read *tr)
{
	json_t *ids = json_object();

	for (size_t i = 0; i < tr->n; i++) {
		char *id CLEANUP(freep) = object_id(tr->t, tr->row[i].fields);

		if (id)
			json_object_set_new(ids, id, json_true());
	}
	return ids;
}

static void lost_answered(void *arg, struct op_result *res)
{
	struct type_read *tr = arg;

	tr->pending--;
	if (res->outcome == OP_OK)
		read_add_rows(tr, res->rows);
	else if (res->outcome != OP_ABSENT)
		read_fail(tr, res);
	if (!tr->pending && tr->phase == READ_TAGS)
		tr->phase = READ_ROWS;
	refresh_turn(tr->r);
}

/*
 * A list by tag does not show an object whose tags were taken off. The snapshot still knows its name: it is asked for
 * by that, so that it is not made a second time.
 */
static bool ask_lost(struct type_read *tr)
{
	const struct refresh_request *req = tr->r->req;
	json_auto_t *listed = NULL;
	bool asked = false;

	if (tr->lost_done || !(tr->t->flags & TAGGED) || !tr->t->list.action || !tr->t->read.action)
		return false;
	tr->lost_done = true;
	listed = listed_ids(tr);
	for (size_t i = 0; i < req->n_known; i++) {
		struct op_request op = {
		    .type = tr->t, .call = &tr->t->read, .obj = req->known[i].fields, .intent = CALL_READ};
		char *id CLEANUP(freep) = NULL;
		json_auto_t *batch = NULL;

		if (strcmp(req->known[i].type, tr->t->name) != 0)
			continue;
		id = object_id(tr->t, req->known[i].fields);
		if (!id || json_object_get(listed, id))
			continue;
		batch = json_pack("[O]", req->known[i].fields);
		op.batch = tr->t->read.batch ? batch : NULL;
		tr->pending++;
		asked = true;
		op_start(tr->r->s, &op, lost_answered, tr);
	}
	return asked;
}

/* ---- the steps
 * ---------------------------------------------------------------------------------------------------------- */

/* Read by two names (its family, and what a service uses; or listed after all while it was looked for) it is still one.
 */
static bool is_repeated(const struct type_read *tr, const struct live_row *row, json_t *placed)
{
	char *id CLEANUP(freep) = object_id(tr->t, row->fields);

	if (!id)
		return false;
	if (json_object_get(placed, id))
		return true;
	json_object_set_new(placed, id, json_true());
	return false;
}

static void place_all(struct type_read *tr)
{
	struct bind_ctx ctx = session_ctx(tr->r->s, NULL);
	json_auto_t *placed = json_object();

	for (size_t i = 0; i < tr->n; i++) {
		struct live_row *row = &tr->row[i];

		json_decref(row->fields);
		row->fields = object_absorb(tr->t, row->row, NULL);
		if (!row->arn)
			row->arn = object_arn(tr->t, row->fields, &ctx);
		if (!is_repeated(tr, row, placed))
			place(tr, row);
	}
	tr->phase = READ_DONE;
	refresh_turn(tr->r);
}

/*
 * Comes here again after each round of calls: tags first (they say whose it is), then the extra reads of what is ours,
 * then the objects are placed. Other types may refer to them only then.
 */
void read_match(struct type_read *tr)
{
	if (!tr->wish_key)
		learn_keys(tr);
	if (ask_lost(tr) || find_others(tr) || ask_missing_tags(tr)) {
		tr->phase = READ_TAGS;
		return;
	}
	if (!tr->also_done) {
		tr->also_done = true;
		if (ask_also(tr)) {
			tr->phase = READ_ALSO;
			return;
		}
	}
	place_all(tr);
}

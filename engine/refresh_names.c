/* Reading by name: what the spec, the snapshot, live objects or the list of all that bears our tags name. */
#include "engine/refresh_int.h"

#include <stdlib.h>
#include <string.h>

static void named_done(void *arg, struct op_result *res)
{
	struct type_read *tr = arg;

	tr->pending--;
	if (res->outcome == OP_OK)
		read_add_rows(tr, res->rows);
	else if (res->outcome != OP_ABSENT)
		read_fail(tr, res);
	read_complete(tr);
}

static void read_batch(struct type_read *tr, size_t from, size_t n)
{
	json_auto_t *batch = json_array();
	struct op_request req = {.type = tr->t, .call = &tr->t->read, .intent = CALL_READ};

	for (size_t i = from; i < from + n; i++)
		json_array_append(batch, json_array_get(tr->names, i));
	req.obj = json_array_get(batch, 0);
	req.batch = tr->t->read.batch ? batch : NULL;
	tr->pending++;
	op_start(tr->r->s, &req, named_done, tr);
}

/* What a batch has in common (the cluster of its services) is said by its first member: one batch per group. */
static bool same_group(const struct rtype *t, const json_t *a, const json_t *b)
{
	return !t->parent || json_equal(json_object_get(a, t->parent), json_object_get(b, t->parent));
}

void read_names(struct type_read *tr)
{
	size_t size = tr->t->read.batch ? tr->t->read.batch : 1, n = json_array_size(tr->names);

	for (size_t i = 0; i < n;) {
		size_t k = 1;

		while (k < size && i + k < n &&
		       same_group(tr->t, json_array_get(tr->names, i), json_array_get(tr->names, i + k)))
			k++;
		read_batch(tr, i, k);
		i += k;
	}
}

static void add_candidate(struct type_read *tr, json_t *obj)
{
	char *text CLEANUP(freep) = val_text(obj);

	if (!tr->seen_name)
		tr->seen_name = json_object();
	if (!json_object_get(tr->seen_name, text))
		json_array_append(tr->names, obj);
	json_object_set_new(tr->seen_name, text, json_true());
	json_decref(obj);
}

/* Only what names the object: two sources of one candidate must look the same. */
static json_t *naming_part(const struct rtype *t, const json_t *fields)
{
	json_t *obj = json_object();

	for (const struct field *f = t->fields; f->name; f++) {
		json_t *v = json_object_get(fields, f->name);

		if ((f->flags & ID) && v && !val_has_special(v))
			json_object_set(obj, f->name, v);
	}
	for (const char *const *k = t->key; k && *k; k++) {
		json_t *v = json_object_get(fields, *k);

		if (v && !val_has_special(v))
			json_object_set(obj, *k, v);
	}
	return obj;
}

static void add_seen(struct type_read *tr)
{
	const char *dot = tr->t->seen_in ? strrchr(tr->t->seen_in, '.') : NULL;
	char *type CLEANUP(freep) = dot ? xstrndup(tr->t->seen_in, (size_t)(dot - tr->t->seen_in)) : NULL;
	struct world *w = tr->r->w;

	for (size_t i = 0; dot && i < w->n; i++) {
		json_t *v = json_object_get(w->object[i]->fields, dot + 1);

		if (!strcmp(w->object[i]->type->name, type) && json_is_string(v) && w->object[i]->standing == OWNED)
			add_candidate(tr, json_pack("{s:O}", "arn", v));
	}
}

static void add_inventory(struct type_read *tr)
{
	json_t *tags;
	const char *arn;

	json_object_foreach (tr->r->inventory, arn, tags) {
		json_t *obj = object_from_arn(tr->t, arn);

		if (obj)
			add_candidate(tr, tr->t->seen_in ? json_pack("{s:s}", "arn", arn) : json_incref(obj));
		json_decref(obj);
	}
}

/* A known revision is mostly the one in use: named in the same way, it is asked for once. */
static json_t *known_name(const struct rtype *t, const json_t *fields)
{
	const json_t *arn = t->seen_in ? json_object_get(fields, "arn") : NULL;

	return arn ? json_pack("{s:O}", "arn", arn) : naming_part(t, fields);
}

/* What a revision was made to replace, if it was not read and is still listed. */
static void add_predecessors(struct type_read *tr)
{
	for (size_t i = 0; i < tr->n; i++) {
		const char *arn = val_str(tr->row[i].tags, PREDECESSOR_TAG);

		if (arn && !json_object_get(tr->arns, arn) && json_object_get(tr->r->inventory, arn))
			add_candidate(tr, json_pack("{s:s}", "arn", arn));
	}
}

static bool has_predecessors(const struct type_read *tr)
{
	for (size_t i = 0; i < tr->n; i++)
		if (val_str(tr->row[i].tags, PREDECESSOR_TAG))
			return true;
	return false;
}

/*
 * Past revisions are left alone, they may be many. But a run that was cut off may have left one that it was to remove:
 * the one that replaced it tells, by a tag, or none is in use at all. True while rows are still to come.
 */
bool read_look_again(struct type_read *tr)
{
	if (!tr->t->seen_in || (tr->n && !has_predecessors(tr)))
		return false;
	if (!tr->r->inventory_done)
		return true;
	json_array_clear(tr->names);
	if (tr->n)
		add_predecessors(tr);
	else if (!tr->looked_again)
		add_inventory(tr);
	tr->looked_again = true;
	if (!json_array_size(tr->names))
		return false;
	tr->phase = READ_LISTING;
	read_names(tr);
	return true;
}

void read_by_name(struct type_read *tr)
{
	const struct refresh_request *req = tr->r->req;

	tr->names = json_array();
	for (size_t i = 0; req->spec && i < req->spec->n; i++) {
		const struct resource *res = &req->spec->resource[i];
		json_auto_t *want = NULL;

		if (res->type != tr->t)
			continue;
		want = live_want(tr->r, res);
		add_candidate(tr, naming_part(tr->t, want));
	}
	add_seen(tr);
	for (size_t i = 0; i < req->n_known; i++)
		if (!strcmp(req->known[i].type, tr->t->name))
			add_candidate(tr, known_name(tr->t, req->known[i].fields));
	if (!tr->t->seen_in)
		add_inventory(tr);
	read_names(tr);
}

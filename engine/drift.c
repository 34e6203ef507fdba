#include "engine/drift.h"
#include "engine/plan_int.h"

#include <stdlib.h>
#include <string.h>

static struct drift_item *add_item(struct drift *d, enum drift_kind kind, const char *address, const struct rtype *t)
{
	d->item = grow(d->item, &d->cap, d->n + 1, sizeof(*d->item));
	d->item[d->n] = (struct drift_item){.kind = kind, .address = xstrdup(address), .type = t};
	return &d->item[d->n++];
}

static void add_change(struct drift_item *item, const char *field, const json_t *from, const json_t *to, unsigned flags)
{
	item->change = xrealloc(item->change, item->n_change + 1, sizeof(*item->change));
	item->change[item->n_change++] = (struct change){.field = xstrdup(field),
							 .from = json_incref((json_t *)from),
							 .to = json_incref((json_t *)to),
							 .flags = flags};
}

static bool is_watched(const struct field *f)
{
	return !(f->flags & (VOLATILE | STATUS | WRITE_ONLY | SENSITIVE | ON_DELETE)) && (!f->out || *f->out);
}

static bool same(const json_t *a, const json_t *b)
{
	return a == b || (a && b && json_equal(a, b));
}

/* Only differences that the tables call differences: normalisation is not drift. */
static bool field_moved(const struct field *f, const json_t *was, const json_t *is)
{
	const json_t *a = json_object_get(was, f->name), *b = json_object_get(is, f->name);

	if (!is_watched(f) || same(a, b))
		return false;
	return !a || !b || !type_equal(f->type, a, b);
}

static bool fields_moved(const struct rtype *t, const json_t *was, const json_t *is)
{
	for (const struct field *f = t->fields; f->name; f++)
		if (field_moved(f, was, is))
			return true;
	return false;
}

/* Tags that others added are left alone, so they are no drift. */
static bool tag_is_ours(const json_t *was, const char *key)
{
	return json_object_get(was, key) != NULL;
}

static bool tags_moved(const json_t *was, const json_t *is)
{
	json_t *value;
	const char *key;

	if (!was || !is)
		return false;
	json_object_foreach ((json_t *)was, key, value)
		if (tag_is_ours(was, key) && !same(value, json_object_get(is, key)))
			return true;
	return false;
}

static void compare_object(struct drift *d, const struct applied_object *was, const struct object *is)
{
	struct drift_item *item;
	json_t *value;
	const char *key;

	if (!fields_moved(is->type, was->fields, is->fields) && !tags_moved(was->tags, is->tags))
		return;
	item = add_item(d, DRIFT_CHANGED, was->address, is->type);
	for (const struct field *f = is->type->fields; f->name; f++)
		if (field_moved(f, was->fields, is->fields))
			add_change(item, f->name, json_object_get(was->fields, f->name),
				   json_object_get(is->fields, f->name), 0);
	if (!was->tags || !is->tags)
		return;
	json_object_foreach (was->tags, key, value)
		if (!same(value, json_object_get(is->tags, key)))
			add_change(item, key, value, json_object_get(is->tags, key), CHANGE_TAG);
}

static void compare_record(struct drift *d, const struct world *w, const struct applied_object *applied, size_t n)
{
	json_auto_t *seen = json_object();

	for (size_t i = 0; i < n; i++) {
		const struct rtype *t = rtype_find(applied[i].type);
		const struct object *o = world_find(w, applied[i].address);

		json_object_set_new(seen, applied[i].address, json_true());
		if (!t || json_object_get(w->unread, t->name))
			continue;
		if (o)
			compare_object(d, &applied[i], o);
		else
			add_item(d, DRIFT_GONE, applied[i].address, t);
	}
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = w->object[i];

		if ((o->standing == OWNED || o->standing == STRAY) && !o->apart && !json_object_get(seen, o->address))
			add_item(d, DRIFT_ADDED, o->address, o->type);
	}
}

static void compare_spec(struct drift *d, const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct action *a = &p->action[i];
		struct drift_item *item;

		if (a->act == ACT_NOOP)
			continue;
		item = add_item(d,
				a->act == ACT_CREATE                         ? DRIFT_GONE
				: a->act == ACT_DELETE || a->act == ACT_KEEP ? DRIFT_ADDED
									     : DRIFT_CHANGED,
				a->address, a->type);
		for (size_t k = 0; k < a->n_change; k++)
			add_change(item, a->change[k].field, a->change[k].to, a->change[k].from, a->change[k].flags);
	}
}

static int by_address(const void *a, const void *b)
{
	const struct drift_item *x = a, *y = b;

	return strcmp(x->address, y->address);
}

void drift_find(const struct world *w, const struct applied_object *applied, size_t n, const struct plan *p,
		struct drift *ret)
{
	*ret = (struct drift){.unchecked = json_copy(w->unread), .by_spec = n == 0};
	if (n)
		compare_record(ret, w, applied, n);
	else
		compare_spec(ret, p);
	if (ret->n)
		qsort(ret->item, ret->n, sizeof(*ret->item), by_address);
}

void drift_release(struct drift *d)
{
	for (size_t i = 0; i < d->n; i++) {
		for (size_t k = 0; k < d->item[i].n_change; k++) {
			free(d->item[i].change[k].field);
			json_decref(d->item[i].change[k].from);
			json_decref(d->item[i].change[k].to);
		}
		free(d->item[i].change);
		free(d->item[i].address);
	}
	free(d->item);
	json_decref(d->unchecked);
	*d = (struct drift){0};
}

json_t *drift_to_json(const struct drift *d)
{
	static const char *const kind[] = {[DRIFT_CHANGED] = "changed", [DRIFT_GONE] = "gone", [DRIFT_ADDED] = "added"};
	json_t *items = json_array();

	for (size_t i = 0; i < d->n; i++) {
		const struct drift_item *item = &d->item[i];
		json_t *changes = json_array();

		for (size_t k = 0; k < item->n_change; k++)
			json_array_append_new(changes, plan_change_to_json(&item->change[k]));
		json_array_append_new(items,
				      json_pack("{s:s, s:s, s:s, s:o}", "address", item->address, "type",
						item->type->name, "drift", kind[item->kind], "changes", changes));
	}
	return json_pack("{s:s, s:o, s:O, s:s}", "format", "berth.drift/1", "items", items, "unchecked", d->unchecked,
			 "measure", d->by_spec ? "spec" : "last apply");
}

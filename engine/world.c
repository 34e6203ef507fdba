#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

/* ---- indexes: key -> array of objects, as integers ----------------------------------------------------------- */

static struct object *object_at(const json_t *list, size_t i)
{
	json_t *v = json_array_get(list, i);

	return v ? (struct object *)(intptr_t)json_integer_value(v) : NULL;
}

static size_t place_of(const json_t *list, const struct object *o)
{
	size_t i = 0, n = json_array_size(list);

	while (i < n && object_at(list, i) != o)
		i++;
	return i;
}

static void index_add(json_t *index, const char *key, const struct object *o)
{
	json_t *list = json_object_get(index, key);

	if (!list) {
		list = json_array();
		json_object_set_new(index, key, list);
	}
	if (place_of(list, o) == json_array_size(list))
		json_array_append_new(list, json_integer((json_int_t)(intptr_t)o));
}

static void index_remove(json_t *index, const char *key, const struct object *o)
{
	json_t *list = json_object_get(index, key);

	if (list)
		json_array_remove(list, place_of(list, o));
}

/* ---- which values may be referred to: those that a REF field of some type names ------------------------------- */

static void collect_targets(const struct type *type, json_t *targets)
{
	json_t *attrs;

	if (type->target) {
		attrs = json_object_get(targets, type->target);
		if (!attrs) {
			attrs = json_object();
			json_object_set_new(targets, type->target, attrs);
		}
		json_object_set_new(attrs, type->attr, json_true());
	}
	if (type->elem)
		collect_targets(type->elem, targets);
	for (const struct field *f = type->fields; f && f->name; f++)
		collect_targets(f->type, targets);
}

static json_t *all_targets(void)
{
	json_t *targets = json_object();

	for (size_t i = 0; rtypes[i]; i++)
		for (const struct field *f = rtypes[i]->fields; f->name; f++)
			collect_targets(f->type, targets);
	return targets;
}

static char *value_key(const char *type, const char *attr, const json_t *value)
{
	char *text CLEANUP(freep) = val_text(value);

	return xasprintf("%s\n%s\n%s", type, attr, text);
}

static void learn_values(struct world *w, const struct object *o)
{
	json_t *unused;
	const char *attr;

	json_object_foreach (json_object_get(w->targets, o->type->name), attr, unused) {
		json_t *v = json_object_get(o->fields, attr);
		char *key CLEANUP(freep) = v ? value_key(o->type->name, attr, v) : NULL;

		if (key)
			index_add(w->values, key, o);
	}
}

void world_learn_values(struct world *w)
{
	json_object_clear(w->values);
	for (size_t i = 0; i < w->n; i++)
		learn_values(w, w->object[i]);
}

/* ---- the world ---------------------------------------------------------------------------------------------- */

void world_init(struct world *w)
{
	*w = (struct world){.index = json_object(),
			    .values = json_object(),
			    .targets = all_targets(),
			    .aws = json_object(),
			    .unread = json_object()};
}

bool world_is_whole(const struct world *w)
{
	const char *type;
	json_t *why;

	json_object_foreach (w->unread, type, why)
		if (rtype_find(type))
			return false;
	return true;
}

static void object_free(struct object *o)
{
	free(o->address);
	free(o->arn);
	free(o->user);
	json_decref(o->fields);
	json_decref(o->tags);
	json_decref(o->aws_tags);
	free(o);
}

void world_release(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		object_free(w->object[i]);
	for (size_t i = 0; i < w->n_gone; i++)
		object_free(w->gone[i]);
	free(w->gone);
	free(w->object);
	json_decref(w->index);
	json_decref(w->values);
	json_decref(w->targets);
	json_decref(w->aws);
	json_decref(w->unread);
	*w = (struct world){0};
}

struct object *world_add(struct world *w, const struct rtype *type, const char *address, json_t *fields, json_t *tags)
{
	struct object *o = xcalloc(1, sizeof(*o));

	*o = (struct object){.type = type, .address = xstrdup(address), .fields = fields, .tags = tags, .at = w->n};
	w->object = grow(w->object, &w->cap, w->n + 1, sizeof(struct object *));
	w->object[w->n++] = o;
	index_add(w->index, address, o);
	learn_values(w, o);
	return o;
}

static bool is_in(const struct world *w, const struct object *o)
{
	return o->at < w->n && w->object[o->at] == o;
}

void world_remove(struct world *w, struct object *o)
{
	if (!is_in(w, o))
		return;
	w->gone = grow(w->gone, &w->cap_gone, w->n_gone + 1, sizeof(struct object *));
	w->gone[w->n_gone++] = o;
	index_remove(w->index, o->address, o);
	w->n--;
	for (size_t i = o->at; i < w->n; i++) {
		w->object[i] = w->object[i + 1];
		w->object[i]->at = i;
	}
}

void world_rename(struct world *w, struct object *o, const char *address)
{
	index_remove(w->index, o->address, o);
	free(o->address);
	o->address = xstrdup(address);
	index_add(w->index, address, o);
}

void world_set_fields(struct world *w, struct object *o, json_t *fields)
{
	json_decref(o->fields);
	o->fields = fields;
	learn_values(w, o);
}

void world_prefer(struct world *w, struct object *o)
{
	index_remove(w->index, o->address, o);
	json_array_insert_new(json_object_get(w->index, o->address), 0, json_integer((json_int_t)(intptr_t)o));
}

size_t world_count(const struct world *w, const char *address)
{
	return json_array_size(json_object_get(w->index, address));
}

struct object *world_nth(const struct world *w, const char *address, size_t i)
{
	return object_at(json_object_get(w->index, address), i);
}

struct object *world_find(const struct world *w, const char *address)
{
	return world_nth(w, address, 0);
}

/* Entries of objects that have gone, or say something else by now, are passed over. */
struct object *world_by_value(const struct world *w, const char *type, const char *attr, const json_t *value)
{
	char *key CLEANUP(freep) = value_key(type, attr, value);
	const json_t *list = json_object_get(w->values, key);

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct object *o = object_at(list, i);

		if (is_in(w, o) && json_equal(json_object_get(o->fields, attr), value))
			return o;
	}
	return NULL;
}

static void each_ref_value(const struct world *w, const struct type *type, const json_t *v,
			   void (*f)(void *arg, struct object *target), void *arg)
{
	json_t *member;
	const char *key;

	if (!v)
		return;
	if (type->target) {
		struct object *target = json_is_string(v) ? world_by_value(w, type->target, type->attr, v) : NULL;

		if (target)
			f(arg, target);
		return;
	}
	if (type->kind == KIND_LIST || type->kind == KIND_SET) {
		for (size_t i = 0; i < json_array_size(v); i++)
			each_ref_value(w, type->elem, json_array_get(v, i), f, arg);
	} else if (type->kind == KIND_MAP) {
		json_object_foreach ((json_t *)v, key, member)
			each_ref_value(w, type->elem, member, f, arg);
	} else if (type->kind == KIND_OBJ) {
		for (const struct field *fd = type->fields; fd->name; fd++)
			each_ref_value(w, fd->type, json_object_get(v, fd->name), f, arg);
	}
}

void world_each_ref(const struct world *w, const struct object *o, void (*f)(void *arg, struct object *target),
		    void *arg)
{
	for (const struct field *fd = o->type->fields; fd->name; fd++)
		each_ref_value(w, fd->type, json_object_get(o->fields, fd->name), f, arg);
}

bool object_adopted(const struct object *o)
{
	return val_str(o->tags, ADOPTED_TAG) != NULL;
}

bool object_is_shared(const struct object *o)
{
	return o->standing == SHARED_USE || o->user || ((o->type->flags & SHARED) && object_adopted(o));
}

struct object *world_home(const struct world *w, const struct object *o)
{
	const struct rtype *t = o->type;
	const struct field *f = rtype_is_part(t) ? rtype_field(t, t->parent) : NULL;
	json_t *v = f ? json_object_get(o->fields, f->name) : NULL;

	return v && f->type->target ? world_by_value(w, f->type->target, f->type->attr, v) : NULL;
}

json_t *storable_fields(const struct rtype *t, const json_t *fields)
{
	json_t *out = json_object();

	for (const struct field *f = t->fields; f->name; f++) {
		json_t *v = json_object_get(fields, f->name);

		if (v && !(f->flags & (SENSITIVE | STATUS | WRITE_ONLY)))
			json_object_set(out, f->name, v);
	}
	return out;
}

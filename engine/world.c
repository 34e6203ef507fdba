#include "engine/world.h"

#include <stdlib.h>
#include <string.h>

void world_init(struct world *w)
{
	*w = (struct world){.index = json_object(), .aws = json_object(), .unread = json_object()};
}

static void object_free(struct object *o)
{
	free(o->address);
	free(o->arn);
	json_decref(o->fields);
	json_decref(o->tags);
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
	json_decref(w->aws);
	json_decref(w->unread);
	*w = (struct world){0};
}

static json_t *value_key(const char *type, const char *attr, const json_t *value)
{
	char *text CLEANUP(freep) = val_text(value);
	char *key CLEANUP(freep) = xasprintf("%s\n%s\n%s", type, attr, text);

	return json_string(key);
}

struct object *world_add(struct world *w, const struct rtype *type, const char *address, json_t *fields, json_t *tags)
{
	struct object *o = xcalloc(1, sizeof(*o));
	json_t *list = json_object_get(w->index, address);

	*o = (struct object){.type = type, .address = xstrdup(address), .fields = fields, .tags = tags};
	w->object = grow(w->object, &w->cap, w->n + 1, sizeof(struct object *));
	if (!list) {
		list = json_array();
		json_object_set_new(w->index, address, list);
	}
	json_array_append_new(list, json_integer((json_int_t)w->n));
	w->object[w->n++] = o;
	return o;
}

static void reindex(struct world *w)
{
	json_object_clear(w->index);
	for (size_t i = 0; i < w->n; i++) {
		json_t *list = json_object_get(w->index, w->object[i]->address);

		if (!list) {
			list = json_array();
			json_object_set_new(w->index, w->object[i]->address, list);
		}
		json_array_append_new(list, json_integer((json_int_t)i));
	}
}

void world_remove(struct world *w, const struct object *o)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->object[i] != o)
			continue;
		w->gone = grow(w->gone, &w->cap_gone, w->n_gone + 1, sizeof(struct object *));
		w->gone[w->n_gone++] = w->object[i];
		memmove(w->object + i, w->object + i + 1, (w->n - i - 1) * sizeof(struct object *));
		w->n--;
		reindex(w);
		return;
	}
}

void world_rename(struct world *w, struct object *o, const char *address)
{
	free(o->address);
	o->address = xstrdup(address);
	reindex(w);
}

size_t world_count(const struct world *w, const char *address)
{
	return json_array_size(json_object_get(w->index, address));
}

struct object *world_nth(const struct world *w, const char *address, size_t i)
{
	json_t *pos = json_array_get(json_object_get(w->index, address), i);

	return pos ? w->object[json_integer_value(pos)] : NULL;
}

struct object *world_find(const struct world *w, const char *address)
{
	return world_nth(w, address, 0);
}

struct object *world_by_value(const struct world *w, const char *type, const char *attr, const json_t *value)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->object[i]->type->name, type) &&
		    json_equal(json_object_get(w->object[i]->fields, attr), value))
			return w->object[i];
	return NULL;
}

void refmap_init(struct refmap *m, const struct world *w)
{
	m->map = json_object();
	m->world = w;
	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = w->object[i];

		for (const struct field *f = o->type->fields; f->name; f++) {
			json_t *v = json_object_get(o->fields, f->name);
			json_auto_t *key = NULL;

			if (!json_is_string(v))
				continue;
			key = value_key(o->type->name, f->name, v);
			if (!json_object_get(m->map, json_string_value(key)))
				json_object_set_new(m->map, json_string_value(key), json_integer((json_int_t)i));
		}
	}
}

void refmap_release(struct refmap *m)
{
	json_decref(m->map);
	m->map = NULL;
}

static struct object *refmap_find(const struct refmap *m, const struct type *type, const json_t *value)
{
	json_auto_t *key = value_key(type->target, type->attr, value);
	json_t *pos = json_object_get(m->map, json_string_value(key));

	return pos ? m->world->object[json_integer_value(pos)] : NULL;
}

static void each_ref_value(const struct refmap *m, const struct type *type, const json_t *v,
			   void (*f)(void *arg, struct object *target), void *arg)
{
	json_t *member;
	const char *key;

	if (!v)
		return;
	if (type->target) {
		struct object *target = json_is_string(v) ? refmap_find(m, type, v) : NULL;

		if (target)
			f(arg, target);
		return;
	}
	if (type->kind == KIND_LIST || type->kind == KIND_SET) {
		for (size_t i = 0; i < json_array_size(v); i++)
			each_ref_value(m, type->elem, json_array_get(v, i), f, arg);
	} else if (type->kind == KIND_MAP) {
		json_object_foreach ((json_t *)v, key, member)
			each_ref_value(m, type->elem, member, f, arg);
	} else if (type->kind == KIND_OBJ) {
		for (const struct field *fd = type->fields; fd->name; fd++)
			each_ref_value(m, fd->type, json_object_get(v, fd->name), f, arg);
	}
}

void refmap_each(const struct refmap *m, const struct object *o, void (*f)(void *arg, struct object *target), void *arg)
{
	for (const struct field *fd = o->type->fields; fd->name; fd++)
		each_ref_value(m, fd->type, json_object_get(o->fields, fd->name), f, arg);
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

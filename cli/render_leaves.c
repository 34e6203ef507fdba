/*
 * The leaves in which two values differ: members of maps by name, of lists of named things by their name, of sets as
 * what came and what went. Documents (policies) are maps whose lists are sets.
 */
#include "base/buf.h"
#include "base/value.h"
#include "cli/cli.h"
#include "cli/render.h"

#include <stdlib.h>
#include <string.h>

/* What comes or goes whole is one leaf as long as it can be taken in at a glance. */
#define WHOLE_MAX 60

static void walk(json_t *out, const struct type *t, const char *path, const json_t *from, const json_t *to);

static void add_leaf(json_t *out, const char *path, const json_t *from, const json_t *to)
{
	json_array_append_new(out, json_pack("[s, o, o]", path, from ? json_incref((json_t *)from) : json_null(),
					     to ? json_incref((json_t *)to) : json_null()));
}

static bool is_map(const json_t *v)
{
	const char *key = json_is_object(v) ? json_object_iter_key(json_object_iter((json_t *)v)) : NULL;

	return json_is_object(v) && (!key || key[0] != '$');
}

static bool is_document(const struct type *t)
{
	return t && t->kind == KIND_JSON;
}

static const struct type *member_type(const struct type *t, const char *key)
{
	if (is_document(t))
		return t;
	if (!t || t->kind != KIND_OBJ)
		return t ? t->elem : NULL;
	for (const struct field *f = t->fields; f && f->name; f++)
		if (!strcmp(f->name, key))
			return f->type;
	return NULL;
}

/* One side is absent: is the other too much for one line? */
static bool is_long(const json_t *from, const json_t *to)
{
	char *text CLEANUP(freep) = from && to ? NULL : render_value(from ? from : to);

	return !text || text_columns(text) > WHOLE_MAX;
}

static void walk_maps(json_t *out, const struct type *t, const char *path, const json_t *from, const json_t *to)
{
	json_auto_t *all = from ? json_copy((json_t *)from) : json_object();
	json_t *member;
	const char *key;

	if (to)
		json_object_update(all, (json_t *)to);
	json_object_foreach (all, key, member) {
		char *below CLEANUP(freep) = xasprintf(strpbrk(key, ". []") ? "%s[%s]" : "%s.%s", path, key);

		walk(out, member_type(t, key), below, json_object_get(from, key), json_object_get(to, key));
	}
}

/* ---- lists of maps ---- */

static bool all_maps(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!is_map(json_array_get(list, i)))
			return false;
	return true;
}

static const json_t *find_by(const json_t *list, const char *key, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *other = val_str(json_array_get(list, i), key);

		if (other && !strcmp(other, name))
			return json_array_get(list, i);
	}
	return NULL;
}

/* Does this member tell every one of the list's maps from the others? */
static bool is_key(const json_t *list, const char *key)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = val_str(json_array_get(list, i), key);

		if (!name || find_by(list, key, name) != json_array_get(list, i))
			return false;
	}
	return true;
}

static const char *common_key(const json_t *from, const json_t *to)
{
	static const char *const keys[] = {"name", "Sid", "provider", "type", NULL};

	for (const char *const *k = keys; *k; k++)
		if (is_key(from, *k) && is_key(to, *k))
			return *k;
	return NULL;
}

static void walk_named(json_t *out, const struct type *t, const char *path, const char *key, const json_t *from,
		       const json_t *to)
{
	for (size_t i = 0; i < json_array_size(from); i++) {
		const char *name = val_str(json_array_get(from, i), key);
		char *below CLEANUP(freep) = xasprintf("%s[%s]", path, name);

		walk(out, t, below, json_array_get(from, i), find_by(to, key, name));
	}
	for (size_t i = 0; i < json_array_size(to); i++) {
		const char *name = val_str(json_array_get(to, i), key);
		char *below CLEANUP(freep) = xasprintf("%s[%s]", path, name);

		if (!find_by(from, key, name))
			walk(out, t, below, NULL, json_array_get(to, i));
	}
}

static void walk_places(json_t *out, const struct type *t, const char *path, const json_t *from, const json_t *to)
{
	size_t n = json_array_size(from) > json_array_size(to) ? json_array_size(from) : json_array_size(to);

	for (size_t i = 0; i < n; i++) {
		char *below CLEANUP(freep) = xasprintf("%s[%zu]", path, i);

		walk(out, t, below, json_array_get(from, i), json_array_get(to, i));
	}
}

/* ---- sets ---- */

/* Members of a that b has not. New. */
static json_t *without(const json_t *a, const json_t *b)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(a); i++) {
		bool both = false;

		for (size_t k = 0; k < json_array_size(b) && !both; k++)
			both = json_equal(json_array_get(a, i), json_array_get(b, k));
		if (!both)
			json_array_append(out, json_array_get(a, i));
	}
	return out;
}

/* Where it stands in the first list that has it. */
static size_t place_of(const json_t *v, const json_t *first, const json_t *second)
{
	for (size_t i = 0; i < json_array_size(first); i++)
		if (json_array_get(first, i) == v)
			return i;
	return second ? place_of(v, second, NULL) : 0;
}

/* Those that came are taken for those that went, in their order: what differs in them is what was edited. */
static void walk_maps_of_sets(json_t *out, const struct type *t, const char *path, const json_t *from, const json_t *to)
{
	json_auto_t *gone = without(from, to), *come = without(to, from);

	for (size_t i = 0; i < json_array_size(gone) || i < json_array_size(come); i++) {
		const json_t *old = json_array_get(gone, i), *new = json_array_get(come, i);
		char *below CLEANUP(freep) = xasprintf("%s[%zu]", path, place_of(new ? new : old, to, from));

		walk(out, t, below, old, new);
	}
}

static void walk_sets(json_t *out, const struct type *t, const char *path, const json_t *from, const json_t *to)
{
	json_auto_t *gone = without(from, to), *come = without(to, from);

	if (all_maps(from) && all_maps(to)) {
		walk_maps_of_sets(out, t, path, from, to);
		return;
	}
	for (size_t i = 0; i < json_array_size(gone); i++)
		add_leaf(out, path, json_array_get(gone, i), NULL);
	for (size_t i = 0; i < json_array_size(come); i++)
		add_leaf(out, path, NULL, json_array_get(come, i));
}

static void walk_lists(json_t *out, const struct type *t, const char *path, const json_t *from, const json_t *to)
{
	const struct type *elem = is_document(t) ? t : t ? t->elem : NULL;
	bool maps = all_maps(from) && all_maps(to), whole = !from || !to;
	const char *key = maps ? common_key(from, to) : NULL;

	if (key)
		walk_named(out, elem, path, key, from, to);
	else if (!whole && t && (t->kind == KIND_SET || t->kind == KIND_JSON))
		walk_sets(out, elem, path, from, to);
	else if (maps)
		walk_places(out, elem, path, from, to);
	else
		add_leaf(out, path, from, to);
}

/* In a document one word and a list of one word are the same. New. */
static json_t *as_list(const struct type *t, const json_t *v, const json_t *other)
{
	return is_document(t) && v && !json_is_array(v) && json_is_array(other) ? json_pack("[O]", v)
										: json_incref((json_t *)v);
}

static bool both(bool (*is)(const json_t *), const json_t *from, const json_t *to)
{
	return (from || to) && (!from || is(from)) && (!to || is(to));
}

static bool is_list(const json_t *v)
{
	return json_is_array(v);
}

static void walk(json_t *out, const struct type *t, const char *path, const json_t *from, const json_t *to)
{
	json_auto_t *a = as_list(t, from, to), *b = as_list(t, to, from);

	if (a && b && json_equal(a, b))
		return;
	if (both(is_map, a, b) && is_long(a, b))
		walk_maps(out, t, path, a, b);
	else if (both(is_list, a, b) && is_long(a, b))
		walk_lists(out, t, path, a, b);
	else
		add_leaf(out, path, a, b);
}

json_t *render_leaves(const struct type *type, const char *field, const json_t *from, const json_t *to)
{
	json_t *out = json_array();

	walk(out, type, field, from, to);
	/* Only the order differs. */
	if (!json_array_size(out))
		add_leaf(out, field, from, to);
	return out;
}

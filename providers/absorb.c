#include "base/buf.h"
#include "base/path.h"
#include "providers/bind.h"
#include "providers/service.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ec2 answers write the request's names with a small first letter. */
static char *read_path(const struct field *f, const struct service *svc)
{
	const char *path = f->out ? f->out : f->in;
	char *copy;
	bool first = true;

	if (!path || !*path)
		return NULL;
	copy = xstrdup(path);
	if (f->out || svc->protocol != PROTO_EC2)
		return copy;
	for (char *c = copy; *c; c++) {
		if (first)
			*c = (char)tolower((unsigned char)*c);
		first = *c == '.';
	}
	return copy;
}

static json_t *from_wire(const struct type *type, const json_t *wire, const struct service *svc);

static json_t *array_from_wire(const struct type *type, const json_t *wire, const struct service *svc)
{
	json_t *out = json_array();
	const char *s = json_string_value(wire);

	if (!json_is_array(wire)) {
		if (!s || *s)
			json_array_append_new(out, from_wire(type->elem, wire, svc));
		return out;
	}
	for (size_t i = 0; i < json_array_size(wire); i++) {
		json_t *member = from_wire(type->elem, json_array_get(wire, i), svc);

		if (member)
			json_array_append_new(out, member);
	}
	return out;
}

static json_t *object_from_wire(const struct type *type, const json_t *wire, const struct service *svc)
{
	json_t *out = json_object();

	for (const struct field *f = type->fields; f->name; f++) {
		char *path CLEANUP(freep) = read_path(f, svc);
		json_auto_t *raw = path ? path_get(wire, path) : NULL;
		json_t *value = raw && !json_is_null(raw) ? from_wire(f->type, raw, svc) : NULL;

		if (value)
			json_object_set_new(out, f->name, value);
	}
	return out;
}

static json_t *map_from_wire(const struct type *type, const json_t *wire, const struct service *svc)
{
	json_t *out = json_object(), *member;
	const char *key;

	json_object_foreach ((json_t *)wire, key, member) {
		json_t *value = json_is_null(member) ? NULL : from_wire(type->elem, member, svc);

		if (value)
			json_object_set_new(out, key, value);
	}
	return out;
}

/* New; NULL for a wire value that says nothing. */
static json_t *from_wire(const struct type *type, const json_t *wire, const struct service *svc)
{
	if (!wire || json_is_null(wire))
		return NULL;
	if (type->decode)
		return type->decode(wire);
	switch (type->kind) {
	case KIND_LIST:
	case KIND_SET:
		return array_from_wire(type, wire, svc);
	case KIND_OBJ:
		return object_from_wire(type, wire, svc);
	case KIND_MAP:
		return map_from_wire(type, wire, svc);
	default:
		return json_incref((json_t *)wire);
	}
}

/* What AWS says is taken even where our tables would refuse it in a wish: a live value is a fact. */
static json_t *canon_live(const struct type *type, json_t *value)
{
	struct diag ignored = {0};
	json_t *canon = type_canon(type, value, "", &ignored);

	diag_release(&ignored);
	if (!canon)
		return value;
	json_decref(value);
	return canon;
}

static json_t *absorb_field(const struct field *f, const json_t *row, const struct service *svc)
{
	char *path CLEANUP(freep) = NULL;
	json_auto_t *raw = NULL;
	json_t *value;

	if (f->flags & (WRITE_ONLY | ON_DELETE))
		return NULL;
	path = read_path(f, svc);
	if (!path)
		return NULL;
	raw = path_row_get(row, path);
	value = from_wire(f->type, raw, svc);
	if (field_is_cleared(f, value)) {
		json_decref(value);
		value = NULL;
	}
	if (!value && f->dflt)
		value = json_loads(f->dflt, JSON_DECODE_ANY, NULL);
	return value ? canon_live(f->type, value) : NULL;
}

json_t *object_absorb(const struct rtype *t, const json_t *row, const json_t *want)
{
	json_t *have = json_object();

	json_object_update(have, json_object_get(row, "@"));
	for (const struct field *f = t->fields; f->name; f++) {
		json_t *value = absorb_field(f, row, t->svc);

		if (value)
			json_object_set_new(have, f->name, value);
	}
	if (t->hooks && t->hooks->absorb)
		t->hooks->absorb(have, row, want);
	return have;
}

/* Is `text` what `pattern` says, a word or the beginning of one with a '*' behind it? */
static bool is_like(const char *text, const char *pattern)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return !strncmp(text, pattern, n - 1);
	return !strcmp(text, pattern);
}

/* One condition of a `skip` entry: "path=pattern", or "path" alone. */
static bool row_has(const json_t *row, const char *condition)
{
	const char *eq = strchr(condition, '=');
	char *path CLEANUP(freep) = eq ? xstrndup(condition, (size_t)(eq - condition)) : xstrdup(condition);
	json_auto_t *v = path_row_get(row, path);

	if (!v || !eq)
		return v != NULL;
	if (json_is_boolean(v))
		return is_like(json_is_true(v) ? "true" : "false", eq + 1);
	return json_is_string(v) && is_like(json_string_value(v), eq + 1);
}

bool row_skipped(const struct rtype *t, const json_t *row)
{
	for (const char *const *s = t->skip; s && *s; s++) {
		bool all = true;

		for (const char *from = *s; all && *from;) {
			size_t n = strcspn(from, "&");
			char *condition CLEANUP(freep) = xstrndup(from, n);

			all = row_has(row, condition);
			from += n + (from[n] == '&');
		}
		if (all)
			return true;
	}
	return false;
}

static void add_pair(json_t *tags, const json_t *pair, const char *key, const char *value)
{
	const char *k = val_str(pair, key), *v = val_str(pair, value);

	if (k)
		json_object_set_new(tags, k, json_string(v ? v : ""));
}

static json_t *all_tags(enum tag_shape shape, const json_t *wire)
{
	const char *k = shape == TAGS_PAIRS_UPPER ? "Key" : "key", *v = shape == TAGS_PAIRS_UPPER ? "Value" : "value";
	json_t *tags = json_object(), *value;
	const char *key;

	if (shape == TAGS_MAP) {
		json_object_foreach ((json_t *)wire, key, value)
			json_object_set(tags, key, value);
	} else if (json_is_object(wire)) {
		add_pair(tags, wire, k, v);
	} else {
		for (size_t i = 0; i < json_array_size(wire); i++)
			add_pair(tags, json_array_get(wire, i), k, v);
	}
	return tags;
}

/* Only tags of AWS, or only others. */
static json_t *some_tags(enum tag_shape shape, const json_t *wire, bool of_aws)
{
	json_t *tags = all_tags(shape, wire), *value;
	const char *key;
	void *tmp;

	json_object_foreach_safe (tags, tmp, key, value)
		if (!strncmp(key, "aws:", 4) != of_aws)
			json_object_del(tags, key);
	return tags;
}

json_t *tags_from_wire(enum tag_shape shape, const json_t *wire)
{
	return some_tags(shape, wire, false);
}

json_t *tags_of_aws(enum tag_shape shape, const json_t *wire)
{
	return some_tags(shape, wire, true);
}

json_t *tags_absorb(const struct rtype *t, const json_t *row)
{
	const struct tag_scheme *scheme = rtype_tags(t);
	json_auto_t *wire = NULL;

	if (!(t->flags & TAGGED) || (t->flags & INVENTORY_TAGS) || !scheme || !scheme->out)
		return NULL;
	wire = path_row_get(row, scheme->out);
	return wire ? tags_from_wire(scheme->out_shape, wire) : json_object();
}

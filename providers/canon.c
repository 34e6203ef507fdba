#include "base/buf.h"
#include "base/err.h"
#include "providers/bind.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

static const char *kind_name(enum kind kind)
{
	static const char *const name[] = {
	    [KIND_BOOL] = "true or false",
	    [KIND_INT] = "a whole number",
	    [KIND_NUM] = "a number",
	    [KIND_STR] = "text",
	    [KIND_LIST] = "a list",
	    [KIND_SET] = "a list",
	    [KIND_MAP] = "a map of names to values",
	    [KIND_OBJ] = "a map",
	    [KIND_JSON] = "any value",
	};

	return name[kind];
}

static json_t *wrong_kind(const struct type *type, const char *what, struct diag *d)
{
	diag_error(d, ERR_INVALID, "%s must be %s.", what, kind_name(type->kind));
	return NULL;
}

static json_t *canon_bool(const struct type *type, const json_t *value, const char *what, struct diag *d)
{
	const char *s = json_string_value(value);

	if (json_is_boolean(value))
		return json_boolean(json_is_true(value));
	if (s && !strcmp(s, "true"))
		return json_true();
	if (s && !strcmp(s, "false"))
		return json_false();
	return wrong_kind(type, what, d);
}

/* Numbers come as text in XML answers. */
static json_t *canon_number(const struct type *type, const json_t *value, const char *what, struct diag *d)
{
	const char *s = json_string_value(value);
	char *end = NULL;
	double num = json_number_value(value);

	if (s) {
		num = strtod(s, &end);
		if (!*s || *end)
			return wrong_kind(type, what, d);
	} else if (!json_is_number(value)) {
		return wrong_kind(type, what, d);
	}
	return json_real(num);
}

static json_t *canon_int(const struct type *type, const json_t *value, const char *what, struct diag *d)
{
	const char *s = json_string_value(value);
	json_int_t n = json_integer_value(value);
	char *end = NULL;

	if (s) {
		errno = 0;
		n = strtoll(s, &end, 10);
		if (!*s || *end || errno)
			return wrong_kind(type, what, d);
	} else if (json_is_real(value) && json_real_value(value) == (double)(json_int_t)json_real_value(value)) {
		n = (json_int_t)json_real_value(value);
	} else if (!json_is_integer(value)) {
		return wrong_kind(type, what, d);
	}
	if ((type->min || type->max) && (n < type->min || n > type->max)) {
		diag_error(d, ERR_INVALID, "%s must lie between %" JSON_INTEGER_FORMAT " and %" JSON_INTEGER_FORMAT ".",
			   what, type->min, type->max);
		return NULL;
	}
	return json_integer(n);
}

static bool pattern_matches(const char *pattern, const char *s)
{
	char *whole CLEANUP(freep) = xasprintf("^(%s)$", pattern);
	regex_t re;
	bool ok;

	if (regcomp(&re, whole, REG_EXTENDED | REG_NOSUB))
		BUG("bad pattern in a table: %s", pattern);
	ok = regexec(&re, s, 0, NULL, 0) == 0;
	regfree(&re);
	return ok;
}

static bool word_allowed(const char *const *names, const char *s)
{
	for (; *names; names++)
		if (!strcmp(*names, s))
			return true;
	return false;
}

static void report_word(const struct type *type, const char *what, const char *s, struct diag *d)
{
	struct buf all = BUF(4096);

	for (size_t i = 0; type->names[i]; i++)
		buf_addf(&all, "%s%s", i ? ", " : "", type->names[i]);
	diag_error(d, ERR_INVALID, "%s cannot be \"%s\": it is one of %s.", what, s, buf_str(&all));
	buf_release(&all);
}

/* Length in characters, as AWS counts. */
static json_int_t utf8_length(const char *s)
{
	json_int_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static json_t *canon_str(const struct type *type, const json_t *value, const char *what, struct diag *d)
{
	char number[32];
	const char *s = json_string_value(value);

	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		s = number;
	}
	if (!s)
		return wrong_kind(type, what, d);
	if (type->names && !word_allowed(type->names, s)) {
		report_word(type, what, s, d);
		return NULL;
	}
	if ((type->min || type->max) && (utf8_length(s) < type->min || utf8_length(s) > type->max)) {
		diag_error(d, ERR_INVALID,
			   "%s must have %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT " characters.", what,
			   type->min, type->max);
		return NULL;
	}
	if (type->pattern && !pattern_matches(type->pattern, s)) {
		diag_error(d, ERR_INVALID, "%s cannot be \"%s\": AWS takes only what matches %s.", what, s,
			   type->pattern);
		return NULL;
	}
	return json_string(s);
}

static json_t *canon_array(const struct type *type, const json_t *value, const char *what, struct diag *d)
{
	json_t *out = json_array(), *sorted;
	size_t errors = d->errors;

	if (!json_is_array(value)) {
		json_array_append_new(out, type_canon(type->elem, value, what, d));
	} else {
		for (size_t i = 0; i < json_array_size(value); i++) {
			char *at CLEANUP(freep) = xasprintf("%s[%zu]", what, i);
			json_t *member = type_canon(type->elem, json_array_get(value, i), at, d);

			if (member)
				json_array_append_new(out, member);
		}
	}
	if (d->errors > errors) {
		json_decref(out);
		return NULL;
	}
	if (type->kind == KIND_SET) {
		sorted = val_sorted_set(out);
		json_decref(out);
		return sorted;
	}
	return out;
}

static json_t *canon_map(const struct type *type, const json_t *value, const char *what, struct diag *d)
{
	json_t *out, *member;
	const char *key;
	size_t errors = d->errors;

	if (!json_is_object(value))
		return wrong_kind(type, what, d);
	out = json_object();
	json_object_foreach ((json_t *)value, key, member) {
		char *at CLEANUP(freep) = xasprintf("%s.%s", what, key);
		json_t *canon = json_is_null(member) ? NULL : type_canon(type->elem, member, at, d);

		if (canon)
			json_object_set_new(out, key, canon);
	}
	if (d->errors == errors)
		return out;
	json_decref(out);
	return NULL;
}

static const struct field *find_field(const struct field *f, const char *name)
{
	for (; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static json_t *default_of(const struct field *f)
{
	json_t *v;

	if (!f->dflt)
		return NULL;
	v = json_loads(f->dflt, JSON_DECODE_ANY, NULL);
	if (!v)
		BUG("default of field %s is no JSON: %s", f->name, f->dflt);
	return v;
}

static void report_unknown(const struct field *fields, const char *what, const char *key, struct diag *d)
{
	struct buf all = BUF(8192);

	diag_error(d, ERR_INVALID, "%s has no field \"%s\".", what, key);
	for (const struct field *f = fields; f->name; f++)
		buf_addf(&all, "%s%s", f == fields ? "" : ", ", f->name);
	diag_hint(d, "Its fields are %s.", buf_str(&all));
	buf_release(&all);
}

/* What AWS alone sets, and must have set to the default. */
static bool is_condition(const struct field *f)
{
	return (f->flags & COMPUTED) && !f->in && f->dflt;
}

/* One field of a wish into `out`. */
static void canon_field(const struct field *f, const json_t *value, const char *what, json_t *out, struct diag *d)
{
	char *at CLEANUP(freep) = *what ? xasprintf("%s.%s", what, f->name) : xstrdup(f->name);
	json_t *canon;

	if (!value || json_is_null(value) || field_is_cleared(f, value)) {
		if (f->dflt && !is_condition(f))
			json_object_set_new(out, f->name, default_of(f));
		else if (f->flags & REQUIRED)
			diag_error(d, ERR_INVALID, "%s is missing.", at);
		return;
	}
	if ((f->flags & COMPUTED) && !f->in) {
		diag_error(d, ERR_INVALID, "%s is set by AWS and cannot be wished for.", at);
		return;
	}
	canon = type_canon(f->type, value, at, d);
	if (canon)
		json_object_set_new(out, f->name, canon);
}

static json_t *canon_fields(const struct field *fields, const json_t *value, const char *what, struct diag *d)
{
	json_t *out = json_object(), *member;
	size_t errors = d->errors;
	const char *key;

	json_object_foreach ((json_t *)value, key, member)
		if (!find_field(fields, key))
			report_unknown(fields, *what ? what : "The resource", key, d);
	for (const struct field *f = fields; f->name; f++)
		canon_field(f, json_object_get(value, f->name), what, out, d);
	if (d->errors == errors)
		return out;
	json_decref(out);
	return NULL;
}

static bool is_special(const json_t *v)
{
	const char *key;

	if (json_object_size(v) != 1)
		return false;
	key = json_object_iter_key(json_object_iter((json_t *)v));
	return key[0] == '$' && strcmp(key, "$") != 0;
}

static json_t *canon_kind(const struct type *type, const json_t *value, const char *what, struct diag *d)
{
	switch (type->kind) {
	case KIND_BOOL:
		return canon_bool(type, value, what, d);
	case KIND_INT:
		return canon_int(type, value, what, d);
	case KIND_NUM:
		return canon_number(type, value, what, d);
	case KIND_STR:
		return canon_str(type, value, what, d);
	case KIND_LIST:
	case KIND_SET:
		return canon_array(type, value, what, d);
	case KIND_MAP:
		return canon_map(type, value, what, d);
	case KIND_OBJ:
		return json_is_object(value) ? canon_fields(type->fields, value, what, d) : wrong_kind(type, what, d);
	case KIND_JSON:
		return json_incref((json_t *)value);
	}
	BUG("type %s has no kind", type->name);
}

json_t *type_canon(const struct type *type, const json_t *value, const char *what, struct diag *d)
{
	json_t *generic, *own;
	size_t from = d->n;

	if (is_special(value))
		return json_incref((json_t *)value);
	/* A document may come as text and is then an object only after its own canon(). */
	generic =
	    type->canon && type->kind == KIND_JSON ? json_incref((json_t *)value) : canon_kind(type, value, what, d);
	if (!generic || !type->canon || val_has_special(generic))
		return generic;
	own = type->canon(generic, d);
	json_decref(generic);
	if (!own)
		diag_prefix(d, from, "%s", what);
	return own;
}

json_t *object_canon(const struct rtype *t, const json_t *want, struct diag *d)
{
	json_t *out = canon_fields(t->fields, want, "", d);

	if (out && t->hooks && t->hooks->check && t->hooks->check(out, d)) {
		json_decref(out);
		return NULL;
	}
	return out;
}

static bool is_empty(const json_t *v)
{
	return !v || json_is_null(v) || (json_is_array(v) && !json_array_size(v)) ||
	       (json_is_object(v) && !json_object_size(v));
}

static bool equal_lists(const struct type *elem, const json_t *want, const json_t *have)
{
	if (json_array_size(want) != json_array_size(have))
		return false;
	for (size_t i = 0; i < json_array_size(want); i++)
		if (!type_equal(elem, json_array_get(want, i), json_array_get(have, i)))
			return false;
	return true;
}

static bool holds(const struct type *elem, const json_t *want, const json_t *set)
{
	for (size_t i = 0; i < json_array_size(set); i++)
		if (type_equal(elem, want, json_array_get(set, i)))
			return true;
	return false;
}

static bool equal_sets(const struct type *elem, const json_t *want, const json_t *have)
{
	if (json_array_size(want) != json_array_size(have))
		return false;
	for (size_t i = 0; i < json_array_size(want); i++)
		if (!holds(elem, json_array_get(want, i), have))
			return false;
	return true;
}

static bool equal_maps(const struct type *elem, const json_t *want, const json_t *have)
{
	json_t *member;
	const char *key;

	if (json_object_size(want) != json_object_size(have))
		return false;
	json_object_foreach ((json_t *)want, key, member) {
		const json_t *other = json_object_get(have, key);

		if (!other || !type_equal(elem, member, other))
			return false;
	}
	return true;
}

/* The value that counts: what is there, else the default, else NULL. New. */
static json_t *effective(const struct field *f, const json_t *obj)
{
	json_t *v = json_object_get(obj, f->name);

	return v && !json_is_null(v) ? json_incref(v) : default_of(f);
}

static bool is_compared(const struct field *f)
{
	if (f->flags & (STATUS | ON_DELETE | WRITE_ONLY))
		return false;
	if ((f->flags & COMPUTED) && !f->in)
		return is_condition(f);
	return !f->out || *f->out;
}

static bool field_equal(const struct field *f, const json_t *want, const json_t *have)
{
	json_auto_t *w = effective(f, want), *h = NULL;

	if (!is_compared(f) || (!w && (f->flags & COMPUTED)))
		return true;
	h = effective(f, have);
	if (is_empty(w) || is_empty(h))
		return is_empty(w) && is_empty(h);
	return type_equal(f->type, w, h);
}

static bool equal_objects(const struct field *f, const json_t *want, const json_t *have)
{
	for (; f->name; f++)
		if (!field_equal(f, want, have))
			return false;
	return true;
}

bool type_equal(const struct type *type, const json_t *want, const json_t *have)
{
	if (is_special(want))
		return false;
	if (type->equal && !val_has_special(want))
		return type->equal(want, have);
	switch (type->kind) {
	case KIND_LIST:
		return equal_lists(type->elem, want, have);
	case KIND_SET:
		return equal_sets(type->elem, want, have);
	case KIND_MAP:
		return equal_maps(type->elem, want, have);
	case KIND_OBJ:
		return equal_objects(type->fields, want, have);
	default:
		return json_equal(want, have);
	}
}

void object_share(const struct rtype *t, json_t *want, const json_t *live)
{
	for (const struct field *f = t->fields; f->name; f++) {
		json_t *w = json_object_get(want, f->name), *h = json_object_get(live, f->name);
		json_auto_t *all = NULL;

		if (f->type->kind != KIND_SET || (f->flags & CREATE_ONLY) || !json_is_array(h) || val_has_special(w))
			continue;
		all = w ? json_copy(w) : json_array();
		json_array_extend(all, h);
		json_object_set_new(want, f->name, val_sorted_set(all));
	}
}

static void add_difference(struct difference **ret, size_t n, const struct field *f, const json_t *want,
			   const json_t *have)
{
	struct difference diff = {.field = f};

	if (!(f->flags & SENSITIVE)) {
		diff.from = json_incref(json_object_get(have, f->name));
		diff.to = effective(f, want);
	}
	*ret = xrealloc(*ret, n + 1, sizeof(**ret));
	(*ret)[n] = diff;
}

/* A name that a replacement had to take is as good as the one wished for. */
static void settle_unique(const struct rtype *t, json_t *want, const json_t *have)
{
	const char *wish = t->unique ? val_str(want, t->unique) : NULL;
	const char *live = t->unique ? val_str(have, t->unique) : NULL;

	if (wish && live && unique_equal(wish, live))
		json_object_set(want, t->unique, json_object_get(have, t->unique));
}

size_t object_diff(const struct rtype *t, const json_t *want, const json_t *have, struct difference **ret)
{
	json_auto_t *settled = json_deep_copy(want);
	size_t n = 0;

	*ret = NULL;
	settle_unique(t, settled, have);
	if (t->hooks && t->hooks->settle)
		t->hooks->settle(settled, have);
	for (const struct field *f = t->fields; f->name; f++)
		if (!field_equal(f, settled, have))
			add_difference(ret, n++, f, settled, have);
	return n;
}

/* New: the members of a value that cannot be changed in place, NULL if its type has none. */
static json_t *fixed_part(const struct type *type, const json_t *value)
{
	json_t *out, *part;

	if (type->kind == KIND_LIST || type->kind == KIND_SET) {
		out = json_array();
		for (size_t i = 0; i < json_array_size(value); i++)
			if ((part = fixed_part(type->elem, json_array_get(value, i))))
				json_array_append_new(out, part);
		part = val_sorted_set(out);
		json_decref(out);
		return part;
	}
	out = NULL;
	for (const struct field *f = type->kind == KIND_OBJ ? type->fields : NULL; f && f->name; f++) {
		if (!(f->flags & CREATE_ONLY))
			continue;
		out = out ? out : json_object();
		json_object_set_new(out, f->name, effective(f, value));
	}
	return out;
}

bool difference_replaces(const struct difference *d)
{
	json_auto_t *from = NULL, *to = NULL;

	if (!d->field)
		return false;
	if (d->field->flags & CREATE_ONLY)
		return true;
	if (d->from && d->to && !val_has_special(d->to)) {
		from = fixed_part(d->field->type, d->from);
		to = fixed_part(d->field->type, d->to);
		if (from && to && !json_equal(from, to))
			return true;
	}
	return (d->field->flags & FIXED_PRESENCE) && !d->from != !d->to;
}

void differences_free(struct difference *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_decref(d[i].from);
		json_decref(d[i].to);
	}
	free(d);
}

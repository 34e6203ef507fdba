#include "spec/schema.h"
#include "base/buf.h"
#include "base/err.h"
#include "spec/suggest.h"

#include <regex.h>
#include <string.h>

bool shape_matches(const char *pattern, const char *s)
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

const struct key *shape_key(const struct shape *shape, const char *name)
{
	for (const struct key *k = shape->keys; k && k->name; k++)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}

/* ---- What is said ---- */

static const char *label(struct at at, char *room, size_t size)
{
	if (at.key)
		return at.key;
	snprintf(room, size, "Item %zu", at.index + 1);
	return room;
}

static bool by_range(const struct shape *shape)
{
	return shape->min || shape->max;
}

static void report_kind(const struct schema_run *run, const struct shape *shape, struct at at)
{
	const char *what = shape->kind == SHAPE_OBJ ? "a map of keys to values" : shape->what;
	char room[32];

	if (!json_is_null(at.value)) {
		at_error(at, run->d, "%s must be %s.", label(at, room, sizeof(room)), what);
		return;
	}
	at_error(at, run->d, "%s has no value; it must be %s.", label(at, room, sizeof(room)), what);
	if (shape->kind == SHAPE_OBJ)
		at_hint(at, run->d, "For nothing but defaults write {}.");
}

static void report_word(const struct schema_run *run, const struct shape *shape, struct at at, const char *s)
{
	struct suggest near = SUGGEST(s);
	struct buf all = BUF(8192);
	char room[32];

	for (size_t i = 0; shape->words[i]; i++) {
		suggest_try(&near, shape->words[i]);
		buf_addf(&all, "%s%s", i ? ", " : "", shape->words[i]);
	}
	at_error(at, run->d, "%s cannot be \"%s\".", label(at, room, sizeof(room)), s);
	if (near.best)
		at_hint(at, run->d, "Did you mean %s? Allowed: %s.", near.best, buf_str(&all));
	else
		at_hint(at, run->d, "Allowed: %s.", buf_str(&all));
	buf_release(&all);
}

static void report_key(const struct schema_run *run, const struct shape *shape, struct at at)
{
	struct suggest near = SUGGEST(at.key);
	struct buf all = BUF(8192);

	for (const struct key *k = shape->keys; k->name; k++) {
		suggest_try(&near, k->name);
		buf_addf(&all, "%s%s", k == shape->keys ? "" : ", ", k->name);
	}
	at_key_error(at, run->d, "There is no key \"%s\" in %s.", at.key, shape->what);
	if (near.best)
		at_hint(at, run->d, "Did you mean %s? Allowed: %s.", near.best, buf_str(&all));
	else
		at_hint(at, run->d, "Allowed: %s.", buf_str(&all));
	buf_release(&all);
}

/* ---- Scalars ---- */

static void check_int(const struct schema_run *run, const struct shape *shape, struct at at)
{
	json_int_t n = json_integer_value(at.value);

	if (by_range(shape) && (n < shape->min || n > shape->max))
		report_kind(run, shape, at);
	else if (shape->check)
		shape->check(at, run->d);
}

static void check_num(const struct schema_run *run, const struct shape *shape, struct at at)
{
	double n = json_number_value(at.value);

	if (by_range(shape) && (n < (double)shape->min || n > (double)shape->max))
		report_kind(run, shape, at);
	else if (shape->check)
		shape->check(at, run->d);
}

/* Characters, as AWS counts. */
static json_int_t length(const char *s)
{
	json_int_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* Is a number written just as it would be printed: 3000, 16.4, but not 1.10 or 1e3? */
static bool is_canonical(const json_t *v, const char *raw)
{
	char text[64];

	if (json_is_boolean(v))
		return !strcmp(raw, json_is_true(v) ? "true" : "false");
	if (json_is_integer(v))
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		snprintf(text, sizeof(text), "%.15g", json_real_value(v));
	return !strcmp(text, raw);
}

/* A number or boolean where text belongs: turned into text if nothing can be lost by it. */
static bool settle_text(const struct schema_run *run, const struct shape *shape, struct at *at)
{
	const char *raw = at_raw(*at);
	bool number = json_is_number(at->value), loose = shape->flags & SHAPE_LOOSE;
	char room[32];

	if (json_is_string(at->value))
		return true;
	if (!raw || !(number || (loose && json_is_boolean(at->value)))) {
		report_kind(run, shape, *at);
		return false;
	}
	if ((shape->flags & SHAPE_QUOTED) || !is_canonical(at->value, raw)) {
		at_error(*at, run->d, "%s is text, but %s without quotes is a %s.", label(*at, room, sizeof(room)), raw,
			 number ? "number" : "boolean");
		at_hint(*at, run->d, "Write \"%s\", with the quotes.", raw);
		return false;
	}
	if (run->partial)
		at->value = json_string(raw);
	else
		at_set(at, json_string(raw));
	return true;
}

static void check_plain_text(const struct schema_run *run, const struct shape *shape, struct at at)
{
	const char *s = json_string_value(at.value);
	size_t i = 0;

	if (shape->words) {
		while (shape->words[i] && strcmp(shape->words[i], s) != 0)
			i++;
		if (!shape->words[i]) {
			report_word(run, shape, at, s);
			return;
		}
	}
	if ((by_range(shape) && (length(s) < shape->min || length(s) > shape->max)) ||
	    (shape->pattern && !shape_matches(shape->pattern, s)))
		at_error(at, run->d, "\"%s\" is not %s.", s, shape->what);
	else if (shape->check)
		shape->check(at, run->d);
}

static void check_text(const struct schema_run *run, const struct shape *shape, struct at at)
{
	bool converted = !json_is_string(at.value) && run->partial;
	const char *s;

	if (!settle_text(run, shape, &at))
		return;
	s = json_string_value(at.value);
	if (!(shape->flags & SHAPE_REFERS) && strstr(s, "${")) {
		at_error(at, run->d, "No reference can stand here: the value must be known before anything is made.");
	} else if ((shape->flags & SHAPE_REFERS) && strchr(s, '$')) {
		if (run->refers)
			run->refers(run->arg, at);
	} else {
		check_plain_text(run, shape, at);
	}
	if (converted)
		json_decref(at.value);
}

/* ---- Lists and maps ---- */

static void check_repeats(const struct schema_run *run, struct at at)
{
	for (size_t i = 0; i < json_array_size(at.value); i++)
		for (size_t k = 0; k < i; k++)
			if (json_equal(json_array_get(at.value, i), json_array_get(at.value, k))) {
				at_error(at_item(at, i), run->d, "This value stands in the list already.");
				break;
			}
}

static void check_list(const struct schema_run *run, const struct shape *shape, struct at at)
{
	size_t n = json_array_size(at.value);

	if (by_range(shape) && ((json_int_t)n < shape->min || (json_int_t)n > shape->max))
		report_kind(run, shape, at);
	for (size_t i = 0; i < n; i++)
		schema_check(run, shape->elem, at_item(at, i));
	if ((shape->flags & SHAPE_UNIQUE) && (json_int_t)n <= shape->max)
		check_repeats(run, at);
	if (shape->check)
		shape->check(at, run->d);
}

static void check_map(const struct schema_run *run, const struct shape *shape, struct at at)
{
	const char *key;
	json_t *member;
	void *next;

	if (by_range(shape) && ((json_int_t)json_object_size(at.value) < shape->min ||
				(json_int_t)json_object_size(at.value) > shape->max))
		report_kind(run, shape, at);
	json_object_foreach_safe (at.value, next, key, member) {
		const struct shape *name = shape->name;
		struct at to = at_key(at, key);

		if (name && ((name->pattern && !shape_matches(name->pattern, key)) ||
			     (by_range(name) && (length(key) < name->min || length(key) > name->max))))
			at_key_error(to, run->d, "\"%s\" is not %s.", key, name->what);
		if (!(run->partial && json_is_null(member)))
			schema_check(run, shape->elem, to);
	}
	if (shape->check)
		shape->check(at, run->d);
}

static void fill_default(const struct key *k, struct at at)
{
	json_t *v = json_loads(k->dflt, JSON_DECODE_ANY, NULL);

	if (!v)
		BUG("default of key %s is no JSON: %s", k->name, k->dflt);
	json_object_set_new(at.value, k->name, v);
}

static void check_key(const struct schema_run *run, const struct key *k, const struct shape *of, struct at at)
{
	struct at to = at_key(at, k->name);

	if (to.value && !(run->partial && json_is_null(to.value)))
		schema_check(run, k->shape, to);
	else if (run->partial)
		return;
	else if (k->flags & KEY_REQUIRED)
		at_error(at, run->d, "Key \"%s\" is missing in %s: %s", k->name, of->what, k->doc);
	else if (k->dflt)
		fill_default(k, at);
}

static void check_obj(const struct schema_run *run, const struct shape *shape, struct at at)
{
	size_t errors = run->d->errors;
	const char *key;
	json_t *member;

	json_object_foreach (at.value, key, member) {
		bool free_key = (shape->flags & SHAPE_X_KEYS) && !strncmp(key, "x-", 2);

		if (!free_key && !shape_key(shape, key))
			report_key(run, shape, at_key(at, key));
	}
	for (const struct key *k = shape->keys; k->name; k++)
		check_key(run, k, shape, at);
	if (run->d->errors == errors && !run->partial && shape->check)
		shape->check(at, run->d);
}

/* Any value: only what is said in texts, and keys that would be words of ours. */
static void check_any(const struct schema_run *run, struct at at)
{
	static const struct shape text = {.what = "text", .kind = SHAPE_TEXT, .flags = SHAPE_REFERS};
	const char *key;
	json_t *member;

	if (json_is_string(at.value))
		check_text(run, &text, at);
	for (size_t i = 0; i < json_array_size(at.value); i++)
		check_any(run, at_item(at, i));
	json_object_foreach (at.value, key, member) {
		if (key[0] == '$') {
			at_key_error(at_key(at, key), run->d, "A key cannot begin with \"$\".");
			at_hint(at, run->d, "To refer to another resource, write \"${ec2.vpc.main.id}\".");
		}
		check_any(run, at_key(at, key));
	}
}

/* ---- Any shape ---- */

static bool kind_fits(const struct shape *shape, const json_t *v)
{
	switch (shape->kind) {
	case SHAPE_BOOL:
		return json_is_boolean(v);
	case SHAPE_INT:
		return json_is_integer(v);
	case SHAPE_NUM:
		return json_is_number(v);
	case SHAPE_TEXT:
		return json_is_string(v) || json_is_number(v) || (shape->flags & SHAPE_LOOSE && json_is_boolean(v));
	case SHAPE_LIST:
		return json_is_array(v);
	case SHAPE_MAP:
	case SHAPE_OBJ:
		return json_is_object(v);
	default:
		return true;
	}
}

static void check_kind(const struct schema_run *run, const struct shape *shape, struct at at)
{
	switch (shape->kind) {
	case SHAPE_BOOL:
		break;
	case SHAPE_INT:
		check_int(run, shape, at);
		break;
	case SHAPE_NUM:
		check_num(run, shape, at);
		break;
	case SHAPE_TEXT:
		check_text(run, shape, at);
		break;
	case SHAPE_LIST:
		check_list(run, shape, at);
		break;
	case SHAPE_MAP:
		check_map(run, shape, at);
		break;
	case SHAPE_OBJ:
		check_obj(run, shape, at);
		break;
	case SHAPE_ANY:
		check_any(run, at);
		break;
	case SHAPE_LATER:
		at_key_error(at, run->d, "\"%s\" is not supported yet.", at.key);
		at_hint(at, run->d, "Take it out, or put it into a comment.");
		break;
	}
}

void schema_check(const struct schema_run *run, const struct shape *shape, struct at at)
{
	const struct shape *s = shape;

	if (at_is_bad(at))
		return;
	while (s->other && !kind_fits(s, at.value))
		s = s->other;
	if (kind_fits(s, at.value))
		check_kind(run, s, at);
	else
		report_kind(run, shape, at);
}

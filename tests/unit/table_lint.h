/* table_lint - the part of the lint of tables that looks at texts, paths, value types and fields. */
#pragma once

#include "base/buf.h"
#include "base/diag.h"
#include "base/path.h"
#include "providers/bind.h"
#include "tests/unit/test.h"

#include <ctype.h>
#include <regex.h>

struct lint {
	const struct rtype *t;
	struct diag d;
};

static void __attribute__((format(printf, 3, 4))) fault(struct lint *l, const char *where, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(&l->d, -1, "%s %s: %s", l->t->name ? l->t->name : "?", where, text);
}

/* ---- texts and paths -------------------------------------------------------------------------------------- */

static bool is_snake(const char *s)
{
	return islower((unsigned char)*s) && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(s);
}

static bool is_word(const char *s, size_t n)
{
	static const char *const words[] = {"app", "env",    "address", "region",    "account", "partition",
					    "now", "member", "tag_id",  "operation", "tag_type"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == n && !strncmp(words[i], s, n))
			return true;
	return false;
}

static const struct rtype *target_of(const struct rtype *t, const char *field)
{
	const struct field *f = field ? rtype_field(t, field) : NULL;

	return f && f->type->target ? rtype_find(f->type->target) : NULL;
}

static void check_name(struct lint *l, const char *where, const char *s, size_t n)
{
	char *name CLEANUP(freep) = xstrndup(s, n);
	const struct rtype *parent = !strcmp(where, "find") && l->t->companion ? rtype_of_address(l->t->companion, NULL)
									       : target_of(l->t, l->t->parent);

	if (name[0] == '@' && !is_word(name + 1, n - 1))
		fault(l, where, "there is no word {%s}", name);
	if (name[0] == '^' && (!parent || !rtype_field(parent, name + 1)))
		fault(l, where, "the parent has no field {%s}", name);
	if (name[0] != '@' && name[0] != '^' && !rtype_field(l->t, name))
		fault(l, where, "there is no field {%s}", name);
}

/* Every {a|b} of a text. */
static void check_text(struct lint *l, const char *where, const char *text)
{
	while ((text = strchr(text, '{'))) {
		const char *end = strchr(text, '}');

		if (!end) {
			fault(l, where, "a brace is not closed: %s", text);
			return;
		}
		for (text++; text < end;) {
			size_t n = strcspn(text, "|}");

			check_name(l, where, text, n);
			text += n + 1;
		}
	}
}

static void check_path(struct lint *l, const char *where, const char *path)
{
	if (path && *path && !path_valid(*path == '?' ? path + 1 : path))
		fault(l, where, "malformed path: %s", path);
}

static void check_json_texts(struct lint *l, const char *where, const json_t *v)
{
	const char *key;
	json_t *member;

	if (json_is_string(v))
		check_text(l, where, json_string_value(v));
	for (size_t i = 0; i < json_array_size(v); i++)
		check_json_texts(l, where, json_array_get(v, i));
	json_object_foreach ((json_t *)v, key, member)
		check_json_texts(l, where, member);
}

static void check_fixed(struct lint *l, const char *where, const char *member)
{
	const char *eq = member;
	int depth = 0;
	bool is_json;
	char *path CLEANUP(freep) = NULL;
	json_auto_t *value = NULL;

	for (; *eq && (depth || *eq != '='); eq++)
		depth += *eq == '[' ? 1 : *eq == ']' ? -1 : 0;
	if (!*eq || eq == member) {
		fault(l, where, "no \"Path=text\": %s", member);
		return;
	}
	is_json = eq[-1] == ':';
	path = xstrndup(member, (size_t)(eq - member) - is_json);
	check_path(l, where, path);
	if (!is_json) {
		check_text(l, where, eq + 1);
		return;
	}
	value = json_loads(eq + 1, JSON_DECODE_ANY, NULL);
	if (!value)
		fault(l, where, "no JSON: %s", eq + 1);
	check_json_texts(l, where, value);
}

/* ---- value types ------------------------------------------------------------------------------------------ */

static void check_words(struct lint *l, const char *where, const struct type *type)
{
	if (type->kind != KIND_STR)
		fault(l, where, "only texts have a list of words");
	for (size_t i = 0; type->names[i]; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(type->names[i], type->names[k]))
				fault(l, where, "the word %s stands twice", type->names[i]);
}

static void check_pattern(struct lint *l, const char *where, const struct type *type)
{
	char *whole CLEANUP(freep) = xasprintf("^(%s)$", type->pattern);
	regex_t re;

	if (type->kind != KIND_STR)
		fault(l, where, "only texts have a pattern");
	if (regcomp(&re, whole, REG_EXTENDED | REG_NOSUB))
		fault(l, where, "malformed pattern: %s", type->pattern);
	else
		regfree(&re);
}

static void check_reference(struct lint *l, const char *where, const struct type *type)
{
	const struct rtype *to = rtype_find(type->target);
	const struct field *f = to && type->attr ? rtype_field(to, type->attr) : NULL;

	if (!to)
		fault(l, where, "refers to a type that does not exist: %s", type->target);
	else if (!f)
		fault(l, where, "refers to a field that does not exist: %s.%s", type->target, type->attr);
	else if (f->flags & STATUS)
		fault(l, where, "refers to a field that is only for waits: %s.%s", type->target, type->attr);
}

static void check_fields(struct lint *l, const char *prefix, const struct field *fields, bool nested);

static void check_type(struct lint *l, const char *where, const struct type *type)
{
	bool many = type->kind == KIND_LIST || type->kind == KIND_SET || type->kind == KIND_MAP;

	if (!type->name || !*type->name)
		fault(l, where, "its type has no name");
	if (many != (type->elem != NULL))
		fault(l, where, "lists, sets and maps have members of one type, others have none");
	if ((type->kind == KIND_OBJ) != (type->fields != NULL))
		fault(l, where, "objects have fields, others have none");
	if (type->names)
		check_words(l, where, type);
	if (type->pattern)
		check_pattern(l, where, type);
	if (type->target)
		check_reference(l, where, type);
	if (type->min > type->max)
		fault(l, where, "the range is empty");
	if (type->elem)
		check_type(l, where, type->elem);
	if (type->fields)
		check_fields(l, where, type->fields, true);
}

/* ---- fields ----------------------------------------------------------------------------------------------- */

static void check_default(struct lint *l, const char *where, const struct field *f)
{
	json_auto_t *value = json_loads(f->dflt, JSON_DECODE_ANY, NULL), *canon = NULL;
	bool condition = (f->flags & COMPUTED) && !f->in && (f->mod || (f->flags & CREATE_ONLY));
	struct diag d = {0};

	if ((f->flags & (REQUIRED | COMPUTED)) && !condition)
		fault(l, where, "what is required or left to AWS has no default");
	if (!value) {
		fault(l, where, "its default is no JSON: %s", f->dflt);
		return;
	}
	canon = type_canon(f->type, value, "", &d);
	if (!canon || !json_equal(canon, value))
		fault(l, where, "its default is not canonical: %s", f->dflt);
	diag_release(&d);
}

static void check_create_only(struct lint *l, const char *where, const struct field *f)
{
	if (f->mod)
		fault(l, where, "cannot be changed, but says how");
	if (f->flags & (NOT_ON_CREATE | ON_DELETE | FIXED_PRESENCE))
		fault(l, where, "is sent when made, or it is not");
}

static void check_class(struct lint *l, const char *where, const struct field *f)
{
	if ((f->flags & REQUIRED) && (f->flags & COMPUTED))
		fault(l, where, "cannot be required and computed");
	if ((f->flags & (STATUS | VOLATILE)) && !(f->flags & COMPUTED))
		fault(l, where, "what moves by itself is computed");
	if ((f->flags & TOLD) && !(f->flags & ID) && strcmp(f->name, "arn") != 0)
		fault(l, where, "is told by the request, but names nothing");
	if ((f->flags & COMPUTED) && !(f->flags & TOLD) && !f->in && !(f->out && *f->out))
		fault(l, where, "is read from nowhere");
	if ((f->flags & WRITE_ONLY) && f->out && *f->out)
		fault(l, where, "is never read, but says where");
	if (f->flags & CREATE_ONLY)
		check_create_only(l, where, f);
}

static void check_updated(struct lint *l, const char *where, const struct field *f)
{
	const struct call *by = &l->t->update[f->by], *other = f->or_by ? &l->t->update[f->or_by - 1] : NULL;

	if ((f->flags & NOT_ON_CREATE) && !by->action)
		fault(l, where, "create does not take it, and no update call carries it");
	if (!(f->flags & (CREATE_ONLY | ID)) && !by->action)
		fault(l, where, "can be changed, but update[%u] does not exist", f->by);
	if (other &&
	    !((by->when && other->when) || ((by->flags | other->flags) & (CALL_EACH_ADDED | CALL_EACH_REMOVED))))
		fault(l, where, "two update calls carry it: both need a `when`");
	if (f->clear && !l->t->update[f->clear - 1].action)
		fault(l, where, "update[%u], which clears it, does not exist", f->clear - 1);
}

/* Each settable field must find its way into some request. */
static void check_carried(struct lint *l, const char *where, const struct field *f)
{
	const struct rtype *t = l->t;
	bool settable = !(f->flags & COMPUTED) || f->in;
	bool fixed_sense = !f->in && !f->mod;

	if (!settable || (f->flags & (ON_DELETE | STATUS)))
		return;
	if (f->by >= RTYPE_UPDATES || f->or_by > RTYPE_UPDATES || f->clear > RTYPE_UPDATES) {
		fault(l, where, "there is no such update call");
		return;
	}
	if (fixed_sense && !(f->flags & CREATE_ONLY) && !(t->hooks && t->hooks->build))
		fault(l, where, "no request carries it");
	if (!fixed_sense)
		check_updated(l, where, f);
}

static void check_field(struct lint *l, const char *where, const struct field *f, bool nested)
{
	if (!is_snake(f->name))
		fault(l, where, "names are in snake_case");
	if (!f->type) {
		fault(l, where, "has no type");
		return;
	}
	check_type(l, where, f->type);
	check_class(l, where, f);
	check_path(l, where, f->in);
	check_path(l, where, f->out);
	check_path(l, where, f->mod);
	if (f->dflt)
		check_default(l, where, f);
	if (!nested)
		check_carried(l, where, f);
	if (!(f->flags & STATUS) && (!f->doc || !*f->doc))
		fault(l, where, "has no sentence for `explain`");
}

static void check_fields(struct lint *l, const char *prefix, const struct field *fields, bool nested)
{
	for (const struct field *f = fields; f->name; f++) {
		char *where CLEANUP(freep) = *prefix ? xasprintf("%s.%s", prefix, f->name) : xstrdup(f->name);

		check_field(l, where, f, nested);
		for (const struct field *g = fields; g < f; g++)
			if (!strcmp(f->name, g->name))
				fault(l, where, "stands twice");
	}
}

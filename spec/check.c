#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"
#include "providers/bind.h"
#include "spec/check_impl.h"
#include "spec/suggest.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static struct pos member_pos(struct at at, const char *key)
{
	return json_object_get(at.value, key) ? at_key(at, key).pos : (struct pos){0};
}

struct pos field_pos(const struct checker *c, const char *field)
{
	const struct resource *r = &c->spec->resource[c->i];
	struct pos pos = {0};

	if (c->x && c->x->origin[c->i].override.value)
		pos = member_pos(c->x->origin[c->i].override, field);
	if (!pos.line && c->x && c->x->origin[c->i].given.value)
		pos = member_pos(c->x->origin[c->i].given, field);
	return pos.line ? pos : r->pos;
}

static const struct use *find_use(const struct checker *c, const char *ref)
{
	for (size_t i = 0; c->x && i < c->x->n_use; i++)
		if (!strcmp(c->x->use[i].ref, ref))
			return &c->x->use[i];
	return NULL;
}

struct pos ref_pos(const struct checker *c, const char *ref, const char *field)
{
	const struct use *u = find_use(c, ref);

	return u ? u->pos : field_pos(c, field);
}

const char *ref_written(const struct checker *c, const char *ref)
{
	const struct use *u = find_use(c, ref);

	return u ? u->text : ref;
}

void check_report(const struct checker *c, struct pos pos, const char *fmt, ...)
{
	const char *address = c->spec->resource[c->i].address;
	char *text CLEANUP(freep) = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (c->x)
		at_pos_error(c->x->doc, pos, c->d, "%s: %s", address, text ? text : "");
	else
		diag_at(c->d, ERR_INVALID, pos, "%s: %s", address, text ? text : "");
}

void check_hint(const struct checker *c, const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (c->x)
		at_hint(c->x->file, c->d, "%s", text ? text : "");
	else
		diag_hint(c->d, "%s", text ? text : "");
}

/* ---- Fields ---- */

static void report_field(const struct checker *c, const struct rtype *t, const char *key)
{
	struct suggest near = SUGGEST(key);
	struct buf all = BUF(8192);

	for (const struct field *f = t->fields; f->name; f++) {
		if ((f->flags & COMPUTED) && !f->in)
			continue;
		suggest_try(&near, f->name);
		buf_addf(&all, "%s%s", all.n ? ", " : "", f->name);
	}
	check_report(c, field_pos(c, key), "There is no field \"%s\".", key);
	if (near.best)
		check_hint(c, "Did you mean %s? Fields are %s.", near.best, buf_str(&all));
	else
		check_hint(c, "Fields are %s.", buf_str(&all));
	buf_release(&all);
}

/* The wish without fields that do not exist, which are reported. New. */
static json_t *known_fields(const struct checker *c, const struct rtype *t, const json_t *want)
{
	json_t *out = json_object(), *member;
	const char *key;

	json_object_foreach ((json_t *)want, key, member) {
		if (rtype_field(t, key))
			json_object_set(out, key, member);
		else
			report_field(c, t, key);
	}
	return out;
}

/* Sentences of the tables begin with the field: "containers[0].image is missing." */
static struct pos sentence_pos(const struct checker *c, const struct rtype *t, const char *text)
{
	char *head CLEANUP(freep) = xstrndup(text, strcspn(text, ".[: "));

	return rtype_field(t, head) ? field_pos(c, head) : c->spec->resource[c->i].pos;
}

static void take_items(const struct checker *c, const struct rtype *t, const struct diag *own)
{
	for (size_t i = 0; i < own->n; i++) {
		const struct diag_item *item = &own->item[i];
		struct pos pos = sentence_pos(c, t, item->text);

		if (item->severity == DIAG_ERROR)
			check_report(c, pos, "%s", item->text);
		else
			diag_warn_at(c->d, pos, "%s: %s", c->spec->resource[c->i].address, item->text);
		if (item->hint)
			check_hint(c, "%s", item->hint);
	}
}

static void check_fields(struct checker *c)
{
	struct resource *r = &c->spec->resource[c->i];
	json_auto_t *known = known_fields(c, r->type, r->want);
	struct diag own = {0};
	json_t *canon = object_canon(r->type, known, &own);

	take_items(c, r->type, &own);
	diag_release(&own);
	if (!canon)
		return;
	json_decref(r->want);
	r->want = canon;
}

static void check_depends(struct checker *c)
{
	const struct resource *r = &c->spec->resource[c->i];

	for (size_t i = 0; i < json_array_size(r->depends); i++) {
		const char *address = json_string_value(json_array_get(r->depends, i));

		if (!address || !spec_find(c->spec, address))
			check_report(c, r->pos, "It depends on %s, which is not there.", address ? address : "nothing");
	}
}

static void check_one(struct checker *c)
{
	const struct resource *r = &c->spec->resource[c->i];
	json_t *value;

	check_fields(c);
	if (c->x && c->x->incomplete)
		return;
	for (const struct field *f = r->type->fields; f->name; f++) {
		value = json_object_get(r->want, f->name);
		if (value)
			check_field_refs(c, f, value);
	}
	check_depends(c);
}

void resources_check(struct spec *spec, struct expand *x, struct diag *d)
{
	struct checker c = {.spec = spec, .x = x, .d = d};

	for (c.i = 0; c.i < spec->n; c.i++)
		if (spec->resource[c.i].type)
			check_one(&c);
	if (x && x->incomplete)
		return;
	check_subnets(&c);
	cycles_check(spec, x, d);
}

#include "spec/expand.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void expand_init(struct expand *x, struct spec *spec, struct doc *doc, struct diag *d)
{
	*x = (struct expand){.spec = spec, .doc = doc, .d = d, .bad = json_object()};
	x->file = doc_root(doc);
	x->at = x->file;
	x->section = "";
}

void expand_release(struct expand *x)
{
	for (size_t i = 0; i < x->n_use; i++) {
		free(x->use[i].ref);
		free(x->use[i].text);
	}
	free(x->use);
	free(x->origin);
	json_decref(x->bad);
	*x = (struct expand){0};
}

static char *format(const char *fmt, va_list ap) PRINTF(1, 0);

static char *format(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		BUG("cannot format %s", fmt);
	return s;
}

#define FORMAT(text)                    \
	do {                            \
		va_list ap;             \
		va_start(ap, fmt);      \
		text = format(fmt, ap); \
		va_end(ap);             \
	} while (0)

static const char *keep_text(struct expand *x, const char *text)
{
	json_t *kept = json_object_get(x->spec->texts, text);

	if (!kept) {
		kept = json_string(text);
		json_object_set_new(x->spec->texts, text, kept);
	}
	return json_string_value(kept);
}

const char *expand_text(struct expand *x, const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL;

	FORMAT(text);
	return keep_text(x, text);
}

void expand_section(struct expand *x, struct at at, const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL;

	FORMAT(text);
	x->at = at;
	x->section = keep_text(x, text);
}

static void report_twice(struct expand *x, const char *address, size_t first)
{
	const struct resource *r = &x->spec->resource[first];

	at_key_error(x->at, x->d, "%s would be there twice: line %d makes one already.", address, r->pos.line);
}

json_t *expand_add_fields(struct expand *x, const char *address, json_t *fields)
{
	struct spec *s = x->spec;
	const json_t *there = json_object_get(s->index, address);
	struct resource *r;

	if (there) {
		json_array_append_new(x->doc->keep, fields);
		report_twice(x, address, (size_t)json_integer_value(there));
		return fields;
	}
	s->resource = grow(s->resource, &x->resource_cap, s->n + 1, sizeof(*s->resource));
	x->origin = grow(x->origin, &x->origin_cap, s->n + 1, sizeof(*x->origin));
	r = &s->resource[s->n];
	x->origin[s->n] = (struct origin){0};
	*r = (struct resource){.address = xstrdup(address),
			       .type = rtype_of_address(address, NULL),
			       .want = fields,
			       .depends = json_array(),
			       .pos = x->at.key_pos,
			       .section = x->section};
	if (!r->type)
		at_key_error(x->at, x->d, "There is no resource type of address %s.", address);
	json_object_set_new(s->index, address, json_integer((json_int_t)s->n++));
	return fields;
}

json_t *expand_add(struct expand *x, const char *address, const char *fmt, ...)
{
	json_error_t e;
	json_t *fields;
	va_list ap;

	va_start(ap, fmt);
	fields = json_vpack_ex(&e, 0, fmt, ap);
	va_end(ap);
	if (!fields)
		BUG("%s: %s (%s)", address, e.text, fmt);
	return expand_add_fields(x, address, fields);
}

void expand_depends(struct expand *x, const char *address)
{
	resource_depends(&x->spec->resource[x->spec->n - 1], address);
}

void resource_depends(struct resource *r, const char *address)
{
	for (size_t i = 0; i < json_array_size(r->depends); i++)
		if (!strcmp(json_string_value(json_array_get(r->depends, i)), address))
			return;
	json_array_append_new(r->depends, json_string(address));
}

void expand_output(struct expand *x, const char *name, json_t *value)
{
	json_object_set_new(x->spec->outputs, name, value);
}

json_t *ref_to(const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL;

	FORMAT(text);
	return val_special(V_REF, json_string(text));
}

json_t *join_of(const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL;
	json_t *parts = json_array();
	const char *p;

	FORMAT(text);
	for (p = text; *p;) {
		size_t n = strcspn(p, "{");

		if (n)
			json_array_append_new(parts, json_stringn(p, n));
		p += n;
		if (*p) {
			n = strcspn(p, "}");
			json_array_append_new(parts, val_special(V_REF, json_stringn(p + 1, n - 1)));
			p += n + 1;
		}
	}
	return val_special(V_JOIN, parts);
}

json_t *subnet_refs(const struct expand *x)
{
	struct at network = at_key(x->file, "network");
	json_t *all = json_array();

	for (json_int_t i = 0; i < at_int(network, "zones"); i++)
		json_array_append_new(all, ref_to("ec2.subnet.public-%c.id", (char)('a' + i)));
	return all;
}

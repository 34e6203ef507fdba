#include "spec/ref.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/value.h"
#include "spec/section.h"
#include "spec/suggest.h"

#include <string.h>

static const char *const facts[] = {"aws.account", "aws.region", "aws.partition", "aws.dns_suffix", NULL};

bool ref_is_fact(const char *ref)
{
	static const char zone[] = "aws.zone_id.";
	size_t n = strlen(zone);

	for (const char *const *f = facts; *f; f++)
		if (!strcmp(*f, ref))
			return true;
	return !strncmp(ref, zone, n) && ref[n] >= '0' && ref[n] <= '9' && !ref[n + 1];
}

bool ref_target(const char *ref, const struct rtype **ret_type, char **ret_address, const char **ret_path)
{
	const struct rtype *t = rtype_of_address(ref, NULL);
	const char *dot = t ? strchr(ref + strlen(t->name) + 1, '.') : NULL;

	if (!dot)
		return false;
	*ret_type = t;
	*ret_address = xstrndup(ref, (size_t)(dot - ref));
	*ret_path = dot + 1;
	return true;
}

const struct field *ref_field(const struct rtype *t, const char *path)
{
	char *name CLEANUP(freep) = xstrndup(path, strcspn(path, ".["));

	return rtype_field(t, name);
}

/* ---- What a name stands for ---- */

/* Where a reference stands, for its errors. */
struct spot {
	struct expand *x;
	struct at at;
	struct pos pos;
	const char *text; /* as written, without ${ } */
};

#define SPOT_ERROR(s, ...) at_pos_error((s)->x->doc, (s)->pos, (s)->x->d, __VA_ARGS__)

static char *field_unknown(const struct spot *s, const struct rtype *t, const char *path)
{
	struct suggest near = SUGGEST(path);
	struct buf all = BUF(8192);

	for (const struct field *f = t->fields; f->name; f++) {
		if (f->flags & STATUS)
			continue;
		suggest_try(&near, f->name);
		buf_addf(&all, "%s%s", all.n ? ", " : "", f->name);
	}
	SPOT_ERROR(s, "${%s}: %s has no field \"%s\".", s->text, t->name, path);
	if (near.best)
		at_hint(s->at, s->x->d, "Did you mean %s? It has %s.", near.best, buf_str(&all));
	else
		at_hint(s->at, s->x->d, "It has %s.", buf_str(&all));
	buf_release(&all);
	return NULL;
}

static char *resource_ref(const struct spot *s, const struct rtype *t)
{
	const char *path = NULL;
	char *address CLEANUP(freep) = NULL;
	const struct field *f;

	if (!ref_target(s->text, &t, &address, &path)) {
		SPOT_ERROR(s, "${%s} names a resource, but no field of it.", s->text);
		at_hint(s->at, s->x->d, "Add a field: ${%s.%s}", s->text, t->fields[0].name);
		return NULL;
	}
	f = ref_field(t, path);
	if (!f || (f->flags & STATUS) || !path_valid(path))
		return field_unknown(s, t, path);
	return xstrdup(s->text);
}

static char *section_key_unknown(const struct spot *s, const struct section *section, const char *key)
{
	const char *dots = !strcmp(section->name, "services") ? "services.NAME" : section->name;
	struct suggest near = SUGGEST(key);
	struct buf all = BUF(4096);

	for (const struct section_ref *r = section->refs; r->key; r++) {
		suggest_try(&near, r->key);
		buf_addf(&all, "%s%s", all.n ? ", " : "", r->key);
	}
	SPOT_ERROR(s, "${%s} stands for nothing.", s->text);
	if (near.best)
		at_hint(s->at, s->x->d, "Did you mean %s? Of %s there are %s.", near.best, dots, buf_str(&all));
	else
		at_hint(s->at, s->x->d, "Of %s there are %s.", dots, buf_str(&all));
	buf_release(&all);
	return NULL;
}

static const char *section_target(const struct section *section, const char *key)
{
	for (const struct section_ref *r = section->refs; r->key; r++)
		if (!strcmp(r->key, key))
			return r->target;
	return NULL;
}

static char *service_unknown(const struct spot *s, const char *name, struct at services)
{
	struct suggest near = SUGGEST(name);

	suggest_keys(&near, services.value);
	SPOT_ERROR(s, "${%s}: there is no service \"%s\".", s->text, name);
	if (near.best)
		at_hint(s->at, s->x->d, "Did you mean %s?", near.best);
	return NULL;
}

/* "services.web.url" */
static char *service_ref(const struct spot *s, const struct section *section, const char *rest)
{
	struct at services = at_key(s->x->file, "services");
	const char *front = at_str(at_key(s->x->file, "api"), "service");
	const char *dot = strchr(rest, '.');
	char *name CLEANUP(freep) = xstrndup(rest, dot ? (size_t)(dot - rest) : strlen(rest));
	const char *target;

	if (!json_object_get(services.value, name))
		return service_unknown(s, name, services);
	target = dot ? section_target(section, dot + 1) : NULL;
	if (!target)
		return section_key_unknown(s, section, dot ? dot + 1 : "");
	if (!strcmp(dot + 1, "url") && (!front || strcmp(front, name) != 0)) {
		SPOT_ERROR(s, "${%s}: service %s has no URL, because no API is in front of it.", s->text, name);
		return NULL;
	}
	if (strstr(target, "%s")) {
		const char *gap = strstr(target, "%s");

		return xasprintf("%.*s%s%s", (int)(gap - target), target, name, gap + 2);
	}
	return xstrdup(target);
}

static char *section_ref(const struct spot *s, const struct section *section, const char *rest)
{
	const char *target;

	if (!has_section(s->x->file, section->name)) {
		SPOT_ERROR(s, "${%s} stands for nothing: there is no section %s.", s->text, section->name);
		return NULL;
	}
	if (!strcmp(section->name, "services"))
		return service_ref(s, section, rest);
	target = section_target(section, rest);
	return target ? xstrdup(target) : section_key_unknown(s, section, rest);
}

static const struct section *section_of(const char *text)
{
	for (const struct section *const *p = sections; *p; p++) {
		size_t n = strlen((*p)->name);

		if ((*p)->refs && !strncmp(text, (*p)->name, n) && (text[n] == '.' || !text[n]))
			return *p;
	}
	return NULL;
}

static char *head_unknown(const struct spot *s)
{
	char *head CLEANUP(freep) = xstrndup(s->text, strcspn(s->text, "."));
	const char *dot = strchr(s->text, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
	char *type CLEANUP(freep) = xstrndup(s->text, second ? (size_t)(second - s->text) : strlen(s->text));
	struct suggest near = SUGGEST(head), types = SUGGEST(type);

	for (const struct section *const *p = sections; *p; p++)
		if ((*p)->refs)
			suggest_try(&near, (*p)->name);
	for (const struct rtype *const *t = rtypes; *t; t++)
		suggest_try(&types, (*t)->name);
	SPOT_ERROR(s, "${%s} is neither a field of a resource nor of a section.", s->text);
	if (types.best && strcmp(types.best, type) != 0)
		at_hint(s->at, s->x->d, "Did you mean %s?", types.best);
	else if (near.best)
		at_hint(s->at, s->x->d, "Did you mean %s?", near.best);
	else
		at_hint(s->at, s->x->d,
			"Write ${ec2.vpc.main.id}, ${database.host}, ${services.web.name}, ${aws.region}; "
			"$${ is ${ itself.");
	return NULL;
}

static char *fact_unknown(const struct spot *s)
{
	SPOT_ERROR(s, "${%s} is unknown.", s->text);
	at_hint(s->at, s->x->d, "There are aws.account, aws.region, aws.partition, aws.dns_suffix and aws.zone_id.0.");
	return NULL;
}

/* What a reference stands for, as the engine knows it; new, or NULL after an error. */
static char *translate(const struct spot *s)
{
	char *two CLEANUP(freep) = NULL;
	const struct section *section = section_of(s->text);
	const char *dot = strchr(s->text, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
	const struct rtype *t;

	if (!strncmp(s->text, "aws.", 4))
		return ref_is_fact(s->text) ? xstrdup(s->text) : fact_unknown(s);
	/* "logs.group.x.name" is a resource although there is a section of that name. */
	two = xstrndup(s->text, second ? (size_t)(second - s->text) : strlen(s->text));
	t = second ? rtype_find(two) : NULL;
	if (t)
		return resource_ref(s, t);
	return section ? section_ref(s, section, dot ? dot + 1 : "") : head_unknown(s);
}

/* ---- Texts ---- */

/* The place of byte `offset` of a text, as far as it can be told. */
static struct pos pos_inside(struct at at, const char *text, size_t offset)
{
	const struct place *p = doc_place_of(at.doc, at.in, at.key, at.index);
	struct pos pos = at.pos;

	if (!p || p->quote == QUOTE_BLOCK || memchr(text, '\n', offset))
		return pos;
	pos.column += p->quote != QUOTE_NONE;
	for (size_t i = 0; i < offset; i++)
		pos.column += ((unsigned char)text[i] & 0xc0) != 0x80;
	return pos;
}

static void note_use(const struct spot *s, const char *ref)
{
	struct expand *x = s->x;

	x->use = grow(x->use, &x->use_cap, x->n_use + 1, sizeof(*x->use));
	x->use[x->n_use++] = (struct use){.at = s->at, .pos = s->pos, .ref = xstrdup(ref), .text = xstrdup(s->text)};
}

static void flush_text(json_t *parts, struct buf *text)
{
	if (text->n)
		json_array_append_new(parts, json_stringn(buf_str(text), text->n));
	buf_reset(text);
}

/* "${name}" at p; returns what lies behind it, NULL after an error. */
static const char *convert_one(struct expand *x, struct at at, const char *text, const char *p, json_t *parts)
{
	const char *end = strchr(p, '}');
	struct spot s = {.x = x, .at = at, .pos = pos_inside(at, text, (size_t)(p - text))};
	char *name CLEANUP(freep) = end ? xstrndup(p + 2, (size_t)(end - p) - 2) : NULL;
	char *ref CLEANUP(freep) = NULL;

	if (!name) {
		SPOT_ERROR(&s, "This reference has no closing brace.");
		at_hint(at, x->d, "Write ${name}; for the characters themselves write $${.");
		return NULL;
	}
	s.text = name;
	ref = translate(&s);
	if (!ref)
		return end + 1;
	note_use(&s, ref);
	json_array_append_new(parts, val_special(V_REF, json_string(ref)));
	return end + 1;
}

static json_t *joined(json_t *parts)
{
	if (json_array_size(parts) == 1)
		return json_incref(json_array_get(parts, 0));
	if (!json_array_size(parts))
		return json_string("");
	return val_special(V_JOIN, json_incref(parts));
}

void ref_convert(struct expand *x, struct at at)
{
	const char *text = json_string_value(at.value), *p = text;
	struct buf plain = BUF(SPEC_FILE_MAX);
	json_auto_t *parts = json_array();

	while (p && *p) {
		if (!strncmp(p, "$${", 3)) {
			buf_adds(&plain, "${");
			p += 3;
		} else if (!strncmp(p, "${", 2)) {
			flush_text(parts, &plain);
			p = convert_one(x, at, text, p, parts);
		} else {
			buf_addc(&plain, *p++);
		}
	}
	flush_text(parts, &plain);
	buf_release(&plain);
	at_set(&at, joined(parts));
}

/* ---- Afterwards ---- */

static void report_absent(struct expand *x, const struct use *u, const char *address)
{
	struct suggest near = SUGGEST(address);

	at_pos_error(x->doc, u->pos, x->d, "${%s}: there is no resource %s.", u->text, address);
	for (size_t i = 0; i < x->spec->n; i++)
		suggest_try(&near, x->spec->resource[i].address);
	if (near.best)
		at_hint(u->at, x->d, "Did you mean %s?", near.best);
	else
		at_hint(u->at, x->d, "`berth plan --expand` lists all that there are.");
	json_object_set_new(x->bad, u->ref, json_true());
}

void refs_check(struct expand *x)
{
	for (size_t i = 0; i < x->n_use; i++) {
		const struct rtype *t;
		const char *path;
		char *address CLEANUP(freep) = NULL;

		if (ref_target(x->use[i].ref, &t, &address, &path) && !json_object_get(x->spec->index, address))
			report_absent(x, &x->use[i], address);
	}
}

/* Patterns of ARNs from the tables' templates and what the spec tells of names. */
#include "base/buf.h"
#include "engine/permit_int.h"
#include "engine/resolve.h"

#include <stdlib.h>
#include <string.h>

#define ARN_MAX 2048

/* A template being filled. */
struct filling {
	const struct permit *p;
	const struct resource *r;
	struct buf text;
	bool exact; /* names stay as they are */
	bool shared, ended;
};

/*
 * Where in a name the part ends that all names of this app share: behind "/gengar/", or behind "gengar-" or "/gengar-".
 * 0: it is no name of that kind.
 */
static size_t common_part(const char *name, const char *prefix, char next)
{
	size_t n = strlen(prefix);

	for (const char *at = name; (at = strstr(at, prefix)); at++) {
		int behind = at[n] ? at[n] : next == '/' ? '/' : '\0';

		if ((at == name || at[-1] == '/') && (behind == '/' || behind == '-'))
			return (size_t)(at - name) + n + 1;
	}
	return 0;
}

/* From the common part on it stands for all of them. */
static void add_name(struct filling *f, const char *name, char next)
{
	size_t n = f->exact ? 0 : common_part(name, f->p->spec->prefix, next);

	if (!n) {
		buf_adds(&f->text, name);
		return;
	}
	buf_add(&f->text, name, n - 1);
	f->shared |= name[n - 1] == '-';
	buf_adds(&f->text, name[n - 1] == '-' ? "-*" : "/*");
	f->ended = true;
}

static json_t *want_of(const struct permit *p, const struct resource *r)
{
	return r ? json_object_get(p->wants, r->address) : NULL;
}

static const struct resource *parent_of(const struct permit *p, const struct resource *r)
{
	const json_t *ref = r && r->type->parent ? val_operand(json_object_get(r->want, r->type->parent), V_REF) : NULL;
	char *address CLEANUP(freep) = NULL, *path CLEANUP(freep) = NULL;

	if (!ref || !ref_split(json_string_value(ref), &address, &path))
		return NULL;
	return spec_find(p->spec, address);
}

/* The ARN of another resource of the spec; it is that one alone, whatever its name begins with. New, or NULL. */
static char *arn_of(const struct permit *p, const json_t *unknown)
{
	const char *ref = json_string_value(val_operand(unknown, V_UNKNOWN));
	char *address CLEANUP(freep) = NULL, *path CLEANUP(freep) = NULL;
	const struct resource *r;
	const char *template;

	if (!ref || !ref_split(ref, &address, &path) || strcmp(path, "arn") != 0)
		return NULL;
	r = spec_find(p->spec, address);
	template = r ? r->type->iam ? r->type->iam : r->type->arn : NULL;
	if (!template || strchr(template, ' '))
		return NULL;
	return permit_text(p, r, template, true);
}

static void add_unknown(struct filling *f, const json_t *value)
{
	char *arn CLEANUP(freep) = arn_of(f->p, value);

	f->shared |= !arn;
	buf_adds(&f->text, arn ? arn : "*");
}

/* Of a type that the spec does not wish for nothing is known but what AWS takes for granted. New, or NULL. */
static json_t *default_of(const struct rtype *t, const char *name)
{
	const struct field *parent = *name == '^' && t->parent ? rtype_field(t, t->parent) : NULL;
	const struct rtype *of = parent ? rtype_find(parent->type->target) : t;
	const struct field *f = of ? rtype_field(of, name + (*name == '^')) : NULL;

	return f && f->dflt ? json_loads(f->dflt, JSON_DECODE_ANY, NULL) : NULL;
}

/* The value that {name} or {^name} stands for. New, or NULL. */
static json_t *value_of(const struct filling *f, const char *name)
{
	const struct resource *from = *name == '^' ? parent_of(f->p, f->r) : f->r;
	json_t *value = json_object_get(want_of(f->p, from), name + (*name == '^'));

	return value ? json_incref(value) : default_of(f->r->type, name);
}

/* {name}, {^name}, {@word}; what nobody knows before it is made is anything. */
static void add_word(struct filling *f, const char *word, size_t n, char next)
{
	char *name CLEANUP(freep) = xstrndup(word, n);
	json_auto_t *value = *name == '@' ? NULL : value_of(f, name);

	if (!strcmp(name, "@region"))
		buf_adds(&f->text, f->p->region);
	else if (!strcmp(name, "@account"))
		buf_adds(&f->text, f->p->account);
	else if (*name == '@')
		buf_addc(&f->text, '*');
	else if (json_is_string(value))
		add_name(f, json_string_value(value), next);
	else
		add_unknown(f, value);
}

/* "parameter/" and a name that begins with a slash; and two that are anything. */
static void squeeze(char *arn)
{
	char *to = arn;

	for (const char *c = arn; *c; c++)
		if (!((*c == '/' || *c == '*') && to > arn && to[-1] == *c))
			*to++ = *c;
	*to = '\0';
}

static void fill(struct filling *f, const char *template, bool arn)
{
	if (arn && *template != '{' && strcmp(template, "*") != 0)
		buf_addf(&f->text, "arn:%s:", f->p->partition);
	while (*template && !f->ended) {
		const char *end = *template == '{' ? strchr(template, '}') : NULL;

		if (end)
			add_word(f, template + 1, (size_t)(end - template - 1), end[1]);
		else
			buf_addc(&f->text, *template);
		template = end ? end + 1 : template + 1;
	}
	if (f->text.p)
		squeeze(f->text.p);
}

char *permit_text(const struct permit *p, const struct resource *r, const char *template, bool arn)
{
	struct filling f = {.p = p, .r = r, .exact = true, .text = BUF(ARN_MAX)};

	fill(&f, template, arn);
	return buf_take(&f.text);
}

static struct pattern pattern_of(const struct permit *p, const struct resource *r, const char *template)
{
	struct filling f = {.p = p, .r = r, .text = BUF(ARN_MAX)};

	fill(&f, template, true);
	return (struct pattern){.text = buf_take(&f.text), .shared = f.shared};
}

static void fill_each(const struct permit *p, const struct resource *r, const char *list,
		      void (*f)(void *arg, const struct pattern *pattern), void *arg)
{
	while (list && *list) {
		size_t n = strcspn(list, " ");
		char *template CLEANUP(freep) = xstrndup(list, n);
		struct pattern pattern = pattern_of(p, r, template);

		f(arg, &pattern);
		free(pattern.text);
		list += n + strspn(list + n, " ");
	}
}

void patterns_each(const struct permit *p, const struct resource *r, const char *on,
		   void (*f)(void *arg, const struct pattern *pattern), void *arg)
{
	const char *own = r->type->iam ? r->type->iam : r->type->arn;

	if (*on == '.') {
		fill_each(p, r, own ? own : "*", f, arg);
		on += 1 + strspn(on + 1, " ");
	}
	fill_each(p, r, on, f, arg);
}

/* "PATCH /v2/apis/{id}" -> "arn:aws:apigateway:us-east-1::/apis/<any>": IAM's paths have no version. */
struct pattern pattern_of_path(const struct permit *p, const struct rtype *t, const char *action)
{
	const char *path = strchr(action, '/') + 1;
	struct buf text = BUF(ARN_MAX);

	buf_addf(&text, "arn:%s:%s:%s::", p->partition, t->svc->iam, p->region);
	path += strcspn(path, "/");
	while (*path) {
		const char *end = *path == '{' ? strchr(path, '}') : NULL;

		if (end)
			buf_addc(&text, '*');
		else
			buf_addc(&text, *path);
		path = end ? end + 1 : path + 1;
	}
	return (struct pattern){.text = buf_take(&text), .shared = true};
}

bool pattern_covers(const char *wide, const char *narrow)
{
	if (!*wide)
		return !*narrow;
	if (*wide == '*')
		return pattern_covers(wide + 1, narrow) || (*narrow && pattern_covers(wide, narrow + 1));
	return *wide == *narrow && pattern_covers(wide + 1, narrow + 1);
}

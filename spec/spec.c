#include "spec/spec.h"
#include "base/err.h"
#include "base/value.h"
#include "spec/check.h"
#include "spec/env.h"
#include "spec/ref.h"
#include "spec/section.h"
#include "spec/spec_impl.h"

#include <stdlib.h>
#include <string.h>

void spec_release(struct spec *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->resource[i].address);
		json_decref(s->resource[i].want);
		json_decref(s->resource[i].depends);
	}
	free(s->resource);
	free(s->file);
	free(s->app);
	free(s->env);
	free(s->prefix);
	free(s->region);
	free(s->account);
	free(s->digest);
	json_decref(s->tags);
	json_decref(s->secrets);
	json_decref(s->outputs);
	json_decref(s->index);
	json_decref(s->texts);
	*s = (struct spec){0};
}

const struct resource *spec_find(const struct spec *s, const char *address)
{
	const json_t *i = json_object_get(s->index, address);

	if (s->index)
		return i ? &s->resource[json_integer_value(i)] : NULL;
	for (size_t k = 0; k < s->n; k++)
		if (!strcmp(s->resource[k].address, address))
			return &s->resource[k];
	return NULL;
}

void spec_init(struct spec *s)
{
	*s = (struct spec){.tags = json_object(),
			   .secrets = json_object(),
			   .outputs = json_object(),
			   .index = json_object(),
			   .texts = json_object()};
}

char *spec_prefix(const char *app, const char *env)
{
	return strcmp(env, "default") ? xasprintf("%s-%s", app, env) : xstrdup(app);
}

/* ---- From the file ---- */

static void convert(void *arg, struct at at)
{
	ref_convert(arg, at);
}

static char *copy_str(struct at file, const char *key)
{
	const char *s = at_str(file, key);

	return s ? xstrdup(s) : NULL;
}

/* What stands at the top. Absent or wrong values are empty, and an error is there already. */
static void take_head(struct expand *x, const char *env)
{
	struct spec *s = x->spec;
	json_t *tags = json_object_get(x->file.value, "tags");

	s->env = xstrdup(env ? env : "default");
	s->app = copy_str(x->file, "app");
	s->region = copy_str(x->file, "region");
	s->account = copy_str(x->file, "account");
	if (!s->app)
		s->app = xstrdup("");
	if (!s->region)
		s->region = xstrdup("");
	s->prefix = spec_prefix(s->app, s->env);
	if (json_is_object(tags))
		json_object_update(s->tags, tags);
}

static void take_secrets(struct expand *x)
{
	struct at secrets = at_key(x->file, "secrets");

	for (size_t i = 0; i < json_array_size(secrets.value); i++) {
		const char *name = json_string_value(json_array_get(secrets.value, i));

		json_object_set_new(x->spec->secrets, name, json_sprintf("/%s/%s", x->spec->prefix, name));
	}
}

static void check_sections(struct expand *x)
{
	names_check(x->file, x->spec->prefix, x->d);
	secrets_check(x->file, x->d);
	for (const struct section *const *p = sections; *p; p++)
		if ((*p)->check)
			(*p)->check(x->file, x->d);
}

static void expand_sections(struct expand *x)
{
	for (const struct section *const *p = sections; *p; p++)
		if ((*p)->expand && (!x->incomplete || *p == &section_resources))
			(*p)->expand(x);
}

/* Everything behind the reading. Goes on after errors (there were `errors` before) as far as it makes sense. */
static void load(struct expand *x, const char *env, size_t errors)
{
	const struct schema_run run = {.d = x->d, .refers = convert, .arg = x};

	sections_imply(x->file);
	schema_check(&run, &spec_shape, x->file);
	take_head(x, env);
	check_sections(x);
	x->incomplete = x->d->errors > errors;
	if (!x->incomplete)
		take_secrets(x);
	expand_sections(x);
	override_apply(x);
	if (!x->incomplete)
		refs_check(x);
	resources_check(x->spec, x, x->d);
}

static void say_suppressed(const struct doc *doc, struct diag *d)
{
	if (doc->suppressed)
		diag_note(d, "There are %zu more errors.", doc->suppressed);
}

/*
 * Places name the file, and messages with places are read when the spec, and whoever asked for it, may be gone. A run
 * knows one or two files, so their names stay.
 */
static const char *kept_name(const char *file)
{
	static char **names;
	static size_t n, cap;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], file))
			return names[i];
	names = grow(names, &cap, n + 1, sizeof(*names));
	names[n] = xstrdup(file);
	return names[n++];
}

/* text NULL: from s->file. */
static int load_text(struct spec *s, const char *text, size_t n, const char *env, struct diag *d)
{
	size_t errors = d->errors;
	struct expand x;
	struct doc doc;
	int rc;

	doc_init(&doc, kept_name(s->file));
	rc = text ? doc_parse(&doc, text, n, d) : doc_load(&doc, d);
	if (!rc)
		rc = env_apply(doc_root(&doc), env, d);
	if (!rc) {
		expand_init(&x, s, &doc, d);
		load(&x, env, errors);
		expand_release(&x);
	}
	say_suppressed(&doc, d);
	doc_release(&doc);
	return rc ? rc : d->errors > errors ? ERR_INVALID : 0;
}

int spec_load_text(const struct spec_options *options, const char *text, size_t n, struct spec *ret, struct diag *d)
{
	struct spec s;
	int rc;

	spec_init(&s);
	s.file = xstrdup(options->file);
	rc = load_text(&s, text, n, options->env, d);
	if (rc) {
		spec_release(&s);
		return rc;
	}
	s.digest = spec_digest(&s);
	*ret = s;
	return 0;
}

int spec_load(const struct spec_options *options, struct spec *ret, struct diag *d)
{
	if (!strcmp(options->file, "-")) {
		diag_error(d, ERR_USAGE, "The spec cannot be read from standard input.");
		diag_hint(d, "What berth remembers lies beside the file, so it needs one.");
		return ERR_USAGE;
	}
	return spec_load_text(options, NULL, 0, ret, d);
}

/* A spec as a JSON document, and back: for `plan --expand` and saved plans. */
#include "base/err.h"
#include "base/value.h"
#include "spec/check.h"
#include "spec/env.h"
#include "spec/schema.h"
#include "spec/spec_impl.h"

#include <stdlib.h>
#include <string.h>

#define DIGEST_CHARS 64

static json_t *resource_to_json(const struct resource *r)
{
	json_t *out = json_pack("{s:s,s:O}", "type", r->type->name, "fields", r->want);

	if (json_array_size(r->depends))
		json_object_set(out, "depends", r->depends);
	if (r->section && *r->section)
		json_object_set_new(out, "section", json_string(r->section));
	return out;
}

json_t *spec_to_json(const struct spec *s)
{
	json_t *out = json_pack("{s:s,s:s,s:s}", "app", s->app, "env", s->env, "region", s->region);
	json_t *resources = json_object();

	if (s->account)
		json_object_set_new(out, "account", json_string(s->account));
	if (s->tags)
		json_object_set(out, "tags", s->tags);
	if (s->secrets)
		json_object_set(out, "secrets", s->secrets);
	for (size_t i = 0; i < s->n; i++)
		json_object_set_new(resources, s->resource[i].address, resource_to_json(&s->resource[i]));
	json_object_set_new(out, "resources", resources);
	if (s->outputs)
		json_object_set(out, "outputs", s->outputs);
	return out;
}

char *spec_digest(const struct spec *s)
{
	json_auto_t *doc = spec_to_json(s);
	char *hex = xcalloc(DIGEST_CHARS + 1, 1);
	const char *address;
	json_t *resource;

	json_object_foreach (json_object_get(doc, "resources"), address, resource)
		json_object_del(resource, "section");
	val_digest(doc, hex, DIGEST_CHARS);
	return hex;
}

/* ---- Back ---- */

static int complain(struct diag *d, const char *what)
{
	return diag_error(d, ERR_INVALID, "The saved spec is damaged: %s.", what);
}

/* The same rule as the file's table has for the key. */
static bool fits(const struct shape *shape, const char *key, const char *s)
{
	const struct key *k = shape_key(shape, key);

	return s && (!k->shape->pattern || shape_matches(k->shape->pattern, s));
}

static int take_head(const json_t *doc, struct spec *s, struct diag *d)
{
	const char *app = val_str(doc, "app"), *env = val_str(doc, "env"), *region = val_str(doc, "region");
	const json_t *account = json_object_get(doc, "account");
	const struct shape *environments = shape_key(&spec_shape, "environments")->shape;

	if (!fits(&spec_shape, "app", app))
		return complain(d, "it has no app");
	if (!env || !shape_matches(environments->name->pattern, env))
		return complain(d, "it has no env");
	if (!region || !shape_matches("[a-z]{2,4}(-[a-z]+)+-[0-9]+", region))
		return complain(d, "it has no region");
	if (account && !fits(&spec_shape, "account", json_string_value(account)))
		return complain(d, "its account is none");
	s->app = xstrdup(app);
	s->env = xstrdup(env);
	s->region = xstrdup(region);
	s->account = account ? xstrdup(json_string_value(account)) : NULL;
	s->prefix = spec_prefix(app, env);
	return 0;
}

static bool is_text_map(const json_t *v)
{
	const char *key;
	json_t *member;

	json_object_foreach ((json_t *)v, key, member)
		if (!json_is_string(member))
			return false;
	return !v || json_is_object(v);
}

static int take_maps(const json_t *doc, struct spec *s, struct diag *d)
{
	json_t *tags = json_object_get(doc, "tags"), *secrets = json_object_get(doc, "secrets");
	json_t *outputs = json_object_get(doc, "outputs");

	if (!is_text_map(tags) || !is_text_map(secrets))
		return complain(d, "tags and secrets must be maps of texts");
	if (outputs && !json_is_object(outputs))
		return complain(d, "outputs must be a map");
	json_object_update(s->tags, tags);
	json_object_update(s->secrets, secrets);
	json_object_update(s->outputs, outputs);
	return 0;
}

static const char *keep_text(struct spec *s, const char *text)
{
	if (!json_object_get(s->texts, text))
		json_object_set_new(s->texts, text, json_string(text));
	return json_string_value(json_object_get(s->texts, text));
}

static bool is_address_list(const json_t *v)
{
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!json_is_string(json_array_get(v, i)))
			return false;
	return !v || json_is_array(v);
}

static int take_resource(const char *address, const json_t *doc, struct spec *s, struct diag *d)
{
	const char *type = val_str(doc, "type"), *section = val_str(doc, "section");
	json_t *fields = json_object_get(doc, "fields"), *depends = json_object_get(doc, "depends");
	const struct rtype *t = rtype_of_address(address, NULL);

	if (!t || !type || strcmp(t->name, type) != 0 || !shape_matches("[a-z0-9._-]+", address))
		return diag_error(d, ERR_INVALID, "The saved spec is damaged: %s is of no known type.", address);
	if (!json_is_object(fields) || !is_address_list(depends) ||
	    (section && !shape_matches("[A-Za-z0-9._-]*", section)))
		return diag_error(d, ERR_INVALID, "The saved spec is damaged: resource %s.", address);
	s->resource[s->n] = (struct resource){.address = xstrdup(address),
					      .type = t,
					      .want = json_deep_copy(fields),
					      .depends = depends ? json_deep_copy(depends) : json_array(),
					      .section = keep_text(s, section ? section : "")};
	json_object_set_new(s->index, address, json_integer((json_int_t)s->n++));
	return 0;
}

static void take_resources(const json_t *doc, struct spec *s, struct diag *d)
{
	json_t *all = json_object_get(doc, "resources"), *resource;
	const char *address;

	if (!json_is_object(all)) {
		complain(d, "it has no resources");
		return;
	}
	s->resource = xcalloc(json_object_size(all) + 1, sizeof(*s->resource));
	json_object_foreach (all, address, resource)
		take_resource(address, resource, s, d);
}

int spec_from_json(const json_t *doc, struct spec *ret, struct diag *d)
{
	size_t errors = d->errors;
	struct spec s;

	spec_init(&s);
	s.file = xstrdup("");
	if (!take_head(doc, &s, d) && !take_maps(doc, &s, d)) {
		take_resources(doc, &s, d);
		if (d->errors == errors)
			resources_check(&s, NULL, d);
	}
	if (d->errors > errors) {
		spec_release(&s);
		return ERR_INVALID;
	}
	s.digest = spec_digest(&s);
	*ret = s;
	return 0;
}

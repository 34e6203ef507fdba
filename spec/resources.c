/* resources - the low level: resources of any type by the fields of its table, and fields of generated ones. */
#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"
#include "spec/section.h"
#include "spec/suggest.h"

#include <string.h>

static const struct shape s_any = {.what = "any value", .kind = SHAPE_ANY};
static const struct shape s_resource = {.what = "a map of fields", .kind = SHAPE_MAP, .elem = &s_any};
static const struct shape s_name = {
    .what = "a name (lower-case letters, digits and hyphens), or a whole address such as ec2.security_group.cache",
    .kind = SHAPE_TEXT,
    .pattern = "([a-z0-9]+\\.[a-z0-9_]+\\.)?[a-z0-9]+(-[a-z0-9]+)*",
    .min = 1,
    .max = 200,
};

const struct shape resources_shape = {
    .what = "a map of names to resources",
    .kind = SHAPE_MAP,
    .name = &s_name,
    .elem = &s_resource,
};
const struct shape override_shape = {
    .what = "a map of addresses to fields",
    .kind = SHAPE_MAP,
    .elem = &s_resource,
};

static void report_type(struct at at, const char *type, struct diag *d)
{
	struct suggest near = SUGGEST(type);

	for (const struct rtype *const *t = rtypes; *t; t++)
		suggest_try(&near, (*t)->name);
	at_error(at, d, "There is no resource type \"%s\".", type);
	if (near.best)
		at_hint(at, d, "Did you mean %s? `berth explain` lists all.", near.best);
	else
		at_hint(at, d, "`berth explain` lists all that there are.");
}

/* The address, NULL after an error. With a whole address as key, `type` is a field as any other. */
static const char *address_of(struct expand *x, struct at entry)
{
	struct at type = at_key(entry, "type");
	const char *last = strrchr(entry.key, '.');
	char *head CLEANUP(freep) = last ? xstrndup(entry.key, (size_t)(last - entry.key)) : NULL;

	if (last) {
		if (rtype_find(head))
			return expand_text(x, "%s", entry.key);
		entry.pos = entry.key_pos;
		report_type(entry, head, x->d);
		return NULL;
	}
	if (!json_is_string(type.value)) {
		at_key_error(entry, x->d, "Resource %s does not say its type.", entry.key);
		at_hint(entry, x->d, "Add a type, as type: ec2.security_group, or name it by its whole address.");
		return NULL;
	}
	if (!rtype_find(json_string_value(type.value))) {
		report_type(type, json_string_value(type.value), x->d);
		return NULL;
	}
	return expand_text(x, "%s.%s", json_string_value(type.value), entry.key);
}

static void add_depends(struct expand *x, struct resource *r, struct at entry)
{
	struct at depends = at_key(entry, "depends");

	if (depends.value && !json_is_array(depends.value))
		at_error(depends, x->d, "depends must be a list of addresses.");
	for (size_t i = 0; i < json_array_size(depends.value); i++) {
		struct at one = at_item(depends, i);
		const char *address = json_string_value(one.value);

		if (!address || !rtype_of_address(address, NULL))
			at_error(one, x->d, "This is no address such as ec2.vpc.main.");
		else if (!x->incomplete && !json_object_get(x->spec->index, address))
			at_error(one, x->d, "There is no resource %s.", address);
		else
			resource_depends(r, address);
	}
}

static void add_one(struct expand *x, struct at entry)
{
	size_t n = x->spec->n;
	const char *address;
	json_t *fields;

	if (!json_is_object(entry.value))
		return;
	address = address_of(x, entry);
	if (!address)
		return;
	expand_section(x, entry, "resources.%s", entry.key);
	fields = json_copy(entry.value);
	json_object_del(fields, "depends");
	if (!strchr(entry.key, '.'))
		json_object_del(fields, "type");
	/* An integration has no tags: its description says whose it is. */
	if (!strncmp(address, "apigateway.integration.", strlen("apigateway.integration.")))
		json_object_set_new(fields, "description", json_sprintf("berth:%s", address));
	expand_add_fields(x, address, fields);
	if (x->spec->n > n)
		x->origin[n].given = entry;
}

static void expand(struct expand *x)
{
	struct at resources = at_key(x->file, "resources");
	const char *key;
	json_t *entry;

	json_object_foreach (resources.value, key, entry)
		add_one(x, at_key(resources, key));
}

/* After all are there, as they may wait for each other. */
static void each_depends(struct expand *x)
{
	for (size_t i = 0; i < x->spec->n; i++)
		if (x->origin[i].given.value)
			add_depends(x, &x->spec->resource[i], x->origin[i].given);
}

static void report_address(struct expand *x, struct at entry)
{
	struct suggest near = SUGGEST(entry.key);

	for (size_t i = 0; i < x->spec->n; i++)
		suggest_try(&near, x->spec->resource[i].address);
	at_key_error(entry, x->d, "There is no resource %s that could be overridden.", entry.key);
	if (near.best)
		at_hint(entry, x->d, "Did you mean %s?", near.best);
	else
		at_hint(entry, x->d, "`berth plan --expand` lists all that there are.");
}

void override_apply(struct expand *x)
{
	struct at override = at_key(x->file, "override");
	const char *key;
	json_t *entry;

	each_depends(x);
	json_object_foreach (override.value, key, entry) {
		struct at at = at_key(override, key);
		const json_t *i = json_object_get(x->spec->index, key);

		if (i) {
			size_t n = (size_t)json_integer_value(i);

			val_merge(x->spec->resource[n].want, entry);
			x->origin[n].override = at;
		} else if (!x->incomplete) {
			report_address(x, at);
		}
	}
}

const struct section section_resources = {.name = "resources", .expand = expand};

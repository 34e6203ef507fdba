/* A live world, as an apply of a spec would have left it, and what somebody did to it since. */
#include "base/path.h"
#include "engine/graph.h"
#include "engine/plan.h"
#include "tests/plan/test.h"

#include <stdlib.h>
#include <string.h>

struct faker {
	struct world *w;
	const struct spec *spec;
};

static struct target fake_target(void *arg, const char *address)
{
	const struct faker *f = arg;
	const struct object *o = world_find(f->w, address);

	return (struct target){.have = o ? o->fields : NULL, .type = o ? o->type : rtype_of_address(address, NULL)};
}

static json_t *fake_text(const struct rtype *t, const struct field *f, const char *address)
{
	const char *name = NULL;

	rtype_of_address(address, &name);
	if (!strcmp(f->name, "arn"))
		return json_sprintf("arn:aws:%s:us-east-1:123456789012:%s", t->svc->name, name);
	return json_sprintf("%s-%s", name, f->name);
}

/* What AWS would have given; NULL: nothing that a plan could show. */
static json_t *fake_value(const struct rtype *t, const struct field *f, const char *address)
{
	if (f->dflt)
		return json_loads(f->dflt, JSON_DECODE_ANY, NULL);
	switch (f->type->kind) {
	case KIND_INT:
		return json_integer(f->type->min > 0 ? f->type->min : 1);
	case KIND_NUM:
		return json_real(1);
	case KIND_STR:
		return fake_text(t, f, address);
	default:
		return NULL;
	}
}

static void fake_object(struct faker *f, const struct resource *res)
{
	struct resolver r = {.world = f->w, .spec = f->spec, .find = fake_target, .arg = f};
	struct diag d = {0};
	json_auto_t *resolved = resolve(&r, res->want, NULL);
	json_t *fields = object_canon(res->type, resolved, &d);
	struct object *o;
	char *source;

	if (!fields)
		die_diag(&d);
	diag_release(&d);
	for (const struct field *fd = res->type->fields; fd->name; fd++) {
		json_t *v = (fd->flags & COMPUTED) && !json_object_get(fields, fd->name) && !(fd->flags & STATUS)
				? fake_value(res->type, fd, res->address)
				: NULL;

		if (fd->flags & WRITE_ONLY)
			json_object_del(fields, fd->name);
		if (v)
			json_object_set_new(fields, fd->name, v);
	}
	o = world_add(f->w, res->type, res->address, fields, plan_tags(f->spec, res->type, res->address));
	o->arn = val_str(o->fields, "arn") ? xstrdup(val_str(o->fields, "arn")) : NULL;
	source = plan_has_source(res) ? plan_source(res, &r, o) : NULL;
	if (source && o->tags)
		json_object_set_new(o->tags, "berth:source", json_string(source));
	free(source);
}

void live_make(struct world *w, const struct spec *spec)
{
	struct faker f = {.w = w, .spec = spec};
	struct edge *edge = NULL;
	struct diag d = {0};
	size_t n, *order = NULL;

	if (graph_build(spec, &edge, &n, &order, &d))
		die_diag(&d);
	for (size_t i = 0; i < spec->n; i++)
		fake_object(&f, &spec->resource[order[i]]);
	free(edge);
	free(order);
}

static enum standing standing_of(const char *word)
{
	static const char *const words[] = {
	    [OWNED] = "owned", [STRAY] = "stray", [FOREIGN] = "foreign", [SHARED_USE] = "shared"};

	for (size_t i = 0; word && i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], word))
			return (enum standing)i;
	if (word)
		die("@change: standing is owned, stray, foreign or shared");
	return OWNED;
}

/* The fields in the form in which AWS's answers are compared; those that only AWS sets stay as the test says. New. */
static json_t *extra_fields(const struct rtype *t, const json_t *given)
{
	json_auto_t *wish = json_copy((json_t *)given);
	struct diag d = {0};
	json_t *fields;

	for (const struct field *f = t->fields; f->name; f++)
		if ((f->flags & COMPUTED) && !f->in)
			json_object_del(wish, f->name);
	fields = object_canon(t, wish, &d);
	if (!fields)
		die_diag(&d);
	diag_release(&d);
	json_object_update_missing(fields, (json_t *)given);
	return fields;
}

static void add_extra(struct world *w, const char *address, const json_t *change)
{
	const struct rtype *t = rtype_find(val_str(change, "type"));
	json_t *tags = json_object_get(change, "tags");
	struct object *o;

	if (!t)
		die("@change adds an object of an unknown type");
	o = world_add(w, t, address, extra_fields(t, json_object_get(change, "fields")),
		      tags ? json_incref(tags) : NULL);
	o->standing = standing_of(val_str(change, "standing"));
	o->arn = val_str(o->fields, "arn") ? xstrdup(val_str(o->fields, "arn")) : NULL;
}

static void change_tag(struct object *o, const char *key, json_t *value)
{
	if (!o->tags)
		die("@change sets a tag of what has none");
	if (json_is_null(value))
		json_object_del(o->tags, key);
	else
		json_object_set(o->tags, key, value);
}

static void change_object(struct object *o, json_t *change)
{
	const char *key;
	json_t *value;

	json_object_foreach (change, key, value) {
		if (!strcmp(key, "@user"))
			o->user = xstrdup(json_string_value(value));
		else if (!strcmp(key, "@remembered"))
			o->remembered = true;
		else if (key[0] == '#')
			change_tag(o, key + 1, value);
		else if (json_is_null(value))
			path_remove(o->fields, key);
		else if (path_put(o->fields, key, json_incref(value)))
			die("@change sets a field that cannot be there");
	}
}

void live_change(struct world *w, const json_t *changes)
{
	json_t *change;
	const char *address;

	json_object_foreach ((json_t *)changes, address, change) {
		struct object *o = world_find(w, address);

		if (address[0] == '+')
			add_extra(w, address + 1, change);
		else if (address[0] == '!')
			json_object_set(w->unread, address + 1, change);
		else if (!o)
			die("@change names an object that is not live");
		else if (json_is_null(change))
			world_remove(w, o);
		else
			change_object(o, change);
	}
}

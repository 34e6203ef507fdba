/* One wish against one live object. */
#include "base/buf.h"
#include "base/err.h"
#include "engine/plan_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_TAG "berth:source"
#define SOURCE_CHARS 16

void plan_set_reason(struct action *a, const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	free(a->reason);
	a->reason = text;
}

/* ---- tags ------------------------------------------------------------------------------------------------------- */

static void add_name_tag(json_t *tags, const struct spec *spec, const char *address)
{
	const char *name = NULL;

	rtype_of_address(address, &name);
	if (!name || !strcmp(name, "main"))
		json_object_set_new(tags, "Name", json_string(spec->prefix));
	else
		json_object_set_new(tags, "Name", json_sprintf("%s-%s", spec->prefix, name));
}

/* Which keys are the user's is said in a tag too: so a key taken out of the spec is known without any memory. */
static void add_key_list(json_t *tags, const json_t *user)
{
	struct buf keys = BUF(256);
	json_auto_t *names = json_array(), *sorted = NULL;
	json_t *value;
	const char *key;

	json_object_foreach ((json_t *)user, key, value)
		json_array_append_new(names, json_string(key));
	sorted = val_sorted_set(names);
	for (size_t i = 0; i < json_array_size(sorted); i++)
		buf_addf(&keys, "%s%s", i ? " " : "", json_string_value(json_array_get(sorted, i)));
	if (keys.n && !keys.err)
		json_object_set_new(tags, "berth:tags", json_string(buf_str(&keys)));
	buf_release(&keys);
}

json_t *plan_tags(const struct spec *spec, const struct rtype *t, const char *address)
{
	json_t *tags;

	if (!(t->flags & TAGGED))
		return NULL;
	tags = spec->tags ? json_deep_copy(spec->tags) : json_object();
	add_key_list(tags, spec->tags);
	json_object_set_new(tags, "berth:app", json_string(spec->app));
	json_object_set_new(tags, "berth:env", json_string(spec->env));
	json_object_set_new(tags, "berth:resource", json_string(address));
	if (!strcmp(t->svc->name, "ec2") && !json_object_get(tags, "Name"))
		add_name_tag(tags, spec, address);
	return tags;
}

/* What was there before berth keeps the name that somebody gave it. */
static void keep_name_tag(struct action *a, const json_t *user)
{
	if (object_adopted(a->have) && json_object_get(a->have->tags, "Name") && !json_object_get(user, "Name"))
		json_object_del(a->tags, "Name");
}

static struct change *add_change(struct action *a, const char *field)
{
	a->change = xrealloc(a->change, a->n_change + 1, sizeof(*a->change));
	a->change[a->n_change] = (struct change){.field = xstrdup(field)};
	return &a->change[a->n_change++];
}

static void compare_tags(struct action *a)
{
	const json_t *have = a->have->tags;
	const char *mine = val_str(have, "berth:tags");
	struct change *c;
	json_t *value;
	const char *key;

	if (!a->tags || !have)
		return;
	json_object_foreach (a->tags, key, value) {
		json_t *old = json_object_get(have, key);

		if (json_equal(old, value))
			continue;
		c = add_change(a, key);
		c->from = json_incref(old);
		c->to = json_incref(value);
		c->flags = CHANGE_TAG;
	}
	while (mine && *mine) {
		size_t n = strcspn(mine, " ");
		char *old CLEANUP(freep) = xstrndup(mine, n);

		if (!json_object_get(a->tags, old) && json_object_get(have, old)) {
			c = add_change(a, old);
			c->from = json_incref(json_object_get(have, old));
			c->flags = CHANGE_TAG;
		}
		mine += n + (mine[n] == ' ');
	}
	if (!json_object_get(a->tags, "berth:tags") && json_object_get(have, "berth:tags")) {
		c = add_change(a, "berth:tags");
		c->from = json_incref(json_object_get(have, "berth:tags"));
		c->flags = CHANGE_TAG;
	}
}

/* ---- secrets: known by where they come from, never by what they are
 * -------------------------------------------------- */

static bool is_generated(const json_t *v)
{
	return val_operand(v, V_GENERATE) != NULL;
}

bool plan_has_source(const struct resource *res)
{
	for (const struct field *f = res->type->fields; f->name; f++) {
		const json_t *v = json_object_get(res->want, f->name);

		if ((f->flags & WRITE_ONLY) && v && !is_generated(v))
			return true;
	}
	return false;
}

/* The values of the type's stamp fields, as one value; NULL if one is missing. New. */
static json_t *stamp_of(const struct rtype *t, const json_t *fields)
{
	json_auto_t *stamp = json_array();
	const char *s = t->stamp;

	while (s && *s) {
		size_t n = strcspn(s, " ");
		char *name CLEANUP(freep) = xstrndup(s, n);
		json_t *v = json_object_get(fields, name);

		if (!v)
			return NULL;
		json_array_append(stamp, v);
		s += n + (s[n] == ' ');
	}
	return json_incref(stamp);
}

/* Replaces references to secrets by "address@stamp": a rewritten secret changes what is made of it. */
static json_t *with_stamps(const struct resolver *r, const json_t *v, bool *unknown)
{
	const json_t *ref = val_operand(v, V_REF);
	char *address CLEANUP(freep) = NULL, *path CLEANUP(freep) = NULL;
	json_t *out, *member, *stamp;
	const char *key;
	struct target t;

	if (ref && ref_split(json_string_value(ref), &address, &path)) {
		t = r->find(r->arg, address);
		stamp = t.have && t.type && !t.updated ? stamp_of(t.type, t.have) : NULL;
		*unknown |= !stamp;
		return json_pack("{s:s, s:o}", "secret", address, "stamp", stamp ? stamp : json_null());
	}
	if (val_is_unknown(v))
		*unknown = true;
	if (json_is_array(v)) {
		out = json_array();
		for (size_t i = 0; i < json_array_size(v); i++)
			json_array_append_new(out, with_stamps(r, json_array_get(v, i), unknown));
		return out;
	}
	if (!json_is_object(v))
		return json_incref((json_t *)v);
	out = json_object();
	json_object_foreach ((json_t *)v, key, member)
		json_object_set_new(out, key, with_stamps(r, member, unknown));
	return out;
}

char *plan_source(const struct resource *res, const struct resolver *r, const struct object *have)
{
	json_auto_t *inputs = json_object(), *own = NULL;
	char digest[SOURCE_CHARS + 1], stamp[SOURCE_CHARS / 2 + 1];
	/* Where a secret comes from goes into the digest, never what it is. */
	struct resolver blind = *r;
	bool unknown = false;

	blind.secret = NULL;

	for (const struct field *f = res->type->fields; f->name; f++) {
		const json_t *v = json_object_get(res->want, f->name);
		json_auto_t *known = NULL;

		if (!(f->flags & WRITE_ONLY) || !v || is_generated(v))
			continue;
		known = resolve(&blind, v, NULL);
		json_object_set_new(inputs, f->name, with_stamps(&blind, known, &unknown));
	}
	if (unknown || !json_object_size(inputs))
		return NULL;
	val_digest(inputs, digest, SOURCE_CHARS);
	if (!res->type->stamp)
		return xstrdup(digest);
	own = have ? stamp_of(res->type, have->fields) : NULL;
	if (!own)
		return NULL;
	val_digest(own, stamp, SOURCE_CHARS / 2);
	return xasprintf("%s.%s", digest, stamp);
}

static void compare_source(struct planner *p, struct action *a)
{
	char *want CLEANUP(freep) = NULL;
	const char *have = val_str(a->have->tags, SOURCE_TAG);

	if (!plan_has_source(a->resource) || !a->have->tags)
		return;
	want = plan_source(a->resource, &p->resolver, a->have);
	if (want && have && !strcmp(want, have))
		return;
	for (const struct field *f = a->type->fields; f->name; f++) {
		struct change *c;

		if (!(f->flags & WRITE_ONLY) || !json_object_get(a->resource->want, f->name))
			continue;
		c = add_change(a, f->name);
		c->flags = CHANGE_SENSITIVE | (want ? 0 : CHANGE_UNKNOWN);
		c->risk = f->risk;
	}
}

/* ---- fields ---------------------------------------------------------------------------------------------------------
 */

static void compare_fields(struct action *a)
{
	struct difference *diff = NULL;
	size_t n = object_diff(a->type, a->want, a->have->fields, &diff);

	for (size_t i = 0; i < n; i++) {
		const struct field *f = diff[i].field;
		struct change *c = add_change(a, f->name);

		c->from = json_incref(diff[i].from);
		c->to = json_incref(diff[i].to);
		c->risk = f->risk;
		if (f->flags & SENSITIVE)
			c->flags |= CHANGE_SENSITIVE;
		if (difference_replaces(&diff[i]))
			c->flags |= CHANGE_FORCES_REPLACE;
		if (c->to && val_has_special(c->to))
			c->flags |= CHANGE_UNKNOWN;
	}
	differences_free(diff, n);
}

/* What AWS does not show cannot differ; but what it is made in may be made anew. */
static void compare_unseen(struct action *a)
{
	for (const struct field *f = a->type->fields; f->name; f++) {
		json_t *v = json_object_get(a->want, f->name);
		struct change *c;

		if (!(f->flags & CREATE_ONLY) || (f->flags & WRITE_ONLY) || !f->out || *f->out || !v ||
		    !val_has_unknown(v))
			continue;
		c = add_change(a, f->name);
		c->from = json_incref(json_object_get(a->have->fields, f->name));
		c->to = json_incref(v);
		c->flags = CHANGE_UNKNOWN | CHANGE_FORCES_REPLACE;
	}
}

static size_t count_differences(struct planner *p, const struct resource *res, const struct object *o)
{
	struct diag ignored = {0};
	json_auto_t *resolved = resolve(&p->resolver, res->want, o->fields);
	json_auto_t *want = object_canon(res->type, resolved, &ignored);
	struct difference *diff = NULL;
	size_t n = want ? object_diff(res->type, want, o->fields, &diff) : (size_t)-1;

	if (want)
		differences_free(diff, n);
	diag_release(&ignored);
	return n;
}

/* Of several live objects that bear the address the one that needs least counts; the others are leftovers. */
static struct object *best_match(struct planner *p, const struct resource *res)
{
	const struct world *w = p->req->world;
	size_t n = world_count(w, res->address), least = (size_t)-1;
	struct object *best = world_find(w, res->address);

	for (size_t i = 0; n > 1 && i < n; i++) {
		struct object *o = world_nth(w, res->address, i);
		size_t differences = count_differences(p, res, o);

		if (differences < least) {
			least = differences;
			best = o;
		}
	}
	if (n > 1)
		world_prefer(p->req->world, best);
	return best;
}

static void decide(struct planner *p, struct action *a)
{
	const struct action *held = plan_held_by(p, a);
	bool replace = false;

	for (size_t i = 0; i < a->n_change; i++) {
		if (a->change[i].risk > a->risk)
			a->risk = a->change[i].risk;
		if (!(a->change[i].flags & CHANGE_FORCES_REPLACE))
			continue;
		if (!replace)
			plan_set_reason(a, "%s cannot be changed in place", a->change[i].field);
		replace = true;
	}
	if (held && !replace) {
		plan_set_reason(a, "it uses %s, which has to go before the new one can be made", held->address);
		replace = true;
	}
	a->act = replace ? ACT_REPLACE : a->n_change ? ACT_UPDATE : ACT_NOOP;
	if (!replace)
		return;
	a->create_first = a->type->replace == CREATE_FIRST && !held;
	a->risk = a->type->flags & DATA ? RISK_DATA : a->create_first ? RISK_NONE : RISK_DOWNTIME;
}

void plan_compare(struct planner *p, size_t i)
{
	struct action *a = &p->plan->action[i];
	json_auto_t *resolved = NULL;
	size_t from = p->d->n;

	a->have = best_match(p, a->resource);
	resolved = resolve(&p->resolver, a->resource->want, a->have ? a->have->fields : NULL);
	a->want = object_canon(a->type, resolved, p->d);
	if (!a->want) {
		diag_prefix(p->d, from, "%s", a->address);
		a->want = json_incref(resolved);
		return;
	}
	a->tags = plan_tags(p->req->spec, a->type, a->address);
	if (!a->have) {
		a->act = ACT_CREATE;
		return;
	}
	if (object_is_shared(a->have))
		object_share(a->type, a->want, a->have->fields);
	compare_fields(a);
	compare_unseen(a);
	if (a->have->standing == OWNED) {
		keep_name_tag(a, p->req->spec->tags);
		compare_source(p, a);
		compare_tags(a);
	}
	decide(p, a);
}

#include "engine/adopt.h"
#include "base/err.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "berth:"

const char *adopt_needless(const struct rtype *t)
{
	if (t->flags & VERSIONED)
		return "is known by its family: every revision of it is berth's";
	if (rtype_is_part(t))
		return "is known by what it lives in, and goes with that";
	return t->flags & TAGGED ? NULL : "cannot be tagged, and is known by what it refers to";
}

struct object *adopt_candidate(const struct world *w, const char *address, size_t i)
{
	char *mark CLEANUP(freep) = xasprintf("?%s", address);
	struct object *shared = world_find(w, address);

	if (shared && shared->standing == SHARED_USE)
		return i ? NULL : shared;
	return world_nth(w, mark, i);
}

json_t *adopt_tags(const struct spec *spec, const char *address, const char *now)
{
	return json_pack("{s:s, s:s, s:s, s:o}", PREFIX "app", spec->app, PREFIX "env", spec->env, PREFIX "resource",
			 address, ADOPTED_TAG, json_sprintf("%.4s-%.2s-%.2s", now, now + 4, now + 6));
}

/* What berth's tags said of it before does not hold any more. */
static json_t *without_ours(const json_t *tags)
{
	json_t *rest = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)tags, key, value)
		if (strncmp(key, PREFIX, strlen(PREFIX)) != 0)
			json_object_set(rest, key, value);
	return rest;
}

void adopt_pretend(struct world *w, struct object *o, const char *address, const json_t *tags)
{
	json_t *all = without_ours(o->tags);

	json_object_update(all, (json_t *)tags);
	json_decref(o->tags);
	o->tags = all;
	o->standing = OWNED;
	o->remembered = false;
	world_rename(w, o, address);
}

int adopt_preview(const struct spec *spec, struct world *w, struct plan *ret, struct diag *d)
{
	struct plan_request req = {.spec = spec, .world = w};
	struct diag own = {0};
	int rc = plan_make(&req, ret, &own);

	if (rc == ERR_REFUSED || rc == ERR_CLASH)
		rc = 0;
	for (size_t i = 0; rc && i < own.n; i++) {
		diag_error(d, own.item[i].code, "%s", own.item[i].text);
		if (own.item[i].hint)
			diag_hint(d, "%s", own.item[i].hint);
	}
	diag_release(&own);
	return rc;
}

size_t adopt_narrow(const struct world *w, struct plan *plan, const struct object *o)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		struct action *a = &plan->action[i];

		a->selected = a->have && (a->have == o || world_home(w, a->have) == o);
		n += a->selected && a->act != ACT_NOOP;
	}
	return n;
}

/* ---- plans of one step --------------------------------------------------------------------------------------- */

static struct action *one_step(struct object *o, const char *address, struct plan *ret)
{
	*ret = (struct plan){.notes = json_array(), .n = 1, .cap = 1, .counts.update = 1};
	ret->action = xcalloc(1, sizeof(*ret->action));
	ret->action[0] =
	    (struct action){.act = ACT_TAG, .address = xstrdup(address), .type = o->type, .have = o, .selected = true};
	return &ret->action[0];
}

static void change_tag(struct action *a, const char *key, const json_t *from, const json_t *to)
{
	a->change = xrealloc(a->change, a->n_change + 1, sizeof(*a->change));
	a->change[a->n_change++] = (struct change){.field = xstrdup(key),
						   .from = json_incref((json_t *)from),
						   .to = json_incref((json_t *)to),
						   .flags = CHANGE_TAG};
}

json_t *adopt_removed(const struct object *o)
{
	json_t *keys = json_array(), *value;
	const char *key;

	json_object_foreach (o->tags, key, value)
		if (!strncmp(key, PREFIX, strlen(PREFIX)))
			json_array_append_new(keys, json_string(key));
	return keys;
}

void adopt_plan(struct object *o, const struct resource *res, const json_t *tags, struct plan *ret)
{
	struct action *a = one_step(o, res->address, ret);
	json_t *value;
	const char *key;

	a->resource = res;
	a->tags = json_deep_copy(tags);
	json_object_foreach ((json_t *)tags, key, value)
		change_tag(a, key, json_object_get(o->tags, key), value);
	json_object_foreach (o->tags, key, value)
		if (!strncmp(key, PREFIX, strlen(PREFIX)) && !json_object_get(tags, key))
			change_tag(a, key, value, NULL);
}

void forget_plan(struct object *o, struct plan *ret)
{
	struct action *a = one_step(o, o->address, ret);
	json_t *value;
	const char *key;

	json_object_foreach (o->tags, key, value)
		if (!strncmp(key, PREFIX, strlen(PREFIX)))
			change_tag(a, key, value, NULL);
}

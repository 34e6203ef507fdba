/* Live objects that no wish names: they go, but for data, what was adopted, and what plan_keep.c finds to be needed. */
#include "base/err.h"
#include "engine/plan_int.h"
#include "engine/secrets.h"

#include <stdlib.h>
#include <string.h>

static struct action *add_action(struct planner *p, struct object *o, enum act act)
{
	struct plan *plan = p->plan;
	struct action *a;

	plan->action = grow(plan->action, &plan->cap, plan->n + 1, sizeof(*plan->action));
	a = &plan->action[plan->n++];
	*a = (struct action){.act = act, .address = xstrdup(o->address), .type = o->type, .have = o, .selected = true};
	return a;
}

static void set_adopted_reason(struct action *a, bool destroy)
{
	const char *words = a->type->flags & DATA ? "--with-adopted and --with-data together" : "--with-adopted";

	if (destroy)
		plan_set_reason(a, "was adopted, not made by berth; %s would delete it", words);
	else
		plan_set_reason(a, "was adopted, not made by berth; `berth forget %s` lets go of it", a->address);
}

/* Is there a reason why it must stay? Then it is said. */
static bool must_stay(const struct planner *p, struct action *a)
{
	const struct object *o = a->have;
	unsigned flags = p->req->flags;
	bool destroy = flags & PLAN_DESTROY;

	if (json_object_get(p->req->stay, o->address))
		plan_set_reason(a, "skipped");
	else if (o->remembered)
		plan_set_reason(a, "bears none of berth's tags any more, so it is not berth's to delete");
	else if (object_adopted(o) && !(destroy && (flags & PLAN_WITH_ADOPTED)))
		set_adopted_reason(a, destroy);
	else if (o->user)
		plan_set_reason(a, "there is one for the whole account, and %s uses it", o->user);
	else if ((o->type->flags & DATA) && !(destroy && (flags & PLAN_WITH_DATA)))
		plan_set_reason(a, "holds data%s",
				destroy ? "; --with-data would delete it" : " and is never deleted by an edit");
	else
		return false;
	return true;
}

static void classify(struct planner *p, struct object *o)
{
	struct action *a = add_action(p, o, ACT_DELETE);

	a->leftover = json_object_get(p->position, o->address) != NULL;
	a->risk = o->type->flags & DATA ? RISK_DATA : RISK_NONE;
	if (must_stay(p, a))
		a->act = ACT_KEEP;
	else if (a->leftover)
		plan_set_reason(a, "a second object of this address, left by an interrupted run");
	else if (o->standing == STRAY)
		plan_set_reason(a, "not in the spec, and it lives in something that is berth's");
	else if (!(p->req->flags & PLAN_DESTROY))
		plan_set_reason(a, "no longer in the spec");
	if (a->act == ACT_KEEP && a->leftover) {
		char *why CLEANUP(freep) = xstrdup(a->reason);

		plan_set_reason(a, "a second object of this address; %s", why);
	}
}

static int by_address(const void *x, const void *y)
{
	const struct object *a = *(struct object *const *)x, *b = *(struct object *const *)y;
	int order = strcmp(a->type->name, b->type->name);

	if (!order)
		order = strcmp(a->address, b->address);
	return order ? order : a->at < b->at ? -1 : a->at > b->at;
}

/* Answers come in any order; the plan is the same all the same. */
void plan_orphans(struct planner *p)
{
	struct world *w = p->req->world;
	struct object **orphan = xcalloc(w->n, sizeof(*orphan));
	size_t n = 0;

	secrets_set_apart(p->req->spec, w);
	for (size_t i = 0; i < w->n; i++) {
		struct object *o = w->object[i];

		if (o->apart && !(p->req->flags & PLAN_DESTROY))
			continue;
		if ((o->standing == OWNED || o->standing == STRAY) && !plan_action_of(p, o))
			orphan[n++] = o;
	}
	qsort(orphan, n, sizeof(struct object *), by_address);
	for (size_t i = 0; i < n; i++)
		classify(p, orphan[i]);
	free(orphan);
	plan_keep(p);
	plan_order(p);
}

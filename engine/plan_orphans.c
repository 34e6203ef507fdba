/* Live objects that no wish names: they go, but for data, what was adopted, and what these need. */
#include "base/err.h"
#include "engine/plan_int.h"

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

	if (o->remembered)
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

struct keeper {
	struct planner *p;
	size_t *action_of; /* position of an object in the world -> action, or NOBODY */
	size_t *queue, tail;
	const struct action *holder;
	bool leaves; /* something that goes was named */
};

#define NOBODY ((size_t)-1)

static void refuse_kept(struct planner *p, const struct action *a, const struct action *holder)
{
	diag_at(p->d, ERR_REFUSED, a->resource->pos, "%s would have to be replaced (%s), but %s, which stays, uses it.",
		a->address, a->reason, holder->address);
	diag_hint(p->d, "Take the change back, or remove %s by hand first.", holder->address);
}

static void keep_target(void *arg, struct object *target)
{
	struct keeper *k = arg;
	size_t at = k->action_of[target->at];
	struct action *a = at == NOBODY ? NULL : &k->p->plan->action[at];

	if (a && a->act == ACT_REPLACE && !(a->type->flags & LOOSE))
		refuse_kept(k->p, a, k->holder);
	if (!a || a->act != ACT_DELETE)
		return;
	a->act = ACT_KEEP;
	plan_set_reason(a, "needed by %s, which stays", k->holder->address);
	k->queue[k->tail++] = at;
}

/* Everything that a kept object refers to must stay as well, and what that refers to. */
static void keep_needed(struct keeper *k)
{
	const struct plan *plan = k->p->plan;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->action[i].act == ACT_KEEP)
			k->queue[k->tail++] = i;
	for (size_t head = 0; head < k->tail; head++) {
		k->holder = &plan->action[k->queue[head]];
		world_each_ref(k->p->req->world, k->holder->have, keep_target, k);
	}
}

/* ---- what lives in an adopted object ------------------------------------------------------------------------ */

static struct action *action_of(const struct keeper *k, const struct object *o)
{
	size_t at = o ? k->action_of[o->at] : NOBODY;

	return at == NOBODY ? NULL : &k->p->plan->action[at];
}

/* A route, a rule, an inline policy of an adopted object that stays: it may have been there before berth too. */
static bool is_adopted_part(const struct keeper *k, const struct action *a)
{
	const struct object *home = world_home(k->p->req->world, a->have);
	const struct action *host = action_of(k, home);

	return host && host->act == ACT_KEEP && object_adopted(home);
}

static void note_leaving(void *arg, struct object *target)
{
	struct keeper *k = arg;
	const struct action *a = action_of(k, target);

	k->leaves |= a && a->act == ACT_DELETE;
}

static void keep_parts(struct keeper *k)
{
	struct plan *plan = k->p->plan;
	size_t n = 0;
	bool again = true;

	for (size_t i = 0; i < plan->n; i++) {
		struct action *a = &plan->action[i];

		if (a->act != ACT_DELETE || !is_adopted_part(k, a))
			continue;
		a->act = ACT_KEEP;
		plan_set_reason(a, "lives in %s, which was adopted and stays",
				world_home(k->p->req->world, a->have)->address);
		k->queue[n++] = i;
	}
	/* What names something that goes cannot stay, nor what names that. */
	while (again) {
		again = false;
		for (size_t i = 0; i < n; i++) {
			struct action *a = &plan->action[k->queue[i]];

			k->leaves = false;
			world_each_ref(k->p->req->world, a->have, note_leaving, k);
			if (a->act != ACT_KEEP || !k->leaves)
				continue;
			a->act = ACT_DELETE;
			plan_set_reason(a, "uses what goes");
			again = true;
		}
	}
}

static void keep_more(struct planner *p)
{
	const struct world *w = p->req->world;
	struct keeper k = {
	    .p = p, .action_of = xcalloc(w->n, sizeof(size_t)), .queue = xcalloc(p->plan->n, sizeof(size_t))};

	for (size_t i = 0; i < w->n; i++)
		k.action_of[i] = NOBODY;
	for (size_t i = 0; i < p->plan->n; i++)
		if (p->plan->action[i].have)
			k.action_of[p->plan->action[i].have->at] = i;
	keep_needed(&k);
	keep_parts(&k);
	free(k.action_of);
	free(k.queue);
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

	for (size_t i = 0; i < w->n; i++) {
		struct object *o = w->object[i];

		if ((o->standing == OWNED || o->standing == STRAY) && !plan_action_of(p, o))
			orphan[n++] = o;
	}
	qsort(orphan, n, sizeof(struct object *), by_address);
	for (size_t i = 0; i < n; i++)
		classify(p, orphan[i]);
	free(orphan);
	keep_more(p);
}

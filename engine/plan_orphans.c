/* Live objects that no wish names: they go, but for data and what data needs. */
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

static void classify(struct planner *p, struct object *o)
{
	bool destroy = p->req->flags & PLAN_DESTROY, data = p->req->flags & PLAN_WITH_DATA;
	bool leftover = json_object_get(p->position, o->address) != NULL;
	struct action *a = add_action(p, o, ACT_DELETE);

	a->leftover = leftover;
	a->risk = o->type->flags & DATA ? RISK_DATA : RISK_NONE;
	if ((o->type->flags & DATA) && !(destroy && data)) {
		a->act = ACT_KEEP;
		plan_set_reason(a, "holds data%s",
				destroy ? "; --with-data would delete it" : " and is never deleted by an edit");
	} else if (leftover) {
		plan_set_reason(a, "a second object of this address, left by an interrupted run");
	} else if (o->standing == STRAY) {
		plan_set_reason(a, "not in the spec, and it lives in something that is berth's");
	} else if (!destroy) {
		plan_set_reason(a, "no longer in the spec");
	}
}

struct keeper {
	struct planner *p;
	size_t *action_of; /* position of an object in the world -> action, or NOBODY */
	size_t *queue, tail;
	const struct action *holder;
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
static void keep_needed(struct planner *p)
{
	const struct world *w = p->req->world;
	struct keeper k = {
	    .p = p, .action_of = xcalloc(w->n, sizeof(size_t)), .queue = xcalloc(p->plan->n, sizeof(size_t))};

	for (size_t i = 0; i < w->n; i++)
		k.action_of[i] = NOBODY;
	for (size_t i = 0; i < p->plan->n; i++) {
		if (p->plan->action[i].have)
			k.action_of[p->plan->action[i].have->at] = i;
		if (p->plan->action[i].act == ACT_KEEP)
			k.queue[k.tail++] = i;
	}
	for (size_t head = 0; head < k.tail; head++) {
		k.holder = &p->plan->action[k.queue[head]];
		world_each_ref(w, k.holder->have, keep_target, &k);
	}
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
	keep_needed(p);
}

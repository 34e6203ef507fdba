/* Live objects that no wish names: they go, but for data and what data needs. */
#include "engine/plan_int.h"

#include <stdlib.h>
#include <string.h>

static bool is_taken(const struct planner *p, const struct object *o)
{
	json_t *pos = json_object_get(p->position, o->address);

	return pos && p->plan->action[json_integer_value(pos)].have == o;
}

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
	const struct action *holder;
	bool changed;
};

static struct action *delete_of(struct planner *p, const struct object *o)
{
	for (size_t i = 0; i < p->plan->n; i++)
		if (p->plan->action[i].have == o && p->plan->action[i].act == ACT_DELETE)
			return &p->plan->action[i];
	return NULL;
}

static void keep_target(void *arg, struct object *target)
{
	struct keeper *k = arg;
	struct action *a = delete_of(k->p, target);

	if (!a)
		return;
	a->act = ACT_KEEP;
	plan_set_reason(a, "needed by %s, which stays", k->holder->address);
	k->changed = true;
}

/* Everything that a kept object refers to must stay as well, and what that refers to. */
static void keep_needed(struct planner *p)
{
	struct keeper k = {.p = p, .changed = true};

	while (k.changed) {
		k.changed = false;
		for (size_t i = 0; i < p->plan->n; i++) {
			k.holder = &p->plan->action[i];
			if (k.holder->act == ACT_KEEP)
				world_each_ref(p->req->world, k.holder->have, keep_target, &k);
		}
	}
}

void plan_orphans(struct planner *p)
{
	struct world *w = p->req->world;

	for (size_t i = 0; i < w->n; i++) {
		struct object *o = w->object[i];

		if ((o->standing == OWNED || o->standing == STRAY) && !is_taken(p, o))
			classify(p, o);
	}
	keep_needed(p);
}

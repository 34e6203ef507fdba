/* What a replacement drags along: those who hold on to what must go before its successor can be made. */
#include "base/err.h"
#include "engine/plan_int.h"

#include <string.h>

struct action *plan_action_of(const struct planner *p, const struct object *o)
{
	json_t *pos = json_object_get(p->position, o->address);
	struct action *a = pos ? &p->plan->action[json_integer_value(pos)] : NULL;

	return a && a->have == o ? a : NULL;
}

struct hold {
	const struct planner *p;
	const struct action *holder, *held;
};

static bool is_parent(const struct action *child, const struct action *a)
{
	const struct field *f = child->type->parent ? rtype_field(child->type, child->type->parent) : NULL;

	return f && f->type->target && !strcmp(f->type->target, a->type->name);
}

static void look_at(void *arg, struct object *target)
{
	struct hold *h = arg;
	const struct action *a = plan_action_of(h->p, target);

	if (!a || a == h->holder || a->act != ACT_REPLACE || a->create_first)
		return;
	/* What lives in it goes with it; of others some may go on naming it. */
	if (is_parent(h->holder, a) || !(a->type->flags & LOOSE))
		h->held = a;
}

const struct action *plan_held_by(const struct planner *p, const struct action *holder)
{
	struct hold h = {.p = p, .holder = holder};

	world_each_ref(p->req->world, holder->have, look_at, &h);
	return h.held;
}

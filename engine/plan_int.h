/* plan_int - what the passes of the planner share. */
#pragma once

#include "engine/graph.h"
#include "engine/plan.h"

struct planner {
	const struct plan_request *req;
	struct plan *plan;
	struct diag *d;
	json_t *position; /* address -> index of its action (wishes only) */
	size_t *order;    /* indices of wishes, dependencies first */
	struct resolver resolver;
};

/* plan_compare.c: what a wish differs in from its live object; fills act, want, changes, reason. */
void plan_compare(struct planner *p, size_t i);
void plan_set_reason(struct action *a, const char *fmt, ...) PRINTF(2, 3);

/* plan_replace.c: the wish whose live object o is, NULL if there is none. */
struct action *plan_action_of(const struct planner *p, const struct object *o);
/* An action that `holder` keeps from being done: what it refers to has to go first. NULL if there is none. */
const struct action *plan_held_by(const struct planner *p, const struct action *holder);

/* plan_refuse.c: what would lose data, what AWS would not do, what would take another's name. */
void plan_refuse(struct planner *p, const struct action *a);

/* plan_select.c: fills `selected` by --only and --except. */
int plan_select(struct planner *p);

/* plan_orphans.c: live objects that no wish names; what holds data and what that needs stays. */
void plan_orphans(struct planner *p);
/* plan_keep.c: what is needed by what stays (or may be) stays too. */
void plan_keep(struct planner *p);
/* plan_order.c: deletes in an order in which they can happen. */
void plan_order(struct planner *p);

/* plan_json.c: one change as a document, without what is secret. New. */
json_t *plan_change_to_json(const struct change *c);

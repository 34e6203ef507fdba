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

/* plan_orphans.c: live objects that no wish names; what holds data and what that needs stays. */
void plan_orphans(struct planner *p);

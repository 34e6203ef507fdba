/* destroy_steps - the teardown on a terminal: step by step, each shown and asked for. */
#pragma once

#include "cli/work.h"

struct destroy_request {
	unsigned flags; /* of plan_make() */
	unsigned parallel;
	const char *otherwise; /* the option that does without asking: "--yes gengar" */
};

/*
 * w->plan is the whole teardown. Each step is planned anew from what is left, so what a skipped one needs stays. 0: all
 * were asked for, and what was wanted is done; ERR_REFUSED if it was stopped on the way.
 */
int destroy_steps(struct work *w, const struct destroy_request *req);
/* The step that takes a type away: what refers to it goes in the same one or an earlier. */
size_t destroy_group(const struct rtype *t);

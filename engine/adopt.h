/*
 * adopt - taking over what was there before berth, and letting go of it again. Both change tags, and nothing else.
 *
 * A world that was read with refresh_request.candidates or .sought holds, as
 * objects "?ADDRESS" that are FOREIGN, what wishes without an object may mean.
 */
#pragma once

#include "engine/plan.h"

/* Why objects of this type cannot be adopted or forgotten one by one, as a clause; NULL: they can. */
const char *adopt_needless(const struct rtype *t);

/* The i-th object that could be taken over as `address`; NULL: there are no more. */
struct object *adopt_candidate(const struct world *w, const char *address, size_t i);

/* The tags that an object gets when it is taken over; now: YYYYMMDD…. New. */
json_t *adopt_tags(const struct spec *spec, const char *address, const char *now);

/* In the world only: as if it had been taken over, under its address. Borrows tags. */
void adopt_pretend(struct world *w, struct object *o, const char *address, const json_t *tags);

/* The plan of a world; one that is refused is whole all the same. plan_release() in any case. */
int adopt_preview(const struct spec *spec, struct world *w, struct plan *ret, struct diag *d);

/* Leaves chosen in `plan` only what happens to o, and to what lives in it. How many steps that are. */
size_t adopt_narrow(const struct world *w, struct plan *plan, const struct object *o);

/* Plans of one step for apply_plan(): tags added, or all of berth's removed. plan_release() in any case. */
void adopt_plan(struct object *o, const struct resource *res, const json_t *tags, struct plan *ret);
void forget_plan(struct object *o, struct plan *ret);
/* The keys of berth's tags that it bears. New. */
json_t *adopt_removed(const struct object *o);

/*
 * drift - what changed in AWS since the last apply.
 *
 * Compared is what the last apply left (the snapshot's table `applied`) with
 * what is there now, both normalised; fields that move by themselves do not
 * count. Without such a record (another machine, a removed database) the spec is
 * the measure, and that is said.
 */
#pragma once

#include "engine/plan.h"

enum drift_kind { DRIFT_CHANGED, DRIFT_GONE, DRIFT_ADDED };

struct drift_item {
	enum drift_kind kind;
	char *address;
	const struct rtype *type;
	struct change *change; /* from: as left; to: as it is now */
	size_t n_change;
};

struct drift {
	struct drift_item *item; /* in order of address */
	size_t n, cap;
	json_t *unchecked; /* type -> why it could not be looked at */
	bool by_spec;      /* there was no record: the spec was the measure */
};

struct applied_object {
	char *address, *type;
	json_t *fields, *tags;
};

/* applied: NULL or empty: by the plan `p` (made of the same world). */
void drift_find(const struct world *w, const struct applied_object *applied, size_t n, const struct plan *p,
		struct drift *ret);
void drift_release(struct drift *d);
json_t *drift_to_json(const struct drift *d);

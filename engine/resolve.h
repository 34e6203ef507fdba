/*
 * resolve - special values (base/value.h) into plain ones, as far as they are known.
 */
#pragma once

#include "engine/world.h"
#include "spec/spec.h"

/* Says what is known of a resource while a plan is made or executed. */
struct resolver {
	const struct world *world;
	const struct spec *spec;
	/* Borrowed: how the target stands. */
	struct target {
		const json_t *want; /* resolved wish, NULL if it has none (yet) */
		const json_t *have; /* live fields that will still hold after the plan; NULL: it is to be made (anew) */
		bool updated;       /* it will be updated: VOLATILE fields are not known */
		const struct rtype *type;
	} (*find)(void *arg, const char *address);
	/* At execution: the plain value of a WRITE_ONLY field, borrowed; NULL leaves the reference as it is. */
	const json_t *(*secret)(void *arg, const char *address, const char *field);
	void *arg;
};

/*
 * New value: every reference that is known replaced; the rest {"$unknown": ref}, references to secrets as they are.
 * `live` is the object's present value at this place (for $keep), or NULL.
 */
json_t *resolve(const struct resolver *r, const json_t *value, const json_t *live);

/* Splits "ec2.vpc.main.id" into address and field path; false if it is no reference to a resource. Both new. */
bool ref_split(const char *ref, char **ret_address, char **ret_path);

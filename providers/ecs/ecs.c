#include "providers/ecs/ecs.h"
#include "base/err.h"

const struct type t_ecs_name = {.name = "name", .kind = KIND_STR, .min = 1, .max = 255, .pattern = "[A-Za-z0-9_-]+"};

static int check_once(const json_t *strategy, size_t i, struct diag *d)
{
	const json_t *provider = json_object_get(json_array_get(strategy, i), "provider");

	for (size_t k = 0; k < i; k++)
		if (json_equal(provider, json_object_get(json_array_get(strategy, k), "provider")))
			return diag_error(d, ERR_INVALID, "%s stands twice in the strategy.",
					  json_string_value(provider));
	return 0;
}

/* What AWS refuses only when tasks are to be placed. */
static json_t *canon_strategy(const json_t *value, struct diag *d)
{
	size_t n = json_array_size(value), bases = 0;
	json_int_t weights = 0;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(value, i);

		bases += val_int(item, "base", 0) > 0;
		weights += val_int(item, "weight", 0);
		rc = rc ? rc : check_once(value, i, d);
	}
	if (bases > 1)
		rc = diag_error(d, ERR_INVALID, "Only one provider of a strategy may have a base.");
	if (n > 1 && !weights)
		rc = diag_error(d, ERR_INVALID, "At least one provider of a strategy needs a weight above 0.");
	return rc ? NULL : json_incref((json_t *)value);
}

static const struct field strategy_fields[] = {
    FIELD("provider", TEXT(1, 255, NULL), REQUIRED, .in = "capacityProvider",
	  .doc = "FARGATE, FARGATE_SPOT, or a capacity provider of one's own."),
    FIELD("weight", INT_RANGE(0, 1000), 0, .in = "weight", .dflt = "0",
	  .doc = "Its share of the tasks beyond the base, in relation to the other weights."),
    FIELD("base", INT_RANGE(0, 100000), 0, .in = "base", .dflt = "0",
	  .doc = "So many tasks run there before the weights count."),
    END,
};

const struct type t_strategy = {
    .name = "strategy", .kind = KIND_SET, .elem = OBJ(strategy_fields), .canon = canon_strategy};

/* cost_int - what the rows of the cost table share. */
#pragma once

#include "engine/cost.h"

#define COST_MILLION 1e6

struct estimate {
	const struct spec *spec;
	const struct cost_assumptions *assume;
	struct cost *cost;
	double registered; /* tasks that Cloud Map knows */
};

/* Adds a line; `what` is a format. The unit is the meter's. */
struct cost_line *cost_add(struct estimate *e, const char *address, const char *meter, double quantity,
			   const char *what, ...) PRINTF(5, 6);
/* Adds a line whose price nobody here knows. */
void cost_add_unknown(struct estimate *e, const char *address, const char *what, ...) PRINTF(3, 4);
void cost_note(struct estimate *e, const char *fmt, ...) PRINTF(2, 3);
/* A wish as a number: numeric text counts, of what has no release the number with one; NAN if it is not plain. */
double cost_number(const json_t *want, const char *field, double otherwise);
/* Text of a field, `otherwise` if it is absent, "?" if it is not plain. */
const char *cost_word(const json_t *want, const char *field, const char *otherwise);
/* The resource that the reference in this field names; NULL if it is none of the spec's. */
const struct resource *cost_target(const struct estimate *e, const json_t *want, const char *field);

/*
 * Every type has a row; what has none is shown as unknown. `each` prices one resource, `all` what the app as a whole
 * uses of the type; a row without both is free.
 */
struct cost_row {
	const char *type;
	void (*each)(struct estimate *e, const struct resource *r);
	void (*all)(struct estimate *e, const char *address);
};

/* NULL if there is none: cost_types.c. */
const struct cost_row *cost_row_of(const char *type);

/* ecs.service: cost_fargate.c */
void cost_service(struct estimate *e, const struct resource *r);

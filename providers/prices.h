/*
 * prices - what AWS asks for, by region and meter: list prices in US dollars.
 *
 * On demand, without tax, credits, free allowances and discounts. A price that
 * is not known is absent, never 0. Spot prices float: theirs are a snapshot.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct meter {
	const char *name;  /* "fargate.arm64.vcpu" */
	const char *unit;  /* what the price is for: "vCPU-hour" */
	const char *dated; /* of the list that most of its prices come from: YYYY-MM-DD or YYYY-MM */
};

/* False, and *ret is left alone, if the price is not known. */
bool price_find(const char *region, const char *meter, double *ret);
/* Any price of it. */
bool price_region_known(const char *region);
/* NULL if there is none of that name. */
const struct meter *price_meter(const char *name);
/* The i-th meter, the i-th region; NULL behind the last. */
const struct meter *price_meter_at(size_t i);
const char *price_region_at(size_t i);

/*
 * cost - what a month of the desired resources costs.
 *
 * A pure function of the spec and the price list (providers/prices.h): no
 * credentials, no network, the same answer every time. What depends on use
 * (requests, logs, images) is a stated assumption for the whole app. A price
 * or quantity that is not known is NAN, is counted, and is never taken for 0.
 */
#pragma once

#include "base/diag.h"
#include "spec/spec.h"

struct cost_assumptions {
	double hours;     /* of the month; 730 is the convention of AWS's own calculator */
	double requests;  /* to all APIs in the month, each below 512 KB */
	double logs_gb;   /* written in the month, to all groups */
	double images_gb; /* held by all repositories */
};

#define COST_ASSUMPTIONS                                                        \
	{                                                                       \
		.hours = 730, .requests = 300000, .logs_gb = 1, .images_gb = 1, \
	}

struct cost_line {
	char *address;    /* of the resource; the type's name if it stands for all of that type */
	char *what;       /* "db.t4g.micro, one zone" */
	const char *unit; /* "hour"; "" if unknown */
	double quantity, price;
	double monthly;   /* quantity * price */
	double on_demand; /* the same, if there were no Spot */
	bool assumed;     /* the quantity is an assumption */
};

struct cost {
	struct cost_line *line; /* in the order of the spec */
	size_t n, cap;
	double total, total_on_demand;     /* of the lines that are known */
	size_t unknown, unknown_on_demand; /* lines that are not: with any, that total is a lower bound */
	bool on_spot;                      /* something runs on Spot: the totals differ */
	size_t free;                       /* resources without a charge of their own */
	json_t *notes;                     /* array of sentences */
};

/* ERR_ABSENT if no prices of the spec's region are known. */
int cost_estimate(const struct spec *spec, const struct cost_assumptions *assume, struct cost *ret, struct diag *d);
void cost_release(struct cost *c);
/* New {"format": "berth.cost/1", …}; what is not known is null. */
json_t *cost_to_json(const struct cost *c, const struct spec *spec, const struct cost_assumptions *assume);

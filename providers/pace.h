/*
 * pace - client-side pacing of one service: a token bucket and a limit of requests in flight.
 *
 * AWS counts per account and region, so a rate that AWS throttles is too high
 * for the moment whoever else uses it: a throttle halves the rate, which then
 * comes back over some seconds. Time is the caller's (loop_now()).
 */
#pragma once

#include "providers/service.h"

#include <stdint.h>

struct pacer {
	const struct pace *pace;
	double tokens;   /* may be fractional; a request takes one */
	double rate;     /* tokens per second at `at`; pace->rate unless throttled */
	int64_t at;      /* ms: when tokens and rate were right */
	int64_t halved;  /* ms: when the rate was halved last */
	unsigned flight; /* requests in flight */
};

#define PACER_FULL (-1)

void pacer_init(struct pacer *p, const struct pace *pace, int64_t now);
/* Takes a token and a place in flight: 0. Else ms until a token is there, or PACER_FULL until pacer_give(). */
int64_t pacer_take(struct pacer *p, int64_t now);
/* A request that was taken has ended. */
void pacer_give(struct pacer *p);
/* AWS throttled a request. Several within a second are one sign. */
void pacer_throttled(struct pacer *p, int64_t now);

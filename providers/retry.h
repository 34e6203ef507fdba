/*
 * retry - what a failure is, whether trying again helps, and when: the standard mode of the AWS SDKs.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
#pragma once

#include "providers/service.h"

#include <jansson.h>
#include <stdint.h>

enum failure {
	FAILURE_FINAL,     /* AWS means it */
	FAILURE_TRANSIENT, /* a 5xx or a code that says so */
	FAILURE_THROTTLED, /* nothing was done */
	FAILURE_AUTH,      /* signature, time or credentials were not accepted: nothing was done */
};

enum failure failure_of(const struct service *svc, long status, const char *code, const char *message);
/* True if a wrong clock gives that code. */
bool failure_may_be_skew(const char *code);
/* True if credentials that expired or are not known (any more) give that code. */
bool failure_may_be_expired(const char *code);
/* The class that a caller sees (ERR_*) once it is clear that the call failed for good. */
int failure_err(const struct service *svc, long status, const char *code, const char *message);

/* Stops a storm of retries: a retry costs, a success gives back. One per service. */
struct retry_quota {
	int left;
};
#define RETRY_QUOTA 500
#define RETRY_COST 5
#define RETRY_COST_TIMEOUT 10
bool retry_quota_take(struct retry_quota *q, int cost);
void retry_quota_give(struct retry_quota *q, int amount);

/*
 * ms to wait before the next try. attempt: how many were made, from 1; random: in [0, 1), full jitter; headers of the
 * answer, may be NULL: Retry-After and x-amz-retry-after are honoured within bounds.
 */
int64_t retry_delay(unsigned attempt, double random, const json_t *headers);

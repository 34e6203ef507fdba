/* rollout - whether what a service was told has come true. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Is the revision that runs (an ARN) the one wished for: an ARN, "family:revision", or "family" for any of it? */
bool rollout_same_revision(const char *want, const char *have);

/*
 * Sets the fields `rollout` (COMPLETED, IN_PROGRESS, FAILED, ROLLED_BACK) and `rollout_reason` of a service read from
 * `service` (an element of DescribeServices). COMPLETED is only what botocore's waiter does not see: the wanted
 * revision runs, as often as wanted, and nothing else does. want may be NULL: then the service's own words count.
 */
void rollout_absorb(json_t *have, const json_t *service, const json_t *want);

#include "providers/ecs/rollout.h"
#include "base/value.h"
#include "providers/bind.h"
#include "providers/ecs/ecs.h"

#include <string.h>

#define MARK "task-definition/"

bool rollout_same_revision(const char *want, const char *have)
{
	const char *tail = strstr(have, MARK);

	if (!strcmp(want, have))
		return true;
	tail = tail ? tail + strlen(MARK) : have;
	if (strchr(want, ':'))
		return !strcmp(want, tail);
	return strlen(want) == strcspn(tail, ":") && !strncmp(want, tail, strlen(want));
}

struct rollout {
	const json_t *service, *primary;
	const char *revision; /* wanted */
	json_int_t desired;
	json_int_t others;  /* tasks of other deployments that run still */
	json_int_t running; /* tasks of the primary */
};

static bool is_primary(const json_t *deployment)
{
	const char *status = val_str(deployment, "status");

	return status && !strcmp(status, "PRIMARY");
}

static struct rollout survey(const json_t *service, const json_t *have, const json_t *want)
{
	const json_t *deployments = json_object_get(service, "deployments");
	const char *wanted = val_str(want, "task_definition");
	struct rollout r = {.service = service,
			    .revision = wanted ? wanted : val_str(have, "task_definition"),
			    .desired = val_int(service, "desiredCount", 0)};

	for (size_t i = 0; i < json_array_size(deployments); i++) {
		const json_t *deployment = json_array_get(deployments, i);
		json_int_t running = val_int(deployment, "runningCount", 0);

		if (is_primary(deployment)) {
			r.primary = deployment;
			r.running = running;
		} else {
			r.others += running;
		}
	}
	return r;
}

static bool state_is(const struct rollout *r, const char *word)
{
	const char *state = val_str(r->primary, "rolloutState");

	return state && !strcmp(state, word);
}

/* Reads may lag behind the update: what they show is then an older wish fulfilled. */
static bool shows_wish(const struct rollout *r, const json_t *have, const json_t *want)
{
	const json_t *count = json_object_get(want, "count"), *strategy = json_object_get(want, "strategy");

	if (json_is_integer(count) && json_integer_value(count) != r->desired)
		return false;
	return !strategy || val_has_special(strategy) ||
	       type_equal(&t_strategy, strategy, json_object_get(have, "strategy"));
}

static bool is_complete(const struct rollout *r)
{
	if (r->others || r->running != r->desired || val_int(r->service, "runningCount", 0) != r->desired)
		return false;
	/* With nothing to run there is nothing to wait for. AWS says no state for some kinds of deployments. */
	return !r->desired || state_is(r, "COMPLETED") || !val_str(r->primary, "rolloutState");
}

static const char *judge(const struct rollout *r, const json_t *have, const json_t *want)
{
	const char *status = val_str(r->service, "status"), *runs = val_str(r->primary, "taskDefinition");

	if (status && strcmp(status, "ACTIVE") != 0)
		return "FAILED";
	if (!r->primary || !runs || !r->revision)
		return "IN_PROGRESS";
	if (!rollout_same_revision(r->revision, runs))
		return "ROLLED_BACK";
	/* A rollout that failed and was then scaled to nothing has nothing left to fail. */
	if (state_is(r, "FAILED") && r->desired)
		return "FAILED";
	return is_complete(r) && shows_wish(r, have, want) ? "COMPLETED" : "IN_PROGRESS";
}

static const char *failed_deployment(const struct rollout *r)
{
	const json_t *deployments = json_object_get(r->service, "deployments");

	for (size_t i = 0; i < json_array_size(deployments); i++) {
		const json_t *deployment = json_array_get(deployments, i);
		const char *state = val_str(deployment, "rolloutState");

		if (state && !strcmp(state, "FAILED"))
			return val_str(deployment, "rolloutStateReason");
	}
	return NULL;
}

/* The newest event, or the newest that tells of a failure: the newest of all tells how well the old revision does. */
static const char *event_text(const struct rollout *r, bool of_failure)
{
	const json_t *events = json_object_get(r->service, "events");

	for (size_t i = 0; i < json_array_size(events); i++) {
		const char *text = val_str(json_array_get(events, i), "message");

		if (text && (!of_failure || strcasestr(text, "failed") || strcasestr(text, "rolling back") ||
			     strcasestr(text, "unable")))
			return text;
	}
	return NULL;
}

static const char *reason_of(const struct rollout *r, const char *verdict)
{
	bool lost = !strcmp(verdict, "ROLLED_BACK") || !strcmp(verdict, "FAILED");
	const char *reason = lost ? failed_deployment(r) : NULL;

	if (!reason && lost)
		reason = event_text(r, true);
	if (!reason)
		reason = val_str(r->primary, "rolloutStateReason");
	return reason && *reason ? reason : event_text(r, false);
}

void rollout_absorb(json_t *have, const json_t *service, const json_t *want)
{
	struct rollout r = survey(service, have, want);
	const char *verdict = judge(&r, have, want), *reason = reason_of(&r, verdict);

	json_object_set_new(have, "rollout", json_string(verdict));
	json_object_del(have, "rollout_reason");
	if (reason)
		json_object_set_new(have, "rollout_reason", json_string(reason));
}

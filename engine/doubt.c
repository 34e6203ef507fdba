#include "engine/doubt.h"
#include "base/value.h"

void doubts_init(struct doubts *d)
{
	*d = (struct doubts){.until = json_object()};
}

void doubts_release(struct doubts *d)
{
	json_decref(d->until);
	*d = (struct doubts){0};
}

struct reading_of {
	struct doubts *doubts;
	int64_t now_ms;
};

/*
 * An answer that came, or was lost, ended the request: from there on only lists lag. Without one the request may have
 * been under way until the process died, and nobody knows when that was: at the latest now.
 */
static int64_t doubt_ends(const struct state_doubt *doubt, int64_t now_ms)
{
	int64_t latest = doubt->begun_ms + DOUBT_CALL_MS;

	if (doubt->ended_ms)
		latest = doubt->ended_ms;
	return (latest < now_ms ? latest : now_ms) + DOUBT_LAG_MS;
}

static int add_doubt(void *arg, const struct state_doubt *doubt)
{
	const struct reading_of *r = arg;
	int64_t until = doubt_ends(doubt, r->now_ms);
	json_t *calls = json_object_get(r->doubts->until, doubt->address);

	if (until <= r->now_ms)
		return 0;
	if (!calls) {
		calls = json_object();
		json_object_set_new(r->doubts->until, doubt->address, calls);
	}
	json_object_set_new(calls, doubt->call, json_integer(until));
	return 0;
}

int doubts_read(struct doubts *doubts, struct state *s, int64_t now_ms, struct diag *d)
{
	struct reading_of r = {.doubts = doubts, .now_ms = now_ms};

	return state_each_doubt(s, now_ms - DOUBT_CALL_MS - DOUBT_LAG_MS, add_doubt, &r, d);
}

void doubts_all(struct doubts *d, int64_t now_ms)
{
	d->all_until = now_ms + DOUBT_LAG_MS;
}

int64_t doubts_until(const struct doubts *d, const char *address, const char *call)
{
	int64_t until = d ? val_int(json_object_get(d->until, address), call, 0) : 0;

	return d && d->all_until > until ? d->all_until : until;
}

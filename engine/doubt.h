/*
 * doubt - what a run that was cut off may have made, and AWS does not show yet.
 *
 * Lists lag some seconds behind creates, and the last requests of a killed run may still be under way. Meanwhile the
 * object looks absent, and would be made a second time. So a create of a type that AWS takes twice (TWINS) looks for
 * its object first, as long as there is doubt; a teardown waits for it. The journal tells which creates are meant; is
 * it not that run's (deleted, or on another machine), all are. Doubt ends by itself, within seconds of the next run.
 */
#pragma once

#include "state/state.h"

/* How long a list may lag behind a create, at most. */
#define DOUBT_LAG_MS 12000
/* How long a create may be under way, retries included. */
#define DOUBT_CALL_MS 180000

struct doubts {
	json_t *until; /* address -> {call -> ms since 1970}; owned */
	int64_t all_until;
};

void doubts_init(struct doubts *d);
void doubts_release(struct doubts *d);
/* Takes over what the journal tells; now in ms since 1970. */
int doubts_read(struct doubts *doubts, struct state *s, int64_t now_ms, struct diag *d);
/* A run was cut off of which the journal does not know. */
void doubts_all(struct doubts *d, int64_t now_ms);
/* Until when `call` may turn out to have made `address`, in ms since 1970; 0: there is no doubt. NULL has none. */
int64_t doubts_until(const struct doubts *d, const char *address, const char *call);

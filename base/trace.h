/*
 * trace - typed events of a run: what happened, when, to which node and call.
 *
 * Off costs one branch. BERTH_TRACE=FILE writes one JSON object a line;
 * BERTH_DEBUG=exec,call,wire prints the named categories as text on stderr.
 * Secrets never reach an event: callers pass only what they may show, and
 * `wire` events are made from redacted trees.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum trace_cat {
	TRACE_RUN = 1 << 0,   /* start, exit, phases (load, refresh, plan, apply) */
	TRACE_NODE = 1 << 1,  /* start, done, failed, blocked, wait */
	TRACE_CALL = 1 << 2,  /* service, action, attempt, status, code, request id, ms */
	TRACE_WIRE = 1 << 3,  /* redacted request and answer */
	TRACE_STATE = 1 << 4, /* database writes */
	TRACE_SIGV4 = 1 << 5, /* canonical request and string to sign (no key, no signature) */
};

/* Reads BERTH_TRACE and BERTH_DEBUG. Unknown categories are reported by name on stderr and ignored. */
void trace_open(void);
void trace_close(void);
bool trace_on(enum trace_cat cat);
/* Emits {"t": ms, "cat":…, "event": event, …fields}. Steals fields (may be NULL). */
void trace_event(enum trace_cat cat, const char *event, json_t *fields);

/*
 * state - the snapshot and the journal: one SQLite file beside the spec, mode 0600.
 *
 * A cache and a diary, never the truth: without it the next plan is the same.
 * No secret value is ever given to it. WAL, one writer, migrations by
 * user_version; a file of a newer berth is refused, a damaged one is set aside
 * (renamed) with a warning and begun anew.
 */
#pragma once

#include "base/diag.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct state;

/*
 * Opens or makes `path` (and its directory, 0700). ERR_LOCKED if another process holds it beyond 5 s, ERR_IO (disk
 * full, read-only, no permission), ERR_CORRUPT only if it cannot be set aside, ERR_REFUSED if it is newer than this
 * program or belongs to another app. Every sentence names the path and what to do.
 */
int state_open(const char *path, const char *app, const char *env, struct state **ret, struct diag *d);
void state_close(struct state *s);
/* 0, or ERR_IO if the path names no file or another one by now: what is written is then lost with the old one. */
int state_in_place(const struct state *s, struct diag *d);

/* A run: one command that writes. kind: "apply", "destroy". Returns its id in *ret. */
int state_run_begin(struct state *s, const char *kind, int64_t now_ms, int64_t *ret, struct diag *d);
int state_run_end(struct state *s, int64_t run, const char *outcome, int64_t now_ms, struct diag *d);

/* The snapshot of live objects: table `object`. */
struct state_object {
	const char *address, *type;
	const char *arn;      /* or NULL */
	const json_t *fields; /* without sensitive and status fields */
	const json_t *tags;   /* or NULL */
	int64_t read_ms;
};
enum state_table { STATE_LIVE, STATE_APPLIED }; /* as last read; as the last apply left it (what drift compares with) */
int state_put(struct state *s, enum state_table t, const struct state_object *o, struct diag *d);
int state_drop(struct state *s, enum state_table t, const char *address, struct diag *d);
/* Replaces the whole table in one transaction. */
int state_replace(struct state *s, enum state_table t, const struct state_object *o, size_t n, struct diag *d);
/* In order of address. f's strings and values live for the call only. */
int state_each(struct state *s, enum state_table t, int (*f)(void *arg, const struct state_object *o), void *arg,
	       struct diag *d);
/* Small facts: account, region, last apply. NULL deletes. */
int state_set(struct state *s, const char *key, const char *value, struct diag *d);
/* New text or NULL. */
char *state_get(struct state *s, const char *key);

/*
 * The journal: intent before a call, outcome after, each its own transaction. An intent is in the file before its call
 * goes out, and outlives the process. It need not outlive the machine: nothing is synced for it, as its only use is to
 * wait some seconds for what AWS does not show yet, and no machine is back that soon.
 *
 * A create ends in two steps: "accepted" with the answer, "ok" when what was made has been seen.
 */
int state_intent(struct state *s, int64_t run, const char *address, const char *action, const char *call,
		 const char *token, int64_t now_ms, int64_t *ret_id, struct diag *d);
int state_outcome(struct state *s, int64_t id, const char *outcome, int64_t now_ms, struct diag *d);
/* All creates for that address, from the intent `first` on (0: all): what they made has been seen. */
int state_seen(struct state *s, int64_t first, const char *address, int64_t now_ms, struct diag *d);
/* A create that may have made something that nobody has seen. */
struct state_doubt {
	const char *address, *call;
	int64_t begun_ms, ended_ms; /* 0: no answer came */
};
/* Of all runs, those begun at since_ms or later, oldest first. f's strings live for the call only. */
int state_each_doubt(struct state *s, int64_t since_ms, int (*f)(void *arg, const struct state_doubt *doubt), void *arg,
		     struct diag *d);
/* Has a call that began at since_ms or later had no answer? */
bool state_is_under_way(struct state *s, int64_t since_ms);
/* Is the newest run of the journal one that never ended? */
bool state_was_cut_off(struct state *s);

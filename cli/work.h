/*
 * work - the way that most commands go: spec, database, session, live objects, plan.
 */
#pragma once

#include "cli/cli.h"
#include "engine/doubt.h"
#include "engine/drift.h"
#include "engine/plan.h"
#include "engine/refresh.h"
#include "engine/session.h"
#include "state/state.h"

struct lease;

struct work {
	struct cli *cli;
	struct spec spec;
	struct state *state; /* NULL until work_open() */
	struct session session;
	struct world world;
	struct plan plan;
	struct doubts doubts;           /* what earlier runs may have made; from work_refresh() on */
	struct applied_object *applied; /* what the last apply left */
	size_t n_applied;
	json_t *known; /* array of {address, type, fields}: the snapshot */
	char *dir;     /* folder of the spec */
	bool has_spec, has_session, has_world, has_plan;
	struct lease *lease;  /* NULL: none is held */
	bool cut_off;         /* it was taken over from a run that our journal does not know */
	bool taken_over;      /* from a run that was cut off */
	bool waited;          /* for another run, before the lease was ours */
	int leaving;          /* a signal came: the lease is given back, and then it ends by that */
	const char *farewell; /* said on stderr before it ends so; NULL: nothing */
};

/* Loads the spec only. All of these return 0 or an error code after appending to cli->d. */
int work_spec(struct work *w, struct cli *cli);
/* As work_spec, with a spec from a saved plan. Takes doc's contents, not doc. */
int work_saved_spec(struct work *w, struct cli *cli, const json_t *doc);
/* Database and session; asks AWS who we are and refuses a wrong account. */
int work_open(struct work *w);
/*
 * One writer: takes the lease of this app and environment, after work_open() and before work_refresh(), for `doing`
 * (a command's name). Waits for another run as long as --lock-timeout says; ERR_LOCKED. From then on a first signal
 * gives it back before it ends the program, outside of apply_plan().
 */
int work_lock(struct work *w, const char *doing);
/* Gives it back, if it is still ours; work_release() does so too. */
void work_unlock(struct work *w);
/* apply_plan() has had signals for itself; `abandoned` by a second one, writes may be under way: the lease stays. */
void work_relock(struct work *w, bool abandoned);
/* A row for the option tables of commands that lock, and what its text means: 0, 30s, 5m, 1h. */
#define LOCK_TIMEOUT_ROW(s)                                                                                  \
	{                                                                                                    \
		"lock-timeout", 0, OPTION_TEXT, "TIME", "wait so long for another run (30s, 5m; default 0)", \
		    offsetof(s, lock_timeout)                                                                \
	}
int work_lock_timeout(struct cli *cli, const char *text);
/* Reads the live objects, and writes them to the snapshot. */
int work_refresh(struct work *w);
/* The snapshot and the records, once more: another run may have written them while we waited. */
int work_read_state(struct work *w);
/* Before a teardown: as long as an earlier run may have made something that does not show, waits and reads again. */
int work_settle(struct work *w);
/*
 * As work_refresh(), but looks also for what is not ours and could be: all that wishes may mean, or what somebody named
 * `sought` for the address `sought_for`. Nothing is written to the snapshot. May be called again: the world is new
 * then.
 */
int work_look(struct work *w, bool candidates, const char *sought_for, const char *sought);
/* Spec, session and live objects. */
int work_live(struct work *w, struct cli *cli);
/* The live objects from the snapshot alone (--cached). */
int work_cached(struct work *w);
int work_plan(struct work *w, unsigned flags, const struct words *only, const struct words *except);
/* The records of the last apply := what is live now (for all that is as the spec wants it). */
int work_record_applied(struct work *w);
/* Forgets where the last apply was, unless something stayed there. */
int work_record_destroyed(struct work *w);
void work_release(struct work *w);

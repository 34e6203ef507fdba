/*
 * work - the way that most commands go: spec, database, session, live objects, plan.
 */
#pragma once

#include "cli/cli.h"
#include "engine/drift.h"
#include "engine/plan.h"
#include "engine/refresh.h"
#include "engine/session.h"
#include "state/state.h"

struct work {
	struct cli *cli;
	struct spec spec;
	struct state *state; /* NULL until work_open() */
	struct session session;
	struct world world;
	struct plan plan;
	struct applied_object *applied; /* what the last apply left */
	size_t n_applied;
	json_t *known; /* array of {address, type, fields}: the snapshot */
	char *dir;     /* folder of the spec */
	bool has_spec, has_session, has_world, has_plan;
};

/* Loads the spec only. All of these return 0 or an error code after appending to cli->d. */
int work_spec(struct work *w, struct cli *cli);
/* As work_spec, with a spec from a saved plan. Takes doc's contents, not doc. */
int work_saved_spec(struct work *w, struct cli *cli, const json_t *doc);
/* Database and session; asks AWS who we are and refuses a wrong account. */
int work_open(struct work *w);
/* Reads the live objects, and writes them to the snapshot. */
int work_refresh(struct work *w);
/* All three. */
int work_live(struct work *w, struct cli *cli);
/* The live objects from the snapshot alone (--cached). */
int work_cached(struct work *w);
int work_plan(struct work *w, unsigned flags, const struct words *only, const struct words *except);
/* The records of the last apply := what is live now (for all that is as the spec wants it). */
int work_record_applied(struct work *w);
/* Forgets where the last apply was, unless something stayed there. */
int work_record_destroyed(struct work *w);
void work_release(struct work *w);

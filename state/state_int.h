/* state_int - what the files of state/ share. */
#pragma once

#include "state/state.h"

#include <sqlite3.h>
#include <sys/types.h>

enum stmt {
	STMT_RUN_BEGIN,
	STMT_RUN_END,
	STMT_PUT_LIVE,
	STMT_PUT_APPLIED,
	STMT_DROP_LIVE,
	STMT_DROP_APPLIED,
	STMT_CLEAR_LIVE,
	STMT_CLEAR_APPLIED,
	STMT_EACH_LIVE,
	STMT_EACH_APPLIED,
	STMT_SET,
	STMT_UNSET,
	STMT_GET,
	STMT_INTENT,
	STMT_OUTCOME,
	STMT_SEEN,
	STMT_EACH_DOUBT,
	STMT_LAST_RUN,
	STMT_UNDER_WAY,
	STMT_COUNT_,
};

struct state {
	sqlite3 *db;
	char *path;
	dev_t device; /* with inode: the file that was opened */
	ino_t inode;
	sqlite3_stmt *stmt[STMT_COUNT_];
};

/* Prepared, reset and without bindings; NULL after appending to d. */
sqlite3_stmt *state_stmt(struct state *s, enum stmt which, struct diag *d);
/* NULL binds NULL; the text is copied. */
void state_bind_text(sqlite3_stmt *stmt, int i, const char *text);
/* Steps a statement that gives no rows, and resets it. */
int state_run(struct state *s, sqlite3_stmt *stmt, struct diag *d);
/* Appends what SQLite says, with the path and what to do; returns the code for it. */
int state_fail(struct state *s, const char *doing, struct diag *d);

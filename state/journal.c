/* Runs, and what each was about to do: written before a call goes out, closed after its answer. */
#include "base/err.h"
#include "state/state_int.h"

int state_run_begin(struct state *s, const char *kind, int64_t now_ms, int64_t *ret, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, STMT_RUN_BEGIN, d);
	int rc;

	if (!st)
		return ERR_IO;
	state_bind_text(st, 1, kind);
	sqlite3_bind_int64(st, 2, now_ms);
	rc = state_run(s, st, d);
	if (!rc)
		*ret = sqlite3_last_insert_rowid(s->db);
	return rc;
}

int state_run_end(struct state *s, int64_t run, const char *outcome, int64_t now_ms, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, STMT_RUN_END, d);

	if (!st)
		return ERR_IO;
	sqlite3_bind_int64(st, 1, run);
	state_bind_text(st, 2, outcome);
	sqlite3_bind_int64(st, 3, now_ms);
	return state_run(s, st, d);
}

int state_intent(struct state *s, int64_t run, const char *address, const char *action, const char *call,
		 const char *token, int64_t now_ms, int64_t *ret_id, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, STMT_INTENT, d);
	int rc;

	if (!st)
		return ERR_IO;
	sqlite3_bind_int64(st, 1, run);
	state_bind_text(st, 2, address);
	state_bind_text(st, 3, action);
	state_bind_text(st, 4, call);
	state_bind_text(st, 5, token);
	sqlite3_bind_int64(st, 6, now_ms);
	rc = state_run(s, st, d);
	if (!rc)
		*ret_id = sqlite3_last_insert_rowid(s->db);
	return rc;
}

int state_outcome(struct state *s, int64_t id, const char *outcome, int64_t now_ms, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, STMT_OUTCOME, d);

	if (!st)
		return ERR_IO;
	sqlite3_bind_int64(st, 1, id);
	state_bind_text(st, 2, outcome);
	sqlite3_bind_int64(st, 3, now_ms);
	return state_run(s, st, d);
}

int state_each_open_intent(struct state *s,
			   int (*f)(void *arg, const char *address, const char *action, const char *call,
				    int64_t at_ms),
			   void *arg, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, STMT_OPEN_INTENTS, d);
	int step, rc = 0;

	if (!st)
		return ERR_IO;
	while ((step = sqlite3_step(st)) == SQLITE_ROW && !rc)
		rc = f(arg, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1),
		       (const char *)sqlite3_column_text(st, 2), sqlite3_column_int64(st, 3));
	if (!rc && step != SQLITE_DONE)
		rc = state_fail(s, "cannot be read", d);
	sqlite3_reset(st);
	return rc;
}

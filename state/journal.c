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

int state_seen(struct state *s, int64_t first, const char *address, int64_t now_ms, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, STMT_SEEN, d);

	if (!st)
		return ERR_IO;
	sqlite3_bind_int64(st, 1, first);
	state_bind_text(st, 2, address);
	sqlite3_bind_int64(st, 3, now_ms);
	return state_run(s, st, d);
}

int state_each_doubt(struct state *s, int64_t since_ms, int (*f)(void *arg, const struct state_doubt *doubt), void *arg,
		     struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, STMT_EACH_DOUBT, d);
	int step, rc = 0;

	if (!st)
		return ERR_IO;
	sqlite3_bind_int64(st, 1, since_ms);
	while (!rc && (step = sqlite3_step(st)) == SQLITE_ROW) {
		struct state_doubt doubt = {.address = (const char *)sqlite3_column_text(st, 0),
					    .call = (const char *)sqlite3_column_text(st, 1),
					    .begun_ms = sqlite3_column_int64(st, 2),
					    .ended_ms = sqlite3_column_int64(st, 3)};

		if (doubt.address && doubt.call)
			rc = f(arg, &doubt);
	}
	if (!rc && step != SQLITE_DONE)
		rc = state_fail(s, "cannot be read", d);
	sqlite3_reset(st);
	return rc;
}

bool state_was_cut_off(struct state *s)
{
	struct diag ignored = {0};
	sqlite3_stmt *st = state_stmt(s, STMT_LAST_RUN, &ignored);
	bool open = st && sqlite3_step(st) == SQLITE_ROW && sqlite3_column_type(st, 0) == SQLITE_NULL;

	diag_release(&ignored);
	if (st)
		sqlite3_reset(st);
	return open;
}

bool state_is_under_way(struct state *s, int64_t since_ms)
{
	struct diag ignored = {0};
	sqlite3_stmt *st = state_stmt(s, STMT_UNDER_WAY, &ignored);
	bool any = false;

	diag_release(&ignored);
	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, since_ms);
	any = sqlite3_step(st) == SQLITE_ROW;
	sqlite3_reset(st);
	return any;
}

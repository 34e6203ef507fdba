/* The snapshot, and small facts. */
#include "base/err.h"
#include "base/value.h"
#include "state/state_int.h"

#include <stdlib.h>

int state_put(struct state *s, enum state_table t, const struct state_object *o, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, t == STATE_LIVE ? STMT_PUT_LIVE : STMT_PUT_APPLIED, d);
	char *fields CLEANUP(freep) = val_text(o->fields);
	char *tags CLEANUP(freep) = o->tags ? val_text(o->tags) : NULL;

	if (!st)
		return ERR_IO;
	state_bind_text(st, 1, o->address);
	state_bind_text(st, 2, o->type);
	state_bind_text(st, 3, o->arn);
	state_bind_text(st, 4, fields);
	state_bind_text(st, 5, tags);
	sqlite3_bind_int64(st, 6, o->read_ms);
	return state_run(s, st, d);
}

int state_drop(struct state *s, enum state_table t, const char *address, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, t == STATE_LIVE ? STMT_DROP_LIVE : STMT_DROP_APPLIED, d);

	if (!st)
		return ERR_IO;
	state_bind_text(st, 1, address);
	return state_run(s, st, d);
}

static int replace_rows(struct state *s, enum state_table t, const struct state_object *o, size_t n, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, t == STATE_LIVE ? STMT_CLEAR_LIVE : STMT_CLEAR_APPLIED, d);
	int rc = st ? state_run(s, st, d) : ERR_IO;

	for (size_t i = 0; i < n && !rc; i++)
		rc = state_put(s, t, &o[i], d);
	return rc;
}

int state_replace(struct state *s, enum state_table t, const struct state_object *o, size_t n, struct diag *d)
{
	int rc;

	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return state_fail(s, "cannot be written", d);
	rc = replace_rows(s, t, o, n, d);
	if (!rc && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		rc = state_fail(s, "cannot be written", d);
	if (rc)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static const char *column(sqlite3_stmt *st, int i)
{
	return (const char *)sqlite3_column_text(st, i);
}

/* A row whose JSON does not parse is left out: the cache may forget, it may not lie. */
static int give_row(sqlite3_stmt *st, int (*f)(void *arg, const struct state_object *o), void *arg)
{
	const char *text = column(st, 3), *tags_text = column(st, 4);
	json_auto_t *fields = text ? json_loads(text, 0, NULL) : NULL;
	json_auto_t *tags = tags_text ? json_loads(tags_text, 0, NULL) : NULL;
	struct state_object o = {.address = column(st, 0),
				 .type = column(st, 1),
				 .arn = column(st, 2),
				 .fields = fields,
				 .tags = tags,
				 .read_ms = sqlite3_column_int64(st, 5)};

	return json_is_object(fields) && o.address && o.type ? f(arg, &o) : 0;
}

int state_each(struct state *s, enum state_table t, int (*f)(void *arg, const struct state_object *o), void *arg,
	       struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, t == STATE_LIVE ? STMT_EACH_LIVE : STMT_EACH_APPLIED, d);
	int step, rc = 0;

	if (!st)
		return ERR_IO;
	while ((step = sqlite3_step(st)) == SQLITE_ROW && !rc)
		rc = give_row(st, f, arg);
	if (!rc && step != SQLITE_DONE)
		rc = state_fail(s, "cannot be read", d);
	sqlite3_reset(st);
	return rc;
}

int state_set(struct state *s, const char *key, const char *value, struct diag *d)
{
	sqlite3_stmt *st = state_stmt(s, value ? STMT_SET : STMT_UNSET, d);

	if (!st)
		return ERR_IO;
	state_bind_text(st, 1, key);
	if (value)
		state_bind_text(st, 2, value);
	return state_run(s, st, d);
}

char *state_get(struct state *s, const char *key)
{
	struct diag ignored = {0};
	sqlite3_stmt *st = state_stmt(s, STMT_GET, &ignored);
	char *value = NULL;

	diag_release(&ignored);
	if (!st)
		return NULL;
	state_bind_text(st, 1, key);
	if (sqlite3_step(st) == SQLITE_ROW && column(st, 0))
		value = xstrdup(column(st, 0));
	sqlite3_reset(st);
	return value;
}

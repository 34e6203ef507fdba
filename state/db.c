/* Opening, migrating, and saying what is wrong with the file. */
#include "base/err.h"
#include "state/state_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 5000
/* One row at most: as much as one answer of AWS. */
#define ROW_MAX (16 << 20)

/* One step per version of the file; user_version counts them. Steps are never changed, only added. */
static const char *const migration[] = {
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE live (address TEXT PRIMARY KEY, type TEXT NOT NULL, arn TEXT, fields TEXT NOT NULL,"
    " tags TEXT, read_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE applied (address TEXT PRIMARY KEY, type TEXT NOT NULL, arn TEXT, fields TEXT NOT NULL,"
    " tags TEXT, read_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE run (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, begun_ms INTEGER NOT NULL, ended_ms INTEGER,"
    " outcome TEXT);"
    "CREATE TABLE journal (id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id), address TEXT NOT NULL,"
    " action TEXT NOT NULL, call TEXT NOT NULL, token TEXT, at_ms INTEGER NOT NULL, ended_ms INTEGER, outcome TEXT);"
    "CREATE INDEX journal_open ON journal(run) WHERE outcome IS NULL;",
};

/* A create that may have been carried out, though no answer said so. */
#define IN_DOUBT "action = 'create' AND (outcome IS NULL OR outcome IN ('accepted', 'unknown'))"

static const char *const sql[STMT_COUNT_] = {
    [STMT_RUN_BEGIN] = "INSERT INTO run (kind, begun_ms) VALUES (?1, ?2)",
    [STMT_RUN_END] = "UPDATE run SET outcome = ?2, ended_ms = ?3 WHERE id = ?1",
    [STMT_PUT_LIVE] = "INSERT OR REPLACE INTO live VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STMT_PUT_APPLIED] = "INSERT OR REPLACE INTO applied VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STMT_DROP_LIVE] = "DELETE FROM live WHERE address = ?1",
    [STMT_DROP_APPLIED] = "DELETE FROM applied WHERE address = ?1",
    [STMT_CLEAR_LIVE] = "DELETE FROM live",
    [STMT_CLEAR_APPLIED] = "DELETE FROM applied",
    [STMT_EACH_LIVE] = "SELECT address, type, arn, fields, tags, read_ms FROM live ORDER BY address",
    [STMT_EACH_APPLIED] = "SELECT address, type, arn, fields, tags, read_ms FROM applied ORDER BY address",
    [STMT_SET] = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)",
    [STMT_UNSET] = "DELETE FROM meta WHERE key = ?1",
    [STMT_GET] = "SELECT value FROM meta WHERE key = ?1",
    [STMT_INTENT] = "INSERT INTO journal (run, address, action, call, token, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STMT_OUTCOME] = "UPDATE journal SET outcome = ?2, ended_ms = ?3 WHERE id = ?1",
    [STMT_SEEN] = ("UPDATE journal SET outcome = 'ok', ended_ms = ?3 WHERE id >= ?1 AND address = ?2 AND " IN_DOUBT),
    [STMT_EACH_DOUBT] =
	("SELECT address, call, at_ms, coalesce(ended_ms, 0) FROM journal WHERE at_ms >= ?1 AND " IN_DOUBT
	 " ORDER BY id"),
    [STMT_UNDER_WAY] = "SELECT 1 FROM journal WHERE outcome IS NULL AND at_ms >= ?1 LIMIT 1",
    [STMT_LAST_RUN] = "SELECT outcome FROM run ORDER BY id DESC LIMIT 1",
};

int state_fail(struct state *s, const char *doing, struct diag *d)
{
	int code = sqlite3_errcode(s->db) & 0xff;
	const char *words = sqlite3_errmsg(s->db);
	int os_error = sqlite3_system_errno(s->db);

	switch (code) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		/* Who keeps it that long will not let go soon: the next writes do not wait again. */
		sqlite3_busy_timeout(s->db, 0);
		diag_error(d, ERR_LOCKED, "%s: %s: another process is using it.", s->path, doing);
		diag_hint(d, "Wait until the other berth has ended. Nothing was lost.");
		return ERR_LOCKED;
	case SQLITE_FULL:
		diag_error(d, ERR_IO, "%s: %s: the disk is full.", s->path, doing);
		diag_hint(d, "Make room and run it again. The file is only a cache: AWS was not harmed.");
		return ERR_IO;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH:
		diag_error(d, ERR_IO, "%s: %s: %s.", s->path, doing, words);
		diag_hint(d, "berth keeps its snapshot there and must be able to write it: check owner and mode.");
		return ERR_IO;
	case SQLITE_ERROR: /* our statements are right: the tables are not ours */
	case SQLITE_TOOBIG:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		diag_error(d, ERR_CORRUPT, "%s: %s: the file is damaged.", s->path, doing);
		diag_hint(d, "It is only a cache: remove it, and the next plan makes a new one from AWS.");
		return ERR_CORRUPT;
	default:
		diag_error(d, ERR_IO, "%s: %s: %s%s%s.", s->path, doing, words, os_error ? ", " : "",
			   os_error ? strerror(os_error) : "");
		diag_hint(
		    d,
		    "Is there room on the disk, and a limit for files? The file is only a cache: AWS was not harmed.");
		return ERR_IO;
	}
}

sqlite3_stmt *state_stmt(struct state *s, enum stmt which, struct diag *d)
{
	sqlite3_stmt **st = &s->stmt[which];

	if (!*st && sqlite3_prepare_v3(s->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL) != SQLITE_OK) {
		state_fail(s, "cannot be read", d);
		return NULL;
	}
	sqlite3_reset(*st);
	sqlite3_clear_bindings(*st);
	return *st;
}

void state_bind_text(sqlite3_stmt *stmt, int i, const char *text)
{
	if (text)
		sqlite3_bind_text(stmt, i, text, -1, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(stmt, i);
}

int state_run(struct state *s, sqlite3_stmt *stmt, struct diag *d)
{
	int rc = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : state_fail(s, "cannot be written", d);
}

static int exec(struct state *s, const char *text, struct diag *d)
{
	return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : state_fail(s, "cannot be used", d);
}

static int user_version(struct state *s, int *ret, struct diag *d)
{
	sqlite3_stmt *st = NULL;
	int rc = 0;

	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		rc = state_fail(s, "cannot be read", d);
	else
		*ret = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return rc;
}

static int migrate_from(struct state *s, int version, struct diag *d)
{
	for (int v = version; v < (int)ARRAY_SIZE(migration); v++) {
		char *step CLEANUP(freep) = xasprintf("%s PRAGMA user_version = %d;", migration[v], v + 1);
		int rc = exec(s, step, d);

		if (rc)
			return rc;
	}
	return 0;
}

/* The version is read again under the write lock: another process may have migrated meanwhile. */
static int migrate(struct state *s, struct diag *d)
{
	int version = 0, rc;

	rc = user_version(s, &version, d);
	if (rc)
		return rc;
	if (version > (int)ARRAY_SIZE(migration)) {
		diag_error(d, ERR_REFUSED, "%s was written by a newer berth (format %d; this one knows %d).", s->path,
			   version, (int)ARRAY_SIZE(migration));
		diag_hint(d, "Use the newer berth, or remove the file: it is only a cache.");
		return ERR_REFUSED;
	}
	if (version < 0)
		return diag_error(d, ERR_CORRUPT, "%s: the file is damaged: it is of no known format.", s->path);
	if (version == (int)ARRAY_SIZE(migration))
		return 0;
	rc = exec(s, "BEGIN IMMEDIATE", d);
	if (rc)
		return rc;
	rc = user_version(s, &version, d);
	if (!rc)
		rc = migrate_from(s, version, d);
	if (rc) {
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return rc;
	}
	return exec(s, "COMMIT", d);
}

static int claim(struct state *s, const char *key, const char *value, struct diag *d)
{
	char *have CLEANUP(freep) = state_get(s, key);

	if (!have)
		return state_set(s, key, value, d);
	if (!strcmp(have, value))
		return 0;
	diag_error(d, ERR_REFUSED, "%s belongs to %s \"%s\", not \"%s\".", s->path, key, have, value);
	diag_hint(
	    d,
	    "Each app has its own folder. If you renamed the app, all that was made for %s \"%s\" stays as it is: "
	    "under that name `berth destroy` takes it away. To begin anew, remove the file: it is only a cache.",
	    key, have);
	return ERR_REFUSED;
}

static int make_directory(const char *path, struct diag *d)
{
	const char *slash = strrchr(path, '/');
	char *dir CLEANUP(freep) = slash && slash != path ? xstrndup(path, (size_t)(slash - path)) : NULL;

	if (!dir || !mkdir(dir, 0700) || errno == EEXIST)
		return 0;
	diag_error(d, ERR_IO, "The folder %s cannot be made: %s.", dir, strerror(errno));
	diag_hint(d, "berth keeps its snapshot there, beside the spec.");
	return ERR_IO;
}

/* The file must never be readable by others, not even for a moment: it is made before SQLite sees it. */
static int make_file(const char *path, struct diag *d)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		diag_error(d, ERR_IO, "%s cannot be opened: %s.", path, strerror(errno));
		diag_hint(d, "berth keeps its snapshot there, beside the spec, and must be able to write it.");
		return ERR_IO;
	}
	if (fchmod(fd, 0600))
		diag_warn(d, "%s: its mode cannot be set to 0600: %s.", path, strerror(errno));
	close(fd);
	return 0;
}

/* A damaged page would else be found in the middle of the work. */
static int check_whole(struct state *s, struct diag *d)
{
	sqlite3_stmt *st = NULL;
	int rc = 0;

	if (sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		rc = state_fail(s, "cannot be read", d);
	else if (strcmp((const char *)sqlite3_column_text(st, 0), "ok") != 0)
		rc = diag_error(d, ERR_CORRUPT, "%s: the file is damaged.", s->path);
	sqlite3_finalize(st);
	return rc;
}

/* All that the file defines, as one text. New, or NULL. */
static char *schema_text(sqlite3 *db)
{
	static const char query[] = "SELECT group_concat(type || ' ' || name || ': ' || sql, char(10)) FROM"
				    " (SELECT * FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
				    " ORDER BY type, name)";
	sqlite3_stmt *st = NULL;
	char *text = NULL;

	if (sqlite3_prepare_v2(db, query, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_text(st, 0))
		text = xstrdup((const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return text;
}

/* Somebody's view in place of a table could run without end, somebody's trigger do what nobody asked for. */
static int check_schema(struct state *s, struct diag *d)
{
	char *is CLEANUP(freep) = schema_text(s->db), *should CLEANUP(freep) = NULL;
	sqlite3 *model = NULL;
	bool ok;

	if (!is && sqlite3_errcode(s->db) == SQLITE_BUSY)
		return state_fail(s, "cannot be read", d);
	ok = sqlite3_open(":memory:", &model) == SQLITE_OK;
	for (size_t i = 0; ok && i < ARRAY_SIZE(migration); i++)
		ok = sqlite3_exec(model, migration[i], NULL, NULL, NULL) == SQLITE_OK;
	should = ok ? schema_text(model) : NULL;
	sqlite3_close(model);
	if (!should)
		BUG("the tables of the database cannot be made");
	if (is && !strcmp(is, should))
		return 0;
	return diag_error(d, ERR_CORRUPT, "%s: the file is damaged: it holds other tables than berth's.", s->path);
}

/* The file may come from anywhere: what it defines itself is not run. */
static void distrust(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, ROW_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
}

static int open_db(struct state *s, struct diag *d)
{
	int rc;

	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		return state_fail(s, "cannot be opened", d);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	distrust(s->db);
	rc = exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;", d);
	if (!rc)
		rc = check_whole(s, d);
	if (!rc)
		rc = migrate(s, d);
	return rc ? rc : check_schema(s, d);
}

static void close_db(struct state *s)
{
	for (size_t i = 0; i < STMT_COUNT_; i++) {
		sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

/* A damaged cache is kept for whoever wants to look, and begun anew. */
static int set_aside(struct state *s, struct diag *d)
{
	char *aside CLEANUP(freep) = xasprintf("%s.damaged", s->path);
	char *wal CLEANUP(freep) = xasprintf("%s-wal", s->path);
	char *shm CLEANUP(freep) = xasprintf("%s-shm", s->path);

	if (rename(s->path, aside))
		return diag_error(d, ERR_CORRUPT, "%s is damaged and cannot be set aside: %s.", s->path,
				  strerror(errno));
	(void)unlink(wal);
	(void)unlink(shm);
	diag_warn(d, "%s was damaged. It is only a cache: it was renamed to %s and is begun anew.", s->path, aside);
	return 0;
}

static int open_or_renew(struct state *s, struct diag *d)
{
	struct diag own = {0};
	int rc = open_db(s, &own);

	if (rc == ERR_CORRUPT) {
		close_db(s);
		rc = set_aside(s, d);
		if (!rc)
			rc = make_file(s->path, d);
		if (!rc)
			rc = open_db(s, d);
	} else {
		for (size_t i = 0; i < own.n; i++) {
			diag_error(d, own.item[i].code, "%s", own.item[i].text);
			if (own.item[i].hint)
				diag_hint(d, "%s", own.item[i].hint);
		}
	}
	diag_release(&own);
	return rc;
}

int state_in_place(const struct state *s, struct diag *d)
{
	struct stat st;

	if (!stat(s->path, &st) && st.st_dev == s->device && st.st_ino == s->inode)
		return 0;
	diag_error(d, ERR_IO, "%s was removed or replaced while it was in use.", s->path);
	diag_hint(d, "Run it again. The file is only a cache: AWS was not harmed.");
	return ERR_IO;
}

static void remember_file(struct state *s)
{
	struct stat st;

	if (stat(s->path, &st))
		return;
	s->device = st.st_dev;
	s->inode = st.st_ino;
}

int state_open(const char *path, const char *app, const char *env, struct state **ret, struct diag *d)
{
	struct state *s;
	int rc;

	rc = make_directory(path, d);
	if (!rc)
		rc = make_file(path, d);
	if (rc)
		return rc;
	s = xcalloc(1, sizeof(*s));
	s->path = xstrdup(path);
	rc = open_or_renew(s, d);
	remember_file(s);
	if (!rc)
		rc = claim(s, "app", app, d);
	if (!rc)
		rc = claim(s, "env", env, d);
	if (rc)
		state_close(s);
	else
		*ret = s;
	return rc;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	close_db(s);
	free(s->path);
	free(s);
}

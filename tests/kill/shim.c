/*
 * shim - kills a program at the k-th thing it does to the world. For LD_PRELOAD: berth itself knows nothing of it.
 *
 * A point is passed when a request has been handed to the kernel, when its
 * answer has come and nobody has looked at it yet, and around every statement
 * that writes into the database: before it, where nothing of it is there, and
 * behind it. What lies between two points changes nothing outside of the process.
 *
 *   KILL_AT=k        raise(SIGKILL) at point k, counted from 1
 *   KILL_COUNT=FILE  at exit: how many points there were
 *   KILL_TRACE=FILE  one line for each point passed, the fatal one included
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static long passed, fatal;
static int trace = -1;
static bool inside; /* what SQLite does for itself is part of one point */

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("KILL_AT"), *file = getenv("KILL_TRACE");

	fatal = at ? strtol(at, NULL, 10) : 0;
	if (file)
		trace = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

__attribute__((destructor)) static void end(void)
{
	const char *file = getenv("KILL_COUNT");
	char text[32];
	int fd = file ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	int n = snprintf(text, sizeof(text), "%ld\n", passed);

	if (fd < 0)
		return;
	if (write(fd, text, (size_t)n) != n)
		abort();
	close(fd);
}

/* what: a word; about: text of any length, of which one line is shown. */
static void point(const char *what, const char *about, size_t len)
{
	char line[200];
	size_t shown = 0;
	int n;

	passed++;
	while (shown < len && shown < 120 && about[shown] >= ' ')
		shown++;
	n = snprintf(line, sizeof(line), "%ld %s %.*s\n", passed, what, (int)shown, about ? about : "");
	if (trace >= 0 && write(trace, line, (size_t)n) != n)
		abort();
	if (passed == fatal)
		raise(SIGKILL);
}

/* The function of that name that would have been called without the shim. */
static void *next(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (!f)
		abort();
	return f;
}

/* POSIX wants dlsym()'s answer taken as a function; the standard has no cast for it. */
#define NEXT(var, name)                                   \
	do {                                              \
		if (!(var)) {                             \
			void *f_ = next(name);            \
			memcpy(&(var), &f_, sizeof(var)); \
		}                                         \
	} while (0)

/* ---- requests and answers */

/* What the request is about: its line says little where the action stands in a header or in the body. */
static void sent(const char *data, size_t len)
{
	static const char *const marks[] = {"X-Amz-Target: ", "x-amz-target: ", "Action="};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		const char *at = memmem(data, len, marks[i], strlen(marks[i]));

		if (at) {
			at += strlen(marks[i]);
			point("sent", at, len - (size_t)(at - data));
			return;
		}
	}
	point("sent", data, len);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	static ssize_t (*f)(int, const void *, size_t, int);
	ssize_t n;

	NEXT(f, "send");
	n = f(fd, data, len, flags);
	if (n > 0)
		sent(data, (size_t)n);
	return n;
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left)
{
	static CURLMsg *(*f)(CURLM *, int *);
	CURLMsg *msg;

	NEXT(f, "curl_multi_info_read");
	msg = f(multi, left);
	if (msg && msg->msg == CURLMSG_DONE)
		point("answered", "", 0);
	return msg;
}

/* ---- the database */

int sqlite3_step(sqlite3_stmt *statement)
{
	static int (*f)(sqlite3_stmt *);
	bool writes = !inside && !sqlite3_stmt_readonly(statement);
	const char *text = writes ? sqlite3_sql(statement) : "";
	int rc;

	NEXT(f, "sqlite3_step");
	if (!writes)
		return f(statement);
	point("before", text, strlen(text));
	inside = true;
	rc = f(statement);
	inside = false;
	point("behind", text, strlen(text));
	return rc;
}

int sqlite3_exec(sqlite3 *db, const char *text, int (*row)(void *, int, char **, char **), void *arg, char **error)
{
	static int (*f)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
	int rc;

	NEXT(f, "sqlite3_exec");
	if (inside)
		return f(db, text, row, arg, error);
	point("before", text, strlen(text));
	inside = true;
	rc = f(db, text, row, arg, error);
	inside = false;
	point("behind", text, strlen(text));
	return rc;
}

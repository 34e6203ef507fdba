/*
 * diag - the sink for what the user will read.
 *
 * Library code never prints: it appends complete sentences here, with the
 * place they are about, and returns a code. Whoever owns the command prints
 * them. Nothing is appended on success, so calls chain. Context is added on the
 * way up: n = d->n; if (f(d)) diag_prefix(d, n, "service web");
 */
#pragma once

#include "base/mem.h"

#include <stddef.h>

/* A place in a file; line and column count from 1, line 0 means "the file as a whole". */
struct pos {
	const char *file; /* not owned, may be NULL: no place */
	int line, column;
};

enum severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag_item {
	enum severity severity;
	int code; /* enum err; 0 for warnings and notes */
	struct pos pos;
	char *text;   /* owned; a complete sentence without the place */
	char *source; /* owned; the source line for the caret, or NULL */
	char *hint;   /* owned; what to do, or NULL */
};

struct diag {
	struct diag_item *item;
	size_t n, cap;
	size_t errors; /* how many items are errors */
};

/* Both return `code`, so that `return diag_error(d, ERR_INVALID, ...)` reads well. */
int diag_error(struct diag *d, int code, const char *fmt, ...) PRINTF(3, 4);
int diag_at(struct diag *d, int code, struct pos pos, const char *fmt, ...) PRINTF(4, 5);
void diag_warn(struct diag *d, const char *fmt, ...) PRINTF(2, 3);
void diag_warn_at(struct diag *d, struct pos pos, const char *fmt, ...) PRINTF(3, 4);
void diag_note(struct diag *d, const char *fmt, ...) PRINTF(2, 3);
/* Says what to do about the newest item. */
void diag_hint(struct diag *d, const char *fmt, ...) PRINTF(2, 3);
/* Attaches the source line of the newest item. */
void diag_source(struct diag *d, const char *line, size_t n);
/* Puts "prefix: " before the text of every item from index `from` on. */
void diag_prefix(struct diag *d, size_t from, const char *fmt, ...) PRINTF(3, 4);
/* The code of the first error, 0 if there is none. */
int diag_code(const struct diag *d);
void diag_release(struct diag *d);

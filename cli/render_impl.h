/*
 * render_impl - what the writers of plans and of drift share: addresses in one column, text that fits the terminal.
 */
#pragma once

#include "cli/cli.h"
#include "cli/render.h"

/* The first line of an object: sign, address, and what there is to say about it. */
struct head {
	const char *sign, *address, *text; /* text: NULL or empty: nothing more */
	enum paint paint, text_paint;
	size_t column; /* see render_column() */
};

/* How wide the column of addresses is for this one too; begin with 0. */
size_t render_column(const struct render *r, size_t column, const char *address);
void render_head(const struct render *r, const struct head *h);
/* `text` at column `at` of a line begun, then the line's end. Goes on below at `indent` where the terminal ends. */
void render_text(const struct render *r, size_t at, size_t indent, const char *text);
/* The members that changed, one a line, in columns. */
void render_changes(const struct render *r, const struct rtype *t, const struct change *change, size_t n);
/* The fields of a wish, the same way. */
void render_wish(const struct render *r, const struct rtype *t, const json_t *want);

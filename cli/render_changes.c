/* What changes in one object: its members in columns, old -> new, what came and what went. */
#include "base/buf.h"
#include "base/value.h"
#include "cli/render_impl.h"

#include <stdlib.h>
#include <string.h>

#define PATH_MAX_COLUMNS 44
#define MARGIN 6
#define BELOW 10

struct row {
	char sign; /* '+', '-', or ' ' */
	char *path, *text;
};

struct rows {
	struct row *row;
	size_t n, cap;
};

static void add_row(struct rows *rows, char sign, char *path, char *text)
{
	rows->row = grow(rows->row, &rows->cap, rows->n + 1, sizeof(*rows->row));
	rows->row[rows->n++] = (struct row){.sign = sign, .path = path, .text = text};
}

static size_t longest_word(const char *s)
{
	size_t longest = 0;

	for (size_t n = 0; *s; s += n + strspn(s + n, " ")) {
		char *word CLEANUP(freep) = NULL;

		n = strcspn(s, " ");
		word = xstrndup(s, n);
		longest = text_columns(word) > longest ? text_columns(word) : longest;
	}
	return longest;
}

/* A value that no line beside the column could hold goes below. */
static void print_row(const struct render *r, const struct row *row, size_t column)
{
	size_t n = text_columns(row->path), pad = n < column ? column - n : 0, at = MARGIN + n + pad + 2;
	bool below = r->width && at + longest_word(row->text) > r->width;
	enum paint paint = row->sign == '+' ? PAINT_GREEN : row->sign == '-' ? PAINT_RED : PAINT_NONE;

	fprintf(r->to, "    %s%c%s %s", paint_on(r->color, paint), row->sign, paint_off(r->color), row->path);
	fprintf(r->to, "%s%*s", below ? "\n" : "", (int)(below ? BELOW : pad + 2), "");
	render_text(r, below ? BELOW : at, below ? BELOW : MARGIN + column + 2, row->text);
}

static void print_rows(const struct render *r, struct rows *rows)
{
	size_t most = r->width && r->width / 2 < PATH_MAX_COLUMNS ? r->width / 2 : PATH_MAX_COLUMNS, column = 0;

	for (size_t i = 0; i < rows->n; i++) {
		size_t n = text_columns(rows->row[i].path);

		column = n > column && n <= most ? n : column;
	}
	for (size_t i = 0; i < rows->n; i++) {
		print_row(r, &rows->row[i], column);
		free(rows->row[i].path);
		free(rows->row[i].text);
	}
	free(rows->row);
}

/* What is worth saying beside the value: that it forces the replacement; what it costs, where others cost less. */
static const char *remark(const struct change *c, bool mixed)
{
	static const char *const cost[] = {
	    [RISK_NONE] = "",
	    [RISK_RESTART] = "  (restarts)",
	    [RISK_DOWNTIME] = "  (with downtime)",
	    [RISK_DATA] = "  (loses data)",
	};

	if (c->flags & CHANGE_FORCES_REPLACE)
		return "  (forces replacement)";
	return mixed ? cost[c->risk] : "";
}

static void add_leaf(struct rows *rows, const json_t *leaf, const char *said)
{
	const json_t *from = json_array_get(leaf, 1), *to = json_array_get(leaf, 2);
	char *path = printable(json_string_value(json_array_get(leaf, 0)));
	char *old CLEANUP(freep) = render_value(from), *new CLEANUP(freep) = render_value(to);

	if (json_is_null(from))
		add_row(rows, '+', path, xasprintf("%s%s", new, said));
	else if (json_is_null(to))
		add_row(rows, '-', path, xasprintf("%s%s", old, said));
	else
		add_row(rows, ' ', path, xasprintf("%s -> %s%s", old, new, said));
}

static void add_change(struct rows *rows, const struct rtype *t, const struct change *c, bool mixed)
{
	const struct field *f = c->flags & CHANGE_TAG ? NULL : rtype_field(t, c->field);
	char *name CLEANUP(freep) = xasprintf("%s%s", c->flags & CHANGE_TAG ? "tag " : "", c->field);
	json_auto_t *leaves = NULL;

	if (c->flags & CHANGE_SENSITIVE) {
		add_row(rows, ' ', printable(name), xasprintf("(sensitive) is written again%s", remark(c, mixed)));
		return;
	}
	leaves = render_leaves(f ? f->type : NULL, name, c->from, c->to);
	for (size_t i = 0; i < json_array_size(leaves); i++)
		add_leaf(rows, json_array_get(leaves, i), remark(c, mixed));
}

/* Tags by which berth finds its objects again: the change that they stand for is said by itself. */
static bool is_bookkeeping(const struct change *c)
{
	return (c->flags & CHANGE_TAG) && !strcmp(c->field, "berth:tags");
}

void render_changes(const struct render *r, const struct rtype *t, const struct change *change, size_t n)
{
	struct rows rows = {0};
	bool mixed = false;

	for (size_t i = 0; i < n; i++)
		mixed |= change[i].risk != change[0].risk;
	for (size_t i = 0; i < n; i++)
		if (n == 1 || r->verbose || !is_bookkeeping(&change[i]))
			add_change(&rows, t, &change[i], mixed);
	print_rows(r, &rows);
}

static void add_field(struct rows *rows, const struct field *f, const char *name, const json_t *value)
{
	json_auto_t *leaves = NULL;

	if (f && (f->flags & (SENSITIVE | WRITE_ONLY))) {
		add_row(rows, ' ', printable(name), xstrdup("(sensitive)"));
		return;
	}
	leaves = render_leaves(f ? f->type : NULL, name, NULL, value);
	for (size_t i = 0; i < json_array_size(leaves); i++) {
		const json_t *leaf = json_array_get(leaves, i);

		add_row(rows, ' ', printable(json_string_value(json_array_get(leaf, 0))),
			render_value(json_array_get(leaf, 2)));
	}
}

void render_wish(const struct render *r, const struct rtype *t, const json_t *want)
{
	struct rows rows = {0};
	json_t *value;
	const char *key;

	json_object_foreach ((json_t *)want, key, value)
		add_field(&rows, rtype_field(t, key), key, value);
	print_rows(r, &rows);
}

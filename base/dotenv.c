#include "base/dotenv.h"
#include "base/buf.h"
#include "base/err.h"

#include <ctype.h>
#include <string.h>

struct reader {
	const char *p, *end, *file;
	const char *begin; /* of the line */
	int line;
	struct diag *d;
};

static int wrong_at(const struct reader *r, struct pos pos, const char *what)
{
	diag_at(r->d, ERR_INVALID, pos, "%s", what);
	diag_hint(r->d, "A line is NAME=VALUE; quote values with spaces, quotes or several lines.");
	return ERR_INVALID;
}

static struct pos here(const struct reader *r)
{
	return (struct pos){.file = r->file, .line = r->line, .column = (int)(r->p - r->begin) + 1};
}

static int wrong(const struct reader *r, const char *what)
{
	return wrong_at(r, here(r), what);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct reader *r)
{
	while (r->p < r->end && is_blank(*r->p))
		r->p++;
}

static void skip_line(struct reader *r)
{
	while (r->p < r->end && *r->p != '\n')
		r->p++;
}

static bool at_end_of_line(const struct reader *r)
{
	return r->p == r->end || *r->p == '\n' || *r->p == '#';
}

static bool is_name(char c, bool first)
{
	return c == '_' || isalpha((unsigned char)c) || (!first && isdigit((unsigned char)c));
}

static void read_name(struct reader *r, struct buf *name)
{
	const char *from = r->p;

	while (r->p < r->end && is_name(*r->p, r->p == from))
		r->p++;
	buf_add(name, from, (size_t)(r->p - from));
}

/* Spaces inside count, those at the end do not; a # begins a comment only behind a space. */
static void read_bare(struct reader *r, struct buf *value)
{
	const char *from = r->p, *last = r->p;

	for (; r->p < r->end && *r->p != '\n'; r->p++) {
		if (*r->p == '#' && (r->p == from || is_blank(r->p[-1])))
			break;
		if (!is_blank(*r->p))
			last = r->p + 1;
	}
	buf_add(value, from, (size_t)(last - from));
}

static char unescaped(char c)
{
	static const char *const from = "nrt", *const to = "\n\r\t";
	const char *at = strchr(from, c);

	return c && at ? to[at - from] : c;
}

static int read_quoted(struct reader *r, struct buf *value)
{
	const struct pos opened = here(r);
	const char quote = *r->p++;

	for (; r->p < r->end && *r->p != quote; r->p++) {
		char c = *r->p;

		if (quote == '"' && c == '\\' && r->p + 1 < r->end && strchr("nrt\\\"$", r->p[1]))
			c = unescaped(*++r->p);
		if (*r->p == '\n') {
			r->line++;
			r->begin = r->p + 1;
		}
		buf_add(value, &c, 1);
	}
	if (r->p == r->end)
		return wrong_at(r, opened, "A quote is opened here and never closed.");
	r->p++;
	skip_blanks(r);
	return at_end_of_line(r) ? 0 : wrong(r, "There is more behind the closing quote.");
}

static int read_value(struct reader *r, struct buf *value)
{
	skip_blanks(r);
	if (r->p < r->end && (*r->p == '"' || *r->p == '\''))
		return read_quoted(r, value);
	read_bare(r, value);
	return 0;
}

static int keep(struct reader *r, struct pos pos, struct buf *name, struct buf *value, json_t *into)
{
	json_t *text = json_stringn(value->n ? value->p : "", value->n);

	if (!text)
		return wrong_at(r, pos, "The value is not UTF-8.");
	json_object_set_new(into, buf_str(name), text);
	return 0;
}

static int read_pair(struct reader *r, json_t *into)
{
	struct buf name = BUF(1024), value = BUF(DOTENV_MAX);
	const struct pos pos = here(r);
	int rc = 0;

	read_name(r, &name);
	skip_blanks(r);
	if (name.n == 6 && !memcmp(name.p, "export", 6) && r->p < r->end && is_name(*r->p, true)) {
		buf_reset(&name);
		read_name(r, &name);
		skip_blanks(r);
	}
	if (name.err)
		rc = wrong_at(r, pos, "The name is too long.");
	else if (!name.n || r->p == r->end || *r->p != '=')
		rc = wrong_at(r, pos, "This is no NAME=VALUE.");
	if (!rc) {
		r->p++;
		rc = read_value(r, &value);
	}
	if (!rc)
		rc = keep(r, pos, &name, &value, into);
	buf_release(&name);
	buf_wipe(&value);
	return rc;
}

int dotenv_parse(const char *text, size_t n, const char *file, json_t **ret, struct diag *d)
{
	struct reader r = {.p = text, .end = text + n, .file = file, .begin = text, .line = 1, .d = d};
	json_t *all = json_object();
	int rc = 0;

	if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		r.p += 3;
	if (n && memchr(text, '\0', n))
		rc = wrong_at(&r, (struct pos){.file = file}, "This is no text: it holds a zero byte.");
	while (!rc && r.p < r.end) {
		skip_blanks(&r);
		if (!at_end_of_line(&r))
			rc = read_pair(&r, all);
		skip_line(&r);
		r.line++;
		r.p += r.p < r.end;
		r.begin = r.p;
	}
	if (!rc)
		*ret = all;
	else
		json_decref(all);
	return rc;
}

/* Values on one line. */
#include "base/buf.h"
#include "base/value.h"
#include "cli/cli.h"
#include "cli/render.h"

#include <stdlib.h>
#include <string.h>

/* Longer than any name, ARN or URL that AWS takes: beyond are documents, and nobody reads those here. */
#define TEXT_MAX 300

/* "(known after ec2.vpc.main)" */
static char *unknown_text(const char *ref)
{
	size_t n = 0;
	int dots = 0;

	for (; ref[n] && dots < 3; n++)
		dots += ref[n] == '.';
	if (dots == 3)
		n--;
	return xasprintf("(known after %.*s)", (int)n, ref);
}

/* What the planner left of a wish: a reference that it could not follow is one to a secret. */
static char *special_text(const json_t *v)
{
	const json_t *unknown = val_operand(v, V_UNKNOWN);

	if (json_is_string(unknown))
		return unknown_text(json_string_value(unknown));
	if (val_operand(v, V_GENERATE))
		return xstrdup("(generated)");
	if (val_operand(v, V_REF) || val_operand(v, V_JOIN) || val_operand(v, "$sensitive"))
		return xstrdup("(sensitive)");
	return NULL;
}

/* Would a reader see where it begins and ends, and that it is text? */
static bool is_plain(const char *s)
{
	if (!*s || strchr("(-!", *s))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || strchr("\"',[]{}\\", *s))
			return false;
	return true;
}

static void add_text(struct buf *b, const json_t *v)
{
	const char *s = json_string_value(v);
	char *quoted CLEANUP(freep) = is_plain(s) ? NULL : val_text(v);
	char *text CLEANUP(freep) = printable(quoted ? quoted : s);
	size_t whole = strlen(text);

	if (text_columns(text) > TEXT_MAX)
		text_cut(text, TEXT_MAX);
	buf_adds(b, text);
	if (strlen(text) < whole)
		buf_addf(b, "... (%zu characters)", json_string_length(v));
}

static void add_value(struct buf *b, const json_t *v);

static void add_array(struct buf *b, const json_t *v)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (i)
			buf_adds(b, ", ");
		add_value(b, json_array_get(v, i));
	}
	buf_addc(b, ']');
}

static void add_object(struct buf *b, const json_t *v)
{
	json_auto_t *names = json_array(), *sorted = NULL;
	json_t *member;
	const char *key;

	json_object_foreach ((json_t *)v, key, member)
		json_array_append_new(names, json_string(key));
	sorted = val_sorted_set(names);
	buf_addc(b, '{');
	for (size_t i = 0; i < json_array_size(sorted); i++) {
		char *name CLEANUP(freep) = printable(json_string_value(json_array_get(sorted, i)));

		buf_addf(b, "%s%s: ", i ? ", " : "", name);
		add_value(b, json_object_get(v, json_string_value(json_array_get(sorted, i))));
	}
	buf_addc(b, '}');
}

static void add_value(struct buf *b, const json_t *v)
{
	char *special CLEANUP(freep) = special_text(v);
	char *text CLEANUP(freep) = NULL;

	if (special) {
		buf_adds(b, special);
	} else if (json_is_array(v)) {
		add_array(b, v);
	} else if (json_is_object(v)) {
		add_object(b, v);
	} else if (json_is_string(v)) {
		add_text(b, v);
	} else if (json_is_real(v)) {
		buf_addf(b, "%.12g", json_real_value(v));
	} else {
		text = v && !json_is_null(v) ? val_text(v) : xstrdup("(none)");
		buf_adds(b, text);
	}
}

char *render_value(const json_t *v)
{
	struct buf b = BUF(BUF_TEXT_MAX);

	add_value(&b, v);
	return buf_take(&b);
}

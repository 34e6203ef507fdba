/* Values on one line, and the leaves in which two values differ. */
#include "base/buf.h"
#include "base/value.h"
#include "cli/cli.h"
#include "cli/render.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_WIDTH 100

/* "known after ec2.vpc.main is made" */
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

static char *special_text(const json_t *v)
{
	const json_t *o;

	if ((o = val_operand(v, V_UNKNOWN)) && json_is_string(o))
		return unknown_text(json_string_value(o));
	if ((o = val_operand(v, V_REF)) && json_is_string(o))
		return unknown_text(json_string_value(o));
	if (val_operand(v, V_GENERATE))
		return xstrdup("(generated)");
	if (val_operand(v, V_JOIN) || val_operand(v, "$sensitive"))
		return xstrdup("(sensitive)");
	return NULL;
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
		key = json_string_value(json_array_get(sorted, i));
		buf_addf(b, "%s%s: ", i ? ", " : "", key);
		add_value(b, json_object_get(v, key));
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
	} else {
		text = v ? val_text(v) : xstrdup("(none)");
		buf_adds(b, text);
	}
}

char *render_value(const json_t *v)
{
	struct buf b = BUF(BUF_TEXT_MAX);
	char *raw CLEANUP(freep) = NULL;
	char *text;

	add_value(&b, v);
	raw = buf_take(&b);
	text = printable(raw);
	if (strlen(text) > VALUE_WIDTH) {
		size_t n = VALUE_WIDTH - 3;

		/* Not in the middle of a character. */
		while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
		text[n] = '\0';
		raw = (free(raw), text);
		text = xasprintf("%s...", raw);
	}
	return text;
}

static void add_leaf(json_t *out, const char *path, const json_t *from, const json_t *to)
{
	json_array_append_new(out, json_pack("[s, o, o]", path, from ? json_incref((json_t *)from) : json_null(),
					     to ? json_incref((json_t *)to) : json_null()));
}

static bool is_plain_object(const json_t *v)
{
	char *special CLEANUP(freep) = v ? special_text(v) : NULL;

	return json_is_object(v) && !special;
}

static void collect(json_t *out, const char *path, const json_t *from, const json_t *to);

static void collect_members(json_t *out, const char *path, const json_t *from, const json_t *to)
{
	json_auto_t *all = json_copy((json_t *)from);
	json_t *member;
	const char *key;

	json_object_update(all, (json_t *)to);
	json_object_foreach (all, key, member) {
		char *below CLEANUP(freep) = xasprintf("%s.%s", path, key);

		collect(out, below, json_object_get(from, key), json_object_get(to, key));
	}
}

static void collect(json_t *out, const char *path, const json_t *from, const json_t *to)
{
	if (from == to || (from && to && json_equal(from, to)))
		return;
	if (is_plain_object(from) && is_plain_object(to)) {
		collect_members(out, path, from, to);
		return;
	}
	if (json_is_array(from) && json_is_array(to) && json_array_size(from) == json_array_size(to) &&
	    is_plain_object(json_array_get(from, 0))) {
		for (size_t i = 0; i < json_array_size(from); i++) {
			const char *name = val_str(json_array_get(to, i), "name");
			char *below CLEANUP(freep) =
			    name ? xasprintf("%s[%s]", path, name) : xasprintf("%s[%zu]", path, i);

			collect(out, below, json_array_get(from, i), json_array_get(to, i));
		}
		return;
	}
	add_leaf(out, path, from, to);
}

json_t *render_leaves(const char *field, const json_t *from, const json_t *to)
{
	json_t *out = json_array();

	collect(out, field, from, to);
	if (!json_array_size(out))
		add_leaf(out, field, from, to);
	return out;
}

#include "base/path.h"
#include "base/err.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define STEPS 32
#define TEXT 512

enum step_kind {
	MEMBER, /* .name */
	ALL,    /* [] */
	INDEX,  /* [n] */
	MATCH,  /* [name=value] */
};

struct step {
	enum step_kind kind;
	const char *name, *value; /* inside path.text */
	size_t index;
};

/* A path taken apart. Its text lies here, so that taking one apart needs no memory to free. */
struct path {
	size_t up; /* number of ^ */
	size_t n;
	struct step step[STEPS];
	char text[TEXT];
	size_t used;
};

/* Copies n bytes as a NUL-terminated text into the path; NULL if it is full. */
static const char *keep(struct path *p, const char *s, size_t n)
{
	char *copy = p->text + p->used;

	if (n >= TEXT - p->used)
		return NULL;
	memcpy(copy, s, n);
	copy[n] = '\0';
	p->used += n + 1;
	return copy;
}

static struct step *add_step(struct path *p, enum step_kind kind)
{
	struct step *s;

	if (p->n == STEPS)
		return NULL;
	s = &p->step[p->n++];
	*s = (struct step){.kind = kind};
	return s;
}

/* "text" or text up to one of `ends`: kept, and *s moved behind it; NULL if malformed. */
static const char *read_word(struct path *p, const char **s, const char *ends)
{
	const char *from = *s, *end;

	if (*from == '"') {
		end = strchr(++from, '"');
		if (!end)
			return NULL;
		*s = end + 1;
	} else {
		end = from + strcspn(from, ends);
		if (end == from)
			return NULL;
		*s = end;
	}
	return keep(p, from, (size_t)(end - from));
}

static bool read_index(struct path *p, const char **s)
{
	struct step *step = add_step(p, INDEX);
	size_t digits = strcspn(*s, "]");

	if (!step || digits > 9)
		return false;
	step->index = strtoul(*s, NULL, 10);
	*s += digits;
	return true;
}

static bool read_match(struct path *p, const char **s)
{
	struct step *step = add_step(p, MATCH);

	if (!step)
		return false;
	step->name = read_word(p, s, ".[]^=");
	if (!step->name || **s != '=')
		return false;
	++*s;
	/* An empty value is a value. */
	step->value = **s == ']' ? keep(p, "", 0) : read_word(p, s, "]");
	return step->value && **s == ']';
}

/* What stands in brackets; *s is behind the '[' and then behind the ']'. */
static bool read_bracket(struct path *p, const char **s)
{
	size_t digits = strspn(*s, "0123456789");
	bool ok;

	if (**s == ']')
		ok = add_step(p, ALL) != NULL;
	else if (digits && (*s)[digits] == ']')
		ok = read_index(p, s);
	else
		ok = read_match(p, s);
	if (ok)
		++*s;
	return ok;
}

static bool read_member(struct path *p, const char **s)
{
	struct step *step = add_step(p, MEMBER);

	if (!step)
		return false;
	step->name = read_word(p, s, ".[]^");
	return step->name && (!**s || **s == '.' || **s == '[');
}

static bool parse(struct path *p, const char *s)
{
	p->n = p->used = 0;
	p->up = strspn(s, "^");
	s += p->up;
	if (*s && *s != '[' && !read_member(p, &s))
		return false;
	while (*s) {
		char c = *s++;

		if (c == '[' ? !read_bracket(p, &s) : c != '.' || !read_member(p, &s))
			return false;
	}
	return true;
}

bool path_valid(const char *path)
{
	struct path p;

	return parse(&p, path);
}

static bool matches(const json_t *element, const struct step *s)
{
	const char *text = json_string_value(json_object_get(element, s->name));

	return text && !strcmp(text, s->value);
}

/* Where the element of array that [k=v] names is; its size if there is none. */
static size_t match_index(const json_t *array, const struct step *s)
{
	size_t n = json_array_size(array), i = 0;

	while (i < n && !matches(json_array_get(array, i), s))
		i++;
	return i;
}

/* One step down, borrowed, NULL if absent. What is no array counts as an array of one: so XML shows a list of one. */
static json_t *descend(json_t *v, const struct step *s)
{
	switch (s->kind) {
	case MEMBER:
		return json_object_get(v, s->name);
	case INDEX:
		if (json_is_array(v))
			return json_array_get(v, s->index);
		return s->index == 0 && !json_is_null(v) ? v : NULL;
	case MATCH:
		if (json_is_array(v))
			return json_array_get(v, match_index(v, s));
		return matches(v, s) ? v : NULL;
	case ALL:
		break;
	}
	BUG("[] names no single value");
}

/* Goes down from v by steps *i.. up to the next [] or the end; borrowed, NULL if absent. */
static json_t *walk(json_t *v, const struct path *p, size_t *i)
{
	while (v && *i < p->n && p->step[*i].kind != ALL)
		v = descend(v, &p->step[(*i)++]);
	return v;
}

/* Appends to out everything that the steps from i on name below v. */
static void collect(json_t *out, json_t *v, const struct path *p, size_t i)
{
	json_t *element;
	size_t k;

	v = walk(v, p, &i);
	if (!v)
		return;
	if (i == p->n) {
		json_array_append(out, v);
	} else if (json_is_array(v)) {
		json_array_foreach (v, k, element)
			collect(out, element, p, i + 1);
	} else if (!json_is_null(v)) {
		collect(out, v, p, i + 1);
	}
}

static json_t *get(const json_t *root, const struct path *p)
{
	size_t i = 0;
	json_t *out;

	while (i < p->n && p->step[i].kind != ALL)
		i++;
	if (i == p->n) {
		i = 0;
		return json_incref(walk((json_t *)root, p, &i));
	}
	out = json_array();
	collect(out, (json_t *)root, p, 0);
	return out;
}

static json_t *row_get(const json_t *row, const struct path *p)
{
	for (size_t i = 0; i < p->up; i++)
		row = json_object_get(row, "^");
	return row ? get(json_object_get(row, ""), p) : NULL;
}

json_t *path_get(const json_t *root, const char *path)
{
	struct path p;

	if (!root || !parse(&p, path))
		return NULL;
	return p.up ? row_get(root, &p) : get(root, &p);
}

json_t *path_row_get(const json_t *row, const char *path)
{
	struct path p;

	return parse(&p, path) ? row_get(row, &p) : NULL;
}

/* New row of `element` inside `outer` (NULL: the outermost). */
static json_t *make_row(json_t *element, json_t *outer)
{
	json_t *row = json_object();

	json_object_set(row, "", element);
	if (outer)
		json_object_set(row, "^", outer);
	return row;
}

/* Appends to out the rows that the steps from i on name below `row`. Steals row. */
static void collect_rows(json_t *out, json_t *row, const struct path *p, size_t i)
{
	json_t *v = json_object_get(row, ""), *element;
	size_t k;

	if (i == p->n) {
		json_array_append_new(out, row);
		return;
	}
	v = walk(v, p, &i);
	if (v && !json_is_null(v)) {
		if (i == p->n)
			json_array_append_new(out, make_row(v, row));
		else if (!json_is_array(v))
			collect_rows(out, make_row(v, row), p, i + 1);
		else
			json_array_foreach (v, k, element)
				collect_rows(out, make_row(element, row), p, i + 1);
	}
	json_decref(row);
}

json_t *path_rows(const json_t *root, const char *path)
{
	json_t *out = json_array();
	struct path p;

	if (root && parse(&p, path) && !p.up)
		collect_rows(out, make_row((json_t *)root, NULL), &p, 0);
	return out;
}

/* Puts value (stolen) at step s of v, which is of the right kind. */
static int attach(json_t *v, const struct step *s, json_t *value)
{
	size_t n = json_array_size(v), i = n;
	int bad;

	if (s->kind == MEMBER)
		return json_object_set_new(v, s->name, value) ? ERR_INVALID : 0;
	if (s->kind == INDEX)
		i = s->index;
	else if (s->kind == MATCH)
		i = match_index(v, s);
	if (i > n) {
		json_decref(value);
		return ERR_INVALID;
	}
	bad = i == n ? json_array_append_new(v, value) : json_array_set_new(v, i, value);
	return bad ? ERR_INVALID : 0;
}

static bool kind_fits(const json_t *v, const struct step *s)
{
	return s->kind == MEMBER ? json_is_object(v) : json_is_array(v);
}

/* What is to stand at step i, so that the steps behind it lead to value (stolen). NULL if a fresh array had a gap or a
 * name is no UTF-8. */
static json_t *wrap(const struct path *p, size_t i, json_t *value)
{
	const struct step *s = &p->step[i];
	json_t *outer;
	int bad = 0;

	if (i + 1 == p->n)
		return value;
	value = wrap(p, i + 1, value);
	if (!value)
		return NULL;
	outer = s[1].kind == MEMBER ? json_object() : json_array();
	/* A made element has the member that the path knows it by. */
	if (s->kind == MATCH && s[1].kind == MEMBER)
		bad = json_object_set_new(outer, s->name, json_string(s->value));
	bad |= attach(outer, &s[1], value);
	if (bad) {
		json_decref(outer);
		return NULL;
	}
	return outer;
}

int path_put(json_t *root, const char *path, json_t *value)
{
	struct path p;
	size_t i = 0;
	json_t *v = root;

	if (!v || !value || !parse(&p, path) || p.up || !p.n) {
		json_decref(value);
		return ERR_INVALID;
	}
	for (; kind_fits(v, &p.step[i]); i++) {
		json_t *next = p.step[i].kind == ALL ? NULL : descend(v, &p.step[i]);

		if (!next || i + 1 == p.n) {
			value = wrap(&p, i, value);
			return value ? attach(v, &p.step[i], value) : ERR_INVALID;
		}
		v = next;
	}
	json_decref(value);
	return ERR_INVALID;
}

void path_remove(json_t *root, const char *path)
{
	const struct step *last;
	struct path p;
	size_t i = 0;
	json_t *v;

	if (!root || !parse(&p, path) || p.up || !p.n)
		return;
	last = &p.step[--p.n];
	v = walk(root, &p, &i);
	if (!v || i < p.n || !kind_fits(v, last))
		return;
	if (last->kind == MEMBER)
		json_object_del(v, last->name);
	else if (last->kind == INDEX)
		json_array_remove(v, last->index);
	else if (last->kind == MATCH)
		json_array_remove(v, match_index(v, last));
}

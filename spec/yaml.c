/* From the bytes of a file to the document: libyaml's events into a tree. */
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/value.h"
#include "spec/doc.h"
#include "spec/scalar.h"
#include "spec/spec.h"
#include "spec/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define KEY_MAX 1024

struct anchor {
	char *name;
	struct at at;
	bool open; /* its node is not complete yet */
};

struct loader {
	struct doc *doc;
	struct diag *d;
	yaml_parser_t parser;
	yaml_event_t event;
	struct anchor *anchor;
	size_t n_anchor, anchor_cap;
	size_t nodes;
	int depth;
};

/* Where the next node goes, and its key's place if it has one. */
struct slot {
	json_t *in;
	const char *key;
	yaml_mark_t key_mark;
};

static int load_node(struct loader *l, struct slot slot);

static struct pos pos_of(const struct loader *l, yaml_mark_t mark)
{
	return (struct pos){l->doc->file, (int)mark.line + 1, (int)mark.column + 1};
}

#define ERROR_AT(l, mark, ...) at_pos_error((l)->doc, pos_of(l, mark), (l)->d, __VA_ARGS__)
#define HINT(l, ...) at_hint(doc_root((l)->doc), (l)->d, __VA_ARGS__)

static bool line_has(const struct loader *l, size_t line, const char *what)
{
	const char *text, *found;

	if (line >= l->doc->lines)
		return false;
	text = l->doc->text + l->doc->line[line];
	found = strstr(text, what);
	return found && found < text + strcspn(text, "\r\n");
}

static int syntax_error(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	yaml_mark_t mark = p->problem_mark;
	const char *comma = p->context ? ", " : "";

	ERROR_AT(l, mark, "This is no valid YAML: %s%s%s.", p->context ? p->context : "", comma,
		 p->problem ? p->problem : "it cannot be read");
	if (line_has(l, mark.line, "${"))
		HINT(l, "Inside { } and [ ] a reference must stand in quotes: \"${...}\".");
	else if (line_has(l, mark.line, "\t"))
		HINT(l, "YAML is indented with spaces, not with tabs.");
	else if (p->context && mark.line != p->context_mark.line)
		HINT(l, "It began in line %zu; look at the indentation between the two.", p->context_mark.line + 1);
	return ERR_INVALID;
}

static int next_event(struct loader *l)
{
	yaml_event_delete(&l->event);
	return yaml_parser_parse(&l->parser, &l->event) ? 0 : syntax_error(l);
}

static struct place place_of(const struct loader *l, struct slot slot, enum quote quote)
{
	struct place p = {
	    .line = (int)l->event.start_mark.line + 1, .column = (int)l->event.start_mark.column + 1, .quote = quote};

	if (slot.key) {
		p.key_line = (int)slot.key_mark.line + 1;
		p.key_column = (int)slot.key_mark.column + 1;
	}
	return p;
}

/* Hangs the value (stolen) into its slot. */
static struct at put(struct loader *l, struct slot slot, json_t *value, struct place place)
{
	struct at at = {.doc = l->doc, .in = slot.in, .key = slot.key, .index = json_array_size(slot.in)};

	if (json_is_object(value) || json_is_array(value))
		json_array_append(l->doc->keep, value);
	if (slot.key)
		json_object_set_new(slot.in, slot.key, value);
	else
		json_array_append_new(slot.in, value);
	at.value = value;
	doc_place(l->doc, at.in, at.key, at.index, place);
	/* The caller's key dies with it; the object has one of its own. */
	if (slot.key)
		at.key = json_object_iter_key(json_object_iter_at(slot.in, slot.key));
	return at;
}

static int count_nodes(struct loader *l, size_t n, int depth)
{
	l->nodes += n;
	if (l->nodes > SPEC_NODES_MAX)
		return ERROR_AT(l, l->event.start_mark, "The file has more than %d values%s.", SPEC_NODES_MAX,
				l->event.type == YAML_ALIAS_EVENT ? ", with what its aliases stand for" : "");
	if (l->depth + depth > VALUE_DEPTH_MAX)
		return ERROR_AT(l, l->event.start_mark, "The file is nested more than %d levels deep.",
				VALUE_DEPTH_MAX);
	return 0;
}

/* ---- Anchors and aliases ---- */

static void add_anchor(struct loader *l, const yaml_char_t *name, struct at at, bool open)
{
	if (!name)
		return;
	l->anchor = grow(l->anchor, &l->anchor_cap, l->n_anchor + 1, sizeof(*l->anchor));
	l->anchor[l->n_anchor++] = (struct anchor){xstrdup((const char *)name), at, open};
}

static void close_anchor(struct loader *l, const json_t *value)
{
	for (size_t i = l->n_anchor; i-- > 0;)
		if (l->anchor[i].at.value == value)
			l->anchor[i].open = false;
}

/* The newest of that name: YAML lets a name be given again. */
static const struct anchor *find_anchor(const struct loader *l, const char *name)
{
	for (size_t i = l->n_anchor; i-- > 0;)
		if (!strcmp(l->anchor[i].name, name))
			return &l->anchor[i];
	return NULL;
}

/* Nodes and levels of v. It was loaded itself, so the recursion is bounded. */
static size_t measure(const json_t *v, int *ret_depth)
{
	size_t n = 1, i;
	int deepest = 0, depth;
	json_t *member;
	const char *key;

	json_object_foreach ((json_t *)v, key, member) {
		n += measure(member, &depth);
		deepest = depth > deepest ? depth : deepest;
	}
	json_array_foreach (v, i, member) {
		n += measure(member, &depth);
		deepest = depth > deepest ? depth : deepest;
	}
	*ret_depth = deepest + (json_is_object(v) || json_is_array(v));
	return n;
}

static int load_alias(struct loader *l, struct slot slot)
{
	const char *name = (const char *)l->event.data.alias.anchor;
	const struct anchor *a = find_anchor(l, name);
	struct at to = {.doc = l->doc, .value = slot.in};
	struct place place = place_of(l, slot, QUOTE_NONE);
	size_t index = json_array_size(slot.in), n;
	const struct place *from;
	int depth, rc;

	if (!a)
		return ERROR_AT(l, l->event.start_mark, "No anchor &%s stands before this alias.", name);
	if (a->open)
		return ERROR_AT(l, l->event.start_mark, "Alias *%s stands inside of what it stands for.", name);
	n = measure(a->at.value, &depth);
	rc = count_nodes(l, n, depth);
	if (rc)
		return rc;
	at_graft(to, slot.key, a->at);
	from = doc_place_of(l->doc, a->at.in, a->at.key, a->at.index);
	place.raw = from->raw ? xstrdup(from->raw) : NULL;
	doc_place(l->doc, slot.in, slot.key, index, place);
	return 0;
}

/* ---- Scalars ---- */

static const char core_tag[] = "tag:yaml.org,2002:";

/* Tags that say nothing new may stand; *ret_text: it is text whatever it looks like. */
static int check_tag(struct loader *l, const yaml_char_t *given, bool *ret_text)
{
	const char *tag = (const char *)given;

	*ret_text = false;
	if (!tag)
		return 0;
	if (!strcmp(tag, "!") || !strcmp(tag, YAML_STR_TAG)) {
		*ret_text = true;
		return 0;
	}
	if (!strcmp(tag, YAML_MAP_TAG) || !strcmp(tag, YAML_SEQ_TAG))
		return 0;
	if (!strncmp(tag, core_tag, strlen(core_tag)))
		ERROR_AT(l, l->event.start_mark, "Tag !!%s is not understood here; only !!str is.",
			 tag + strlen(core_tag));
	else
		ERROR_AT(l, l->event.start_mark, "Tag %s is not understood here.", tag);
	return ERR_INVALID;
}

/* Escapes in double quotes can make what the file itself may not hold. */
static int check_text(struct loader *l, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
			return ERROR_AT(l, l->event.start_mark,
					"The text holds control character 0x%02x, which nothing here may have.", c);
	}
	return 0;
}

static enum quote quote_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return QUOTE_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return QUOTE_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		return QUOTE_BLOCK;
	default:
		return QUOTE_NONE;
	}
}

/* New value; null where the scalar is wrong, so that the rest can be looked at. */
static json_t *scalar_value(struct loader *l, struct place *place)
{
	const char *s = (const char *)l->event.data.scalar.value, *why = NULL, *how = NULL;
	size_t n = l->event.data.scalar.length;
	json_t *v = NULL;
	bool text;

	if (check_tag(l, l->event.data.scalar.tag, &text) || check_text(l, s, n)) {
		place->bad = true;
		return json_null();
	}
	if (text || place->quote != QUOTE_NONE)
		v = json_stringn(s, n);
	else
		v = scalar_plain(s, &why, &how);
	if (!v) {
		ERROR_AT(l, l->event.start_mark, "%s %s.", s, why ? why : "cannot be read");
		if (how)
			HINT(l, "To be understood alike everywhere, %s.", how);
		place->bad = true;
		return json_null();
	}
	if (!json_is_string(v))
		place->raw = xstrdup(s);
	return v;
}

static int load_scalar(struct loader *l, struct slot slot)
{
	struct place place = place_of(l, slot, quote_of(l->event.data.scalar.style));
	json_t *value = scalar_value(l, &place);
	struct at at = put(l, slot, value, place);

	add_anchor(l, l->event.data.scalar.anchor, at, false);
	return 0;
}

/* ---- Lists and maps ---- */

static int load_list(struct loader *l, struct slot slot)
{
	struct at at = put(l, slot, json_array(), place_of(l, slot, QUOTE_NONE));
	bool text;
	int rc;

	check_tag(l, l->event.data.sequence_start.tag, &text);
	add_anchor(l, l->event.data.sequence_start.anchor, at, true);
	l->depth++;
	for (rc = next_event(l); !rc && l->event.type != YAML_SEQUENCE_END_EVENT; rc = rc ? rc : next_event(l))
		rc = load_node(l, (struct slot){.in = at.value});
	l->depth--;
	close_anchor(l, at.value);
	return rc;
}

/* A container that hangs nowhere in the document. */
static json_t *scratch(struct loader *l)
{
	json_t *v = json_object();

	json_array_append_new(l->doc->keep, v);
	return v;
}

/* One map named by a merge key: its members, where the map has none of that name. */
static int merge_one(struct loader *l, struct at into, struct at from)
{
	json_t *member;
	const char *key;
	int depth, rc = 0;

	if (!json_is_object(from.value))
		return at_error(from, l->d, "Only a map, or a list of maps, can be merged with <<.");
	json_object_foreach (from.value, key, member) {
		if (json_object_get(into.value, key))
			continue;
		rc = count_nodes(l, measure(member, &depth), 0);
		if (rc)
			return rc;
		at_graft(into, key, at_key(from, key));
	}
	return 0;
}

static int merge(struct loader *l, struct at into, struct at from)
{
	int rc = 0;

	if (!json_is_array(from.value))
		return merge_one(l, into, from);
	for (size_t i = 0; !rc && i < json_array_size(from.value); i++)
		rc = merge_one(l, into, at_item(from, i));
	return rc;
}

/* Key text of the current event, new; NULL after an error if it can be none. */
static char *load_key(struct loader *l)
{
	const char *s = (const char *)l->event.data.scalar.value;
	size_t n;

	if (l->event.type != YAML_SCALAR_EVENT) {
		ERROR_AT(l, l->event.start_mark, "A key must be plain text.");
		return NULL;
	}
	n = l->event.data.scalar.length;
	if (check_text(l, s, n))
		return NULL;
	if (n > KEY_MAX) {
		ERROR_AT(l, l->event.start_mark, "A key is longer than %d bytes.", KEY_MAX);
		return NULL;
	}
	return xstrndup(s, n);
}

/* The rest of a member whose key is no good: read for its own errors only. */
static int skip_member(struct loader *l)
{
	json_t *nowhere = scratch(l);
	int rc = 0;

	if (l->event.type != YAML_SCALAR_EVENT)
		rc = load_node(l, (struct slot){.in = nowhere, .key = "key", .key_mark = l->event.start_mark});
	if (!rc)
		rc = next_event(l);
	return rc ? rc : load_node(l, (struct slot){.in = nowhere, .key = "value", .key_mark = l->event.start_mark});
}

static int load_member(struct loader *l, struct at map, json_t *merged)
{
	yaml_mark_t mark = l->event.start_mark;
	bool plain = l->event.type == YAML_SCALAR_EVENT && l->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	char *key CLEANUP(freep) = load_key(l);
	json_t *in = map.value;
	int rc;

	if (!key)
		return skip_member(l);
	if (plain && !strcmp(key, "<<"))
		in = merged;
	if (json_object_get(in, key)) {
		const struct place *first = doc_place_of(l->doc, in, key, 0);

		ERROR_AT(l, mark, "Key \"%s\" stands here for the second time.", key);
		if (first)
			HINT(l, "The first one is in line %d.", first->key_line);
		in = scratch(l);
	}
	rc = next_event(l);
	return rc ? rc : load_node(l, (struct slot){.in = in, .key = key, .key_mark = mark});
}

static int load_map(struct loader *l, struct slot slot)
{
	struct at at = put(l, slot, json_object(), place_of(l, slot, QUOTE_NONE));
	struct at merged = {.doc = l->doc, .value = scratch(l)};
	bool text;
	int rc;

	check_tag(l, l->event.data.mapping_start.tag, &text);
	add_anchor(l, l->event.data.mapping_start.anchor, at, true);
	l->depth++;
	for (rc = next_event(l); !rc && l->event.type != YAML_MAPPING_END_EVENT; rc = rc ? rc : next_event(l))
		rc = load_member(l, at, merged.value);
	if (!rc && json_object_get(merged.value, "<<"))
		rc = merge(l, at, at_key(merged, "<<"));
	l->depth--;
	close_anchor(l, at.value);
	return rc;
}

static int load_node(struct loader *l, struct slot slot)
{
	int rc;

	if (l->event.type == YAML_ALIAS_EVENT)
		return load_alias(l, slot);
	rc = count_nodes(l, 1, 1);
	if (rc)
		return rc;
	if (l->event.type == YAML_SCALAR_EVENT)
		return load_scalar(l, slot);
	return l->event.type == YAML_SEQUENCE_START_EVENT ? load_list(l, slot) : load_map(l, slot);
}

/* ---- The file ---- */

static int load_document(struct loader *l)
{
	int rc = next_event(l); /* the stream */

	if (!rc)
		rc = next_event(l);
	if (rc)
		return rc;
	if (l->event.type == YAML_STREAM_END_EVENT) {
		rc = ERROR_AT(l, l->event.start_mark, "The file is empty.");
		HINT(l, "It begins with app: NAME and region: REGION; `berth init` writes a first one.");
		return rc;
	}
	rc = next_event(l);
	if (!rc)
		rc = load_node(l, (struct slot){.in = l->doc->top});
	if (!rc)
		rc = next_event(l); /* the document's end */
	if (!rc)
		rc = next_event(l);
	if (!rc && l->event.type != YAML_STREAM_END_EVENT)
		rc = ERROR_AT(l, l->event.start_mark, "The file holds a second document.");
	return rc;
}

static void index_lines(struct doc *doc)
{
	size_t cap = 0;

	for (size_t i = 0; i <= doc->n; i++) {
		bool starts = i == 0 || doc->text[i - 1] == '\n' || (doc->text[i - 1] == '\r' && doc->text[i] != '\n');

		if (!starts)
			continue;
		doc->line = grow(doc->line, &cap, doc->lines + 1, sizeof(*doc->line));
		doc->line[doc->lines++] = i;
	}
}

static struct pos pos_of_offset(const struct doc *doc, size_t offset)
{
	size_t line = doc->lines;
	int column = 1;

	while (line > 1 && doc->line[line - 1] > offset)
		line--;
	for (size_t i = doc->line[line - 1]; i < offset; i++)
		column += ((unsigned char)doc->text[i] & 0xc0) != 0x80;
	return (struct pos){doc->file, (int)line, column};
}

static int check_bytes(struct doc *doc, struct diag *d)
{
	const char *why;
	size_t offset = utf8_text_error(doc->text, doc->n, &why);

	if (!why)
		return 0;
	return at_pos_error(doc, pos_of_offset(doc, offset), d, "The file is no plain UTF-8 text: %s.", why);
}

static void release_loader(struct loader *l)
{
	for (size_t i = 0; i < l->n_anchor; i++)
		free(l->anchor[i].name);
	free(l->anchor);
	yaml_event_delete(&l->event);
	yaml_parser_delete(&l->parser);
}

int doc_parse(struct doc *doc, const char *text, size_t n, struct diag *d)
{
	struct loader l = {.doc = doc, .d = d};
	size_t bom = n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
	int rc;

	if (n > SPEC_FILE_MAX)
		return diag_at(d, ERR_INVALID, (struct pos){.file = doc->file}, "The file is larger than %zu MiB.",
			       SPEC_FILE_MAX >> 20);
	doc->n = n - bom;
	doc->text = xcalloc(doc->n + 1, 1);
	memcpy(doc->text, text + bom, doc->n);
	index_lines(doc);
	rc = check_bytes(doc, d);
	if (rc)
		return rc;
	if (!yaml_parser_initialize(&l.parser))
		BUG("libyaml has no memory");
	yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)doc->text, doc->n);
	rc = load_document(&l);
	release_loader(&l);
	if (!rc && !json_is_object(json_array_get(doc->top, 0)))
		rc = at_error(doc_root(doc), d, "The file must be a map: \"app: NAME\" and so on.");
	return rc;
}

static int io_error(const struct doc *doc, struct diag *d, int code, const char *what)
{
	diag_at(d, code, (struct pos){.file = doc->file}, "The file cannot be read: %s.", what);
	diag_hint(d, "-f names the spec, a YAML file that you may read.");
	return code;
}

int doc_load(struct doc *doc, struct diag *d)
{
	struct buf b = BUF(SPEC_FILE_MAX);
	char why[FILE_WHY_MAX];
	int rc = file_read(doc->file, &b, why);

	if (rc)
		rc = io_error(doc, d, rc, why);
	else
		rc = doc_parse(doc, buf_str(&b), b.n, d);
	buf_wipe(&b);
	return rc;
}

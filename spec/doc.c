#include "spec/doc.h"
#include "base/err.h"
#include "providers/wire.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A source line is shown for its caret; a longer one helps nobody. */
#define SOURCE_MAX 400

struct place_slot {
	const json_t *in; /* NULL: free */
	char *key;
	size_t index;
	struct place place;
};

void doc_init(struct doc *doc, const char *file)
{
	*doc = (struct doc){.file = file, .top = json_array(), .keep = json_array()};
}

void doc_release(struct doc *doc)
{
	for (size_t i = 0; i < doc->slots; i++) {
		free(doc->slot[i].key);
		free(doc->slot[i].place.raw);
	}
	free(doc->slot);
	free(doc->line);
	wipe(doc->text, doc->n);
	free(doc->text);
	json_decref(doc->top);
	json_decref(doc->keep);
	*doc = (struct doc){0};
}

/* ---- Places ---- */

static size_t hash_of(const json_t *in, const char *key, size_t index)
{
	uint64_t h = (uint64_t)(uintptr_t)in * UINT64_C(0x9E3779B97F4A7C15) + index;

	for (; key && *key; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001B3);
	return (size_t)(h ^ (h >> 29));
}

static bool same_slot(const struct place_slot *s, const json_t *in, const char *key, size_t index)
{
	if (s->in != in || !s->key != !key)
		return false;
	return key ? !strcmp(s->key, key) : s->index == index;
}

/* The slot of that node, or the free one where it belongs; the table is never full. */
static struct place_slot *find_slot(struct place_slot *slot, size_t slots, const json_t *in, const char *key,
				    size_t index)
{
	size_t i = hash_of(in, key, index) & (slots - 1);

	while (slot[i].in && !same_slot(&slot[i], in, key, index))
		i = (i + 1) & (slots - 1);
	return &slot[i];
}

static void make_room(struct doc *doc)
{
	size_t slots = doc->slots ? doc->slots * 2 : 256;
	struct place_slot *slot;

	if (doc->used * 2 < doc->slots)
		return;
	slot = xcalloc(slots, sizeof(*slot));
	for (size_t i = 0; i < doc->slots; i++) {
		const struct place_slot *old = &doc->slot[i];

		if (old->in)
			*find_slot(slot, slots, old->in, old->key, old->index) = *old;
	}
	free(doc->slot);
	doc->slot = slot;
	doc->slots = slots;
}

void doc_place(struct doc *doc, const json_t *in, const char *key, size_t index, struct place place)
{
	struct place_slot *s;

	make_room(doc);
	s = find_slot(doc->slot, doc->slots, in, key, index);
	if (s->in) {
		free(s->place.raw);
	} else {
		*s = (struct place_slot){.in = in, .key = key ? xstrdup(key) : NULL, .index = index};
		doc->used++;
	}
	s->place = place;
}

const struct place *doc_place_of(const struct doc *doc, const json_t *in, const char *key, size_t index)
{
	const struct place_slot *s;

	if (!doc->slots)
		return NULL;
	s = find_slot(doc->slot, doc->slots, in, key, index);
	return s->in ? &s->place : NULL;
}

/* ---- Cursors ---- */

/* Places of `at` from the table; of `up` where nobody wrote it. */
static struct at located(struct at at, struct at up)
{
	const struct place *p = doc_place_of(at.doc, at.in, at.key, at.index);

	at.pos = p ? (struct pos){at.doc->file, p->line, p->column} : up.pos;
	at.key_pos = p && p->key_line ? (struct pos){at.doc->file, p->key_line, p->key_column} : at.pos;
	return at;
}

struct at doc_root(struct doc *doc)
{
	struct at at = {.doc = doc, .in = doc->top, .value = json_array_get(doc->top, 0)};
	struct at file = {.pos = {doc->file, 1, 1}};

	return located(at, file);
}

struct at at_key(struct at at, const char *key)
{
	struct at to = {.doc = at.doc, .in = at.value, .key = key, .value = json_object_get(at.value, key)};

	return located(to, at);
}

struct at at_item(struct at at, size_t index)
{
	struct at to = {.doc = at.doc, .in = at.value, .index = index, .value = json_array_get(at.value, index)};

	return located(to, at);
}

void at_set(struct at *at, json_t *value)
{
	if (at->key)
		json_object_set_new(at->in, at->key, value);
	else
		json_array_set_new(at->in, at->index, value);
	at->value = value;
}

static void graft_members(struct at to, struct at from)
{
	json_t *member;
	const char *key;
	size_t i;

	json_object_foreach (from.value, key, member)
		at_graft(to, key, at_key(from, key));
	json_array_foreach (from.value, i, member)
		at_graft(to, NULL, at_item(from, i));
}

/* key NULL: append to an array. */
void at_graft(struct at to, const char *key, struct at from)
{
	const struct place *p = doc_place_of(from.doc, from.in, from.key, from.index);
	struct at made = {.doc = to.doc, .in = to.value, .key = key, .index = json_array_size(to.value)};

	if (json_is_object(from.value) || json_is_array(from.value)) {
		made.value = json_is_object(from.value) ? json_object() : json_array();
		json_array_append(to.doc->keep, made.value);
	} else {
		made.value = json_incref(from.value);
	}
	if (key)
		json_object_set_new(to.value, key, made.value);
	else
		json_array_append_new(to.value, made.value);
	if (p) {
		struct place copy = *p;

		copy.raw = p->raw ? xstrdup(p->raw) : NULL;
		doc_place(to.doc, made.in, key, made.index, copy);
	}
	graft_members(made, from);
}

const char *at_raw(struct at at)
{
	const struct place *p = doc_place_of(at.doc, at.in, at.key, at.index);

	return p ? p->raw : NULL;
}

bool at_is_bad(struct at at)
{
	const struct place *p = doc_place_of(at.doc, at.in, at.key, at.index);

	return p && p->bad;
}

const char *at_str(struct at at, const char *key)
{
	return json_string_value(json_object_get(at.value, key));
}

json_int_t at_int(struct at at, const char *key)
{
	return json_integer_value(json_object_get(at.value, key));
}

bool at_bool(struct at at, const char *key)
{
	return json_is_true(json_object_get(at.value, key));
}

/* ---- Errors ---- */

static void attach_source(const struct doc *doc, struct pos pos, struct diag *d)
{
	char *plain CLEANUP(freep) = NULL;
	const char *line;
	size_t n;

	if (pos.line < 1 || (size_t)pos.line > doc->lines)
		return;
	line = doc->text + doc->line[pos.line - 1];
	n = strcspn(line, "\r\n");
	if (!n || n > SOURCE_MAX)
		return;
	plain = wire_plain(line, n, SOURCE_MAX * 4);
	diag_source(d, plain, strlen(plain));
}

/* Names and values in the sentence come from the file: what a terminal would act upon is taken out here. */
static int error_at(struct doc *doc, struct pos pos, struct diag *d, const char *text)
{
	char *plain CLEANUP(freep) = NULL;

	if (d->errors >= DOC_ERRORS_MAX) {
		doc->suppressed++;
		return ERR_INVALID;
	}
	plain = wire_plain(text, strlen(text), 4000);
	diag_at(d, ERR_INVALID, pos, "%s", plain);
	attach_source(doc, pos, d);
	return ERR_INVALID;
}

static char *sentence(const char *fmt, va_list ap) PRINTF(1, 0);

static char *sentence(const char *fmt, va_list ap)
{
	char *s = NULL;

	return vasprintf(&s, fmt, ap) < 0 ? xstrdup("(message lost)") : s;
}

#define SENTENCE(text)                    \
	do {                              \
		va_list ap;               \
		va_start(ap, fmt);        \
		text = sentence(fmt, ap); \
		va_end(ap);               \
	} while (0)

int at_error(struct at at, struct diag *d, const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL;

	SENTENCE(text);
	return error_at(at.doc, at.pos, d, text);
}

int at_key_error(struct at at, struct diag *d, const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL;

	SENTENCE(text);
	return error_at(at.doc, at.key_pos, d, text);
}

int at_pos_error(struct doc *doc, struct pos pos, struct diag *d, const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL;

	SENTENCE(text);
	return error_at(doc, pos, d, text);
}

void at_warn(struct at at, struct diag *d, const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL, *plain CLEANUP(freep) = NULL;

	SENTENCE(text);
	plain = wire_plain(text, strlen(text), 4000);
	diag_warn_at(d, at.pos, "%s", plain);
	attach_source(at.doc, at.pos, d);
}

void at_hint(struct at at, struct diag *d, const char *fmt, ...)
{
	char *text CLEANUP(freep) = NULL, *plain CLEANUP(freep) = NULL;

	if (at.doc->suppressed)
		return;
	SENTENCE(text);
	plain = wire_plain(text, strlen(text), 8000);
	diag_hint(d, "%s", plain);
}

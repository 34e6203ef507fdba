/*
 * doc - a YAML file as a json_t tree, with the place of every node.
 *
 * The tree cannot hold places (true and null are shared constants), so they lie
 * in a table beside it, by container and member. `struct at` is a cursor: where
 * a value hangs, the value, and its place. Cursors are small, passed by value,
 * and good while the document lives. An absent member is a cursor too: its
 * value is NULL and its place that of what it is absent from.
 *
 * Lifecycle: doc_init, doc_load (yaml.c), read and edit through cursors,
 * doc_release.
 */
#pragma once

#include "base/diag.h"

#include <jansson.h>
#include <stdbool.h>

/* More errors than that are counted, not listed. */
#define DOC_ERRORS_MAX 200

enum quote { QUOTE_NONE, QUOTE_SINGLE, QUOTE_DOUBLE, QUOTE_BLOCK };

struct place {
	int line, column;         /* of the value */
	int key_line, key_column; /* of its key; 0 in a list */
	enum quote quote;
	bool bad;  /* reported already; its value is null */
	char *raw; /* a number, boolean or null as it is written; else NULL */
};

struct place_slot;

struct doc {
	const char *file; /* borrowed */
	char *text;       /* the file, NUL-terminated; wiped on release: an env value may be a secret */
	size_t n;
	size_t *line; /* offset of each line */
	size_t lines;
	json_t *top;  /* [root] */
	json_t *keep; /* every container that is in the table, so that no address is used twice */
	struct place_slot *slot;
	size_t slots, used;
	size_t suppressed; /* errors beyond DOC_ERRORS_MAX */
};

struct at {
	struct doc *doc;
	json_t *in;      /* container: object or array */
	const char *key; /* member of an object, else NULL */
	size_t index;    /* member of an array */
	json_t *value;   /* borrowed; NULL: absent */
	struct pos pos, key_pos;
};

void doc_init(struct doc *doc, const char *file);
void doc_release(struct doc *doc);

/*
 * Reads and parses: ERR_IO, or ERR_INVALID after appending why nothing can be made of it. One document, UTF-8, a map at
 * the top; at most SPEC_FILE_MAX bytes and SPEC_NODES_MAX nodes, with what aliases stand for counted each time.
 * Errors that leave the rest usable (a key twice, a doubtful scalar) are appended too, and the result is 0.
 */
int doc_load(struct doc *doc, struct diag *d);
/* As doc_load, from memory. */
int doc_parse(struct doc *doc, const char *text, size_t n, struct diag *d);

/* Steals `place.raw`. key NULL: in is an array. */
void doc_place(struct doc *doc, const json_t *in, const char *key, size_t index, struct place place);
/* NULL if nobody wrote that. */
const struct place *doc_place_of(const struct doc *doc, const json_t *in, const char *key, size_t index);

struct at doc_root(struct doc *doc);
struct at at_key(struct at at, const char *key);
struct at at_item(struct at at, size_t index);
/* Puts another value (stolen) in its place; the cursor sees it. */
void at_set(struct at *at, json_t *value);
/* Hangs a copy of what `from` stands for, with its places, below `to` at `key`. */
void at_graft(struct at to, const char *key, struct at from);
/* Has something been said of it already? */
bool at_is_bad(struct at at);
/* As written, for numbers, booleans and nulls; NULL for all else. */
const char *at_raw(struct at at);

/* What the checked document says; the table filled in defaults. */
const char *at_str(struct at at, const char *key);
json_int_t at_int(struct at at, const char *key);
bool at_bool(struct at at, const char *key);

/* All append an error with place and source line, and return ERR_INVALID; the sentence is about the value, or its key.
 */
int at_error(struct at at, struct diag *d, const char *fmt, ...) PRINTF(3, 4);
int at_key_error(struct at at, struct diag *d, const char *fmt, ...) PRINTF(3, 4);
int at_pos_error(struct doc *doc, struct pos pos, struct diag *d, const char *fmt, ...) PRINTF(4, 5);
void at_warn(struct at at, struct diag *d, const char *fmt, ...) PRINTF(3, 4);
/* For the newest error, unless it was only counted. */
void at_hint(struct at at, struct diag *d, const char *fmt, ...) PRINTF(3, 4);

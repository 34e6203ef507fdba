/*
 * schema - the spec language as a table: sections, keys, what each may hold.
 *
 * One table drives checking, "did you mean", defaults, explain and the JSON
 * Schema. What a table cannot say is checked by the section's file.
 */
#pragma once

#include "spec/doc.h"

struct key;

enum shape_kind {
	SHAPE_BOOL,
	SHAPE_INT,
	SHAPE_NUM,
	SHAPE_TEXT,
	SHAPE_LIST,
	SHAPE_MAP,   /* names -> elem */
	SHAPE_OBJ,   /* keys as the table says */
	SHAPE_ANY,   /* any value; texts in it may refer */
	SHAPE_LATER, /* not supported yet */
};

enum shape_flags {
	SHAPE_REFERS = 1 << 0, /* TEXT: may hold ${references} */
	SHAPE_UNIQUE = 1 << 1, /* LIST: no value twice */
	SHAPE_LOOSE = 1 << 2,  /* TEXT: a number or boolean counts as the text that was written */
	SHAPE_QUOTED = 1 << 3, /* TEXT: a number is refused even if nothing is lost by it */
	SHAPE_X_KEYS = 1 << 4, /* OBJ: keys that begin with "x-" are let alone: a place for anchors */
};

struct shape {
	const char *what; /* "a port (1 to 65535)": completes "NAME must be …" */
	enum shape_kind kind;
	unsigned flags;
	const struct key *keys;    /* OBJ; ends with a NULL name */
	const struct shape *elem;  /* LIST, MAP */
	const struct shape *name;  /* MAP: a TEXT shape for its keys */
	const char *const *words;  /* TEXT: the only ones allowed; ends with NULL */
	const char *pattern;       /* TEXT: POSIX extended regular expression for the whole of it */
	json_int_t min, max;       /* INT, NUM: range; TEXT: length; LIST, MAP: how many. Both 0: any */
	const struct shape *other; /* what it may be instead, of another kind of YAML value */
	/* For what the rest cannot say; of lists and maps in any case, of others only if all is right so far. Optional.
	 */
	void (*check)(struct at at, struct diag *d);
};

enum key_flags {
	KEY_REQUIRED = 1 << 0,
};

struct key {
	const char *name;
	const struct shape *shape;
	unsigned flags;
	const char *dflt; /* JSON text, filled in when absent; NULL: stays absent */
	const char *doc;  /* one sentence for explain */
};

/* The file itself: an OBJ. */
extern const struct shape spec_shape;
/* What environments may override: as the file, but for the keys that name it. */
extern const struct shape overlay_shape;

struct schema_run {
	struct diag *d;
	bool partial;                            /* nothing is required, no default is filled in, nothing is changed */
	void (*refers)(void *arg, struct at at); /* called for each text with a '$' that may refer; may be NULL */
	void *arg;
};

/* Checks the value and fills defaults in; appends everything that is wrong. */
void schema_check(const struct schema_run *run, const struct shape *shape, struct at at);
/* True if the whole of s matches. */
bool shape_matches(const char *pattern, const char *s);
/* The key of that name, NULL if there is none. */
const struct key *shape_key(const struct shape *shape, const char *name);

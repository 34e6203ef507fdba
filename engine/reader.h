/*
 * reader - one object, read whole: its read call, and the extra reads of its type.
 */
#pragma once

#include "engine/op.h"

struct reading {
	enum outcome outcome;        /* OP_OK, OP_ABSENT, or the first call's that failed */
	json_t *fields;              /* OP_OK: owned by the reading; incref to keep */
	json_t *tags;                /* or NULL: rows of the type hold none */
	const struct op_result *res; /* the failed call's, NULL otherwise */
};

struct read_request {
	const struct rtype *type;
	const json_t *obj;  /* names it: ID or key fields */
	const json_t *want; /* for hooks->absorb; may be NULL */
	const char *address;
	bool brief; /* leave the extra reads out (polls) */
};

struct reader;
/* done is called exactly once from the loop, unless cancelled. */
struct reader *read_object(struct session *s, const struct read_request *req,
			   void (*done)(void *arg, struct reading *reading), void *arg);
/* Drops it without an answer; NULL is fine. Not from `done`. */
void read_cancel(struct reader *r);
/* The row among `rows` that is obj, by ID fields, else by natural key; borrowed, NULL if none. */
json_t *row_of(const struct rtype *t, const json_t *rows, const json_t *obj);

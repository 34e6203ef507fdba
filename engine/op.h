/*
 * op - one table call on behalf of an object: bound, sent, and its outcome put into a class.
 */
#pragma once

#include "engine/session.h"

/* What an outcome means for the object, by the tables of type and service. */
enum outcome {
	OP_OK,
	OP_ABSENT, /* there is no such object */
	OP_BUSY,   /* in use or changing: the same call later */
	OP_CLASH,  /* the name is taken */
	OP_RETRY,  /* later it may work: throttled, AWS unwell, or what this run made is not visible everywhere yet */
	OP_AMBIGUOUS, /* a create that may have happened */
	OP_FAILED,
};

struct op_request {
	const struct rtype *type;
	const struct call *call;
	const json_t *obj;    /* for texts and identity; may be NULL for lists */
	const json_t *params; /* bound already; NULL: bind_fixed(obj) */
	const char *action;   /* NULL: bind_action(call, obj) */
	const char *address;  /* for {@address}; may be NULL */
	const json_t *parent; /* {^field} */
	const json_t *batch;
	const char *operation, *member;
	const char *token; /* client token value, put at call->token */
	enum call_intent intent;
	bool secret; /* the request or answer holds a secret */
};

struct op_result {
	enum outcome outcome;
	int err;                          /* 0 or enum err, for OP_FAILED and the like */
	const struct call_answer *answer; /* borrowed for the callback */
	const struct service *svc;
	const char *action;
	json_t *rows; /* call->rows given: new array of path_rows() rows that are not skipped; owned by the result */
};

struct op;
/* done is called exactly once from the loop, unless cancelled. A request whose texts cannot be filled ends OP_ABSENT at
 * the next turn. */
struct op *op_start(struct session *s, const struct op_request *req, void (*done)(void *arg, struct op_result *res),
		    void *arg);
/* Drops it without an answer; NULL is fine. Not from `done`. */
void op_cancel(struct op *op);
/* Rows of an answer that are objects of the type; told: row_told() of the request, or NULL. New. */
json_t *op_rows(const struct rtype *t, const struct call *c, const json_t *body, const json_t *told);
/* A row of one's own, for extra reads to be merged into; what encloses it is shared, not copied. New. */
json_t *row_copy(const json_t *row);
/* Appends what went wrong, in the user's words. */
int op_explain(const struct op_result *res, struct diag *d);

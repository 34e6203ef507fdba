/*
 * apply - carries a plan out: pending counters, two events, no sleeping.
 *
 * Each action becomes one or two nodes (a replacement is a create and a
 * delete). A node starts when all it needs are done; one that fails blocks
 * only what needs it. A second run finds what the first has made by its tags.
 */
#pragma once

#include "engine/plan.h"
#include "engine/session.h"

enum node_state { NODE_WAITING, NODE_RUNNING, NODE_DONE, NODE_FAILED, NODE_BLOCKED, NODE_NOT_TRIED };
enum node_kind { NODE_CREATE, NODE_UPDATE, NODE_DELETE, NODE_TAG, NODE_NONE };

/* Progress of one node, told as it happens. */
struct progress {
	const char *address;
	enum node_kind kind;
	enum node_state state;
	const char *detail; /* "waiting: creating", an error's sentence; may be NULL */
	int64_t elapsed_ms;
	unsigned expect_s; /* usual duration on AWS; 0 unknown */
	bool replacing;    /* part of a replacement */
};

struct doubts;
struct state;
struct lease;

struct apply_request {
	struct session *session;
	struct world *world; /* kept up to date with every step */
	const struct spec *spec;
	const struct plan *plan;
	struct state *state;                                   /* journal and snapshot; may be NULL */
	struct lease *lease;                                   /* without it no write begins; NULL: none is asked for */
	const struct doubts *doubts;                           /* what earlier runs may have made; may be NULL */
	unsigned parallel;                                     /* nodes at once; 0: 32 */
	void (*progress)(void *arg, const struct progress *p); /* may be NULL */
	void (*interrupted)(void *arg); /* a first signal came while something runs; may be NULL */
	void *arg;
};

struct apply_result {
	size_t done, failed, blocked, not_tried;
	bool interrupted;
	bool abandoned;  /* by a second signal: writes may still be under way */
	bool unrecorded; /* journal or snapshot could not be written on the way; a warning says why */
	json_t *done_list, *failed_list, *left_list; /* addresses */
	json_t *proof_list;                          /* "ADDRESS: what is left of it, and how to use it" */
	json_t *under_way_list; /* of writes that were left: by a second signal, or as the lease was lost */
};

/*
 * Nothing is begun if the journal cannot be. When the lease is lost, no write begins any more: those that are under way
 * are waited for, and then it ends with ERR_LOCKED. 0 if all was done; the first failure's code else, everything
 * appended to d. apply_result_release() in any case.
 */
int apply_plan(const struct apply_request *req, struct apply_result *ret, struct diag *d);
void apply_result_release(struct apply_result *r);

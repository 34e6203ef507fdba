/* node - one step of an apply: a create, an update or a delete, as a state machine. Shared by apply.c and node_*.c. */
#pragma once

#include "engine/apply.h"
#include "engine/op.h"
#include "engine/reader.h"

enum step {
	STEP_START,
	STEP_SECRETS,    /* read the secrets that the request needs */
	STEP_REFERENCES, /* is what it refers to still there? */
	STEP_CHECK,      /* read the live object and hold it against what the plan saw */
	STEP_LOOK,       /* is there one already, which AWS would not mind? */
	STEP_CREATE,
	STEP_FIND,      /* look for what a create may have made, by tags and name */
	STEP_OPERATION, /* follow the operation that an answer named */
	STEP_READY,     /* until it has settled */
	STEP_THEN,      /* fixed calls right after a create */
	STEP_UPDATE,    /* one call after the other */
	STEP_READBACK,  /* read it whole */
	STEP_TAGS,
	STEP_DELETE, /* the delete calls, in order */
	STEP_GONE,   /* until it is no more */
	STEP_PROOF,  /* until what must be left of it is there */
	STEP_DONE,
	STEP_FAILED,
	STEP_COUNT_,
};

/* One update request to come. */
struct job {
	const struct call *call;
	json_t *changed; /* names of the fields it carries */
	char *member;    /* CALL_EACH_*: the member */
};

struct applier;

struct node {
	struct applier *ap;
	enum node_kind kind;
	enum node_state state;
	const struct action *action;
	size_t pending;    /* unfinished nodes it needs */
	size_t *dependent; /* positions of those that need it */
	size_t n_dependent, cap_dependent;

	enum step step, after_operation;
	json_t *want;        /* fully known wish (create, update) */
	json_t *obj;         /* wish plus what AWS said of its identity */
	json_t *live;        /* fields as last read whole */
	json_t *tags;        /* live tags as far as they are known */
	struct object *have; /* the live object in the world */
	char *token, *operation, *parent_key;
	struct job *job;
	size_t n_job, at; /* next job, delete call, then-call or tag call */
	unsigned tries, creates, ok_in_row;
	int64_t started, step_started;
	int64_t intent;       /* journal id of the call under way, 0 none */
	int64_t first_create; /* journal id of its first create call, 0 none */
	struct loop_timer *timer;
	/* What is under way, at most one of them, and who gets its answer. */
	struct op *op;
	void (*op_done)(void *arg, struct op_result *res);
	struct reader *reader;
	void (*read_done)(void *arg, struct reading *reading);
	char *secret_key; /* of the secret being read */
	const struct rtype *secret_type;
	json_t *holder, *leftover; /* who holds what is to be deleted, in words; ids of those that may be taken away */
	int64_t asked;             /* when that was asked, in ms of the step */
	unsigned holding;          /* which kind of holders is being asked for */
	unsigned looks;            /* how often a read told of a change that was not planned for */
	struct object *reference;  /* which is being looked at */
	void (*then)(struct node *n); /* what node_check_again() lets go on */
	json_t *fresh, *fresh_tags;   /* the read that found it ready: it need not be read again; NULL: none */
	bool ambiguous;               /* a create may have happened */
	bool doubted;                 /* it is looked for before it is made: an earlier run may have made it */
	bool clashed;                 /* its name was taken: it may be older than this run */
	bool updated;                 /* the update step has run */
	bool accepted;                /* AWS has taken one of its writes */
	bool left;                    /* it waited when a signal came, and was let go */
	bool writing;                 /* the op under way is a write */
	bool has_parent;              /* holds its place among the writes below parent_key */
};

struct applier {
	const struct apply_request *req;
	struct apply_result *result;
	struct diag *d;
	struct node *node;
	size_t n, running, open, writing;
	json_t *secrets;      /* "address\nfield" -> value */
	json_t *looked_at;    /* address -> when it was last seen unchanged, in ms of the loop */
	json_t *busy_parents; /* key -> true: a SERIAL_PARENT write is under way */
	int64_t run;
	int rc;
	unsigned signals;
	bool fenced;                 /* the lease is lost */
	bool hurried;                /* a signal came, and time is up for all but calls that write */
	struct loop_timer *patience; /* until then */
	struct loop_timer *turn;     /* a look at all waiting nodes is scheduled */
	struct resolver resolver;
};

/* The one way from step to step; traces. */
void node_enter(struct node *n, enum step step);
/* Enters `step` again after ms. */
void node_retry(struct node *n, enum step step, int64_t ms);
/* Ends it. Sentences about the failure are in d already, or come from res. */
void node_fail(struct node *n, int err);
void node_fail_op(struct node *n, const struct op_result *res);
int64_t node_elapsed(const struct node *n);
/* Delay before the next poll of a step: short at first, then a share of the time elapsed, at most max_ms. */
int64_t node_poll_delay(const struct node *n, int64_t max_ms);
void node_progress(struct node *n, const char *detail);
/* Drops what is under way for it. */
void node_let_go(struct node *n);
/* The same, and all that it holds. */
void node_release(struct node *n);
/* Intent before, outcome after a write. */
void node_journal(struct node *n, const char *call);
void node_journal_end(struct node *n, const char *outcome);
/* What was made has been seen: no later run need look for it. */
void node_journal_seen(struct node *n);
/* Both end with the node: `done` gets it, unless node_release() comes first. */
void node_send(struct node *n, const struct op_request *req, void (*done)(void *arg, struct op_result *res));
void node_read(struct node *n, const struct read_request *req, void (*done)(void *arg, struct reading *reading));
/*
 * A table call on behalf of the node; writes are journalled. Without the lease a write is not begun, and nothing comes
 * back: the run is about to end.
 */
void node_op(struct node *n, const struct call *call, const json_t *params, enum call_intent intent, const char *member,
	     void (*done)(void *arg, struct op_result *res));
/* BUSY, RETRY: the same step again later, or failure beyond the limit. True if it took care of the result. */
bool node_wait_out(struct node *n, const struct op_result *res);
/* Resolves the wish with what is known now; false after failing the node. */
bool node_resolve(struct node *n);
/* node_update.c: one job for each request that carries or clears a changed field; fills n->job. */
void node_plan_jobs(struct node *n, const json_t *changed);
/* node_update.c: keeps a reading for STEP_READBACK, or with NULL forgets it. */
void node_keep_reading(struct node *n, const struct reading *r);
/* Names of the fields in which `live` does not fulfil n->want. New. */
json_t *node_differences(struct node *n, const json_t *live);

/* node_hold.c: asks who holds what is to be deleted, and deletes again then. False if it is not the time to ask. */
bool node_ask_holders(struct node *n);
/* Who they were, in words; NULL: nobody is known. New text. */
char *node_holders(const struct node *n);

/* node_check.c: it was made since the plan was made, and otherwise than wished for; ends the node. */
void node_found_made(struct node *n, const json_t *live);
/*
 * node_check.c: before a write that had to wait is tried again, the object is held against the plan once more; `then`
 * is called if nothing has changed. False if that is not needed.
 */
bool node_check_again(struct node *n, void (*then)(struct node *n));
/* node_create.c: may a create of an earlier run still turn out to have made it? */
bool node_is_doubted(const struct node *n);
/* node_create.c: what AWS says of the object's identity joins the wish. */
void node_learn(struct node *n, const json_t *fields);
/* node_find.c: asks for the tags of an object whose rows hold none. */
void node_list_tags(struct node *n, const json_t *obj, void (*done)(void *arg, struct op_result *res));
/* node_proof.c: fails the node if its object is in a state in which what is to be done would be refused. */
bool node_is_stuck(struct node *n);

/* node_secret.c: the wish with generated secrets filled in. New. */
json_t *node_raw_want(struct node *n);
/* Takes the secrets out of n->want that no request of the node will carry. */
void node_drop_secrets(struct node *n);
/* What was generated for the object is not what it holds: who needs it reads it. */
void node_forget_secrets(struct node *n);
/* For resolver.secret. */
const json_t *applier_secret(void *arg, const char *address, const char *field);

/* The machine's entries, by file. */
void enter_check(struct node *n);
void enter_secrets(struct node *n);
void enter_references(struct node *n);
void enter_look(struct node *n);
void enter_create(struct node *n);
void enter_find(struct node *n);
void enter_operation(struct node *n);
void enter_ready(struct node *n);
void enter_then(struct node *n);
void enter_update(struct node *n);
void enter_readback(struct node *n);
void enter_tags(struct node *n);
void enter_delete(struct node *n);
void enter_gone(struct node *n);
void enter_proof(struct node *n);

/* A write is about to be sent: journalled, and told of when it ends. False: it may not be, the run is about to end. */
bool node_begin_write(struct node *n, const char *call);
/* apply.c: is there time for it to wait? Not for long, when a signal has come. */
bool applier_may_wait(const struct node *n);
/* apply.c: a signal came, and the node waits or has not begun. */
void applier_leave(struct node *n);
/* apply.c: a node has ended. */
void applier_node_ended(struct node *n);

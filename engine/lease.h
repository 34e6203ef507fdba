/*
 * lease - one writer per app and environment: a parameter of Systems Manager that says who writes, and until when.
 *
 * What AWS gives: PutParameter without Overwrite creates, or fails if there is one. With Overwrite it always succeeds,
 * and tells the version that it made: 1, 2, 3 … without gaps, from 1 again after a DeleteParameter. Old versions can
 * be read (`name:7`; the last 100). There is no conditional overwrite and no conditional delete.
 *
 * So the versions are read as a log. Each record names the version that its writer had seen on top (`after`, 0 for a
 * create) and a digest of what that said (`over`). The record at version v is *valid* if it follows what it names:
 * after = v - 1, and `over` fits the text at v - 1. All others are noise, which everybody skips. The last valid record
 * names the holder. Hence, an overwrite is a compare-and-swap whose losers need not be taken back:
 *
 *   take     create; if there is one: look who holds it, and if it is free, write after what was seen
 *   renew    look; if it is still ours, write after what was seen
 *   steal    as take, though it is not free
 *   release  look; if it is still ours, delete
 *
 * and after each overwrite its writer looks whether it is valid. A lost answer is met the same way: look, and the log
 * says. Free is: no valid record; or its deadline has passed by AWS's own clock (the Date of the answer), and some
 * grace; or its writer is a process of this machine that is gone (same boot, same process namespace, and no process of
 * that number and start time).
 *
 * Why there is one writer at most. (1) Of all that follow one version one is valid, as a version is given once; the
 * digest keeps that true if the parameter was deleted and made anew in between. (2) Who writes a valid record over that
 * of another has seen it expired, dead or told so (steal). (3) A holder begins no write to AWS later than its last
 * valid record says, less a margin, by a clock that goes on while the machine sleeps; so at (2) it has stopped, given
 * that a request takes effect within margin and grace or never. Only `steal` breaks this on purpose, and waits, if it
 * may, until (3) holds again. (4) A delete is sent only by a holder that has just seen its own record, before its
 * margin: nobody else's can be there. A record that comes late, after a delete, makes version 1 but follows another:
 * noise.
 */
#pragma once

#include "base/diag.h"
#include "base/loop.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct session;

#define LEASE_MS 60000
#define LEASE_MIN_S 5
#define LEASE_MAX_S 3600

enum lease_standing {
	LEASE_FREE,    /* nobody has it */
	LEASE_OURS,    /* this very run */
	LEASE_HELD,    /* another run */
	LEASE_EXPIRED, /* another run, whose deadline has passed */
	LEASE_DEAD,    /* another run, whose process on this machine is gone */
	LEASE_FOREIGN, /* the parameter holds something that is no lease */
};

struct lease_view {
	enum lease_standing standing;
	/* HELD, EXPIRED, DEAD: {owner, host, run, command, process, began, renewed, deadline}; NULL else. Owned. */
	json_t *record;
	int64_t version; /* of the parameter; 0: there is none */
};

void lease_view_release(struct lease_view *v);

/* Versions of one text that AWS keeps for us: lease_ssm.c, or a model of it in tests. One request at a time. */
struct lease_store {
	void *arg;
	void (*put)(void *arg, const char *value, bool overwrite); /* answers version, EXISTS, UNSURE, FAILED */
	void (*get)(void *arg, int64_t version);                   /* 0: the newest; answers OK, ABSENT, FAILED */
	void (*remove)(void *arg);                                 /* answers OK, ABSENT, UNSURE, FAILED */
	void (*cancel)(void *arg);                                 /* no answer is wanted any more */
	int64_t (*now)(void *arg);                                 /* AWS's clock */
	void (*release)(void *arg);
};

enum lease_outcome { LEASE_OK, LEASE_ABSENT, LEASE_EXISTS, LEASE_UNSURE, LEASE_FAILED };

struct lease_reply {
	enum lease_outcome outcome;
	int64_t version;   /* put, get */
	const char *value; /* get */
	int err;           /* FAILED: its class, with sentences in d, which are borrowed */
	const struct diag *d;
};

struct lease;

struct lease_options {
	struct loop *loop;
	const char *name; /* of the parameter, for texts */
	const char *owner, *host, *command;
	int64_t length_ms; /* from one renewal to the deadline; 0: LEASE_MS */
	int64_t wait_ms;   /* how long to wait for another holder; 0: not at all */
	/* Called when it has to wait, and again when another run holds it; may be NULL. */
	void (*waiting)(void *arg, const struct lease_view *v);
	/* Called when what a dead or late run has left was taken over; may be NULL. */
	void (*taken_over)(void *arg, const struct lease_view *from);
	void *arg;
};

/* Takes the store over; texts are copied. */
struct lease *lease_new(const struct lease_options *options, const struct lease_store *store);
/* Does not release it in AWS. NULL is fine. */
void lease_free(struct lease *l);
/* The store gives its answers here, from the loop. */
void lease_answered(struct lease *l, const struct lease_reply *r);

/* These begin, and end with done(arg, rc), from the loop; what went wrong is in d, which must live until then. */
void lease_take(struct lease *l, struct diag *d, void (*done)(void *arg, int rc), void *arg);
/* Who has it? *ret is set at the end. */
void lease_look(struct lease *l, struct lease_view *ret, struct diag *d, void (*done)(void *arg, int rc), void *arg);
/* Takes it from the run that `seen` shows; ERR_STALE if another has it by now. Nobody's: done, and it is not ours. */
void lease_steal(struct lease *l, const struct lease_view *seen, struct diag *d, void (*done)(void *arg, int rc),
		 void *arg);
/*
 * Ends whatever is under way, and gives the lease back if it is surely ours. Then the lease is done with. Trouble
 * is no error to the command: it ends by itself.
 */
void lease_release(struct lease *l, struct diag *d, void (*done)(void *arg, int rc), void *arg);
/* May a write to AWS begin now? Never again once this was false after a take. */
bool lease_may_write(struct lease *l);
/* Called once, as soon as it is known that the lease is lost; f NULL forgets. */
void lease_on_loss(struct lease *l, void (*f)(void *arg), void *arg);
struct lease_loss {
	bool lost;
	bool late;                   /* it could not be renewed in time */
	const struct lease_view *to; /* else: what was found in its place */
	const char *trouble;         /* why it could not be renewed, or NULL */
	int64_t deadline;            /* of our last record, ms since 1970 by AWS's clock */
};
struct lease_loss lease_loss(const struct lease *l);
/* Whose the lease was before it was taken or stolen; without a record: nobody's. */
const struct lease_view *lease_taken_from(const struct lease *l);
struct loop *lease_loop(const struct lease *l);
int64_t lease_aws_now(const struct lease *l);

/* lease_say.c. Those that end in _now run the loop until it is done: not from a callback. */
int lease_take_now(struct lease *l, struct diag *d);
int lease_look_now(struct lease *l, struct lease_view *ret, struct diag *d);
int lease_steal_now(struct lease *l, const struct lease_view *seen, struct diag *d);
int lease_release_now(struct lease *l, struct diag *d);
/* Says how it was lost and who has it now, which it asks AWS; ERR_LOCKED. Runs the loop. */
int lease_explain_loss(struct lease *l, struct diag *d);
/* How long the run that a view shows may still write, at most, if it is not renewed: ms. */
int64_t lease_left_ms(const struct lease *l, const struct lease_view *v);
/* "arn:… on host (process 123), `berth apply` since 2026-…", of a view with a record. New text. */
char *lease_who(const struct lease_view *v);

/* lease_ssm.c: the parameter's name, and a store that works on it. Both new. */
char *lease_name(const struct session *s);
struct lease_store lease_store_ssm(struct session *s, struct lease **lease);

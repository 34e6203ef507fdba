/* lease_int - inside of lease.h: lease.c reads and writes the log, lease_decide.c says what follows from it. */
#pragma once

#include "engine/lease.h"

#define ROUNDS 20         /* looks in one request before it gives up making sense of what it sees */
#define DEPTH 90          /* versions that are looked at; AWS keeps 100 */
#define PAUSE_MS 1000     /* between looks while another holds it; grows to three times that */
#define RELEASE_MS 10000  /* a release that takes longer is left to the deadline */
#define GRACE_MIN_MS 1000 /* AWS's clock is told to the second */
#define SHARE_RENEW 4     /* of the length: renewed after this much of it */
#define SHARE_MARGIN 6    /* no write begins in the last of these; no request of a renewal takes longer */
#define SHARE_GRACE 30    /* added to a deadline before it counts as passed */

enum want { WANT_NOTHING, WANT_TAKE, WANT_RENEW, WANT_LOOK, WANT_STEAL, WANT_RELEASE };
enum phase { PHASE_IDLE, PHASE_CREATE, PHASE_TOP, PHASE_BELOW, PHASE_OVERWRITE, PHASE_REMOVE, PHASE_PAUSE };
enum own { OWN_NOTHING, OWN_HELD, OWN_LOST };

struct lease {
	struct lease_options o;
	struct lease_store store;
	char *name, *owner, *host, *command;
	char run[33];
	enum own own;
	enum want want;
	enum phase phase;

	/* The request under way. */
	struct diag *d;
	void (*done)(void *arg, int rc);
	void *arg;
	struct lease_view *ret;
	char *seen_run; /* of the record to be stolen; NULL: it was no record */
	int64_t seen_version;
	struct lease_view from;  /* whose it was */
	struct loop_timer *step; /* the end of a pause, or of patience */
	unsigned rounds;
	bool wrote;          /* it has sent a record of ours */
	int64_t waits_since; /* loop_now(); -1: it does not wait */
	char *waits_for;     /* the run that was told of */

	/* The log, as far as it is read. */
	int64_t top; /* newest version, 0: none */
	char *top_text;
	int64_t at; /* the version that is being judged */
	char *text;
	bool odd; /* something in it is no record */

	/* What is ours. */
	unsigned serial;
	char *written;      /* our newest record */
	int64_t written_at; /* loop_now() when it was sent */
	int64_t written_deadline;
	int64_t held_version; /* 0: none */
	int64_t began, fence, deadline;
	struct loop_timer *renewal, *fencing;
	void (*on_loss)(void *arg);
	void *loss_arg;
	struct lease_view loss;
	bool late;     /* lost because it was not renewed */
	char *trouble; /* why not */
};

/* lease.c: steps. Each ends in another, or in lease_end(). */
void lease_end(struct lease *l, int rc);
void lease_begin(struct lease *l, enum want want);
void lease_stop_timer(struct lease *l, struct loop_timer **t);
/* Reads the log and decides. */
void lease_read(struct lease *l);
/* The same after a while: something was in doubt. Not for ever. */
void lease_read_again(struct lease *l);
void lease_pause(struct lease *l, int64_t ms);
/* A record after what was seen on top: valid only if nothing came in between. */
void lease_write(struct lease *l, bool overwrite);
void lease_remove(struct lease *l);
void lease_set_text(char **member, const char *text);
void lease_view_copy(struct lease_view *to, const struct lease_view *from);

/* lease_decide.c: the last valid record, which is taken over; NULL: there is none. */
void lease_judge(struct lease *l, json_t *record);

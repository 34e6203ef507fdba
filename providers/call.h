/*
 * call - one API operation from request tree to answer tree, on the loop.
 *
 * A call is a state machine: paced -> signed -> sent -> decoded -> classified
 * -> retried, paged or done. It knows protocols, signatures, standard retries
 * (botocore's standard mode: network sheet 14), clock skew, refresh of expired
 * credentials, and pagination. It does not know resources: ambiguous failures
 * of creates, waits and propagation are the engine's.
 */
#pragma once

#include "base/diag.h"
#include "base/loop.h"
#include "providers/service.h"

#include <jansson.h>

struct creds_source;

/* What all calls of a run share. */
struct client;

struct client_options {
	struct loop *loop;               /* borrowed */
	struct creds_source *creds;      /* borrowed; NULL: nothing can be signed */
	const struct aws_config *config; /* borrowed; endpoints, region, CA bundle (config.h) */
	unsigned max_attempts;           /* 0: the configuration's, else 8 */
	unsigned flight;                 /* requests in flight over all services; 0: 64 */
};

struct client *client_new(const struct client_options *options);
/* Cancels what still runs. Not from the callback of a call. */
void client_free(struct client *c);
struct loop *client_loop(const struct client *c);

/*
 * Asked before each request that may write, repeated ones too; false: it is not sent, and its call ends with
 * ERR_LOCKED. NULL: all may be sent.
 */
void client_set_gate(struct client *c, bool (*open)(void *arg), void *arg);
/* Milliseconds since 1970 by the clock of AWS, as its last answer told it (to the second); ours as long as none has. */
int64_t client_aws_now(const struct client *c);

/* Counters of the run, for traces, tests and the closing line. */
struct client_stats {
	unsigned calls, attempts, retries, throttles;
};
struct client_stats client_stats(const struct client *c);

enum call_intent {
	CALL_READ,   /* repeated on any transient failure */
	CALL_WRITE,  /* repeated too: it is idempotent (deletes, puts, modifies, creates with a token or a name) */
	CALL_CREATE, /* repeated only when nothing was done for sure (throttled, not sent); else ends ambiguous */
};

/* Members are borrowed for the time of call_start(). */
struct call_request {
	const struct service *svc;
	const char *action;   /* "CreateVpc", or "POST /v2/apis/ab12/routes" (path filled in and encoded) */
	const json_t *params; /* request tree; may hold secrets */
	enum call_intent intent;
	bool paged;       /* follow svc->paging */
	unsigned page;    /* page size; 0: svc->paging->max */
	const char *rows; /* paged: path of the list that pages are joined at (the part before the first []) */
	bool full;        /* the answer says something: an empty one is none of AWS's. So it is for reads */
	bool secret;      /* request or answer hold secrets: never traced, memory wiped */
	bool unsigned_;   /* no signature (sts AssumeRoleWithWebIdentity) */
	bool urgent;      /* ahead of all that wait for their turn; the gate is not asked (the lease itself) */
};

struct call_answer {
	int err;          /* 0, or class of the final failure: ERR_DENIED, ERR_CREDENTIALS, ERR_NETWORK, ERR_TRANSIENT,
			     ERR_THROTTLED, ERR_SKEW, ERR_QUOTA, ERR_PROTOCOL, ERR_AWS (a code of the service: see code) */
	bool ambiguous;   /* the server may have done it: a lost answer or a 5xx of a CALL_CREATE */
	bool maybe_done;  /* the same, whatever the call's intent */
	long status;      /* HTTP status, 0 if none came */
	char *code;       /* AWS error code, "" if none; owned by the call */
	char *message;    /* AWS's words or curl's; terminal escapes neutralised; owned by the call */
	char *request_id; /* owned by the call, "" if none */
	json_t *body; /* answer tree; owned by the call: incref to keep. XML roots are stripped to the result element */
	unsigned attempts;
	int64_t ms;
	int64_t skew;         /* ms by which AWS's clock is ahead of ours, as far as known; 0 if nobody complained */
	const char *endpoint; /* URL, "" if it could not be resolved; borrowed */
	const char *identity; /* where the credentials come from (creds_describe), "" if none; borrowed */
};

struct aws_call;

/* done(arg, answer) is called exactly once from the loop, unless cancelled; the answer dies when it returns. */
struct aws_call *call_start(struct client *c, const struct call_request *req,
			    void (*done)(void *arg, const struct call_answer *answer), void *arg);
void call_cancel(struct aws_call *call);

/*
 * Appends "ec2 CreateVpc: VpcLimitExceeded: … (request id …)" with a hint for what can be helped. For permission
 * errors names action and identity; returns answer->err.
 */
int call_explain(const struct call_answer *answer, const struct service *svc, const char *action, struct diag *d);

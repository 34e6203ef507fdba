/*
 * call_impl - inside of call.h: the client with its lanes, and a call as it runs.
 *
 * call.c is the state machine, call_client.c what calls share, call_page.c
 * pagination, call_explain.c the sentences.
 */
#pragma once

#include "base/http.h"
#include "providers/call.h"
#include "providers/config.h"
#include "providers/creds.h"
#include "providers/pace.h"
#include "providers/retry.h"
#include "providers/wire.h"

/* Requests of one service that wait for their turn: reads and writes apart. */
struct queue {
	struct client *client;
	struct pacer pacer;
	struct aws_call *first, *last;
	struct loop_timer *timer; /* until a token is there */
};

/* A service's share of the client. */
struct lane {
	const struct service *svc;
	struct queue read, write;
	struct retry_quota quota;
	struct aws_endpoint endpoint; /* url is NULL until it is resolved */
	char *host;                   /* as signed and sent */
	const char *prefix;           /* path of a custom endpoint, inside endpoint.url; "" if none */
};

/* Outlives the client if that goes while credentials are being asked for. */
struct asker {
	struct client *client;
};

struct client {
	struct client_options options;
	struct lane *lane; /* one per services[] */
	size_t lanes;
	unsigned flight; /* requests in flight */
	size_t turn;     /* lane that comes first */
	bool pumping, again;
	struct asker *asker;      /* while credentials are being asked for */
	struct aws_call *asking;  /* calls that wait for them */
	struct aws_call *running; /* all */
	int64_t skew;             /* ms to add to our clock */
	int64_t dated, dated_at;  /* AWS's clock in an answer, and loop_now() then; 0: none came */
	bool (*gate)(void *arg);  /* may a write be sent? NULL: yes */
	void *gate_arg;
	unsigned generation; /* of the credentials: moves on when they are given up */
	struct client_stats stats;
};

enum call_state {
	CALL_NEW,     /* until the loop's next turn */
	CALL_QUEUED,  /* for its service's rate and the places in flight */
	CALL_SIGNING, /* for credentials; has its place */
	CALL_SENT,    /* for the answer; has its place */
	CALL_BACKOFF, /* for the next try */
	CALL_DONE,
};

struct aws_call {
	struct client *client;
	struct lane *lane;
	struct queue *queue;
	struct aws_call *prev, *next; /* client->running */
	struct aws_call *behind;      /* next in the queue, or in client->asking */
	enum call_state state;
	void (*done)(void *arg, const struct call_answer *answer);
	void *arg;

	char *action, *rows;
	json_t *params; /* own copy; pagination writes its token into it */
	enum call_intent intent;
	bool paged, full, secret, no_signature, urgent;
	unsigned page;

	struct wire_request wire; /* of this page */
	char invocation[37];
	unsigned attempt; /* of this page, from 1 */
	bool skew_tried, creds_tried;
	int cost;            /* of the last retry; 0: none yet */
	int64_t signed_at;   /* our idea of AWS's time in the signature */
	unsigned generation; /* of the credentials that signed */
	int64_t delay;       /* before the next try */
	struct loop_timer *timer;
	struct http *http;

	json_t *joined; /* rows of all pages so far, NULL before the second */
	json_t *first;  /* body of the first page */
	json_t *seen;   /* tokens, as members of an object */
	unsigned pages;
	bool restarted;

	struct call_answer answer;
	int64_t started;
};

/* call_client.c */
struct lane *client_lane(struct client *c, const struct service *svc);
/* 0, or a code after appending: endpoint, host and prefix are there. */
int lane_resolve(struct lane *lane, const struct aws_config *config, struct diag *d);
/* Last, or first if it is urgent. */
void queue_push(struct queue *q, struct aws_call *call);
void queue_remove(struct queue *q, struct aws_call *call);
/* Gives the call's place back; the caller pumps when it no longer needs the call. */
void client_leave(struct aws_call *call);
/* Starts what may start now. */
void client_pump(struct client *c);
/* Asks for credentials; call_send() follows for each that asked, perhaps at once. */
void client_ask(struct aws_call *call);
void client_forget_ask(struct aws_call *call);

/* Asked before a request is made, and again when it has a connection: arg is the aws_call. */
bool call_may_leave(void *arg);
/* call.c: from the queue, and from the credentials (NULL with the reasons: there are none). */
void call_admitted(struct aws_call *call);
void call_credentials(struct aws_call *call, const struct creds *creds, const struct diag *errors);

/* call_send.c */
/* Builds this page's message; 0, or a code after appending. */
int call_encode(struct aws_call *call, struct diag *d);
/* Signs (creds may be NULL: no signature) and sends; done is the http callback. */
int call_send(struct aws_call *call, const struct creds *creds, void (*done)(void *arg, struct http_answer *answer),
	      struct diag *d);
void call_trace(const struct aws_call *call, const char *event, const struct call_answer *answer, int64_t ms);
void call_trace_wire(const struct aws_call *call, const char *event, const json_t *tree);

/* call_page.c */
enum page_verdict { PAGE_LAST, PAGE_MORE, PAGE_WRONG };
/* Puts the page size into the first request. */
void page_begin(struct aws_call *call);
/*
 * Takes a page's body. PAGE_MORE: the token is in call->params. PAGE_LAST: *ret_body is the whole, new. PAGE_WRONG
 * after appending.
 */
enum page_verdict page_take(struct aws_call *call, json_t *body, json_t **ret_body, struct diag *d);
/* True, once, if AWS no longer knows the token: everything starts again. */
bool page_restart(struct aws_call *call, const char *code);
void page_release(struct aws_call *call);

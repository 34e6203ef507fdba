/*
 * transfer - curl's easy handles on one multi handle; only loop.c and http.c use it.
 *
 * Handles are pooled. A server (origin) gets a limited number of connections;
 * more transfers wait here, because in curl's own queue their timeouts would
 * run already. done() is called from transfers_perform() only, when the handle
 * is off the multi handle, so that it may start and stop anything.
 */
#pragma once

#include "base/loop.h"

#include <curl/curl.h>

/* As many as a paced service can use; what AWS and proxies bear from one client. */
#define TRANSFERS_PER_ORIGIN 32

struct transfers;
struct origin;

/* Embedded in what it works for. The caller sets easy, done and drop; the rest is transfer.c's. */
struct transfer {
	CURL *easy;                                      /* from transfer_handle(); CURLOPT_PRIVATE is ours */
	bool (*begin)(struct transfer *t);               /* it leaves the queue now; false: never mind, it failed */
	void (*done)(struct transfer *t, CURLcode code); /* t is stopped already */
	void (*drop)(struct transfer *t);                /* the loop goes away: free t without further calls */
	struct transfers *owner;
	struct origin *origin;
	struct transfer *prev, *next; /* in the origin's queue or its list of running ones */
	bool running;
};

struct transfers *transfers_new(void);
void transfers_free(struct transfers *ts);
/* Queued and running. */
size_t transfers_count(const struct transfers *ts);
/* Starts what may start, lets curl work, calls done() of what ended; stops early when *stop. 0 or ERR_IO. */
int transfers_perform(struct transfers *ts, const bool *stop);
/* Sleeps until a socket or one of fd[n] wants attention, at most ms. *ret_ready: fd[i] is bit i. 0 or ERR_IO. */
int transfers_poll(struct transfers *ts, const int *fd, unsigned n, int ms, unsigned *ret_ready);

/* A clean handle from the pool. */
CURL *transfer_handle(struct transfers *ts);
/* Queues t; origin is "https://host:port". */
void transfer_start(struct transfers *ts, struct transfer *t, const char *origin);
/* Takes t off, running or not, without a call to done, and its handle goes back to the pool. */
void transfer_stop(struct transfer *t);

/* The loop's transfers; implemented by loop.c. */
struct transfers *loop_transfers(struct loop *l);

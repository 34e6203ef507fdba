/*
 * http - one HTTP exchange on the loop.
 *
 * No redirect is followed, TLS is verified (1.2 or later), only http and https
 * are spoken, the answer has a size limit, `Expect:` is never sent and the path
 * goes out as it is: a signed request must arrive as it was signed.
 * Proxies are curl's: HTTPS_PROXY, NO_PROXY. Connections are kept and reused; a
 * request is sent at most once, also when a kept connection turns out dead after
 * it went out. At most 32 run per server at once, more wait their turn, and time
 * counts from then.
 */
#pragma once

#include "base/buf.h"
#include "base/loop.h"

#include <jansson.h>
#include <stdint.h>

#define HTTP_ANSWER_MAX ((size_t)16 << 20)

enum http_flags {
	HTTP_NO_PROXY = 1 << 0, /* link-local metadata addresses */
	HTTP_SECRET = 1 << 1,   /* the answer holds secrets: its memory is wiped */
};

/* All members are borrowed for the time of http_start() only; it copies what it keeps. */
struct http_request {
	const char *method;    /* GET, POST, ... */
	const char *url;       /* absolute */
	const json_t *headers; /* object name -> text, sent as given; Host is set from here if present */
	const char *body;      /* may be NULL */
	size_t body_len;
	const char *ca_bundle; /* file, or NULL for the system's */
	int64_t connect_ms;    /* 0: 5000 */
	int64_t total_ms;      /* 0: 60000 */
	/* Asked last, when there is a connection, however long that took: false ends it with ERR_LOCKED. NULL: yes. */
	bool (*may_send)(void *arg);
	void *may_send_arg; /* lives as long as the exchange */
	unsigned flags;
};

struct http_answer {
	int err;   /* 0 if an answer arrived whole; else ERR_NETWORK, ERR_TIMEOUT, ERR_QUOTA (too large), ERR_INVALID
		      (URL, header), ERR_LOCKED (may_send) */
	bool sent; /* with err: the request may have reached the server (bytes of it went out) */
	bool tls;  /* with err: the TLS handshake or certificate was the reason: never retried */
	char detail[256]; /* with err: curl's words */
	long status;      /* HTTP status */
	json_t *headers;  /* lower-case name -> text (repeated ones joined by ", "); owned by the exchange */
	struct buf body;  /* owned by the exchange */
	int64_t date;     /* Date header in ms since 1970, 0 if absent */
	int64_t ms;       /* duration */
};

struct http; /* a running exchange */

/* Starts it; done(arg, answer) is called exactly once from the loop, unless cancelled. The answer dies when done
 * returns. */
struct http *http_start(struct loop *l, const struct http_request *req,
			void (*done)(void *arg, struct http_answer *answer), void *arg);
/* Ends it without a call to done(); NULL is fine, and so is an exchange whose done() is running. */
void http_cancel(struct http *h);

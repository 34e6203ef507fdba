#include "base/err.h"
#include "providers/creds_impl.h"
#include "providers/secret.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 3
#define TIMEOUT_MS 10000
#define PAUSE_MS 400

struct exchange {
	struct loop *loop;
	struct creds_exchange x; /* its texts are our own */
	unsigned tried;
	void (*done)(void *arg, struct http_answer *answer);
	void *arg;
};

static void send(void *arg);

static void release(struct exchange *e)
{
	free((char *)e->x.method);
	free((char *)e->x.url);
	json_wipe((json_t *)e->x.headers);
	wipe((char *)e->x.body, e->x.body_len);
	free((char *)e->x.body);
	free(e);
}

static bool worth_another(const struct creds_exchange *x, const struct http_answer *a)
{
	if (a->err)
		return (a->err == ERR_NETWORK || a->err == ERR_TIMEOUT) && !a->tls;
	if (a->status == 429 || a->status >= 500)
		return true;
	return a->status >= 400 && x->retry_code && strstr(buf_str(&a->body), x->retry_code);
}

static void answered(void *arg, struct http_answer *a)
{
	struct exchange *e = arg;

	if (worth_another(&e->x, a) && e->tried < e->x.tries) {
		double pause = (double)(PAUSE_MS << (e->tried - 1)) * (0.5 + loop_random(e->loop) / 2);

		loop_after(e->loop, (int64_t)pause, send, e);
		return;
	}
	e->done(e->arg, a);
	release(e);
}

static void send(void *arg)
{
	struct exchange *e = arg;
	const struct http_request req = {.method = e->x.method,
					 .url = e->x.url,
					 .headers = e->x.headers,
					 .body = e->x.body,
					 .body_len = e->x.body_len,
					 .ca_bundle = e->x.ca_bundle,
					 .connect_ms = e->x.timeout_ms,
					 .total_ms = e->x.timeout_ms,
					 .flags = e->x.flags | HTTP_SECRET};

	e->tried++;
	http_start(e->loop, &req, answered, e);
}

void creds_http(struct loop *l, const struct creds_exchange *x, void (*done)(void *arg, struct http_answer *answer),
		void *arg)
{
	struct exchange *e = xcalloc(1, sizeof(*e));
	char *body = x->body ? xcalloc(x->body_len + 1, 1) : NULL;

	if (body)
		memcpy(body, x->body, x->body_len);
	*e = (struct exchange){.loop = l, .x = *x, .done = done, .arg = arg};
	e->x.method = xstrdup(x->method);
	e->x.url = xstrdup(x->url);
	e->x.headers = x->headers ? json_deep_copy(x->headers) : json_object();
	e->x.body = body;
	e->x.tries = x->tries ? x->tries : TRIES;
	e->x.timeout_ms = x->timeout_ms ? x->timeout_ms : TIMEOUT_MS;
	send(e);
}

json_t *creds_body(const struct http_answer *answer)
{
	json_t *v = json_loadb(buf_str(&answer->body), answer->body.n, 0, NULL);

	if (json_is_object(v))
		return v;
	json_wipe(v);
	return NULL;
}

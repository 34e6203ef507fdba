/* What calls share: lanes with their queues, endpoints, and credentials asked for once for all that wait. */
#include "base/err.h"
#include "providers/call_impl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FLIGHT 64
#define ATTEMPTS 8

static void queue_init(struct queue *q, struct client *c, const struct pace *pace)
{
	*q = (struct queue){.client = c};
	pacer_init(&q->pacer, pace, loop_now(c->options.loop));
}

struct client *client_new(const struct client_options *options)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->options = *options;
	if (!c->options.flight)
		c->options.flight = FLIGHT;
	if (!c->options.max_attempts && options->config)
		c->options.max_attempts = options->config->max_attempts;
	if (!c->options.max_attempts)
		c->options.max_attempts = ATTEMPTS;
	while (services[c->lanes])
		c->lanes++;
	c->lane = xcalloc(c->lanes, sizeof(*c->lane));
	for (size_t i = 0; i < c->lanes; i++) {
		c->lane[i].svc = services[i];
		c->lane[i].quota.left = RETRY_QUOTA;
		queue_init(&c->lane[i].read, c, &services[i]->read);
		queue_init(&c->lane[i].write, c, &services[i]->write);
	}
	return c;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	while (c->running)
		call_cancel(c->running);
	for (size_t i = 0; i < c->lanes; i++) {
		loop_cancel(c->options.loop, c->lane[i].read.timer);
		loop_cancel(c->options.loop, c->lane[i].write.timer);
		aws_endpoint_release(&c->lane[i].endpoint);
		free(c->lane[i].host);
	}
	if (c->asker)
		c->asker->client = NULL;
	free(c->lane);
	free(c);
}

struct loop *client_loop(const struct client *c)
{
	return c->options.loop;
}

struct client_stats client_stats(const struct client *c)
{
	return c->stats;
}

void client_set_gate(struct client *c, bool (*open)(void *arg), void *arg)
{
	c->gate = open;
	c->gate_arg = arg;
}

/* Our own clock may be set while we run: only how long ago the answer came is taken from it. */
int64_t client_aws_now(const struct client *c)
{
	if (!c->dated)
		return loop_wall(c->options.loop) + c->skew;
	return c->dated + loop_now(c->options.loop) - c->dated_at;
}

struct lane *client_lane(struct client *c, const struct service *svc)
{
	for (size_t i = 0; i < c->lanes; i++)
		if (c->lane[i].svc == svc)
			return &c->lane[i];
	BUG("service %s is in no lane", svc->name);
}

/* "https://Host:443/x" gives "host" and "/x": what is signed must be what arrives. */
static void split_url(struct lane *lane)
{
	const char *url = lane->endpoint.url, *sep = strstr(url, "://");
	const char *host = sep ? sep + 3 : url;
	size_t n = strcspn(host, "/?#");
	const char *port = !strncasecmp(url, "https:", 6) ? ":443" : ":80";
	size_t p = strlen(port);

	lane->prefix = host + n;
	lane->host = xstrndup(host, n > p && !strncmp(host + n - p, port, p) ? n - p : n);
	for (char *s = lane->host; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

int lane_resolve(struct lane *lane, const struct aws_config *config, struct diag *d)
{
	int rc;

	if (lane->endpoint.url)
		return 0;
	rc = aws_endpoint_resolve(config, lane->svc, config->region, &lane->endpoint, d);
	if (!rc)
		split_url(lane);
	return rc;
}

void queue_push(struct queue *q, struct aws_call *call)
{
	call->behind = call->urgent ? q->first : NULL;
	if (q->last && !call->urgent)
		q->last->behind = call;
	else
		q->first = call;
	if (!call->behind)
		q->last = call;
}

void queue_remove(struct queue *q, struct aws_call *call)
{
	struct aws_call **p = &q->first, *before = NULL;

	while (*p && *p != call) {
		before = *p;
		p = &(*p)->behind;
	}
	if (!*p)
		BUG("a call is not in its queue");
	*p = call->behind;
	if (q->last == call)
		q->last = before;
	call->behind = NULL;
}

static void on_token(void *arg)
{
	struct queue *q = arg;

	q->timer = NULL;
	client_pump(q->client);
}

static void queue_pump(struct queue *q)
{
	struct client *c = q->client;

	while (q->first && !q->timer && c->flight < c->options.flight) {
		int64_t wait = pacer_take(&q->pacer, loop_now(c->options.loop));
		struct aws_call *call = q->first;

		if (wait == PACER_FULL)
			return;
		if (wait > 0) {
			q->timer = loop_after(c->options.loop, wait, on_token, q);
			return;
		}
		queue_remove(q, call);
		c->flight++;
		call_admitted(call);
	}
}

void client_leave(struct aws_call *call)
{
	if (!call->client->flight)
		BUG("a request that was not in flight ended");
	pacer_give(&call->queue->pacer);
	call->client->flight--;
}

/* A call that fails at once ends in here again: the outer round goes on, so that the stack stays flat. */
void client_pump(struct client *c)
{
	if (c->pumping) {
		c->again = true;
		return;
	}
	c->pumping = true;
	do {
		c->again = false;
		/* Each round begins with another service: none starves behind a full client. */
		c->turn = (c->turn + 1) % c->lanes;
		for (size_t i = 0; i < c->lanes; i++) {
			struct lane *lane = &c->lane[(c->turn + i) % c->lanes];

			queue_pump(&lane->write);
			queue_pump(&lane->read);
		}
	} while (c->again);
	c->pumping = false;
}

/* Those that asked after the answer was on its way are served too: the credentials are just as good for them. */
static void on_creds(void *arg, const struct creds *creds, const struct diag *errors)
{
	struct asker *asker = arg;
	struct client *c = asker->client;
	struct aws_call *call;

	free(asker);
	if (!c)
		return;
	c->asker = NULL;
	while ((call = c->asking)) {
		c->asking = call->behind;
		call->behind = NULL;
		call_credentials(call, creds, errors);
	}
}

void client_ask(struct aws_call *call)
{
	struct client *c = call->client;
	struct aws_call **p = &c->asking;

	while (*p)
		p = &(*p)->behind;
	call->behind = NULL;
	*p = call;
	if (c->asker)
		return;
	c->asker = xcalloc(1, sizeof(*c->asker));
	c->asker->client = c;
	creds_get(c->options.creds, on_creds, c->asker);
}

void client_forget_ask(struct aws_call *call)
{
	struct aws_call **p = &call->client->asking;

	while (*p && *p != call)
		p = &(*p)->behind;
	if (!*p)
		BUG("a call is not among those that ask");
	*p = call->behind;
	call->behind = NULL;
}

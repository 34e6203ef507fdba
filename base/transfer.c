#include "base/transfer.h"
#include "base/err.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define POOL 64

/* A list with its newest at the end. */
struct list {
	struct transfer *first, *last;
};

struct origin {
	char *name;
	struct list queue, running;
	size_t n_running;
	size_t n_fresh; /* the next so many take no kept connection */
	struct origin *next;
};

struct transfers {
	CURLM *multi;
	struct origin *origins;
	CURL *pool[POOL];
	size_t n_pool, count;
};

static void list_add(struct list *l, struct transfer *t)
{
	t->next = NULL;
	t->prev = l->last;
	if (l->last)
		l->last->next = t;
	else
		l->first = t;
	l->last = t;
}

static void list_remove(struct list *l, struct transfer *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		l->first = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		l->last = t->prev;
	t->prev = t->next = NULL;
}

struct transfers *transfers_new(void)
{
	struct transfers *ts = xcalloc(1, sizeof(*ts));

	ts->multi = curl_multi_init();
	if (!ts->multi)
		BUG("curl has no multi handle");
	curl_multi_setopt(ts->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(ts->multi, CURLMOPT_MAXCONNECTS, 4L * TRANSFERS_PER_ORIGIN);
	return ts;
}

static void drop_all(struct list *l)
{
	while (l->first) {
		struct transfer *t = l->first;

		transfer_stop(t);
		t->drop(t);
	}
}

void transfers_free(struct transfers *ts)
{
	if (!ts)
		return;
	while (ts->origins) {
		struct origin *o = ts->origins;

		drop_all(&o->queue);
		drop_all(&o->running);
		ts->origins = o->next;
		free(o->name);
		free(o);
	}
	while (ts->n_pool)
		curl_easy_cleanup(ts->pool[--ts->n_pool]);
	curl_multi_cleanup(ts->multi);
	free(ts);
}

size_t transfers_count(const struct transfers *ts)
{
	return ts->count;
}

CURL *transfer_handle(struct transfers *ts)
{
	CURL *easy = ts->n_pool ? ts->pool[--ts->n_pool] : curl_easy_init();

	if (!easy)
		BUG("curl has no easy handle");
	return easy;
}

static struct origin *origin_of(struct transfers *ts, const char *name)
{
	struct origin *o = ts->origins;

	while (o && strcmp(o->name, name))
		o = o->next;
	if (!o) {
		o = xcalloc(1, sizeof(*o));
		o->name = xstrdup(name);
		o->next = ts->origins;
		ts->origins = o;
	}
	return o;
}

void transfer_start(struct transfers *ts, struct transfer *t, const char *origin)
{
	t->owner = ts;
	t->origin = origin_of(ts, origin);
	t->running = false;
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	list_add(&t->origin->queue, t);
	ts->count++;
}

/* Off the multi handle and off the lists; the handle stays with t. */
static void detach(struct transfer *t)
{
	struct origin *o = t->origin;

	if (t->running) {
		curl_multi_remove_handle(t->owner->multi, t->easy);
		list_remove(&o->running, t);
		o->n_running--;
	} else {
		list_remove(&o->queue, t);
	}
	t->owner->count--;
}

static void recycle(struct transfers *ts, CURL *easy)
{
	/* Keeps TLS sessions and forgets all options, which hold pointers of the transfer that ended. */
	curl_easy_reset(easy);
	if (ts->n_pool < POOL)
		ts->pool[ts->n_pool++] = easy;
	else
		curl_easy_cleanup(easy);
}

void transfer_stop(struct transfer *t)
{
	detach(t);
	recycle(t->owner, t->easy);
	t->easy = NULL;
}

/* Where one kept connection was dead the others may be too, and what is sent on them is lost. */
static void distrust(struct transfer *t, CURLcode code)
{
	long connects = 1;

	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
	if (t->running && code && (!connects || code == CURLE_ABORTED_BY_CALLBACK))
		t->origin->n_fresh = TRANSFERS_PER_ORIGIN;
}

static void finish(struct transfer *t, CURLcode code)
{
	struct transfers *ts = t->owner;
	CURL *easy = t->easy;

	distrust(t, code);
	detach(t);
	t->done(t, code); /* may free t; reads what it wants to know from its handle */
	recycle(ts, easy);
}

/* Starts what may start; false if there was nothing. */
static bool launch(struct transfers *ts, const bool *stop)
{
	bool any = false;

	for (struct origin *o = ts->origins; o; o = o->next) {
		while (o->queue.first && o->n_running < TRANSFERS_PER_ORIGIN && !*stop) {
			struct transfer *t = o->queue.first;

			any = true;
			if (o->n_fresh) {
				o->n_fresh--;
				curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
			}
			if (!t->begin(t) || curl_multi_add_handle(ts->multi, t->easy)) {
				finish(t, CURLE_FAILED_INIT);
				continue;
			}
			list_remove(&o->queue, t);
			list_add(&o->running, t);
			o->n_running++;
			t->running = true;
		}
	}
	return any;
}

int transfers_perform(struct transfers *ts, const bool *stop)
{
	CURLMsg *msg;
	int n;

	if (curl_multi_perform(ts->multi, &n))
		return ERR_IO;
	while (!*stop && (msg = curl_multi_info_read(ts->multi, &n))) {
		CURLcode code = msg->data.result;
		struct transfer *t = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		finish(t, code);
	}
	/* Last, so that nothing that may run is left in a queue while the loop sleeps; a new handle cuts the sleep
	 * short. */
	while (!*stop && launch(ts, stop))
		;
	return 0;
}

int transfers_poll(struct transfers *ts, const int *fd, unsigned n, int ms, unsigned *ret_ready)
{
	struct curl_waitfd wait[2] = {{0}};
	unsigned ready = 0;

	if (n > ARRAY_SIZE(wait))
		BUG("%u descriptors to wait for", n);
	for (unsigned i = 0; i < n; i++)
		wait[i] = (struct curl_waitfd){.fd = fd[i], .events = CURL_WAIT_POLLIN};
	if (curl_multi_poll(ts->multi, wait, n, ms, NULL))
		return ERR_IO;
	for (unsigned i = 0; i < n; i++)
		ready |= wait[i].revents ? 1u << i : 0;
	*ret_ready = ready;
	return 0;
}

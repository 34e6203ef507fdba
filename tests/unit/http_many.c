#include "tests/unit/http_test.h"

TEST(many_at_once_with_a_limit_per_server)
{
	enum { N = 200 };
	static struct result r[N];
	struct loop *l;

	REQUIRE(start_server());
	l = loop_without_proxy();
	for (int i = 0; i < N; i++)
		start(l, (struct http_request){0}, server.port, "/sleep/20", &r[i]);
	CHECK_INT(loop_run(l), 0);
	for (int i = 0; i < N; i++) {
		CHECK_INT(r[i].calls, 1);
		CHECK_INT(r[i].err, 0);
		CHECK_STR(r[i].body, "slept");
		result_release(&r[i]);
	}
	loop_free(l);
	CHECK(server_number("peak") <= 32);
	CHECK(server_number("peak") >= 8);
}

TEST(waiting_for_a_turn_is_no_timeout)
{
	enum { N = 3 * 32 };
	static struct result r[N];
	struct loop *l;

	REQUIRE(start_server());
	l = loop_without_proxy();
	for (int i = 0; i < N; i++)
		start(l, (struct http_request){.total_ms = 1500}, server.port, "/sleep/600", &r[i]);
	CHECK_INT(loop_run(l), 0);
	for (int i = 0; i < N; i++) {
		CHECK_INT(r[i].err, 0);
		result_release(&r[i]);
	}
	loop_free(l);
}

struct chain {
	struct loop *l;
	struct http *victim;
	int left, calls;
	bool stop;
};

static void next_link(void *arg, struct http_answer *a)
{
	struct chain *c = arg;

	c->calls++;
	CHECK_INT(a->err, 0);
	http_cancel(c->victim);
	c->victim = NULL;
	if (c->stop)
		loop_stop(c->l);
	if (c->left-- > 0) {
		char *url CLEANUP(freep) = xasprintf("http://127.0.0.1:%d/ok", server.port);

		http_start(c->l, &(struct http_request){.method = "GET", .url = url}, next_link, c);
	}
}

TEST(callbacks_may_start_and_cancel)
{
	struct chain c = {.left = 3};
	RESULT never = {0};
	char *url CLEANUP(freep) = NULL;

	REQUIRE(start_server());
	url = xasprintf("http://127.0.0.1:%d/ok", server.port);
	c.l = loop_without_proxy();
	c.victim = start(c.l, (struct http_request){0}, server.port, "/sleep/5000", &never);
	http_start(c.l, &(struct http_request){.method = "GET", .url = url}, next_link, &c);
	CHECK_INT(loop_run(c.l), 0);
	CHECK_INT(c.calls, 4);
	CHECK_INT(never.calls, 0);
	loop_free(c.l);
}

struct self {
	struct http *h;
	int calls;
};

static void cancel_self(void *arg, struct http_answer *a)
{
	struct self *s = arg;

	http_cancel(s->h);
	s->calls++;
	CHECK_INT(a->status, 200);
}

TEST(an_exchange_may_be_cancelled_in_its_own_callback)
{
	struct self s = {0};
	struct loop *l = loop_without_proxy();
	char *url CLEANUP(freep) = NULL;

	REQUIRE(start_server());
	url = xasprintf("http://127.0.0.1:%d/ok", server.port);
	s.h = http_start(l, &(struct http_request){.method = "GET", .url = url}, cancel_self, &s);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(s.calls, 1);
	loop_free(l);
	http_cancel(NULL);
}

TEST(cancelled_and_abandoned_exchanges_are_silent)
{
	enum { N = 40 };
	static struct result r[N];
	struct http *h[N];
	struct loop *l;
	struct chain c = {.stop = true};
	char *url CLEANUP(freep) = NULL;

	REQUIRE(start_server());
	url = xasprintf("http://127.0.0.1:%d/ok", server.port);
	l = c.l = loop_without_proxy();
	http_start(l, &(struct http_request){.method = "GET", .url = url}, next_link, &c);
	for (int i = 0; i < N; i++)
		h[i] = start(l, (struct http_request){0}, server.port, "/sleep/3000", &r[i]);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(c.calls, 1);
	/* Some of these run and some still wait for their turn; the rest goes with the loop. */
	for (int i = 0; i < N; i += 2)
		http_cancel(h[i]);
	loop_free(l);
	for (int i = 0; i < N; i++)
		CHECK_INT(r[i].calls, 0);
}

static int64_t frozen(void *arg)
{
	return *(int64_t *)arg;
}

static void no_sleep(void *arg, int64_t ms)
{
	*(int64_t *)arg += ms;
}

static void late(void *arg)
{
	++*(int *)arg;
}

TEST(a_replaced_clock_stands_while_a_transfer_runs)
{
	RESULT r = {0};
	struct loop *l;
	int64_t now = 1000;
	int fired = 0;

	REQUIRE(start_server());
	l = loop_without_proxy();
	loop_set_clock(l, &(struct loop_clock){frozen, frozen, no_sleep, &now});
	loop_after(l, 3600000, late, &fired);
	start(l, (struct http_request){0}, server.port, "/sleep/50", &r);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(r.err, 0);
	CHECK_INT(r.ms, 0);
	CHECK_INT(fired, 1);
	CHECK_INT(now, 3601000);
	loop_free(l);
}

#include "base/http.h"
#include "base/err.h"
#include "base/mem.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* tests/unit/http_server.py: started once, ends with us because its stdin does. */
static struct {
	int port, reset_port, tls_port;
	char cert[200];
	FILE *out;
	int in;
} server;

static bool start_server(void)
{
	int to[2], from[2];

	if (server.port)
		return true;
	if (pipe(to) || pipe(from))
		return false;
	if (!fork()) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[1]);
		close(from[0]);
		execlp("python3", "python3", TEST_ROOT "/tests/unit/http_server.py", (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	server.in = to[1];
	server.out = fdopen(from[0], "r");
	return server.out && fscanf(server.out, "%d %d %d %199s", &server.port, &server.reset_port, &server.tls_port,
				    server.cert) == 4;
}

/* The environment may name a proxy for the rest of the world. */
static struct loop *loop_without_proxy(void)
{
	setenv("NO_PROXY", "*", 1);
	setenv("no_proxy", "*", 1);
	return loop_new();
}

/* What is kept of an answer after done() returned. */
struct result {
	int calls, err;
	bool sent, tls;
	long status;
	char *body, *detail;
	size_t body_len;
	json_t *headers;
	int64_t date, ms;
};

static void keep(void *arg, struct http_answer *a)
{
	struct result *r = arg;

	r->calls++;
	r->err = a->err;
	r->sent = a->sent;
	r->tls = a->tls;
	r->status = a->status;
	r->body_len = a->body.n;
	r->body = xstrndup(buf_str(&a->body), a->body.n);
	r->detail = xstrdup(a->detail);
	r->headers = json_incref(a->headers);
	r->date = a->date;
	r->ms = a->ms;
}

static void result_release(struct result *r)
{
	free(r->body);
	free(r->detail);
	json_decref(r->headers);
	*r = (struct result){0};
}

#define RESULT struct result CLEANUP(result_release)

static struct http *start(struct loop *l, struct http_request req, int port, const char *path, struct result *r)
{
	char *url CLEANUP(freep) = xasprintf("http://127.0.0.1:%d%s", port, path);

	req.url = url;
	if (!req.method)
		req.method = req.body ? "POST" : "GET";
	return http_start(l, &req, keep, r);
}

/* One exchange on a loop of its own. */
static void fetch(const char *path, struct http_request req, struct result *r)
{
	struct loop *l = loop_without_proxy();

	start(l, req, server.port, path, r);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(r->calls, 1);
	loop_free(l);
}

/* How often the server got `request` ("GET /path"). */
static int times_received(const char *request)
{
	RESULT r = {0};
	json_auto_t *answer = NULL;
	json_t *line;
	size_t i;
	int n = 0;

	fetch("/log", (struct http_request){0}, &r);
	answer = json_loads(r.body, 0, NULL);
	json_array_foreach (json_object_get(answer, "log"), i, line)
		n += !strcmp(json_string_value(line), request);
	return n;
}

static json_int_t server_number(const char *what)
{
	RESULT r = {0};
	json_auto_t *answer = NULL;

	fetch("/log", (struct http_request){0}, &r);
	answer = json_loads(r.body, 0, NULL);
	return json_integer_value(json_object_get(answer, what));
}

TEST(an_answer_arrives_whole)
{
	RESULT r = {0};

	REQUIRE(start_server());
	fetch("/ok", (struct http_request){0}, &r);
	CHECK_INT(r.err, 0);
	CHECK_INT(r.status, 200);
	CHECK_STR(r.body, "hello");
	CHECK_INT(r.date, 784111777000); /* the example date of RFC 9110 */
	CHECK(r.ms >= 0 && r.ms < 5000);
	CHECK_STR(json_string_value(json_object_get(r.headers, "x-two")), "a, b");
	CHECK_STR(json_string_value(json_object_get(r.headers, "x-odd")), "?");
	CHECK_STR(json_string_value(json_object_get(r.headers, "x-none")), "");
	CHECK_STR(json_string_value(json_object_get(r.headers, "content-length")), "5");
}

TEST(an_error_status_is_an_answer)
{
	RESULT r = {0};

	REQUIRE(start_server());
	fetch("/status/503", (struct http_request){0}, &r);
	CHECK_INT(r.err, 0);
	CHECK_INT(r.status, 503);
	CHECK_STR(r.body, "no");
	CHECK_INT(r.date, 0);
}

/* The first header of the echoed request that begins with `name`, as sent, without its line end; NULL if absent. */
static char *sent_header(const struct result *r, const char *name)
{
	char *start = xasprintf("\r\n%s", name);
	const char *at = r->body ? strstr(r->body, start) : NULL;
	char *line = at ? xstrndup(at + 2, strcspn(at + 2, "\r")) : NULL;

	free(start);
	return line;
}

#define CHECK_SENT(r, name, want)                                 \
	do {                                                      \
		char *line CLEANUP(freep) = sent_header(r, name); \
		CHECK_STR(line, want);                            \
	} while (0)

#define ABSENT ((const char *)NULL)

TEST(a_request_goes_out_as_it_was_given)
{
	RESULT r = {0};
	json_auto_t *headers =
	    json_pack("{s:s, s:s, s:s, s:s}", "Host", "ec2.us-east-1.amazonaws.com", "X-Amz-Date", "20150830T123600Z",
		      "Content-Type", "application/x-amz-json-1.1", "X-Empty", "");
	struct http_request req = {.headers = headers, .body = "{\"a\":\"\0b\"}", .body_len = 10};

	REQUIRE(start_server());
	fetch("/echo/../a%2Fb//c/./d?x=%20y", req, &r);
	CHECK_INT(r.err, 0);
	CHECK_INT(strncmp(r.body, "POST /echo/../a%2Fb//c/./d?x=%20y HTTP/1.1\r\n", 43), 0);
	CHECK_SENT(&r, "Host:", "Host: ec2.us-east-1.amazonaws.com");
	CHECK_SENT(&r, "X-Amz-Date:", "X-Amz-Date: 20150830T123600Z");
	CHECK_SENT(&r, "Content-Type:", "Content-Type: application/x-amz-json-1.1");
	CHECK_SENT(&r, "Content-Length:", "Content-Length: 10");
	CHECK_SENT(&r, "X-Empty:", "X-Empty:");
	CHECK_SENT(&r, "Expect:", ABSENT);
	CHECK_SENT(&r, "Accept", ABSENT);
	CHECK_SENT(&r, "User-Agent:", ABSENT);
	CHECK_SENT(&r, "Transfer-Encoding:", ABSENT);
	REQUIRE(r.body_len > 10);
	CHECK_INT(memcmp(strstr(r.body, "\r\n\r\n") + 4, "{\"a\":\"", 6), 0);
}

TEST(curl_adds_no_content_type_and_no_expect_to_a_large_body)
{
	RESULT r = {0};
	char *body CLEANUP(freep) = xcalloc(3 << 20, 1);

	REQUIRE(start_server());
	memset(body, 'b', 3 << 20);
	fetch("/echo", (struct http_request){.body = body, .body_len = 3 << 20}, &r);
	CHECK_INT(r.err, 0);
	CHECK(r.body_len > 3 << 20);
	CHECK_SENT(&r, "Content-Type:", ABSENT);
	CHECK_SENT(&r, "Expect:", ABSENT);
	CHECK_SENT(&r, "Content-Length:", "Content-Length: 3145728");
	CHECK(r.ms < 900); /* waiting for 100-continue takes a second */
}

TEST(methods_without_a_body)
{
	static const struct {
		const char *method, *line, *length;
	} rows[] = {
	    {"GET", "GET /echo HTTP/1.1", NULL},
	    {"DELETE", "DELETE /echo HTTP/1.1", NULL},
	    {"POST", "POST /echo HTTP/1.1", "Content-Length: 0"},
	    {"PUT", "PUT /echo HTTP/1.1", "Content-Length: 0"},
	};

	REQUIRE(start_server());
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		RESULT r = {0};

		fetch("/echo", (struct http_request){.method = rows[i].method}, &r);
		CHECK_INT(r.err, 0);
		CHECK_INT(strncmp(r.body, rows[i].line, strlen(rows[i].line)), 0);
		CHECK_SENT(&r, "Content-Length:", rows[i].length);
	}
}

TEST(bodies_go_with_any_method)
{
	static const char *const methods[] = {"PUT", "PATCH", "DELETE"};

	REQUIRE(start_server());
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		RESULT r = {0};
		char *line CLEANUP(freep) = xasprintf("%s /echo HTTP/1.1", methods[i]);

		fetch("/echo", (struct http_request){.method = methods[i], .body = "data", .body_len = 4}, &r);
		CHECK_INT(strncmp(r.body, line, strlen(line)), 0);
		CHECK_HAS(r.body, "\r\n\r\ndata");
	}
}

TEST(a_header_with_a_line_break_is_not_sent)
{
	static const char *const bad[][2] = {{"X-A", "1\r\nX-B: 2"}, {"X-A", "1\n"}, {"X-A\r\nX-B", "1"}, {"X A", "1"}};

	REQUIRE(start_server());
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		RESULT r = {0};
		json_auto_t *headers = json_pack("{s:s}", bad[i][0], bad[i][1]);

		fetch("/injected", (struct http_request){.headers = headers}, &r);
		CHECK_INT(r.err, ERR_INVALID);
		CHECK(!r.sent);
	}
	CHECK_INT(times_received("GET /injected"), 0);
}

TEST(only_http_and_https_without_a_user)
{
	static const char *const urls[] = {"file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://",
					   "http://user:pw@127.0.0.1:1/"};

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		RESULT r = {0};
		struct loop *l = loop_without_proxy();

		http_start(l, &(struct http_request){.method = "GET", .url = urls[i]}, keep, &r);
		CHECK_INT(loop_run(l), 0);
		CHECK_INT(r.err, ERR_INVALID);
		CHECK(!r.sent);
		CHECK(r.detail && *r.detail);
		loop_free(l);
	}
}

TEST(redirects_are_answers)
{
	RESULT r = {0};

	REQUIRE(start_server());
	fetch("/redirect", (struct http_request){0}, &r);
	CHECK_INT(r.err, 0);
	CHECK_INT(r.status, 302);
	CHECK_STR(json_string_value(json_object_get(r.headers, "location")), "/ok");
}

TEST(headers_of_interim_answers_do_not_count)
{
	RESULT r = {0};

	REQUIRE(start_server());
	fetch("/interim", (struct http_request){0}, &r);
	CHECK_INT(r.status, 200);
	CHECK_STR(r.body, "late");
	CHECK(!json_object_get(r.headers, "x-early"));
	CHECK_STR(json_string_value(json_object_get(r.headers, "x-late")), "yes");
}

TEST(nobody_listens_means_not_sent)
{
	RESULT r = {0};
	struct loop *l = loop_without_proxy();
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* Bound and not listening: nobody else gets this port meanwhile. */
	REQUIRE(!bind(fd, (struct sockaddr *)&a, sizeof(a)) && !getsockname(fd, (struct sockaddr *)&a, &n));
	start(l, (struct http_request){.body = "x", .body_len = 1}, ntohs(a.sin_port), "/", &r);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(r.err, ERR_NETWORK);
	CHECK(!r.sent);
	CHECK(!r.tls);
	CHECK_HAS(r.detail, "onnect");
	loop_free(l);
	close(fd);
}

TEST(an_answer_that_never_comes_is_sent_and_lost)
{
	static const char *const paths[] = {"/die/a", "/close/a", "/truncate/a"};

	REQUIRE(start_server());
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		RESULT r = {0};
		char *line CLEANUP(freep) = xasprintf("POST %s", paths[i]);

		fetch(paths[i], (struct http_request){.body = "x=1", .body_len = 3}, &r);
		CHECK_INT(r.err, ERR_NETWORK);
		CHECK(r.sent);
		CHECK(!r.tls);
		CHECK_INT(times_received(line), 1);
	}
}

TEST(a_reset_before_reading_is_a_network_error)
{
	RESULT r = {0};
	struct loop *l = loop_without_proxy();

	REQUIRE(start_server());
	start(l, (struct http_request){.body = "x", .body_len = 1}, server.reset_port, "/", &r);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(r.err, ERR_NETWORK);
	loop_free(l);
}

TEST(what_is_no_http_is_refused)
{
	RESULT r = {0};

	REQUIRE(start_server());
	fetch("/html", (struct http_request){0}, &r);
	CHECK_INT(r.err, ERR_NETWORK);
	CHECK(r.sent);
}

/* Two exchanges, one after the other, on one loop, so that the second takes the first one's connection. */
static void fetch_two(const char *first, const char *second, struct http_request req, struct result *r)
{
	struct loop *l = loop_without_proxy();
	RESULT one = {0};

	start(l, (struct http_request){0}, server.port, first, &one);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(one.err, 0);
	start(l, req, server.port, second, r);
	CHECK_INT(loop_run(l), 0);
	loop_free(l);
}

TEST(connections_are_reused)
{
	RESULT r = {0};
	json_int_t before;

	REQUIRE(start_server());
	before = server_number("connections");
	fetch_two("/ok", "/ok", (struct http_request){0}, &r);
	/* One for both, one for asking. */
	CHECK_INT(server_number("connections") - before, 2);
}

TEST(a_request_on_a_dying_kept_connection_is_not_repeated)
{
	static const struct http_request requests[] = {
	    {.method = "POST", .body = "Action=Create", .body_len = 13},
	    {.method = "POST"},
	};

	REQUIRE(start_server());
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		for (int reset = 0; reset < 2; reset++) {
			RESULT r = {0};
			char *path CLEANUP(freep) = xasprintf("/%s/kept-%zu", reset ? "die" : "close", i);
			char *line CLEANUP(freep) = xasprintf("POST %s", path);

			fetch_two("/ok", path, requests[i], &r);
			CHECK_INT(r.err, ERR_NETWORK);
			CHECK(r.sent);
			CHECK_INT(times_received(line), 1);
		}
	}
}

TEST(too_large_answers_are_cut_off)
{
	static const char *const paths[] = {"/big/16777217", "/chunked/16777217", "/headers/300000"};

	REQUIRE(start_server());
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		RESULT r = {0};

		fetch(paths[i], (struct http_request){0}, &r);
		CHECK_INT(r.err, ERR_QUOTA);
		CHECK(r.sent);
		CHECK_HAS(r.detail, "too large");
	}
}

TEST(the_largest_answer_passes)
{
	RESULT r = {0};

	REQUIRE(start_server());
	fetch("/chunked/16777216", (struct http_request){.flags = HTTP_SECRET}, &r);
	CHECK_INT(r.err, 0);
	CHECK_INT(r.body_len, 16777216);
}

TEST(a_slow_answer_times_out)
{
	RESULT r = {0};

	REQUIRE(start_server());
	fetch("/sleep/3000", (struct http_request){.total_ms = 150}, &r);
	CHECK_INT(r.err, ERR_TIMEOUT);
	CHECK(r.sent);
	CHECK(r.ms >= 150 && r.ms < 2500);
}

TEST(a_slow_connect_times_out_unsent)
{
	RESULT r = {0};
	struct loop *l = loop_without_proxy();
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fill[4], fd = socket(AF_INET, SOCK_STREAM, 0);

	/* A full backlog answers no SYN. */
	REQUIRE(!bind(fd, (struct sockaddr *)&a, sizeof(a)) && !getsockname(fd, (struct sockaddr *)&a, &n));
	REQUIRE(!listen(fd, 0));
	for (size_t i = 0; i < ARRAY_SIZE(fill); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		CHECK(connect(fill[i], (struct sockaddr *)&a, sizeof(a)) <= 0);
	}
	start(l, (struct http_request){.connect_ms = 150}, ntohs(a.sin_port), "/", &r);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(r.err, ERR_TIMEOUT);
	CHECK(!r.sent);
	CHECK(r.ms >= 150 && r.ms < 4000);
	for (size_t i = 0; i < ARRAY_SIZE(fill); i++)
		close(fill[i]);
	close(fd);
	loop_free(l);
}

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

static void fetch_tls(const char *host, const char *ca, struct result *r)
{
	struct loop *l = loop_without_proxy();
	char *url CLEANUP(freep) = xasprintf("https://%s:%d/ok", host, server.tls_port);

	http_start(l, &(struct http_request){.method = "GET", .url = url, .ca_bundle = ca}, keep, r);
	CHECK_INT(loop_run(l), 0);
	loop_free(l);
}

TEST(tls_is_verified)
{
	RESULT good = {0}, unknown = {0}, no_file = {0}, wrong_name = {0};

	REQUIRE(start_server());
	if (!server.tls_port)
		SKIP("there is no openssl program to make a certificate");
	fetch_tls("127.0.0.1", server.cert, &good);
	CHECK_INT(good.err, 0);
	CHECK_STR(good.body, "hello");

	fetch_tls("127.0.0.1", NULL, &unknown);
	CHECK_INT(unknown.err, ERR_NETWORK);
	CHECK(unknown.tls);
	CHECK(!unknown.sent);

	fetch_tls("127.0.0.1", "/nowhere/bundle.pem", &no_file);
	CHECK_INT(no_file.err, ERR_NETWORK);
	CHECK(no_file.tls);
	CHECK(!no_file.sent);

	fetch_tls("localhost", server.cert, &wrong_name);
	CHECK_INT(wrong_name.err, ERR_NETWORK);
	CHECK(wrong_name.tls);
	CHECK(!wrong_name.sent);
}

TEST(a_handshake_cut_off_may_be_tried_again)
{
	RESULT r = {0};
	struct loop *l = loop_without_proxy();
	char *url CLEANUP(freep) = NULL;

	REQUIRE(start_server());
	url = xasprintf("https://127.0.0.1:%d/", server.reset_port);
	http_start(l, &(struct http_request){.method = "GET", .url = url}, keep, &r);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(r.err, ERR_NETWORK);
	CHECK(!r.tls);
	CHECK(!r.sent);
	loop_free(l);
}

TEST(a_server_without_tls_is_not_tried_again)
{
	RESULT r = {0};
	struct loop *l = loop_without_proxy();
	char *url CLEANUP(freep) = NULL;

	REQUIRE(start_server());
	url = xasprintf("https://127.0.0.1:%d/", server.port);
	http_start(l, &(struct http_request){.method = "GET", .url = url, .total_ms = 500}, keep, &r);
	CHECK_INT(loop_run(l), 0);
	CHECK(r.err == ERR_NETWORK || r.err == ERR_TIMEOUT);
	CHECK(!r.sent);
	loop_free(l);
}

TEST(proxies_are_used_unless_forbidden)
{
	RESULT through = {0}, direct = {0};
	struct loop *l = loop_new();
	char *proxy CLEANUP(freep) = NULL;

	REQUIRE(start_server());
	proxy = xasprintf("http://127.0.0.1:%d", server.port);
	unsetenv("NO_PROXY");
	unsetenv("no_proxy");
	setenv("http_proxy", proxy, 1);
	http_start(l, &(struct http_request){.method = "GET", .url = "http://berth.invalid/x"}, keep, &through);
	http_start(l, &(struct http_request){.method = "GET", .url = "http://berth.invalid/x", .flags = HTTP_NO_PROXY},
		   keep, &direct);
	CHECK_INT(loop_run(l), 0);
	unsetenv("http_proxy");
	CHECK_INT(through.err, 0);
	CHECK_HAS(through.body, "GET http://berth.invalid/x HTTP/1.1");
	CHECK_INT(direct.err, ERR_NETWORK);
	CHECK(!direct.sent);
	loop_free(l);
}

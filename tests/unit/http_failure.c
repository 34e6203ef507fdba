#include "tests/unit/http_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

TEST(after_one_dead_kept_connection_the_others_are_not_tried)
{
	enum { N = 4 };
	static struct result kept[N];
	const struct http_request create = {.body = "Action=Create", .body_len = 13};
	struct loop *l;

	REQUIRE(start_server());
	l = loop_without_proxy();
	for (int i = 0; i < N; i++)
		start(l, (struct http_request){0}, server.port, "/once", &kept[i]);
	CHECK_INT(loop_run(l), 0);
	for (int i = 0; i < N; i++) {
		RESULT r = {0};

		CHECK_INT(kept[i].err, 0);
		result_release(&kept[i]);
		start(l, create, server.port, "/ok", &r);
		CHECK_INT(loop_run(l), 0);
		CHECK_INT(r.err, i ? 0 : ERR_NETWORK);
	}
	loop_free(l);
}

TEST(too_large_answers_are_cut_off)
{
	static const char *const paths[] = {"/big/16777217", "/chunked/16777217", "/headers/300000", "/header/1000000"};

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

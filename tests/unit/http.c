#include "tests/unit/http_test.h"

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

static bool once_more(void *arg)
{
	int *left = arg;

	return (*left)-- > 0;
}

TEST(it_is_asked_right_before_a_request_goes_out)
{
	int left = 1;
	struct http_request req = {.may_send = once_more, .may_send_arg = &left};
	RESULT sent = {0}, kept = {0};

	REQUIRE(start_server());
	fetch("/ok", req, &sent);
	CHECK_INT(sent.err, 0);
	CHECK_INT(left, 0);
	fetch("/ok", req, &kept);
	CHECK_INT(kept.err, ERR_LOCKED);
	CHECK(!kept.sent);
}

/*
 * http_test - what the tests of http.h share: a server that misbehaves, and answers that outlive done().
 */
#pragma once

#include "base/err.h"
#include "base/http.h"
#include "base/mem.h"
#include "tests/unit/test.h"

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

static __attribute__((unused)) void result_release(struct result *r)
{
	free(r->body);
	free(r->detail);
	json_decref(r->headers);
	*r = (struct result){0};
}

#define RESULT struct result CLEANUP(result_release)

static __attribute__((unused)) struct http *start(struct loop *l, struct http_request req, int port, const char *path,
						  struct result *r)
{
	char *url CLEANUP(freep) = xasprintf("http://127.0.0.1:%d%s", port, path);

	req.url = url;
	if (!req.method)
		req.method = req.body ? "POST" : "GET";
	return http_start(l, &req, keep, r);
}

/* One exchange on a loop of its own. */
static __attribute__((unused)) void fetch(const char *path, struct http_request req, struct result *r)
{
	struct loop *l = loop_without_proxy();

	start(l, req, server.port, path, r);
	CHECK_INT(loop_run(l), 0);
	CHECK_INT(r->calls, 1);
	loop_free(l);
}

/* How often the server got `request` ("GET /path"). */
static __attribute__((unused)) int times_received(const char *request)
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

static __attribute__((unused)) json_int_t server_number(const char *what)
{
	RESULT r = {0};
	json_auto_t *answer = NULL;

	fetch("/log", (struct http_request){0}, &r);
	answer = json_loads(r.body, 0, NULL);
	return json_integer_value(json_object_get(answer, what));
}

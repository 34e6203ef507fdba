/*
 * scripted - an HTTP server on 127.0.0.1 in a thread, that answers as a script says.
 *
 * One step is one connection: the request is read whole and kept, then the step
 * happens; the last step repeats. Only the test's thread may look at what was
 * kept, after the answer arrived.
 */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define SCRIPTED_REQUESTS 256
#define SCRIPTED_REQUEST_MAX 65536

enum scripted_end {
	CLOSE,   /* in order, after the reply */
	RESET,   /* by a reset, without a reply */
	ENDLESS, /* the reply, then 'x' without end */
};

struct scripted_step {
	int status;
	const char *headers; /* lines that end with \r\n, or NULL */
	const char *body;    /* or NULL */
	long missing;        /* bytes that Content-Length promises beyond the body */
	enum scripted_end end;
};

struct scripted {
	const struct scripted_step *step;
	size_t steps;
	int listener, stop[2];
	pthread_t thread;
	char url[64];
	char *request[SCRIPTED_REQUESTS]; /* as they came */
	size_t n;
};

static void scripted_send(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		p += sent;
		n -= (size_t)sent;
	}
}

static char *scripted_read(int fd)
{
	char *p = calloc(1, SCRIPTED_REQUEST_MAX), *end, *length;
	size_t n = 0, want = SCRIPTED_REQUEST_MAX - 1;

	while (p && n < want) {
		ssize_t got = read(fd, p + n, want - n);

		if (got <= 0)
			break;
		n += (size_t)got;
		if (p[0] == 0x16)
			break; /* a TLS greeting, which has no end that we know */
		end = strstr(p, "\r\n\r\n");
		length = strcasestr(p, "\r\ncontent-length:");
		if (end) {
			want = (size_t)(end - p) + 4;
			if (length && length < end)
				want += strtoul(length + 17, NULL, 10);
		}
	}
	return p;
}

static void scripted_reply(int fd, const struct scripted_step *s)
{
	const char *body = s->body ? s->body : "";
	struct linger linger = {.l_onoff = 1};
	char head[4096], filler[65536];

	if (s->end == RESET) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		return;
	}
	snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nConnection: close\r\n%s", s->status,
		 s->headers ? s->headers : "");
	scripted_send(fd, head, strlen(head));
	if (s->end == ENDLESS)
		snprintf(head, sizeof(head), "\r\n");
	else
		snprintf(head, sizeof(head), "Content-Length: %ld\r\n\r\n", (long)strlen(body) + s->missing);
	scripted_send(fd, head, strlen(head));
	scripted_send(fd, body, strlen(body));
	memset(filler, 'x', sizeof(filler));
	for (int i = 0; s->end == ENDLESS && i < 300; i++)
		scripted_send(fd, filler, sizeof(filler));
}

static void *scripted_run(void *arg)
{
	struct scripted *s = arg;
	struct pollfd wait[2] = {{.fd = s->listener, .events = POLLIN}, {.fd = s->stop[0], .events = POLLIN}};

	while (poll(wait, 2, -1) > 0 && !wait[1].revents) {
		int fd = accept(s->listener, NULL, NULL);
		size_t i = s->n < s->steps ? s->n : s->steps - 1;

		if (fd < 0)
			break;
		if (s->n < SCRIPTED_REQUESTS)
			s->request[s->n] = scripted_read(fd);
		s->n++;
		scripted_reply(fd, &s->step[i]);
		close(fd);
	}
	return NULL;
}

/* False if there is no port; the script is borrowed. */
static inline bool scripted_start(struct scripted *s, const struct scripted_step *step, size_t steps)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);

	*s =
	    (struct scripted){.step = step, .steps = steps, .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&a, sizeof(a)) || listen(s->listener, 64) ||
	    getsockname(s->listener, (struct sockaddr *)&a, &n) || pipe(s->stop))
		return false;
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", ntohs(a.sin_port));
	return !pthread_create(&s->thread, NULL, scripted_run, s);
}

static inline void scripted_stop(struct scripted *s)
{
	if (write(s->stop[1], "", 1) != 1)
		abort();
	pthread_join(s->thread, NULL);
	close(s->listener);
	close(s->stop[0]);
	close(s->stop[1]);
	for (size_t i = 0; i < SCRIPTED_REQUESTS; i++)
		free(s->request[i]);
}

/* Value of a header of request i, in a static buffer; "" if absent. */
static inline const char *scripted_header(const struct scripted *s, size_t i, const char *name)
{
	static char value[4096];
	char line[128];
	const char *p;

	value[0] = '\0';
	snprintf(line, sizeof(line), "\r\n%s:", name);
	p = i < s->n && i < SCRIPTED_REQUESTS ? strcasestr(s->request[i], line) : NULL;
	if (p)
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(p + strlen(line) + 1, "\r"), p + strlen(line) + 1);
	return value;
}

static inline const char *scripted_body(const struct scripted *s, size_t i)
{
	const char *p = i < s->n && i < SCRIPTED_REQUESTS ? strstr(s->request[i], "\r\n\r\n") : NULL;

	return p ? p + 4 : "";
}

/*
 * fake_http - a small HTTP server on 127.0.0.1, in a process of its own, that answers by a list and keeps what it was
 * asked.
 *
 *   static const struct fake_reply replies[] = {{"GET", "/role", .need = "token: x", .body = "{}"}, FAKE_END};
 *   struct fake_http s;
 *   fake_http_start(&s, replies);
 *   ... s.url ...
 *   text = fake_http_log(&s);    all requests so far, as received
 *   fake_http_stop(&s);
 */
#pragma once

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct fake_reply {
	const char *method, *path; /* a request fits if its target begins with path; method NULL ends the list */
	const char *need;          /* text that the request must hold, or NULL */
	int status;                /* 0: 200 */
	const char *body;          /* NULL: none */
	const char *head;          /* more header lines, each with its line break, or NULL */
	int times;                 /* how often this answers; 0: always */
	bool hang;                 /* never answers */
};

#define FAKE_END               \
	{                      \
		.method = NULL \
	}

struct fake_http {
	pid_t pid;
	char url[64], log[64];
};

/* Reads a whole request; false if the connection ends before. */
static bool fake_read(int fd, char *text, size_t room)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = read(fd, text + n, room - 1 - n);
		char *end, *length;

		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = '\0';
		end = strstr(text, "\r\n\r\n");
		length = strcasestr(text, "\r\ncontent-length:");
		if (end && (!length || length > end || n >= (size_t)(end + 4 - text) + strtoul(length + 17, NULL, 10)))
			return true;
	}
}

static const struct fake_reply *fake_match(const char *request, const struct fake_reply *list, int *used)
{
	for (size_t i = 0; list[i].method; i++) {
		size_t m = strlen(list[i].method), p = strlen(list[i].path);

		if (strncmp(request, list[i].method, m) != 0 || request[m] != ' ' ||
		    strncmp(request + m + 1, list[i].path, p) != 0)
			continue;
		if (list[i].need && !strstr(request, list[i].need))
			continue;
		if (list[i].times && used[i] >= list[i].times)
			continue;
		used[i]++;
		return &list[i];
	}
	return NULL;
}

static void fake_answer(int fd, const struct fake_reply *r)
{
	const char *body = r && r->body ? r->body : "";

	while (r && r->hang)
		pause();
	dprintf(fd, "HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n%s",
		!r ? 599 : (r->status ? r->status : 200), strlen(body), r && r->head ? r->head : "", body);
}

static void __attribute__((noreturn)) fake_serve(int listener, int log, const struct fake_reply *list)
{
	static char text[1 << 16];
	int used[64] = {0};

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fake_read(fd, text, sizeof(text))) {
			dprintf(log, "%s\n", text);
			fake_answer(fd, fake_match(text, list, used));
		}
		close(fd);
	}
}

static inline void fake_http_start(struct fake_http *s, const struct fake_reply *list)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), log;

	snprintf(s->log, sizeof(s->log), "/tmp/berth-http-XXXXXX");
	log = mkstemp(s->log);
	if (log < 0 || bind(fd, (struct sockaddr *)&at, n) || listen(fd, 64) ||
	    getsockname(fd, (struct sockaddr *)&at, &n))
		abort();
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", ntohs(at.sin_port));
	fflush(NULL);
	s->pid = fork();
	if (s->pid == 0)
		fake_serve(fd, log, list);
	close(fd);
	close(log);
}

/* The caller frees. */
static inline char *fake_http_log(const struct fake_http *s)
{
	char *text = NULL;
	size_t cap = 0;
	FILE *f = fopen(s->log, "r");

	if (!f || getdelim(&text, &cap, EOF, f) < 0) {
		free(text);
		text = strdup("");
	}
	if (f)
		fclose(f);
	return text;
}

/* How often `part` stands in what the server was asked. */
static inline int fake_http_count(const struct fake_http *s, const char *part)
{
	char *text = fake_http_log(s);
	int n = 0;

	for (const char *p = text; (p = strstr(p, part)); p++)
		n++;
	free(text);
	return n;
}

static inline void fake_http_stop(struct fake_http *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	unlink(s->log);
}

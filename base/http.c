#include "base/http.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/transfer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX ((size_t)256 << 10)
#define KEEPALIVE_S 30L

struct http {
	struct transfer transfer; /* first: a transfer is its exchange */
	struct loop *loop;
	void (*done)(void *arg, struct http_answer *answer);
	void *arg;
	struct http_answer answer;
	struct curl_slist *headers; /* of the request */
	char *body;                 /* of the request */
	size_t body_len, header_bytes;
	unsigned sends; /* how often the request went out, or began to */
	int64_t started;
	int refused;          /* ERR_ code of what we refused ourselves, 0 if nothing */
	bool finished, reads; /* reads: GET and HEAD, which curl may repeat */
	char detail[CURL_ERROR_SIZE];
	bool (*may_send)(void *arg);
	void *may_send_arg;
	unsigned flags;
};

static void http_free(struct http *h)
{
	for (struct curl_slist *s = h->headers; s; s = s->next)
		wipe(s->data, strlen(s->data));
	curl_slist_free_all(h->headers);
	wipe(h->body, h->body_len);
	free(h->body);
	json_decref(h->answer.headers);
	if (h->flags & HTTP_SECRET)
		buf_wipe(&h->answer.body);
	else
		buf_release(&h->answer.body);
	free(h);
}

/*
 * curl's callback right before a request goes out. Where a kept connection turns out dead, curl would send it again on
 * a new one by itself; but the server may have got it, and a create is not to be done twice. Who asked decides.
 */
static int before_sending(void *arg, char *their_ip, char *our_ip, int their_port, int our_port)
{
	struct http *h = arg;

	(void)their_ip, (void)our_ip, (void)their_port, (void)our_port;
	if (!h->reads && h->sends++)
		return CURL_PREREQFUNC_ABORT;
	if (!h->may_send || h->may_send(h->may_send_arg))
		return CURL_PREREQFUNC_OK;
	h->refused = ERR_LOCKED;
	return CURL_PREREQFUNC_ABORT;
}

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	buf_add(&h->answer.body, p, size * n);
	if (!h->answer.body.err)
		return size * n;
	h->refused = ERR_QUOTA;
	return CURL_WRITEFUNC_ERROR;
}

/* Header values are bytes; what is not ASCII cannot matter to us, but must not break the tree. */
static json_t *header_text(const char *p, size_t n)
{
	char *copy = xstrndup(p, n);
	json_t *text;

	for (char *c = copy; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	text = json_string(copy);
	free(copy);
	return text;
}

static void add_header(json_t *headers, const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n), *value;
	char *name CLEANUP(freep) = NULL;
	json_t *old, *text;

	if (!colon || colon == line)
		return;
	name = xstrndup(line, (size_t)(colon - line));
	for (char *c = name; *c; c++)
		*c = (char)((unsigned char)*c >= 0x80 ? '?' : tolower((unsigned char)*c));
	value = colon + 1;
	n -= (size_t)(value - line);
	while (n && isspace((unsigned char)*value))
		value++, n--;
	while (n && isspace((unsigned char)value[n - 1]))
		n--;
	text = header_text(value, n);
	old = json_object_get(headers, name);
	if (old) {
		json_t *joined = json_sprintf("%s, %s", json_string_value(old), json_string_value(text));

		json_decref(text);
		text = joined;
	}
	json_object_set_new(headers, name, text);
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	n *= size;
	h->header_bytes += n;
	if (h->header_bytes > HEADERS_MAX) {
		h->refused = ERR_QUOTA;
		return CURL_WRITEFUNC_ERROR;
	}
	/* A second status line: what came before was an interim answer (100, 103). */
	if (n > 5 && !memcmp(p, "HTTP/", 5))
		json_object_clear(h->answer.headers);
	else
		add_header(h->answer.headers, p, n);
	return n;
}

/* A handshake that the network cut off may be tried again; one that the other side refused may not. */
static bool tls_refused(CURLcode code, const char *detail)
{
	switch (code) {
	case CURLE_SSL_CONNECT_ERROR:
		return !strstr(detail, "SSL_ERROR_SYSCALL") && !strstr(detail, "eset by peer") &&
		       !strstr(detail, "unexpected eof") && !strstr(detail, "unexpectedly");
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_CLIENTCERT:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_ENGINE_SETFAILED:
	case CURLE_SSL_ENGINE_INITFAILED:
	case CURLE_USE_SSL_FAILED:
		return true;
	default:
		return false;
	}
}

static int code_to_err(const struct http *h, CURLcode code)
{
	if (h->refused)
		return h->refused;
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_TIMEOUT;
	case CURLE_FILESIZE_EXCEEDED:
	case CURLE_OUT_OF_MEMORY: /* what curl says of a header line beyond its own limit of some 100 KiB */
		return ERR_QUOTA;
	case CURLE_URL_MALFORMAT:
	case CURLE_LOGIN_DENIED:
		return ERR_INVALID;
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* Of the URL; or of the answer, which is no HTTP. */
		return h->answer.sent ? ERR_NETWORK : ERR_INVALID;
	default:
		return ERR_NETWORK;
	}
}

/* Did bytes of the request go out to the server, as far as we know? Those to a proxy that gave no tunnel did not. */
static bool was_sent(CURL *easy)
{
	long bytes = 0, tunnel = 0;

	curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
	curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
	return bytes > 0 && (tunnel == 0 || tunnel / 100 == 2);
}

static const char *failure_text(const struct http *h, CURLcode code)
{
	if (h->refused == ERR_LOCKED)
		return "It may not be sent any more.";
	if (h->refused == ERR_INVALID)
		return "The request has a header that cannot be sent, or a malformed URL.";
	if (h->refused || code == CURLE_FILESIZE_EXCEEDED || code == CURLE_OUT_OF_MEMORY)
		return "The answer is too large.";
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return "The connection broke after the request was sent.";
	return h->detail[0] ? h->detail : curl_easy_strerror(code);
}

static void set_failure(struct http *h, CURLcode code)
{
	struct http_answer *a = &h->answer;

	a->sent = was_sent(h->transfer.easy);
	a->err = code_to_err(h, code);
	a->tls = tls_refused(code, h->detail);
	snprintf(a->detail, sizeof(a->detail), "%s", failure_text(h, code));
}

static void set_answer(struct http *h)
{
	const char *date = json_string_value(json_object_get(h->answer.headers, "date"));
	time_t t = date ? curl_getdate(date, NULL) : -1;

	curl_easy_getinfo(h->transfer.easy, CURLINFO_RESPONSE_CODE, &h->answer.status);
	h->answer.date = t > 0 ? (int64_t)t * 1000 : 0;
}

static bool on_begin(struct transfer *t)
{
	struct http *h = (struct http *)t;

	h->started = loop_now(h->loop);
	return !h->refused;
}

static void on_done(struct transfer *t, CURLcode code)
{
	struct http *h = (struct http *)t;

	h->answer.ms = loop_now(h->loop) - h->started;
	if (code || h->refused)
		set_failure(h, code);
	else
		set_answer(h);
	h->finished = true;
	h->done(h->arg, &h->answer);
	http_free(h);
}

static void on_drop(struct transfer *t)
{
	http_free((struct http *)t);
}

static void send_header(struct http *h, const char *name, const char *value)
{
	/* curl drops a header without a value, unless it ends with a semicolon. */
	char *line = *value ? xasprintf("%s: %s", name, value) : xasprintf("%s;", name);
	struct curl_slist *list = curl_slist_append(h->headers, line);

	if (!list)
		BUG("curl has no memory for a header");
	h->headers = list;
	wipe_str(line);
}

/* Takes a header away that curl would add by itself. */
static void withhold(struct http *h, const char *name)
{
	struct curl_slist *list;
	char *line;

	for (const struct curl_slist *s = h->headers; s; s = s->next)
		if (!strncasecmp(s->data, name, strlen(name)) && strchr(":;", s->data[strlen(name)]))
			return;
	line = xasprintf("%s:", name);
	list = curl_slist_append(h->headers, line);
	if (!list)
		BUG("curl has no memory for a header");
	h->headers = list;
	free(line);
}

static void set_headers(struct http *h, const json_t *headers)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)headers, name, value) {
		const char *text = json_string_value(value);

		/* A line break would begin a header of somebody else's. */
		if (!text || !*name || strpbrk(name, ":;\r\n \t") || strpbrk(text, "\r\n"))
			h->refused = ERR_INVALID;
		else
			send_header(h, name, text);
	}
	withhold(h, "Expect");
	withhold(h, "Accept");
	withhold(h, "Content-Type");
	curl_easy_setopt(h->transfer.easy, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->transfer.easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
}

static void set_body(struct http *h, const struct http_request *req)
{
	CURL *easy = h->transfer.easy;
	bool post = !strcmp(req->method, "POST") || !strcmp(req->method, "PUT") || !strcmp(req->method, "PATCH");

	h->reads = !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
	h->body_len = req->body ? req->body_len : 0;
	if (h->body_len) {
		h->body = xcalloc(h->body_len, 1);
		memcpy(h->body, req->body, h->body_len);
	}
	if (!strcmp(req->method, "HEAD")) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (h->body_len || post) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)h->body_len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, h->body ? h->body : "");
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, req->method);
}

static void set_transport(CURL *easy, const struct http_request *req)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(req->connect_ms ? req->connect_ms : 5000));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(req->total_ms ? req->total_ms : 60000));
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (req->ca_bundle)
		curl_easy_setopt(easy, CURLOPT_CAINFO, req->ca_bundle);
	if (req->flags & HTTP_NO_PROXY)
		curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
}

/* New "scheme://host:port" of a URL. */
static char *origin_of(const char *url)
{
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	return xstrndup(url, (size_t)(host - url) + strcspn(host, "/?#"));
}

struct http *http_start(struct loop *l, const struct http_request *req,
			void (*done)(void *arg, struct http_answer *answer), void *arg)
{
	char *origin CLEANUP(freep) = origin_of(req->url);
	struct http *h = xcalloc(1, sizeof(*h));
	CURL *easy = transfer_handle(loop_transfers(l));

	h->loop = l;
	h->done = done;
	h->arg = arg;
	h->flags = req->flags;
	h->may_send = req->may_send;
	h->may_send_arg = req->may_send_arg;
	h->answer.body = (struct buf)BUF(HTTP_ANSWER_MAX);
	h->answer.headers = json_object();
	h->transfer = (struct transfer){.easy = easy, .begin = on_begin, .done = on_done, .drop = on_drop};
	set_transport(easy, req);
	set_headers(h, req->headers);
	set_body(h, req);
	if (curl_easy_setopt(easy, CURLOPT_URL, req->url))
		h->refused = ERR_INVALID;
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, h->detail);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, h);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)HTTP_ANSWER_MAX);
	transfer_start(loop_transfers(l), &h->transfer, origin);
	return h;
}

void http_cancel(struct http *h)
{
	/* In its own done() it has ended already, and is freed when that returns. */
	if (!h || h->finished)
		return;
	transfer_stop(&h->transfer);
	http_free(h);
}

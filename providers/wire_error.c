/* Error answers: each protocol has its places for code, message and request id, and proxies answer in whatever they
 * like. */
#include "base/err.h"
#include "base/path.h"
#include "base/value.h"
#include "providers/wire_proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MESSAGE_MAX 4096
#define WORD_MAX 256

/* Length of the UTF-8 sequence at s, 0 if it is malformed; *ret is its code point. */
static size_t utf8_next(const unsigned char *s, size_t n, unsigned *ret)
{
	static const struct {
		unsigned char mask, lead;
		unsigned least;
	} form[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
	size_t len = 0;
	unsigned c;

	while (len < ARRAY_SIZE(form) && (s[0] & form[len].mask) != form[len].lead)
		len++;
	if (len == ARRAY_SIZE(form) || len >= n)
		return 0;
	c = s[0] & ~form[len].mask & 0xFF;
	for (size_t i = 1; i <= len; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3F);
	}
	if (c < form[len].least || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF)
		return 0;
	*ret = c;
	return len + 1;
}

/* Control characters of a terminal, in one byte or as code point, and what turns the writing direction. */
static bool is_active(unsigned c)
{
	return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
	       c == 0x200E || c == 0x200F || c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

char *wire_plain(const char *s, size_t n, size_t max)
{
	struct buf b = BUF(max + 8);
	const unsigned char *u = (const unsigned char *)s;

	for (size_t i = 0, len; i < n; i += len) {
		unsigned c = 0;

		len = utf8_next(u + i, n - i, &c);
		if (b.n + (len ? len : 1) > max) {
			buf_adds(&b, "...");
			break;
		}
		if (!len || (is_active(c) && c != '\n' && c != '\t' && c != '\r'))
			buf_addc(&b, '?');
		else if (is_active(c))
			buf_addc(&b, ' ');
		else
			buf_add(&b, s + i, len);
		len = len ? len : 1;
	}
	return buf_take(&b);
}

static char *plain(const char *s, size_t max)
{
	return s ? wire_plain(s, strlen(s), max) : NULL;
}

/* "com.amazonaws.x#Code:http://y" is Code; NULL if nothing is left. */
static char *plain_code(const char *s)
{
	char *head CLEANUP(freep) = s ? xstrndup(s, strcspn(s, ":")) : NULL;
	const char *hash = head ? strrchr(head, '#') : NULL;
	const char *code = hash ? hash + 1 : head;

	return code && *code ? plain(code, WORD_MAX) : NULL;
}

static const char *first_str(const json_t *tree, const char *const *names)
{
	const char *s = NULL;

	for (; !s && *names; names++)
		s = val_str(tree, *names);
	return s;
}

static void set(char **member, char *value)
{
	if (*member || !value)
		free(value);
	else
		*member = value;
}

static bool read_xml(const char *body, size_t n, struct wire_error *e)
{
	static const char *const places[] = {"Response.Errors.Error[0]", "ErrorResponse.Error[0]",
					     "ErrorResponse.Errors.Error[0]", "Error", NULL};
	static const char *const ids[] = {"Response.RequestID",      "Response.RequestId", "ErrorResponse.RequestId",
					  "ErrorResponse.RequestID", "Error.RequestId",    NULL};
	struct diag ignored = {0};
	json_auto_t *tree = NULL;
	bool found = false;

	/* What cannot be read says nothing: ignoring why. */
	xml_parse(body, n, &tree, &ignored);
	diag_release(&ignored);
	for (const char *const *p = places; tree && *p && !found; p++) {
		json_auto_t *error = path_get(tree, *p);

		found = val_str(error, "Code") != NULL;
		if (found) {
			set(&e->code, plain_code(val_str(error, "Code")));
			set(&e->message,
			    plain(first_str(error, (const char *[]){"Message", "message", NULL}), MESSAGE_MAX));
		}
	}
	for (const char *const *p = ids; found && *p; p++) {
		json_auto_t *id = path_get(tree, *p);

		set(&e->request_id, plain(json_string_value(id), WORD_MAX));
	}
	return found;
}

static bool read_json(const char *body, size_t n, struct wire_error *e)
{
	struct diag ignored = {0};
	json_auto_t *tree = NULL;

	wire_json_object(body, n, &tree, &ignored);
	diag_release(&ignored);
	if (!tree)
		return false;
	set(&e->code, plain_code(first_str(tree, (const char *[]){"__type", "code", "Code", NULL})));
	set(&e->message,
	    plain(first_str(tree, (const char *[]){"message", "Message", "error_description", NULL}), MESSAGE_MAX));
	/* The OIDC endpoints speak OAuth. */
	set(&e->code, plain_code(val_str(tree, "error")));
	return e->code || e->message;
}

static void read_headers(const json_t *headers, struct wire_error *e)
{
	const char *legacy = val_str(headers, "x-amzn-query-error");
	char *code;

	set(&e->request_id, plain(first_str(headers, (const char *[]){"x-amzn-requestid", "x-amzn-request-id",
								      "x-amz-request-id", NULL}),
				  WORD_MAX));
	if (!legacy)
		return;
	code = wire_plain(legacy, strcspn(legacy, ";"), WORD_MAX);
	if (*code) {
		free(e->code);
		e->code = code;
	} else {
		free(code);
	}
}

/* What a body that is none of AWS's says of itself: its kind, never its markup. */
static char *describe(long status, const json_t *headers, size_t n)
{
	char *type CLEANUP(freep) = plain(val_str(headers, "content-type"), WORD_MAX);

	if (!n)
		return xasprintf("HTTP status %ld without a body.", status);
	return xasprintf("HTTP status %ld with a body that is no answer of AWS (%s).", status,
			 type && *type ? type : "no content type");
}

void wire_decode_error(const struct service *svc, long status, const json_t *headers, const char *body, size_t n,
		       struct wire_error *ret)
{
	bool json = svc->protocol == PROTO_JSON || svc->protocol == PROTO_REST_JSON;
	const char *type = val_str(headers, "x-amzn-errortype");
	struct wire_error e = {0};
	bool known;

	if (svc->protocol == PROTO_REST_JSON)
		e.code = plain_code(type);
	known =
	    json ? read_json(body, n, &e) || read_xml(body, n, &e) : read_xml(body, n, &e) || read_json(body, n, &e);
	set(&e.code, plain_code(type));
	read_headers(headers, &e);
	if (!e.code)
		e.code = xasprintf("%ld", status);
	if (!e.message)
		e.message = known ? xstrdup("") : describe(status, headers, n);
	if (!e.request_id)
		e.request_id = xstrdup("");
	*ret = e;
}

void wire_error_release(struct wire_error *e)
{
	free(e->code);
	free(e->message);
	free(e->request_id);
	memset(e, 0, sizeof(*e));
}

/*
 * wire - the protocols: request tree -> HTTP message, HTTP answer -> tree. Pure functions.
 *
 * XML answers become the same tree: an element with children is an object,
 * repeated elements become an array, text is a string, attributes and
 * namespaces are dropped. DTDs and entities are refused, depth and size capped.
 */
#pragma once

#include "base/buf.h"
#include "providers/service.h"

/* A request on its way out; wire_release() wipes it. */
struct wire_request {
	char *method;
	char *path;      /* begins with '/', percent-encoded as it is sent */
	char *query;     /* without '?', encoded, "" if none */
	json_t *headers; /* name -> text; content-type and x-amz-target; host, date, signature come later */
	struct buf body;
};

/* Builds the message. ERR_INVALID with a sentence if the tree does not fit the protocol. */
int wire_encode(const struct service *svc, const char *action, const json_t *params, struct wire_request *ret,
		struct diag *d);
void wire_release(struct wire_request *r);

/*
 * Decodes a 2xx answer: *ret_body is new ({} if empty). The envelope is
 * stripped (query: <XResult>; ec2: the root; rest: none). ERR_PROTOCOL if it is
 * not what the protocol promises (an HTML page of a proxy).
 */
int wire_decode(const struct service *svc, const char *action, const char *body, size_t n, json_t **ret_body,
		struct diag *d);

/* What an error answer says; all members owned, never NULL after wire_decode_error(). */
struct wire_error {
	char *code, *message, *request_id;
};
void wire_decode_error(const struct service *svc, long status, const json_t *headers, const char *body, size_t n,
		       struct wire_error *ret);
void wire_error_release(struct wire_error *e);

/*
 * Foreign text made safe to show: new valid UTF-8 of at most max bytes (and "..."), one line; what a terminal would act
 * upon becomes '?'. The members of struct wire_error are so already.
 */
char *wire_plain(const char *s, size_t n, size_t max);

/* XML text -> tree {root: value}; ERR_PROTOCOL with a sentence. Limits: 16 MiB, depth 64. */
int xml_parse(const char *text, size_t n, json_t **ret, struct diag *d);

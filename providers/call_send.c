/* A request on its way: message, signature, headers, and what traces may show of it. */
#include "base/err.h"
#include "base/trace.h"
#include "providers/call_impl.h"
#include "providers/redact.h"
#include "providers/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A random UUID: the same over all tries of a request, so that AWS can tell them from new ones. */
static void new_invocation(struct loop *l, char out[37])
{
	static const char dashes[] = {8, 13, 18, 23};
	char *p = out;

	for (int i = 0; i < 36; i++) {
		int digit = (int)(loop_random(l) * 16);

		if (memchr(dashes, i, sizeof(dashes)))
			*p++ = '-';
		else
			*p++ = "0123456789abcdef"[i == 14 ? 4 : i == 19 ? 8 | (digit & 3) : digit];
	}
	*p = '\0';
}

int call_encode(struct aws_call *call, struct diag *d)
{
	wire_release(&call->wire);
	new_invocation(call->client->options.loop, call->invocation);
	return wire_encode(call->lane->svc, call->action, call->params, &call->wire, d);
}

static json_t *base_headers(const struct aws_call *call)
{
	json_t *headers = json_deep_copy(call->wire.headers);

	json_object_set_new(headers, "host", json_string(call->lane->host));
	return headers;
}

/* What is not signed: proxies may touch it. */
static void add_sdk_headers(const struct aws_call *call, json_t *headers)
{
	json_object_set_new(headers, "user-agent", json_string("berth/" BERTH_VERSION));
	json_object_set_new(headers, "amz-sdk-invocation-id", json_string(call->invocation));
	json_object_set_new(headers, "amz-sdk-request",
			    json_sprintf("attempt=%u; max=%u", call->attempt, call->client->options.max_attempts));
}

static void trace_signature(const struct aws_call *call, const struct sigv4_output *out)
{
	/* The canonical request names the session token. */
	if (trace_on(TRACE_SIGV4))
		trace_event(TRACE_SIGV4, "signed",
			    json_pack("{s:s, s:s, s:s}", "service", call->lane->svc->name, "action", call->action,
				      "string_to_sign", out->string_to_sign));
}

static int sign(struct aws_call *call, const struct creds *creds, const char *path, json_t *headers, struct diag *d)
{
	struct sigv4_input in = {
	    .method = call->wire.method,
	    .path = path,
	    .query = call->wire.query,
	    .headers = headers,
	    .body = buf_str(&call->wire.body),
	    .body_len = call->wire.body.n,
	    .access_key = creds->access_key,
	    .secret_key = creds->secret_key,
	    .token = creds->token,
	    .region = call->lane->endpoint.signing_region,
	    .service = call->lane->svc->signing,
	    .time = call->signed_at,
	    .s3 = call->lane->svc->protocol == PROTO_REST_XML,
	};
	struct sigv4_output out = {0};
	int rc = sigv4_sign(&in, &out);

	if (rc)
		return diag_error(d, rc, "The request cannot be signed: a header is malformed.");
	json_object_set_new(headers, "x-amz-date", json_string(out.amz_date));
	json_object_set_new(headers, "authorization", json_string(out.authorization));
	if (creds->token)
		json_object_set_new(headers, "x-amz-security-token", json_string(creds->token));
	if (out.content_sha256)
		json_object_set_new(headers, "x-amz-content-sha256", json_string(out.content_sha256));
	trace_signature(call, &out);
	sigv4_release(&out);
	return 0;
}

/* "https://host" of the endpoint, and the path and query that were signed. */
static char *full_url(const struct aws_call *call, const char *path)
{
	const char *url = call->lane->endpoint.url;
	int base = (int)(call->lane->prefix - url);

	return xasprintf("%.*s%s%s%s", base, url, path, *call->wire.query ? "?" : "", call->wire.query);
}

int call_send(struct aws_call *call, const struct creds *creds, void (*done)(void *arg, struct http_answer *answer),
	      struct diag *d)
{
	struct client *c = call->client;
	char *path CLEANUP(freep) = xasprintf("%s%s", call->lane->prefix, call->wire.path);
	char *url CLEANUP(wipe_strp) = full_url(call, path);
	json_auto_t *headers = base_headers(call);
	int rc;

	call->signed_at = loop_wall(c->options.loop) + c->skew;
	call->generation = c->generation;
	rc = creds ? sign(call, creds, path, headers, d) : 0;
	if (rc)
		return rc;
	add_sdk_headers(call, headers);
	call_trace(call, "sent", NULL, 0);
	call_trace_wire(call, "request", call->params);
	call->http = http_start(c->options.loop,
				&(struct http_request){
				    .method = call->wire.method,
				    .url = url,
				    .headers = headers,
				    .body = call->wire.body.n ? call->wire.body.p : NULL,
				    .body_len = call->wire.body.n,
				    .ca_bundle = c->options.config->ca_bundle,
				    .may_send = call_may_leave,
				    .may_send_arg = call,
				    .flags = call->secret ? HTTP_SECRET : 0,
				},
				done, call);
	return 0;
}

void call_trace(const struct aws_call *call, const char *event, const struct call_answer *answer, int64_t ms)
{
	json_t *fields;

	if (!trace_on(TRACE_CALL))
		return;
	fields = json_pack("{s:s, s:s, s:i}", "service", call->lane->svc->name, "action", call->action, "attempt",
			   (int)call->attempt);
	if (call->pages)
		json_object_set_new(fields, "page", json_integer(call->pages + 1));
	if (answer) {
		json_object_set_new(fields, "status", json_integer(answer->status));
		json_object_set_new(fields, "code", json_string(answer->code));
		json_object_set_new(fields, "request_id", json_string(answer->request_id));
		json_object_set_new(fields, "ms", json_integer(ms));
	}
	trace_event(TRACE_CALL, event, fields);
}

void call_trace_wire(const struct aws_call *call, const char *event, const json_t *tree)
{
	if (!trace_on(TRACE_WIRE))
		return;
	trace_event(TRACE_WIRE, event,
		    json_pack("{s:s, s:s, s:o}", "service", call->lane->svc->name, "action", call->action, "tree",
			      call->secret ? json_string("(hidden)") : redact_tree(call->lane->svc, tree)));
}

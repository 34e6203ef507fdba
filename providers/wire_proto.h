/*
 * wire_proto - what one wire protocol does; inside of wire.h. A protocol is one file that ends in a row like these.
 */
#pragma once

#include "providers/wire.h"

struct wire_protocol {
	/* As wire_encode(); *ret is empty and released by the caller on failure. params is an object without nulls. */
	int (*encode)(const struct service *svc, const char *action, const json_t *params, struct wire_request *ret,
		      struct diag *d);
	/* As wire_decode(); n > 0. */
	int (*decode)(const struct service *svc, const char *action, const char *body, size_t n, json_t **ret_body,
		      struct diag *d);
};

/* wire_query.c: ec2 and query differ in the answer's envelope only. */
extern const struct wire_protocol wire_ec2, wire_query;
/* wire_json.c */
extern const struct wire_protocol wire_json, wire_rest_json;
/* wire_rest_xml.c */
extern const struct wire_protocol wire_rest_xml;

/*
 * Method, path and query of a REST action; members of params whose name begins with '?' are the query, an array repeats
 * its name. *ret_body: new object of the other members.
 */
int wire_rest_target(const char *action, const json_t *params, struct wire_request *ret, json_t **ret_body,
		     struct diag *d);
/* Appends a scalar as text: true, 12, 0.5, or the string; percent-encoded. False for any other kind. */
bool wire_add_scalar(struct buf *b, const json_t *v);
/* JSON text of an answer -> tree; ERR_PROTOCOL unless it is one object no deeper than VALUE_DEPTH_MAX. */
int wire_json_object(const char *body, size_t n, json_t **ret_body, struct diag *d);

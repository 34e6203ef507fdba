/* apigateway.api - an HTTP API: the public address */
#include "base/err.h"
#include "providers/apigateway/apigateway.h"

#include <ctype.h>
#include <string.h>

/* ---- CORS: names of headers come back in small letters, and mean the same in any ---- */

static json_t *mapped(const json_t *value, int (*map)(int))
{
	char *s CLEANUP(freep) = xstrdup(json_string_value(value));

	for (char *p = s; *p; p++)
		*p = (char)map((unsigned char)*p);
	return json_string(s);
}

static json_t *canon_header(const json_t *value, struct diag *d)
{
	(void)d;
	return mapped(value, tolower);
}

static json_t *canon_method(const json_t *value, struct diag *d)
{
	(void)d;
	return mapped(value, toupper);
}

static const struct type t_header = {.name = "header", .kind = KIND_STR, .canon = canon_header};
static const struct type t_method = {.name = "HTTP method", .kind = KIND_STR, .canon = canon_method};

static const struct field cors_fields[] = {
    FIELD("origins", &t_strs, REQUIRED, .in = "allowOrigins", .doc = "Sites whose pages may call it: https://…, or *."),
    FIELD("methods", SET(&t_method), 0, .in = "allowMethods", .doc = "Methods that they may use."),
    FIELD("headers", SET(&t_header), 0, .in = "allowHeaders", .doc = "Headers that they may send."),
    FIELD("expose", SET(&t_header), 0, .in = "exposeHeaders", .doc = "Headers of answers that they may see."),
    FIELD("max_age", INT_RANGE(-1, 86400), 0, .in = "maxAge", .dflt = "0",
	  .doc = "Seconds that browsers may remember this."),
    FIELD("credentials", &t_bool, 0, .in = "allowCredentials", .dflt = "false", .doc = "They may send cookies."),
    END,
};

static json_t *canon_cors(const json_t *value, struct diag *d)
{
	const json_t *origins = json_object_get(value, "origins");
	int rc = 0;

	if (!json_array_size(origins))
		rc = diag_error(d, ERR_INVALID, "CORS needs at least one origin.");
	for (size_t i = 0; i < json_array_size(origins); i++)
		if (!strcmp(json_string_value(json_array_get(origins, i)), "*") &&
		    json_is_true(json_object_get(value, "credentials")))
			rc = diag_error(d, ERR_INVALID, "With credentials the origins must be named: * is refused.");
	return rc ? NULL : json_incref((json_t *)value);
}

static const struct type t_cors = {.name = "CORS", .kind = KIND_OBJ, .fields = cors_fields, .canon = canon_cors};

/* ---- the table ---- */

static const struct field fields[] = {
    FIELD("name", TEXT(1, 128, NULL), REQUIRED, .in = "name", .doc = "What people call it."),
    FIELD("protocol", ONE_OF("HTTP"), CREATE_ONLY, .in = "protocolType", .dflt = "\"HTTP\"",
	  .doc = "HTTP; WebSocket APIs are another thing."),
    FIELD("description", TEXT(0, 1024, NULL), 0, .in = "description", .null_text = "", .doc = "What it is for."),
    FIELD("cors", &t_cors, 0, .in = "corsConfiguration", .clear = 2,
	  .doc = "Which web pages may call it. When set, CORS headers of the app itself are ignored."),
    FIELD("disable_endpoint", &t_bool, 0, .in = "disableExecuteApiEndpoint", .dflt = "false", .risk = RISK_DOWNTIME,
	  .doc = "It can be reached by a domain of one's own only."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "apiId", .doc = "Ten characters."),
    FIELD("endpoint", &t_str, COMPUTED, .out = "apiEndpoint", .doc = "Its address: https://ID.execute-api.…"),
    END,
};

const struct rtype apigateway_api = {
    .name = "apigateway.api",
    .doc = "An HTTP API: the public address.",
    .svc = &svc_apigateway,
    .fields = fields,
    .create = {CALL("POST /v2/apis", .body = "")},
    .read = CALL("GET /v2/apis/{id}", .rows = ""),
    .list = CALL("GET /v2/apis", .rows = "items[]", .flags = CALL_PAGED),
    .find = CALL("GET /v2/apis", .rows = "items[]", .flags = CALL_PAGED),
    .alike = WORDS("name"),
    .update = {CALL("PATCH /v2/apis/{id}", .body = ""), CALL("DELETE /v2/apis/{id}/cors", .flags = CALL_FIXED_ONLY)},
    .del = {CALL("DELETE /v2/apis/{id}")},
    .tag_id = "arn",
    .grants = GRANTS(APIGATEWAY_TAGGING),
    .arn = "apigateway:{@region}::/apis/{id}",
    .gone = WAIT(.every = 3000, .limit = 300),
    .busy = APIGATEWAY_BUSY,
    .flags = TAGGED | TWINS,
    .expect = {2, 2, 2},
};

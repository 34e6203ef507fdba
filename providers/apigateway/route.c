/* apigateway.route - which requests go to which integration */
#include "providers/apigateway/apigateway.h"

#include <string.h>

#define PREFIX "integrations/"

static json_t *encode_target(const json_t *value)
{
	return json_sprintf(PREFIX "%s", json_string_value(value));
}

static json_t *decode_target(const json_t *wire)
{
	const char *s = json_string_value(wire);

	if (!s || strncmp(s, PREFIX, strlen(PREFIX)) != 0)
		return json_incref((json_t *)wire);
	return json_string(s + strlen(PREFIX));
}

static const struct type t_target = {
    .name = "reference",
    .kind = KIND_STR,
    .target = "apigateway.integration",
    .attr = "id",
    .encode = encode_target,
    .decode = decode_target,
};

static const struct field fields[] = {
    APIGATEWAY_API,
    FIELD("route_key", TEXT(1, 1024, "[$]default|[A-Z]+ /.*"), REQUIRED | CREATE_ONLY, .in = "routeKey",
	  .doc = "$default for all that no other route takes, or METHOD /path, as ANY /{proxy+}."),
    FIELD("integration", &t_target, REQUIRED, .in = "target", .doc = "Id of the integration."),
    FIELD("authorization", ONE_OF("NONE", "AWS_IAM", "JWT", "CUSTOM"), 0, .in = "authorizationType", .dflt = "\"NONE\"",
	  .doc = "Who may call it."),
    FIELD("authorizer", &t_str, 0, .in = "authorizerId", .doc = "Id of the authorizer, for JWT and CUSTOM."),
    FIELD("scopes", &t_strs, 0, .in = "authorizationScopes", .doc = "Scopes that a token must have."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "routeId", .doc = "Seven characters."),
    END,
};

const struct rtype apigateway_route = {
    .name = "apigateway.route",
    .doc = "Which requests go to which integration.",
    .svc = &svc_apigateway,
    .fields = fields,
    .key = WORDS("api", "route_key"),
    .parent = "api",
    .create = {CALL("POST /v2/apis/{api}/routes", .body = "")},
    .read = CALL("GET /v2/apis/{api}/routes/{id}", .rows = ""),
    .list = CALL("GET /v2/apis/{^id}/routes", .rows = "items[]", .flags = CALL_PER_PARENT | CALL_PAGED),
    .update = {CALL("PATCH /v2/apis/{api}/routes/{id}", .body = "")},
    .del = {CALL("DELETE /v2/apis/{api}/routes/{id}")},
    .skip = APIGATEWAY_SKIP,
    .busy = APIGATEWAY_BUSY,
    .clash = WORDS("ConflictException~already exists"),
    .flags = SERIAL_PARENT,
    .expect = {1, 1, 1},
};

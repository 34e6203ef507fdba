/* apigateway.integration - where an API sends its requests */
#include "base/err.h"
#include "providers/apigateway/apigateway.h"

#include <string.h>

static int check(const json_t *want, struct diag *d)
{
	const char *type = val_str(want, "connection_type"), *uri = val_str(want, "uri");
	bool link = type && !strcmp(type, "VPC_LINK");
	int rc = 0;

	if (link && !json_object_get(want, "connection"))
		rc = diag_error(d, ERR_INVALID, "connection_type VPC_LINK needs a connection: the link's id.");
	if (link && uri && strncmp(uri, "arn:", 4) != 0)
		rc = diag_error(d, ERR_INVALID,
				"Through a VPC link uri is the ARN of a Cloud Map service or of a listener, not %s.",
				uri);
	if (type && !link && json_object_get(want, "connection"))
		rc = diag_error(d, ERR_INVALID, "connection is for connection_type VPC_LINK only.");
	return rc;
}

/*
 * Integrations have no tags, and many may look alike: the description is the mark of who owns one ("berth:ADDRESS").
 * A key of request_parameters goes when it is sent as "".
 */
static const struct field fields[] = {
    APIGATEWAY_API,
    FIELD("type", ONE_OF("HTTP_PROXY", "AWS_PROXY"), CREATE_ONLY, .in = "integrationType", .dflt = "\"HTTP_PROXY\"",
	  .doc = "HTTP_PROXY passes requests on as they are."),
    FIELD("method", &t_str, 0, .in = "integrationMethod", .dflt = "\"ANY\"", .doc = "Method of the request passed on."),
    FIELD("connection_type", ONE_OF("INTERNET", "VPC_LINK"), 0, .in = "connectionType", .dflt = "\"INTERNET\"",
	  .doc = "The way that requests take."),
    FIELD("connection", REF("apigateway.vpc_link", "id"), 0, .in = "connectionId", .doc = "Id of the VPC link."),
    FIELD("uri", REF("servicediscovery.service", "arn"), REQUIRED, .in = "integrationUri",
	  .doc = "ARN of a Cloud Map service or of a load balancer's listener; a URL without VPC link."),
    FIELD("payload_version", ONE_OF("1.0", "2.0"), 0, .in = "payloadFormatVersion", .dflt = "\"1.0\"",
	  .doc = "2.0 is for Lambda functions only."),
    FIELD("timeout_ms", INT_RANGE(50, 30000), 0, .in = "timeoutInMillis", .dflt = "30000",
	  .doc = "Milliseconds until a request is given up; 30 s at most."),
    FIELD("request_parameters", &t_str_map, 0, .in = "requestParameters", .null_text = "",
	  .doc = "Changes to the request, as overwrite:header.x-client-ip: $context.identity.sourceIp."),
    FIELD("description", TEXT(0, 1024, NULL), CREATE_ONLY, .in = "description", .doc = "The mark of its owner."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "integrationId", .doc = "Seven characters."),
    END,
};

const struct rtype apigateway_integration = {
    .name = "apigateway.integration",
    .doc = "Where an API sends its requests.",
    .svc = &svc_apigateway,
    .fields = fields,
    .key = WORDS("api", "description"),
    .parent = "api",
    .create = {CALL("POST /v2/apis/{api}/integrations", .body = "")},
    .read = CALL("GET /v2/apis/{api}/integrations/{id}", .rows = ""),
    .list = CALL("GET /v2/apis/{^id}/integrations", .rows = "items[]", .flags = CALL_PER_PARENT | CALL_PAGED),
    .update = {CALL("PATCH /v2/apis/{api}/integrations/{id}", .body = "", .fixed = WORDS("integrationType={type}"))},
    .del = {CALL("DELETE /v2/apis/{api}/integrations/{id}")},
    .skip = APIGATEWAY_SKIP,
    .busy = APIGATEWAY_BUSY,
    /* Routes must be pointed at the new one before the old can go. */
    .replace = CREATE_FIRST,
    .flags = SERIAL_PARENT | TWINS,
    .expect = {1, 1, 1},
    .hooks = &(const struct hooks){.check = check},
};

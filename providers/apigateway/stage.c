/* apigateway.stage - makes an API reachable: limits and access log */
#include "base/err.h"
#include "providers/apigateway/apigateway.h"

#include <stdlib.h>
#include <string.h>

/* Other services name a log group with ":*" at the end of its ARN; here that is refused. */
static json_t *canon_group(const json_t *value, struct diag *d)
{
	const char *s = json_string_value(value);
	size_t n = strlen(s);

	(void)d;
	return json_stringn(s, n > 2 && !strcmp(s + n - 2, ":*") ? n - 2 : n);
}

static const struct type t_group = {
    .name = "reference", .kind = KIND_STR, .target = "logs.group", .attr = "arn", .canon = canon_group};

static json_t *canon_rate(const json_t *value, struct diag *d)
{
	if (json_number_value(value) > 0)
		return json_incref((json_t *)value);
	diag_error(d, ERR_INVALID, "It must be above 0: a rate of 0 refuses every request.");
	return NULL;
}

static const struct type t_rate = {.name = "number", .kind = KIND_NUM, .canon = canon_rate};

static int check(const json_t *want, struct diag *d)
{
	const char *format = val_str(want, "access_log_format");
	int rc = 0;

	if (!json_object_get(want, "access_log_group") != !json_object_get(want, "access_log_format"))
		rc = diag_error(d, ERR_INVALID, "access_log_group and access_log_format go together.");
	if (format && strchr(format, '\n'))
		rc = diag_error(d, ERR_INVALID, "access_log_format must be one line.");
	if (format && !strstr(format, "$context.requestId") && !strstr(format, "$context.extendedRequestId"))
		rc = diag_error(d, ERR_INVALID, "access_log_format must contain $context.requestId.");
	return rc;
}

/* "Successfully deployed stage with deployment ID 'x'", or why not. Without auto_deploy nobody deploys here. */
static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	const char *message = val_str(have, "deployment_message"), *state;

	(void)row;
	(void)want;
	if (!json_is_true(json_object_get(have, "auto_deploy")))
		state = "MANUAL";
	else if (!message || !*message)
		state = "PENDING";
	else if (!strncmp(message, "Successfully deployed", strlen("Successfully deployed")))
		state = "DEPLOYED";
	else
		state = "FAILED";
	json_object_set_new(have, "deployment", json_string(state));
}

#define LIMITS "defaultRouteSettings."
#define LOG "accessLogSettings."
#define THIS_STAGE "/v2/apis/{api}/stages/{name}"
#define MESSAGE "lastDeploymentStatusMessage"

/* Limits cannot be taken off again: AWS has no call for it. An absent wish keeps what is there. */
static const struct field fields[] = {
    APIGATEWAY_API,
    FIELD("name", TEXT(1, 128, "[$]default|[A-Za-z0-9_-]+"), REQUIRED | CREATE_ONLY | ID, .in = "stageName",
	  .doc = "$default is served at the root, any other name is the first part of the path."),
    FIELD("auto_deploy", &t_bool, 0, .in = "autoDeploy", .dflt = "false", .doc = "Every change of the API goes live."),
    FIELD("access_log_group", &t_group, 0, .in = LOG "destinationArn", .clear = 2,
	  .doc = "ARN of the log group for a line for each request."),
    FIELD("access_log_format", TEXT(1, 3072, NULL), 0, .in = LOG "format", .clear = 2,
	  .doc = "That line: text with $context variables."),
    FIELD("throttle_rate", &t_rate, COMPUTED, .in = LIMITS "throttlingRateLimit",
	  .doc = "Requests a second; it can be changed, but not taken off."),
    FIELD("throttle_burst", INT_RANGE(1, 1000000), COMPUTED, .in = LIMITS "throttlingBurstLimit",
	  .doc = "Requests at once; it can be changed, but not taken off."),
    FIELD("detailed_metrics", &t_bool, 0, .in = LIMITS "detailedMetricsEnabled", .dflt = "false",
	  .doc = "Metrics by route, which cost extra."),
    FIELD("deployment", &t_str, COMPUTED | VOLATILE | STATUS, .out = MESSAGE),
    FIELD("deployment_message", &t_str, COMPUTED | VOLATILE | STATUS, .out = MESSAGE),
    END,
};

const struct rtype apigateway_stage = {
    .name = "apigateway.stage",
    .doc = "Makes an API reachable, with limits and an access log.",
    .svc = &svc_apigateway,
    .fields = fields,
    .key = WORDS("api", "name"),
    .parent = "api",
    .create = {CALL("POST /v2/apis/{api}/stages", .body = "")},
    .read = CALL("GET " THIS_STAGE, .rows = ""),
    .list = CALL("GET /v2/apis/{^id}/stages", .rows = "items[]", .flags = CALL_PER_PARENT | CALL_PAGED),
    .update = {CALL("PATCH " THIS_STAGE, .body = "", .flags = CALL_WHOLE_MEMBER),
	       CALL("DELETE " THIS_STAGE "/accesslogsettings", .flags = CALL_FIXED_ONLY)},
    .del = {CALL("DELETE " THIS_STAGE)},
    .skip = APIGATEWAY_SKIP,
    .tag_id = "arn",
    .grants = GRANTS(APIGATEWAY_TAGGING, GRANT(APIGATEWAY_ROLE, .when = "access_log_group"),
		     GRANT("logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery "
			   "logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies "
			   "logs:DescribeLogGroups",
			   .on = "*", .when = "access_log_group")),
    .arn = "apigateway:{@region}::/apis/{api}/stages/{name}",
    .ready = WAIT(.field = "deployment", .ok = WORDS("DEPLOYED", "MANUAL"), .bad = WORDS("FAILED"),
		  .why = "deployment_message", .every = 2000, .limit = 180, .twice = 2, .grace = 15),
    .busy = APIGATEWAY_BUSY,
    .clash = WORDS("ConflictException~already exists"),
    /* Without a route there is nothing to deploy. */
    .after = WORDS("apigateway.route"),
    .flags = TAGGED | SERIAL_PARENT,
    .expect = {8, 8, 1},
    .hooks = &(const struct hooks){.check = check, .absorb = absorb},
};

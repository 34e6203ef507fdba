/* api - an HTTP API: VPC link, Cloud Map, one service behind it. */
#include "base/value.h"
#include "spec/section.h"
#include "spec/services.h"
#include "spec/suggest.h"

#include <string.h>

/* A single line; the request id is what AWS insists on, the error message what one looks for. */
#define LOG_FORMAT                                                                                             \
	"{\"requestId\":\"$context.requestId\",\"time\":\"$context.requestTime\",\"ip\":\"$context.identity."  \
	"sourceIp\","                                                                                          \
	"\"method\":\"$context.httpMethod\",\"path\":\"$context.path\",\"routeKey\":\"$context.routeKey\","    \
	"\"status\":\"$context.status\",\"bytes\":\"$context.responseLength\",\"latency\":\"$context."         \
	"responseLatency\","                                                                                   \
	"\"integrationStatus\":\"$context.integration.status\",\"integrationLatency\":\"$context.integration." \
	"latency\","                                                                                           \
	"\"integrationError\":\"$context.integrationErrorMessage\",\"userAgent\":\"$context.identity.userAgent\"}"

static const struct shape s_service = {.what = "the name of a service", .kind = SHAPE_TEXT, .min = 1, .max = 40};

/* ---- cors ---- */

static void check_origin(struct at at, struct diag *d)
{
	const char *s = json_string_value(at.value), *host = strstr(s, "://");
	size_t n = strlen(s);

	if (!strcmp(s, "*"))
		return;
	if (!host || !host[3] || (strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0)) {
		at_error(at, d, "\"%s\" is no origin: it must be scheme and host.", s);
		at_hint(at, d, "Write it as a browser sends it: https://www.example.com");
	} else if (strchr(host + 3, '/')) {
		at_error(at, d, "\"%s\" has a path, and no browser sends an origin with one.", s);
		at_hint(at, d, "Write %.*s.", (int)(n - strlen(strchr(host + 3, '/'))), s);
	}
}

static const struct shape s_origin = {
    .what = "an origin such as https://www.example.com, or \"*\"",
    .kind = SHAPE_TEXT,
    .pattern = "[^[:space:]]+",
    .check = check_origin,
};
static const struct shape s_method = {
    .what = "an HTTP method, or \"*\"",
    .kind = SHAPE_TEXT,
    .words = (const char *const[]){"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*", NULL},
};
static const struct shape s_header = {
    .what = "a header name, or \"*\"",
    .kind = SHAPE_TEXT,
    .pattern = "\\*|[A-Za-z0-9!#$%&'^_`|~-]+",
};
static const struct shape s_origins = {
    .what = "a list of origins",
    .kind = SHAPE_LIST,
    .flags = SHAPE_UNIQUE,
    .elem = &s_origin,
    .min = 1,
    .max = 100,
};
static const struct shape s_methods = {
    .what = "a list of HTTP methods",
    .kind = SHAPE_LIST,
    .flags = SHAPE_UNIQUE,
    .elem = &s_method,
    .max = 8,
};
static const struct shape s_headers = {
    .what = "a list of header names",
    .kind = SHAPE_LIST,
    .flags = SHAPE_UNIQUE,
    .elem = &s_header,
    .max = 100,
};
static const struct shape s_max_age = {
    .what = "seconds (-1 to 86400)",
    .kind = SHAPE_INT,
    .min = -1,
    .max = 86400,
};

static struct at star_in(struct at list)
{
	for (size_t i = 0; i < json_array_size(list.value); i++) {
		struct at item = at_item(list, i);

		if (json_is_string(item.value) && !strcmp(json_string_value(item.value), "*"))
			return item;
	}
	return (struct at){0};
}

static void check_cors(struct at cors, struct diag *d)
{
	static const char *const lists[] = {"origins", "methods", "headers"};

	if (!at_bool(cors, "credentials"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct at star = star_in(at_key(cors, lists[i]));

		if (!star.value)
			continue;
		at_error(star, d, "With credentials: true, %s cannot hold \"*\".", lists[i]);
		at_hint(star, d, "Browsers refuse the pair; name each one.");
	}
}

static const struct key cors_keys[] = {
    {"origins", &s_origins, KEY_REQUIRED, NULL, "Web sites whose pages may call the API."},
    {"methods", &s_methods, 0, "[\"GET\", \"HEAD\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\", \"OPTIONS\"]",
     "HTTP methods they may use."},
    {"headers", &s_headers, 0, "[\"authorization\", \"content-type\"]", "Request headers they may send."},
    {"expose", &s_headers, 0, NULL, "Response headers they may read."},
    {"max_age", &s_max_age, 0, NULL, "Seconds for which a browser remembers the answer."},
    {"credentials", &s_bool, 0, NULL, "May they send cookies? Not when absent."},
    {.name = NULL},
};
static const struct shape s_cors = {
    .what = "cors",
    .kind = SHAPE_OBJ,
    .keys = cors_keys,
    .check = check_cors,
};

/* ---- throttle ---- */

static void check_rate(struct at at, struct diag *d)
{
	if (json_number_value(at.value) > 0)
		return;
	at_error(at, d, "%s cannot be 0: AWS would refuse every request with status 429.", at.key);
	at_hint(at, d, "For no limit of your own leave throttle out.");
}

static const struct shape s_rate = {
    .what = "requests a second (above 0, up to 10000)",
    .kind = SHAPE_NUM,
    .min = 0,
    .max = 10000,
    .check = check_rate,
};
static const struct shape s_burst = {
    .what = "a number of requests (1 to 5000)",
    .kind = SHAPE_INT,
    .min = 0,
    .max = 5000,
    .check = check_rate,
};
static const struct key throttle_keys[] = {
    {"rate", &s_rate, KEY_REQUIRED, NULL, "Requests a second, on average."},
    {"burst", &s_burst, KEY_REQUIRED, NULL, "Requests at once."},
    {.name = NULL},
};
static const struct shape s_throttle = {.what = "throttle", .kind = SHAPE_OBJ, .keys = throttle_keys};

static const struct shape s_seconds = {.what = "seconds (1 to 30)", .kind = SHAPE_INT, .min = 1, .max = 30};

static const struct key keys[] = {
    {"service", &s_service, KEY_REQUIRED, NULL, "The service behind the API; it must have a port."},
    {"cors", &s_cors, 0, NULL, "Answers to browsers of other sites; leave it out if the app gives them itself."},
    {"throttle", &s_throttle, 0, NULL, "A limit for all requests together."},
    {"timeout", &s_seconds, 0, "30", "Seconds after which a request is given up; AWS has no more than 30."},
    {"domain", &s_later, 0, NULL, "A domain name of your own."},
    {.name = NULL},
};

const struct shape api_shape = {.what = "api", .kind = SHAPE_OBJ, .keys = keys};

/* ---- rules ---- */

static void check(struct at file, struct diag *d)
{
	struct at name = at_key(at_key(file, "api"), "service"), services = at_key(file, "services");
	const char *s = json_string_value(name.value);
	struct at service = s ? at_key(services, s) : (struct at){0};
	struct suggest near = SUGGEST(s ? s : "");

	if (!s || (services.value && !json_is_object(services.value)))
		return;
	if (!service.value) {
		at_error(name, d, "There is no service \"%s\".", s);
		suggest_keys(&near, services.value);
		if (near.best)
			at_hint(name, d, "Did you mean %s?", near.best);
		else if (!json_object_size(services.value))
			at_hint(name, d, "Add it to section services.");
	} else if (json_is_object(service.value) && !json_object_get(service.value, "port")) {
		at_error(name, d, "Service %s has no port, so the API cannot reach it.", s);
		at_hint(name, d, "Give it one: port: 3000");
	}
}

/* ---- expansion ---- */

static void add_link(struct expand *x)
{
	expand_add(x, "ec2.security_group.link", "{s:s,s:s,s:o}", "name", expand_text(x, "%s-link", x->spec->prefix),
		   "description", expand_text(x, "%s: VPC link of the API", x->spec->prefix), "vpc",
		   ref_to("ec2.vpc.main.id"));
	expand_add(x, "apigateway.vpc_link.main", "{s:s,s:o,s:[o]}", "name", x->spec->prefix, "subnets", subnet_refs(x),
		   "security_groups", ref_to("ec2.security_group.link.id"));
}

/*
 * An integration has no tags: its description says whose it is. The gateway sends no X-Forwarded-For, so the client's
 * address goes into a header of its own.
 */
static void add_integration(struct expand *x, const char *service, struct at api)
{
	const char *address = expand_text(x, "apigateway.integration.%s", service);

	expand_add(x, address, "{s:o,s:s,s:s,s:s,s:s,s:o,s:o,s:s,s:i,s:{s:s}}", "api", ref_to("apigateway.api.main.id"),
		   "description", expand_text(x, "berth:%s", address), "type", "HTTP_PROXY", "method", "ANY",
		   "connection_type", "VPC_LINK", "connection", ref_to("apigateway.vpc_link.main.id"), "uri",
		   ref_to("servicediscovery.service.%s.arn", service), "payload_version", "1.0", "timeout_ms",
		   (int)at_int(api, "timeout") * 1000, "request_parameters", "overwrite:header.x-client-ip",
		   "$context.identity.sourceIp");
	expand_add(x, "apigateway.route.default", "{s:o,s:s,s:o}", "api", ref_to("apigateway.api.main.id"), "route_key",
		   "$default", "integration", ref_to("%s.id", address));
}

static void add_stage(struct expand *x, struct at api)
{
	struct at throttle = at_key(api, "throttle");
	json_t *fields = expand_add(x, "apigateway.stage.default", "{s:o,s:s,s:b,s:o,s:s}", "api",
				    ref_to("apigateway.api.main.id"), "name", "$default", "auto_deploy", 1,
				    "access_log_group", ref_to("logs.group.api.arn"), "access_log_format", LOG_FORMAT);

	/* What is deployed is what routes there are at that moment. */
	expand_depends(x, "apigateway.route.default");
	if (!throttle.value)
		return;
	json_object_set(fields, "throttle_rate", json_object_get(throttle.value, "rate"));
	json_object_set(fields, "throttle_burst", json_object_get(throttle.value, "burst"));
}

static void expand(struct expand *x)
{
	struct at api = at_key(x->file, "api"), cors = at_key(api, "cors");
	json_t *fields;

	if (!has_section(x->file, "api"))
		return;
	expand_section(x, api, "api");
	add_link(x);
	fields = expand_add(x, "apigateway.api.main", "{s:s}", "name", x->spec->prefix);
	if (cors.value)
		json_object_set(fields, "cors", cors.value);
	add_integration(x, at_str(api, "service"), api);
	add_stage(x, api);
	expand_output(x, "url", ref_to("apigateway.api.main.endpoint"));
	expand_output(x, "endpoint", ref_to("apigateway.api.main.endpoint"));
}

static const struct section_ref refs[] = {
    {"url", "apigateway.api.main.endpoint"},
    {"endpoint", "apigateway.api.main.endpoint"},
    {"id", "apigateway.api.main.id"},
    {.key = NULL},
};

const struct section section_api = {.name = "api", .check = check, .expand = expand, .refs = refs};

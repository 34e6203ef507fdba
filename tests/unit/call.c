/* Calls against a scripted server: what is sent, what is tried again, what is not. */
#include "tests/unit/call_case.h"

TEST(a_request_is_signed_and_named)
{
	struct fixture f;
	json_t *params = json_pack("{s:s}", "Name", "/gengar/X");
	char invocation[64];

	OPEN(&f, 3, OK_JSON);
	run(&f, (struct call_request){.svc = &svc_ssm, .action = "GetParameter", .params = params});
	json_decref(params);
	CHECK_INT(f.err, 0);
	CHECK_INT(f.status, 200);
	CHECK_INT(f.attempts, 1);
	CHECK_STR(f.code, "");
	CHECK_STR(f.message, "");
	CHECK_STR(f.request_id, "r-ok");
	CHECK_JSON(f.body, "{\"ok\": true}");
	CHECK_HAS(f.server.request[0], "POST / HTTP/1.1\r\n");
	CHECK_STR(scripted_body(&f.server, 0), "{\"Name\":\"/gengar/X\"}");
	CHECK_STR(scripted_header(&f.server, 0, "host"), f.server.url + strlen("http://"));
	CHECK_STR(scripted_header(&f.server, 0, "x-amz-target"), "AmazonSSM.GetParameter");
	CHECK_STR(scripted_header(&f.server, 0, "content-type"), "application/x-amz-json-1.1");
	CHECK_STR(scripted_header(&f.server, 0, "x-amz-date"), "20150830T123600Z");
	CHECK_STR(scripted_header(&f.server, 0, "x-amz-security-token"), "TOKENEXAMPLE");
	CHECK_STR(scripted_header(&f.server, 0, "user-agent"), "berth/" BERTH_VERSION);
	CHECK_STR(scripted_header(&f.server, 0, "amz-sdk-request"), "attempt=1; max=3");
	CHECK_HAS(scripted_header(&f.server, 0, "authorization"),
		  "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/ssm/aws4_request, "
		  "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=");
	snprintf(invocation, sizeof(invocation), "%s", scripted_header(&f.server, 0, "amz-sdk-invocation-id"));
	CHECK_INT(strlen(invocation), 36);
	CHECK(invocation[14] == '4' && invocation[8] == '-' && strchr("89ab", invocation[19]));
	CHECK_INT(client_stats(f.client).calls, 1);
	CHECK_INT(client_stats(f.client).retries, 0);
	fixture_close(&f);
}

TEST(tries_share_the_invocation_and_count_up)
{
	struct fixture f;
	char first[64];

	OPEN(&f, 5, {.status = 500}, {.status = 502, .body = "x"}, OK_JSON);
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, 0);
	CHECK_INT(f.attempts, 3);
	snprintf(first, sizeof(first), "%s", scripted_header(&f.server, 0, "amz-sdk-invocation-id"));
	CHECK_STR(scripted_header(&f.server, 2, "amz-sdk-invocation-id"), first);
	CHECK_STR(scripted_header(&f.server, 2, "amz-sdk-request"), "attempt=3; max=5");
	/* full jitter: below 1 s, then below 2 s */
	CHECK(f.now > 0 && f.now < 3000);
	CHECK_INT(client_stats(f.client).retries, 2);
	CHECK_INT(client_stats(f.client).attempts, 3);
	fixture_close(&f);
}

TEST(tries_are_bounded)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 503, .headers = "Content-Type: text/html\r\n", .body = "<html>busy</html>"});
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, ERR_TRANSIENT);
	CHECK_INT(f.attempts, 3);
	CHECK_INT(f.server.n, 3);
	CHECK_INT(f.status, 503);
	CHECK(!f.ambiguous);
	CHECK_STR(f.message, "HTTP status 503 with a body that is no answer of AWS (text/html).");
	CHECK_HAS(f.explained, "(after 3 tries)");
	fixture_close(&f);
}

TEST(eight_tries_unless_configured)
{
	struct fixture f;

	OPEN(&f, 0, {.status = 500});
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.attempts, 8);
	fixture_close(&f);
}

TEST(configured_tries)
{
	static const struct scripted_step script[] = {{.status = 500}};
	struct fixture f;

	fixture_open(&f, script, 1, "", 0);
	client_free(f.client);
	f.config.max_attempts = 2;
	f.client = client_new(&(struct client_options){.loop = f.loop, .creds = &f.creds, .config = &f.config});
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.attempts, 2);
	fixture_close(&f);
}

TEST(what_aws_means_is_not_tried_again)
{
	struct fixture f;

	OPEN(&f, 5, JSON_ERROR(400, "ParameterNotFound", "Parameter /x not found."));
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, ERR_AWS);
	CHECK_INT(f.attempts, 1);
	CHECK_STR(f.code, "ParameterNotFound");
	CHECK_STR(f.message, "Parameter /x not found.");
	CHECK_STR(f.explained, "ssm GetParameter: ParameterNotFound: Parameter /x not found.");
	fixture_close(&f);
}

TEST(throttles_of_every_shape_are_tried_again)
{
	static const struct {
		const struct service *svc;
		const char *action;
		struct scripted_step step;
		const char *ok;
	} table[] = {
	    {&svc_ec2,
	     "CreateVpc",
	     {.status = 503,
	      .body = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>m</Message></Error></Errors>"
		      "<RequestID>r</RequestID></Response>"},
	     "<CreateVpcResponse/>"},
	    {&svc_rds, "CreateDBInstance", XML_ERROR(400, "Throttling", "Rate exceeded"),
	     "<CreateDBInstanceResponse/>"},
	    {&svc_iam, "CreateRole", XML_ERROR(400, "Throttling", "Rate exceeded"), "<CreateRoleResponse/>"},
	    {&svc_ecs, "CreateService", JSON_ERROR(400, "ThrottlingException", "Rate exceeded"), "{}"},
	    {&svc_servicediscovery, "CreateService", JSON_ERROR(400, "RequestLimitExceeded", "m"), "{}"},
	    {&svc_tagging, "GetResources", JSON_ERROR(400, "ThrottledException", "m"), "{}"},
	    {&svc_apigateway,
	     "POST /v2/vpclinks",
	     {.status = 429,
	      .headers = "x-amzn-ErrorType: TooManyRequestsException:\r\n",
	      .body = "{\"message\": \"m\"}"},
	     "{}"},
	    {&svc_apigateway, "POST /v2/apis", {.status = 429, .body = "{\"message\": \"Too Many Requests\"}"}, "{}"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct scripted_step script[] = {table[i].step, {.status = 200, .body = table[i].ok}};
		struct fixture f;

		fixture_open(&f, script, 2, "", 4);
		run(&f, (struct call_request){.svc = table[i].svc, .action = table[i].action, .intent = CALL_CREATE});
		CHECK_INT(f.err, 0);
		CHECK_INT(f.attempts, 2);
		CHECK_INT(client_stats(f.client).throttles, 1);
		fixture_close(&f);
	}
}

TEST(a_throttle_that_stays_is_said)
{
	struct fixture f;

	OPEN(&f, 2, JSON_ERROR(400, "ThrottlingException", "Rate exceeded"));
	run(&f, ssm(CALL_CREATE));
	CHECK_INT(f.err, ERR_THROTTLED);
	CHECK(!f.ambiguous);
	CHECK_INT(client_stats(f.client).throttles, 2);
	fixture_close(&f);
}

TEST(a_hard_limit_is_no_throttle)
{
	struct fixture f;

	OPEN(&f, 5, JSON_ERROR(400, "LimitExceededException", "Resource limit exceeded."));
	run(&f, (struct call_request){.svc = &svc_logs, .action = "CreateLogGroup", .intent = CALL_WRITE});
	CHECK_INT(f.err, ERR_QUOTA);
	CHECK_INT(f.attempts, 1);
	CHECK_HAS(f.hint, "quota");
	fixture_close(&f);
}

TEST(retry_after_is_honoured)
{
	struct fixture f;

	OPEN(&f, 5, {.status = 503, .headers = "Retry-After: 7\r\n"}, OK_JSON);
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, 0);
	CHECK_INT(f.now, 7000);
	fixture_close(&f);
}

TEST(a_lost_answer_of_a_read_is_asked_for_again)
{
	struct fixture f;

	OPEN(&f, 5, {.end = RESET}, OK_JSON);
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, 0);
	CHECK_INT(f.attempts, 2);
	fixture_close(&f);
}

TEST(a_lost_answer_of_an_idempotent_write_too)
{
	struct fixture f;

	OPEN(&f, 5, {.end = RESET}, {.status = 500}, OK_JSON);
	run(&f, ssm(CALL_WRITE));
	CHECK_INT(f.err, 0);
	CHECK_INT(f.attempts, 3);
	fixture_close(&f);
}

TEST(a_lost_answer_of_a_create_is_ambiguous)
{
	struct fixture f;

	OPEN(&f, 5, {.end = RESET}, OK_JSON);
	run(&f, ssm(CALL_CREATE));
	CHECK_INT(f.err, ERR_NETWORK);
	CHECK(f.ambiguous);
	CHECK_INT(f.status, 0);
	CHECK_INT(f.server.n, 1);
	CHECK_HAS(f.hint, "Whether it was done is not known");
	fixture_close(&f);
}

TEST(a_5xx_of_a_create_is_ambiguous)
{
	struct fixture f;

	OPEN(&f, 5, {.status = 500}, OK_JSON);
	run(&f, ssm(CALL_CREATE));
	CHECK_INT(f.err, ERR_TRANSIENT);
	CHECK(f.ambiguous);
	CHECK_INT(f.server.n, 1);
	fixture_close(&f);
}

TEST(garbage_after_a_create_is_ambiguous)
{
	struct fixture f;

	OPEN(&f, 5, {.status = 200, .body = "<html>welcome</html>"}, OK_JSON);
	run(&f, ssm(CALL_CREATE));
	CHECK_INT(f.err, ERR_PROTOCOL);
	CHECK(f.ambiguous);
	CHECK_INT(f.server.n, 1);
	fixture_close(&f);
}

TEST(a_refusal_that_says_try_again_lets_a_create_be_repeated)
{
	struct fixture f;

	OPEN(&f, 5, XML_ERROR(409, "ConcurrentModification", "m"), {.status = 200, .body = "<CreateRoleResponse/>"});
	run(&f, (struct call_request){.svc = &svc_iam, .action = "CreateRole", .intent = CALL_CREATE});
	CHECK_INT(f.err, 0);
	CHECK_INT(f.attempts, 2);
	fixture_close(&f);
}

TEST(a_create_that_never_left_is_tried_again)
{
	struct fixture f;

	OPEN(&f, 3, OK_JSON);
	/* a port of which nothing listens any more */
	close(f.server.listener);
	run(&f, ssm(CALL_CREATE));
	CHECK_INT(f.err, ERR_NETWORK);
	CHECK_INT(f.attempts, 3);
	CHECK(!f.ambiguous);
	CHECK_HAS(f.message, f.url);
	CHECK_HAS(f.hint, "network");
	f.server.listener = -1;
	fixture_close(&f);
}

TEST(an_answer_cut_short_is_asked_for_again)
{
	struct fixture f;

	OPEN(&f, 5, {.status = 200, .body = "{\"ok\"", .missing = 7}, {.status = 200, .body = "{\"ok\""}, OK_JSON);
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, 0);
	CHECK_INT(f.attempts, 3);
	fixture_close(&f);
}

TEST(garbage_that_stays_is_a_protocol_failure)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 200, .body = "<html>welcome</html>"});
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, ERR_PROTOCOL);
	CHECK_INT(f.attempts, 3);
	CHECK_HAS(f.hint, "proxy");
	fixture_close(&f);
}

TEST(an_answer_too_large_is_refused)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 200, .end = ENDLESS});
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, ERR_PROTOCOL);
	CHECK_INT(f.attempts, 3);
	CHECK_HAS(f.explained, "The answer is too large.");
	fixture_close(&f);
}

TEST(redirects_are_errors)
{
	struct fixture f;

	OPEN(&f, 3,
	     {.status = 301,
	      .headers = "Location: http://127.0.0.1:1/\r\n",
	      .body = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>"});
	run(&f, (struct call_request){.svc = &svc_s3, .action = "GET /bucket", .intent = CALL_READ});
	CHECK_INT(f.err, ERR_AWS);
	CHECK_STR(f.code, "PermanentRedirect");
	CHECK_INT(f.server.n, 1);
	CHECK_HAS(f.hint, "another region");
	CHECK(strlen(scripted_header(&f.server, 0, "x-amz-content-sha256")) == 64);
	fixture_close(&f);
}

TEST(paths_and_queries_arrive_as_they_were_signed)
{
	static const struct scripted_step script[] = {OK_JSON};
	json_t *params = json_pack("{s:[s,s]}", "?tagKeys", "berth:app", "a b");
	struct fixture f;

	fixture_open(&f, script, 1, "/base", 3);
	run(&f, (struct call_request){
		    .svc = &svc_apigateway, .action = "DELETE /v2/apis/ab12/stages/%24default", .params = params});
	json_decref(params);
	CHECK_HAS(f.server.request[0],
		  "DELETE /base/v2/apis/ab12/stages/%24default?tagKeys=berth%3Aapp&tagKeys=a%20b HTTP/1.1\r\n");
	fixture_close(&f);
}

TEST(retries_of_a_service_run_out)
{
	struct fixture f;

	OPEN(&f, 200, {.status = 500});
	run(&f, ssm(CALL_READ));
	/* 500 tokens, 5 for each retry */
	CHECK_INT(f.attempts, 101);
	run(&f, (struct call_request){.svc = &svc_ecs, .action = "ListClusters"});
	CHECK_INT(f.attempts, 101);
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.attempts, 1);
	fixture_close(&f);
}

TEST(calls_may_be_cancelled_in_every_state)
{
	struct fixture f;
	struct call_request req = ssm(CALL_READ);
	struct aws_call *call;

	OPEN(&f, 5, {.status = 500}, OK_JSON);
	call_cancel(start(&f, &req)); /* new */
	call_cancel(NULL);
	f.creds.later = true;
	start(&f, &req); /* waits for credentials when the client goes */
	loop_after(f.loop, 10, (void (*)(void *))loop_stop, f.loop);
	CHECK_INT(loop_run(f.loop), 0);
	client_free(f.client);
	CHECK_INT(loop_run(f.loop), 0);
	CHECK_INT(f.done, 0);
	f.client = client_new(&(struct client_options){.loop = f.loop, .creds = &f.creds, .config = &f.config});
	f.creds.later = false;
	call = start(&f, &req);
	loop_after(f.loop, 0, (void (*)(void *))loop_stop, f.loop);
	CHECK_INT(loop_run(f.loop), 0);
	call_cancel(call); /* sent */
	CHECK_INT(f.done, 0);
	run(&f, req); /* and the places in flight are free again */
	CHECK_INT(f.err, 0);
	fixture_close(&f);
}

static bool open_once(void *arg)
{
	int *left = arg;

	return (*left)-- > 0;
}

/* It is open when the request is made, and shut when there is a connection. */
TEST(a_gate_that_shuts_while_a_connection_is_made)
{
	struct fixture f;
	int left = 1;

	OPEN(&f, 2, {.status = 200, .body = "{}"});
	client_set_gate(f.client, open_once, &left);
	run(&f, ssm(CALL_CREATE));
	CHECK_INT(f.err, ERR_LOCKED);
	CHECK(!f.ambiguous);
	CHECK_INT(left, -1);
	fixture_close(&f);
}

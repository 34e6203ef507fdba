/* Calls against a scripted server: clock, credentials, permissions and secrets. */
#include "tests/unit/call_case.h"

#include "base/trace.h"

TEST(a_wrong_clock_is_corrected_for_all_later_calls)
{
	struct fixture f;

	/* one hour ahead of ours */
	OPEN(&f, 5,
	     {.status = 403,
	      .headers = "Date: Sun, 30 Aug 2015 13:36:00 GMT\r\n",
	      .body = "{\"__type\": \"InvalidSignatureException\", \"message\": \"Signature expired\"}"},
	     OK_JSON);
	run(&f, ssm(CALL_CREATE));
	CHECK_INT(f.err, 0);
	CHECK_INT(f.attempts, 2);
	CHECK_INT(f.now, 0);
	CHECK_STR(scripted_header(&f.server, 1, "x-amz-date"), "20150830T133600Z");
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.attempts, 1);
	CHECK_STR(scripted_header(&f.server, 2, "x-amz-date"), "20150830T133600Z");
	CHECK_INT(f.creds.expired, 0);
	fixture_close(&f);
}

TEST(a_wrong_signature_is_no_skew)
{
	struct fixture f;

	OPEN(&f, 5,
	     {.status = 403,
	      .headers = "Date: Sun, 30 Aug 2015 12:36:30 GMT\r\n",
	      .body = "{\"__type\": \"InvalidSignatureException\", \"message\": \"does not match\"}"});
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, ERR_CREDENTIALS);
	CHECK_INT(f.attempts, 1);
	CHECK_HAS(f.hint, "secret key");
	fixture_close(&f);
}

TEST(skew_that_stays_is_said)
{
	struct fixture f;

	OPEN(&f, 5,
	     {.status = 403,
	      .headers = "Date: Sun, 30 Aug 2015 13:36:00 GMT\r\n",
	      .body = "<ErrorResponse><Error><Code>RequestTimeTooSkewed</Code><Message>m</Message></Error></"
		      "ErrorResponse>"});
	run(&f, (struct call_request){.svc = &svc_iam, .action = "GetRole", .intent = CALL_READ});
	CHECK_INT(f.err, ERR_SKEW);
	CHECK_INT(f.attempts, 2);
	CHECK_STR(f.hint, "This computer's clock is 3600 s behind AWS's: set it right.");
	fixture_close(&f);
}

TEST(expired_credentials_are_asked_for_once_more)
{
	struct fixture f;

	OPEN(&f, 5, JSON_ERROR(400, "ExpiredTokenException", "The security token is expired"), OK_JSON);
	run(&f, ssm(CALL_CREATE));
	CHECK_INT(f.err, 0);
	CHECK_INT(f.attempts, 2);
	CHECK_INT(f.creds.expired, 1);
	CHECK_INT(f.creds.asked, 2);
	fixture_close(&f);
}

TEST(credentials_may_expire_again_between_tries)
{
	struct fixture f;

	OPEN(&f, 8, JSON_ERROR(400, "ExpiredTokenException", "m"), {.status = 503},
	     JSON_ERROR(400, "ExpiredTokenException", "m"), {.status = 503}, OK_JSON);
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, 0);
	CHECK_INT(f.attempts, 5);
	CHECK_INT(f.creds.expired, 2);
	fixture_close(&f);
}

TEST(credentials_that_stay_expired_are_said)
{
	struct fixture f;

	OPEN(&f, 5, JSON_ERROR(400, "ExpiredTokenException", "The security token is expired"));
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, ERR_CREDENTIALS);
	CHECK_INT(f.attempts, 2);
	CHECK_INT(f.creds.expired, 1);
	CHECK_HAS(f.hint, "profile test");
	fixture_close(&f);
}

TEST(calls_that_expire_together_expire_once)
{
	struct fixture f;
	struct call_request req = ssm(CALL_READ);

	OPEN(&f, 5, JSON_ERROR(400, "ExpiredTokenException", "m"), JSON_ERROR(400, "ExpiredTokenException", "m"),
	     OK_JSON);
	start(&f, &req);
	start(&f, &req);
	CHECK_INT(loop_run(f.loop), 0);
	CHECK_INT(f.done, 2);
	CHECK_INT(f.err, 0);
	CHECK_INT(f.creds.expired, 1);
	fixture_close(&f);
}

TEST(no_credentials)
{
	struct fixture f;

	OPEN(&f, 5, OK_JSON);
	f.creds.none = true;
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, ERR_CREDENTIALS);
	CHECK_STR(f.message, "Nothing was found in the environment.");
	CHECK_INT(f.server.n, 0);
	CHECK_INT(f.attempts, 0);
	f.creds.none = false;
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, 0);
	fixture_close(&f);
}

TEST(many_calls_without_credentials_end_without_recursion)
{
	struct fixture f;
	struct call_request req = ssm(CALL_READ);

	OPEN(&f, 5, OK_JSON);
	f.creds.none = true;
	for (int i = 0; i < 2000; i++)
		start(&f, &req);
	CHECK_INT(loop_run(f.loop), 0);
	CHECK_INT(f.done, 2000);
	fixture_close(&f);
}

TEST(calls_share_one_refresh)
{
	struct fixture f;
	struct call_request req = ssm(CALL_READ);

	OPEN(&f, 5, OK_JSON);
	f.creds.later = true;
	for (int i = 0; i < 4; i++)
		start(&f, &req);
	CHECK_INT(loop_run(f.loop), 0);
	CHECK_INT(f.done, 4);
	CHECK_INT(f.creds.asked, 1);
	fixture_close(&f);
}

TEST(unsigned_calls_need_no_credentials)
{
	struct fixture f;

	OPEN(&f, 5, {.status = 200, .body = "<AssumeRoleWithWebIdentityResponse/>"});
	run(&f, (struct call_request){.svc = &svc_sts, .action = "AssumeRoleWithWebIdentity", .unsigned_ = true});
	CHECK_INT(f.err, 0);
	CHECK_INT(f.creds.asked, 0);
	CHECK_STR(scripted_header(&f.server, 0, "authorization"), "");
	fixture_close(&f);
}

TEST(a_missing_permission_is_named)
{
	struct fixture f;

	OPEN(&f, 3, JSON_ERROR(400, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/x is not allowed"));
	run(&f, ssm(CALL_READ));
	CHECK_INT(f.err, ERR_DENIED);
	CHECK_HAS(f.hint, "ssm:GetParameter");
	CHECK_HAS(f.hint, "profile test");
	CHECK_HAS(f.hint, "Allow ");
	fixture_close(&f);
}

TEST(a_permission_that_aws_names_wins)
{
	struct fixture f;

	OPEN(&f, 3,
	     JSON_ERROR(
		 400, "AccessDeniedException",
		 "User: arn:aws:iam::123456789012:user/x is not authorized to perform: iam:PassRole on resource: r"));
	run(&f, (struct call_request){.svc = &svc_ecs, .action = "RegisterTaskDefinition", .intent = CALL_CREATE});
	CHECK_HAS(f.hint, "iam:PassRole");
	CHECK(!strstr(f.hint, "RegisterTaskDefinition"));
	fixture_close(&f);
}

TEST(api_gateway_permissions_are_methods)
{
	struct fixture f;

	OPEN(&f, 3,
	     {.status = 403, .headers = "x-amzn-ErrorType: AccessDeniedException\r\n", .body = "{\"message\": \"m\"}"});
	run(&f, (struct call_request){.svc = &svc_apigateway, .action = "POST /v2/apis", .intent = CALL_CREATE});
	CHECK_HAS(f.hint, "Allow apigateway:POST to");
	fixture_close(&f);
}

TEST(a_secret_that_aws_quotes_is_taken_out)
{
	json_t *params = json_pack("{s:s, s:s}", "Name", "/gengar/KEY", "Value", "hunter2secret");
	struct fixture f;

	OPEN(&f, 3, JSON_ERROR(400, "ValidationException", "Value 'hunter2secret' of '/gengar/KEY' is too short"));
	run(&f, (struct call_request){.svc = &svc_ssm, .action = "PutParameter", .params = params, .secret = true});
	json_decref(params);
	CHECK_STR(f.message, "Value '(sensitive)' of '/gengar/KEY' is too short");
	CHECK(!strstr(f.explained, "hunter2secret"));
	fixture_close(&f);
}

/* What a file got as trace of one call; new text. */
static char *traced(const char *file, struct fixture *f, struct call_request req)
{
	char *text = calloc(1, 65536);
	FILE *in;

	setenv("BERTH_TRACE", file, 1);
	trace_open();
	run(f, req);
	trace_close();
	unsetenv("BERTH_TRACE");
	in = fopen(file, "r");
	if (!in || !fread(text, 1, 65535, in))
		test_fail(__FILE__, __LINE__, "there is no trace in %s", file);
	if (in)
		fclose(in);
	unlink(file);
	return text;
}

TEST(a_trace_shows_the_call_and_no_secret)
{
	json_t *params = json_pack("{s:s, s:s}", "Name", "/gengar/KEY", "Value", "hunter2secret");
	struct fixture f;
	char file[64], *text;

	OPEN(&f, 3, {.status = 500},
	     {.status = 200, .body = "{\"Parameter\": {\"Value\": \"hunter2secret\", \"Version\": 7}}"});
	snprintf(file, sizeof(file), "/tmp/berth-trace-%d", (int)getpid());
	text = traced(file, &f, (struct call_request){.svc = &svc_ssm, .action = "PutParameter", .params = params});
	CHECK_HAS(text, "PutParameter");
	CHECK_HAS(text, "/gengar/KEY");
	CHECK_HAS(text, "\"Version\":7");
	CHECK_HAS(text, "retry");
	CHECK(!strstr(text, "hunter2secret"));
	CHECK(!strstr(text, "wJalrXUtnFEMI") && !strstr(text, "TOKENEXAMPLE") && !strstr(text, "Signature="));
	free(text);
	text =
	    traced(file, &f,
		   (struct call_request){.svc = &svc_ssm, .action = "PutParameter", .params = params, .secret = true});
	CHECK_HAS(text, "PutParameter");
	CHECK(!strstr(text, "/gengar/KEY") && !strstr(text, "Version") && !strstr(text, "hunter2secret"));
	free(text);
	json_decref(params);
	fixture_close(&f);
}

TEST(a_tls_failure_is_final)
{
	struct fixture f;

	/* what answers speaks no TLS */
	OPEN(&f, 5, OK_JSON);
	snprintf(f.url, sizeof(f.url), "https%.80s", f.server.url + 4);
	run(&f, ssm(CALL_CREATE));
	CHECK_INT(f.err, ERR_NETWORK);
	CHECK_INT(f.attempts, 1);
	CHECK(!f.ambiguous);
	CHECK_HAS(f.hint, "AWS_CA_BUNDLE");
	fixture_close(&f);
}

/* Answers that are none of AWS's, whatever their status says. */
#include "tests/unit/call_case.h"

static struct call_request full(const struct service *svc, const char *action, enum call_intent intent)
{
	return (struct call_request){.svc = svc, .action = action, .intent = intent, .full = true};
}

TEST(an_empty_200_does_not_say_that_nothing_is_there)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 200}, {.status = 200, .body = " \r\n"}, OK_JSON);
	run(&f, full(&svc_servicediscovery, "GetNamespace", CALL_READ));
	CHECK_INT(f.err, 0);
	CHECK_INT(f.attempts, 3);
	CHECK(json_is_true(json_object_get(f.body, "ok")));
	fixture_close(&f);
}

TEST(an_empty_200_that_stays_is_said)
{
	struct fixture f;

	OPEN(&f, 2, {.status = 200});
	run(&f, full(&svc_apigateway, "GET /v2/apis", CALL_READ));
	CHECK_INT(f.err, ERR_PROTOCOL);
	CHECK_INT(f.server.n, 2);
	CHECK_HAS(f.explained, "apigateway GET /v2/apis: ");
	CHECK_HAS(f.explained, "The answer is empty.");
	CHECK_HAS(f.hint, "proxy");
	fixture_close(&f);
}

TEST(an_empty_200_after_a_create_is_ambiguous)
{
	struct fixture f;

	OPEN(&f, 5, {.status = 200}, OK_JSON);
	run(&f, full(&svc_ecs, "CreateCluster", CALL_CREATE));
	CHECK_INT(f.err, ERR_PROTOCOL);
	CHECK(f.ambiguous);
	CHECK_INT(f.server.n, 1);
	fixture_close(&f);
}

TEST(an_empty_200_is_fine_where_nothing_is_said)
{
	struct fixture f;

	OPEN(&f, 5, {.status = 200});
	run(&f, (struct call_request){.svc = &svc_logs, .action = "CreateLogGroup", .intent = CALL_WRITE});
	CHECK_INT(f.err, 0);
	CHECK_INT(f.server.n, 1);
	fixture_close(&f);
}

TEST(a_404_of_a_proxy_does_not_say_that_the_object_is_absent)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 404, .headers = "Content-Type: text/html\r\n", .body = "<html>no such page</html>"});
	run(&f, full(&svc_apigateway, "GET /v2/apis/ab12", CALL_READ));
	CHECK_INT(f.err, ERR_PROTOCOL);
	CHECK_INT(f.status, 404);
	CHECK_HAS(f.explained, "HTTP status 404 with a body that is no answer of AWS (text/html).");
	CHECK_HAS(f.hint, "proxy");
	fixture_close(&f);
}

TEST(a_redirect_of_a_portal_is_not_followed)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 302, .headers = "Location: http://127.0.0.1:1/login\r\n"}, OK_JSON);
	run(&f, full(&svc_ecs, "ListClusters", CALL_READ));
	CHECK_INT(f.err, ERR_PROTOCOL);
	CHECK_INT(f.server.n, 1);
	fixture_close(&f);
}

TEST(the_request_id_is_that_of_the_last_answer)
{
	struct fixture f;

	OPEN(&f, 2, {.status = 500, .headers = "x-amzn-RequestId: r-1\r\n"}, {.end = RESET});
	run(&f, full(&svc_ecs, "ListClusters", CALL_READ));
	CHECK_INT(f.err, ERR_NETWORK);
	CHECK_STR(f.request_id, "");
	fixture_close(&f);
}

/* Pagination: rows of all pages in one body, and lists that never end. */
#include "tests/unit/call_case.h"

#include "base/path.h"

TEST(json_pages_are_joined)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 200, .body = "{\"clusterArns\": [\"a\", \"b\"], \"nextToken\": \"t1\", \"other\": 1}"},
	     {.status = 200, .body = "{\"clusterArns\": [], \"nextToken\": \"t2\"}"},
	     {.status = 200, .body = "{\"clusterArns\": [\"c\"]}"});
	run(&f, (struct call_request){.svc = &svc_ecs, .action = "ListClusters", .paged = true, .rows = "clusterArns"});
	CHECK_INT(f.err, 0);
	CHECK_INT(f.server.n, 3);
	CHECK_INT(f.attempts, 3);
	CHECK_JSON(f.body, "{\"clusterArns\": [\"a\", \"b\", \"c\"], \"other\": 1}");
	CHECK_STR(scripted_body(&f.server, 0), "{\"maxResults\":100}");
	CHECK_STR(scripted_body(&f.server, 1), "{\"maxResults\":100,\"nextToken\":\"t1\"}");
	CHECK_STR(scripted_body(&f.server, 2), "{\"maxResults\":100,\"nextToken\":\"t2\"}");
	fixture_close(&f);
}

TEST(one_page_stays_as_it_is)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 200, .body = "{\"ResourceTagMappingList\": [1], \"PaginationToken\": \"\"}"});
	run(&f, (struct call_request){
		    .svc = &svc_tagging, .action = "GetResources", .paged = true, .rows = "ResourceTagMappingList"});
	CHECK_INT(f.server.n, 1);
	CHECK_STR(scripted_body(&f.server, 0), "{\"ResourcesPerPage\":100}");
	CHECK_JSON(f.body, "{\"ResourceTagMappingList\": [1], \"PaginationToken\": \"\"}");
	fixture_close(&f);
}

TEST(a_page_size_of_ones_own)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 200, .body = "{}"});
	run(&f, (struct call_request){
		    .svc = &svc_ssm, .action = "DescribeParameters", .paged = true, .page = 50, .rows = "Parameters"});
	CHECK_STR(scripted_body(&f.server, 0), "{\"MaxResults\":50}");
	fixture_close(&f);
}

TEST(unpaged_calls_do_not_follow_tokens)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 200, .body = "{\"nextToken\": \"t\"}"});
	run(&f, (struct call_request){.svc = &svc_ecs, .action = "ListClusters"});
	CHECK_INT(f.server.n, 1);
	CHECK_STR(scripted_body(&f.server, 0), "{}");
	fixture_close(&f);
}

TEST(rest_pages_are_asked_for_in_the_query)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 200, .body = "{\"items\": [1], \"nextToken\": \"a/b\"}"},
	     {.status = 200, .body = "{\"items\": [2]}"});
	run(&f,
	    (struct call_request){.svc = &svc_apigateway, .action = "GET /v2/apis", .paged = true, .rows = "items"});
	CHECK_JSON(f.body, "{\"items\": [1, 2]}");
	CHECK_HAS(f.server.request[0], "GET /v2/apis?maxResults=100 HTTP/1.1");
	CHECK_HAS(f.server.request[1], "GET /v2/apis?maxResults=100&nextToken=a%2Fb HTTP/1.1");
	fixture_close(&f);
}

#define VPCS(inner)                                                                             \
	{                                                                                       \
		.status = 200, .body = "<DescribeVpcsResponse>" inner "</DescribeVpcsResponse>" \
	}

TEST(xml_pages_may_be_empty_or_hold_one)
{
	struct fixture f;

	OPEN(&f, 3, VPCS("<vpcSet/><nextToken>1</nextToken>"),
	     VPCS("<vpcSet><item><vpcId>a</vpcId></item></vpcSet><nextToken>2</nextToken>"),
	     VPCS("<vpcSet><item><vpcId>b</vpcId></item><item><vpcId>c</vpcId></item></vpcSet>"));
	run(&f, (struct call_request){.svc = &svc_ec2, .action = "DescribeVpcs", .paged = true, .rows = "vpcSet.item"});
	CHECK_INT(f.err, 0);
	CHECK_JSON(f.body, "{\"vpcSet\": {\"item\": [{\"vpcId\": \"a\"}, {\"vpcId\": \"b\"}, {\"vpcId\": \"c\"}]}}");
	CHECK_HAS(scripted_body(&f.server, 0), "&MaxResults=1000");
	CHECK_HAS(scripted_body(&f.server, 2), "&NextToken=2");
	fixture_close(&f);
}

#define ROLES(inner)                                                                                          \
	{                                                                                                     \
		.status = 200,                                                                                \
		.body = "<ListRolesResponse><ListRolesResult>" inner "</ListRolesResult></ListRolesResponse>" \
	}

TEST(iam_goes_on_while_truncated)
{
	struct fixture f;

	OPEN(&f, 3, ROLES("<IsTruncated>true</IsTruncated><Marker>m</Marker><Roles><member>a</member></Roles>"),
	     ROLES("<IsTruncated>false</IsTruncated><Marker>m</Marker><Roles><member>b</member></Roles>"));
	run(&f, (struct call_request){.svc = &svc_iam, .action = "ListRoles", .paged = true, .rows = "Roles.member"});
	CHECK_INT(f.server.n, 2);
	CHECK_JSON(f.body, "{\"Roles\": {\"member\": [\"a\", \"b\"]}}");
	CHECK_HAS(scripted_body(&f.server, 0), "&MaxItems=1000");
	fixture_close(&f);
}

TEST(a_token_that_comes_again_is_refused)
{
	struct fixture f;

	OPEN(&f, 3, {.status = 200, .body = "{\"clusterArns\": [\"a\"], \"nextToken\": \"t1\"}"},
	     {.status = 200, .body = "{\"clusterArns\": [\"b\"], \"nextToken\": \"t2\"}"},
	     {.status = 200, .body = "{\"clusterArns\": [\"a\"], \"nextToken\": \"t1\"}"});
	run(&f, (struct call_request){.svc = &svc_ecs, .action = "ListClusters", .paged = true, .rows = "clusterArns"});
	CHECK_INT(f.err, ERR_PROTOCOL);
	CHECK_INT(f.server.n, 3);
	CHECK_HAS(f.message, "does not end");
	CHECK(!f.body);
	fixture_close(&f);
}

TEST(a_page_in_the_middle_may_fail_and_be_tried_again)
{
	struct fixture f;

	OPEN(&f, 2, {.status = 200, .body = "{\"clusterArns\": [\"a\"], \"nextToken\": \"t1\"}"}, {.status = 500},
	     {.status = 200, .body = "{\"clusterArns\": [\"b\"], \"nextToken\": \"t2\"}"}, {.status = 500},
	     {.status = 200, .body = "{\"clusterArns\": [\"c\"]}"});
	run(&f, (struct call_request){.svc = &svc_ecs, .action = "ListClusters", .paged = true, .rows = "clusterArns"});
	CHECK_INT(f.err, 0);
	CHECK_JSON(f.body, "{\"clusterArns\": [\"a\", \"b\", \"c\"]}");
	CHECK_STR(scripted_header(&f.server, 3, "amz-sdk-request"), "attempt=1; max=2");
	CHECK_STR(scripted_header(&f.server, 4, "amz-sdk-request"), "attempt=2; max=2");
	fixture_close(&f);
}

TEST(a_page_that_fails_fails_the_whole)
{
	struct fixture f;

	OPEN(&f, 2, {.status = 200, .body = "{\"clusterArns\": [\"a\"], \"nextToken\": \"t1\"}"},
	     {.status = 400, .body = "{\"__type\": \"ClientException\", \"message\": \"m\"}"});
	run(&f, (struct call_request){.svc = &svc_ecs, .action = "ListClusters", .paged = true, .rows = "clusterArns"});
	CHECK_INT(f.err, ERR_AWS);
	CHECK(!f.body);
	fixture_close(&f);
}

#define MAPPINGS(inner)                                                          \
	{                                                                        \
		.status = 200, .body = "{\"ResourceTagMappingList\": " inner "}" \
	}

TEST(a_token_that_expired_starts_all_over_once)
{
	static const struct scripted_step expired = {
	    .status = 400, .body = "{\"__type\": \"PaginationTokenExpiredException\", \"message\": \"m\"}"};
	struct scripted_step script[] = {MAPPINGS("[1], \"PaginationToken\": \"t\""), expired,
					 MAPPINGS("[1], \"PaginationToken\": \"t\""), MAPPINGS("[2]")};
	struct call_request req = {
	    .svc = &svc_tagging, .action = "GetResources", .paged = true, .rows = "ResourceTagMappingList"};
	struct fixture f;

	fixture_open(&f, script, 4, "", 3);
	run(&f, req);
	CHECK_INT(f.err, 0);
	CHECK_STR(scripted_body(&f.server, 2), "{\"ResourcesPerPage\":100}");
	CHECK_JSON(f.body, "{\"ResourceTagMappingList\": [1, 2]}");
	fixture_close(&f);

	script[3] = expired;
	fixture_open(&f, script, 4, "", 3);
	run(&f, req);
	CHECK_INT(f.err, ERR_AWS);
	CHECK_INT(f.server.n, 4);
	fixture_close(&f);
}

/* Answers and errors of each protocol, in the shapes that AWS documents. */
#include "tests/unit/test.h"

#include "base/err.h"
#include "base/path.h"
#include "providers/wire.h"

static void check_answer(int line, const struct service *svc, const char *action, const char *body, const char *want)
{
	struct diag d = {0};
	json_t *tree = NULL;
	int rc = wire_decode(svc, action, body, strlen(body), &tree, &d);

	test_check_int(__FILE__, line, body, rc, want ? 0 : ERR_PROTOCOL);
	test_check_int(__FILE__, line, "errors", (intmax_t)d.errors, want ? 0 : 1);
	if (want)
		test_check_json(__FILE__, line, body, tree, want);
	json_decref(tree);
	diag_release(&d);
}

#define CHECK_ANSWER(svc, action, body, want) check_answer(__LINE__, &(svc), action, body, want)

TEST(ec2_answer_is_the_root)
{
	CHECK_ANSWER(svc_ec2, "DescribeVpcs",
		     "<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>"
		     "<vpcSet><item><vpcId>vpc-1</vpcId><tagSet/></item></vpcSet></DescribeVpcsResponse>",
		     "{\"requestId\": \"r\", \"vpcSet\": {\"item\": {\"vpcId\": \"vpc-1\", \"tagSet\": \"\"}}}");
}

TEST(query_answer_is_the_result)
{
	CHECK_ANSWER(svc_rds, "DescribeDBInstances",
		     "<DescribeDBInstancesResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">"
		     "<DescribeDBInstancesResult><DBInstances><DBInstance><Port>5432</Port></DBInstance></DBInstances>"
		     "</DescribeDBInstancesResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
		     "</DescribeDBInstancesResponse>",
		     "{\"DBInstances\": {\"DBInstance\": {\"Port\": \"5432\"}}}");
}

TEST(query_answer_without_a_result_is_empty)
{
	CHECK_ANSWER(
	    svc_iam, "DeleteRole",
	    "<DeleteRoleResponse><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DeleteRoleResponse>",
	    "{}");
	CHECK_ANSWER(svc_iam, "ListX", "<ListXResponse><ListXResult/></ListXResponse>", "{}");
}

TEST(json_answer_is_one_object)
{
	CHECK_ANSWER(svc_ssm, "X", "{\"a\": [1.5]}", "{\"a\": [1.5]}");
	CHECK_ANSWER(svc_ssm, "X", "", "{}");
	CHECK_ANSWER(svc_apigateway, "DELETE /v2/apis/a", "", "{}");
	CHECK_ANSWER(svc_ssm, "X", "[]", NULL);
	CHECK_ANSWER(svc_ssm, "X", "{\"a\": ", NULL);
	CHECK_ANSWER(svc_ssm, "X", "{} {}", NULL);
	CHECK_ANSWER(svc_ssm, "X", "<html></html>", NULL);
}

TEST(a_page_of_a_proxy_is_no_answer)
{
	CHECK_ANSWER(svc_ec2, "DescribeVpcs", "<html><body>hello</body></html>", NULL);
	CHECK_ANSWER(svc_ec2, "DescribeVpcs", "<!DOCTYPE html><html></html>", NULL);
	CHECK_ANSWER(svc_iam, "GetRole", "<ListRolesResponse/>", NULL);
	CHECK_ANSWER(svc_iam, "GetRole", "{}", NULL);
}

TEST(json_deeper_than_64_is_no_answer)
{
	char text[512] = "";

	for (size_t deep = 64; deep <= 65; deep++) {
		struct buf b = BUF(1024);

		buf_adds(&b, "{\"a\":");
		for (size_t i = 2; i < deep; i++)
			buf_addc(&b, '[');
		buf_adds(&b, "1");
		for (size_t i = 2; i < deep; i++)
			buf_addc(&b, ']');
		buf_adds(&b, "}");
		snprintf(text, sizeof(text), "%s", buf_str(&b));
		CHECK_ANSWER(svc_ssm, "X", text, deep == 64 ? text : NULL);
		buf_release(&b);
	}
}

static void check_error(int line, const struct service *svc, long status, const char *headers, const char *body,
			const char *code, const char *message, const char *id)
{
	json_t *h = json_loads(headers, 0, NULL);
	struct wire_error e = {0};

	wire_decode_error(svc, status, h, body, strlen(body), &e);
	test_check_str(__FILE__, line, "code", e.code, code);
	test_check_str(__FILE__, line, "message", e.message, message);
	test_check_str(__FILE__, line, "request id", e.request_id, id);
	wire_error_release(&e);
	CHECK(!e.code);
	json_decref(h);
}

#define CHECK_ERROR(svc, ...) check_error(__LINE__, &(svc), __VA_ARGS__)

TEST(ec2_error)
{
	CHECK_ERROR(
	    svc_ec2, 400, "{}",
	    "<?xml version=\"1.0\"?><Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>The vpc ID "
	    "'vpc-1' does not exist</Message></Error></Errors><RequestID>r-1</RequestID></Response>",
	    "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist", "r-1");
}

TEST(query_error)
{
	CHECK_ERROR(
	    svc_iam, 404, "{\"x-amzn-requestid\": \"r-2\"}",
	    "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>"
	    "<Code>NoSuchEntity</Code><Message>no role</Message></Error><RequestId>r-2</RequestId></ErrorResponse>",
	    "NoSuchEntity", "no role", "r-2");
	CHECK_ERROR(
	    svc_rds, 400, "{}",
	    "<ErrorResponse><Errors><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></Errors>"
	    "<RequestId>r</RequestId></ErrorResponse>",
	    "Throttling", "Rate exceeded", "r");
}

TEST(json_error)
{
	CHECK_ERROR(svc_ecs, 400, "{\"x-amzn-requestid\": \"r\"}",
		    "{\"__type\": \"com.amazonaws.ecs#ClusterNotFoundException\", \"message\": \"Cluster not found.\"}",
		    "ClusterNotFoundException", "Cluster not found.", "r");
	CHECK_ERROR(svc_ssm, 400, "{}", "{\"__type\": \"ParameterNotFound\"}", "ParameterNotFound", "", "");
	CHECK_ERROR(svc_ssm, 400, "{}", "{\"__type\": \"ValidationException:http://x\", \"Message\": \"m\"}",
		    "ValidationException", "m", "");
	CHECK_ERROR(svc_ssm, 400, "{\"x-amzn-errortype\": \"AccessDeniedException:http://internal.amazon.com/coral/\"}",
		    "{\"Message\": \"m\"}", "AccessDeniedException", "m", "");
}

TEST(rest_json_error_is_in_the_header_first)
{
	CHECK_ERROR(svc_apigateway, 404, "{\"x-amzn-errortype\": \"NotFoundException:http://internal.amazon.com/\"}",
		    "{\"message\": \"Invalid API identifier specified\", \"__type\": \"Other\"}", "NotFoundException",
		    "Invalid API identifier specified", "");
	CHECK_ERROR(svc_apigateway, 409, "{}", "{\"message\": \"m\", \"code\": \"ConflictException\"}",
		    "ConflictException", "m", "");
}

TEST(s3_error)
{
	CHECK_ERROR(
	    svc_s3, 301, "{\"x-amz-request-id\": \"r\"}",
	    "<Error><Code>PermanentRedirect</Code><Message>m</Message><Endpoint>e</Endpoint><RequestId>r</RequestId>"
	    "<HostId>h</HostId></Error>",
	    "PermanentRedirect", "m", "r");
	CHECK_ERROR(svc_s3, 404, "{}", "", "404", "HTTP status 404 without a body.", "");
}

TEST(a_code_without_a_name_is_none)
{
	CHECK_ERROR(svc_ecs, 400, "{\"x-amzn-errortype\": \"#\"}", "{\"__type\": \"x#:y\", \"message\": \"m\"}", "400",
		    "m", "");
}

TEST(legacy_query_error_header_replaces_the_code)
{
	CHECK_ERROR(svc_ssm, 400, "{\"x-amzn-query-error\": \"OldName;Sender\"}", "{\"__type\": \"NewName\"}",
		    "OldName", "", "");
}

TEST(xml_error_of_a_json_service)
{
	CHECK_ERROR(
	    svc_ecs, 403, "{}",
	    "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error></ErrorResponse>",
	    "SignatureDoesNotMatch", "m", "");
}

TEST(foreign_bodies_are_named_not_shown)
{
	CHECK_ERROR(svc_ec2, 503, "{\"content-type\": \"text/html\"}", "<html><body><h1>503</h1></body></html>", "503",
		    "HTTP status 503 with a body that is no answer of AWS (text/html).", "");
	CHECK_ERROR(svc_ecs, 502, "{}", "Bad Gateway", "502",
		    "HTTP status 502 with a body that is no answer of AWS (no content type).", "");
	CHECK_ERROR(svc_ecs, 500, "{}", "{\"a\":", "500",
		    "HTTP status 500 with a body that is no answer of AWS (no content type).", "");
}

TEST(terminal_escapes_are_neutralised)
{
	CHECK_ERROR(svc_ecs, 400, "{\"x-amzn-requestid\": \"a\\u001bb\"}",
		    "{\"__type\": \"X\\u0007Y\", \"message\": \"a\\u001b[31mred\\u009b0m\\u202e\\nline\\ttab\"}", "X?Y",
		    "a?[31mred?0m? line tab", "a?b");
}

TEST(foreign_text_is_cut_between_characters)
{
	static const struct {
		const char *in;
		size_t max;
		const char *out;
	} table[] = {
	    {"abc", 3, "abc"},
	    {"abcd", 3, "abc..."},
	    {"ab\xc3\xa9", 3, "ab..."},
	    {"ab\xc3\xa9", 4, "ab\xc3\xa9"},
	    {"\xff\xc3(\xed\xa0\x80", 16, "?\?(\?\?\?"},
	    {"\xf0\x9f\x9a\xa2", 16, "\xf0\x9f\x9a\xa2"},
	    {"\xc0\xaf\xf4\x90\x80\x80", 16, "??????"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		char *out = wire_plain(table[i].in, strlen(table[i].in), table[i].max);

		CHECK_STR(out, table[i].out);
		free(out);
	}
}

TEST(code_lists_match_words_of_the_message)
{
	static const char *const list[] = {"Throttling", "ClientException~was not ACTIVE", NULL};

	CHECK(code_in(list, "Throttling", NULL));
	CHECK(code_in(list, "Throttling", "anything"));
	CHECK(code_in(list, "ClientException", "Cluster was not active."));
	CHECK(!code_in(list, "ClientException", "something else"));
	CHECK(!code_in(list, "ClientException", NULL));
	CHECK(!code_in(list, "Throttlin", NULL));
	CHECK(!code_in(list, "ThrottlingException", NULL));
	CHECK(!code_in(NULL, "Throttling", NULL));
}

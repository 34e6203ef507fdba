/* Requests byte for byte, as AWS documents each protocol. */
#include "tests/unit/test.h"

#include "base/err.h"
#include "base/value.h"
#include "providers/wire.h"

static int encode(const struct service *svc, const char *action, const char *params, struct wire_request *ret)
{
	json_error_t e;
	json_t *tree = json_loads(params, 0, &e);
	struct diag d = {0};
	int rc;

	if (!tree) {
		test_fail(__FILE__, __LINE__, "params are no JSON: %s", e.text);
		return ERR_FAILED;
	}
	rc = wire_encode(svc, action, tree, ret, &d);
	if (rc)
		CHECK(d.errors == 1 && d.item[0].text[0]);
	json_decref(tree);
	diag_release(&d);
	return rc;
}

static void check_body(int line, const struct service *svc, const char *action, const char *params, const char *want)
{
	struct wire_request r = {0};

	test_check_int(__FILE__, line, "wire_encode", encode(svc, action, params, &r), 0);
	if (r.method)
		test_check_str(__FILE__, line, action, buf_str(&r.body), want);
	wire_release(&r);
}

#define CHECK_BODY(svc, action, params, want) check_body(__LINE__, &(svc), action, params, want)

TEST(ec2_lists_are_flat_and_members_keep_their_order)
{
	CHECK_BODY(svc_ec2, "CreateVpc",
		   "{\"CidrBlock\": \"10.20.0.0/16\", \"TagSpecification\": [{\"ResourceType\": \"vpc\", \"Tag\": "
		   "[{\"Key\": \"berth:app\", \"Value\": \"gengar\"}, {\"Key\": \"Name\", \"Value\": \"a b\"}]}]}",
		   "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.20.0.0%2F16"
		   "&TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=berth%3Aapp"
		   "&TagSpecification.1.Tag.1.Value=gengar&TagSpecification.1.Tag.2.Key=Name"
		   "&TagSpecification.1.Tag.2.Value=a%20b");
}

TEST(ec2_attribute_is_a_nested_structure)
{
	CHECK_BODY(svc_ec2, "ModifyVpcAttribute", "{\"VpcId\": \"vpc-1\", \"EnableDnsHostnames\": {\"Value\": true}}",
		   "Action=ModifyVpcAttribute&Version=2016-11-15&VpcId=vpc-1&EnableDnsHostnames.Value=true");
}

TEST(ec2_delete_tags_sends_keys_without_a_value)
{
	CHECK_BODY(svc_ec2, "DeleteTags",
		   "{\"ResourceId\": [\"vpc-1\"], \"Tag\": [{\"Key\": \"a\"}, {\"Key\": \"b\"}]}",
		   "Action=DeleteTags&Version=2016-11-15&ResourceId.1=vpc-1&Tag.1.Key=a&Tag.2.Key=b");
}

TEST(rds_lists_are_named)
{
	CHECK_BODY(
	    svc_rds, "CreateDBSubnetGroup",
	    "{\"DBSubnetGroupName\": \"gengar\", \"SubnetIds\": {\"SubnetIdentifier\": [\"subnet-1\", \"subnet-2\"]}}",
	    "Action=CreateDBSubnetGroup&Version=2014-10-31&DBSubnetGroupName=gengar"
	    "&SubnetIds.SubnetIdentifier.1=subnet-1&SubnetIds.SubnetIdentifier.2=subnet-2");
}

TEST(iam_lists_are_members)
{
	CHECK_BODY(
	    svc_iam, "CreateOpenIDConnectProvider",
	    "{\"Url\": \"https://token.actions.githubusercontent.com\", \"ThumbprintList\": {\"member\": [\"ab\"]}}",
	    "Action=CreateOpenIDConnectProvider&Version=2010-05-08"
	    "&Url=https%3A%2F%2Ftoken.actions.githubusercontent.com&ThumbprintList.member.1=ab");
}

TEST(query_scalars)
{
	CHECK_BODY(svc_rds, "ModifyDBInstance",
		   "{\"AllocatedStorage\": 20, \"MultiAZ\": false, \"ApplyImmediately\": true, \"X\": 0.5, \"Y\": -7}",
		   "Action=ModifyDBInstance&Version=2014-10-31&AllocatedStorage=20&MultiAZ=false&ApplyImmediately=true"
		   "&X=0.5&Y=-7");
}

TEST(query_empty_list_is_sent_as_an_empty_name)
{
	CHECK_BODY(svc_rds, "ModifyDBInstance", "{\"VpcSecurityGroupIds\": {\"VpcSecurityGroupId\": []}}",
		   "Action=ModifyDBInstance&Version=2014-10-31&VpcSecurityGroupIds.VpcSecurityGroupId=");
}

TEST(query_empty_structure_and_null_members_are_left_out)
{
	CHECK_BODY(svc_rds, "ModifyDBInstance", "{\"A\": {}, \"B\": null, \"C\": {\"D\": null}, \"E\": \"\"}",
		   "Action=ModifyDBInstance&Version=2014-10-31&E=");
}

TEST(query_encodes_all_but_the_unreserved)
{
	CHECK_BODY(svc_iam, "PutRolePolicy", "{\"PolicyDocument\": \"{\\\"a\\\": \\\"~-._*+%\\u00e9\\n\\\"}\"}",
		   "Action=PutRolePolicy&Version=2010-05-08"
		   "&PolicyDocument=%7B%22a%22%3A%20%22~-._%2A%2B%25%C3%A9%0A%22%7D");
}

TEST(query_headers_and_target)
{
	struct wire_request r = {0};

	CHECK_INT(encode(&svc_ec2, "DescribeVpcs", "{}", &r), 0);
	CHECK_STR(r.method, "POST");
	CHECK_STR(r.path, "/");
	CHECK_STR(r.query, "");
	CHECK_JSON(r.headers, "{\"content-type\": \"application/x-www-form-urlencoded; charset=utf-8\"}");
	CHECK_STR(buf_str(&r.body), "Action=DescribeVpcs&Version=2016-11-15");
	wire_release(&r);
}

TEST(json_target_and_sorted_body)
{
	struct wire_request r = {0};

	CHECK_INT(encode(&svc_ecs, "CreateCluster",
			 "{\"tags\": [{\"value\": \"v\", \"key\": \"k\"}], \"clusterName\": \"c\"}", &r),
		  0);
	CHECK_STR(r.method, "POST");
	CHECK_STR(r.path, "/");
	CHECK_JSON(r.headers, "{\"content-type\": \"application/x-amz-json-1.1\", "
			      "\"x-amz-target\": \"AmazonEC2ContainerServiceV20141113.CreateCluster\"}");
	CHECK_STR(buf_str(&r.body), "{\"clusterName\":\"c\",\"tags\":[{\"key\":\"k\",\"value\":\"v\"}]}");
	wire_release(&r);
}

TEST(json_empty_request_is_an_empty_object)
{
	CHECK_BODY(svc_ecr, "GetAuthorizationToken", "{}", "{}");
}

TEST(json_keeps_empty_lists_and_drops_null_members)
{
	CHECK_BODY(svc_ecs, "PutClusterCapacityProviders",
		   "{\"cluster\": \"c\", \"capacityProviders\": [], \"x\": null, \"y\": {\"z\": null}}",
		   "{\"capacityProviders\":[],\"cluster\":\"c\",\"y\":{}}");
}

TEST(json_numbers_go_out_as_written)
{
	CHECK_BODY(svc_ecs, "X", "{\"a\": 0.1, \"b\": 50.0, \"c\": 9007199254740993}",
		   "{\"a\":0.1,\"b\":50.0,\"c\":9007199254740993}");
}

TEST(rest_json_body_and_query)
{
	struct wire_request r = {0};

	CHECK_INT(encode(&svc_apigateway, "GET /v2/apis/ab12/routes",
			 "{\"?maxResults\": \"100\", \"?nextToken\": \"a/b=\"}", &r),
		  0);
	CHECK_STR(r.method, "GET");
	CHECK_STR(r.path, "/v2/apis/ab12/routes");
	CHECK_STR(r.query, "maxResults=100&nextToken=a%2Fb%3D");
	CHECK_JSON(r.headers, "{}");
	CHECK_INT(r.body.n, 0);
	wire_release(&r);

	CHECK_INT(encode(&svc_apigateway, "POST /v2/apis", "{\"protocolType\": \"HTTP\", \"name\": \"x\"}", &r), 0);
	CHECK_STR(r.query, "");
	CHECK_JSON(r.headers, "{\"content-type\": \"application/json\"}");
	CHECK_STR(buf_str(&r.body), "{\"name\":\"x\",\"protocolType\":\"HTTP\"}");
	wire_release(&r);
}

TEST(rest_json_query_arrays_repeat_the_name)
{
	struct wire_request r = {0};

	CHECK_INT(encode(&svc_apigateway, "DELETE /v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2Fab12",
			 "{\"?tagKeys\": [\"berth:app\", \"x y\"], \"?flag\": true}", &r),
		  0);
	CHECK_STR(r.path, "/v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2Fab12");
	CHECK_STR(r.query, "tagKeys=berth%3Aapp&tagKeys=x%20y&flag=true");
	CHECK_INT(r.body.n, 0);
	wire_release(&r);
}

TEST(rest_json_write_without_members_has_an_empty_object)
{
	CHECK_BODY(svc_apigateway, "POST /v2/apis/ab12/deployments", "{}", "{}");
	CHECK_BODY(svc_apigateway, "DELETE /v2/apis/ab12", "{}", "");
}

TEST(s3_reads_need_no_body)
{
	struct wire_request r = {0};

	CHECK_INT(encode(&svc_s3, "GET /gengar-uploads", "{\"?policy\": \"\"}", &r), 0);
	CHECK_STR(r.path, "/gengar-uploads");
	CHECK_STR(r.query, "policy=");
	CHECK_INT(r.body.n, 0);
	wire_release(&r);
	CHECK_INT(encode(&svc_s3, "PUT /gengar-uploads", "{\"Tagging\": {}}", &r), ERR_INVALID);
}

TEST(what_does_not_fit_is_refused)
{
	struct wire_request r = {0};

	CHECK_INT(encode(&svc_ec2, "X", "[]", &r), ERR_INVALID);
	CHECK_INT(encode(&svc_ec2, "X", "{\"A\": [null]}", &r), ERR_INVALID);
	CHECK_INT(encode(&svc_ec2, "X", "{\"A\": {\"$ref\": \"ec2.vpc.main.id\"}}", &r), ERR_INVALID);
	CHECK_INT(encode(&svc_ssm, "X", "{\"A\": [{\"$generate\": {\"length\": 32}}]}", &r), ERR_INVALID);
	CHECK_INT(encode(&svc_apigateway, "CreateApi", "{}", &r), ERR_INVALID);
	CHECK_INT(encode(&svc_apigateway, "GET /v2/a b", "{}", &r), ERR_INVALID);
	CHECK_INT(encode(&svc_apigateway, "GET /v2/apis", "{\"?a\": {\"b\": 1}}", &r), ERR_INVALID);
	CHECK(!r.method && !r.body.p);
}

TEST(too_deep_a_request_is_refused)
{
	json_t *tree = json_string("x");
	struct wire_request r = {0};
	struct diag d = {0};

	for (int i = 0; i < VALUE_DEPTH_MAX + 2; i++)
		tree = json_pack("{s:o}", "a", tree);
	CHECK_INT(wire_encode(&svc_ec2, "X", tree, &r, &d), ERR_INVALID);
	json_decref(tree);
	diag_release(&d);
}

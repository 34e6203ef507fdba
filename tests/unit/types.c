#include "base/diag.h"
#include "providers/bind.h"
#include "providers/policy.h"
#include "tests/unit/test.h"

static json_t *json_of(const char *text)
{
	return json_loads(text, JSON_DECODE_ANY, NULL);
}

/* The canonical form as text; NULL if the value is refused. */
static char *canon(const struct type *type, const char *text)
{
	json_auto_t *value = json_of(text), *once = NULL, *twice = NULL;
	struct diag d = {0};
	char *out = NULL;

	once = type_canon(type, value, "it", &d);
	if (once) {
		CHECK_INT(d.errors, 0);
		twice = type_canon(type, once, "it", &d);
		CHECK(json_equal(once, twice));
		out = val_text(once);
	} else {
		CHECK(d.errors > 0);
	}
	diag_release(&d);
	return out;
}

#define CHECK_CANON(type, from, to)                        \
	do {                                               \
		char *canon_text = canon(&(type), (from)); \
		CHECK_STR(canon_text, (to));               \
		free(canon_text);                          \
	} while (0)

static bool equal(const struct type *type, const char *want, const char *have)
{
	json_auto_t *w = json_of(want), *h = json_of(have);

	return type_equal(type, w, h) && type_equal(type, h, w);
}

TEST(cidr_host_bits_are_cleared)
{
	CHECK_CANON(t_cidr, "\"100.68.0.18/18\"", "\"100.68.0.0/18\"");
	CHECK_CANON(t_cidr, "\"10.20.0.0/16\"", "\"10.20.0.0/16\"");
	CHECK_CANON(t_cidr, "\"255.255.255.255/0\"", "\"0.0.0.0/0\"");
	CHECK_CANON(t_cidr, "\"1.2.3.4/32\"", "\"1.2.3.4/32\"");
	CHECK_CANON(t_cidr, "\"10.255.255.255/9\"", "\"10.128.0.0/9\"");
}

TEST(what_is_no_cidr_is_refused)
{
	CHECK_CANON(t_cidr, "\"10.0.0.0\"", NULL);
	CHECK_CANON(t_cidr, "\"10.0.0.0/33\"", NULL);
	CHECK_CANON(t_cidr, "\"10.0.0.0/\"", NULL);
	CHECK_CANON(t_cidr, "\"10.0.0.0/-1\"", NULL);
	CHECK_CANON(t_cidr, "\"10.0.0.0/08\"", NULL);
	CHECK_CANON(t_cidr, "\"10.0.0/8\"", NULL);
	CHECK_CANON(t_cidr, "\"10.0.0.256/8\"", NULL);
	CHECK_CANON(t_cidr, "\"10.0.0.0/8 \"", NULL);
	CHECK_CANON(t_cidr, "\"::/0\"", NULL);
	CHECK_CANON(t_cidr, "\"\"", NULL);
	CHECK_CANON(t_cidr, "[]", NULL);
}

TEST(cidr_v6_is_compressed_and_in_small_letters)
{
	CHECK_CANON(t_cidr_v6, "\"2001:0DB8:0:0::1/32\"", "\"2001:db8::/32\"");
	CHECK_CANON(t_cidr_v6, "\"0:0:0:0:0:0:0:0/0\"", "\"::/0\"");
	CHECK_CANON(t_cidr_v6, "\"fe80::ffff/127\"", "\"fe80::fffe/127\"");
	CHECK_CANON(t_cidr_v6, "\"::1/129\"", NULL);
	CHECK_CANON(t_cidr_v6, "\"10.0.0.0/8\"", NULL);
}

TEST(references_pass_untouched)
{
	CHECK_CANON(t_cidr, "{\"$ref\":\"ec2.vpc.main.cidr\"}", "{\"$ref\":\"ec2.vpc.main.cidr\"}");
	CHECK_CANON(t_policy, "{\"$ref\":\"x.y.z.policy\"}", "{\"$ref\":\"x.y.z.policy\"}");
}

TEST(scalars)
{
	CHECK_CANON(t_bool, "\"true\"", "true");
	CHECK_CANON(t_bool, "false", "false");
	CHECK_CANON(t_bool, "1", NULL);
	CHECK_CANON(t_int, "\"14\"", "14");
	CHECK_CANON(t_int, "1.5", NULL);
	CHECK_CANON(t_num, "\"50\"", "50.0");
	CHECK_CANON(t_str, "16", "\"16\"");
	CHECK_CANON(t_strs, "[\"b\",\"a\",\"b\"]", "[\"a\",\"b\"]");
	CHECK_CANON(t_str_list, "[\"b\",\"a\",\"b\"]", "[\"b\",\"a\",\"b\"]");
	CHECK_CANON(t_str_map, "{\"A\":1}", "{\"A\":\"1\"}");
	CHECK_CANON(t_str_map, "[]", NULL);
	CHECK_CANON(t_json, "{\"b\":[1,null]}", "{\"b\":[1,null]}");
}

TEST(arns)
{
	CHECK_CANON(t_arn, "\"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy\"",
		    "\"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy\"");
	CHECK_CANON(t_arn, "\"arn:aws-cn:s3:::bucket\"", "\"arn:aws-cn:s3:::bucket\"");
	CHECK_CANON(t_arn, "\"bucket\"", NULL);
	CHECK_CANON(t_arn, "\"arn:aws:s3:bucket\"", NULL);
}

/* ---- documents -------------------------------------------------------------------------------------------- */

TEST(document_is_taken_as_text_or_tree)
{
	CHECK_CANON(t_json_text, "\"{\\\"rules\\\": [ ]}\"", "{\"rules\":[]}");
	CHECK_CANON(t_json_text, "{\"rules\":[]}", "{\"rules\":[]}");
	CHECK_CANON(t_json_text, "\"{rules\"", NULL);
	CHECK_CANON(t_json_text, "\"{\\\"a\\\":1,\\\"a\\\":2}\"", NULL);
	CHECK_CANON(t_json_text, "5", NULL);
}

#define RULE(p, tags) "{\"rulePriority\":" p ",\"selection\":{\"tagStatus\":\"tagged\",\"tagPrefixList\":" tags "}}"

/* ECR gives rules back by priority, minified, with the lists in them sorted. */
TEST(document_lists_are_sets)
{
	CHECK(equal(&t_json_text, "{\"rules\":[" RULE("2", "[\"b\",\"a\"]") "," RULE("1", "[\"c\"]") "]}",
		    "{\"rules\":[" RULE("1", "[\"c\"]") "," RULE("2", "[\"a\",\"b\"]") "]}"));
	CHECK(equal(&t_json_text, "{\"rules\":[" RULE("1.0", "[]") "]}", "{\"rules\":[" RULE("1", "[]") "]}"));
	CHECK(!equal(&t_json_text, "{\"rules\":[" RULE("2", "[]") "]}", "{\"rules\":[" RULE("1", "[]") "]}"));
	CHECK(!equal(&t_json_text, "{\"rules\":[]}", "{}"));
}

TEST(document_travels_as_text)
{
	json_auto_t *doc = json_of("{\"b\":[1,\"\u00e9\"],\"a\":{}}"), *wire = t_json_text.encode(doc),
		    *back = t_json_text.decode(wire), *odd = json_string("no JSON"), *kept = t_json_text.decode(odd);

	CHECK_STR(json_string_value(wire), "{\"b\":[1,\"\u00e9\"],\"a\":{}}");
	CHECK(json_equal(doc, back));
	CHECK_STR(json_string_value(kept), "no JSON");
}

TEST(policy_needs_a_statement)
{
	CHECK_CANON(t_policy, "{\"Statement\":[]}", NULL);
	CHECK_CANON(t_policy, "{}", NULL);
	CHECK_CANON(t_policy, "\"\"", NULL);
	CHECK_CANON(t_policy, "\"{\\\"Statement\\\":{\\\"Effect\\\":\\\"Allow\\\"}}\"",
		    "{\"Statement\":{\"Effect\":\"Allow\"}}");
}

/* As GetRole answers: percent-encoded by RFC 3986, where a plus is a plus. */
TEST(policy_is_read_percent_encoded)
{
	json_auto_t *wire = json_string("%7B%22Statement%22%3A%5B%7B%22Resource%22%3A%22a+b%2520c%22%7D%5D%7D"),
		    *doc = t_policy.decode(wire);
	json_auto_t *plain = json_string("{\"Statement\":[{\"Resource\":\"a%20b\"}]}"), *same = t_policy.decode(plain);

	CHECK_JSON(doc, "{\"Statement\":[{\"Resource\":\"a+b%20c\"}]}");
	CHECK_JSON(same, "{\"Statement\":[{\"Resource\":\"a%20b\"}]}");
}

TEST(percent_decoding)
{
	const char *const pair[][2] = {{"", ""},           {"a%2fB%2F", "a/B/"},     {"100%", "100%"},
				       {"%zz%4", "%zz%4"}, {"%41%c3%a9", "A\u00e9"}, {"%%41", "%A"}};

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++) {
		char *text = policy_percent_decode(pair[i][0]);

		CHECK_STR(text, pair[i][1]);
		free(text);
	}
}

#define ALLOW(rest) "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\"," rest "}]}"

TEST(policies_that_say_the_same)
{
	const char *const pair[][2] = {
	    {"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\"}}",
	     ALLOW("\"Action\":[\"s3:*\"]")},
	    {ALLOW("\"Action\":[\"s3:GetObject\",\"s3:PutObject\"]"),
	     ALLOW("\"Action\":[\"S3:putobject\",\"s3:GetObject\"]")},
	    {ALLOW("\"NotAction\":\"iam:*\""), ALLOW("\"NotAction\":[\"IAM:*\"]")},
	    {ALLOW("\"Resource\":\"a\""), ALLOW("\"Resource\":[\"a\"]")},
	    {ALLOW("\"NotResource\":[\"b\",\"a\",\"a\"]"), ALLOW("\"NotResource\":[\"a\",\"b\"]")},
	    {ALLOW("\"Principal\":\"*\""), ALLOW("\"Principal\":{\"AWS\":\"*\"}")},
	    {ALLOW("\"Principal\":{\"AWS\":\"123456789012\"}"),
	     ALLOW("\"Principal\":{\"AWS\":[\"arn:aws:iam::123456789012:root\"]}")},
	    {ALLOW("\"Principal\":{\"AWS\":\"123456789012\"}"),
	     ALLOW("\"Principal\":{\"AWS\":\"arn:aws-cn:iam::123456789012:root\"}")},
	    {ALLOW("\"Principal\":{\"Service\":[\"b\",\"a\"]}"), ALLOW("\"Principal\":{\"Service\":[\"a\",\"b\"]}")},
	    {ALLOW("\"Condition\":{\"Bool\":{\"aws:SecureTransport\":true}}"),
	     ALLOW("\"Condition\":{\"Bool\":{\"aws:SecureTransport\":[\"true\"]}}")},
	    {ALLOW("\"Condition\":{\"NumericLessThan\":{\"s3:max-keys\":5}}"),
	     ALLOW("\"Condition\":{\"NumericLessThan\":{\"s3:max-keys\":\"5\"}}")},
	    {ALLOW("\"Condition\":{}"), ALLOW("\"Sid\":\"\"")},
	    {"{\"Statement\":[{\"Effect\":\"Allow\"}]}",
	     "{\"Version\":\"2008-10-17\",\"Statement\":[{\"Effect\":\"Allow\"}]}"},
	    {"{\"Statement\":[{\"Sid\":\"A\"},{\"Sid\":\"B\"}]}", "{\"Statement\":[{\"Sid\":\"B\"},{\"Sid\":\"A\"}]}"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++)
		if (!equal(&t_policy, pair[i][0], pair[i][1]))
			test_fail(__FILE__, __LINE__, "not the same:\n%s\n%s", pair[i][0], pair[i][1]);
}

TEST(policies_that_differ)
{
	const char *const pair[][2] = {
	    {ALLOW("\"Action\":\"s3:GetObject\""), ALLOW("\"Action\":\"s3:PutObject\"")},
	    {ALLOW("\"Action\":\"s3:GetObject\""), ALLOW("\"NotAction\":\"s3:GetObject\"")},
	    {ALLOW("\"Resource\":\"arn:aws:s3:::A\""), ALLOW("\"Resource\":\"arn:aws:s3:::a\"")},
	    {ALLOW("\"Resource\":\"a\""), "{\"Statement\":[{\"Effect\":\"Allow\",\"Resource\":\"a\"}]}"},
	    {ALLOW("\"Resource\":\"a\""),
	     "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Resource\":\"a\"}]}"},
	    /* The role was deleted: AWS shows its id, and the trust is broken. */
	    {ALLOW("\"Principal\":{\"AWS\":\"arn:aws:iam::123456789012:role/x\"}"),
	     ALLOW("\"Principal\":{\"AWS\":\"AROAEXAMPLE\"}")},
	    {ALLOW("\"Principal\":{\"AWS\":\"123456789012\"}"),
	     ALLOW("\"Principal\":{\"AWS\":\"arn:aws:iam::210987654321:root\"}")},
	    {ALLOW("\"Principal\":\"*\""), ALLOW("\"Principal\":{\"Service\":\"*\"}")},
	    {ALLOW("\"Condition\":{\"StringEquals\":{\"k\":\"A\"}}"),
	     ALLOW("\"Condition\":{\"StringEquals\":{\"k\":\"a\"}}")},
	    {ALLOW("\"Condition\":{\"StringEquals\":{\"k\":\"a\"}}"),
	     ALLOW("\"Condition\":{\"StringLike\":{\"k\":\"a\"}}")},
	    {ALLOW("\"Sid\":\"A\""), ALLOW("\"Sid\":\"B\"")},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++)
		if (equal(&t_policy, pair[i][0], pair[i][1]))
			test_fail(__FILE__, __LINE__, "taken for the same:\n%s\n%s", pair[i][0], pair[i][1]);
}

/* ---- names of replacements and the registry ---------------------------------------------------------------- */

TEST(replacement_names)
{
	const char *const next[][3] = {
	    {"web", "web", "web-2"}, {"web", "web-2", "web-3"}, {"web", "web-9", "web-10"},   {"web", "other", "web"},
	    {"web", "web-1", "web"}, {"web", "web-02", "web"},  {"web-2", "web-2", "web-2-2"}};

	for (size_t i = 0; i < ARRAY_SIZE(next); i++) {
		char *name = unique_next(next[i][0], next[i][1]);

		CHECK_STR(name, next[i][2]);
		CHECK(unique_equal(next[i][0], name));
		free(name);
	}
	CHECK(!unique_equal("web", "web-"));
	CHECK(!unique_equal("web", "web-x"));
	CHECK(!unique_equal("web", "web2"));
	CHECK(!unique_equal("web", "we"));
	CHECK(!unique_equal("web", "web-99999999999999999999"));
}

TEST(types_are_found_by_name_and_address)
{
	const char *name = NULL;
	const struct rtype *t = rtype_of_address("ec2.security_group_rule.web-from-link", &name);

	CHECK(rtype_find("ec2.vpc") != NULL);
	CHECK(rtype_find("ec2.vp") == NULL);
	CHECK(rtype_find("ec2.vpcs") == NULL);
	REQUIRE(t != NULL);
	CHECK_STR(t->name, "ec2.security_group_rule");
	CHECK_STR(name, "web-from-link");
	t = rtype_of_address("ec2.route.a.b", &name);
	REQUIRE(t != NULL);
	CHECK_STR(t->name, "ec2.route");
	CHECK_STR(name, "a.b");
	CHECK(rtype_of_address("ec2.vpc", NULL) == NULL);
	CHECK(rtype_of_address("ec2.vpc.", NULL) == NULL);
	CHECK(rtype_of_address("ec2.nothing.main", NULL) == NULL);
	CHECK(rtype_field(rtype_find("ec2.vpc"), "cidr") != NULL);
	CHECK(rtype_field(rtype_find("ec2.vpc"), "cid") == NULL);
}

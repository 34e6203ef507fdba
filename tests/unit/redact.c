/* What a trace or a message may show. */
#include "tests/unit/test.h"

#include "providers/redact.h"

static void check_tree(int line, const struct service *svc, const char *in, const char *want)
{
	json_t *tree = json_loads(in, 0, NULL), *out = redact_tree(svc, tree);

	test_check_json(__FILE__, line, in, out, want);
	json_decref(out);
	json_decref(tree);
}

#define CHECK_TREE(svc, in, want) check_tree(__LINE__, &(svc), in, want)

TEST(passwords_and_tokens_are_hidden_wherever_they_stand)
{
	CHECK_TREE(svc_rds, "{\"DBInstanceIdentifier\": \"a\", \"MasterUserPassword\": \"x\"}",
		   "{\"DBInstanceIdentifier\": \"a\", \"MasterUserPassword\": \"(sensitive)\"}");
	CHECK_TREE(svc_sts,
		   "{\"Credentials\": {\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"b\", \"SessionToken\": \"c\"}}",
		   "{\"Credentials\": {\"AccessKeyId\": \"a\", \"SecretAccessKey\": \"(sensitive)\", "
		   "\"SessionToken\": \"(sensitive)\"}}");
	CHECK_TREE(svc_ecr, "{\"authorizationData\": [{\"authorizationToken\": \"x\", \"expiresAt\": 1}]}",
		   "{\"authorizationData\": [{\"authorizationToken\": \"(sensitive)\", \"expiresAt\": 1}]}");
	CHECK_TREE(svc_sso_oidc, "{\"accessToken\": \"x\", \"deviceCode\": {\"y\": 1}}",
		   "{\"accessToken\": \"(sensitive)\", \"deviceCode\": \"(sensitive)\"}");
}

TEST(parameter_values_are_hidden_tag_values_are_not)
{
	CHECK_TREE(svc_ssm, "{\"Name\": \"/a\", \"Value\": \"x\", \"Tags\": [{\"Key\": \"k\", \"Value\": \"v\"}]}",
		   "{\"Name\": \"/a\", \"Value\": \"(sensitive)\", \"Tags\": [{\"Key\": \"k\", \"Value\": \"v\"}]}");
	CHECK_TREE(svc_ec2, "{\"Value\": \"x\", \"NextToken\": \"t\"}", "{\"Value\": \"x\", \"NextToken\": \"t\"}");
}

static void check_text(int line, const struct service *svc, const char *params, const char *text, const char *want)
{
	json_t *tree = json_loads(params, 0, NULL);
	char *out = redact_text(svc, tree, text);

	test_check_str(__FILE__, line, text, out, want);
	free(out);
	json_decref(tree);
}

TEST(quoted_secrets_are_taken_out)
{
	check_text(__LINE__, &svc_rds, "{\"MasterUserPassword\": \"s3cret/x\", \"Name\": \"name\"}",
		   "name: 's3cret/x' is not valid: s3cret/x", "name: '(sensitive)' is not valid: (sensitive)");
	check_text(__LINE__, &svc_rds, "{\"A\": [{\"Password\": [\"deep-secret\"]}]}", "deep-secret", "(sensitive)");
	check_text(__LINE__, &svc_rds, "{\"MasterUserPassword\": \"abc\"}", "abc is too short", "abc is too short");
	check_text(__LINE__, &svc_rds, "{}", "plain", "plain");
}

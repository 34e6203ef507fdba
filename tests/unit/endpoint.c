#include "tests/unit/fake_home.h"
#include "tests/unit/test.h"

#include "base/err.h"

/* Loads the configuration of `h` and resolves; *ret is zero if that failed. */
static int resolve(struct fake_home *h, const char *service, const char *region, struct aws_endpoint *ret, char **said)
{
	struct aws_config c = {0};
	struct diag d = {0};
	int rc = aws_config_load(&h->env, NULL, &c, &d);

	*ret = (struct aws_endpoint){0};
	if (!rc)
		rc = aws_endpoint_resolve(&c, service_find(service), region, ret, &d);
	*said = diag_all(&d);
	diag_release(&d);
	aws_config_release(&c);
	return rc;
}

static void check_url(struct fake_home *h, const char *service, const char *region, const char *url,
		      const char *signing, bool custom)
{
	struct aws_endpoint e;
	char *said;

	CHECK_INT(resolve(h, service, region, &e, &said), 0);
	CHECK_STR(e.url, url);
	CHECK_STR(e.signing_region, signing);
	CHECK_INT(e.custom, custom);
	CHECK_STR(said, "");
	aws_endpoint_release(&e);
	free(said);
}

struct row {
	const char *service, *region, *url, *signing; /* signing NULL: as region */
};

static void check_table(const char *fips, const char *dual, const struct row *row, size_t n)
{
	struct fake_home h;

	fake_home_open(&h);
	fake_env(&h, "AWS_USE_FIPS_ENDPOINT", fips);
	fake_env(&h, "AWS_USE_DUALSTACK_ENDPOINT", dual);
	for (size_t i = 0; i < n; i++)
		check_url(&h, row[i].service, row[i].region, row[i].url,
			  row[i].signing ? row[i].signing : row[i].region, false);
	fake_home_close(&h);
}

TEST(plain_endpoints)
{
	static const struct row rows[] = {
	    {"ec2", "us-east-1", "https://ec2.us-east-1.amazonaws.com", NULL},
	    {"sts", "eu-central-1", "https://sts.eu-central-1.amazonaws.com", NULL},
	    {"ecr", "eu-west-1", "https://api.ecr.eu-west-1.amazonaws.com", NULL},
	    {"s3", "us-east-1", "https://s3.us-east-1.amazonaws.com", NULL},
	    {"sso", "eu-west-1", "https://portal.sso.eu-west-1.amazonaws.com", NULL},
	    {"sso_oidc", "eu-west-1", "https://oidc.eu-west-1.amazonaws.com", NULL},
	    {"ec2", "cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn", NULL},
	    {"ec2", "us-gov-west-1", "https://ec2.us-gov-west-1.amazonaws.com", NULL},
	    {"ec2", "eusc-de-east-1", "https://ec2.eusc-de-east-1.amazonaws.eu", NULL},
	    {"ec2", "us-iso-east-1", "https://ec2.us-iso-east-1.c2s.ic.gov", NULL},
	    /* Unknown regions are taken for ones of the partition aws. */
	    {"ec2", "xx-nowhere-1", "https://ec2.xx-nowhere-1.amazonaws.com", NULL},
	};

	check_table(NULL, NULL, rows, ARRAY_SIZE(rows));
}

TEST(iam_is_global)
{
	static const struct row rows[] = {
	    {"iam", "us-east-1", "https://iam.amazonaws.com", NULL},
	    {"iam", "eu-west-1", "https://iam.amazonaws.com", "us-east-1"},
	    {"iam", "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
	    {"iam", "us-gov-east-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"},
	    {"iam", "eusc-de-east-1", "https://iam.eusc-de-east-1.amazonaws.eu", NULL},
	};

	check_table(NULL, NULL, rows, ARRAY_SIZE(rows));
}

TEST(fips_endpoints)
{
	static const struct row rows[] = {
	    {"ec2", "us-east-1", "https://ec2-fips.us-east-1.amazonaws.com", NULL},
	    {"ecr", "us-east-1", "https://api.ecr-fips.us-east-1.amazonaws.com", NULL},
	    {"iam", "us-west-2", "https://iam-fips.amazonaws.com", "us-east-1"},
	    {"ec2", "us-gov-west-1", "https://ec2.us-gov-west-1.amazonaws.com", NULL},
	    {"rds", "us-gov-west-1", "https://rds.us-gov-west-1.amazonaws.com", NULL},
	    {"iam", "us-gov-west-1", "https://iam.us-gov.amazonaws.com", NULL},
	    {"ecs", "us-gov-west-1", "https://ecs-fips.us-gov-west-1.amazonaws.com", NULL},
	    {"s3", "us-west-2", "https://s3-fips.us-west-2.amazonaws.com", NULL},
	};

	check_table("true", NULL, rows, ARRAY_SIZE(rows));
}

TEST(dual_stack_endpoints)
{
	static const struct row rows[] = {
	    {"ec2", "us-east-1", "https://ec2.us-east-1.api.aws", NULL},
	    {"ecr", "us-east-1", "https://ecr.us-east-1.api.aws", NULL},
	    {"iam", "us-west-2", "https://iam.global.api.aws", "us-east-1"},
	    {"s3", "us-west-2", "https://s3.dualstack.us-west-2.amazonaws.com", NULL},
	    {"servicediscovery", "us-east-1", "https://servicediscovery.us-east-1.amazonaws.com", NULL},
	    {"ec2", "cn-north-1", "https://ec2.cn-north-1.api.amazonwebservices.com.cn", NULL},
	};
	static const struct row both[] = {
	    {"ec2", "us-east-1", "https://ec2-fips.us-east-1.api.aws", NULL},
	    {"ecr", "us-east-1", "https://ecr-fips.us-east-1.api.aws", NULL},
	};

	check_table(NULL, "true", rows, ARRAY_SIZE(rows));
	check_table("true", "true", both, ARRAY_SIZE(both));
}

TEST(partitions)
{
	static const char *const want[][2] = {
	    {"us-east-1", "aws"},
	    {"mx-central-1", "aws"},
	    {"cn-north-1", "aws-cn"},
	    {"us-gov-east-1", "aws-us-gov"},
	    {"us-iso-west-1", "aws-iso"},
	    {"us-isob-east-1", "aws-iso-b"},
	    {"eu-isoe-west-1", "aws-iso-e"},
	    {"us-isof-south-1", "aws-iso-f"},
	    {"eusc-de-east-1", "aws-eusc"},
	    {"zz-new-1", "aws"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		CHECK_STR(aws_partition_of(want[i][0])->id, want[i][1]);
	CHECK_STR(aws_partition_of(NULL)->id, "aws");
	CHECK_STR(aws_partition_of("cn-north-1")->dns_suffix, "amazonaws.com.cn");
}

TEST(custom_endpoints_in_their_order)
{
	struct fake_home h;

	fake_home_open(&h);
	fake_file(&h, ".aws/config", 0600, "[default]\nendpoint_url = http://profile\n");
	check_url(&h, "ec2", "us-east-1", "http://profile", "us-east-1", true);
	fake_file(&h, ".aws/config", 0600,
		  "[default]\nendpoint_url = http://profile\nservices = mine\n"
		  "[services mine]\nec2 =\n  endpoint_url = http://services/\n"
		  "cloudwatch_logs =\n  endpoint_url = http://logs\n");
	check_url(&h, "ec2", "us-east-1", "http://services", "us-east-1", true);
	check_url(&h, "logs", "us-east-1", "http://logs", "us-east-1", true);
	check_url(&h, "rds", "us-east-1", "http://profile", "us-east-1", true);
	fake_env(&h, "AWS_ENDPOINT_URL", "http://127.0.0.1:5000/prefix//");
	check_url(&h, "ec2", "us-east-1", "http://127.0.0.1:5000/prefix", "us-east-1", true);
	fake_env(&h, "AWS_ENDPOINT_URL_EC2", "https://[::1]:8443");
	check_url(&h, "ec2", "us-east-1", "https://[::1]:8443", "us-east-1", true);
	check_url(&h, "rds", "us-east-1", "http://127.0.0.1:5000/prefix", "us-east-1", true);
	fake_env(&h, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
	check_url(&h, "ec2", "us-east-1", "https://ec2.us-east-1.amazonaws.com", "us-east-1", false);
	fake_home_close(&h);
}

TEST(variables_bear_the_service_id)
{
	static const char *const names[][2] = {
	    {"logs", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"},
	    {"apigateway", "AWS_ENDPOINT_URL_APIGATEWAYV2"},
	    {"tagging", "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API"},
	    {"sso_oidc", "AWS_ENDPOINT_URL_SSO_OIDC"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct fake_home h;

		fake_home_open(&h);
		fake_env(&h, names[i][1], "http://here");
		check_url(&h, names[i][0], "us-east-1", "http://here", "us-east-1", true);
		fake_home_close(&h);
	}
}

/* Signed as if it were AWS; FIPS and dual stack do not change a custom URL. */
TEST(custom_endpoints_keep_the_signing_region)
{
	struct fake_home h;

	fake_home_open(&h);
	fake_env(&h, "AWS_ENDPOINT_URL", "http://127.0.0.1:5000");
	fake_env(&h, "AWS_USE_FIPS_ENDPOINT", "true");
	check_url(&h, "iam", "eu-west-1", "http://127.0.0.1:5000", "us-east-1", true);
	check_url(&h, "ec2", "eu-west-1", "http://127.0.0.1:5000", "eu-west-1", true);
	fake_home_close(&h);
}

static void check_refused(const char *url, const char *region, const char *part)
{
	struct fake_home h;
	struct aws_endpoint e;
	char *said;

	fake_home_open(&h);
	fake_env(&h, "AWS_ENDPOINT_URL_EC2", url);
	CHECK_INT(resolve(&h, "ec2", region, &e, &said), ERR_INVALID);
	CHECK_HAS(said, part);
	CHECK(e.url == NULL);
	free(said);
	fake_home_close(&h);
}

TEST(unusable_endpoints_are_refused)
{
	static const char *const bad[] = {"localhost:5000", "ftp://x",      "http://",     "http:///x", "http://a b",
					  "http://a?x=1",   "http://u:p@a", "http://a\nb", "http://a#b"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_refused(bad[i], "us-east-1", "AWS_ENDPOINT_URL_EC2");
}

TEST(malformed_regions_are_refused)
{
	check_refused(NULL, "us-east-1.evil.example/", "no AWS region");
	check_refused(NULL, NULL, "no AWS region");
	check_refused("http://127.0.0.1", "nowhere", "no AWS region");
}

static void check_host(const char *url, const char *host, const char *prefix)
{
	struct fake_home h;
	struct aws_endpoint e;
	char *said;

	fake_home_open(&h);
	fake_env(&h, "AWS_ENDPOINT_URL", url);
	CHECK_INT(resolve(&h, "ec2", "us-east-1", &e, &said), 0);
	CHECK_STR(e.host, host);
	CHECK_STR(e.prefix, prefix);
	aws_endpoint_release(&e);
	free(said);
	fake_home_close(&h);
}

/* A default port is neither signed nor sent. */
TEST(host_and_prefix)
{
	check_host(NULL, "ec2.us-east-1.amazonaws.com", "");
	check_host("http://LocalHost:5000/a/b/", "localhost:5000", "/a/b");
	check_host("https://example.com:443/x", "example.com", "/x");
	check_host("http://example.com:443", "example.com:443", "");
	check_host("http://example.com:80", "example.com", "");
	check_host("https://[::1]:8443", "[::1]:8443", "");
}

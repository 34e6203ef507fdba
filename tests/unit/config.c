#include "tests/unit/fake_home.h"
#include "tests/unit/test.h"

#include "base/err.h"

static int load(struct fake_home *h, const char *profile, struct aws_config *c, char **said)
{
	struct diag d = {0};
	int rc;

	*c = (struct aws_config){0};
	rc = aws_config_load(&h->env, profile, c, &d);
	if (said)
		*said = diag_all(&d);
	diag_release(&d);
	return rc;
}

/* Loading ends with ERR_INVALID and says `part`. */
static void check_refused(struct fake_home *h, const char *profile, const char *part)
{
	struct aws_config c;
	char *said;

	CHECK_INT(load(h, profile, &c, &said), ERR_INVALID);
	CHECK_HAS(said, part);
	CHECK(c.profile == NULL);
	free(said);
}

TEST(nothing_configured)
{
	struct fake_home h;
	struct aws_config c;

	fake_home_open(&h);
	REQUIRE(load(&h, NULL, &c, NULL) == 0);
	CHECK_STR(c.profile, "default");
	CHECK_STR(c.region, NULL);
	CHECK_STR(c.ca_bundle, NULL);
	CHECK(!c.profile_explicit && !c.fips && !c.dualstack && !c.ignore_endpoints);
	CHECK_INT(c.max_attempts, 0);
	CHECK_JSON(c.config, "{}");
	CHECK_JSON(c.credentials, "{}");
	aws_config_release(&c);
	fake_home_close(&h);
}

TEST(without_a_home_directory)
{
	struct fake_home h;
	struct aws_config c;

	fake_home_open(&h);
	fake_env(&h, "HOME", NULL);
	REQUIRE(load(&h, NULL, &c, NULL) == 0);
	CHECK_JSON(c.config, "{}");
	aws_config_release(&c);
	fake_home_close(&h);
}

static void write_profiles(struct fake_home *h)
{
	fake_file(h, ".aws/config", 0600,
		  "[default]\nregion = eu-west-1\n[profile dev]\nregion = eu-central-1\nca_bundle = ~/ca.pem\n"
		  "use_fips_endpoint = TRUE\nuse_dualstack_endpoint = true\nmax_attempts = 4\noutput = text\n");
	fake_file(h, ".aws/credentials", 0600, "[dev]\noutput = json\n[only]\nx = y\n");
}

TEST(profile_settings)
{
	struct fake_home h;
	struct aws_config c;
	char *ca;

	fake_home_open(&h);
	write_profiles(&h);
	REQUIRE(load(&h, "dev", &c, NULL) == 0);
	ca = strdup(fake_path(&h, "ca.pem"));
	CHECK(c.profile_explicit && c.fips && c.dualstack && !c.ignore_endpoints);
	CHECK_STR(c.region, "eu-central-1");
	CHECK_STR(c.ca_bundle, ca);
	CHECK_INT(c.max_attempts, 4);
	/* The credentials file wins. */
	CHECK_STR(aws_config_get(&c, "dev", "output"), "json");
	CHECK_STR(aws_config_get(&c, "default", "region"), "eu-west-1");
	CHECK_STR(aws_config_get(&c, "dev", "absent"), NULL);
	CHECK_STR(aws_config_get(&c, "nobody", "region"), NULL);
	free(ca);
	aws_config_release(&c);
	fake_home_close(&h);
}

TEST(profile_from_the_environment)
{
	struct fake_home h;
	struct aws_config c;

	fake_home_open(&h);
	write_profiles(&h);
	fake_env(&h, "AWS_DEFAULT_PROFILE", "dev");
	REQUIRE(load(&h, NULL, &c, NULL) == 0);
	CHECK_STR(c.profile, "dev");
	CHECK(!c.profile_explicit);
	aws_config_release(&c);
	fake_env(&h, "AWS_PROFILE", "only");
	REQUIRE(load(&h, NULL, &c, NULL) == 0);
	CHECK_STR(c.profile, "only");
	aws_config_release(&c);
	fake_home_close(&h);
}

TEST(profile_default_may_be_spelt_in_full)
{
	struct fake_home h;
	struct aws_config c;

	fake_home_open(&h);
	fake_file(&h, ".aws/config", 0600, "[default]\nregion = eu-west-1\n[profile default]\nregion = us-west-2\n");
	REQUIRE(load(&h, NULL, &c, NULL) == 0);
	CHECK_STR(c.region, "us-west-2");
	aws_config_release(&c);
	fake_home_close(&h);
}

TEST(environment_wins_over_the_profile)
{
	struct fake_home h;
	struct aws_config c;

	fake_home_open(&h);
	write_profiles(&h);
	fake_env(&h, "AWS_DEFAULT_REGION", "ap-south-1");
	fake_env(&h, "AWS_CA_BUNDLE", "/etc/ca.pem");
	fake_env(&h, "AWS_USE_FIPS_ENDPOINT", "false");
	fake_env(&h, "AWS_MAX_ATTEMPTS", "7");
	REQUIRE(load(&h, "dev", &c, NULL) == 0);
	CHECK_STR(c.region, "ap-south-1");
	CHECK_STR(c.ca_bundle, "/etc/ca.pem");
	CHECK(!c.fips);
	CHECK_INT(c.max_attempts, 7);
	aws_config_release(&c);
	fake_env(&h, "AWS_REGION", "sa-east-1");
	REQUIRE(load(&h, "dev", &c, NULL) == 0);
	CHECK_STR(c.region, "sa-east-1");
	aws_config_release(&c);
	fake_home_close(&h);
}

TEST(files_elsewhere)
{
	struct fake_home h;
	struct aws_config c;

	fake_home_open(&h);
	fake_file(&h, "x/conf", 0600, "[default]\nregion = eu-west-3\n");
	fake_file(&h, "x/cred", 0600, "[default]\naws_access_key_id = AKIDEXAMPLE\n");
	fake_env(&h, "AWS_CONFIG_FILE", fake_path(&h, "x/conf"));
	fake_env(&h, "AWS_SHARED_CREDENTIALS_FILE", "~/x/cred");
	REQUIRE(load(&h, NULL, &c, NULL) == 0);
	CHECK_STR(c.region, "eu-west-3");
	CHECK_STR(aws_config_get(&c, "default", "aws_access_key_id"), "AKIDEXAMPLE");
	aws_config_release(&c);
	fake_home_close(&h);
}

TEST(unknown_profiles_are_refused_and_the_known_named)
{
	struct fake_home h;

	fake_home_open(&h);
	write_profiles(&h);
	check_refused(&h, "prod", "\"prod\"");
	check_refused(&h, "prod", "There are: default, dev, only.");
	fake_env(&h, "AWS_PROFILE", "stage");
	check_refused(&h, NULL, "\"stage\"");
	fake_home_close(&h);
}

TEST(malformed_settings_are_refused)
{
	static const struct {
		const char *name, *value, *part;
	} bad[] = {
	    {"AWS_REGION", "Frankfurt", "AWS_REGION is \"Frankfurt\""},
	    {"AWS_DEFAULT_REGION", "us-east-1.evil.example", "no AWS region"},
	    {"AWS_MAX_ATTEMPTS", "many", "AWS_MAX_ATTEMPTS"},
	    {"AWS_MAX_ATTEMPTS", "0", "AWS_MAX_ATTEMPTS"},
	    {"AWS_USE_FIPS_ENDPOINT", "yes", "true or false"},
	    {"AWS_USE_DUALSTACK_ENDPOINT", "1", "true or false"},
	    {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "on", "true or false"},
	};
	struct fake_home h;

	fake_home_open(&h);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		fake_env(&h, bad[i].name, bad[i].value);
		check_refused(&h, NULL, bad[i].part);
		fake_env(&h, bad[i].name, NULL);
	}
	fake_home_close(&h);
}

TEST(a_malformed_file_is_refused_with_its_place)
{
	struct fake_home h;
	struct aws_config c;
	struct diag d = {0};

	fake_home_open(&h);
	fake_file(&h, ".aws/credentials", 0600, "[default]\nnonsense\n");
	CHECK_INT(aws_config_load(&h.env, NULL, &c, &d), ERR_INVALID);
	REQUIRE(d.n == 1);
	CHECK_STR(d.item[0].pos.file, "~/.aws/credentials");
	CHECK_INT(d.item[0].pos.line, 2);
	diag_release(&d);
	fake_home_close(&h);
}

TEST(an_unreadable_file_is_refused)
{
	struct fake_home h;

	fake_home_open(&h);
	fake_file(&h, ".aws/config/in_the_way", 0600, "");
	check_refused(&h, NULL, "Cannot read ~/.aws/config");
	fake_home_close(&h);
}

TEST(regions)
{
	CHECK(aws_region_valid("us-east-1"));
	CHECK(aws_region_valid("us-gov-west-1"));
	CHECK(aws_region_valid("eusc-de-east-1"));
	CHECK(aws_region_valid("ap-southeast-12"));
	CHECK(!aws_region_valid(NULL));
	CHECK(!aws_region_valid(""));
	CHECK(!aws_region_valid("us-east"));
	CHECK(!aws_region_valid("US-EAST-1"));
	CHECK(!aws_region_valid("us-east-1a"));
	CHECK(!aws_region_valid("us-east-1\n"));
	CHECK(!aws_region_valid("aws-global"));
	CHECK(!aws_region_valid("us-east-1/../x-1"));
}

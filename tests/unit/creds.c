/* The chain, sources without a network, and the refresh. */
#include "tests/unit/creds_case.h"

TEST(nothing_configured_names_every_source)
{
	struct creds_case c;

	case_open(&c);
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "No AWS credentials", "AWS_PROFILE",
		   "environment: AWS_ACCESS_KEY_ID is not set", "role of the profile: Profile default has no role_arn",
		   "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set", "SSO: Profile default has neither",
		   "credential process: ", "keys in the shared files: Profile default has no aws_access_key_id",
		   "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set",
		   "instance metadata: AWS_EC2_METADATA_DISABLED is true");
	CHECK_STR(creds_describe(c.source), "");
	case_close(&c);
}

static void set_keys(struct creds_case *c)
{
	fake_env(&c->home, "AWS_ACCESS_KEY_ID", ACCESS);
	fake_env(&c->home, "AWS_SECRET_ACCESS_KEY", SECRET);
}

TEST(environment)
{
	struct creds_case c;

	case_open(&c);
	set_keys(&c);
	case_ask(&c, NULL);
	CHECK_STR(c.creds.access_key, ACCESS);
	CHECK_STR(c.creds.secret_key, SECRET);
	CHECK_STR(c.creds.token, NULL);
	CHECK_STR(c.creds.account, NULL);
	CHECK_INT(c.creds.expires, 0);
	CHECK_STR(creds_describe(c.source), "environment variables");
	fake_env(&c.home, "AWS_SECURITY_TOKEN", "legacy");
	fake_env(&c.home, "AWS_ACCOUNT_ID", "123456789012");
	fake_env(&c.home, "AWS_CREDENTIAL_EXPIRATION", LATER);
	case_ask(&c, NULL);
	CHECK_STR(c.creds.token, "legacy");
	CHECK_STR(c.creds.account, "123456789012");
	CHECK_INT(c.creds.expires, LATER_MS);
	fake_env(&c.home, "AWS_SESSION_TOKEN", "token");
	case_ask(&c, NULL);
	CHECK_STR(c.creds.token, "token");
	case_close(&c);
}

/* Another source would be an identity that nobody meant. */
TEST(one_key_alone_is_an_error)
{
	struct creds_case c;

	case_open(&c);
	fake_file(&c.home, ".aws/credentials", 0600,
		  "[default]\naws_access_key_id = " ACCESS "\naws_secret_access_key = " SECRET "\n");
	fake_env(&c.home, "AWS_ACCESS_KEY_ID", ACCESS);
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
	fake_env(&c.home, "AWS_ACCESS_KEY_ID", NULL);
	fake_env(&c.home, "AWS_SECRET_ACCESS_KEY", SECRET);
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not");
	CHECK(!strstr(c.said, SECRET));
	case_close(&c);
}

TEST(malformed_keys_are_refused)
{
	struct creds_case c;

	case_open(&c);
	set_keys(&c);
	fake_env(&c.home, "AWS_SESSION_TOKEN", "to\r\nken");
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "white space");
	fake_env(&c.home, "AWS_SESSION_TOKEN", NULL);
	fake_env(&c.home, "AWS_CREDENTIAL_EXPIRATION", "tomorrow");
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "AWS_CREDENTIAL_EXPIRATION");
	case_close(&c);
}

TEST(expired_keys_are_refused)
{
	struct creds_case c;

	case_open(&c);
	set_keys(&c);
	fake_env(&c.home, "AWS_CREDENTIAL_EXPIRATION", "2020-01-02T03:04:05Z");
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "expired at 2020-01-02T03:04:05Z");
	case_close(&c);
}

static void write_two_profiles(struct creds_case *c)
{
	fake_file(&c->home, ".aws/credentials", 0600,
		  "[default]\naws_access_key_id = DEFAULTEXAMPLE\naws_secret_access_key = " SECRET "\n"
		  "[both]\naws_access_key_id = FROMCREDENTIALSEXAMPLE\naws_secret_access_key = " SECRET
		  "\naws_session_token = t\n");
	fake_file(&c->home, ".aws/config", 0600,
		  "[profile conf]\naws_access_key_id = FROMCONFIGEXAMPLE\naws_secret_access_key = " SECRET
		  "\n[profile both]\naws_access_key_id = FROMCONFIGEXAMPLE\naws_secret_access_key = " SECRET "\n"
		  "[profile half]\naws_access_key_id = " ACCESS "\n[profile none]\nregion = us-east-1\n");
}

TEST(shared_files)
{
	struct creds_case c;

	case_open(&c);
	write_two_profiles(&c);
	case_ask(&c, NULL);
	CHECK_STR(c.creds.access_key, "DEFAULTEXAMPLE");
	CHECK_STR(creds_describe(c.source), "profile default (credentials file)");
	case_ask(&c, "both");
	CHECK_STR(c.creds.access_key, "FROMCREDENTIALSEXAMPLE");
	CHECK_STR(c.creds.token, "t");
	case_ask(&c, "conf");
	CHECK_STR(c.creds.access_key, "FROMCONFIGEXAMPLE");
	CHECK_STR(creds_describe(c.source), "profile conf (configuration file)");
	case_ask(&c, "half");
	CHECK_SAID(&c, ERR_CREDENTIALS, "profile half", "secret key is missing");
	case_close(&c);
}

/* --profile puts the environment's keys aside, AWS_PROFILE does not. */
TEST(a_profile_of_the_command_line_beats_the_environment)
{
	struct creds_case c;

	case_open(&c);
	write_two_profiles(&c);
	set_keys(&c);
	case_ask(&c, "conf");
	CHECK_STR(c.creds.access_key, "FROMCONFIGEXAMPLE");
	fake_env(&c.home, "AWS_PROFILE", "conf");
	case_ask(&c, NULL);
	CHECK_STR(c.creds.access_key, ACCESS);
	case_ask(&c, "none");
	CHECK_SAID(&c, ERR_CREDENTIALS, "Profile none has no aws_access_key_id");
	CHECK(!strstr(c.said, "environment:"));
	case_close(&c);
}

static int64_t wall_now;

static int64_t fake_wall(void *arg)
{
	(void)arg;
	return wall_now;
}

static const struct loop_clock wall_clock = {.wall = fake_wall};

#define MINUTE INT64_C(60000)

/* A container endpoint gives sets of credentials, one after the other; the test moves the clock to before `LATER`. */
static void open_at(struct creds_case *c, struct fake_http *s, const struct fake_reply *replies, int64_t before)
{
	case_open(c);
	fake_http_start(s, replies);
	fake_env(&c->home, "AWS_CONTAINER_CREDENTIALS_FULL_URI", s->url);
	wall_now = LATER_MS - before;
	loop_set_clock(c->loop, &wall_clock);
	case_load(c, NULL);
}

static void close_at(struct creds_case *c, struct fake_http *s)
{
	case_close(c);
	fake_http_stop(s);
}

#define KEYS(id, expires) \
	"{\"AccessKeyId\": \"" id "\", \"SecretAccessKey\": \"s\", \"Token\": \"t\", \"Expiration\": \"" expires "\"}"
#define MUCH_LATER "2099-01-03T03:04:05Z"

TEST(credentials_are_kept_until_15_minutes_before_their_end)
{
	static const struct fake_reply replies[] = {{"GET", "/", .body = KEYS("ONE", LATER), .times = 1},
						    {"GET", "/", .body = KEYS("TWO", MUCH_LATER)},
						    FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_at(&c, &s, replies, 60 * MINUTE);
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, "ONE");
	wall_now = LATER_MS - 16 * MINUTE;
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, "ONE");
	CHECK_INT(fake_http_count(&s, "GET "), 1);
	/* From here on new ones are fetched beside; who asks does not wait. */
	wall_now = LATER_MS - 14 * MINUTE;
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, "ONE");
	CHECK_INT(fake_http_count(&s, "GET "), 2);
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, "TWO");
	CHECK_INT(fake_http_count(&s, "GET "), 2);
	close_at(&c, &s);
}

TEST(old_credentials_serve_while_the_source_fails_until_10_minutes_before_their_end)
{
	static const struct fake_reply replies[] = {{"GET", "/", .body = KEYS("ONE", LATER), .times = 1},
						    {"GET", "/", .status = 400, .body = "{\"message\": \"no more\"}"},
						    FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_at(&c, &s, replies, 60 * MINUTE);
	case_ask_again(&c);
	wall_now = LATER_MS - 14 * MINUTE;
	case_ask_again(&c);
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, "ONE");
	/* A source that has just failed is left alone for a minute. */
	CHECK_INT(fake_http_count(&s, "GET "), 2);
	wall_now = LATER_MS - 12 * MINUTE;
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, "ONE");
	CHECK_INT(fake_http_count(&s, "GET "), 3);
	wall_now = LATER_MS - 9 * MINUTE;
	case_ask_again(&c);
	CHECK_SAID(&c, ERR_CREDENTIALS, "no more");
	close_at(&c, &s);
}

TEST(short_lived_credentials_are_not_fetched_for_each_call)
{
	static const struct fake_reply replies[] = {{"GET", "/", .body = KEYS("ONE", LATER)}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_at(&c, &s, replies, 5 * MINUTE);
	case_ask_again(&c);
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, "ONE");
	CHECK_INT(fake_http_count(&s, "GET "), 1);
	close_at(&c, &s);
}

TEST(concurrent_askers_share_one_refresh)
{
	static const struct fake_reply replies[] = {{"GET", "/", .body = KEYS("ONE", LATER)}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_at(&c, &s, replies, 60 * MINUTE);
	for (int i = 0; i < 50; i++)
		creds_get(c.source, case_answer, &c);
	CHECK_INT(c.answers, 0);
	CHECK_INT(loop_run(c.loop), 0);
	CHECK_INT(c.answers, 50);
	CHECK_STR(c.creds.access_key, "ONE");
	CHECK_INT(fake_http_count(&s, "GET "), 1);
	close_at(&c, &s);
}

TEST(expired_by_aws_are_fetched_anew)
{
	static const struct fake_reply replies[] = {
	    {"GET", "/", .body = KEYS("ONE", LATER), .times = 1}, {"GET", "/", .body = KEYS("TWO", LATER)}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_at(&c, &s, replies, 60 * MINUTE);
	case_ask_again(&c);
	creds_expire(c.source);
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, "TWO");
	CHECK_STR(creds_describe(c.source), "container");
	close_at(&c, &s);
}

static void expire_and_ask(void *arg, const struct creds *creds, const struct diag *errors)
{
	struct creds_case *c = arg;

	(void)errors;
	CHECK_STR(creds->access_key, "ONE");
	creds_expire(c->source);
	creds_get(c->source, case_answer, c);
	/* Still readable. */
	CHECK_STR(creds->access_key, "ONE");
}

TEST(an_asker_may_ask_again)
{
	static const struct fake_reply replies[] = {
	    {"GET", "/", .body = KEYS("ONE", LATER), .times = 1}, {"GET", "/", .body = KEYS("TWO", LATER)}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_at(&c, &s, replies, 60 * MINUTE);
	creds_get(c.source, expire_and_ask, &c);
	CHECK_INT(loop_run(c.loop), 0);
	CHECK_INT(c.answers, 1);
	CHECK_STR(c.creds.access_key, "TWO");
	close_at(&c, &s);
}

TEST(the_source_may_go_while_it_is_being_asked)
{
	static const struct fake_reply replies[] = {{"GET", "/", .body = KEYS("ONE", LATER)}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_at(&c, &s, replies, 60 * MINUTE);
	creds_get(c.source, case_answer, &c);
	creds_free(c.source);
	c.source = NULL;
	CHECK_INT(loop_run(c.loop), 0);
	CHECK_INT(c.answers, 0);
	close_at(&c, &s);
}

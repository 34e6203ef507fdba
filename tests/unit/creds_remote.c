/* Container and instance metadata, each played by a local server; and the forms of time that sources use. */
#include "tests/unit/creds_case.h"

#include "providers/creds_impl.h"

#define KEYS                                                                                            \
	"{\"Code\": \"Success\", \"AccessKeyId\": \"" ACCESS "\", \"SecretAccessKey\": \"" SECRET "\"," \
	" \"Token\": \"t\", \"Expiration\": \"" LATER "\"}"

static void open_with(struct creds_case *c, struct fake_http *s, const struct fake_reply *replies, const char *variable,
		      const char *path)
{
	char url[256];

	case_open(c);
	fake_http_start(s, replies);
	snprintf(url, sizeof(url), "%s%s", s->url, path);
	fake_env(&c->home, variable, url);
	/* A proxy must not see any of this. */
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
}

static void close_with(struct creds_case *c, struct fake_http *s)
{
	unsetenv("http_proxy");
	case_close(c);
	fake_http_stop(s);
}

#define CONTAINER "AWS_CONTAINER_CREDENTIALS_FULL_URI"

TEST(container)
{
	static const struct fake_reply replies[] = {
	    {"GET", "/v2/credentials?x=1", .need = "Accept: application/json\r\n", .body = KEYS}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies, CONTAINER, "/v2/credentials?x=1");
	case_ask(&c, NULL);
	CHECK_STR(c.said, "");
	CHECK_STR(c.creds.access_key, ACCESS);
	CHECK_STR(c.creds.secret_key, SECRET);
	CHECK_STR(c.creds.token, "t");
	CHECK_INT(c.creds.expires, LATER_MS);
	CHECK_STR(creds_describe(c.source), "container");
	CHECK_INT(fake_http_count(&s, "uthorization:"), 0);
	close_with(&c, &s);
}

TEST(container_token)
{
	static const struct fake_reply replies[] = {
	    {"GET", "/", .need = "Authorization: Bearer one\r\n", .body = KEYS},
	    {"GET", "/", .need = "Authorization: from-file\r\n", .body = KEYS},
	    {"GET", "/", .status = 400, .body = "{\"message\": \"unknown token\"}"},
	    FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies, CONTAINER, "/");
	fake_env(&c.home, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer one");
	case_ask(&c, NULL);
	CHECK_STR(c.creds.access_key, ACCESS);
	/* The file wins, and is read anew each time. */
	fake_file(&c.home, "token", 0600, "old-file");
	fake_env(&c.home, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", fake_path(&c.home, "token"));
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "status 400: unknown token");
	fake_file(&c.home, "token", 0600, "from-file");
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, ACCESS);
	fake_file(&c.home, "token", 0600, "a\r\nX-Evil: 1");
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "line break");
	fake_env(&c.home, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent");
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "Cannot read the container authorization token file");
	CHECK_INT(fake_http_count(&s, "Evil"), 0);
	close_with(&c, &s);
}

TEST(container_failures)
{
	static const struct fake_reply flaky[] = {
	    {"GET", "/", .status = 500, .times = 2}, {"GET", "/", .body = KEYS}, FAKE_END};
	static const struct fake_reply broken[] = {{"GET", "/", .body = "<html>"}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, flaky, CONTAINER, "/");
	case_ask(&c, NULL);
	CHECK_STR(c.creds.access_key, ACCESS);
	CHECK_INT(fake_http_count(&s, "GET "), 3);
	close_with(&c, &s);
	open_with(&c, &s, broken, CONTAINER, "/");
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "no JSON object");
	close_with(&c, &s);
}

static void check_url(const char *variable, const char *value, const char *want, int want_err)
{
	struct fake_home h;
	struct diag d = {0};
	int err = 0;
	char *url;

	fake_home_open(&h);
	fake_env(&h, variable, value);
	url = creds_container_url(&h.env, &err, &d);
	CHECK_STR(url, want);
	CHECK_INT(err, want_err);
	free(url);
	diag_release(&d);
	fake_home_close(&h);
}

/* Keys over plain http only from where they cannot be overheard. */
TEST(container_addresses)
{
	static const char *const good[] = {
	    "https://example.com/x",      "http://localhost:8080/x", "http://127.0.0.1/x",
	    "http://127.9.9.9/x",         "http://[::1]/x",          "http://169.254.170.2/x",
	    "http://169.254.170.23/v1/x", "http://[fd00:ec2::23]/x"};
	static const char *const bad[] = {"http://example.com/x",
					  "http://169.254.169.254/x",
					  "http://10.0.0.1/x",
					  "http://localhost.example.com/x",
					  "http://127.0.0.1.example.com/x",
					  "http://127.0.0.1@example.com/x",
					  "http://me:pw@127.0.0.1/x",
					  "ftp://127.0.0.1/x",
					  "http://[fd00:ec2::24]/x",
					  "/etc/passwd",
					  "file:///etc/passwd"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		check_url(CONTAINER, good[i], good[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_url(CONTAINER, bad[i], NULL, ERR_CREDENTIALS);
	check_url("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x?id=1", "http://169.254.170.2/v2/x?id=1", 0);
	check_url("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@example.com/x", NULL, ERR_CREDENTIALS);
	check_url("UNRELATED", "x", NULL, ERR_ABSENT);
}

#define METADATA "AWS_EC2_METADATA_SERVICE_ENDPOINT"
#define ROLES "/latest/meta-data/iam/security-credentials/"
#define SESSION                                                                                        \
	{                                                                                              \
		"PUT", "/latest/api/token", .need = "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", \
					    .body = "session"                                          \
	}

static void open_imds(struct creds_case *c, struct fake_http *s, const struct fake_reply *replies)
{
	open_with(c, s, replies, METADATA, "/");
	fake_env(&c->home, "AWS_EC2_METADATA_DISABLED", NULL);
}

TEST(instance_metadata)
{
	static const struct fake_reply replies[] = {
	    SESSION,
	    {"GET", ROLES "my-role ", .need = "x-aws-ec2-metadata-token: session\r\n", .body = KEYS},
	    {"GET", ROLES " ", .need = "x-aws-ec2-metadata-token: session\r\n", .body = "my-role\n"},
	    FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_imds(&c, &s, replies);
	case_ask(&c, NULL);
	CHECK_STR(c.said, "");
	CHECK_STR(c.creds.access_key, ACCESS);
	CHECK_STR(c.creds.token, "t");
	CHECK_INT(c.creds.expires, LATER_MS);
	CHECK_STR(creds_describe(c.source), "instance metadata");
	CHECK_INT(fake_http_count(&s, "PUT "), 1);
	CHECK_INT(fake_http_count(&s, "GET "), 2);
	close_with(&c, &s);
}

static void check_imds(const struct fake_reply *replies, const char *part, int requests)
{
	struct creds_case c;
	struct fake_http s;

	open_imds(&c, &s, replies);
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, part);
	CHECK_INT(fake_http_count(&s, "HTTP/1.1"), requests);
	close_with(&c, &s);
}

/* No fall-back to version 1, which gives keys to whoever can make a server fetch a URL. */
TEST(instance_metadata_failures)
{
	static const struct fake_reply no_session[] = {{"PUT", "/", .status = 403},
						       {"GET", ROLES "my-role", .body = KEYS},
						       {"GET", ROLES, .body = "my-role"},
						       FAKE_END};
	static const struct fake_reply no_role[] = {SESSION, {"GET", "/", .status = 404}, FAKE_END};
	static const struct fake_reply odd_role[] = {SESSION, {"GET", ROLES, .body = "../../user-data"}, FAKE_END};
	static const struct fake_reply failed[] = {
	    SESSION,
	    {"GET", ROLES "r", .body = "{\"Code\": \"AssumeRoleUnauthorizedAccess\"}"},
	    {"GET", ROLES, .body = "r"},
	    FAKE_END};
	static const struct fake_reply down[] = {SESSION, {"GET", ROLES, .status = 500}, FAKE_END};

	check_imds(no_session, "instance metadata: No session token from the instance metadata service: status 403", 1);
	check_imds(no_role, "instance metadata: The instance has no role", 2);
	check_imds(odd_role, "no usable name of a role", 2);
	check_imds(failed, "no credentials for the instance's role", 3);
	check_imds(down, "status 500", 2);
}

TEST(instance_metadata_that_hangs)
{
	static const struct fake_reply replies[] = {{"PUT", "/", .hang = true}, FAKE_END};
	struct creds_case c;
	struct fake_http s;
	int64_t began;

	open_imds(&c, &s, replies);
	began = loop_now(c.loop);
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "instance metadata: No session token");
	CHECK(loop_now(c.loop) - began >= 900 && loop_now(c.loop) - began < 5000);
	close_with(&c, &s);
}

TEST(instance_metadata_attempts)
{
	static const struct fake_reply replies[] = {
	    {"PUT", "/", .status = 500, .times = 1}, SESSION, {"GET", "/", .status = 404}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_imds(&c, &s, replies);
	fake_env(&c.home, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2");
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "The instance has no role");
	CHECK_INT(fake_http_count(&s, "PUT "), 2);
	close_with(&c, &s);
}

/* As a credential_source it is meant: that it is not there is an error of the profile. */
TEST(instance_metadata_as_credential_source)
{
	struct creds_case c;

	case_open(&c);
	fake_file(&c.home, ".aws/config", 0600,
		  "[profile dev]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n[profile pod]\nrole_arn = r\n"
		  "credential_source = EcsContainer\n");
	case_ask(&c, "dev");
	CHECK_SAID(&c, ERR_CREDENTIALS, "profile dev: AWS_EC2_METADATA_DISABLED is true");
	case_ask(&c, "pod");
	CHECK_SAID(&c, ERR_CREDENTIALS, "profile pod: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set");
	case_close(&c);
}

TEST(times)
{
	char text[21];

	CHECK_INT(creds_time(LATER), LATER_MS);
	CHECK_INT(creds_time("2099-01-02T03:04:05UTC"), LATER_MS);
	CHECK_INT(creds_time("2099-01-02T03:04:05.250Z"), LATER_MS + 250);
	CHECK_INT(creds_time("2099-01-02T03:04:05.123456789+00:00"), LATER_MS + 123);
	CHECK_INT(creds_time("2099-01-02T05:34:05+0230"), LATER_MS);
	CHECK_INT(creds_time("2099-01-01T22:04:05-05:00"), LATER_MS);
	CHECK_INT(creds_time("2099-01-02T03:04:05"), -1);
	CHECK_INT(creds_time("2099-01-02T03:04:05Zx"), -1);
	CHECK_INT(creds_time("2099-01-02"), -1);
	CHECK_INT(creds_time(""), -1);
	creds_time_text(LATER_MS + 999, text);
	CHECK_STR(text, LATER);
}

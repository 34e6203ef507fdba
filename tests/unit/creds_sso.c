/* IAM Identity Center: the token cache, its renewal, the portal; both services are a local server. */
#include "tests/unit/creds_case.h"

#define START_URL "https://example.awsapps.com/start"

#define CONFIG                                                                                          \
	"[profile dev]\nsso_session = my-sso\nsso_account_id = 123456789012\nsso_role_name = Dev/Ops\n" \
	"[sso-session my-sso]\nsso_region = eu-west-1\nsso_start_url = " START_URL "\n"
#define PORTAL                                                                                                         \
	"{\"roleCredentials\": {\"accessKeyId\": \"SSOEXAMPLE\", \"secretAccessKey\": \"s\", \"sessionToken\": \"t\"," \
	" \"expiration\": 4071006245000}}"
#define TOKEN(access, expires) \
	"{\"accessToken\": \"" access "\", \"expiresAt\": \"" expires "\", \"region\": \"eu-west-1\""
#define RENEWABLE                                                                                  \
	", \"refreshToken\": \"refresh-1\", \"clientId\": \"client\", \"clientSecret\": \"hush\"," \
	" \"registrationExpiresAt\": \"" LATER "\", \"startUrl\": \"" START_URL "\"}"

static const struct fake_reply portal[] = {
    {"GET", "/federation/credentials?role_name=Dev%2FOps&account_id=123456789012",
     .need = "x-amz-sso_bearer_token: access-1\r\n", .body = PORTAL},
    {"GET", "/federation/credentials", .need = "x-amz-sso_bearer_token: access-2\r\n", .body = PORTAL},
    {"GET", "/federation/credentials", .need = "x-amz-sso_bearer_token: withdrawn\r\n", .status = 401},
    {"GET", "/federation/credentials", .need = "x-amz-sso_bearer_token: foreign\r\n", .status = 403},
    {"POST", "/token", .need = "\"refreshToken\":\"refresh-1\"",
     .body = "{\"accessToken\": \"access-2\", \"expiresIn\": 28800, \"refreshToken\": \"refresh-2\"}"},
    {"POST", "/token", .status = 400, .body = "{\"error\": \"invalid_grant\"}"},
    FAKE_END};

/* The file's name is computed by another program, so that a mistake in ours shows. */
static void cache_name(const char *session, char name[128])
{
	FILE *f;
	int to[2], from[2];
	pid_t pid;

	if (pipe(to) || pipe(from))
		abort();
	pid = fork();
	if (pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[1]);
		execlp("sha1sum", "sha1sum", (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	if (write(to[1], session, strlen(session)) < 0)
		abort();
	close(to[1]);
	f = fdopen(from[0], "r");
	snprintf(name, 128, ".aws/sso/cache/");
	if (fscanf(f, "%40[0-9a-f]", name + strlen(name)) != 1)
		abort();
	snprintf(name + strlen(name), 16, ".json");
	fclose(f);
	waitpid(pid, NULL, 0);
}

struct sso_case {
	struct creds_case c;
	struct fake_http s;
	char cache[128];
};

static void open_sso(struct sso_case *t, const char *config, const char *session, const char *token)
{
	case_open(&t->c);
	fake_http_start(&t->s, portal);
	fake_env(&t->c.home, "AWS_ENDPOINT_URL_SSO", t->s.url);
	fake_env(&t->c.home, "AWS_ENDPOINT_URL_SSO_OIDC", t->s.url);
	fake_file(&t->c.home, ".aws/config", 0600, config);
	cache_name(session, t->cache);
	if (token)
		fake_file(&t->c.home, t->cache, 0600, token);
}

static void close_sso(struct sso_case *t)
{
	case_close(&t->c);
	fake_http_stop(&t->s);
}

TEST(a_valid_token_buys_credentials)
{
	struct sso_case t;

	open_sso(&t, CONFIG, "my-sso", TOKEN("access-1", LATER) "}");
	case_ask(&t.c, "dev");
	CHECK_STR(t.c.said, "");
	CHECK_STR(t.c.creds.access_key, "SSOEXAMPLE");
	CHECK_STR(t.c.creds.token, "t");
	CHECK_STR(t.c.creds.account, "123456789012");
	CHECK_INT(t.c.creds.expires, LATER_MS);
	CHECK_STR(creds_describe(t.c.source), "profile dev (SSO)");
	CHECK_INT(fake_http_count(&t.s, "POST "), 0);
	CHECK_INT(fake_http_count(&t.s, "uthorization:"), 0);
	close_sso(&t);
}

TEST(the_form_without_a_session)
{
	struct sso_case t;

	open_sso(&t,
		 "[default]\nsso_start_url = " START_URL "\nsso_region = eu-west-1\nsso_account_id = 123456789012\n"
		 "sso_role_name = Dev/Ops\n",
		 START_URL, TOKEN("access-1", "2099-01-02T03:04:05UTC") "}");
	case_ask(&t.c, NULL);
	CHECK_STR(t.c.creds.access_key, "SSOEXAMPLE");
	close_sso(&t);
}

TEST(an_expired_token_is_renewed_and_written_back)
{
	struct sso_case t;
	json_t *cache;
	struct stat st;

	open_sso(&t, CONFIG, "my-sso", TOKEN("old", "2020-01-02T03:04:05Z") RENEWABLE);
	case_ask(&t.c, "dev");
	CHECK_STR(t.c.said, "");
	CHECK_STR(t.c.creds.access_key, "SSOEXAMPLE");
	CHECK_INT(fake_http_count(&t.s, "\"grantType\":\"refresh_token\""), 1);
	CHECK_INT(fake_http_count(&t.s, "\"clientSecret\":\"hush\""), 1);
	cache = json_load_file(fake_path(&t.c.home, t.cache), 0, NULL);
	CHECK_STR(json_string_value(json_object_get(cache, "accessToken")), "access-2");
	CHECK_STR(json_string_value(json_object_get(cache, "refreshToken")), "refresh-2");
	/* What we do not use stays. */
	CHECK_STR(json_string_value(json_object_get(cache, "startUrl")), START_URL);
	CHECK_STR(json_string_value(json_object_get(cache, "clientId")), "client");
	CHECK(strcmp(json_string_value(json_object_get(cache, "expiresAt")), "2026") > 0);
	CHECK(stat(fake_path(&t.c.home, t.cache), &st) == 0 && (st.st_mode & 0777) == 0600);
	json_decref(cache);
	close_sso(&t);
}

static int64_t near_end(void *arg)
{
	(void)arg;
	return LATER_MS - 10 * 60000;
}

static const struct loop_clock ten_minutes_before = {.wall = near_end};

/* With ten minutes left a renewal is tried; if it fails the old token still does. */
TEST(a_token_that_cannot_be_renewed_serves_to_its_end)
{
	struct sso_case t;

	open_sso(&t, CONFIG, "my-sso",
		 TOKEN("access-1",
		       LATER) ", \"refreshToken\": \"unknown\", \"clientId\": \"client\", \"clientSecret\": \"x\","
			      " \"registrationExpiresAt\": \"2100-01-01T00:00:00Z\"}");
	loop_set_clock(t.c.loop, &ten_minutes_before);
	case_ask(&t.c, "dev");
	CHECK_STR(t.c.creds.access_key, "SSOEXAMPLE");
	CHECK_INT(fake_http_count(&t.s, "POST /token"), 1);
	close_sso(&t);
}

static void check_login(const char *token, const char *part)
{
	struct sso_case t;

	open_sso(&t, CONFIG, "my-sso", token);
	case_ask(&t.c, "dev");
	CHECK_SAID(&t.c, ERR_CREDENTIALS, part, "aws sso login --profile dev");
	close_sso(&t);
}

TEST(a_login_is_asked_for)
{
	check_login(NULL, "There is no SSO login for profile dev");
	check_login("nonsense", "There is no SSO login for profile dev");
	check_login(TOKEN("access-1", "soon") "}", "There is no SSO login");
	check_login(TOKEN("access-1", "2020-01-02T03:04:05Z") "}", "has expired");
	check_login(TOKEN("access-1", "2020-01-02T03:04:05Z") ", \"refreshToken\": \"refresh-1\", \"clientId\": \"c\","
							      " \"clientSecret\": \"x\","
							      " \"registrationExpiresAt\": \"2020-02-01T00:00:00Z\"}",
		    "has expired");
	check_login(TOKEN("access-1", "2020-01-02T03:04:05Z") ", \"refreshToken\": \"gone\", \"clientId\": \"c\","
							      " \"clientSecret\": \"x\","
							      " \"registrationExpiresAt\": \"" LATER "\"}",
		    "has expired");
	check_login(TOKEN("withdrawn", LATER) "}", "has expired or was withdrawn");
}

TEST(a_role_that_is_not_ours)
{
	struct sso_case t;

	open_sso(&t, CONFIG, "my-sso", TOKEN("foreign", LATER) "}");
	case_ask(&t.c, "dev");
	CHECK_SAID(&t.c, ERR_CREDENTIALS, "Dev/Ops", "123456789012");
	close_sso(&t);
}

TEST(incomplete_profiles_are_refused)
{
	struct sso_case t;

	open_sso(&t, "[profile dev]\nsso_session = other\n", "other", NULL);
	case_ask(&t.c, "dev");
	CHECK_SAID(&t.c, ERR_CREDENTIALS, "sso-session other");
	fake_file(&t.c.home, ".aws/config", 0600, "[profile dev]\nsso_session = other\n[sso-session other]\n");
	case_ask(&t.c, "dev");
	CHECK_SAID(&t.c, ERR_CREDENTIALS, "sso_region is missing", "sso_account_id is missing",
		   "sso_role_name is missing");
	close_sso(&t);
}

/* credential_process: small programs in a directory of the test's own. */
#include "tests/unit/creds_case.h"

#include "providers/creds_impl.h"

static void check_split(const char *command, const char *want)
{
	char **words = creds_split(command);
	json_t *list = words ? json_array() : json_null();

	for (size_t i = 0; words && words[i]; i++)
		json_array_append_new(list, json_string(words[i]));
	CHECK_JSON(list, want);
	json_decref(list);
	creds_split_free(words);
}

/* Expected values are those of a POSIX shell. */
TEST(commands_are_split_like_a_shell_does)
{
	check_split("", "[]");
	check_split("  a\t b\nc ", "[\"a\", \"b\", \"c\"]");
	check_split("a 'b c' \"d e\"f", "[\"a\", \"b c\", \"d ef\"]");
	check_split("a '' \"\"", "[\"a\", \"\", \"\"]");
	check_split("a\\ b \\'c \\\\", "[\"a b\", \"'c\", \"\\\\\"]");
	check_split("'a\\b' \"a\\b\" \"a\\\"b\" \"a\\\\b\"", "[\"a\\\\b\", \"a\\\\b\", \"a\\\"b\", \"a\\\\b\"]");
	check_split("$HOME `id` $(id) a;b|c>d *", "[\"$HOME\", \"`id`\", \"$(id)\", \"a;b|c>d\", \"*\"]");
	check_split("'a", "null");
	check_split("a \"b", "null");
	check_split("a \\", "null");
}

/* The profile "dev" runs a script with this text. */
static void ask_script(struct creds_case *c, const char *script, const char *arguments)
{
	char config[1024];

	fake_file(&c->home, "bin/give creds", 0700, script);
	snprintf(config, sizeof(config), "[profile dev]\ncredential_process = \"%s\" %s\n",
		 fake_path(&c->home, "bin/give creds"), arguments);
	fake_file(&c->home, ".aws/config", 0600, config);
	case_ask(c, "dev");
}

#define PRINT(json) "#!/bin/sh\ncat <<'END'\n" json "\nEND\n"

TEST(keys_are_read)
{
	struct creds_case c;

	case_open(&c);
	ask_script(&c,
		   PRINT("{\"Version\": 1, \"AccessKeyId\": \"" ACCESS "\", \"SecretAccessKey\": \"" SECRET "\","
			 " \"SessionToken\": \"t\", \"Expiration\": \"2099-01-02T04:04:05+01:00\","
			 " \"AccountId\": \"123456789012\"}"),
		   "");
	CHECK_STR(c.said, "");
	CHECK_STR(c.creds.access_key, ACCESS);
	CHECK_STR(c.creds.secret_key, SECRET);
	CHECK_STR(c.creds.token, "t");
	CHECK_STR(c.creds.account, "123456789012");
	CHECK_INT(c.creds.expires, LATER_MS);
	CHECK_STR(creds_describe(c.source), "profile dev (credential process)");
	ask_script(&c, PRINT("{\"Version\": 1, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\"}"), "");
	CHECK_INT(c.creds.expires, 0);
	CHECK_STR(c.creds.token, NULL);
	case_close(&c);
}

TEST(arguments_arrive_and_no_shell_reads_them)
{
	struct creds_case c;

	case_open(&c);
	ask_script(
	    &c,
	    "#!/bin/sh\n[ $# = 3 ] && [ \"$1\" = 'a b' ] && [ \"$2\" = '$HOME' ] && [ \"$3\" = 'x;y' ] || exit 9\n"
	    "echo '{\"Version\": 1, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\"}'\n",
	    "'a b' $HOME x;y");
	CHECK_STR(c.said, "");
	CHECK_STR(c.creds.access_key, "a");
	case_close(&c);
}

TEST(much_output_does_not_block)
{
	struct creds_case c;

	case_open(&c);
	ask_script(&c,
		   "#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' x >&2\n"
		   "echo '{\"Version\": 1, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\"}'\n",
		   "");
	CHECK_STR(c.creds.access_key, "a");
	ask_script(&c, "#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' x\n", "");
	CHECK_SAID(&c, ERR_CREDENTIALS, "one JSON object");
	case_close(&c);
}

TEST(failures_are_told_and_stdout_is_not)
{
	struct creds_case c;

	case_open(&c);
	ask_script(&c, "#!/bin/sh\necho HUSH\nprintf 'no \\033[31mlogin\\n' >&2\nexit 3\n", "");
	CHECK_SAID(&c, ERR_CREDENTIALS, "credential_process of profile dev ended with status 3: no ", "login");
	CHECK(!strstr(c.said, "HUSH"));
	CHECK(!strchr(c.said, '\033'));
	ask_script(&c, "#!/bin/sh\nkill -9 $$\n", "");
	CHECK_SAID(&c, ERR_CREDENTIALS, "signal 9");
	ask_script(&c, "#!/bin/sh\necho HUSH\n", "");
	CHECK_SAID(&c, ERR_CREDENTIALS, "one JSON object");
	CHECK(!strstr(c.said, "HUSH"));
	case_close(&c);
}

TEST(wrong_output_is_refused)
{
	struct creds_case c;

	case_open(&c);
	ask_script(&c, PRINT("{\"Version\": 2, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\"}"), "");
	CHECK_SAID(&c, ERR_CREDENTIALS, "Version");
	ask_script(&c, PRINT("{\"Version\": 1, \"AccessKeyId\": \"a\"}"), "");
	CHECK_SAID(&c, ERR_CREDENTIALS, "profile dev", "secret key is missing");
	ask_script(&c,
		   PRINT("{\"Version\": 1, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\", \"Expiration\": \"x\"}"),
		   "");
	CHECK_SAID(&c, ERR_CREDENTIALS, "Expiration is no time");
	ask_script(&c,
		   PRINT("{\"Version\": 1, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"s\","
			 " \"Expiration\": \"2020-01-02T03:04:05Z\"}"),
		   "");
	CHECK_SAID(&c, ERR_CREDENTIALS, "expired at 2020-01-02T03:04:05Z");
	case_close(&c);
}

TEST(a_missing_program_and_bad_quotes)
{
	struct creds_case c;

	case_open(&c);
	fake_file(&c.home, ".aws/config", 0600, "[profile dev]\ncredential_process = /nonexistent/program\n");
	case_ask(&c, "dev");
	CHECK_SAID(&c, ERR_CREDENTIALS, "cannot be started", "No such file");
	fake_file(&c.home, ".aws/config", 0600, "[profile dev]\ncredential_process = a 'b\n");
	case_ask(&c, "dev");
	CHECK_SAID(&c, ERR_CREDENTIALS, "unbalanced quotes");
	case_close(&c);
}

/* Keys in the credentials file come before it, those in the config file behind. */
TEST(its_place_among_the_keys)
{
	struct creds_case c;

	case_open(&c);
	fake_file(&c.home, ".aws/config", 0600,
		  "[profile dev]\ncredential_process = false\naws_access_key_id = a\naws_secret_access_key = s\n");
	case_ask(&c, "dev");
	CHECK_SAID(&c, ERR_CREDENTIALS, "ended with status 1");
	fake_file(&c.home, ".aws/credentials", 0600, "[dev]\naws_access_key_id = b\naws_secret_access_key = s\n");
	case_ask(&c, "dev");
	CHECK_STR(c.creds.access_key, "b");
	case_close(&c);
}

static int64_t jump;

static int64_t jumping_now(void *arg)
{
	(void)arg;
	return jump += 1000;
}

static void no_wait(void *arg, int64_t ms)
{
	(void)arg;
	(void)ms;
}

TEST(a_program_that_hangs_is_ended)
{
	static const struct loop_clock clock = {.now = jumping_now, .advance = no_wait};
	struct creds_case c;

	case_open(&c);
	loop_set_clock(c.loop, &clock);
	ask_script(&c, "#!/bin/sh\nexec sleep 600\n", "");
	CHECK_SAID(&c, ERR_CREDENTIALS, "60 seconds");
	/* Nothing is left of it. */
	CHECK(waitpid(-1, NULL, WNOHANG) < 0);
	case_close(&c);
}

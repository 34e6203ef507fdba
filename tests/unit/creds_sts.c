/* Roles: source_profile, credential_source, web identity; STS is a local server. */
#include "tests/unit/creds_case.h"

#include "base/buf.h"
#include "providers/sigv4.h"

#include <poll.h>
#include <pty.h>

#define ROLE(name) "arn:aws:iam::123456789012:role/" name
#define ANSWER(action, id)                                                                                          \
	"<" action "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" action "Result><Credentials>"   \
	"<AccessKeyId>" id "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t+/=</SessionToken>"    \
	"<Expiration>" LATER "</Expiration></Credentials><AssumedRoleUser>"                                         \
	"<Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>" \
	"</" action "Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></" action "Response>"
#define FAILURE(code, message)                                                            \
	"<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" message \
	"</Message></Error><RequestId>r</RequestId></ErrorResponse>"
#define KEYS(id) "aws_access_key_id = " id "\naws_secret_access_key = " SECRET "\n"

static void open_with(struct creds_case *c, struct fake_http *s, const struct fake_reply *replies)
{
	case_open(c);
	fake_http_start(s, replies);
	fake_env(&c->home, "AWS_ENDPOINT_URL_STS", s->url);
}

static void close_with(struct creds_case *c, struct fake_http *s)
{
	case_close(c);
	fake_http_stop(s);
}

TEST(source_profile)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .need = "Action=AssumeRole&", .body = ANSWER("AssumeRole", "ASSUMED")}, FAKE_END};
	struct creds_case c;
	struct fake_http s;
	char *log;

	open_with(&c, &s, replies);
	fake_file(&c.home, ".aws/config", 0600,
		  "[profile dev]\nrole_arn = " ROLE(
		      "dev") "\nsource_profile = base\nexternal_id = e/x\n"
			     "role_session_name = me\nduration_seconds = 1800\n[profile base]\n" KEYS("BASEEXAMPLE"));
	case_ask(&c, "dev");
	CHECK_STR(c.said, "");
	CHECK_STR(c.creds.access_key, "ASSUMED");
	CHECK_STR(c.creds.token, "t+/=");
	CHECK_STR(c.creds.account, "123456789012");
	CHECK_INT(c.creds.expires, LATER_MS);
	CHECK_STR(creds_describe(c.source), "profile dev (assumed role " ROLE("dev") ")");
	log = fake_http_log(&s);
	CHECK_HAS(log, "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdev");
	CHECK_HAS(log, "RoleSessionName=me");
	CHECK_HAS(log, "ExternalId=e%2Fx");
	CHECK_HAS(log, "DurationSeconds=1800");
	CHECK_HAS(log, "Credential=BASEEXAMPLE/");
	CHECK_HAS(log, "/us-east-1/sts/aws4_request");
	free(log);
	close_with(&c, &s);
}

/* The signature that arrived is that of the request that arrived, below the path of a custom endpoint too. */
TEST(the_call_is_signed_as_it_is_sent)
{
	static const struct fake_reply replies[] = {{"POST", "/sts/", .body = ANSWER("AssumeRole", "ASSUMED")},
						    FAKE_END};
	struct creds_case c;
	struct fake_http s;
	struct sigv4_output out = {0};
	char url[128], date[32] = "", *log, *at;
	struct tm tm = {0};

	open_with(&c, &s, replies);
	snprintf(url, sizeof(url), "%s/sts", s.url);
	fake_env(&c.home, "AWS_ENDPOINT_URL_STS", url);
	fake_file(&c.home, ".aws/config", 0600, "[profile dev]\nrole_arn = x\nsource_profile = dev\n" KEYS(ACCESS));
	case_ask(&c, "dev");
	CHECK_STR(c.creds.access_key, "ASSUMED");
	log = fake_http_log(&s);
	at = strcasestr(log, "x-amz-date: ");
	CHECK(at && sscanf(at + 12, "%20[0-9TZ]", date) == 1);
	strptime(date, "%Y%m%dT%H%M%SZ", &tm);
	at = strstr(log, "\r\n\r\n") + 4;
	json_t *headers = json_pack("{s:s s:s}", "host", s.url + strlen("http://"), "content-type",
				    "application/x-www-form-urlencoded");
	if (strcasestr(log, "content-type: application/x-www-form-urlencoded; charset=utf-8"))
		json_object_set_new(headers, "content-type",
				    json_string("application/x-www-form-urlencoded; charset=utf-8"));
	const struct sigv4_input in = {.method = "POST",
				       .path = "/sts/",
				       .query = "",
				       .headers = headers,
				       .body = at,
				       .body_len = strcspn(at, "\n"),
				       .access_key = ACCESS,
				       .secret_key = SECRET,
				       .region = "us-east-1",
				       .service = "sts",
				       .time = (int64_t)timegm(&tm) * 1000};
	CHECK_INT(sigv4_sign(&in, &out), 0);
	CHECK_HAS(log, out.authorization);
	sigv4_release(&out);
	json_decref(headers);
	free(log);
	close_with(&c, &s);
}

TEST(roles_in_a_row)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .need = "role%2Ffirst", .body = ANSWER("AssumeRole", "FIRST")},
	    {"POST", "/", .need = "Credential=FIRST/", .body = ANSWER("AssumeRole", "SECOND")},
	    FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies);
	fake_file(&c.home, ".aws/config", 0600,
		  "[profile second]\nrole_arn = " ROLE("second") "\nsource_profile = first\n"
								 "[profile first]\nrole_arn = " ROLE(
								     "first") "\nsource_profile = base\n");
	fake_file(&c.home, ".aws/credentials", 0600, "[base]\n" KEYS("BASEEXAMPLE"));
	case_ask(&c, "second");
	CHECK_STR(c.said, "");
	CHECK_STR(c.creds.access_key, "SECOND");
	CHECK_INT(fake_http_count(&s, "Credential=BASEEXAMPLE/"), 1);
	/* The second call bears the first one's token, signed. */
	CHECK_INT(fake_http_count(&s, "x-amz-security-token: t+/="), 1);
	CHECK_INT(fake_http_count(&s, "x-amz-security-token,"), 1);
	close_with(&c, &s);
}

TEST(credential_source_environment)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .need = "Credential=" ACCESS "/", .body = ANSWER("AssumeRole", "ASSUMED")}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies);
	fake_file(&c.home, ".aws/config", 0600,
		  "[profile dev]\nrole_arn = " ROLE("dev") "\ncredential_source = Environment\n");
	case_ask(&c, "dev");
	CHECK_SAID(&c, ERR_CREDENTIALS, "profile dev: AWS_ACCESS_KEY_ID is not set");
	fake_env(&c.home, "AWS_ACCESS_KEY_ID", ACCESS);
	fake_env(&c.home, "AWS_SECRET_ACCESS_KEY", SECRET);
	case_ask(&c, "dev");
	CHECK_STR(c.creds.access_key, "ASSUMED");
	close_with(&c, &s);
}

static void check_refused(const char *config, const char *part)
{
	struct creds_case c;

	case_open(&c);
	fake_file(&c.home, ".aws/config", 0600, config);
	case_ask(&c, "dev");
	CHECK_SAID(&c, ERR_CREDENTIALS, part);
	case_close(&c);
}

TEST(malformed_role_profiles_are_refused)
{
	check_refused("[profile dev]\nrole_arn = r\n", "nothing to assume it with");
	check_refused("[profile dev]\nrole_arn = r\nsource_profile = gone\n", "there is no such profile");
	check_refused("[profile dev]\nrole_arn = r\nsource_profile = dev\n", "circle at dev");
	check_refused(
	    "[profile dev]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = q\nsource_profile = dev\n",
	    "circle at dev");
	check_refused("[profile dev]\nrole_arn = r\nsource_profile = b\ncredential_source = Environment\n",
		      "one is enough");
	check_refused("[profile dev]\nrole_arn = r\ncredential_source = Cloud\n", "\"Cloud\"");
	check_refused("[profile dev]\nrole_arn = r\nsource_profile = dev\nduration_seconds = 5\n" KEYS(ACCESS),
		      "900 to 43200");
	check_refused("[profile dev]\nrole_arn = r\nsource_profile = b\n[profile b]\nregion = us-east-1\n",
		      "profile dev: No AWS credentials were found for profile b");
}

TEST(a_refusal_of_sts_is_explained)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .status = 403, .body = FAILURE("AccessDenied", "User x is not authorized")}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies);
	fake_file(&c.home, ".aws/config", 0600, "[profile dev]\nrole_arn = r\nsource_profile = dev\n" KEYS(ACCESS));
	case_ask(&c, "dev");
	CHECK_SAID(&c, ERR_CREDENTIALS, "profile dev: sts AssumeRole for r: AccessDenied: User x is not authorized",
		   "trust policy");
	CHECK_INT(fake_http_count(&s, "POST "), 1);
	close_with(&c, &s);
}

TEST(failures_of_sts_are_retried)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .status = 503, .times = 2}, {"POST", "/", .body = ANSWER("AssumeRole", "ASSUMED")}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies);
	fake_file(&c.home, ".aws/config", 0600, "[profile dev]\nrole_arn = r\nsource_profile = dev\n" KEYS(ACCESS));
	case_ask(&c, "dev");
	CHECK_STR(c.creds.access_key, "ASSUMED");
	CHECK_INT(fake_http_count(&s, "POST "), 3);
	close_with(&c, &s);
}

TEST(a_wrong_clock_is_corrected_once)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .need = "20400102T0304", .body = ANSWER("AssumeRole", "ASSUMED")},
	    {"POST", "/", .status = 403, .body = FAILURE("SignatureDoesNotMatch", "Signature expired"),
	     .head = "Date: Mon, 02 Jan 2040 03:04:05 GMT\r\n"},
	    FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies);
	fake_file(&c.home, ".aws/config", 0600, "[profile dev]\nrole_arn = r\nsource_profile = dev\n" KEYS(ACCESS));
	case_ask(&c, "dev");
	CHECK_STR(c.creds.access_key, "ASSUMED");
	CHECK_INT(fake_http_count(&s, "POST "), 2);
	close_with(&c, &s);
}

/* It was not the clock: the same answer again is the reason itself. */
TEST(a_refused_signature_is_not_tried_for_ever)
{
	static const struct fake_reply replies[] = {{"POST", "/", .status = 403,
						     .body = FAILURE("SignatureDoesNotMatch", "Wrong key"),
						     .head = "Date: Mon, 02 Jan 2040 03:04:05 GMT\r\n"},
						    FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies);
	fake_file(&c.home, ".aws/config", 0600, "[profile dev]\nrole_arn = r\nsource_profile = dev\n" KEYS(ACCESS));
	case_ask(&c, "dev");
	CHECK_SAID(&c, ERR_CREDENTIALS, "SignatureDoesNotMatch: Wrong key");
	CHECK_INT(fake_http_count(&s, "POST "), 2);
	close_with(&c, &s);
}

TEST(nonsense_from_sts_is_refused)
{
	static const struct fake_reply replies[] = {{"POST", "/", .body = "<html>Welcome</html>"}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies);
	fake_file(&c.home, ".aws/config", 0600, "[profile dev]\nrole_arn = r\nsource_profile = dev\n" KEYS(ACCESS));
	case_ask(&c, "dev");
	CHECK_SAID(&c, ERR_PROTOCOL, "profile dev: ");
	close_with(&c, &s);
}

/* A process without a controlling terminal cannot be asked. The child has one test only: did it say so? */
TEST(mfa_without_a_terminal_is_an_error)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct creds_case c;
		bool ok;

		setsid();
		case_open(&c);
		fake_file(
		    &c.home, ".aws/config", 0600,
		    "[profile dev]\nrole_arn = r\nsource_profile = dev\nmfa_serial = arn:aws:iam::1:mfa/me\n" KEYS(
			ACCESS));
		case_ask(&c, "dev");
		ok = c.code == ERR_CREDENTIALS && strstr(c.said, "arn:aws:iam::1:mfa/me") &&
		     strstr(c.said, "no terminal to ask at");
		case_close(&c);
		_exit(!ok);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}

/* Asks for the profile "dev" in a process with a terminal of its own; that types `code`. Gives what the terminal
 * showed. */
static void ask_at_terminal(struct creds_case *c, const char *code, char *shown, size_t room, int *status)
{
	size_t n = 0;
	bool typed = false;
	int terminal;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

	if (pid == 0) {
		case_ask(c, "dev");
		fputs(c->said, stdout);
		fflush(stdout);
		_exit(c->creds.access_key ? 0 : 1);
	}
	for (struct pollfd p = {.fd = terminal, .events = POLLIN}; n + 1 < room && poll(&p, 1, 20000) > 0;) {
		ssize_t got = read(terminal, shown + n, room - 1 - n);

		if (got <= 0)
			break;
		n += (size_t)got;
		shown[n] = '\0';
		if (!typed && strstr(shown, "mfa/me: "))
			typed = write(terminal, code, strlen(code)) > 0;
	}
	waitpid(pid, status, 0);
	close(terminal);
}

TEST(mfa_code_is_asked_for_without_echo)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .need = "TokenCode=654321", .body = ANSWER("AssumeRole", "ASSUMED")}, FAKE_END};
	struct creds_case c;
	struct fake_http s;
	char shown[4096] = "";
	int status = -1;

	open_with(&c, &s, replies);
	fake_file(
	    &c.home, ".aws/config", 0600,
	    "[profile dev]\nrole_arn = r\nsource_profile = dev\nmfa_serial = arn:aws:iam::1:mfa/me\n" KEYS(ACCESS));
	ask_at_terminal(&c, "654321\n", shown, sizeof(shown), &status);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK_HAS(shown, "MFA code for arn:aws:iam::1:mfa/me: ");
	CHECK(!strstr(shown, "654321"));
	CHECK_INT(fake_http_count(&s, "SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fme"), 1);
	ask_at_terminal(&c, "oops\n", shown, sizeof(shown), &status);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	CHECK_HAS(shown, "six digits");
	close_with(&c, &s);
}

TEST(web_identity)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .need = "WebIdentityToken=first", .body = ANSWER("AssumeRoleWithWebIdentity", "WEBONE")},
	    {"POST", "/", .need = "WebIdentityToken=second", .body = ANSWER("AssumeRoleWithWebIdentity", "WEBTWO")},
	    FAKE_END};
	struct creds_case c;
	struct fake_http s;
	char *log;

	open_with(&c, &s, replies);
	fake_file(&c.home, "token", 0600, "first\n");
	fake_env(&c.home, "AWS_WEB_IDENTITY_TOKEN_FILE", fake_path(&c.home, "token"));
	fake_env(&c.home, "AWS_ROLE_ARN", ROLE("pod"));
	fake_env(&c.home, "AWS_ROLE_SESSION_NAME", "pod");
	case_ask(&c, NULL);
	CHECK_STR(c.said, "");
	CHECK_STR(c.creds.access_key, "WEBONE");
	CHECK_STR(creds_describe(c.source), "web identity (assumed role " ROLE("pod") ")");
	log = fake_http_log(&s);
	CHECK_HAS(log, "Action=AssumeRoleWithWebIdentity");
	CHECK_HAS(log, "RoleSessionName=pod");
	CHECK(!strcasestr(log, "authorization:"));
	free(log);
	/* The file is read anew. */
	fake_file(&c.home, "token", 0600, "second");
	creds_expire(c.source);
	case_ask_again(&c);
	CHECK_STR(c.creds.access_key, "WEBTWO");
	close_with(&c, &s);
}

TEST(web_identity_of_a_profile)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .need = "role%2Fp", .body = ANSWER("AssumeRoleWithWebIdentity", "WEB")}, FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies);
	fake_file(&c.home, "token", 0600, "x");
	fake_file(&c.home, ".aws/config", 0600,
		  "[profile dev]\nrole_arn = " ROLE("p") "\nweb_identity_token_file = ~/token\n");
	/* An explicit profile does not take the environment's. */
	fake_env(&c.home, "AWS_ROLE_ARN", ROLE("other"));
	case_ask(&c, "dev");
	CHECK_STR(c.creds.access_key, "WEB");
	close_with(&c, &s);
}

TEST(web_identity_errors)
{
	static const struct fake_reply replies[] = {
	    {"POST", "/", .status = 400, .body = FAILURE("IDPCommunicationError", "later"), .times = 1},
	    {"POST", "/", .status = 400, .body = FAILURE("InvalidIdentityToken", "bad token")},
	    FAKE_END};
	struct creds_case c;
	struct fake_http s;

	open_with(&c, &s, replies);
	fake_env(&c.home, "AWS_WEB_IDENTITY_TOKEN_FILE", fake_path(&c.home, "token"));
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "AWS_ROLE_ARN is not set");
	fake_env(&c.home, "AWS_ROLE_ARN", ROLE("pod"));
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "Cannot read the web identity token file");
	fake_file(&c.home, "token", 0600, "TOKENTEXT");
	case_ask(&c, NULL);
	CHECK_SAID(&c, ERR_CREDENTIALS, "InvalidIdentityToken: bad token");
	CHECK(!strstr(c.said, "TOKENTEXT"));
	CHECK_INT(fake_http_count(&s, "POST "), 2);
	close_with(&c, &s);
}

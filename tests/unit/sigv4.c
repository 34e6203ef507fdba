/*
 * The signer against published and independently computed vectors: data/sigv4/vectors.json here, and AWS's own signing
 * test suite where it lies beside the project (../shared/sigv4-vectors, or $BERTH_SIGV4_VECTORS).
 */
#include "tests/unit/sigv4_case.h"
#include "tests/unit/test.h"

#include "base/err.h"

#include <dirent.h>
#include <openssl/sha.h>

#define TIME_2026 1767323045000 /* 2026-01-02T03:04:05Z */

static void hex_of(const char *text, char hex[65])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)text, strlen(text), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* Line `n` (from 0) of text; n < 0 counts from the end. The caller frees. */
static char *line_of(const char *text, int n)
{
	const char *end;

	if (n < 0) {
		n++;
		for (const char *p = text; *p; p++)
			n += *p == '\n';
	}
	for (; n > 0 && strchr(text, '\n'); n--)
		text = strchr(text, '\n') + 1;
	end = strchrnul(text, '\n');
	return strndup(text, (size_t)(end - text));
}

static void check_line(const char *text, int n, const json_t *want)
{
	char *line = line_of(text, n);

	if (want)
		CHECK_STR(line, json_string_value(want));
	free(line);
}

static void check_vector(const json_t *c)
{
	struct sigv4_input in = case_input(c);
	struct sigv4_output out = {0};
	const json_t *want = json_object_get(c, "want");
	const char *has = case_text(want, "canonical_has", NULL), *hash = case_text(want, "canonical_hash", NULL);
	char hex[65];

	REQUIRE(sigv4_sign(&in, &out) == 0);
	hex_of(out.canonical_request, hex);
	if (hash)
		CHECK_STR(hex, hash);
	if (has)
		CHECK_HAS(out.canonical_request, has);
	check_line(out.canonical_request, 1, json_object_get(want, "canonical_uri"));
	check_line(out.canonical_request, 2, json_object_get(want, "canonical_query"));
	check_line(out.canonical_request, -2, json_object_get(want, "signed_headers"));
	check_line(out.canonical_request, -1, json_object_get(want, "body_hash"));
	CHECK_STR(out.signature, case_text(want, "signature", ""));
	CHECK_HAS(out.authorization, out.signature);
	sigv4_release(&out);
}

TEST(own_vectors)
{
	json_error_t e;
	json_t *all = json_load_file("tests/unit/data/sigv4/vectors.json", 0, &e), *c;
	size_t i;

	REQUIRE(json_array_size(all) == 11);
	json_array_foreach (all, i, c) {
		bool before = test_failed;

		test_failed = false;
		check_vector(c);
		if (test_failed)
			test_fail(__FILE__, __LINE__, "vector %s", case_text(c, "name", "?"));
		test_failed |= before;
	}
	json_decref(all);
}

static char *read_text(const char *dir, const char *name, const char *file)
{
	char path[1024], *text = NULL;
	size_t cap = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", dir, name, file);
	f = fopen(path, "r");
	if (!f || getdelim(&text, &cap, EOF, f) < 0) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

/* "Name:value" lines up to the empty one, lines that begin with a blank continue the last; gives the body. */
static char *parse_headers(char *p, json_t *headers)
{
	while (p && *p && *p != '\n') {
		char *end = strchr(p, '\n'), *colon;
		json_t *list;

		while (end && (end[1] == ' ' || end[1] == '\t')) {
			*end = ' ';
			end = strchr(end, '\n');
		}
		if (end)
			*end = '\0';
		colon = strchr(p, ':');
		*colon = '\0';
		list = json_object_get(headers, p);
		if (!list)
			json_object_set_new(headers, p, list = json_array());
		json_array_append_new(list, json_string(colon + 1));
		p = end ? end + 1 : NULL;
	}
	return p && *p ? p + 1 : NULL;
}

static json_t *parse_request(char *text, const json_t *context)
{
	json_t *headers = json_object(), *creds = json_object_get(context, "credentials");
	char *target = strchr(text, ' ') + 1, *end = strchr(target, '\n'), *query, *body;

	end[0] = '\0';
	target[-1] = '\0';
	*strrchr(target, ' ') = '\0';
	query = strchr(target, '?');
	if (query)
		*query++ = '\0';
	body = parse_headers(end + 1, headers);
	return json_pack("{s:s s:s s:s s:o s:s s:O s:O s:O s:O s:O s:O? s:b s:b s:b}", "method", text, "path", target,
			 "query", query ? query : "", "headers", headers, "body", body ? body : "", "access_key",
			 json_object_get(creds, "access_key_id"), "secret_key",
			 json_object_get(creds, "secret_access_key"), "region", json_object_get(context, "region"),
			 "service", json_object_get(context, "service"), "time", json_object_get(context, "timestamp"),
			 "token", json_object_get(creds, "token"), "no_normalize",
			 json_is_false(json_object_get(context, "normalize")), "sign_body_header",
			 json_is_true(json_object_get(context, "sign_body")), "omit_token",
			 json_is_true(json_object_get(context, "omit_session_token")));
}

static void check_published(const char *dir, const char *name)
{
	char *request = read_text(dir, name, "request.txt"), *context = read_text(dir, name, "context.json");
	char *canonical = read_text(dir, name, "header-canonical-request.txt");
	char *to_sign = read_text(dir, name, "header-string-to-sign.txt");
	char *signature = read_text(dir, name, "header-signature.txt");
	json_t *ctx = json_loads(context ? context : "", 0, NULL), *c;
	struct sigv4_output out = {0};
	struct sigv4_input in;

	REQUIRE(request && ctx && canonical && to_sign && signature);
	c = parse_request(request, ctx);
	in = case_input(c);
	REQUIRE(sigv4_sign(&in, &out) == 0);
	CHECK_STR(out.canonical_request, canonical);
	CHECK_STR(out.string_to_sign, to_sign);
	CHECK_STR(out.signature, signature);
	if (test_failed)
		test_fail(__FILE__, __LINE__, "vector %s", name);
	sigv4_release(&out);
	json_decref(c);
	json_decref(ctx);
	free(request);
	free(context);
	free(canonical);
	free(to_sign);
	free(signature);
}

TEST(published_vectors)
{
	const char *env = getenv("BERTH_SIGV4_VECTORS"), *dir = env ? env : "../shared/sigv4-vectors";
	DIR *d = opendir(dir);
	int n = 0;

	if (!d)
		SKIP("AWS's vectors do not lie beside the project");
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.' || strchr(e->d_name, '.'))
			continue;
		check_published(dir, e->d_name);
		n++;
	}
	closedir(d);
	CHECK_INT(n, 38);
}

static int sign_with(json_t *headers, struct sigv4_output *out)
{
	struct sigv4_input in = {.method = "GET",
				 .path = "/",
				 .query = "",
				 .headers = headers,
				 .access_key = EXAMPLE_ACCESS_KEY,
				 .secret_key = EXAMPLE_SECRET_KEY,
				 .region = "us-east-1",
				 .service = "service",
				 .time = TIME_2026};
	int rc = sigv4_sign(&in, out);

	json_decref(headers);
	return rc;
}

TEST(host_is_required)
{
	struct sigv4_output out = {0};

	CHECK_INT(sign_with(json_pack("{s:s}", "content-type", "text/plain"), &out), ERR_INVALID);
	CHECK(out.authorization == NULL);
}

TEST(line_breaks_are_refused)
{
	struct sigv4_output out = {0};

	CHECK_INT(sign_with(json_pack("{s:s s:s}", "host", "h", "x-amz-a", "b\r\nx-evil: 1"), &out), ERR_INVALID);
	CHECK_INT(sign_with(json_pack("{s:s s:s}", "host", "h", "x-amz-a\nx-evil", "b"), &out), ERR_INVALID);
	CHECK_INT(sign_with(json_pack("{s:s s:[s,s]}", "host", "h", "x-amz-a", "ok", "b\n"), &out), ERR_INVALID);
	CHECK(out.authorization == NULL);
}

TEST(hop_by_hop_headers_are_not_signed)
{
	struct sigv4_output out = {0};

	REQUIRE(sign_with(json_pack("{s:s s:s s:s s:s}", "host", "h", "User-Agent", "berth", "Connection", "close",
				    "X-Amzn-Trace-Id", "Root=1"),
			  &out) == 0);
	CHECK_HAS(out.authorization, "SignedHeaders=host;x-amz-date,");
	CHECK_STR(out.amz_date, "20260102T030405Z");
	CHECK(out.content_sha256 == NULL);
	sigv4_release(&out);
}

TEST(a_date_of_the_caller_is_replaced)
{
	struct sigv4_output out = {0};

	REQUIRE(sign_with(json_pack("{s:s s:s}", "host", "h", "X-Amz-Date", "19700101T000000Z"), &out) == 0);
	CHECK_HAS(out.canonical_request, "\nx-amz-date:20260102T030405Z\n");
	CHECK(!strstr(out.canonical_request, "1970"));
	sigv4_release(&out);
}

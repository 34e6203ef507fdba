#include "tests/unit/test.h"

#include "base/dotenv.h"
#include "base/err.h"

#include <string.h>

static void check_parsed(const char *text, const char *want)
{
	struct diag d = {0};
	json_t *have = NULL;

	CHECK_INT(dotenv_parse(text, strlen(text), "f", &have, &d), 0);
	CHECK_JSON(have, want);
	CHECK_INT(d.n, 0);
	json_decref(have);
	diag_release(&d);
}

static void check_refused(const char *text, size_t n, int line, const char *part)
{
	struct diag d = {0};
	json_t *have = NULL;

	CHECK_INT(dotenv_parse(text, n, "f", &have, &d), ERR_INVALID);
	CHECK(have == NULL);
	REQUIRE(d.n == 1);
	CHECK_INT(d.item[0].pos.line, line);
	CHECK_HAS(d.item[0].text, part);
	CHECK(!strstr(d.item[0].text, "hidden"));
	CHECK(!d.item[0].source);
	diag_release(&d);
}

TEST(bare_values)
{
	check_parsed("", "{}");
	check_parsed("A=1\nB = two words \t\r\n\n# no\n  export C=#x\nexport=5", /* a name may be "export" */
		     "{\"A\": \"1\", \"B\": \"two words\", \"C\": \"\", \"export\": \"5\"}");
	check_parsed("U=postgres://u:p@h/d?x=1#frag # where\n", "{\"U\": \"postgres://u:p@h/d?x=1#frag\"}");
	check_parsed("A=\nA=2\n", "{\"A\": \"2\"}");
	check_parsed("\xef\xbb\xbf"
		     "A=$HOME\\n",
		     "{\"A\": \"$HOME\\\\n\"}");
}

TEST(quoted_values)
{
	check_parsed("A='a \"b\" \\n $c'  # x\n", "{\"A\": \"a \\\"b\\\" \\\\n $c\"}");
	check_parsed("A=\"a\\nb\\t\\\"\\\\\\$x\\q\"", "{\"A\": \"a\\nb\\t\\\"\\\\$x\\\\q\"}");
	check_parsed("K=\"-----BEGIN\nabc\n-----END\"\nB=1\n",
		     "{\"K\": \"-----BEGIN\\nabc\\n-----END\", \"B\": \"1\"}");
	check_parsed("A=''\nB=\"\"", "{\"A\": \"\", \"B\": \"\"}");
}

TEST(what_is_none_is_refused_with_its_line_and_without_its_text)
{
	check_refused("A=1\nhidden\n", 11, 2, "no NAME=VALUE");
	check_refused("1A=hidden", 9, 1, "no NAME=VALUE");
	check_refused("A=\"x\ny\"\nB='hidden\n\n", 19, 3, "never closed");
	check_refused("A='x' hidden", 12, 1, "behind the closing quote");
	check_refused("A=\xff\xfehidden", 10, 1, "UTF-8");
	check_refused("A=hid\0den", 9, 0, "zero byte");
	check_refused("=hidden", 7, 1, "no NAME=VALUE");
}

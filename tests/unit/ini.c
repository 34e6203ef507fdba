#include "tests/unit/test.h"

#include "base/err.h"
#include "providers/config.h"

static void check_parsed(const char *text, const char *want)
{
	struct diag d = {0};
	json_t *have = NULL;

	CHECK_INT(ini_parse(text, strlen(text), "f", &have, &d), 0);
	CHECK_JSON(have, want);
	CHECK_INT(d.n, 0);
	json_decref(have);
	diag_release(&d);
}

static void check_refused(const char *text, size_t n, int line, const char *part)
{
	struct diag d = {0};
	json_t *have = NULL;

	CHECK_INT(ini_parse(text, n, "f", &have, &d), ERR_INVALID);
	CHECK(have == NULL);
	REQUIRE(d.n == 1);
	CHECK_INT(d.item[0].pos.line, line);
	CHECK_STR(d.item[0].pos.file, "f");
	CHECK_HAS(d.item[0].text, part);
	diag_release(&d);
}

TEST(sections_and_keys)
{
	check_parsed("", "{}");
	check_parsed("[default]\naws_access_key_id=A\naws_secret_access_key = b/c+d=\n"
		     "[profile dev]\nregion\t=\teu-west-1",
		     "{\"default\": {\"aws_access_key_id\": \"A\", \"aws_secret_access_key\": \"b/c+d=\"},"
		     " \"profile dev\": {\"region\": \"eu-west-1\"}}");
}

TEST(carriage_returns_and_byte_order_mark)
{
	check_parsed("\xef\xbb\xbf[a]\r\nk = v\r\n\r\n", "{\"a\": {\"k\": \"v\"}}");
}

TEST(comments)
{
	check_parsed("# one\n ; two\n[a] # three\nk = v # four\nl = x#y;z\nm = v ; five\nn = # nothing\n",
		     "{\"a\": {\"k\": \"v\", \"l\": \"x#y;z\", \"m\": \"v\", \"n\": \"\"}}");
}

TEST(names_of_sections_are_normalised)
{
	check_parsed("[  profile \t dev ]\n[profile \"a b\"]\n[sso-session 'x']\n",
		     "{\"profile dev\": {}, \"profile a b\": {}, \"sso-session x\": {}}");
}

TEST(keys_are_lower_case)
{
	check_parsed("[a]\nRegion = US\n", "{\"a\": {\"region\": \"US\"}}");
}

TEST(repeated_sections_merge_and_the_last_value_counts)
{
	check_parsed("[a]\nk = 1\nl = 2\n[b]\n[a]\nk = 3\n", "{\"a\": {\"k\": \"3\", \"l\": \"2\"}, \"b\": {}}");
}

TEST(nested_keys)
{
	check_parsed("[services x]\nec2 =\n  endpoint_url = http://a\n\n  # comment\n  other = b\n"
		     "s3 = \n\tendpoint_url = http://c\nk = v\n",
		     "{\"services x\": {\"ec2\": {\"endpoint_url\": \"http://a\", \"other\": \"b\"},"
		     " \"s3\": {\"endpoint_url\": \"http://c\"}, \"k\": \"v\"}}");
}

TEST(indented_lines_continue_a_value)
{
	check_parsed("[a]\nk = one\n  two\n", "{\"a\": {\"k\": \"one\\ntwo\"}}");
}

TEST(a_whole_indented_section_is_not_nested)
{
	check_parsed("[a]\n  k = 1\n  l = 2\n", "{\"a\": {\"k\": \"1\", \"l\": \"2\"}}");
}

TEST(malformed_lines_are_refused_with_their_place)
{
	check_refused("[a]\nnonsense\n", 13, 2, "key = value");
	check_refused("k = v\n", 6, 1, "before the first [section]");
	check_refused("\n[a\n", 4, 2, "closing bracket");
	check_refused("[]\n", 3, 1, "no name");
	check_refused("[a] b\n", 6, 1, "Only a comment");
	check_refused("[a]\n= v\n", 8, 2, "no key");
	check_refused("[a]\ns3 =\n  nonsense\n", 20, 3, "key = value");
}

TEST(bytes_that_are_no_text_are_refused)
{
	check_refused("[a]\nk = \xff\n", 10, 2, "UTF-8");
	check_refused("[a]\nk = \0v\n", 11, 2, "UTF-8");
}

TEST(large_files_are_refused)
{
	size_t n = ((size_t)1 << 20) + 1;
	char *text = malloc(n);

	memset(text, '\n', n);
	check_refused(text, n, 0, "1 MiB");
	free(text);
}

TEST(messages_do_not_quote_the_file)
{
	const char *text = "[a]\nEXAMPLEKEY\n";
	struct diag d = {0};
	json_t *have = NULL;

	CHECK_INT(ini_parse(text, strlen(text), "f", &have, &d), ERR_INVALID);
	REQUIRE(d.n == 1);
	CHECK(!strstr(d.item[0].text, "EXAMPLEKEY"));
	CHECK(d.item[0].source == NULL);
	diag_release(&d);
}

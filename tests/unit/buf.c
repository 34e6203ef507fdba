#include "base/buf.h"
#include "base/err.h"
#include "tests/unit/test.h"

TEST(empty_buffer_is_empty_text)
{
	struct buf b = BUF(10);
	char *s;

	CHECK_STR(buf_str(&b), "");
	s = buf_take(&b);
	CHECK_STR(s, "");
	free(s);
	buf_release(&b);
}

TEST(appends_in_order)
{
	struct buf b = BUF(1000);
	char *s;

	buf_adds(&b, "one ");
	buf_add(&b, "two three", 3);
	buf_addc(&b, ' ');
	buf_addf(&b, "%d-%s", 3, "four");
	CHECK_STR(buf_str(&b), "one two 3-four");
	CHECK_INT(b.n, 14);
	CHECK_INT(b.err, 0);
	s = buf_take(&b);
	CHECK_STR(s, "one two 3-four");
	CHECK_STR(buf_str(&b), "");
	free(s);
	buf_release(&b);
}

TEST(grows_over_many_appends)
{
	struct buf b = BUF(100000);

	for (int i = 0; i < 100000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	CHECK_INT(b.n, 100000);
	CHECK_INT(b.p[99999], 'a' + 99999 % 26);
	CHECK_INT(b.p[100000], 0);
	buf_release(&b);
}

TEST(limit_is_exact_and_sticky)
{
	struct buf b = BUF(4);

	buf_adds(&b, "abcd");
	CHECK_INT(b.err, 0);
	buf_addc(&b, 'e');
	CHECK_INT(b.err, ERR_QUOTA);
	CHECK_STR(buf_str(&b), "abcd");
	buf_reset(&b);
	CHECK_STR(buf_str(&b), "");
	buf_release(&b);

	b = (struct buf)BUF(4);
	buf_adds(&b, "abcde");
	CHECK_INT(b.err, ERR_QUOTA);
	buf_addc(&b, 'x');
	CHECK_STR(buf_str(&b), "");
	buf_release(&b);
}

TEST(formatted_text_beyond_the_limit_adds_nothing)
{
	struct buf b = BUF(8);

	buf_addf(&b, "%s", "12345678");
	CHECK_INT(b.err, 0);
	buf_addf(&b, "%d", 9);
	CHECK_INT(b.err, ERR_QUOTA);
	CHECK_STR(buf_str(&b), "12345678");
	buf_release(&b);
}

TEST(uri_encoding_is_rfc_3986)
{
	static const char in[] = "AZaz09-._~ /+%\xc3\xa9";
	struct buf b = BUF(1000);

	buf_add_uri(&b, in, sizeof(in) - 1, false);
	CHECK_STR(buf_str(&b), "AZaz09-._~%20%2F%2B%25%C3%A9");
	buf_reset(&b);
	buf_add_uri(&b, in, sizeof(in) - 1, true);
	CHECK_STR(buf_str(&b), "AZaz09-._~%20/%2B%25%C3%A9");
	buf_release(&b);
}

TEST(hex_is_lower_case)
{
	struct buf b = BUF(1000);

	buf_add_hex(&b, "\x00\xff\x1a", 3);
	CHECK_STR(buf_str(&b), "00ff1a");
	buf_wipe(&b);
	CHECK_STR(buf_str(&b), "");
}

TEST(keeps_nul_bytes)
{
	struct buf b = BUF(100);

	buf_add(&b, "a\0b", 3);
	CHECK_INT(b.n, 3);
	CHECK_INT(memcmp(b.p, "a\0b", 4), 0);
	buf_release(&b);
}

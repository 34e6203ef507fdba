#include "spec/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Length of the well-formed sequence at p, 0 if it is none. RFC 3629: no overlong forms, no surrogates. */
static size_t sequence(const unsigned char *p, size_t n, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : 4;
	uint32_t c;

	if (len == 1) {
		*ret = p[0];
		return 1;
	}
	if (len > n || (len == 4 && (p[0] & 0xf8) != 0xf0))
		return 0;
	c = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

/* Characters that no spec needs, and why they are refused; anything may hide behind them. */
static const struct range {
	uint32_t first, last;
	const char *why;
} unwanted[] = {
    {0x00, 0x00, "it holds a zero byte (is it UTF-16?)"},
    {0x01, 0x08, "it holds a control character"},
    {0x0b, 0x0c, "it holds a control character"},
    {0x0e, 0x1f, "it holds a control character"},
    {0x7f, 0x9f, "it holds a control character"},
    {0x2028, 0x2029, "it holds a Unicode line separator"},
    /* They make a line look other than it is. */
    {0x202a, 0x202e, "it holds a character that turns the direction of writing"},
    {0x2066, 0x2069, "it holds a character that turns the direction of writing"},
    {0xfeff, 0xfeff, "it holds a byte order mark"},
    {0xfffe, 0xffff, "it holds what is no character"},
};

static const char *why_unwanted(uint32_t c)
{
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(*unwanted); i++)
		if (c >= unwanted[i].first && c <= unwanted[i].last)
			return unwanted[i].why;
	return NULL;
}

size_t utf8_text_error(const char *s, size_t n, const char **ret_why)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c;

	for (size_t i = 0, len; i < n; i += len) {
		len = sequence(p + i, n - i, &c);
		*ret_why = len ? why_unwanted(c) : "a byte is not UTF-8";
		if (*ret_why)
			return i;
	}
	*ret_why = NULL;
	return n;
}

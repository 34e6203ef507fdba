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

static const char *unwanted(uint32_t c)
{
	if (c == 0)
		return "it holds a zero byte (is it UTF-16?)";
	if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0))
		return "it holds a control character";
	if (c == 0x2028 || c == 0x2029)
		return "it holds a Unicode line separator";
	/* They make a line look other than it is. */
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return "it holds a character that turns the direction of writing";
	if (c == 0xfeff || c == 0xfffe || c == 0xffff)
		return "it holds a byte order mark";
	return NULL;
}

size_t utf8_text_error(const char *s, size_t n, const char **ret_why)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c;

	for (size_t i = 0, len; i < n; i += len) {
		len = sequence(p + i, n - i, &c);
		*ret_why = len ? unwanted(c) : "a byte is not UTF-8";
		if (*ret_why)
			return i;
	}
	*ret_why = NULL;
	return n;
}

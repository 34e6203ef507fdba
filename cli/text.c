/* Text from AWS, files and users, made fit for a terminal; colours. */
#include "base/buf.h"
#include "cli/cli.h"
#include "spec/utf8.h"

#include <string.h>

const char *paint_on(bool color, enum paint p)
{
	static const char *const code[] = {
	    [PAINT_NONE] = "",         [PAINT_BOLD] = "\033[1m",   [PAINT_DIM] = "\033[2m",
	    [PAINT_RED] = "\033[31m",  [PAINT_GREEN] = "\033[32m", [PAINT_YELLOW] = "\033[33m",
	    [PAINT_CYAN] = "\033[36m",
	};

	return color ? code[p] : "";
}

const char *paint_off(bool color)
{
	return color ? "\033[0m" : "";
}

char *printable(const char *s)
{
	struct buf b = BUF(BUF_TEXT_MAX);
	size_t n = strlen(s);
	const char *why = "";

	while (why) {
		size_t good = utf8_text_error(s, n, &why);
		unsigned char c = (unsigned char)s[good];

		for (size_t i = 0; i < good; i++) {
			if (s[i] == '\n' || s[i] == '\r')
				buf_addf(&b, "^%c", s[i] ^ 0x40);
			else
				buf_addc(&b, s[i]);
		}
		if (why && (c < 0x20 || c == 0x7f))
			buf_addf(&b, "^%c", c ^ 0x40);
		else if (why)
			buf_addf(&b, "\\x%02x", c);
		s += good + (why ? 1 : 0);
		n -= good + (why ? 1 : 0);
	}
	return buf_take(&b);
}

/* Bytes of the character at s. */
static size_t character(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Many scripts from U+1100 on take two columns; where they take one, a line is cut early, but never wraps. */
static size_t columns_of(const char *s)
{
	return (unsigned char)*s >= 0xe1 ? 2 : 1;
}

size_t text_columns(const char *s)
{
	size_t columns = 0;

	for (; *s; s += character(s))
		columns += columns_of(s);
	return columns;
}

void text_cut(char *s, size_t columns)
{
	size_t used = 0;

	for (; *s; s += character(s)) {
		used += columns_of(s);
		if (used > columns) {
			*s = '\0';
			return;
		}
	}
}

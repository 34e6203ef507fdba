#include "base/buf.h"
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hex_upper[] = "0123456789ABCDEF";
static const char hex_lower[] = "0123456789abcdef";

/* Growing moves the bytes; the old copy is wiped because any buffer may hold a secret. */
static bool reserve(struct buf *b, size_t more)
{
	size_t want = b->n + more + 1;
	size_t cap = b->cap ? b->cap : 64;
	char *p;

	if (b->err)
		return false;
	if (more > b->max || b->n > b->max - more) {
		b->err = ERR_QUOTA;
		return false;
	}
	if (want <= b->cap)
		return true;
	while (cap < want)
		cap *= 2;
	p = xcalloc(cap, 1);
	if (b->p)
		memcpy(p, b->p, b->n);
	wiping_free(b->p);
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (!reserve(b, n))
		return;
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n >= 0 && reserve(b, (size_t)n)) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	       c == '_' || c == '~';
}

void buf_add_uri(struct buf *b, const char *s, size_t n, bool keep_slash)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (is_unreserved(c) || (keep_slash && c == '/')) {
			buf_addc(b, (char)c);
		} else {
			char esc[3] = {'%', hex_upper[c >> 4], hex_upper[c & 15]};
			buf_add(b, esc, sizeof(esc));
		}
	}
}

void buf_add_hex(struct buf *b, const void *p, size_t n)
{
	const unsigned char *u = p;

	for (size_t i = 0; i < n; i++) {
		buf_addc(b, hex_lower[u[i] >> 4]);
		buf_addc(b, hex_lower[u[i] & 15]);
	}
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->err = 0;
	if (b->p)
		b->p[0] = '\0';
}

char *buf_take(struct buf *b)
{
	char *p = b->p ? b->p : xstrdup("");

	b->p = NULL;
	b->n = b->cap = 0;
	b->err = 0;
	return p;
}

void buf_release(struct buf *b)
{
	wiping_free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
	b->err = 0;
}

void buf_wipe(struct buf *b)
{
	buf_release(b);
}

const char *buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}

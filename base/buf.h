/*
 * buf - a growing byte buffer with a stated maximum and a sticky error.
 *
 * Append without checks, look at `err` once at the end. `p` is always
 * terminated by a NUL that `n` does not count, so text may be used as a string.
 * struct buf b = BUF(limit); ... buf_release(&b).
 */
#pragma once

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *p;    /* NULL until the first append */
	size_t n;   /* bytes used */
	size_t cap; /* bytes allocated */
	size_t max; /* appends beyond this many bytes fail with ERR_QUOTA and add nothing */
	int err;    /* first error, 0 if none */
};

#define BUF_TEXT_MAX ((size_t)16 << 20)
#define BUF(limit)             \
	{                      \
		.max = (limit) \
	}

void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* Appends s percent-encoded by RFC 3986 (unreserved characters stay, space is %20); '/' stays if keep_slash. */
void buf_add_uri(struct buf *b, const char *s, size_t n, bool keep_slash);
/* Lower-case hex of n bytes. */
void buf_add_hex(struct buf *b, const void *p, size_t n);
/* Empties it and keeps the memory. */
void buf_reset(struct buf *b);
/* Hands the text over (never NULL); the buffer is empty afterwards. The caller frees. */
char *buf_take(struct buf *b);
/* The bytes are overwritten: any buffer may have held a secret. */
void buf_release(struct buf *b);
/* The same; says at its place that there is a secret for sure. */
void buf_wipe(struct buf *b);
/* The text so far, "" if none. */
const char *buf_str(const struct buf *b);

/*
 * mem - allocation that cannot fail to the caller, and cleanup on scope exit.
 *
 * berth is a program, not a library: without memory it stops in one place, and
 * the promise that it may be killed anywhere covers that case too. Every input
 * has a size limit instead (see the readers).
 */
#pragma once

#include <stddef.h>

#define CLEANUP(f) __attribute__((cleanup(f)))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NONNULL __attribute__((nonnull))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);

/* For CLEANUP(): frees what a local points at. */
void freep(void *pp);

/* Grows an array of `*cap` elements so that it holds at least `need`. */
void *grow(void *p, size_t *cap, size_t need, size_t size);

/* Overwrites a secret; the compiler may not drop it. NULL and 0 are fine. */
void wipe(void *p, size_t n);
/* Wipes and frees a string that held a secret. */
void wipe_str(char *s);
void wipe_strp(char **sp);

/*
 * For libraries that secrets pass through (JSON, HTTP, TLS, XML): what is given back is overwritten first, and growing
 * leaves no copy behind. wiping_realloc() takes memory of malloc(), NULL if there is none left.
 */
void *wiping_realloc(void *p, size_t n);
void wiping_free(void *p);

/* A broken invariant of ours: says where and aborts. AWS, users and disks never cause it. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...) PRINTF(3, 4);

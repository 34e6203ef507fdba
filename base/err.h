/*
 * err - the one set of error codes of the program.
 *
 * A function that may fail returns 0 or one of these, negative. What the user
 * reads is never the code but the sentences in a `struct diag` (diag.h); the
 * code decides what the program does next and which exit status it ends with.
 */
#pragma once

#define ERR_LIST(X)                                 \
	X(INVALID, "invalid input")                 \
	X(USAGE, "wrong usage")                     \
	X(REFUSED, "refused")                       \
	X(STALE, "the plan no longer fits")         \
	X(DENIED, "permission denied by AWS")       \
	X(CREDENTIALS, "no usable credentials")     \
	X(NETWORK, "network failure")               \
	X(TRANSIENT, "AWS failed for the moment")   \
	X(THROTTLED, "throttled by AWS")            \
	X(SKEW, "the clock is wrong")               \
	X(ABSENT, "no such object")                 \
	X(CLASH, "an object of that name exists")   \
	X(BUSY, "the object is in use or changing") \
	X(QUOTA, "an AWS quota is reached")         \
	X(AWS, "refused by AWS")                    \
	X(TIMEOUT, "took too long")                 \
	X(PROTOCOL, "the answer makes no sense")    \
	X(IO, "input or output failed")             \
	X(LOCKED, "locked by another process")      \
	X(CORRUPT, "damaged data")                  \
	X(CANCELLED, "interrupted")                 \
	X(FAILED, "failed")

enum err {
	ERR_OK = 0,
	ERR_BASE_ = -1024, /* below errno and curl codes, so that a mix-up shows */
#define X(name, text) ERR_##name,
	ERR_LIST(X)
#undef X
};

/* A short English phrase for a code; "unknown error" for anything else. */
const char *err_text(int code);

/*
 * sigv4 - AWS Signature Version 4, header form.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * A pure function of request, credentials and time. Every service but S3 signs
 * the normalised, twice-encoded path; S3 the path as it is sent.
 */
#pragma once

#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct sigv4_input {
	const char *method;
	const char *path;      /* as sent, begins with '/' */
	const char *query;     /* as sent, without '?', may be "" */
	const json_t *headers; /* name -> text, or name -> array of texts for a repeated header; must hold "host"; all
				  but the never-signed ones are signed */
	const void *body;
	size_t body_len;
	const char *access_key, *secret_key, *token; /* token may be NULL */
	const char *region, *service;
	int64_t time;          /* ms since 1970 */
	bool s3;               /* S3's path rules, and x-amz-content-sha256 */
	bool sign_body_header; /* x-amz-content-sha256 for other services too (test vectors) */
	bool no_normalize;     /* leave . .. and // in the path (test vectors) */
	bool omit_token;       /* add the session token after signing (test vectors) */
};

/* Headers to add to the request, all new texts; and the intermediate results, for tests and traces. */
struct sigv4_output {
	char *amz_date, *authorization, *content_sha256 /* or NULL */;
	char *canonical_request, *string_to_sign, *signature;
};

/* 0, or ERR_INVALID if headers lack host or hold a line break. Intermediate keys are wiped. */
int sigv4_sign(const struct sigv4_input *in, struct sigv4_output *ret);
void sigv4_release(struct sigv4_output *out);

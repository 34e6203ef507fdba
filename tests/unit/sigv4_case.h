/*
 * sigv4_case - a signing request as JSON, for the vectors and for the comparison with another signer.
 *
 * {"method", "path", "query", "headers": {name: text or [text, ..]}, "body", "region", "service", "token", "time"
 * (2026-01-02T03:04:05Z), "s3", "sign_body_header", "no_normalize", "omit_token", "access_key", "secret_key"}
 */
#pragma once

#include "providers/sigv4.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXAMPLE_ACCESS_KEY "AKIDEXAMPLE"
#define EXAMPLE_SECRET_KEY "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static inline const char *case_text(const json_t *c, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(c, key));

	return text ? text : otherwise;
}

/* Borrows from the case. */
static inline struct sigv4_input case_input(const json_t *c)
{
	struct tm tm = {0};

	strptime(case_text(c, "time", "1970-01-01T00:00:00Z"), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return (struct sigv4_input){
	    .method = case_text(c, "method", "GET"),
	    .path = case_text(c, "path", "/"),
	    .query = case_text(c, "query", ""),
	    .headers = json_object_get(c, "headers"),
	    .body = case_text(c, "body", ""),
	    .body_len = strlen(case_text(c, "body", "")),
	    .access_key = case_text(c, "access_key", EXAMPLE_ACCESS_KEY),
	    .secret_key = case_text(c, "secret_key", EXAMPLE_SECRET_KEY),
	    .token = case_text(c, "token", NULL),
	    .region = case_text(c, "region", "us-east-1"),
	    .service = case_text(c, "service", "service"),
	    .time = (int64_t)timegm(&tm) * 1000,
	    .s3 = json_is_true(json_object_get(c, "s3")),
	    .sign_body_header = json_is_true(json_object_get(c, "sign_body_header")),
	    .no_normalize = json_is_true(json_object_get(c, "no_normalize")),
	    .omit_token = json_is_true(json_object_get(c, "omit_token")),
	};
}

/*
 * policy - when two IAM policy documents say the same.
 *
 * AWS keeps documents mostly as they were sent, but what was sent differs in
 * ways that mean nothing: one statement or a list of one, a word or a list of
 * one word, an account's number or the ARN of its root. What does differ in
 * meaning stays a difference; so does a principal that AWS turned into an
 * "AROA…" id because its role was deleted: that trust is broken.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Do two documents (parsed) say the same? */
bool policy_equal(const json_t *want, const json_t *have);
/* New text with each %XX decoded; malformed ones stay as they are. */
char *policy_percent_decode(const char *s);

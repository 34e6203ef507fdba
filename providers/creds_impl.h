/*
 * creds_impl - what the credential sources share; for creds*.c only.
 */
#pragma once

#include "base/buf.h"
#include "base/http.h"
#include "providers/creds.h"

/* A copy of ask with its texts; one block, the caller frees. For sources that answer later. */
struct creds_ask *creds_ask_copy(const struct creds_ask *ask);
/* The one way to answer: calls ask->done, then releases d. creds is taken over; d may be empty. */
void creds_answer(const struct creds_ask *ask, int err, struct creds *creds, struct diag *d);
/* Environment variables count for the profile of the run only, and not if that was given on the command line. */
bool creds_env_counts(const struct creds_ask *ask);
/* Wipes and frees; NULL is fine. */
void creds_drop(struct creds *c);
struct creds *creds_copy(const struct creds *c);

/*
 * New credentials, or NULL after appending: both keys must be there, and none may hold what cannot stand in a header.
 * token and account may be NULL; source is static text.
 */
struct creds *creds_make(const char *access_key, const char *secret_key, const char *token, const char *account,
			 int64_t expires, const char *source, struct diag *d);

/* Names of the members of a JSON object; account may be NULL. */
struct creds_names {
	const char *access_key, *secret_key, *token, *expires, *account;
};
/* As creds_make, from an object. `expires` is ISO 8601 text or ms since 1970. */
struct creds *creds_from_json(const json_t *v, const struct creds_names *names, const char *source, struct diag *d);

/* ISO 8601 with zone ("2026-01-02T03:04:05Z", "...05.1+00:00", the old "...05UTC") -> ms since 1970; -1: no such time.
 */
int64_t creds_time(const char *text);
/* The reverse, in UTC and whole seconds; out has room for 21. */
void creds_time_text(int64_t ms, char *out);

/* The text of a small file without the final line breaks; the caller wipes. NULL after appending. */
char *creds_read_file(const char *path, const char *what, struct diag *d);

/* True if one of the two files has an access key or a secret key for the profile. */
bool creds_has_static(const struct aws_config *c, const char *profile);
/* True if the credentials file has. */
bool creds_in_credentials_file(const struct aws_config *c, const char *profile);
/* True if the profile is to assume a role on behalf of other credentials. */
bool creds_has_role(const struct aws_config *c, const char *profile);

/*
 * Asks the sources of a list (ends with NULL) one after the other; those that are not configured (ERR_ABSENT) are
 * passed over. If all are, the answer is ERR_CREDENTIALS and a note for each, with its reason.
 */
void creds_chain(const struct creds_provider *const *list, const struct creds_ask *ask);

/* An HTTP exchange that is repeated, with growing pauses, on network failures, 429 and 5xx. Copied. */
struct creds_exchange {
	const char *method, *url;
	const json_t *headers;
	const char *body;
	size_t body_len;
	const char *ca_bundle;
	unsigned tries;         /* in all; 0: 3 */
	int64_t timeout_ms;     /* of one try, connecting included; 0: 10 s */
	unsigned flags;         /* enum http_flags; HTTP_SECRET is always on */
	const char *retry_code; /* a word in the body of an error answer that is worth another try, or NULL */
};
void creds_http(struct loop *l, const struct creds_exchange *x, void (*done)(void *arg, struct http_answer *answer),
		void *arg);
/* The JSON object in an answer's body, NULL if it is none; the caller json_wipe()s. */
json_t *creds_body(const struct http_answer *answer);

/* Calls `action` of STS for ask, signed by signer or not at all (NULL). done takes creds over; d is borrowed. */
struct creds_sts_call {
	const char *action;
	const json_t *params;
	const struct creds *signer;
	const char *source; /* of the credentials made */
};
void creds_sts(const struct creds_ask *ask, const struct creds_sts_call *call,
	       void (*done)(void *arg, int err, struct creds *creds, struct diag *d), void *arg);

/* Asks at the terminal, without echo, for the code of an MFA device; the caller wipes. NULL after appending. */
char *creds_mfa_code(const char *device, struct diag *d);

/* Splits like a POSIX shell: blanks, quotes, backslashes; nothing is expanded. NULL-terminated; NULL if unbalanced. */
char **creds_split(const char *command);
void creds_split_free(char **words);

/* The URL of the container's credentials, new; NULL: err is ERR_ABSENT or another after appending. */
char *creds_container_url(const struct aws_env *env, int *ret_err, struct diag *d);

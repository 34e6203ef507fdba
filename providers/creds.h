/*
 * creds - the credential chain, asynchronous and refreshed before expiry.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 *
 * One file per source (creds_env.c, creds_profile.c, creds_sso.c, creds_web.c,
 * creds_process.c, creds_container.c, creds_imds.c), each ending in one const
 * struct creds_provider; creds.c holds the order and the refresh.
 */
#pragma once

#include "base/diag.h"
#include "base/loop.h"
#include "providers/config.h"

#include <stdint.h>

struct creds {
	char *access_key, *secret_key, *token; /* token may be NULL */
	char *account;                         /* if the source knows it, else NULL */
	int64_t expires;                       /* ms since 1970; 0: never */
	const char *source; /* static text: "environment", "profile x (SSO)" is composed by creds_describe() */
};
void creds_wipe(struct creds *c);

struct creds_source;

/* config is borrowed and must outlive it. region: for STS and SSO calls, may be NULL. */
struct creds_source *creds_new(struct loop *l, const struct aws_config *config, const char *region);
void creds_free(struct creds_source *s);

/*
 * Gives usable credentials: at once from the cache, or after asking the chain. done gets NULL and the errors of every
 * source tried if there are none. `creds` is borrowed for the time of the call. Concurrent askers share one refresh.
 */
void creds_get(struct creds_source *s, void (*done)(void *arg, const struct creds *creds, const struct diag *errors),
	       void *arg);
/* Forgets the cache after AWS called the credentials expired or invalid: the next creds_get() asks anew. */
void creds_expire(struct creds_source *s);
/* Where they come from, for messages: "profile dev (assumed role arn:…)"; "" before the first success. */
const char *creds_describe(const struct creds_source *s);

/* A source. start() must call done exactly once (possibly at once); ret_creds is taken over on success. */
struct creds_ask {
	struct loop *loop;
	const struct aws_config *config;
	const char *profile; /* the one being resolved (differs for source_profile) */
	const char *region;
	void (*done)(void *arg, int err, struct creds *creds,
		     struct diag *d); /* ERR_ABSENT: not configured, try the next */
	void *arg;
};
struct creds_provider {
	const char *name;                           /* "environment" */
	void (*start)(const struct creds_ask *ask); /* copies what it keeps */
};
extern const struct creds_provider creds_env, creds_profile, creds_web, creds_sso, creds_process, creds_static,
    creds_container, creds_imds;

/*
 * creds_sso - what the two files of the SSO source share.
 */
#pragma once

#include "providers/creds_impl.h"

/* Texts are borrowed from the configuration. */
struct sso_profile {
	const char *session; /* name of the sso-session, or the start URL in the old form: names the cached token */
	const char *region, *account, *role;
};

/* Tells how to log in again; returns ERR_CREDENTIALS. */
int sso_login_hint(struct diag *d, const char *profile);

/*
 * A valid access token, from the cache or renewed. ask and p are borrowed until done(arg, 0, token, d) or
 * done(arg, err, NULL, d); the token is borrowed for the call, and done takes over what is in d.
 */
void sso_token(const struct creds_ask *ask, const struct sso_profile *p,
	       void (*done)(void *arg, int err, const char *token, struct diag *d), void *arg);

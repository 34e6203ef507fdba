/*
 * session - what one command works with: who we are, where AWS is, and how to ask it.
 *
 * Lifecycle: session_open (files and environment only), session_identify (the
 * first call: STS), then reads and writes, session_close.
 */
#pragma once

#include "base/diag.h"
#include "base/loop.h"
#include "providers/bind.h"
#include "providers/call.h"
#include "providers/config.h"
#include "providers/creds.h"

struct session {
	struct loop *loop;
	struct aws_config config;
	struct creds_source *creds;
	struct client *client;
	char *app, *env, *prefix;
	char *region, *account, *partition, *dns_suffix, *caller; /* account and below after session_identify() */
	char now[16];                                             /* YYYYMMDDHHMMSS of the start, UTC */
	bool identified;
};

struct session_options {
	const char *app, *env, *prefix, *region; /* region: the spec's; it wins over the configuration's */
	const char *profile;                     /* command line, or NULL */
	const struct aws_env *process_env;       /* NULL: the real one */
};

int session_open(struct session *s, const struct session_options *options, struct diag *d);
/* Asks STS who we are; refuses another account than `account` (NULL: any) with ERR_REFUSED. */
int session_identify(struct session *s, const char *account, struct diag *d);
void session_close(struct session *s);
/* Context for the tables' texts; `address` may be NULL. */
struct bind_ctx session_ctx(const struct session *s, const char *address);

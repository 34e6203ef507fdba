#include "base/err.h"
#include "providers/creds_impl.h"

#include <stdlib.h>
#include <string.h>

#define MINUTES(n) (INT64_C(60000) * (n))

/* Time before expiry from which on new credentials are tried for, and from which on the old ones no longer do. */
#define ADVISORY_MS MINUTES(15)
#define MANDATORY_MS MINUTES(10)
/* Between two tries for new credentials while the old ones still do. */
#define PAUSE_MS MINUTES(1)

struct waiter {
	void (*done)(void *arg, const struct creds *creds, const struct diag *errors);
	void *arg;
};

/* One run of the chain. It outlives the source if that goes first. */
struct refresh {
	struct creds_source *source; /* NULL: nobody waits any more */
};

struct creds_source {
	struct loop *loop;
	const struct aws_config *config;
	char *region;
	struct creds *creds;         /* NULL before the first success */
	int64_t advisory, mandatory; /* moments (real clock) of this set of credentials; INT64_MAX: never */
	int64_t tried;               /* moment of the last try that failed */
	bool stale;                  /* AWS called them expired */
	struct refresh *refresh;
	struct waiter *waiters;
	size_t n, cap;
	char *description;
};

static const struct creds_provider *const in_order[] = {&creds_env,       &creds_profile, &creds_web,
							&creds_sso,       &creds_process, &creds_static,
							&creds_container, &creds_imds,    NULL};

struct creds_source *creds_new(struct loop *l, const struct aws_config *config, const char *region)
{
	struct creds_source *s = xcalloc(1, sizeof(*s));

	*s = (struct creds_source){.loop = l,
				   .config = config,
				   .region = region ? xstrdup(region) : NULL,
				   .tried = INT64_MIN / 2,
				   .description = xstrdup("")};
	return s;
}

void creds_free(struct creds_source *s)
{
	if (!s)
		return;
	if (s->refresh)
		s->refresh->source = NULL;
	creds_drop(s->creds);
	free(s->waiters);
	free(s->region);
	free(s->description);
	free(s);
}

const char *creds_describe(const struct creds_source *s)
{
	return s->description;
}

static char *describe(const struct aws_config *c, const struct creds *creds)
{
	const char *from = creds->source, *role = aws_config_get(c, c->profile, "role_arn"), *env_role;

	if (!strcmp(from, "environment"))
		return xstrdup("environment variables");
	if (!strcmp(from, "container") || !strcmp(from, "instance metadata"))
		return xstrdup(from);
	if (!strcmp(from, "web identity")) {
		env_role = c->profile_explicit ? NULL : aws_env_get(c->env, "AWS_ROLE_ARN");
		return xasprintf("web identity (assumed role %s)", env_role ? env_role : role);
	}
	if (!strcmp(from, "assumed role"))
		return xasprintf("profile %s (assumed role %s)", c->profile, role);
	return xasprintf("profile %s (%s)", c->profile, from);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Short-lived credentials would be in the usual windows from the start; theirs are a part of their life. */
static void set_windows(struct creds_source *s)
{
	int64_t expires = s->creds->expires, life = expires - loop_wall(s->loop);

	s->advisory = expires ? expires - least(ADVISORY_MS, life / 2) : INT64_MAX;
	s->mandatory = expires ? expires - least(MANDATORY_MS, life / 3) : INT64_MAX;
}

/* Answers all who wait. They may ask again meanwhile: that is a new list. */
static void deliver(struct creds_source *s, const struct creds *creds, const struct diag *errors)
{
	struct waiter *list = s->waiters;
	size_t n = s->n;

	s->waiters = NULL;
	s->n = s->cap = 0;
	for (size_t i = 0; i < n; i++)
		list[i].done(list[i].arg, creds, errors);
	free(list);
}

static bool check_expiry(const struct creds_source *s, struct creds **creds, struct diag *d)
{
	char when[21];

	if (!*creds || !(*creds)->expires || (*creds)->expires > loop_wall(s->loop))
		return true;
	creds_time_text((*creds)->expires, when);
	diag_error(d, ERR_CREDENTIALS, "The credentials (%s) expired at %s.", (*creds)->source, when);
	diag_hint(d, "Log in again, or replace them where they are set.");
	creds_drop(*creds);
	*creds = NULL;
	return false;
}

static void keep(struct creds_source *s, struct creds *creds)
{
	creds_drop(s->creds);
	s->creds = creds;
	s->stale = false;
	free(s->description);
	s->description = describe(s->config, creds);
	set_windows(s);
}

static void refreshed(void *arg, int err, struct creds *creds, struct diag *d)
{
	struct refresh *r = arg;
	struct creds_source *s = r->source;

	free(r);
	if (!s) {
		creds_drop(creds);
		return;
	}
	s->refresh = NULL;
	if (err || !check_expiry(s, &creds, d)) {
		s->tried = loop_wall(s->loop);
		deliver(s, NULL, d);
		return;
	}
	keep(s, creds);
	/* Their own copy: one who waits may give the credentials up, and the next asks for new ones. */
	creds = creds_copy(s->creds);
	deliver(s, creds, NULL);
	creds_drop(creds);
}

static void start_refresh(struct creds_source *s)
{
	struct creds_ask ask = {.loop = s->loop,
				.config = s->config,
				.profile = s->config->profile,
				.region = s->region,
				.done = refreshed};

	s->refresh = xcalloc(1, sizeof(*s->refresh));
	s->refresh->source = s;
	ask.arg = s->refresh;
	/* A profile given on the command line is meant: keys that lie about in the environment are not. */
	creds_chain(in_order + (s->config->profile_explicit ? 1 : 0), &ask);
}

void creds_get(struct creds_source *s, void (*done)(void *arg, const struct creds *creds, const struct diag *errors),
	       void *arg)
{
	int64_t now = loop_wall(s->loop);
	struct creds *creds;

	if (s->creds && !s->stale && now < s->mandatory) {
		creds = creds_copy(s->creds);
		if (now >= s->advisory && !s->refresh && now - s->tried >= PAUSE_MS)
			start_refresh(s);
		done(arg, creds, NULL);
		creds_drop(creds);
		return;
	}
	s->waiters = grow(s->waiters, &s->cap, s->n + 1, sizeof(*s->waiters));
	s->waiters[s->n++] = (struct waiter){.done = done, .arg = arg};
	if (!s->refresh)
		start_refresh(s);
}

void creds_expire(struct creds_source *s)
{
	s->stale = true;
}

/* Sources in an order: the first that is configured answers, also if its answer is an error. */
#include "base/err.h"
#include "providers/creds_impl.h"

#include <stdlib.h>

struct chain {
	struct creds_ask *ask; /* whose answer this is */
	const struct creds_provider *const *next;
	struct diag absent; /* a note for each source that is not configured */
};

static void ask_next(struct chain *c);

static void finish(struct chain *c, int err, struct creds *creds, struct diag *d)
{
	struct diag none = {0};

	creds_answer(c->ask, err, creds, d ? d : &none);
	free(c->ask);
	diag_release(&c->absent);
	free(c);
}

static void answered(void *arg, int err, struct creds *creds, struct diag *d)
{
	struct chain *c = arg;
	const char *name = (*c->next++)->name;

	if (err == ERR_ABSENT) {
		for (size_t i = 0; i < d->n; i++)
			diag_note(&c->absent, "%s: %s", name, d->item[i].text);
		ask_next(c);
		return;
	}
	/* The source releases its own messages when this returns. */
	struct diag moved = *d;
	*d = (struct diag){0};
	finish(c, err, creds, &moved);
}

static void nothing_found(struct chain *c)
{
	struct diag d = {0};

	diag_error(&d, ERR_CREDENTIALS, "No AWS credentials were found for profile %s.", c->ask->profile);
	diag_hint(&d,
		  "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a profile that `aws configure sso` or "
		  "`aws configure` made with AWS_PROFILE.");
	for (size_t i = 0; i < c->absent.n; i++)
		diag_note(&d, "%s", c->absent.item[i].text);
	finish(c, ERR_CREDENTIALS, NULL, &d);
}

static void ask_next(struct chain *c)
{
	struct creds_ask ask = *c->ask;

	if (!*c->next) {
		nothing_found(c);
		return;
	}
	ask.done = answered;
	ask.arg = c;
	(*c->next)->start(&ask);
}

void creds_chain(const struct creds_provider *const *list, const struct creds_ask *ask)
{
	struct chain *c = xcalloc(1, sizeof(*c));

	c->ask = creds_ask_copy(ask);
	c->next = list;
	ask_next(c);
}

/* berth destroy - the teardown. Asks; data only when told twice. */
#include "base/err.h"
#include "cli/apply.h"
#include "cli/commands.h"
#include "cli/destroy_steps.h"

#include <stddef.h>
#include <string.h>

struct destroy_options {
	const char *yes;
	bool with_data, with_adopted;
	unsigned parallel;
	const char *lock_timeout;
};

static const struct option_row rows[] = {
    {"yes", 0, OPTION_TEXT, "APP", "do not ask; APP must be the app's name", offsetof(struct destroy_options, yes)},
    {"with-data", 0, OPTION_FLAG, NULL, "the database (after a final snapshot), images and secrets too",
     offsetof(struct destroy_options, with_data)},
    {"with-adopted", 0, OPTION_FLAG, NULL, "what was there before berth too; its data only with --with-data",
     offsetof(struct destroy_options, with_adopted)},
    {"parallel", 0, OPTION_NUMBER, "N", "steps at once (default 32)", offsetof(struct destroy_options, parallel)},
    LOCK_TIMEOUT_ROW(struct destroy_options),
    {0},
};

/* Asked step by step on a terminal; --json has one question for all, as its output is one document. */
static int carry_out(struct work *w, const struct destroy_options *o, unsigned flags)
{
	char *otherwise CLEANUP(freep) = xasprintf("--yes %s", w->spec.app);
	struct destroy_request req = {.flags = flags, .parallel = o->parallel, .otherwise = otherwise};
	int rc = 0;

	if (o->yes || plan_is_empty(&w->plan))
		return apply_and_report(w, o->parallel);
	if (!w->cli->g.json)
		return destroy_steps(w, &req);
	rc = apply_confirm_destroy(w, otherwise);
	return rc ? rc : apply_and_report(w, o->parallel);
}

static int check_name(struct work *w, const char *yes)
{
	if (!yes || !strcmp(yes, w->spec.app))
		return 0;
	diag_error(&w->cli->d, ERR_REFUSED, "--yes names \"%s\", but this is the app \"%s\".", yes, w->spec.app);
	diag_hint(&w->cli->d, "Nothing was destroyed.");
	return ERR_REFUSED;
}

static int destroy(struct work *w, const struct destroy_options *o)
{
	unsigned flags = plan_destroy_flags(o->with_data, o->with_adopted);
	int rc;

	rc = work_open(w);
	if (!rc)
		rc = work_lock(w, "destroy");
	if (!rc)
		rc = work_refresh(w);
	if (!rc)
		rc = work_settle(w);
	if (!rc)
		rc = work_plan(w, flags, NULL, NULL);
	if (!rc)
		rc = apply_show(w);
	return rc ? rc : carry_out(w, o, flags);
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const struct destroy_options *o = options;
	struct work w = {0};
	int rc;

	(void)argc;
	(void)argv;
	rc = work_lock_timeout(cli, o->lock_timeout);
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc)
		rc = check_name(&w, o->yes);
	if (!rc)
		rc = destroy(&w, o);
	work_release(&w);
	return rc;
}

const struct command cmd_destroy = {
    .name = "destroy",
    .summary = "tear it all down; data only with --with-data",
    .usage = "[--yes APP] [--with-data] [--with-adopted] [--parallel N] [--lock-timeout TIME]",
    .options = rows,
    .options_size = sizeof(struct destroy_options),
    .run = run,
};

/* berth apply - plan and do it, or do a saved plan. */
#include "base/err.h"
#include "cli/apply.h"
#include "cli/commands.h"
#include "cli/save.h"

#include <stddef.h>

struct apply_options {
	bool yes;
	struct words only, except;
	unsigned parallel;
	const char *lock_timeout;
};

static const struct option_row rows[] = {
    {"yes", 'y', OPTION_FLAG, NULL, "do not ask", offsetof(struct apply_options, yes)},
    {"only", 0, OPTION_LIST, "ADDR", "only this and what it needs; may be repeated",
     offsetof(struct apply_options, only)},
    {"except", 0, OPTION_LIST, "ADDR", "all but this and what needs it", offsetof(struct apply_options, except)},
    {"parallel", 0, OPTION_NUMBER, "N", "steps at once (default 32)", offsetof(struct apply_options, parallel)},
    LOCK_TIMEOUT_ROW(struct apply_options),
    {0},
};

static int prepare_saved(struct work *w, struct cli *cli, const struct apply_options *o, const char *path)
{
	json_auto_t *doc = NULL;
	int rc;

	if (o->only.n || o->except.n)
		return diag_error(&cli->d, ERR_USAGE,
				  "A saved plan is applied as it is: --only and --except belong to `plan`.");
	rc = plan_load(cli, path, &doc);
	return rc ? rc : plan_restore(w, cli, doc);
}

static int prepare(struct work *w, struct cli *cli, const struct apply_options *o)
{
	int rc = work_spec(w, cli);

	if (!rc)
		rc = work_open(w);
	if (!rc)
		rc = work_lock(w, "apply");
	if (!rc)
		rc = work_refresh(w);
	return rc ? rc : work_plan(w, 0, &o->only, &o->except);
}

/* Whoever saved a plan has seen it; a teardown is asked for twice all the same. */
static int confirm(struct work *w, bool yes, bool saved)
{
	if (plan_is_empty(&w->plan) || yes)
		return 0;
	if (w->plan.destroy)
		return apply_confirm_destroy(w, "--yes");
	if (saved)
		return 0;
	return cli_confirm(w->cli, "\nApply this plan? Only `yes` is taken for a yes:", "yes", "--yes");
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const struct apply_options *o = options;
	struct work w = {0};
	int rc;

	rc = work_lock_timeout(cli, o->lock_timeout);
	if (!rc)
		rc = argc ? prepare_saved(&w, cli, o, argv[0]) : prepare(&w, cli, o);
	if (!rc)
		rc = apply_show(&w);
	if (!rc)
		rc = confirm(&w, o->yes, argc > 0);
	if (!rc)
		rc = apply_and_report(&w, o->parallel);
	work_release(&w);
	return rc;
}

const struct command cmd_apply = {
    .name = "apply",
    .summary = "plan and do it, or do a saved plan",
    .usage = "[PLAN] [--yes] [--only ADDR] [--except ADDR] [--parallel N] [--lock-timeout TIME]",
    .options = rows,
    .options_size = sizeof(struct apply_options),
    .words = 1,
    .run = run,
};

/* berth apply - plan and do it, or do a saved plan. */
#include "base/err.h"
#include "cli/apply.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/save.h"

#include <stddef.h>
#include <string.h>

struct apply_options {
	bool yes;
	struct words only, except;
	unsigned parallel;
};

static const struct option_row rows[] = {
    {"yes", 'y', OPTION_FLAG, NULL, "do not ask", offsetof(struct apply_options, yes)},
    {"only", 0, OPTION_LIST, "ADDR", "only this and what it needs; may be repeated",
     offsetof(struct apply_options, only)},
    {"except", 0, OPTION_LIST, "ADDR", "all but this and what needs it", offsetof(struct apply_options, except)},
    {"parallel", 0, OPTION_NUMBER, "N", "steps at once (default 32)", offsetof(struct apply_options, parallel)},
    {0},
};

static int prepare(struct work *w, struct cli *cli, const struct apply_options *o, const char *saved)
{
	json_auto_t *doc = NULL;
	int rc;

	if (saved) {
		if (o->only.n || o->except.n)
			return diag_error(&cli->d, ERR_USAGE,
					  "A saved plan is applied as it is: --only and --except belong to `plan`.");
		rc = plan_load(cli, saved, &doc);
		return rc ? rc : plan_restore(w, cli, doc);
	}
	rc = work_spec(w, cli);
	if (!rc)
		rc = work_open(w);
	if (!rc)
		rc = work_refresh(w);
	return rc ? rc : work_plan(w, 0, &o->only, &o->except);
}

static int confirm(struct work *w, const struct apply_options *o, const char *saved)
{
	struct render r = {.to = w->cli->g.json ? stderr : stdout, .color = w->cli->out_color};

	if (!w->cli->g.json)
		render_plan(&r, &w->plan, &w->spec, &w->world);
	fflush(stdout);
	if (plan_is_empty(&w->plan) || o->yes || saved)
		return 0;
	return cli_confirm(w->cli, "\nApply this plan? Only `yes` is taken for a yes:", "yes");
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct apply_options o = {0};
	struct work w = {0};
	int words, rc = 0;

	words = options_parse(cli, rows, &o, argc, argv);
	if (words < 0)
		return cli_fail(cli, words);
	if (words > 1)
		return cli_fail(cli, diag_error(&cli->d, ERR_USAGE, "apply takes one saved plan at most."));
	rc = prepare(&w, cli, &o, words ? argv[0] : NULL);
	if (!rc)
		rc = confirm(&w, &o, words ? argv[0] : NULL);
	if (!rc)
		rc = apply_and_report(&w, o.parallel);
	work_release(&w);
	return cli_fail(cli, rc);
}

const struct command cmd_apply = {
    .name = "apply",
    .summary = "plan and do it, or do a saved plan",
    .usage = "[PLAN] [--yes] [--only ADDR] [--except ADDR] [--parallel N]",
    .options = rows,
    .run = run,
};

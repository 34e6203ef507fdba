/* berth destroy - the teardown. Asks; data only when told twice. */
#include "base/err.h"
#include "cli/apply.h"
#include "cli/commands.h"
#include "cli/render.h"

#include <stddef.h>
#include <string.h>

struct destroy_options {
	const char *yes;
	bool with_data;
	unsigned parallel;
};

static const struct option_row rows[] = {
    {"yes", 0, OPTION_TEXT, "APP", "do not ask; APP must be the app's name", offsetof(struct destroy_options, yes)},
    {"with-data", 0, OPTION_FLAG, NULL, "the database (after a final snapshot), images and secrets too",
     offsetof(struct destroy_options, with_data)},
    {"parallel", 0, OPTION_NUMBER, "N", "steps at once (default 32)", offsetof(struct destroy_options, parallel)},
    {0},
};

static int confirm(struct work *w, const struct destroy_options *o)
{
	struct cli *cli = w->cli;
	char *question CLEANUP(freep) = NULL;

	if (o->yes && strcmp(o->yes, w->spec.app) != 0)
		return diag_error(&cli->d, ERR_REFUSED,
				  "--yes names \"%s\", but this is the app \"%s\": nothing was destroyed.", o->yes,
				  w->spec.app);
	if (o->yes || plan_is_empty(&w->plan))
		return 0;
	question = xasprintf("\nDestroy all of this%s? Type the app's name (%s) to go on:",
			     o->with_data ? ", data included" : "", w->spec.app);
	return cli_confirm(cli, question, w->spec.app);
}

static int destroy(struct work *w, const struct destroy_options *o)
{
	struct cli *cli = w->cli;
	struct render r = {.to = cli->g.json ? stderr : stdout, .color = cli->out_color};
	int rc;

	rc = work_open(w);
	if (!rc)
		rc = work_refresh(w);
	if (!rc)
		rc = work_plan(w, PLAN_DESTROY | (o->with_data ? PLAN_WITH_DATA : 0), NULL, NULL);
	if (rc)
		return rc;
	if (!cli->g.json)
		render_plan(&r, &w->plan, &w->spec, &w->world);
	fflush(stdout);
	rc = confirm(w, o);
	return rc ? rc : apply_and_report(w, o->parallel);
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct destroy_options o = {0};
	struct work w = {0};
	int rc;

	rc = options_parse(cli, rows, &o, argc, argv);
	if (rc > 0)
		rc = diag_error(&cli->d, ERR_USAGE, "destroy takes no arguments, but got \"%s\".", argv[0]);
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc)
		rc = destroy(&w, &o);
	work_release(&w);
	return cli_fail(cli, rc);
}

const struct command cmd_destroy = {
    .name = "destroy",
    .summary = "tear it all down; data only with --with-data",
    .usage = "[--yes APP] [--with-data] [--parallel N]",
    .options = rows,
    .run = run,
};

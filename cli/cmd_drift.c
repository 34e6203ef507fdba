/* berth drift - what changed in AWS since the last apply. */
#include "base/err.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/work.h"

/* The plan is only the measure where no apply was recorded; without one its complaints do not matter here. */
static int look(struct work *w, struct drift *ret)
{
	size_t n = w->n_applied;
	int rc = 0;

	if (!n)
		rc = work_plan(w, 0, NULL, NULL);
	if (rc)
		return rc;
	drift_find(&w->world, w->applied, n, &w->plan, ret);
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct work w = {0};
	struct drift d = {0};
	struct render r = {.to = stdout, .color = cli->out_color};
	int rc, code;

	rc = options_parse(cli, NULL, NULL, argc, argv);
	if (rc > 0)
		rc = diag_error(&cli->d, ERR_USAGE, "drift takes no arguments, but got \"%s\".", argv[0]);
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc)
		rc = work_open(&w);
	if (!rc)
		rc = work_refresh(&w);
	if (!rc)
		rc = look(&w, &d);
	code = rc ? exit_code_of(rc) : d.n ? EXIT_DIFFERENCES : json_object_size(d.unchecked) ? EXIT_FAILED : EXIT_DONE;
	if (!rc && cli->g.json)
		cli_json("drift", drift_to_json(&d));
	else if (!rc)
		render_drift(&r, &d);
	drift_release(&d);
	work_release(&w);
	cli_report(cli);
	return code;
}

const struct command cmd_drift = {
    .name = "drift",
    .summary = "what changed in AWS since the last apply",
    .usage = "",
    .run = run,
};

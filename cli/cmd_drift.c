/* berth drift - what changed in AWS since the last apply. */
#include "base/err.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/work.h"
#include "engine/secrets.h"

/* The plan is only the measure where no apply was recorded; without one its complaints do not matter here. */
static int look(struct work *w, struct drift *ret)
{
	size_t n = w->n_applied;
	int rc = 0;

	if (!n)
		rc = work_plan(w, 0, NULL, NULL);
	if (rc)
		return rc;
	secrets_set_apart(&w->spec, &w->world);
	drift_find(&w->world, w->applied, n, &w->plan, ret);
	return 0;
}

static int show(struct work *w)
{
	struct cli *cli = w->cli;
	struct render r = {.to = stdout, .color = cli->out_color, .width = render_width(stdout)};
	struct drift d = {0};
	int rc = look(w, &d);

	if (rc)
		return rc;
	if (cli->g.json)
		cli_json("drift", drift_to_json(&d));
	else
		render_drift(&r, &d);
	if (d.n)
		rc = EXIT_DIFFERENCES;
	else if (json_object_size(d.unchecked))
		rc = diag_error(&cli->d, ERR_FAILED, "What could be checked has not drifted, but not all could be.");
	drift_release(&d);
	return rc;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	struct work w = {0};
	int rc;

	(void)options;
	(void)argc;
	(void)argv;
	rc = work_live(&w, cli);
	if (!rc)
		rc = show(&w);
	work_release(&w);
	return rc;
}

const struct command cmd_drift = {
    .name = "drift",
    .summary = "what changed in AWS since the last apply",
    .usage = "",
    .run = run,
};

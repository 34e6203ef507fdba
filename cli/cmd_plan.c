/* berth plan - what would change. */
#include "base/err.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/save.h"
#include "cli/work.h"

#include <stddef.h>
#include <stdlib.h>

struct plan_options {
	const char *out;
	bool expand, md, cached, detailed, destroy, with_data, with_adopted;
	struct words only, except;
};

static const struct option_row rows[] = {
    {"out", 'o', OPTION_TEXT, "FILE", "save the plan; `berth apply FILE` does exactly that",
     offsetof(struct plan_options, out)},
    {"expand", 0, OPTION_FLAG, NULL, "print what the spec expands to, offline", offsetof(struct plan_options, expand)},
    {"only", 0, OPTION_LIST, "ADDR", "only this and what it needs; may be repeated",
     offsetof(struct plan_options, only)},
    {"except", 0, OPTION_LIST, "ADDR", "all but this and what needs it", offsetof(struct plan_options, except)},
    {"md", 0, OPTION_FLAG, NULL, "Markdown, for a pull request", offsetof(struct plan_options, md)},
    {"cached", 0, OPTION_FLAG, NULL, "against the last snapshot, offline", offsetof(struct plan_options, cached)},
    {"detailed-exitcode", 0, OPTION_FLAG, NULL, "exit 2 if there is anything to do",
     offsetof(struct plan_options, detailed)},
    {"destroy", 0, OPTION_FLAG, NULL, "plan the teardown", offsetof(struct plan_options, destroy)},
    {"with-data", 0, OPTION_FLAG, NULL, "with --destroy: the database, images and secrets too",
     offsetof(struct plan_options, with_data)},
    {"with-adopted", 0, OPTION_FLAG, NULL, "with --destroy: what was there before berth too",
     offsetof(struct plan_options, with_adopted)},
    {0},
};

static int print_expanded(struct work *w)
{
	json_t *doc = spec_to_json(&w->spec);
	char *text = NULL;

	if (w->cli->g.json) {
		cli_json("spec", doc);
		return 0;
	}
	text = json_dumps(doc, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	printf("%s\n", text ? text : "");
	free(text);
	json_decref(doc);
	return 0;
}

static void show(struct work *w, const struct plan_options *o)
{
	struct render r = {.to = stdout,
			   .color = w->cli->out_color && !o->md,
			   .verbose = w->cli->g.verbose,
			   .markdown = o->md,
			   .width = o->md ? 0 : render_width(stdout)};

	if (w->cli->g.json)
		cli_json("plan", plan_to_json(&w->plan, &w->spec, &w->world));
	else
		render_plan(&r, &w->plan, &w->spec, &w->world);
}

static int make(struct work *w, const struct plan_options *o)
{
	unsigned flags = o->destroy ? plan_destroy_flags(o->with_data, o->with_adopted) : 0;
	int rc;

	if (o->expand)
		return print_expanded(w);
	rc = o->cached ? work_cached(w) : work_open(w);
	if (!rc && !o->cached)
		rc = work_refresh(w);
	if (!rc)
		rc = work_plan(w, flags, &o->only, &o->except);
	if (rc)
		return rc;
	show(w, o);
	if (o->out)
		rc = plan_save(w, o->out, flags, &o->only, &o->except);
	return rc;
}

static bool asks_for_plan(const struct plan_options *o)
{
	return o->out || o->cached || o->destroy || o->md || o->detailed || o->only.n || o->except.n;
}

/* Options that say nothing together, or contradict each other. */
static int check_options(struct cli *cli, const struct plan_options *o)
{
	struct diag *d = &cli->d;

	if (o->out && o->cached)
		diag_error(d, ERR_USAGE,
			   "A plan from the snapshot (--cached) cannot be saved: it was not checked against AWS.");
	if (o->with_data && !o->destroy)
		diag_error(d, ERR_USAGE, "--with-data belongs to --destroy.");
	if (o->with_adopted && !o->destroy)
		diag_error(d, ERR_USAGE, "--with-adopted belongs to --destroy.");
	if (o->md && cli->g.json)
		diag_error(d, ERR_USAGE, "--md and --json are two forms of one plan: choose one.");
	if (o->expand && asks_for_plan(o))
		diag_error(d, ERR_USAGE, "--expand makes no plan: no other option of `plan` goes with it.");
	return diag_code(d);
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const struct plan_options *o = options;
	struct work w = {0};
	int rc;

	(void)argc;
	(void)argv;
	rc = check_options(cli, o);
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc)
		rc = make(&w, o);
	if (!rc && o->detailed && !plan_is_empty(&w.plan))
		rc = EXIT_DIFFERENCES;
	work_release(&w);
	return rc;
}

const struct command cmd_plan = {
    .name = "plan",
    .summary = "show what would change",
    .usage = "[--out FILE] [--only ADDR] [--except ADDR] [--md] [--cached] [--detailed-exitcode]"
	     " [--destroy [--with-data] [--with-adopted]] | --expand",
    .options = rows,
    .options_size = sizeof(struct plan_options),
    .run = run,
};

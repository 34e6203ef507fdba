/* berth validate - is the spec right? Offline, without credentials. */
#include "cli/commands.h"
#include "cli/work.h"
#include "engine/graph.h"

#include <stdlib.h>

static void print_valid(const struct spec *spec)
{
	char *file CLEANUP(freep) = printable(spec->file);

	printf("%s is valid: %zu resources for app %s, environment %s.\n", file, spec->n, spec->app, spec->env);
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	struct work w = {0};
	struct edge *edge = NULL;
	size_t n_edge = 0, *order = NULL;
	int rc;

	(void)options;
	(void)argc;
	(void)argv;
	rc = work_spec(&w, cli);
	if (!rc)
		rc = graph_build(&w.spec, &edge, &n_edge, &order, &cli->d);
	free(edge);
	free(order);
	if (!rc && cli->g.json)
		cli_json("validate", json_pack("{s:b, s:I}", "valid", 1, "resources", (json_int_t)w.spec.n));
	else if (!rc)
		print_valid(&w.spec);
	work_release(&w);
	return rc;
}

const struct command cmd_validate = {
    .name = "validate",
    .summary = "check the spec, offline",
    .usage = "",
    .run = run,
    .offline = true,
};

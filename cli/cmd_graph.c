/* berth graph - the dependency graph as DOT, or as SVG through Graphviz's dot if it is there. */
#include "base/buf.h"
#include "base/err.h"
#include "cli/commands.h"
#include "cli/work.h"
#include "engine/graph.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct graph_options {
	bool svg;
};

static const struct option_row rows[] = {
    {"svg", 0, OPTION_FLAG, NULL, "SVG (needs Graphviz)", offsetof(struct graph_options, svg)},
    {0},
};

static void write_dot(struct buf *b, const struct spec *spec, const struct edge *edge, size_t n)
{
	buf_addf(b, "digraph \"%s\" {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n", spec->prefix);
	for (size_t i = 0; i < spec->n; i++)
		buf_addf(b, "  \"%s\";\n", spec->resource[i].address);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "  \"%s\" -> \"%s\";\n", spec->resource[edge[i].from].address,
			 spec->resource[edge[i].to].address);
	buf_adds(b, "}\n");
}

/* The child inherits stdout: dot writes the picture where ours would go. */
static int run_dot(struct cli *cli, const struct buf *dot)
{
	int fd[2], status = 0;
	pid_t pid;
	FILE *to;

	if (pipe(fd))
		return diag_error(&cli->d, ERR_IO, "No pipe to dot could be made.");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char *const argv[] = {(char[]){"dot"}, (char[]){"-Tsvg"}, NULL};

		dup2(fd[0], 0);
		close(fd[0]);
		close(fd[1]);
		execvp("dot", argv);
		_exit(127);
	}
	close(fd[0]);
	to = pid > 0 ? fdopen(fd[1], "w") : NULL;
	if (to) {
		fwrite(dot->p, 1, dot->n, to);
		fclose(to);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status)) {
		diag_error(&cli->d, ERR_FAILED, "dot could not be run.");
		diag_hint(&cli->d, "Install Graphviz, or leave --svg out for DOT.");
		return ERR_FAILED;
	}
	return 0;
}

static int print_graph(struct cli *cli, const struct spec *spec, const struct edge *edge, size_t n, bool svg)
{
	struct buf b = BUF(BUF_TEXT_MAX * 4);
	json_t *edges;
	int rc = 0;

	if (cli->g.json) {
		edges = json_array();
		for (size_t i = 0; i < n; i++)
			json_array_append_new(edges, json_pack("[s, s]", spec->resource[edge[i].from].address,
							       spec->resource[edge[i].to].address));
		cli_json("graph", json_pack("{s:o}", "edges", edges));
		return 0;
	}
	write_dot(&b, spec, edge, n);
	if (svg)
		rc = run_dot(cli, &b);
	else
		fwrite(b.p, 1, b.n, stdout);
	buf_release(&b);
	return rc;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct graph_options o = {0};
	struct work w = {0};
	struct edge *edge = NULL;
	size_t n = 0, *order = NULL;
	int rc;

	rc = options_parse(cli, rows, &o, argc, argv);
	if (rc > 0)
		rc = diag_error(&cli->d, ERR_USAGE, "graph takes no arguments, but got \"%s\".", argv[0]);
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc)
		rc = graph_build(&w.spec, &edge, &n, &order, &cli->d);
	if (!rc)
		rc = print_graph(cli, &w.spec, edge, n, o.svg);
	free(edge);
	free(order);
	work_release(&w);
	return cli_fail(cli, rc);
}

const struct command cmd_graph = {
    .name = "graph",
    .summary = "dependency graph as DOT or SVG",
    .usage = "[--svg]",
    .options = rows,
    .run = run,
    .offline = true,
};

/* berth graph - the dependency graph as DOT, or as SVG through Graphviz's dot if it is there. */
#include "base/buf.h"
#include "base/err.h"
#include "cli/commands.h"
#include "cli/work.h"
#include "engine/graph.h"

#include <errno.h>
#include <signal.h>
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

/* Never returns. stdout is inherited: dot writes the picture where ours would go. */
static _Noreturn void become_dot(const int *fd)
{
	char *const argv[] = {(char[]){"dot"}, (char[]){"-Tsvg"}, NULL};

	dup2(fd[0], 0);
	close(fd[0]);
	close(fd[1]);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	execvp("dot", argv);
	_exit(127);
}

static bool feed(int fd, const struct buf *dot)
{
	FILE *to = fdopen(fd, "w");
	bool ok = to && fwrite(dot->p, 1, dot->n, to) == dot->n;

	if (to)
		return !fclose(to) && ok;
	close(fd);
	return false;
}

static int run_dot(struct cli *cli, const struct buf *dot)
{
	int fd[2], status = 0;
	pid_t pid;
	bool ok;

	if (pipe(fd))
		return diag_error(&cli->d, ERR_IO, "No pipe to dot could be made: %s.", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		become_dot(fd);
	close(fd[0]);
	ok = feed(fd[1], dot);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			pid = -1;
	if (ok && pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		diag_error(&cli->d, ERR_FAILED, "There is no program `dot`, which draws the graph.");
		diag_hint(&cli->d, "Install Graphviz, or leave --svg out for DOT.");
	} else {
		diag_error(&cli->d, ERR_FAILED, "`dot` could not draw the graph.");
	}
	return ERR_FAILED;
}

static void print_json(const struct spec *spec, const struct edge *edge, size_t n)
{
	json_t *nodes = json_array(), *edges = json_array();

	for (size_t i = 0; i < spec->n; i++)
		json_array_append_new(nodes, json_string(spec->resource[i].address));
	for (size_t i = 0; i < n; i++)
		json_array_append_new(edges, json_pack("[s, s]", spec->resource[edge[i].from].address,
						       spec->resource[edge[i].to].address));
	cli_json("graph", json_pack("{s:o, s:o}", "nodes", nodes, "edges", edges));
}

static int print_graph(struct cli *cli, const struct spec *spec, const struct edge *edge, size_t n, bool svg)
{
	struct buf b = BUF(BUF_TEXT_MAX * 4);
	int rc = 0;

	if (cli->g.json) {
		print_json(spec, edge, n);
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

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const struct graph_options *o = options;
	struct work w = {0};
	struct edge *edge = NULL;
	size_t n = 0, *order = NULL;
	int rc;

	(void)argc;
	(void)argv;
	rc = o->svg && cli->g.json ? diag_error(&cli->d, ERR_USAGE, "--svg and --json are two forms: choose one.")
				   : work_spec(&w, cli);
	if (!rc)
		rc = graph_build(&w.spec, &edge, &n, &order, &cli->d);
	if (!rc)
		rc = print_graph(cli, &w.spec, edge, n, o->svg);
	free(edge);
	free(order);
	work_release(&w);
	return rc;
}

const struct command cmd_graph = {
    .name = "graph",
    .summary = "dependency graph as DOT or SVG",
    .usage = "[--svg]",
    .options = rows,
    .options_size = sizeof(struct graph_options),
    .run = run,
    .offline = true,
};

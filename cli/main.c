/* berth - brings an app to AWS and keeps it there. */
#include "base/err.h"
#include "base/trace.h"
#include "cli/commands.h"

#include <curl/curl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

const struct command *const commands[] = {
    &cmd_init,    &cmd_validate, &cmd_plan,    &cmd_apply, &cmd_drift,
    &cmd_destroy, &cmd_output,   &cmd_explain, &cmd_graph, NULL,
};

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

static void print_options(const struct option_row *rows, FILE *to)
{
	for (; rows && rows->name; rows++) {
		char *name CLEANUP(freep) =
		    rows->arg ? xasprintf("--%s %s", rows->name, rows->arg) : xasprintf("--%s", rows->name);

		if (rows->letter)
			fprintf(to, "  -%c, %-22s %s\n", rows->letter, name, rows->doc);
		else
			fprintf(to, "      %-22s %s\n", name, rows->doc);
	}
}

void command_help(const struct command *c, FILE *to)
{
	fprintf(to, "usage: berth %s%s%s\n\n%s%s.\n", c->name, *c->usage ? " " : "", c->usage, c->summary,
		c->offline ? "; needs no credentials" : "");
	if (c->options) {
		fputs("\noptions:\n", to);
		print_options(c->options, to);
	}
	fputs("\nfor every command:\n", to);
	print_options(global_options, to);
}

static void print_help(FILE *to)
{
	fputs("usage: berth [-f FILE] [--env NAME] [-C DIR] [--color auto|always|never] [--json] [-v] COMMAND\n\n"
	      "Moves one app to the cheapest sane AWS, and keeps it there.\n\ncommands:\n",
	      to);
	for (const struct command *const *c = commands; *c; c++)
		fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fputs("\noptions:\n", to);
	print_options(global_options, to);
	fputs(
	    "\n`berth COMMAND --help` tells more. First steps: berth init, berth validate, berth plan, berth apply.\n",
	    to);
}

/* Secrets pass through JSON values: their memory is overwritten when it is given back. */
static void wiping_free(void *p)
{
	if (p)
		wipe(p, malloc_usable_size(p));
	free(p);
}

static bool is_set(const char *name)
{
	const char *v = getenv(name);

	return v && *v;
}

/* https://no-color.org, https://bixense.com/clicolors */
static bool wants_color(enum when when, bool tty)
{
	if (when != WHEN_AUTO)
		return when == WHEN_ALWAYS;
	if (is_set("NO_COLOR"))
		return false;
	if (is_set("CLICOLOR_FORCE") && strcmp(getenv("CLICOLOR_FORCE"), "0") != 0)
		return true;
	if (is_set("CLICOLOR") && !strcmp(getenv("CLICOLOR"), "0"))
		return false;
	return tty && is_set("TERM") && strcmp(getenv("TERM"), "dumb") != 0;
}

static int settle_globals(struct cli *cli)
{
	const char *color = cli->g.color;

	if (!color || !strcmp(color, "auto"))
		cli->color = WHEN_AUTO;
	else if (!strcmp(color, "always"))
		cli->color = WHEN_ALWAYS;
	else if (!strcmp(color, "never"))
		cli->color = WHEN_NEVER;
	else
		return diag_error(&cli->d, ERR_USAGE, "--color is auto, always or never, not \"%s\".", color);
	cli->in_tty = isatty(0);
	cli->err_tty = isatty(2) && is_set("TERM") && strcmp(getenv("TERM"), "dumb") != 0;
	cli->out_color = wants_color(cli->color, isatty(1)) && !cli->g.json;
	cli->err_color = wants_color(cli->color, isatty(2)) && !cli->g.json;
	if (cli->g.dir && chdir(cli->g.dir)) {
		diag_error(&cli->d, ERR_USAGE, "-C %s: no such folder, or it cannot be entered.", cli->g.dir);
		return ERR_USAGE;
	}
	return 0;
}

/* Where the command's name stands: the first word that no global option takes as its value. */
static int find_command(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (argv[i][0] != '-')
			return i;
		if (!strcmp(argv[i], "-f") || !strcmp(argv[i], "-C") || !strcmp(argv[i], "--file") ||
		    !strcmp(argv[i], "--env") || !strcmp(argv[i], "--directory") || !strcmp(argv[i], "--color") ||
		    !strcmp(argv[i], "--profile"))
			i++;
	}
	return argc;
}

/* Global options may stand before and after the command; the command itself parses what is its own. */
static int parse_front(struct cli *cli, int argc, char **argv)
{
	int at = find_command(argc, argv);
	int rc = options_parse(cli, NULL, NULL, at < argc ? at : argc, argv);

	return rc < 0 ? rc : at;
}

static int unknown_command(struct cli *cli, const char *name)
{
	diag_error(&cli->d, ERR_USAGE, "There is no command \"%s\".", name);
	diag_hint(&cli->d, "`berth --help` lists them.");
	return cli_fail(cli, ERR_USAGE);
}

static bool asks_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

/* Global options behind the command: looked for here, so that colour and folder hold before it starts. */
static int scan_globals(struct cli *cli, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			cli->g.json = true;
		else if (!strncmp(argv[i], "--color=", 8))
			cli->g.color = argv[i] + 8;
		else if (!strcmp(argv[i], "--color") && i + 1 < argc)
			cli->g.color = argv[i + 1];
		else if ((!strcmp(argv[i], "-C") || !strcmp(argv[i], "--directory")) && i + 1 < argc)
			cli->g.dir = argv[i + 1];
	}
	return settle_globals(cli);
}

static int run(struct cli *cli, int argc, char **argv)
{
	const struct command *c;
	int at = parse_front(cli, argc, argv);

	if (at < 0)
		return cli_fail(cli, at);
	if (cli->g.version) {
		printf("berth %s\n", BERTH_VERSION);
		return EXIT_DONE;
	}
	if (at == argc || cli->g.help || !strcmp(argv[at], "help")) {
		c = at + 1 < argc ? command_find(argv[at + 1]) : NULL;
		if (c)
			command_help(c, stdout);
		else
			print_help(at == argc && !cli->g.help ? stderr : stdout);
		return at == argc && !cli->g.help ? EXIT_USAGE : EXIT_DONE;
	}
	c = command_find(argv[at]);
	if (!c)
		return unknown_command(cli, argv[at]);
	if (asks_help(argc - at - 1, argv + at + 1)) {
		command_help(c, stdout);
		return EXIT_DONE;
	}
	if (scan_globals(cli, argc - at - 1, argv + at + 1))
		return cli_fail(cli, ERR_USAGE);
	return c->run(cli, argc - at - 1, argv + at + 1);
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};
	struct cli cli = {0};
	int code;

	json_set_alloc_funcs(malloc, wiping_free);
	/* A core file would hold what must never be on a disk. */
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	trace_open();
	code = run(&cli, argc - 1, argv + 1);
	diag_release(&cli.d);
	trace_close();
	if (fflush(stdout) && code == EXIT_DONE) {
		fputs("berth: the output could not be written.\n", stderr);
		code = EXIT_FAILED;
	}
	curl_global_cleanup();
	return code;
}

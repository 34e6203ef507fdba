/* berth - brings an app to AWS and keeps it there. */
#include "base/err.h"
#include "base/trace.h"
#include "cli/commands.h"
#include "cli/shield.h"
#include "spec/suggest.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off */
const struct command *const commands[] = {
    &cmd_init,
    &cmd_validate,
    &cmd_plan,
    &cmd_apply,
    &cmd_drift,
    &cmd_cost,
    &cmd_destroy,
    &cmd_adopt,
    &cmd_forget,
    &cmd_output,
    &cmd_explain,
    &cmd_graph,
    &cmd_lock,
    &cmd_permissions,
    &cmd_secrets,
    NULL,
};
/* clang-format on */

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

/* A variable of the environment; "" if it is not set. */
static const char *env_text(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

static bool is_set(const char *name)
{
	return *env_text(name) != '\0';
}

static bool has_abilities(void)
{
	return is_set("TERM") && strcmp(env_text("TERM"), "dumb") != 0;
}

/* https://no-color.org, https://bixense.com/clicolors */
static bool wants_color(const char *when, bool tty)
{
	if (when && strcmp(when, "auto") != 0)
		return !strcmp(when, "always");
	if (is_set("NO_COLOR"))
		return false;
	if (is_set("CLICOLOR_FORCE") && strcmp(env_text("CLICOLOR_FORCE"), "0") != 0)
		return true;
	if (is_set("CLICOLOR") && !strcmp(env_text("CLICOLOR"), "0"))
		return false;
	return tty && has_abilities();
}

static void settle_terminal(struct cli *cli)
{
	cli->in_tty = isatty(0);
	cli->err_tty = isatty(2);
	/* Debugging lines and lines that are drawn over do not go together. */
	cli->err_live = cli->err_tty && has_abilities() && !is_set("BERTH_DEBUG");
	cli->out_color = wants_color(cli->g.color, isatty(1)) && !cli->g.json;
	cli->err_color = wants_color(cli->g.color, isatty(2)) && !cli->g.json;
}

/* Global options may stand before and after the command: this is when all are known. */
static int settle_globals(struct cli *cli)
{
	const char *color = cli->g.color;

	if (color && strcmp(color, "auto") != 0 && strcmp(color, "always") != 0 && strcmp(color, "never") != 0)
		return diag_error(&cli->d, ERR_USAGE, "--color is auto, always or never, not \"%s\".", color);
	if (cli->g.dir && chdir(cli->g.dir))
		return diag_error(&cli->d, ERR_USAGE, "-C %s: the folder cannot be entered: %s.", cli->g.dir,
				  strerror(errno));
	return 0;
}

static int unknown_command(struct cli *cli, const char *name)
{
	struct suggest s = SUGGEST(name);

	for (const struct command *const *c = commands; *c; c++)
		suggest_try(&s, (*c)->name);
	diag_error(&cli->d, ERR_USAGE, "There is no command \"%s\".", name);
	if (s.best)
		diag_hint(&cli->d, "Did you mean %s? `berth --help` lists all commands.", s.best);
	else
		diag_hint(&cli->d, "`berth --help` lists them.");
	return ERR_USAGE;
}

static int show_version(const struct cli *cli)
{
	if (cli->g.json)
		cli_json("version", json_pack("{s:s}", "version", BERTH_VERSION));
	else
		printf("berth %s\n", BERTH_VERSION);
	return 0;
}

/* `berth help`, `berth help plan`; argv holds what follows. */
static int help(struct cli *cli, int argc, char **argv)
{
	const struct command *c;
	int words, rc;

	rc = options_parse(cli, NULL, NULL, argc, argv, &words);
	c = words ? command_find(argv[0]) : NULL;
	if (rc)
		return rc;
	if (words && !c && strcmp(argv[0], "help") != 0)
		return unknown_command(cli, argv[0]);
	if (c)
		command_help(c, stdout);
	else
		print_help(stdout);
	return 0;
}

static int refuse_words(struct cli *cli, const struct command *c, const char *word)
{
	diag_error(&cli->d, ERR_USAGE, "`berth %s` does not know what to do with \"%s\".", c->name, word);
	diag_hint(&cli->d, "usage: berth %s%s%s", c->name, *c->usage ? " " : "", c->usage);
	return ERR_USAGE;
}

static int run_command(struct cli *cli, const struct command *c, int argc, char **argv)
{
	void *options = xcalloc(1, c->options_size + 1);
	int words, rc;

	rc = options_parse(cli, c->options, options, argc, argv, &words);
	if (!rc && cli->g.version) {
		rc = show_version(cli);
	} else if (!rc && cli->g.help) {
		command_help(c, stdout);
	} else if (!rc) {
		settle_terminal(cli);
		rc = words > c->words ? refuse_words(cli, c, argv[c->words]) : settle_globals(cli);
		if (!rc)
			rc = c->run(cli, options, words, argv);
	}
	free(options);
	return rc;
}

static int run(struct cli *cli, int argc, char **argv)
{
	const struct command *c;
	int at, rc;

	rc = options_front(cli, argc, argv, &at);
	if (at < argc && (c = command_find(argv[at])))
		return rc ? rc : run_command(cli, c, argc - at - 1, argv + at + 1);
	if (rc)
		return rc;
	if (at < argc && strcmp(argv[at], "help") != 0)
		return unknown_command(cli, argv[at]);
	if (at < argc)
		return help(cli, argc - at - 1, argv + at + 1);
	if (cli->g.version)
		return show_version(cli);
	print_help(cli->g.help ? stdout : stderr);
	return cli->g.help ? 0 : EXIT_USAGE;
}

/* A file that gets the number of a closed standard stream would be written into by printf(). */
static void hold_standard_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	int code;

	hold_standard_streams();
	shield_memory();
	signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow is an error that is told, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	trace_open();
	settle_terminal(&cli);
	code = exit_code_of(run(&cli, argc - 1, argv + 1));
	settle_terminal(&cli);
	if (output_lost() && code != EXIT_FAILED) {
		diag_error(&cli.d, ERR_IO, "Not all could be written to standard output.");
		code = EXIT_FAILED;
	}
	cli_report(&cli);
	trace_close();
	curl_global_cleanup();
	return code;
}

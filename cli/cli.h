/*
 * cli - what every command shares: options, output, exit codes.
 *
 * stdout is the result, stderr is progress and complaints. A command is one
 * file that ends in one const struct command, plus a line in cli/main.c.
 */
#pragma once

#include "base/diag.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Stable; documented in berth(1). */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_DIFFERENCES = 2, /* plan --detailed-exitcode, drift */
	EXIT_REFUSED = 3,     /* lock, stale plan, protection, no confirmation possible */
	EXIT_USAGE = 64,      /* usage or invalid spec */
};

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_NUMBER };

/* One row of an option table; ends with a row without a name. */
struct option_row {
	const char *name; /* without dashes */
	char letter;      /* 0: none */
	enum option_kind kind;
	const char *arg; /* "FILE"; NULL for flags */
	const char *doc;
	size_t offset; /* in the struct that `parse` fills: bool, const char *, struct words, unsigned */
};

struct words {
	const char *word[64]; /* ends with NULL */
	size_t n;
};

struct globals {
	const char *file, *env, *dir, *color, *profile;
	bool json, verbose, help, version;
};

struct cli {
	struct globals g;
	enum when color;
	bool out_color, err_color, err_tty, in_tty;
	struct diag d;
};

struct command {
	const char *name, *summary, *usage;                 /* usage: what follows the name */
	const struct option_row *options;                   /* or NULL */
	int (*run)(struct cli *cli, int argc, char **argv); /* argv: behind the command's name; returns an exit code */
	bool offline;                                       /* needs neither network nor credentials: for help */
};

extern const struct command *const commands[]; /* ends with NULL */
const struct command *command_find(const char *name);
void command_help(const struct command *c, FILE *to);

/*
 * Parses options of `rows` (and the global ones) into `into`; other words stay in argv[0..], their number is returned.
 * Negative after appending to cli->d.
 */
int options_parse(struct cli *cli, const struct option_row *rows, void *into, int argc, char **argv);
extern const struct option_row global_options[];

/* Prints what cli->d holds to stderr (as JSON lines with --json) and forgets it. */
void cli_report(struct cli *cli);
/* Reports, and gives the exit code that fits an error code. */
int cli_fail(struct cli *cli, int err);
int exit_code_of(int err);
/* One JSON object a line on stdout: {"v":1,"type":type, …}. Steals fields. */
void cli_json(const char *type, json_t *fields);

/* Text from AWS, files and users may hold control characters: shown as ^[ and the like. New. */
char *printable(const char *s);

/* Colours, or nothing. */
enum paint { PAINT_NONE, PAINT_BOLD, PAINT_DIM, PAINT_RED, PAINT_GREEN, PAINT_YELLOW, PAINT_CYAN };
const char *paint_on(bool color, enum paint p);
const char *paint_off(bool color);

/* Asks on the terminal; true only if the answer is `expected`. ERR_REFUSED without one. */
int cli_confirm(struct cli *cli, const char *question, const char *expected);

/*
 * cli - what every command shares: options, output, exit codes.
 *
 * stdout is the result, stderr is progress and complaints. A command is one
 * file that ends in one const struct command, plus a line in cli/main.c. Options
 * are parsed before it runs, and what it leaves in cli->d is reported after it.
 */
#pragma once

#include "base/diag.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Stable; documented in berth(1). */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_DIFFERENCES = 2, /* plan --detailed-exitcode, drift */
	EXIT_REFUSED = 3,     /* lock, stale plan, protection, no confirmation possible */
	EXIT_USAGE = 64,      /* usage or invalid spec */
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_NUMBER };

/* One row of an option table; ends with a row without a name. */
struct option_row {
	const char *name; /* without dashes */
	char letter;      /* 0: none */
	enum option_kind kind;
	const char *arg; /* "FILE"; NULL for flags */
	const char *doc;
	size_t offset; /* in the struct that is filled: bool, const char *, struct words, unsigned */
};

struct words {
	const char *word[64]; /* ends with NULL */
	size_t n;
};

struct globals {
	const char *file, *env, *dir, *color, *profile;
	bool json, verbose, help, version;
};

struct loop;

struct cli {
	struct globals g;
	struct loop *loop;    /* kept turning while a question waits for its answer; NULL: there is none */
	int64_t lock_wait_ms; /* --lock-timeout */
	bool out_color, err_color;
	bool in_tty, err_tty;
	bool err_live; /* err_tty, and lines may be drawn over */
	struct diag d;
};

struct command {
	const char *name, *summary, *usage; /* usage: what follows the name */
	const struct option_row *options;   /* or NULL */
	size_t options_size;                /* of the struct that they fill */
	int words;                          /* how many it takes beside options; others are refused */
	/* Returns 0, an error code with its reasons in cli->d, or an enum exit_code. argv holds words only. */
	int (*run)(struct cli *cli, const void *options, int argc, char **argv);
	bool offline; /* needs neither network nor credentials: for help */
};

extern const struct command *const commands[]; /* ends with NULL */
const struct command *command_find(const char *name);
void command_help(const struct command *c, FILE *to);

extern const struct option_row global_options[];
/* Global options before the command: *ret is the index of the first word, argc if there is none. */
int options_front(struct cli *cli, int argc, char **argv, int *ret);
/*
 * Options of `rows` (and the global ones) into `into`; *ret other words are left in argv[0..]. Both go on after an
 * error, append all of them to cli->d and return the first.
 */
int options_parse(struct cli *cli, const struct option_row *rows, void *into, int argc, char **argv, int *ret);

/* Prints what cli->d holds to stderr (as JSON lines with --json) and forgets it. */
void cli_report(struct cli *cli);
/* The exit code for what a command returned. */
int exit_code_of(int rc);
/* One JSON object a line on stdout: {"v":1,"type":type, …}. Steals fields. */
void cli_json(const char *type, json_t *fields);
/* The same on `to`. */
void json_line(FILE *to, const char *type, json_t *fields);
/* Did something that was printed get lost? Not if its reader went away, as `head` does. */
bool output_lost(void);

/*
 * Fit for a terminal, on one line, valid UTF-8: control characters are shown as ^[ and the like, other bytes that plain
 * text has not (and characters that turn the direction of writing) as \x9b. New.
 */
char *printable(const char *s);
/* Columns that printable text takes on a terminal, rather too many than too few. */
size_t text_columns(const char *s);
/* Cuts printable text, between characters, to so many columns of a terminal, rather to fewer than to more. */
void text_cut(char *s, size_t columns);

/* Colours, or nothing. */
enum paint { PAINT_NONE, PAINT_BOLD, PAINT_DIM, PAINT_RED, PAINT_GREEN, PAINT_YELLOW, PAINT_CYAN };
const char *paint_on(bool color, enum paint p);
const char *paint_off(bool color);

/*
 * Asks on the terminal; 0 only if the answer is `expected`. ERR_REFUSED else, and without a terminal; `otherwise` is
 * the option that does without: "--yes".
 */
int cli_confirm(struct cli *cli, const char *question, const char *expected, const char *otherwise);

/* Words that are taken for an answer; ends with NULL. */
struct cli_answers {
	const char *word[4];
	const char *otherwise; /* as of cli_confirm() */
};

/*
 * Asks on the terminal until the answer is one of the words: *ret is which. The end of input is the last one.
 * ERR_REFUSED without a terminal.
 */
int cli_ask(struct cli *cli, const char *question, const struct cli_answers *answers, size_t *ret);

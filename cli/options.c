#include "base/err.h"
#include "cli/cli.h"
#include "spec/suggest.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 1000

const struct option_row global_options[] = {
    {"file", 'f', OPTION_TEXT, "FILE", "the spec (default berth.yaml)", offsetof(struct globals, file)},
    {"env", 0, OPTION_TEXT, "NAME", "environment of the spec", offsetof(struct globals, env)},
    {"directory", 'C', OPTION_TEXT, "DIR", "work as if started there", offsetof(struct globals, dir)},
    {"profile", 0, OPTION_TEXT, "NAME", "profile of the AWS configuration", offsetof(struct globals, profile)},
    {"color", 0, OPTION_TEXT, "WHEN", "auto, always or never", offsetof(struct globals, color)},
    {"json", 0, OPTION_FLAG, NULL, "one JSON object a line instead of text", offsetof(struct globals, json)},
    {"verbose", 'v', OPTION_FLAG, NULL, "say more", offsetof(struct globals, verbose)},
    {"help", 'h', OPTION_FLAG, NULL, "show help", offsetof(struct globals, help)},
    {"version", 0, OPTION_FLAG, NULL, "show the version", offsetof(struct globals, version)},
    {0},
};

static const struct option_row *find_long(const struct option_row *rows, const char *name, size_t n)
{
	for (; rows && rows->name; rows++)
		if (strlen(rows->name) == n && !strncmp(rows->name, name, n))
			return rows;
	return NULL;
}

static const struct option_row *find_short(const struct option_row *rows, char letter)
{
	for (; rows && rows->name; rows++)
		if (rows->letter == letter)
			return rows;
	return NULL;
}

static int set_number(struct cli *cli, const struct option_row *row, const char *value, unsigned *slot)
{
	char *end = NULL;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || n == 0 || n > NUMBER_MAX)
		return diag_error(&cli->d, ERR_USAGE, "--%s wants a number from 1 to %d, not \"%s\".", row->name,
				  NUMBER_MAX, value);
	*slot = (unsigned)n;
	return 0;
}

static int set(struct cli *cli, const struct option_row *row, void *into, const char *value)
{
	char *at = (char *)into + row->offset;
	struct words *words;

	if (value && !*value)
		return diag_error(&cli->d, ERR_USAGE, "--%s wants %s, but what follows is empty.", row->name, row->arg);
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)(void *)at = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)(void *)at = value;
		return 0;
	case OPTION_NUMBER:
		return set_number(cli, row, value, (unsigned *)(void *)at);
	case OPTION_LIST:
		words = (struct words *)(void *)at;
		if (words->n + 1 == ARRAY_SIZE(words->word))
			return diag_error(&cli->d, ERR_USAGE, "There are more than %zu --%s.", words->n, row->name);
		words->word[words->n++] = value;
		return 0;
	}
	BUG("option --%s has no kind", row->name);
}

struct parser {
	struct cli *cli;
	const struct option_row *rows;
	void *into;
	char **argv;
	int argc, at;
};

static int unknown(struct parser *p, const char *shown)
{
	struct suggest s = SUGGEST(shown + 2);

	diag_error(&p->cli->d, ERR_USAGE, "There is no option %s.", shown);
	for (const struct option_row *row = p->rows; row && row->name; row++)
		suggest_try(&s, row->name);
	for (const struct option_row *row = global_options; row->name; row++)
		suggest_try(&s, row->name);
	if (shown[1] == '-' && s.best)
		diag_hint(&p->cli->d, "Did you mean --%s? --help lists them all.", s.best);
	else
		diag_hint(&p->cli->d, "--help lists them.");
	return ERR_USAGE;
}

/* The word behind an option; another option is none, as a forgotten value would swallow it. */
static int take_next(struct parser *p, const struct option_row *row, const char **ret)
{
	const char *next = p->at + 1 < p->argc ? p->argv[p->at + 1] : NULL;

	if (!next)
		return diag_error(&p->cli->d, ERR_USAGE, "--%s wants %s.", row->name, row->arg);
	if (!strncmp(next, "--", 2)) {
		diag_error(&p->cli->d, ERR_USAGE, "--%s wants %s, but %s follows.", row->name, row->arg, next);
		diag_hint(&p->cli->d, "If that is the value: --%s=%s", row->name, next);
		return ERR_USAGE;
	}
	p->at++;
	*ret = next;
	return 0;
}

/* Options of the command come first: it may give a letter its own meaning. */
static int apply_option(struct parser *p, const struct option_row *own, const struct option_row *global,
			const char *shown, const char *value)
{
	const struct option_row *row = own ? own : global;
	int rc = 0;

	if (!row)
		return unknown(p, shown);
	if (row->kind == OPTION_FLAG && value)
		return diag_error(&p->cli->d, ERR_USAGE, "--%s takes no value.", row->name);
	if (row->kind != OPTION_FLAG && !value)
		rc = take_next(p, row, &value);
	return rc ? rc : set(p->cli, row, own ? p->into : (void *)&p->cli->g, value);
}

static int parse_long(struct parser *p, const char *text)
{
	size_t n = strcspn(text, "=");
	char *shown CLEANUP(freep) = xasprintf("--%.*s", (int)n, text);

	return apply_option(p, find_long(p->rows, text, n), find_long(global_options, text, n), shown,
			    text[n] ? text + n + 1 : NULL);
}

static int parse_short(struct parser *p, const char *text)
{
	while (*text) {
		char shown[3] = {'-', *text, '\0'};
		const struct option_row *own = find_short(p->rows, *text), *global = find_short(global_options, *text);
		const struct option_row *row = own ? own : global;
		bool takes = row && row->kind != OPTION_FLAG;
		int rc = apply_option(p, own, global, shown, takes && text[1] ? text + 1 : NULL);

		if (rc || takes)
			return rc;
		text++;
	}
	return 0;
}

static bool is_option(const char *arg)
{
	return arg[0] == '-' && arg[1];
}

/* One that is wrong does not hide the next, and not --json, which says how to complain. */
static int parse_one(struct parser *p, int rc)
{
	const char *arg = p->argv[p->at];
	int one = arg[1] == '-' ? parse_long(p, arg + 2) : parse_short(p, arg + 1);

	return rc ? rc : one;
}

int options_front(struct cli *cli, int argc, char **argv, int *ret)
{
	struct parser p = {.cli = cli, .argv = argv, .argc = argc};
	int rc = 0;

	for (; p.at < argc && is_option(argv[p.at]) && strcmp(argv[p.at], "--") != 0; p.at++)
		rc = parse_one(&p, rc);
	if (p.at < argc && !strcmp(argv[p.at], "--"))
		p.at++;
	*ret = p.at;
	return rc;
}

int options_parse(struct cli *cli, const struct option_row *rows, void *into, int argc, char **argv, int *ret)
{
	struct parser p = {.cli = cli, .rows = rows, .into = into, .argv = argv, .argc = argc};
	bool ended = false;
	int words = 0, rc = 0;

	for (; p.at < argc; p.at++) {
		if (ended || !is_option(argv[p.at]))
			argv[words++] = argv[p.at];
		else if (!strcmp(argv[p.at], "--"))
			ended = true;
		else
			rc = parse_one(&p, rc);
	}
	*ret = words;
	return rc;
}

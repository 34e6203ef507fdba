#include "base/err.h"
#include "cli/cli.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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
	if (!*value || *end || errno || n == 0 || n > 100000 || *value == '-')
		return diag_error(&cli->d, ERR_USAGE, "--%s wants a number from 1 on, not \"%s\".", row->name, value);
	*slot = (unsigned)n;
	return 0;
}

static int set(struct cli *cli, const struct option_row *row, void *into, const char *value)
{
	char *at = (char *)into + row->offset;
	struct words *words;

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
			return diag_error(&cli->d, ERR_USAGE, "Too many --%s.", row->name);
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

/* Options of the command come first: it may give a letter its own meaning. */
static int apply_option(struct parser *p, const struct option_row *own, const struct option_row *global,
			const char *shown, const char *value)
{
	const struct option_row *row = own ? own : global;

	if (!row) {
		diag_error(&p->cli->d, ERR_USAGE, "There is no option %s.", shown);
		diag_hint(&p->cli->d, "--help lists them.");
		return ERR_USAGE;
	}
	if (row->kind == OPTION_FLAG && value)
		return diag_error(&p->cli->d, ERR_USAGE, "--%s takes no value.", row->name);
	if (row->kind != OPTION_FLAG && !value) {
		if (p->at + 1 >= p->argc)
			return diag_error(&p->cli->d, ERR_USAGE, "--%s wants %s.", row->name, row->arg);
		value = p->argv[++p->at];
	}
	return set(p->cli, row, own ? p->into : (void *)&p->cli->g, value);
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

int options_parse(struct cli *cli, const struct option_row *rows, void *into, int argc, char **argv)
{
	struct parser p = {.cli = cli, .rows = rows, .into = into, .argv = argv, .argc = argc};
	int words = 0, rc = 0;

	for (; p.at < argc && !rc; p.at++) {
		char *arg = argv[p.at];

		if (!strcmp(arg, "--")) {
			for (p.at++; p.at < argc; p.at++)
				argv[words++] = argv[p.at];
			break;
		}
		if (!strncmp(arg, "--", 2))
			rc = parse_long(&p, arg + 2);
		else if (arg[0] == '-' && arg[1])
			rc = parse_short(&p, arg + 1);
		else
			argv[words++] = arg;
	}
	return rc ? rc : words;
}

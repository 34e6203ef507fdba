/* berth permissions - the IAM policy that an operator needs for this spec. Offline: from the spec and the tables. */
#include "base/err.h"
#include "cli/commands.h"
#include "cli/work.h"
#include "engine/permit.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct permissions_options {
	bool read_only;
	const char *account;
	unsigned part;
};

static const struct option_row rows[] = {
    {"read-only", 0, OPTION_FLAG, NULL, "only what plan and drift need",
     offsetof(struct permissions_options, read_only)},
    {"account", 0, OPTION_TEXT, "ID", "account that the ARNs name (the spec's)",
     offsetof(struct permissions_options, account)},
    {"part", 0, OPTION_NUMBER, "N", "only the N-th document", offsetof(struct permissions_options, part)},
    {0},
};

static int check_account(struct cli *cli, const char *account)
{
	if (!account || (strlen(account) == 12 && strspn(account, "0123456789") == 12))
		return 0;
	return diag_error(&cli->d, ERR_USAGE, "--account wants the 12 digits of an account, not \"%s\".", account);
}

static void print_document(const json_t *document)
{
	char *text = json_dumps(document, JSON_INDENT(2));

	puts(text ? text : "");
	free(text);
}

static void print_json(const json_t *documents, const struct permissions_options *o)
{
	json_t *sizes = json_array();

	for (size_t i = 0; i < json_array_size(documents); i++)
		json_array_append_new(sizes, json_integer((json_int_t)permit_size(json_array_get(documents, i))));
	cli_json("permissions",
		 json_pack("{s:b, s:O, s:o}", "read_only", o->read_only, "documents", documents, "sizes", sizes));
}

/* Beside the result: what it does not say itself. */
static void add_notes(struct cli *cli, const struct spec *spec, const struct permissions_options *o, size_t n)
{
	if (!spec->account && !o->account) {
		diag_warn(&cli->d, "The spec names no account: the ARNs say \"*\" in its place.");
		diag_hint(&cli->d, "Set `account:` in the spec, or give --account.");
	}
	if (n > 1 && !o->part)
		diag_note(
		    &cli->d,
		    "A managed policy may have %d characters: these are %zu documents, and all of them are needed. "
		    "--part 1 prints the first alone.",
		    PERMIT_MAX, n);
}

static int show(struct cli *cli, const struct spec *spec, const struct permissions_options *o)
{
	struct permit_options options = {.read_only = o->read_only, .account = o->account};
	json_auto_t *documents = permit_documents(spec, &options);
	size_t n = json_array_size(documents);

	if (o->part > n)
		return diag_error(&cli->d, ERR_USAGE, "There is no part %u: the policy has %zu.", o->part, n);
	if (o->part) {
		json_t *one = json_incref(json_array_get(documents, o->part - 1));

		json_array_clear(documents);
		json_array_append_new(documents, one);
	}
	if (cli->g.json)
		print_json(documents, o);
	for (size_t i = 0; !cli->g.json && i < json_array_size(documents); i++)
		print_document(json_array_get(documents, i));
	add_notes(cli, spec, o, n);
	return 0;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const struct permissions_options *o = options;
	struct work w = {0};
	int rc = check_account(cli, o->account);

	(void)argc;
	(void)argv;
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc)
		rc = show(cli, &w.spec, o);
	work_release(&w);
	return rc;
}

const struct command cmd_permissions = {
    .name = "permissions",
    .summary = "the IAM policy that an operator needs",
    .usage = "[--read-only] [--account ID] [--part N]",
    .options = rows,
    .options_size = sizeof(struct permissions_options),
    .run = run,
    .offline = true,
};

/* berth output - endpoint, ARNs, ids: for people, scripts and CI. */
#include "base/buf.h"
#include "base/err.h"
#include "cli/commands.h"
#include "cli/work.h"
#include "engine/resolve.h"
#include "spec/suggest.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct output_options {
	const char *format;
};

static const struct option_row rows[] = {
    {"format", 0, OPTION_TEXT, "F", "text, json, dotenv or github", offsetof(struct output_options, format)},
    {0},
};

static struct target live_target(void *arg, const char *address)
{
	const struct work *w = arg;
	const struct object *o = world_find(&w->world, address);
	const struct resource *res = spec_find(&w->spec, address);

	return (struct target){.have = o ? o->fields : NULL,
			       .want = res && o ? res->want : NULL,
			       .type = o     ? o->type
				       : res ? res->type
					     : NULL};
}

/* Outputs whose object is there; secrets are never among them. */
static json_t *resolve_outputs(struct work *w)
{
	struct resolver r = {.world = &w->world, .spec = &w->spec, .find = live_target, .arg = w};
	json_t *out = json_object(), *value;
	const char *name;

	json_object_foreach (w->spec.outputs, name, value) {
		json_t *known = resolve(&r, value, NULL);

		if (val_has_special(known))
			json_decref(known);
		else
			json_object_set_new(out, name, known);
	}
	return out;
}

static char *variable_name(const char *name)
{
	char *out = xstrdup(name);

	for (char *c = out; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
	return out;
}

static char *plain_text(const json_t *v)
{
	struct buf b = BUF(BUF_TEXT_MAX);

	if (json_is_string(v))
		return xstrdup(json_string_value(v));
	if (!json_is_array(v))
		return val_text(v);
	for (size_t i = 0; i < json_array_size(v); i++) {
		char *member CLEANUP(freep) = plain_text(json_array_get(v, i));

		buf_addf(&b, "%s%s", i ? "," : "", member);
	}
	return buf_take(&b);
}

/* Quoted so that a shell and every dotenv reader give the text back. */
static void print_quoted(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (strchr("\"\\$`", *s))
			putchar('\\');
		putchar(*s);
	}
	putchar('"');
}

static int print_github(const json_t *out, struct cli *cli)
{
	const char *path = getenv("GITHUB_OUTPUT");
	bool own = path && *path;
	FILE *to = own ? fopen(path, "ae") : stdout;
	json_t *value;
	const char *name;
	bool bad;

	if (!to)
		return diag_error(&cli->d, ERR_IO, "%s (GITHUB_OUTPUT) cannot be written: %s.", path, strerror(errno));
	json_object_foreach ((json_t *)out, name, value) {
		char *text CLEANUP(freep) = plain_text(value);
		char *var CLEANUP(freep) = variable_name(name);
		char *shown CLEANUP(freep) = printable(text);

		/* A line break would let a value define others. */
		if (strpbrk(text, "\r\n"))
			diag_warn(&cli->d, "%s is left out: it has several lines.", name);
		else
			fprintf(to, "%s=%s\n", var, shown);
	}
	bad = own && ferror(to);
	if (own && (fclose(to) || bad))
		return diag_error(&cli->d, ERR_IO, "%s (GITHUB_OUTPUT) was not written whole: %s.", path,
				  strerror(errno));
	return 0;
}

static void print_dotenv(const json_t *out)
{
	json_t *value;
	const char *name;

	json_object_foreach ((json_t *)out, name, value) {
		char *text CLEANUP(freep) = plain_text(value);
		char *var CLEANUP(freep) = variable_name(name);
		char *shown CLEANUP(freep) = printable(text);

		printf("%s=", var);
		print_quoted(shown);
		putchar('\n');
	}
}

static void print_text(const json_t *out, bool bare)
{
	json_t *value;
	const char *name;

	json_object_foreach ((json_t *)out, name, value) {
		char *text CLEANUP(freep) = plain_text(value);
		char *shown CLEANUP(freep) = printable(text);

		if (bare)
			printf("%s\n", shown);
		else
			printf("%-28s %s\n", name, shown);
	}
}

static int print_outputs(struct cli *cli, json_t *out, const char *format, bool bare)
{
	char *text CLEANUP(freep) = NULL;

	if (cli->g.json) {
		cli_json("output", json_pack("{s:O}", "outputs", out));
	} else if (!strcmp(format, "json")) {
		text = json_dumps(out, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
		printf("%s\n", text ? text : "{}");
	} else if (!strcmp(format, "github")) {
		return print_github(out, cli);
	} else if (!strcmp(format, "dotenv")) {
		print_dotenv(out);
	} else {
		print_text(out, bare);
	}
	return 0;
}

/* Leaves only the one that is asked for. */
static int choose(struct cli *cli, const char *name, json_t *out)
{
	json_t *value = json_object_get(out, name);
	struct suggest s = SUGGEST(name);

	if (value) {
		json_incref(value);
		json_object_clear(out);
		return json_object_set_new(out, name, value);
	}
	suggest_keys(&s, out);
	diag_error(&cli->d, ERR_ABSENT, "There is no output \"%s\", or its object is not made yet.", name);
	if (s.best)
		diag_hint(&cli->d, "Did you mean %s? `berth output` lists what there is.", s.best);
	else
		diag_hint(&cli->d, "`berth output` lists what there is.");
	return ERR_ABSENT;
}

static int check_format(struct cli *cli, const char *format)
{
	static const char *const known[] = {"text", "json", "dotenv", "github"};

	if (cli->g.json && format)
		return diag_error(&cli->d, ERR_USAGE, "--json and --format are two forms: choose one.");
	if (!format)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i], format))
			return 0;
	return diag_error(&cli->d, ERR_USAGE, "--format is text, json, dotenv or github, not \"%s\".", format);
}

/* An output that is missing because AWS did not tell is not one that there is none of. */
static int refuse_unread(struct work *w)
{
	const char *type;
	json_t *why;
	int rc = 0;

	json_object_foreach (w->world.unread, type, why)
		if (rtype_find(type))
			rc =
			    diag_error(&w->cli->d, ERR_DENIED, "%s could not be read, so not all outputs are known: %s",
				       type, json_string_value(why));
	return rc;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const struct output_options *o = options;
	json_auto_t *out = NULL;
	struct work w = {0};
	int rc, unread = 0;

	rc = check_format(cli, o->format);
	if (!rc)
		rc = work_live(&w, cli);
	if (!rc) {
		out = resolve_outputs(&w);
		if (json_object_size(out) < json_object_size(w.spec.outputs))
			unread = refuse_unread(&w);
		rc = argc ? choose(cli, argv[0], out) : 0;
	}
	if (!rc)
		rc = print_outputs(cli, out, o->format ? o->format : "text", argc > 0);
	work_release(&w);
	return rc ? rc : unread;
}

const struct command cmd_output = {
    .name = "output",
    .summary = "endpoint, ARNs and ids of what is there",
    .usage = "[NAME] [--format text|json|dotenv|github]",
    .options = rows,
    .options_size = sizeof(struct output_options),
    .words = 1,
    .run = run,
};

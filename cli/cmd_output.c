/* berth output - endpoint, ARNs, ids: for people, scripts and CI. */
#include "base/buf.h"
#include "base/err.h"
#include "cli/commands.h"
#include "cli/work.h"
#include "engine/resolve.h"

#include <ctype.h>
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
	FILE *to = path && *path ? fopen(path, "a") : stdout;
	json_t *value;
	const char *name;

	if (!to)
		return diag_error(&cli->d, ERR_IO, "%s (GITHUB_OUTPUT) cannot be written.", path);
	json_object_foreach ((json_t *)out, name, value) {
		char *text CLEANUP(freep) = plain_text(value);
		char *var CLEANUP(freep) = variable_name(name);

		if (strchr(text, '\n'))
			continue; /* a line break would let a value define others */
		fprintf(to, "%s=%s\n", var, text);
	}
	if (to != stdout && fclose(to))
		return diag_error(&cli->d, ERR_IO, "%s (GITHUB_OUTPUT) cannot be written.", path);
	return 0;
}

static void print_lines(const json_t *out, bool dotenv)
{
	json_t *value;
	const char *name;

	json_object_foreach ((json_t *)out, name, value) {
		char *text CLEANUP(freep) = plain_text(value);
		char *var CLEANUP(freep) = variable_name(name);
		char *shown CLEANUP(freep) = printable(text);

		if (!dotenv) {
			printf("%-28s %s\n", name, shown);
			continue;
		}
		printf("%s=", var);
		print_quoted(shown);
		putchar('\n');
	}
}

static int print_outputs(struct cli *cli, const json_t *out, const char *format)
{
	char *text CLEANUP(freep) = NULL;

	if (!strcmp(format, "json")) {
		text = json_dumps(out, JSON_INDENT(2) | JSON_SORT_KEYS);
		printf("%s\n", text ? text : "{}");
		return 0;
	}
	if (!strcmp(format, "github"))
		return print_github(out, cli);
	print_lines(out, !strcmp(format, "dotenv"));
	return 0;
}

static int one_output(struct cli *cli, const json_t *out, const char *name)
{
	const json_t *v = json_object_get(out, name);
	char *text CLEANUP(freep) = v ? plain_text(v) : NULL;

	if (!v) {
		diag_error(&cli->d, ERR_ABSENT, "There is no output \"%s\", or its object is not made yet.", name);
		diag_hint(&cli->d, "`berth output` lists what there is.");
		return ERR_ABSENT;
	}
	printf("%s\n", text);
	return 0;
}

static int check_format(struct cli *cli, const char *format)
{
	static const char *const known[] = {"text", "json", "dotenv", "github"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i], format))
			return 0;
	return diag_error(&cli->d, ERR_USAGE, "--format is text, json, dotenv or github, not \"%s\".", format);
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct output_options o = {0};
	json_auto_t *out = NULL;
	struct work w = {0};
	int words, rc;

	words = options_parse(cli, rows, &o, argc, argv);
	rc = words < 0 ? words : 0;
	if (words > 1)
		rc = diag_error(&cli->d, ERR_USAGE, "output takes one name at most.");
	if (!o.format)
		o.format = cli->g.json ? "json" : "text";
	if (!rc)
		rc = check_format(cli, o.format);
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc)
		rc = work_open(&w);
	if (!rc)
		rc = work_refresh(&w);
	if (!rc) {
		out = resolve_outputs(&w);
		rc = words ? one_output(cli, out, argv[0]) : print_outputs(cli, out, o.format);
	}
	work_release(&w);
	return cli_fail(cli, rc);
}

const struct command cmd_output = {
    .name = "output",
    .summary = "endpoint, ARNs and ids of what is there",
    .usage = "[NAME] [--format text|json|dotenv|github]",
    .options = rows,
    .run = run,
};

/* berth explain - the fields of a resource type, printed from its table. */
#include "base/err.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "providers/service.h"
#include "spec/suggest.h"

#include <stdlib.h>
#include <string.h>

static const char *kind_words(const struct type *t)
{
	static const char *const name[] = {
	    [KIND_BOOL] = "true or false", [KIND_INT] = "whole number", [KIND_NUM] = "number", [KIND_STR] = "text",
	    [KIND_LIST] = "list",          [KIND_SET] = "set",          [KIND_MAP] = "map",    [KIND_OBJ] = "object",
	    [KIND_JSON] = "any JSON",
	};

	return name[t->kind];
}

static void print_type(const struct type *t)
{
	if (t->target) {
		printf("${%s.<name>.%s}", t->target, t->attr);
	} else if (t->names) {
		for (size_t i = 0; t->names[i]; i++)
			printf("%s%s", i ? " | " : "", t->names[i]);
	} else if (t->kind == KIND_LIST || t->kind == KIND_SET || t->kind == KIND_MAP) {
		printf("%s of ", kind_words(t));
		print_type(t->elem);
	} else if (t->kind == KIND_INT && (t->min || t->max)) {
		printf("%" JSON_INTEGER_FORMAT "..%" JSON_INTEGER_FORMAT, t->min, t->max);
	} else {
		printf("%s", kind_words(t));
	}
}

static const char *class_words(const struct field *f)
{
	if ((f->flags & COMPUTED) && !f->in)
		return "set by AWS";
	if (f->flags & REQUIRED)
		return f->flags & CREATE_ONLY ? "required, a change replaces" : "required";
	if (f->flags & CREATE_ONLY)
		return "optional, a change replaces";
	return f->flags & COMPUTED ? "optional, else AWS chooses" : "optional";
}

static void print_fields(const struct field *f, int depth)
{
	for (; f->name; f++) {
		const struct type *t = f->type;

		if (f->flags & STATUS)
			continue;
		printf("%*s%-24s ", depth * 2 + 2, "", f->name);
		print_type(t);
		printf("; %s", class_words(f));
		if (f->dflt)
			printf("; default %s", f->dflt);
		if (f->flags & SENSITIVE)
			printf("; secret");
		putchar('\n');
		if (f->doc)
			printf("%*s%s\n", depth * 2 + 6, "", f->doc);
		while (t->kind == KIND_LIST || t->kind == KIND_SET || t->kind == KIND_MAP)
			t = t->elem;
		if (t->kind == KIND_OBJ)
			print_fields(t->fields, depth + 1);
	}
}

static json_t *fields_to_json(const struct field *f);

static json_t *field_to_json(const struct field *f)
{
	const struct type *t = f->type;
	json_t *o = json_pack("{s:s, s:s}", "kind", kind_words(t), "class", class_words(f));

	if (f->doc)
		json_object_set_new(o, "doc", json_string(f->doc));
	if (f->dflt)
		json_object_set_new(o, "default", json_loads(f->dflt, JSON_DECODE_ANY, NULL));
	if (f->flags & SENSITIVE)
		json_object_set_new(o, "secret", json_true());
	while (t->kind == KIND_LIST || t->kind == KIND_SET || t->kind == KIND_MAP)
		t = t->elem;
	if (t->target)
		json_object_set_new(o, "reference", json_sprintf("%s.%s", t->target, t->attr));
	if (t->kind == KIND_OBJ)
		json_object_set_new(o, "fields", fields_to_json(t->fields));
	return o;
}

static json_t *fields_to_json(const struct field *f)
{
	json_t *out = json_object();

	for (; f->name; f++)
		if (!(f->flags & STATUS))
			json_object_set_new(out, f->name, field_to_json(f));
	return out;
}

static void list_types(const struct cli *cli)
{
	json_t *all = json_object();

	for (const struct rtype *const *t = rtypes; *t; t++) {
		if (cli->g.json)
			json_object_set_new(all, (*t)->name, json_string((*t)->doc ? (*t)->doc : ""));
		else
			printf("%-28s %s\n", (*t)->name, (*t)->doc ? (*t)->doc : "");
	}
	if (cli->g.json)
		cli_json("types", json_pack("{s:O}", "types", all));
	json_decref(all);
}

static int not_found(struct cli *cli, const char *name)
{
	struct suggest s = SUGGEST(name);

	for (const struct rtype *const *t = rtypes; *t; t++)
		suggest_try(&s, (*t)->name);
	diag_error(&cli->d, ERR_USAGE, "There is no resource type or field \"%s\".", name);
	if (s.best)
		diag_hint(&cli->d, "Did you mean %s? `berth explain` without a name lists all types.", s.best);
	else
		diag_hint(&cli->d, "`berth explain` without a name lists all types.");
	return ERR_USAGE;
}

static void print_one(const struct cli *cli, const struct rtype *t, const struct field *f)
{
	const struct field one[] = {*f, END};

	if (cli->g.json)
		cli_json("explain", json_pack("{s:s, s:o}", "name", t->name, "fields", fields_to_json(one)));
	else
		print_fields(one, 0);
}

static void print_all(const struct cli *cli, const struct rtype *t)
{
	if (cli->g.json) {
		cli_json("explain", json_pack("{s:s, s:o}", "name", t->name, "fields", fields_to_json(t->fields)));
		return;
	}
	printf("%s - %s\n\n", t->name, t->doc ? t->doc : "");
	print_fields(t->fields, 0);
}

/* "rds.instance", or "rds.instance.class" */
static int explain(struct cli *cli, const char *name)
{
	const struct rtype *t = rtype_find(name);
	const struct field *f;
	const char *dot = strrchr(name, '.');
	char *type CLEANUP(freep) = dot ? xstrndup(name, (size_t)(dot - name)) : NULL;

	if (t) {
		print_all(cli, t);
		return 0;
	}
	t = type ? rtype_find(type) : NULL;
	f = t ? rtype_field(t, dot + 1) : NULL;
	if (!f)
		return not_found(cli, name);
	print_one(cli, t, f);
	return 0;
}

/* The same as the command of that name without options. */
static int explain_permissions(struct cli *cli)
{
	void *defaults CLEANUP(freep) = xcalloc(1, cmd_permissions.options_size);

	return cmd_permissions.run(cli, defaults, 0, NULL);
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	(void)options;
	if (argc && !strcmp(argv[0], "permissions"))
		return explain_permissions(cli);
	if (argc)
		return explain(cli, argv[0]);
	list_types(cli);
	return 0;
}

const struct command cmd_explain = {
    .name = "explain",
    .summary = "a resource type's fields",
    .usage = "[TYPE[.FIELD] | permissions]",
    .words = 1,
    .run = run,
    .offline = true,
};

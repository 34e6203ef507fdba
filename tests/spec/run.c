/*
 * Golden files of the spec: tests/spec/NAME.yaml is loaded, and what comes of it compared with NAME.expect: the errors
 * as a user sees them, or "fine" and the warnings. For a file of examples/ the expanded resources are compared with
 * tests/spec/example-NAME.json. A first line "# --env NAME" chooses an environment.
 * Without files all are compared. `spec-golden --update [FILE…]` writes what is expected instead; review reads the
 * diff. Runs in the root of the project.
 */
#include "base/buf.h"
#include "base/err.h"
#include "spec/spec.h"

#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)8 << 20)

static char *read_text(const char *path)
{
	struct buf b = BUF(TEXT_MAX);
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;

	while (f && (n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	if (f)
		fclose(f);
	return buf_take(&b);
}

static bool write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) >= 0;

	return f && fclose(f) == 0 && ok;
}

/* One "file:line:column: error: …" with source line, caret and hint. */
static void show_item(struct buf *b, const struct diag_item *item)
{
	static const char *const word[] = {"error", "warning", "note"};
	char *path CLEANUP(freep) = xstrdup(item->pos.file ? item->pos.file : "");

	if (item->pos.file)
		buf_addf(b, "%s:%d:%d: ", basename(path), item->pos.line, item->pos.column);
	buf_addf(b, "%s: %s\n", word[item->severity], item->text);
	if (item->source)
		buf_addf(b, "    %s\n    %*s^\n", item->source, item->pos.column - 1, "");
	if (item->hint)
		buf_addf(b, "    hint: %s\n", item->hint);
}

static char *env_of(const char *path)
{
	static const char mark[] = "# --env ";
	char *text CLEANUP(freep) = read_text(path);

	if (strncmp(text, mark, strlen(mark)) != 0)
		return NULL;
	return xstrndup(text + strlen(mark), strcspn(text + strlen(mark), "\r\n"));
}

/* Defaults of the tables are left out: they are the tables' business. */
static void drop_defaults(const struct rtype *t, json_t *fields)
{
	for (const struct field *f = t->fields; f->name; f++) {
		json_auto_t *dflt = f->dflt ? json_loads(f->dflt, JSON_DECODE_ANY, NULL) : NULL;

		if (dflt && json_equal(dflt, json_object_get(fields, f->name)))
			json_object_del(fields, f->name);
	}
}

static void show_json(struct buf *b, const struct spec *s)
{
	json_auto_t *expanded = spec_to_json(s), *doc = json_deep_copy(expanded);
	const char *address;
	char *text CLEANUP(freep) = NULL;
	json_t *resource;

	json_object_foreach (json_object_get(doc, "resources"), address, resource)
		drop_defaults(spec_find(s, address)->type, json_object_get(resource, "fields"));
	text = json_dumps(doc, JSON_INDENT(2));
	buf_adds(b, text);
	buf_addc(b, '\n');
}

/* What comes of the file. New text. */
static char *outcome(const char *path, bool example)
{
	char *env CLEANUP(freep) = env_of(path);
	const struct spec_options options = {.file = path, .env = env};
	struct buf b = BUF(TEXT_MAX);
	struct diag d = {0};
	struct spec s;
	int rc = spec_load(&options, &s, &d);

	for (size_t i = 0; i < d.n; i++)
		show_item(&b, &d.item[i]);
	if (!rc && example)
		show_json(&b, &s);
	else if (!rc)
		buf_adds(&b, "fine\n");
	if (!rc)
		spec_release(&s);
	diag_release(&d);
	return buf_take(&b);
}

static char *expect_path(const char *path, bool example)
{
	char *copy CLEANUP(freep) = xstrdup(path), *dir CLEANUP(freep) = xstrdup(path);
	const char *base = basename(copy);
	int n = (int)strlen(base) - (int)strlen(".yaml");

	if (example)
		return xasprintf("tests/spec/example-%.*s.json", n, base);
	return xasprintf("%s/%.*s.expect", dirname(dir), n, base);
}

static void report(const char *text)
{
	printf("# ");
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			fputs("# ", stdout);
	}
	putchar('\n');
}

static bool run_one(const char *path, bool update, size_t n)
{
	bool example = strstr(path, "examples/") != NULL;
	char *have CLEANUP(freep) = outcome(path, example), *file CLEANUP(freep) = expect_path(path, example);
	char *want CLEANUP(freep) = read_text(file);
	bool ok;

	if (update)
		return write_text(file, have);
	ok = strcmp(have, want) == 0;
	if (!ok) {
		report("is:");
		report(have);
		report("want:");
		report(want);
	}
	printf("%sok %zu - %s\n", ok ? "" : "not ", n, path);
	return ok;
}

static bool run_all(bool update, size_t *n)
{
	glob_t found = {0};
	bool ok = true;

	glob("tests/spec/*.yaml", 0, NULL, &found);
	glob("examples/*.yaml", GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		ok &= run_one(found.gl_pathv[i], update, ++*n);
	globfree(&found);
	return ok;
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && !strcmp(argv[1], "--update"), ok = true;
	int first = update ? 2 : 1;
	size_t n = 0;

	if (first == argc)
		ok = run_all(update, &n);
	for (int i = first; i < argc; i++)
		ok &= run_one(argv[i], update, ++n);
	printf("1..%zu\n", n);
	return ok && n ? 0 : 1;
}

/*
 * run - plan tests: a spec, what is live, the plan as the user reads it. One .test file:
 *
 *                   what is promised, in a sentence or two (all that stands before the first @)
 *   @before         a spec whose objects are taken to be live, as an apply would have left them
 *   @change         JSON: what is live differently from @before.
 *                   "ADDRESS": null             the object is gone
 *                   "ADDRESS": {PATH: VALUE}    fields, "#KEY" for tags; null removes one; "@user": who else uses it,
 *                                               "@remembered": known by the snapshot alone
 *                   "+ADDRESS": {"type": .., "fields": .., "tags": .., "standing": ..}   one more object; standing
 *                                               is "owned" (if absent), "stray", "shared", or "foreign" with the
 *                                               address "?ADDRESS": it has the name that ADDRESS wishes for
 *                   "!TYPE": "REASON"           the type could not be read
 *   @spec           the spec to plan; absent: the one of @before
 *   @args           destroy, with-data, with-adopted, only=ADDR, except=ADDR, env=NAME (of @spec), verbose, md, json,
 *                   width=COLUMNS;
 *                   drift: not the plan, but what @change makes of what the apply of @before left;
 *                   unrecorded: the same, without a record of that apply
 *   @expect         the plan's text
 *
 * `run --update FILE` rewrites the file with what came out; `run --json FILE` prints it as a document. A name in
 * @before that AWS would give (an id, an ARN) is made of the address: "main-id",
 * "arn:aws:ec2:us-east-1:123456789012:main".
 */
#include "base/buf.h"
#include "cli/render.h"
#include "engine/plan.h"
#include "tests/plan/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTIONS 8

struct section {
	char *name, *text;
};

static struct section section[SECTIONS];
static size_t n_section;
/* The lines before the first section. */
static struct section preamble;

static const char *text_of(const char *name)
{
	for (size_t i = 0; i < n_section; i++)
		if (!strcmp(section[i].name, name))
			return section[i].text;
	return NULL;
}

_Noreturn void die(const char *what)
{
	printf("1..1\nnot ok 1 - %s\n", what);
	exit(1);
}

_Noreturn void die_diag(const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		printf("# line %d: %s\n", d->item[i].pos.line, d->item[i].text);
	die("the test's spec does not load");
}

static void add_line(struct section *s, const char *line)
{
	char *longer = xasprintf("%s%s", s->text ? s->text : "", line);

	free(s->text);
	s->text = longer;
}

static void begin_section(const char *line)
{
	static const char *const known[] = {"before", "change", "spec", "args", "expect"};
	char *name = xstrndup(line, strcspn(line, "\n "));
	bool ok = !text_of(name) && n_section < SECTIONS;

	for (size_t i = 0; ok && i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i], name)) {
			section[n_section++] = (struct section){.name = name, .text = xstrdup("")};
			return;
		}
	die("a section that is unknown, or there twice");
}

static void read_sections(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;

	if (!f)
		die("no such test file");
	while (getline(&line, &cap, f) > 0) {
		if (line[0] == '@' && !text_of("expect"))
			begin_section(line + 1);
		else
			add_line(n_section ? &section[n_section - 1] : &preamble, line);
	}
	free(line);
	fclose(f);
}

static void load_spec(const char *text, const char *env, struct spec *ret)
{
	char path[] = "/tmp/berth-plan-test-XXXXXX";
	struct spec_options options = {.file = path, .env = env};
	struct diag d = {0};
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("no temporary file");
	close(fd);
	if (spec_load(&options, ret, &d)) {
		unlink(path);
		die_diag(&d);
	}
	unlink(path);
	diag_release(&d);
}

/* ---- the plan ---- */

#define CHOICES 8

struct args {
	unsigned flags;
	const char *only[CHOICES], *except[CHOICES], *env;
	size_t n_only, n_except, width;
	bool verbose, markdown, json, drift, unrecorded;
};

static void add_choice(const char **list, size_t *n, const char *address)
{
	if (*n + 1 == CHOICES)
		die("too many choices in @args");
	list[(*n)++] = xstrdup(address);
}

static bool take_flag(struct args *a, const char *word)
{
	if (!strcmp(word, "destroy"))
		a->flags |= PLAN_DESTROY;
	else if (!strcmp(word, "with-data"))
		a->flags |= PLAN_WITH_DATA;
	else if (!strcmp(word, "with-adopted"))
		a->flags |= PLAN_WITH_ADOPTED;
	else if (!strcmp(word, "verbose"))
		a->verbose = true;
	else if (!strcmp(word, "md"))
		a->markdown = true;
	else if (!strcmp(word, "json"))
		a->json = true;
	else if (!strcmp(word, "drift"))
		a->drift = true;
	else if (!strcmp(word, "unrecorded"))
		a->drift = a->unrecorded = true;
	else
		return false;
	return true;
}

static void take_arg(struct args *a, const char *word)
{
	if (!strncmp(word, "only=", 5))
		add_choice(a->only, &a->n_only, word + 5);
	else if (!strncmp(word, "except=", 7))
		add_choice(a->except, &a->n_except, word + 7);
	else if (!strncmp(word, "env=", 4))
		a->env = xstrdup(word + 4);
	else if (!strncmp(word, "width=", 6))
		a->width = (size_t)strtoll(word + 6, NULL, 10);
	else if (!take_flag(a, word))
		die("unknown word in @args");
}

static void parse_args(struct args *a, const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, " \n");
		char *word CLEANUP(freep) = xstrndup(text, n);

		if (n)
			take_arg(a, word);
		text += n + (text[n] != '\0');
	}
}

static void print_errors(FILE *to, const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct diag_item *item = &d->item[i];

		if (item->pos.line)
			fprintf(to, "line %d: ", item->pos.line);
		fprintf(to, "error: %s\n", item->text);
		if (item->hint)
			fprintf(to, "  %s\n", item->hint);
	}
}

/* Steals doc. */
static void print_json(FILE *to, json_t *doc)
{
	json_dumpf(doc, to, JSON_INDENT(2));
	fputc('\n', to);
	json_decref(doc);
}

/* What an apply would have written down. */
struct record {
	struct applied_object *object;
	size_t n;
};

static void record_world(const struct world *w, struct record *ret)
{
	ret->object = xcalloc(w->n + 1, sizeof(*ret->object));
	for (size_t i = 0; i < w->n; i++)
		ret->object[ret->n++] = (struct applied_object){
		    .address = xstrdup(w->object[i]->address),
		    .type = xstrdup(w->object[i]->type->name),
		    .fields = storable_fields(w->object[i]->type, w->object[i]->fields),
		    .tags = json_deep_copy(w->object[i]->tags),
		};
}

static void record_release(struct record *record)
{
	for (size_t i = 0; i < record->n; i++) {
		free(record->object[i].address);
		free(record->object[i].type);
		json_decref(record->object[i].fields);
		json_decref(record->object[i].tags);
	}
	free(record->object);
}

static void print_drift(const struct render *r, const struct args *a, const struct world *w, const struct plan *p,
			const struct record *record)
{
	struct drift d;

	drift_find(w, record->object, a->unrecorded ? 0 : record->n, p, &d);
	if (a->json)
		print_json(r->to, drift_to_json(&d));
	else
		render_drift(r, &d);
	drift_release(&d);
}

static char *result_text(struct world *w, const struct spec *spec, const struct args *a, const struct record *record)
{
	struct plan_request req = {.spec = spec,
				   .world = w,
				   .flags = a->flags,
				   .only = a->n_only ? a->only : NULL,
				   .except = a->n_except ? a->except : NULL};
	struct render r = {.verbose = a->verbose, .markdown = a->markdown, .width = a->width};
	struct diag d = {0};
	struct plan p = {0};
	char *text = NULL;
	size_t n = 0;

	r.to = open_memstream(&text, &n);
	/* drift needs a plan only where nothing was written down. */
	if ((!a->drift || a->unrecorded) && plan_make(&req, &p, &d))
		print_errors(r.to, &d);
	else if (a->drift)
		print_drift(&r, a, w, &p, record);
	else if (a->json)
		print_json(r.to, plan_to_json(&p, spec, w));
	else
		render_plan(&r, &p, spec, w);
	fclose(r.to);
	plan_release(&p);
	diag_release(&d);
	return text;
}

static void know_aws(struct world *w)
{
	json_object_update_new(w->aws, json_pack("{s:s, s:s, s:s, s:s, s:[s, s, s]}", "account", "123456789012",
						 "region", "us-east-1", "partition", "aws", "dns_suffix",
						 "amazonaws.com", "zone_id", "use1-az1", "use1-az2", "use1-az4"));
}

static char *run_test(bool as_json)
{
	const char *before = text_of("before"), *after = text_of("spec") ? text_of("spec") : before;
	json_auto_t *changes = text_of("change") ? json_loads(text_of("change"), JSON_REJECT_DUPLICATES, NULL) : NULL;
	/* static: what it holds is no leak */
	static struct args args;
	struct spec old = {0}, new = {0};
	struct record record = {0};
	struct world w;
	char *got;

	if (!after)
		die("neither @before nor @spec");
	if (text_of("change") && !changes)
		die("@change is no JSON");
	parse_args(&args, text_of("args"));
	args.json |= as_json;
	world_init(&w);
	know_aws(&w);
	if (before) {
		load_spec(before, NULL, &old);
		live_make(&w, &old);
	}
	record_world(&w, &record);
	live_change(&w, changes);
	load_spec(after, args.env, &new);
	got = result_text(&w, &new, &args, &record);
	record_release(&record);
	world_release(&w);
	spec_release(&new);
	if (before)
		spec_release(&old);
	return got;
}

/* ---- the file ---- */

static void update(const char *path, const char *got)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die("the test file cannot be written");
	fputs(preamble.text ? preamble.text : "", f);
	for (size_t i = 0; i < n_section; i++)
		if (strcmp(section[i].name, "expect") != 0)
			fprintf(f, "@%s\n%s", section[i].name, section[i].text);
	fprintf(f, "@expect\n%s", got);
	fclose(f);
}

/* As a reader of TAP takes them for what they are. */
static void print_comment(const char *title, const char *text)
{
	printf("# %s:\n", title);
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		printf("# %.*s\n", (int)strcspn(text, "\n"), text);
}

static int check(const char *path, const char *got)
{
	const char *expect = text_of("expect");
	bool ok = expect && !strcmp(expect, got);

	printf("1..1\n%sok 1 - %s\n", ok ? "" : "not ", path);
	if (!ok) {
		print_comment("wanted", expect ? expect : "(nothing)");
		print_comment("got", got);
	}
	return !ok;
}

int main(int argc, char **argv)
{
	bool rewrite = argc == 3 && !strcmp(argv[1], "--update"), as_json = argc == 3 && !strcmp(argv[1], "--json");
	const char *path = argc > 1 ? argv[argc - 1] : NULL;
	char *got CLEANUP(freep) = NULL;

	if (argc != 2 + (rewrite || as_json))
		die("usage: run [--update|--json] FILE.test");
	read_sections(path);
	got = run_test(as_json);
	if (rewrite)
		update(path, got);
	else if (as_json)
		fputs(got, stdout);
	else
		return check(path, got);
	return 0;
}

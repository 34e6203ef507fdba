/*
 * run - plan tests: a spec, what is live, the plan as the user reads it. One .test file:
 *
 *   @before         a spec whose objects are taken to be live, as an apply would have left them
 *   @change         JSON: address -> fields to set in the live object (null removes the object), or
 *                   "+ADDRESS" -> {"type": …, "fields": …, "tags": …, "standing": "stray"} to add one
 *   @spec           the spec to plan; absent: the one of @before
 *   @args           destroy, with-data, only=ADDR, except=ADDR, verbose
 *   @expect         the plan's text
 *
 * With --update the file is rewritten with what came out.
 */
#include "base/buf.h"
#include "base/path.h"
#include "cli/render.h"
#include "engine/graph.h"
#include "engine/plan.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTIONS 8

struct section {
	char *name, *text;
};

static struct section section[SECTIONS];
static size_t n_section;

static const char *text_of(const char *name)
{
	for (size_t i = 0; i < n_section; i++)
		if (!strcmp(section[i].name, name))
			return section[i].text;
	return NULL;
}

static _Noreturn void die(const char *what)
{
	printf("1..1\nnot ok 1 - %s\n", what);
	exit(1);
}

static _Noreturn void die_diag(const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		printf("# %s\n", d->item[i].text);
	die("the test's spec does not load");
}

static void add_line(struct section *s, const char *line)
{
	char *longer = xasprintf("%s%s", s->text, line);

	free(s->text);
	s->text = longer;
}

static void read_sections(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;

	if (!f)
		die("no such test file");
	while (getline(&line, &cap, f) > 0) {
		if (line[0] == '@' && n_section < SECTIONS)
			section[n_section++] =
			    (struct section){.name = xstrndup(line + 1, strcspn(line + 1, "\n ")), .text = xstrdup("")};
		else if (n_section)
			add_line(&section[n_section - 1], line);
	}
	free(line);
	fclose(f);
}

static void load_spec(const char *text, struct spec *ret)
{
	char path[] = "/tmp/berth-plan-test-XXXXXX";
	struct spec_options options = {.file = path};
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

/* ---- a live world, as an apply of the spec would have left it ---------------------------------------------------- */

struct faker {
	struct world *w;
	const struct spec *spec;
};

static struct target fake_target(void *arg, const char *address)
{
	const struct faker *f = arg;
	const struct object *o = world_find(f->w, address);

	return (struct target){.have = o ? o->fields : NULL, .type = o ? o->type : rtype_of_address(address, NULL)};
}

static json_t *fake_value(const struct rtype *t, const struct field *f, const char *address)
{
	const char *name = NULL;

	rtype_of_address(address, &name);
	if (f->type->kind == KIND_INT)
		return json_integer(1);
	if (f->type->kind != KIND_STR)
		return NULL;
	if (!strcmp(f->name, "arn"))
		return json_sprintf("arn:aws:%s:us-east-1:123456789012:%s", t->svc->name, name);
	return json_sprintf("%s-%s", name, f->name);
}

static void fake_object(struct faker *f, const struct resource *res)
{
	struct resolver r = {.world = f->w, .spec = f->spec, .find = fake_target, .arg = f};
	struct diag d = {0};
	json_auto_t *resolved = resolve(&r, res->want, NULL);
	json_t *fields = object_canon(res->type, resolved, &d);
	struct object *o;
	char *source;

	if (!fields)
		die_diag(&d);
	for (const struct field *fd = res->type->fields; fd->name; fd++) {
		json_t *v = (fd->flags & COMPUTED) && !json_object_get(fields, fd->name) && !(fd->flags & STATUS)
				? fake_value(res->type, fd, res->address)
				: NULL;

		if (fd->flags & WRITE_ONLY)
			json_object_del(fields, fd->name);
		if (v)
			json_object_set_new(fields, fd->name, v);
	}
	o = world_add(f->w, res->type, res->address, fields, plan_tags(f->spec, res->type, res->address));
	source = plan_has_source(res) ? plan_source(res, &r, o) : NULL;
	if (source && o->tags)
		json_object_set_new(o->tags, "berth:source", json_string(source));
	free(source);
}

static void fake_world(struct world *w, const struct spec *spec)
{
	struct faker f = {.w = w, .spec = spec};
	struct edge *edge = NULL;
	struct diag d = {0};
	size_t n, *order = NULL;

	if (graph_build(spec, &edge, &n, &order, &d))
		die_diag(&d);
	for (size_t i = 0; i < spec->n; i++)
		fake_object(&f, &spec->resource[order[i]]);
	free(edge);
	free(order);
}

static void add_extra(struct world *w, const char *address, const json_t *change)
{
	const struct rtype *t = rtype_find(val_str(change, "type"));
	const char *standing = val_str(change, "standing");
	json_t *tags = json_object_get(change, "tags");
	struct object *o;

	if (!t)
		die("@change adds an object of an unknown type");
	o = world_add(w, t, address, json_incref(json_object_get(change, "fields")), tags ? json_incref(tags) : NULL);
	o->standing = standing && !strcmp(standing, "stray")     ? STRAY
		      : standing && !strcmp(standing, "foreign") ? FOREIGN
								 : OWNED;
}

static void change_world(struct world *w, const json_t *changes)
{
	json_t *change, *value;
	const char *address, *key;

	json_object_foreach ((json_t *)changes, address, change) {
		struct object *o = world_find(w, address);

		if (address[0] == '+') {
			add_extra(w, address + 1, change);
			continue;
		}
		if (!o)
			die("@change names an object that is not live");
		if (json_is_null(change)) {
			world_remove(w, o);
			continue;
		}
		json_object_foreach (change, key, value) {
			json_t *into = key[0] == '#' ? o->tags : o->fields;

			if (json_is_null(value))
				json_object_del(into, key + (key[0] == '#'));
			else
				json_object_set(into, key + (key[0] == '#'), value);
		}
	}
}

/* ---- the plan ------------------------------------------------------------------------------------------------------
 */

struct args {
	unsigned flags;
	const char *only[8], *except[8];
	size_t n_only, n_except;
	bool verbose;
};

static void take_arg(struct args *a, const char *word)
{
	if (!strcmp(word, "destroy"))
		a->flags |= PLAN_DESTROY;
	else if (!strcmp(word, "with-data"))
		a->flags |= PLAN_WITH_DATA;
	else if (!strcmp(word, "verbose"))
		a->verbose = true;
	else if (!strncmp(word, "only=", 5) && a->n_only < 7)
		a->only[a->n_only++] = xstrdup(word + 5);
	else if (!strncmp(word, "except=", 7) && a->n_except < 7)
		a->except[a->n_except++] = xstrdup(word + 7);
	else
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

static char *plan_text(struct world *w, const struct spec *spec, const struct args *a)
{
	struct plan_request req = {.spec = spec,
				   .world = w,
				   .flags = a->flags,
				   .only = a->n_only ? a->only : NULL,
				   .except = a->n_except ? a->except : NULL};
	struct render r = {.verbose = a->verbose};
	struct diag d = {0};
	struct plan p;
	char *text = NULL;
	size_t n = 0;

	r.to = open_memstream(&text, &n);
	if (plan_make(&req, &p, &d)) {
		for (size_t i = 0; i < d.n; i++)
			fprintf(r.to, "error: %s\n%s%s%s", d.item[i].text, d.item[i].hint ? "  " : "",
				d.item[i].hint ? d.item[i].hint : "", d.item[i].hint ? "\n" : "");
	} else {
		render_plan(&r, &p, spec, w);
	}
	fclose(r.to);
	plan_release(&p);
	diag_release(&d);
	return text;
}

static void update(const char *path, const char *got)
{
	FILE *f = fopen(path, "w");

	for (size_t i = 0; f && i < n_section; i++)
		if (strcmp(section[i].name, "expect") != 0)
			fprintf(f, "@%s\n%s", section[i].name, section[i].text);
	if (f) {
		fprintf(f, "@expect\n%s", got);
		fclose(f);
	}
}

int main(int argc, char **argv)
{
	bool rewrite = argc == 3 && !strcmp(argv[1], "--update");
	const char *path = argv[argc - 1], *before, *after, *expect;
	json_auto_t *changes = NULL;
	struct spec old = {0}, new = {0};
	struct args args = {0};
	struct world w;
	char *got;
	bool ok;

	if (argc < 2)
		die("usage: run [--update] FILE.test");
	read_sections(path);
	before = text_of("before");
	after = text_of("spec") ? text_of("spec") : before;
	expect = text_of("expect");
	if (!after)
		die("neither @before nor @spec");
	parse_args(&args, text_of("args"));
	world_init(&w);
	json_object_update_new(w.aws, json_pack("{s:s, s:s, s:s, s:s, s:[s, s, s]}", "account", "123456789012",
						"region", "us-east-1", "partition", "aws", "dns_suffix",
						"amazonaws.com", "zone_id", "use1-az1", "use1-az2", "use1-az4"));
	if (before) {
		load_spec(before, &old);
		fake_world(&w, &old);
	}
	changes = text_of("change") ? json_loads(text_of("change"), 0, NULL) : NULL;
	if (text_of("change") && !changes)
		die("@change is no JSON");
	change_world(&w, changes);
	load_spec(after, &new);
	got = plan_text(&w, &new, &args);
	ok = expect && !strcmp(expect, got);
	if (rewrite)
		update(path, got);
	printf("1..1\n%sok 1 - %s\n", ok || rewrite ? "" : "not ", path);
	if (!ok && !rewrite)
		printf("# wanted:\n%s# got:\n%s", expect ? expect : "(nothing)\n", got);
	world_release(&w);
	spec_release(&new);
	if (before)
		spec_release(&old);
	free(got);
	return !ok && !rewrite;
}

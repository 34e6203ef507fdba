/*
 * run - wire tests: tables against exact bytes. One argument: a .test file of
 * blocks, each begun by @type; see CONTRIBUTING.md for the sections. TAP output.
 */
#include "base/buf.h"
#include "base/diag.h"
#include "base/path.h"
#include "providers/bind.h"
#include "providers/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTIONS 16

struct section {
	char *name, *arg, *text;
	int line;
};

struct block {
	struct section section[SECTIONS];
	size_t n;
};

static int cases, failures;
static const char *file;

static const struct section *find(const struct block *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (!strcmp(b->section[i].name, name))
			return &b->section[i];
	return NULL;
}

static void verdict(bool ok, const struct block *b, const char *what, const char *want, const char *got)
{
	const struct section *type = find(b, "type");

	cases++;
	printf("%sok %d - %s:%d %s %s\n", ok ? "" : "not ", cases, file, type->line, type->arg, what);
	if (ok)
		return;
	failures++;
	printf("# wanted:\n%s\n# got:\n%s\n", want, got);
}

static json_t *json_of(const struct block *b, const char *name)
{
	const struct section *s = find(b, name);
	const char *text = !s ? NULL : *s->arg ? s->arg : s->text;
	json_error_t e;
	json_t *v;

	if (!text)
		return NULL;
	v = json_loads(text, JSON_DECODE_ANY, &e);
	if (!v) {
		fprintf(stderr, "%s:%d: @%s is no JSON: %s\n", file, s->line, name, e.text);
		exit(1);
	}
	return v;
}

static void report(const struct block *b, struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		verdict(false, b, "refused", "", d->item[i].text);
	diag_release(d);
}

static const struct call *find_holder_call(const struct rtype *t, const char *word, size_t i)
{
	const struct holders *h = i < RTYPE_HOLDERS ? t->holders[i] : NULL;

	if (!h)
		return NULL;
	return !strcmp(word, "holders") ? &h->list : !strcmp(word, "release") && h->release.action ? &h->release : NULL;
}

static const struct call *find_call(const struct rtype *t, const char *word, size_t i)
{
	const struct {
		const char *word;
		const struct call *call;
		size_t n;
	} table[] = {
	    {"create", t->create, 2},
	    {"read", &t->read, 1},
	    {"list", &t->list, 1},
	    {"reveal", &t->reveal, 1},
	    {"also", t->also, RTYPE_ALSO},
	    {"update", t->update, RTYPE_UPDATES},
	    {"delete", t->del, RTYPE_DELETES},
	    {"then", t->then, 2},
	    {"operation", t->operation ? &t->operation->poll : NULL, 1},
	};

	for (size_t k = 0; k < ARRAY_SIZE(table); k++)
		if (!strcmp(table[k].word, word) && i < table[k].n && table[k].call)
			return table[k].call + i;
	return find_holder_call(t, word, i);
}

static json_t *split_names(const char *list)
{
	json_t *names = json_array();

	while (*list) {
		size_t n = strcspn(list, ",");

		json_array_append_new(names, json_stringn(list, n));
		list += n + (list[n] == ',');
	}
	return names;
}

static struct bind_ctx context(const json_t *ctx, const json_t *parent, const json_t *batch)
{
	return (struct bind_ctx){
	    .app = val_str(ctx, "app"),
	    .env = val_str(ctx, "env"),
	    .address = val_str(ctx, "address"),
	    .region = val_str(ctx, "region"),
	    .account = val_str(ctx, "account"),
	    .partition = val_str(ctx, "partition"),
	    .now = val_str(ctx, "now"),
	    .operation = val_str(ctx, "operation"),
	    .member = val_str(ctx, "member"),
	    .parent = parent,
	    .batch = batch,
	};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *render(struct wire_request *w)
{
	struct buf b = BUF(BUF_TEXT_MAX);
	const char *names[32] = {0};
	size_t n = 0;
	const char *key;
	json_t *value;

	buf_addf(&b, "%s %s%s%s\n", w->method, w->path, *w->query ? "?" : "", w->query);
	json_object_foreach (w->headers, key, value)
		if (n < ARRAY_SIZE(names))
			names[n++] = key;
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s: %s\n", names[i], val_str(w->headers, names[i]));
	buf_addf(&b, "\n%s", buf_str(&w->body));
	while (b.n && b.p[b.n - 1] == '\n')
		b.p[--b.n] = '\0';
	return buf_take(&b);
}

static json_t *params_of(const struct rtype *t, const char *word, const struct call *c, const json_t *obj,
			 const json_t *tags, const char *names, const struct bind_ctx *ctx)
{
	json_auto_t *list = split_names(names);

	if (!strcmp(word, "create"))
		return bind_create(t, c, obj, tags, ctx);
	if (!strcmp(word, "update"))
		return bind_update(t, c, obj, list, ctx);
	if (!strcmp(word, "tags_add"))
		return bind_tags_add(t, obj, tags, ctx);
	if (!strcmp(word, "tags_remove"))
		return bind_tags_remove(t, obj, tags, ctx);
	return bind_fixed(t, c, obj, ctx);
}

static void check_request(const struct block *b, const struct rtype *t, const char *what, const char *action,
			  const json_t *params)
{
	const struct section *want = find(b, "request");
	char *got CLEANUP(freep) = NULL;
	struct wire_request w = {0};
	struct diag d = {0};

	if (!want)
		return;
	if (wire_encode(t->svc, action, params, &w, &d)) {
		report(b, &d);
		return;
	}
	got = render(&w);
	verdict(!strcmp(got, want->text), b, what, want->text, got);
	wire_release(&w);
}

/* Holders of the object: their names; of those that may be taken away the id too, behind " -> ". */
static json_t *holders_of(const struct holders *h, const json_t *rows, const json_t *obj)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		char *name CLEANUP(freep) = h->name(row, obj);
		json_auto_t *id = name && h->leftover && h->leftover(row, obj) ? path_row_get(row, h->id) : NULL;

		if (name)
			json_array_append_new(
			    out, json_sprintf("%s%s%s", name, id ? " -> " : "", id ? json_string_value(id) : ""));
	}
	return out;
}

static const struct holders *holders_at(const struct rtype *t, const struct call *c)
{
	for (size_t i = 0; i < RTYPE_HOLDERS && t->holders[i]; i++)
		if (c == &t->holders[i]->list)
			return t->holders[i];
	return NULL;
}

/* Objects of an answer, as the engine would make them. */
static json_t *objects_of(const struct rtype *t, const char *word, const struct call *c, const json_t *body,
			  const json_t *want, const struct bind_ctx *ctx)
{
	bool create = !strcmp(word, "create") || !strcmp(word, "update");
	json_t *out = json_array();
	json_auto_t *rows = NULL, *told = create ? NULL : row_told(t, want, ctx->parent, ctx);

	if (!strcmp(word, "reveal")) {
		json_array_append_new(out, path_get(body, c->body));
		return out;
	}
	if (create && c->body) {
		json_auto_t *element = *c->body ? path_get(body, c->body) : json_incref((json_t *)body);

		rows = json_pack("[{s:O}]", "", element ? element : json_null());
	} else {
		rows = path_rows(body, c->rows ? c->rows : "");
	}
	if (holders_at(t, c)) {
		json_decref(out);
		return holders_of(holders_at(t, c), rows, want);
	}
	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_auto_t *row = json_incref(json_array_get(rows, i));

		if (!strcmp(word, "also") && c->body) {
			json_t *bare = row;

			row = json_pack("{s:{s:O}}", "", c->body, json_object_get(bare, ""));
			json_decref(bare);
		}
		json_object_set(row, "@", told);
		if (!row_skipped(t, row))
			json_array_append_new(out, object_absorb(t, row, want));
	}
	return out;
}

static void check_answer(const struct block *b, const struct rtype *t, const char *word, const struct call *c,
			 const char *action, const json_t *obj, const struct bind_ctx *ctx)
{
	const struct section *answer = find(b, "answer");
	json_auto_t *expect = json_of(b, "expect"), *body = NULL, *got = NULL;
	char *want_text CLEANUP(freep) = NULL, *got_text CLEANUP(freep) = NULL;
	struct diag d = {0};

	if (!answer || !expect)
		return;
	if (wire_decode(t->svc, action, answer->text, strlen(answer->text), &body, &d)) {
		report(b, &d);
		return;
	}
	got = objects_of(t, word, c, body, obj, ctx);
	if (!json_is_array(expect) || !strcmp(word, "reveal")) {
		json_t *first = json_incref(json_array_get(got, 0));

		json_decref(got);
		got = first;
	}
	want_text = val_text(expect);
	got_text = got ? val_text(got) : xstrdup("(nothing)");
	verdict(!strcmp(want_text, got_text), b, "answer", want_text, got_text);
}

static void run_compare(const struct block *b, const struct rtype *t)
{
	json_auto_t *all = json_of(b, "compare"), *want = NULL, *got = json_array();
	char *want_text CLEANUP(freep) = val_text(json_object_get(all, "expect"));
	char *got_text CLEANUP(freep) = NULL;
	struct difference *diff = NULL;
	struct diag d = {0};
	size_t n;

	want = object_canon(t, json_object_get(all, "want"), &d);
	if (!want) {
		report(b, &d);
		return;
	}
	n = object_diff(t, want, json_object_get(all, "have"), &diff);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(got, json_string(diff[i].field->name));
	differences_free(diff, n);
	got_text = val_text(got);
	verdict(!strcmp(want_text, got_text), b, "compare", want_text, got_text);
}

/* A wish is sent as the engine would send it: normalised, defaults filled in. */
static json_t *canonical(const struct block *b, const struct rtype *t, const json_t *obj)
{
	struct diag d = {0};
	json_t *canon = object_canon(t, obj, &d);

	if (!canon)
		report(b, &d);
	return canon;
}

static void run_call(const struct block *b, const struct rtype *t)
{
	const struct section *call = find(b, "call");
	json_auto_t *obj = json_of(b, "object"), *tags = json_of(b, "tags"), *ctx_json = json_of(b, "ctx");
	json_auto_t *parent = json_of(b, "parent"), *batch = json_of(b, "batch"), *params = NULL;
	json_auto_t *live = json_of(b, "live");
	struct bind_ctx ctx = context(ctx_json, parent, batch);
	char word[32] = "", names[512] = "", *action CLEANUP(freep) = NULL;
	const struct call *c;
	unsigned index = 0;

	if (sscanf(call->arg, "%31s %u %511s", word, &index, names) < 1)
		sscanf(call->arg, "%31s", word);
	c = !strcmp(word, "tags_add")      ? &rtype_tags(t)->add
	    : !strcmp(word, "tags_remove") ? &rtype_tags(t)->remove
					   : find_call(t, word, index);
	if (!c || !c->action) {
		verdict(false, b, call->arg, "a call of that name", "none in the table");
		return;
	}
	if (!strcmp(word, "create")) {
		json_t *canon = canonical(b, t, obj);

		if (!canon)
			return;
		json_decref(obj);
		obj = canon;
	}
	if (!strcmp(word, "update"))
		object_fade_keys(t, obj, live);
	params = params_of(t, word, c, obj, tags, names, &ctx);
	action = !strncmp(word, "tags_", 5) ? bind_tags_action(t, c, obj, &ctx) : bind_action(c, obj, &ctx);
	if (!action) {
		verdict(false, b, call->arg, "an action whose braces are all filled", c->action);
		return;
	}
	check_request(b, t, call->arg, action, params);
	check_answer(b, t, word, c, action, obj, &ctx);
}

static void run_block(const struct block *b)
{
	const struct section *type = find(b, "type");
	const struct rtype *t = type ? rtype_find(type->arg) : NULL;

	if (!t) {
		printf("not ok %d - %s: no such type: %s\n", ++cases, file, type ? type->arg : "(none)");
		failures++;
		return;
	}
	if (find(b, "compare"))
		run_compare(b, t);
	if (find(b, "call"))
		run_call(b, t);
}

static void clear(struct block *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->section[i].name);
		free(b->section[i].arg);
		free(b->section[i].text);
	}
	b->n = 0;
}

static void begin_section(struct block *b, const char *line, int number)
{
	size_t n = strcspn(line + 1, " \n");
	const char *arg = line + 1 + n + (line[1 + n] == ' ');
	struct section *s;

	if (n == 4 && !strncmp(line + 1, "type", 4) && b->n) {
		run_block(b);
		clear(b);
	}
	if (b->n == SECTIONS) {
		fprintf(stderr, "%s:%d: too many sections in a block\n", file, number);
		exit(1);
	}
	s = &b->section[b->n++];
	s->name = xstrndup(line + 1, n);
	s->arg = xstrndup(arg, strcspn(arg, "\n"));
	s->text = xstrdup("");
	s->line = number;
}

static void add_line(struct block *b, const char *line)
{
	struct section *s = &b->section[b->n - 1];
	char *longer = xasprintf("%s%s", s->text, line);

	free(s->text);
	s->text = longer;
}

static void trim_texts(struct block *b)
{
	for (size_t i = 0; i < b->n; i++) {
		char *text = b->section[i].text;
		size_t n = strlen(text);

		while (n && text[n - 1] == '\n')
			text[--n] = '\0';
	}
}

int main(int argc, char **argv)
{
	struct block b = {0};
	char *line = NULL;
	size_t cap = 0;
	int number = 0;
	FILE *f;

	if (argc != 2 || !(f = fopen(argv[1], "r"))) {
		fprintf(stderr, "usage: run FILE.test\n");
		return 1;
	}
	file = strrchr(argv[1], '/') ? strrchr(argv[1], '/') + 1 : argv[1];
	while (getline(&line, &cap, f) > 0) {
		number++;
		if (line[0] == '@') {
			trim_texts(&b);
			begin_section(&b, line, number);
		} else if (b.n) {
			add_line(&b, line);
		}
	}
	trim_texts(&b);
	if (b.n)
		run_block(&b);
	clear(&b);
	free(line);
	fclose(f);
	printf("1..%d\n", cases);
	return failures || !cases;
}

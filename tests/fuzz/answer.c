/*
 * An answer of any bytes through a type's table: decoded, cut into rows, absorbed, and used as everything later uses
 * it. Input: the type's name, a blank, which call, a line break, the body. What cannot be shows as a broken promise:
 * an object that is another one when it is normalised twice, or one that differs from itself.
 */
#include "tests/fuzz/fuzz.h"

#include "base/path.h"
#include "engine/plan.h"
#include "engine/world.h"
#include "providers/bind.h"
#include "providers/wire.h"

#include <string.h>

static const struct bind_ctx ctx = {.app = "gengar",
				    .env = "default",
				    .address = "a.b.c",
				    .region = "us-east-1",
				    .account = "123456789012",
				    .partition = "aws",
				    .now = "20260102030405"};

static const struct call *call_of(const struct rtype *t, const char *word)
{
	if (!strcmp(word, "read"))
		return &t->read;
	if (!strcmp(word, "list"))
		return &t->list;
	if (!strcmp(word, "create"))
		return &t->create[0];
	if (!strcmp(word, "also"))
		return &t->also[0];
	return NULL;
}

/* The part of the object that a wish may hold. */
static json_t *wish_of(const struct rtype *t, const json_t *have)
{
	json_t *want = json_object();

	for (const struct field *f = t->fields; f->name; f++) {
		json_t *v = json_object_get(have, f->name);

		if (v && f->in && !(f->flags & (WRITE_ONLY | STATUS)))
			json_object_set(want, f->name, v);
	}
	return want;
}

static void met(void *arg, struct object *target)
{
	FUZZ_CHECK(target->fields);
	++*(size_t *)arg;
}

/* Requests for what is live are made of the wish, with what only AWS knows from its answer. */
static void make_requests(const struct rtype *t, const json_t *want, const json_t *have)
{
	json_auto_t *obj = json_copy((json_t *)want), *changed = json_array();

	for (const struct field *f = t->fields; f->name; f++) {
		json_t *v = json_object_get(have, f->name);

		json_array_append_new(changed, json_string(f->name));
		if (v && ((f->flags & ID) || ((f->flags & COMPUTED) && !f->in)))
			json_object_set(obj, f->name, v);
	}
	for (size_t i = 0; i < RTYPE_UPDATES && t->update[i].action; i++) {
		json_decref(bind_update(t, &t->update[i], obj, changed, &ctx));
		free(bind_action(&t->update[i], obj, &ctx));
	}
	for (size_t i = 0; i < RTYPE_DELETES && t->del[i].action; i++) {
		json_auto_t *params = bind_fixed(t, &t->del[i], obj, &ctx);
		char *action = bind_action(&t->del[i], obj, &ctx);
		struct wire_request w = {0};
		struct diag d = {0};

		if (action && !wire_encode(t->svc, action, params, &w, &d))
			wire_release(&w);
		free(action);
		diag_release(&d);
	}
}

/* What AWS has is what a wish of the same words asks for: else a plan would never be empty. */
static void use_as_wish(const struct rtype *t, const json_t *have)
{
	json_auto_t *wish = wish_of(t, have), *want = NULL, *again = NULL;
	struct difference *diff = NULL;
	struct diag d = {0};
	size_t n;

	want = object_canon(t, wish, &d);
	diag_release(&d);
	d = (struct diag){0};
	if (!want)
		return;
	again = object_canon(t, want, &d);
	FUZZ_CHECK(again && json_equal(again, want));
	n = object_diff(t, want, have, &diff);
	differences_free(diff, n);
	make_requests(t, want, have);
	diag_release(&d);
}

static void use_object(const struct rtype *t, const json_t *have, json_t *tags)
{
	char *key = object_key(t, have), *arn = object_arn(t, have, &ctx);
	json_auto_t *kept = storable_fields(t, have), *seen = NULL;
	struct object *o;
	struct world w;
	size_t n = 0;

	FUZZ_CHECK(kept);
	if (arn)
		json_decref(object_from_arn(t, arn));
	world_init(&w);
	o = world_add(&w, t, "x.y.z", json_incref((json_t *)have), json_incref(tags));
	world_each_ref(&w, o, met, &n);
	world_learn_values(&w);
	seen = plan_seen(&w);
	FUZZ_CHECK(json_object_size(seen) == 1);
	world_release(&w);
	free(key);
	free(arn);
}

static void use_row(const struct rtype *t, const json_t *raw)
{
	json_auto_t *row = json_copy((json_t *)raw), *have = NULL, *tags = NULL;

	if (row_skipped(t, row))
		return;
	have = object_absorb(t, row, NULL);
	tags = tags_absorb(t, row);
	FUZZ_CHECK(json_is_object(have));
	use_as_wish(t, have);
	use_object(t, have, tags);
	for (size_t i = 0; i < RTYPE_HOLDERS; i++) {
		const struct holders *h = t->holders[i];

		if (h && h->name)
			free(h->name(row, have));
		if (h && h->leftover)
			h->leftover(row, have);
	}
}

static void use_answer(const struct rtype *t, const struct call *c, const char *text, size_t n)
{
	struct diag d = {0};
	json_t *body = NULL;
	int rc = wire_decode(t->svc, c->action, text, n, &body, &d);

	FUZZ_CHECK((rc == 0) == json_is_object(body));
	if (!rc) {
		json_auto_t *rows = path_rows(body, c->rows ? c->rows : c->body ? c->body : "");

		if (t->svc->paging)
			json_decref(path_get(body, t->svc->paging->token_out));
		for (size_t i = 0; i < json_array_size(rows) && i < 16; i++)
			use_row(t, json_array_get(rows, i));
	}
	json_decref(body);
	diag_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *end = size ? memchr(data, '\n', size) : NULL, *text = (const char *)data;
	char head[80] = "", *space;
	const struct rtype *t;
	const struct call *c;

	if (!end || (size_t)(end - text) >= sizeof(head))
		return 0;
	memcpy(head, text, (size_t)(end - text));
	space = strchr(head, ' ');
	if (!space)
		return 0;
	*space = '\0';
	t = rtype_find(head);
	c = t ? call_of(t, space + 1) : NULL;
	if (c && c->action)
		use_answer(t, c, end + 1, size - (size_t)(end + 1 - text));
	return 0;
}

#include "engine/reader.h"
#include "base/err.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	struct session *s;
	const struct rtype *t;
	json_t *obj, *want, *row;
	char *address;
	bool brief;
	size_t also; /* next extra read */
	struct op *op;
	void (*done)(void *arg, struct reading *reading);
	void *arg;
};

static void reader_free(struct reader *r)
{
	json_decref(r->obj);
	json_decref(r->want);
	json_decref(r->row);
	free(r->address);
	free(r);
}

static void finish(struct reader *r, struct reading *reading)
{
	r->done(r->arg, reading);
	json_decref(reading->fields);
	json_decref(reading->tags);
	reader_free(r);
}

static void finish_failed(struct reader *r, struct op_result *res)
{
	struct reading reading = {.outcome = res->outcome, .res = res};

	finish(r, &reading);
}

static bool same_fields(const struct rtype *t, const json_t *a, const json_t *b, unsigned flags)
{
	bool any = false;

	for (const struct field *f = t->fields; f->name; f++) {
		json_t *x = json_object_get(a, f->name), *y = json_object_get(b, f->name);

		if (!(f->flags & flags) || !x)
			continue;
		if (!y || !json_equal(x, y))
			return false;
		any = true;
	}
	return any;
}

json_t *row_of(const struct rtype *t, const json_t *rows, const json_t *obj)
{
	char *key CLEANUP(freep) = object_key(t, obj);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		json_auto_t *fields = object_absorb(t, row, NULL);
		char *own CLEANUP(freep) = object_key(t, fields);

		if (same_fields(t, obj, fields, ID) || (key && own && !strcmp(key, own)))
			return row;
	}
	return NULL;
}

static void next_also(struct reader *r);

static void also_read(void *arg, struct op_result *res)
{
	struct reader *r = arg;
	const struct call *c = &r->t->also[r->also++];
	json_t *element = json_object_get(r->row, "");
	json_t *more = res->outcome == OP_OK ? json_object_get(json_array_get(res->rows, 0), "") : NULL;

	r->op = NULL;
	if (res->outcome != OP_OK && res->outcome != OP_ABSENT) {
		finish_failed(r, res);
		return;
	}
	if (more && c->body)
		json_object_set(element, c->body, more);
	else if (more)
		json_object_update(element, more);
	next_also(r);
}

/* What was asked for holds the wish: before and after a write alike. */
static bool also_applies(const struct reader *r, const struct call *c, const json_t *fields)
{
	return call_applies(c, c->flags & CALL_WISHED ? r->obj : fields);
}

static void next_also(struct reader *r)
{
	json_auto_t *fields = object_absorb(r->t, r->row, r->want);
	struct op_request req = {.type = r->t, .obj = fields, .address = r->address, .intent = CALL_READ};
	struct reading reading = {.outcome = OP_OK};

	while (!r->brief && r->also < RTYPE_ALSO && r->t->also[r->also].action &&
	       !also_applies(r, &r->t->also[r->also], fields))
		r->also++;
	if (r->brief || r->also == RTYPE_ALSO || !r->t->also[r->also].action) {
		reading.fields = json_incref(fields);
		reading.tags = tags_absorb(r->t, r->row);
		finish(r, &reading);
		return;
	}
	req.call = &r->t->also[r->also];
	r->op = op_start(r->s, &req, also_read, r);
}

static void object_read(void *arg, struct op_result *res)
{
	struct reader *r = arg;
	struct reading absent = {.outcome = OP_ABSENT};
	json_t *row;

	r->op = NULL;
	if (res->outcome != OP_OK && res->outcome != OP_ABSENT) {
		finish_failed(r, res);
		return;
	}
	row = res->outcome == OP_OK ? row_of(r->t, res->rows, r->obj) : NULL;
	if (!row) {
		finish(r, &absent);
		return;
	}
	r->row = row_copy(row);
	next_also(r);
}

void read_cancel(struct reader *r)
{
	if (!r)
		return;
	op_cancel(r->op);
	reader_free(r);
}

struct reader *read_object(struct session *s, const struct read_request *req,
			   void (*done)(void *arg, struct reading *reading), void *arg)
{
	struct reader *r = xcalloc(1, sizeof(*r));
	json_auto_t *batch = json_pack("[O]", req->obj);
	struct op_request op = {.type = req->type,
				.call = &req->type->read,
				.obj = req->obj,
				.address = req->address,
				.batch = req->type->read.batch ? batch : NULL,
				.intent = CALL_READ};

	*r = (struct reader){.s = s,
			     .t = req->type,
			     .obj = json_deep_copy(req->obj),
			     .want = req->want ? json_deep_copy(req->want) : NULL,
			     .address = req->address ? xstrdup(req->address) : NULL,
			     .brief = req->brief,
			     .done = done,
			     .arg = arg};
	r->op = op_start(s, &op, object_read, r);
	return r;
}

#include "base/err.h"
#include "base/path.h"
#include "engine/refresh_int.h"

#include <stdlib.h>
#include <string.h>

/* One request that several types may share: routes, associations and tables come with one answer. */
struct listing {
	struct refresher *r;
	char *key;
	json_t *parent; /* fields of the parent listed by, or NULL */
	struct type_read **waiter;
	size_t n, cap;
};

struct type_read *read_of(struct refresher *r, const char *type)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->read[i].t->name, type))
			return &r->read[i];
	return NULL;
}

bool read_matched(const struct type_read *tr)
{
	return !tr || tr->phase >= READ_DONE;
}

static struct target live_target(void *arg, const char *address)
{
	struct refresher *r = arg;
	const struct resource *res = r->req->spec ? spec_find(r->req->spec, address) : NULL;
	const struct object *o = world_find(r->w, address);
	const struct rtype *t = res ? res->type : o ? o->type : NULL;

	return (struct target){.want = res ? res->want : NULL, .have = o ? o->fields : NULL, .type = t};
}

json_t *live_want(struct refresher *r, const struct resource *res)
{
	struct resolver resolver = {.world = r->w, .spec = r->req->spec, .find = live_target, .arg = r};

	return resolve(&resolver, res->want, NULL);
}

/* Read by its family and by what a service uses, one revision comes twice. */
static bool is_double(struct type_read *tr, const char *arn)
{
	if (!tr->t->seen_in || !arn)
		return false;
	if (!tr->arns)
		tr->arns = json_object();
	if (json_object_get(tr->arns, arn))
		return true;
	json_object_set_new(tr->arns, arn, json_true());
	return false;
}

static void row_release(struct live_row *row)
{
	json_decref(row->row);
	json_decref(row->fields);
	json_decref(row->tags);
	json_decref(row->aws_tags);
	free(row->found_for);
	free(row->arn);
	free(row->key);
}

void read_add_rows(struct type_read *tr, const json_t *rows)
{
	struct bind_ctx ctx = session_ctx(tr->r->s, NULL);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		struct live_row *row;

		tr->row = grow(tr->row, &tr->cap, tr->n + 1, sizeof(*tr->row));
		row = &tr->row[tr->n++];
		*row = (struct live_row){.row = row_copy(json_array_get(rows, i))};
		row->fields = object_absorb(tr->t, row->row, NULL);
		row->tags = tags_absorb(tr->t, row->row);
		row->arn = object_arn(tr->t, row->fields, &ctx);
		row->key = object_key(tr->t, row->fields);
		if (is_double(tr, row->arn)) {
			row_release(row);
			tr->n--;
		}
	}
}

static void note_unread(struct type_read *tr, const char *why, const char *remedy)
{
	json_object_set_new(tr->r->w->unread, tr->t->name,
			    json_sprintf("%s%s%s", why, remedy ? " " : "", remedy ? remedy : ""));
	tr->phase = READ_FAILED;
}

/* Without credentials or network nothing else will be read either: that is said once. */
void read_fail(struct type_read *tr, const struct op_result *res)
{
	struct refresher *r = tr->r;
	struct diag own = {0};
	bool general = res->err == ERR_CREDENTIALS || res->err == ERR_NETWORK || res->err == ERR_SKEW;

	if (tr->phase == READ_FAILED)
		return;
	op_explain(res, &own);
	note_unread(tr, own.n ? own.item[0].text : err_text(res->err), own.n ? own.item[0].hint : NULL);
	if (general && !r->rc) {
		r->rc = res->err;
		op_explain(res, r->d);
	}
	diag_release(&own);
}

void read_complete(struct type_read *tr)
{
	if (tr->phase == READ_LISTING && !tr->pending)
		tr->phase = READ_ROWS;
	refresh_turn(tr->r);
}

/* ---- by list ------------------------------------------------------------------------------------------------ */

static void take_rows(struct type_read *tr, const json_t *body, const json_t *parent)
{
	struct bind_ctx ctx = session_ctx(tr->r->s, NULL);
	json_auto_t *told = row_told(tr->t, NULL, parent, &ctx);
	json_auto_t *kept = op_rows(tr->t, &tr->t->list, body, told);

	if (!(tr->t->list.flags & CALL_IDS)) {
		read_add_rows(tr, kept);
		return;
	}
	if (!tr->names)
		tr->names = json_array();
	json_array_clear(tr->names);
	for (size_t i = 0; i < json_array_size(kept); i++)
		json_array_append_new(tr->names, object_absorb(tr->t, json_array_get(kept, i), NULL));
	read_names(tr);
}

static void listing_free(struct listing *l)
{
	json_decref(l->parent);
	free(l->key);
	free(l->waiter);
	free(l);
}

static void listed(void *arg, struct op_result *res)
{
	struct listing *l = arg;

	for (size_t i = 0; i < l->n; i++) {
		struct type_read *tr = l->waiter[i];

		tr->pending--;
		if (res->outcome == OP_OK)
			take_rows(tr, res->answer->body, l->parent);
		else if (res->outcome != OP_ABSENT)
			read_fail(tr, res);
		read_complete(tr);
	}
	/* Late comers ask anew: the answer is gone. */
	free(l->key);
	l->key = xstrdup("");
	l->n = 0;
}

static void start_list(struct type_read *tr, const json_t *parent)
{
	struct refresher *r = tr->r;
	const struct call *c = &tr->t->list;
	struct bind_ctx ctx = session_ctx(r->s, NULL);
	struct op_request req = {.type = tr->t, .call = c, .intent = CALL_READ, .parent = parent};
	json_auto_t *params = NULL;
	char *action CLEANUP(freep) = NULL, *text CLEANUP(freep) = NULL, *key CLEANUP(freep) = NULL;
	struct listing *l = NULL;

	ctx.parent = parent;
	params = bind_fixed(tr->t, c, NULL, &ctx);
	action = bind_action(c, NULL, &ctx);
	text = val_text(params);
	key = xasprintf("%s %s %s", tr->t->svc->name, action ? action : "", text);
	for (size_t i = 0; i < r->n_listing && !l; i++)
		if (!strcmp(r->listing[i]->key, key))
			l = r->listing[i];
	tr->pending++;
	if (l) {
		l->waiter = grow(l->waiter, &l->cap, l->n + 1, sizeof(struct type_read *));
		l->waiter[l->n++] = tr;
		return;
	}
	l = xcalloc(1, sizeof(*l));
	l->r = r;
	l->key = xstrdup(key);
	l->parent = json_is_object(parent) ? json_deep_copy(parent) : NULL;
	l->waiter = grow(NULL, &l->cap, 1, sizeof(struct type_read *));
	l->waiter[l->n++] = tr;
	r->listing = grow(r->listing, &r->cap_listing, r->n_listing + 1, sizeof(struct listing *));
	r->listing[r->n_listing++] = l;
	req.params = params;
	req.action = action;
	op_start(r->s, &req, listed, l);
}

static const struct rtype *parent_type(const struct rtype *t)
{
	const struct field *f = t->parent ? rtype_field(t, t->parent) : NULL;

	return f && f->type->target ? rtype_find(f->type->target) : NULL;
}

static void start_in_batches(struct type_read *tr, const json_t *all)
{
	size_t n = json_array_size(all), size = tr->t->list.batch ? tr->t->list.batch : n;

	for (size_t i = 0; i < n; i += size) {
		json_auto_t *some = json_array();

		for (size_t k = i; k < n && k < i + size; k++)
			json_array_append(some, json_array_get(all, k));
		start_list(tr, some);
	}
}

static void start_by_parents(struct type_read *tr)
{
	const struct rtype *parent = parent_type(tr->t);
	json_auto_t *all = json_array();
	struct world *w = tr->r->w;

	for (size_t i = 0; i < w->n; i++)
		if (w->object[i]->type == parent && w->object[i]->standing == OWNED)
			json_array_append(all, w->object[i]->fields);
	if (!json_array_size(all))
		return;
	if (tr->t->list.flags & CALL_ALL_PARENTS) {
		start_in_batches(tr, all);
		return;
	}
	for (size_t i = 0; i < json_array_size(all); i++)
		start_list(tr, json_array_get(all, i));
}

static void start_read(struct type_read *tr)
{
	tr->phase = READ_LISTING;
	if (!tr->t->list.action)
		read_by_name(tr);
	else if (tr->t->list.flags & (CALL_PER_PARENT | CALL_ALL_PARENTS))
		start_by_parents(tr);
	else
		start_list(tr, NULL);
	read_complete(tr);
}

/* ---- order -------------------------------------------------------------------------------------------------- */

static bool type_matched(struct refresher *r, const char *type)
{
	return read_matched(read_of(r, type));
}

/* References among the natural key must be known before rows can be told apart. */
static bool key_matched(struct type_read *tr)
{
	for (const char *const *k = tr->t->key; k && *k; k++) {
		const struct field *f = rtype_field(tr->t, *k);

		if (f && f->type->target && strcmp(f->type->target, tr->t->name) != 0 &&
		    !type_matched(tr->r, f->type->target))
			return false;
	}
	return true;
}

static bool may_start(struct type_read *tr)
{
	const struct rtype *t = tr->t, *parent = parent_type(t);
	char *seen CLEANUP(freep) = NULL;

	if (parent && (t->list.flags & (CALL_PER_PARENT | CALL_ALL_PARENTS)) && !type_matched(tr->r, parent->name))
		return false;
	if (t->seen_in) {
		seen = xstrndup(t->seen_in, (size_t)(strrchr(t->seen_in, '.') - t->seen_in));
		if (!type_matched(tr->r, seen))
			return false;
	}
	if (t->list.action)
		return true;
	return (tr->r->inventory_done || t->seen_in) && key_matched(tr);
}

static bool may_match(struct type_read *tr)
{
	const struct rtype *parent = parent_type(tr->t);

	if ((tr->t->flags & INVENTORY_TAGS) && !tr->r->inventory_done)
		return false;
	if (parent && parent != tr->t && !type_matched(tr->r, parent->name))
		return false;
	return key_matched(tr) && find_may_start(tr);
}

static bool is_failed(struct refresher *r, const char *type)
{
	const struct type_read *tr = read_of(r, type);

	return tr && tr->phase == READ_FAILED;
}

/* What hangs on an unread type is unread too, not absent. */
static const char *failed_dependency(struct type_read *tr)
{
	const struct rtype *parent = parent_type(tr->t);

	if (parent && is_failed(tr->r, parent->name))
		return parent->name;
	for (const char *const *k = tr->t->key; k && *k; k++) {
		const struct field *f = rtype_field(tr->t, *k);

		if (f && f->type->target && is_failed(tr->r, f->type->target))
			return f->type->target;
	}
	return NULL;
}

static bool all_quiet(const struct refresher *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->read[i].pending)
			return false;
	return r->inventory_done;
}

static bool all_read(const struct refresher *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->read[i].phase < READ_DONE)
			return false;
	return all_quiet(r);
}

/* ---- turns ------------------------------------------------------------------------------------------------------ */

static void step_types(struct refresher *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct type_read *tr = &r->read[i];
		const char *failed = tr->phase < READ_DONE ? failed_dependency(tr) : NULL;

		if (failed) {
			char *why CLEANUP(freep) = xasprintf("%s could not be read, and it lives there.", failed);

			note_unread(tr, why, NULL);
			refresh_turn(r);
		}
		if (tr->phase == READ_WAITING && may_start(tr))
			start_read(tr);
		if (tr->phase == READ_ROWS && !read_look_again(tr) && may_match(tr))
			read_match(tr);
	}
}

static void turn(void *arg)
{
	struct refresher *r = arg;

	r->turning = false;
	if (r->rc) {
		if (all_quiet(r))
			loop_stop(r->s->loop);
		return;
	}
	step_types(r);
	if (!all_read(r) || r->turning)
		return;
	if (!r->zones_asked && zones_needed(r))
		ask_zones(r);
	else
		loop_stop(r->s->loop);
}

void refresh_turn(struct refresher *r)
{
	if (r->turning)
		return;
	r->turning = true;
	loop_after(r->s->loop, 0, turn, r);
}

static void fill_aws(struct refresher *r)
{
	struct session *s = r->s;

	json_object_set_new(r->w->aws, "account", json_string(s->account));
	json_object_set_new(r->w->aws, "region", json_string(s->region));
	json_object_set_new(r->w->aws, "partition", json_string(s->partition));
	json_object_set_new(r->w->aws, "dns_suffix", json_string(s->dns_suffix));
}

static void release(struct refresher *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct type_read *tr = &r->read[i];

		for (size_t k = 0; k < tr->n; k++)
			row_release(&tr->row[k]);
		free(tr->row);
		json_decref(tr->names);
		json_decref(tr->wish_key);
		json_decref(tr->known_key);
		json_decref(tr->known_id);
		json_decref(tr->arns);
		json_decref(tr->seen_name);
	}
	for (size_t i = 0; i < r->n_listing; i++)
		listing_free(r->listing[i]);
	free(r->listing);
	free(r->read);
	json_decref(r->inventory);
}

/* Answers come in any order; what is said of them does not. */
static void sort_unread(struct world *w)
{
	json_t *sorted = json_object();

	for (const struct rtype *const *t = rtypes; *t; t++)
		if (json_object_get(w->unread, (*t)->name))
			json_object_set(sorted, (*t)->name, json_object_get(w->unread, (*t)->name));
	json_object_update_missing(sorted, w->unread);
	json_decref(w->unread);
	w->unread = sorted;
}

int refresh(const struct refresh_request *req, struct world *w, struct diag *d)
{
	struct refresher r = {.s = req->session, .req = req, .w = w, .d = d, .inventory = json_object()};
	int rc;

	while (rtypes[r.n])
		r.n++;
	r.read = xcalloc(r.n, sizeof(*r.read));
	for (size_t i = 0; i < r.n; i++)
		r.read[i] = (struct type_read){.r = &r, .t = rtypes[i]};
	fill_aws(&r);
	ask_inventory(&r);
	refresh_turn(&r);
	rc = loop_run(req->session->loop);
	if (!rc)
		rc = r.rc;
	if (!rc && !all_read(&r))
		BUG("the refresh ended before all was read");
	if (!rc)
		note_users(&r);
	release(&r);
	sort_unread(w);
	return rc;
}

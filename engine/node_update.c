/* Changing an object in place, reading it back, and its tags. */
#include "base/err.h"
#include "base/path.h"
#include "engine/node.h"
#include "state/state.h"

#include <stdlib.h>
#include <string.h>

#define LAG_LIMIT_S 300
#define SOURCE_TAG "berth:source"

/* ---- update jobs
 * ------------------------------------------------------------------------------------------------------------- */

json_t *node_differences(struct node *n, const json_t *live)
{
	json_t *names = json_array();
	struct difference *diff = NULL;
	size_t count = object_diff(n->action->type, n->want, live, &diff);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(names, json_string(diff[i].field->name));
	differences_free(diff, count);
	return names;
}

/* Secrets of an object that is older than this run: they are written again, but for those made up. */
static void add_unknown_secrets(struct node *n, json_t *names)
{
	const struct resource *res = n->action->resource;

	for (const struct field *f = res->type->fields; f->name; f++) {
		const json_t *v = json_object_get(res->want, f->name);

		if ((f->flags & WRITE_ONLY) && v && !val_operand(v, V_GENERATE))
			json_array_append_new(names, json_string(f->name));
	}
}

/* What a plan's update has to do with secrets is seen by their source, not by their value. */
static void add_secret_fields(struct node *n, json_t *names)
{
	if (n->kind == NODE_CREATE && n->clashed)
		add_unknown_secrets(n, names);
	for (size_t i = 0; i < n->action->n_change; i++) {
		const struct change *c = &n->action->change[i];
		const struct field *f = rtype_field(n->action->type, c->field);

		if (n->kind == NODE_UPDATE && f && (f->flags & WRITE_ONLY) && !(c->flags & CHANGE_TAG))
			json_array_append_new(names, json_string(f->name));
	}
}

static void add_job(struct node *n, const struct call *c, json_t *changed, const char *member)
{
	n->job = xrealloc(n->job, n->n_job + 1, sizeof(*n->job));
	n->job[n->n_job++] = (struct job){.call = c, .changed = changed, .member = member ? xstrdup(member) : NULL};
}

static bool contains(const json_t *list, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), v))
			return true;
	return false;
}

/* Members of one field's set that are new, or that go, each a request of its own. */
static void add_member_jobs(struct node *n, const struct call *c, const char *name)
{
	bool added = c->flags & CALL_EACH_ADDED;
	const json_t *want = json_object_get(n->want, name), *live = json_object_get(n->live, name);
	const json_t *from = added ? want : live, *other = added ? live : want;

	for (size_t i = 0; i < json_array_size(from); i++) {
		const json_t *v = json_array_get(from, i);

		if (json_is_string(v) && !contains(other, v))
			add_job(n, c, json_pack("[s]", name), json_string_value(v));
	}
}

/* Member calls are found by the field they are declared for: `by` for the one, `or_by` for the other. */
static bool is_member_call(const struct rtype *t, const struct call *c, const struct field *f)
{
	return c == &t->update[f->by] || (f->or_by && c == &t->update[f->or_by - 1]);
}

static void add_call_jobs(struct node *n, const struct call *c, const json_t *changed)
{
	const struct rtype *t = n->action->type;

	for (size_t i = 0; i < json_array_size(changed); i++) {
		json_t *name = json_array_get(changed, i);
		const struct field *f = rtype_field(t, json_string_value(name));
		json_auto_t *one = json_pack("[O]", name);

		if (c->flags & (CALL_EACH_ADDED | CALL_EACH_REMOVED)) {
			if (is_member_call(t, c, f))
				add_member_jobs(n, c, f->name);
		} else if ((c->flags & CALL_ONE_FIELD) && call_carries(t, c, n->obj, one)) {
			add_job(n, c, json_incref(one), NULL);
		}
	}
	if (!(c->flags & (CALL_EACH_ADDED | CALL_EACH_REMOVED | CALL_ONE_FIELD)) && call_carries(t, c, n->obj, changed))
		add_job(n, c, json_incref((json_t *)changed), NULL);
}

void node_plan_jobs(struct node *n, const json_t *changed)
{
	const struct rtype *t = n->action->type;

	for (size_t i = 0; i < RTYPE_UPDATES && t->update[i].action; i++)
		add_call_jobs(n, &t->update[i], changed);
}

/* ---- update
 * ------------------------------------------------------------------------------------------------------------------ */

static void run_job(struct node *n);

static void job_done(void *arg, struct op_result *res)
{
	struct node *n = arg;
	const struct operation *o = n->action->type->operation;
	json_auto_t *id = NULL;

	if (res->outcome != OP_OK) {
		node_journal_end(n, res->answer && *res->answer->code ? res->answer->code : "failed");
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	node_journal_end(n, "ok");
	n->at++;
	id = o ? path_get(res->answer->body, o->id) : NULL;
	if (json_is_string(id)) {
		free(n->operation);
		n->operation = xstrdup(json_string_value(id));
		n->after_operation = STEP_UPDATE;
		node_enter(n, STEP_OPERATION);
		return;
	}
	run_job(n);
}

static void send_job(struct node *n)
{
	struct bind_ctx ctx = session_ctx(n->ap->req->session, n->action->address);
	const struct job *j = &n->job[n->at];
	json_auto_t *params = NULL;

	ctx.member = j->member;
	params = bind_update(n->action->type, j->call, n->obj, j->changed, &ctx);
	node_op(n, j->call, params, CALL_WRITE, j->member, job_done);
}

static void run_job(struct node *n)
{
	if (n->at == n->n_job) {
		n->at = 0;
		node_enter(n, STEP_READY);
	} else if (!node_check_again(n, send_job)) {
		send_job(n);
	}
}

/* The object for update requests: the wish, with what only AWS knows below it. */
static void merge_obj(struct node *n)
{
	json_t *obj = json_deep_copy(n->want), *value;
	const char *key;

	json_object_foreach (n->live, key, value) {
		const struct field *f = rtype_field(n->action->type, key);

		if (!json_object_get(obj, key) && (f->flags & (COMPUTED | ID)))
			json_object_set(obj, key, value);
	}
	object_fade_keys(n->action->type, obj, n->live);
	json_decref(n->obj);
	n->obj = obj;
}

void enter_update(struct node *n)
{
	json_auto_t *changed = NULL;

	if (!n->updated) {
		n->updated = true;
		merge_obj(n);
		changed = node_differences(n, n->live);
		add_secret_fields(n, changed);
		node_plan_jobs(n, changed);
		n->at = 0;
	}
	if (!n->n_job) {
		node_enter(n, STEP_READBACK);
		return;
	}
	run_job(n);
}

/* ---- readback
 * ------------------------------------------------------------------------------------------------------------------ */

static struct object *place_object(struct node *n)
{
	struct world *w = n->ap->req->world;
	const struct action *a = n->action;
	struct bind_ctx ctx = session_ctx(n->ap->req->session, a->address);
	char *old CLEANUP(freep) = NULL;
	struct object *o = n->have;

	if (o) {
		world_set_fields(w, o, json_incref(n->live));
		return o;
	}
	if (a->act == ACT_REPLACE && a->create_first) {
		old = xasprintf("-%s", a->address);
		world_rename(w, a->have, old);
	}
	o = world_add(w, a->type, a->address, json_incref(n->live), NULL);
	o->arn = object_arn(a->type, n->live, &ctx);
	/* A leftover of the same address may still be there. */
	world_prefer(w, o);
	n->have = o;
	return o;
}

/* Create calls that carry tags have set them; what else is known of the live tags came with a read. */
static void settle_tags(struct node *n, struct object *o, const json_t *read_tags)
{
	const struct tag_scheme *scheme = rtype_tags(n->action->type);

	if (!(n->action->type->flags & TAGGED))
		return;
	if (read_tags && (n->kind == NODE_UPDATE || json_object_size(read_tags))) {
		json_decref(o->tags);
		o->tags = json_deep_copy(read_tags);
	} else if (n->kind == NODE_CREATE && !o->tags) {
		o->tags = n->tags      ? json_deep_copy(n->tags)
			  : scheme->in ? json_deep_copy(n->action->tags)
				       : json_object();
	}
}

static bool still_lags(const struct node *n)
{
	bool lags = false;

	for (size_t i = 0; i < n->n_job; i++)
		lags |= (n->job[i].call->flags & CALL_LAGS) != 0;
	return lags;
}

/* A write makes a new stamp: while the old one stands, the read is behind. */
static bool stamp_stands(const struct node *n)
{
	const char *s = n->kind == NODE_UPDATE ? n->action->type->stamp : NULL;

	if (!s)
		return false;
	for (; *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");
		char *name CLEANUP(freep) = xstrndup(s, len);
		json_t *was = json_object_get(n->have->fields, name), *is = json_object_get(n->live, name);

		if (!was || !is || !json_equal(was, is))
			return false;
		s += len;
	}
	return true;
}

static bool is_behind(struct node *n)
{
	json_auto_t *differences = NULL;

	if (!n->updated || !still_lags(n) || node_elapsed(n) >= LAG_LIMIT_S * 1000)
		return false;
	differences = node_differences(n, n->live);
	return json_array_size(differences) || stamp_stands(n);
}

static void after_readback(struct node *n, const struct reading *r)
{
	json_auto_t *differences = NULL;
	struct object *o;

	json_decref(n->live);
	n->live = json_incref(r->fields);
	if (n->kind == NODE_CREATE && !n->updated) {
		differences = node_differences(n, n->live);
		add_secret_fields(n, differences);
		if (json_array_size(differences)) {
			node_enter(n, STEP_UPDATE);
			return;
		}
	} else if (is_behind(n)) {
		node_retry(n, STEP_READBACK, node_poll_delay(n, 2000));
		return;
	}
	o = place_object(n);
	settle_tags(n, o, r->tags);
	node_enter(n, STEP_TAGS);
}

static void read_back(void *arg, struct reading *r)
{
	struct node *n = arg;

	if (r->outcome == OP_OK) {
		after_readback(n, r);
	} else if (r->outcome == OP_ABSENT && node_elapsed(n) < LAG_LIMIT_S * 1000) {
		node_retry(n, STEP_READBACK, node_poll_delay(n, 2000));
	} else if (r->outcome == OP_ABSENT) {
		diag_error(n->ap->d, ERR_AWS, "%s was written but cannot be read.", n->action->address);
		node_fail(n, ERR_AWS);
	} else if (!node_wait_out(n, r->res)) {
		node_fail_op(n, r->res);
	}
}

void node_keep_reading(struct node *n, const struct reading *r)
{
	json_decref(n->fresh);
	json_decref(n->fresh_tags);
	n->fresh = r ? json_incref(r->fields) : NULL;
	n->fresh_tags = r ? json_incref(r->tags) : NULL;
}

void enter_readback(struct node *n)
{
	struct read_request req = {
	    .type = n->action->type, .obj = n->obj, .want = n->want, .address = n->action->address};
	struct reading kept = {.outcome = OP_OK, .fields = n->fresh, .tags = n->fresh_tags};

	if (!n->fresh) {
		node_read(n, &req, read_back);
		return;
	}
	n->fresh = n->fresh_tags = NULL;
	after_readback(n, &kept);
	json_decref(kept.fields);
	json_decref(kept.tags);
}

/* ---- tags
 * ------------------------------------------------------------------------------------------------------------------------
 */

/* Wanted tags that are not there yet; with the source of secrets, which only now can be told. New. */
static json_t *missing_tags(struct node *n)
{
	json_t *missing = json_object(), *value;
	char *source CLEANUP(freep) = NULL;
	const char *key, *have;

	json_object_foreach (n->action->tags, key, value)
		if (!json_equal(json_object_get(n->have->tags, key), value))
			json_object_set(missing, key, value);
	if (n->kind == NODE_TAG || !plan_has_source(n->action->resource) || n->have->standing != OWNED)
		return missing;
	source = plan_source(n->action->resource, &n->ap->resolver, n->have);
	have = val_str(n->have->tags, SOURCE_TAG);
	if (source && (!have || strcmp(have, source) != 0))
		json_object_set_new(missing, SOURCE_TAG, json_string(source));
	return missing;
}

static json_t *surplus_tags(struct node *n)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < n->action->n_change; i++) {
		const struct change *c = &n->action->change[i];

		if ((c->flags & CHANGE_TAG) && !c->to && json_object_get(n->have->tags, c->field))
			json_array_append_new(keys, json_string(c->field));
	}
	return keys;
}

static void tag_call(struct node *n, const struct call *c, const json_t *params,
		     void (*done)(void *arg, struct op_result *res))
{
	struct bind_ctx ctx = session_ctx(n->ap->req->session, n->action->address);
	char *action CLEANUP(freep) = bind_tags_action(n->action->type, c, n->have->fields, &ctx);
	struct op_request req = {.type = n->action->type,
				 .call = c,
				 .obj = n->have->fields,
				 .params = params,
				 .action = action,
				 .address = n->action->address,
				 .intent = CALL_WRITE};

	if (node_begin_write(n, c->action))
		node_send(n, &req, done);
}

static void tags_done(void *arg, struct op_result *res)
{
	struct node *n = arg;

	if (res->outcome != OP_OK) {
		node_journal_end(n, "failed");
		if (!node_wait_out(n, res))
			node_fail_op(n, res);
		return;
	}
	node_journal_end(n, "ok");
	node_enter(n, STEP_TAGS);
}

static void tags_added(void *arg, struct op_result *res)
{
	struct node *n = arg;
	json_auto_t *missing = NULL;

	if (res->outcome == OP_OK) {
		missing = missing_tags(n);
		if (!n->have->tags)
			n->have->tags = json_object();
		json_object_update(n->have->tags, missing);
	}
	tags_done(n, res);
}

static void tags_removed(void *arg, struct op_result *res)
{
	struct node *n = arg;
	json_auto_t *keys = surplus_tags(n);

	for (size_t i = 0; res->outcome == OP_OK && i < json_array_size(keys); i++)
		json_object_del(n->have->tags, json_string_value(json_array_get(keys, i)));
	tags_done(n, res);
}

void enter_tags(struct node *n)
{
	const struct rtype *t = n->action->type;
	struct bind_ctx ctx = session_ctx(n->ap->req->session, n->action->address);
	json_auto_t *missing = NULL, *surplus = NULL, *params = NULL;

	if (!(t->flags & TAGGED) || !n->have || (n->have->standing == SHARED_USE && n->kind != NODE_TAG)) {
		node_enter(n, STEP_DONE);
		return;
	}
	missing = missing_tags(n);
	surplus = surplus_tags(n);
	if (json_object_size(missing)) {
		params = bind_tags_add(t, n->have->fields, missing, &ctx);
		tag_call(n, &rtype_tags(t)->add, params, tags_added);
	} else if (json_array_size(surplus)) {
		params = bind_tags_remove(t, n->have->fields, surplus, &ctx);
		tag_call(n, &rtype_tags(t)->remove, params, tags_removed);
	} else {
		node_enter(n, STEP_DONE);
	}
}

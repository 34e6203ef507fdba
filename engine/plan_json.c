/* The plan as a document: for --json, for saved plans, and to compare two plans. docs/plan.md describes it. */
#include "engine/plan_int.h"

#include <stdlib.h>
#include <string.h>

const char *act_name(enum act act)
{
	static const char *const name[] = {
	    [ACT_NOOP] = "no-op",    [ACT_CREATE] = "create", [ACT_UPDATE] = "update", [ACT_REPLACE] = "replace",
	    [ACT_DELETE] = "delete", [ACT_KEEP] = "keep",     [ACT_TAG] = "tag",
	};

	return name[act];
}

const char *risk_name(enum risk risk)
{
	static const char *const name[] = {
	    [RISK_NONE] = "none", [RISK_RESTART] = "restart", [RISK_DOWNTIME] = "downtime", [RISK_DATA] = "data loss"};

	return name[risk];
}

/* A wish without its secrets: where one stands, only that it is there. */
static json_t *shown_want(const struct action *a)
{
	json_t *out = json_object(), *value;
	const char *key;

	json_object_foreach (a->want, key, value) {
		const struct field *f = rtype_field(a->type, key);

		if (f && (f->flags & (SENSITIVE | WRITE_ONLY)))
			json_object_set_new(out, key, json_pack("{s:b}", "$sensitive", 1));
		else
			json_object_set(out, key, value);
	}
	return out;
}

json_t *plan_change_to_json(const struct change *c)
{
	json_t *out = json_pack("{s:s}", c->flags & CHANGE_TAG ? "tag" : "field", c->field);

	if (c->flags & CHANGE_SENSITIVE) {
		json_object_set_new(out, "sensitive", json_true());
	} else {
		json_object_set_new(out, "from", c->from ? json_incref(c->from) : json_null());
		json_object_set_new(out, "to", c->to ? json_incref(c->to) : json_null());
	}
	if (c->flags & CHANGE_FORCES_REPLACE)
		json_object_set_new(out, "forces_replacement", json_true());
	if (c->risk)
		json_object_set_new(out, "risk", json_string(risk_name(c->risk)));
	return out;
}

static json_t *action_to_json(const struct action *a)
{
	json_t *out =
	    json_pack("{s:s, s:s, s:s}", "address", a->address, "type", a->type->name, "action", act_name(a->act));
	json_t *changes;

	if (a->reason)
		json_object_set_new(out, "reason", json_string(a->reason));
	if (a->risk)
		json_object_set_new(out, "risk", json_string(risk_name(a->risk)));
	if (a->act == ACT_REPLACE)
		json_object_set_new(out, "order", json_string(a->create_first ? "create first" : "delete first"));
	if (a->have && a->have->arn)
		json_object_set_new(out, "arn", json_string(a->have->arn));
	if (a->act == ACT_CREATE)
		json_object_set_new(out, "want", shown_want(a));
	if (!a->n_change)
		return out;
	changes = json_array();
	for (size_t i = 0; i < a->n_change; i++)
		json_array_append_new(changes, plan_change_to_json(&a->change[i]));
	json_object_set_new(out, "changes", changes);
	return out;
}

static json_t *counts_to_json(const struct plan_counts *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "create", (json_int_t)c->create, "update", (json_int_t)c->update,
			 "replace", (json_int_t)c->replace, "delete", (json_int_t)c->del, "keep", (json_int_t)c->keep);
}

json_t *plan_to_json(const struct plan *p, const struct spec *spec, const struct world *w)
{
	json_t *actions = json_array();
	json_t *out = json_pack("{s:s, s:s, s:s}", "format", "berth.plan/1", "app", spec->app, "env", spec->env);

	json_object_set(out, "account", json_object_get(w->aws, "account"));
	json_object_set(out, "region", json_object_get(w->aws, "region"));
	json_object_set_new(out, "destroy", json_boolean(p->destroy));
	for (size_t i = 0; i < p->n; i++)
		if (p->action[i].act != ACT_NOOP && p->action[i].selected)
			json_array_append_new(actions, action_to_json(&p->action[i]));
	json_object_set_new(out, "actions", actions);
	json_object_set_new(out, "counts", counts_to_json(&p->counts));
	json_object_set(out, "notes", p->notes);
	return out;
}

/* Fields that move by themselves are no reason to call a plan stale. */
static json_t *seen_object(const struct object *o)
{
	json_auto_t *seen = json_object();
	json_t *value;
	const char *key;
	char digest[33];

	json_object_foreach (o->fields, key, value) {
		const struct field *f = rtype_field(o->type, key);

		if (f && (!(f->flags & (VOLATILE | STATUS)) || field_is_stamp(o->type, key)))
			json_object_set(seen, key, value);
	}
	if (o->tags)
		json_object_set(seen, "$tags", o->tags);
	val_digest(seen, digest, 32);
	return json_string(digest);
}

json_t *plan_seen(const struct world *w)
{
	json_t *out = json_object();

	for (size_t i = 0; i < w->n; i++) {
		const struct object *o = w->object[i];
		json_t *list = json_object_get(out, o->address);

		if (!list) {
			list = json_array();
			json_object_set_new(out, o->address, list);
		}
		json_array_append_new(list, seen_object(o));
	}
	return out;
}

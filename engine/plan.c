#include "base/err.h"
#include "base/path.h"
#include "engine/plan_int.h"

#include <stdlib.h>
#include <string.h>

static struct target plan_target(void *arg, const char *address)
{
	struct planner *p = arg;
	json_t *pos = json_object_get(p->position, address);
	const struct action *a = pos ? &p->plan->action[json_integer_value(pos)] : NULL;
	struct target t = {0};

	if (!a)
		return t;
	t.type = a->type;
	t.want = a->want;
	t.updated = a->act == ACT_UPDATE;
	if (a->have && a->act != ACT_REPLACE && a->act != ACT_CREATE)
		t.have = a->have->fields;
	return t;
}

/* 1. One action per wish. */
static void pass_collect(struct planner *p)
{
	const struct spec *spec = p->req->spec;
	struct plan *plan = p->plan;

	plan->action = grow(NULL, &plan->cap, spec->n + 1, sizeof(*plan->action));
	for (size_t i = 0; i < spec->n; i++) {
		const struct resource *res = &spec->resource[i];

		plan->action[plan->n++] = (struct action){.act = ACT_NOOP,
							  .address = xstrdup(res->address),
							  .type = res->type,
							  .resource = res,
							  .selected = true};
		json_object_set_new(p->position, res->address, json_integer((json_int_t)i));
	}
}

/* 2. What could not be read is not absent: no plan can be made of it. */
static int pass_unread(struct planner *p)
{
	const struct world *w = p->req->world;
	const struct spec *spec = p->req->spec;
	json_t *why;
	const char *type;
	size_t errors = p->d->errors;

	json_object_foreach (w->unread, type, why) {
		bool wished = (p->req->flags & PLAN_DESTROY) && rtype_find(type);

		for (size_t i = 0; i < spec->n && !wished; i++)
			wished = !strcmp(spec->resource[i].type->name, type);
		if (wished)
			diag_error(p->d, ERR_DENIED, "%s could not be read, so nothing can be planned: %s", type,
				   json_string_value(why));
		else
			json_array_append_new(
			    p->plan->notes,
			    json_sprintf("%s could not be read; what is left over of it is not seen: %s", type,
					 json_string_value(why)));
	}
	return p->d->errors > errors ? ERR_DENIED : 0;
}

/* 3. Wishes against live objects, dependencies first, so that what they will be is known. */
static void pass_compare(struct planner *p)
{
	for (size_t i = 0; i < p->req->spec->n; i++)
		plan_compare(p, p->order[i]);
}

/* 4. A service without a release is made with no tasks, and that is said. */
static void note_unreleased(struct planner *p, const struct action *a)
{
	const char *key;
	json_t *v;

	json_object_foreach (a->resource->want, key, v) {
		const json_t *released = val_operand(v, V_RELEASED);
		const char *name = NULL;

		if (!released || json_integer_value(json_object_get(a->want, key)) != 0 ||
		    json_integer_value(json_array_get(released, 1)) == 0)
			continue;
		rtype_of_address(a->address, &name);
		json_array_append_new(
		    p->plan->notes,
		    json_sprintf("%s has no release yet: it is kept at 0 tasks (the spec says %" JSON_INTEGER_FORMAT
				 ") until an image is deployed.",
				 name, json_integer_value(json_array_get(released, 1))));
	}
}

static void pass_notes(struct planner *p)
{
	for (size_t i = 0; i < p->req->spec->n; i++)
		note_unreleased(p, &p->plan->action[i]);
}

/* 6. What would lose data, or take another's name, is refused: of what is chosen, and all at once. */
static void pass_refuse(struct planner *p)
{
	for (size_t i = 0; i < p->plan->n; i++)
		if (p->plan->action[i].selected)
			plan_refuse(p, &p->plan->action[i]);
}

/* 7. Counts. */
static void pass_count(struct planner *p)
{
	for (size_t i = 0; i < p->plan->n; i++) {
		const struct action *a = &p->plan->action[i];
		struct plan_counts *c = &p->plan->counts;

		c->create += a->selected && a->act == ACT_CREATE;
		c->update += a->selected && a->act == ACT_UPDATE;
		c->replace += a->selected && a->act == ACT_REPLACE;
		c->del += a->selected && a->act == ACT_DELETE;
		c->keep += a->act == ACT_KEEP;
	}
}

static int make_plan(struct planner *p)
{
	int rc;

	rc = pass_unread(p);
	if (rc)
		return rc;
	if (!(p->req->flags & PLAN_DESTROY)) {
		pass_collect(p);
		rc = graph_build(p->req->spec, &p->plan->edge, &p->plan->n_edge, &p->order, p->d);
		if (rc)
			return rc;
		pass_compare(p);
		pass_notes(p);
	}
	plan_orphans(p);
	/* 5. --only and --except. */
	rc = plan_select(p);
	if (rc)
		return rc;
	pass_refuse(p);
	pass_count(p);
	return diag_code(p->d);
}

int plan_make(const struct plan_request *req, struct plan *ret, struct diag *d)
{
	struct planner p = {.req = req, .plan = ret, .d = d, .position = json_object()};
	int rc;

	*ret = (struct plan){.notes = json_array(), .destroy = (req->flags & PLAN_DESTROY) != 0};
	p.resolver = (struct resolver){.world = req->world, .spec = req->spec, .find = plan_target, .arg = &p};
	world_learn_values(req->world);
	rc = make_plan(&p);
	json_decref(p.position);
	free(p.order);
	return rc;
}

void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct action *a = &p->action[i];

		for (size_t k = 0; k < a->n_change; k++) {
			free(a->change[k].field);
			json_decref(a->change[k].from);
			json_decref(a->change[k].to);
		}
		free(a->change);
		free(a->address);
		free(a->reason);
		json_decref(a->want);
		json_decref(a->tags);
	}
	free(p->action);
	free(p->edge);
	json_decref(p->notes);
	*p = (struct plan){0};
}

bool plan_is_empty(const struct plan *p)
{
	return !(p->counts.create + p->counts.update + p->counts.replace + p->counts.del);
}

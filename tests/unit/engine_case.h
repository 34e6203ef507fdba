/*
 * engine_case - a spec written as JSON, the world that its apply would leave, and the plan of both.
 *
 *   struct stage s;
 *   stage_begin(&s);
 *   stage_wish(&s, "{\"ec2.vpc.main\": {\"cidr\": \"10.0.0.0/16\"}}");
 *   stage_settle(&s);                 as an apply would leave it
 *   stage_wish(&s, ...);              another spec
 *   stage_plan(&s, (struct plan_request){0});
 *   CHECK_INT(act_of(&s, "ec2.vpc.main"), ACT_NOOP);
 *   stage_end(&s);
 *
 * "$depends" among the fields is the resource's `depends`, "$section" its section.
 */
#pragma once

#include "tests/unit/test.h"

#include "base/err.h"
#include "engine/graph.h"
#include "engine/plan.h"

struct stage {
	struct spec spec;
	struct world world;
	struct plan plan;
	struct diag d;
	bool has_spec, has_plan;
	unsigned made; /* objects, for their ids */
};

static inline void stage_begin(struct stage *s)
{
	*s = (struct stage){0};
	world_init(&s->world);
	json_object_set_new(s->world.aws, "account", json_string("123456789012"));
	json_object_set_new(s->world.aws, "region", json_string("us-east-1"));
}

static inline void stage_drop_plan(struct stage *s)
{
	if (s->has_plan)
		plan_release(&s->plan);
	s->has_plan = false;
	diag_release(&s->d);
	s->d = (struct diag){0};
}

static inline void stage_drop_spec(struct stage *s)
{
	for (size_t i = 0; i < s->spec.n; i++) {
		free(s->spec.resource[i].address);
		free((char *)s->spec.resource[i].section);
		json_decref(s->spec.resource[i].want);
		json_decref(s->spec.resource[i].depends);
	}
	free(s->spec.resource);
	json_decref(s->spec.tags);
	json_decref(s->spec.index);
	s->spec = (struct spec){0};
}

static inline void stage_end(struct stage *s)
{
	stage_drop_plan(s);
	stage_drop_spec(s);
	world_release(&s->world);
}

static inline struct resource stage_resource(struct stage *s, const char *address, const json_t *fields)
{
	json_auto_t *own = json_deep_copy(fields);
	json_t *depends = json_object_get(own, "$depends");
	const char *section = val_str(own, "$section");
	struct resource res = {.address = xstrdup(address),
			       .type = rtype_of_address(address, NULL),
			       .depends = depends ? json_incref(depends) : json_array(),
			       .pos = {.file = "test.yaml", .line = 1, .column = 1},
			       .section = section ? xstrdup(section) : NULL};

	json_object_del(own, "$depends");
	json_object_del(own, "$section");
	if (!res.type) {
		fprintf(stderr, "no such type: %s\n", address);
		abort();
	}
	res.want = object_canon(res.type, own, &s->d);
	for (size_t i = 0; !res.want && i < s->d.n; i++)
		fprintf(stderr, "%s: %s\n", address, s->d.item[i].text);
	if (!res.want)
		abort();
	return res;
}

/* Another spec in place of the one before; `tags` is JSON or NULL. */
static inline void stage_wish_tree(struct stage *s, const json_t *wishes, const char *tags)
{
	static char app[] = "demo", env[] = "default", region[] = "us-east-1";
	const char *address;
	json_t *fields;

	stage_drop_plan(s);
	stage_drop_spec(s);
	s->spec = (struct spec){.app = app, .env = env, .prefix = app, .region = region, .index = json_object()};
	s->spec.tags = tags ? json_loads(tags, 0, NULL) : json_object();
	s->spec.resource = xcalloc(json_object_size(wishes), sizeof(*s->spec.resource));
	json_object_foreach ((json_t *)wishes, address, fields) {
		s->spec.resource[s->spec.n] = stage_resource(s, address, fields);
		json_object_set_new(s->spec.index, address, json_integer((json_int_t)s->spec.n++));
	}
}

static inline void stage_wish_tagged(struct stage *s, const char *json, const char *tags)
{
	json_error_t e;
	json_auto_t *wishes = json_loads(json, 0, &e);

	if (!wishes) {
		fprintf(stderr, "the test's spec is no JSON: %s at %d\n", e.text, e.position);
		abort();
	}
	stage_wish_tree(s, wishes, tags);
}

static inline void stage_wish(struct stage *s, const char *json)
{
	stage_wish_tagged(s, json, NULL);
}

/* ---- the world as an apply would leave it ------------------------------------------------------------------- */

static inline struct target stage_target(void *arg, const char *address)
{
	struct stage *s = arg;
	const struct object *o = world_find(&s->world, address);

	return (struct target){.have = o ? o->fields : NULL, .type = o ? o->type : rtype_of_address(address, NULL)};
}

static inline json_t *stage_made_up(struct stage *s, const struct rtype *t, const struct field *f)
{
	if (!strcmp(f->name, "arn"))
		return json_sprintf("arn:aws:%s:us-east-1:123456789012:%u", t->svc->name, s->made);
	if (f->type->kind == KIND_STR && !f->type->names)
		return json_sprintf("%s-%u", f->name, s->made);
	return f->type->kind == KIND_INT || f->type->kind == KIND_NUM ? json_integer(s->made) : NULL;
}

/* New live object of a wish, beside those that are there. */
static inline struct object *stage_make(struct stage *s, const struct resource *res)
{
	struct resolver r = {.world = &s->world, .spec = &s->spec, .find = stage_target, .arg = s};
	json_auto_t *resolved = resolve(&r, res->want, NULL);
	json_t *fields = object_canon(res->type, resolved, &s->d);
	struct object *o;
	char *source CLEANUP(freep) = NULL;

	s->made++;
	for (const struct field *f = res->type->fields; f->name; f++) {
		json_t *v = NULL;

		if ((f->flags & COMPUTED) && !(f->flags & STATUS) && !json_object_get(fields, f->name) && !f->dflt)
			v = stage_made_up(s, res->type, f);
		if (v)
			json_object_set_new(fields, f->name, v);
		if (f->flags & WRITE_ONLY)
			json_object_del(fields, f->name);
	}
	o = world_add(&s->world, res->type, res->address, fields, plan_tags(&s->spec, res->type, res->address));
	source = plan_has_source(res) ? plan_source(res, &r, o) : NULL;
	if (source && o->tags)
		json_object_set_new(o->tags, "berth:source", json_string(source));
	return o;
}

/* Live objects for all wishes, in an order that resolves their references. */
static inline void stage_settle(struct stage *s)
{
	struct edge *edge = NULL;
	size_t n, *order = NULL;

	if (graph_build(&s->spec, &edge, &n, &order, &s->d))
		abort();
	for (size_t i = 0; i < s->spec.n; i++)
		stage_make(s, &s->spec.resource[order[i]]);
	free(edge);
	free(order);
}

/* Empties the world: what was there is gone. */
static inline void stage_clear(struct stage *s)
{
	while (s->world.n)
		world_remove(&s->world, s->world.object[s->world.n - 1]);
}

/* One field of a live object, as JSON text; NULL takes it away. "#key" is a tag. */
static inline void stage_set(struct stage *s, const char *address, const char *field, const char *json)
{
	struct object *o = world_find(&s->world, address);
	json_t *into = field[0] == '#' ? o->tags : o->fields;

	field += field[0] == '#';
	if (json)
		json_object_set_new(into, field, json_loads(json, JSON_DECODE_ANY, NULL));
	else
		json_object_del(into, field);
}

/* ---- the plan ----------------------------------------------------------------------------------------------- */

static inline int stage_plan(struct stage *s, struct plan_request req)
{
	stage_drop_plan(s);
	req.spec = &s->spec;
	req.world = &s->world;
	s->has_plan = true;
	return plan_make(&req, &s->plan, &s->d);
}

#define PLAIN ((struct plan_request){0})
#define DESTROY ((struct plan_request){.flags = PLAN_DESTROY})
#define DESTROY_ALL ((struct plan_request){.flags = PLAN_DESTROY | PLAN_WITH_DATA})
#define ONLY(...) ((struct plan_request){.only = WORDS(__VA_ARGS__)})
#define EXCEPT(...) ((struct plan_request){.except = WORDS(__VA_ARGS__)})

/* The action that is no leftover's, NULL if there is none. */
static inline const struct action *action_at(const struct stage *s, const char *address)
{
	for (size_t i = 0; i < s->plan.n; i++)
		if (!strcmp(s->plan.action[i].address, address) && !s->plan.action[i].leftover)
			return &s->plan.action[i];
	return NULL;
}

static inline int act_of(const struct stage *s, const char *address)
{
	const struct action *a = action_at(s, address);

	return a ? (int)a->act : -1;
}

static inline bool is_selected(const struct stage *s, const char *address)
{
	const struct action *a = action_at(s, address);

	return a && a->selected;
}

static inline const struct change *change_at(const struct stage *s, const char *address, const char *field)
{
	const struct action *a = action_at(s, address);

	for (size_t i = 0; a && i < a->n_change; i++)
		if (!strcmp(a->change[i].field, field))
			return &a->change[i];
	return NULL;
}

static inline const char *first_error(const struct stage *s)
{
	return s->d.n ? s->d.item[0].text : NULL;
}

/* Says every change that a plan has, where none was expected. */
static inline void check_empty(const char *file, int line, const struct stage *s)
{
	for (size_t i = 0; i < s->plan.n; i++)
		if (s->plan.action[i].act != ACT_NOOP)
			test_fail(file, line, "%s: %s %s%s%s", s->plan.action[i].address,
				  act_name(s->plan.action[i].act),
				  s->plan.action[i].n_change ? s->plan.action[i].change[0].field : "",
				  s->plan.action[i].reason ? ": " : "",
				  s->plan.action[i].reason ? s->plan.action[i].reason : "");
}
#define CHECK_EMPTY(s) check_empty(__FILE__, __LINE__, (s))

/* Deletes stand in the plan as they can happen: whoever refers to an object goes before it. */
#include "engine/plan_int.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY ((size_t)-1)

struct orderer {
	const struct plan *plan;
	size_t *action_of; /* position of an object in the world -> action that deletes it, or NOBODY */
	struct edge *edge; /* `from` goes only when `to` is gone */
	size_t n, cap;
	size_t user;
	size_t *first;         /* action -> its first edge */
	unsigned char *colour; /* 0 new, 1 being looked at, 2 in `order` */
	size_t *order, n_order;
	size_t *path, *next;
};

static void add_edge(struct orderer *o, size_t from, size_t to)
{
	if (from == to)
		return;
	o->edge = grow(o->edge, &o->cap, o->n + 1, sizeof(*o->edge));
	o->edge[o->n++] = (struct edge){.from = from, .to = to};
}

static void add_target(void *arg, struct object *target)
{
	struct orderer *o = arg;
	size_t at = o->action_of[target->at];

	if (at != NOBODY)
		add_edge(o, at, o->user);
}

static bool goes(const struct action *a)
{
	return a->act == ACT_DELETE;
}

static void add_refs(struct orderer *o, const struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		o->action_of[i] = NOBODY;
	for (size_t i = 0; i < o->plan->n; i++)
		if (goes(&o->plan->action[i]))
			o->action_of[o->plan->action[i].have->at] = i;
	for (o->user = 0; o->user < o->plan->n; o->user++)
		if (goes(&o->plan->action[o->user]))
			world_each_ref(w, o->plan->action[o->user].have, add_target, o);
}

/* Type -> array of the actions that delete one. New. */
static json_t *by_type(const struct plan *plan)
{
	json_t *types = json_object();

	for (size_t i = 0; i < plan->n; i++) {
		json_t *list = json_object_get(types, plan->action[i].type->name);

		if (!goes(&plan->action[i]))
			continue;
		if (!list) {
			list = json_array();
			json_object_set_new(types, plan->action[i].type->name, list);
		}
		json_array_append_new(list, json_integer((json_int_t)i));
	}
	return types;
}

static void add_types(struct orderer *o)
{
	json_auto_t *types = by_type(o->plan);

	for (size_t i = 0; i < o->plan->n; i++) {
		const char *const *after = goes(&o->plan->action[i]) ? o->plan->action[i].type->after : NULL;

		for (; after && *after; after++) {
			const json_t *list = json_object_get(types, *after);

			for (size_t k = 0; k < json_array_size(list); k++)
				add_edge(o, (size_t)json_integer_value(json_array_get(list, k)), i);
		}
	}
}

static void add_secrets(struct orderer *o)
{
	for (size_t i = 0; i < o->plan->n; i++)
		for (size_t k = 0;
		     k < o->plan->n && goes(&o->plan->action[i]) && o->plan->action[i].type->reveal.action; k++)
			if (goes(&o->plan->action[k]) && plan_outlives(&o->plan->action[i], &o->plan->action[k]))
				add_edge(o, i, k);
}

bool plan_outlives(const struct action *secret, const struct action *data)
{
	return secret->type->reveal.action && (data->type->flags & DATA) && !data->type->reveal.action;
}

static int by_from(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from > y->from ? 1 : -1;
	return (x->to > y->to) - (x->to < y->to);
}

static void sort_edges(struct orderer *o)
{
	size_t e = 0;

	if (o->n)
		qsort(o->edge, o->n, sizeof(*o->edge), by_from);
	for (size_t i = 0; i <= o->plan->n; i++) {
		while (e < o->n && o->edge[e].from < i)
			e++;
		o->first[i] = e;
	}
}

static void push(struct orderer *o, size_t *depth, size_t at)
{
	o->colour[at] = 1;
	o->path[*depth] = at;
	o->next[(*depth)++] = o->first[at];
}

/* Depth first: all that must be gone before, then the object. A circle, which AWS would not let be, is passed over. */
static void visit(struct orderer *o, size_t root)
{
	size_t depth = 0;

	if (o->colour[root])
		return;
	push(o, &depth, root);
	while (depth) {
		size_t at = o->path[depth - 1], e = o->next[depth - 1];

		if (e == o->first[at + 1]) {
			o->order[o->n_order++] = at;
			o->colour[at] = 2;
			depth--;
			continue;
		}
		o->next[depth - 1]++;
		if (!o->colour[o->edge[e].to])
			push(o, &depth, o->edge[e].to);
	}
}

/* Behind the wishes: first what goes, as it goes, then what stays. */
static void rearrange(struct plan *plan, const struct orderer *o)
{
	struct action *sorted = xcalloc(plan->n, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->action[i].resource)
			sorted[n++] = plan->action[i];
	for (size_t i = 0; i < o->n_order; i++)
		sorted[n++] = plan->action[o->order[i]];
	for (size_t i = 0; i < plan->n; i++)
		if (!plan->action[i].resource && !goes(&plan->action[i]))
			sorted[n++] = plan->action[i];
	memcpy(plan->action, sorted, plan->n * sizeof(*sorted));
	free(sorted);
}

void plan_order(struct planner *p)
{
	const struct world *w = p->req->world;
	struct plan *plan = p->plan;
	size_t n = plan->n;
	struct orderer o = {.plan = plan,
			    .action_of = xcalloc(w->n, sizeof(size_t)),
			    .first = xcalloc(n + 1, sizeof(size_t)),
			    .colour = xcalloc(n, 1),
			    .order = xcalloc(n, sizeof(size_t)),
			    .path = xcalloc(n, sizeof(size_t)),
			    .next = xcalloc(n, sizeof(size_t))};

	add_refs(&o, w);
	add_types(&o);
	add_secrets(&o);
	sort_edges(&o);
	for (size_t i = 0; i < n; i++)
		if (goes(&plan->action[i]))
			visit(&o, i);
	if (n)
		rearrange(plan, &o);
	free(o.action_of);
	free(o.edge);
	free(o.first);
	free(o.colour);
	free(o.order);
	free(o.path);
	free(o.next);
}

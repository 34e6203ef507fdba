/* Which node waits for which. */
#include "engine/apply_int.h"

#include <stdlib.h>
#include <string.h>

static void add_need(struct apply_graph *g, size_t from, size_t to)
{
	struct node *n = &g->node[to];

	if (from == (size_t)-1 || to == (size_t)-1 || from == to)
		return;
	for (size_t i = 0; i < n->n_dependent; i++)
		if (n->dependent[i] == from)
			return;
	n->dependent = grow(n->dependent, &n->cap_dependent, n->n_dependent + 1, sizeof(size_t));
	n->dependent[n->n_dependent++] = from;
	g->node[from].pending++;
}

static size_t add_node(struct apply_graph *g, struct applier *ap, const struct action *a, enum node_kind kind)
{
	g->node = grow(g->node, &g->cap, g->n + 1, sizeof(*g->node));
	g->node[g->n] = (struct node){.ap = ap, .action = a, .kind = kind};
	return g->n++;
}

static enum node_kind main_kind(const struct action *a)
{
	if (!a->selected)
		return NODE_NONE;
	switch (a->act) {
	case ACT_CREATE:
	case ACT_REPLACE:
		return NODE_CREATE;
	case ACT_UPDATE:
		return NODE_UPDATE;
	default:
		return NODE_NONE;
	}
}

static bool has_delete(const struct action *a)
{
	return a->selected && (a->act == ACT_DELETE || a->act == ACT_REPLACE);
}

static void make_nodes(struct apply_graph *g, struct applier *ap, const struct plan *plan)
{
	g->main = xcalloc(plan->n, sizeof(size_t));
	g->del = xcalloc(plan->n, sizeof(size_t));
	for (size_t i = 0; i < plan->n; i++) {
		const struct action *a = &plan->action[i];

		g->main[i] = a->resource ? add_node(g, ap, a, main_kind(a)) : (size_t)-1;
		g->del[i] = has_delete(a) ? add_node(g, ap, a, NODE_DELETE) : (size_t)-1;
	}
	for (size_t i = 0; i < g->n; i++)
		if (g->node[i].kind != NODE_CREATE)
			g->node[i].have = g->node[i].action->have;
}

/* Wishes: what a wish needs comes first; the old one of a replacement goes before or after the new one. */
static void link_wishes(struct apply_graph *g, const struct plan *plan)
{
	for (size_t e = 0; e < plan->n_edge; e++) {
		size_t from = plan->edge[e].from, to = plan->edge[e].to;

		add_need(g, g->main[from], g->main[to]);
		if (plan->action[to].create_first)
			add_need(g, g->del[to], g->main[from]);
	}
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->action[i].act != ACT_REPLACE)
			continue;
		if (plan->action[i].create_first)
			add_need(g, g->del[i], g->main[i]);
		else
			add_need(g, g->main[i], g->del[i]);
	}
}

struct linker {
	struct apply_graph *g;
	const struct plan *plan;
	json_t *by_object; /* pointer text -> action index */
	size_t from;
};

static char *object_text(const struct object *o)
{
	return xasprintf("%p", (const void *)o);
}

/* `from` refers to `target` in AWS: the target can go only after `from` is gone or has let go of it. */
static void link_ref(void *arg, struct object *target)
{
	struct linker *l = arg;
	char *text CLEANUP(freep) = object_text(target);
	json_t *pos = json_object_get(l->by_object, text);
	size_t to = pos ? (size_t)json_integer_value(pos) : (size_t)-1;
	bool delete_first;

	if (to == (size_t)-1 || l->g->del[to] == (size_t)-1)
		return;
	delete_first = l->plan->action[to].act == ACT_REPLACE && !l->plan->action[to].create_first;
	if (l->g->del[l->from] != (size_t)-1)
		add_need(l->g, l->g->del[to], l->g->del[l->from]);
	else if (!delete_first)
		add_need(l->g, l->g->del[to], l->g->main[l->from]);
}

static void link_live(struct apply_graph *g, const struct plan *plan, const struct world *w)
{
	struct linker l = {.g = g, .plan = plan, .by_object = json_object()};
	struct refmap refs;

	refmap_init(&refs, w);
	for (size_t i = 0; i < plan->n; i++) {
		char *text CLEANUP(freep) = plan->action[i].have ? object_text(plan->action[i].have) : NULL;

		if (text)
			json_object_set_new(l.by_object, text, json_integer((json_int_t)i));
	}
	for (l.from = 0; l.from < plan->n; l.from++)
		if (plan->action[l.from].have)
			refmap_each(&refs, plan->action[l.from].have, link_ref, &l);
	refmap_release(&refs);
	json_decref(l.by_object);
}

static bool names_type(const char *const *list, const char *type)
{
	for (; list && *list; list++)
		if (!strcmp(*list, type))
			return true;
	return false;
}

/* What comes after a type when made goes before it when taken away. */
static void link_types(struct apply_graph *g, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct action *a = &plan->action[i];

		for (size_t k = 0; g->del[i] != (size_t)-1 && a->type->after && k < plan->n; k++)
			if (g->del[k] != (size_t)-1 && names_type(a->type->after, plan->action[k].type->name))
				add_need(g, g->del[k], g->del[i]);
	}
}

/* Orders that only the spec knows hold for deletes too, the other way round. */
static void link_spec(struct apply_graph *g, const struct plan *plan, const struct spec *spec)
{
	json_auto_t *position = json_object();

	for (size_t i = 0; i < plan->n; i++)
		if (g->del[i] != (size_t)-1 && !plan->action[i].leftover)
			json_object_set_new(position, plan->action[i].address, json_integer((json_int_t)i));
	for (size_t i = 0; spec && i < spec->n; i++) {
		const struct resource *res = &spec->resource[i];
		json_t *from = json_object_get(position, res->address);

		for (size_t k = 0; from && k < json_array_size(res->depends); k++) {
			const char *address = json_string_value(json_array_get(res->depends, k));
			json_t *to = address ? json_object_get(position, address) : NULL;

			if (to)
				add_need(g, g->del[json_integer_value(to)], g->del[json_integer_value(from)]);
		}
	}
}

void apply_graph_make(struct apply_graph *g, struct applier *ap)
{
	const struct apply_request *req = ap->req;

	*g = (struct apply_graph){0};
	make_nodes(g, ap, req->plan);
	link_wishes(g, req->plan);
	link_live(g, req->plan, req->world);
	link_types(g, req->plan);
	link_spec(g, req->plan, req->spec);
	free(g->main);
	free(g->del);
}

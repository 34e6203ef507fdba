/* Which node waits for which. */
#include "base/buf.h"
#include "base/err.h"
#include "engine/apply_int.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY ((size_t)-1)

/* The same need twice does no harm: it is counted twice and met twice. */
static void add_need(struct apply_graph *g, size_t from, size_t to)
{
	struct node *n;

	if (from == NOBODY || to == NOBODY || from == to)
		return;
	n = &g->node[to];
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
	case ACT_TAG:
		return NODE_TAG;
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

		g->main[i] = a->resource || a->act == ACT_TAG ? add_node(g, ap, a, main_kind(a)) : NOBODY;
		g->del[i] = has_delete(a) ? add_node(g, ap, a, NODE_DELETE) : NOBODY;
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

static bool goes_last(const struct action *a)
{
	return a->act == ACT_REPLACE && a->create_first;
}

static bool goes_first(const struct action *a)
{
	return a->act == ACT_REPLACE && !a->create_first;
}

/*
 * `from` is to be gone before `to` goes. Not if it goes only when its successor is there, which needs that of `to`,
 * which comes after `to` has gone: the planner leaves such pairs where AWS lets `to` go all the same.
 */
static void add_delete_order(struct apply_graph *g, const struct plan *plan, size_t from, size_t to)
{
	if (goes_last(&plan->action[from]) && goes_first(&plan->action[to]))
		return;
	add_need(g, g->del[to], g->del[from]);
}

struct linker {
	struct apply_graph *g;
	const struct plan *plan;
	size_t *action_of; /* position of an object in the world -> action, or NOBODY */
	size_t from;
};

/* `from` refers to `target` in AWS: the target can go only after `from` is gone or has let go of it. */
static void link_ref(void *arg, struct object *target)
{
	struct linker *l = arg;
	size_t to = l->action_of[target->at];

	if (to == NOBODY || l->g->del[to] == NOBODY)
		return;
	if (l->g->del[l->from] != NOBODY)
		add_delete_order(l->g, l->plan, l->from, to);
	else if (!goes_first(&l->plan->action[to]))
		add_need(l->g, l->g->del[to], l->g->main[l->from]);
}

static void link_live(struct apply_graph *g, const struct plan *plan, const struct world *w)
{
	struct linker l = {.g = g, .plan = plan, .action_of = xcalloc(w->n, sizeof(size_t))};

	for (size_t i = 0; i < w->n; i++)
		l.action_of[i] = NOBODY;
	for (size_t i = 0; i < plan->n; i++)
		if (plan->action[i].have)
			l.action_of[plan->action[i].have->at] = i;
	for (l.from = 0; l.from < plan->n; l.from++)
		if (plan->action[l.from].have)
			world_each_ref(w, plan->action[l.from].have, link_ref, &l);
	free(l.action_of);
}

/* Type -> array of the actions that delete one. New. */
static json_t *deletes_by_type(const struct apply_graph *g, const struct plan *plan)
{
	json_t *by_type = json_object();

	for (size_t i = 0; i < plan->n; i++) {
		const char *type = plan->action[i].type->name;
		json_t *list = json_object_get(by_type, type);

		if (g->del[i] == NOBODY)
			continue;
		if (!list) {
			list = json_array();
			json_object_set_new(by_type, type, list);
		}
		json_array_append_new(list, json_integer((json_int_t)i));
	}
	return by_type;
}

/* What comes after a type when made goes before it when taken away. */
static void link_types(struct apply_graph *g, const struct plan *plan)
{
	json_auto_t *by_type = deletes_by_type(g, plan);

	for (size_t i = 0; i < plan->n; i++) {
		const char *const *after = g->del[i] == NOBODY ? NULL : plan->action[i].type->after;

		for (; after && *after; after++) {
			const json_t *list = json_object_get(by_type, *after);

			for (size_t k = 0; k < json_array_size(list); k++)
				add_delete_order(g, plan, i, (size_t)json_integer_value(json_array_get(list, k)));
		}
	}
}

/* As long as data is there, so is what opens it: its deletion may fail. */
static void link_secrets(struct apply_graph *g, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (g->del[i] == NOBODY || !plan->action[i].type->reveal.action)
			continue;
		for (size_t k = 0; k < plan->n; k++)
			if (g->del[k] != NOBODY && plan->action[i].act == ACT_DELETE &&
			    plan->action[k].act == ACT_DELETE && plan_outlives(&plan->action[i], &plan->action[k]))
				add_need(g, g->del[i], g->del[k]);
	}
}

/* Orders that only the spec knows hold for deletes too, the other way round. */
static void link_spec(struct apply_graph *g, const struct plan *plan, const struct spec *spec)
{
	json_auto_t *position = json_object();

	for (size_t i = 0; i < plan->n; i++)
		if (g->del[i] != NOBODY && !plan->action[i].leftover)
			json_object_set_new(position, plan->action[i].address, json_integer((json_int_t)i));
	for (size_t i = 0; spec && i < spec->n; i++) {
		const struct resource *res = &spec->resource[i];
		json_t *from = json_object_get(position, res->address);

		for (size_t k = 0; from && k < json_array_size(res->depends); k++) {
			const char *address = json_string_value(json_array_get(res->depends, k));
			json_t *to = address ? json_object_get(position, address) : NULL;

			if (to)
				add_delete_order(g, plan, (size_t)json_integer_value(from),
						 (size_t)json_integer_value(to));
		}
	}
}

/* ---- circles ------------------------------------------------------------------------------------------------ */

/* Takes nodes away as they could end; how many cannot. left[i]: needs of node i that are not met. */
static size_t count_stuck(const struct apply_graph *g, size_t *left)
{
	size_t *queue = xcalloc(g->n, sizeof(size_t)), head = 0, tail = 0;

	for (size_t i = 0; i < g->n; i++) {
		left[i] = g->node[i].pending;
		if (!left[i])
			queue[tail++] = i;
	}
	while (head < tail) {
		const struct node *n = &g->node[queue[head++]];

		for (size_t i = 0; i < n->n_dependent; i++)
			if (!--left[n->dependent[i]])
				queue[tail++] = n->dependent[i];
	}
	free(queue);
	return g->n - tail;
}

static void add_step(struct buf *b, const struct node *n)
{
	buf_addf(b, "%s%s of %s", b->n ? " waits for " : "", n->kind == NODE_DELETE ? "the deletion" : "the making",
		 n->action->address);
}

/* From a stuck node back to what it waits for there is always another stuck one: that way leads into a circle. */
static int report_circle(const struct apply_graph *g, const size_t *left, struct diag *d)
{
	size_t *before = xcalloc(g->n, sizeof(size_t)), at = 0;
	bool *seen = xcalloc(g->n, sizeof(bool));
	struct buf b = BUF(1 << 16);

	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; left[i] && k < g->node[i].n_dependent; k++)
			before[g->node[i].dependent[k]] = i;
	while (!left[at])
		at++;
	for (; !seen[at]; at = before[at])
		seen[at] = true;
	add_step(&b, &g->node[at]);
	for (size_t i = before[at]; i != at; i = before[i])
		add_step(&b, &g->node[i]);
	add_step(&b, &g->node[at]);
	diag_error(d, ERR_REFUSED, "These changes cannot be made in one go: %s.", buf_str(&b));
	diag_hint(d, "Nothing was changed. Take one of the changes back, apply the rest, then make it.");
	buf_release(&b);
	free(before);
	free(seen);
	return ERR_REFUSED;
}

static int check_circles(const struct apply_graph *g, struct diag *d)
{
	size_t *left = xcalloc(g->n, sizeof(size_t));
	int rc = count_stuck(g, left) ? report_circle(g, left, d) : 0;

	free(left);
	return rc;
}

int apply_graph_make(struct apply_graph *g, struct applier *ap)
{
	const struct apply_request *req = ap->req;

	*g = (struct apply_graph){0};
	make_nodes(g, ap, req->plan);
	link_wishes(g, req->plan);
	link_live(g, req->plan, req->world);
	link_types(g, req->plan);
	link_secrets(g, req->plan);
	link_spec(g, req->plan, req->spec);
	free(g->main);
	free(g->del);
	g->main = g->del = NULL;
	return check_circles(g, ap->d);
}

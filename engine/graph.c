#include "engine/graph.h"
#include "base/buf.h"
#include "base/err.h"
#include "engine/plan.h"

#include <stdlib.h>
#include <string.h>

struct builder {
	const struct spec *spec;
	json_t *position; /* address -> index */
	json_t *by_type;  /* type -> array of indices */
	struct edge *edge;
	size_t n, cap;
	size_t from;
};

static void add_edge(struct builder *b, size_t to)
{
	if (to == b->from)
		return;
	for (size_t i = b->n; i-- && b->edge[i].from == b->from;)
		if (b->edge[i].to == to)
			return;
	b->edge = grow(b->edge, &b->cap, b->n + 1, sizeof(*b->edge));
	b->edge[b->n++] = (struct edge){.from = b->from, .to = to};
}

static void add_address(struct builder *b, const char *address)
{
	json_t *i = json_object_get(b->position, address);

	if (i)
		add_edge(b, (size_t)json_integer_value(i));
}

static int add_ref(void *arg, const char *ref)
{
	char *address CLEANUP(freep) = NULL, *path CLEANUP(freep) = NULL;

	if (ref_split(ref, &address, &path))
		add_address(arg, address);
	return 0;
}

static void edges_of(struct builder *b, size_t i)
{
	const struct resource *res = &b->spec->resource[i];

	b->from = i;
	val_each_ref(res->want, add_ref, b);
	for (size_t k = 0; k < json_array_size(res->depends); k++)
		add_address(b, json_string_value(json_array_get(res->depends, k)));
	for (const char *const *type = res->type->after; type && *type; type++) {
		json_t *list = json_object_get(b->by_type, *type);

		for (size_t k = 0; k < json_array_size(list); k++)
			add_edge(b, (size_t)json_integer_value(json_array_get(list, k)));
	}
}

static void index_resources(struct builder *b)
{
	for (size_t i = 0; i < b->spec->n; i++) {
		const struct resource *res = &b->spec->resource[i];
		json_t *list = json_object_get(b->by_type, res->type->name);

		json_object_set_new(b->position, res->address, json_integer((json_int_t)i));
		if (!list) {
			list = json_array();
			json_object_set_new(b->by_type, res->type->name, list);
		}
		json_array_append_new(list, json_integer((json_int_t)i));
	}
}

/* Depth-first in the spec's order; `path` is the way to the node being looked at. */
struct sorter {
	const struct builder *b;
	size_t *first;         /* edge index where a node's edges begin; n + 1 of them */
	unsigned char *colour; /* 0 new, 1 on the path, 2 done */
	size_t *order, n_order;
	size_t *path, *next, depth;
	struct diag *d;
};

static int report_cycle(struct sorter *s, size_t back)
{
	struct buf b = BUF(1 << 16);
	size_t from = s->depth;

	while (from && s->path[from - 1] != back)
		from--;
	for (size_t i = from - 1; i < s->depth; i++)
		buf_addf(&b, "%s -> ", s->b->spec->resource[s->path[i]].address);
	buf_adds(&b, s->b->spec->resource[back].address);
	diag_at(s->d, ERR_INVALID, s->b->spec->resource[back].pos, "These resources need each other in a circle: %s.",
		buf_str(&b));
	diag_hint(s->d, "Take one of the references out, or name the value itself.");
	buf_release(&b);
	return ERR_INVALID;
}

static void push(struct sorter *s, size_t node)
{
	s->colour[node] = 1;
	s->path[s->depth] = node;
	s->next[s->depth++] = s->first[node];
}

static int visit(struct sorter *s, size_t root)
{
	if (s->colour[root])
		return 0;
	push(s, root);
	while (s->depth) {
		size_t node = s->path[s->depth - 1];
		size_t *next = &s->next[s->depth - 1];

		if (*next == s->first[node + 1]) {
			s->colour[node] = 2;
			s->order[s->n_order++] = node;
			s->depth--;
			continue;
		}
		size_t to = s->b->edge[(*next)++].to;

		if (s->colour[to] == 1)
			return report_cycle(s, to);
		if (!s->colour[to])
			push(s, to);
	}
	return 0;
}

static int sort_nodes(const struct builder *b, size_t **ret, struct diag *d)
{
	size_t n = b->spec->n, e = 0;
	struct sorter s = {.b = b, .d = d};
	int rc = 0;

	s.first = xcalloc(n + 1, sizeof(size_t));
	s.colour = xcalloc(n, 1);
	s.order = xcalloc(n, sizeof(size_t));
	s.path = xcalloc(n, sizeof(size_t));
	s.next = xcalloc(n, sizeof(size_t));
	for (size_t i = 0; i <= n; i++) {
		while (e < b->n && b->edge[e].from < i)
			e++;
		s.first[i] = e;
	}
	for (size_t i = 0; i < n && !rc; i++)
		rc = visit(&s, i);
	free(s.first);
	free(s.colour);
	free(s.path);
	free(s.next);
	if (rc)
		free(s.order);
	else
		*ret = s.order;
	return rc;
}

int graph_build(const struct spec *spec, struct edge **ret_edge, size_t *ret_n, size_t **ret_order, struct diag *d)
{
	struct builder b = {.spec = spec, .position = json_object(), .by_type = json_object()};
	int rc;

	index_resources(&b);
	for (size_t i = 0; i < spec->n; i++)
		edges_of(&b, i);
	rc = sort_nodes(&b, ret_order, d);
	json_decref(b.position);
	json_decref(b.by_type);
	if (rc) {
		free(b.edge);
		return rc;
	}
	*ret_edge = b.edge;
	*ret_n = b.n;
	return 0;
}

/* Circles among resources. Iterative: chains may be thousands long. */
#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"
#include "spec/check_impl.h"
#include "spec/ref.h"

#include <stdlib.h>
#include <string.h>

enum colour { NEW, ON_PATH, DONE };

struct search {
	const struct spec *spec;
	struct expand *x;
	struct diag *d;
	size_t *edge, n_edge, cap; /* targets, by source */
	size_t *first;             /* where the edges of each begin; one more at the end */
	enum colour *colour;
	size_t *path, *next, depth;
};

static void add_edge(struct search *s, const char *address)
{
	const struct resource *to = spec_find(s->spec, address);

	if (!to)
		return;
	s->edge = grow(s->edge, &s->cap, s->n_edge + 1, sizeof(*s->edge));
	s->edge[s->n_edge++] = (size_t)(to - s->spec->resource);
}

static int add_ref(void *arg, const char *ref)
{
	const struct rtype *t;
	const char *path;
	char *address CLEANUP(freep) = NULL;

	if (ref_target(ref, &t, &address, &path))
		add_edge(arg, address);
	return 0;
}

static void build(struct search *s)
{
	for (size_t i = 0; i < s->spec->n; i++) {
		const struct resource *r = &s->spec->resource[i];

		s->first[i] = s->n_edge;
		val_each_ref(r->want, add_ref, s);
		for (size_t k = 0; k < json_array_size(r->depends); k++)
			add_edge(s, json_string_value(json_array_get(r->depends, k)));
	}
	s->first[s->spec->n] = s->n_edge;
}

static void report(struct search *s, size_t to)
{
	struct checker c = {.spec = (struct spec *)s->spec, .x = s->x, .d = s->d, .i = to};
	struct buf way = BUF(65536);
	size_t from = s->depth;

	while (s->path[from - 1] != to)
		from--;
	for (size_t i = from; i < s->depth; i++)
		buf_addf(&way, "%s -> ", s->spec->resource[s->path[i]].address);
	buf_adds(&way, s->spec->resource[to].address);
	check_report(&c, s->spec->resource[to].pos, "It needs itself, by way of %s.", buf_str(&way));
	check_hint(&c, "Take one of the references out, or write the value itself.");
	buf_release(&way);
}

static void enter(struct search *s, size_t i)
{
	s->colour[i] = ON_PATH;
	s->path[s->depth] = i;
	s->next[s->depth++] = s->first[i];
}

static void visit(struct search *s, size_t root)
{
	enter(s, root);
	while (s->depth) {
		size_t i = s->path[s->depth - 1], *next = &s->next[s->depth - 1], to;

		if (*next == s->first[i + 1]) {
			s->colour[i] = DONE;
			s->depth--;
			continue;
		}
		to = s->edge[(*next)++];
		if (s->colour[to] == ON_PATH)
			report(s, to);
		else if (s->colour[to] == NEW)
			enter(s, to);
	}
}

void cycles_check(const struct spec *spec, struct expand *x, struct diag *d)
{
	struct search s = {.spec = spec, .x = x, .d = d};
	size_t n = spec->n + 1;

	s.first = xcalloc(n, sizeof(*s.first));
	s.colour = xcalloc(n, sizeof(*s.colour));
	s.path = xcalloc(n, sizeof(*s.path));
	s.next = xcalloc(n, sizeof(*s.next));
	build(&s);
	for (size_t i = 0; i < spec->n; i++)
		if (s.colour[i] == NEW)
			visit(&s, i);
	free(s.edge);
	free(s.first);
	free(s.colour);
	free(s.path);
	free(s.next);
}

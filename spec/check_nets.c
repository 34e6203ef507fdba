/* Subnets: within their VPC, and apart from each other. */
#include "base/value.h"
#include "spec/check_impl.h"
#include "spec/cidr.h"
#include "spec/ref.h"

#include <stdlib.h>
#include <string.h>

struct net {
	struct cidr cidr;
	const char *vpc; /* what field vpc says */
	size_t i;
};

static const char *vpc_of(const json_t *want)
{
	const json_t *v = json_object_get(want, "vpc");
	const char *ref = json_string_value(val_operand(v, V_REF));

	return ref ? ref : json_string_value(v);
}

static const char *cidr_of(const struct checker *c, const char *ref)
{
	const struct rtype *t;
	const char *path;
	char *address CLEANUP(freep) = NULL;
	const struct resource *r;

	if (!ref || !ref_target(ref, &t, &address, &path) || strcmp(t->name, "ec2.vpc") != 0)
		return NULL;
	r = spec_find(c->spec, address);
	return r ? val_str(r->want, "cidr") : NULL;
}

static void check_inside(struct checker *c, const struct net *n)
{
	const char *outer = cidr_of(c, n->vpc);
	struct cidr all;

	c->i = n->i;
	if (outer && cidr_parse(outer, &all) && !cidr_holds(all, n->cidr))
		check_report(c, field_pos(c, "cidr"), "Subnet %s does not lie within its VPC, %s.",
			     val_str(c->spec->resource[n->i].want, "cidr"), outer);
}

/* By VPC, then by address: those that overlap are neighbours. */
static int by_address(const void *a, const void *b)
{
	const struct net *x = a, *y = b;
	int order = strcmp(x->vpc, y->vpc);

	if (order)
		return order;
	if (x->cidr.address != y->cidr.address)
		return x->cidr.address < y->cidr.address ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

static void check_overlap(struct checker *c, const struct net *a, const struct net *b)
{
	const struct net *later = a->i > b->i ? a : b, *first = later == a ? b : a;

	if (strcmp(a->vpc, b->vpc) != 0 || !cidr_overlap(a->cidr, b->cidr))
		return;
	c->i = later->i;
	check_report(c, field_pos(c, "cidr"), "Subnet %s overlaps %s of %s.",
		     val_str(c->spec->resource[later->i].want, "cidr"),
		     val_str(c->spec->resource[first->i].want, "cidr"), c->spec->resource[first->i].address);
}

void check_subnets(struct checker *c)
{
	struct net *all = xcalloc(c->spec->n + 1, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < c->spec->n; i++) {
		const struct resource *r = &c->spec->resource[i];
		const char *cidr = val_str(r->want, "cidr"), *vpc = vpc_of(r->want);
		struct net net = {.vpc = vpc, .i = i};

		if (r->type && !strcmp(r->type->name, "ec2.subnet") && cidr && vpc && cidr_parse(cidr, &net.cidr))
			all[n++] = net;
	}
	qsort(all, n, sizeof(*all), by_address);
	for (size_t i = 0; i < n; i++) {
		check_inside(c, &all[i]);
		if (i)
			check_overlap(c, &all[i - 1], &all[i]);
	}
	free(all);
}

/*
 * graph - what must be done before what, among the wishes of a spec.
 */
#pragma once

#include "spec/spec.h"

struct edge;

/*
 * Edges by references, `depends` and the types' `after`. *ret_order: indices so that everything comes after what it
 * needs, otherwise in the spec's order. ERR_INVALID with the path if there is a cycle. Caller frees both.
 */
int graph_build(const struct spec *spec, struct edge **ret_edge, size_t *ret_n, size_t **ret_order, struct diag *d);

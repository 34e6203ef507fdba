/* apply_int - between apply.c and apply_graph.c. */
#pragma once

#include "engine/node.h"

struct apply_graph {
	struct node *node;
	size_t n, cap;
	size_t *main, *del; /* action -> node, or -1; only while it is made */
};

/*
 * Nodes of a plan with their pending counters and dependents; positions are indices into `node`. The caller releases
 * the nodes in any case. ERR_REFUSED after saying so if some wait for each other.
 */
int apply_graph_make(struct apply_graph *g, struct applier *ap);

/* container - the containers of a task definition. */
#pragma once

#include "providers/ecs/ecs.h"

/* List of containers, in the order of their names: AWS keeps none. */
extern const struct type t_containers;

/* Sorts a list of containers by name; what has no plain name keeps its place at the end. */
void containers_sort(json_t *containers);
/* What AWS finds only when tasks start. 0 or ERR_INVALID, all at once. */
int containers_check(const json_t *containers, struct diag *d);

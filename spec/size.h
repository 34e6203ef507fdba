/* size - CPU and memory of a Fargate task: only certain pairs exist. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* A pair with a name. */
struct size {
	const char *name;
	int cpu, memory;
};
extern const struct size sizes[]; /* ends with a NULL name */

bool size_exists(json_int_t cpu, json_int_t memory);
bool size_has_cpu(json_int_t cpu);
/* MiB. */
int size_least_memory(json_int_t cpu);
/* What would be right instead: a sentence. New text. */
char *size_advice(json_int_t cpu, json_int_t memory);

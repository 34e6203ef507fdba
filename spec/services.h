/* services - what the files that expand a service share. */
#pragma once

#include "spec/section.h"

struct service_at {
	struct at at;
	const char *name;
	bool fronted; /* the API is in front of it */
};

/* The service named by member `key` of the section. */
struct service_at service_of(struct at file, const char *key);
/* CPU units and MiB, defaults and `size` considered. */
void service_size(struct at service, int *ret_cpu, int *ret_memory);
/* Is NAME among the service's secrets? */
bool service_uses(struct at service, const char *secret);
/* Does any service use a secret? */
bool any_service_uses_secrets(struct at file);
bool service_uses_spot(struct at service);
/* New: the list of capacity providers with weights. */
json_t *service_strategy(struct at service);

extern const struct shape service_shape;

/* service_check.c: what is wrong with one service, as far as the file is right. */
void service_check(struct at file, struct at service, struct diag *d);

/* task.c */
void expand_task(struct expand *x, const struct service_at *s);
/* roles.c: the execution role of all, the task role of one */
void expand_execution_role(struct expand *x);
void expand_task_role(struct expand *x, const struct service_at *s);
/* firewall.c: group and rules of a service, and what the service has to wait for of them */
void expand_firewall(struct expand *x, const struct service_at *s);
void depend_on_firewall(struct expand *x, const struct service_at *s);

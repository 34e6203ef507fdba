/* policy_doc - IAM documents of the least that a role needs. */
#pragma once

#include <jansson.h>

/* New {"Version": …, "Statement": [the array, stolen]}. */
json_t *policy_doc(json_t *statements);
/* New {"Effect": "Allow", "Action": the words, "Resource": stolen}. `actions` are separated by spaces. */
json_t *policy_allow(const char *actions, json_t *resource);
/* Adds {operator: {key: value}} to a statement (borrowed, returned); steals value. */
json_t *policy_when(json_t *statement, const char *operator, const char * key, json_t *value);
/* New: who may take the role is a task of ECS of this account and region, and nobody else's. */
json_t *policy_trust_tasks(void);

/* ecs - what the tables of ECS share. */
#pragma once

#include "providers/service.h"

/* Names of clusters, services, families and containers. */
extern const struct type t_ecs_name;
/* Capacity providers and how tasks are shared among them: set of {provider, weight, base}. */
extern const struct type t_strategy;

/* First use in an account, while AWS makes its own role. */
#define ECS_NO_ROLE_YET "InvalidParameterException~unable to assume the service linked role"

/* commands - every command's table; one line per file cmd_*.c. */
#pragma once

#include "cli/cli.h"

extern const struct command cmd_init;
extern const struct command cmd_validate;
extern const struct command cmd_plan;
extern const struct command cmd_apply;
extern const struct command cmd_drift;
extern const struct command cmd_cost;
extern const struct command cmd_destroy;
extern const struct command cmd_adopt;
extern const struct command cmd_forget;
extern const struct command cmd_output;
extern const struct command cmd_explain;
extern const struct command cmd_graph;
extern const struct command cmd_lock;
extern const struct command cmd_permissions;
extern const struct command cmd_secrets;

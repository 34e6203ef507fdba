/* commands - every command's table; one line per file cmd_*.c. */
#pragma once

#include "cli/cli.h"

extern const struct command cmd_init, cmd_validate, cmd_plan, cmd_apply, cmd_drift, cmd_destroy, cmd_output,
    cmd_explain, cmd_graph, cmd_cost;

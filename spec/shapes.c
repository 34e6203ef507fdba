/* Shapes that several sections use. */
#include "spec/section.h"

const struct shape s_bool = {.what = "true or false", .kind = SHAPE_BOOL};
const struct shape s_port = {.what = "a port (1 to 65535)", .kind = SHAPE_INT, .min = 1, .max = 65535};
const struct shape s_template = {.what = "text", .kind = SHAPE_TEXT, .flags = SHAPE_REFERS};
const struct shape s_env_name = {
    .what = "a name for an environment variable (letters, digits and _, not beginning with a digit)",
    .kind = SHAPE_TEXT,
    .pattern = "[A-Za-z_][A-Za-z0-9_]*",
    .min = 1,
    .max = 255,
};
const struct shape s_later = {.what = "left out", .kind = SHAPE_LATER};

static const struct shape env_value = {
    .what = "text (\"\" for none)",
    .kind = SHAPE_TEXT,
    .flags = SHAPE_REFERS | SHAPE_LOOSE,
};
const struct shape s_env = {
    .what = "a map of names to texts",
    .kind = SHAPE_MAP,
    .name = &s_env_name,
    .elem = &env_value,
};

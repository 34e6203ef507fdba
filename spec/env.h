/* env - the environments of a file: one of them laid over the rest. */
#pragma once

#include "spec/doc.h"

/*
 * Merges what environment `env` (NULL or "default": none) says into the file, deeply; lists replace, null takes away.
 * The others are checked as far as they go. ERR_INVALID if there is no such environment, with those that are.
 */
int env_apply(struct at file, const char *env, struct diag *d);

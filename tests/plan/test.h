/*
 * test - what the parts of the plan tests' runner share. run.c tells what a test file says.
 */
#pragma once

#include "engine/world.h"
#include "spec/spec.h"

/* The test cannot be run: says so, and ends the program. */
_Noreturn void die(const char *what);
_Noreturn void die_diag(const struct diag *d);

/* Adds every object of the spec, as AWS would tell of it right after an apply. */
void live_make(struct world *w, const struct spec *spec);
/* As @change says; NULL: nothing happened. */
void live_change(struct world *w, const json_t *changes);

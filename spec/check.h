/* check - every resource against its type's table, and resources against each other. */
#pragma once

#include "spec/expand.h"

/*
 * Replaces each `want` by what object_canon() makes of it, and appends everything that is wrong: fields, references
 * (target, attribute, kind, secrets that would be shown), depends, circles, subnets. x is NULL for a spec that comes
 * from a saved plan: then there are no places.
 */
void resources_check(struct spec *spec, struct expand *x, struct diag *d);

/* cycles.c: reports each circle once, with the way round it. */
void cycles_check(const struct spec *spec, struct expand *x, struct diag *d);

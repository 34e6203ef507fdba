/*
 * secret - value trees that hold secrets.
 */
#pragma once

#include <jansson.h>

/* Overwrites every text in the tree, then gives up the reference. For trees that nobody else holds; NULL is fine. */
void json_wipe(json_t *v);
void json_wipep(json_t **v);

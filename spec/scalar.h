/* scalar - what an unquoted YAML scalar is, and which ones mean different things to different readers. */
#pragma once

#include <jansson.h>

/*
 * New value of the plain scalar s: null, true or false, a number, else text. NULL if YAML 1.1 and 1.2 disagree about
 * it, or it fits no number; *ret_why and *ret_how then are a phrase for what is wrong, and what to write instead.
 */
json_t *scalar_plain(const char *s, const char **ret_why, const char **ret_how);

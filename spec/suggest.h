/*
 * suggest - "did you mean": the nearest of some words.
 *
 *   struct suggest s = SUGGEST("databse");
 *   suggest_try(&s, "database"); ...
 *   if (s.best) ...
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct suggest {
	const char *word;
	const char *best; /* borrowed from the caller; NULL: nothing is near enough */
	size_t distance;
};

#define SUGGEST(w)                                  \
	{                                           \
		.word = (w), .distance = (size_t)-1 \
	}

void suggest_try(struct suggest *s, const char *candidate);
/* Every key of the object. */
void suggest_keys(struct suggest *s, const json_t *object);
/* Letters to insert, drop, change or swap with the next, to make b of a; SIZE_MAX for words over 63 bytes. */
size_t edit_distance(const char *a, const char *b);

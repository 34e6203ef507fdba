/*
 * adopt_show - what could be taken over or is let go of, for people and as JSON.
 */
#pragma once

#include "cli/work.h"
#include "engine/adopt.h"

/* What a wish without an object may mean. */
struct candidate {
	const struct resource *resource;
	struct object *object;
	bool others; /* another app's, or another environment's: it cannot be taken over from here */
	bool alone;  /* the only one of its address */
};

/* Its id or name, and its ARN if that is something else, fit for a terminal. New. */
char *object_words(const struct object *o);
/* Whose it is: "is not berth's", "belongs to CloudFormation's stack web", … New. */
char *owner_text(const struct spec *spec, const struct object *o);

/* "key=value, key=value", fit for a terminal; tags: those of one object, more: others or NULL. New. */
char *tags_text(const json_t *tags, const json_t *more);

/* One candidate, with what the plan (or NULL) would do to it. */
void adopt_show_candidate(struct work *w, const struct candidate *c, struct plan *plan);
json_t *adopt_candidate_json(struct work *w, const struct candidate *c, struct plan *plan);

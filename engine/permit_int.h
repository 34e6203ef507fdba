/* What the files of permit share. */
#pragma once

#include "engine/permit.h"

struct permit {
	const struct spec *spec;
	const char *partition, *account, *region;
	json_t *wants;    /* address -> fields, as far as they can be told offline */
	json_t *creating; /* service -> array of the creates that give tags */
	json_t *rules;    /* condition as text -> action -> {pattern: true} */
};

/* Pattern of ARNs, and whether others' objects may fit it too, so that tags must tell them apart. */
struct pattern {
	char *text;
	bool shared;
};

/* Each template of `on` ("." are those of the type) filled for one resource; f gets the pattern, which dies after it.
 */
void patterns_each(const struct permit *p, const struct resource *r, const char *on,
		   void (*f)(void *arg, const struct pattern *pattern), void *arg);
/* The path of a REST action as a pattern: what stands in braces is anything. */
struct pattern pattern_of_path(const struct permit *p, const struct rtype *t, const char *action);
/* A template filled, as narrow as can be: for values of conditions, or (`arn`) for the ARN of one object. New. */
char *permit_text(const struct permit *p, const struct resource *r, const char *template, bool arn);
/* Does `wide` hold whatever `narrow` does? */
bool pattern_covers(const char *wide, const char *narrow);

/* Adds one rule; steals condition (NULL: none). */
void permit_rule(struct permit *p, const char *action, const char *pattern, json_t *condition);
/* The rules as an array of statements. New. */
json_t *permit_statements(const struct permit *p);
/* Documents of a size that AWS takes; takes the statements. New array. */
json_t *permit_divide(json_t *statements);

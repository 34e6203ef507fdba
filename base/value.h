/*
 * value - the one value tree: jansson's json_t, and the few words we add to it.
 *
 * Spec, desired and live objects, requests, answers, the plan file and the
 * database columns are all json_t, held with json_auto_t. NULL never means
 * "unknown" by accident; a value that is not known yet is a value:
 *
 *   {"$ref": "ec2.vpc.main.id"}                 a field of another resource, or of the pseudo resource "aws":
 *                                               aws.account, aws.region, aws.partition, aws.dns_suffix, aws.zone_id.0
 * ...
 *   {"$join": ["arn:", {"$ref": ..}, ..]}       text made of parts
 *   {"$keep": FALLBACK}                         what AWS has at this place; FALLBACK when the object is made anew
 *   {"$released": ["ecs.task_definition.web", 1]}  the number once a release runs, 0 while there is none
 *   {"$generate": {"length": 32}}               a random secret made at the moment of the write
 *   {"$unknown": "ec2.vpc.main.id"}             resolved from a $ref: known after that object is written
 *
 * Only spec/ makes the first five; the planner turns them into plain values or
 * $unknown, except a $ref to a secret field (WRITE_ONLY), which stays a $ref
 * until the very call that needs it.
 *
 * Reference counting is jansson's. "New" in a comment: the caller decrefs;
 * "borrowed": valid while its container is.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#define VALUE_DEPTH_MAX 64

/* The words above as constants, without typing errors. */
#define V_REF "$ref"
#define V_JOIN "$join"
#define V_KEEP "$keep"
#define V_RELEASED "$released"
#define V_GENERATE "$generate"
#define V_UNKNOWN "$unknown"

/* New {"word": value}; steals value. */
json_t *val_special(const char *word, json_t *value);
/* New {"$unknown": what}. */
json_t *val_unknown(const char *what);
/* Borrowed operand if v is {word: operand}, else NULL. */
json_t *val_operand(const json_t *v, const char *word);
bool val_is_unknown(const json_t *v);
/* True if v is, or holds anywhere inside, an $unknown. */
bool val_has_unknown(const json_t *v);
/* True if v is, or holds anywhere inside, any of the words above. */
bool val_has_special(const json_t *v);

/* Does anything lie more than `levels` deep in v? A scalar is one level. */
bool val_deeper(const json_t *v, int levels);

/* Calls f for each {"$ref": text} inside v; stops at the first non-zero result and returns it. */
int val_each_ref(const json_t *v, int (*f)(void *arg, const char *ref), void *arg);

/* Borrowed text of obj[key], or NULL if absent or no string. */
const char *val_str(const json_t *obj, const char *key);
/* obj[key] as a number, or `otherwise`. Numeric strings count. */
json_int_t val_int(const json_t *obj, const char *key, json_int_t otherwise);
/* True for true and for the text "true". */
bool val_bool(const json_t *obj, const char *key);

/* New compact text with sorted keys, any kind of value: equal values give equal bytes. The caller frees. */
char *val_text(const json_t *v);
/* Lower-case hex SHA-256 of val_text(v), first `chars` (<= 64) characters; out has room for chars + 1. */
void val_digest(const json_t *v, char *out, size_t chars);

/* New array with the members of a (an array) in canonical order, duplicates dropped. */
json_t *val_sorted_set(const json_t *a);
/* Deep merge: members of `over` (copied) replace those of `base`; null removes; special values are not merged into. */
void val_merge(json_t *base, const json_t *over);

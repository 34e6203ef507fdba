/*
 * spec - from a YAML file to the desired resources.
 *
 * Offline: no credentials, no network. Everything that is wrong is reported at
 * once, with file:line:column, the source line, what is allowed and a "did you
 * mean". The sections expand to plain resources; what reads them knows only those.
 */
#pragma once

#include "base/diag.h"
#include "providers/type.h"

#include <jansson.h>

#define SPEC_FILE_MAX ((size_t)4 << 20)
#define SPEC_NODES_MAX 100000

/* One desired object. */
struct resource {
	char *address; /* "ec2.subnet.public-a" */
	const struct rtype *type;
	json_t *want;        /* fields as object_canon() made them; may hold special values (value.h) */
	json_t *depends;     /* array of addresses that must be done first, beyond what references say */
	struct pos pos;      /* where in the file it comes from */
	const char *section; /* "network", "services.web": for messages; owned by the spec */
};

struct spec {
	char *file;      /* as given */
	char *app, *env; /* env is "default" without --env */
	char *prefix;    /* "<app>" or "<app>-<env>": names of objects begin with it */
	char *region;
	char *account; /* 12 digits, or NULL: no guard */
	json_t *tags;  /* user's tags, text -> text */
	struct resource *resource;
	size_t n;
	json_t *secrets; /* NAME -> parameter: those whose values come from `berth secrets put` */
	json_t *outputs; /* name -> value with references: "url", "endpoint", "registry" … for `berth output` */
	char *digest;    /* hex SHA-256 of the expanded resources */
	json_t *index;   /* address -> position in `resource`; NULL: spec_find() searches */
	json_t *texts;   /* what `section` members point into */
};

struct spec_options {
	const char *file; /* path; "-" is refused: the database lies beside the file */
	const char *env;  /* NULL: default */
};

/* Loads, checks and expands. Places of messages and resources name the file in a text that stays. ERR_INVALID after
 * appending all errors, ERR_IO if the file cannot be read. */
int spec_load(const struct spec_options *options, struct spec *ret, struct diag *d);
void spec_release(struct spec *s);
/* NULL if there is none. */
const struct resource *spec_find(const struct spec *s, const char *address);

/* The expanded resources as a new JSON document {app, env, region, account, tags, secrets, outputs,
   resources: {address: {type, fields, depends, section}}}. */
json_t *spec_to_json(const struct spec *s);
/* And back, for saved plans; checks everything again. */
int spec_from_json(const json_t *doc, struct spec *ret, struct diag *d);

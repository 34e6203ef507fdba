/*
 * section - what a section of the spec is: a shape, rules, and an expansion into resources.
 *
 * One file per section; it ends in a `const struct section`, which spec/file.c lists.
 */
#pragma once

#include "spec/expand.h"
#include "spec/schema.h"

struct section {
	const char *name; /* its key in the file */
	/*
	 * Rules across keys and sections. Runs on files with errors too: keys may be absent and values of any kind, so
	 * it says only what it is sure of. Optional.
	 */
	void (*check)(struct at file, struct diag *d);
	/* Adds resources and outputs. Runs only on a file without errors, defaults filled in; the section may be
	 * absent. */
	void (*expand)(struct expand *x);
	/* What ${name.key} stands for: NULL, or pairs {key, reference text} that end with {NULL}. */
	const struct section_ref *refs;
};

/* ${database.host} is ${rds.instance.main.endpoint}; "%s" in the target is the name of a service. */
struct section_ref {
	const char *key, *target;
};

extern const struct section section_network, section_database, section_registry, section_logs, section_services,
    section_api, section_deploy, section_resources;

/* In the order in which they expand; ends with NULL. */
extern const struct section *const sections[];

/* Shapes of the sections; the file's table names them. */
extern const struct shape network_shape, database_shape, registry_shape, secrets_shape, services_shape, api_shape,
    logs_shape, deploy_shape, tags_shape, resources_shape, override_shape;
/* Shapes that several sections use. */
extern const struct shape s_bool, s_port, s_template, s_env_name, s_env, s_later;

/* Adds the sections that others need but nobody wrote: a service needs a network. */
void sections_imply(struct at file);
/* Does the file, defaults filled in or not, hold that section? Absent and null are not there. */
bool has_section(struct at file, const char *name);

/* Says what is wrong with names and tags that are made of the app's and the environment's name. */
void names_check(struct at file, const char *prefix, struct diag *d);
void secrets_check(struct at file, struct diag *d);

/* After the sections: what given resources wait for, and fields that the file wants otherwise. */
void override_apply(struct expand *x);

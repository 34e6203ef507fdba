/* The file as a whole: its keys, its sections, and what follows from what. */
#include "base/err.h"
#include "spec/section.h"

#include <string.h>

const struct section *const sections[] = {
    &section_network, &section_database, &section_registry,  &section_logs, &section_services,
    &section_api,     &section_deploy,   &section_resources, NULL,
};

/* ---- app, region, account ---- */

static void check_app(struct at at, struct diag *d)
{
	static const char *const heads[] = {"aws", "ssm", "sg-"};
	const char *s = json_string_value(at.value);

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (!strncmp(s, heads[i], strlen(heads[i])))
			at_error(at, d, "An app's name cannot begin with %s: AWS reserves names that do.", heads[i]);
	if (!strcmp(s, "berth") || !strcmp(s, "default"))
		at_error(at, d, "An app cannot be called %s.", s);
}

static const struct shape s_app = {
    .what = "a name for an app (lower-case letters, digits and hyphens, beginning with a letter, 2 to 40)",
    .kind = SHAPE_TEXT,
    .pattern = "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    .min = 2,
    .max = 40,
    .check = check_app,
};

static void check_region(struct at at, struct diag *d)
{
	static const char pattern[] = "[a-z]{2,4}(-[a-z]+)+-[0-9]+";
	const char *s = json_string_value(at.value);

	if (shape_matches(pattern, s))
		return;
	at_error(at, d, "\"%s\" is no region of AWS.", s);
	if (shape_matches("[a-z]{2,4}(-[a-z]+)+-[0-9]+[a-z]", s))
		at_hint(at, d, "That is an availability zone; its region is %.*s.", (int)strlen(s) - 1, s);
	else
		at_hint(at, d, "A region is a name such as us-east-1 or eu-central-1.");
}

static const struct shape s_region = {
    .what = "a region such as us-east-1",
    .kind = SHAPE_TEXT,
    .check = check_region,
};
static const struct shape s_account = {
    .what = "an AWS account: 12 digits in quotes",
    .kind = SHAPE_TEXT,
    .flags = SHAPE_QUOTED,
    .pattern = "[0-9]{12}",
};

/* ---- environments ---- */

static const struct shape s_environment_name = {
    .what = "a name for an environment (lower-case letters, digits and hyphens, beginning with a letter, up to 20)",
    .kind = SHAPE_TEXT,
    .pattern = "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    .min = 1,
    .max = 20,
};

static void check_environments(struct at at, struct diag *d)
{
	struct at taken = at_key(at, "default");

	if (!taken.value)
		return;
	at_key_error(taken, d, "No environment can be called default: that is the file without any of them.");
	at_hint(taken, d, "What holds for it stands at the top level.");
}

static const struct shape s_environments = {
    .what = "a map of names to what differs there",
    .kind = SHAPE_MAP,
    .name = &s_environment_name,
    .elem = &overlay_shape,
    .max = 50,
    .check = check_environments,
};

/* ---- the file ---- */

#define OVERLAY_FROM 2

static const struct key keys[] = {
    {"app", &s_app, KEY_REQUIRED, NULL, "The app's name; the names of all objects begin with it."},
    {"environments", &s_environments, 0, NULL, "What differs in other environments; chosen with --env."},
    {"region", &s_region, KEY_REQUIRED, NULL, "The AWS region, such as us-east-1."},
    {"account", &s_account, 0, NULL, "The only AWS account in which anything may be changed."},
    {"network", &network_shape, 0, NULL, "VPC and public subnets; made by itself when a service or database needs it."},
    {"database", &database_shape, 0, NULL, "A PostgreSQL database; services reach it through secret DATABASE_URL."},
    {"registry", &registry_shape, 0, NULL,
     "The repository of the app's images; made by itself when a service needs it."},
    {"secrets", &secrets_shape, 0, "[]", "Names of secrets; their values come from `berth secrets put`."},
    {"services", &services_shape, 0, NULL, "What runs."},
    {"api", &api_shape, 0, NULL, "An HTTP API in front of one service."},
    {"logs", &logs_shape, 0, NULL, "How long log lines are kept."},
    {"deploy", &deploy_shape, 0, NULL, "Who may release images."},
    {"tags", &tags_shape, 0, "{}", "Tags for every object."},
    {"resources", &resources_shape, 0, NULL, "Resources of any type, by the fields of its table."},
    {"override", &override_shape, 0, NULL, "Fields of generated resources that shall be otherwise, by address."},
    {"budget", &s_later, 0, NULL, "The most that a month may cost."},
    {"schedules", &s_later, 0, NULL, "Tasks that run at certain times."},
    {.name = NULL},
};

const struct shape spec_shape = {.what = "the file", .kind = SHAPE_OBJ, .flags = SHAPE_X_KEYS, .keys = keys};
const struct shape overlay_shape = {
    .what = "an environment",
    .kind = SHAPE_OBJ,
    .flags = SHAPE_X_KEYS,
    .keys = keys + OVERLAY_FROM,
};

bool has_section(struct at file, const char *name)
{
	return json_is_object(json_object_get(file.value, name));
}

/* An empty section, in the place of the one that asks for it. */
static void imply(struct at file, const char *name, const char *because)
{
	const struct place *why = doc_place_of(file.doc, file.value, because, 0);
	json_t *section;

	if (json_object_get(file.value, name))
		return;
	section = json_object();
	json_array_append(file.doc->keep, section);
	json_object_set_new(file.value, name, section);
	if (why) {
		struct place place = *why;

		place.raw = NULL;
		doc_place(file.doc, file.value, name, 0, place);
	}
}

void sections_imply(struct at file)
{
	json_t *services = json_object_get(file.value, "services"), *service;
	const char *key;

	if (has_section(file, "database"))
		imply(file, "network", "database");
	if (!json_object_size(services))
		return;
	imply(file, "network", "services");
	imply(file, "logs", "services");
	json_object_foreach (services, key, service)
		if (!json_object_get(service, "image"))
			imply(file, "registry", "services");
}

/* ecs.task_definition - what a task is: its size, its roles, its containers */
#include "base/err.h"
#include "providers/ecs/container.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- sizes: AWS takes "0.25 vCPU" and "0.5 GB", and gives units and MiB back ---- */

/* "NUMBER UNIT" times the unit's factor, as a whole number; -1 if it is no such text. */
static json_int_t scaled(const char *s, const char *unit, double factor)
{
	char *end;
	double number = strtod(s, &end);

	if (end == s || !(number > 0) || number > 1e6)
		return -1;
	end += strspn(end, " ");
	if (strcasecmp(end, unit) != 0 || number * factor != (double)(json_int_t)(number * factor))
		return -1;
	return (json_int_t)(number * factor);
}

static json_t *canon_cpu(const json_t *value, struct diag *d)
{
	const char *s = json_string_value(value);
	json_int_t n = scaled(s, "", 1);

	if (n < 0)
		n = scaled(s, "vCPU", 1024);
	if (n >= 0)
		return json_sprintf("%" JSON_INTEGER_FORMAT, n);
	diag_error(d, ERR_INVALID, "\"%s\" is no CPU size: it is a number of units (1024 are one vCPU), or 0.5 vCPU.",
		   s);
	return NULL;
}

static json_t *canon_memory(const json_t *value, struct diag *d)
{
	const char *s = json_string_value(value);
	json_int_t n = scaled(s, "", 1);

	if (n < 0)
		n = scaled(s, "MB", 1);
	if (n < 0)
		n = scaled(s, "GB", 1024);
	if (n >= 0)
		return json_sprintf("%" JSON_INTEGER_FORMAT, n);
	diag_error(d, ERR_INVALID, "\"%s\" is no memory size: it is a number of MiB, or 0.5 GB.", s);
	return NULL;
}

static const struct type t_cpu = {.name = "CPU size", .kind = KIND_STR, .canon = canon_cpu};
static const struct type t_memory = {.name = "memory size", .kind = KIND_STR, .canon = canon_memory};

/* ---- cross-field rules ---- */

/* What Fargate offers: memory from `least` to `most` in steps, with an exception for the smallest. */
static const struct size {
	json_int_t cpu, least, most, step;
} sizes[] = {
    {256, 512, 2048, 512},     {512, 1024, 4096, 1024},    {1024, 2048, 8192, 1024},     {2048, 4096, 16384, 1024},
    {4096, 8192, 30720, 1024}, {8192, 16384, 61440, 4096}, {16384, 32768, 122880, 8192},
};

static bool fits(const struct size *s, json_int_t memory)
{
	/* 1536 is no size for a quarter of a CPU: 512, 1024 and 2048 are. */
	if (s->cpu == 256 && memory == 1536)
		return false;
	return memory >= s->least && memory <= s->most && (memory - s->least) % s->step == 0;
}

static int check_size(const json_t *want, struct diag *d)
{
	json_int_t cpu = val_int(want, "cpu", -1), memory = val_int(want, "memory", -1);

	if (cpu < 0 || memory < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct size *s = &sizes[i];

		if (s->cpu != cpu)
			continue;
		if (fits(s, memory))
			return 0;
		return diag_error(d, ERR_INVALID,
				  "Fargate has no %" JSON_INTEGER_FORMAT " MiB with cpu %" JSON_INTEGER_FORMAT
				  ": it takes %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
				  " in steps of %" JSON_INTEGER_FORMAT "%s.",
				  memory, cpu, s->least, s->most, s->step, cpu == 256 ? ", but not 1536" : "");
	}
	return diag_error(
	    d, ERR_INVALID,
	    "Fargate has no cpu %" JSON_INTEGER_FORMAT ": it takes 256, 512, 1024, 2048, 4096, 8192 or 16384.", cpu);
}

static bool runs_on(const json_t *want, const char *platform)
{
	const json_t *all = json_object_get(want, "compatibilities");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const char *s = json_string_value(json_array_get(all, i));

		if (s && !strcmp(s, platform))
			return true;
	}
	return false;
}

static bool needs_execution_role(const json_t *containers)
{
	for (size_t i = 0; i < json_array_size(containers); i++) {
		const json_t *container = json_array_get(containers, i);

		if (json_object_size(json_object_get(container, "secrets")) || json_object_get(container, "log"))
			return true;
	}
	return false;
}

static int check_fargate(const json_t *want, struct diag *d)
{
	const char *network = val_str(want, "network_mode");
	int rc = check_size(want, d);

	if (network && strcmp(network, "awsvpc") != 0)
		rc = diag_error(d, ERR_INVALID, "On Fargate network_mode must be awsvpc.");
	if (!json_object_get(want, "execution_role") && needs_execution_role(json_object_get(want, "containers")))
		rc = diag_error(d, ERR_INVALID,
				"Logs and secrets need an execution_role: Fargate fetches and writes them with it.");
	return rc;
}

static int check(const json_t *want, struct diag *d)
{
	int rc = containers_check(json_object_get(want, "containers"), d);

	if (runs_on(want, "FARGATE") && check_fargate(want, d))
		rc = ERR_INVALID;
	return rc;
}

/* A wish with values still unknown is not sorted yet; the live one is. */
static void settle(json_t *want, const json_t *have)
{
	json_t *containers = json_object_get(want, "containers");

	(void)have;
	if (json_is_array(containers))
		containers_sort(containers);
}

#define TD "taskDefinition."
#define TO_TASKS "StringEquals iam:PassedToService ecs-tasks.amazonaws.com"

/* A revision never changes: all of it is CREATE_ONLY, and the service is pointed at the new one before the old goes. */
static const struct field fields[] = {
    FIELD("family", &t_ecs_name, REQUIRED | CREATE_ONLY, .in = "family", .out = TD "family",
	  .doc = "Name that all revisions share."),
    FIELD("cpu", &t_cpu, REQUIRED | CREATE_ONLY, .in = "cpu", .out = TD "cpu", .doc = "CPU units: 1024 are one vCPU."),
    FIELD("memory", &t_memory, REQUIRED | CREATE_ONLY, .in = "memory", .out = TD "memory", .doc = "Memory in MiB."),
    FIELD("network_mode", ONE_OF("awsvpc", "bridge", "host", "none"), CREATE_ONLY, .in = "networkMode",
	  .out = TD "networkMode", .dflt = "\"awsvpc\"", .doc = "awsvpc gives each task an address of its own."),
    FIELD("compatibilities", SET(ONE_OF("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES")), CREATE_ONLY,
	  .in = "requiresCompatibilities", .out = TD "requiresCompatibilities", .dflt = "[\"FARGATE\"]",
	  .doc = "What it must be able to run on."),
    FIELD("execution_role", REF("iam.role", "arn"), CREATE_ONLY, .in = "executionRoleArn", .out = TD "executionRoleArn",
	  .doc = "Role that fetches the image and secrets and writes the logs."),
    FIELD("task_role", REF("iam.role", "arn"), CREATE_ONLY, .in = "taskRoleArn", .out = TD "taskRoleArn",
	  .doc = "Role of the app itself."),
    FIELD("arch", ONE_OF("X86_64", "ARM64"), CREATE_ONLY, .in = "runtimePlatform.cpuArchitecture",
	  .out = TD "runtimePlatform.cpuArchitecture", .dflt = "\"X86_64\"",
	  .doc = "Processor that the image was built for."),
    FIELD("os", &t_str, CREATE_ONLY, .in = "runtimePlatform.operatingSystemFamily",
	  .out = TD "runtimePlatform.operatingSystemFamily", .dflt = "\"LINUX\"",
	  .doc = "Operating system that the image was built for."),
    FIELD("ephemeral_storage", INT_RANGE(21, 200), CREATE_ONLY, .in = "ephemeralStorage.sizeInGiB",
	  .out = TD "ephemeralStorage.sizeInGiB", .doc = "GiB of disk, if the usual 20 are too few."),
    FIELD("containers", &t_containers, REQUIRED | CREATE_ONLY, .in = "containerDefinitions",
	  .out = TD "containerDefinitions", .doc = "What runs in a task."),
    FIELD("arn", &t_arn, COMPUTED | ID, .out = TD "taskDefinitionArn", .doc = "Amazon Resource Name of the revision."),
    FIELD("revision", &t_int, COMPUTED, .out = TD "revision", .doc = "Its number; they only grow."),
    /* A revision that somebody took out of use still runs, but nothing new can be started from it. */
    FIELD("state", ONE_OF("ACTIVE"), COMPUTED | CREATE_ONLY, .out = TD "status", .dflt = "\"ACTIVE\"",
	  .doc = "ACTIVE, or it is made anew."),
    END,
};

const struct rtype ecs_task_definition = {
    .name = "ecs.task_definition",
    .doc = "What a task is: its size, its roles, its containers.",
    .svc = &svc_ecs,
    .fields = fields,
    .key = WORDS("family"),
    .arn = "ecs:{@region}:{@account}:task-definition/{family}:{revision}",
    .seen_in = "ecs.service.task_definition",
    .skip = WORDS("taskDefinition.status=DELETE_IN_PROGRESS"),
    .create = {CALL("RegisterTaskDefinition", .body = "")},
    .read = CALL("DescribeTaskDefinition", .rows = "", .fixed = WORDS("taskDefinition={arn|family}", "include[0]=TAGS"),
		 .on = "*"),
    .del = {CALL("DeregisterTaskDefinition", .fixed = WORDS("taskDefinition={arn}"), .on = "*"),
	    CALL("DeleteTaskDefinitions", .fixed = WORDS("taskDefinitions[0]={arn}"))},
    .tag_id = "arn",
    .iam = "ecs:{@region}:{@account}:task-definition/{family}:*",
    .grants = GRANTS(GRANT("iam:PassRole", .on = "{execution_role}", .when = "execution_role", .under = TO_TASKS),
		     GRANT("iam:PassRole", .on = "{task_role}", .when = "task_role", .under = TO_TASKS)),
    .absent = WORDS("ClientException~does not exist", "ClientException~is inactive"),
    .retry = WORDS("ClientException~role is not valid"),
    .replace = CREATE_FIRST,
    .flags = TAGGED | VERSIONED | LOOSE | TWINS,
    .expect = {1, 0, 2},
    .hooks = &(const struct hooks){.check = check, .settle = settle},
};

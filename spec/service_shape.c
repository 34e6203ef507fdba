/* The keys of a service. */
#include "spec/services.h"
#include "spec/size.h"

#include <string.h>

static void check_cpu(struct at at, struct diag *d)
{
	if (!size_has_cpu(json_integer_value(at.value))) {
		at_error(at, d, "Fargate has no %d CPU units.", (int)json_integer_value(at.value));
		at_hint(at, d, "1024 are one processor. Allowed: 256, 512, 1024, 2048, 4096, 8192, 16384.");
	}
}

static const struct shape s_cpu = {.what = "a number of CPU units such as 256", .kind = SHAPE_INT, .check = check_cpu};
static const struct shape s_memory = {
    .what = "a size in MiB (512 to 122880)",
    .kind = SHAPE_INT,
    .min = 512,
    .max = 122880,
};
static const struct shape s_size = {
    .what = "a size: small, medium, large, xlarge or 2xlarge",
    .kind = SHAPE_TEXT,
    .words = (const char *const[]){"small", "medium", "large", "xlarge", "2xlarge", NULL},
};
static const struct shape s_arch = {
    .what = "arm64 or x86_64",
    .kind = SHAPE_TEXT,
    .words = (const char *const[]){"arm64", "x86_64", NULL},
};
static const struct shape s_count = {
    .what = "a number of tasks (0 to 5000)",
    .kind = SHAPE_INT,
    .min = 0,
    .max = 5000,
};
static const struct shape s_image = {
    .what = "an image such as docker.io/library/nginx:1.27",
    .kind = SHAPE_TEXT,
    .flags = SHAPE_REFERS,
    .pattern = "[^[:space:]]+",
    .min = 1,
    .max = 255,
};
static const struct shape s_words = {
    .what = "a list of words, as [node, server.js]",
    .kind = SHAPE_LIST,
    .elem = &s_template,
    .min = 1,
    .max = 200,
};

/* ---- capacity ---- */

static const struct shape s_weight = {
    .what = "a weight (0 to 1000)",
    .kind = SHAPE_INT,
    .min = 0,
    .max = 1000,
};
static const struct shape s_base = {
    .what = "a number of tasks (0 to 5000)",
    .kind = SHAPE_INT,
    .min = 0,
    .max = 5000,
};

static void check_mix(struct at at, struct diag *d)
{
	if (!at_int(at, "spot") && !at_int(at, "on-demand")) {
		at_error(at, d, "capacity gives neither spot nor on-demand a weight.");
		at_hint(at, d, "Write capacity: spot, capacity: on-demand, or {spot: 3, on-demand: 1, base: 1}.");
	}
}

static const struct key mix_keys[] = {
    {"spot", &s_weight, 0, "0", "Share of tasks on Spot: cheap, and stopped at two minutes' notice."},
    {"on-demand", &s_weight, 0, "0", "Share of tasks that are never taken away."},
    {"base", &s_base, 0, "0", "How many tasks are on demand before the shares count."},
    {.name = NULL},
};
static const struct shape s_mix = {
    .what = "capacity",
    .kind = SHAPE_OBJ,
    .keys = mix_keys,
    .check = check_mix,
};
static const struct shape s_capacity = {
    .what = "spot, on-demand, or a map such as {spot: 3, on-demand: 1, base: 1}",
    .kind = SHAPE_TEXT,
    .words = (const char *const[]){"spot", "on-demand", NULL},
    .other = &s_mix,
};

/* ---- secrets, buckets, egress ---- */

static const struct shape s_secret_names = {
    .what = "a list of names of secrets",
    .kind = SHAPE_LIST,
    .flags = SHAPE_UNIQUE,
    .elem = &s_env_name,
    .max = 200,
};
static const struct shape s_bucket = {
    .what = "a bucket name (3 to 63 lower-case letters, digits, dots and hyphens)",
    .kind = SHAPE_TEXT,
    .pattern = "[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
    .min = 3,
    .max = 63,
};
static const struct shape s_access = {
    .what = "read, write or read-write",
    .kind = SHAPE_TEXT,
    .words = (const char *const[]){"read", "write", "read-write", NULL},
};
static const struct shape s_buckets = {
    .what = "a map of bucket names to read, write or read-write",
    .kind = SHAPE_MAP,
    .name = &s_bucket,
    .elem = &s_access,
    .max = 20,
};
static const struct shape s_egress = {
    .what = "a list of up to 50 ports",
    .kind = SHAPE_LIST,
    .flags = SHAPE_UNIQUE,
    .elem = &s_port,
    .max = 50,
};

/* ---- health_check ---- */

static const struct shape s_shell = {.what = "text or a list of words", .kind = SHAPE_TEXT, .other = &s_words};
static const struct shape s_interval = {.what = "seconds (5 to 300)", .kind = SHAPE_INT, .min = 5, .max = 300};
static const struct shape s_timeout = {.what = "seconds (2 to 60)", .kind = SHAPE_INT, .min = 2, .max = 60};
static const struct shape s_retries = {.what = "a number of tries (1 to 10)", .kind = SHAPE_INT, .min = 1, .max = 10};
static const struct shape s_start = {.what = "seconds (0 to 300)", .kind = SHAPE_INT, .min = 0, .max = 300};

static const struct key health_keys[] = {
    {"command", &s_shell, KEY_REQUIRED, NULL,
     "What tells by its exit code 0 that the task is well; text is run by the image's shell."},
    {"interval", &s_interval, 0, "30", "Seconds between checks."},
    {"timeout", &s_timeout, 0, "5", "Seconds after which a check has failed."},
    {"retries", &s_retries, 0, "3", "How many checks in a row must fail."},
    {"start_period", &s_start, 0, "60", "Seconds after the start in which failures do not count."},
    {.name = NULL},
};
static const struct shape s_health = {.what = "health_check", .kind = SHAPE_OBJ, .keys = health_keys};

static const struct key keys[] = {
    {"port", &s_port, 0, NULL, "The port it listens on; a worker has none."},
    {"cpu", &s_cpu, 0, NULL, "CPU units, 1024 are one processor; 256 when absent."},
    {"memory", &s_memory, 0, NULL, "Memory in MiB; the least that goes with cpu when absent."},
    {"size", &s_size, 0, NULL, "cpu and memory by name, from small (256 and 512) to 2xlarge (4096 and 8192)."},
    {"arch", &s_arch, 0, "\"x86_64\"", "Processor of the image: arm64 is a fifth cheaper."},
    {"capacity", &s_capacity, 0, "\"on-demand\"", "Spot, on demand, or a mixture."},
    {"count", &s_count, 0, "1", "How many tasks run."},
    {"image", &s_image, 0, NULL, "The image to run; when absent, the release that `berth deploy` made."},
    {"command", &s_words, 0, NULL, "What to run instead of the image's own command."},
    {"env", &s_env, 0, "{}", "Environment variables that are no secrets."},
    {"secrets", &s_secret_names, 0, "[]", "Environment variables from the parameter store."},
    {"buckets", &s_buckets, 0, "{}", "Existing S3 buckets that it may use."},
    {"egress", &s_egress, 0, "[443]", "Ports of the internet that it may connect to."},
    {"health_check", &s_health, 0, NULL, "How ECS sees whether a task is well."},
    {"release", &s_later, 0, NULL, "A command to run before a new release takes traffic."},
    {.name = NULL},
};

const struct shape service_shape = {.what = "service", .kind = SHAPE_OBJ, .keys = keys};

static const struct shape s_name = {
    .what = "a name for a service (lower-case letters, digits and hyphens, beginning with a letter, up to 40)",
    .kind = SHAPE_TEXT,
    .pattern = "[a-z][a-z0-9]*(-[a-z0-9]+)*",
    .min = 1,
    .max = 40,
};

const struct shape services_shape = {
    .what = "a map of names to services",
    .kind = SHAPE_MAP,
    .name = &s_name,
    .elem = &service_shape,
    .max = 100,
};

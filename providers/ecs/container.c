#include "providers/ecs/container.h"
#include "base/err.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists of pairs that are maps: AWS gives them back in another order ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* {name: value} -> [{"name": name, VALUE: value}], by name. */
static json_t *pairs_from_map(const json_t *map, const char *value_name)
{
	size_t n = json_object_size(map), i = 0;
	const char **name = xcalloc(n, sizeof(*name)), *key;
	json_t *out = json_array(), *value;

	json_object_foreach ((json_t *)map, key, value)
		name[i++] = key;
	qsort(name, n, sizeof(*name), by_text);
	for (i = 0; i < n; i++)
		json_array_append_new(
		    out, json_pack("{s:s, s:O}", "name", name[i], value_name, json_object_get(map, name[i])));
	free(name);
	return out;
}

static json_t *map_from_pairs(const json_t *pairs, const char *value_name)
{
	json_t *out = json_object();

	for (size_t i = 0; i < json_array_size(pairs); i++) {
		const json_t *pair = json_array_get(pairs, i);
		const char *name = val_str(pair, "name"), *value = val_str(pair, value_name);

		if (name)
			json_object_set_new(out, name, json_string(value ? value : ""));
	}
	return out;
}

static json_t *encode_environment(const json_t *value)
{
	return pairs_from_map(value, "value");
}

static json_t *decode_environment(const json_t *wire)
{
	return map_from_pairs(wire, "value");
}

static json_t *encode_secrets(const json_t *value)
{
	return pairs_from_map(value, "valueFrom");
}

static json_t *decode_secrets(const json_t *wire)
{
	return map_from_pairs(wire, "valueFrom");
}

static const struct type t_environment = {
    .name = "map of texts",
    .kind = KIND_MAP,
    .elem = &t_str,
    .encode = encode_environment,
    .decode = decode_environment,
};

static const struct type t_secrets = {
    .name = "map of ARNs",
    .kind = KIND_MAP,
    .elem = REF("ssm.parameter", "arn"),
    .encode = encode_secrets,
    .decode = decode_secrets,
};

/* ---- ports ---- */

/* In awsvpc mode the host's port is the container's: it need not be said. */
static json_t *encode_ports(const json_t *value)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(value); i++)
		json_array_append_new(
		    out, json_pack("{s:O, s:s}", "containerPort", json_array_get(value, i), "protocol", "tcp"));
	return out;
}

static json_t *decode_ports(const json_t *wire)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(wire); i++)
		json_array_append(out, json_object_get(json_array_get(wire, i), "containerPort"));
	return out;
}

static const struct type t_ports = {
    .name = "set of ports",
    .kind = KIND_SET,
    .elem = INT_RANGE(1, 65535),
    .encode = encode_ports,
    .decode = decode_ports,
};

/* ---- one container ---- */

static const struct field log_fields[] = {
    FIELD("driver", ONE_OF("awslogs"), 0, .in = "logDriver", .dflt = "\"awslogs\"", .doc = "CloudWatch Logs."),
    FIELD("group", REF("logs.group", "name"), REQUIRED, .in = "options.awslogs-group", .doc = "Name of the log group."),
    FIELD("region", &t_str, REQUIRED, .in = "options.awslogs-region", .doc = "Region of the log group."),
    FIELD("prefix", &t_str, REQUIRED, .in = "options.awslogs-stream-prefix",
	  .doc = "Streams are named PREFIX/CONTAINER/TASK."),
    FIELD("mode", ONE_OF("blocking", "non-blocking"), 0, .in = "options.mode",
	  .doc = "blocking loses no line, but may hold the app up; AWS's default drops lines under pressure."),
    FIELD("buffer", &t_str, 0, .in = "options.max-buffer-size", .doc = "Memory for lines in non-blocking mode: 10m."),
    END,
};

static const struct field health_fields[] = {
    FIELD("command", &t_str_list, REQUIRED, .in = "command", .doc = "CMD-SHELL and a line, or CMD and words."),
    FIELD("interval", INT_RANGE(5, 300), 0, .in = "interval", .dflt = "30", .doc = "Seconds between two checks."),
    FIELD("timeout", INT_RANGE(2, 60), 0, .in = "timeout", .dflt = "5", .doc = "Seconds until a check has failed."),
    FIELD("retries", INT_RANGE(1, 10), 0, .in = "retries", .dflt = "3", .doc = "Failures in a row that count."),
    FIELD("start_period", INT_RANGE(0, 300), 0, .in = "startPeriod", .dflt = "0",
	  .doc = "Seconds after the start in which failures do not count."),
    END,
};

static const struct field depends_fields[] = {
    FIELD("container", &t_ecs_name, REQUIRED, .in = "containerName", .doc = "Name of the other container."),
    FIELD("condition", ONE_OF("START", "COMPLETE", "SUCCESS", "HEALTHY"), REQUIRED, .in = "condition",
	  .doc = "What must be true of it first."),
    END,
};

static const struct field container_fields[] = {
    FIELD("name", &t_ecs_name, REQUIRED, .in = "name", .doc = "Its name in the task."),
    FIELD("image", TEXT(1, 255, NULL), REQUIRED, .in = "image", .doc = "Image with a tag or digest."),
    FIELD("essential", &t_bool, 0, .in = "essential", .dflt = "true", .doc = "The task stops when it stops."),
    FIELD("command", &t_str_list, 0, .in = "command", .doc = "Words that replace the image's CMD."),
    FIELD("entry_point", &t_str_list, 0, .in = "entryPoint", .doc = "Words that replace the image's ENTRYPOINT."),
    FIELD("ports", &t_ports, 0, .in = "portMappings", .doc = "TCP ports that it listens on."),
    FIELD("environment", &t_environment, 0, .in = "environment", .doc = "Environment variables, readable by many."),
    FIELD("secrets", &t_secrets, 0, .in = "secrets",
	  .doc = "Environment variables from SSM parameters (ARN), read when a task starts."),
    FIELD("log", OBJ(log_fields), 0, .in = "logConfiguration", .doc = "Where its output goes."),
    FIELD("health_check", OBJ(health_fields), 0, .in = "healthCheck",
	  .doc = "How ECS sees that it works; the image's own HEALTHCHECK does not count."),
    FIELD("depends_on", SET(OBJ(depends_fields)), 0, .in = "dependsOn", .doc = "Containers that come first."),
    FIELD("start_timeout", INT_RANGE(2, 120), 0, .in = "startTimeout", .doc = "Seconds for those that it waits for."),
    FIELD("stop_timeout", INT_RANGE(0, 120), 0, .in = "stopTimeout",
	  .doc = "Seconds between SIGTERM and SIGKILL; AWS takes 30 if it is not set."),
    FIELD("init", &t_bool, 0, .in = "linuxParameters.initProcessEnabled", .dflt = "false",
	  .doc = "A small init passes signals on and collects dead processes."),
    FIELD("cpu", INT_RANGE(0, 16384), 0, .in = "cpu", .dflt = "0", .doc = "CPU units set aside for it."),
    FIELD("memory", INT_RANGE(4, 122880), 0, .in = "memory", .doc = "MiB after which it is killed."),
    FIELD("memory_reservation", INT_RANGE(4, 122880), 0, .in = "memoryReservation", .doc = "MiB set aside for it."),
    FIELD("working_dir", &t_str, 0, .in = "workingDirectory", .doc = "Directory that its command starts in."),
    FIELD("user", &t_str, 0, .in = "user", .doc = "User (and group) that it runs as."),
    FIELD("labels", &t_str_map, 0, .in = "dockerLabels", .doc = "Docker labels."),
    FIELD("read_only_root", &t_bool, 0, .in = "readonlyRootFilesystem", .dflt = "false",
	  .doc = "It cannot write to its file system; `run` into it does not work then."),
    END,
};

/* ---- all containers ---- */

static int by_name(const void *a, const void *b)
{
	const char *x = val_str(*(json_t *const *)a, "name"), *y = val_str(*(json_t *const *)b, "name");

	if (!x || !y)
		return !x - !y;
	return strcmp(x, y);
}

void containers_sort(json_t *containers)
{
	size_t n = json_array_size(containers);
	json_t **item = xcalloc(n, sizeof(json_t *));

	for (size_t i = 0; i < n; i++)
		item[i] = json_incref(json_array_get(containers, i));
	qsort(item, n, sizeof(json_t *), by_name);
	for (size_t i = 0; i < n; i++)
		json_array_set_new(containers, i, item[i]);
	free(item);
}

static json_t *canon_containers(const json_t *value, struct diag *d)
{
	json_t *sorted = json_copy((json_t *)value);

	(void)d;
	containers_sort(sorted);
	return sorted;
}

const struct type t_containers = {
    .name = "list of containers", .kind = KIND_LIST, .elem = OBJ(container_fields), .canon = canon_containers};

static int check_variables(const json_t *container, const char *name, struct diag *d)
{
	const json_t *environment = json_object_get(container, "environment");
	json_t *value;
	const char *key;
	int rc = 0;

	json_object_foreach (json_object_get(container, "secrets"), key, value)
		if (*key != '$' && json_object_get(environment, key))
			rc = diag_error(d, ERR_INVALID, "Container %s: %s is both in environment and in secrets.", name,
					key);
	return rc;
}

static int check_unique(const json_t *containers, size_t i, const char *name, struct diag *d)
{
	for (size_t k = 0; k < i; k++) {
		const char *other = val_str(json_array_get(containers, k), "name");

		if (other && !strcmp(other, name))
			return diag_error(d, ERR_INVALID, "Two containers are called %s.", name);
	}
	return 0;
}

int containers_check(const json_t *containers, struct diag *d)
{
	bool essential = false;
	int rc = 0;

	if (!json_is_array(containers))
		return 0;
	for (size_t i = 0; i < json_array_size(containers); i++) {
		const json_t *container = json_array_get(containers, i);
		const char *name = val_str(container, "name");

		essential |= !json_is_false(json_object_get(container, "essential"));
		if (!name)
			continue;
		if (check_unique(containers, i, name, d) || check_variables(container, name, d))
			rc = ERR_INVALID;
	}
	if (!essential)
		rc = diag_error(d, ERR_INVALID, "A task needs at least one container that is essential.");
	return rc;
}

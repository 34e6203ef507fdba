/* ecs.service - keeps so many tasks of one kind running */
#include "base/err.h"
#include "base/path.h"
#include "providers/ecs/ecs.h"
#include "providers/ecs/rollout.h"

#include <string.h>

/* ---- value types ---- */

/* AWS answers with the cluster's ARN. */
static json_t *canon_cluster(const json_t *value, struct diag *d)
{
	const char *s = json_string_value(value), *slash = strncmp(s, "arn:", 4) ? NULL : strstr(s, ":cluster/");

	(void)d;
	return json_string(slash ? slash + strlen(":cluster/") : s);
}

static const struct type t_cluster = {
    .name = "reference", .kind = KIND_STR, .target = "ecs.cluster", .attr = "name", .canon = canon_cluster};

static bool equal_revision(const json_t *want, const json_t *have)
{
	return json_is_string(have) && rollout_same_revision(json_string_value(want), json_string_value(have));
}

static const struct type t_revision = {
    .name = "reference", .kind = KIND_STR, .target = "ecs.task_definition", .attr = "arn", .equal = equal_revision};

static json_t *encode_switch(const json_t *value)
{
	return json_string(json_is_true(value) ? "ENABLED" : "DISABLED");
}

static json_t *decode_switch(const json_t *wire)
{
	const char *s = json_string_value(wire);

	return json_boolean(s && !strcmp(s, "ENABLED"));
}

static const struct type t_switch = {
    .name = "boolean", .kind = KIND_BOOL, .encode = encode_switch, .decode = decode_switch};

/* A deployment that was given up stays so until the next: whatever it is sent as asks for one. */
static json_t *encode_deployment(const json_t *value)
{
	(void)value;
	return json_true();
}

static json_t *decode_deployment(const json_t *wire)
{
	const char *s = json_string_value(wire);

	return json_string(s && !strcmp(s, "FAILED") ? s : "ok");
}

static const struct type t_deployment = {
    .name = "word", .kind = KIND_STR, .names = WORDS("ok"), .encode = encode_deployment, .decode = decode_deployment};

/* ---- hooks ---- */

static bool is_set(const json_t *want, const char *name)
{
	const json_t *v = json_object_get(want, name);

	return v && !json_is_null(v) && !(json_is_array(v) && !json_array_size(v));
}

static int check(const json_t *want, struct diag *d)
{
	const char *balance = val_str(want, "zone_rebalancing");
	int rc = 0;

	if (is_set(want, "strategy") && is_set(want, "launch_type"))
		rc = diag_error(d, ERR_INVALID, "A service has a strategy or a launch_type, not both.");
	if (balance && !strcmp(balance, "ENABLED") && val_int(want, "max_percent", 200) <= 100)
		rc = diag_error(
		    d, ERR_INVALID,
		    "zone_rebalancing needs a max_percent above 100: it starts tasks before it stops others.");
	if (val_int(want, "max_percent", 200) <= val_int(want, "min_healthy", 100))
		rc = diag_error(d, ERR_INVALID,
				"With max_percent not above min_healthy no deployment could start or stop a task.");
	if (json_is_true(json_object_get(want, "rollback")) && json_is_false(json_object_get(want, "circuit_breaker")))
		rc = diag_error(d, ERR_INVALID, "rollback needs circuit_breaker: that is what notices a failure.");
	if ((is_set(want, "registry_container") || is_set(want, "registry_port")) && !is_set(want, "registry"))
		rc = diag_error(d, ERR_INVALID, "registry_container and registry_port belong to a registry.");
	if (is_set(want, "registry_container") && !is_set(want, "registry_port"))
		rc = diag_error(d, ERR_INVALID, "registry_container needs registry_port: an SRV record has both.");
	return rc;
}

/* Another strategy, or `exec`, reaches only tasks that start from now on: so they are started anew. */
static void force_deployment(json_t *params)
{
	bool late =
	    json_object_get(params, "capacityProviderStrategy") || json_object_get(params, "enableExecuteCommand");

	if (late && !json_object_get(params, "taskDefinition"))
		json_object_set_new(params, "forceNewDeployment", json_true());
}

static void build(const struct call *call, const json_t *obj, json_t *params)
{
	const json_t *grace = json_object_get(params, "healthCheckGracePeriodSeconds");

	(void)obj;
	/* AWS refuses even 0 where there is nothing to wait for. */
	if (!strcmp(call->action, "CreateService") && !json_integer_value(grace))
		json_object_del(params, "healthCheckGracePeriodSeconds");
	/* Without a name it is listed by the port alone: AWS takes that at another place. */
	if (json_is_array(json_object_get(params, "serviceRegistries"))) {
		json_t *registry = json_array_get(json_object_get(params, "serviceRegistries"), 0);
		json_t *port = json_object_get(registry, "containerPort");

		if (port && !json_object_get(registry, "containerName")) {
			json_object_set(registry, "port", port);
			json_object_del(registry, "containerPort");
		}
	}
	if (!strcmp(call->action, "UpdateService"))
		force_deployment(params);
}

/* A list holds ARNs only: "…:service/CLUSTER/NAME". */
static void absorb_arn(json_t *have, const char *arn)
{
	const char *cluster = strstr(arn, ":service/"), *name = strrchr(arn, '/');

	json_object_set_new(have, "arn", json_string(arn));
	if (!cluster || name < cluster + strlen(":service/"))
		return;
	cluster += strlen(":service/");
	json_object_set_new(have, "cluster", json_stringn(cluster, (size_t)(name - cluster)));
	json_object_set_new(have, "name", json_string(name + 1));
}

static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	json_auto_t *service = path_row_get(row, "");
	json_auto_t *port = path_row_get(row, "serviceRegistries[0].port");

	if (json_is_string(service)) {
		absorb_arn(have, json_string_value(service));
		return;
	}
	if (json_is_integer(port) && !json_object_get(have, "registry_port"))
		json_object_set(have, "registry_port", port);
	rollout_absorb(have, service, want);
}

#define VPC "networkConfiguration.awsvpcConfiguration."
#define DEPLOYMENT "deploymentConfiguration."
#define REGISTRY "serviceRegistries[0]."
#define PRIMARY "deployments[status=PRIMARY]."
#define THIS_SERVICE "cluster={cluster}", "service={name}"

static const struct field fields[] = {
    FIELD("name", &t_ecs_name, REQUIRED | CREATE_ONLY | ID, .in = "serviceName", .doc = "Its name in the cluster."),
    FIELD("cluster", &t_cluster, REQUIRED | CREATE_ONLY | ID, .in = "cluster", .out = "clusterArn",
	  .doc = "Name of the cluster that it runs in."),
    FIELD("task_definition", &t_revision, REQUIRED, .in = "taskDefinition", .risk = RISK_RESTART,
	  .doc = "ARN of the revision that it runs."),
    FIELD("count", INT_RANGE(0, 5000), REQUIRED, .in = "desiredCount", .doc = "How many tasks run."),
    FIELD("strategy", &t_strategy, COMPUTED, .in = "capacityProviderStrategy", .risk = RISK_RESTART,
	  .doc = "Where tasks run: shares of FARGATE and FARGATE_SPOT. Absent: as the cluster says."),
    FIELD("launch_type", ONE_OF("FARGATE", "EC2", "EXTERNAL", "MANAGED_INSTANCES"), COMPUTED | CREATE_ONLY,
	  .in = "launchType", .doc = "The older way to say where tasks run, instead of a strategy."),
    FIELD("platform_version", &t_str, 0, .in = "platformVersion", .dflt = "\"LATEST\"", .risk = RISK_RESTART,
	  .doc = "Version of Fargate."),
    FIELD("subnets", SET(REF("ec2.subnet", "id")), REQUIRED, .in = VPC "subnets", .risk = RISK_RESTART,
	  .doc = "Subnets that tasks run in; several zones make it easier to find capacity."),
    FIELD("security_groups", SET(REF("ec2.security_group", "id")), REQUIRED, .in = VPC "securityGroups",
	  .risk = RISK_RESTART, .doc = "What may talk to the tasks, and whom they may talk to."),
    FIELD("public_ip", &t_switch, 0, .in = VPC "assignPublicIp", .dflt = "false", .risk = RISK_RESTART,
	  .doc = "Each task has a public address: without NAT it needs one to fetch its image."),
    FIELD("registry", REF("servicediscovery.service", "arn"), 0, .in = REGISTRY "registryArn", .clear = 2,
	  .risk = RISK_RESTART, .doc = "ARN of the Cloud Map service that lists the tasks."),
    FIELD("registry_container", &t_ecs_name, 0, .in = REGISTRY "containerName", .risk = RISK_RESTART,
	  .doc = "The container that an SRV record leads to."),
    FIELD("registry_port", INT_RANGE(1, 65535), 0, .in = REGISTRY "containerPort", .risk = RISK_RESTART,
	  .doc = "Its port. API Gateway finds no task without it."),
    FIELD("min_healthy", INT_RANGE(0, 100), 0, .in = DEPLOYMENT "minimumHealthyPercent", .dflt = "100",
	  .doc = "So many percent of the tasks stay up during a deployment."),
    FIELD("max_percent", INT_RANGE(100, 1000), 0, .in = DEPLOYMENT "maximumPercent", .dflt = "200",
	  .doc = "So many percent may run during a deployment, old and new."),
    FIELD("circuit_breaker", &t_bool, 0, .in = DEPLOYMENT "deploymentCircuitBreaker.enable", .dflt = "false",
	  .doc = "A deployment whose tasks keep failing is given up."),
    FIELD("rollback", &t_bool, 0, .in = DEPLOYMENT "deploymentCircuitBreaker.rollback", .dflt = "false",
	  .doc = "A deployment that is given up is taken back."),
    FIELD("zone_rebalancing", ONE_OF("ENABLED", "DISABLED"), 0, .in = "availabilityZoneRebalancing",
	  .dflt = "\"ENABLED\"", .doc = "Tasks move so that the zones have equally many."),
    FIELD("grace_seconds", INT_RANGE(0, 2147483647), 0, .in = "healthCheckGracePeriodSeconds", .dflt = "0",
	  .doc = "Seconds after the start of a task in which failed health checks do not count."),
    FIELD("exec", &t_bool, 0, .in = "enableExecuteCommand", .dflt = "false", .risk = RISK_RESTART,
	  .doc = "One can run commands in its tasks (ECS Exec)."),
    FIELD("managed_tags", &t_bool, 0, .in = "enableECSManagedTags", .dflt = "false",
	  .doc = "New tasks bear the names of cluster and service as tags."),
    FIELD("propagate_tags", ONE_OF("NONE", "SERVICE", "TASK_DEFINITION"), 0, .in = "propagateTags", .dflt = "\"NONE\"",
	  .doc = "Whose tags new tasks bear."),
    FIELD("arn", &t_arn, COMPUTED, .out = "serviceArn", .doc = "Amazon Resource Name."),
    FIELD("deployment", &t_deployment, COMPUTED | VOLATILE, .out = PRIMARY "rolloutState", .mod = "forceNewDeployment",
	  .dflt = "\"ok\"", .risk = RISK_RESTART,
	  .doc = "ok, or the last deployment has failed: then it is tried again."),
    /* Its name is taken until it has drained, and nothing can be changed in it any more. */
    FIELD("state", ONE_OF("ACTIVE"), COMPUTED | CREATE_ONLY, .out = "status", .dflt = "\"ACTIVE\"",
	  .doc = "ACTIVE, or it is made anew."),
    FIELD("status", &t_str, COMPUTED | VOLATILE | STATUS, .out = "status"),
    FIELD("rollout", &t_str, COMPUTED | VOLATILE | STATUS, .out = PRIMARY "rolloutState"),
    FIELD("rollout_reason", &t_str, COMPUTED | VOLATILE | STATUS, .out = PRIMARY "rolloutStateReason"),
    END,
};

static char *tell(const json_t *rows, const json_t *obj)
{
	json_auto_t *running = path_row_get(json_array_get(rows, 0), "runningCount");
	json_int_t n = json_integer_value(running);

	(void)obj;
	return json_is_integer(running) ? xasprintf("%" JSON_INTEGER_FORMAT " running task%s", n, n == 1 ? "" : "s")
					: NULL;
}

const struct rtype ecs_service = {
    .name = "ecs.service",
    .doc = "Keeps so many tasks of one kind running.",
    .svc = &svc_ecs,
    .fields = fields,
    .key = WORDS("cluster", "name"),
    .parent = "cluster",
    .create = {CALL("CreateService", .body = "service", .token = "clientToken")},
    .read = CALL("DescribeServices", .rows = "services[]",
		 .fixed = WORDS("cluster={cluster}", "services[]={name|arn}", "include[0]=TAGS"), .batch = 10),
    .list = CALL("ListServices", .rows = "serviceArns[]", .fixed = WORDS("cluster={^name}"),
		 .flags = CALL_PER_PARENT | CALL_IDS | CALL_PAGED),
    .update = {CALL("UpdateService", .fixed = WORDS(THIS_SERVICE), .flags = CALL_WHOLE_MEMBER),
	       CALL("UpdateService", .fixed = WORDS(THIS_SERVICE, "serviceRegistries:=[]"), .flags = CALL_FIXED_ONLY)},
    /* By force: else it would have to be scaled to 0 first, and no deployment under way. */
    .del = {CALL("DeleteService", .fixed = WORDS(THIS_SERVICE, "force:=true"))},
    .skip = WORDS("status=INACTIVE"),
    .tag_id = "arn",
    .iam = "ecs:{@region}:{@account}:service/{cluster}/{name}",
    .ready = WAIT(.field = "rollout", .ok = WORDS("COMPLETED"), .bad = WORDS("FAILED", "ROLLED_BACK"),
		  .why = "rollout_reason", .every = 10000, .limit = 1800, .twice = 2, .grace = 20),
    .gone = WAIT(.field = "status", .every = 5000, .limit = 1200),
    .loss = LOSS(.list = CALL("DescribeServices", .rows = "services[]",
			      .fixed = WORDS("cluster={cluster}", "services[0]={name|arn}")),
		 .tell = tell),
    .absent = WORDS("ServiceNotActiveException"),
    .clash = WORDS("InvalidParameterException~was not idempotent"),
    .retry = WORDS("ClusterNotFoundException", ECS_NO_ROLE_YET,
		   "InvalidParameterException~verify that the ecs service role being passed has the proper permissions",
		   "InvalidParameterException~does not have an associated load balancer"),
    /* Tasks that cannot reach anything yet would fail, and the circuit breaker would count them. */
    .after = WORDS("ec2.route", "ec2.route_association", "ec2.security_group_rule"),
    .flags = TAGGED,
    .expect = {120, 180, 60},
    .hooks = &(const struct hooks){.check = check, .build = build, .absorb = absorb},
};

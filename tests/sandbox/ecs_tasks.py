"""Tasks: those of services and one-offs, their network interfaces, how they end (compute sheet 5)."""
import secrets
import time

import cloudmap_instances
import config
import ec2_eni
import ecs_cluster
import ecs_taskdef
import upstream
from clock import clock
from ecs_cluster import bad_parameter, boxes, client_error, last, listed, tag_list
from errors import AwsError
from registry import answers


class Task:
    def __init__(self, place, cluster, definition, network, provider, group, started_by, overrides=None, tags=None):
        self.account, self.region = place
        self.id, self.cluster, self.definition = secrets.token_hex(16), cluster, definition
        self.network, self.provider, self.group, self.started_by = network or {}, provider, group, started_by
        self.overrides, self.registries = overrides or {}, []
        self.last_status, self.desired_status = "PROVISIONING", "RUNNING"
        self.created, self.started, self.stopped = clock.now(), None, None
        self.stop_code = self.reason = self.exit_code = self.eni = None
        self.exec_enabled = self.broken = False
        self.on_stop = None     # a service replaces a task that somebody stopped
        self.arn = f"arn:aws:ecs:{self.region}:{self.account}:task/{cluster}/{self.id}"
        box = self.box
        box.tasks[self.id] = self
        box.tags[self.arn] = dict(tags or {})

    @property
    def box(self):
        return boxes.at(self.account, self.region)

    # --- life

    def attach(self):
        """The interface exists before the image is pulled, so it also blocks deletes then."""
        wanted = self.network.get("awsvpcConfiguration", {})
        subnets = wanted.get("subnets")
        if not subnets:
            return
        index = sum(t.cluster == self.cluster for t in self.box.tasks.values()) % len(subnets)
        self.eni = ec2_eni.acquire(
            self.account, self.region, subnets[index], wanted.get("securityGroups", []), "ecs",
            f"arn:aws:ecs:{self.region}:{self.account}:attachment/{secrets.token_hex(16)}",
            public=wanted.get("assignPublicIp") == "ENABLED")

    def run(self):
        self.last_status, self.started = "RUNNING", clock.now()
        self._write_log()
        for registry in self.registries:
            attributes = {"AWS_INSTANCE_IPV4": self.eni.private_ip_address, "REGION": self.region,
                          "AVAILABILITY_ZONE": self.eni.subnet.availability_zone,
                          "ECS_CLUSTER_NAME": self.cluster, "AWS_INIT_HEALTH_STATUS": "HEALTHY",
                          "ECS_SERVICE_NAME": self.group.partition(":")[2],
                          "ECS_TASK_DEFINITION_FAMILY": self.definition["family"]}
            port = registry.get("containerPort") or registry.get("port")
            if port:
                attributes["AWS_INSTANCE_PORT"] = str(port)
            cloudmap_instances.register_later(self.account, self.region, registry["registryArn"], self.id, attributes)

    def _write_log(self):
        """One line per container, so that a client's log reading has something to read."""
        logs = upstream.backend("logs", self.account, self.region)
        for container in self.definition["containerDefinitions"]:
            options = (container.get("logConfiguration") or {}).get("options", {})
            group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
            if group in logs.groups and prefix:
                stream = f"{prefix}/{container['name']}/{self.id}"
                logs.create_log_stream(group, stream)
                command = next((o.get("command") for o in self.overrides.get("containerOverrides", [])
                                if o.get("name") == container["name"]), None)
                logs.put_log_events(group, stream, [{
                    "timestamp": int(time.time() * 1000),
                    "message": "started: " + " ".join(command or container.get("command") or [container["image"]])}])

    def stop(self, code, reason, exit_code=None):
        """desiredStatus first; the rest follows after the stop time-out."""
        if self.desired_status == "STOPPED":
            return
        self.desired_status, self.stop_code, self.reason = "STOPPED", code, reason
        self.exit_code = exit_code if self.started else None
        self.last_status = "DEACTIVATING" if self.started else "DEPROVISIONING"
        for registry in self.registries:
            cloudmap_instances.deregister_later(self.account, self.region, registry["registryArn"], self.id)
        clock.after("ecs_task_stop_s", self._stopped)
        if self.on_stop is not None:
            self.on_stop()

    def _stopped(self):
        self.last_status, self.stopped = "STOPPED", clock.now()
        if self.eni is not None:
            ec2_eni.release(self.account, self.region, self.eni)

    def problem(self):
        """Why this task cannot start or stay up: (stop code, reason, exit code), or None."""
        iam = upstream.backend("iam", self.account, "aws")
        role = self.definition.get("executionRoleArn")
        if role and not any(r.arn == role for r in iam.roles.values()):
            return ("TaskFailedToStart", "ECS was unable to assume the role '" + role + "' that was provided for this "
                    "task. Please verify that the role being passed has the proper trust relationship and permissions "
                    "and that your IAM user has permissions to pass this role.", None)
        ssm = upstream.backend("ssm", self.account, self.region)
        logs = upstream.backend("logs", self.account, self.region)
        for container in self.definition["containerDefinitions"]:
            missing = [s["valueFrom"] for s in container.get("secrets", [])
                       if ":secretsmanager:" not in s["valueFrom"] and not _parameter(ssm, s["valueFrom"])]
            if missing:
                return ("TaskFailedToStart", "ResourceInitializationError: unable to pull secrets or registry auth: "
                        "execution resource retrieval failed: unable to retrieve secrets from ssm: service call has "
                        f"been retried 1 time(s): invalid parameters: {', '.join(missing)}", None)
            options = (container.get("logConfiguration") or {}).get("options", {})
            group = options.get("awslogs-group")
            if group and group not in logs.groups and options.get("awslogs-create-group") != "true":
                return ("TaskFailedToStart", "ResourceInitializationError: failed to validate logger args: create "
                        "stream has been retried 1 times: failed to create Cloudwatch log stream: "
                        "ResourceNotFoundException: The specified log group does not exist.", None)
            problem = _image_problem(self, container["image"])
            if problem:
                return problem
        return None

    # --- as read

    def seen(self, include=()):
        containers = []
        for container in self.definition["containerDefinitions"]:
            item = {"containerArn": f"arn:aws:ecs:{self.region}:{self.account}:container/{self.cluster}/{self.id}/x",
                    "taskArn": self.arn, "name": container["name"], "image": container["image"],
                    "lastStatus": self.last_status if self.last_status in ("RUNNING", "STOPPED") else "PENDING",
                    "runtimeId": f"{self.id}-0527074092", "healthStatus": "UNKNOWN", "cpu": str(container["cpu"]),
                    "networkInterfaces": [], "managedAgents": []}
            if self.exit_code is not None and self.last_status == "STOPPED":
                item["exitCode"] = self.exit_code
            if self.stop_code == "TaskFailedToStart" and "CannotPull" in (self.reason or ""):
                item["reason"] = self.reason
            if self.exec_enabled:
                item["managedAgents"] = [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"
                                          if self.last_status == "RUNNING" else "PENDING"}]
            containers.append(item)
        shown = {"taskArn": self.arn, "clusterArn": f"arn:aws:ecs:{self.region}:{self.account}:cluster/{self.cluster}",
                 "taskDefinitionArn": self.definition["taskDefinitionArn"], "containers": containers,
                 "lastStatus": self.last_status, "desiredStatus": self.desired_status, "group": self.group,
                 "createdAt": self.created, "version": 1, "cpu": self.definition.get("cpu"),
                 "memory": self.definition.get("memory"), "launchType": "FARGATE", "platformVersion": "1.4.0",
                 "platformFamily": "Linux", "connectivity": "CONNECTED", "healthStatus": "UNKNOWN",
                 "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": [], **self.overrides},
                 "enableExecuteCommand": self.exec_enabled, "attachments": [], "attributes": []}
        for key, value in (("startedBy", self.started_by), ("capacityProviderName", self.provider),
                           ("startedAt", self.started), ("stoppedAt", self.stopped), ("stopCode", self.stop_code),
                           ("stoppedReason", self.reason)):
            if value is not None:
                shown[key] = value
        if self.eni is not None:
            shown["attachments"] = [{
                "id": self.id[:8], "type": "ElasticNetworkInterface",
                "status": "DELETED" if self.last_status == "STOPPED" else "ATTACHED",
                "details": [{"name": "subnetId", "value": self.eni.subnet.id},
                            {"name": "networkInterfaceId", "value": self.eni.id},
                            {"name": "privateIPv4Address", "value": self.eni.private_ip_address}]}]
        if "TAGS" in include:
            shown["tags"] = tag_list(self.box, self.arn)
        return shown


def _parameter(ssm, name):
    if name.startswith("arn:"):
        name = name.partition(":parameter")[2]
        return bool(ssm._parameters.get(name)) or bool(ssm._parameters.get(name[1:]))
    return bool(ssm._parameters.get(name))


def _image_problem(task, image):
    if config.knobs.broken_image and config.knobs.broken_image in image:
        return ("EssentialContainerExited", "Essential container in task exited", 1)
    if not config.knobs.missing_image_check or ".dkr.ecr." not in image:
        return None
    name, _, tag = image.partition("/")[2].partition(":")
    name, _, digest = name.partition("@")
    repository = upstream.backend("ecr", task.account, task.region).repositories.get(name)
    for found in repository.images if repository else ():
        if tag in found.image_tags or (digest and found.get_image_digest() == "sha256:" + tag):
            return None
    return ("TaskFailedToStart", f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to "
            f"resolve ref {image}: {image}: not found", None)


# --- calls ---------------------------------------------------------------------------

def check_network(call, network, definition):
    """Subnets and groups must exist and belong together; awsvpc needs them."""
    wanted = (network or {}).get("awsvpcConfiguration")
    if definition.get("networkMode") != "awsvpc":
        return
    if not wanted or not wanted.get("subnets"):
        raise bad_parameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    backend = call.backend("ec2")
    found = {s.id: s for z in backend.subnets.values() for s in z.values()}
    for subnet in wanted["subnets"]:
        if subnet not in found:
            raise bad_parameter(f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does "
                                "not exist (ErrorCode: InvalidSubnetID.NotFound)")
    vpcs = {found[s].vpc_id for s in wanted["subnets"]}
    if len(vpcs) > 1:
        raise bad_parameter("The input subnets must be in one VPC")
    for group_id in wanted.get("securityGroups", []):
        group = backend.get_security_group_from_id(group_id)
        if group is None:
            raise bad_parameter(f"Error retrieving security group information for [{group_id}]: The security group "
                                f"'{group_id}' does not exist (ErrorCode: InvalidGroup.NotFound)")
        if group.vpc_id not in vpcs:
            raise bad_parameter(f"Security group {group_id} does not appear to belong to the same VPC as the input "
                                "subnets.")


@answers("ecs", "RunTask")
def run_task(call):
    box, cluster = boxes.of(call), ecs_cluster.cluster(call)
    definition = ecs_taskdef.find(call, call.get("taskDefinition"))
    if definition is None:
        raise client_error("TaskDefinition not found.")
    if definition["status"] != "ACTIVE":
        raise client_error("TaskDefinition is inactive")
    token = call.get("clientToken")
    if token and token in box.run_tokens:
        params, tasks = box.run_tokens[token]
        if params != call.params:
            raise AwsError("ConflictException", "The clientToken is already in use",
                           resourceIds=[t.arn for t in tasks])
        return {"tasks": [t.seen() for t in tasks], "failures": []}
    if call.get("launchType") and call.get("capacityProviderStrategy"):
        raise bad_parameter("Specifying both a launch type and capacity provider strategy is not supported.")
    if call.get("propagateTags") == "SERVICE":
        raise bad_parameter("propagateTags SERVICE is not supported for RunTask")
    count = call.get("count", 1)
    if not 1 <= count <= 10:
        raise bad_parameter("count must be between 1 and 10")
    known = {c["name"] for c in definition["containerDefinitions"]}
    for override in call.get("overrides", {}).get("containerOverrides", []):
        if override.get("name") not in known:
            raise bad_parameter(f"Override for container named {override.get('name')} is not a container in the "
                                "TaskDefinition.")
    check_network(call, call.get("networkConfiguration"), definition)
    wanted = call.get("capacityProviderStrategy") or \
        ([] if call.get("launchType") else cluster["defaultCapacityProviderStrategy"])
    if wanted:
        wanted = ecs_cluster.strategy(wanted, cluster["capacityProviders"], "cluster")
    elif call.get("launchType") != "FARGATE":
        return {"tasks": [], "failures": [{"reason": "No Container Instances were found in your cluster."}]}
    provider = max(wanted, key=lambda s: (s["base"], s["weight"]))["capacityProvider"] if wanted else None
    tags = ecs_cluster.read_tags(call)
    if call.get("propagateTags") == "TASK_DEFINITION":
        tags = {**box.tags.get(definition["taskDefinitionArn"], {}), **tags}
    tasks = []
    for _ in range(count):
        task = Task((call.account, call.region), cluster["clusterName"], definition, call.get("networkConfiguration"),
                    provider, call.get("group", "family:" + definition["family"]), call.get("startedBy"),
                    call.get("overrides"), tags)
        task.exec_enabled = call.get("enableExecuteCommand", False)
        task.attach()
        clock.after("ecs_task_start_s", _one_off_starts, task)
        tasks.append(task)
    if token:
        box.run_tokens[token] = (call.params, tasks)
    return {"tasks": [t.seen(("TAGS",)) for t in tasks], "failures": []}


def _one_off_starts(task):
    if task.desired_status == "STOPPED":
        return
    problem = task.problem()
    if problem and problem[0] == "TaskFailedToStart":
        task.stop(problem[0], problem[1])
        return
    task.run()
    code = problem[2] if problem else config.knobs.run_task_exit_code
    clock.after("ecs_run_task_s", task.stop, "EssentialContainerExited", "Essential container in task exited", code)


def find_task(call, ident):
    ecs_cluster.cluster(call)
    found = boxes.of(call).tasks.get(last(ident))
    if found is None or found.cluster != last(call.get("cluster") or "default"):
        return None
    return found


@answers("ecs", "DescribeTasks")
def describe_tasks(call):
    found, failures = [], []
    for ident in call.get("tasks"):
        task = find_task(call, ident)
        if task is None:
            failures.append({"arn": ident, "reason": "MISSING"})
        else:
            found.append(task.seen(call.get("include", [])))
    return {"tasks": found, "failures": failures}


@answers("ecs", "ListTasks")
def list_tasks(call):
    cluster = ecs_cluster.cluster(call)["clusterName"]
    wanted = call.get("desiredStatus", "RUNNING")
    found = [t for t in boxes.of(call).tasks.values() if t.cluster == cluster and t.desired_status == wanted]
    if call.get("startedBy"):
        if call.get("family") or call.get("serviceName"):
            raise bad_parameter("startedBy must be the only filter")
        found = [t for t in found if t.started_by == call.get("startedBy")]
    if call.get("serviceName"):
        name = last(call.get("serviceName"))
        if (cluster, name) not in boxes.of(call).services:
            raise AwsError("ServiceNotFoundException", "Service not found.")
        found = [t for t in found if t.group == "service:" + name]
    if call.get("family"):
        found = [t for t in found if t.definition["family"] == call.get("family")]
    if call.get("launchType") not in (None, "FARGATE"):
        found = []
    return listed(call, "taskArns", [t.arn for t in found])


@answers("ecs", "StopTask")
def stop_task(call):
    task = find_task(call, call.get("task"))
    if task is None:
        raise bad_parameter("The referenced task was not found.")
    task.stop("UserInitiated", call.get("reason") or "Task stopped by user", 143)
    return {"task": task.seen()}


@answers("ecs", "ExecuteCommand")
def execute_command(call):
    task = find_task(call, call.get("task"))
    if task is None:
        raise bad_parameter("The referenced task was not found.")
    if not task.exec_enabled:
        raise bad_parameter("The execute command failed because execute command was not enabled when the task was "
                            "run or the execute command agent isn’t running. Wait and try again or run a new task "
                            "with execute command enabled and try again.")
    raise AwsError("TargetNotConnectedException", "The execute command failed due to an internal error: the local "
                                                  "AWS has no session to offer.")

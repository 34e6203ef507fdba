"""ECS services: create, update, read, delete (compute sheet 4)."""
import copy
import re
import secrets

import cloudmap
import ecs_cluster
import ecs_deploy
import ecs_taskdef
import ecs_tasks
from clock import clock
from ecs_cluster import bad_parameter, boxes, client_error, last, listed, tag_list
from errors import AwsError
from registry import answers

# What UpdateService may change, and whether that starts a deployment.
DEPLOYS = ("networkConfiguration", "serviceRegistries", "loadBalancers", "platformVersion")
PLAIN = ("healthCheckGracePeriodSeconds", "enableExecuteCommand", "enableECSManagedTags", "propagateTags",
         "availabilityZoneRebalancing", "placementConstraints", "placementStrategy")


class Service:
    def __init__(self, call, cluster, name, data, desired):
        self.account, self.region, self.cluster, self.name = call.account, call.region, cluster, name
        self.arn = call.arn(f"service/{cluster}/{name}")
        self.data, self.desired, self.status = data, desired, "ACTIVE"
        self.deployments, self.events, self.last_good = [], [], None
        self.params = None

    def event(self, text):
        self.events.insert(0, {"id": secrets.token_hex(16), "createdAt": clock.now(),
                               "message": f"(service {self.name}) {text}"})
        del self.events[100:]

    def places_tasks(self):
        return bool(self.data.get("capacityProviderStrategy")) or self.data.get("launchType") == "FARGATE"

    def make_task(self, deployment):
        return ecs_deploy.make_task(self, deployment)

    def seen(self, box, tags=False):
        shown = {k: v for k, v in self.data.items() if v is not None}
        deployments = [ecs_deploy.seen(self, d) for d in self.deployments]
        shown.update(serviceName=self.name, serviceArn=self.arn, status=self.status, desiredCount=self.desired,
                     runningCount=sum(d["runningCount"] for d in deployments),
                     pendingCount=sum(d["pendingCount"] for d in deployments), deployments=deployments,
                     events=list(self.events))
        if tags:
            shown["tags"] = tag_list(box, self.arn)
        return shown


def service(call, text):
    """A service by name or ARN, of the call's cluster or the ARN's."""
    name = last(text)
    cluster = text.split("/")[-2] if text.startswith("arn:") and text.count("/") == 2 else None
    if cluster is None:
        cluster = ecs_cluster.cluster(call)["clusterName"]
    found = boxes.of(call).services.get((cluster, name))
    if found is None:
        raise AwsError("ServiceNotFoundException", "Service not found.")
    return found


# --- checks --------------------------------------------------------------------------

def _definition(call, text):
    found = ecs_taskdef.find(call, text)
    if found is None:
        raise client_error("TaskDefinition not found.")
    if found["status"] != "ACTIVE":
        raise client_error("TaskDefinition is inactive")
    return found


def _configuration(given):
    """deploymentConfiguration with everything that AWS fills in."""
    given = given or {}
    breaker = given.get("deploymentCircuitBreaker")
    if breaker is not None and not {"enable", "rollback"} <= set(breaker):
        raise bad_parameter("Both enable and rollback are required in deploymentCircuitBreaker.")
    filled = {"deploymentCircuitBreaker": breaker or {"enable": False, "rollback": False},
              "maximumPercent": given.get("maximumPercent", 200),
              "minimumHealthyPercent": given.get("minimumHealthyPercent", 100),
              "strategy": given.get("strategy", "ROLLING"),
              "bakeTimeInMinutes": given.get("bakeTimeInMinutes", 0)}
    if given.get("alarms"):
        filled["alarms"] = given["alarms"]
    if filled["maximumPercent"] <= filled["minimumHealthyPercent"] - 1 or filled["maximumPercent"] < 100:
        raise bad_parameter("maximumPercent must be at least 100 and not below minimumHealthyPercent.")
    return filled


def _network(given):
    if not given:
        return None
    filled = copy.deepcopy(given)
    filled["awsvpcConfiguration"].setdefault("assignPublicIp", "DISABLED")
    filled["awsvpcConfiguration"].setdefault("securityGroups", [])
    return filled


def _check_registries(call, registries, definition):
    if len(registries or []) > 1:
        raise bad_parameter("A service can have at most one service registry.")
    for registry in registries or []:
        found = cloudmap.boxes.of(call).services.get(last(registry.get("registryArn")))
        if found is None or found["Arn"] != registry.get("registryArn"):
            raise bad_parameter(f"Unable to find the service registry {registry.get('registryArn')}")
        kinds = {r["Type"] for r in found.get("DnsConfig", {}).get("DnsRecords", [])}
        pair = registry.get("containerName"), registry.get("containerPort")
        if "SRV" in kinds:
            if registry.get("port") and any(pair):
                raise bad_parameter("Specify a port or a containerName and containerPort combination, not both.")
            if not registry.get("port") and not all(pair):
                raise bad_parameter("When a service registry uses SRV records, specify either containerName and "
                                    "containerPort, or port.")
        if any(pair):
            ports = [m["containerPort"] for c in definition["containerDefinitions"] if c["name"] == pair[0]
                     for m in c["portMappings"]]
            if pair[1] not in ports:
                raise bad_parameter(f"The container {pair[0]} did not have a container port {pair[1]} defined.")


def _launch(call, cluster, data, definition, definition_needed=True):
    """launchType or strategy; without either the cluster's default strategy."""
    if call.get("launchType") and call.get("capacityProviderStrategy"):
        raise bad_parameter("Specifying both a launch type and capacity provider strategy is not supported. Remove "
                            "one and try again.")
    if call.get("capacityProviderStrategy"):
        data["capacityProviderStrategy"] = ecs_cluster.strategy(
            call.get("capacityProviderStrategy"), cluster["capacityProviders"], "cluster")
        data.pop("launchType", None)
    elif call.get("launchType"):
        data["launchType"] = call.get("launchType")
    elif definition_needed and cluster["defaultCapacityProviderStrategy"]:
        data["capacityProviderStrategy"] = cluster["defaultCapacityProviderStrategy"]
    elif definition_needed:
        data["launchType"] = "EC2"
    if data.get("launchType") == "FARGATE" and "FARGATE" not in definition.get("requiresCompatibilities", []) + \
            definition["compatibilities"]:
        raise bad_parameter("Task definition does not support launch_type FARGATE.")


def _check_rebalancing(data):
    if data["availabilityZoneRebalancing"] == "ENABLED" and data["deploymentConfiguration"]["maximumPercent"] <= 100:
        raise bad_parameter("availabilityZoneRebalancing ENABLED needs a maximumPercent above 100.")


# --- calls ---------------------------------------------------------------------------

@answers("ecs", "CreateService")
def create_service(call):
    box, cluster = boxes.of(call), ecs_cluster.cluster(call)
    name = call.get("serviceName")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        raise bad_parameter("Invalid service name")
    key = cluster["clusterName"], name
    old = box.services.get(key)
    params = {k: v for k, v in call.params.items() if k != "clientToken"}
    if old is not None and old.status == "ACTIVE":
        if old.params != params:
            raise bad_parameter("Creation of service was not idempotent.")
        return {"service": old.seen(box, True)}
    if old is not None and old.status == "DRAINING":
        raise bad_parameter("Unable to Start a service that is still Draining.")
    if not call.get("taskDefinition"):
        raise bad_parameter("TaskDefinition can not be blank.")
    definition = _definition(call, call.get("taskDefinition"))
    daemon = call.get("schedulingStrategy") == "DAEMON"
    if daemon and call.get("launchType") == "FARGATE":
        raise bad_parameter("The daemon scheduling strategy is not supported for tasks using the Fargate launch type.")
    if call.get("desiredCount") is None and not daemon:
        raise bad_parameter("The desiredCount parameter is required for the REPLICA scheduling strategy.")
    network = _network(call.get("networkConfiguration"))
    ecs_tasks.check_network(call, network, definition)
    _check_registries(call, call.get("serviceRegistries"), definition)
    data = {
        "clusterArn": cluster["clusterArn"], "taskDefinition": definition["taskDefinitionArn"],
        "loadBalancers": call.get("loadBalancers", []), "serviceRegistries": call.get("serviceRegistries", []),
        "deploymentConfiguration": _configuration(call.get("deploymentConfiguration")),
        "networkConfiguration": network, "placementConstraints": call.get("placementConstraints", []),
        "placementStrategy": call.get("placementStrategy", []), "platformFamily": "Linux",
        "platformVersion": call.get("platformVersion", "LATEST"), "createdAt": clock.now(),
        "healthCheckGracePeriodSeconds": call.get("healthCheckGracePeriodSeconds", 0),
        "schedulingStrategy": call.get("schedulingStrategy", "REPLICA"),
        "deploymentController": call.get("deploymentController", {"type": "ECS"}),
        "enableECSManagedTags": call.get("enableECSManagedTags", False),
        "propagateTags": call.get("propagateTags", "NONE"),
        "enableExecuteCommand": call.get("enableExecuteCommand", False),
        "availabilityZoneRebalancing": call.get("availabilityZoneRebalancing", "ENABLED"),
        "createdBy": call.key.arn if call.key else None,
        "roleArn": call.arn("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", "iam", ""),
    }
    if data["enableExecuteCommand"] and not definition.get("taskRoleArn"):
        raise bad_parameter("The service couldn't be created because a valid taskRoleArn is not being used. Specify a "
                            "valid task role in your task definition and try again.")
    _check_rebalancing(data)
    _launch(call, cluster, data, definition)
    if data.get("capacityProviderStrategy") is not None or data.get("launchType") == "FARGATE":
        ecs_tasks.check_network(call, network, {**definition, "networkMode": "awsvpc"})
    tags = ecs_cluster.read_tags(call)
    made = Service(call, cluster["clusterName"], name, data, call.get("desiredCount", 0))
    made.params = params
    box.services[key] = made
    box.tags[made.arn] = tags
    ecs_deploy.start(made, definition)
    return {"service": made.seen(box, True)}


@answers("ecs", "UpdateService")
def update_service(call):
    box = boxes.of(call)
    found = service(call, call.get("service"))
    cluster = ecs_cluster.cluster(call, found.cluster)
    if found.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    data, deploys = dict(found.data), bool(call.get("forceNewDeployment"))
    definition = ecs_taskdef.find(call, data["taskDefinition"]) or found.deployments[0]["_definition"]
    if call.get("taskDefinition"):
        definition = _definition(call, call.get("taskDefinition"))
        deploys |= definition["taskDefinitionArn"] != data["taskDefinition"]
        data["taskDefinition"] = definition["taskDefinitionArn"]
    if call.get("networkConfiguration"):
        network = _network(call.get("networkConfiguration"))
        ecs_tasks.check_network(call, network, definition)
        deploys |= network != data["networkConfiguration"]
        data["networkConfiguration"] = network
    if call.params.get("serviceRegistries") is not None:
        _check_registries(call, call.get("serviceRegistries"), definition)
    for key in ("serviceRegistries", "loadBalancers", "platformVersion"):
        if call.params.get(key) is not None:
            deploys |= call.params[key] != data[key]
            data[key] = call.params[key]
    for key in PLAIN:
        if call.params.get(key) is not None:
            data[key] = call.params[key]
    if call.params.get("deploymentConfiguration") is not None:
        merged = {**data["deploymentConfiguration"], **call.params["deploymentConfiguration"]}
        data["deploymentConfiguration"] = _configuration(merged)
    if call.params.get("capacityProviderStrategy") is not None:
        if call.params["capacityProviderStrategy"]:
            _launch(call, cluster, data, definition, False)
        else:
            data.pop("capacityProviderStrategy", None)
            data["launchType"] = "FARGATE"
    _check_rebalancing(data)
    if data["enableExecuteCommand"] and not definition.get("taskRoleArn"):
        raise bad_parameter("The service couldn't be updated because a valid taskRoleArn is not being used. Specify a "
                            "valid task role in your task definition and try again.")
    found.data = data
    if call.params.get("desiredCount") is not None:
        found.desired = call.params["desiredCount"]
    if deploys:
        ecs_deploy.start(found, definition)
    else:
        ecs_deploy.reconcile(found)
    return {"service": found.seen(box, True)}


@answers("ecs", "DescribeServices")
def describe_services(call):
    if len(call.get("services")) > 10:
        raise bad_parameter("Services cannot have more than 10 elements")
    cluster = ecs_cluster.cluster(call)
    box, found, failures = boxes.of(call), [], []
    for text in call.get("services"):
        item = box.services.get((cluster["clusterName"], last(text)))
        if item is None:
            arn = text if text.startswith("arn:") else call.arn(f"service/{cluster['clusterName']}/{text}")
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(item.seen(box, "TAGS" in call.get("include", [])))
    return {"services": found, "failures": failures}


@answers("ecs", "ListServices")
def list_services(call):
    """Ten to a page unless asked otherwise."""
    cluster = ecs_cluster.cluster(call)["clusterName"]
    arns = [s.arn for (c, _), s in boxes.of(call).services.items() if c == cluster and s.status != "INACTIVE"
            and call.get("launchType") in (None, s.data.get("launchType"))]
    return listed(call, "serviceArns", arns, 10)


@answers("ecs", "DeleteService")
def delete_service(call):
    box, found = boxes.of(call), service(call, call.get("service"))
    if found.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    force = call.get("force", False)
    if found.desired > 0 and not force:
        raise bad_parameter("The service cannot be stopped while it is scaled above 0.")
    live = [t for d in found.deployments for t in d["_tasks"] if t.last_status != "STOPPED"]
    if not force and (live or len(found.deployments) > 1):
        raise bad_parameter("The service cannot be stopped while deployments are active.")
    found.status, found.desired = "DRAINING", 0
    for task in live:
        task.on_stop = None
        task.stop("ServiceSchedulerInitiated", "Service deleted", 143)
    clock.after("ecs_task_stop_s", _drained, box, found)
    return {"service": found.seen(box)}


def _drained(box, found):
    found.status, found.deployments = "INACTIVE", []
    box.tags.pop(found.arn, None)
    clock.after("ecs_inactive_visible_s", _forget, box, found)


def _forget(box, found):
    if box.services.get((found.cluster, found.name)) is found:
        del box.services[found.cluster, found.name]

"""Task definitions: immutable, numbered for ever, normalised on the way in (compute sheet 3)."""
import copy
import re
import time

import config
import ecs_cluster
from ecs_cluster import boxes, client_error, listed, tag_list
from registry import answers

STEP = 1024
PAIRS = {
    256: [512, 1024, 2048], 512: range(1024, 4096 + 1, STEP), 1024: range(2048, 8192 + 1, STEP),
    2048: range(4096, 16384 + 1, STEP), 4096: range(8192, 30720 + 1, STEP), 8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
KEPT = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "requiresCompatibilities", "runtimePlatform",
        "ephemeralStorage", "pidMode", "ipcMode", "proxyConfiguration", "inferenceAccelerators")
EMPTY = ("portMappings", "environment", "mountPoints", "volumesFrom", "systemControls")


def _integer(text, unit):
    """`.25 vCPU`, `0.5 GB` and plain numbers become the integers that are stored."""
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(vcpu|gb|mb|)\s*", text.lower())
    if not match:
        raise client_error(f"Invalid '{unit}' setting for task. For more information, see the Troubleshooting section")
    number, suffix = float(match.group(1)), match.group(2)
    if suffix in ("vcpu", "gb") or (suffix == "" and "." in match.group(1)):
        number *= 1024
    return int(number)


def _check_role(arn):
    if arn is not None and not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/.+", arn):
        raise client_error("Role is not valid")


def _check_fargate(p, containers):
    if p.get("networkMode") != "awsvpc":
        raise client_error("Fargate only supports network mode ‘awsvpc’.")
    if not p.get("cpu") or not p.get("memory"):
        raise client_error("Fargate requires that 'cpu' and 'memory' be defined at the task level.")
    cpu, memory = _integer(p["cpu"], "cpu"), _integer(p["memory"], "memory")
    if memory not in PAIRS.get(cpu, ()):
        raise client_error(f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the "
                           "Amazon ECS documentation for the valid values.")
    for field in ("memory", "memoryReservation"):
        if sum(c.get(field) or 0 for c in containers) > memory:
            raise client_error("The sum of the containers' memory must not exceed the memory of the task.")
    if sum(c.get("cpu") or 0 for c in containers) > cpu:
        raise client_error("The sum of the containers' cpu must not exceed the cpu of the task.")
    for container in containers:
        _check_execution_role(p, container)
    size = p.get("ephemeralStorage", {}).get("sizeInGiB")
    if size is not None and not 21 <= size <= 200:
        raise client_error("Ephemeral storage must be between 21 and 200 GiB.")
    if p.get("placementConstraints"):
        raise client_error("Fargate does not support task placement constraints")


def _check_execution_role(p, container):
    uses = []
    if re.match(r"\d{12}\.dkr\.ecr\.", container.get("image", "")):
        uses.append("ECR images")
    log = container.get("logConfiguration") or {}
    if log.get("logDriver") == "awslogs":
        uses.append("log driver awslogs")
        for option in ("awslogs-group", "awslogs-region", "awslogs-stream-prefix"):
            if option not in log.get("options", {}):
                raise client_error(f"Log driver awslogs requires options: {option}")
    elif log and log.get("logDriver") not in ("splunk", "awsfirelens"):
        raise client_error(f"Fargate does not support log driver '{log.get('logDriver')}'")
    if container.get("secrets"):
        uses.append("container secrets")
    if uses and not p.get("executionRoleArn"):
        raise client_error(f"Fargate requires task definition to have execution role ARN to support {uses[0]}.")


def _check_containers(p, containers):
    names = [c.get("name") for c in containers]
    if not containers or None in names or any(not c.get("image") for c in containers):
        raise client_error("Container.name and Container.image should not be null or empty.")
    if len(set(names)) != len(names):
        raise client_error("Container names must be unique in a task definition.")
    if not any(c.get("essential", True) for c in containers):
        raise client_error("A task definition needs at least one essential container.")
    for container in containers:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", container["name"]):
            raise client_error(f"Invalid container name {container['name']}")
        shared = {e["name"] for e in container.get("environment", [])} & \
                 {s["name"] for s in container.get("secrets", [])}
        if shared:
            raise client_error("The secret name must be unique and not shared with any new or existing environment "
                               f"variables set on the container, such as '{sorted(shared)[0]}'.")
        for mapping in container.get("portMappings", []):
            host = mapping.get("hostPort")
            if p.get("networkMode") == "awsvpc" and host not in (None, 0, mapping.get("containerPort")):
                raise client_error("When networkMode=awsvpc, the host ports and container ports in port mappings "
                                   "must match.")


def _mixed(items):
    """ECS gives lists back in an order of its own."""
    return sorted(items, key=lambda i: i.get("name", "")[::-1])


def _filled(p, container):
    made = copy.deepcopy(container)
    made.setdefault("cpu", 0)
    made.setdefault("essential", True)
    if config.knobs.fill_version_consistency:
        made.setdefault("versionConsistency", "enabled")
    for key in EMPTY:
        made.setdefault(key, [])
    for mapping in made["portMappings"]:
        mapping.setdefault("protocol", "tcp")
        if p.get("networkMode") == "awsvpc":
            mapping["hostPort"] = mapping["containerPort"]
        else:
            mapping.setdefault("hostPort", 0)
    made["environment"] = _mixed(made["environment"])
    if "secrets" in made:
        made["secrets"] = _mixed(made["secrets"])
    if made.get("healthCheck"):
        for key, value in (("interval", 30), ("timeout", 5), ("retries", 3)):
            made["healthCheck"].setdefault(key, value)
    for key in ("command", "entryPoint", "dnsServers", "links", "secrets"):
        if made.get(key) == []:
            del made[key]
    return made


@answers("ecs", "RegisterTaskDefinition")
def register(call):
    box, p = boxes.of(call), call.params
    family, containers = p["family"], p["containerDefinitions"]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", family):
        raise client_error("Family contains invalid characters.")
    _check_containers(p, containers)
    _check_role(p.get("taskRoleArn"))
    _check_role(p.get("executionRoleArn"))
    fargate = "FARGATE" in p.get("requiresCompatibilities", [])
    if fargate:
        _check_fargate(p, containers)
    tags = ecs_cluster.read_tags(call)
    revision = box.counters.get(family, 0) + 1
    box.counters[family] = revision
    arn = call.arn(f"task-definition/{family}:{revision}")
    made = {k: copy.deepcopy(p[k]) for k in KEPT if k in p}
    made.update(
        taskDefinitionArn=arn, revision=revision, status="ACTIVE", volumes=copy.deepcopy(p.get("volumes", [])),
        placementConstraints=p.get("placementConstraints", []), containerDefinitions=[
            _filled(p, c) for c in containers],
        compatibilities=["EC2", "FARGATE"] if p.get("networkMode") == "awsvpc" else ["EXTERNAL", "EC2"],
        requiresAttributes=[{"name": "com.amazonaws.ecs.capability.docker-remote-api.1.18"},
                            {"name": "ecs.capability.task-eni"}],
        registeredAt=time.time(), registeredBy=call.key.arn if call.key else "sandbox",
        enableFaultInjection=p.get("enableFaultInjection", False))
    made.setdefault("networkMode", "bridge")
    for key, unit in (("cpu", "cpu"), ("memory", "memory")):
        if p.get(key):
            made[key] = str(_integer(p[key], unit))
    box.families.setdefault(family, {})[revision] = made
    box.tags[arn] = tags
    return {"taskDefinition": made, "tags": tag_list(box, arn)}


def find(call, text, box=None):
    """`family`, `family:revision` or an ARN -> the definition, or None."""
    box = box or boxes.of(call)
    family, _, revision = ecs_cluster.last(text).partition(":")
    known = box.families.get(family, {})
    if revision:
        return known.get(int(revision)) if revision.isdigit() else None
    active = [r for r, d in known.items() if d["status"] == "ACTIVE"]
    return known[max(active)] if active else None


@answers("ecs", "DescribeTaskDefinition")
def describe(call):
    found = find(call, call.get("taskDefinition"))
    if found is None:
        raise client_error("Unable to describe task definition.")
    result = {"taskDefinition": found}
    if "TAGS" in call.get("include", []):
        result["tags"] = tag_list(boxes.of(call), found["taskDefinitionArn"])
    return result


@answers("ecs", "ListTaskDefinitions")
def list_definitions(call):
    """familyPrefix is the whole family name, whatever its name says."""
    status = call.get("status", "ACTIVE")
    found = [d for name, family in sorted(boxes.of(call).families.items()) for _, d in sorted(family.items())
             if d["status"] == status and call.get("familyPrefix", name) == name]
    arns = [d["taskDefinitionArn"] for d in found]
    return listed(call, "taskDefinitionArns", arns[::-1] if call.get("sort") == "DESC" else arns)


@answers("ecs", "ListTaskDefinitionFamilies")
def list_families(call):
    status, names = call.get("status", "ACTIVE"), []
    for name, family in sorted(boxes.of(call).families.items()):
        active = any(d["status"] == "ACTIVE" for d in family.values())
        if name.startswith(call.get("familyPrefix", "")) and (status == "ALL" or active == (status == "ACTIVE")):
            names.append(name)
    return listed(call, "families", names)


@answers("ecs", "DeregisterTaskDefinition")
def deregister(call):
    text = call.get("taskDefinition")
    if ":" not in ecs_cluster.last(text):
        raise client_error("Invalid revision number. Number: null")
    found = find(call, text)
    if found is None:
        raise client_error("The specified task definition does not exist.")
    if found["status"] == "ACTIVE":
        found["status"], found["deregisteredAt"] = "INACTIVE", time.time()
    return {"taskDefinition": found}


@answers("ecs", "DeleteTaskDefinitions")
def delete(call):
    """INACTIVE only; the number is never used again; it lingers while something refers to it."""
    box, done, failures = boxes.of(call), [], []
    for text in call.get("taskDefinitions"):
        found = find(call, text)
        if found is None or ":" not in ecs_cluster.last(text):
            failures.append({"arn": text, "reason": "MISSING", "detail": "The specified task definition was not found"})
            continue
        if found["status"] == "ACTIVE":
            failures.append({"arn": found["taskDefinitionArn"], "reason": "The specified task definition is still in "
                             "ACTIVE status. Please deregister the target and try again."})
            continue
        found["status"] = "DELETE_IN_PROGRESS"
        done.append(dict(found))
        arn = found["taskDefinitionArn"]
        used = any(arn == d["taskDefinition"] for s in box.services.values() for d in s.deployments)
        if not used and not any(t.definition is found and t.last_status != "STOPPED" for t in box.tasks.values()):
            del box.families[found["family"]][found["revision"]]
            box.tags.pop(arn, None)
    return {"taskDefinitions": done, "failures": failures}

"""Rollouts: how a service gets from one revision to the next, or back (compute sheet 4).

Time runs by the clock's events: tasks are made, start, and stay; then the old ones
stop and the deployment is COMPLETED.  Tasks that cannot start count against the circuit
breaker, which fails the deployment and, if told to, rolls back to the last good one.
"""
import math

import ecs_cluster
from clock import clock
from ecs_cluster import boxes, listed
from ecs_tasks import Task
from errors import AwsError
from registry import answers

VARIABLE = ("taskDefinition", "networkConfiguration", "serviceRegistries", "loadBalancers", "platformVersion")


def start(service, definition, rollback_of=None):
    """Make a new PRIMARY deployment of the service as it is configured now."""
    for old in service.deployments:
        old["status"] = "ACTIVE"
        record = old["_record"]
        if record["status"] == "IN_PROGRESS":
            record.update(status="STOPPED", finishedAt=clock.now(),
                          statusReason="Service deployment was superseded by a new one.")
    now = clock.now()
    ident = ecs_cluster.digits()
    made = {"id": f"ecs-svc/{ident}", "status": "PRIMARY", "taskDefinition": definition["taskDefinitionArn"],
            "failedTasks": 0, "createdAt": now, "updatedAt": now, "rolloutState": "IN_PROGRESS",
            "rolloutStateReason": f"ECS deployment ecs-svc/{ident} in progress.", "_definition": definition,
            "_tasks": [], "_rollback_of": rollback_of, "_completing": False, "_config": snapshot(service)}
    made["_record"] = _record(service, made, rollback_of)
    service.deployments.insert(0, made)
    if rollback_of is not None:
        made["rolloutStateReason"] = (f"ECS deployment circuit breaker: rolling back to deploymentId "
                                      f"{service.last_good['id']}.")
    reconcile(service)
    return made


def snapshot(service):
    return {k: service.data.get(k) for k in VARIABLE}


def _record(service, made, rollback_of):
    base = service.arn.replace(":service/", ":{}/")
    ident = made["id"].rpartition("/")[2]
    revision = base.format("service-revision") + "/" + ident
    if rollback_of is not None:
        record = rollback_of["_record"]
        record.update(status="ROLLBACK_IN_PROGRESS", updatedAt=clock.now(), rollback={
            "reason": "Service deployment rolled back because of a circuit breaker.", "startedAt": clock.now(),
            "serviceRevisionArn": revision})
        return record
    record = {"serviceDeploymentArn": base.format("service-deployment") + "/" + ident, "serviceArn": service.arn,
              "clusterArn": service.data["clusterArn"], "createdAt": clock.now(), "startedAt": clock.now(),
              "updatedAt": clock.now(), "status": "IN_PROGRESS", "targetServiceRevision": {"arn": revision},
              "sourceServiceRevisions": [{"arn": service.last_good["revision"]}] if service.last_good else [],
              "deploymentConfiguration": service.data["deploymentConfiguration"], "_service": service,
              "_deployment": made}
    boxes.at(service.account, service.region).service_deployments[record["serviceDeploymentArn"]] = record
    return record


def running(deployment):
    return [t for t in deployment["_tasks"] if t.last_status == "RUNNING" and t.desired_status == "RUNNING"]


def _live(deployment):
    return [t for t in deployment["_tasks"] if t.desired_status == "RUNNING"]


def reconcile(service):
    """Give the PRIMARY deployment the number of tasks it should have."""
    if service.status != "ACTIVE" or not service.deployments:
        return
    primary = service.deployments[0]
    if primary["rolloutState"] == "FAILED":
        return
    live = _live(primary)
    for task in live[service.desired:]:
        task.on_stop = None
        task.stop("ServiceSchedulerInitiated",
                  f"Scaling activity initiated by (deployment {primary['id']})", 143)
    if service.places_tasks():
        for _ in range(service.desired - len(live)):
            task = service.make_task(primary)
            primary["_tasks"].append(task)
            clock.after("ecs_task_start_s", _task_starts, service, primary, task)
    _check_done(service, primary)


def _task_starts(service, deployment, task):
    if task.desired_status == "STOPPED":
        return
    problem = task.problem()
    if problem is None:
        task.on_stop = lambda: clock.after("ecs_task_stop_s", reconcile, service)
        task.run()
        service.event(f"has started 1 tasks: (task {task.id}).")
        _check_done(service, deployment)
    elif problem[0] == "TaskFailedToStart":
        _task_failed(service, deployment, task, problem)
    else:
        task.broken = True
        task.run()
        clock.after("ecs_fail_s", _task_failed, service, deployment, task, problem)


def _task_failed(service, deployment, task, problem):
    if task.desired_status == "STOPPED":
        return
    task.stop(*problem)
    deployment["failedTasks"] += 1
    deployment["updatedAt"] = clock.now()
    if deployment not in service.deployments or deployment["status"] != "PRIMARY":
        return
    breaker = service.data["deploymentConfiguration"]["deploymentCircuitBreaker"]
    if breaker["enable"] and deployment["failedTasks"] >= threshold(service):
        _trip(service, deployment, breaker["rollback"])
    else:
        clock.after("ecs_fail_s", reconcile, service)


def threshold(service):
    return min(200, max(3, math.ceil(service.desired * 0.5)))


def _trip(service, deployment, rollback):
    deployment.update(rolloutState="FAILED", updatedAt=clock.now(),
                      rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.")
    service.event(f"(deployment {deployment['id']}) deployment failed: tasks failed to start.")
    for task in _live(deployment):
        task.stop("ServiceSchedulerInitiated", f"Scaling activity initiated by (deployment {deployment['id']})", 143)
    if rollback and service.last_good and deployment["_rollback_of"] is None:
        roll_back(service, deployment)
        return
    deployment["_record"].update(status="STOPPED" if not rollback else "ROLLBACK_FAILED", finishedAt=clock.now(),
                                 statusReason="Service deployment failed: tasks failed to start.")


def roll_back(service, deployment):
    service.event(f"rolling back to deployment {service.last_good['id']}.")
    service.data.update({k: v for k, v in service.last_good["config"].items() if v is not None})
    start(service, service.last_good["definition"], rollback_of=deployment)


def _check_done(service, deployment):
    if deployment["rolloutState"] != "IN_PROGRESS" or deployment["_completing"] or not _complete_now(
            service, deployment):
        return
    deployment["_completing"] = True
    clock.after("ecs_rollout_s", _complete, service, deployment)


def _complete_now(service, deployment):
    good = [t for t in running(deployment) if not t.broken]
    return len(good) == service.desired == len(_live(deployment))


def _complete(service, deployment):
    deployment["_completing"] = False
    if deployment not in service.deployments or deployment["status"] != "PRIMARY" or service.status != "ACTIVE":
        return
    if not _complete_now(service, deployment):
        return
    for old in service.deployments[1:]:
        for task in _live(old):
            task.on_stop = None
            task.stop("ServiceSchedulerInitiated", f"Scaling activity initiated by (deployment {old['id']})", 143)
    service.deployments[:] = [deployment]
    deployment.update(rolloutState="COMPLETED", updatedAt=clock.now(),
                      rolloutStateReason=f"ECS deployment {deployment['id']} completed.")
    record = deployment["_record"]
    rolled = deployment["_rollback_of"] is not None
    record.update(status="ROLLBACK_SUCCESSFUL" if rolled else "SUCCESSFUL", finishedAt=clock.now(),
                  updatedAt=clock.now())
    revision = record["rollback"]["serviceRevisionArn"] if rolled else record["targetServiceRevision"]["arn"]
    service.last_good = {"id": deployment["id"], "definition": deployment["_definition"], "revision": revision,
                         "config": deployment["_config"]}
    service.event(f"(deployment {deployment['id']}) deployment completed.")
    service.event("has reached a steady state.")


def seen(service, deployment):
    item = {k: v for k, v in deployment.items() if not k.startswith("_")}
    live, up = _live(deployment), running(deployment)
    item.update(desiredCount=service.desired if deployment["status"] == "PRIMARY" else 0, runningCount=len(up),
                pendingCount=len(live) - len(up), platformVersion="1.4.0", platformFamily="Linux")
    for key in ("launchType", "capacityProviderStrategy", "networkConfiguration"):
        if service.data.get(key):
            item[key] = service.data[key]
    return item


# --- service deployments -------------------------------------------------------------

def _seen_record(record):
    service, deployment = record["_service"], record["_deployment"]
    item = {k: v for k, v in record.items() if not k.startswith("_")}
    item["targetServiceRevision"] = {**record["targetServiceRevision"], "requestedTaskCount": service.desired,
                                     "runningTaskCount": len(running(deployment)),
                                     "pendingTaskCount": len(_live(deployment)) - len(running(deployment))}
    breaker = service.data["deploymentConfiguration"]["deploymentCircuitBreaker"]
    state = "DISABLED" if not breaker["enable"] else "TRIGGERED" if deployment["rolloutState"] == "FAILED" else \
        "MONITORING" if record["status"] == "IN_PROGRESS" else "MONITORING_COMPLETE"
    item["deploymentCircuitBreaker"] = {"status": state, "failureCount": deployment["failedTasks"],
                                        "threshold": threshold(service)}
    return item


@answers("ecs", "ListServiceDeployments")
def list_service_deployments(call):
    import ecs_service
    service = ecs_service.service(call, call.get("service"))
    found = [r for r in boxes.of(call).service_deployments.values() if r["_service"] is service]
    if call.get("status"):
        found = [r for r in found if r["status"] in call.get("status")]
    items = []
    for record in sorted(found, key=lambda r: -r["createdAt"]):
        items.append({**{k: v for k, v in record.items() if k in (
            "serviceDeploymentArn", "serviceArn", "clusterArn", "startedAt", "createdAt", "finishedAt", "status",
            "statusReason")}, "targetServiceRevisionArn": record["targetServiceRevision"]["arn"]})
    return listed(call, "serviceDeployments", items)


@answers("ecs", "DescribeServiceDeployments")
def describe_service_deployments(call):
    found, failures = [], []
    for arn in call.get("serviceDeploymentArns"):
        record = boxes.of(call).service_deployments.get(arn)
        if record is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(_seen_record(record))
    return {"serviceDeployments": found, "failures": failures}


@answers("ecs", "DescribeServiceRevisions")
def describe_service_revisions(call):
    found, failures = [], []
    known = {r["targetServiceRevision"]["arn"]: r for r in boxes.of(call).service_deployments.values()}
    for arn in call.get("serviceRevisionArns"):
        record = known.get(arn)
        if record is None:
            failures.append({"arn": arn, "reason": "MISSING"})
            continue
        deployment = record["_deployment"]
        found.append({"serviceRevisionArn": arn, "serviceArn": record["serviceArn"],
                      "clusterArn": record["clusterArn"], "taskDefinition": deployment["taskDefinition"],
                      "createdAt": record["createdAt"], "containerImages": [
                          {"containerName": c["name"], "image": c["image"]}
                          for c in deployment["_definition"]["containerDefinitions"]]})
    return {"serviceRevisions": found, "failures": failures}


@answers("ecs", "StopServiceDeployment")
def stop_service_deployment(call):
    record = boxes.of(call).service_deployments.get(call.get("serviceDeploymentArn"))
    if record is None:
        raise AwsError("ServiceDeploymentNotFoundException", "The specified service deployment does not exist.")
    if record["status"] not in ("IN_PROGRESS", "PENDING"):
        raise AwsError("ConflictException", "The service deployment is not in progress.")
    service, deployment = record["_service"], record["_deployment"]
    deployment.update(rolloutState="FAILED", rolloutStateReason="Service deployment was stopped by the user.")
    for task in _live(deployment):
        task.on_stop = None
        task.stop("ServiceSchedulerInitiated", f"Scaling activity initiated by (deployment {deployment['id']})", 143)
    if call.get("stopType", "ROLLBACK") == "ROLLBACK" and service.last_good:
        roll_back(service, deployment)
    else:
        record.update(status="STOPPED", finishedAt=clock.now(), statusReason="Stopped by the user")
    return {"serviceDeploymentArn": record["serviceDeploymentArn"]}


def make_task(service, deployment):
    registries = deployment["_config"].get("serviceRegistries") or []
    tags = {}
    box = boxes.at(service.account, service.region)
    if service.data["propagateTags"] == "TASK_DEFINITION":
        tags = box.tags.get(deployment["taskDefinition"], {})
    elif service.data["propagateTags"] == "SERVICE":
        tags = box.tags.get(service.arn, {})
    providers = service.data.get("capacityProviderStrategy") or []
    provider = max(providers, key=lambda s: (s["base"], s["weight"]))["capacityProvider"] if providers else None
    task = Task((service.account, service.region), service.cluster, deployment["_definition"],
                deployment["_config"].get("networkConfiguration"), provider, "service:" + service.name,
                deployment["id"], tags=tags)
    task.exec_enabled, task.registries = service.data["enableExecuteCommand"], registries
    task.attach()
    return task

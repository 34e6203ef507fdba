"""How fast an apply of the stack can be at all: the longest chain of calls and of delays that the server dictates."""
import collections

Step = collections.namedtuple("Step", "after calls delays", defaults=((), 1, ()))

# What must be there before a call, calls that must follow one another, and what AWS then takes its time for. An
# object with a delay costs one more call, the one that sees it ready. A service without a release runs nothing, so
# its rollout is not waited for.
STEPS = {
    "vpc": Step((), 2),
    "gateway": Step(),
    "attachment": Step(("vpc", "gateway")),
    "subnets": Step(("vpc",)),
    "route table": Step(("vpc",)),
    "route": Step(("route table", "attachment")),
    "associations": Step(("route table", "subnets")),
    "groups": Step(("vpc",), 2),
    "rules": Step(("groups",)),
    "subnet group": Step(("subnets",)),
    "password": Step(),
    "database": Step(("subnet group", "groups", "password"), 1, ("rds_create_s", "rds_backup_s")),
    "database url": Step(("database",)),
    "repository": Step(),
    "lifecycle": Step(("repository",)),
    "log groups": Step((), 2),
    "roles": Step(),
    "policies": Step(("roles",)),
    "provider": Step(),
    "deploy role": Step(("provider",), 2),
    "cluster": Step((), 1, ("ecs_cluster_s",)),
    "namespace": Step(("vpc",), 1, ("cloudmap_op_s",)),
    "discovery service": Step(("namespace",)),
    "task definition": Step(("roles", "log groups", "repository")),
    "service": Step(("task definition", "cluster", "discovery service", "database url", "policies", "route",
                     "associations", "rules")),
    "link": Step(("subnets", "groups"), 1, ("vpc_link_create_s",)),
    "api": Step(),
    "integration": Step(("api", "link", "discovery service")),
    "default route": Step(("integration",)),
    "stage": Step(("default route", "log groups"), 1, ("apigw_deploy_s",)),
}


def critical_path(knobs, steps=None):
    """-> (seconds, the steps of the longest chain) with the server's knobs as GET /_sandbox/config gives them"""
    steps = STEPS if steps is None else steps
    done = {}

    def finish(name):
        if name not in done:
            step = steps[name]
            wait = sum(knobs[d] * knobs["scale"] for d in step.delays)
            calls = step.calls + (1 if wait else 0)
            before = max((finish(n) for n in step.after), default=(0.0, ()))
            done[name] = (before[0] + wait + calls * knobs["latency_ms"] / 1000, (*before[1], name))
        return done[name]

    return max(finish(name) for name in steps)

"""The mended operations: who answers what, and what a handler gets to see."""
import importlib

import model
import upstream
from auth import ACCOUNT

_handlers, _reset_hooks, _loaded = {}, [], set()
# The modules that mend a service; imported when the service is first called.
MODULES = {
    "ec2": ("ec2", "ec2_vpc", "ec2_routes", "ec2_groups", "ec2_eni"),
    "sts": ("sts",), "iam": ("iam", "iam_policy", "iam_oidc"), "rds": ("rds", "rds_groups", "rds_modify", "rds_misc"),
    "ssm": ("ssm",), "logs": ("cwlogs",), "ecr": ("ecr",),
    "ecs": ("ecs_cluster", "ecs_taskdef", "ecs_service", "ecs_tasks", "ecs_deploy"),
    "servicediscovery": ("cloudmap", "cloudmap_instances"), "apigatewayv2": ("apigw", "apigw_link", "apigw_parts"),
    "resourcegroupstaggingapi": ("tagging",), "application-autoscaling": ("autoscaling",),
}


def answers(service, *names):
    """Decorator: this function answers these operations instead of moto."""
    def add(function):
        for name in names:
            _handlers[service, name] = function
        return function
    return add


def on_reset(function):
    _reset_hooks.append(function)
    return function


def handler(service, name):
    if service not in _loaded:
        _loaded.add(service)
        for module in MODULES.get(service, ()):
            importlib.import_module(module)
    return _handlers.get((service, name))


def warm():
    """Load the models, handlers and backends of all mended services."""
    for service in MODULES:
        model.service(service).operation_names
        handler(service, "")
        if service in upstream.SERVICES:
            upstream.touch(service, ACCOUNT)


def reset():
    for hook in _reset_hooks:
        hook()


class Call:
    """One call, as a handler sees it."""

    def __init__(self, service, operation, protocol, params, http, scope, key):
        self.service, self.operation, self.protocol = service, operation, protocol
        self.params, self.http, self.key = params, http, key
        self.region = scope.region if scope else "us-east-1"
        self.account = key.account if key else ACCOUNT

    @property
    def name(self):
        return self.operation.name

    def get(self, name, default=None):
        value = self.params.get(name)
        return default if value is None else value

    def moto(self, params=None, operation=None):
        """Run this operation (or another of the service) on moto."""
        model = self.service.operation_model(operation) if operation else self.operation
        return upstream.call(model, self.protocol, self.params if params is None else params, self.http)

    def backend(self, name=None, region=None):
        name = name or self.service.service_name
        return upstream.backend(name, self.account, region or self.region)

    def arn(self, rest, service=None, region=None):
        where = self.region if region is None else region
        return f"arn:aws:{service or self.service.service_name}:{where}:{self.account}:{rest}"

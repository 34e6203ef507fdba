"""Which service and which operation a request is for, by botocore's models.

The service comes from the credential scope, as one endpoint serves all services; the
rest of the request must then agree with that service's model: API version for the
query protocols, target prefix for JSON, method and path template for REST.
"""
import functools
import re
from urllib.parse import unquote

import botocore.session
from botocore.model import OperationNotFoundError

from errors import AwsError

SESSION = botocore.session.get_session()

# Signing names that are not the name of the model's folder.
BY_SIGNING_NAME = {
    "monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "states": "stepfunctions",
    "elasticfilesystem": "efs", "elasticloadbalancing": "elbv2", "cloudmap": "servicediscovery",
}
# Global services are signed for one region whatever the caller's own (network sheet 4).
GLOBAL = {"iam", "route53", "budgets", "cloudfront"}
UNSIGNED = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}


@functools.lru_cache(maxsize=None)
def service(name):
    try:
        return SESSION.get_service_model(name)
    except Exception:
        return None


def for_scope(signing_name, path, version):
    if signing_name == "apigateway":
        return service("apigatewayv2" if path.startswith("/v2/") else "apigateway")
    if signing_name == "elasticloadbalancing" and version == "2012-06-01":
        return service("elb")
    return service(BY_SIGNING_NAME.get(signing_name, signing_name))


def signing_name(model):
    return model.metadata.get("signingName") or model.metadata["endpointPrefix"]


def protocol(model, headers):
    """The protocol this request speaks: a few services take several."""
    names = model.metadata.get("protocols") or [model.metadata["protocol"]]
    if len(names) == 1:
        return names[0]
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in headers and "json" in names:
        return "json"
    return "query" if "query" in names else names[0]


@functools.lru_cache(maxsize=None)
def _routes(name):
    """[(method, compiled path, required query, operation name)], most literal first."""
    routes = []
    model = service(name)
    for operation in model.operation_names:
        http = model.operation_model(operation).http
        path, _, query = http["requestUri"].partition("?")
        parts = re.split(r"(\{[^}]+\})", path)
        pattern = "".join(
            (rf"(?P<{_group(p)}>.+)" if p.endswith("+}") else rf"(?P<{_group(p)}>[^/]+)")
            if p.startswith("{") else re.escape(p) for p in parts)
        literal = sum(len(p) for p in parts if not p.startswith("{"))
        needed = {k.partition("=")[0]: k.partition("=")[2] for k in query.split("&") if k}
        routes.append((http["method"], re.compile(pattern.rstrip("/") + "/?$"), needed, operation, literal))
    routes.sort(key=lambda r: (-len(r[2]), -r[4]))
    return routes


def _group(part):
    return "".join(c if c.isalnum() else "_" for c in part.strip("{}+"))


def rest_operation(model, method, path, query):
    """-> (operation model, labels by wire name)"""
    for verb, pattern, needed, name, _ in _routes(model.service_name):
        if verb != method:
            continue
        match = pattern.match(path)
        if match and all(k in query and (not v or v in query[k]) for k, v in needed.items()):
            operation = model.operation_model(name)
            labels = {k: unquote(v) for k, v in match.groupdict().items()}
            return operation, labels
    raise AwsError("UnknownOperationException", f"no operation for {method} {path}", 404)


def label_name(wire_name):
    return _group(wire_name)


def operation(model, name, code="InvalidAction"):
    try:
        return model.operation_model(name)
    except OperationNotFoundError:
        raise AwsError(code, f"The action {name} is not valid for this web service.") from None

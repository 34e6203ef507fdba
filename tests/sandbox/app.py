"""One request from the wire to the answer.

identify -> verify the signature -> check the shape -> middleware -> mend or moto.
A middleware is called as f(call, proceed); it may wait, refuse with an AwsError, or
raise DropReply after proceeding.
"""
import json
import re
import threading
import time
import uuid

import auth
import authz
import buckets
import config
import control
import errors
import faults
import lag
import model
import registry
import reply
import shapes
import upstream
import wire
from clock import clock
from errors import AwsError, DropReply, RawReply

LOCK = threading.RLock()
ERROR_CODE = re.compile(rb'(?:<Code>|"__type": ?"(?:[^"#]*#)?)([A-Za-z0-9.]+)')


def latency(call, proceed):
    if config.knobs.latency_ms:
        time.sleep(config.knobs.latency_ms / 1000)
    return proceed()


MIDDLEWARE = [latency, buckets.middleware, faults.middleware, authz.middleware]


class Http:
    """A request as read from the socket; header names in lower case."""

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path, _, self.query = target.partition("?")


def handle(http):
    """-> (status, headers, body)"""
    if http.target.startswith("/_sandbox/"):
        with LOCK:
            status, data = control.answer(http.method, http.target, http.body)
        return status, {"Content-Type": "application/json"}, json.dumps(data).encode()
    started, request_id = time.time(), str(uuid.uuid4())
    state = _State()
    try:
        answer = _serve(http, state, request_id)
    except AwsError as error:
        xmlns = state.service.metadata.get("xmlNamespace", "") if state.service else ""
        state.code = error.code
        name = state.service.service_name if state.service else "-"
        answer = errors.render(error, state.protocol, name, xmlns, request_id)
    except DropReply:
        _log(started, state, 0, "(no answer)")
        raise
    except RawReply as raw:
        _log(started, state, raw.status, "(no service's answer)")
        raise
    _log(started, state, answer[0], state.code)
    return answer


def _log(started, state, status, code):
    with LOCK:
        control.log.add(started, state.service.service_name if state.service else "-",
                        state.operation, state.params, status, code)


class _State:
    """What is known about the request so far, for the error answer and the log."""
    service = operation = code = None
    protocol, params = "query", {}


def _serve(http, state, request_id):
    scope = _identify(http, state)
    service, protocol = state.service, state.protocol
    with LOCK:
        clock.run_due()
        key = None
        if config.knobs.verify_signatures and not _may_be_unsigned(http, scope, service):
            key = auth.verify(http, scope, service, protocol)
        elif scope:
            key = auth.keys.get(scope.akid)
    request = wire.read(service, protocol, http)
    if request is not None:
        state.operation, state.params = request.operation, request.params
        shapes.check(service, request, config.knobs.strict)
    call = registry.Call(service, state.operation, protocol, state.params, http, scope, key)

    def act():
        with LOCK:
            clock.run_due()
            return _answer(call, http, request_id, state)

    proceed = act
    for layer in reversed(MIDDLEWARE):
        proceed = (lambda f, nxt: lambda: f(call, nxt))(layer, proceed)
    return proceed()


def _identify(http, state):
    """Find service and protocol; the rest of the request may still contradict them."""
    state.protocol = "json" if "x-amz-target" in http.headers else "query"
    scope = auth.read_scope(http.headers)
    is_form = http.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    fields = wire.form(http) if is_form else {}
    if scope is None:
        state.service = _guess(http, fields)
    else:
        state.service = model.for_scope(scope.name, http.path, fields.get("Version"))
    if state.service is None:
        raise AwsError("MissingAuthenticationToken" if scope is None else "SignatureDoesNotMatch",
                       "no service for this request's credential scope", 403)
    state.protocol = model.protocol(state.service, http.headers)
    return scope


def _guess(http, fields):
    """An unsigned request: only good for the right error, or for the unsigned STS calls."""
    target = http.headers.get("x-amz-target", "").rpartition(".")[0]
    for name in ("sts", "ec2", "rds", "iam", "ssm", "logs", "ecr", "ecs", "servicediscovery",
                 "resourcegroupstaggingapi"):
        metadata = model.service(name).metadata
        if (target and metadata.get("targetPrefix") == target) or \
                (fields.get("Version") == metadata["apiVersion"] and not target):
            return model.service(name)
    return model.service("apigatewayv2") if http.path.startswith("/v2/") else None


def _may_be_unsigned(http, scope, service):
    return scope is None and service.service_name == "sts" and wire.form(http).get("Action") in model.UNSIGNED


def _answer(call, http, request_id, state):
    name = call.service.service_name
    function = registry.handler(name, state.operation.name) if state.operation is not None else None
    if name == "ec2" and call.get("DryRun"):
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    if function is not None:
        with lag.watch(call):
            result = function(call)
        return reply.render(call.operation, call.protocol, result or {}, request_id)
    with lag.watch(call):
        status, headers, body = upstream.forward(http)
    upstream.check_implemented(state.operation, status, headers)
    if status >= 400:
        code = ERROR_CODE.search(body[:2000])
        state.code = code.group(1).decode() if code else str(status)
    return status, headers, body

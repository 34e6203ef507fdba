"""Faults on demand: throttles, errors, delays, lost and broken answers.

The knob `faults` is a list of rules, tried in order; the first that matches a call acts:

    {"service": "ec2", "action": "Create*", "kind": "throttle", "times": 3}
    {"action": "*", "kind": "drop", "rate": 0.02}

kind   throttle  the service's own throttling code, nothing executed
       error     `code`, `status`, `message`; nothing executed
       echo      an error whose message repeats all that the request said; nothing executed
       fail      a 500 or 503 as the service words it, or the HTML page of its front end
       drop      the call is executed, then the connection closes without an answer
       refuse    the connection closes, nothing executed
       reset     the connection is reset (RST) without an answer
       garble    the call is executed, its answer is cut off, empty, malformed, a page of HTML or far too large
       stall     the call is executed, its answer never comes: the connection stays open for `ms`
       delay     waits `ms` before it executes
times  how often the rule acts (default: always); rate  the share of calls it acts on;
skip   lets the first so many matching calls pass.  `fault_seed` makes rates repeatable.
done   fail, reset: the share of the calls that are executed all the same (default 0).
"""
import collections
import fnmatch
import json
import random
import time

import config
from errors import AwsError, DropReply, RawReply, ResetReply

KINDS = ("throttle", "error", "echo", "fail", "drop", "refuse", "reset", "garble", "stall", "delay")
FIELDS = {"service", "action", "kind", "times", "rate", "skip", "code", "status", "message", "ms", "done"}
THROTTLE = {
    "ec2": ("RequestLimitExceeded", 503), "rds": ("Throttling", 400), "iam": ("Throttling", 400),
    "sts": ("Throttling", 400), "s3": ("SlowDown", 503), "apigatewayv2": ("TooManyRequestsException", 429),
    "resourcegroupstaggingapi": ("ThrottledException", 400), "servicediscovery": ("RequestLimitExceeded", 400),
    "sns": ("Throttled", 429),
}


# What a service says of its own failures (network sheet 13, compute sheet 1; botocore's models).
FAILURES = {
    "ec2": (("InternalError", 500), ("Unavailable", 503), ("ServiceUnavailable", 503)),
    "iam": (("ServiceFailure", 500), ("InternalFailure", 500), ("ServiceUnavailable", 503)),
    "ssm": (("InternalServerError", 500), ("InternalFailure", 500), ("ServiceUnavailable", 503)),
    "logs": (("ServiceUnavailableException", 503), ("InternalFailure", 500)),
    "ecr": (("ServerException", 500), ("ServiceUnavailable", 503)),
    "ecs": (("ServerException", 500), ("ServiceUnavailable", 503)),
    "apigatewayv2": (("InternalServerErrorException", 500), ("ServiceUnavailableException", 503)),
    "resourcegroupstaggingapi": (("InternalServiceException", 500), ("ServiceUnavailable", 503)),
}
COMMON_FAILURES = (("InternalFailure", 500), ("InternalError", 500), ("ServiceUnavailable", 503))
PAGE = (b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 "
        b"Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n")
OVERSIZED = 17 << 20


def check(rules):
    """Raise ValueError for a rule that could never act as its author meant."""
    for rule in rules:
        if not isinstance(rule, dict) or rule.get("kind") not in KINDS:
            raise ValueError(f"a fault needs a kind out of {', '.join(KINDS)}")
        if set(rule) - FIELDS:
            raise ValueError(f"unknown field in a fault: {sorted(set(rule) - FIELDS)[0]}")


acted = collections.Counter()       # kind -> how often, since the last reset


class _Active:
    source, rules, random = None, [], random.Random()


def _rules():
    if _Active.source is not config.knobs.faults:
        _Active.source = config.knobs.faults
        _Active.rules = [dict(r) for r in _Active.source]
        _Active.random = random.Random(config.knobs.fault_seed)
    return _Active.rules


def _pick(call):
    service = call.service.service_name
    action = call.operation.name if call.operation is not None else ""
    for rule in _rules():
        if not fnmatch.fnmatchcase(service, rule.get("service", "*")) or \
                not fnmatch.fnmatchcase(action, rule.get("action", "*")) or rule.get("times", 1) <= 0:
            continue
        if rule.get("skip", 0) > 0:
            rule["skip"] -= 1
            continue
        if _Active.random.random() >= rule.get("rate", 1):
            continue
        if "times" in rule:
            rule["times"] -= 1
        return rule
    return None


def _fail(call):
    name = call.service.service_name
    code, status = _Active.random.choice((*FAILURES.get(name, COMMON_FAILURES), (None, 503)))
    if code is None:
        raise RawReply(status, {"Content-Type": "text/html"}, PAGE)
    raise AwsError(code, "An internal error has occurred.", status)


def _garble(answer):
    status, headers, body = answer
    kind = _Active.random.choice(("cut", "empty", "malformed", "html", "binary", "oversized"))
    if kind == "cut":
        raise RawReply(status, headers, body[:len(body) // 2], len(body) + 1)
    if kind == "html":
        raise RawReply(200, {"Content-Type": "text/html"}, PAGE)
    raise RawReply(status, headers, {
        "empty": b"", "malformed": body[:len(body) // 2 or 1], "binary": b"\xff\xfe\0<{\0" + body,
        "oversized": b" " * OVERSIZED}[kind])


def _done(rule):
    return _Active.random.random() < rule.get("done", 0)


def middleware(call, proceed):
    rule = _pick(call) if config.knobs.faults else None
    if rule is None:
        return proceed()
    kind = rule["kind"]
    acted[kind] += 1
    if kind == "throttle":
        raise throttled(call.service.service_name)
    if kind == "error":
        raise AwsError(rule.get("code", "InternalFailure"), rule.get("message", "A fault on demand."),
                       rule.get("status", 500))
    if kind == "echo":
        raise AwsError("ValidationException", f"Echo: {json.dumps(call.params, default=str)}", 400)
    if kind == "refuse":
        raise DropReply
    if kind == "delay":
        time.sleep(rule.get("ms", 1000) / 1000)
        return proceed()
    if kind in ("fail", "reset"):
        if _done(rule):
            proceed()
        if kind == "fail":
            _fail(call)
        raise ResetReply
    answer = proceed()
    if kind == "garble":
        _garble(answer)
    if kind == "stall":
        time.sleep(rule.get("ms", 1000) / 1000)
    raise DropReply


def throttled(name):
    """The AwsError of a service that is asked too often."""
    code, status = THROTTLE.get(name, ("ThrottlingException", 400))
    return AwsError(code, "Rate exceeded", status)

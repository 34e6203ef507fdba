"""Faults on demand: throttles, errors, delays, lost answers.

The knob `faults` is a list of rules, tried in order; the first that matches a call acts:

    {"service": "ec2", "action": "Create*", "kind": "throttle", "times": 3}
    {"action": "*", "kind": "drop", "rate": 0.02}

kind   throttle  the service's own throttling code, nothing executed
       error     `code`, `status`, `message`; nothing executed
       drop      the call is executed, then the connection closes without an answer
       refuse    the connection closes, nothing executed
       delay     waits `ms` before it executes
times  how often the rule acts (default: always); rate  the share of calls it acts on;
skip   lets the first so many matching calls pass.  `fault_seed` makes rates repeatable.
"""
import fnmatch
import random
import time

import config
from errors import AwsError, DropReply

KINDS = ("throttle", "error", "drop", "refuse", "delay")
FIELDS = {"service", "action", "kind", "times", "rate", "skip", "code", "status", "message", "ms"}
THROTTLE = {
    "ec2": ("RequestLimitExceeded", 503), "rds": ("Throttling", 400), "iam": ("Throttling", 400),
    "sts": ("Throttling", 400), "s3": ("SlowDown", 503), "apigatewayv2": ("TooManyRequestsException", 429),
    "resourcegroupstaggingapi": ("ThrottledException", 400), "servicediscovery": ("RequestLimitExceeded", 400),
    "sns": ("Throttled", 429),
}


def check(rules):
    """Raise ValueError for a rule that could never act as its author meant."""
    for rule in rules:
        if not isinstance(rule, dict) or rule.get("kind") not in KINDS:
            raise ValueError(f"a fault needs a kind out of {', '.join(KINDS)}")
        if set(rule) - FIELDS:
            raise ValueError(f"unknown field in a fault: {sorted(set(rule) - FIELDS)[0]}")


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


def middleware(call, proceed):
    rule = _pick(call) if config.knobs.faults else None
    if rule is None:
        return proceed()
    kind = rule["kind"]
    if kind == "throttle":
        code, status = THROTTLE.get(call.service.service_name, ("ThrottlingException", 400))
        raise AwsError(code, "Rate exceeded", status)
    if kind == "error":
        raise AwsError(rule.get("code", "InternalFailure"), rule.get("message", "A fault on demand."),
                       rule.get("status", 500))
    if kind == "refuse":
        raise DropReply
    if kind == "delay":
        time.sleep(rule.get("ms", 1000) / 1000)
        return proceed()
    proceed()
    raise DropReply

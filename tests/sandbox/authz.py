"""IAM's judgement of each call (knob `enforce_iam`).

The sandbox's own key stands for the account, which may do all.  A key that IAM handed
out may do what the policies of its user allow, and one from STS what those of its role
do.  What a call asks for says authz_reference.py, the rules are in authz_policy.py.
"""
import base64
import json

import authz_policy
import authz_state
import config
import registry
import upstream
from authz_reference import Ask, asks, log_delivery, service_linked_role
from errors import AwsError

# Each thing that was asked for while the knob was on: (action, resource, context, answer), for tests.
asked = []
_made_roles = set()
registry.on_reset(asked.clear)
registry.on_reset(_made_roles.clear)

# Service-linked roles that AWS makes in the caller's name when they are first needed.
NEEDS_ROLE = {("ecs", "CreateCluster"): "ecs.amazonaws.com", ("ecs", "CreateService"): "ecs.amazonaws.com",
              ("rds", "CreateDBInstance"): "rds.amazonaws.com",
              ("apigatewayv2", "CreateVpcLink"): "ops.apigateway.amazonaws.com"}


def middleware(call, proceed):
    if config.knobs.enforce_iam and call.key is not None:
        from app import LOCK
        with LOCK:
            _judge(call)
    return proceed()


def _judge(call):
    identity = authz_state.identity_of(call)
    if identity is None:
        return
    for ask in asks(call):
        answer = decide(call, identity, ask)
        if answer != "allowed":
            raise _refusal(call, ask, answer)
    if call.operation is None:
        return
    service = NEEDS_ROLE.get((call.service.service_name, call.name))
    if service is None and call.service.service_name == "apigatewayv2" and call.get("AccessLogSettings"):
        service = "ops.apigateway.amazonaws.com"
        if any(decide(call, identity, ask) != "allowed" for ask in log_delivery()):
            raise AwsError("BadRequestException", "Insufficient permissions to enable logging", 400)
    if service is not None:
        _service_role(call, identity, service)


def _service_role(call, identity, service):
    prefix = f"/aws-service-role/{service}/"
    roles = upstream.backend("iam", call.account, "aws").roles.values()
    if service in _made_roles or any(r.path == prefix for r in roles):
        return
    ask = service_linked_role(call, service)
    answer = decide(call, identity, ask)
    if answer == "allowed":
        _made_roles.add(service)
    elif call.service.service_name == "apigatewayv2":
        raise AwsError("BadRequestException", "Caller does not have permissions to create a Service Linked Role.", 400)
    else:
        raise _refusal(call, ask, answer)


def _context(call, ask):
    return {**ask.context, "aws:requestedregion": [call.region], "aws:principalaccount": [call.account],
            "aws:principalarn": [call.key.arn], "aws:username": [call.key.arn.rpartition("/")[2]]}


def decide(call, identity, ask):
    documents = [authz_policy.read(text) for text in authz_state.policies_of(call, identity)]
    context = _context(call, ask)
    answer = authz_policy.decide(documents, ask.action, ask.resource, context)
    asked.append((ask.action, ask.resource, context, answer))
    return answer


def may(call, *wanted):
    """Would these be allowed to who makes the call?  For what AWS does in his name later on."""
    if not config.knobs.enforce_iam or call.key is None:
        return True
    identity = authz_state.identity_of(call)
    return identity is None or all(decide(call, identity, ask) == "allowed" for ask in wanted)


def _refusal(call, ask, answer):
    """In the words and with the code of the service that was called."""
    name = call.service.service_name
    why = (f"because no identity-based policy allows the {ask.action} action" if answer == "unsaid" else
           "with an explicit deny in an identity-based policy")
    on = f"on resource: {ask.resource} " if ask.resource != "*" or name != "ec2" else ""
    message = f"User: {call.key.arn} is not authorized to perform: {ask.action} {on}{why}"
    if name == "ec2":
        blob = base64.urlsafe_b64encode(json.dumps({"allowed": False, "action": ask.action}).encode()).decode()
        return AwsError("UnauthorizedOperation", "You are not authorized to perform this operation. " + message +
                        f". Encoded authorization failure message: {blob}", 403)
    if call.protocol == "json":
        return AwsError("AccessDeniedException", message, 400)
    if call.protocol == "rest-json":
        return AwsError("AccessDeniedException", message, 403)
    return AwsError("AccessDenied", message, 403)


__all__ = ["Ask", "asked", "may", "middleware"]

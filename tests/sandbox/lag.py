"""Reads that lag behind writes: what was just made shows in lists only some seconds later.

AWS says so of EC2 (its Describe calls, by id too), of IAM's roles and of the tagging API; the
lists of API Gateway are held to it as well.  The knob `read_lag_s` is the delay, 0: none, and
`read_lag_jitter` the share of it that is left to chance.  What a write call brought into the
world is found by comparing what is there before and after it.

`use_lag` is the share of EC2's write calls that do not know such a thing yet either
(InvalidVpcID.NotFound and the like; network sheet 3).

The tagging API also tells old tags of what it shows, for `tag_value_lag_s` after a change.
"""
import contextlib
import random

import config
import registry
import upstream
from clock import clock
from errors import AwsError

_shown_at = {}      # ARN, or (service, id) -> when it begins to show
_old_tags = {}      # ARN -> [(until when, tags)], oldest first
registry.on_reset(_shown_at.clear)
registry.on_reset(_old_tags.clear)
NOT_FOUND = {"vpc": "InvalidVpcID.NotFound", "subnet": "InvalidSubnetID.NotFound", "sg": "InvalidGroup.NotFound",
             "igw": "InvalidInternetGatewayID.NotFound", "rtb": "InvalidRouteTableID.NotFound"}
READS = ("Describe", "List", "Get", "Search", "Filter", "BatchGet")


def _things(call):
    """{ARN: tags} of what lags; roles are without, the tagging API does not know them."""
    import tagging      # it imports the modules that ask here
    roles = upstream.backend("iam", call.account, "aws").roles.values() if call.service.service_name == "iam" else ()
    return {**{r.arn: {} for r in roles}, **{r.arn: dict(r.tags) for r in tagging.everything(call)}}


@contextlib.contextmanager
def watch(call):
    """Around a call: remembers what it makes, and which tags it changes."""
    if call.operation is None or call.name.startswith(READS) or \
            not (config.knobs.read_lag_s or config.knobs.tag_value_lag_s):
        yield
        return
    _refuse_unseen(call)
    before = _things(call)
    yield
    after = _things(call)
    delay = config.knobs.duration("read_lag_s") * (1 - random.random() * config.knobs.read_lag_jitter)
    due = clock.now() + delay
    for arn in after.keys() - before.keys():
        _shown_at[arn] = _shown_at[arn.split(":")[2], arn.rpartition("/")[2]] = due
        _old_tags.pop(arn, None)
    until = clock.now() + config.knobs.duration("tag_value_lag_s")
    for arn in after.keys() & before.keys():
        if after[arn] != before[arn]:
            _old_tags.setdefault(arn, []).append((until, before[arn]))


def tags(arn, now):
    """What the tagging API shows for the tags that a thing has now.  Without the knob it has caught up."""
    if not config.knobs.tag_value_lag_s:
        return now
    return next((old for until, old in _old_tags.get(arn, ()) if clock.now() < until), now)


def _texts(value):
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, str):
        yield value
    elif not isinstance(value, (int, float, bool, bytes, type(None))):
        for item in value:
            yield from _texts(item)


def _refuse_unseen(call):
    if call.service.service_name != "ec2" or random.random() >= config.knobs.use_lag:
        return
    for ident in _texts(call.params):
        code = NOT_FOUND.get(ident.partition("-")[0])
        if code and hides(("ec2", ident)):
            raise AwsError(code, f"The ID '{ident}' does not exist")


def hides(thing):
    """Is it too young to be seen?  An ARN, or (service, id)."""
    return clock.now() < _shown_at.get(thing, 0)

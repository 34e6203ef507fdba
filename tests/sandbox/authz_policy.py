"""Judging one request by policy documents, as IAM's evaluation logic says it.

A request is an action on one resource with a context of condition keys.  It is allowed
if a statement allows it and none denies it; keys, operators and actions are compared as
the IAM user guide says (actions and keys without regard to case, values with).
"""
import functools
import json
import re


def as_list(value):
    return value if isinstance(value, list) else [value]


@functools.lru_cache(maxsize=None)
def _pattern(text, ignore_case):
    parts = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text)
    return re.compile(parts, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def matches(text, pattern, ignore_case=False):
    return _pattern(pattern, ignore_case).fullmatch(text) is not None


def arn_matches(arn, pattern):
    """The six parts of an ARN are compared one by one: no wildcard reaches over a colon of the first five."""
    if pattern == "*":
        return True
    given, wanted = arn.split(":", 5), pattern.split(":", 5)
    return len(given) == len(wanted) and all(matches(g, w) for g, w in zip(given, wanted))


# --- conditions ----------------------------------------------------------------------

OPERATORS = {
    "stringequals": lambda have, want: have == want,
    "stringequalsignorecase": lambda have, want: have.lower() == want.lower(),
    "stringlike": matches,
    "arnequals": arn_matches, "arnlike": arn_matches,
    "bool": lambda have, want: have.lower() == want.lower(),
    "numericequals": lambda have, want: float(have) == float(want),
}


def _holds(operator, values, wanted):
    """`values` of the request against the values of the policy, by an operator's name; None: the key is absent."""
    name, quantifier = operator.lower(), None
    if ":" in name:
        quantifier, _, name = name.partition(":")
    if name == "null":
        return any((values is None) == (str(w).lower() == "true") for w in wanted)
    optional, name = name.endswith("ifexists"), name.removesuffix("ifexists")
    if values is None:
        if quantifier == "forallvalues" or optional:
            return True
        return "not" in name and quantifier is None
    negated, name = "not" in name, name.replace("not", "")
    if name not in OPERATORS:
        raise ValueError(f"the condition operator {operator} is not known here")

    def one(value):
        found = any(OPERATORS[name](value, str(w)) for w in wanted)
        return found != negated
    if quantifier == "forallvalues":
        return all(one(v) for v in values)
    return any(one(v) for v in values)


def condition_holds(condition, context):
    """All operators and all keys; `context` is {key in small letters: [values]}."""
    for operator, tests in (condition or {}).items():
        for key, wanted in tests.items():
            if not _holds(operator, context.get(key.lower()), as_list(wanted)):
                return False
    return True


# --- statements ----------------------------------------------------------------------

def _speaks_of(statement, action, resource, context):
    if "Action" in statement:
        if not any(matches(action, a, True) for a in as_list(statement["Action"])):
            return False
    elif any(matches(action, a, True) for a in as_list(statement["NotAction"])):
        return False
    # A request without a resource is judged as one for "*": only that allows it.
    if "Resource" in statement:
        if not any(_covers(r, resource, context) for r in as_list(statement["Resource"])):
            return False
    elif any(_covers(r, resource, context) for r in as_list(statement["NotResource"])):
        return False
    return condition_holds(statement.get("Condition"), context)


def _covers(pattern, resource, context):
    for key, values in context.items():
        pattern = pattern.replace("${" + key + "}", values[0] if values else "")
    return pattern == "*" if resource == "*" else arn_matches(resource, pattern)


def decide(documents, action, resource, context):
    """-> "allowed", "denied" (by a statement) or "unsaid" """
    answer = "unsaid"
    for document in documents:
        for statement in as_list(document["Statement"]):
            if not _speaks_of(statement, action, resource, context):
                continue
            if statement["Effect"] == "Deny":
                return "denied"
            answer = "allowed"
    return answer


@functools.lru_cache(maxsize=512)
def read(text):
    return json.loads(text)

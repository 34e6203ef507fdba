"""What IAM checks in a policy document before it takes it (network sheet 4.1, 4.3)."""
import json
import re

from errors import AwsError

CHARACTERS = re.compile("[\t\n\r\x20-\xff]+")
GITHUB = "token.actions.githubusercontent.com"


def _bad(message):
    return AwsError("MalformedPolicyDocument", message)


def parse(text):
    if not CHARACTERS.fullmatch(text or ""):
        raise _bad("The policy contains invalid characters")
    try:
        document = json.loads(text)
    except ValueError:
        raise _bad("This policy contains invalid Json") from None
    if not isinstance(document, dict) or not document.get("Statement"):
        raise _bad("Missing required field Statement")
    if document.get("Version", "2008-10-17") not in ("2012-10-17", "2008-10-17"):
        raise _bad("The policy must contain a valid version string")
    unknown = set(document) - {"Version", "Id", "Statement"}
    if unknown:
        raise _bad(f"Syntax error in policy: unknown field {sorted(unknown)[0]}")
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]


def as_list(value):
    return value if isinstance(value, list) else [value]


def check_trust(text, backend):
    if len(text) > 2048:
        raise AwsError("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", 409)
    for statement in parse(text):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise _bad("Missing required field Effect")
        for field in ("Resource", "NotResource"):
            if field in statement:
                raise _bad(f"Has prohibited field {field}")
        if "Action" not in statement and "NotAction" not in statement:
            raise _bad("Missing required field Action")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise _bad("Missing required field Principal")
        for action in as_list(statement.get("Action", [])):
            if not re.fullmatch(r"sts:[A-Za-z*]+", action):
                raise _bad("AssumeRole policy may only specify STS AssumeRole actions.")
        _check_principals(statement.get("Principal"), backend)
        _check_github(statement)


def _check_principals(principal, backend):
    if principal in (None, "*"):
        return
    if not isinstance(principal, dict):
        raise _bad("Invalid principal in policy")
    for kind, names in principal.items():
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
            raise _bad(f"Invalid principal in policy: \"{kind}\"")
        for name in as_list(names):
            match = re.fullmatch(r"arn:aws:iam::(\d{12}):(role|user)/(?:.*/)?([^/]+)", name)
            if kind == "AWS" and match and match.group(1) == backend.account_id:
                known = backend.roles.values() if match.group(2) == "role" else backend.users.values()
                if not any(k.arn == name for k in known):
                    raise _bad(f'Invalid principal in policy: "AWS":"{name}"')
            elif kind == "Service" and not re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", name):
                raise _bad(f'Invalid principal in policy: "SERVICE":"{name}"')
            elif kind == "AWS" and not match and name != "*" and \
                    not re.fullmatch(r"\d{12}|arn:aws:(iam|sts)::\d{12}:.+", name):
                raise _bad(f'Invalid principal in policy: "AWS":"{name}"')


def _check_github(statement):
    """Since June 2025 a trust in GitHub's shared issuer must look at who is asking."""
    principal = statement.get("Principal")
    federated = as_list(principal.get("Federated", [])) if isinstance(principal, dict) else []
    if statement.get("Effect") != "Allow" or not any(f.endswith("oidc-provider/" + GITHUB) for f in federated):
        return
    for operator, tests in (statement.get("Condition") or {}).items():
        if not re.fullmatch(r"(ForAnyValue:)?String(Equals|Like)(IgnoreCase)?", operator):
            continue
        for key, values in tests.items():
            if key.lower() == GITHUB + ":sub" and all(v.strip("*") for v in as_list(values)):
                return
    raise _bad(f"Trust policy for {GITHUB} must evaluate the claim {GITHUB}:sub with a specific value")


def check_inline(text, others):
    """An identity policy; all inline policies of a role share one quota, white space not counted."""
    for statement in parse(text):
        if not isinstance(statement, dict):
            raise _bad("Syntax errors in policy.")
        if "Principal" in statement or "NotPrincipal" in statement:
            raise _bad("Policy document should not specify a principal.")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise _bad("Syntax errors in policy.")
        if not ({"Action", "NotAction"} & set(statement)):
            raise _bad("Policy statement must contain actions.")
        if not ({"Resource", "NotResource"} & set(statement)):
            raise _bad("Policy statement must contain resources.")
        for action in as_list(statement.get("Action", [])):
            if action != "*" and not re.fullmatch(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+", action):
                raise _bad("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        for resource in as_list(statement.get("Resource", [])):
            if resource != "*" and not resource.startswith(("arn:", "${")) and "*" not in resource:
                raise _bad(f"Resource {resource} must be in ARN format or \"*\".")
    size = sum(len(re.sub(r"\s", "", d)) for d in [text, *others])
    if size > 10240:
        raise AwsError("LimitExceeded", "Maximum policy size of 10240 bytes exceeded for the role", 409)

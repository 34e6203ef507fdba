"""botocore's service models, with the paths of our tables looked up in them."""
import re
import sys

try:
    import botocore.session
    from botocore.exceptions import DataNotFoundError, UnknownServiceError
except ImportError:
    print("botocore is not installed")
    sys.exit(77)

# Our name -> botocore's, where they differ.
NAMES = {
    "apigateway": "apigatewayv2",
    "tagging": "resourcegroupstaggingapi",
    "sso_oidc": "sso-oidc",
}
session = botocore.session.get_session()


def model(name):
    return session.get_service_model(NAMES.get(name, name))


def paginators(name):
    try:
        loader = session.get_component("data_loader")
        return loader.load_service_model(NAMES.get(name, name), "paginators-1")["pagination"]
    except (DataNotFoundError, UnknownServiceError):
        return {}


def operation(service, action):
    """The operation of an action: its name, or method and path of a REST one ({} for any label)."""
    if " " not in action:
        return service.operation_model(action)
    method, path = action.split(" ", 1)
    for name in service.operation_names:
        op = service.operation_model(name)
        uri = op.http["requestUri"].split("?")[0]
        if op.http["method"] == method and re.sub(r"{.*?}", "{}", uri) == re.sub(r"{.*?}", "{}", path):
            return op
    raise KeyError(action)


def _wire_name(protocol, name, shape, answer):
    given = shape.serialization
    if protocol == "ec2" and not answer:
        if "queryName" in given:
            return given["queryName"]
        local = given.get("name", name)
        return local[0].upper() + local[1:]
    return ("?" if given.get("location") == "querystring" else "") + given.get("name", name)


def _flat(protocol, shape, answer):
    if answer:
        return shape.serialization.get("flattened") or protocol in ("json", "rest-json")
    return protocol in ("ec2", "json", "rest-json") or shape.serialization.get("flattened")


def lookup(protocol, shape, path, answer=False):
    """The shape that a wire path names; KeyError with what there is, if it names none."""
    for step in [s for s in re.split(r"\.|\[\d*\]", path) if s]:
        while shape.type_name == "list" and _flat(protocol, shape, answer):
            shape = shape.member
        if shape.type_name == "list":
            item = shape.member.serialization.get("name", "member")
            if item != step:
                raise KeyError(f"{step} is {item} in {path}")
            shape = shape.member
            continue
        if shape.type_name != "structure":
            raise KeyError(f"{step} below a {shape.type_name} in {path}")
        names = {_wire_name(protocol, n, s, answer): s for n, s in shape.members.items()}
        if step not in names:
            raise KeyError(f"no {step} for {path}: {', '.join(sorted(names))}")
        shape = names[step]
    return shape

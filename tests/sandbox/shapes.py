"""Does a request fit the model: required members, ranges, lengths, patterns, enums.

botocore checks types and minima only, on the client's side; AWS checks everything.
The first violation makes the answer, in the words and with the code of the service.
"""
import functools
import re

from errors import invalid_shape

MASK = "****"
SECRET_NAMES = {"MasterUserPassword", "SecretString", "SecretBinary", "Password", "NewPassword",
                "OldPassword", "WebIdentityToken", "SAMLAssertion", "TokenCode", "PrivateKey"}


def check(service, request, strict):
    """Raise the service's own error for the first thing that is wrong."""
    if request.problems:
        raise invalid_shape(service, request.problems[0])
    if strict and request.unknown:
        name = request.unknown[0]
        raise invalid_shape(service, f"Unknown parameter '{name}' for {request.operation.name}", unknown=name)
    if request.operation.input_shape is not None:
        _Checker(service).structure(request.operation.input_shape, request.params, "")


class _Checker:
    def __init__(self, service):
        self.service = service

    def fail(self, value, path, rule):
        shown = "null" if value is None else value
        raise invalid_shape(self.service, f"1 validation error detected: Value '{shown}' at '{path}' "
                                          f"failed to satisfy constraint: {rule}")

    def structure(self, shape, params, path):
        for name in shape.required_members:
            if name not in params:
                where = f"{path}.{name}" if path else name
                raise invalid_shape(
                    self.service, f"1 validation error detected: Value null at '{where}' failed to satisfy "
                                  "constraint: Member must not be null", missing=where)
        for name, value in params.items():
            if value is not None:
                self.value(shape.members[name], value, f"{path}.{name}" if path else name)
        if getattr(shape, "is_tagged_union", False) and len(params) != 1:
            self.fail(sorted(params), path, "exactly one member of a union must be set")

    def value(self, shape, value, path):
        kind, meta = shape.type_name, shape.metadata
        if kind == "structure":
            if not getattr(shape, "is_document_type", False):
                self.structure(shape, value, path)
        elif kind == "list":
            self._size(meta, len(value), value, path)
            for index, item in enumerate(value):
                self.value(shape.member, item, f"{path}.{index + 1}.member")
        elif kind == "map":
            self._size(meta, len(value), value, path)
            for key, item in value.items():
                self.value(shape.key, key, f"{path}.key")
                self.value(shape.value, item, f"{path}.{key}")
        elif kind in ("integer", "long", "float", "double"):
            if "min" in meta and value < meta["min"]:
                self.fail(value, path, f"Member must have value greater than or equal to {meta['min']}")
            if "max" in meta and value > meta["max"]:
                self.fail(value, path, f"Member must have value less than or equal to {meta['max']}")
        elif kind == "string":
            self._string(shape, meta, value, path)

    def _size(self, meta, size, value, path):
        if "min" in meta and size < meta["min"]:
            self.fail("" if isinstance(value, str) else "[]", path,
                      f"Member must have length greater than or equal to {meta['min']}")
        if "max" in meta and size > meta["max"]:
            self.fail("(too long)", path, f"Member must have length less than or equal to {meta['max']}")

    def _string(self, shape, meta, value, path):
        shown = MASK if meta.get("sensitive") else value
        self._size(meta, len(value), value, path)
        if meta.get("enum") and value not in meta["enum"]:
            self.fail(shown, path, f"Member must satisfy enum value set: [{', '.join(meta['enum'])}]")
        if "pattern" in meta:
            pattern = _pattern(meta["pattern"])
            if pattern is not None and not pattern.fullmatch(value):
                self.fail(shown, path, f"Member must satisfy regular expression pattern: {meta['pattern']}")


@functools.lru_cache(maxsize=None)
def _pattern(text):
    """The models write Java regular expressions; None when Python cannot express one."""
    text = re.sub(r"\\p\{Alnum\}", "A-Za-z0-9", text)
    text = re.sub(r"\\p\{(?:L|Alpha|IsAlphabetic)\}", r"\\w", text)
    text = re.sub(r"\\p\{(?:N|Nd)\}", r"\\d", text)
    text = re.sub(r"\\p\{(?:Z|Zs)\}", r"\\s", text)
    try:
        return re.compile(text, re.DOTALL)
    except re.error:
        return None


def mask(operation, params):
    """A copy of the parameters that may be written to the log."""
    if operation is None or operation.input_shape is None:
        return {}
    return _mask(operation.input_shape, params, operation.service_model.service_name)


def _mask(shape, value, service, name=None):
    if shape.metadata.get("sensitive") or name in SECRET_NAMES or (service == "ssm" and name == "Value"):
        return MASK
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {k: _mask(shape.members[k], v, service, k) for k, v in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_mask(shape.member, v, service, name) for v in value]
    if kind == "map" and isinstance(value, dict):
        return {k: _mask(shape.value, v, service, name) for k, v in value.items()}
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value

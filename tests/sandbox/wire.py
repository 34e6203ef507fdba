"""From the wire to parameters: the inverse of botocore's serialisers.

botocore writes requests and reads answers, never the other way round.  This module
reads a request into the dictionary that a client would have passed, and collects in
`unknown` every piece of the request that the model has no member for.
"""
import base64
import binascii
import json
import xml.etree.ElementTree as ET
from urllib.parse import parse_qsl, unquote_plus

import model
from errors import AwsError


class Request:
    """One parsed request: operation, parameters and what did not fit."""

    def __init__(self, operation, params, unknown, problems):
        self.operation, self.params = operation, params
        self.unknown, self.problems = unknown, problems


def read(service, protocol, http):
    if protocol in ("query", "ec2"):
        return _read_query(service, protocol, http)
    if protocol == "json":
        return _read_json(service, http)
    if protocol in ("rest-json", "rest-xml"):
        return _read_rest(service, protocol, http)
    return None


# --- query and ec2 -------------------------------------------------------------------

def form(http):
    if http.method == "POST":
        text = http.body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True))
    return dict(parse_qsl(http.query, keep_blank_values=True))


def _read_query(service, protocol, http):
    fields = form(http)
    action, version = fields.pop("Action", None), fields.pop("Version", None)
    if not action:
        raise AwsError("MissingAction", "No action was supplied with this request.")
    if version != service.metadata["apiVersion"]:
        raise AwsError("InvalidAction", f"Could not find operation {action} for version {version}")
    operation = model.operation(service, action)
    tree = {}
    for key, value in fields.items():
        node = tree
        for part in key.split("."):
            node = node.setdefault(part, {})
        node[""] = value
    reader = _QueryReader(protocol)
    params = {}
    if operation.input_shape is not None:
        params = reader.structure(operation.input_shape, tree, "")
    else:
        reader.unknown.extend(fields)
    return Request(operation, params, reader.unknown, reader.problems)


class _QueryReader:
    def __init__(self, protocol):
        self.ec2 = protocol == "ec2"
        self.unknown, self.problems = [], []

    def _name(self, shape, default):
        if self.ec2:
            if "queryName" in shape.serialization:
                return shape.serialization["queryName"]
            name = shape.serialization.get("name", default)
            return name[0].upper() + name[1:]
        return shape.serialization.get("name", default)

    def structure(self, shape, node, path):
        result, seen = {}, {""}
        for member, member_shape in shape.members.items():
            if not self.ec2 and member_shape.type_name == "list" and self._flat(member_shape):
                name = member_shape.member.serialization.get("name") or self._name(member_shape, member)
            else:
                name = self._name(member_shape, member)
            if name in node:
                seen.add(name)
                result[member] = self.value(member_shape, node[name], f"{path}.{name}" if path else name)
        self._leftover(node, seen, path)
        return result

    def _flat(self, shape):
        return shape.serialization.get("flattened", False)

    def _leftover(self, node, seen, path):
        for name in node:
            if name not in seen:
                self.unknown.append(f"{path}.{name}" if path else name)

    def value(self, shape, node, path):
        kind = shape.type_name
        if kind == "structure":
            if "" in node and node[""] != "":
                self.unknown.append(path)
            return self.structure(shape, node, path)
        if kind == "list":
            return self._list(shape, node, path)
        if kind == "map":
            return self._map(shape, node, path)
        self._leftover(node, {""}, path)
        return self._scalar(shape, node.get("", ""), path)

    def _list(self, shape, node, path):
        if node.get(""):        # `List=` alone means an empty list, `List=value` nothing
            self.unknown.append(path)
        if not self.ec2 and not self._flat(shape):
            name = shape.member.serialization.get("name", "member")
            if name not in node:
                self._leftover(node, {""}, path)
                return []
            self._leftover(node, {name, ""}, path)
            node, path = node[name], f"{path}.{name}"
        items = []
        keys = [k for k in node if k != ""]
        for key in sorted(keys, key=lambda k: int(k) if k.isdigit() else 0):
            if not key.isdigit() or int(key) < 1:
                self.unknown.append(f"{path}.{key}")
                continue
            items.append(self.value(shape.member, node[key], f"{path}.{key}"))
        return items

    def _map(self, shape, node, path):
        if not self._flat(shape):
            node, path = node.get("entry", {}), path + ".entry"
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        result = {}
        for index in sorted((k for k in node if k.isdigit()), key=int):
            entry = node[index]
            key = entry.get(key_name, {}).get("", "")
            result[key] = self.value(shape.value, entry.get(value_name, {}), f"{path}.{index}")
        return result

    def _scalar(self, shape, text, path):
        return scalar(shape, text, path, self.problems)


def scalar(shape, text, path, problems):
    """A value that travels as text."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except (ValueError, KeyError, binascii.Error):
        problems.append(f"Invalid value '{text}' for {path}: not a valid {kind}")
        return None
    return text


# --- json ----------------------------------------------------------------------------

def _read_json(service, http):
    prefix, _, name = http.headers.get("x-amz-target", "").rpartition(".")
    if prefix != service.metadata.get("targetPrefix"):
        raise AwsError("UnknownOperationException", f"unknown target prefix {prefix!r}")
    operation = model.operation(service, name, "UnknownOperationException")
    kind = http.headers.get("content-type", "")
    if not kind.startswith("application/x-amz-json-"):
        raise AwsError("SerializationException", f"unexpected content type {kind!r}")
    reader = _JsonReader()
    data = _json_body(http.body)
    params = {}
    if operation.input_shape is not None:
        params = reader.structure(operation.input_shape, data, "")
    elif data:
        reader.unknown.extend(data)
    return Request(operation, params, reader.unknown, reader.problems)


def _json_body(body):
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        raise AwsError("SerializationException", "the body is not valid JSON") from None
    if not isinstance(data, dict):
        raise AwsError("SerializationException", "Start of structure or map found where not expected.")
    return data


class _JsonReader:
    TYPES = {"string": str, "character": str, "integer": int, "long": int, "boolean": bool,
             "float": (int, float), "double": (int, float), "structure": dict, "map": dict,
             "list": list, "blob": str, "timestamp": (int, float, str)}

    def __init__(self):
        self.unknown, self.problems = [], []

    def structure(self, shape, data, path, skip=()):
        result, seen = {}, set()
        for member, member_shape in shape.members.items():
            name = member_shape.serialization.get("name", member)
            if member in skip or name not in data:
                continue
            seen.add(name)
            if data[name] is None:
                continue
            result[member] = self.value(member_shape, data[name], f"{path}.{name}" if path else name)
        for name in data:
            if name not in seen:
                self.unknown.append(f"{path}.{name}" if path else name)
        return result

    def value(self, shape, data, path):
        kind = shape.type_name
        if getattr(shape, "is_document_type", False):
            return data
        wanted = self.TYPES[kind]
        if not isinstance(data, wanted) or (isinstance(data, bool) and kind != "boolean"):
            raise AwsError("SerializationException",
                           f"{type(data).__name__} value can not be converted to {kind} at {path}")
        if kind == "structure":
            return self.structure(shape, data, path)
        if kind == "list":
            return [self.value(shape.member, v, f"{path}[{i}]") for i, v in enumerate(data)]
        if kind == "map":
            return {k: self.value(shape.value, v, f"{path}.{k}") for k, v in data.items()}
        if kind == "blob":
            return scalar(shape, data, path, self.problems)
        return data


# --- rest ----------------------------------------------------------------------------

def query_lists(text):
    result = {}
    for piece in text.split("&") if text else []:
        key, _, value = piece.partition("=")
        result.setdefault(unquote_plus(key), []).append(unquote_plus(value))
    return result


def _read_rest(service, protocol, http):
    query = query_lists(http.query)
    path = http.path
    if service.service_name == "s3":
        return None     # bucket addressing and streaming bodies: signature only
    operation, labels = model.rest_operation(service, http.method, path, query)
    shape = operation.input_shape
    if shape is None:
        return Request(operation, {}, list(query), [])
    params, unknown, problems = {}, [], []
    used = {k for k in operation.http["requestUri"].partition("?")[2].split("&") for k in [k.partition("=")[0]]}
    outside, rest_of_query = set(), None
    for member, member_shape in shape.members.items():
        where = member_shape.serialization.get("location")
        name = member_shape.serialization.get("name", member)
        if where is None:
            continue
        outside.add(member)
        if where == "uri" and model.label_name(name) in labels:
            params[member] = scalar(member_shape, labels[model.label_name(name)], name, problems)
        elif where == "querystring":
            if member_shape.type_name == "map":
                rest_of_query = member
                continue
            used.add(name)
            if name in query:
                params[member] = _query_value(member_shape, query[name], name, problems)
        elif where == "header" and name.lower() in http.headers:
            params[member] = scalar(member_shape, http.headers[name.lower()], name, problems)
    if rest_of_query:
        params[rest_of_query] = {k: v for k, v in query.items() if k not in used}
    else:
        unknown.extend(k for k in query if k not in used)
    payload = shape.serialization.get("payload")
    body_shape = shape.members[payload] if payload else shape
    if protocol == "rest-json" and http.body and body_shape.type_name == "structure":
        reader = _JsonReader()
        data = reader.structure(body_shape, _json_body(http.body), "", skip=() if payload else outside)
        params.update({payload: data} if payload else data)
        unknown += reader.unknown
        problems += reader.problems
    elif protocol == "rest-xml" and http.body and body_shape.type_name == "structure":
        try:
            root = ET.fromstring(http.body)
        except ET.ParseError:
            raise AwsError("MalformedXML", "The XML you provided was not well-formed") from None
        data = _xml(body_shape, root, "", unknown, problems, skip=() if payload else outside)
        params.update({payload: data} if payload else data)
    elif payload and http.body:
        params[payload] = http.body
    return Request(operation, params, unknown, problems)


def _query_value(shape, values, name, problems):
    if shape.type_name == "list":
        return [scalar(shape.member, v, name, problems) for v in values]
    return scalar(shape, values[-1], name, problems)


def _xml(shape, node, path, unknown, problems, skip=()):
    kind = shape.type_name
    here = f"{path}.{_tag(node)}" if path else _tag(node)
    if kind == "structure":
        result, seen = {}, set()
        for member, member_shape in shape.members.items():
            if member in skip:
                continue
            flat = member_shape.type_name == "list" and member_shape.serialization.get("flattened")
            name = member_shape.serialization.get("name", member)
            found = [c for c in node if _tag(c) == name]
            seen.add(name)
            if found and flat:
                result[member] = [_xml(member_shape.member, c, here, unknown, problems) for c in found]
            elif found:
                result[member] = _xml(member_shape, found[0], here, unknown, problems)
        unknown.extend(f"{here}.{_tag(c)}" for c in node if _tag(c) not in seen)
        return result
    if kind == "list":
        name = shape.member.serialization.get("name", "member")
        unknown.extend(f"{here}.{_tag(c)}" for c in node if _tag(c) != name)
        return [_xml(shape.member, c, here, unknown, problems) for c in node if _tag(c) == name]
    return scalar(shape, node.text or "", here, problems)


def _tag(node):
    return node.tag.rpartition("}")[2]

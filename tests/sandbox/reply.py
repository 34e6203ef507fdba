"""From a result to the wire: the inverse of botocore's response parsers."""
import base64
import json
from datetime import datetime, timezone
from xml.sax.saxutils import escape


def render(operation, protocol, result, request_id):
    """-> (status, headers, body) for a result given as the dictionary a client would see."""
    headers = {"x-amzn-RequestId": request_id}
    status = operation.http.get("responseCode", 200) or 200
    shape = operation.output_shape
    if protocol in ("query", "ec2"):
        headers["Content-Type"] = "text/xml;charset=UTF-8"
        return status, headers, _xml_body(operation, protocol, shape, result, request_id)
    if protocol == "json":
        headers["Content-Type"] = "application/x-amz-json-1.1"
        body = _json(shape, result, "unixtimestamp") if shape is not None else {}
        return status, headers, json.dumps(body).encode()
    headers["Content-Type"] = "application/json"
    if status == 204 or shape is None:
        return status, headers, b""
    body = {}
    for member, member_shape in shape.members.items():
        if result.get(member) is None:
            continue
        where = member_shape.serialization.get("location")
        name = member_shape.serialization.get("name", member)
        if where == "header":
            headers[name] = str(result[member])
        elif where is None:
            body[name] = _json(member_shape, result[member], "unixtimestamp")
    return status, headers, json.dumps(body).encode()


def timestamp(value, style):
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        value = datetime.fromtimestamp(value, timezone.utc)
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    if style == "unixtimestamp":
        return round(value.timestamp(), 3)
    return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def _json(shape, value, style):
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return value
    if kind == "structure":
        return {s.serialization.get("name", m): _json(s, value[m], style)
                for m, s in shape.members.items() if value.get(m) is not None}
    if kind == "list":
        return [_json(shape.member, v, style) for v in value]
    if kind == "map":
        return {k: _json(shape.value, v, style) for k, v in value.items()}
    if kind == "timestamp":
        return timestamp(value, shape.serialization.get("timestampFormat", style))
    if kind == "blob":
        return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()
    return value


def _xml_body(operation, protocol, shape, result, request_id):
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    name = operation.name
    xmlns = operation.service_model.metadata.get("xmlNamespace", "")
    if protocol == "ec2":
        xmlns = xmlns or f"http://ec2.amazonaws.com/doc/{operation.service_model.api_version}/"
        out.append(f'<{name}Response xmlns="{xmlns}"><requestId>{request_id}</requestId>')
        if shape is not None:
            _xml_members(shape, result, out)
        out.append(f"</{name}Response>")
        return "".join(out).encode()
    out.append(f'<{name}Response xmlns="{xmlns}">')
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{name}Result")
        out.append(f"<{wrapper}>")
        _xml_members(shape, result, out)
        out.append(f"</{wrapper}>")
    out.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>")
    return "".join(out).encode()


def _xml_members(shape, value, out):
    for member, member_shape in shape.members.items():
        if value.get(member) is not None:
            _xml(member_shape, value[member], member_shape.serialization.get("name", member), out)


def _xml(shape, value, name, out):
    kind = shape.type_name
    if kind == "structure":
        out.append(f"<{name}>")
        _xml_members(shape, value, out)
        out.append(f"</{name}>")
    elif kind == "list":
        item = shape.member.serialization.get("name", "member")
        if shape.serialization.get("flattened"):
            for v in value:
                _xml(shape.member, v, shape.member.serialization.get("name", name), out)
            return
        out.append(f"<{name}>")
        for v in value:
            _xml(shape.member, v, item, out)
        out.append(f"</{name}>")
    elif kind == "map":
        out.append(f"<{name}>")
        for k, v in value.items():
            out.append("<entry>")
            _xml(shape.key, k, shape.key.serialization.get("name", "key"), out)
            _xml(shape.value, v, shape.value.serialization.get("name", "value"), out)
            out.append("</entry>")
        out.append(f"</{name}>")
    else:
        if kind == "boolean":
            text = "true" if value in (True, "true") else "false"
        elif kind == "timestamp":
            text = timestamp(value, "iso8601")
        elif kind == "blob":
            text = base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()
        else:
            text = escape(str(value))
        out.append(f"<{name}>{text}</{name}>")

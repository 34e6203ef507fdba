"""Errors in the shape and with the code of the service that answers (network sheet 13)."""
import json
from xml.sax.saxutils import escape


class AwsError(Exception):
    """An answer that is an error.  `fields` are extra members of a modelled exception."""

    def __init__(self, code, message, status=400, **fields):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.fields = code, message, status, fields


class DropReply(Exception):
    """Close the connection without an answer although the call was done (a fault)."""


class ResetReply(DropReply):
    """As DropReply, but the client sees a reset, not an end."""


class RawReply(Exception):
    """An answer that does not come from a service; `length` is what Content-Length says if that is not the truth."""

    def __init__(self, status, headers, body, length=None):
        super().__init__(status)
        self.status, self.headers, self.body, self.length = status, headers, body, length


def invalid_shape(service, message, missing=None, unknown=None):
    """The code that a service uses when the request does not fit its model."""
    name = service.service_name
    if name == "ec2":
        if missing:
            return AwsError("MissingParameter", f"The request must contain the parameter {missing}")
        if unknown:
            return AwsError("UnknownParameter", f"The parameter {unknown} is not recognized")
        return AwsError("InvalidParameterValue", message)
    if name in ("rds", "elbv2", "sns", "cloudwatch"):
        if missing:
            return AwsError("MissingParameter", f"The request must contain the parameter {missing}")
        return AwsError("InvalidParameterValue", message)
    if name in ("iam", "sts"):
        return AwsError("ValidationError", message)
    code = {
        "logs": "InvalidParameterException", "ecr": "InvalidParameterException",
        "ecs": "InvalidParameterException", "servicediscovery": "InvalidInput",
        "resourcegroupstaggingapi": "InvalidParameterException",
        "apigatewayv2": "BadRequestException", "apigateway": "BadRequestException",
        "route53": "InvalidInput", "s3": "InvalidRequest", "budgets": "InvalidParameterException",
    }.get(name, "ValidationException")
    return AwsError(code, message)


def render(error, protocol, service_name, xmlns, request_id):
    """-> (status, headers, body) of an error on the wire."""
    code, message, status = error.code, error.message, error.status
    headers = {"x-amzn-RequestId": request_id}
    if protocol == "json":
        headers["Content-Type"] = "application/x-amz-json-1.1"
        body = {"__type": code, "message": message, **error.fields}
        return status, headers, json.dumps(body).encode()
    if protocol == "rest-json":
        headers["Content-Type"] = "application/json"
        headers["x-amzn-ErrorType"] = code
        return status, headers, json.dumps({"message": message, **error.fields}).encode()
    headers["Content-Type"] = "text/xml"
    code, message = escape(code), escape(message)
    if protocol == "ec2":
        body = (f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
                f"<RequestID>{request_id}</RequestID></Response>")
    elif service_name == "s3":
        headers["x-amz-request-id"] = request_id
        body = (f"<Error><Code>{code}</Code><Message>{message}</Message>"
                f"<RequestId>{request_id}</RequestId><HostId>sandbox</HostId></Error>")
    else:
        kind = "Sender" if status < 500 else "Receiver"
        attr = f' xmlns="{xmlns}"' if xmlns else ""
        body = (f"<ErrorResponse{attr}><Error><Type>{kind}</Type><Code>{code}</Code>"
                f"<Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>")
    return status, headers, ('<?xml version="1.0" encoding="UTF-8"?>\n' + body).encode()

"""The bridge to moto: one dispatcher in this process, called without a socket.

A call can be passed on as it came, or with other parameters; in the second case the
request is written by botocore's serialiser and the answer read by its parser, so a
mend sees the same dictionaries that a client of boto3 would see.
"""
import io
import logging
import os
import traceback
from urllib.parse import unquote, urlencode

os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

from botocore import parsers, serialize  # noqa: E402
import moto.iam.models as moto_iam  # noqa: E402
from moto import backends  # noqa: E402
from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402

from errors import AwsError  # noqa: E402

logging.getLogger("moto").setLevel(logging.CRITICAL)
# moto looks through its own folders for the names of its services at every request.
SERVICES = list(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: SERVICES
_dispatch = DomainDispatcherApplication(create_backend_app)
_serializers, _parsers = {}, {}
_aws_policies = {}
_load_aws_policies = moto_iam.IAMBackend._init_aws_policies


def _cached_aws_policies(iam):
    """Parsing AWS's 1400 managed policies takes longer than a test, and every call to any
    service asks IAM for the account of its key; the policies themselves never change."""
    if iam.partition not in _aws_policies:
        _aws_policies[iam.partition] = _load_aws_policies(iam)
    for policy in _aws_policies[iam.partition]:
        policy.attachment_count = 0
    return list(_aws_policies[iam.partition])


moto_iam.IAMBackend._init_aws_policies = _cached_aws_policies


def backend(service, account, region):
    return backends.get_backend(service)[account][region]


def touch(service, account):
    """Make moto load a service."""
    found = backends.get_backend(service)[account]
    found["us-east-1" if "us-east-1" in found else "aws"]


def reset():
    """Forget all state.  moto's own reset rebuilds every backend at once, which takes seconds."""
    from moto.core.base_backend import BackendDict, backend_lock
    from moto.core.model_instances import reset_model_data
    with backend_lock:
        for found in BackendDict._instances:
            found.clear()
        BackendDict._instances.clear()
    reset_model_data()


def forward(http):
    """Pass a request on as it came -> (status, headers, body)."""
    return _call(http.method, http.target, http.headers, http.body)


def _call(method, target, headers, body):
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": unquote(path).encode().decode("latin-1"), "QUERY_STRING": query,
        "RAW_URI": target, "REQUEST_URI": target, "SCRIPT_NAME": "", "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False, "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            environ["HTTP_" + key] = value
    answer = {}

    def start_response(status, response_headers, exc_info=None):
        answer["status"] = int(status.split(" ", 1)[0])
        answer["headers"] = dict(response_headers)
        return lambda data: None

    try:
        chunks = _dispatch(environ, start_response)
    except Exception as problem:    # moto_server makes a page of HTML with status 500 of it
        if not isinstance(problem, NotImplementedError):
            traceback.print_exc()
        return 500, {"Content-Type": "text/html"}, b""
    content = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    return answer["status"], answer["headers"], content


def call(operation, protocol, params, http):
    """Run an operation on moto with these parameters -> the parsed result."""
    if protocol not in _serializers:
        _serializers[protocol] = serialize.create_serializer(protocol, include_validation=False)
        _parsers[protocol] = parsers.create_parser(protocol)
    request = _serializers[protocol].serialize_to_request(params, operation)
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body).encode()
    elif isinstance(body, str):
        body = body.encode()
    target = request["url_path"]
    if request.get("query_string"):
        target += "?" + urlencode(request["query_string"], doseq=True)
    headers = {k: v for k, v in http.headers.items() if k in ("authorization", "host", "x-amz-security-token")}
    headers.update(request["headers"])
    if protocol in ("query", "ec2"):
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    status, answer_headers, content = _call(request["method"], target, headers, body)
    check_implemented(operation, status, answer_headers)
    parsed = _parsers[protocol].parse(
        {"status_code": status, "headers": _Insensitive(answer_headers), "body": content}, operation.output_shape)
    if status >= 300:
        error = parsed.get("Error", {})
        raise AwsError(error.get("Code") or str(status), error.get("Message") or "", status)
    parsed.pop("ResponseMetadata", None)
    return parsed


def check_implemented(operation, status, headers):
    kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
    if status in (404, 500, 405) and kind.startswith("text/html"):
        name = operation.name if operation is not None else "the operation"
        raise AwsError("SandboxNotImplemented",
                       f"the local AWS does not implement {name} (or failed inside it)", 400)


class _Insensitive(dict):
    def __init__(self, values):
        super().__init__({k.lower(): v for k, v in values.items()})

    def get(self, key, default=None):
        return super().get(key.lower(), default)

    def __getitem__(self, key):
        return super().__getitem__(key.lower())

    def __contains__(self, key):
        return super().__contains__(key.lower())

"""Signature Version 4, checked as AWS checks it (network sheet 11 and 13).

The canonical request is botocore's own, computed over the headers that the client says
it signed; nothing here trusts the client's word for anything else.  Every refusal has
the code, status and wording family of the service that was called.
"""
import calendar
import hashlib
import hmac
import os
import re
import time

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import config
import model
from clock import wall
from errors import AwsError

ACCOUNT = "123456789012"
UNSIGNED_BODIES = ("UNSIGNED-PAYLOAD", "STREAMING-")


class Key:
    """One access key: its secret and whom it stands for."""

    def __init__(self, akid, secret, arn, user_id, token=None, expires=None, account=ACCOUNT):
        self.akid, self.secret, self.token, self.expires = akid, secret, token, expires
        self.arn, self.user_id, self.account = arn, user_id, account
        self.active = True


class Keys:
    def __init__(self):
        self.clear()

    def clear(self):
        self._keys = {}
        self.add(Key(os.environ.get("BERTH_SANDBOX_ACCESS_KEY_ID", "AKIASANDBOXEXAMPLE00"),
                     os.environ.get("BERTH_SANDBOX_SECRET_ACCESS_KEY", "sandbox-secret-not-a-real-key"),
                     f"arn:aws:iam::{ACCOUNT}:user/sandbox", "AIDASANDBOXEXAMPLE00"))

    def add(self, key):
        self._keys[key.akid] = key

    def remove(self, akid):
        self._keys.pop(akid, None)

    def get(self, akid):
        return self._keys.get(akid)


keys = Keys()

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})$")


class Scope:
    """What an Authorization header says, before it is believed."""

    def __init__(self, akid, date, region, name, signed, signature):
        self.akid, self.date, self.region, self.name = akid, date, region, name
        self.signed, self.signature = signed, signature


def read_scope(headers):
    """-> Scope, or None when the request is not signed."""
    text = headers.get("authorization")
    if not text:
        return None
    match = AUTHORIZATION.match(text.strip())
    parts = match.group(1).split("/") if match else ()
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise AwsError("IncompleteSignature", "Authorization header requires 'Credential', 'Signature' and "
                                              "'SignedHeaders' parameters in the form of Signature Version 4.")
    return Scope(parts[0], parts[1], parts[2], parts[3], match.group(2).split(";"), match.group(3))


def refuse(kind, protocol, service, message):
    """The AwsError for one kind of refusal, as this service would word it."""
    json_like = protocol in ("json", "rest-json")
    status = 400 if protocol == "json" else 403
    if service == "ec2":
        code, status = {"expired": ("RequestExpired", 400), "missing": ("MissingAuthenticationToken", 403),
                        "malformed": ("IncompleteSignature", 400)}.get(kind, ("AuthFailure", 401))
        if code == "AuthFailure":
            message = "AWS was not able to validate the provided access credentials"
    elif service == "s3":
        code = {"signature": "SignatureDoesNotMatch", "expired": "RequestTimeTooSkewed", "missing": "AccessDenied",
                "unknown": "InvalidAccessKeyId", "token": "ExpiredToken",
                "malformed": "AuthorizationHeaderMalformed"}[kind]
        status = 400 if kind in ("token", "malformed") else 403
    elif json_like:
        code = {"signature": "InvalidSignatureException", "expired": "InvalidSignatureException",
                "missing": "MissingAuthenticationTokenException", "unknown": "UnrecognizedClientException",
                "token": "ExpiredTokenException", "malformed": "IncompleteSignatureException"}[kind]
    else:
        code = {"signature": "SignatureDoesNotMatch", "expired": "SignatureDoesNotMatch",
                "missing": "MissingAuthenticationToken", "unknown": "InvalidClientTokenId",
                "token": "ExpiredToken", "malformed": "IncompleteSignature"}[kind]
        status = 400 if kind == "malformed" else 403
    return AwsError(code, message, status)


def verify(http, scope, service, protocol):
    """-> the Key that signed this request, or raise the service's own refusal."""
    name = service.service_name

    def no(kind, message):
        return refuse(kind, protocol, name, message)

    if scope is None:
        raise no("missing", "Request is missing Authentication Token")
    key = keys.get(scope.akid)
    if key is None or not key.active:
        raise no("unknown", "The security token included in the request is invalid.")
    stamp = _stamp(http.headers, no)
    if stamp[:8] != scope.date:
        raise no("signature", f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                              f"from HTTP: '{scope.date}' != '{stamp[:8]}'")
    skew = wall() - calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    if abs(skew) > config.knobs.clock_skew_s:
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(wall()))
        words = ("Signature expired: {} is now earlier than {} ({} - 5 min.)" if skew > 0 else
                 "Signature not yet current: {} is still later than {} ({} + 5 min.)")
        bound = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(wall() - (300 if skew > 0 else -300)))
        raise no("expired", words.format(stamp, bound, now))
    if scope.name != model.signing_name(service):
        raise no("signature", f"Credential should be scoped to correct service: '{model.signing_name(service)}'.")
    if config.knobs.global_region and name in model.GLOBAL and scope.region != "us-east-1":
        raise no("signature", "Credential should be scoped to a valid region. ")
    if key.token and http.headers.get("x-amz-security-token") != key.token:
        raise no("unknown", "The security token included in the request is invalid")
    if not key.token and "x-amz-security-token" in http.headers:
        raise no("unknown", "The security token included in the request is invalid")
    if key.expires and time.time() > key.expires:
        raise no("token", "The security token included in the request is expired")
    _check_signed_headers(http.headers, scope, name, no)
    payload = _payload_hash(http, scope, name, no)
    expected = _signature(http, scope, key, name, stamp, payload)
    if not hmac.compare_digest(expected, scope.signature):
        raise no("signature", "The request signature we calculated does not match the signature you provided. "
                              "Check your AWS Secret Access Key and signing method. "
                              "Consult the service documentation for details.")
    return key


def _stamp(headers, no):
    stamp = headers.get("x-amz-date", "")
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        raise no("malformed", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    return stamp


def _check_signed_headers(headers, scope, name, no):
    if scope.signed != sorted(scope.signed):
        raise no("malformed", "SignedHeaders must be sorted")
    if "host" not in scope.signed:
        raise no("signature", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    for header in headers:
        if header.startswith("x-amz-") and header not in scope.signed and name != "s3":
            raise no("signature", f"There were headers present in the request which were not signed: {header}")
    for header in scope.signed:
        if header not in headers:
            raise no("signature", f"The signed header {header} is not in the request")


def _payload_hash(http, scope, name, no):
    said = http.headers.get("x-amz-content-sha256")
    actual = hashlib.sha256(http.body).hexdigest()
    if said is None:
        if name == "s3":
            raise no("malformed", "Missing required header for this request: x-amz-content-sha256")
        return actual
    if said.startswith(UNSIGNED_BODIES):
        if name != "s3":
            raise no("signature", "The payload must be signed over plain HTTP")
        return said
    if said != actual:
        raise no("signature", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    return said


def _signature(http, scope, key, name, stamp, payload):
    kind = S3SigV4Auth if name == "s3" else SigV4Auth
    signer = kind(Credentials(key.akid, key.secret), scope.name, scope.region)
    headers = {h: http.headers[h] for h in scope.signed}
    request = AWSRequest(method=http.method, url=f"http://{http.headers.get('host', '')}{http.target}",
                         headers=headers, data=http.body)
    request.context["timestamp"] = stamp
    request.context["payload_signing_enabled"] = True
    signer.headers_to_sign = lambda _: request.headers
    signer.payload = lambda _: payload
    canonical = signer.canonical_request(request)
    return signer.signature(signer.string_to_sign(request, canonical), request)

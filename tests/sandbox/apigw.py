"""API Gateway v2: APIs, tags, and what the other modules share (compute sheet 7)."""
import re
import secrets
import string
import time

import config
import lag
import paging
from errors import AwsError
from registry import answers
from store import Store

ALPHABET = string.ascii_lowercase + string.digits


class Box:
    def __init__(self):
        self.apis, self.links = {}, {}


class Api:
    def __init__(self, data):
        self.data = data
        self.integrations, self.routes, self.stages, self.deployments = {}, {}, {}, {}
        self.written = 0.0


boxes = Store(Box)


def new_id(size):
    return "".join(secrets.choice(ALPHABET) for _ in range(size))


def bad_request(message):
    return AwsError("BadRequestException", message)


def not_found(message):
    return AwsError("NotFoundException", message, 404)


def conflict(message):
    return AwsError("ConflictException", message, 409)


def paged(call, items):
    """maxResults travels as a string."""
    size = call.get("MaxResults")
    if size is not None:
        if not str(size).isdigit() or int(size) < 1:
            raise bad_request(f"Invalid maxResults: {size}")
        size = int(size)
    items = [i for i in items if not lag.hides(("apigateway", i.get("VpcLinkId") or i.get("ApiId")))]
    return paging.fill({}, "Items", items, "NextToken", call, size, "NextToken", 100,
                       bad_request("Invalid nextToken"))


def api(call, write=False):
    found = boxes.of(call).apis.get(call.get("ApiId"))
    if found is None:
        raise not_found(f"Invalid API identifier specified {call.account}:{call.get('ApiId')}")
    if write:
        now = time.time()
        if config.knobs.apigw_conflicts and now - found.written < config.knobs.duration("apigw_conflict_s"):
            raise conflict("Unable to complete operation due to concurrent modification. Please try again later.")
        found.written = now
    return found


def check_tags(tags):
    if any(k.lower().startswith("aws:") for k in tags):
        raise bad_request("Tag keys may not start with aws:")
    if len(tags) > 50:
        raise bad_request("Too many tags")
    return dict(tags)


def check_cors(cors):
    """Header names are kept in lower case."""
    if cors is None:
        return None
    if cors.get("AllowCredentials") and "*" in cors.get("AllowOrigins", []):
        raise bad_request("Setting the wildcard(*) for AllowOrigins is not supported when AllowCredentials is true")
    if not -1 <= cors.get("MaxAge", 0) <= 86400:
        raise bad_request("maxAge must be between -1 and 86400")
    filled = dict(cors)
    for key in ("AllowHeaders", "ExposeHeaders"):
        if key in filled:
            filled[key] = [h.lower() for h in filled[key]]
    return filled


@answers("apigatewayv2", "CreateApi")
def create_api(call):
    if call.get("Target") or call.get("RouteKey") or call.get("CredentialsArn"):
        raise bad_request("Quick create is not available on the local AWS")
    if not 1 <= len(call.get("Name")) <= 128:
        raise bad_request("Name must have length between 1 and 128")
    if call.get("ProtocolType") == "WEBSOCKET" and not call.get("RouteSelectionExpression"):
        raise bad_request("RouteSelectionExpression is required for WEBSOCKET APIs")
    ident = new_id(10)
    data = {"ApiId": ident, "ApiEndpoint": f"https://{ident}.execute-api.{call.region}.amazonaws.com",
            "Name": call.get("Name"), "ProtocolType": call.get("ProtocolType"), "CreatedDate": time.time(),
            "ApiKeySelectionExpression": call.get("ApiKeySelectionExpression", "$request.header.x-api-key"),
            "RouteSelectionExpression": call.get("RouteSelectionExpression", "$request.method $request.path"),
            "DisableExecuteApiEndpoint": call.get("DisableExecuteApiEndpoint", False),
            "IpAddressType": call.get("IpAddressType", "ipv4"), "Tags": check_tags(call.get("Tags", {})),
            "CorsConfiguration": check_cors(call.get("CorsConfiguration")), "Description": call.get("Description"),
            "Version": call.get("Version")}
    boxes.of(call).apis[ident] = Api(data)
    return data


@answers("apigatewayv2", "GetApis")
def get_apis(call):
    return paged(call, [a.data for a in boxes.of(call).apis.values()])


@answers("apigatewayv2", "GetApi")
def get_api(call):
    return api(call).data


@answers("apigatewayv2", "UpdateApi")
def update_api(call):
    found = api(call, True)
    for key in ("Name", "Description", "Version", "DisableExecuteApiEndpoint", "IpAddressType",
                "ApiKeySelectionExpression", "RouteSelectionExpression"):
        if call.params.get(key) is not None:
            found.data[key] = call.params[key]
    if call.params.get("CorsConfiguration") is not None:
        found.data["CorsConfiguration"] = check_cors(call.params["CorsConfiguration"])
    return found.data


@answers("apigatewayv2", "DeleteCorsConfiguration")
def delete_cors(call):
    api(call, True).data["CorsConfiguration"] = None
    return {}


@answers("apigatewayv2", "DeleteApi")
def delete_api(call):
    api(call)
    del boxes.of(call).apis[call.get("ApiId")]
    return {}


# --- tags ----------------------------------------------------------------------------

def _tagged(call):
    """The live tags behind an ARN: an API, a stage, a VPC link."""
    box, arn = boxes.of(call), call.get("ResourceArn")
    path = re.fullmatch(rf"arn:aws:apigateway:{call.region}::/(.+)", arn)
    parts = path.group(1).split("/") if path else []
    if len(parts) == 2 and parts[0] == "vpclinks" and parts[1] in box.links:
        return box.links[parts[1]].data["Tags"]
    if len(parts) >= 2 and parts[0] == "apis" and parts[1] in box.apis:
        found = box.apis[parts[1]]
        if len(parts) == 2:
            return found.data["Tags"]
        if len(parts) == 4 and parts[2] == "stages" and parts[3] in found.stages:
            return found.stages[parts[3]]["Tags"]
    raise not_found(f"Invalid resource identifier specified: {arn}")


@answers("apigatewayv2", "GetTags")
def get_tags(call):
    return {"Tags": _tagged(call)}


@answers("apigatewayv2", "TagResource")
def tag_resource(call):
    _tagged(call).update(check_tags(call.get("Tags", {})))
    return {}


@answers("apigatewayv2", "UntagResource")
def untag_resource(call):
    tags = _tagged(call)
    for key in call.get("TagKeys", []):
        tags.pop(key, None)
    return {}

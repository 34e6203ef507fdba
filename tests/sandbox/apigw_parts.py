"""Integrations, routes, stages and deployments of an HTTP API (compute sheet 7)."""
import re
import time

from apigw import api, bad_request, boxes, check_tags, conflict, new_id, not_found, paged
from clock import clock
from registry import answers

TARGETS = re.compile(r"arn:aws[a-z-]*:(servicediscovery:[^:]+:\d{12}:service/srv-[a-z0-9]+(\?.*)?"
                     r"|elasticloadbalancing:[^:]+:\d{12}:listener/.+)")
RESERVED = re.compile(r"(authorization|connection|content-length|content-encoding|forwarded|transfer-encoding|upgrade|"
                      r"via|host|expect|te|trailer|x-amz.*|x-amzn.*|x-apigateway.*|x-forwarded-(for|host|proto)|"
                      r"access-control-.*)$", re.IGNORECASE)
METHODS = "ANY|GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS"
SETTABLE = ("ConnectionId", "ConnectionType", "CredentialsArn", "Description", "IntegrationMethod", "IntegrationUri",
            "PayloadFormatVersion", "TimeoutInMillis", "TlsConfig")


# --- integrations --------------------------------------------------------------------

def integration(call):
    found = api(call).integrations.get(call.get("IntegrationId"))
    if found is None:
        raise not_found(f"Invalid Integration identifier specified {call.get('IntegrationId')}")
    return found


def _check_integration(call, data):
    http = data["IntegrationType"] == "HTTP_PROXY"
    if http and not data.get("IntegrationMethod"):
        raise bad_request("IntegrationMethod is required for HTTP_PROXY integrations")
    if data["ConnectionType"] == "VPC_LINK":
        if not TARGETS.fullmatch(data.get("IntegrationUri") or ""):
            raise bad_request("For VpcLink VPC_LINK, integration uri should be a valid ELB listener ARN or a valid "
                              "Cloud Map service ARN.")
        link = boxes.of(call).links.get(data.get("ConnectionId"))
        if link is None:
            raise bad_request(f"Invalid connectionId: VPC link {data.get('ConnectionId')} was not found")
        if link.data["VpcLinkStatus"] not in ("AVAILABLE", "INACTIVE"):
            raise bad_request(f"VPC link {data.get('ConnectionId')} is not AVAILABLE")
        if data["PayloadFormatVersion"] != "1.0":
            raise bad_request("PayloadFormatVersion must be 1.0 for a private integration")
    elif http and not re.match(r"https?://[^/]+", data.get("IntegrationUri") or ""):
        raise bad_request("Invalid HTTP endpoint specified for URI")
    if not 50 <= data["TimeoutInMillis"] <= 30000:
        raise bad_request("Timeout should be between 50 ms and 30000 ms")
    for key in data.get("RequestParameters") or {}:
        match = re.fullmatch(r"(append|overwrite|remove):(header|querystring|path)(?:\.(.+))?", key)
        if not match and http:
            raise bad_request(f"Invalid mapping expression specified: {key}")
        if match and match.group(2) == "header" and RESERVED.match(match.group(3) or ""):
            raise bad_request(f"Operations on header {match.group(3)} are restricted")


@answers("apigatewayv2", "CreateIntegration")
def create_integration(call):
    found = api(call, True)
    data = {"IntegrationId": new_id(7), "IntegrationType": call.get("IntegrationType"),
            "ConnectionType": "INTERNET", "PayloadFormatVersion": "1.0", "TimeoutInMillis": 30000}
    data.update({k: call.get(k) for k in SETTABLE if call.get(k) is not None})
    for key in ("IntegrationSubtype", "RequestParameters", "ResponseParameters"):
        if call.get(key):
            data[key] = dict(call.get(key)) if key != "IntegrationSubtype" else call.get(key)
    _check_integration(call, data)
    found.integrations[data["IntegrationId"]] = data
    changed(call, found)
    return data


@answers("apigatewayv2", "GetIntegrations")
def get_integrations(call):
    return paged(call, list(api(call).integrations.values()))


@answers("apigatewayv2", "GetIntegration")
def get_integration(call):
    return integration(call)


@answers("apigatewayv2", "UpdateIntegration")
def update_integration(call):
    """Maps are merged: an empty value removes its key."""
    found, old = api(call, True), integration(call)
    if call.get("IntegrationType") not in (None, old["IntegrationType"]):
        raise bad_request("IntegrationType cannot be changed")
    data = {**old, **{k: call.params[k] for k in SETTABLE if call.params.get(k) is not None}}
    for key in ("RequestParameters", "ResponseParameters"):
        if call.params.get(key) is not None:
            merged = {**(old.get(key) or {}), **call.params[key]}
            data[key] = {k: v for k, v in merged.items() if v not in ("", {})}
    _check_integration(call, data)
    found.integrations[data["IntegrationId"]] = data
    changed(call, found)
    return data


@answers("apigatewayv2", "DeleteIntegration")
def delete_integration(call):
    found, old = api(call, True), integration(call)
    users = [r["RouteId"] for r in found.routes.values() if r.get("Target") == "integrations/" + old["IntegrationId"]]
    if users:
        raise conflict(f"Cannot delete Integration because it is referenced by the following Routes with Ids: "
                       f"[{', '.join(users)}]")
    del found.integrations[old["IntegrationId"]]
    changed(call, found)
    return {}


# --- routes --------------------------------------------------------------------------

def route(call):
    found = api(call).routes.get(call.get("RouteId"))
    if found is None:
        raise not_found(f"Invalid Route identifier specified {call.get('RouteId')}")
    return found


def _check_route(found, data):
    if not re.fullmatch(rf"\$default|({METHODS}) /\S*", data["RouteKey"]):
        raise bad_request("The provided route key is not formatted properly for HTTP protocol. Format should be "
                          "\"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\"")
    for other in found.routes.values():
        if other["RouteKey"] == data["RouteKey"] and other["RouteId"] != data["RouteId"]:
            raise conflict(f"Route with key {data['RouteKey']} already exists for this API")
    target = data.get("Target")
    if target is not None:
        ident = target.partition("integrations/")[2]
        if ident not in found.integrations:
            raise bad_request(f"Invalid Integration identifier specified {ident}")


ROUTE_FIELDS = ("ApiKeyRequired", "AuthorizationScopes", "AuthorizationType", "AuthorizerId", "OperationName",
                "RouteKey", "Target")


@answers("apigatewayv2", "CreateRoute")
def create_route(call):
    found = api(call, True)
    data = {"RouteId": new_id(7), "ApiKeyRequired": False, "AuthorizationType": "NONE",
            **{k: call.params[k] for k in ROUTE_FIELDS if call.params.get(k) is not None}}
    _check_route(found, data)
    found.routes[data["RouteId"]] = data
    changed(call, found)
    return data


@answers("apigatewayv2", "GetRoutes")
def get_routes(call):
    return paged(call, list(api(call).routes.values()))


@answers("apigatewayv2", "GetRoute")
def get_route(call):
    return route(call)


@answers("apigatewayv2", "UpdateRoute")
def update_route(call):
    found, old = api(call, True), route(call)
    data = {**old, **{k: call.params[k] for k in ROUTE_FIELDS if call.params.get(k) is not None}}
    if "$default" in (old["RouteKey"], data["RouteKey"]) and old["RouteKey"] != data["RouteKey"]:
        raise bad_request("The key of the $default route cannot be changed")
    _check_route(found, data)
    found.routes[data["RouteId"]] = data
    changed(call, found)
    return data


@answers("apigatewayv2", "DeleteRoute")
def delete_route(call):
    found, old = api(call, True), route(call)
    del found.routes[old["RouteId"]]
    changed(call, found)
    return {}


# --- stages and deployments ----------------------------------------------------------

def stage(call):
    found = api(call).stages.get(call.get("StageName"))
    if found is None:
        raise not_found("Invalid stage identifier specified")
    return found


def changed(call, found):
    """Every change of an API deploys its autoDeploy stages a moment later."""
    for data in found.stages.values():
        if data["AutoDeploy"]:
            clock.after("apigw_deploy_s", _deploy, found, data)


def _deploy(found, data):
    if found.stages.get(data["StageName"]) is not data:
        return
    if not found.routes:
        data["LastDeploymentStatusMessage"] = "Deployment attempt failed: At least one route is required before " \
                                              "deploying the API"
        return
    ident = _deployment(found, True)["DeploymentId"]
    data.update(DeploymentId=ident, LastUpdatedDate=clock.now(),
                LastDeploymentStatusMessage=f"Successfully deployed stage with deployment ID '{ident}'")


def _deployment(found, automatic, description=None):
    made = {"DeploymentId": new_id(6), "AutoDeployed": automatic, "CreatedDate": clock.now(),
            "DeploymentStatus": "DEPLOYED", "Description": description}
    found.deployments[made["DeploymentId"]] = made
    return made


def _check_stage(call, found, data, given):
    if not re.fullmatch(r"\$default|[A-Za-z0-9_-]{1,128}", data["StageName"]):
        raise bad_request("Stage name only allows a-zA-Z0-9-_ or $default")
    if data["AutoDeploy"] and given.get("DeploymentId"):
        raise bad_request("Deployment ID cannot be set on stage because it has AutoDeploy set to true")
    if given.get("DeploymentId") and given["DeploymentId"] not in found.deployments:
        raise not_found("Invalid deployment identifier specified")
    log = data.get("AccessLogSettings")
    if log:
        _check_access_log(call, log)
    for settings in [data["DefaultRouteSettings"], *data["RouteSettings"].values()]:
        if found.data["ProtocolType"] == "HTTP" and ("LoggingLevel" in settings or settings.get("DataTraceEnabled")):
            raise bad_request("Execution logs are not supported on protocolType HTTP")
    for key in data["RouteSettings"]:
        if key not in {r["RouteKey"] for r in found.routes.values()}:
            raise not_found(f"Unable to find Route by key {key} within the provided RouteSettings")


def _check_access_log(call, log):
    arn, form = log.get("DestinationArn", ""), log.get("Format", "")
    match = re.fullmatch(rf"arn:aws:(?:logs:{call.region}:{call.account}:log-group:([.\-_/#A-Za-z0-9]+)"
                         r"|firehose:[^:]+:\d{12}:deliverystream/amazon-apigateway-.+)", arn)
    if not match:
        raise bad_request(f"Invalid ARN specified in the request: {arn}")
    if match.group(1) and match.group(1) not in call.backend("logs").groups:
        raise bad_request(f"The log group {match.group(1)} of the access log settings does not exist")
    if "\n" in form or not ("$context.requestId" in form or "$context.extendedRequestId" in form):
        raise bad_request("Access Log format must be single line, new line character is allowed only at end of the "
                          "format and must contain $context.requestId")


@answers("apigatewayv2", "CreateStage")
def create_stage(call):
    found, name = api(call, True), call.get("StageName")
    if name in found.stages:
        raise conflict(f"Stage already exists: {name}")
    data = {"StageName": name, "AutoDeploy": call.get("AutoDeploy", False), "CreatedDate": time.time(),
            "LastUpdatedDate": time.time(), "Tags": check_tags(call.get("Tags", {})),
            "StageVariables": dict(call.get("StageVariables", {})),
            "RouteSettings": dict(call.get("RouteSettings", {})),
            "DefaultRouteSettings": {"DetailedMetricsEnabled": False, **call.get("DefaultRouteSettings", {})}}
    for key in ("AccessLogSettings", "DeploymentId", "Description", "ClientCertificateId"):
        if call.get(key):
            data[key] = call.get(key)
    _check_stage(call, found, data, call.params)
    found.stages[name] = data
    if data["AutoDeploy"]:
        clock.after("apigw_deploy_s", _deploy, found, data)
    return data


@answers("apigatewayv2", "GetStages")
def get_stages(call):
    return paged(call, list(api(call).stages.values()))


@answers("apigatewayv2", "GetStage")
def get_stage(call):
    return stage(call)


@answers("apigatewayv2", "UpdateStage")
def update_stage(call):
    found, old = api(call, True), stage(call)
    data = dict(old)
    for key in ("AutoDeploy", "Description", "DeploymentId", "AccessLogSettings", "ClientCertificateId"):
        if call.params.get(key) is not None:
            data[key] = call.params[key]
    if call.params.get("DefaultRouteSettings") is not None:
        data["DefaultRouteSettings"] = {**old["DefaultRouteSettings"], **call.params["DefaultRouteSettings"]}
    if call.params.get("RouteSettings") is not None:
        data["RouteSettings"] = {**old["RouteSettings"], **call.params["RouteSettings"]}
    if call.params.get("StageVariables") is not None:
        merged = {**old["StageVariables"], **call.params["StageVariables"]}
        data["StageVariables"] = {k: v for k, v in merged.items() if v != ""}
    _check_stage(call, found, data, call.params)
    old.clear()
    old.update(data, LastUpdatedDate=time.time())
    if data["AutoDeploy"]:
        clock.after("apigw_deploy_s", _deploy, found, old)
    return old


@answers("apigatewayv2", "DeleteStage")
def delete_stage(call):
    found, old = api(call, True), stage(call)
    del found.stages[old["StageName"]]
    return {}


@answers("apigatewayv2", "DeleteAccessLogSettings")
def delete_access_log_settings(call):
    stage(call).pop("AccessLogSettings", None)
    return {}


@answers("apigatewayv2", "DeleteRouteSettings")
def delete_route_settings(call):
    settings = stage(call)["RouteSettings"]
    if call.get("RouteKey") not in settings:
        raise not_found(f"Unable to find RouteSettings for {call.get('RouteKey')}")
    del settings[call.get("RouteKey")]
    return {}


@answers("apigatewayv2", "CreateDeployment")
def create_deployment(call):
    found = api(call, True)
    if not found.routes:
        raise bad_request("At least one route is required before deploying the Api.")
    made = _deployment(found, False, call.get("Description"))
    if call.get("StageName"):
        stage(call)["DeploymentId"] = made["DeploymentId"]
    return made


@answers("apigatewayv2", "GetDeployments")
def get_deployments(call):
    return paged(call, list(api(call).deployments.values()))


@answers("apigatewayv2", "GetDeployment", "DeleteDeployment")
def one_deployment(call):
    found = api(call)
    if call.get("DeploymentId") not in found.deployments:
        raise not_found("Invalid deployment identifier specified")
    if call.name == "DeleteDeployment":
        del found.deployments[call.get("DeploymentId")]
        return {}
    return found.deployments[call.get("DeploymentId")]

"""OpenID Connect providers (network sheet 4.3)."""
from errors import AwsError
from iam import check_tags, iam_backend
from registry import answers

# What AWS fills in when the caller names no thumbprint.
FILLED_IN = "6938fd4d98bab03faadb97b34396831e3780aea1"


def _provider(call):
    arn = call.get("OpenIDConnectProviderArn")
    found = iam_backend(call).open_id_providers.get(arn)
    if found is None:
        raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)
    return found


@answers("iam", "CreateOpenIDConnectProvider")
def create_provider(call):
    url = call.get("Url")
    if not url.startswith("https://") or ":" in url[8:] or "?" in url:
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    check_tags(call.get("Tags"))
    params = {**call.params, "Url": url.rstrip("/")}
    for print_ in call.get("ThumbprintList", []):
        if len(print_) != 40:
            raise AwsError("ValidationError", "Thumbprint must be 40 characters")
    params["ThumbprintList"] = call.get("ThumbprintList") or [FILLED_IN]
    return call.moto(params)


@answers("iam", "DeleteOpenIDConnectProvider")
def delete_provider(call):
    _provider(call)
    return call.moto()


@answers("iam", "AddClientIDToOpenIDConnectProvider")
def add_client_id(call):
    found = _provider(call)
    if call.get("ClientID") not in found.client_id_list:
        found.client_id_list.append(call.get("ClientID"))
    return {}


@answers("iam", "RemoveClientIDFromOpenIDConnectProvider")
def remove_client_id(call):
    """Removing one that is not there is no error."""
    found = _provider(call)
    if call.get("ClientID") in found.client_id_list:
        found.client_id_list.remove(call.get("ClientID"))
    return {}


@answers("iam", "UpdateOpenIDConnectProviderThumbprint")
def update_thumbprint(call):
    found = _provider(call)
    if not call.get("ThumbprintList"):
        raise AwsError("InvalidInput", "Thumbprint list must contain at least one entry.")
    found.thumbprint_list = list(call.get("ThumbprintList"))
    return {}

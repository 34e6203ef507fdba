"""SSM parameters (network sheet 5)."""
import base64
import hashlib
import re

import config
import paging
from errors import AwsError
from registry import answers

# With small pages every second page of a path is empty but has a successor, as AWS warns.
HOLLOW = "empty-"
SIZES = {"Standard": 4096, "Advanced": 8192}


def invalid(message):
    return AwsError("ValidationException", message)


def versions(call, name):
    """All versions of a parameter, or [] ; the name may be an ARN."""
    store = call.backend()._parameters
    if name.startswith("arn:"):
        name = name.partition(":parameter")[2]
        if name.count("/") == 1:
            name = name[1:] if name[1:] in store else name
    return store[name] if name in store else []


def current(call, name, code="ParameterNotFound"):
    found = versions(call, name)
    if not found:
        raise AwsError(code, f"Parameter {name} not found." if code == "ParameterNotFound" else
                       "The resource ID isn't valid. Verify that you entered the correct ID and try again.")
    return found[-1]


def all_current(call):
    store = call.backend()._parameters
    return [store[n][-1] for n in sorted(store) if store[n] and not n.startswith("/aws/")]


def tags(call, name):
    return call.backend()._resource_tags["Parameter"].get(name, {})


# --- writing -------------------------------------------------------------------------

def _check_name(name):
    if len(name) > 1011:
        raise invalid("Parameter name is too long")
    if not re.fullmatch(r"[a-zA-Z0-9_.\-/]+", name) or "//" in name or name.endswith("/") or name == "/":
        raise invalid("Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it "
                      "can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of "
                      "letters, numbers and the following 3 symbols .-_")
    if "/" in name and not name.startswith("/"):
        raise invalid("Parameter name must be a fully qualified name.")
    parts = name.strip("/").split("/")
    if len(parts) > 15:
        raise AwsError("HierarchyLevelLimitExceededException", "A hierarchy can have a maximum of 15 levels.")
    if parts[0].lower().startswith("aws"):
        raise AwsError("AccessDeniedException", f"No access to reserved parameter name: {name}.")
    if parts[0].lower().startswith("ssm"):
        raise invalid("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).")


def _tier(call, old, value):
    asked = call.get("Tier") or (old.tier if old else "Standard") or "Standard"
    size = len(value.encode())
    if asked == "Intelligent-Tiering":
        asked = "Advanced" if size > SIZES["Standard"] or (old and old.tier == "Advanced") else "Standard"
    if old is not None and old.tier == "Advanced" and asked == "Standard":
        raise invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
                      "advanced-parameter tier to the standard-parameter tier.")
    if size > SIZES[asked]:
        raise invalid(f"{asked} tier parameters support a maximum parameter value of {SIZES[asked]} characters. "
                      + ("To create a larger parameter value, upgrade the parameter to use the "
                         "advanced-parameter tier." if asked == "Standard" else ""))
    return asked


@answers("ssm", "PutParameter")
def put_parameter(call):
    name, value = call.get("Name").strip(), call.get("Value")
    _check_name(name)
    overwrite = call.get("Overwrite", False)
    if overwrite and call.get("Tags"):
        raise invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, "
                      "please remove overwrite flag. To update tags for an existing parameter, please use "
                      "AddTagsToResource or RemoveTagsFromResource.")
    if value == "":
        raise invalid("1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must "
                      "have length greater than or equal to 1.")
    if "{{" in value:
        raise invalid("Parameter value can't contain the characters {{")
    old = (versions(call, name) or [None])[-1]
    kind = call.get("Type") or (old.parameter_type if old else None)
    if old is not None and not overwrite:
        raise AwsError("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the "
                                                 "overwrite option in the request to true.")
    if kind is None:
        raise invalid("A parameter type is required when you create a parameter.")
    if old is not None and kind != old.parameter_type:
        raise AwsError("HierarchyTypeMismatchException", "Parameter Store doesn't support changing a parameter type in "
                                                         "a hierarchy.")
    if call.get("DataType", "text") != "text" and kind != "String":
        raise invalid("DataType is supported for parameters of type String only")
    if call.get("KeyId") and kind != "SecureString":
        raise invalid("KeyId is required for SecureString type parameter only.")
    pattern = call.get("AllowedPattern") or (old.allowed_pattern if old else None)
    if pattern and not re.search(pattern, value):
        raise AwsError("ParameterPatternMismatchException", "Parameter value, cannot be validated against "
                                                            f"allowedPattern: {pattern}")
    if any(t["Key"].lower().startswith("aws:") for t in call.get("Tags", [])):
        raise invalid("Tag keys may not start with aws:")
    tier = _tier(call, old, value)
    result = call.moto({**call.params, "Name": name, "Tier": tier, "Type": kind})
    versions(call, name)[-1].sandbox_user = call.key.arn if call.key else "sandbox"
    return {"Version": result["Version"], "Tier": tier}


@answers("ssm", "DeleteParameter")
def delete_parameter(call):
    name = current(call, call.get("Name")).name
    _forget(call, name)
    return {}


@answers("ssm", "DeleteParameters")
def delete_parameters(call):
    names = call.get("Names")
    gone = [n for n in names if versions(call, n)]
    for name in gone:
        _forget(call, versions(call, name)[-1].name)
    return {"DeletedParameters": gone, "InvalidParameters": [n for n in names if n not in gone]}


def _forget(call, name):
    backend = call.backend()
    backend._parameters.pop(name, None)
    backend._resource_tags["Parameter"].pop(name, None)


# --- reading -------------------------------------------------------------------------

def _seen(call, found, decrypt):
    """Undecrypted, a secret reads as ciphertext that says nothing; moto shows the plain text."""
    value = found.decrypt(found.value)
    if found.parameter_type == "SecureString" and not decrypt:
        digest = hashlib.sha256(f"{found.name}:{found.version}:{id(found)}".encode()).digest()
        value = "AQICAH" + base64.b64encode(digest * 3).decode()
    item = {"Name": found.name, "Type": found.parameter_type, "Value": value, "Version": found.version,
            "LastModifiedDate": found.last_modified_date, "DataType": found.data_type or "text",
            "ARN": call.arn("parameter" + ("" if found.name.startswith("/") else "/") + found.name)}
    return item


def _select(call, text):
    """`name`, `name:3` or `name:label` -> (parameter, selector)"""
    name, _, selector = text, "", ""
    if not text.startswith("arn:") and ":" in text:
        name, _, selector = text.partition(":")
    elif text.startswith("arn:") and text.count(":") > 5:
        name, _, selector = text.rpartition(":")
    found = versions(call, name)
    if not found:
        return None, ""
    if not selector:
        return found[-1], ""
    for version in found:
        if str(version.version) == selector or selector in version.labels:
            return version, ":" + selector
    return None, ""


@answers("ssm", "GetParameter")
def get_parameter(call):
    found, selector = _select(call, call.get("Name"))
    if found is None:
        if ":" in call.get("Name") and versions(call, call.get("Name").partition(":")[0]):
            raise AwsError("ParameterVersionNotFound", "Systems Manager could not find version "
                           f"{call.get('Name').partition(':')[2]} of {call.get('Name').partition(':')[0]}.")
        raise AwsError("ParameterNotFound", "")
    item = _seen(call, found, call.get("WithDecryption", False))
    if selector:
        item["Selector"] = selector
    return {"Parameter": item}


@answers("ssm", "GetParameters")
def get_parameters(call):
    names = call.get("Names")
    if len(set(names)) != len(names):
        raise invalid("Duplicate names are not allowed")
    found, missing = [], []
    for name in names:
        parameter, selector = _select(call, name)
        if parameter is None:
            missing.append(name)
            continue
        item = _seen(call, parameter, call.get("WithDecryption", False))
        found.append({**item, "Selector": selector} if selector else item)
    return {"Parameters": list(reversed(found)), "InvalidParameters": missing}


@answers("ssm", "GetParametersByPath")
def get_parameters_by_path(call):
    path = call.get("Path")
    if not path.startswith("/"):
        raise invalid("The parameter doesn't meet the parameter name requirements. The parameter name must begin "
                      "with a forward slash \"/\".")
    prefix = path.rstrip("/") + "/"
    items = [p for p in all_current(call) if p.name.startswith(prefix)
             and (call.get("Recursive") or "/" not in p.name[len(prefix):])]
    items = _filtered(call, items, call.get("ParameterFilters", []), ("Type", "KeyId", "Label"))
    seen = [_seen(call, p, call.get("WithDecryption", False)) for p in items]
    token = call.get("NextToken", "")
    if token.startswith(HOLLOW):
        return {"Parameters": [], "NextToken": token[len(HOLLOW):]}
    result = paging.fill({}, "Parameters", seen, "NextToken", call, call.get("MaxResults"), "NextToken", 10,
                         AwsError("InvalidNextToken", "The specified token isn't valid."))
    if "NextToken" in result and config.knobs.page_size:
        result["NextToken"] = HOLLOW + result["NextToken"]
    return result


@answers("ssm", "DescribeParameters")
def describe_parameters(call):
    filters = list(call.get("ParameterFilters", []))
    if filters and call.get("Filters"):
        raise invalid("You can use either Filters or ParameterFilters in a single request.")
    filters += [{"Key": f["Key"], "Option": "BeginsWith" if f["Key"] == "Name" else "Equals", "Values": f["Values"]}
                for f in call.get("Filters", [])]
    items = []
    for p in _filtered(call, all_current(call), filters,
                       ("Name", "Type", "KeyId", "Path", "Tier", "DataType", "Label")):
        item = {"Name": p.name, "Type": p.parameter_type, "Version": p.version, "Tier": p.tier or "Standard",
                "LastModifiedDate": p.last_modified_date, "DataType": p.data_type or "text", "Policies": [],
                "LastModifiedUser": getattr(p, "sandbox_user", "sandbox"),
                "ARN": call.arn("parameter" + ("" if p.name.startswith("/") else "/") + p.name)}
        for key, value in (("Description", p.description), ("AllowedPattern", p.allowed_pattern),
                           ("KeyId", p.keyid if p.parameter_type == "SecureString" else None)):
            if value:
                item[key] = value
        items.append(item)
    return paging.fill({}, "Parameters", items, "NextToken", call, call.get("MaxResults"), "NextToken", 50,
                       AwsError("InvalidNextToken", "The specified token isn't valid."))


def _filtered(call, items, filters, allowed):
    for entry in filters:
        key, values = entry["Key"], entry.get("Values", [])
        option = entry.get("Option") or ("OneLevel" if key == "Path" else "Equals")
        if key.startswith("tag:") and "Name" in allowed:
            name = key[4:]
            items = [p for p in items if name in tags(call, p.name)
                     and (not values or tags(call, p.name)[name] in values)]
            continue
        if key not in allowed:
            raise AwsError("InvalidFilterKey", f"The following filter key is not valid: {key}. Valid filter keys "
                                               f"include: [{', '.join(allowed)}].")
        if key == "Path":
            if option not in ("Recursive", "OneLevel"):
                raise AwsError("InvalidFilterOption", f"The following filter option is not valid: {option}.")
            items = [p for p in items if any(_below(p.name, v, option) for v in values)]
            continue
        if option not in ("Equals", "BeginsWith", "Contains"):
            raise AwsError("InvalidFilterOption", f"The following filter option is not valid: {option}.")
        get = {"Name": lambda p: [p.name], "Type": lambda p: [p.parameter_type], "KeyId": lambda p: [p.keyid],
               "Tier": lambda p: [p.tier or "Standard"], "DataType": lambda p: [p.data_type or "text"],
               "Label": lambda p: p.labels}[key]
        test = {"Equals": lambda a, b: a == b or (key == "Name" and a == b.lstrip("/")),
                "BeginsWith": lambda a, b: a.startswith(b), "Contains": lambda a, b: b in a}[option]
        items = [p for p in items if any(a is not None and test(a, b) for a in get(p) for b in values)]
    return items


def _below(name, path, option):
    prefix = path.rstrip("/") + "/"
    return name.startswith(prefix) and (option == "Recursive" or "/" not in name[len(prefix):])


@answers("ssm", "GetParameterHistory")
def get_parameter_history(call):
    current(call, call.get("Name"))
    items = []
    for p in versions(call, call.get("Name")):
        item = _seen(call, p, call.get("WithDecryption", False))
        item.pop("ARN")
        item.update(LastModifiedUser=getattr(p, "sandbox_user", "sandbox"), Labels=p.labels,
                    Tier=p.tier or "Standard", Policies=[])
        items.append(item)
    return paging.fill({}, "Parameters", items, "NextToken", call, call.get("MaxResults"), "NextToken", 50)


# --- tags ----------------------------------------------------------------------------

@answers("ssm", "AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")
def change_tags(call):
    if call.get("ResourceType") != "Parameter":
        return call.moto()
    name = current(call, call.get("ResourceId"), "InvalidResourceId").name
    live = call.backend()._resource_tags["Parameter"][name]
    if call.name == "AddTagsToResource":
        if any(t["Key"].lower().startswith("aws:") for t in call.get("Tags")):
            raise invalid("Tag keys may not start with aws:")
        live.update({t["Key"]: t["Value"] for t in call.get("Tags")})
        if len(live) > 50:
            raise AwsError("TooManyTagsError", "The number of tags exceeds the limit of 50.")
        return {}
    if call.name == "RemoveTagsFromResource":
        for key in call.get("TagKeys"):
            live.pop(key, None)
        return {}
    return {"TagList": [{"Key": k, "Value": v} for k, v in live.items()]}

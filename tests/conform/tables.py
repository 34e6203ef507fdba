"""Compares services and resource tables with botocore's models. Usage: tables.py PATH-OF-DUMP

Every request path of a call and every answer path of a field must name a member of the model, with a fitting kind;
required members are carried; words belong to the model's enums; error codes exist where the model lists them.
"""
import copy
import json
import re
import subprocess
import sys

try:
    import botocore.session
except ImportError:
    print("botocore is not installed")
    sys.exit(77)

MODEL_NAMES = {"apigateway": "apigatewayv2", "tagging": "resourcegroupstaggingapi", "sso_oidc": "sso-oidc"}
KINDS = {
    "bool": {"boolean"}, "int": {"integer", "long"}, "num": {"double", "float", "integer", "long", "timestamp"},
    "str": {"string", "timestamp", "blob"}, "list": {"list"}, "set": {"list"}, "map": {"map"}, "obj": {"structure"},
}
# Every service may give these; the models do not name them.
COMMON_CODES = {"InvalidParameterValue", "InvalidParameterCombination", "ValidationError", "ValidationException"}
# Where AWS and its model differ. Each must be needed: an unused one is a fault.
KNOWN = {
    "ec2.gateway_attachment ready: available is no word of AttachmentStatus":
        "an attached gateway says `available`; the model's words are those of network interfaces",
    "ecs.service ready: ROLLED_BACK is no word of DeploymentRolloutState":
        "after a rollback AWS says COMPLETED, of the old revision; the type's hook tells the two apart",
}


class Mismatch(Exception):
    pass


class Model:
    """One service's model, and how names are found in it."""

    def __init__(self, session, service):
        self.model = session.get_service_model(MODEL_NAMES.get(service["name"], service["name"]))
        self.protocol, self.service = service["protocol"], service
        self.codes = {s.metadata.get("error", {}).get("code", s.name) for s in self.model.error_shapes}
        self.codes |= {s.name for s in self.model.error_shapes}

    def operation(self, action):
        if self.protocol not in ("rest-json", "rest-xml"):
            if action not in self.model.operation_names:
                raise Mismatch(f"there is no operation {action}")
            return self.model.operation_model(action)
        method, _, path = action.partition(" ")
        pattern = re.sub(r"\{[^}]*\}", "{}", path)
        for name in self.model.operation_names:
            op = self.model.operation_model(name)
            if op.http["method"] == method and re.sub(r"\{[^}]*\}", "{}", op.http["requestUri"]) == pattern:
                return op
        raise Mismatch(f"there is no operation {action}")

    def wire_name(self, name, shape, request):
        serialization = shape.serialization
        if self.protocol == "ec2" and request:
            if "queryName" in serialization:
                return serialization["queryName"]
            name = serialization.get("name", name)
            return name[0].upper() + name[1:]
        if serialization.get("location") == "querystring":
            return "?" + serialization["name"]
        return serialization.get("name", name)

    def member(self, shape, name, request):
        for key, member in shape.members.items():
            if self.wire_name(key, member, request) == name and member.serialization.get("location") != "uri":
                return member
        raise Mismatch(f"{shape.name} has no member {name}")

    def item_name(self, shape, request):
        """The extra step that lists of the XML protocols have; None if there is none."""
        if self.protocol in ("query", "rest-xml") or (self.protocol == "ec2" and not request):
            if shape.serialization.get("flattened"):
                return None
            return shape.member.serialization.get("name", "member")
        return None


def steps(path):
    """(number of ^, [name or [..]])"""
    tokens = re.findall(r'\^|"[^"]*"|\[[^\]]*\]|[^.\[\]"^]+', path)
    ups = len([t for t in tokens if t == "^"])
    return ups, [t.strip('"') for t in tokens if t != "^"]


def walk(model, shape, path, request, rows=None):
    """The shape that a path leads to. `rows` collects the elements at each []. A list that a single element may stand
    for is entered without []."""
    entered = False
    for step in steps(path)[1]:
        if step.startswith("["):
            if shape.type_name != "list":
                raise Mismatch(f"{path}: {shape.name} is no list")
            if model.item_name(shape, request) and not entered:
                raise Mismatch(f"{path}: the elements of {shape.name} are in {model.item_name(shape, request)}")
            shape, entered = shape.member, False
            if rows is not None and step == "[]":
                rows.append(shape)
            continue
        if shape.type_name == "list":
            item = model.item_name(shape, request)
            if item and not entered:
                if item != step:
                    raise Mismatch(f"{path}: the elements of {shape.name} are in {item}, not {step}")
                entered = True
                continue
            if request and not entered:
                raise Mismatch(f"{path}: {shape.name} is a list")
            shape, entered = shape.member, False
        if shape.type_name == "map":
            shape = shape.value
        elif shape.type_name == "structure":
            shape = model.member(shape, step, request)
        else:
            raise Mismatch(f"{path}: {shape.name} has no members")
    if shape.type_name == "list" and model.item_name(shape, request) and not entered:
        raise Mismatch(f"{path}: the elements of {shape.name} are in {model.item_name(shape, request)}")
    return shape


def row_shapes(model, op, rows):
    """The shapes of a row and of what encloses it, outermost first."""
    found = [op.output_shape]
    last = walk(model, op.output_shape, rows, False, found)
    if found[-1] is not last:
        found.append(last.member if last.type_name == "list" else last)
    return found


class Check:
    def __init__(self, table, model):
        self.table, self.model, self.faults = table, model, []

    def fault(self, where, text):
        self.faults.append(f"{self.table['name']} {where}: {text}")

    def guarded(self, where, f, *args, **kwargs):
        try:
            return f(*args, **kwargs)
        except Mismatch as mismatch:
            self.fault(where, mismatch)
            return None

    # --- values

    def words(self, where, words, shape):
        enum = getattr(shape, "enum", None)
        for word in words if enum else ():
            if str(word) not in enum:
                self.fault(where, f"{word} is no word of {shape.name}")

    def kind(self, where, kind, shape, request):
        if kind["kind"] == "json" or kind["encode" if request else "decode"]:
            return
        # Answers in XML hold only texts.
        if shape.type_name not in KINDS[kind["kind"]]:
            self.fault(where, f"{kind['kind']}, but {shape.name} is a {shape.type_name}")
            return
        self.words(where, kind["names"], shape)
        if kind["kind"] in ("list", "set"):
            self.kind(where, kind["elem"], shape.member, request)
        elif kind["kind"] == "map":
            self.kind(where, kind["elem"], shape.value, request)
        elif kind["kind"] == "obj":
            self.members(where, kind["fields"], shape, request)

    def members(self, where, fields, shape, request):
        for field in fields:
            path = field["in"] if request else self.out_path(field)
            at = f"{where}.{field['name']}"
            found = self.guarded(at, walk, self.model, shape, path, request) if path else None
            if found is not None:
                self.kind(at, field["type"], found, request)

    def out_path(self, field):
        if field["out"] is not None:
            return field["out"]
        path = field["in"]
        if path and self.model.protocol == "ec2":
            path = ".".join(p[0].lower() + p[1:] for p in path.split("."))
        return path

    # --- requests

    def literal(self, where, text, shape):
        if "{" not in text:
            self.words(where, [text], shape)

    def fixed(self, where, op, member):
        path, text = re.fullmatch(r"((?:[^=\[]|\[[^\]]*\])+)=(.*)", member, re.DOTALL).groups()
        is_json = path.endswith(":")
        path = path.removesuffix(":")
        shape = walk(self.model, op.input_shape, path, True)
        if not is_json:
            self.literal(where, text, shape)
        return path

    def carries(self, what, i, call, field):
        """The request path at which a call carries a field, or None."""
        flags = field["flags"]
        if "on_delete" in flags:
            return field["in"] if what == "delete" else None
        if "status" in flags:
            return None
        if what == "create":
            return None if "not_on_create" in flags else field["in"]
        if what != "update" or i not in (field["by"], field["or_by"] - 1) or {"fixed_only", "each"} & set(call["flags"]):
            return None
        if "create_only" in flags and not field["mod"]:
            return None
        return field["mod"] or field["in"]

    def sure(self, what, call, field):
        if what == "create":
            return "required" in field["flags"] or field["dflt"] is not None
        return what == "update" and ("whole" in call["flags"] or not self.table["calls"]["update"][0]["fixed"])

    def request(self, what, i, call):
        where = f"{what}[{i}]" if what in ("create", "then", "also", "update", "delete") else what
        op = self.guarded(where, self.model.operation, call["action"])
        if op is None:
            return
        tops = set()
        for member in call["fixed"]:
            path = self.guarded(where, self.fixed, where, op, member)
            tops.add(steps(path)[1][0] if path else None)
        for field in self.table["fields"]:
            path = self.carries(what, i, call, field)
            if not path:
                continue
            at = f"{where} {field['name']}"
            shape = self.guarded(at, walk, self.model, op.input_shape, path, True)
            if shape is not None:
                self.kind(at, field["type"], shape, True)
                if field["dflt"] is not None and not field["type"]["encode"]:
                    self.words(at, [field["dflt"]], shape)
            if self.sure(what, call, field):
                tops.add(steps(path)[1][0])
        if call["token"]:
            self.guarded(where, walk, self.model, op.input_shape, call["token"], True)
            tops.add(call["token"])
        self.required(where, what, op, tops)
        self.paging(where, call, op)

    def required(self, where, what, op, tops):
        if op.input_shape is None:
            return
        for name in op.input_shape.required_members:
            member = op.input_shape.members[name]
            if member.serialization.get("location") == "uri" or member.metadata.get("idempotencyToken"):
                continue
            wire = self.model.wire_name(name, member, True)
            if wire not in tops and not (what == "update" and wire in self.update_paths()):
                self.fault(where, f"{op.name} needs {wire}")

    def update_paths(self):
        """What an update carries when that field is what changed."""
        paths = [f["mod"] or f["in"] for f in self.table["fields"]]
        return {steps(p)[1][0] for p in paths if p}

    def paging(self, where, call, op):
        if "paged" not in call["flags"]:
            return
        paging = self.model.service["paging"]
        self.guarded(where, walk, self.model, op.input_shape, paging["token_in"], True)
        self.guarded(where, walk, self.model, op.output_shape, paging["token_out"], False)
        if paging["size"]:
            size = self.guarded(where, walk, self.model, op.input_shape, paging["size"], True)
            page, top = call["page"] or paging["max"], size.metadata.get("max") if size is not None else None
            if top and page > top:
                self.fault(where, f"pages of {page}, but {op.name} gives {top} at most")

    # --- answers

    def rows(self, what, i, call):
        """Shapes of the rows of one call, outermost first; None if it gives none."""
        op = self.model.operation(call["action"])
        if what in ("create", "update"):
            if call["body"] is None:
                return None
            shape = walk(self.model, op.output_shape, call["body"], False)
            return [shape.member if shape.type_name == "list" else shape]
        return row_shapes(self.model, op, call["rows"] or "")

    def answers(self):
        found = []
        for what in ("read", "list", "also", "create", "update"):
            for i, call in enumerate(self.table["calls"][what]):
                shapes = self.guarded(f"{what}[{i}]", self.rows, what, i, call)
                if shapes is None:
                    continue
                body = call["body"] if what == "also" else None
                found.append((what, body, shapes))
        return found

    def field_shapes(self, field, answers):
        """Shapes that a field is read from; raises if there is none."""
        path, last = self.out_path(field), None
        ups = steps(path)[0]
        found = []
        for what, body, shapes in answers:
            at = path
            if body:
                if not path.startswith(body + ".") and path != body:
                    continue
                at = path[len(body):].lstrip(".")
            try:
                found.append((what, walk(self.model, shapes[-1 - ups], at, False)))
            except (Mismatch, IndexError) as mismatch:
                last = mismatch
        if not [f for f in found if f[0] not in ("create", "update")]:
            raise Mismatch(f"no read gives it: {last}")
        return found

    def read_fields(self, answers):
        for field in self.table["fields"]:
            if {"write_only", "on_delete"} & set(field["flags"]) or not self.out_path(field):
                continue
            shapes = self.guarded(f"read {field['name']}", self.field_shapes, field, answers)
            # One value of each row of a list: the members of the field.
            many = "[]" in self.out_path(field) and field["type"]["kind"] in ("list", "set")
            for what, shape in shapes or ():
                self.kind(f"{what} {field['name']}", field["type"]["elem"] if many else field["type"], shape, False)

    def waits(self, answers):
        for what in ("ready", "gone"):
            wait = self.table[what]
            field = next((f for f in self.table["fields"] if wait and f["name"] == wait["field"]), None)
            if field is None or not self.out_path(field):
                continue
            shapes = self.guarded(what, self.field_shapes, field, answers)
            for _, shape in shapes or ():
                self.words(what, wait["ok"] + wait["bad"], shape)

    # --- the rest

    def operation(self):
        operation = self.table["operation"]
        if operation is None:
            return
        self.request("operation", 0, operation["poll"])
        op = self.guarded("operation", self.model.operation, operation["poll"]["action"])
        for name in ("status", "why", "result") if op else ():
            if operation[name]:
                shape = self.guarded("operation", walk, self.model, op.output_shape, operation[name], False)
                if name == "status" and shape is not None:
                    self.words("operation", operation["ok"] + operation["bad"], shape)

    def tags(self):
        scheme = self.table["tags"]
        if not self.table["tagged"] or scheme is None:
            return
        for call in self.table["calls"]["create"] if scheme["in"] else ():
            op = self.guarded("create", self.model.operation, call["action"])
            if op is None:
                continue
            self.guarded("create tags", walk, self.model, op.input_shape, scheme["in"], True)
            if scheme["type_in"]:
                shape = self.guarded("create tags", walk, self.model, op.input_shape, scheme["type_in"], True)
                self.words("tag_type", [self.table["tag_type"]], shape)
        for what in ("add", "remove"):
            for call in scheme[what]:
                self.request("tags", 0, dict(call, fixed=call["fixed"] + [scheme[what + "_in"] + "={x}"]))

    def errors(self):
        for name in ("absent", "busy", "clash", "fulfilled", "retry"):
            for code in self.table[name] if self.model.codes else ():
                if code.partition("~")[0] not in self.model.codes | COMMON_CODES:
                    self.fault(name, f"the model knows no error {code}")

    def run(self):
        for what, calls in self.table["calls"].items():
            for i, call in enumerate(calls):
                self.request(what, i, call)
        answers = self.answers()
        self.read_fields(answers)
        self.waits(answers)
        self.operation()
        self.tags()
        self.errors()
        return self.faults


def check_service(model):
    service, metadata, faults = model.service, model.model.metadata, []
    expected = {
        "protocol": metadata["protocol"], "version": metadata["apiVersion"],
        "signing": metadata.get("signingName", metadata["endpointPrefix"]),
    }
    if metadata["protocol"] == "json":
        expected["target"] = metadata["targetPrefix"]
    for key, value in expected.items():
        if service[key] != value:
            faults.append(f"{service['name']}: {key} is {service[key]}, the model says {value}")
    return faults


def field_of(table, name):
    return next(f for f in table["fields"] if f["name"] == name)


# A fault for each kind of check, put into a sound table: this script can fail.
SPOILERS = {
    "has no member Nope": lambda t: field_of(t, "cidr").update({"in": "Nope"}),
    "no read gives it": lambda t: field_of(t, "zone").update({"out": "nope"}),
    "CreateSubnet needs VpcId": lambda t: field_of(t, "vpc").update({"flags": []}),
    "bool, but": lambda t: field_of(t, "cidr").update({"type": field_of(t, "map_public_ip")["type"]}),
    "there is no operation": lambda t: t["calls"]["create"][0].update({"action": "CreateNope"}),
    "DescribeSubnets gives 1000 at most": lambda t: t["calls"]["list"][0].update({"page": 1001}),
    "nope is no word of ResourceType": lambda t: t.update({"tag_type": "nope"}),
    "nope is no word of SubnetState": lambda t: t["ready"].update({"ok": ["nope"]}),
    "the elements of SubnetList are in item": lambda t: t["calls"]["read"][0].update({"rows": "subnetSet[]"}),
    "DeleteSubnet needs SubnetId": lambda t: t["calls"]["delete"][0].update({"fixed": []}),
}


def blind_spots(table, model):
    found = []
    for text, spoil in SPOILERS.items():
        spoiled = copy.deepcopy(table)
        spoil(spoiled)
        if not any(text in f for f in Check(spoiled, model).run()):
            found.append(f"not noticed: {text}")
    return found


def main():
    tables = json.loads(subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout)
    session = botocore.session.get_session()
    models = {s["name"]: Model(session, s) for s in tables["services"]}
    faults = []
    for model in models.values():
        faults += check_service(model)
    for table in tables["types"]:
        faults += Check(table, models[table["service"]]).run()
    subnet = next(t for t in tables["types"] if t["name"] == "ec2.subnet")
    faults = list(dict.fromkeys(faults)) + blind_spots(subnet, models["ec2"])
    unknown = [f for f in faults if f not in KNOWN]
    unused = [k for k in KNOWN if k not in faults]
    for fault in unknown:
        print(fault)
    for known in unused:
        print(f"no longer needed in KNOWN: {known}")
    print(f"{len(tables['types'])} types, {len(models)} services, {len(unknown)} faults")
    return 1 if unknown or unused else 0


if __name__ == "__main__":
    sys.exit(main())

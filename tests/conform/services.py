"""Compares the table of services with botocore's models. Usage: services.py PATH-OF-SERVICES"""
import json
import subprocess
import sys

from models import lookup, model, operation, paginators

# Models that name no error codes, or a few of many.
WITHOUT_CODES = {"ec2", "s3"}
failures = []


def check(ok, what):
    print(f"{'ok' if ok else 'not ok'} - {what}")
    if not ok:
        failures.append(what)


def check_row(row, m):
    name = row["name"]
    check(row["protocol"] in (m.metadata.get("protocols") or [m.metadata["protocol"]]), f"{name}: protocol")
    check(row["version"] == m.api_version, f"{name}: version")
    check(row["target"] == m.metadata.get("targetPrefix"), f"{name}: target prefix")
    check(row["signing"] == m.signing_name, f"{name}: signing name")
    check(row["host"] == m.endpoint_prefix, f"{name}: endpoint prefix")
    check(row["env"] == m.service_id.upper().replace(" ", "_"), f"{name}: environment variable")
    if row["protocol"] == "json":
        check(m.metadata["jsonVersion"] == "1.1", f"{name}: JSON version")


def check_paging(row):
    """Each name of ours is the service's word in some paginator."""
    p, name = row["paging"], row["name"]
    if not p:
        return
    m = model(name)
    known = {k: False for k in ("token_in", "token_out", "size")}
    for action in paginators(name):
        op = m.operation_model(action)
        for key, shape in (("token_in", op.input_shape), ("token_out", op.output_shape), ("size", op.input_shape)):
            try:
                lookup(row["protocol"], shape, p[key], key == "token_out")
                known[key] = True
            except KeyError:
                pass
    for key, found in known.items():
        check(found, f"{name}: paging {key} {p[key]}")


def check_paged(call, rows):
    """A paged call of a table has a continuation token, and asks for a page that its operation gives."""
    row = next(r for r in rows if r.get("name") == call["service"])
    shape = operation(model(row["name"]), call["action"]).input_shape
    try:
        lookup(row["protocol"], shape, row["paging"]["token_in"])
        most = lookup(row["protocol"], shape, row["paging"]["size"]).metadata.get("max")
    except KeyError as e:
        check(False, f"{call['type']}: {call['action']} is not paged so: {e}")
        return
    size = call["page"] or row["paging"]["max"]
    check(most is None or size <= most, f"{call['type']}: {call['action']} asks for {size} of {most}")


def check_call(service, protocol, call, path, shape_of, answer):
    op = operation(service, call["action"])
    for member in call["fixed"]:
        try:
            lookup(protocol, op.input_shape, member.split("=", 1)[0])
        except KeyError as e:
            check(False, f"{call['action']}: {e}")
    try:
        found = lookup(protocol, op.output_shape if answer else op.input_shape, path, answer)
    except KeyError as e:
        check(False, f"{call['action']}: {e}")
        return
    while found.type_name == "list":
        found = found.member
    if shape_of == "map":
        check(found.type_name == "map", f"{call['action']}: tags are a map")
    elif shape_of == "keys":
        check(found.type_name in ("string", "structure"), f"{call['action']}: keys")
    else:
        keys = {s.serialization.get("name", n) if answer or protocol != "ec2" else n for n, s in found.members.items()}
        check(shape_of in keys, f"{call['action']}: {shape_of} in {sorted(keys)}")


def check_tags(row, m, protocol):
    t = row["tags"]
    if not t:
        return
    check_call(m, protocol, t["add"], t["add_in"], t["shape"], False)
    check_call(m, protocol, t["remove"], t["remove_in"], "keys", False)
    check_call(m, protocol, t["list"], t["list_out"], t["out_shape"], True)


def check_codes(row, m):
    name = row["name"]
    if name in WITHOUT_CODES:
        return
    known = {s.error_code for s in m.error_shapes} | {s.name for s in m.error_shapes}
    for kind in ("absent", "busy", "clash", "transient", "quota"):
        for code in row[kind]:
            code = code.split("~")[0]
            check(code in known, f"{name}: {kind} {code}")


def main():
    table = json.loads(subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout)
    rows = table["services"]
    for call in table["paged"]:
        check_paged(call, rows)
    for row in rows:
        m = model(row.get("name") or row["scheme_of"])
        check_tags(row, m, row.get("protocol") or m.metadata["protocol"])
        if "name" in row:
            check_row(row, m)
            check_paging(row)
            check_codes(row, m)
    print(f"1..{len(rows)} services, {len(failures)} differences")
    for what in failures:
        print(f"differs: {what}", file=sys.stderr)
    sys.exit(1 if failures else 0)


main()

"""Snapshots, stop/start/reboot and the catalogue of engines (network sheet 3.4, 3.5)."""
import rds_groups
import rds_modify
import rds_rules
from clock import clock
from rds import instance, seen
from rds_groups import boxes, rds_error
from registry import answers


@answers("rds", "CreateDBSnapshot")
def create_db_snapshot(call):
    found = instance(call, call.get("DBInstanceIdentifier"))
    if found.status not in ("available", "storage-optimization"):
        raise rds_error("InvalidDBInstanceState", f"Instance {found.id} is not in available state.")
    made = rds_modify.take_snapshot(call, found, call.get("DBSnapshotIdentifier"), rds_groups.checked_tags(call))
    return {"DBSnapshot": _seen(call, made)}


def _seen(call, made):
    return {**made, "TagList": rds_groups.tag_list(boxes.of(call).tags.get(made["DBSnapshotArn"], {}))}


@answers("rds", "DescribeDBSnapshots")
def describe_db_snapshots(call):
    found = list(boxes.of(call).snapshots.values())
    name, owner = call.get("DBSnapshotIdentifier"), call.get("DBInstanceIdentifier")
    if owner:
        found = [s for s in found if s["DBInstanceIdentifier"] == owner.lower()]
    if name:
        found = [s for s in found if s["DBSnapshotIdentifier"] == name.lower()]
        if not found:
            raise rds_error("DBSnapshotNotFound", f"DBSnapshot {name} not found.", 404)
    if call.get("SnapshotType") not in (None, "manual"):
        found = []
    return rds_groups.paged(call, "DBSnapshots", [_seen(call, s) for s in found])


@answers("rds", "DeleteDBSnapshot")
def delete_db_snapshot(call):
    made = boxes.of(call).snapshots.pop(call.get("DBSnapshotIdentifier").lower(), None)
    if made is None:
        raise rds_error("DBSnapshotNotFound", f"DBSnapshot {call.get('DBSnapshotIdentifier')} not found.", 404)
    return {"DBSnapshot": {**_seen(call, made), "Status": "deleted"}}


@answers("rds", "RebootDBInstance", "StartDBInstance", "StopDBInstance")
def change_power(call):
    found = instance(call, call.get("DBInstanceIdentifier"))
    needs = "stopped" if call.name == "StartDBInstance" else "available"
    if found.status != needs:
        raise rds_error("InvalidDBInstanceState", f"Instance {found.id} is not in {needs} state.")
    during, after = {"RebootDBInstance": ("rebooting", "available"), "StartDBInstance": ("starting", "available"),
                     "StopDBInstance": ("stopping", "stopped")}[call.name]
    found.status = during
    clock.after("rds_reboot_s", _settle, found, during, after)
    return {"DBInstance": seen(call, found)}


def _settle(found, during, after):
    if found.status == during:
        found.status = after
        for group in found.fields["DBParameterGroups"]:
            group["ParameterApplyStatus"] = "in-sync"


@answers("rds", "DescribeDBEngineVersions")
def describe_engine_versions(call):
    found = []
    for engine, versions in rds_rules.VERSIONS.items():
        if call.get("Engine") not in (None, engine):
            continue
        wanted = call.get("EngineVersion")
        chosen = [v for v in versions if not wanted or v == wanted or v.startswith(wanted + ".")]
        if call.get("DefaultOnly"):
            chosen = chosen[-1:]
        for full in chosen:
            family = rds_rules.family(engine, full)
            if call.get("DBParameterGroupFamily") not in (None, family):
                continue
            later = versions[versions.index(full) + 1:]
            found.append({
                "Engine": engine, "EngineVersion": full, "DBParameterGroupFamily": family, "Status": "available",
                "DBEngineDescription": engine, "DBEngineVersionDescription": f"{engine} {full}",
                "ExportableLogTypes": ["postgresql", "upgrade"] if engine == "postgres" else ["error", "slowquery"],
                "ValidUpgradeTarget": [{
                    "Engine": engine, "EngineVersion": v, "AutoUpgrade": False,
                    "IsMajorVersionUpgrade": v.split(".")[0] != full.split(".")[0]} for v in later]})
    return rds_groups.paged(call, "DBEngineVersions", found)


@answers("rds", "DescribeOrderableDBInstanceOptions")
def describe_orderable(call):
    engine = call.get("Engine")
    wanted = call.get("EngineVersion")
    versions = [v for v in rds_rules.VERSIONS.get(engine, []) if not wanted or v == wanted]
    classes = [call.get("DBInstanceClass")] if call.get("DBInstanceClass") else \
        ["db.t4g.micro", "db.t4g.small", "db.t4g.medium", "db.m7g.large"]
    found = [{"Engine": engine, "EngineVersion": v, "DBInstanceClass": c, "StorageType": kind, "Vpc": True,
              "LicenseModel": rds_rules.LICENSE.get(engine, "general-public-license"), "MultiAZCapable": True,
              "AvailabilityZones": [{"Name": call.region + letter} for letter in "abcd"],
              "MinStorageSize": 20, "MaxStorageSize": 65536, "SupportsStorageEncryption": True}
             for v in versions for c in classes if rds_rules.CLASS.fullmatch(c) for kind in ("gp2", "gp3")]
    return rds_groups.paged(call, "OrderableDBInstanceOptions", found)

"""Changing and deleting a DB instance (network sheet 3.3).

A change shows the old values and the new ones as pending; the status stays available
for a moment before it turns to modifying, which is what fools an early poll.
"""
import time

import ec2_eni
import rds_groups
import rds_rules
from clock import clock
from rds import PENDING, _alive, instance, seen
from rds_groups import boxes, rds_error
from registry import answers

SAME_NAME = ("DBInstanceClass", "AllocatedStorage", "BackupRetentionPeriod", "MultiAZ", "EngineVersion", "Iops",
             "StorageThroughput", "StorageType", "CACertificateIdentifier", "AutoMinorVersionUpgrade",
             "CopyTagsToSnapshot", "DeletionProtection", "MonitoringInterval", "MonitoringRoleArn",
             "MaxAllocatedStorage", "PubliclyAccessible", "PreferredBackupWindow", "PreferredMaintenanceWindow",
             "NetworkType", "DatabaseInsightsMode", "PerformanceInsightsRetentionPeriod")
RENAMED = {"DBPortNumber": "Port", "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
           "EnablePerformanceInsights": "PerformanceInsightsEnabled"}
# These wait for the maintenance window unless ApplyImmediately is set.
DEFERRED = {"DBInstanceClass", "AllocatedStorage", "StorageType", "Iops", "StorageThroughput", "EngineVersion",
            "MultiAZ", "CACertificateIdentifier", "IAMDatabaseAuthenticationEnabled", "DBSubnetGroupName"}
STORAGE = {"AllocatedStorage", "StorageType", "Iops", "StorageThroughput"}
STORAGE_LOCK_S = 6 * 3600


def _effective(found, field):
    if field in found.pending:
        return found.pending[field]
    if field == "Port":
        return found.port
    return found.fields.get(field)


@answers("rds", "ModifyDBInstance")
def modify_db_instance(call):
    found, p = instance(call, call.get("DBInstanceIdentifier")), call.params
    if found.status not in ("available", "storage-optimization", "stopped"):
        raise rds_error("InvalidDBInstanceState", "Database instance is not in available state.")
    changes = _wanted(call, found)
    security = p.get("VpcSecurityGroupIds")
    current = [g["VpcSecurityGroupId"] for g in found.fields["VpcSecurityGroups"]]
    regroup = security is not None and set(security) != set(current)
    forced = p.get("ApplyImmediately") and any(k in DEFERRED for k in found.pending)
    if not changes and not regroup and not forced:
        raise rds_error("InvalidParameterCombination", "No modifications were requested")
    _check(found, changes)
    if regroup:
        vpc = found.eni.subnet.vpc_id
        groups = rds_groups.security_groups(call, security, vpc)
        backend = call.backend("ec2")
        found.eni._group_set = [backend.get_security_group_from_id(g) for g in groups]
        found.fields["VpcSecurityGroups"] = [{"VpcSecurityGroupId": g, "Status": "adding"} for g in groups]
    for field, value in changes.items():
        if field in PENDING:
            found.pending[field] = value
        else:
            found.fields[field] = value
    if set(changes) & STORAGE:
        found.storage_changed = time.time()
    now = {f for f in found.pending if p.get("ApplyImmediately") or f not in DEFERRED}
    found.applying |= now
    if found.applying or regroup:
        found.generation += 1
        clock.after("rds_modify_notice_s", _start, found, found.generation)
    return {"DBInstance": seen(call, found)}


def _wanted(call, found):
    """field -> new value, only where it differs from what is or is promised."""
    p, changes = call.params, {}
    for name in SAME_NAME:
        if p.get(name) is not None:
            changes[name] = p[name]
    for name, field in RENAMED.items():
        if p.get(name) is not None:
            changes[field] = p[name]
    if "EngineVersion" in changes:
        changes["EngineVersion"] = rds_rules.version(found.fields["Engine"], changes["EngineVersion"])
    if "PreferredMaintenanceWindow" in changes:
        changes["PreferredMaintenanceWindow"] = rds_rules.maintenance_window(changes["PreferredMaintenanceWindow"])
    if "PreferredBackupWindow" in changes:
        changes["PreferredBackupWindow"] = rds_rules.backup_window(changes["PreferredBackupWindow"])
    changes = {k: v for k, v in changes.items() if _effective(found, k) != v}
    if p.get("MasterUserPassword") is not None:
        rds_rules.check_password(p["MasterUserPassword"])
        changes["MasterUserPassword"] = p["MasterUserPassword"]
    if p.get("DBParameterGroupName"):
        current = found.fields["DBParameterGroups"][0]["DBParameterGroupName"]
        if current != p["DBParameterGroupName"]:
            changes["DBParameterGroups"] = [{"DBParameterGroupName": p["DBParameterGroupName"],
                                             "ParameterApplyStatus": "pending-reboot"}]
    exports = p.get("CloudwatchLogsExportConfiguration")
    if exports:
        have = set(found.fields.get("EnabledCloudwatchLogsExports", []))
        on = sorted(set(exports.get("EnableLogTypes", [])) - have)
        off = sorted(set(exports.get("DisableLogTypes", [])) & have)
        if on or off:
            changes["PendingCloudwatchLogsExports"] = {"LogTypesToEnable": on, "LogTypesToDisable": off}
    return changes


def _check(found, changes):
    engine = found.fields["Engine"]
    if "DBInstanceClass" in changes:
        rds_rules.check_class(changes["DBInstanceClass"], engine, found.fields["EngineVersion"])
    if "EngineVersion" in changes:
        old, new = found.fields["EngineVersion"], changes["EngineVersion"]
        known = rds_rules.VERSIONS[engine]
        if known.index(new) < known.index(old):
            raise rds_error("InvalidParameterCombination", f"Cannot upgrade {engine} from {old} to {new}")
    if set(changes) & STORAGE and found.storage_changed and time.time() - found.storage_changed < STORAGE_LOCK_S:
        raise rds_error("InvalidParameterCombination", "You can't currently modify the storage of this DB instance "
                                                       "because the previous storage change is being optimized.")
    size = changes.get("AllocatedStorage")
    if size is not None:
        have = found.fields["AllocatedStorage"]
        if size < have:
            raise rds_error("InvalidParameterCombination", f"Requested storage size ({size}) cannot be less than the "
                                                           f"current storage size ({have})")
        if size < have * 1.1:
            raise rds_error("InvalidParameterCombination", "You must increase the storage size by at least 10%")
    if set(changes) & STORAGE:
        kind = changes.get("StorageType", found.fields["StorageType"])
        rds_rules.check_storage(size or found.fields["AllocatedStorage"], kind,
                                changes.get("Iops", found.fields.get("Iops") if kind.startswith("io") else None),
                                changes.get("StorageThroughput"))
    rds_rules.check_disjoint(changes.get("PreferredBackupWindow", found.fields["PreferredBackupWindow"]),
                             changes.get("PreferredMaintenanceWindow", found.fields["PreferredMaintenanceWindow"]))


def _start(found, generation):
    if not _alive(found) or found.generation != generation:
        return
    found.status = "modifying"
    for group in found.fields["VpcSecurityGroups"]:
        group["Status"] = "active"
    clock.after("rds_modify_s", _finish, found, generation)


def _finish(found, generation):
    if not _alive(found) or found.generation != generation:
        return
    for field in found.applying & set(found.pending):
        value = found.pending.pop(field)
        if field == "PendingCloudwatchLogsExports":
            have = set(found.fields.get("EnabledCloudwatchLogsExports", []))
            have = (have | set(value["LogTypesToEnable"])) - set(value["LogTypesToDisable"])
            found.fields["EnabledCloudwatchLogsExports"] = sorted(have)
        elif field == "Port":
            found.port = value
            found.fields["Endpoint"]["Port"] = value
        elif field != "MasterUserPassword":
            found.fields[field] = value
    found.applying = set()
    if found.fields["StorageType"] == "gp3" and found.storage_changed:
        iops, throughput = rds_rules.default_performance(found.fields["AllocatedStorage"], "gp3")
        found.fields["Iops"] = max(found.fields.get("Iops") or 0, iops)
        found.fields["StorageThroughput"] = max(found.fields.get("StorageThroughput") or 0, throughput)
    found.status = "available"


# --- delete --------------------------------------------------------------------------

@answers("rds", "DeleteDBInstance")
def delete_db_instance(call):
    found, p, box = instance(call, call.get("DBInstanceIdentifier")), call.params, boxes.of(call)
    if found.status == "deleting":
        raise rds_error("InvalidDBInstanceState", f"Instance {found.id} is already being deleted.")
    if found.fields["DeletionProtection"]:
        raise rds_error("InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion "
                                                       "protection and try again.")
    skip, final = p.get("SkipFinalSnapshot", False), p.get("FinalDBSnapshotIdentifier")
    if skip and final:
        raise rds_error("InvalidParameterCombination", "FinalDBSnapshotIdentifier can not be specified when "
                                                       "deleting an instance with SkipFinalSnapshot.")
    if not skip and not final:
        raise rds_error("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless "
                                                       "SkipFinalSnapshot is specified.")
    if final:
        if found.status != "available":
            raise rds_error("InvalidDBInstanceState", f"Instance {found.id} is not available: it is {found.status}, "
                                                      "and a final snapshot needs an available instance")
        take_snapshot(call, found, final, {} if not found.fields["CopyTagsToSnapshot"] else
                      box.tags.get(found.fields["DBInstanceArn"], {}))
    found.status = "deleting"
    clock.after("rds_delete_s", _deleted, found)
    return {"DBInstance": seen(call, found)}


def _deleted(found):
    box = boxes.at(found.account, found.region)
    box.instances.pop(found.id, None)
    box.tags.pop(found.fields["DBInstanceArn"], None)
    ec2_eni.release(found.account, found.region, found.eni)


def take_snapshot(call, found, name, tags):
    name, box = name.lower(), boxes.of(call)
    if name in box.snapshots:
        raise rds_error("DBSnapshotAlreadyExists", f"Cannot create the snapshot because a snapshot with the "
                                                   f"identifier {name} already exists.")
    f = found.fields
    made = {"DBSnapshotIdentifier": name, "DBInstanceIdentifier": found.id, "SnapshotCreateTime": time.time(),
            "Engine": f["Engine"], "AllocatedStorage": f["AllocatedStorage"], "Status": "creating",
            "Port": found.port, "MasterUsername": f["MasterUsername"], "EngineVersion": f["EngineVersion"],
            "SnapshotType": "manual", "StorageType": f["StorageType"], "Encrypted": f["StorageEncrypted"],
            "DBSnapshotArn": call.arn(f"snapshot:{name}"), "DbiResourceId": f["DbiResourceId"],
            "PercentProgress": 0, "LicenseModel": f["LicenseModel"], "AvailabilityZone": f["AvailabilityZone"]}
    box.snapshots[name] = made
    box.tags[made["DBSnapshotArn"]] = dict(tags)
    clock.after("rds_snapshot_s", made.update, {"Status": "available", "PercentProgress": 100})
    return made

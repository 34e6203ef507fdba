"""The DB instance through its life: creating, backing-up, available, modifying, deleting."""
import secrets
import time

import ec2_eni
import rds_groups
import rds_rules
from clock import clock
from rds_groups import boxes, rds_error
from registry import answers

KMS = "arn:aws:kms:{0}:{1}:key/1f0ad7ce-5a1c-4f5b-9f4e-1a2b3c4d5e6f"


class Instance:
    """`fields` is what DescribeDBInstances shows; `pending` what it promises."""

    def __init__(self, call, name, fields, group, eni):
        self.account, self.region, self.id = call.account, call.region, name
        self.fields, self.group, self.eni = fields, group, eni
        self.pending, self.applying, self.generation = {}, set(), 0
        self.storage_changed = None

    @property
    def status(self):
        return self.fields["DBInstanceStatus"]

    @status.setter
    def status(self, value):
        self.fields["DBInstanceStatus"] = value


def instance(call, name):
    found = boxes.of(call).instances.get((name or "").lower())
    if found is None:
        raise rds_error("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
    return found


def seen(call, found):
    box = boxes.of(call)
    item = dict(found.fields)
    item["PendingModifiedValues"] = {
        k: ("****" if k == "MasterUserPassword" else v) for k, v in found.pending.items() if k in PENDING}
    item["TagList"] = rds_groups.tag_list(box.tags.get(item["DBInstanceArn"], {}))
    if found.group in box.groups:
        item["DBSubnetGroup"] = rds_groups.seen_group(call, box.groups[found.group])
    return item


FILTERS = {
    "db-instance-id": lambda i: [i["DBInstanceIdentifier"], i["DBInstanceArn"]], "engine": "Engine",
    "dbi-resource-id": "DbiResourceId", "db-cluster-id": "DBClusterIdentifier", "domain": lambda i: [],
}


@answers("rds", "DescribeDBInstances")
def describe_db_instances(call):
    name = call.get("DBInstanceIdentifier")
    if name:
        name = name.rpartition(":")[2]
        found = [instance(call, name)]
    else:
        found = list(boxes.of(call).instances.values())
    items = rds_groups.filters(call, [seen(call, i) for i in found], FILTERS)
    return rds_groups.paged(call, "DBInstances", items)


# --- create --------------------------------------------------------------------------

@answers("rds", "CreateDBInstance")
def create_db_instance(call):
    box, p = boxes.of(call), call.params
    name = p["DBInstanceIdentifier"].lower()
    rds_rules.check_identifier(name)
    engine = p["Engine"]
    full = rds_rules.version(engine, p.get("EngineVersion"))
    rds_rules.check_class(p.get("DBInstanceClass"), engine, full)
    if name in box.instances:
        raise rds_error("DBInstanceAlreadyExists", "DB instance already exists")
    _check_credentials(p)
    kind = p.get("StorageType") or ("io1" if p.get("Iops") else "gp3")
    size = p.get("AllocatedStorage")
    rds_rules.check_storage(size, kind, p.get("Iops"), p.get("StorageThroughput"))
    if p.get("MaxAllocatedStorage") is not None and p["MaxAllocatedStorage"] < size * 1.1:
        raise rds_error("InvalidParameterCombination", "Max storage size must be greater than storage size")
    if p.get("MultiAZ") and p.get("AvailabilityZone"):
        raise rds_error("InvalidParameterCombination", "Requesting a specific availability zone is not valid for "
                                                       "Multi-AZ instances.")
    tags = rds_groups.checked_tags(call)
    group, vpc = _network(call, p)
    groups = rds_groups.security_groups(call, p.get("VpcSecurityGroupIds"), vpc)
    fields = _fields(call, name, engine, full, kind, size, groups)
    fields["AvailabilityZone"], eni = _place(call, p, group, vpc, groups)
    fields["PubliclyAccessible"] = p.get("PubliclyAccessible", group is None)
    if fields["PubliclyAccessible"]:
        _check_public(call, vpc)
    made = Instance(call, name, fields, group["DBSubnetGroupName"] if group else None, eni)
    made.port = fields.pop("Port")
    box.instances[name] = made
    box.tags[fields["DBInstanceArn"]] = tags
    clock.after("rds_create_s", _created, made)
    return {"DBInstance": seen(call, made)}


def _check_credentials(p):
    managed, password = p.get("ManageMasterUserPassword"), p.get("MasterUserPassword")
    if managed and password:
        raise rds_error("InvalidParameterCombination", "You can't specify MasterUserPassword when "
                                                       "ManageMasterUserPassword is enabled.")
    if not managed and password is None:
        raise rds_error("InvalidParameterCombination", "You must specify MasterUserPassword or "
                                                       "ManageMasterUserPassword.")
    if not p.get("MasterUsername"):
        raise rds_error("InvalidParameterValue", "The parameter MasterUsername must be provided and must not be blank.")
    rds_rules.check_user(p["MasterUsername"])
    if password is not None:
        rds_rules.check_password(password)


def _network(call, p):
    name = p.get("DBSubnetGroupName")
    if name:
        group = rds_groups.group(call, name)
        return group, group["VpcId"]
    return None, call.backend("ec2").default_vpc.id


def _place(call, p, group, vpc, groups):
    backend = call.backend("ec2")
    ids = group["SubnetIds"] if group else [s.id for z in backend.subnets.values() for s in z.values()
                                            if s.vpc_id == vpc]
    subnets = [s for s in (rds_groups.subnet(backend, i) for i in ids) if s is not None]
    zone = p.get("AvailabilityZone")
    if zone and zone not in {s.availability_zone for s in subnets}:
        raise rds_error("InvalidParameterValue", f"The requested availability zone {zone} is not in the subnet group")
    chosen = next(s for s in sorted(subnets, key=lambda s: s.availability_zone)
                  if zone in (None, s.availability_zone))
    eni = ec2_eni.acquire(call.account, call.region, chosen.id, groups, "rds",
                          public=bool(p.get("PubliclyAccessible", group is None)))
    return chosen.availability_zone, eni


def _check_public(call, vpc_id):
    backend = call.backend("ec2")
    vpc = backend.vpcs[vpc_id]
    attached = any(g.vpc is not None and g.vpc.id == vpc_id for g in backend.internet_gateways.values())
    if str(vpc.enable_dns_hostnames).lower() != "true" or (not attached and not vpc.is_default):
        raise rds_error("InvalidVPCNetworkStateFault", "Cannot create a publicly accessible DBInstance. The specified "
                        "VPC does not support DNS resolution, DNS hostnames, or both, or has no internet gateway. "
                        "Update the VPC and then try again")


def _fields(call, name, engine, full, kind, size, groups):
    p, family = call.params, rds_rules.family(engine, full)
    iops, throughput = rds_rules.default_performance(size, kind)
    backup = rds_rules.backup_window(p.get("PreferredBackupWindow", "08:04-08:34"))
    maintenance = rds_rules.maintenance_window(p.get("PreferredMaintenanceWindow", "sun:04:21-sun:04:51"))
    rds_rules.check_disjoint(backup, maintenance)
    retention = p.get("BackupRetentionPeriod", 1)
    if not 0 <= retention <= 35:
        raise rds_error("InvalidParameterValue", f"Invalid backup retention period: {retention}. Must be between 0 "
                                                 "and 35.")
    port = p.get("Port", rds_rules.PORT[engine])
    if not 1150 <= port <= 65535:
        raise rds_error("InvalidParameterValue", f"Port {port} is out of range 1150-65535")
    fields = {
        "DBInstanceIdentifier": name, "DBInstanceClass": p["DBInstanceClass"], "Engine": engine, "Port": port,
        "DBInstanceStatus": "creating", "MasterUsername": p["MasterUsername"], "AllocatedStorage": size,
        "PreferredBackupWindow": backup, "BackupRetentionPeriod": retention, "DBSecurityGroups": [],
        "VpcSecurityGroups": [{"VpcSecurityGroupId": g, "Status": "active"} for g in groups],
        "DBParameterGroups": [{"DBParameterGroupName": p.get("DBParameterGroupName", "default." + family),
                               "ParameterApplyStatus": "in-sync"}],
        "PreferredMaintenanceWindow": maintenance, "MultiAZ": p.get("MultiAZ", False), "EngineVersion": full,
        "AutoMinorVersionUpgrade": p.get("AutoMinorVersionUpgrade", True), "ReadReplicaDBInstanceIdentifiers": [],
        "LicenseModel": rds_rules.LICENSE.get(engine, "general-public-license"),
        "OptionGroupMemberships": [{"OptionGroupName": f"default:{engine}-{family[len(engine):].replace('.', '-')}",
                                    "Status": "in-sync"}],
        "StorageType": kind, "DbInstancePort": 0, "StorageEncrypted": p.get("StorageEncrypted", False),
        "DbiResourceId": "db-" + secrets.token_hex(13).upper(), "DomainMemberships": [], "AssociatedRoles": [],
        "CACertificateIdentifier": p.get("CACertificateIdentifier", "rds-ca-rsa2048-g1"),
        "CopyTagsToSnapshot": p.get("CopyTagsToSnapshot", False), "MonitoringInterval": p.get("MonitoringInterval", 0),
        "DBInstanceArn": call.arn(f"db:{name}"), "DeletionProtection": p.get("DeletionProtection", False),
        "IAMDatabaseAuthenticationEnabled": p.get("EnableIAMDatabaseAuthentication", False),
        "PerformanceInsightsEnabled": p.get("EnablePerformanceInsights", False), "CustomerOwnedIpEnabled": False,
        "ActivityStreamStatus": "stopped", "BackupTarget": "region", "NetworkType": p.get("NetworkType", "IPV4"),
        "DedicatedLogVolume": False, "IsStorageConfigUpgradeAvailable": False,
        "DatabaseInsightsMode": p.get("DatabaseInsightsMode", "standard"),
        "EngineLifecycleSupport": p.get("EngineLifecycleSupport", "open-source-rds-extended-support"),
    }
    for key, value in (("DBName", p.get("DBName")), ("Iops", p.get("Iops") or iops),
                       ("StorageThroughput", p.get("StorageThroughput") or throughput),
                       ("MaxAllocatedStorage", p.get("MaxAllocatedStorage")),
                       ("MonitoringRoleArn", p.get("MonitoringRoleArn")),
                       ("EnabledCloudwatchLogsExports", p.get("EnableCloudwatchLogsExports"))):
        if value is not None:
            fields[key] = value
    if p.get("EnablePerformanceInsights"):
        fields["PerformanceInsightsRetentionPeriod"] = p.get("PerformanceInsightsRetentionPeriod", 7)
    if p.get("StorageEncrypted"):
        fields["KmsKeyId"] = _key_arn(call, p.get("KmsKeyId"))
    if p.get("ManageMasterUserPassword"):
        fields["MasterUserSecret"] = {
            "SecretArn": call.arn(f"secret:rds!db-{secrets.token_hex(8)}-AbCdEf", "secretsmanager"),
            "SecretStatus": "creating", "KmsKeyId": KMS.format(call.region, call.account)}
    return fields


def _key_arn(call, key):
    if not key or key.startswith("alias/aws/"):
        return KMS.format(call.region, call.account)
    return key if key.startswith("arn:") else call.arn(f"key/{key}", "kms")


def _alive(found):
    return boxes.at(found.account, found.region).instances.get(found.id) is found and found.status != "deleting"


def _created(found):
    if not _alive(found):
        return
    found.fields["InstanceCreateTime"] = time.time()
    found.fields["Endpoint"] = {"Address": f"{found.id}.c0sandbox0xx.{found.region}.rds.amazonaws.com",
                                "Port": found.port, "HostedZoneId": "Z2R2ITUGPM61AM"}
    if "MasterUserSecret" in found.fields:
        found.fields["MasterUserSecret"]["SecretStatus"] = "active"
    if found.fields["BackupRetentionPeriod"]:
        found.status = "backing-up"
        clock.after("rds_backup_s", _available, found)
    else:
        _available(found)


def _available(found):
    if _alive(found):
        found.status = "available"
        if found.fields["BackupRetentionPeriod"]:
            found.fields["LatestRestorableTime"] = time.time()


# What DescribeDBInstances can show as pending.
PENDING = {"DBInstanceClass", "AllocatedStorage", "MasterUserPassword", "Port", "BackupRetentionPeriod", "MultiAZ",
           "EngineVersion", "Iops", "StorageThroughput", "StorageType", "CACertificateIdentifier",
           "DBSubnetGroupName", "PendingCloudwatchLogsExports", "IAMDatabaseAuthenticationEnabled"}

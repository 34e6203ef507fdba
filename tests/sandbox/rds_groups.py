"""DB subnet groups, tags and what RDS calls have in common (network sheet 3, 3.1)."""
import re

import ec2
import paging
from errors import AwsError
from registry import answers
from store import Store


class Box:
    def __init__(self):
        self.groups, self.instances, self.snapshots = {}, {}, {}
        self.tags = {}      # ARN -> {key: value}


boxes = Store(Box)


def rds_error(code, message, status=400):
    return AwsError(code, message, status)


def paged(call, key, items):
    size = call.get("MaxRecords")
    if size is not None and not 20 <= size <= 100:
        raise rds_error("InvalidParameterValue", f"Invalid value {size} for MaxRecords. Must be between 20 and 100")
    return paging.fill({}, key, items, "Marker", call, size, "Marker", 100,
                       rds_error("InvalidParameterValue", "The parameter Marker is invalid"))


# --- tags ----------------------------------------------------------------------------

def tag_list(tags):
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def checked_tags(call):
    tags = {t["Key"]: t.get("Value", "") for t in call.get("Tags", [])}
    if any(k.lower().startswith("aws:") for k in tags):
        raise rds_error("InvalidParameterValue", "Tag keys may not start with aws:")
    if len(tags) > 50:
        raise rds_error("InvalidParameterValue", "Too many tags")
    return tags


def _tags_at(call):
    """The tags of a live resource, by ARN; None for kinds that moto keeps."""
    arn, box = call.get("ResourceName", ""), boxes.of(call)
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "rds":
        raise rds_error("InvalidParameterValue", f"Invalid resource name: {arn}")
    kind, name = parts[5], parts[6]
    stores = {"db": (box.instances, "DBInstanceNotFound"), "subgrp": (box.groups, "DBSubnetGroupNotFoundFault"),
              "snapshot": (box.snapshots, "DBSnapshotNotFound")}
    if kind not in stores:
        return None
    store, code = stores[kind]
    if name not in store:
        raise rds_error(code, f"{name} not found.", 404)
    return box.tags.setdefault(arn, {})


@answers("rds", "AddTagsToResource")
def add_tags(call):
    tags = _tags_at(call)
    if tags is None:
        return call.moto()
    tags.update(checked_tags(call))
    return {}


@answers("rds", "RemoveTagsFromResource")
def remove_tags(call):
    tags = _tags_at(call)
    if tags is None:
        return call.moto()
    for key in call.get("TagKeys", []):
        tags.pop(key, None)
    return {}


@answers("rds", "ListTagsForResource")
def list_tags(call):
    tags = _tags_at(call)
    return call.moto() if tags is None else {"TagList": tag_list(tags)}


# --- subnet groups -------------------------------------------------------------------

def subnet(backend, subnet_id):
    for zone in backend.subnets.values():
        if subnet_id in zone:
            return zone[subnet_id]
    return None


def _subnets(call, ids):
    backend = call.backend("ec2")
    found = [subnet(backend, i) for i in dict.fromkeys(ids)]
    if not found or None in found:
        raise rds_error("InvalidSubnet", f"Some input subnets in :[{', '.join(ids)}] are invalid.")
    if len({s.vpc_id for s in found}) > 1:
        raise rds_error("InvalidSubnet", "Subnets of a DB subnet group must be in one VPC")
    if len({s.availability_zone for s in found}) < 2:
        raise rds_error("DBSubnetGroupDoesNotCoverEnoughAZs",
                        "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ "
                        f"coverage: {found[0].availability_zone}. Add subnets to cover at least 2 AZs.")
    return found


def seen_group(call, group):
    """AWS keeps the subnets as a set: their order is not the caller's."""
    backend, subnets = call.backend("ec2"), []
    for subnet_id in sorted(group["SubnetIds"]):
        live = subnet(backend, subnet_id)
        subnets.append({"SubnetIdentifier": subnet_id, "SubnetStatus": "Active", "SubnetOutpost": {},
                        "SubnetAvailabilityZone": {"Name": live.availability_zone if live else "unknown"}})
    return {"DBSubnetGroupName": group["DBSubnetGroupName"], "VpcId": group["VpcId"], "Subnets": subnets,
            "DBSubnetGroupDescription": group["DBSubnetGroupDescription"], "SubnetGroupStatus": "Complete",
            "DBSubnetGroupArn": group["arn"], "SupportedNetworkTypes": ["IPV4"]}


def group(call, name, code="DBSubnetGroupNotFoundFault"):
    found = boxes.of(call).groups.get(name.lower())
    if found is None:
        raise rds_error(code, f"DB subnet group '{name}' does not exist.", 404)
    return found


def _users(call, name):
    return [i for i in boxes.of(call).instances.values() if i.group == name]


@answers("rds", "CreateDBSubnetGroup")
def create_subnet_group(call):
    name, box = call.get("DBSubnetGroupName").lower(), boxes.of(call)
    if not re.fullmatch(r"[a-z][a-z0-9._ -]{0,254}", name) or name == "default":
        raise rds_error("InvalidParameterValue", f"The parameter DBSubnetGroupName is not valid: {name}")
    if not call.get("DBSubnetGroupDescription"):
        raise rds_error("InvalidParameterValue", "The parameter DBSubnetGroupDescription must be provided and must "
                                                 "not be blank.")
    tags = checked_tags(call)
    if name in box.groups:
        raise rds_error("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    subnets = _subnets(call, call.get("SubnetIds"))
    made = {"DBSubnetGroupName": name, "DBSubnetGroupDescription": call.get("DBSubnetGroupDescription"),
            "SubnetIds": [s.id for s in subnets], "VpcId": subnets[0].vpc_id, "arn": call.arn(f"subgrp:{name}")}
    box.groups[name] = made
    box.tags[made["arn"]] = tags
    return {"DBSubnetGroup": seen_group(call, made)}


@answers("rds", "DescribeDBSubnetGroups")
def describe_subnet_groups(call):
    name = call.get("DBSubnetGroupName")
    found = [group(call, name)] if name else list(boxes.of(call).groups.values())
    return paged(call, "DBSubnetGroups", [seen_group(call, g) for g in found])


@answers("rds", "ModifyDBSubnetGroup")
def modify_subnet_group(call):
    found = group(call, call.get("DBSubnetGroupName"))
    subnets = _subnets(call, call.get("SubnetIds"))
    ids = [s.id for s in subnets]
    for instance in _users(call, found["DBSubnetGroupName"]):
        if instance.eni is not None and instance.eni.subnet.id not in ids:
            raise rds_error("SubnetAlreadyInUse", f"The subnet {instance.eni.subnet.id} is in use.")
    if subnets[0].vpc_id != found["VpcId"]:
        raise rds_error("InvalidSubnet", "The new Subnets are not in the same Vpc as the existing subnet group")
    found["SubnetIds"] = ids
    if call.get("DBSubnetGroupDescription"):
        found["DBSubnetGroupDescription"] = call.get("DBSubnetGroupDescription")
    return {"DBSubnetGroup": seen_group(call, found)}


@answers("rds", "DeleteDBSubnetGroup")
def delete_subnet_group(call):
    found = group(call, call.get("DBSubnetGroupName"))
    name = found["DBSubnetGroupName"]
    users = _users(call, name)
    if users:
        raise rds_error("InvalidDBSubnetGroupStateFault", f"Cannot delete the subnet group '{name}' because at least "
                                                          f"one database instance: {users[0].id} is still using it.")
    del boxes.of(call).groups[name]
    boxes.of(call).tags.pop(found["arn"], None)
    return {}


def security_groups(call, ids, vpc):
    """Existing groups of the right VPC; without any, the VPC's default group."""
    backend = call.backend("ec2")
    if not ids:
        return [backend.get_default_security_group(vpc).id]
    for group_id in ids:
        found = backend.get_security_group_from_id(group_id)
        if found is None:
            raise rds_error("InvalidParameterValue", f"Invalid security group , groupId= {group_id}, groupName=.")
        if found.vpc_id != vpc:
            raise rds_error("InvalidParameterCombination", "The DB instance and EC2 security group are in different "
                            f"VPCs. The DB instance is in {vpc} and the EC2 security group is in {found.vpc_id}")
    return list(ids)


def filters(call, items, getters):
    """RDS filters: exact values, unknown names refused."""
    for entry in call.get("Filters", []):
        if entry["Name"] not in getters:
            raise rds_error("InvalidParameterValue", f"Unrecognized filter name: {entry['Name']}")
    return ec2.filtered(items, call.get("Filters"), getters)

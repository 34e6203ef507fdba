"""What an account holds, read from outside through botocore: {part: {what: value}} without made-up ids."""
import functools
import json

from names import Unordered, names_of, pages, rule_text, short, tags_of


def pick(row, *keys):
    """These members of a row; what is empty says the same as what is absent."""
    return {k: row[k] for k in keys if row.get(k) not in (None, "", [], {})}


def dotted(prefix, value, into=None):
    """{"a": {"b": 1}} as {"prefix.a.b": 1}; lists stay whole."""
    into = {} if into is None else into
    if isinstance(value, dict):
        for key, item in value.items():
            dotted(f"{prefix}.{key}" if prefix else key, item, into)
    else:
        into[prefix] = value
    return into


def ordered(rows):
    """For lists whose order means nothing."""
    return sorted(rows, key=lambda r: json.dumps(r, sort_keys=True))


def _words(value):
    return sorted(value) if isinstance(value, list) else [value]


def policy(document):
    """A policy so that only what it means is compared: one word is a list of one, and order means nothing."""
    if isinstance(document, str):
        document = json.loads(document)
    statements = []
    for statement in document["Statement"]:
        plain = {k: _words(v) for k, v in statement.items() if k in ("Action", "Resource")}
        plain["Effect"] = statement["Effect"]
        for key in ("Principal", "Condition"):
            if key in statement:
                plain[key] = {k: {i: _words(j) for i, j in v.items()} if isinstance(v, dict) else _words(v)
                              for k, v in statement[key].items()}
        plain.update({k: v for k, v in statement.items() if k not in (*plain, "Sid")})
        statements.append(plain)
    return [document["Version"], *ordered(statements)]


def network(client):
    ec2 = client("ec2")
    out = {}
    vpcs = [v for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
    ours = [{"Name": "vpc-id", "Values": [v["VpcId"] for v in vpcs] or ["none"]}]
    for vpc in vpcs:
        out[f"{vpc['VpcId']}"] = pick(vpc, "CidrBlock", "InstanceTenancy")
        for name in ("enableDnsSupport", "enableDnsHostnames"):
            answer = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=name)
            out[vpc["VpcId"]][name] = answer[name[0].upper() + name[1:]]["Value"]
    for subnet in ec2.describe_subnets(Filters=ours)["Subnets"]:
        out[subnet["SubnetId"]] = {**pick(subnet, "VpcId", "CidrBlock", "AvailabilityZoneId"),
                                   "MapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"]}
    for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
        vpc_ids = [a["VpcId"] for a in gateway["Attachments"]]
        if not vpc_ids or vpc_ids[0] in ours[0]["Values"]:
            out[gateway["InternetGatewayId"]] = {"attached": vpc_ids}
    for table in ec2.describe_route_tables(Filters=ours)["RouteTables"]:
        routes = {r["DestinationCidrBlock"]: [r["GatewayId"], r["State"]] for r in table["Routes"]}
        out[table["RouteTableId"]] = {
            "routes": routes, "main": any(a["Main"] for a in table["Associations"]),
            "subnets": Unordered(a["SubnetId"] for a in table["Associations"] if "SubnetId" in a)}
    return out


def firewall(client):
    ec2, names = client("ec2"), names_of(client)
    vpcs = {v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]}
    groups = {g["GroupId"]: g for g in ec2.describe_security_groups()["SecurityGroups"] if g["VpcId"] in vpcs}
    out = {ident: {"description": g["Description"]} for ident, g in groups.items()}
    for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]:
        if rule["GroupId"] in groups:
            out["rule " + rule_text(rule, names)] = {"description": rule.get("Description", "")}
    return out


def database(client):
    rds, out = client("rds"), {}
    for group in rds.describe_db_subnet_groups()["DBSubnetGroups"]:
        out["subnet group"] = {"subnets": Unordered(s["SubnetIdentifier"] for s in group["Subnets"]),
                               **pick(group, "DBSubnetGroupDescription", "SubnetGroupStatus", "VpcId")}
    for row in rds.describe_db_instances()["DBInstances"]:
        out["instance " + row["DBInstanceIdentifier"]] = {
            **pick(row, "Engine", "EngineVersion", "DBInstanceClass", "AllocatedStorage", "MaxAllocatedStorage",
                   "StorageType", "Iops", "StorageThroughput", "KmsKeyId", "MasterUsername", "DBName",
                   "DBInstanceStatus", "CACertificateIdentifier", "EnabledCloudwatchLogsExports",
                   "MonitoringInterval", "LicenseModel", "NetworkType"),
            **{k: row.get(k, False) for k in (
                "StorageEncrypted", "PubliclyAccessible", "DeletionProtection", "MultiAZ", "CopyTagsToSnapshot",
                "AutoMinorVersionUpgrade", "IAMDatabaseAuthenticationEnabled", "PerformanceInsightsEnabled",
                "DedicatedLogVolume")},
            "BackupRetentionPeriod": row["BackupRetentionPeriod"], "port": row.get("Endpoint", {}).get("Port"),
            "subnet group": row.get("DBSubnetGroup", {}).get("DBSubnetGroupName"),
            "security groups": Unordered(g["VpcSecurityGroupId"] for g in row["VpcSecurityGroups"]),
            "parameter groups": [g["DBParameterGroupName"] for g in row["DBParameterGroups"]]}
    return out


def registry(client):
    ecr, out = client("ecr"), {}
    for row in pages(ecr.describe_repositories, "repositories"):
        name = row["repositoryName"]
        out["repository " + name] = pick(row, "imageTagMutability", "imageScanningConfiguration",
                                         "encryptionConfiguration")
        out["lifecycle " + name] = {"policy": json.loads(
            ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])}
    return out


def logs(client):
    return {row["logGroupName"]: {"days": row.get("retentionInDays"), **pick(row, "logGroupClass", "kmsKeyId")}
            for row in pages(client("logs").describe_log_groups, "logGroups")}


def parameters(client):
    """With what the values are made of, but not the password itself."""
    ssm, out, values = client("ssm"), {}, {}
    for row in pages(ssm.describe_parameters, "Parameters"):
        out[row["Name"]] = pick(row, "Type", "Tier", "KeyId", "DataType", "Description", "Policies")
        values[row["Name"]] = ssm.get_parameter(Name=row["Name"], WithDecryption=True)["Parameter"]["Value"]
    password = next((v for k, v in values.items() if k.endswith("/DATABASE_PASSWORD")), None)
    for name, value in values.items():
        if name.endswith("/DATABASE_URL"):
            out[name]["value"] = value.replace(password, "<password>") if password else value
    return out


def roles(client):
    iam, out = client("iam"), {}
    for row in pages(iam.list_roles, "Roles"):
        if row["Path"].startswith("/aws-service-role/"):
            continue
        name = row["RoleName"]
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        out["role " + name] = {
            **pick(row, "Path", "MaxSessionDuration", "PermissionsBoundary"),
            "trust": policy(row["AssumeRolePolicyDocument"]), "attached": sorted(p["PolicyArn"] for p in attached)}
        for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
            out[f"role {name}"][f"policy {inline}"] = policy(document)
    for row in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=row["Arn"])
        out["provider " + provider["Url"]] = {"clients": sorted(provider["ClientIDList"]),
                                              "thumbprints": sorted(provider["ThumbprintList"])}
    return out


def cluster(client):
    ecs, out = client("ecs"), {}
    arns = pages(ecs.list_clusters, "clusterArns")
    for row in ecs.describe_clusters(clusters=arns, include=["SETTINGS", "CONFIGURATIONS"])["clusters"] if arns else []:
        if row["status"] != "INACTIVE":
            out["cluster " + row["clusterName"]] = {
                "providers": sorted(row["capacityProviders"]), "strategy": row["defaultCapacityProviderStrategy"],
                "settings": ordered(row.get("settings", [])), **pick(row, "status", "configuration")}
    return out


# Of a container; absent says the same as false.
FLAGS = ("readonlyRootFilesystem", "privileged", "interactive", "pseudoTerminal", "disableNetworking")


def task_definition(client):
    ecs, out = client("ecs"), {}
    for arn in pages(ecs.list_task_definitions, "taskDefinitionArns"):
        row = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        out["task " + row["family"]] = pick(row, "cpu", "memory", "networkMode", "requiresCompatibilities",
                                            "runtimePlatform", "executionRoleArn", "taskRoleArn", "volumes",
                                            "ephemeralStorage", "pidMode", "ipcMode", "placementConstraints")
        for container in row["containerDefinitions"]:
            for key in ("environment", "secrets"):
                container[key] = {e["name"]: e.get("value", e.get("valueFrom")) for e in container.get(key, [])}
            out[f"task {row['family']}"][f"container {container['name']}"] = pick(
                container, *(k for k in container if k not in FLAGS or container[k]))
    return out


def service(client):
    ecs, out = client("ecs"), {}
    for arn in pages(ecs.list_clusters, "clusterArns"):
        found = pages(ecs.list_services, "serviceArns", cluster=arn)
        for row in ecs.describe_services(cluster=arn, services=found)["services"] if found else []:
            vpc = row["networkConfiguration"]["awsvpcConfiguration"]
            vpc.update(subnets=Unordered(vpc["subnets"]), securityGroups=Unordered(vpc["securityGroups"]))
            out["service " + short(row["serviceName"])] = {
                **pick(row, "capacityProviderStrategy", "launchType", "platformVersion", "serviceRegistries",
                       "deploymentConfiguration", "availabilityZoneRebalancing", "schedulingStrategy",
                       "healthCheckGracePeriodSeconds", "propagateTags", "deploymentController", "placementStrategy",
                       "status", "loadBalancers"),
                "network": vpc, "count": row["desiredCount"], "exec": row["enableExecuteCommand"],
                "managed tags": row["enableECSManagedTags"],
                "task definition": row["taskDefinition"].rpartition(":")[0].rpartition("/")[2]}
    return out


def discovery(client):
    cloudmap, out = client("servicediscovery"), {}
    for row in pages(cloudmap.list_namespaces, "Namespaces"):
        out["namespace " + row["Name"]] = pick(row, "Type", "Description")
    for row in pages(cloudmap.list_services, "Services"):
        full = cloudmap.get_service(Id=row["Id"])["Service"]
        config = full.get("DnsConfig", {})
        out["service " + short(full["Name"])] = {
            **pick(full, "NamespaceId", "Type", "Description", "HealthCheckConfig", "HealthCheckCustomConfig"),
            "routing": config.get("RoutingPolicy"), "records": ordered(config.get("DnsRecords", []))}
    return out


def api(client):
    gateway, out = client("apigatewayv2"), {}
    for link in gateway.get_vpc_links()["Items"]:
        out["link " + link["Name"]] = {"subnets": Unordered(link["SubnetIds"]),
                                       "groups": Unordered(link["SecurityGroupIds"]), **pick(link, "VpcLinkStatus", "VpcLinkVersion")}
    for row in gateway.get_apis()["Items"]:
        cors = {k: sorted(v) if isinstance(v, list) else v for k, v in row.get("CorsConfiguration", {}).items()
                if v != []}
        out["api " + row["Name"]] = {**pick(row, "ProtocolType", "Description", "RouteSelectionExpression"),
                                     "cors": cors, "no endpoint": row.get("DisableExecuteApiEndpoint", False)}
        for part in gateway.get_integrations(ApiId=row["ApiId"])["Items"]:
            out["integration"] = pick(part, *(k for k in part if k != "IntegrationId"))
        for part in gateway.get_routes(ApiId=row["ApiId"])["Items"]:
            out["route " + part["RouteKey"]] = pick(part, "Target", "AuthorizationType", "ApiKeyRequired")
        for part in gateway.get_stages(ApiId=row["ApiId"])["Items"]:
            out["stage " + part["StageName"]] = _stage(part)
    return out


def _stage(row):
    access = row.get("AccessLogSettings", {})
    return {"auto deploy": row.get("AutoDeploy", False), "throttle and metrics": row.get("DefaultRouteSettings", {}),
            "log group": access.get("DestinationArn"), "log format": json.loads(access.get("Format", "null")),
            **pick(row, "StageVariables", "RouteSettings")}


def tags(client):
    """Whatever the tagging API knows, and IAM's roles, which it does not."""
    out = {}
    for row in pages(lambda **more: _with_token(client("resourcegroupstaggingapi").get_resources(**more)),
                     "ResourceTagMappingList"):
        out[row["ResourceARN"]] = tags_of(row["Tags"])
    iam = client("iam")
    for row in pages(iam.list_roles, "Roles"):
        if not row["Path"].startswith("/aws-service-role/"):
            out[row["Arn"]] = tags_of(iam.list_role_tags(RoleName=row["RoleName"])["Tags"])
    return out


def _with_token(answer):
    return {**answer, "NextToken": answer.get("PaginationToken")}


PARTS = {"network": network, "firewall": firewall, "database": database, "registry": registry, "logs": logs,
         "parameters": parameters, "roles": roles, "cluster": cluster, "discovery": discovery,
         "task definition": task_definition, "service": service, "api": api, "tags": tags}


def describe(client):
    """client(service) -> {part: {dotted path: value}}"""
    client = functools.cache(client)
    names = names_of(client)
    return {part: {f"{names(thing)}: {path}": value
                   for thing, fields in read(client).items()
                   for path, value in dotted("", names(fields)).items()}
            for part, read in PARTS.items()}

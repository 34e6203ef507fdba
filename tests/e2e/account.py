"""Everything that an account holds, listed from outside: through botocore, never through berth."""


def _default_vpcs(ec2):
    return {v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if v["IsDefault"]}


def _network(ec2):
    skip = _default_vpcs(ec2)
    out = {}
    for name, call, key, ident in (
            ("vpc", ec2.describe_vpcs, "Vpcs", "VpcId"),
            ("subnet", ec2.describe_subnets, "Subnets", "SubnetId"),
            ("route_table", ec2.describe_route_tables, "RouteTables", "RouteTableId"),
            ("security_group", ec2.describe_security_groups, "SecurityGroups", "GroupId")):
        rows = _pages(call, key)
        out[name] = sorted(r[ident] for r in rows if r.get("VpcId") not in skip)
    out["internet_gateway"] = sorted(
        r["InternetGatewayId"] for r in _pages(ec2.describe_internet_gateways, "InternetGateways")
        if not {a["VpcId"] for a in r["Attachments"]} & skip)
    out["network_interface"] = sorted(
        r["NetworkInterfaceId"] for r in _pages(ec2.describe_network_interfaces, "NetworkInterfaces")
        if r.get("VpcId") not in skip)
    return out


def _pages(call, key, token="NextToken", **kwargs):
    rows, more = [], None
    while True:
        answer = call(**kwargs, **({token: more} if more else {}))
        rows += answer[key]
        more = answer.get(token) or answer.get("nextToken")
        if not more:
            return rows


def _ecs(ecs):
    out = {"cluster": [], "service": [], "task_definition": []}
    for arn in _pages(ecs.list_clusters, "clusterArns", "nextToken"):
        status = ecs.describe_clusters(clusters=[arn])["clusters"]
        if status and status[0]["status"] != "INACTIVE":
            out["cluster"].append(arn)
            out["service"] += _pages(ecs.list_services, "serviceArns", "nextToken", cluster=arn)
    for status in ("ACTIVE", "INACTIVE"):
        out["task_definition"] += _pages(ecs.list_task_definitions, "taskDefinitionArns", "nextToken", status=status)
    return out


def _iam(iam):
    roles, marker = [], {}
    while True:
        answer = iam.list_roles(**marker)
        roles += [r["RoleName"] for r in answer["Roles"] if not r["Path"].startswith("/aws-service-role/")]
        if not answer.get("IsTruncated"):
            break
        marker = {"Marker": answer["Marker"]}
    return {"role": sorted(roles),
            "oidc_provider": [p["Arn"] for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]}


def _names(ssm):
    return sorted(p["Name"] for p in _pages(ssm.describe_parameters, "Parameters"))


def listing(client):
    """{kind: [ids]}; kinds without objects are left out."""
    rds, sd, api = client("rds"), client("servicediscovery"), client("apigatewayv2")
    out = _network(client("ec2"))
    out.update(_ecs(client("ecs")))
    out.update(_iam(client("iam")))
    out["db_instance"] = [d["DBInstanceIdentifier"] for d in rds.describe_db_instances()["DBInstances"]]
    out["db_subnet_group"] = [g["DBSubnetGroupName"] for g in rds.describe_db_subnet_groups()["DBSubnetGroups"]]
    out["db_snapshot"] = [s["DBSnapshotIdentifier"] for s in rds.describe_db_snapshots()["DBSnapshots"]]
    out["repository"] = [r["repositoryName"] for r in
                         _pages(client("ecr").describe_repositories, "repositories", "nextToken")]
    out["log_group"] = [g["logGroupName"] for g in _pages(client("logs").describe_log_groups, "logGroups", "nextToken")]
    out["parameter"] = _names(client("ssm"))
    out["namespace"] = [n["Id"] for n in _pages(sd.list_namespaces, "Namespaces")]
    out["sd_service"] = [s["Id"] for s in _pages(sd.list_services, "Services")]
    out["api"] = [a["ApiId"] for a in _pages(api.get_apis, "Items")]
    out["vpc_link"] = [v["VpcLinkId"] for v in _pages(api.get_vpc_links, "Items")]
    return {kind: ids for kind, ids in out.items() if ids}

"""Ids that AWS makes up, replaced by the part that the object plays: "vpc", "subnet a", "group web"."""
import itertools
import re

APP = "gengar"


def pages(function, key, **kwargs):
    """All items of a paged call."""
    found, token = [], {}
    while True:
        answer = function(**kwargs, **token)
        found += answer[key]
        name = next((n for n in ("NextToken", "nextToken", "Marker") if answer.get(n)), None)
        if name is None:
            return found
        token = {name: answer[name]}


def tags_of(rows):
    return {t.get("Key", t.get("key")): t.get("Value", t.get("value")) for t in rows or []}


class Unordered(list):
    """A list whose order means nothing."""


class Names:
    def __init__(self):
        self._role = {}

    def add(self, ident, role):
        numbered = itertools.chain([f"<{role}>"], (f"<{role} #{n}>" for n in itertools.count(2)))
        self._role[ident] = next(r for r in numbered if r not in self._role.values())

    def add_all(self, rows, ident, role, order=None):
        """One role for all, or a function of the row; letters a, b, … where `role` ends with a star."""
        for n, row in enumerate(sorted(rows, key=order or (lambda r: r[ident]))):
            text = role(row) if callable(role) else role
            self.add(row[ident], text[:-1] + chr(ord("a") + n) if text.endswith("*") else text)

    def __call__(self, value):
        """The value with all ids in all its texts replaced."""
        if isinstance(value, dict):
            return {self(k): self(v) for k, v in value.items()}
        if isinstance(value, Unordered):  # in the order of the roles, as that of ids is chance
            return sorted((self(v) for v in value), key=repr)
        if isinstance(value, (list, tuple)):
            return [self(v) for v in value]
        if not isinstance(value, str) or not self._role:
            return value
        return self._pattern().sub(lambda m: self._role[m.group()], value)

    def _pattern(self):
        longest_first = sorted(self._role, key=len, reverse=True)
        return re.compile(r"(?<![A-Za-z0-9])(" + "|".join(map(re.escape, longest_first)) + r")(?![A-Za-z0-9])")


def short(name):
    """"gengar-web" and "web" play the same part."""
    return name[len(APP) + 1:] if name.startswith(APP + "-") else name


def _network(names, ec2):
    vpcs = [v for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
    names.add_all(vpcs, "VpcId", "vpc", lambda v: v["CidrBlock"])
    ours = [{"Name": "vpc-id", "Values": [v["VpcId"] for v in vpcs] or ["none"]}]
    names.add_all(ec2.describe_subnets(Filters=ours)["Subnets"], "SubnetId", "subnet *", lambda s: s["CidrBlock"])
    gateways = ec2.describe_internet_gateways()["InternetGateways"]
    names.add_all([g for g in gateways if any(a["VpcId"] in ours[0]["Values"] for a in g["Attachments"])],
                  "InternetGatewayId", "internet gateway")
    tables = ec2.describe_route_tables(Filters=ours)["RouteTables"]
    names.add_all(tables, "RouteTableId",
                  lambda t: "main table" if any(a["Main"] for a in t["Associations"]) else "table")
    groups = ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
    names.add_all(groups, "GroupId", lambda g: "group " + short(g["GroupName"]), lambda g: g["GroupName"])
    for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]:
        if rule["GroupId"] in {g["GroupId"] for g in groups}:
            names.add(rule["SecurityGroupRuleId"], f"rule {rule_text(rule, names)}")


def rule_text(rule, names):
    """group web egress tcp 443-443 0.0.0.0/0"""
    peer = rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId") \
        or rule.get("ReferencedGroupInfo", {}).get("GroupId")
    words = (names(rule["GroupId"]), "egress" if rule["IsEgress"] else "ingress", rule["IpProtocol"],
             f"{rule.get('FromPort')}-{rule.get('ToPort')}", names(peer))
    return " ".join(words).replace("<", "").replace(">", "")


def _api(names, api):
    names.add_all(api.get_vpc_links()["Items"], "VpcLinkId", "link")
    for row in api.get_apis()["Items"]:
        names.add(row["ApiId"], "api")
        names.add_all(api.get_integrations(ApiId=row["ApiId"])["Items"], "IntegrationId", "integration")
        names.add_all(api.get_routes(ApiId=row["ApiId"])["Items"], "RouteId", lambda r: "route " + r["RouteKey"],
                      lambda r: r["RouteKey"])


def names_of(client):
    names = Names()
    _network(names, client("ec2"))
    _api(names, client("apigatewayv2"))
    names.add_all(pages(client("servicediscovery").list_namespaces, "Namespaces"), "Id", "namespace")
    names.add_all(pages(client("servicediscovery").list_services, "Services"), "Id", "discovery service")
    for instance in client("rds").describe_db_instances()["DBInstances"]:
        if "Endpoint" in instance:
            names.add(instance["Endpoint"]["Address"], "database address")
    return names

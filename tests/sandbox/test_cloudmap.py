from harness import Case, client


class CloudMap(Case):
    def setUp(self):
        super().setUp()
        self.sd = client("servicediscovery")
        self.vpc = self.network()[0]

    def wait(self, answer):
        def over():
            got = self.sd.get_operation(OperationId=answer["OperationId"])["Operation"]
            return got["Status"] in ("SUCCESS", "FAIL") and got
        return self.until(over)

    def namespace(self, name="app.local"):
        got = self.wait(self.sd.create_private_dns_namespace(Name=name, Vpc=self.vpc,
                                                             Tags=[{"Key": "k", "Value": "v"}]))
        self.assertEqual(got["Status"], "SUCCESS", got)
        return got["Targets"]["NAMESPACE"]

    def service(self, namespace, name="web", **more):
        return self.sd.create_service(Name=name, NamespaceId=namespace, DnsConfig={
            "DnsRecords": [{"Type": "SRV", "TTL": 10}]}, **more)["Service"]

    def test_namespace_takes_time(self):
        self.set(cloudmap_op_s=20.0)  # two seconds at the tests' scale: five calls fit in, on a busy machine too
        got = self.sd.create_private_dns_namespace(Name="app.local", Vpc=self.vpc, CreatorRequestId="one")
        self.assertEqual(self.sd.get_operation(OperationId=got["OperationId"])["Operation"]["Status"], "PENDING")
        self.assertEqual(self.sd.list_namespaces()["Namespaces"], [])
        again = self.sd.create_private_dns_namespace(Name="app.local", Vpc=self.vpc, CreatorRequestId="one")
        self.assertEqual(again["OperationId"], got["OperationId"])
        error = self.refused("DuplicateRequest", self.sd.create_private_dns_namespace, Name="app.local", Vpc=self.vpc,
                             CreatorRequestId="two")
        self.assertEqual(error.response["DuplicateOperationId"], got["OperationId"])
        done = self.wait(got)
        found = self.sd.get_namespace(Id=done["Targets"]["NAMESPACE"])["Namespace"]
        zone = client("route53").get_hosted_zone(Id=found["Properties"]["DnsProperties"]["HostedZoneId"])
        self.assertEqual(zone["VPCs"][0]["VPCId"], self.vpc)
        error = self.refused("NamespaceAlreadyExists", self.sd.create_private_dns_namespace, Name="app.local",
                             Vpc=self.vpc)
        self.assertEqual(error.response["NamespaceId"], found["Id"])
        listed = self.sd.list_operations(Filters=[{"Name": "NAMESPACE_ID", "Values": [found["Id"]]}])["Operations"]
        self.assertEqual(len(listed), 1)
        self.wait(self.sd.delete_namespace(Id=found["Arn"]))
        self.refused("NamespaceNotFound", self.sd.get_namespace, Id=found["Id"])
        self.assertEqual(client("route53").list_hosted_zones()["HostedZones"], [])

    def test_failing_operation(self):
        client("route53").create_hosted_zone(Name="app.local", CallerReference="x", VPC={
            "VPCRegion": "us-east-1", "VPCId": self.vpc}, HostedZoneConfig={"PrivateZone": True, "Comment": ""})
        got = self.wait(self.sd.create_private_dns_namespace(Name="app.local", Vpc=self.vpc))
        self.assertEqual((got["Status"], got["ErrorCode"]), ("FAIL", "CANNOT_CREATE_HOSTED_ZONE"))
        got = self.wait(self.sd.create_private_dns_namespace(Name="b.local", Vpc="vpc-0123456789abcdef0"))
        self.assertEqual(got["Status"], "FAIL")

    def test_services(self):
        parent = self.namespace()
        made = self.service(parent, HealthCheckCustomConfig={})
        self.assertEqual((made["DnsConfig"]["RoutingPolicy"], made["DnsConfig"]["NamespaceId"], made["Type"],
                          made["HealthCheckCustomConfig"]), ("MULTIVALUE", parent, "DNS_HTTP", {"FailureThreshold": 1}))
        error = self.refused("ServiceAlreadyExists", self.service, parent, "WEB")
        self.assertEqual(error.response["ServiceId"], made["Id"])
        self.refused("NamespaceNotFound", self.service, "ns-nope")
        self.refused("InvalidInput", self.sd.create_service, Name="x", NamespaceId=parent, DnsConfig={
            "DnsRecords": [{"Type": "SRV", "TTL": 10}, {"Type": "AAAA", "TTL": 10}]})
        self.refused("ResourceInUse", self.sd.delete_namespace, Id=parent)
        self.assertEqual(self.sd.get_service(Id=made["Arn"])["Service"]["Name"], "web")
        self.refused("InvalidInput", self.sd.register_instance, ServiceId=made["Id"], InstanceId="i",
                     Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1"})
        self.wait(self.sd.register_instance(ServiceId=made["Id"], InstanceId="i", Attributes={
            "AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "80"}))
        self.refused("ResourceInUse", self.sd.delete_service, Id=made["Id"])
        self.assertEqual(len(self.sd.discover_instances(NamespaceName="app.local", ServiceName="web")["Instances"]), 1)
        self.wait(self.sd.deregister_instance(ServiceId=made["Id"], InstanceId="i"))
        self.wait(self.sd.update_service(Id=made["Id"], Service={
            "DnsConfig": {"DnsRecords": [{"Type": "SRV", "TTL": 60}]}}))
        self.assertEqual(self.sd.get_service(Id=made["Id"])["Service"]["DnsConfig"]["DnsRecords"][0]["TTL"], 60)
        self.refused("InvalidInput", self.sd.update_service, Id=made["Id"], Service={
            "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 60}]}})
        self.sd.delete_service(Id=made["Id"])
        self.refused("ServiceNotFound", self.sd.delete_service, Id=made["Id"])

    def test_filters_run_after_paging(self):
        for name in ("a.local", "b.local", "c.local"):
            self.namespace(name)
        self.set(page_size=2)
        want = [{"Name": "NAME", "Values": ["c.local"]}]
        first = self.sd.list_namespaces(Filters=want)
        self.assertEqual(first["Namespaces"], [])
        second = self.sd.list_namespaces(Filters=want, NextToken=first["NextToken"])
        self.assertEqual(second["Namespaces"][0]["Name"], "c.local")
        tags = self.sd.list_tags_for_resource(ResourceARN=second["Namespaces"][0]["Arn"])["Tags"]
        self.assertEqual(tags, [{"Key": "k", "Value": "v"}])

from harness import Case, client

CLOUD_MAP = "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-abcdefghijklmnop"


class ApiGateway(Case):
    def setUp(self):
        super().setUp()
        self.gw, self.ec2 = client("apigatewayv2"), client("ec2")

    def api(self, **more):
        return self.gw.create_api(Name="a", ProtocolType="HTTP", **more)

    def link(self):
        vpc, subnets, _ = self.network()
        self.group = self.ec2.create_security_group(GroupName="l", Description="d", VpcId=vpc)["GroupId"]
        self.vpc = vpc
        return self.gw.create_vpc_link(Name="l", SubnetIds=subnets, SecurityGroupIds=[self.group],
                                       Tags={"k": "v"})

    def ready(self, link):
        return self.until(lambda: self.gw.get_vpc_link(VpcLinkId=link)["VpcLinkStatus"] == "AVAILABLE")

    def test_api(self):
        made = self.api(CorsConfiguration={"AllowHeaders": ["Content-Type"], "AllowOrigins": ["https://x"]},
                        Tags={"a": "b"})
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertEqual((made["CorsConfiguration"]["AllowHeaders"], made["RouteSelectionExpression"],
                          made["IpAddressType"]), (["content-type"], "$request.method $request.path", "ipv4"))
        self.gw.delete_cors_configuration(ApiId=made["ApiId"])
        self.assertNotIn("CorsConfiguration", self.gw.get_api(ApiId=made["ApiId"]))
        self.refused("BadRequestException", self.gw.update_api, ApiId=made["ApiId"], CorsConfiguration={
            "AllowCredentials": True, "AllowOrigins": ["*"]})
        self.assertEqual(self.gw.get_apis()["Items"][0]["Tags"], {"a": "b"})
        for _ in range(2):
            self.api()
        self.set(page_size=2)
        first = self.gw.get_apis(MaxResults="10")
        self.assertEqual(len(first["Items"]), 2)
        self.assertEqual(len(self.gw.get_apis(NextToken=first["NextToken"])["Items"]), 1)
        self.assertEqual(self.gw.delete_api(ApiId=made["ApiId"])["ResponseMetadata"]["HTTPStatusCode"], 204)
        self.refused("NotFoundException", self.gw.get_api, ApiId=made["ApiId"], status=404)

    def test_vpc_link(self):
        made = self.link()
        self.assertEqual((made["VpcLinkStatus"], made["ResponseMetadata"]["HTTPStatusCode"]), ("PENDING", 201))
        api = self.api()["ApiId"]
        private = dict(ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", ConnectionType="VPC_LINK",
                       ConnectionId=made["VpcLinkId"], PayloadFormatVersion="1.0")
        self.refused("BadRequestException", self.gw.create_integration, IntegrationUri=CLOUD_MAP, contains="AVAILABLE",
                     **private)
        self.ready(made["VpcLinkId"])
        self.refused("DependencyViolation", self.ec2.delete_security_group, GroupId=self.group)
        self.refused("BadRequestException", self.gw.create_integration, IntegrationUri="http://x", **private)
        self.refused("BadRequestException", self.gw.create_integration, IntegrationUri=CLOUD_MAP,
                     TimeoutInMillis=60000, **private)
        integration = self.gw.create_integration(IntegrationUri=CLOUD_MAP, **private)
        self.assertEqual(integration["TimeoutInMillis"], 30000)
        self.refused("BadRequestException", self.gw.delete_vpc_link, VpcLinkId=made["VpcLinkId"],
                     contains="Cannot delete vpc link")
        self.gw.delete_integration(ApiId=api, IntegrationId=integration["IntegrationId"])
        gone = self.gw.delete_vpc_link(VpcLinkId=made["VpcLinkId"])
        self.assertEqual(gone["ResponseMetadata"]["HTTPStatusCode"], 202)
        self.assertEqual(self.gw.get_vpc_link(VpcLinkId=made["VpcLinkId"])["VpcLinkStatus"], "DELETING")
        self.until(lambda: not self.gw.get_vpc_links()["Items"])
        self.until(lambda: not self.ec2.describe_network_interfaces()["NetworkInterfaces"])
        self.ec2.delete_security_group(GroupId=self.group)

    def test_zone_without_links(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zone = next(z["ZoneName"] for z in self.ec2.describe_availability_zones()["AvailabilityZones"]
                    if z["ZoneId"] == "use1-az3")
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=zone)["Subnet"]
        self.refused("BadRequestException", self.gw.create_vpc_link, Name="l", SubnetIds=[subnet["SubnetId"]],
                     contains="where service is not available")

    def test_integrations_and_routes(self):
        api = self.api()["ApiId"]
        integration = self.gw.create_integration(
            ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", IntegrationUri="https://example.com",
            RequestParameters={"overwrite:path": "$request.path", "append:header.a": "b"})["IntegrationId"]
        changed = self.gw.update_integration(ApiId=api, IntegrationId=integration, RequestParameters={
            "append:header.a": "", "append:header.c": "d"})
        self.assertEqual(changed["RequestParameters"], {"overwrite:path": "$request.path", "append:header.c": "d"})
        self.refused("BadRequestException", self.gw.update_integration, ApiId=api, IntegrationId=integration,
                     RequestParameters={"overwrite:header.x-forwarded-host": "x"})
        make = self.gw.create_route
        self.refused("BadRequestException", make, ApiId=api, RouteKey="$default", Target="integrations/nope")
        self.refused("BadRequestException", make, ApiId=api, RouteKey="GET health")
        route = make(ApiId=api, RouteKey="$default", Target="integrations/" + integration)
        self.assertEqual((route["AuthorizationType"], route["ApiKeyRequired"]), ("NONE", False))
        self.refused("ConflictException", make, ApiId=api, RouteKey="$default", status=409)
        self.refused("ConflictException", self.gw.delete_integration, ApiId=api, IntegrationId=integration,
                     contains=route["RouteId"])
        self.refused("BadRequestException", self.gw.update_route, ApiId=api, RouteId=route["RouteId"], RouteKey="GET /")
        self.gw.delete_route(ApiId=api, RouteId=route["RouteId"])
        self.gw.delete_integration(ApiId=api, IntegrationId=integration)

    def test_stages(self):
        api = self.api()["ApiId"]
        client("logs").create_log_group(logGroupName="/a")
        arn = "arn:aws:logs:us-east-1:123456789012:log-group:/a"
        me = dict(ApiId=api, StageName="$default")
        log = {"DestinationArn": arn, "Format": "$context.requestId $context.status"}
        self.refused("BadRequestException", self.gw.create_stage, AccessLogSettings={**log, "Format": "x"}, **me)
        self.refused("BadRequestException", self.gw.create_stage,
                     AccessLogSettings={**log, "DestinationArn": arn + ":*"}, **me)
        made = self.gw.create_stage(AutoDeploy=True, AccessLogSettings=log, Tags={"a": "b"}, **me)
        self.assertEqual(made["DefaultRouteSettings"], {"DetailedMetricsEnabled": False})
        self.assertNotIn("DeploymentId", made)
        self.refused("ConflictException", self.gw.create_stage, **me)
        self.until(lambda: "failed" in self.gw.get_stage(**me).get("LastDeploymentStatusMessage", ""))
        self.gw.create_route(ApiId=api, RouteKey="GET /x")
        self.until(lambda: self.gw.get_stage(**me).get("DeploymentId"))
        self.assertIn("Successfully deployed", self.gw.get_stage(**me)["LastDeploymentStatusMessage"])
        self.gw.update_stage(DefaultRouteSettings={"ThrottlingRateLimit": 50.0, "ThrottlingBurstLimit": 100},
                             RouteSettings={"GET /x": {"ThrottlingRateLimit": 1.0}}, **me)
        self.gw.delete_route_settings(RouteKey="GET /x", **me)
        self.gw.delete_access_log_settings(**me)
        read = self.gw.get_stage(**me)
        self.assertEqual((read["DefaultRouteSettings"]["ThrottlingBurstLimit"], read["RouteSettings"]), (100, {}))
        self.assertNotIn("AccessLogSettings", read)
        self.refused("BadRequestException", self.gw.update_stage, DeploymentId="x", **me)
        resource = f"arn:aws:apigateway:us-east-1::/apis/{api}/stages/$default"
        self.gw.tag_resource(ResourceArn=resource, Tags={"c": "d"})
        self.gw.untag_resource(ResourceArn=resource, TagKeys=["a"])
        self.assertEqual(self.gw.get_tags(ResourceArn=resource)["Tags"], {"c": "d"})

    def test_conflicts(self):
        api = self.api()["ApiId"]
        self.set(apigw_conflicts=True)
        self.gw.update_api(ApiId=api, Name="b")
        self.refused("ConflictException", self.gw.update_api, ApiId=api, Name="c")
        self.until(lambda: __import__("time").sleep(0.03) or True)
        self.gw.update_api(ApiId=api, Name="c")

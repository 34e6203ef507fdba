import json

from harness import Case, client

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


class Ecs(Case):
    def setUp(self):
        super().setUp()
        self.ecs, self.ec2 = client("ecs"), client("ec2")

    def definition(self, image="nginx:1", family="web", **more):
        container = {"name": "app", "image": image, "portMappings": [{"containerPort": 3000}], **more.pop("box", {})}
        return self.ecs.register_task_definition(
            family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu=more.pop("cpu", "256"),
            memory=more.pop("memory", "512"), containerDefinitions=[container], **more)["taskDefinition"]

    def cluster(self):
        self.ecs.create_cluster(clusterName="c", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        self.until(lambda: self.ecs.describe_clusters(clusters=["c"])["clusters"][0]["attachmentsStatus"]
                   == "UPDATE_COMPLETE")

    def stack(self):
        self.cluster()
        self.vpc, self.subnets, self.igw = self.network()
        self.group = self.ec2.create_security_group(GroupName="web", Description="d", VpcId=self.vpc)["GroupId"]

    def make(self, definition, **more):
        args = dict(cluster="c", serviceName="web", taskDefinition=definition["taskDefinitionArn"], desiredCount=1,
                    capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
                    networkConfiguration={"awsvpcConfiguration": {
                        "subnets": self.subnets, "securityGroups": [self.group], "assignPublicIp": "ENABLED"}},
                    deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})
        args.update(more)
        return self.ecs.create_service(**args)["service"]

    def read(self):
        return self.ecs.describe_services(cluster="c", services=["web"])["services"][0]

    def primary(self):
        return self.read()["deployments"][0]

    def settle(self, state="COMPLETED"):
        return self.until(lambda: self.primary()["rolloutState"] == state and self.read())

    def test_clusters(self):
        made = self.ecs.create_cluster(clusterName="c", tags=[{"key": "a", "value": "b"}])["cluster"]
        again = self.ecs.create_cluster(clusterName="c", tags=[{"key": "x", "value": "y"}],
                                        settings=[{"name": "containerInsights", "value": "enabled"}])["cluster"]
        self.assertEqual((again["tags"], again["settings"]), (made["tags"], made["settings"]))
        put = self.ecs.put_cluster_capacity_providers
        strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
        put(cluster="c", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=strategy)
        self.refused("UpdateInProgressException", put, cluster="c", capacityProviders=[],
                     defaultCapacityProviderStrategy=[])
        self.until(lambda: self.ecs.describe_clusters(clusters=["c"])["clusters"][0]["attachmentsStatus"]
                   == "UPDATE_COMPLETE")
        self.refused("InvalidParameterException", put, cluster="c", capacityProviders=["NOPE"],
                     defaultCapacityProviderStrategy=[])
        read = self.ecs.describe_clusters(clusters=["c", "no"])
        self.assertEqual(read["clusters"][0]["defaultCapacityProviderStrategy"],
                         [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}])
        self.assertEqual((read["clusters"][0]["tags"], read["failures"][0]["reason"]), ([], "MISSING"))
        self.ecs.delete_cluster(cluster="c")
        self.assertEqual(self.ecs.list_clusters()["clusterArns"], [])
        self.assertEqual(self.ecs.describe_clusters(clusters=["c"])["clusters"][0]["status"], "INACTIVE")
        self.refused("ClusterNotFoundException", self.ecs.delete_cluster, cluster="c")

    def test_definitions_are_checked(self):
        self.refused("ClientException", self.definition, memory="4096", contains="No Fargate configuration")
        self.refused("ClientException", self.definition, image="123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1",
                     contains="execution role")
        self.refused("ClientException", self.definition, contains="unique", box={
            "environment": [{"name": "A", "value": "1"}], "secrets": [{"name": "A", "valueFrom": "/a"}]})
        self.refused("ClientException", self.definition, box={"portMappings": [{"containerPort": 1, "hostPort": 2}]})

    def test_definitions_are_normalised(self):
        made = self.definition(cpu="0.25 vCPU", memory="0.5 GB", box={
            "environment": [{"name": "AZ", "value": "1"}, {"name": "BA", "value": "2"}],
            "healthCheck": {"command": ["CMD", "true"]}})
        self.assertEqual((made["cpu"], made["memory"], made["enableFaultInjection"]), ("256", "512", False))
        box = made["containerDefinitions"][0]
        self.assertEqual(box["portMappings"], [{"containerPort": 3000, "hostPort": 3000, "protocol": "tcp"}])
        self.assertEqual([e["name"] for e in box["environment"]], ["BA", "AZ"])
        self.assertEqual((box["cpu"], box["essential"], box["mountPoints"], box["healthCheck"]["interval"]),
                         (0, True, [], 30))

    def test_version_consistency_is_a_knob(self):
        self.assertNotIn("versionConsistency", self.definition()["containerDefinitions"][0])
        self.set(fill_version_consistency=True)
        self.assertEqual(self.definition()["containerDefinitions"][0]["versionConsistency"], "enabled")

    def test_revisions(self):
        first, second = self.definition(), self.definition()
        self.assertEqual(self.ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]["revision"], 2)
        self.ecs.deregister_task_definition(taskDefinition="web:2")
        self.assertEqual(self.ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]["revision"], 1)
        self.ecs.delete_task_definitions(taskDefinitions=["web:2"])
        failed = self.ecs.delete_task_definitions(taskDefinitions=["web:1"])
        self.assertEqual(len(failed["failures"]), 1)
        self.assertEqual(self.definition()["revision"], 3)
        self.refused("ClientException", self.ecs.describe_task_definition, taskDefinition="web:2")
        self.set(page_size=1)
        listed = self.ecs.list_task_definitions(familyPrefix="web")
        self.assertEqual(len(listed["taskDefinitionArns"]), 1)
        self.assertIn("nextToken", listed)

    def test_service_keeps_what_it_was_given(self):
        self.stack()
        role = client("iam").create_role(RoleName="t", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        definition = self.definition(taskRoleArn=role)
        made = self.make(definition, enableExecuteCommand=True, propagateTags="SERVICE",
                         tags=[{"key": "a", "value": "b"}])
        self.assertNotIn("launchType", made)
        self.assertEqual(
            (made["capacityProviderStrategy"], made["platformVersion"], made["enableExecuteCommand"],
             made["availabilityZoneRebalancing"], made["propagateTags"],
             made["deploymentConfiguration"]["maximumPercent"], made["schedulingStrategy"],
             made["healthCheckGracePeriodSeconds"]),
            ([{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}], "LATEST", True, "ENABLED", "SERVICE", 200,
             "REPLICA", 0))
        same = self.make(definition, enableExecuteCommand=True, propagateTags="SERVICE",
                         tags=[{"key": "a", "value": "b"}])
        self.assertEqual(same["deployments"][0]["id"], made["deployments"][0]["id"])
        self.refused("InvalidParameterException", self.make, definition, contains="idempotent", desiredCount=2)

    def test_rollout(self):
        self.stack()
        self.make(self.definition())
        first = self.primary()
        self.assertEqual((first["rolloutState"], first["runningCount"]), ("IN_PROGRESS", 0))
        self.settle()
        self.assertEqual(self.read()["runningCount"], 1)
        second = self.definition("nginx:2")
        update = self.ecs.update_service(cluster="c", service="web", taskDefinition="web")["service"]
        self.assertEqual([(d["status"], d["taskDefinition"]) for d in update["deployments"]],
                         [("PRIMARY", second["taskDefinitionArn"]), ("ACTIVE", first["taskDefinition"])])
        done = self.settle()
        self.assertEqual((len(done["deployments"]), done["deployments"][0]["id"]), (1, update["deployments"][0]["id"]))
        self.assertNotEqual(update["deployments"][0]["id"], first["id"])
        self.ecs.update_service(cluster="c", service="web", taskDefinition=second["taskDefinitionArn"],
                                healthCheckGracePeriodSeconds=5)
        self.assertEqual(self.primary()["rolloutState"], "COMPLETED")
        forced = self.ecs.update_service(cluster="c", service="web", forceNewDeployment=True)["service"]
        self.assertEqual(forced["deployments"][0]["rolloutState"], "IN_PROGRESS")

    def test_broken_image_rolls_back(self):
        self.stack()
        good = self.definition()
        self.make(good)
        self.settle()
        self.definition("nginx:broken")
        bad = self.ecs.update_service(cluster="c", service="web", taskDefinition="web:2")["service"]["deployments"][0]
        self.until(lambda: self.primary()["id"] != bad["id"])
        done = self.settle()
        self.assertEqual((done["taskDefinition"], done["deployments"][0]["taskDefinition"]),
                         (good["taskDefinitionArn"],) * 2)
        record = self.ecs.list_service_deployments(cluster="c", service="web")["serviceDeployments"][0]
        self.assertEqual(record["status"], "ROLLBACK_SUCCESSFUL")
        detail = self.ecs.describe_service_deployments(
            serviceDeploymentArns=[record["serviceDeploymentArn"]])["serviceDeployments"][0]
        breaker = detail["deploymentCircuitBreaker"]
        self.assertEqual((breaker["status"], breaker["threshold"]), ("TRIGGERED", 3))
        stopped = self.ecs.list_tasks(cluster="c", serviceName="web", desiredStatus="STOPPED")["taskArns"]
        tasks = self.ecs.describe_tasks(cluster="c", tasks=stopped)["tasks"]
        failed = [t for t in tasks if t["taskDefinitionArn"].endswith(":2")]
        self.assertEqual(len(failed), 3)
        self.assertEqual(failed[0]["stopCode"], "EssentialContainerExited")

    def test_first_deployment_fails(self):
        self.stack()
        self.make(self.definition(executionRoleArn="arn:aws:iam::123456789012:role/none"))
        self.settle("FAILED")
        read = self.read()
        self.assertEqual((len(read["deployments"]), read["runningCount"]), (1, 0))
        arn = self.ecs.list_tasks(cluster="c", desiredStatus="STOPPED")["taskArns"]
        task = self.ecs.describe_tasks(cluster="c", tasks=arn[:1])["tasks"][0]
        self.assertEqual(task["stopCode"], "TaskFailedToStart")
        self.assertIn("unable to assume the role", task["stoppedReason"])
        self.assertNotIn("exitCode", task["containers"][0])

    def test_delete_and_dependencies(self):
        self.set(ecs_task_stop_s=15.0)  # a second and a half at the tests' scale, on a busy machine too
        self.stack()
        definition = self.definition()
        self.make(definition)
        self.settle()
        self.refused("DependencyViolation", self.ec2.delete_security_group, GroupId=self.group)
        self.refused("DependencyViolation", self.ec2.detach_internet_gateway, InternetGatewayId=self.igw,
                     VpcId=self.vpc)
        eni = self.ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [self.group]}])
        self.assertTrue(eni["NetworkInterfaces"][0]["Association"]["PublicIp"])
        self.assertTrue(eni["NetworkInterfaces"][0]["RequesterManaged"])
        self.refused("ClusterContainsServicesException", self.ecs.delete_cluster, cluster="c")
        delete = dict(cluster="c", service="web")
        self.refused("InvalidParameterException", self.ecs.delete_service, contains="scaled above 0", **delete)
        self.ecs.update_service(desiredCount=0, **delete)
        self.refused("InvalidParameterException", self.ecs.delete_service, contains="deployments are active", **delete)
        self.until(lambda: not self.ecs.list_tasks(cluster="c")["taskArns"])
        self.until(lambda: self.ec2.describe_network_interfaces()["NetworkInterfaces"] == [])
        self.ecs.delete_service(**delete)
        self.assertEqual(self.read()["status"], "DRAINING")
        self.refused("InvalidParameterException", self.make, definition, contains="Draining")
        self.until(lambda: self.read()["status"] == "INACTIVE")
        self.refused("ServiceNotActiveException", self.ecs.update_service, desiredCount=1, **delete)
        self.assertEqual(self.ecs.list_services(cluster="c")["serviceArns"], [])
        self.ec2.delete_security_group(GroupId=self.group)
        self.ecs.delete_cluster(cluster="c")

    def test_scaling_targets_know_the_service(self):
        self.stack()
        self.make(self.definition())
        scaling = client("application-autoscaling")
        target = dict(ServiceNamespace="ecs", ScalableDimension="ecs:service:DesiredCount", MinCapacity=1,
                      MaxCapacity=2)
        scaling.register_scalable_target(ResourceId="service/c/web", **target)
        self.refused("ValidationException", scaling.register_scalable_target, ResourceId="service/c/no", **target)

    def test_registration(self):
        self.stack()
        sd = client("servicediscovery")
        sd.create_private_dns_namespace(Name="c.local", Vpc=self.vpc)
        parent = self.until(lambda: sd.list_namespaces()["Namespaces"])[0]["Id"]
        registry = sd.create_service(Name="web", NamespaceId=parent, DnsConfig={
            "DnsRecords": [{"Type": "SRV", "TTL": 10}]})["Service"]
        definition = self.definition()
        self.refused("InvalidParameterException", self.make, definition,
                     serviceRegistries=[{"registryArn": registry["Arn"]}])
        self.make(definition, desiredCount=2, serviceRegistries=[
            {"registryArn": registry["Arn"], "containerName": "app", "containerPort": 3000}])
        self.settle()
        found = self.until(lambda: len(sd.list_instances(ServiceId=registry["Id"])["Instances"]) == 2 and
                           sd.list_instances(ServiceId=registry["Id"])["Instances"])
        self.assertEqual(found[0]["Attributes"]["AWS_INSTANCE_PORT"], "3000")
        self.assertTrue(found[0]["Attributes"]["AWS_INSTANCE_IPV4"].startswith("10.20."))
        self.refused("ResourceInUse", sd.delete_service, Id=registry["Id"])
        self.ecs.delete_service(cluster="c", service="web", force=True)
        self.until(lambda: not sd.list_instances(ServiceId=registry["Id"])["Instances"])

    def test_one_off(self):
        self.stack()
        logs = client("logs")
        logs.create_log_group(logGroupName="/app")
        role = client("iam").create_role(RoleName="x", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        self.definition(executionRoleArn=role, box={"logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "run"}}})
        args = dict(cluster="c", taskDefinition="web", launchType="FARGATE", clientToken="t", networkConfiguration={
            "awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.group]}},
            overrides={"containerOverrides": [{"name": "app", "command": ["npm", "run"]}]})
        task = self.ecs.run_task(**args)["tasks"][0]["taskArn"]
        self.assertEqual(self.ecs.run_task(**args)["tasks"][0]["taskArn"], task)
        done = self.until(lambda: (lambda t: t["lastStatus"] == "STOPPED" and t)(
            self.ecs.describe_tasks(cluster="c", tasks=[task])["tasks"][0]))
        self.assertEqual((done["containers"][0]["exitCode"], done["stopCode"]), (0, "EssentialContainerExited"))
        stream = f"run/app/{task.rpartition('/')[2]}"
        events = logs.get_log_events(logGroupName="/app", logStreamName=stream)["events"]
        self.assertEqual(events[0]["message"], "started: npm run")
        self.assertEqual(self.ecs.describe_tasks(cluster="c", tasks=["nope"])["failures"][0]["reason"], "MISSING")

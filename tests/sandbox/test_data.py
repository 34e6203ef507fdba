"""SSM parameters, log groups, repositories."""
import json

from harness import Case, client


class Ssm(Case):
    def setUp(self):
        super().setUp()
        self.ssm = client("ssm")

    def put(self, name="/app/KEY", value="v", kind="SecureString", **more):
        return self.ssm.put_parameter(Name=name, Value=value, Type=kind, **more)

    def test_overwrite_and_tags(self):
        tags = [{"Key": "a", "Value": "b"}]
        made = self.put(Tags=tags)
        self.assertEqual((made["Version"], made["Tier"]), (1, "Standard"))
        self.refused("ParameterAlreadyExists", self.put)
        self.refused("ValidationException", self.put, Overwrite=True, Tags=tags)
        self.assertEqual(self.put(Overwrite=True)["Version"], 2)
        listed = self.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/app/KEY")
        self.assertEqual(listed["TagList"], tags)
        self.refused("HierarchyTypeMismatchException", self.put, kind="String", Overwrite=True)

    def test_names_and_sizes(self):
        for code, name in (("ValidationException", "a/b"), ("AccessDeniedException", "/awsome/b"),
                           ("ValidationException", "/ssmx"), ("ValidationException", "/a/b c"),
                           ("HierarchyLevelLimitExceededException", "/a" * 16)):
            self.refused(code, self.put, name=name)
        self.refused("ValidationException", self.put, value="x" * 4097)
        self.refused("ValidationException", self.put, value="{{x}}")
        self.assertEqual(self.put(value="x" * 4097, Tier="Intelligent-Tiering")["Tier"], "Advanced")
        self.refused("ValidationException", self.put, Tier="Standard", Overwrite=True)

    def test_secrets_stay_secret(self):
        self.put(value="hunter2")
        self.assertNotIn("hunter2", self.ssm.get_parameter(Name="/app/KEY")["Parameter"]["Value"])
        self.assertEqual(self.ssm.get_parameter(Name="/app/KEY", WithDecryption=True)["Parameter"]["Value"], "hunter2")
        self.assertEqual(self.ssm.get_parameters(Names=["/app/KEY", "/no"])["InvalidParameters"], ["/no"])

    def test_listing(self):
        for i in range(12):
            self.put(f"/app/K{i:02}", Tags=[{"Key": "t", "Value": str(i % 2)}])
        self.put("/app/deep/er/K")
        first = self.ssm.get_parameters_by_path(Path="/app/", MaxResults=10)
        self.assertEqual(len(first["Parameters"]), 10)
        rest = self.ssm.get_parameters_by_path(Path="/app", MaxResults=10, NextToken=first["NextToken"])
        self.assertEqual(len(rest["Parameters"]), 2)
        self.set(page_size=10)
        second = self.ssm.get_parameters_by_path(
            Path="/app", NextToken=self.ssm.get_parameters_by_path(Path="/app")["NextToken"])
        self.assertEqual(second["Parameters"], [])
        third = self.ssm.get_parameters_by_path(Path="/app", NextToken=second["NextToken"])
        self.assertEqual(len(third["Parameters"]), 2)
        tagged = self.ssm.describe_parameters(ParameterFilters=[{"Key": "tag:t", "Values": ["1"]}])["Parameters"]
        self.assertEqual(len(tagged), 6)
        self.assertNotIn("Value", tagged[0])
        deep = self.ssm.describe_parameters(ParameterFilters=[
            {"Key": "Path", "Option": "Recursive", "Values": ["/app/deep"]}])["Parameters"]
        self.assertEqual([p["Name"] for p in deep], ["/app/deep/er/K"])
        self.refused("ValidationException", self.ssm.get_parameters_by_path, Path="/app", MaxResults=11)
        self.refused("InvalidFilterOption", self.ssm.describe_parameters,
                     ParameterFilters=[{"Key": "Name", "Option": "Recursive", "Values": ["x"]}])

    def test_delete(self):
        self.put()
        got = self.ssm.delete_parameters(Names=["/app/KEY", "/no"])
        self.assertEqual((got["DeletedParameters"], got["InvalidParameters"]), (["/app/KEY"], ["/no"]))
        self.refused("ParameterNotFound", self.ssm.delete_parameter, Name="/app/KEY")
        self.refused("ParameterNotFound", self.ssm.get_parameter, Name="/app/KEY")


class Logs(Case):
    def setUp(self):
        super().setUp()
        self.logs = client("logs")

    def test_groups(self):
        for name in ("/app", "/app2", "/other"):
            self.logs.create_log_group(logGroupName=name, tags={"k": name})
        self.refused("ResourceAlreadyExistsException", self.logs.create_log_group, logGroupName="/app")
        for bad in ("aws/x", "a b"):
            self.refused("InvalidParameterException", self.logs.create_log_group, logGroupName=bad)
        found = self.logs.describe_log_groups(logGroupNamePrefix="/app")["logGroups"]
        self.assertEqual([g["logGroupName"] for g in found], ["/app", "/app2"])
        arn = found[0]["logGroupArn"]
        self.assertEqual((found[0]["logGroupClass"], found[0]["arn"]), ("STANDARD", arn + ":*"))
        byid = self.logs.describe_log_groups(logGroupIdentifiers=["/other"])["logGroups"]
        self.assertEqual(len(byid), 1)
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=arn)["tags"], {"k": "/app"})
        self.refused("InvalidParameterException", self.logs.list_tags_for_resource, resourceArn=arn + ":*")
        self.refused("InvalidParameterException", self.logs.put_retention_policy, logGroupName="/app",
                     retentionInDays=15)
        self.logs.put_retention_policy(logGroupName="/app", retentionInDays=14)
        self.logs.put_log_group_deletion_protection(logGroupIdentifier="/app", deletionProtectionEnabled=True)
        self.refused("ValidationException", self.logs.delete_log_group, logGroupName="/app")
        self.set(page_size=2)
        first = self.logs.describe_log_groups()
        self.assertEqual((len(first["logGroups"]), first["logGroups"][0]["retentionInDays"]), (2, 14))
        self.assertEqual(len(self.logs.describe_log_groups(nextToken=first["nextToken"])["logGroups"]), 1)


class Ecr(Case):
    RULE = {"rulePriority": 1, "description": "keep the last few images and nothing more than that, please",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5},
            "action": {"type": "expire"}}

    def test_repositories(self):
        ecr = client("ecr")
        made = ecr.create_repository(repositoryName="app")["repository"]
        self.assertEqual((made["imageTagMutability"], made["encryptionConfiguration"]["encryptionType"]),
                         ("MUTABLE", "AES256"))
        self.refused("RepositoryAlreadyExistsException", ecr.create_repository, repositoryName="app")
        self.refused("RepositoryNotFoundException", ecr.describe_repositories, repositoryNames=["app", "no"])
        self.refused("LifecyclePolicyNotFoundException", ecr.get_lifecycle_policy, repositoryName="app")

        def put(*rules):
            return ecr.put_lifecycle_policy(repositoryName="app",
                                            lifecyclePolicyText=json.dumps({"rules": list(rules)}, indent=4))
        old = {**self.RULE, "rulePriority": 2,
               "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days",
                             "countNumber": 3}}
        self.refused("InvalidParameterException", ecr.put_lifecycle_policy, repositoryName="app",
                     lifecyclePolicyText='{"rules":[]}')
        self.refused("InvalidParameterException", put, self.RULE, old)
        put({**self.RULE, "rulePriority": 9}, old)
        text = ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"]
        self.assertEqual([r["rulePriority"] for r in json.loads(text)["rules"]], [2, 9])
        ecr.put_image(repositoryName="app", imageTag="v1", imageManifest=json.dumps(
            {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
             "config": {"digest": "sha256:" + "0" * 64, "size": 1, "mediaType": "x"}, "layers": []}))
        self.refused("RepositoryNotEmptyException", ecr.delete_repository, repositoryName="app")
        ecr.delete_repository(repositoryName="app", force=True)
        self.refused("RepositoryNotFoundException", ecr.describe_repositories, repositoryNames=["app"])

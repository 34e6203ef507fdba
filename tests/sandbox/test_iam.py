import json

from harness import Case, client

ECS = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def github(condition):
    return policy({"Effect": "Allow", "Principal": {"Federated": PROVIDER},
                   "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition})


class Iam(Case):
    def setUp(self):
        super().setUp()
        self.iam = client("iam")

    def role(self, name="app", **more):
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(ECS), **more)["Role"]

    def test_names_ignore_case(self):
        self.role("App")
        self.refused("EntityAlreadyExists", self.role, "app", status=409)

    def test_trust_policies(self):
        make = self.iam.create_role
        for bad in ("{", "{}", policy({**ECS, "Resource": "*"}), policy({**ECS, "Action": "s3:GetObject"}),
                    policy({**ECS, "Principal": {"AWS": "arn:aws:iam::123456789012:role/missing"}})):
            self.refused("MalformedPolicyDocument", make, RoleName="x", AssumeRolePolicyDocument=bad)
        self.refused("MalformedPolicyDocument", make, RoleName="x", AssumeRolePolicyDocument=github(
            {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}))
        self.refused("MalformedPolicyDocument", make, RoleName="x", AssumeRolePolicyDocument=github(
            {"StringLike": {"token.actions.githubusercontent.com:sub": "*"}}))
        make(RoleName="x", AssumeRolePolicyDocument=github(
            {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:a/b:*"}}))

    def test_update_merges(self):
        made = self.role(Description="old", MaxSessionDuration=7200)
        self.assertEqual(made["MaxSessionDuration"], 7200)
        self.iam.update_role(RoleName="app", MaxSessionDuration=3600)
        read = self.iam.get_role(RoleName="app")["Role"]
        self.assertEqual((read["Description"], read["MaxSessionDuration"]), ("old", 3600))
        self.iam.update_role(RoleName="app", Description="")
        self.assertNotIn("Description", self.iam.get_role(RoleName="app")["Role"])

    def test_delete_conflicts(self):
        self.role()
        self.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=policy(
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}))
        arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
        self.iam.attach_role_policy(RoleName="app", PolicyArn=arn)
        self.iam.attach_role_policy(RoleName="app", PolicyArn=arn)
        self.refused("DeleteConflict", self.iam.delete_role, RoleName="app", status=409)
        self.iam.delete_role_policy(RoleName="app", PolicyName="p")
        self.refused("NoSuchEntity", self.iam.delete_role_policy, RoleName="app", PolicyName="p", status=404)
        self.refused("DeleteConflict", self.iam.delete_role, RoleName="app")
        self.iam.detach_role_policy(RoleName="app", PolicyArn=arn)
        self.refused("NoSuchEntity", self.iam.detach_role_policy, RoleName="app", PolicyArn=arn)
        self.iam.delete_role(RoleName="app")
        self.refused("NoSuchEntity", self.iam.get_role, RoleName="app")

    def test_inline_policies_are_checked(self):
        self.role()
        for bad in (policy({"Effect": "Allow", "Action": "s3:GetObject"}), "{}",
                    policy({"Effect": "Allow", "Action": "GetObject", "Resource": "*"})):
            self.refused("MalformedPolicyDocument", self.iam.put_role_policy, RoleName="app", PolicyName="p",
                         PolicyDocument=bad)
        self.refused("LimitExceeded", self.iam.put_role_policy, RoleName="app", PolicyName="p", PolicyDocument=policy(
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::" + "x" * 100] * 120}))

    def test_details_and_pages(self):
        for i in range(4):
            self.role(f"r{i}", Tags=[{"Key": "k", "Value": str(i)}], Path="/berth/")
        self.iam.put_role_policy(RoleName="r1", PolicyName="p", PolicyDocument=policy(
            {"Effect": "Allow", "Action": "*", "Resource": "*"}))
        self.set(page_size=3)
        first = self.iam.get_account_authorization_details(Filter=["Role"])
        self.assertTrue(first["IsTruncated"])
        rest = self.iam.get_account_authorization_details(Filter=["Role"], Marker=first["Marker"])
        roles = {r["RoleName"]: r for r in first["RoleDetailList"] + rest["RoleDetailList"]}
        self.assertEqual(sorted(roles), ["r0", "r1", "r2", "r3"])
        self.assertEqual(roles["r2"]["Tags"], [{"Key": "k", "Value": "2"}])
        self.assertEqual(roles["r1"]["RolePolicyList"][0]["PolicyName"], "p")
        self.assertIsInstance(roles["r1"]["AssumeRolePolicyDocument"], dict)
        listed = self.iam.list_roles(PathPrefix="/berth/")
        self.assertEqual(len(listed["Roles"]), 3)
        self.assertNotIn("Tags", listed["Roles"][0])

    def test_tags_ignore_case(self):
        self.refused("InvalidInput", self.role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])

    def test_oidc(self):
        url = "https://token.actions.githubusercontent.com"
        arn = self.iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])[
            "OpenIDConnectProviderArn"]
        self.assertEqual(arn, PROVIDER)
        self.refused("EntityAlreadyExists", self.iam.create_open_id_connect_provider, Url=url)
        self.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
        self.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn,
                                                                ClientID="sts.amazonaws.com")
        read = self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        self.assertEqual((read["Url"], read["ClientIDList"], len(read["ThumbprintList"])),
                         ("token.actions.githubusercontent.com", ["b"], 1))
        self.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        self.refused("NoSuchEntity", self.iam.delete_open_id_connect_provider, OpenIDConnectProviderArn=arn)

    def test_service_linked_role(self):
        made = self.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]
        self.assertEqual(made["Arn"], "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/"
                                      "AWSServiceRoleForECS")
        self.refused("InvalidInput", self.iam.create_service_linked_role, AWSServiceName="ecs.amazonaws.com")

    def test_access_keys_sign(self):
        self.iam.create_user(UserName="u")
        key = self.iam.create_access_key(UserName="u")["AccessKey"]
        mine = client("sts", key["AccessKeyId"], key["SecretAccessKey"])
        self.assertEqual(mine.get_caller_identity()["Arn"], "arn:aws:iam::123456789012:user/u")
        self.iam.update_access_key(UserName="u", AccessKeyId=key["AccessKeyId"], Status="Inactive")
        self.refused("InvalidClientTokenId", mine.get_caller_identity)

"""An IAM user with the policies that he is given, and nothing else."""
import json

import harness


class User:
    """`grant` takes policy documents in place of those before, as managed policies: AWS's limits hold."""
    SIZE, ATTACHED = 6144, 10

    def __init__(self, name):
        self.name, self._iam, self._arns = name, harness.client("iam"), []
        self._iam.create_user(UserName=name)
        key = self._iam.create_access_key(UserName=name)["AccessKey"]
        self.key, self.secret = key["AccessKeyId"], key["SecretAccessKey"]

    @property
    def env(self):
        return {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}

    def client(self, service, **options):
        return harness.client(service, key=self.key, secret=self.secret, **options)

    def grant(self, documents):
        for arn in self._arns:
            self._iam.detach_user_policy(UserName=self.name, PolicyArn=arn)
            self._iam.delete_policy(PolicyArn=arn)
        self._arns = []
        if len(documents) > self.ATTACHED:
            raise ValueError(f"{len(documents)} policies: AWS attaches {self.ATTACHED} to a user")
        for number, document in enumerate(documents):
            text = json.dumps(document, separators=(",", ":"))
            if len(text) > self.SIZE:
                raise ValueError(f"a policy of {len(text)} characters: AWS takes {self.SIZE}")
            made = self._iam.create_policy(PolicyName=f"{self.name}-{number}", PolicyDocument=text)["Policy"]["Arn"]
            self._iam.attach_user_policy(UserName=self.name, PolicyArn=made)
            self._arns.append(made)


class Role:
    """Whoever acts as a role: a key of a session with it, as its service would hold."""

    def __init__(self, name):
        import auth
        self.key, self.secret, self.token = "ASIA" + name.upper().replace("-", "")[:16], "not-a-real-secret", "session"
        arn = f"arn:aws:sts::{auth.ACCOUNT}:assumed-role/{name}/run"
        auth.keys.add(auth.Key(self.key, self.secret, arn, "AROAEXAMPLE:run", self.token))

    def client(self, service, **options):
        return harness.client(service, key=self.key, secret=self.secret, token=self.token, **options)

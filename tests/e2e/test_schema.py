"""What the program itself writes is what docs/schema/plan.json says."""
import json
import pathlib
import unittest

from stack import StackCase

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schema" / "plan.json"


@unittest.skipIf(jsonschema is None, "jsonschema is not installed")
class Schema(StackCase):
    def check(self, doc, form):
        self.assertEqual(doc["format"], form)
        jsonschema.validate(doc, json.loads(SCHEMA.read_text()), jsonschema.Draft202012Validator)

    def test_plans_and_drift(self):
        self.check(self.plan(), "berth.plan/1")
        self.apply()
        self.edit("memory: 512", "memory: 1024")
        self.check(self.plan(), "berth.plan/1")
        cached = json.loads(self.berth("--json", "plan", "--cached"))
        self.check(cached, "berth.plan/1")
        self.assertEqual([a["address"] for a in cached["actions"]],
                         ["ecs.task_definition.web", "ecs.service.web"])
        self.check(json.loads(self.berth("--json", "plan", "--destroy")), "berth.plan/1")
        saved = self.dir / "saved.plan"
        self.berth("plan", "--out", str(saved), "--only", "services.web")
        self.check(json.loads(saved.read_text()), "berth.saved-plan/1")
        self.check(json.loads(self.berth("--json", "drift")), "berth.drift/1")
        self.aws("logs").delete_log_group(logGroupName="/ecs/gengar")
        self.aws("ecr").put_image_scanning_configuration(
            repositoryName="gengar", imageScanningConfiguration={"scanOnPush": False})
        drift = json.loads(self.berth("--json", "drift", code=2))
        self.check(drift, "berth.drift/1")
        self.assertEqual({i["address"]: i["drift"] for i in drift["items"]},
                         {"logs.group.services": "gone", "ecr.repository.main": "changed"})


if __name__ == "__main__":
    unittest.main()

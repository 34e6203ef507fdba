"""The tagging API tells old tags for some seconds after a change: no plan is made of them."""
import unittest

from bad import BadCase

import control

TYPES = ("servicediscovery.service.", "servicediscovery.namespace.", "ecr.repository.", "rds.subnet_group.", "logs.group.",
         "ssm.parameter.")
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/gengar"


class OldTags(BadCase):
    def setUp(self):
        super().setUp()
        self.apply()
        self.set(tag_value_lag_s=6000.0)

    def retag(self, words="{team: infra, tier: one}"):
        self.edit(r"tags: \{team: \w+.*\}", f"tags: {words}")
        self.assertTrue(any(a.startswith(TYPES) for a in self.actions()))
        self.apply()

    def plan_calls(self):
        control.log.clear()
        self.assert_settled()
        return control.log.total

    def test_a_plan_after_an_apply(self):
        self.retag()
        self.assert_settled()
        self.berth("drift")
        # A tag that goes is shown no longer either.
        self.retag("{team: infra}")
        self.assert_settled()

    def test_it_costs_calls_only_as_long_as_there_is_doubt(self):
        self.set(page_size=0)
        quiet = self.plan_calls()
        self.assertLessEqual(quiet, 30)
        self.retag()
        self.assertGreater(self.plan_calls(), quiet)
        self.set(tag_value_lag_s=0)
        self.retag("{team: ops}")
        self.assertLessEqual(self.plan_calls(), quiet)

    def test_without_a_record(self):
        self.retag()
        (self.dir / ".berth" / "default.db").unlink()
        self.assert_settled()

    def test_the_old_tags_again(self):
        """The wish is what the tagging API still shows, and not what is."""
        self.retag()
        self.edit(r"tags: \{.*\}", "tags: {team: core}")
        self.assertEqual({a for a in self.actions() if a.startswith(TYPES)},
                         {a for a in self.addresses() if a.startswith(TYPES)})
        self.apply()
        self.assert_settled()

    def test_a_foreign_change_is_seen(self):
        self.retag()
        self.aws("logs").tag_resource(resourceArn=GROUP, tags={"team": "others"})
        self.assertEqual(self.actions(), {"logs.group.services": "update"})
        self.berth("drift", code=2)
        self.apply()
        self.assert_settled()

    def test_a_foreign_change_that_shows_at_once(self):
        self.retag()
        self.set(tag_value_lag_s=0)
        self.aws("logs").untag_resource(resourceArn=GROUP, tagKeys=["team"])
        self.assertEqual(self.actions(), {"logs.group.services": "update"})

    def test_what_was_let_go_is_not_ours(self):
        """Its tags are gone, but the tagging API shows them still."""
        self.berth("forget", "logs.group.api", "--yes")
        self.fails(3, ["plan"], "of that name is there already", "`berth adopt logs.group.api`")


if __name__ == "__main__":
    unittest.main()

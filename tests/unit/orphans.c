/* Live objects that no wish names: what goes, what stays, and what stays because of that. */
#include "tests/unit/engine_case.h"

static const char whole[] =
    "{\"ec2.vpc.main\": {\"cidr\": \"10.0.0.0/16\"},"
    "\"ec2.subnet.a\": {\"vpc\": {\"$ref\": \"ec2.vpc.main.id\"}, \"cidr\": \"10.0.0.0/24\"},"
    "\"ec2.security_group.db\": {\"name\": \"db\", \"description\": \"db\", \"vpc\": {\"$ref\": \"ec2.vpc.main.id\"}},"
    "\"ec2.security_group.web\": {\"name\": \"web\", \"description\": \"web\", \"vpc\": {\"$ref\": "
    "\"ec2.vpc.main.id\"}},"
    "\"rds.subnet_group.main\": {\"name\": \"demo\", \"description\": \"x\", \"subnets\": [{\"$ref\": "
    "\"ec2.subnet.a.id\"}]},"
    "\"rds.instance.main\": {\"name\": \"demo\", \"engine\": \"postgres\", \"class\": \"db.t4g.micro\", \"storage\": "
    "20, "
    "\"username\": \"app\", \"subnet_group\": {\"$ref\": \"rds.subnet_group.main.name\"}, \"security_groups\": "
    "[{\"$ref\": "
    "\"ec2.security_group.db.id\"}]}}";

static void settled(struct stage *s)
{
	stage_begin(s);
	stage_wish(s, whole);
	stage_settle(s);
}

TEST(what_is_no_longer_wished_for_goes)
{
	struct stage s;

	settled(&s);
	world_add(&s.world, rtype_find("logs.group"), "logs.group.old", json_pack("{s:s}", "name", "old"),
		  json_object());
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(act_of(&s, "logs.group.old"), ACT_DELETE);
	CHECK_STR(action_at(&s, "logs.group.old")->reason, "no longer in the spec");
	CHECK_INT(s.plan.counts.del, 1);
	stage_end(&s);
}

TEST(an_edit_keeps_data_and_all_that_data_needs)
{
	struct stage s;

	settled(&s);
	stage_wish(&s, "{\"logs.group.a\": {\"name\": \"a\"}}");
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(act_of(&s, "rds.instance.main"), ACT_KEEP);
	CHECK_HAS(action_at(&s, "rds.instance.main")->reason, "holds data");
	CHECK_INT(act_of(&s, "rds.subnet_group.main"), ACT_KEEP);
	CHECK_HAS(action_at(&s, "rds.subnet_group.main")->reason, "needed by rds.instance.main");
	CHECK_INT(act_of(&s, "ec2.subnet.a"), ACT_KEEP);
	CHECK_INT(act_of(&s, "ec2.vpc.main"), ACT_KEEP);
	CHECK_INT(act_of(&s, "ec2.security_group.db"), ACT_KEEP);
	CHECK_INT(act_of(&s, "ec2.security_group.web"), ACT_DELETE);
	stage_end(&s);
}

TEST(destroy_takes_data_only_when_told_twice)
{
	struct stage s;

	settled(&s);
	REQUIRE(!stage_plan(&s, DESTROY));
	CHECK_INT(act_of(&s, "rds.instance.main"), ACT_KEEP);
	CHECK_HAS(action_at(&s, "rds.instance.main")->reason, "--with-data");
	CHECK_INT(act_of(&s, "ec2.vpc.main"), ACT_KEEP);
	CHECK_INT(s.plan.counts.del, 1);
	REQUIRE(!stage_plan(&s, DESTROY_ALL));
	CHECK_INT(s.plan.counts.del, 6);
	CHECK_INT(s.plan.counts.keep, 0);
	stage_end(&s);
}

TEST(what_data_uses_is_not_replaced_below_it)
{
	struct stage s;

	settled(&s);
	stage_wish(&s, "{\"ec2.vpc.main\": {\"cidr\": \"10.1.0.0/16\"}}");
	CHECK_INT(stage_plan(&s, PLAIN), ERR_REFUSED);
	CHECK_HAS(first_error(&s), "ec2.vpc.main would have to be replaced");
	CHECK_HAS(first_error(&s), "which stays");
	stage_end(&s);
}

TEST(strays_go_and_others_objects_stay)
{
	struct stage s;
	struct object *o;

	settled(&s);
	o = world_add(&s.world, rtype_find("ec2.security_group_rule"), "ec2.security_group_rule.(sgr-9)",
		      json_pack("{s:s}", "id", "sgr-9"), json_object());
	o->standing = STRAY;
	o = world_add(&s.world, rtype_find("iam.oidc_provider"), "iam.oidc_provider.github",
		      json_pack("{s:s}", "url", "x"), json_object());
	o->standing = SHARED_USE;
	o = world_add(&s.world, rtype_find("logs.group"), "?logs.group.x", json_pack("{s:s}", "name", "x"),
		      json_object());
	o->standing = FOREIGN;
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(act_of(&s, "ec2.security_group_rule.(sgr-9)"), ACT_DELETE);
	CHECK_HAS(action_at(&s, "ec2.security_group_rule.(sgr-9)")->reason, "berth's");
	CHECK_INT(s.plan.counts.del, 1);
	REQUIRE(!stage_plan(&s, DESTROY_ALL));
	CHECK_INT(act_of(&s, "iam.oidc_provider.github"), -1);
	CHECK_INT(act_of(&s, "?logs.group.x"), -1);
	stage_end(&s);
}

TEST(a_thousand_that_stay_keep_what_they_need_at_once)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s, "{}");
	world_add(&s.world, rtype_find("rds.subnet_group"), "rds.subnet_group.g", json_pack("{s:s}", "name", "g"),
		  json_object());
	for (int i = 0; i < 5000; i++) {
		char *address CLEANUP(freep) = xasprintf("rds.instance.i%d", i);

		world_add(&s.world, rtype_find("rds.instance"), address,
			  json_pack("{s:o, s:s}", "name", json_sprintf("i%d", i), "subnet_group", "g"), json_object());
	}
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(s.plan.counts.keep, 5001);
	CHECK_INT(s.plan.counts.del, 0);
	stage_end(&s);
}

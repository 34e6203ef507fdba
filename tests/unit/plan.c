/* What becomes of each wish: made, changed, replaced or left alone, and what of that was chosen. */
#include "tests/unit/engine_case.h"

#define NETWORK                                                                                                \
	"\"ec2.vpc.main\": {\"cidr\": \"10.0.0.0/16\", \"dns_hostnames\": true},"                              \
	"\"ec2.subnet.a\": {\"vpc\": {\"$ref\": \"ec2.vpc.main.id\"}, \"cidr\": \"10.0.0.0/24\"},"             \
	"\"ec2.subnet.b\": {\"vpc\": {\"$ref\": \"ec2.vpc.main.id\"}, \"cidr\": \"10.0.1.0/24\"},"             \
	"\"ec2.security_group.web\": {\"name\": \"web\", \"description\": \"web\", \"vpc\": {\"$ref\": "       \
	"\"ec2.vpc.main.id\"}},"                                                                               \
	"\"ec2.security_group_rule.out\": {\"group\": {\"$ref\": \"ec2.security_group.web.id\"}, \"egress\": " \
	"true, \"protocol\": \"tcp\", \"from_port\": 443, \"to_port\": 443, \"cidr\": \"0.0.0.0/0\"},"         \
	"\"apigateway.vpc_link.main\": {\"name\": \"demo\", \"subnets\": [{\"$ref\": \"ec2.subnet.a.id\"}, "   \
	"{\"$ref\": \"ec2.subnet.b.id\"}], \"security_groups\": [{\"$ref\": \"ec2.security_group.web.id\"}]}"
#define DATABASE                                                                                              \
	",\"rds.subnet_group.main\": {\"name\": \"demo\", \"description\": \"x\", \"subnets\": [{\"$ref\": "  \
	"\"ec2.subnet.a.id\"}, {\"$ref\": \"ec2.subnet.b.id\"}]},"                                            \
	"\"rds.instance.main\": {\"name\": \"demo\", \"engine\": \"postgres\", \"class\": \"db.t4g.micro\", " \
	"\"storage\": 20, \"username\": \"app\", \"encrypted\": true, \"password\": {\"$ref\": "              \
	"\"ssm.parameter.password.value\"}, \"subnet_group\": {\"$ref\": \"rds.subnet_group.main.name\"}},"   \
	"\"ssm.parameter.password\": {\"name\": \"/demo/password\", \"value\": {\"$generate\": {\"length\": 32}}}"

/* The text with the first `from` in it replaced. The caller frees. */
static char *edited(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		abort();
	return xasprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void settled(struct stage *s, const char *spec)
{
	stage_begin(s);
	stage_wish(s, spec);
	stage_settle(s);
}

static int replan(struct stage *s, const char *spec, const char *from, const char *to)
{
	char *text CLEANUP(freep) = edited(spec, from, to);

	stage_wish(s, text);
	return stage_plan(s, PLAIN);
}

TEST(an_empty_account_gets_all_of_it)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s, "{" NETWORK DATABASE "}");
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(s.plan.counts.create, s.spec.n);
	CHECK_JSON(json_object_get(action_at(&s, "ec2.subnet.a")->want, "vpc"), "{\"$unknown\": \"ec2.vpc.main.id\"}");
	CHECK_STR(json_string_value(json_object_get(action_at(&s, "ec2.subnet.a")->want, "cidr")), "10.0.0.0/24");
	stage_end(&s);
}

TEST(after_an_apply_there_is_nothing_to_do)
{
	struct stage s;

	settled(&s, "{" NETWORK DATABASE "}");
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_EMPTY(&s);
	CHECK(plan_is_empty(&s.plan));
	stage_end(&s);
}

TEST(a_change_in_place_touches_nothing_else)
{
	struct stage s;

	settled(&s, "{" NETWORK "}");
	REQUIRE(!replan(&s, "{" NETWORK "}", "\"dns_hostnames\": true", "\"dns_hostnames\": false"));
	CHECK_INT(act_of(&s, "ec2.vpc.main"), ACT_UPDATE);
	CHECK_INT(s.plan.counts.update, 1);
	CHECK_INT(s.plan.counts.replace, 0);
	CHECK_JSON(change_at(&s, "ec2.vpc.main", "dns_hostnames")->from, "true");
	CHECK_JSON(change_at(&s, "ec2.vpc.main", "dns_hostnames")->to, "false");
	stage_end(&s);
}

TEST(a_replacement_says_why_and_spreads_through_what_is_not_known_yet)
{
	struct stage s;

	settled(&s, "{" NETWORK "}");
	REQUIRE(!replan(&s, "{" NETWORK "}", "\"description\": \"web\"", "\"description\": \"other\""));
	CHECK_INT(act_of(&s, "ec2.security_group.web"), ACT_REPLACE);
	CHECK_HAS(action_at(&s, "ec2.security_group.web")->reason, "description");
	CHECK(action_at(&s, "ec2.security_group.web")->create_first);
	CHECK_INT(act_of(&s, "ec2.security_group_rule.out"), ACT_REPLACE);
	CHECK(change_at(&s, "ec2.security_group_rule.out", "group")->flags & CHANGE_UNKNOWN);
	CHECK_INT(act_of(&s, "apigateway.vpc_link.main"), ACT_REPLACE);
	CHECK_INT(act_of(&s, "ec2.vpc.main"), ACT_NOOP);
	CHECK_INT(act_of(&s, "ec2.subnet.a"), ACT_NOOP);
	stage_end(&s);
}

TEST(below_what_must_go_first_nothing_is_made_first)
{
	struct stage s;

	settled(&s, "{" NETWORK "}");
	REQUIRE(!replan(&s, "{" NETWORK "}", "10.0.0.0/16", "10.0.0.0/20"));
	CHECK_INT(act_of(&s, "ec2.vpc.main"), ACT_REPLACE);
	CHECK(!action_at(&s, "ec2.vpc.main")->create_first);
	CHECK_INT(act_of(&s, "ec2.security_group.web"), ACT_REPLACE);
	CHECK(!action_at(&s, "ec2.security_group.web")->create_first);
	CHECK(!action_at(&s, "apigateway.vpc_link.main")->create_first);
	CHECK_INT(action_at(&s, "ec2.security_group.web")->risk, RISK_DOWNTIME);
	stage_end(&s);
}

TEST(who_uses_what_must_go_first_is_made_anew_and_data_refuses)
{
	struct stage s;

	settled(&s, "{" NETWORK DATABASE "}");
	CHECK_INT(replan(&s, "{" NETWORK DATABASE "}", "10.0.1.0/24", "10.0.2.0/24"), ERR_REFUSED);
	CHECK_INT(act_of(&s, "ec2.subnet.b"), ACT_REPLACE);
	CHECK_INT(act_of(&s, "rds.subnet_group.main"), ACT_REPLACE);
	CHECK_HAS(action_at(&s, "rds.subnet_group.main")->reason, "it uses ec2.subnet.b");
	CHECK_HAS(first_error(&s), "rds.instance.main would have to be replaced, and its data would be lost");
	CHECK_INT(s.d.errors, 1);
	CHECK_INT(s.d.item[0].pos.line, 1);
	stage_end(&s);
}

TEST(data_is_never_replaced)
{
	struct stage s;

	settled(&s, "{" NETWORK DATABASE "}");
	CHECK_INT(replan(&s, "{" NETWORK DATABASE "}", "\"username\": \"app\"", "\"username\": \"other\""),
		  ERR_REFUSED);
	CHECK_HAS(first_error(&s), "username cannot be changed in place");
	CHECK(s.d.item[0].hint != NULL);
	stage_end(&s);
}

TEST(what_some_may_go_on_naming_does_not_drag_them_along)
{
	static const char spec[] =
	    "{\"iam.role.run\": {\"name\": \"run\", \"trust\": {\"Version\": \"2012-10-17\", \"Statement\": "
	    "[{\"Effect\": "
	    "\"Allow\", \"Principal\": {\"Service\": \"ecs-tasks.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}]}},"
	    "\"ecs.task_definition.web\": {\"family\": \"web\", \"cpu\": \"256\", \"memory\": \"512\", "
	    "\"execution_role\": "
	    "{\"$ref\": \"iam.role.run.arn\"}, \"containers\": [{\"name\": \"web\", \"image\": \"nginx\"}]}}";
	struct stage s;

	settled(&s, spec);
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_EMPTY(&s);
	REQUIRE(!replan(&s, spec, "\"name\": \"run\"", "\"name\": \"walk\""));
	CHECK_INT(act_of(&s, "iam.role.run"), ACT_REPLACE);
	CHECK_INT(act_of(&s, "ecs.task_definition.web"), ACT_REPLACE);
	CHECK(action_at(&s, "ecs.task_definition.web")->create_first);
	stage_end(&s);
}

TEST(what_aws_does_not_show_follows_what_it_is_made_in)
{
	static const char spec[] =
	    "{\"ec2.vpc.main\": {\"cidr\": \"10.0.0.0/16\"},"
	    "\"servicediscovery.namespace.main\": {\"name\": \"demo.internal\", \"vpc\": {\"$ref\": "
	    "\"ec2.vpc.main.id\"}}}";
	struct stage s;

	settled(&s, spec);
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_EMPTY(&s);
	REQUIRE(!replan(&s, spec, "10.0.0.0/16", "10.1.0.0/16"));
	CHECK_INT(act_of(&s, "servicediscovery.namespace.main"), ACT_REPLACE);
	stage_end(&s);
}

/* ---- tags --------------------------------------------------------------------------------------------------- */

static const char group_only[] = "{\"logs.group.a\": {\"name\": \"a\"}}";

TEST(a_tag_of_the_user_comes_changes_and_goes)
{
	struct stage s;

	stage_begin(&s);
	stage_wish_tagged(&s, group_only, "{\"team\": \"core\"}");
	stage_settle(&s);
	stage_wish_tagged(&s, group_only, "{\"team\": \"edge\", \"cost\": \"low\"}");
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_JSON(change_at(&s, "logs.group.a", "team")->to, "\"edge\"");
	CHECK(!change_at(&s, "logs.group.a", "cost")->from);
	CHECK_JSON(change_at(&s, "logs.group.a", "berth:tags")->to, "\"cost team\"");
	stage_wish(&s, group_only);
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(act_of(&s, "logs.group.a"), ACT_UPDATE);
	CHECK(!change_at(&s, "logs.group.a", "team")->to);
	CHECK(!change_at(&s, "logs.group.a", "berth:tags")->to);
	CHECK_INT(action_at(&s, "logs.group.a")->n_change, 2);
	stage_end(&s);
}

TEST(tags_of_others_stay)
{
	struct stage s;

	settled(&s, group_only);
	stage_set(&s, "logs.group.a", "#owner", "\"somebody\"");
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_EMPTY(&s);
	stage_end(&s);
}

TEST(a_lost_mark_of_ours_is_put_back)
{
	struct stage s;

	settled(&s, group_only);
	stage_set(&s, "logs.group.a", "#berth:app", NULL);
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(act_of(&s, "logs.group.a"), ACT_UPDATE);
	CHECK_JSON(change_at(&s, "logs.group.a", "berth:app")->to, "\"demo\"");
	stage_end(&s);
}

/* ---- secrets ------------------------------------------------------------------------------------------------- */

static const char secrets[] =
    "{\"ssm.parameter.password\": {\"name\": \"/p\", \"value\": {\"$generate\": {\"length\": 32}}},"
    "\"ssm.parameter.url\": {\"name\": \"/u\", \"value\": {\"$join\": [\"pg://app:\", {\"$ref\": "
    "\"ssm.parameter.password.value\"}, \"@db\"]}}}";

TEST(what_a_secret_is_made_of_is_a_mark_and_no_secret)
{
	struct stage s;

	settled(&s, secrets);
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_EMPTY(&s);
	CHECK(val_str(world_find(&s.world, "ssm.parameter.url")->tags, "berth:source") != NULL);
	CHECK(!val_str(world_find(&s.world, "ssm.parameter.password")->tags, "berth:source"));
	stage_end(&s);
}

TEST(a_secret_written_anew_is_written_on_to_what_is_made_of_it)
{
	struct stage s;
	const struct change *c;

	settled(&s, secrets);
	stage_set(&s, "ssm.parameter.password", "version", "9");
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(act_of(&s, "ssm.parameter.password"), ACT_NOOP);
	CHECK_INT(act_of(&s, "ssm.parameter.url"), ACT_UPDATE);
	c = change_at(&s, "ssm.parameter.url", "value");
	REQUIRE(c);
	CHECK(c->flags & CHANGE_SENSITIVE);
	CHECK(!c->from && !c->to);
	stage_end(&s);
}

TEST(a_secret_that_somebody_overwrote_is_seen)
{
	struct stage s;

	settled(&s, secrets);
	stage_set(&s, "ssm.parameter.url", "version", "9");
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(act_of(&s, "ssm.parameter.url"), ACT_UPDATE);
	stage_end(&s);
}

TEST(another_text_around_a_secret_is_seen)
{
	struct stage s;

	settled(&s, secrets);
	REQUIRE(!replan(&s, secrets, "@db", "@replica"));
	CHECK_INT(act_of(&s, "ssm.parameter.url"), ACT_UPDATE);
	stage_end(&s);
}

/* ---- of one address there are two ------------------------------------------------------------------------------ */

TEST(of_two_that_bear_the_address_the_better_one_counts_and_the_other_goes)
{
	struct stage s;
	struct object *first, *second;

	settled(&s, group_only);
	first = world_find(&s.world, "logs.group.a");
	second = stage_make(&s, &s.spec.resource[0]);
	json_object_set_new(first->fields, "retention_days", json_integer(7));
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK(action_at(&s, "logs.group.a")->have == second);
	CHECK_INT(act_of(&s, "logs.group.a"), ACT_NOOP);
	CHECK_INT(s.plan.counts.del, 1);
	CHECK(s.plan.action[1].have == first && s.plan.action[1].leftover);
	CHECK_HAS(s.plan.action[1].reason, "second object");
	/* Whoever asks for the address from now on gets the one that stays. */
	CHECK(world_find(&s.world, "logs.group.a") == second);
	stage_end(&s);
}

TEST(a_foreign_object_of_the_name_is_refused)
{
	struct stage s;
	struct object *o;

	stage_begin(&s);
	stage_wish(&s, group_only);
	o = world_add(&s.world, rtype_find("logs.group"), "?logs.group.a", json_pack("{s:s}", "name", "a"),
		      json_pack("{s:s, s:s}", "berth:app", "other", "berth:env", "default"));
	o->standing = FOREIGN;
	CHECK_INT(stage_plan(&s, PLAIN), ERR_CLASH);
	CHECK_HAS(first_error(&s), "logs.group.a cannot be made");
	CHECK_HAS(first_error(&s), "belongs to another app");
	stage_end(&s);
}

TEST(an_unread_type_is_not_absent)
{
	struct stage s;

	settled(&s, group_only);
	json_object_set_new(s.world.unread, "logs.group", json_string("denied."));
	CHECK_INT(stage_plan(&s, PLAIN), ERR_DENIED);
	CHECK_HAS(first_error(&s), "logs.group could not be read");
	json_object_clear(s.world.unread);
	json_object_set_new(s.world.unread, "ec2.vpc", json_string("denied."));
	json_object_set_new(s.world.unread, "tagging", json_string("denied."));
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(json_array_size(s.plan.notes), 2);
	CHECK_INT(stage_plan(&s, DESTROY), ERR_DENIED);
	CHECK_INT(s.d.errors, 1);
	stage_end(&s);
}

/* ---- --only and --except ----------------------------------------------------------------------------------------- */

TEST(only_brings_what_it_needs)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s, "{" NETWORK "}");
	REQUIRE(!stage_plan(&s, ONLY("ec2.subnet.a")));
	CHECK(is_selected(&s, "ec2.subnet.a"));
	CHECK(is_selected(&s, "ec2.vpc.main"));
	CHECK(!is_selected(&s, "ec2.subnet.b"));
	CHECK_INT(s.plan.counts.create, 2);
	stage_end(&s);
}

TEST(only_takes_a_prefix_at_a_dot)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s, "{\"logs.group.a\": {\"name\": \"a\"}, \"logs.group.ab\": {\"name\": \"ab\"}}");
	REQUIRE(!stage_plan(&s, ONLY("logs.group.a")));
	CHECK_INT(s.plan.counts.create, 1);
	REQUIRE(!stage_plan(&s, ONLY("logs")));
	CHECK_INT(s.plan.counts.create, 2);
	CHECK_INT(stage_plan(&s, ONLY("logs.grou")), ERR_USAGE);
	CHECK_INT(stage_plan(&s, EXCEPT("ecs.")), ERR_USAGE);
	stage_end(&s);
}

TEST(only_takes_a_section)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s, "{\"logs.group.a\": {\"name\": \"a\", \"$section\": \"logs\"}, "
		       "\"logs.group.b\": {\"name\": \"b\", \"$section\": \"services.web\"}}");
	REQUIRE(!stage_plan(&s, ONLY("services.web")));
	CHECK(!is_selected(&s, "logs.group.a"));
	CHECK(is_selected(&s, "logs.group.b"));
	stage_end(&s);
}

TEST(a_replacement_brings_its_users)
{
	char *text CLEANUP(freep) = edited("{" NETWORK "}", "\"description\": \"web\"", "\"description\": \"other\"");
	struct stage s;

	settled(&s, "{" NETWORK "}");
	stage_wish(&s, text);
	REQUIRE(!stage_plan(&s, ONLY("ec2.security_group.web")));
	CHECK(is_selected(&s, "apigateway.vpc_link.main"));
	CHECK(is_selected(&s, "ec2.security_group_rule.out"));
	stage_end(&s);
}

TEST(what_is_left_out_keeps_what_it_uses)
{
	char *text CLEANUP(freep) = edited("{" NETWORK "}", "\"description\": \"web\"", "\"description\": \"other\"");
	struct stage s;

	settled(&s, "{" NETWORK "}");
	stage_wish(&s, text);
	REQUIRE(!stage_plan(&s, EXCEPT("apigateway.vpc_link.main")));
	CHECK(!is_selected(&s, "ec2.security_group.web"));
	CHECK(!is_selected(&s, "ec2.security_group_rule.out"));
	CHECK(plan_is_empty(&s.plan));
	stage_end(&s);
}

TEST(what_needs_what_is_left_out_is_left_out_whatever_the_order)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s, "{" NETWORK "}");
	REQUIRE(!stage_plan(&s, EXCEPT("ec2.vpc.main")));
	CHECK(plan_is_empty(&s.plan));
	stage_end(&s);
}

TEST(data_that_is_left_out_refuses_nothing)
{
	char *text CLEANUP(freep) =
	    edited("{" NETWORK DATABASE "}", "\"username\": \"app\"", "\"username\": \"other\"");
	struct stage s;

	settled(&s, "{" NETWORK DATABASE "}");
	stage_wish(&s, text);
	CHECK_INT(stage_plan(&s, EXCEPT("rds.instance")), 0);
	stage_end(&s);
}

TEST(equal_plans_give_equal_bytes_and_no_secret)
{
	struct stage s;
	json_t *doc;
	char *first, *second;

	stage_begin(&s);
	stage_wish(&s, "{" NETWORK DATABASE "}");
	REQUIRE(!stage_plan(&s, PLAIN));
	doc = plan_to_json(&s.plan, &s.spec, &s.world);
	first = val_text(doc);
	json_decref(doc);
	REQUIRE(!stage_plan(&s, PLAIN));
	doc = plan_to_json(&s.plan, &s.spec, &s.world);
	second = val_text(doc);
	json_decref(doc);
	CHECK_STR(first, second);
	CHECK(!strstr(first, "$generate"));
	free(first);
	free(second);
	stage_end(&s);
}

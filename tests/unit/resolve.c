#include "engine/resolve.h"
#include "tests/unit/test.h"

static struct target find(void *arg, const char *address)
{
	(void)arg;
	if (!strcmp(address, "ec2.vpc.main")) {
		static json_t *have;

		if (!have)
			have = json_pack("{s:s, s:s}", "id", "vpc-1", "cidr", "10.0.0.0/16");
		return (struct target){.have = have, .type = rtype_find("ec2.vpc")};
	}
	if (!strcmp(address, "ec2.vpc.new")) {
		static json_t *want;

		if (!want)
			want = json_pack("{s:s}", "cidr", "10.1.0.0/16");
		return (struct target){.want = want, .type = rtype_find("ec2.vpc")};
	}
	if (!strcmp(address, "ssm.parameter.password"))
		return (struct target){.type = rtype_find("ssm.parameter")};
	return (struct target){0};
}

static json_t *run(const char *text, const char *live)
{
	struct world w;
	struct resolver r = {.world = &w, .find = find};
	json_auto_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	json_auto_t *here = live ? json_loads(live, JSON_DECODE_ANY, NULL) : NULL;
	json_t *out;

	world_init(&w);
	json_object_set_new(w.aws, "account", json_string("123456789012"));
	json_object_set_new(w.aws, "zone_id", json_pack("[s, s]", "use1-az1", "use1-az2"));
	out = resolve(&r, value, here);
	world_release(&w);
	return out;
}

TEST(references_to_what_is_there_are_values)
{
	json_auto_t *v = run("{\"vpc\":{\"$ref\":\"ec2.vpc.main.id\"},\"n\":1}", NULL);

	CHECK_JSON(v, "{\"vpc\":\"vpc-1\",\"n\":1}");
}

TEST(what_is_only_wished_for_is_known_but_what_aws_gives_is_not)
{
	json_auto_t *known = run("{\"$ref\":\"ec2.vpc.new.cidr\"}", NULL);
	json_auto_t *unknown = run("{\"$ref\":\"ec2.vpc.new.id\"}", NULL);

	CHECK_JSON(known, "\"10.1.0.0/16\"");
	CHECK_JSON(unknown, "{\"$unknown\":\"ec2.vpc.new.id\"}");
}

TEST(a_join_is_text_unknown_or_secret)
{
	json_auto_t *text = run("{\"$join\":[\"arn:\",{\"$ref\":\"aws.account\"},\":x\"]}", NULL);
	json_auto_t *unknown = run("{\"$join\":[\"a\",{\"$ref\":\"ec2.vpc.new.id\"}]}", NULL);
	json_auto_t *secret = run("{\"$join\":[\"a\",{\"$ref\":\"ssm.parameter.password.value\"}]}", NULL);

	CHECK_JSON(text, "\"arn:123456789012:x\"");
	CHECK_JSON(unknown, "{\"$unknown\":\"ec2.vpc.new.id\"}");
	CHECK_JSON(secret, "{\"$join\":[\"a\",{\"$ref\":\"ssm.parameter.password.value\"}]}");
}

TEST(keep_takes_what_is_there)
{
	json_auto_t *kept = run("{\"image\":{\"$keep\":\"new\"}}", "{\"image\":\"old\"}");
	json_auto_t *made = run("{\"image\":{\"$keep\":\"new\"}}", NULL);

	CHECK_JSON(kept, "{\"image\":\"old\"}");
	CHECK_JSON(made, "{\"image\":\"new\"}");
}

TEST(zones_are_counted)
{
	json_auto_t *second = run("{\"$ref\":\"aws.zone_id.1\"}", NULL);
	json_auto_t *none = run("{\"$ref\":\"aws.zone_id.7\"}", NULL);

	CHECK_JSON(second, "\"use1-az2\"");
	CHECK_JSON(none, "{\"$unknown\":\"aws.zone_id.7\"}");
}

TEST(a_reference_splits_behind_the_name)
{
	char *address = NULL, *path = NULL;

	REQUIRE(ref_split("ecs.task_definition.web.containers[0].image", &address, &path));
	CHECK_STR(address, "ecs.task_definition.web");
	CHECK_STR(path, "containers[0].image");
	free(address);
	free(path);
	CHECK(!ref_split("aws.account", &address, &path));
}

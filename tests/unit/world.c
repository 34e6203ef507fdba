/* The live objects: found by address and by value, whatever was added, changed and taken out. */
#include "tests/unit/engine_case.h"

static struct object *add_vpc(struct world *w, const char *address, const char *id)
{
	return world_add(w, rtype_find("ec2.vpc"), address, json_pack("{s:s}", "id", id), NULL);
}

static struct object *by_id(struct world *w, const char *id)
{
	json_auto_t *value = json_string(id);

	return world_by_value(w, "ec2.vpc", "id", value);
}

TEST(of_one_address_the_first_counts_unless_another_is_preferred)
{
	struct world w;
	struct object *a, *b;

	world_init(&w);
	a = add_vpc(&w, "ec2.vpc.main", "vpc-a");
	b = add_vpc(&w, "ec2.vpc.main", "vpc-b");
	CHECK_INT(world_count(&w, "ec2.vpc.main"), 2);
	CHECK(world_find(&w, "ec2.vpc.main") == a);
	world_prefer(&w, b);
	CHECK(world_find(&w, "ec2.vpc.main") == b);
	CHECK(world_nth(&w, "ec2.vpc.main", 1) == a);
	CHECK_INT(world_count(&w, "ec2.vpc.main"), 2);
	world_release(&w);
}

TEST(what_is_taken_out_is_found_no_more_but_its_pointer_is_good)
{
	struct world w;
	struct object *a, *b, *c;

	world_init(&w);
	a = add_vpc(&w, "ec2.vpc.a", "vpc-a");
	b = add_vpc(&w, "ec2.vpc.b", "vpc-b");
	c = add_vpc(&w, "ec2.vpc.c", "vpc-c");
	world_remove(&w, b);
	world_remove(&w, b);
	CHECK_INT(w.n, 2);
	CHECK(!world_find(&w, "ec2.vpc.b"));
	CHECK(!by_id(&w, "vpc-b"));
	CHECK_STR(b->address, "ec2.vpc.b");
	CHECK(by_id(&w, "vpc-a") == a && by_id(&w, "vpc-c") == c);
	CHECK(w.object[a->at] == a && w.object[c->at] == c);
	world_release(&w);
}

TEST(values_follow_the_fields)
{
	struct world w;
	struct object *a, *b;

	world_init(&w);
	a = add_vpc(&w, "ec2.vpc.a", "vpc-1");
	world_set_fields(&w, a, json_pack("{s:s}", "id", "vpc-2"));
	CHECK(!by_id(&w, "vpc-1"));
	CHECK(by_id(&w, "vpc-2") == a);
	b = add_vpc(&w, "ec2.vpc.b", "vpc-1");
	CHECK(by_id(&w, "vpc-1") == b);
	json_object_set_new(b->fields, "id", json_string("vpc-3"));
	CHECK(!by_id(&w, "vpc-1"));
	world_learn_values(&w);
	CHECK(by_id(&w, "vpc-3") == b);
	world_release(&w);
}

TEST(a_new_name_takes_the_object_along)
{
	struct world w;
	struct object *a;

	world_init(&w);
	a = add_vpc(&w, "ec2.vpc.a", "vpc-a");
	world_rename(&w, a, "-ec2.vpc.a");
	CHECK(!world_find(&w, "ec2.vpc.a"));
	CHECK(world_find(&w, "-ec2.vpc.a") == a);
	CHECK(by_id(&w, "vpc-a") == a);
	world_release(&w);
}

static void note(void *arg, struct object *target)
{
	json_array_append_new(arg, json_string(target->address));
}

TEST(references_are_found_in_sets_too)
{
	struct world w;
	json_auto_t *found = json_array();
	struct object *service;

	world_init(&w);
	world_add(&w, rtype_find("ec2.subnet"), "ec2.subnet.a", json_pack("{s:s}", "id", "subnet-a"), NULL);
	world_add(&w, rtype_find("ec2.subnet"), "ec2.subnet.b", json_pack("{s:s}", "id", "subnet-b"), NULL);
	world_add(&w, rtype_find("ec2.security_group"), "ec2.security_group.g", json_pack("{s:s}", "id", "sg-1"), NULL);
	service = world_add(&w, rtype_find("ecs.service"), "ecs.service.web",
			    json_pack("{s:s, s:[s, s, s], s:[s]}", "name", "web", "subnets", "subnet-b", "subnet-a",
				      "subnet-of-others", "security_groups", "sg-1"),
			    NULL);
	world_each_ref(&w, service, note, found);
	CHECK_JSON(found, "[\"ec2.subnet.b\", \"ec2.subnet.a\", \"ec2.security_group.g\"]");
	world_release(&w);
}

TEST(secrets_and_states_are_not_stored)
{
	json_auto_t *fields =
	    json_pack("{s:s, s:s, s:s, s:i}", "name", "/x", "value", "shh", "type", "String", "version", 3);
	json_auto_t *stored = storable_fields(rtype_find("ssm.parameter"), fields);

	CHECK_JSON(stored, "{\"name\": \"/x\", \"type\": \"String\", \"version\": 3}");
}

TEST(whole_is_a_world_of_which_every_type_was_read)
{
	struct world w;

	world_init(&w);
	CHECK(world_is_whole(&w));
	json_object_set_new(w.unread, "tagging", json_string("denied"));
	CHECK(world_is_whole(&w));
	json_object_set_new(w.unread, "ec2.vpc", json_string("denied"));
	CHECK(!world_is_whole(&w));
	world_release(&w);
}

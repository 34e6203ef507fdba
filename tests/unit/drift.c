/* What changed behind our back: against the record of the last apply, and without one against the spec. */
#include "tests/unit/engine_case.h"

#include "engine/drift.h"

static const char spec[] =
    "{\"ec2.vpc.main\": {\"cidr\": \"10.0.0.0/16\", \"dns_hostnames\": true},"
    "\"logs.group.a\": {\"name\": \"a\", \"retention_days\": 14},"
    "\"ec2.route.default\": {\"table\": \"rtb-1\", \"destination\": \"0.0.0.0/0\", \"gateway\": \"igw-1\"}}";

#define RECORDS 8

struct record {
	struct applied_object object[RECORDS];
	size_t n;
};

/* What an apply would have written of the world as it is now. */
static struct record take_record(const struct stage *s)
{
	struct record r = {0};

	for (size_t i = 0; i < s->world.n && r.n < RECORDS; i++) {
		const struct object *o = s->world.object[i];

		r.object[r.n++] = (struct applied_object){.address = xstrdup(o->address),
							  .type = xstrdup(o->type->name),
							  .fields = storable_fields(o->type, o->fields),
							  .tags = o->tags ? json_deep_copy(o->tags) : NULL};
		/* As read back from a file: nothing is shared with the world. */
		json_t *copy = json_deep_copy(r.object[r.n - 1].fields);

		json_decref(r.object[r.n - 1].fields);
		r.object[r.n - 1].fields = copy;
	}
	return r;
}

static void release_record(struct record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->object[i].address);
		free(r->object[i].type);
		json_decref(r->object[i].fields);
		json_decref(r->object[i].tags);
	}
}

static struct record settled(struct stage *s)
{
	stage_begin(s);
	stage_wish(s, spec);
	stage_settle(s);
	return take_record(s);
}

TEST(nothing_has_drifted_right_after_an_apply)
{
	struct stage s;
	struct record r = settled(&s);
	struct drift d;

	drift_find(&s.world, r.object, r.n, &s.plan, &d);
	CHECK_INT(d.n, 0);
	CHECK(!d.by_spec);
	drift_release(&d);
	release_record(&r);
	stage_end(&s);
}

TEST(a_changed_field_is_told_with_both_values)
{
	struct stage s;
	struct record r = settled(&s);
	struct drift d;

	stage_set(&s, "logs.group.a", "retention_days", "90");
	drift_find(&s.world, r.object, r.n, &s.plan, &d);
	REQUIRE(d.n == 1);
	CHECK_STR(d.item[0].address, "logs.group.a");
	CHECK_INT(d.item[0].kind, DRIFT_CHANGED);
	CHECK_INT(d.item[0].n_change, 1);
	CHECK_JSON(d.item[0].change[0].from, "14");
	CHECK_JSON(d.item[0].change[0].to, "90");
	drift_release(&d);
	release_record(&r);
	stage_end(&s);
}

TEST(a_field_that_was_taken_away_is_told)
{
	struct stage s;
	struct record r = settled(&s);
	struct drift d;

	stage_set(&s, "logs.group.a", "retention_days", NULL);
	drift_find(&s.world, r.object, r.n, &s.plan, &d);
	REQUIRE(d.n == 1);
	CHECK(!d.item[0].change[0].to);
	drift_release(&d);
	release_record(&r);
	stage_end(&s);
}

TEST(what_moves_by_itself_is_no_drift)
{
	struct stage s;
	struct record r = settled(&s);
	struct drift d;

	stage_set(&s, "ec2.route.default", "state", "\"active\"");
	stage_set(&s, "ec2.vpc.main", "state", "\"pending\"");
	drift_find(&s.world, r.object, r.n, &s.plan, &d);
	CHECK_INT(d.n, 0);
	drift_release(&d);
	release_record(&r);
	stage_end(&s);
}

TEST(tags_of_ours_count_and_tags_of_others_do_not)
{
	struct stage s;
	struct record r = settled(&s);
	struct drift d;

	stage_set(&s, "ec2.vpc.main", "#owner", "\"somebody\"");
	drift_find(&s.world, r.object, r.n, &s.plan, &d);
	CHECK_INT(d.n, 0);
	drift_release(&d);
	stage_set(&s, "ec2.vpc.main", "#berth:app", NULL);
	drift_find(&s.world, r.object, r.n, &s.plan, &d);
	REQUIRE(d.n == 1);
	CHECK(d.item[0].change[0].flags & CHANGE_TAG);
	CHECK_STR(d.item[0].change[0].field, "berth:app");
	drift_release(&d);
	release_record(&r);
	stage_end(&s);
}

TEST(gone_and_added_in_order_of_address)
{
	struct stage s;
	struct record r = settled(&s);
	struct object *o;
	struct drift d;

	world_remove(&s.world, world_find(&s.world, "logs.group.a"));
	o = world_add(&s.world, rtype_find("ec2.route"), "ec2.route.(10.9.0.0/16)", json_object(), NULL);
	o->standing = STRAY;
	o = world_add(&s.world, rtype_find("logs.group"), "?logs.group.b", json_object(), NULL);
	o->standing = FOREIGN;
	drift_find(&s.world, r.object, r.n, &s.plan, &d);
	REQUIRE(d.n == 2);
	CHECK_STR(d.item[0].address, "ec2.route.(10.9.0.0/16)");
	CHECK_INT(d.item[0].kind, DRIFT_ADDED);
	CHECK_STR(d.item[1].address, "logs.group.a");
	CHECK_INT(d.item[1].kind, DRIFT_GONE);
	drift_release(&d);
	release_record(&r);
	stage_end(&s);
}

TEST(what_could_not_be_read_is_named_and_not_called_gone)
{
	struct stage s;
	struct record r = settled(&s);
	struct drift d;

	world_remove(&s.world, world_find(&s.world, "logs.group.a"));
	json_object_set_new(s.world.unread, "logs.group", json_string("denied."));
	drift_find(&s.world, r.object, r.n, &s.plan, &d);
	CHECK_INT(d.n, 0);
	CHECK_JSON(d.unchecked, "{\"logs.group\": \"denied.\"}");
	drift_release(&d);
	release_record(&r);
	stage_end(&s);
}

TEST(without_a_record_the_spec_is_the_measure)
{
	struct stage s;
	struct record r = settled(&s);
	struct drift d;

	stage_set(&s, "logs.group.a", "retention_days", "90");
	world_remove(&s.world, world_find(&s.world, "ec2.route.default"));
	REQUIRE(!stage_plan(&s, PLAIN));
	drift_find(&s.world, NULL, 0, &s.plan, &d);
	CHECK(d.by_spec);
	REQUIRE(d.n == 2);
	CHECK_INT(d.item[0].kind, DRIFT_GONE);
	CHECK_JSON(d.item[1].change[0].from, "14");
	CHECK_JSON(d.item[1].change[0].to, "90");
	drift_release(&d);
	release_record(&r);
	stage_end(&s);
}

/* A spec as JSON and back, as saved plans hold it. */
#include "tests/unit/test.h"

#include "spec/spec_impl.h"
#include "tests/unit/spec_case.h"

static const char text[] = "app: gengar\n"
			   "region: us-east-1\n"
			   "account: \"123456789012\"\n"
			   "database: {}\n"
			   "secrets: [TOKEN]\n"
			   "services: {web: {port: 3000, secrets: [TOKEN, DATABASE_URL]}}\n"
			   "api: {service: web}\n"
			   "tags: {team: core}\n";

TEST(there_and_back_is_the_same)
{
	struct spec_case c = case_of(text, NULL);
	struct diag d = {0};
	struct spec again;

	REQUIRE(c.rc == 0);
	json_auto_t *doc = spec_to_json(&c.spec);
	REQUIRE(spec_from_json(doc, &again, &d) == 0);
	json_auto_t *doc2 = spec_to_json(&again);
	CHECK(json_equal(doc, doc2));
	CHECK_STR(again.digest, c.spec.digest);
	CHECK_STR(again.prefix, "gengar");
	CHECK_STR(again.account, "123456789012");
	CHECK_INT(again.n, c.spec.n);
	CHECK_STR(again.resource[0].address, c.spec.resource[0].address);
	CHECK(spec_find(&again, "ecs.service.web") != NULL);
	spec_release(&again);
	case_release(&c);
}

TEST(the_digest_is_of_what_is_wished_for_not_of_where_it_stands)
{
	struct spec_case a = case_of("app: gengar\nregion: us-east-1\nnetwork: {}\n", NULL);
	struct spec_case b = case_of("# moved\nregion: us-east-1\nnetwork:\n  zones: 2\napp: gengar\n", NULL);
	struct spec_case c = case_of("app: gengar\nregion: us-east-1\nnetwork: {zones: 3}\n", NULL);

	REQUIRE(!a.rc && !b.rc && !c.rc);
	CHECK_INT(strlen(a.spec.digest), 64);
	CHECK_STR(a.spec.digest, b.spec.digest);
	CHECK(strcmp(a.spec.digest, c.spec.digest) != 0);
	case_release(&a);
	case_release(&b);
	case_release(&c);
}

/* The document with one member changed must be refused. */
static void refused(void (*damage)(json_t *doc), const char *why)
{
	struct spec_case c = case_of(text, NULL);
	struct diag d = {0};
	struct spec again;

	REQUIRE(c.rc == 0);
	json_auto_t *whole = spec_to_json(&c.spec), *doc = json_deep_copy(whole);
	damage(doc);
	CHECK(spec_from_json(doc, &again, &d) != 0);
	CHECK_HAS(d.n ? d.item[0].text : "", why);
	diag_release(&d);
	case_release(&c);
}

static json_t *resource(json_t *doc, const char *address)
{
	return json_object_get(json_object_get(doc, "resources"), address);
}

static void no_app(json_t *doc)
{
	json_object_del(doc, "app");
}

static void bad_app(json_t *doc)
{
	json_object_set_new(doc, "app", json_string("../x"));
}

static void bad_account(json_t *doc)
{
	json_object_set_new(doc, "account", json_integer(1));
}

static void no_resources(json_t *doc)
{
	json_object_set_new(doc, "resources", json_array());
}

static void bad_type(json_t *doc)
{
	json_object_set_new(resource(doc, "ec2.vpc.main"), "type", json_string("ec2.subnet"));
}

static void bad_field(json_t *doc)
{
	json_object_set_new(json_object_get(resource(doc, "ec2.vpc.main"), "fields"), "colour", json_string("red"));
}

static void bad_ref(json_t *doc)
{
	json_object_del(json_object_get(doc, "resources"), "ec2.vpc.main");
}

static void bad_depends(json_t *doc)
{
	json_object_set_new(resource(doc, "ec2.vpc.main"), "depends", json_pack("[s]", "ec2.vpc.other"));
}

static void cycle(json_t *doc)
{
	json_object_set_new(resource(doc, "ec2.vpc.main"), "depends", json_pack("[s]", "ec2.subnet.public-a"));
}

static void bad_tags(json_t *doc)
{
	json_object_set_new(doc, "tags", json_pack("{s:i}", "a", 1));
}

TEST(damage_is_seen)
{
	refused(no_app, "no app");
	refused(bad_app, "no app");
	refused(bad_account, "account");
	refused(no_resources, "no resources");
	refused(bad_type, "no known type");
	refused(bad_field, "no field \"colour\"");
	refused(bad_ref, "not there");
	refused(bad_depends, "depends on ec2.vpc.other");
	refused(cycle, "needs itself");
	refused(bad_tags, "tags");
}

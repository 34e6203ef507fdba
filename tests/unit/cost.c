/* The month's estimate: a known calculation in every region, shares of capacity, what is not known; the price list. */
#include "tests/unit/test.h"

#include "engine/cost.h"
#include "providers/prices.h"
#include "tests/unit/spec_case.h"

#include <math.h>

static const struct cost_assumptions usual = COST_ASSUMPTIONS;

static bool same_cent(double have, double want)
{
	return fabs(have - want) < 0.00501;
}

#define CHECK_MONEY(have, want)                                                                      \
	do {                                                                                         \
		double have_ = (have), want_ = (want);                                               \
		if (!same_cent(have_, want_))                                                        \
			test_fail(__FILE__, __LINE__, "%s is %.4f, want %.2f", #have, have_, want_); \
	} while (0)

/* Estimate of a text as a spec. */
struct estimated {
	struct spec_case c;
	struct cost cost;
	int rc;
};

static struct estimated estimate_with(const char *text, const struct cost_assumptions *assume)
{
	struct estimated e = {.c = case_of(text, NULL)};

	if (e.c.rc) {
		test_fail(__FILE__, __LINE__, "the spec is invalid: %s", case_error(&e.c, 0));
		abort();
	}
	e.rc = cost_estimate(&e.c.spec, assume, &e.cost, &e.c.d);
	return e;
}

static struct estimated estimate(const char *text)
{
	return estimate_with(text, &usual);
}

static void estimated_release(struct estimated *e)
{
	if (!e->rc)
		cost_release(&e->cost);
	case_release(&e->c);
}

/* The first line of an address whose text begins so. */
static const struct cost_line *line_of(const struct cost *c, const char *address, const char *what)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->line[i].address, address) && !strncmp(c->line[i].what, what, strlen(what)))
			return &c->line[i];
	return NULL;
}

static double quantity_of(const struct cost *c, const char *address, const char *what)
{
	const struct cost_line *line = line_of(c, address, what);

	return line ? line->quantity : 0;
}

static double monthly_of(const struct cost *c, const char *address, const char *what)
{
	const struct cost_line *line = line_of(c, address, what);

	return line ? line->monthly : -1;
}

/* One ARM task of 0.25 vCPU and 512 MB, db.t4g.micro with 20 GB, 300,000 requests, 1 GB of images. */
static const struct reference {
	const char *region;
	double spot, on_demand; /* NAN: not known there */
} references[] = {
    {"af-south-1", 25.92, 32.73},     {"ap-east-1", 31.07, 38.00},      {"ap-northeast-1", 28.43, 34.64},
    {"ap-northeast-2", 27.98, 33.78}, {"ap-northeast-3", NAN, 34.64},   {"ap-south-1", 24.19, 27.82},
    {"ap-south-2", 24.11, 27.82},     {"ap-southeast-1", 28.38, 34.63}, {"ap-southeast-2", 28.35, 34.29},
    {"ap-southeast-3", NAN, 34.64},   {"ap-southeast-4", NAN, 34.29},   {"ap-southeast-5", NAN, 31.95},
    {"ap-southeast-6", NAN, NAN},     {"ap-southeast-7", NAN, 31.95},   {"ca-central-1", 22.64, 28.19},
    {"ca-west-1", NAN, NAN},          {"eu-central-1", 23.79, 29.51},   {"eu-central-2", NAN, 32.69},
    {"eu-north-1", 21.04, 26.58},     {"eu-south-1", 23.00, 29.05},     {"eu-south-2", NAN, 28.55},
    {"eu-west-1", 21.71, 26.74},      {"eu-west-2", 23.01, 28.69},      {"eu-west-3", 23.01, 29.04},
    {"il-central-1", NAN, 30.04},     {"me-central-1", NAN, 30.66},     {"me-south-1", 24.18, 30.66},
    {"sa-east-1", 37.84, 46.33},      {"us-east-1", 20.83, 25.74},      {"us-east-2", 21.27, 25.74},
    {"us-west-1", 25.25, 30.98},      {"us-west-2", 20.77, 25.74},
};

static void check_reference(struct spec *spec, const struct reference *want)
{
	char *own = spec->region;
	struct diag d = {0};
	struct cost cost;

	spec->region = xstrdup(want->region);
	REQUIRE(cost_estimate(spec, &usual, &cost, &d) == 0);
	if (isnan(want->spot) != (cost.unknown > 0) || (!cost.unknown && !same_cent(cost.total, want->spot)))
		test_fail(__FILE__, __LINE__, "%s: %.4f with %zu unknown, want %.2f", want->region, cost.total,
			  cost.unknown, want->spot);
	if (!isnan(want->on_demand) && !same_cent(cost.total_on_demand, want->on_demand))
		test_fail(__FILE__, __LINE__, "%s: %.4f on demand, want %.2f", want->region, cost.total_on_demand,
			  want->on_demand);
	cost_release(&cost);
	diag_release(&d);
	free(spec->region);
	spec->region = own;
}

TEST(the_example_costs_what_it_costs_in_every_region)
{
	struct spec_options options = {.file = "examples/gengar.yaml"};
	struct spec_case c = {0};

	c.rc = spec_load(&options, &c.spec, &c.d);
	REQUIRE(c.rc == 0);
	for (size_t i = 0; i < ARRAY_SIZE(references); i++)
		check_reference(&c.spec, &references[i]);
	case_release(&c);
}

TEST(lines_of_the_example_in_virginia)
{
	struct spec_options options = {.file = "examples/gengar.yaml"};
	struct estimated e = {0};

	e.c.rc = spec_load(&options, &e.c.spec, &e.c.d);
	REQUIRE(e.c.rc == 0);
	e.rc = cost_estimate(&e.c.spec, &usual, &e.cost, &e.c.d);
	CHECK_MONEY(monthly_of(&e.cost, "rds.instance.main", "db.t4g.micro"), 11.68);
	CHECK_MONEY(monthly_of(&e.cost, "rds.instance.main", "gp3"), 2.30);
	CHECK_MONEY(monthly_of(&e.cost, "rds.instance.main", "backups"), 0);
	CHECK_MONEY(monthly_of(&e.cost, "ecs.service.web", "processor") +
			monthly_of(&e.cost, "ecs.service.web", "memory"),
		    2.30);
	CHECK_MONEY(monthly_of(&e.cost, "ecs.service.web", "public IPv4"), 3.65);
	CHECK_MONEY(monthly_of(&e.cost, "servicediscovery.namespace.main", ""), 0.50);
	CHECK_MONEY(monthly_of(&e.cost, "apigateway.api.main", "requests"), 0.30);
	CHECK_MONEY(monthly_of(&e.cost, "ecr.repository.main", "images"), 0.10);
	CHECK_INT(e.cost.n, 11);
	estimated_release(&e);
}

#define SERVICE                                                                                                      \
	"app: orders\nregion: us-east-1\nservices:\n  web:\n    image: nginx\n    cpu: 1024\n    memory: 2048\n    " \
	"arch: "                                                                                                     \
	"arm64\n"

/* 730 vCPU-hours for each task. */
static void check_shares(const char *more, double spot, double on_demand)
{
	char *text CLEANUP(freep) = xasprintf(SERVICE "%s", more);
	struct estimated e = estimate(text);

	if (quantity_of(&e.cost, "ecs.service.web", "processor, arm64, Spot") != spot * 730)
		test_fail(__FILE__, __LINE__, "%s: %g hours on Spot", more,
			  quantity_of(&e.cost, "ecs.service.web", "processor, arm64, Spot"));
	for (size_t i = 0; i < e.cost.n; i++)
		if (!strcmp(e.cost.line[i].what, "processor, arm64"))
			CHECK(e.cost.line[i].quantity == on_demand * 730);
	CHECK(quantity_of(&e.cost, "ecs.service.web", "public IPv4") == (spot + on_demand) * 730);
	estimated_release(&e);
}

TEST(tasks_are_shared_out_by_base_and_weight)
{
	check_shares("    count: 3\n", 0, 3);
	check_shares("    count: 3\n    capacity: spot\n", 3, 0);
	check_shares("    count: 1\n    capacity: {spot: 3, on-demand: 1, base: 1}\n", 0, 1);
	check_shares("    count: 5\n    capacity: {spot: 3, on-demand: 1, base: 1}\n", 3, 2);
	check_shares("    count: 0\n", 0, 0);
}

TEST(x86_costs_more_than_arm)
{
	struct estimated e =
	    estimate("app: orders\nregion: us-east-1\nservices: {web: {image: nginx, cpu: 1024, memory: "
		     "2048, arch: x86_64}}\n");

	CHECK_MONEY(monthly_of(&e.cost, "ecs.service.web", "processor, x86"), 730 * 0.04048);
	CHECK_MONEY(monthly_of(&e.cost, "ecs.service.web", "memory, x86"), 2 * 730 * 0.004445);
	CHECK_INT(e.cost.on_spot, false);
	estimated_release(&e);
}

TEST(an_image_in_the_spec_needs_no_release)
{
	struct estimated e = estimate(SERVICE);
	struct estimated without =
	    estimate("app: orders\nregion: us-east-1\nregistry: {}\nservices: {web: {count: 2}}\n");
	char *notes = json_dumps(e.cost.notes, 0), *others = json_dumps(without.cost.notes, 0);

	CHECK(!strstr(notes, "release"));
	CHECK_HAS(others,
		  "ecs.service.web runs no task before its first release; it is costed at the count of the spec, 2.");
	CHECK(quantity_of(&without.cost, "ecs.service.web", "public IPv4") == 2 * 730);
	free(notes);
	free(others);
	estimated_release(&e);
	estimated_release(&without);
}

TEST(use_beyond_the_free_amounts_and_first_tiers)
{
	struct cost_assumptions much = {.hours = 720, .requests = 400e6, .logs_gb = 20, .images_gb = 10};
	struct estimated e = estimate_with(SERVICE "    port: 80\napi: {service: web}\nlogs: {retention_days: 90}\n"
						   "registry: {}\n",
					   &much);

	CHECK_MONEY(monthly_of(&e.cost, "apigateway.api.main", "requests"), 300 * 1.0);
	CHECK_MONEY(monthly_of(&e.cost, "apigateway.api.main", "requests above"), 100 * 0.9);
	CHECK_MONEY(monthly_of(&e.cost, "logs.group", "logs written"), 15 * 0.5);
	CHECK_MONEY(monthly_of(&e.cost, "logs.group", "logs kept"), 20 * 3 * 0.03);
	CHECK_MONEY(monthly_of(&e.cost, "ecr.repository.main", "images"), 1.0);
	CHECK_MONEY(monthly_of(&e.cost, "ecs.service.web", "public IPv4"), 720 * 0.005);
	estimated_release(&e);
}

/* Two zones, faster storage; a class and a kind of storage that the list lacks. */
TEST(databases_by_their_fields)
{
	struct estimated e = estimate(
	    "app: orders\nregion: us-east-1\nresources:\n"
	    "  two: {type: rds.instance, name: two, engine: postgres, class: db.t4g.small, storage: 400, storage_type: "
	    "gp3, "
	    "username: app, multi_az: true, iops: 13000, throughput: 500, public: true, backup_days: 0}\n"
	    "  huge: {type: rds.instance, name: huge, engine: postgres, class: db.r6g.16xlarge, storage: 20, "
	    "storage_type: gp2, username: app}\n");
	const struct cost *c = &e.cost;

	CHECK_MONEY(monthly_of(c, "rds.instance.two", "db.t4g.small, two zones"), 730 * 0.065);
	CHECK_MONEY(monthly_of(c, "rds.instance.two", "gp3 storage"), 400 * 0.23);
	CHECK_MONEY(monthly_of(c, "rds.instance.two", "iops"), 1000 * 0.04);
	CHECK(!line_of(c, "rds.instance.two", "throughput"));
	CHECK(!line_of(c, "rds.instance.two", "backups"));
	CHECK_MONEY(monthly_of(c, "rds.instance.two", "public IPv4"), 3.65);
	CHECK(isnan(monthly_of(c, "rds.instance.huge", "postgres of class db.r6g.16xlarge")));
	CHECK(isnan(monthly_of(c, "rds.instance.huge", "gp2 storage")));
	CHECK_INT(c->unknown, 2);
	estimated_release(&e);
}

TEST(an_unknown_region_is_an_error)
{
	struct spec_case c = case_of(SERVICE, NULL);
	struct cost cost;

	REQUIRE(c.rc == 0);
	free(c.spec.region);
	c.spec.region = xstrdup("us-gov-west-1");
	CHECK_INT(cost_estimate(&c.spec, &usual, &cost, &c.d), ERR_ABSENT);
	CHECK_STR(case_error(&c, 0), "The prices of us-gov-west-1 are not known.");
	case_release(&c);
}

/* What is not known is null, and never 0. */
TEST(json_says_null_for_unknown)
{
	struct estimated e =
	    estimate("app: orders\nregion: eu-south-2\nservices: {web: {image: nginx, capacity: spot}}\n");
	json_t *doc = cost_to_json(&e.cost, &e.c.spec, &usual),
	       *line = json_array_get(json_object_get(doc, "lines"), 0);

	while (line && json_array_size(json_object_get(doc, "lines")) &&
	       strcmp(json_string_value(json_object_get(line, "address")), "ecs.service.web") != 0) {
		json_array_remove(json_object_get(doc, "lines"), 0);
		line = json_array_get(json_object_get(doc, "lines"), 0);
	}
	CHECK_JSON(json_object_get(doc, "format"), "\"berth.cost/1\"");
	CHECK_JSON(json_object_get(line, "what"), "\"processor, x86, Spot\"");
	CHECK_JSON(json_object_get(line, "monthly"), "null");
	CHECK(json_number_value(json_object_get(line, "monthly_on_demand")) > 0);
	CHECK_JSON(json_object_get(doc, "unknown"), "2");
	CHECK_JSON(json_object_get(doc, "unknown_on_demand"), "0");
	json_decref(doc);
	estimated_release(&e);
}

/* A type without a row is shown as unknown: right, but nobody has thought about it. */
TEST(every_type_is_priced_or_known_to_be_free)
{
	for (const struct rtype *const *t = rtypes; *t; t++) {
		struct resource r = {.address = (char[]){"x.y.z"}, .type = *t, .want = json_object()};
		struct spec spec = {.region = (char[]){"us-east-1"}, .resource = &r, .n = 1};
		struct diag d = {0};
		struct cost cost;

		REQUIRE(cost_estimate(&spec, &usual, &cost, &d) == 0);
		for (size_t i = 0; i < cost.n; i++)
			if ((*t)->doc && !strcmp(cost.line[i].what, (*t)->doc))
				test_fail(__FILE__, __LINE__, "%s has no row in engine/cost_types.c", (*t)->name);
		cost_release(&cost);
		json_decref(r.want);
	}
}

static void check_price(const char *region, const char *meter, double want)
{
	double have = NAN;

	if (!price_find(region, meter, &have) || fabs(have - want) > 1e-12)
		test_fail(__FILE__, __LINE__, "%s in %s is %.10g, want %.10g", meter, region, have, want);
}

TEST(prices_by_region_and_meter)
{
	double price = 7;

	check_price("us-east-1", "fargate.x86.vcpu", 0.04048);
	check_price("us-east-1", "rds.postgres.t4g.medium.multi", 0.129);
	check_price("us-east-1", "rds.backup", 0.095);
	check_price("eu-central-1", "logs.ingest", 0.63);
	check_price("ap-south-1", "fargate.arm64.vcpu", 0.02383);
	check_price("sa-east-1", "apigw.http.tier1", 1.59);
	check_price("us-west-2", "ssm.parameter.advanced.hour", 0.00007);
	CHECK(!price_find("eu-south-2", "fargate.arm64.spot.vcpu", &price));
	CHECK(!price_find("nowhere-1", "ecr.storage", &price));
	CHECK(!price_find("us-east-1", "nothing", &price));
	CHECK(price == 7);
}

/* A row that is too short would leave zeros behind. */
TEST(no_price_is_nothing)
{
	const struct meter *m;
	double price;

	for (size_t i = 0; (m = price_meter_at(i)); i++)
		for (size_t r = 0; price_region_at(r); r++)
			if (price_find(price_region_at(r), m->name, &price) && !(price > 0))
				test_fail(__FILE__, __LINE__, "%s costs nothing in %s", m->name, price_region_at(r));
}

/* With the list that the tables were made of at hand: each price, and each absence. */
TEST(prices_are_those_of_the_list)
{
	json_auto_t *list = json_load_file(TEST_ROOT "/../shared/aws/prices.json", 0, NULL);
	const json_t *regions = json_object_get(list, "regions");
	const struct meter *m;
	size_t n = 0;

	if (!list)
		SKIP("the list is not at hand");
	for (size_t i = 0; (m = price_meter_at(i)); i++) {
		const char *region;
		const json_t *own;

		json_object_foreach ((json_t *)regions, region, own) {
			const json_t *entry = json_object_get(own, m->name);
			double price = NAN;
			bool found = price_find(region, m->name, &price);

			CHECK(found == (entry != NULL));
			if (!entry)
				continue;
			CHECK_STR(m->unit, json_string_value(json_object_get(entry, "unit")));
			check_price(region, m->name, json_number_value(json_object_get(entry, "price")));
			n++;
		}
	}
	CHECK(n > 1000);
}

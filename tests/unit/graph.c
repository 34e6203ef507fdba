/* The order of wishes: references, `depends`, the types' `after`; circles. */
#include "tests/unit/engine_case.h"

struct graph {
	struct edge *edge;
	size_t n, *order;
};

static int build(struct stage *s, struct graph *g)
{
	*g = (struct graph){0};
	return graph_build(&s->spec, &g->edge, &g->n, &g->order, &s->d);
}

static void graph_free(struct graph *g)
{
	free(g->edge);
	free(g->order);
}

static size_t place(const struct stage *s, const struct graph *g, const char *address)
{
	for (size_t i = 0; i < s->spec.n; i++)
		if (!strcmp(s->spec.resource[g->order[i]].address, address))
			return i;
	return (size_t)-1;
}

#define VPC "\"ec2.vpc.main\": {\"cidr\": \"10.0.0.0/16\"}"
#define SUBNET                                                                                                  \
	"\"ec2.subnet.a\": {\"vpc\": {\"$ref\": \"ec2.vpc.main.id\"}, \"cidr\": \"10.0.0.0/24\", \"zone_id\": " \
	"\"use1-az1\"}"

TEST(what_is_referred_to_comes_first_whatever_the_file_says)
{
	struct stage s;
	struct graph g;

	stage_begin(&s);
	stage_wish(&s, "{" SUBNET ", " VPC "}");
	REQUIRE(!build(&s, &g));
	CHECK(place(&s, &g, "ec2.vpc.main") < place(&s, &g, "ec2.subnet.a"));
	CHECK_INT(g.n, 1);
	graph_free(&g);
	stage_end(&s);
}

TEST(without_needs_the_order_is_that_of_the_file)
{
	struct stage s;
	struct graph g;

	stage_begin(&s);
	stage_wish(&s, "{\"logs.group.z\": {\"name\": \"z\"}, \"logs.group.a\": {\"name\": \"a\"}, "
		       "\"logs.group.m\": {\"name\": \"m\"}}");
	REQUIRE(!build(&s, &g));
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(g.order[i], i);
	graph_free(&g);
	stage_end(&s);
}

TEST(depends_and_references_to_one_thing_are_one_edge)
{
	struct stage s;
	struct graph g;

	stage_begin(&s);
	stage_wish(&s, "{\"logs.group.b\": {\"name\": \"b\", \"$depends\": [\"logs.group.a\", \"logs.group.a\"]}, "
		       "\"logs.group.a\": {\"name\": \"a\"}}");
	REQUIRE(!build(&s, &g));
	CHECK_INT(g.n, 1);
	CHECK(place(&s, &g, "logs.group.a") < place(&s, &g, "logs.group.b"));
	graph_free(&g);
	stage_end(&s);
}

TEST(a_route_comes_after_attachments_that_it_does_not_name)
{
	struct stage s;
	struct graph g;

	stage_begin(&s);
	stage_wish(&s, "{\"ec2.route.default\": {\"table\": \"rtb-1\", \"destination\": \"0.0.0.0/0\", \"gateway\": "
		       "{\"$ref\": \"ec2.internet_gateway.main.id\"}}, "
		       "\"ec2.internet_gateway.main\": {}, " VPC ", "
		       "\"ec2.gateway_attachment.main\": {\"gateway\": {\"$ref\": \"ec2.internet_gateway.main.id\"}, "
		       "\"vpc\": {\"$ref\": \"ec2.vpc.main.id\"}}}");
	REQUIRE(!build(&s, &g));
	CHECK(place(&s, &g, "ec2.gateway_attachment.main") < place(&s, &g, "ec2.route.default"));
	CHECK(place(&s, &g, "ec2.vpc.main") < place(&s, &g, "ec2.gateway_attachment.main"));
	graph_free(&g);
	stage_end(&s);
}

TEST(a_circle_is_told_step_by_step_and_nothing_else)
{
	struct stage s;
	struct graph g;

	stage_begin(&s);
	stage_wish(&s, "{\"logs.group.in\": {\"name\": \"in\", \"$depends\": [\"logs.group.a\"]}, "
		       "\"logs.group.a\": {\"name\": \"a\", \"$depends\": [\"logs.group.b\"]}, "
		       "\"logs.group.b\": {\"name\": \"b\", \"$depends\": [\"logs.group.c\"]}, "
		       "\"logs.group.c\": {\"name\": \"c\", \"$depends\": [\"logs.group.a\"]}}");
	CHECK_INT(build(&s, &g), ERR_INVALID);
	CHECK_HAS(first_error(&s), "logs.group.a -> logs.group.b -> logs.group.c -> logs.group.a.");
	CHECK(!strstr(first_error(&s), "logs.group.in"));
	CHECK(s.d.item[0].hint != NULL);
	graph_free(&g);
	stage_end(&s);
}

TEST(no_resources_have_an_order_too)
{
	struct stage s;
	struct graph g;

	stage_begin(&s);
	stage_wish(&s, "{}");
	CHECK_INT(build(&s, &g), 0);
	CHECK_INT(g.n, 0);
	graph_free(&g);
	stage_end(&s);
}

TEST(ten_thousand_that_need_one_are_sorted_at_once)
{
	struct stage s;
	struct graph g;
	json_auto_t *wishes = json_object();

	stage_begin(&s);
	for (int i = 0; i < 10000; i++) {
		json_auto_t *address = json_sprintf("logs.group.g%d", i);

		json_object_set_new(
		    wishes, json_string_value(address),
		    json_pack("{s:o, s:[s]}", "name", json_sprintf("g%d", i), "$depends", "logs.group.last"));
	}
	json_object_set_new(wishes, "logs.group.last", json_pack("{s:s}", "name", "last"));
	stage_wish_tree(&s, wishes, NULL);
	REQUIRE(!build(&s, &g));
	CHECK_INT(place(&s, &g, "logs.group.last"), 0);
	CHECK_INT(g.n, 10000);
	graph_free(&g);
	stage_end(&s);
}

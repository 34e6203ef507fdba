/* Which step waits for which: by hand for the pairs that matter, and as properties of random networks and edits. */
#include "tests/unit/engine_case.h"

#include "engine/apply_int.h"

struct steps {
	struct session session;
	struct apply_request req;
	struct apply_result result;
	struct applier ap;
	struct apply_graph g;
	size_t *order, n_order; /* as a run could go */
};

static int make(struct stage *s, struct steps *st)
{
	*st = (struct steps){0};
	st->req =
	    (struct apply_request){.session = &st->session, .world = &s->world, .spec = &s->spec, .plan = &s->plan};
	st->ap = (struct applier){.req = &st->req, .result = &st->result, .d = &s->d};
	return apply_graph_make(&st->g, &st->ap);
}

static void steps_free(struct steps *st)
{
	for (size_t i = 0; i < st->g.n; i++)
		node_release(&st->g.node[i]);
	free(st->g.node);
	free(st->order);
}

static uint64_t seed;

static size_t pick(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

/* Ends the steps one after the other, any that may start first. */
static void run(struct steps *st, uint64_t from)
{
	size_t *ready = xcalloc(st->g.n, sizeof(size_t)), n = 0;

	seed = from;
	st->order = xcalloc(st->g.n, sizeof(size_t));
	for (size_t i = 0; i < st->g.n; i++)
		if (!st->g.node[i].pending)
			ready[n++] = i;
	while (n) {
		size_t at = pick(n), node = ready[at];

		ready[at] = ready[--n];
		st->order[st->n_order++] = node;
		for (size_t i = 0; i < st->g.node[node].n_dependent; i++)
			if (!--st->g.node[st->g.node[node].dependent[i]].pending)
				ready[n++] = st->g.node[node].dependent[i];
	}
	free(ready);
}

/* When the step of that kind for the action came, -1 if there is none. */
static int moment(const struct steps *st, const struct action *a, bool deletion)
{
	for (size_t i = 0; a && i < st->n_order; i++) {
		const struct node *n = &st->g.node[st->order[i]];

		if (n->action == a && (n->kind == NODE_DELETE) == deletion)
			return (int)i;
	}
	return -1;
}

static int made(const struct stage *s, const struct steps *st, const char *address)
{
	return moment(st, action_at(s, address), false);
}

static int gone(const struct stage *s, const struct steps *st, const char *address)
{
	return moment(st, action_at(s, address), true);
}

#define NETWORK                                                                                               \
	"\"ec2.vpc.main\": {\"cidr\": \"10.0.0.0/16\"},"                                                      \
	"\"ec2.subnet.a\": {\"vpc\": {\"$ref\": \"ec2.vpc.main.id\"}, \"cidr\": \"10.0.0.0/24\"},"            \
	"\"ec2.security_group.web\": {\"name\": \"web\", \"description\": \"web\", \"vpc\": {\"$ref\": "      \
	"\"ec2.vpc.main.id\"}},"                                                                              \
	"\"apigateway.vpc_link.main\": {\"name\": \"demo\", \"subnets\": [{\"$ref\": \"ec2.subnet.a.id\"}], " \
	"\"security_groups\": [{\"$ref\": \"ec2.security_group.web.id\"}]}"

#define RUNS 50

TEST(what_refers_to_it_goes_first)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s, "{" NETWORK "}");
	stage_settle(&s);
	REQUIRE(!stage_plan(&s, DESTROY));
	for (uint64_t from = 1; from <= RUNS; from++) {
		struct steps st;

		REQUIRE(!make(&s, &st));
		run(&st, from);
		CHECK_INT(st.n_order, st.g.n);
		CHECK(gone(&s, &st, "apigateway.vpc_link.main") < gone(&s, &st, "ec2.subnet.a"));
		CHECK(gone(&s, &st, "apigateway.vpc_link.main") < gone(&s, &st, "ec2.security_group.web"));
		CHECK(gone(&s, &st, "ec2.subnet.a") < gone(&s, &st, "ec2.vpc.main"));
		CHECK(gone(&s, &st, "ec2.security_group.web") < gone(&s, &st, "ec2.vpc.main"));
		steps_free(&st);
	}
	stage_end(&s);
}

TEST(create_first_the_old_one_goes_when_its_users_have_moved)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s, "{" NETWORK "}");
	stage_settle(&s);
	stage_set(&s, "ec2.security_group.web", "description", "\"old\"");
	REQUIRE(!stage_plan(&s, PLAIN));
	for (uint64_t from = 1; from <= RUNS; from++) {
		struct steps st;

		REQUIRE(!make(&s, &st));
		run(&st, from);
		CHECK_INT(st.n_order, st.g.n);
		CHECK(made(&s, &st, "ec2.security_group.web") < made(&s, &st, "apigateway.vpc_link.main"));
		CHECK(made(&s, &st, "apigateway.vpc_link.main") < gone(&s, &st, "apigateway.vpc_link.main"));
		CHECK(gone(&s, &st, "apigateway.vpc_link.main") < gone(&s, &st, "ec2.security_group.web"));
		steps_free(&st);
	}
	stage_end(&s);
}

TEST(delete_first_all_that_lies_in_it_goes_and_comes_back_after_it)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s, "{" NETWORK "}");
	stage_settle(&s);
	stage_set(&s, "ec2.vpc.main", "cidr", "\"10.9.0.0/16\"");
	REQUIRE(!stage_plan(&s, PLAIN));
	for (uint64_t from = 1; from <= RUNS; from++) {
		struct steps st;

		REQUIRE(!make(&s, &st));
		run(&st, from);
		CHECK_INT(st.n_order, st.g.n);
		CHECK(gone(&s, &st, "apigateway.vpc_link.main") < gone(&s, &st, "ec2.security_group.web"));
		CHECK(gone(&s, &st, "ec2.security_group.web") < gone(&s, &st, "ec2.vpc.main"));
		CHECK(gone(&s, &st, "ec2.vpc.main") < made(&s, &st, "ec2.vpc.main"));
		CHECK(made(&s, &st, "ec2.vpc.main") < made(&s, &st, "ec2.security_group.web"));
		CHECK(made(&s, &st, "ec2.security_group.web") < made(&s, &st, "apigateway.vpc_link.main"));
		steps_free(&st);
	}
	stage_end(&s);
}

TEST(a_user_that_changes_lets_go_before_the_orphan_goes)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s,
		   "{\"ec2.subnet.a\": {\"vpc\": \"vpc-1\", \"cidr\": \"10.0.0.0/24\"},"
		   "\"ec2.subnet.b\": {\"vpc\": \"vpc-1\", \"cidr\": \"10.0.1.0/24\"},"
		   "\"rds.subnet_group.main\": {\"name\": \"demo\", \"description\": \"x\", \"subnets\": [{\"$ref\": "
		   "\"ec2.subnet.a.id\"}, {\"$ref\": \"ec2.subnet.b.id\"}]}}");
	stage_settle(&s);
	stage_wish(&s,
		   "{\"ec2.subnet.a\": {\"vpc\": \"vpc-1\", \"cidr\": \"10.0.0.0/24\"},"
		   "\"rds.subnet_group.main\": {\"name\": \"demo\", \"description\": \"x\", \"subnets\": [{\"$ref\": "
		   "\"ec2.subnet.a.id\"}]}}");
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK_INT(act_of(&s, "rds.subnet_group.main"), ACT_UPDATE);
	for (uint64_t from = 1; from <= RUNS; from++) {
		struct steps st;

		REQUIRE(!make(&s, &st));
		run(&st, from);
		CHECK(made(&s, &st, "rds.subnet_group.main") < gone(&s, &st, "ec2.subnet.b"));
		steps_free(&st);
	}
	stage_end(&s);
}

TEST(orders_that_only_types_and_spec_know_hold_backwards_too)
{
	struct stage s;

	stage_begin(&s);
	stage_wish(&s,
		   "{\"ec2.vpc.main\": {\"cidr\": \"10.0.0.0/16\"},"
		   "\"servicediscovery.namespace.main\": {\"name\": \"x\", \"vpc\": {\"$ref\": \"ec2.vpc.main.id\"}},"
		   "\"logs.group.a\": {\"name\": \"a\"},"
		   "\"logs.group.b\": {\"name\": \"b\", \"$depends\": [\"logs.group.a\"]}}");
	stage_settle(&s);
	json_object_del(world_find(&s.world, "servicediscovery.namespace.main")->fields, "vpc");
	REQUIRE(!stage_plan(&s, DESTROY));
	for (uint64_t from = 1; from <= RUNS; from++) {
		struct steps st;

		REQUIRE(!make(&s, &st));
		run(&st, from);
		CHECK(gone(&s, &st, "servicediscovery.namespace.main") < gone(&s, &st, "ec2.vpc.main"));
		CHECK(gone(&s, &st, "logs.group.b") < gone(&s, &st, "logs.group.a"));
		steps_free(&st);
	}
	stage_end(&s);
}

TEST(a_role_is_made_anew_below_a_running_revision)
{
	static const char *const spec =
	    "{\"iam.role.run\": {\"name\": \"run\", \"trust\": {\"Version\": \"2012-10-17\", \"Statement\": "
	    "[{\"Effect\": "
	    "\"Allow\", \"Principal\": {\"Service\": \"ecs-tasks.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}]}},"
	    "\"ecs.task_definition.web\": {\"family\": \"web\", \"cpu\": \"256\", \"memory\": \"512\", "
	    "\"execution_role\": "
	    "{\"$ref\": \"iam.role.run.arn\"}, \"containers\": [{\"name\": \"web\", \"image\": \"nginx\"}]}}";
	struct stage s;
	struct steps st;

	stage_begin(&s);
	stage_wish(&s, spec);
	stage_settle(&s);
	stage_set(&s, "iam.role.run", "path", "\"/old/\"");
	REQUIRE(!stage_plan(&s, PLAIN));
	REQUIRE(!make(&s, &st));
	run(&st, 1);
	CHECK_INT(st.n_order, st.g.n);
	CHECK(made(&s, &st, "ecs.task_definition.web") < gone(&s, &st, "ecs.task_definition.web"));
	steps_free(&st);
	stage_end(&s);
}

TEST(a_circle_is_told_and_nothing_is_begun)
{
	struct stage s;
	struct steps st;

	stage_begin(&s);
	/* AWS says that a refers to b, the spec that b comes after a. */
	stage_wish(&s, "{\"ec2.subnet.b\": {\"vpc\": \"vpc-1\", \"cidr\": \"10.0.1.0/24\", \"$depends\": "
		       "[\"rds.subnet_group.a\"]},"
		       "\"rds.subnet_group.a\": {\"name\": \"a\", \"description\": \"x\", \"subnets\": [\"id-0\"]}}");
	stage_settle(&s);
	stage_set(&s, "rds.subnet_group.a", "subnets", "[\"id-2\"]");
	stage_set(&s, "ec2.subnet.b", "id", "\"id-2\"");
	REQUIRE(!stage_plan(&s, DESTROY));
	CHECK_INT(make(&s, &st), ERR_REFUSED);
	CHECK_HAS(first_error(&s), "the deletion of ec2.subnet.b");
	CHECK_HAS(first_error(&s), "waits for the deletion of rds.subnet_group.a");
	CHECK(s.d.item[0].hint != NULL);
	steps_free(&st);
	stage_end(&s);
}

/* ---- random networks ------------------------------------------------------------------------------------------ */

#define PARTS 12

static json_t *ref(const char *kind, size_t i, const char *attr)
{
	return json_pack("{s:o}", "$ref", json_sprintf("%s.n%zu.%s", kind, i, attr));
}

static void wish(json_t *wishes, const char *kind, size_t i, json_t *fields)
{
	char *address CLEANUP(freep) = xasprintf("%s.n%zu", kind, i);

	json_object_set_new(wishes, address, fields);
}

/* `n` of each part; the same seed gives the same network, `twist` makes some parts differ. */
static json_t *network(uint64_t from, size_t n, size_t twist)
{
	json_t *w = json_object();

	seed = from;
	for (size_t i = 0; i < n; i++) {
		size_t vpc = pick(i + 1), group = pick(i + 1), other = pick(i + 1), subnet = pick(i + 1);
		bool odd = twist && pick(4) == 0;

		wish(w, "ec2.vpc", i,
		     json_pack("{s:s, s:b}", "cidr", odd && twist == 1 ? "10.1.0.0/16" : "10.0.0.0/16", "dns_hostnames",
			       odd));
		wish(w, "ec2.security_group", i,
		     json_pack("{s:o, s:s, s:o}", "name", json_sprintf("g%zu", i), "description",
			       odd && twist == 2 ? "other" : "one", "vpc", ref("ec2.vpc", vpc, "id")));
		wish(w, "ec2.subnet", i,
		     json_pack("{s:o, s:o}", "vpc", ref("ec2.vpc", vpc, "id"), "cidr",
			       json_sprintf("10.0.%zu.0/24", odd && twist == 3 ? i + 100 : i)));
		wish(w, "ec2.security_group_rule", i,
		     json_pack("{s:o, s:b, s:s, s:i, s:i, s:o}", "group", ref("ec2.security_group", group, "id"),
			       "egress", 1, "protocol", "tcp", "from_port", (int)i, "to_port", (int)i, "source_group",
			       ref("ec2.security_group", other, "id")));
		wish(w, "apigateway.vpc_link", i,
		     json_pack("{s:o, s:[o, o], s:[o]}", "name", json_sprintf("l%zu", i), "subnets",
			       ref("ec2.subnet", subnet, "id"), ref("ec2.subnet", i, "id"), "security_groups",
			       ref("ec2.security_group", group, "id")));
		wish(w, "ec2.route_table", i, json_pack("{s:o}", "vpc", ref("ec2.vpc", vpc, "id")));
		wish(w, "ec2.route_association", i,
		     json_pack("{s:o, s:o}", "table", ref("ec2.route_table", i, "id"), "subnet",
			       ref("ec2.subnet", i, "id")));
		wish(w, "iam.role", i,
		     json_pack("{s:o, s:s, s:{s:s, s:[{s:s, s:{s:s}, s:s}]}}", "name", json_sprintf("r%zu", i), "path",
			       odd && twist == 4 ? "/x/" : "/", "trust", "Version", "2012-10-17", "Statement", "Effect",
			       "Allow", "Principal", "Service", "ecs-tasks.amazonaws.com", "Action", "sts:AssumeRole"));
		wish(w, "ecs.task_definition", i,
		     json_pack("{s:o, s:s, s:s, s:o, s:[{s:s, s:s}]}", "family", json_sprintf("t%zu", i), "cpu", "256",
			       "memory", odd && twist == 5 ? "1024" : "512", "execution_role",
			       ref("iam.role", group, "arn"), "containers", "name", "web", "image", "nginx"));
	}
	return w;
}

struct checker {
	struct stage *s;
	const struct steps *st;
	const struct action *user;
};

static const struct action *action_for(const struct stage *s, const struct object *o)
{
	for (size_t i = 0; i < s->plan.n; i++)
		if (s->plan.action[i].have == o)
			return &s->plan.action[i];
	return NULL;
}

/* What goes, goes after all that refer to it have gone; but for what AWS deletes in spite of them. */
static void check_ref(void *arg, struct object *target)
{
	struct checker *c = arg;
	const struct action *a = action_for(c->s, target);
	int mine = moment(c->st, c->user, true), its = moment(c->st, a, true);

	if (its < 0 || mine < 0 || a == c->user || (a->type->flags & LOOSE))
		return;
	if (mine > its)
		test_fail(__FILE__, __LINE__, "seed: %s went after %s", c->user->address, a->address);
}

static void check_order(struct stage *s, const struct steps *st)
{
	struct checker c = {.s = s, .st = st};

	CHECK_INT(st->n_order, st->g.n);
	for (size_t e = 0; e < s->plan.n_edge; e++) {
		const struct action *from = &s->plan.action[s->plan.edge[e].from],
				    *to = &s->plan.action[s->plan.edge[e].to];

		if (moment(st, from, false) < moment(st, to, false))
			test_fail(__FILE__, __LINE__, "%s came before %s", from->address, to->address);
		if (to->act == ACT_REPLACE && to->create_first && to->selected)
			CHECK(moment(st, to, true) > moment(st, from, false));
	}
	for (size_t i = 0; i < s->plan.n; i++) {
		const struct action *a = &s->plan.action[i];

		if (a->act == ACT_REPLACE && a->selected)
			CHECK((moment(st, a, true) > moment(st, a, false)) == a->create_first);
		c.user = a;
		if (a->have)
			world_each_ref(&s->world, a->have, check_ref, &c);
	}
}

static void try_plan(struct stage *s, uint64_t from)
{
	struct steps st;
	int rc = make(s, &st);

	if (rc) {
		test_fail(__FILE__, __LINE__, "seed %u: %s", (unsigned)from, first_error(s));
	} else {
		run(&st, from);
		check_order(s, &st);
	}
	steps_free(&st);
}

TEST(whatever_is_edited_nothing_comes_before_what_it_needs)
{
	for (uint64_t from = 1; from <= 60; from++) {
		json_auto_t *before = network(from, 1 + from % PARTS, 0);
		json_auto_t *after = network(from, 1 + from % PARTS, 1 + from % 5);
		struct stage s;

		stage_begin(&s);
		stage_wish_tree(&s, before, NULL);
		REQUIRE(!stage_plan(&s, PLAIN));
		try_plan(&s, from);
		stage_settle(&s);
		REQUIRE(!stage_plan(&s, PLAIN));
		CHECK_EMPTY(&s);
		stage_wish_tree(&s, after, NULL);
		REQUIRE(!stage_plan(&s, PLAIN));
		try_plan(&s, from);
		stage_end(&s);
	}
}

TEST(whatever_is_taken_out_goes_in_reverse)
{
	for (uint64_t from = 1; from <= 40; from++) {
		json_auto_t *before = network(from, 2 + from % PARTS, 0);
		json_auto_t *after = network(from, 1 + from % PARTS / 2, from % 2 ? 0 : 1 + from % 5);
		struct stage s;

		stage_begin(&s);
		stage_wish_tree(&s, before, NULL);
		stage_settle(&s);
		stage_wish_tree(&s, after, NULL);
		REQUIRE(!stage_plan(&s, PLAIN));
		try_plan(&s, from);
		REQUIRE(!stage_plan(&s, DESTROY_ALL));
		CHECK_INT(s.plan.counts.del, s.world.n);
		try_plan(&s, from);
		stage_end(&s);
	}
}

TEST(parts_of_a_plan_have_an_order_too)
{
	static const char *const kinds[] = {"ec2.security_group.", "ec2.subnet.n0", "apigateway.", "ecs.",
					    "ec2.vpc.n0"};

	for (uint64_t from = 1; from <= 40; from++) {
		json_auto_t *before = network(from, 2 + from % PARTS, 0);
		json_auto_t *after = network(from, 2 + from % PARTS, 1 + from % 3);
		const char *const choice[] = {kinds[from % ARRAY_SIZE(kinds)], NULL};
		struct stage s;

		stage_begin(&s);
		stage_wish_tree(&s, before, NULL);
		stage_settle(&s);
		stage_wish_tree(&s, after, NULL);
		REQUIRE(!stage_plan(&s, (struct plan_request){.only = choice}));
		try_plan(&s, from);
		REQUIRE(!stage_plan(&s, (struct plan_request){.except = choice}));
		try_plan(&s, from);
		stage_end(&s);
	}
}

TEST(five_thousand_rules_are_planned_and_linked_at_once)
{
	json_auto_t *w = json_object();
	struct stage s;
	struct steps st;

	stage_begin(&s);
	json_object_set_new(w, "ec2.security_group.n0",
			    json_pack("{s:s, s:s, s:s}", "name", "g", "description", "x", "vpc", "vpc-1"));
	for (size_t i = 0; i < 5000; i++)
		wish(w, "ec2.security_group_rule", i,
		     json_pack("{s:o, s:s, s:i, s:i, s:s}", "group", ref("ec2.security_group", 0, "id"), "protocol",
			       "tcp", "from_port", (int)i, "to_port", (int)i, "cidr", "10.0.0.0/8"));
	stage_wish_tree(&s, w, NULL);
	stage_settle(&s);
	REQUIRE(!stage_plan(&s, PLAIN));
	CHECK(plan_is_empty(&s.plan));
	REQUIRE(!stage_plan(&s, DESTROY));
	REQUIRE(!make(&s, &st));
	run(&st, 1);
	CHECK_INT(st.n_order, 5001);
	CHECK_INT(gone(&s, &st, "ec2.security_group.n0"), 5000);
	steps_free(&st);
	stage_end(&s);
}

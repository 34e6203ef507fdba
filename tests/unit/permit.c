/* The operator's policy: what it allows of what, and what it must never allow. */
#include "tests/unit/test.h"

#include "base/buf.h"
#include "base/value.h"
#include "engine/permit.h"
#include "providers/service.h"
#include "tests/unit/spec_case.h"

#define HEAD "region: us-east-1\naccount: \"123456789012\"\n"

struct printed {
	struct spec_case c;
	json_t *documents, *statements;
};

static struct printed print_with(const char *text, const char *env, bool read_only)
{
	struct printed p = {.c = case_of(text, env), .statements = json_array()};
	struct permit_options options = {.read_only = read_only};
	const json_t *document;
	size_t i;

	if (p.c.rc) {
		test_fail(__FILE__, __LINE__, "the spec is invalid: %s", case_error(&p.c, 0));
		abort();
	}
	p.documents = permit_documents(&p.c.spec, &options);
	json_array_foreach (p.documents, i, document)
		json_array_extend(p.statements, json_object_get(document, "Statement"));
	return p;
}

static void printed_release(struct printed *p)
{
	json_decref(p->documents);
	json_decref(p->statements);
	case_release(&p->c);
}

static bool has_word(const json_t *one_or_list, const char *word)
{
	const char *s = json_string_value(one_or_list);

	for (size_t i = 0; i < json_array_size(one_or_list); i++)
		if (!strcmp(json_string_value(json_array_get(one_or_list, i)), word))
			return true;
	return s && !strcmp(s, word);
}

/* The n-th statement that allows the action; NULL if there are not so many. */
static const json_t *allowing(const struct printed *p, const char *action, size_t n)
{
	const json_t *s;
	size_t i;

	json_array_foreach (p->statements, i, s)
		if (has_word(json_object_get(s, "Action"), action) && !n--)
			return s;
	return NULL;
}

/* Is the action allowed on this very pattern, under (a part of) this condition? */
static bool allows(const struct printed *p, const char *action, const char *pattern, const char *condition)
{
	const json_t *s;

	for (size_t n = 0; (s = allowing(p, action, n)); n++) {
		const json_t *under = json_object_get(s, "Condition");
		char *text = under ? json_dumps(under, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
		bool fits = has_word(json_object_get(s, "Resource"), pattern) &&
			    (condition ? text && strstr(text, condition) : !text);

		free(text);
		if (fits)
			return true;
	}
	return false;
}

#define OURS "\"aws:ResourceTag/berth:app\":\"gengar\",\"aws:ResourceTag/berth:env\":\"default\""
#define NEW "\"aws:RequestTag/berth:app\":\"gengar\",\"aws:RequestTag/berth:env\":\"default\""
#define WEB "services:\n  web:\n    image: nginx\n    port: 80\n"
#define PARAMETER "resources:\n  key: {type: ssm.parameter, name: /gengar/A_KEY, value: open}\n"
#define GENGAR "app: gengar\n" HEAD
#define SSM "arn:aws:ssm:us-east-1:123456789012:parameter"
#define EC2 "arn:aws:ec2:us-east-1:123456789012:"

/* The name of a field that a template speaks of and the type has not; new, or NULL. */
static char *unknown_word(const struct rtype *t, const char *template)
{
	for (const char *at = template; at && (at = strchr(at, '{')); at++) {
		char *name = xstrndup(at + 1, strcspn(at + 1, "}"));
		const struct field *parent = *name == '^' ? rtype_field(t, t->parent) : NULL;
		const struct rtype *of = parent ? rtype_find(parent->type->target) : t;

		if (*name != '@' && !rtype_field(of, name + (*name == '^')))
			return name;
		free(name);
	}
	return NULL;
}

static void check_words(const struct rtype *t, const char *template)
{
	char *name = unknown_word(t, template);

	if (name)
		test_fail(__FILE__, __LINE__, "%s: \"%s\" speaks of {%s}", t->name, template, name);
	free(name);
}

static void check_calls(const struct rtype *t, const struct call *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_words(t, c[i].on);
		check_words(t, c[i].under);
	}
}

TEST(templates_speak_of_fields_that_are_there)
{
	for (const struct rtype *const *t = rtypes; *t; t++) {
		check_words(*t, (*t)->iam);
		check_calls(*t, (*t)->create, ARRAY_SIZE((*t)->create));
		check_calls(*t, (*t)->update, ARRAY_SIZE((*t)->update));
		check_calls(*t, (*t)->del, ARRAY_SIZE((*t)->del));
		check_calls(*t, &(*t)->read, 1);
		check_calls(*t, &(*t)->list, 1);
		for (const struct grant *g = (*t)->grants; g && g->actions; g++) {
			check_words(*t, g->on);
			check_words(*t, g->under);
			CHECK(!g->when || rtype_field(*t, g->when));
		}
		/* Without either, nothing would be narrowed. */
		CHECK((*t)->iam || (*t)->arn || !strcmp((*t)->svc->name, "apigateway"));
	}
}

TEST(what_aws_names_is_told_apart_by_tags)
{
	struct printed p = print_with(GENGAR "network: {}\n", NULL, false);

	CHECK(allows(&p, "ec2:CreateVpc", EC2 "vpc/*", NEW));
	CHECK(allows(&p, "ec2:DeleteVpc", EC2 "vpc/*", OURS));
	/* A subnet is made, and made in a network that exists. */
	CHECK(allows(&p, "ec2:CreateSubnet", EC2 "subnet/*", NEW));
	CHECK(allows(&p, "ec2:CreateSubnet", EC2 "vpc/*", OURS));
	/* Tags are given in a create, or to what is ours: never to a stranger. */
	CHECK(allows(&p, "ec2:CreateTags", EC2 "vpc/*", "\"ec2:CreateAction\":["));
	CHECK(allows(&p, "ec2:CreateTags", EC2 "vpc/*", OURS));
	CHECK(!allows(&p, "ec2:CreateTags", EC2 "vpc/*", NULL));
	CHECK(allows(&p, "ec2:DescribeVpcs", "*", "\"aws:RequestedRegion\":\"us-east-1\""));
	printed_release(&p);
}

TEST(names_that_begin_with_the_apps_stand_for_all_that_do)
{
	struct printed p = print_with(GENGAR WEB PARAMETER, NULL, false);

	CHECK(allows(&p, "ssm:PutParameter", SSM "/gengar/*", NULL));
	CHECK(allows(&p, "iam:CreateRole", "arn:aws:iam::123456789012:role/gengar-*", NEW));
	/* There may be an app gengar-two. */
	CHECK(allows(&p, "iam:DeleteRole", "arn:aws:iam::123456789012:role/gengar-*", OURS));
	CHECK(!allows(&p, "iam:DeleteRole", "arn:aws:iam::123456789012:role/gengar-*", NULL));
	CHECK(allows(&p, "ecs:UpdateService", "arn:aws:ecs:us-east-1:123456789012:service/gengar/*", NULL));
	CHECK(allows(&p, "ecs:DeleteCluster", "arn:aws:ecs:us-east-1:123456789012:cluster/gengar", NULL));
	printed_release(&p);
}

TEST(an_app_whose_name_is_a_word_of_arns_gets_no_more)
{
	struct printed p = print_with("app: role\n" HEAD WEB, NULL, false);

	CHECK(allows(&p, "iam:DeleteRole", "arn:aws:iam::123456789012:role/role-*",
		     "\"aws:ResourceTag/berth:app\":\"role\""));
	for (size_t n = 0; allowing(&p, "iam:DeleteRole", n); n++)
		CHECK(!has_word(json_object_get(allowing(&p, "iam:DeleteRole", n), "Resource"),
				"arn:aws:iam::123456789012:role/*"));
	printed_release(&p);
}

TEST(environments_are_apart)
{
	struct printed p = print_with(GENGAR WEB "environments:\n  staging: {}\n", "staging", false);

	CHECK(allows(&p, "iam:DeleteRole", "arn:aws:iam::123456789012:role/gengar-staging-*",
		     "\"aws:ResourceTag/berth:env\":\"staging\""));
	CHECK(allows(&p, "ssm:PutParameter", SSM "/berth/gengar-staging/*", NULL));
	CHECK(!allows(&p, "ssm:PutParameter", SSM "/berth/gengar/*", NULL));
	printed_release(&p);
}

TEST(only_the_roles_of_tasks_are_passed_and_only_to_tasks)
{
	struct printed p = print_with(GENGAR WEB "deploy:\n  github: {repository: example/gengar}\n", NULL, false);
	const json_t *s = allowing(&p, "iam:PassRole", 0);

	REQUIRE(s && !allowing(&p, "iam:PassRole", 1));
	CHECK(allows(&p, "iam:PassRole", "arn:aws:iam::123456789012:role/gengar-execution",
		     "\"iam:PassedToService\":\"ecs-tasks.amazonaws.com\""));
	CHECK(has_word(json_object_get(s, "Resource"), "arn:aws:iam::123456789012:role/gengar-web-task"));
	CHECK_INT(json_array_size(json_object_get(s, "Resource")), 2);
	printed_release(&p);
}

/* To take a boundary off is to become more: who wishes for none has no business with it. */
TEST(boundaries_are_touched_only_if_the_spec_speaks_of_them)
{
	static const char role[] =
	    "resources:\n  ci:\n    type: iam.role\n    name: gengar-ci\n"
	    "    trust: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: sts:AssumeRole, "
	    "Principal: {Service: ec2.amazonaws.com}}]}\n";
	char *bound = xasprintf(GENGAR "%s    boundary: arn:aws:iam::123456789012:policy/least\n", role);
	char *free_role = xasprintf(GENGAR "%s", role);
	struct printed with = print_with(bound, NULL, false), without = print_with(free_role, NULL, false);

	CHECK(allowing(&with, "iam:PutRolePermissionsBoundary", 0));
	CHECK(!allowing(&without, "iam:PutRolePermissionsBoundary", 0));
	CHECK(!allowing(&without, "iam:DeleteRolePermissionsBoundary", 0));
	printed_release(&with);
	printed_release(&without);
	free(bound);
	free(free_role);
}

TEST(secrets_are_read_only_where_something_is_made_of_them)
{
	struct printed plain = print_with(GENGAR PARAMETER, NULL, false);
	struct printed database = print_with(GENGAR "database: {version: \"16\"}\n" WEB, NULL, false);
	const json_t *s;

	for (size_t n = 0; (s = allowing(&plain, "ssm:GetParameter", n)); n++)
		CHECK(has_word(json_object_get(s, "Resource"), SSM "/berth/gengar/*"));
	CHECK(allows(&database, "ssm:GetParameter", SSM "/berth/gengar/*", NULL));
	CHECK(!allows(&database, "ssm:GetParameter", SSM "/gengar/*", NULL));
	printed_release(&plain);
	printed_release(&database);
}

TEST(attached_policies_are_those_of_the_spec)
{
	struct printed p = print_with(GENGAR WEB, NULL, false);

	CHECK(allows(&p, "iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/gengar-*",
		     "{\"iam:PolicyARN\":"
		     "\"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy\"}"));
	CHECK(!allows(&p, "iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/gengar-*", NULL));
	printed_release(&p);
}

static bool reads(const char *action)
{
	const char *verb = strchr(action, ':') + 1;

	return !strncmp(verb, "Describe", 8) || !strncmp(verb, "List", 4) || !strncmp(verb, "Get", 3) ||
	       !strcmp(verb, "GET");
}

TEST(read_only_writes_nothing_and_reads_no_secret)
{
	struct printed p = print_with(GENGAR "database: {version: \"16\"}\n" WEB "api: {service: web}\n", NULL, true);
	const json_t *s;
	size_t i;

	CHECK_INT(json_array_size(p.documents), 1);
	json_array_foreach (p.statements, i, s) {
		const json_t *actions = json_object_get(s, "Action");

		for (size_t k = 0; k < json_array_size(actions); k++)
			CHECK(reads(json_string_value(json_array_get(actions, k))));
		CHECK(json_is_array(actions) || reads(json_string_value(actions)));
	}
	CHECK(!allowing(&p, "ssm:GetParameter", 0));
	CHECK(allowing(&p, "tag:GetResources", 0));
	printed_release(&p);
}

/* A database that was taken out of the spec must be seen, and whether it uses a subnet that is to go. */
TEST(types_that_the_spec_does_not_speak_of_are_read_and_no_more)
{
	struct printed p = print_with(GENGAR "network: {}\n", NULL, false);

	CHECK(allows(&p, "rds:DescribeDBInstances", "arn:aws:rds:us-east-1:123456789012:db:*", NULL));
	CHECK(allows(&p, "ecs:ListServices", "*", "\"aws:RequestedRegion\":\"us-east-1\""));
	/* IAM refuses a policy with "role*". */
	CHECK(allows(&p, "iam:GetRole", "arn:aws:iam::123456789012:role/*", NULL));
	CHECK(!allowing(&p, "rds:DeleteDBInstance", 0));
	CHECK(!allowing(&p, "iam:DeleteRole", 0));
	CHECK(!allowing(&p, "iam:PassRole", 0));
	printed_release(&p);
}

TEST(without_an_account_any_is_named)
{
	struct printed p = print_with("app: gengar\nregion: cn-north-1\n" PARAMETER, NULL, false);

	CHECK(allows(&p, "ssm:PutParameter", "arn:aws-cn:ssm:cn-north-1:*:parameter/gengar/*", NULL));
	printed_release(&p);
}

static bool is_new_sid(json_t *seen, const char *sid)
{
	bool known = json_object_get(seen, sid) != NULL;

	json_object_set_new(seen, sid, json_true());
	return *sid && sid[strspn(sid, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")] == '\0' &&
	       !known;
}

/* As many names as do not fit: each policy is one that AWS takes, and none is lost. */
TEST(documents_are_of_a_size_that_aws_takes)
{
	struct buf text = BUF(1 << 20);
	struct printed p;
	const json_t *document, *s;
	json_t *sids = json_object();
	size_t i, k;

	buf_adds(&text, GENGAR "resources:\n");
	for (int n = 0; n < 200; n++)
		buf_addf(&text, "  p%d: {type: ecr.repository, name: elsewhere/repository-%d}\n", n, n);
	p = print_with(buf_str(&text), NULL, false);
	CHECK(json_array_size(p.documents) > 2);
	json_array_foreach (p.documents, i, document) {
		CHECK(permit_size(document) <= PERMIT_MAX);
		CHECK_STR(val_str(document, "Version"), "2012-10-17");
		CHECK(json_array_size(json_object_get(document, "Statement")) > 0);
		json_object_clear(sids);
		json_array_foreach (json_object_get(document, "Statement"), k, s)
			CHECK(is_new_sid(sids, val_str(s, "Sid")));
	}
	for (int n = 0; n < 200; n++) {
		char *arn = xasprintf("arn:aws:ecr:us-east-1:123456789012:repository/elsewhere/repository-%d", n);

		CHECK(allows(&p, "ecr:CreateRepository", arn, NULL));
		free(arn);
	}
	json_decref(sids);
	printed_release(&p);
	buf_release(&text);
}

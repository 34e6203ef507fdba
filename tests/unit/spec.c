/* What a spec expands to: the stack of the design, names, environments, least privilege. */
#include "tests/unit/test.h"

#include "base/value.h"
#include "tests/unit/spec_case.h"

static struct spec_case example(const char *name, const char *env)
{
	struct spec_case c = {0};
	struct spec_options options = {.file = name, .env = env};

	c.rc = spec_load(&options, &c.spec, &c.d);
	return c;
}

/* Every object that the design says the example has, and no other. */
TEST(the_example_is_the_stack_of_the_design)
{
	static const char *const want[] = {"ec2.vpc.main",
					   "ec2.internet_gateway.main",
					   "ec2.gateway_attachment.main",
					   "ec2.subnet.public-a",
					   "ec2.subnet.public-b",
					   "ec2.route_table.public",
					   "ec2.route.public-default",
					   "ec2.route_association.public-a",
					   "ec2.route_association.public-b",
					   "ec2.security_group.link",
					   "ec2.security_group.web",
					   "ec2.security_group.database",
					   "ec2.security_group_rule.link-to-web",
					   "ec2.security_group_rule.web-from-link",
					   "ec2.security_group_rule.web-to-database",
					   "ec2.security_group_rule.database-from-web",
					   "ec2.security_group_rule.web-to-internet-443",
					   "rds.subnet_group.main",
					   "rds.instance.main",
					   "ssm.parameter.database-password",
					   "ssm.parameter.database-url",
					   "ecr.repository.main",
					   "ecr.lifecycle_policy.main",
					   "logs.group.services",
					   "logs.group.api",
					   "iam.role.execution",
					   "iam.role_policy.execution-secrets",
					   "iam.role_attachment.execution",
					   "iam.role.web-task",
					   "iam.role_policy.web-buckets",
					   "iam.oidc_provider.github",
					   "iam.role.deploy",
					   "iam.role_policy.deploy",
					   "ecs.cluster.main",
					   "servicediscovery.namespace.main",
					   "servicediscovery.service.web",
					   "ecs.task_definition.web",
					   "ecs.service.web",
					   "apigateway.vpc_link.main",
					   "apigateway.api.main",
					   "apigateway.integration.web",
					   "apigateway.route.default",
					   "apigateway.stage.default"};
	struct spec_case c = example("examples/gengar.yaml", NULL);

	REQUIRE(c.rc == 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		if (!spec_find(&c.spec, want[i]))
			test_fail(__FILE__, __LINE__, "%s is missing", want[i]);
	CHECK_INT(c.spec.n, ARRAY_SIZE(want));
	CHECK_INT(c.d.n, 0);
	case_release(&c);
}

TEST(values_of_the_example)
{
	struct spec_case c = example("examples/gengar.yaml", NULL);

	CHECK_JSON(case_field(&c, "ec2.subnet.public-b", "cidr"), "\"10.20.16.0/20\"");
	CHECK_JSON(case_field(&c, "ec2.subnet.public-b", "zone_id"), "{\"$keep\":{\"$ref\":\"aws.zone_id.1\"}}");
	CHECK_JSON(case_field(&c, "rds.instance.main", "public"), "false");
	CHECK_JSON(case_field(&c, "rds.instance.main", "encrypted"), "true");
	CHECK_JSON(case_field(&c, "rds.instance.main", "deletion_protection"), "true");
	CHECK_JSON(case_field(&c, "rds.instance.main", "password"),
		   "{\"$ref\":\"ssm.parameter.database-password.value\"}");
	CHECK_JSON(case_field(&c, "ssm.parameter.database-password", "name"), "\"/berth/gengar/DATABASE_PASSWORD\"");
	CHECK_JSON(case_field(&c, "ssm.parameter.database-password", "value"), "{\"$generate\":{\"length\":32}}");
	CHECK_JSON(case_field(&c, "ssm.parameter.database-url", "name"), "\"/gengar/DATABASE_URL\"");
	CHECK_JSON(case_field(&c, "ssm.parameter.database-url", "value"),
		   "{\"$join\":[\"postgres://app:\",{\"$ref\":\"ssm.parameter.database-password.value\"},\"@\","
		   "{\"$ref\":\"rds.instance.main.endpoint\"},\":5432/gengar?sslmode=require\"]}");
	CHECK_JSON(case_field(&c, "ecs.service.web", "count"), "{\"$released\":[\"ecs.task_definition.web\",1]}");
	CHECK_JSON(case_field(&c, "servicediscovery.service.web", "dns"), "[{\"type\":\"SRV\",\"ttl\":10}]");
	CHECK_JSON(case_field(&c, "ecs.task_definition.web", "cpu"), "\"256\"");
	CHECK_JSON(case_field(&c, "ecs.task_definition.web", "arch"), "\"ARM64\"");
	case_release(&c);
}

TEST(the_container_of_the_example)
{
	struct spec_case c = example("examples/gengar.yaml", NULL);
	const json_t *web = json_array_get(case_field(&c, "ecs.task_definition.web", "containers"), 0);

	REQUIRE(web);
	CHECK_JSON(json_object_get(web, "image"),
		   "{\"$keep\":{\"$join\":[{\"$ref\":\"ecr.repository.main.uri\"},\":unreleased\"]}}");
	CHECK_JSON(json_object_get(json_object_get(web, "secrets"), "OPENAI_API_KEY"),
		   "{\"$join\":[\"arn:\",{\"$ref\":\"aws.partition\"},\":ssm:\",{\"$ref\":\"aws.region\"},\":\","
		   "{\"$ref\":\"aws.account\"},\":parameter/gengar/OPENAI_API_KEY\"]}");
	CHECK_JSON(json_object_get(web, "stop_timeout"), "120");
	CHECK_JSON(json_object_get(web, "init"), "true");
	CHECK_JSON(json_object_get(web, "ports"), "[3000]");
	case_release(&c);
}

/* The sheet of AWS's limits: format of at most 1024 characters, one line, with the request id. */
TEST(the_access_log_is_what_aws_takes)
{
	struct spec_case c = example("examples/gengar.yaml", NULL);
	const char *format = json_string_value(case_field(&c, "apigateway.stage.default", "access_log_format"));

	REQUIRE(format);
	CHECK(strlen(format) <= 1024);
	CHECK(!strpbrk(format, "\r\n"));
	CHECK_HAS(format, "$context.requestId");
	CHECK_HAS(format, "$context.integrationErrorMessage");
	json_auto_t *parsed = json_loads(format, 0, NULL);
	CHECK(json_is_object(parsed));
	case_release(&c);
}

static bool waits_for(const struct spec_case *c, const char *address, const char *other)
{
	const struct resource *r = spec_find(&c->spec, address);

	for (size_t i = 0; r && i < json_array_size(r->depends); i++)
		if (!strcmp(json_string_value(json_array_get(r->depends, i)), other))
			return true;
	return false;
}

TEST(a_service_waits_for_what_its_tasks_need)
{
	static const char *const needs[] = {"ec2.route.public-default",
					    "ec2.security_group_rule.web-to-internet-443",
					    "ec2.security_group_rule.web-from-link",
					    "ec2.security_group_rule.database-from-web",
					    "iam.role_policy.execution-secrets",
					    "iam.role_attachment.execution",
					    "ssm.parameter.database-url"};
	struct spec_case c = example("examples/gengar.yaml", NULL);

	REQUIRE(c.rc == 0);
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (!waits_for(&c, "ecs.service.web", needs[i]))
			test_fail(__FILE__, __LINE__, "it does not wait for %s", needs[i]);
	case_release(&c);
}

TEST(an_environment_has_names_of_its_own)
{
	struct spec_case c = example("examples/two-services.yaml", "staging");

	REQUIRE(c.rc == 0);
	CHECK_STR(c.spec.env, "staging");
	CHECK_STR(c.spec.prefix, "orders-staging");
	CHECK_JSON(case_field(&c, "rds.instance.main", "name"), "\"orders-staging\"");
	CHECK_JSON(case_field(&c, "rds.instance.main", "db_name"), "\"orders\"");
	CHECK_JSON(case_field(&c, "rds.instance.main", "deletion_protection"), "false");
	CHECK_JSON(case_field(&c, "ssm.parameter.database-url", "name"), "\"/orders-staging/DATABASE_URL\"");
	CHECK_JSON(case_field(&c, "ssm.parameter.database-password", "name"),
		   "\"/berth/orders-staging/DATABASE_PASSWORD\"");
	CHECK_JSON(json_object_get(c.spec.secrets, "MAIL_PASSWORD"), "\"/orders-staging/MAIL_PASSWORD\"");
	CHECK_JSON(case_field(&c, "iam.role.web-task", "name"), "\"orders-staging-web-task\"");
	case_release(&c);
}

TEST(capacity_in_all_its_forms)
{
	struct spec_case c = case_of("app: gengar\nregion: us-east-1\nservices:\n"
				     "  a: {image: nginx, capacity: spot}\n"
				     "  b: {image: nginx, capacity: on-demand}\n"
				     "  c: {image: nginx, capacity: {spot: 3, on-demand: 1, base: 1}}\n"
				     "  d: {image: nginx, capacity: {spot: 1, base: 1}}\n",
				     NULL);

	REQUIRE(c.rc == 0);
	CHECK_JSON(case_field(&c, "ecs.service.a", "strategy"),
		   "[{\"provider\":\"FARGATE_SPOT\",\"weight\":1,\"base\":0}]");
	CHECK_JSON(case_field(&c, "ecs.service.b", "strategy"), "[{\"provider\":\"FARGATE\",\"weight\":1,\"base\":0}]");
	CHECK_JSON(case_field(&c, "ecs.service.c", "strategy"),
		   "[{\"provider\":\"FARGATE_SPOT\",\"weight\":3,\"base\":0},"
		   "{\"provider\":\"FARGATE\",\"weight\":1,\"base\":1}]");
	CHECK_JSON(case_field(&c, "ecs.service.d", "strategy"),
		   "[{\"provider\":\"FARGATE_SPOT\",\"weight\":1,\"base\":0},"
		   "{\"provider\":\"FARGATE\",\"weight\":0,\"base\":1}]");
	case_release(&c);
}

TEST(a_worker_has_no_way_in)
{
	struct spec_case c = example("examples/two-services.yaml", NULL);

	REQUIRE(c.rc == 0);
	for (size_t i = 0; i < c.spec.n; i++) {
		const struct resource *r = &c.spec.resource[i];
		const char *group = json_string_value(val_operand(json_object_get(r->want, "group"), V_REF));

		if (group && !strcmp(group, "ec2.security_group.worker.id"))
			CHECK(json_is_true(json_object_get(r->want, "egress")));
	}
	CHECK(case_field(&c, "ecs.service.worker", "registry") == NULL);
	CHECK(spec_find(&c.spec, "servicediscovery.service.worker") == NULL);
	CHECK(spec_find(&c.spec, "ec2.security_group_rule.worker-to-internet-587") != NULL);
	case_release(&c);
}

TEST(only_a_service_that_uses_the_database_reaches_it)
{
	struct spec_case c = case_of("app: gengar\nregion: us-east-1\ndatabase: {}\nservices:\n"
				     "  a: {image: nginx}\n"
				     "  b: {image: nginx, secrets: [DATABASE_URL]}\n"
				     "  c: {image: nginx, env: {HOST: \"${database.host}\"}}\n",
				     NULL);

	REQUIRE(c.rc == 0);
	CHECK(!spec_find(&c.spec, "ec2.security_group_rule.database-from-a"));
	CHECK(spec_find(&c.spec, "ec2.security_group_rule.database-from-b") != NULL);
	CHECK(spec_find(&c.spec, "ec2.security_group_rule.database-from-c") != NULL);
	case_release(&c);
}

/* ---- IAM ---- */

/* Actions that AWS knows no resource for: https://docs.aws.amazon.com/service-authorization/ */
static bool may_have_star(const char *action)
{
	static const char *const all[] = {"ecr:GetAuthorizationToken", "ecs:RegisterTaskDefinition",
					  "ecs:DescribeTaskDefinition", "ecs:TagResource"};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i], action))
			return true;
	return false;
}

static void check_statement(const char *address, const json_t *s)
{
	const json_t *actions = json_object_get(s, "Action");

	CHECK_STR(val_str(s, "Effect"), "Allow");
	for (size_t i = 0; i < json_array_size(actions); i++) {
		const char *action = json_string_value(json_array_get(actions, i));

		if (strchr(action, '*'))
			test_fail(__FILE__, __LINE__, "%s allows %s", address, action);
		if (val_str(s, "Resource") && !strcmp(val_str(s, "Resource"), "*") && !may_have_star(action))
			test_fail(__FILE__, __LINE__, "%s allows %s on everything", address, action);
		if (!strcmp(action, "iam:PassRole"))
			CHECK_JSON(json_object_get(s, "Condition"),
				   "{\"StringEquals\":{\"iam:PassedToService\":\"ecs-tasks.amazonaws.com\"}}");
	}
}

TEST(least_privilege)
{
	struct spec_case c = example("examples/gengar.yaml", NULL);
	size_t seen = 0;

	for (size_t i = 0; !c.rc && i < c.spec.n; i++) {
		const json_t *policy = json_object_get(c.spec.resource[i].want, "policy");
		const json_t *statements = json_object_get(policy, "Statement");

		for (size_t k = 0; k < json_array_size(statements); k++, seen++)
			check_statement(c.spec.resource[i].address, json_array_get(statements, k));
	}
	CHECK(seen > 8);
	case_release(&c);
}

TEST(who_may_take_a_role)
{
	struct spec_case c = example("examples/gengar.yaml", NULL);
	const char *tasks =
	    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\","
	    "\"Principal\":{\"Service\":\"ecs-tasks.amazonaws.com\"},\"Condition\":{"
	    "\"StringEquals\":{\"aws:SourceAccount\":{\"$ref\":\"aws.account\"}},"
	    "\"ArnLike\":{\"aws:SourceArn\":{\"$join\":[\"arn:\",{\"$ref\":\"aws.partition\"},\":ecs:\","
	    "{\"$ref\":\"aws.region\"},\":\",{\"$ref\":\"aws.account\"},\":*\"]}}}}]}";

	CHECK_JSON(case_field(&c, "iam.role.execution", "trust"), tasks);
	CHECK_JSON(case_field(&c, "iam.role.web-task", "trust"), tasks);
	CHECK_JSON(case_field(&c, "iam.role.deploy", "trust"),
		   "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:"
		   "AssumeRoleWithWebIdentity\","
		   "\"Principal\":{\"Federated\":{\"$ref\":\"iam.oidc_provider.github.arn\"}},\"Condition\":{"
		   "\"StringEquals\":{"
		   "\"token.actions.githubusercontent.com:aud\":\"sts.amazonaws.com\","
		   "\"token.actions.githubusercontent.com:sub\":\"repo:example/gengar:ref:refs/heads/main\"}}}]}");
	case_release(&c);
}

TEST(the_execution_role_reads_only_what_services_use)
{
	struct spec_case c = case_of("app: gengar\nregion: us-east-1\nsecrets: [USED, UNUSED]\nservices:\n"
				     "  a: {image: nginx, secrets: [USED]}\n  b: {image: nginx, secrets: [USED]}\n",
				     NULL);
	const json_t *policy = case_field(&c, "iam.role_policy.execution-secrets", "policy");

	REQUIRE(policy);
	CHECK_JSON(json_object_get(policy, "Statement"),
		   "[{\"Effect\":\"Allow\",\"Action\":[\"ssm:GetParameters\"],\"Resource\":[{\"$join\":[\"arn:\","
		   "{\"$ref\":\"aws.partition\"},\":ssm:\",{\"$ref\":\"aws.region\"},\":\",{\"$ref\":\"aws.account\"},"
		   "\":parameter/gengar/USED\"]}]}]");
	case_release(&c);
}

TEST(buckets_as_asked_for)
{
	struct spec_case c = case_of("app: gengar\nregion: us-east-1\nservices:\n"
				     "  a: {image: nginx, buckets: {in-box: read, out-box: write}}\n",
				     NULL);

	CHECK_JSON(
	    json_object_get(case_field(&c, "iam.role_policy.a-buckets", "policy"), "Statement"),
	    "[{\"Effect\":\"Allow\",\"Action\":[\"s3:ListBucket\"],\"Resource\":[{\"$join\":[\"arn:\",{\"$ref\":\"aws."
	    "partition\"},\":s3:::in-box\"]}]},"
	    "{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"],\"Resource\":[{\"$join\":[\"arn:\",{\"$ref\":\"aws."
	    "partition\"},\":s3:::in-box/*\"]}]},"
	    "{\"Effect\":\"Allow\",\"Action\":[\"s3:PutObject\",\"s3:DeleteObject\",\"s3:AbortMultipartUpload\"],"
	    "\"Resource\":[{\"$join\":[\"arn:\",{\"$ref\":\"aws.partition\"},\":s3:::out-box/*\"]}]}]");
	case_release(&c);
}

/* ---- References, resources, override ---- */

TEST(a_text_that_is_one_reference_keeps_its_kind)
{
	struct spec_case c =
	    case_of("app: gengar\nregion: us-east-1\nnetwork: {}\nresources:\n"
		    "  cache:\n    type: ec2.security_group\n    name: cache\n    vpc: ${ec2.vpc.main.id}\n"
		    "    description: \"${ec2.vpc.main.cidr} and $${this}\"\n",
		    NULL);

	CHECK_JSON(case_field(&c, "ec2.security_group.cache", "vpc"), "{\"$ref\":\"ec2.vpc.main.id\"}");
	CHECK_JSON(case_field(&c, "ec2.security_group.cache", "description"),
		   "{\"$join\":[{\"$ref\":\"ec2.vpc.main.cidr\"},\" and ${this}\"]}");
	case_release(&c);
}

TEST(override_changes_generated_fields)
{
	struct spec_case c = case_of("app: gengar\nregion: us-east-1\nnetwork: {}\n"
				     "override: {ec2.vpc.main: {dns_hostnames: false}}\n",
				     NULL);

	CHECK_JSON(case_field(&c, "ec2.vpc.main", "dns_hostnames"), "false");
	CHECK_JSON(case_field(&c, "ec2.vpc.main", "cidr"), "\"10.20.0.0/16\"");
	case_release(&c);
}

TEST(a_secret_cannot_be_put_where_it_shows)
{
	struct spec_case c = case_of("app: gengar\nregion: us-east-1\ndatabase: {}\nservices:\n"
				     "  web: {image: nginx, env: {URL: \"x ${database.url}\"}}\n",
				     NULL);

	CHECK_INT(c.rc, ERR_INVALID);
	CHECK_HAS(case_error(&c, 0), "is a secret");
	case_release(&c);
}

TEST(standard_input_is_refused)
{
	struct spec_case c = example("-", NULL);

	CHECK_INT(c.rc, ERR_USAGE);
	case_release(&c);
}

TEST(all_errors_at_once)
{
	struct spec_case c =
	    case_of("app: Gengar\nregion: nowhere\nlogs: {retention_days: yes}\ncolour: red\n"
		    "services: {web: {image: nginx, cpu: 256, memory: 4096, env: {A: \"${databse.x}\"}}}\n"
		    "api: {service: wbe}\n"
		    "resources: {x: {type: ec2.vpc, cidr: nonsense}}\n",
		    NULL);

	CHECK_INT(c.rc, ERR_INVALID);
	CHECK_INT(c.d.errors, 8);
	case_release(&c);
}

/* Ten thousand resources take a moment, not minutes, and long chains do not exhaust the stack. */
TEST(many_resources_in_a_chain)
{
	size_t cap = 2 << 20, n;
	char *text = xcalloc(cap, 1);
	struct spec_case c;

	n = (size_t)snprintf(
	    text, cap, "app: gengar\nregion: us-east-1\nresources:\n  ssm.parameter.p0: {name: /x/0, value: x}\n");
	for (int i = 1; i < 10000; i++)
		n += (size_t)snprintf(text + n, cap - n,
				      "  ssm.parameter.p%d: {name: /x/%d, value: \"${ssm.parameter.p%d.name}\"}\n", i,
				      i, i - 1);
	c = case_of(text, NULL);
	CHECK_INT(c.rc, 0);
	CHECK_INT(c.rc ? 0 : c.spec.n, 10000);
	case_release(&c);
	free(text);
}

TEST(messages_outlive_the_name_that_was_given)
{
	char *name = strdup("/nonexistent/berth.yaml");
	struct spec_case c = example(name, NULL);

	free(name);
	CHECK_INT(c.rc, ERR_IO);
	REQUIRE(c.d.n == 1);
	CHECK_STR(c.d.item[0].pos.file, "/nonexistent/berth.yaml");
	case_release(&c);
}

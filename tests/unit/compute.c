/* What the tables of ECS, Cloud Map and API Gateway promise beyond single requests. */
#include "base/diag.h"
#include "base/path.h"
#include "providers/bind.h"
#include "providers/ecs/rollout.h"
#include "tests/unit/test.h"

static json_t *json_of(const char *text)
{
	json_t *v = json_loads(text, 0, NULL);

	if (!v)
		test_fail(__FILE__, __LINE__, "no JSON: %s", text);
	return v;
}

/* ---- wishes ----------------------------------------------------------------------------------------------- */

static void check_wish(int line, const char *type, const char *wish, const char *part)
{
	json_auto_t *want = json_of(wish), *canon = NULL;
	struct diag d = {0};
	bool found = false;

	canon = object_canon(rtype_find(type), want, &d);
	for (size_t i = 0; i < d.n; i++)
		found |= part && strstr(d.item[i].text, part);
	if (!canon != (part != NULL))
		test_fail(__FILE__, line, "%s is %s: %s", wish, canon ? "taken" : "refused", d.n ? d.item[0].text : "");
	else if (part && !found)
		test_fail(__FILE__, line, "%s is refused, but not for \"%s\": %s", wish, part, d.item[0].text);
	diag_release(&d);
}

#define TAKEN(type, wish) check_wish(__LINE__, type, wish, NULL)
#define REFUSED(type, wish, part) check_wish(__LINE__, type, wish, part)

TEST(strategies)
{
#define ON(strategy) \
	"{\"name\":\"a\",\"capacity_providers\":[\"FARGATE\",\"FARGATE_SPOT\"],\"default_strategy\":[" strategy "]}"
	TAKEN("ecs.cluster", ON("{\"provider\":\"FARGATE_SPOT\",\"weight\":3},{\"provider\":\"FARGATE\",\"base\":1}"));
	TAKEN("ecs.cluster", ON("{\"provider\":\"FARGATE\"}"));
	REFUSED("ecs.cluster", ON("{\"provider\":\"EDGE\",\"weight\":1}"), "not in capacity_providers");
	REFUSED("ecs.cluster", ON("{\"provider\":\"FARGATE\"},{\"provider\":\"FARGATE_SPOT\"}"), "weight above 0");
	REFUSED("ecs.cluster",
		ON("{\"provider\":\"FARGATE\",\"base\":1,\"weight\":1},{\"provider\":\"FARGATE_SPOT\",\"base\":1}"),
		"Only one provider");
	REFUSED("ecs.cluster", ON("{\"provider\":\"FARGATE\",\"weight\":1},{\"provider\":\"FARGATE\",\"weight\":2}"),
		"twice");
	REFUSED("ecs.cluster", "{\"name\":\"a b\"}", "name");
#undef ON
}

#define TASK(size, rest, container) \
	"{\"family\":\"f\"," size rest ",\"containers\":[{\"name\":\"a\",\"image\":\"i\"" container "}]}"
#define SIZED(cpu, memory) TASK("\"cpu\":\"" cpu "\",\"memory\":\"" memory "\"", "", "")
#define PLAIN(rest, container) TASK("\"cpu\":256,\"memory\":512", rest, container)

TEST(sizes_that_fargate_has)
{
	TAKEN("ecs.task_definition", SIZED("256", "2048"));
	TAKEN("ecs.task_definition", SIZED(".25 vCPU", "0.5GB"));
	TAKEN("ecs.task_definition", SIZED("1 vcpu", "3072 MB"));
	TAKEN("ecs.task_definition", SIZED("4096", "30720"));
	TAKEN("ecs.task_definition", SIZED("8192", "20480"));
	TAKEN("ecs.task_definition", SIZED("16384", "122880"));
	REFUSED("ecs.task_definition", SIZED("256", "1536"), "1536");
	REFUSED("ecs.task_definition", SIZED("256", "4096"), "no 4096 MiB with cpu 256");
	REFUSED("ecs.task_definition", SIZED("512", "512"), "1024 to 4096");
	REFUSED("ecs.task_definition", SIZED("1024", "2560"), "steps of 1024");
	REFUSED("ecs.task_definition", SIZED("8192", "18432"), "steps of 4096");
	REFUSED("ecs.task_definition", SIZED("300", "512"), "no cpu 300");
	REFUSED("ecs.task_definition", SIZED("much", "512"), "no CPU size");
	REFUSED("ecs.task_definition", SIZED("256", "1 TB"), "no memory size");
	REFUSED("ecs.task_definition", SIZED("0.3 vCPU", "512"), "no CPU size");
	TAKEN("ecs.task_definition", TASK("\"cpu\":\"300\",\"memory\":\"700\"",
					  ",\"compatibilities\":[\"EC2\"],\"network_mode\":\"bridge\"", ""));
}

#define LOG ",\"log\":{\"group\":\"/g\",\"region\":\"r\",\"prefix\":\"p\"}"

TEST(what_a_task_needs)
{
	REFUSED("ecs.task_definition", PLAIN("", LOG), "execution_role");
	REFUSED("ecs.task_definition", PLAIN("", ",\"secrets\":{\"A\":\"arn:x\"}"), "execution_role");
	TAKEN("ecs.task_definition", PLAIN(",\"execution_role\":{\"$ref\":\"iam.role.x.arn\"}", LOG));
	REFUSED("ecs.task_definition", PLAIN("", ",\"log\":{\"group\":\"/g\",\"region\":\"r\"}"), "prefix is missing");
	REFUSED("ecs.task_definition", PLAIN(",\"network_mode\":\"host\"", ""), "awsvpc");
	REFUSED("ecs.task_definition", PLAIN(",\"ephemeral_storage\":20", ""), "21 and 200");
	REFUSED("ecs.task_definition", PLAIN("", ",\"essential\":false"), "essential");
	REFUSED("ecs.task_definition", PLAIN("", "},{\"name\":\"a\",\"image\":\"j\""), "Two containers are called a");
	REFUSED("ecs.task_definition",
		PLAIN(",\"execution_role\":\"r\"", ",\"environment\":{\"A\":\"1\"},\"secrets\":{\"A\":\"arn:x\"}"),
		"A is both");
	REFUSED("ecs.task_definition", PLAIN("", ",\"stop_timeout\":121"), "stop_timeout");
	REFUSED("ecs.task_definition", PLAIN(",\"state\":\"ACTIVE\"", ""), "set by AWS");
}

#define SERVICE(rest)                                                                                  \
	"{\"name\":\"w\",\"cluster\":\"c\",\"task_definition\":\"t\",\"count\":1,\"subnets\":[\"s\"]," \
	"\"security_groups\":[\"g\"]" rest "}"

TEST(service_wishes)
{
	TAKEN("ecs.service", SERVICE(""));
	REFUSED("ecs.service", SERVICE(",\"strategy\":[{\"provider\":\"FARGATE\"}],\"launch_type\":\"FARGATE\""),
		"not both");
	REFUSED("ecs.service", SERVICE(",\"max_percent\":100,\"min_healthy\":0"), "zone_rebalancing");
	TAKEN("ecs.service", SERVICE(",\"max_percent\":100,\"min_healthy\":0,\"zone_rebalancing\":\"DISABLED\""));
	REFUSED("ecs.service", SERVICE(",\"max_percent\":100,\"zone_rebalancing\":\"DISABLED\""), "max_percent");
	REFUSED("ecs.service", SERVICE(",\"rollback\":true"), "circuit_breaker");
	REFUSED("ecs.service", SERVICE(",\"registry_port\":3000"), "belong to a registry");
	REFUSED("ecs.service", SERVICE(",\"registry\":\"arn:x\",\"registry_container\":\"a\""), "needs registry_port");
}

TEST(records)
{
#define WITH(records, rest) "{\"name\":\"w\",\"namespace\":\"n\",\"dns\":[" records "]" rest "}"
	TAKEN("servicediscovery.service", WITH("{\"type\":\"srv\",\"ttl\":10},{\"type\":\"a\",\"ttl\":10}", ""));
	REFUSED("servicediscovery.service", WITH("", ""), "At least one");
	REFUSED("servicediscovery.service", WITH("{\"type\":\"TXT\",\"ttl\":1}", ""), "TXT is no record type");
	REFUSED("servicediscovery.service", WITH("{\"type\":\"A\",\"ttl\":1},{\"type\":\"A\",\"ttl\":2}", ""),
		"only one A");
	REFUSED("servicediscovery.service", WITH("{\"type\":\"CNAME\",\"ttl\":1}", ""), "WEIGHTED");
	REFUSED("servicediscovery.service",
		WITH("{\"type\":\"CNAME\",\"ttl\":1},{\"type\":\"A\",\"ttl\":2}", ",\"routing\":\"WEIGHTED\""),
		"stands alone");
#undef WITH
}

TEST(api_wishes)
{
	REFUSED("apigateway.vpc_link", "{\"name\":\"l\",\"subnets\":[\"s\"],\"security_groups\":[]}",
		"at least one group");
	REFUSED("apigateway.api", "{\"name\":\"a\",\"cors\":{\"origins\":[\"*\"],\"credentials\":true}}", "refused");
	REFUSED("apigateway.api", "{\"name\":\"a\",\"cors\":{\"origins\":[]}}", "at least one origin");
	REFUSED("apigateway.integration", "{\"api\":\"a\",\"connection_type\":\"VPC_LINK\",\"uri\":\"arn:x\"}",
		"needs a connection");
	REFUSED("apigateway.integration",
		"{\"api\":\"a\",\"connection_type\":\"VPC_LINK\",\"connection\":\"l\",\"uri\":\"http://x\"}", "ARN");
	REFUSED("apigateway.integration", "{\"api\":\"a\",\"connection\":\"l\",\"uri\":\"http://x\"}", "only");
	REFUSED("apigateway.integration", "{\"api\":\"a\",\"uri\":\"http://x\",\"timeout_ms\":30001}", "timeout_ms");
	REFUSED("apigateway.route", "{\"api\":\"a\",\"route_key\":\"default\",\"integration\":\"i\"}", "route_key");
	REFUSED("apigateway.stage", "{\"api\":\"a\",\"name\":\"s\",\"throttle_rate\":0}", "above 0");
	REFUSED("apigateway.stage", "{\"api\":\"a\",\"name\":\"s\",\"throttle_burst\":0}", "throttle_burst");
	REFUSED("apigateway.stage", "{\"api\":\"a\",\"name\":\"s\",\"access_log_format\":\"$context.requestId\"}",
		"go together");
	REFUSED("apigateway.stage",
		"{\"api\":\"a\",\"name\":\"s\",\"access_log_group\":\"g\",\"access_log_format\":\"x\"}",
		"$context.requestId");
}

/* ---- which calls an update takes --------------------------------------------------------------------------- */

static const char *calls_for(const char *type, const char *object, const char *changed)
{
	static char text[RTYPE_UPDATES + 1];
	const struct rtype *t = rtype_find(type);
	json_auto_t *obj = json_of(object), *names = json_of(changed);
	size_t n = 0;

	for (unsigned i = 0; i < RTYPE_UPDATES; i++)
		if (call_carries(t, &t->update[i], obj, names))
			text[n++] = (char)('0' + i);
	text[n] = '\0';
	return text;
}

TEST(registry_goes_by_a_call_of_its_own)
{
	const char *all = "[\"registry\",\"registry_container\",\"registry_port\"]";

	CHECK_STR(calls_for("ecs.service", "{}", all), "1");
	CHECK_STR(calls_for("ecs.service", "{\"count\":2}", "[\"registry\",\"count\"]"), "01");
	CHECK_STR(calls_for("ecs.service", "{\"registry\":\"arn:x\"}", "[\"registry_port\"]"), "0");
	CHECK_STR(calls_for("ecs.service", "{\"registry\":\"arn:x\",\"registry_port\":1}", all), "0");
}

TEST(what_is_cleared_by_a_call)
{
	CHECK_STR(calls_for("apigateway.api", "{\"name\":\"a\"}", "[\"cors\"]"), "1");
	CHECK_STR(calls_for("apigateway.api", "{\"name\":\"a\"}", "[\"name\",\"cors\"]"), "01");
	CHECK_STR(calls_for("apigateway.api", "{\"cors\":{\"origins\":[\"*\"]}}", "[\"cors\"]"), "0");
	CHECK_STR(calls_for("apigateway.stage", "{}", "[\"access_log_group\",\"access_log_format\"]"), "1");
	CHECK_STR(calls_for("ecs.service", "{\"deployment\":\"FAILED\"}", "[\"deployment\"]"), "0");
	CHECK_STR(calls_for("ecs.cluster", "{}", "[\"default_strategy\",\"container_insights\"]"), "01");
}

/* ---- differences -------------------------------------------------------------------------------------------- */

/* "field" for what is changed in place, "field!" for what means replacement. */
static char *differences(const char *type, const char *want, const char *have)
{
	json_auto_t *w = json_of(want), *h = json_of(have);
	struct difference *diff = NULL;
	size_t n = object_diff(rtype_find(type), w, h, &diff);
	char *all = xstrdup("");

	for (size_t i = 0; i < n; i++) {
		char *more = xasprintf("%s%s%s%s", all, i ? " " : "", diff[i].field->name,
				       difference_replaces(&diff[i]) ? "!" : "");

		free(all);
		all = more;
	}
	differences_free(diff, n);
	return all;
}

#define DIFFERS(type, want, have, wanted)                    \
	do {                                                 \
		char *found = differences(type, want, have); \
		CHECK_STR(found, wanted);                    \
		free(found);                                 \
	} while (0)

#define SRV(ttl) "{\"dns\":[{\"type\":\"SRV\",\"ttl\":" ttl "}]}"

TEST(a_record_keeps_its_type)
{
	DIFFERS("servicediscovery.service", SRV("10"), SRV("10"), "");
	DIFFERS("servicediscovery.service", SRV("10"), SRV("60"), "dns");
	DIFFERS("servicediscovery.service", SRV("10"), "{\"dns\":[{\"type\":\"A\",\"ttl\":10}]}", "dns!");
	DIFFERS("servicediscovery.service", SRV("10"),
		"{\"dns\":[{\"type\":\"A\",\"ttl\":10},{\"type\":\"SRV\",\"ttl\":10}]}", "dns!");
}

/* The live value must be what it is expected to be; nobody wishes for it. */
TEST(conditions_must_hold)
{
	DIFFERS("ecs.service", "{}", "{\"state\":\"DRAINING\"}", "state!");
	DIFFERS("ecs.service", "{}", "{\"state\":\"ACTIVE\"}", "");
	DIFFERS("ecs.service", "{}", "{}", "");
	DIFFERS("ecs.service", "{}", "{\"deployment\":\"FAILED\"}", "deployment");
	DIFFERS("ecs.task_definition", "{}", "{\"state\":\"INACTIVE\"}", "state!");
	DIFFERS("apigateway.vpc_link", "{}", "{\"state\":\"FAILED\"}", "state!");
}

TEST(what_is_changed_in_place)
{
	DIFFERS("ecs.service", "{\"task_definition\":\"a\",\"count\":1}", "{\"task_definition\":\"b\",\"count\":2}",
		"task_definition count");
	DIFFERS("ecs.service", "{\"launch_type\":\"FARGATE\"}", "{}", "launch_type!");
	DIFFERS("apigateway.vpc_link", "{\"name\":\"a\",\"subnets\":[\"s\"]}", "{\"name\":\"b\",\"subnets\":[\"t\"]}",
		"name subnets!");
	DIFFERS("apigateway.integration", "{\"type\":\"AWS_PROXY\",\"uri\":\"a\"}", "{\"uri\":\"b\"}", "type! uri");
}

/* ---- rollouts ------------------------------------------------------------------------------------------------ */

TEST(revisions_by_their_names)
{
	const char *arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7";

	CHECK(rollout_same_revision(arn, arn));
	CHECK(rollout_same_revision("web:7", arn));
	CHECK(rollout_same_revision("web", arn));
	CHECK(!rollout_same_revision("web:8", arn));
	CHECK(!rollout_same_revision("web:70", arn));
	CHECK(!rollout_same_revision("we", arn));
	CHECK(!rollout_same_revision("webs", arn));
	CHECK(!rollout_same_revision("arn:aws:ecs:us-east-1:123456789012:task-definition/web:8", arn));
}

/* ---- errors -------------------------------------------------------------------------------------------------- */

static bool in(const char *const *own, const char *const *common, const char *code, const char *message)
{
	return code_in(own, code, message) || code_in(common, code, message);
}

#define IS(kind, type, code, message) CHECK(in(rtype_find(type)->kind, rtype_find(type)->svc->kind, code, message))
#define IS_NOT(kind, type, code, message) CHECK(!in(rtype_find(type)->kind, rtype_find(type)->svc->kind, code, message))

TEST(errors_of_ecs)
{
	IS(busy, "ecs.service", "InvalidParameterException", "Unable to Start a service that is still Draining.");
	IS(busy, "ecs.service", "InvalidParameterException",
	   "The service cannot be stopped while it is scaled above 0.");
	IS(busy, "ecs.service", "InvalidParameterException",
	   "The service cannot be stopped while deployments are active.");
	IS(clash, "ecs.service", "InvalidParameterException", "Creation of service was not idempotent.");
	IS_NOT(busy, "ecs.service", "InvalidParameterException", "No container of that name.");
	CHECK(code_in(rtype_find("ecs.service")->retry, "InvalidParameterException",
		      "Unable to assume the service linked role. Please verify that the role exists."));
	CHECK(code_in(rtype_find("ecs.service")->retry, "ClusterNotFoundException", "Cluster not found."));
	CHECK(!code_in(rtype_find("ecs.service")->retry, "ClientException", "TaskDefinition is inactive"));
	IS(absent, "ecs.service", "ServiceNotFoundException", "Service not found.");
	IS(absent, "ecs.task_definition", "ClientException", "Unable to describe task definition.");
	IS_NOT(absent, "ecs.task_definition", "ClientException", "No Fargate configuration exists for given values");
	IS(busy, "ecs.cluster", "ClusterContainsServicesException", "");
	IS(busy, "ecs.cluster", "UpdateInProgressException", "");
	IS(absent, "ecs.cluster", "ClusterNotFoundException", "");
}

TEST(errors_of_cloud_map)
{
	IS(busy, "servicediscovery.namespace", "ResourceInUse", "Namespace has associated services");
	IS(busy, "servicediscovery.service", "ResourceInUse", "Service contains registered instances");
	IS(busy, "servicediscovery.service", "DuplicateRequest", "");
	IS(clash, "servicediscovery.namespace", "NamespaceAlreadyExists", "");
	IS(clash, "servicediscovery.service", "ServiceAlreadyExists", "");
	IS(absent, "servicediscovery.service", "ServiceNotFound", "");
}

TEST(errors_of_api_gateway)
{
	IS(busy, "apigateway.vpc_link", "BadRequestException",
	   "Cannot delete vpc link. Vpc link 'abc123', is referenced in [ANY:rt1] in format of [Method:Resource]");
	IS_NOT(busy, "apigateway.vpc_link", "BadRequestException",
	       "Subnet is in a zone where service is not available");
	IS(busy, "apigateway.integration", "ConflictException",
	   "Cannot delete Integration because it is referenced by the following Routes with Ids: [rt1]");
	IS(busy, "apigateway.route", "ConflictException",
	   "Unable to complete operation due to concurrent modification. Please try again later.");
	IS(clash, "apigateway.route", "ConflictException", "Route with key $default already exists for this API");
	IS(absent, "apigateway.api", "NotFoundException", "Invalid API identifier specified");
}

/* ---- order --------------------------------------------------------------------------------------------------- */

TEST(what_must_not_be_gone_before_the_new_one_is_there)
{
	CHECK_INT(rtype_find("apigateway.vpc_link")->replace, CREATE_FIRST);
	CHECK_INT(rtype_find("apigateway.integration")->replace, CREATE_FIRST);
	CHECK_INT(rtype_find("ecs.task_definition")->replace, CREATE_FIRST);
	CHECK_INT(rtype_find("servicediscovery.service")->replace, CREATE_FIRST);
	CHECK_INT(rtype_find("ecs.service")->replace, DELETE_FIRST);
	CHECK(rtype_find("apigateway.route")->flags & SERIAL_PARENT);
	CHECK(rtype_find("apigateway.stage")->flags & SERIAL_PARENT);
	CHECK(rtype_find("apigateway.integration")->flags & SERIAL_PARENT);
}

/* What the tables of RDS, ECR, Logs, IAM and SSM promise beyond single requests. */
#include "base/diag.h"
#include "base/path.h"
#include "providers/bind.h"
#include "tests/unit/test.h"

/* JSON with ' for ", which reads better in C. */
static json_t *json_of(const char *text)
{
	char *s CLEANUP(freep) = xstrdup(text);
	json_t *v;

	for (char *c = s; *c; c++)
		if (*c == '\'')
			*c = '"';
	v = json_loads(s, 0, NULL);
	if (!v)
		test_fail(__FILE__, __LINE__, "no JSON: %s", text);
	return v;
}

/* ---- wishes ----------------------------------------------------------------------------------------------- */

static json_t *wish_of(const char *base, const char *more)
{
	json_t *want = json_of(base);
	json_auto_t *over = json_of(more);

	json_object_update(want, over);
	return want;
}

/* Nothing that a refusal says may show a secret: `hidden`, or NULL. */
static void check_wish(int line, const char *type, const char *base, const char *more, const char *part,
		       const char *hidden)
{
	json_auto_t *want = wish_of(base, more), *canon = NULL;
	struct diag d = {0};
	bool found = false;

	canon = object_canon(rtype_find(type), want, &d);
	for (size_t i = 0; i < d.n; i++) {
		found |= part && strstr(d.item[i].text, part);
		if (hidden && strstr(d.item[i].text, hidden))
			test_fail(__FILE__, line, "%s shows the secret: %s", more, d.item[i].text);
	}
	if (!canon != (part != NULL))
		test_fail(__FILE__, line, "%s is %s: %s", more, canon ? "taken" : "refused", d.n ? d.item[0].text : "");
	else if (part && !found)
		test_fail(__FILE__, line, "%s is refused, but not for \"%s\": %s", more, part, d.item[0].text);
	diag_release(&d);
}

/* type, wish, what is put on top of it[, part of the refusal] */
#define TAKEN(...) check_wish(__LINE__, __VA_ARGS__, NULL, NULL)
#define REFUSED(...) check_wish(__LINE__, __VA_ARGS__, NULL)

#define DB(more) \
	"rds.instance", "{'name':'db','engine':'postgres','class':'db.t4g.micro','storage':20,'username':'app'}", more

TEST(instance_names)
{
	TAKEN(DB("{'name':'a-b-1'}"));
	REFUSED(DB("{'name':'1a'}"), "name");
	REFUSED(DB("{'name':'a--b'}"), "name");
	REFUSED(DB("{'name':'a-'}"), "name");
	REFUSED(DB("{'name':'a_b'}"), "name");
	REFUSED(DB("{'username':'Admin'}"), "reserved");
	REFUSED(DB("{'username':'rdsadmin'}"), "reserved");
	REFUSED(DB("{'username':'1a'}"), "username");
	REFUSED(DB("{'username':'a2345678901234567'}"), "16 characters");
	REFUSED(DB("{'db_name':'a-b'}"), "db_name");
	REFUSED(DB("{'engine':'oracle-ee'}"), "postgres");
	TAKEN(DB("{'version':16}"));
	REFUSED(DB("{'version':'16.'}"), "version");
	REFUSED(DB("{'class':'t4g.micro'}"), "class");
}

TEST(instance_storage)
{
	TAKEN(DB("{'storage':20,'max_storage':22}"));
	REFUSED(DB("{'storage':20,'max_storage':21}"), "a tenth more");
	REFUSED(DB("{'storage':20,'max_storage':20}"), "a tenth more");
	REFUSED(DB("{'storage':19}"), "between 20 and 65536");
	REFUSED(DB("{'storage':399,'iops':12000}"), "below 400 GiB");
	REFUSED(DB("{'storage':399,'throughput':500}"), "below 400 GiB");
	TAKEN(DB("{'storage':400,'iops':12000,'throughput':500}"));
	REFUSED(DB("{'storage':100,'storage_type':'io1'}"), "needs iops");
	REFUSED(DB("{'storage':99,'storage_type':'io2','iops':1000}"), "begins at 100");
	TAKEN(DB("{'storage':100,'storage_type':'io2','iops':1000}"));
	REFUSED(DB("{'storage':400,'storage_type':'gp2','throughput':500}"), "Only storage of type gp3");
	TAKEN(DB("{'storage':{'$ref':'rds.instance.other.storage'},'max_storage':30,'iops':12000}"));
}

TEST(instance_combinations)
{
	REFUSED(DB("{'multi_az':true,'zone':'us-east-1a'}"), "multi_az");
	REFUSED(DB("{'kms_key':'alias/mine'}"), "needs encrypted");
	TAKEN(DB("{'kms_key':'alias/mine','encrypted':true}"));
	REFUSED(DB("{'port':1149}"), "1150");
	REFUSED(DB("{'backup_days':36}"), "35");
	TAKEN(DB("{'backup_window':'23:30-00:00','maintenance_window':'Sun:05:00-sun:05:30'}"));
	REFUSED(DB("{'backup_window':'24:00-24:30'}"), "backup_window");
	REFUSED(DB("{'maintenance_window':'05:00-05:30'}"), "maintenance_window");
	REFUSED(DB("{'log_exports':['audit']}"), "postgresql, upgrade");
	REFUSED(DB("{'status':'available'}"), "set by AWS");
}

TEST(passwords_are_not_shown_when_refused)
{
	TAKEN(DB("{'password':'~!#$%^&*()_+'}"));
	TAKEN(DB("{'password':{'$ref':'ssm.parameter.a.value'}}"));
	check_wish(__LINE__, DB("{'password':'hid@den-text'}"), "visible ASCII", "den-text");
	check_wish(__LINE__, DB("{'password':'hidden/text'}"), "visible ASCII", "hidden");
	check_wish(__LINE__, DB("{'password':'hidden text'}"), "visible ASCII", "hidden");
	check_wish(__LINE__, DB("{'password':'hiddenéx'}"), "visible ASCII", "hidden");
	check_wish(__LINE__, DB("{'password':'hidden7'}"), "8 to 128", "hidden");
	check_wish(__LINE__, DB("{'password':['hidden-text']}"), "password", "hidden");
}

#define GROUP(more) "rds.subnet_group", "{'name':'g','description':'d','subnets':['subnet-1']}", more

TEST(subnet_groups)
{
	TAKEN(GROUP("{'name':'My group_1.a-b'}"));
	REFUSED(GROUP("{'name':'Default'}"), "AWS's own");
	REFUSED(GROUP("{'name':'1a'}"), "name");
	REFUSED(GROUP("{'description':''}"), "description");
	REFUSED(GROUP("{'subnets':null}"), "subnets is missing");
}

#define REPOSITORY(more) "ecr.repository", "{'name':'app'}", more

TEST(repositories)
{
	TAKEN(REPOSITORY("{'name':'team/app.web__x-1'}"));
	REFUSED(REPOSITORY("{'name':'App'}"), "name");
	REFUSED(REPOSITORY("{'name':'app/'}"), "name");
	REFUSED(REPOSITORY("{'name':'a..b'}"), "name");
	REFUSED(REPOSITORY("{'name':'a'}"), "2 to 256");
	TAKEN(REPOSITORY("{'mutability':'IMMUTABLE_WITH_EXCLUSION','exclusions':['latest']}"));
	REFUSED(REPOSITORY("{'mutability':'IMMUTABLE_WITH_EXCLUSION'}"), "One to five");
	REFUSED(REPOSITORY("{'exclusions':['latest']}"), "One to five");
	REFUSED(REPOSITORY("{'mutability':'MUTABLE_WITH_EXCLUSION','exclusions':['a','b','c','d','e','f']}"),
		"One to five");
	REFUSED(REPOSITORY("{'kms_key':'alias/mine'}"), "needs encryption");
}

/* AWS counts from 100 to 30720 characters of the text. */
TEST(lifecycle_policies_have_a_least_length)
{
#define POLICY(text) "ecr.lifecycle_policy", "{'repository':'app'}", "{'policy':{'rules':[{'description':'" text "'}]}}"
	/* {"rules":[{"description":""}]} has 30 characters. */
	REFUSED(POLICY("123456789012345678901234567890123456789012345678901234567890123456789"), "none below 100");
	TAKEN(POLICY("1234567890123456789012345678901234567890123456789012345678901234567890"));
	TAKEN("ecr.lifecycle_policy", "{'repository':'app'}", "{'policy':{'$ref':'ssm.parameter.a.arn'}}");
#undef POLICY
}

#define LOGS(more) "logs.group", "{'name':'/ecs/a'}", more

TEST(log_groups)
{
	TAKEN(LOGS("{'retention_days':3653}"));
	REFUSED(LOGS("{'retention_days':15}"), "14, 30");
	REFUSED(LOGS("{'retention_days':0}"), "retention_days");
	REFUSED(LOGS("{'name':'aws/a'}"), "AWS's own");
	TAKEN(LOGS("{'name':'/aws/a'}"));
	REFUSED(LOGS("{'name':'a b'}"), "name");
	REFUSED(LOGS("{'kms_key':'alias/a'}"), "kms_key");
}

#define ROLE(more) "iam.role", "{'name':'r','trust':{'Statement':[{'Effect':'Allow'}]}}", more

TEST(roles)
{
	TAKEN(ROLE("{'name':'a_b+c=d,e.f@g-h','path':'/berth/a/'}"));
	REFUSED(ROLE("{'name':'a b'}"), "name");
	REFUSED(ROLE("{'path':'berth'}"), "path");
	REFUSED(ROLE("{'path':'/berth'}"), "path");
	REFUSED(ROLE("{'max_session':3599}"), "3600");
	REFUSED(ROLE("{'trust':{}}"), "Statement");
	REFUSED(ROLE("{'boundary':'policy'}"), "boundary");
}

#define ISSUER(more) "iam.oidc_provider", "{'url':'https://id.example.com'}", more

TEST(issuers)
{
	TAKEN(ISSUER("{'url':'id.example.com/a'}"));
	REFUSED(ISSUER("{'url':'http://id.example.com'}"), "url");
	REFUSED(ISSUER("{'url':'https://id.example.com?a'}"), "url");
	REFUSED(ISSUER("{'thumbprints':['abc']}"), "thumbprints");
}

#define PARAMETER(more) "ssm.parameter", "{'name':'/a/b','value':'v'}", more

TEST(parameters)
{
	TAKEN(PARAMETER("{'name':'plain.name-1_x'}"));
	TAKEN(PARAMETER("{'name':'/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15'}"));
	REFUSED(PARAMETER("{'name':'/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16'}"), "15 levels");
	REFUSED(PARAMETER("{'name':'a/b'}"), "begins with /");
	REFUSED(PARAMETER("{'name':'/a//b'}"), "name behind");
	REFUSED(PARAMETER("{'name':'/a/'}"), "name behind");
	REFUSED(PARAMETER("{'name':'/AWS/b'}"), "AWS's own");
	REFUSED(PARAMETER("{'name':'Ssm-b'}"), "AWS's own");
	REFUSED(PARAMETER("{'name':'/a b'}"), "name");
	REFUSED(PARAMETER("{'type':'String','key':'alias/a'}"), "SecureString");
	REFUSED(PARAMETER("{'value':''}"), "1 to 8192");
	REFUSED(PARAMETER("{'value':null}"), "value is missing");
	check_wish(__LINE__, PARAMETER("{'value':'hidden {{x}}'}"), "{{", "hidden");
	TAKEN(PARAMETER("{'value':{'$generate':{'length':32}}}"));
}

/* The Standard tier takes 4096 bytes, which are fewer characters. */
TEST(parameter_sizes)
{
	char text[4097 + 1], more[5000];

	memset(text, 'x', sizeof(text) - 1);
	text[4097] = '\0';
	snprintf(more, sizeof(more), "{'value':'%s'}", text);
	REFUSED("ssm.parameter", "{'name':'/a'}", more, "4097 bytes");
	TAKEN("ssm.parameter", "{'name':'/a','tier':'Advanced'}", more);
	text[4096] = '\0';
	snprintf(more, sizeof(more), "{'value':'%s'}", text);
	TAKEN("ssm.parameter", "{'name':'/a'}", more);
	memcpy(text + 4094, "é", 3);
	snprintf(more, sizeof(more), "{'value':'x%s'}", text);
	REFUSED("ssm.parameter", "{'name':'/a'}", more, "4097 bytes");
}

/* ---- what a change means ---------------------------------------------------------------------------------- */

static enum risk risk_of(const char *type, const char *field)
{
	return rtype_field(rtype_find(type), field)->risk;
}

TEST(risks)
{
	CHECK_INT(risk_of("rds.instance", "class"), RISK_DOWNTIME);
	CHECK_INT(risk_of("rds.instance", "version"), RISK_DOWNTIME);
	CHECK_INT(risk_of("rds.instance", "port"), RISK_RESTART);
	CHECK_INT(risk_of("rds.instance", "storage"), RISK_NONE);
	CHECK_INT(risk_of("rds.instance", "password"), RISK_NONE);
}

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

#define DIFFERS(type, want, have, wanted)                                   \
	do {                                                                \
		char *found CLEANUP(freep) = differences(type, want, have); \
		CHECK_STR(found, wanted);                                   \
	} while (0)

TEST(what_is_made_anew)
{
	DIFFERS("rds.instance", "{'name':'a','encrypted':true,'class':'db.m5.large'}",
		"{'name':'b','class':'db.t3.micro'}", "name! class encrypted!");
	DIFFERS("rds.instance", "{'subnet_group':{'$unknown':'rds.subnet_group.main.name'}}", "{'subnet_group':'a'}",
		"subnet_group!");
	DIFFERS("rds.instance", "{'version':{'$unknown':'x'}}", "{'version':'16.4'}", "version");
	DIFFERS("iam.role", "{'path':'/a/','boundary':'arn:aws:iam::1:policy/a'}", "{'path':'/'}", "path! boundary");
	DIFFERS("ssm.parameter", "{'type':'String','tier':'Advanced'}", "{}", "type! tier");
	DIFFERS("logs.group", "{'class':'DELIVERY','retention_days':1}", "{}", "retention_days class!");
	DIFFERS("iam.oidc_provider", "{'url':'a'}", "{'url':'b','thumbprints':['x']}", "url!");
}

/* What holds data is never deleted by an edit of the spec; a provider of identities is everybody's. */
TEST(what_is_kept)
{
	CHECK(rtype_find("rds.instance")->flags & DATA);
	CHECK(rtype_find("ecr.repository")->flags & DATA);
	CHECK(rtype_find("ssm.parameter")->flags & DATA);
	CHECK(rtype_find("iam.oidc_provider")->flags & SHARED);
}

/* The audiences of other apps stay when ours is added. */
TEST(what_is_shared_loses_nothing)
{
	const struct rtype *t = rtype_find("iam.oidc_provider");
	json_auto_t *want = json_of("{'url':'u','client_ids':['mine','sts']}"), *silent = json_of("{'url':'u'}");
	json_auto_t *live = json_of("{'url':'v','client_ids':['sts','other']}"),
		    *both = json_of("['mine','other','sts']");
	json_auto_t *theirs = json_of("['other','sts']");

	object_share(t, want, live);
	CHECK(json_equal(json_object_get(want, "client_ids"), both));
	CHECK_STR(val_str(want, "url"), "u");
	object_share(t, silent, live);
	CHECK(json_equal(json_object_get(silent, "client_ids"), theirs));
}

/* Indices of the update calls that are made, in order, as text. */
static void check_calls(int line, const char *type, const char *object, const char *changed, const char *wanted)
{
	char text[RTYPE_UPDATES + 1];
	const struct rtype *t = rtype_find(type);
	json_auto_t *obj = json_of(object), *names = json_of(changed);
	size_t n = 0;

	for (unsigned i = 0; i < RTYPE_UPDATES; i++)
		if (call_carries(t, &t->update[i], obj, names))
			text[n++] = (char)('0' + i);
	text[n] = '\0';
	if (strcmp(text, wanted) != 0)
		test_fail(__FILE__, line, "%s of %s are carried by %s, not %s", changed, object, text, wanted);
}

#define CALLS(type, object, changed, wanted) check_calls(__LINE__, type, object, changed, wanted)

TEST(what_goes_has_calls_of_its_own)
{
	CALLS("logs.group", "{'retention_days':14}", "['retention_days']", "0");
	CALLS("logs.group", "{}", "['retention_days','kms_key']", "13");
	CALLS("iam.role", "{'trust':{},'boundary':'arn:x'}", "['trust','boundary']", "12");
	CALLS("iam.role", "{'trust':{}}", "['boundary']", "3");
	CALLS("rds.instance", "{'max_storage':100}", "['max_storage']", "0");
	CALLS("rds.instance", "{'storage':20}", "['max_storage']", "1");
	CALLS("rds.instance", "{'log_exports':[]}", "['log_exports']", "0");
	CALLS("ecr.repository", "{'mutability':'MUTABLE'}", "['mutability','exclusions']", "0");
}

/* The protected are unprotected first, and only they. */
TEST(deletion_protection_is_a_step)
{
	const struct rtype *t = rtype_find("rds.instance");
	json_auto_t *on = json_of("{'deletion_protection':true,'copy_tags':true}");
	json_auto_t *off = json_of("{'deletion_protection':false,'copy_tags':false}");

	CHECK(!call_applies(&t->del[0], on) && call_applies(&t->del[1], on) && call_applies(&t->del[2], on));
	/* Its tags are copied to the snapshot, whatever was wished. */
	CHECK(call_applies(&t->del[0], off) && !call_applies(&t->del[1], off) && call_applies(&t->del[2], off));
}

TEST(waits_know_good_and_bad)
{
	const struct wait *ready = rtype_find("rds.instance")->ready;
	bool available = false, applying = false, modifying = false, incompatible = false;

	for (const char *const *w = ready->ok; *w; w++) {
		available |= !strcmp(*w, "available");
		applying |= !strcmp(*w, "applying-changes");
		modifying |= !strcmp(*w, "modifying");
	}
	for (const char *const *w = ready->bad; *w; w++)
		incompatible |= !strcmp(*w, "incompatible-network");
	CHECK(available && incompatible && !applying && !modifying);
	CHECK(ready->twice >= 2);
}

/* ---- errors ----------------------------------------------------------------------------------------------- */

TEST(errors_in_their_classes)
{
	const struct rtype *role = rtype_find("iam.role"), *policy = rtype_find("iam.role_policy"),
			   *db = rtype_find("rds.instance");

	CHECK(code_in(role->retry, "MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"arn:…\""));
	CHECK(!code_in(role->retry, "MalformedPolicyDocument", "Syntax errors in policy."));
	CHECK(code_in(policy->retry, "NoSuchEntity", "The role with name gengar-execution cannot be found."));
	CHECK(!code_in(policy->retry, "NoSuchEntity", "The role policy with name secrets cannot be found."));
	CHECK(code_in(policy->absent, "NoSuchEntity", "The role policy with name secrets cannot be found."));
	CHECK(code_in(db->retry, "InvalidParameterCombination",
		      "Cannot delete protected DB Instance, please disable deletion protection and try again."));
	CHECK(!code_in(db->retry, "InvalidParameterCombination", "No modifications were requested"));
	CHECK(code_in(db->svc->quota, "InstanceQuotaExceeded", ""));
}

/* ---- shared requests -------------------------------------------------------------------------------------- */

static char *list_request(const char *type)
{
	const struct rtype *t = rtype_find(type);
	struct bind_ctx ctx = {.app = "a", .env = "default", .region = "us-east-1"};
	json_auto_t *params = bind_fixed(t, &t->list, NULL, &ctx);
	char *text CLEANUP(freep) = val_text(params);

	return xasprintf("%s %u %s", t->list.action, t->list.page, text);
}

/* One answer tells roles, inline policies and attachments, if the three requests are one and the same. */
TEST(roles_are_listed_once)
{
	char *role CLEANUP(freep) = list_request("iam.role");
	char *policy CLEANUP(freep) = list_request("iam.role_policy");
	char *attachment CLEANUP(freep) = list_request("iam.role_attachment");

	CHECK_STR(policy, role);
	CHECK_STR(attachment, role);
}

/* ---- what a request tells --------------------------------------------------------------------------------- */

static void check_told(int line, const char *type, const char *object, const char *row_text, const char *field,
		       const char *wanted)
{
	const struct rtype *t = rtype_find(type);
	struct bind_ctx ctx = {.account = "123456789012", .partition = "aws"};
	json_auto_t *obj = object ? json_of(object) : NULL, *row = json_of(row_text);
	json_auto_t *told = row_told(t, obj, NULL, &ctx), *have = NULL;
	const char *found;

	json_object_set(row, "@", told);
	have = object_absorb(t, row, NULL);
	found = val_str(have, field);
	if (!found != !wanted || (wanted && strcmp(found, wanted) != 0))
		test_fail(__FILE__, line, "%s of %s is %s", field, row_text, found ? found : "absent");
}

#define TOLD_AS(...) check_told(__LINE__, __VA_ARGS__)

TEST(rows_take_over_what_they_do_not_say)
{
	TOLD_AS("iam.role_attachment", "{'role':'a'}", "{'':{'PolicyArn':'arn:x'}}", "role", "a");
	/* A row that says it is believed. */
	TOLD_AS("iam.role_attachment", "{'role':'a'}", "{'':{'PolicyArn':'arn:x'},'^':{'':{'RoleName':'b'}}}", "role",
		"b");
	TOLD_AS("iam.role_attachment", NULL, "{'':{'PolicyArn':'arn:x'}}", "role", NULL);
	TOLD_AS("iam.role_attachment", "{'role':{'$unknown':'x'}}", "{'':{'PolicyArn':'arn:x'}}", "role", NULL);
	TOLD_AS("iam.oidc_provider", "{'url':'id.example.com'}", "{'':{'Url':'id.example.com'}}", "arn",
		"arn:aws:iam::123456789012:oidc-provider/id.example.com");
	TOLD_AS("iam.oidc_provider", NULL, "{'':{'Url':'id.example.com'}}", "arn", NULL);
}

/* Read one by one only where the wish asks for it. */
TEST(session_length_is_read_on_demand)
{
	const struct call *c = &rtype_find("iam.role")->also[0];
	json_auto_t *asks = json_of("{'max_session':7200}"), *silent = json_of("{'name':'a'}");

	CHECK(c->flags & CALL_WISHED);
	CHECK(call_applies(c, asks) && !call_applies(c, silent) && !call_applies(c, NULL));
}

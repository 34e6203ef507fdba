/* What the tables of EC2 promise beyond single requests: order, refusals, classes of differences and errors. */
#include "base/diag.h"
#include "base/path.h"
#include "providers/bind.h"
#include "tests/unit/test.h"

static json_t *json_of(const char *text)
{
	return json_loads(text, 0, NULL);
}

/* ---- wishes ----------------------------------------------------------------------------------------------- */

/* What is said of a wish: the texts of all items, "" if it is taken without a word. */
static char *said(const char *type, const char *wish, bool *ret_taken)
{
	json_auto_t *want = json_of(wish), *canon = NULL;
	struct diag d = {0};
	char *all = xstrdup("");

	canon = object_canon(rtype_find(type), want, &d);
	*ret_taken = canon != NULL;
	for (size_t i = 0; i < d.n; i++) {
		char *more = xasprintf("%s%s\n", all, d.item[i].text);

		free(all);
		all = more;
	}
	diag_release(&d);
	return all;
}

static void check_wish(int line, const char *type, const char *wish, bool taken, const char *part)
{
	bool was_taken;
	char *text = said(type, wish, &was_taken);

	if (was_taken != taken)
		test_fail(__FILE__, line, "%s is %s", wish, was_taken ? "taken" : "refused");
	if (part ? !strstr(text, part) : *text != '\0')
		test_fail(__FILE__, line, "%s\n  says     %s\n  without  %s", wish, text, part ? part : "(nothing)");
	free(text);
}

#define TAKEN(type, wish) check_wish(__LINE__, type, wish, true, NULL)
#define WARNED(type, wish, part) check_wish(__LINE__, type, wish, true, part)
#define REFUSED(type, wish, part) check_wish(__LINE__, type, wish, false, part)

TEST(vpc_wishes)
{
	TAKEN("ec2.vpc", "{\"cidr\":\"10.20.0.0/16\"}");
	TAKEN("ec2.vpc", "{\"cidr\":\"10.20.0.0/28\",\"dns_hostnames\":true}");
	REFUSED("ec2.vpc", "{\"cidr\":\"10.20.0.0/15\"}", "/16 to /28");
	REFUSED("ec2.vpc", "{\"cidr\":\"10.20.0.0/29\"}", "/16 to /28");
	REFUSED("ec2.vpc", "{\"cidr\":\"10.20.0.0/16\",\"dns_support\":false,\"dns_hostnames\":true}", "dns_support");
	REFUSED("ec2.vpc", "{\"cidr\":\"10.20.0.0/16\",\"id\":\"vpc-1\"}", "set by AWS");
}

TEST(route_wishes)
{
	TAKEN(
	    "ec2.route",
	    "{\"table\":\"rtb-1\",\"destination\":\"0.0.0.0/0\",\"gateway\":{\"$ref\":\"ec2.internet_gateway.a.id\"}}");
	REFUSED("ec2.route", "{\"table\":\"rtb-1\",\"destination\":\"0.0.0.0/0\"}", "exactly one target");
	REFUSED("ec2.route", "{\"table\":\"rtb-1\",\"gateway\":\"igw-1\"}", "exactly one of destination");
	REFUSED("ec2.route",
		"{\"table\":\"rtb-1\",\"destination\":\"0.0.0.0/0\",\"gateway\":\"igw-1\",\"nat_gateway\":\"nat-1\"}",
		"exactly one target");
}

TEST(group_wishes)
{
	TAKEN("ec2.security_group", "{\"name\":\"a b._-:/()#,@[]+=&;{}!$*\",\"description\":\"x\",\"vpc\":\"vpc-1\"}");
	REFUSED("ec2.security_group", "{\"name\":\"sg-web\",\"description\":\"x\",\"vpc\":\"vpc-1\"}", "sg-");
	REFUSED("ec2.security_group", "{\"name\":\"Default\",\"description\":\"x\",\"vpc\":\"vpc-1\"}", "default");
	REFUSED("ec2.security_group", "{\"name\":\"caf\u00e9\",\"description\":\"x\",\"vpc\":\"vpc-1\"}", "name");
	REFUSED("ec2.security_group", "{\"name\":\"a\",\"description\":\"50% <b>\",\"vpc\":\"vpc-1\"}", "description");
	REFUSED("ec2.security_group", "{\"name\":\"a\",\"vpc\":\"vpc-1\"}", "description is missing");
	REFUSED("ec2.security_group", "{\"name\":\"a\",\"description\":\"\",\"vpc\":\"vpc-1\"}", "description");
}

#define ON "{\"group\":\"sg-1\",\"protocol\":"

TEST(rule_wishes)
{
	TAKEN("ec2.security_group_rule", ON "\"tcp\",\"from_port\":0,\"to_port\":65535,\"source_group\":\"sg-2\"}");
	TAKEN("ec2.security_group_rule", ON "\"udp\",\"from_port\":53,\"to_port\":53,\"cidr\":\"10.0.0.0/8\"}");
	TAKEN("ec2.security_group_rule", ON "\"icmp\",\"from_port\":8,\"to_port\":-1,\"cidr\":\"10.0.0.0/8\"}");
	TAKEN("ec2.security_group_rule", ON "-1,\"cidr\":\"10.0.0.0/8\"}");
	TAKEN("ec2.security_group_rule", ON "50,\"cidr\":\"10.0.0.0/8\"}");
	TAKEN("ec2.security_group_rule", ON "-1,\"source_group\":{\"$ref\":\"ec2.security_group.a.id\"}}");
	REFUSED("ec2.security_group_rule", ON "\"tcp\",\"from_port\":80,\"cidr\":\"10.0.0.0/8\"}", "needs both");
	REFUSED("ec2.security_group_rule", ON "\"icmp\",\"cidr\":\"10.0.0.0/8\"}", "-1 for all");
	REFUSED("ec2.security_group_rule", ON "\"tcp\",\"from_port\":81,\"to_port\":80,\"cidr\":\"10.0.0.0/8\"}",
		"range");
	REFUSED("ec2.security_group_rule", ON "\"tcp\",\"from_port\":-1,\"to_port\":80,\"cidr\":\"10.0.0.0/8\"}",
		"range");
	REFUSED("ec2.security_group_rule", ON "\"tcp\",\"from_port\":1,\"to_port\":65536,\"cidr\":\"10.0.0.0/8\"}",
		"65535");
	REFUSED("ec2.security_group_rule", ON "\"icmp\",\"from_port\":256,\"to_port\":0,\"cidr\":\"10.0.0.0/8\"}",
		"255");
	REFUSED("ec2.security_group_rule", ON "\"icmp\",\"from_port\":-1,\"to_port\":0,\"cidr\":\"10.0.0.0/8\"}",
		"must be -1");
	REFUSED("ec2.security_group_rule", ON "-1,\"from_port\":0,\"to_port\":0,\"cidr\":\"10.0.0.0/8\"}", "no ports");
	REFUSED("ec2.security_group_rule", ON "50,\"from_port\":0,\"to_port\":0,\"cidr\":\"10.0.0.0/8\"}", "no ports");
	REFUSED("ec2.security_group_rule", ON "\"ftp\",\"cidr\":\"10.0.0.0/8\"}", "no protocol");
	REFUSED("ec2.security_group_rule", ON "256,\"cidr\":\"10.0.0.0/8\"}", "no protocol");
	REFUSED("ec2.security_group_rule", ON "-1}", "exactly one");
	REFUSED("ec2.security_group_rule", ON "-1,\"cidr\":\"10.0.0.0/8\",\"source_group\":\"sg-2\"}", "exactly one");
}

TEST(open_doors_are_pointed_out)
{
	WARNED("ec2.security_group_rule", ON "\"tcp\",\"from_port\":22,\"to_port\":22,\"cidr\":\"0.0.0.0/0\"}",
	       "port 22");
	WARNED("ec2.security_group_rule", ON "\"tcp\",\"from_port\":1,\"to_port\":9999,\"cidr_v6\":\"::/0\"}",
	       "port 5432");
	WARNED("ec2.security_group_rule", ON "-1,\"cidr\":\"1.2.3.4/0\"}", "port 3389");
	TAKEN("ec2.security_group_rule", ON "\"tcp\",\"from_port\":443,\"to_port\":443,\"cidr\":\"0.0.0.0/0\"}");
	TAKEN("ec2.security_group_rule", ON "\"tcp\",\"from_port\":22,\"to_port\":22,\"cidr\":\"10.0.0.0/8\"}");
	TAKEN("ec2.security_group_rule", ON "-1,\"egress\":true,\"cidr\":\"0.0.0.0/0\"}");
}

/* ---- order of updates ------------------------------------------------------------------------------------- */

/* Indices of the update calls that are made, in order, as text. */
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

/* Host names can be on only while the resolver is: 0 carries them when off, 1 the resolver, 2 host names when on. */
TEST(vpc_attributes_in_their_order)
{
	const char *both = "[\"dns_support\",\"dns_hostnames\"]";

	CHECK_STR(calls_for("ec2.vpc", "{\"dns_support\":true,\"dns_hostnames\":true}", both), "12");
	CHECK_STR(calls_for("ec2.vpc", "{\"dns_support\":false,\"dns_hostnames\":false}", both), "01");
	CHECK_STR(calls_for("ec2.vpc", "{\"dns_support\":true,\"dns_hostnames\":true}", "[\"dns_hostnames\"]"), "2");
	CHECK_STR(calls_for("ec2.vpc", "{\"dns_support\":true,\"dns_hostnames\":false}", "[\"dns_hostnames\"]"), "0");
	CHECK_STR(calls_for("ec2.vpc", "{\"dns_support\":true,\"dns_hostnames\":true}", "[\"cidr\"]"), "");
}

TEST(rule_calls_by_direction)
{
	const struct rtype *t = rtype_find("ec2.security_group_rule");
	json_auto_t *in = json_of("{\"egress\":false}"), *out = json_of("{\"egress\":true}"), *silent = json_of("{}");

	CHECK(call_applies(&t->create[0], in) && !call_applies(&t->create[1], in));
	CHECK(!call_applies(&t->create[0], out) && call_applies(&t->create[1], out));
	CHECK(call_applies(&t->create[0], silent) && !call_applies(&t->create[1], silent));
	CHECK(call_applies(&t->del[0], in) && !call_applies(&t->del[1], in));
	CHECK(!call_applies(&t->del[0], out) && call_applies(&t->del[1], out));
}

/* ---- classes of differences ------------------------------------------------------------------------------- */

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

TEST(kind_of_source_means_replacement)
{
	DIFFERS("ec2.security_group_rule", "{\"cidr\":\"10.0.0.0/8\"}", "{\"cidr\":\"10.1.0.0/16\"}", "cidr");
	DIFFERS("ec2.security_group_rule", "{\"cidr\":\"10.0.0.0/8\"}", "{\"source_group\":\"sg-2\"}",
		"cidr! source_group!");
	DIFFERS("ec2.security_group_rule", "{\"source_group\":{\"$unknown\":\"ec2.security_group.a.id\"}}",
		"{\"source_group\":\"sg-2\"}", "source_group");
	DIFFERS("ec2.security_group_rule", "{\"source_group\":{\"$unknown\":\"ec2.security_group.a.id\"}}",
		"{\"cidr_v6\":\"::/0\"}", "cidr_v6! source_group!");
	DIFFERS("ec2.security_group_rule", "{\"egress\":true}", "{\"egress\":false}", "egress!");
	DIFFERS("ec2.security_group_rule", "{\"to_port\":2,\"description\":\"a\"}", "{\"to_port\":1}",
		"to_port description");
}

TEST(black_holes_are_mended)
{
	const struct rtype *t = rtype_find("ec2.route");
	json_auto_t *row =
	    json_of("{\"\":{\"destinationCidrBlock\":\"0.0.0.0/0\",\"gatewayId\":\"igw-1\",\"state\":\"blackhole\"},"
		    "\"^\":{\"\":{\"routeTableId\":\"rtb-1\"}}}");
	json_auto_t *have = object_absorb(t, row, NULL);
	char *text = json_dumps(have, 0);

	DIFFERS("ec2.route", "{\"table\":\"rtb-1\",\"destination\":\"0.0.0.0/0\",\"gateway\":\"igw-1\"}", text,
		"gateway");
	free(text);
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

/* One answer serves tables, routes and associations; another gateways and attachments. */
TEST(types_of_one_answer_ask_once)
{
	const char *const pair[][2] = {{"ec2.route_table", "ec2.route"},
				       {"ec2.route_table", "ec2.route_association"},
				       {"ec2.internet_gateway", "ec2.gateway_attachment"}};

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++) {
		char *a CLEANUP(freep) = list_request(pair[i][0]), *b CLEANUP(freep) = list_request(pair[i][1]);

		CHECK_STR(a, b);
	}
}

/* ---- error codes ------------------------------------------------------------------------------------------ */

static bool in(const char *const *own, const char *const *common, const char *code, const char *message)
{
	return code_in(own, code, message) || code_in(common, code, message);
}

TEST(what_is_gone_already_is_gone)
{
	const char *const pair[][2] = {
	    {"ec2.vpc", "InvalidVpcID.NotFound"},
	    {"ec2.internet_gateway", "InvalidInternetGatewayID.NotFound"},
	    {"ec2.gateway_attachment", "Gateway.NotAttached"},
	    {"ec2.subnet", "InvalidSubnetID.NotFound"},
	    {"ec2.subnet", "InvalidSubnetId.NotFound"},
	    {"ec2.route_table", "InvalidRouteTableID.NotFound"},
	    {"ec2.route_table", "InvalidRouteTableId.NotFound"},
	    {"ec2.route", "InvalidRoute.NotFound"},
	    {"ec2.route_association", "InvalidAssociationID.NotFound"},
	    {"ec2.security_group", "InvalidGroup.NotFound"},
	    {"ec2.security_group_rule", "InvalidSecurityGroupRuleId.NotFound"},
	    {"ec2.security_group_rule", "InvalidPermission.NotFound"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++)
		CHECK(in(rtype_find(pair[i][0])->absent, NULL, pair[i][1], ""));
	CHECK(in(rtype_find("ec2.route")->absent, NULL, "InvalidParameterValue",
		 "There is no route defined for '0.0.0.0/0'"));
	CHECK(!in(rtype_find("ec2.route")->absent, svc_ec2.absent, "InvalidParameterValue", "Value (x) is invalid"));
}

TEST(what_is_not_visible_yet_is_tried_again)
{
	const char *const pair[][2] = {
	    {"ec2.vpc", "InvalidVpcID.NotFound"},
	    {"ec2.gateway_attachment", "InvalidInternetGatewayID.NotFound"},
	    {"ec2.gateway_attachment", "InvalidVpcID.NotFound"},
	    {"ec2.subnet", "InvalidVpcID.NotFound"},
	    {"ec2.subnet", "InvalidSubnetId.NotFound"},
	    {"ec2.route_table", "InvalidVpcID.NotFound"},
	    {"ec2.route", "InvalidRouteTableID.NotFound"},
	    {"ec2.route", "InvalidGatewayID.NotFound"},
	    {"ec2.route", "InvalidInternetGatewayID.NotFound"},
	    {"ec2.route", "InvalidParameterException"},
	    {"ec2.route_association", "InvalidRouteTableId.NotFound"},
	    {"ec2.route_association", "InvalidSubnetID.NotFound"},
	    {"ec2.security_group", "InvalidVpcID.NotFound"},
	    {"ec2.security_group", "InvalidGroup.NotFound"},
	    {"ec2.security_group_rule", "InvalidGroup.NotFound"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++)
		CHECK(in(rtype_find(pair[i][0])->retry, NULL, pair[i][1], ""));
	CHECK(in(rtype_find("ec2.route")->retry, NULL, "InvalidParameterValue",
		 "route table rtb-1 and network gateway igw-1 belong to different networks"));
	/* A permission to revoke that is not there was never added: not a matter of waiting. */
	CHECK(!in(rtype_find("ec2.security_group")->retry, NULL, "InvalidPermission.NotFound", ""));
}

TEST(what_is_taken_or_in_use)
{
	const char *const clash[][2] = {
	    {"ec2.gateway_attachment", "Resource.AlreadyAssociated"},
	    {"ec2.subnet", "InvalidSubnet.Conflict"},
	    {"ec2.route", "RouteAlreadyExists"},
	    {"ec2.route_association", "Resource.AlreadyAssociated"},
	    {"ec2.security_group", "InvalidGroup.Duplicate"},
	    {"ec2.security_group_rule", "InvalidPermission.Duplicate"},
	};
	const char *const busy[] = {"ec2.vpc",    "ec2.internet_gateway", "ec2.gateway_attachment",
				    "ec2.subnet", "ec2.route_table",      "ec2.security_group"};

	for (size_t i = 0; i < ARRAY_SIZE(clash); i++)
		CHECK(in(rtype_find(clash[i][0])->clash, NULL, clash[i][1], ""));
	for (size_t i = 0; i < ARRAY_SIZE(busy); i++)
		CHECK(in(rtype_find(busy[i])->busy, NULL, "DependencyViolation", ""));
}

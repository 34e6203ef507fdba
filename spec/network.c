/* network - VPC, internet gateway, public subnets and their routes. There is no NAT gateway. */
#include "base/err.h"
#include "spec/cidr.h"
#include "spec/section.h"

#include <string.h>

/* Each subnet is a sixteenth of the network, and AWS makes none smaller than /28. */
#define SUBNET_BITS 4

static void check_cidr(struct at at, struct diag *d)
{
	const char *s = json_string_value(at.value);
	struct cidr c;
	char *canon CLEANUP(freep) = NULL;

	if (!cidr_parse(s, &c)) {
		at_error(at, d, "\"%s\" is no IPv4 network such as 10.20.0.0/16.", s);
		return;
	}
	canon = cidr_text(cidr_canon(c));
	if (c.bits < 16 || c.bits + SUBNET_BITS > 28) {
		at_error(at, d, "A network of /%u cannot be: it must lie between /16 and /24.", c.bits);
		at_hint(at, d, "AWS takes /16 to /28, and each subnet is a sixteenth of the network.");
	} else if (strcmp(canon, s) != 0) {
		at_error(at, d, "%s has bits set behind its prefix.", s);
		at_hint(at, d, "Write %s.", canon);
	} else if (cidr_is_reserved(c)) {
		at_error(at, d, "%s is reserved: AWS takes no network there.", s);
	} else if (!cidr_is_private(c)) {
		at_warn(at, d,
			"%s is no private range: hosts of the internet that have these addresses cannot be reached.",
			s);
		at_hint(at, d, "Private are 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16.");
	}
}

static const struct shape s_cidr = {
    .what = "an IPv4 network such as 10.20.0.0/16",
    .kind = SHAPE_TEXT,
    .check = check_cidr,
};
static const struct shape s_zones = {
    .what = "a number of availability zones (1 to 6)",
    .kind = SHAPE_INT,
    .min = 1,
    .max = 6,
};

static const struct key keys[] = {
    {"cidr", &s_cidr, 0, "\"10.20.0.0/16\"", "Addresses of the VPC, /16 to /24."},
    {"zones", &s_zones, 0, "2", "How many availability zones get a public subnet."},
    {.name = NULL},
};

const struct shape network_shape = {.what = "network", .kind = SHAPE_OBJ, .keys = keys};

static void check(struct at file, struct diag *d)
{
	struct at zones = at_key(at_key(file, "network"), "zones");

	if (has_section(file, "database") && json_is_integer(zones.value) && json_integer_value(zones.value) == 1) {
		at_error(zones, d, "A database needs subnets in two zones.");
		at_hint(zones, d, "AWS asks for it even of a database that runs in one; a subnet costs nothing.");
	}
}

static void add_subnets(struct expand *x, struct at network)
{
	json_int_t zones = at_int(network, "zones");
	struct cidr all = {0};

	cidr_parse(at_str(network, "cidr"), &all);
	for (json_int_t i = 0; i < zones; i++) {
		char *cidr CLEANUP(freep) = cidr_text(cidr_part(all, all.bits + SUBNET_BITS, (unsigned)i));

		expand_add(x, expand_text(x, "ec2.subnet.public-%c", (char)('a' + i)), "{s:o,s:s,s:o}", "vpc",
			   ref_to("ec2.vpc.main.id"), "cidr", cidr, "zone_id",
			   val_special(V_KEEP, ref_to("aws.zone_id.%d", (int)i)));
	}
	for (json_int_t i = 0; i < zones; i++)
		expand_add(x, expand_text(x, "ec2.route_association.public-%c", (char)('a' + i)), "{s:o,s:o}", "table",
			   ref_to("ec2.route_table.public.id"), "subnet",
			   ref_to("ec2.subnet.public-%c.id", (char)('a' + i)));
}

static void expand(struct expand *x)
{
	struct at network = at_key(x->file, "network");

	if (!has_section(x->file, "network"))
		return;
	expand_section(x, network, "network");
	expand_add(x, "ec2.vpc.main", "{s:s,s:b,s:b}", "cidr", at_str(network, "cidr"), "dns_support", 1,
		   "dns_hostnames", 1);
	expand_add(x, "ec2.internet_gateway.main", "{}");
	expand_add(x, "ec2.gateway_attachment.main", "{s:o,s:o}", "gateway", ref_to("ec2.internet_gateway.main.id"),
		   "vpc", ref_to("ec2.vpc.main.id"));
	expand_add(x, "ec2.route_table.public", "{s:o}", "vpc", ref_to("ec2.vpc.main.id"));
	/* AWS refuses a route to a gateway that is not attached yet. */
	expand_add(x, "ec2.route.public-default", "{s:o,s:s,s:o}", "table", ref_to("ec2.route_table.public.id"),
		   "destination", "0.0.0.0/0", "gateway", ref_to("ec2.internet_gateway.main.id"));
	expand_depends(x, "ec2.gateway_attachment.main");
	add_subnets(x, network);
	expand_output(x, "vpc", ref_to("ec2.vpc.main.id"));
	expand_output(x, "subnets", subnet_refs(x));
}

static const struct section_ref refs[] = {
    {"vpc", "ec2.vpc.main.id"},
    {"cidr", "ec2.vpc.main.cidr"},
    {"route_table", "ec2.route_table.public.id"},
    {.key = NULL},
};

const struct section section_network = {.name = "network", .check = check, .expand = expand, .refs = refs};

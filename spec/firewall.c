/* firewall - the security group of a service, and the least rules it can do with. */
#include "base/value.h"
#include "spec/services.h"

#include <string.h>

#define DATABASE_PORT 5432

static void add_peer_rule(struct expand *x, const char *address, const char *group, bool egress, int port,
			  const char *peer)
{
	expand_add(x, address, "{s:o,s:b,s:s,s:i,s:i,s:o}", "group", ref_to("ec2.security_group.%s.id", group),
		   "egress", egress, "protocol", "tcp", "from_port", port, "to_port", port, "source_group",
		   ref_to("ec2.security_group.%s.id", peer));
}

static void add_internet_rule(struct expand *x, const char *service, int port)
{
	expand_add(x, expand_text(x, "ec2.security_group_rule.%s-to-internet-%d", service, port),
		   "{s:o,s:b,s:s,s:i,s:i,s:s}", "group", ref_to("ec2.security_group.%s.id", service), "egress", 1,
		   "protocol", "tcp", "from_port", port, "to_port", port, "cidr", "0.0.0.0/0");
}

static void add_link_rules(struct expand *x, const struct service_at *s)
{
	int port = (int)at_int(s->at, "port");

	add_peer_rule(x, expand_text(x, "ec2.security_group_rule.link-to-%s", s->name), "link", true, port, s->name);
	add_peer_rule(x, expand_text(x, "ec2.security_group_rule.%s-from-link", s->name), s->name, false, port, "link");
}

static int is_database(void *arg, const char *ref)
{
	(void)arg;
	return !strncmp(ref, "rds.instance.main.", strlen("rds.instance.main."));
}

static bool uses_database(struct expand *x, const struct service_at *s)
{
	if (!has_section(x->file, "database"))
		return false;
	return service_uses(s->at, "DATABASE_URL") ||
	       val_each_ref(json_object_get(s->at.value, "env"), is_database, NULL);
}

static void add_database_rules(struct expand *x, const struct service_at *s)
{
	add_peer_rule(x, expand_text(x, "ec2.security_group_rule.%s-to-database", s->name), s->name, true,
		      DATABASE_PORT, "database");
	add_peer_rule(x, expand_text(x, "ec2.security_group_rule.database-from-%s", s->name), "database", false,
		      DATABASE_PORT, s->name);
}

void expand_firewall(struct expand *x, const struct service_at *s)
{
	json_t *egress = json_object_get(s->at.value, "egress");

	expand_add(x, expand_text(x, "ec2.security_group.%s", s->name), "{s:s,s:s,s:o}", "name",
		   expand_text(x, "%s-%s", x->spec->prefix, s->name), "description",
		   expand_text(x, "%s: service %s", x->spec->prefix, s->name), "vpc", ref_to("ec2.vpc.main.id"));
	if (s->fronted)
		add_link_rules(x, s);
	if (uses_database(x, s))
		add_database_rules(x, s);
	for (size_t i = 0; i < json_array_size(egress); i++)
		add_internet_rule(x, s->name, (int)json_integer_value(json_array_get(egress, i)));
}

void depend_on_firewall(struct expand *x, const struct service_at *s)
{
	json_t *egress = json_object_get(s->at.value, "egress");

	if (s->fronted)
		expand_depends(x, expand_text(x, "ec2.security_group_rule.%s-from-link", s->name));
	if (uses_database(x, s)) {
		expand_depends(x, expand_text(x, "ec2.security_group_rule.%s-to-database", s->name));
		expand_depends(x, expand_text(x, "ec2.security_group_rule.database-from-%s", s->name));
	}
	for (size_t i = 0; i < json_array_size(egress); i++)
		expand_depends(x, expand_text(x, "ec2.security_group_rule.%s-to-internet-%d", s->name,
					      (int)json_integer_value(json_array_get(egress, i))));
}

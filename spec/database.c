/* database - a PostgreSQL server on RDS: encrypted, not public, protected against deletion. */
#include "base/err.h"
#include "spec/section.h"

#include <string.h>

#define USER "app"
#define PORT 5432

static const struct shape s_engine = {
    .what = "a database engine",
    .kind = SHAPE_TEXT,
    .words = (const char *const[]){"postgres", NULL},
};
static const struct shape s_version = {
    .what = "a PostgreSQL version such as \"16\" or \"16.4\"",
    .kind = SHAPE_TEXT,
    .pattern = "[1-9][0-9]?(\\.[0-9]{1,2})?",
};
static const struct shape s_class = {
    .what = "an RDS instance class such as db.t4g.micro",
    .kind = SHAPE_TEXT,
    .pattern = "db\\.[a-z0-9][a-z0-9-]*\\.[a-z0-9]+",
};
static const struct shape s_storage = {
    .what = "a size in GiB (20 to 65536)",
    .kind = SHAPE_INT,
    .min = 20,
    .max = 65536,
};
static const struct shape s_days = {.what = "a number of days (0 to 35)", .kind = SHAPE_INT, .min = 0, .max = 35};
static const struct shape s_backup_window = {
    .what = "a daily time in UTC such as \"03:00-04:00\"",
    .kind = SHAPE_TEXT,
    .pattern = "([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]",
};
static const struct shape s_maintenance_window = {
    .what = "a weekly time in UTC such as \"sun:05:00-sun:06:00\"",
    .kind = SHAPE_TEXT,
    .pattern = "(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-"
	       "(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]",
};

static void check_database(struct at at, struct diag *d)
{
	struct at most = at_key(at, "max_storage"), days = at_key(at, "backup_days");

	if (most.value && json_integer_value(most.value) <= at_int(at, "storage"))
		at_error(most, d, "max_storage must be more than storage (%d).", (int)at_int(at, "storage"));
	if (json_integer_value(days.value) == 0)
		at_warn(days, d, "Without backups the database cannot be brought back to any moment.");
}

static const struct key keys[] = {
    {"engine", &s_engine, 0, "\"postgres\"", "The database engine."},
    {"version", &s_version, 0, NULL,
     "Major version, or a whole one; AWS picks the minor version, and the newest of all when absent."},
    {"class", &s_class, 0, "\"db.t4g.micro\"", "Instance class: how much CPU and memory."},
    {"storage", &s_storage, 0, "20", "Disk in GiB, of kind gp3; it can grow but not shrink."},
    {"max_storage", &s_storage, 0, NULL, "AWS may grow the disk by itself up to this size in GiB."},
    {"backup_days", &s_days, 0, "7", "How long automatic backups are kept."},
    {"backup_window", &s_backup_window, 0, NULL, "When backups are made; AWS picks when absent."},
    {"maintenance_window", &s_maintenance_window, 0, NULL,
     "When AWS may restart it for updates; AWS picks when absent."},
    {"multi_az", &s_bool, 0, "false", "A standby in another zone, at twice the price."},
    {"deletion_protection", &s_bool, 0, "true", "AWS itself refuses to delete it."},
    {"extensions", &s_later, 0, NULL, "PostgreSQL extensions to create."},
    {.name = NULL},
};

const struct shape database_shape = {.what = "database", .kind = SHAPE_OBJ, .keys = keys, .check = check_database};

/* A database name takes no hyphen. */
static const char *database_name(struct expand *x)
{
	char *name CLEANUP(freep) = xstrdup(x->spec->app);

	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return expand_text(x, "%s", name);
}

static void add_optional(struct at database, json_t *fields)
{
	static const char *const names[] = {"version", "max_storage", "backup_window", "maintenance_window"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		json_t *v = json_object_get(database.value, names[i]);

		if (v)
			json_object_set(fields, names[i], v);
	}
}

static void add_instance(struct expand *x, struct at database)
{
	const char *name = database_name(x);
	json_t *fields = expand_add(
	    x, "rds.instance.main", "{s:s,s:s,s:s,s:i,s:s,s:b,s:s,s:o,s:s,s:i,s:o,s:[o],s:b,s:i,s:b,s:b,s:b}", "name",
	    x->spec->prefix, "engine", at_str(database, "engine"), "class", at_str(database, "class"), "storage",
	    (int)at_int(database, "storage"), "storage_type", "gp3", "encrypted", 1, "username", USER, "password",
	    ref_to("ssm.parameter.database-password.value"), "db_name", name, "port", PORT, "subnet_group",
	    ref_to("rds.subnet_group.main.name"), "security_groups", ref_to("ec2.security_group.database.id"), "public",
	    0, "backup_days", (int)at_int(database, "backup_days"), "multi_az", at_bool(database, "multi_az"),
	    "deletion_protection", at_bool(database, "deletion_protection"), "copy_tags", 1);

	add_optional(database, fields);
	expand_output(x, "database_endpoint", ref_to("rds.instance.main.endpoint"));
	expand_output(x, "database_name", json_string(name));
}

static void add_parameters(struct expand *x)
{
	expand_add(x, "ssm.parameter.database-password", "{s:s,s:{s:{s:i}}}", "name",
		   expand_text(x, "/berth/%s/DATABASE_PASSWORD", x->spec->prefix), "value", "$generate", "length", 32);
	expand_add(x, "ssm.parameter.database-url", "{s:s,s:o}", "name",
		   expand_text(x, "/%s/DATABASE_URL", x->spec->prefix), "value",
		   join_of("postgres://" USER
			   ":{ssm.parameter.database-password.value}@{rds.instance.main.endpoint}:%d/"
			   "%s?sslmode=require",
			   PORT, database_name(x)));
}

static void expand(struct expand *x)
{
	struct at database = at_key(x->file, "database");

	if (!has_section(x->file, "database"))
		return;
	expand_section(x, database, "database");
	expand_add(x, "ec2.security_group.database", "{s:s,s:s,s:o}", "name",
		   expand_text(x, "%s-database", x->spec->prefix), "description",
		   expand_text(x, "%s: database", x->spec->prefix), "vpc", ref_to("ec2.vpc.main.id"));
	expand_add(x, "rds.subnet_group.main", "{s:s,s:s,s:o}", "name", x->spec->prefix, "description",
		   expand_text(x, "%s: database", x->spec->prefix), "subnets", subnet_refs(x));
	add_parameters(x);
	add_instance(x, database);
}

static const struct section_ref refs[] = {
    {"url", "ssm.parameter.database-url.value"},
    {"host", "rds.instance.main.endpoint"},
    {"endpoint", "rds.instance.main.endpoint"},
    {"port", "rds.instance.main.port"},
    {"name", "rds.instance.main.db_name"},
    {"user", "rds.instance.main.username"},
    {"password", "ssm.parameter.database-password.value"},
    {"arn", "rds.instance.main.arn"},
    {"security_group", "ec2.security_group.database.id"},
    {.key = NULL},
};

const struct section section_database = {.name = "database", .expand = expand, .refs = refs};

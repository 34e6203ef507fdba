/* rds.instance - a PostgreSQL server */
#include "base/err.h"
#include "base/path.h"
#include "providers/bind.h"
#include "providers/kms.h"
#include "providers/rds/rds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* From this size in GiB on, a gp3 volume of PostgreSQL is striped: only then it has IOPS to ask for, and so many at
 * least. */
#define STRIPED 400
#define STRIPED_IOPS 12000

/* ---- values ----------------------------------------------------------------------------------------------- */

static json_t *canon_username(const json_t *value, struct diag *d)
{
	static const char *const reserved[] = {"admin", "rdsadmin", "rdsrepladmin", "rds_superuser"};
	const char *s = json_string_value(value);

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (strcasecmp(s, reserved[i]) != 0)
			continue;
		diag_error(d, ERR_INVALID, "\"%s\" is reserved by RDS.", s);
		return NULL;
	}
	return json_incref((json_t *)value);
}

/* Not a `pattern`: its message would show the password. */
static json_t *canon_password(const json_t *value, struct diag *d)
{
	for (const char *s = json_string_value(value); *s; s++) {
		if (*s > ' ' && *s <= '~' && !strchr("/@\"", *s))
			continue;
		diag_error(d, ERR_INVALID, "RDS takes visible ASCII characters but / @ and \".");
		return NULL;
	}
	return json_incref((json_t *)value);
}

static const struct type t_identifier = {
    .name = "name",
    .kind = KIND_STR,
    .min = 1,
    .max = 63,
    .pattern = "[A-Za-z](-?[A-Za-z0-9])*",
    .canon = rds_lower,
};
static const struct type t_username = {
    .name = "name",
    .kind = KIND_STR,
    .min = 1,
    .max = 16,
    .pattern = "[A-Za-z][A-Za-z0-9_]*",
    .canon = canon_username,
};
static const struct type t_password = {.name = "text", .kind = KIND_STR, .min = 8, .max = 128, .canon = canon_password};
static const struct type t_group_name = {
    .name = "name",
    .kind = KIND_STR,
    .min = 1,
    .max = 255,
    .pattern = "[A-Za-z]([-.]?[A-Za-z0-9])*",
    .canon = rds_lower,
};
#define HH_MM "([01][0-9]|2[0-3]):[0-5][0-9]"
#define DAY "[A-Za-z][A-Za-z][A-Za-z]:"
static const struct type t_week_window = {
    .name = "weekly time",
    .kind = KIND_STR,
    .pattern = DAY HH_MM "-" DAY HH_MM,
    .canon = rds_lower,
};

/* ---- wishes ----------------------------------------------------------------------------------------------- */

/* The number in a field, -1 if it is not there or not known yet. */
static json_int_t number(const json_t *obj, const char *field)
{
	const json_t *v = json_object_get(obj, field);

	return json_is_integer(v) ? json_integer_value(v) : -1;
}

static bool is_kind(const json_t *obj, const char *kind)
{
	const char *own = val_str(obj, "storage_type");

	return own && !strncmp(own, kind, strlen(kind));
}

static int check_iops(const json_t *want, struct diag *d)
{
	json_int_t size = number(want, "storage");
	bool asks = json_object_get(want, "iops") || json_object_get(want, "throughput");

	if (is_kind(want, "gp3") && asks && size >= 0 && size < STRIPED)
		return diag_error(
		    d, ERR_INVALID,
		    "gp3 below %d GiB has 3000 IOPS and 125 MiB/s: AWS takes no other iops and throughput.", STRIPED);
	if (is_kind(want, "io") && !json_object_get(want, "iops"))
		return diag_error(d, ERR_INVALID, "Storage of type io1 and io2 needs iops.");
	if (!is_kind(want, "gp3") && json_object_get(want, "throughput"))
		return diag_error(d, ERR_INVALID, "Only storage of type gp3 has a throughput to ask for.");
	return 0;
}

static int check(const json_t *want, struct diag *d)
{
	json_int_t size = number(want, "storage"), most = number(want, "max_storage");
	int rc = check_iops(want, d);

	if (is_kind(want, "io") && size >= 0 && size < 100)
		rc = diag_error(d, ERR_INVALID, "Storage of type io1 and io2 begins at 100 GiB.");
	if (most >= 0 && size >= 0 && most * 10 < size * 11)
		rc = diag_error(d, ERR_INVALID, "max_storage must be at least a tenth more than storage.");
	if (json_is_true(json_object_get(want, "multi_az")) && json_object_get(want, "zone"))
		rc = diag_error(d, ERR_INVALID, "With multi_az AWS chooses the zones: leave out zone.");
	if (json_is_false(json_object_get(want, "encrypted")) && json_object_get(want, "kms_key"))
		rc = diag_error(d, ERR_INVALID, "kms_key needs encrypted.");
	return rc;
}

/* ---- differences that are none ---------------------------------------------------------------------------- */

/* "16" and "16.4" where 16.6 runs: AWS picks and raises the minor version, and never lowers it. */
static bool fulfils_version(const char *want, const char *have)
{
	size_t n = strlen(want);
	char *w, *h;
	long major = strtol(want, &w, 10), minor;

	if (!strncmp(want, have, n) && (!have[n] || have[n] == '.' || have[n] == '-'))
		return true;
	if (strtol(have, &h, 10) != major || *w != '.' || *h != '.')
		return false;
	minor = strtol(w + 1, &w, 10);
	return strtol(h + 1, &h, 10) > minor;
}

static void take_over(json_t *want, const json_t *have, const char *field)
{
	json_t *v = json_object_get(have, field);

	if (v)
		json_object_set(want, field, v);
	else
		json_object_del(want, field);
}

static void settle(json_t *want, const json_t *have)
{
	const char *version = val_str(want, "version"), *runs = val_str(have, "version");
	const char *group = val_str(have, "subnet_group"), *database = val_str(have, "db_name");

	if (version && runs && fulfils_version(version, runs))
		take_over(want, have, "version");
	/* It grew by itself, as it was told to; and storage never shrinks. */
	if (number(want, "max_storage") >= 0 && number(have, "storage") > number(want, "storage") &&
	    number(want, "storage") >= 0)
		take_over(want, have, "storage");
	/* The port is told with the address, which a new instance does not have yet. */
	if (!json_object_get(have, "endpoint"))
		take_over(want, have, "port");
	if (!json_object_get(want, "subnet_group") && group && !strcmp(group, "default"))
		take_over(want, have, "subnet_group");
	if (!json_object_get(want, "db_name") && database && !strcmp(database, "postgres"))
		take_over(want, have, "db_name");
}

/* ---- requests --------------------------------------------------------------------------------------------- */

static void put_default(json_t *params, const char *name, json_int_t value)
{
	if (!json_object_get(params, name))
		json_object_set_new(params, name, json_integer(value));
}

/* On a volume that has IOPS to ask for AWS wants size and IOPS whenever one of them changes. */
static void complete_storage(const json_t *obj, json_t *params)
{
	json_int_t size = number(obj, "storage"), iops = number(obj, "iops");

	if (!is_kind(obj, "io") && !(is_kind(obj, "gp3") && size >= STRIPED))
		return;
	if (is_kind(obj, "gp3") && iops < STRIPED_IOPS)
		iops = STRIPED_IOPS;
	put_default(params, "AllocatedStorage", size);
	if (iops >= 0)
		put_default(params, "Iops", iops);
}

static bool is_member(const json_t *list, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), v))
			return true;
	return false;
}

/* New: the members of a that b lacks. */
static json_t *without(const json_t *a, const json_t *b)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(a); i++)
		if (!is_member(b, json_array_get(a, i)))
			json_array_append(out, json_array_get(a, i));
	return out;
}

/* The update says what is new and what goes, in one request, and never what is to be. */
static void export_logs(const json_t *obj, json_t *params)
{
	const json_t *want = json_object_get(obj, "log_exports"), *live = json_object_get(obj, "exported");
	json_auto_t *on = without(want, live), *off = without(live, want);

	json_object_del(params, "CloudwatchLogsExportConfiguration");
	if (json_array_size(on))
		path_put(params, "CloudwatchLogsExportConfiguration.EnableLogTypes.member", json_incref(on));
	if (json_array_size(off))
		path_put(params, "CloudwatchLogsExportConfiguration.DisableLogTypes.member", json_incref(off));
}

static void build(const struct call *call, const json_t *obj, json_t *params)
{
	static const char *const storage[] = {"AllocatedStorage", "StorageType", "Iops", "StorageThroughput"};
	bool changes = false;

	if (strcmp(call->action, "ModifyDBInstance") != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(storage); i++)
		changes |= json_object_get(params, storage[i]) != NULL;
	if (changes)
		complete_storage(obj, params);
	if (json_object_get(params, "CloudwatchLogsExportConfiguration"))
		export_logs(obj, params);
	if (json_object_get(params, "EngineVersion"))
		json_object_set_new(params, "AllowMajorVersionUpgrade", json_true());
}

/* ---- table ------------------------------------------------------------------------------------------------ */

enum { MODIFY, SCALE_NO_MORE };

static const struct field fields[] = {
    FIELD("name", &t_identifier, REQUIRED | CREATE_ONLY | ID, .in = "DBInstanceIdentifier",
	  .doc = "Its name in the region, in small letters."),
    FIELD("engine", ONE_OF("postgres"), REQUIRED | CREATE_ONLY, .in = "Engine", .doc = "postgres."),
    FIELD("version", TEXT(1, 32, "[0-9]+(\\.[0-9]+)*([.-][A-Za-z0-9]+)*"), COMPUTED | RISES, .in = "EngineVersion",
	  .risk = RISK_DOWNTIME, .doc = "As 16, and AWS picks the minor version, or as 16.4. It only rises."),
    FIELD("class", TEXT(1, 64, "db\\.[a-z0-9][a-z0-9-]*\\.[a-z0-9-]+"), REQUIRED, .in = "DBInstanceClass",
	  .risk = RISK_DOWNTIME, .doc = "How much CPU and memory it has, as db.t4g.micro."),
    FIELD("storage", INT_RANGE(20, 65536), REQUIRED | RISES, .in = "AllocatedStorage",
	  .doc = "Disk in GiB. It grows by a tenth at least, once in six hours, and never shrinks."),
    FIELD("max_storage", INT_RANGE(20, 65536), 0, .in = "MaxAllocatedStorage", .by = MODIFY, .clear = SCALE_NO_MORE + 1,
	  .doc = "AWS may grow the disk by itself up to this size in GiB."),
    FIELD("storage_type", ONE_OF("gp3", "gp2", "io1", "io2", "standard"), 0, .in = "StorageType", .dflt = "\"gp3\"",
	  .doc = "Kind of disk."),
    FIELD("iops", INT_RANGE(1000, 256000), COMPUTED, .in = "Iops",
	  .doc = "I/O operations a second, for io1, io2, and gp3 from 400 GiB on."),
    FIELD("throughput", INT_RANGE(125, 4000), COMPUTED, .in = "StorageThroughput",
	  .doc = "MiB a second, for gp3 from 400 GiB on."),
    FIELD("encrypted", &t_bool, CREATE_ONLY, .in = "StorageEncrypted", .dflt = "false",
	  .doc = "Disk, backups and snapshots are encrypted."),
    FIELD("kms_key", &t_kms_key, COMPUTED | CREATE_ONLY, .in = "KmsKeyId",
	  .doc = "The key that encrypts them; AWS's own for RDS if not set."),
    FIELD("username", &t_username, REQUIRED | CREATE_ONLY, .in = "MasterUsername", .doc = "The user who may do all."),
    FIELD("password", &t_password, WRITE_ONLY | SENSITIVE, .in = "MasterUserPassword", .doc = "That user's password."),
    FIELD("db_name", TEXT(1, 63, "[A-Za-z][A-Za-z0-9_]*"), CREATE_ONLY, .in = "DBName",
	  .doc = "A database to begin with; the one named postgres is always there."),
    FIELD("port", INT_RANGE(1150, 65535), 0, .in = "Port", .mod = "DBPortNumber", .out = "Endpoint.Port",
	  .dflt = "5432", .risk = RISK_RESTART, .doc = "Where it listens."),
    FIELD("subnet_group", &t_subnet_group_name, CREATE_ONLY, .in = "DBSubnetGroupName",
	  .out = "DBSubnetGroup.DBSubnetGroupName", .doc = "The subnets it may lie in."),
    FIELD("security_groups", SET(REF("ec2.security_group", "id")), COMPUTED,
	  .in = "VpcSecurityGroupIds.VpcSecurityGroupId",
	  .out = "VpcSecurityGroups.VpcSecurityGroupMembership[].VpcSecurityGroupId", .doc = "Who may talk to it."),
    FIELD("public", &t_bool, 0, .in = "PubliclyAccessible", .dflt = "false", .doc = "It has a public address."),
    FIELD("backup_days", INT_RANGE(0, 35), 0, .in = "BackupRetentionPeriod", .dflt = "1",
	  .doc = "How long automatic backups are kept. To and from 0 stops the database for a moment."),
    FIELD("backup_window", TEXT(11, 11, HH_MM "-" HH_MM), COMPUTED, .in = "PreferredBackupWindow",
	  .doc = "Daily time in UTC, as 03:00-04:00."),
    FIELD("maintenance_window", &t_week_window, COMPUTED, .in = "PreferredMaintenanceWindow",
	  .doc = "Weekly time in UTC, as sun:05:00-sun:06:00."),
    FIELD("multi_az", &t_bool, 0, .in = "MultiAZ", .dflt = "false", .doc = "A standby waits in another zone."),
    FIELD("zone", &t_str, COMPUTED | CREATE_ONLY, .in = "AvailabilityZone", .doc = "Zone by name, as us-east-1a."),
    FIELD("deletion_protection", &t_bool, 0, .in = "DeletionProtection", .dflt = "false",
	  .doc = "AWS itself refuses to delete it."),
    FIELD("copy_tags", &t_bool, 0, .in = "CopyTagsToSnapshot", .dflt = "false", .doc = "Snapshots get its tags."),
    FIELD("auto_minor_upgrade", &t_bool, 0, .in = "AutoMinorVersionUpgrade", .dflt = "true",
	  .doc = "AWS raises the minor version in the maintenance window."),
    FIELD("parameter_group", &t_group_name, COMPUTED, .in = "DBParameterGroupName",
	  .out = "DBParameterGroups.DBParameterGroup[0].DBParameterGroupName",
	  .doc = "Settings of the server. Some come into force only when it is restarted by hand."),
    FIELD("log_exports", SET(ONE_OF("postgresql", "upgrade", "iam-db-auth-error")), 0,
	  .in = "EnableCloudwatchLogsExports.member", .out = "EnabledCloudwatchLogsExports.member",
	  .mod = "CloudwatchLogsExportConfiguration.EnableLogTypes.member", .dflt = "[]",
	  .doc = "Logs that go to CloudWatch Logs."),
    /* The same as it is live, for build(). */
    FIELD("exported", &t_strs, COMPUTED | VOLATILE | STATUS, .out = "EnabledCloudwatchLogsExports.member"),
    FIELD("iam_auth", &t_bool, 0, .in = "EnableIAMDatabaseAuthentication", .out = "IAMDatabaseAuthenticationEnabled",
	  .dflt = "false", .doc = "IAM identities may log in."),
    FIELD("performance_insights", &t_bool, 0, .in = "EnablePerformanceInsights", .out = "PerformanceInsightsEnabled",
	  .dflt = "false", .doc = "AWS keeps figures on its load, seven days for free."),
    FIELD("ca", &t_str, COMPUTED, .in = "CACertificateIdentifier", .risk = RISK_RESTART,
	  .doc = "Authority of its TLS certificate, as rds-ca-rsa2048-g1."),
    FIELD("endpoint", &t_str, COMPUTED, .out = "Endpoint.Address", .doc = "Host name to connect to."),
    FIELD("arn", &t_arn, COMPUTED, .out = "DBInstanceArn", .doc = "Amazon Resource Name."),
    FIELD("resource_id", &t_str, COMPUTED, .out = "DbiResourceId", .doc = "As db-ABCDEFGHIJKL, for IAM policies."),
    FIELD("status", &t_str, COMPUTED | VOLATILE | STATUS, .out = "DBInstanceStatus"),
    END,
};

/* ---- answers ---------------------------------------------------------------------------------------------- */

static const struct type *type_of(const char *name)
{
	for (const struct field *f = fields; f->name; f++)
		if (!strcmp(f->name, name))
			return f->type;
	BUG("rds.instance has no field %s", name);
}

/* What is promised is as good as done: RDS shows the old value until it is. */
static void overlay(json_t *have, const json_t *pending)
{
	static const char *const shown[][2] = {
	    {"DBInstanceClass", "class"},
	    {"AllocatedStorage", "storage"},
	    {"StorageType", "storage_type"},
	    {"Iops", "iops"},
	    {"StorageThroughput", "throughput"},
	    {"EngineVersion", "version"},
	    {"Port", "port"},
	    {"BackupRetentionPeriod", "backup_days"},
	    {"MultiAZ", "multi_az"},
	    {"CACertificateIdentifier", "ca"},
	    {"DBSubnetGroupName", "subnet_group"},
	    {"IAMDatabaseAuthenticationEnabled", "iam_auth"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		const json_t *v = json_object_get(pending, shown[i][0]);
		struct diag ignored = {0};
		json_t *canon = v ? type_canon(type_of(shown[i][1]), v, shown[i][1], &ignored) : NULL;

		if (canon)
			json_object_set_new(have, shown[i][1], canon);
		diag_release(&ignored);
	}
}

static void overlay_logs(json_t *have, const json_t *row)
{
	json_auto_t *on =
	    path_row_get(row, "PendingModifiedValues.PendingCloudwatchLogsExports.LogTypesToEnable.member[]");
	json_auto_t *off =
	    path_row_get(row, "PendingModifiedValues.PendingCloudwatchLogsExports.LogTypesToDisable.member[]");
	json_auto_t *logs = json_copy(json_object_get(have, "log_exports"));
	json_t *kept = json_array();

	if (logs && on)
		json_array_extend(logs, on);
	for (size_t i = 0; i < json_array_size(logs ? logs : on); i++) {
		json_t *v = json_array_get(logs ? logs : on, i);

		if (!is_member(off, v) && !is_member(kept, v))
			json_array_append(kept, v);
	}
	json_object_set_new(have, "log_exports", val_sorted_set(kept));
	json_object_set(have, "exported", json_object_get(have, "log_exports"));
	json_decref(kept);
}

/* Groups that are on their way out are not its groups any more. */
static void drop_leaving_groups(json_t *have, const json_t *row)
{
	json_auto_t *members = path_row_get(row, "VpcSecurityGroups.VpcSecurityGroupMembership[]");
	json_t *groups = json_object_get(have, "security_groups");

	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i);
		const char *status = val_str(member, "Status");

		for (size_t k = 0; status && !strcmp(status, "removing") && k < json_array_size(groups); k++)
			if (json_equal(json_array_get(groups, k), json_object_get(member, "VpcSecurityGroupId")))
				json_array_remove(groups, k--);
	}
}

static bool all_are(const json_t *row, const char *path, const char *word, bool expected)
{
	json_auto_t *values = path_row_get(row, path);

	for (size_t i = 0; i < json_array_size(values); i++) {
		const char *s = json_string_value(json_array_get(values, i));

		if (s && !strcmp(s, word) != expected)
			return false;
	}
	return true;
}

/*
 * `available` alone says little: for a while after a change it still stands, with the change promised only, and a new
 * instance may have no address yet.
 */
static bool is_settled(const json_t *have, const json_t *row, const json_t *pending)
{
	return !json_object_size(pending) && json_object_get(have, "endpoint") &&
	       all_are(row, "VpcSecurityGroups.VpcSecurityGroupMembership[].Status", "active", true) &&
	       all_are(row, "DBParameterGroups.DBParameterGroup[].ParameterApplyStatus", "applying", false);
}

static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	json_auto_t *pending = path_row_get(row, "PendingModifiedValues");
	const char *status = val_str(have, "status");
	json_int_t most = number(have, "max_storage");

	(void)want;
	if (status && (!strcmp(status, "available") || !strcmp(status, "storage-optimization")) &&
	    !is_settled(have, row, pending))
		json_object_set_new(have, "status", json_string("applying-changes"));
	overlay(have, pending);
	overlay_logs(have, row);
	drop_leaving_groups(have, row);
	/* No room to grow: that is how growing is switched off. */
	if (most >= 0 && most == number(have, "storage"))
		json_object_del(have, "max_storage");
}

#define THIS_INSTANCE "DBInstanceIdentifier={name}"
/* IAM judges it also by the groups that it names; the default ones have names of AWS. */
#define WITH_GROUPS                                                                       \
	". rds:{@region}:{@account}:subgrp:{subnet_group} rds:{@region}:{@account}:pg:* " \
	"rds:{@region}:{@account}:og:*"
#define FINAL_SNAPSHOT "rds:{@region}:{@account}:snapshot:{name}-final-*"

/* Otherwise much would wait for the maintenance window. */
#define AT_ONCE "ApplyImmediately:=true"

const struct rtype rds_instance = {
    .name = "rds.instance",
    .doc = "A PostgreSQL server.",
    .svc = &svc_rds,
    .fields = fields,
    .key = WORDS("name"),
    .create = {CALL("CreateDBInstance", .body = "DBInstance", .on = WITH_GROUPS)},
    .read = CALL("DescribeDBInstances", .rows = "DBInstances.DBInstance[]", .fixed = WORDS(THIS_INSTANCE)),
    .list = CALL("DescribeDBInstances", .rows = "DBInstances.DBInstance[]", .flags = CALL_PAGED,
		 .on = "rds:{@region}:{@account}:db:*"),
    .update =
	{
	    [MODIFY] = CALL("ModifyDBInstance", .body = "DBInstance", .fixed = WORDS(THIS_INSTANCE, AT_ONCE),
			    .flags = CALL_LAGS, .on = WITH_GROUPS),
	    [SCALE_NO_MORE] = CALL("ModifyDBInstance", .body = "DBInstance",
				   .fixed = WORDS(THIS_INSTANCE, "MaxAllocatedStorage={storage}", AT_ONCE),
				   .flags = CALL_FIXED_ONLY, .on = WITH_GROUPS),
	},
    .del =
	{
	    /* The final snapshot is to be found by berth's tags. */
	    CALL("ModifyDBInstance", .fixed = WORDS(THIS_INSTANCE, "CopyTagsToSnapshot:=true", AT_ONCE),
		 .when = "!copy_tags"),
	    CALL("ModifyDBInstance", .fixed = WORDS(THIS_INSTANCE, "DeletionProtection:=false", AT_ONCE),
		 .when = "deletion_protection"),
	    CALL("DeleteDBInstance", .fixed = WORDS(THIS_INSTANCE, "SkipFinalSnapshot:=false",
						    "FinalDBSnapshotIdentifier={name}-final-{@now}")),
	},
    .tag_id = "arn",
    .arn = "rds:{@region}:{@account}:db:{name}",
    .grants = GRANTS(
	GRANT("rds:CreateDBSnapshot", .on = ". " FINAL_SNAPSHOT), GRANT("rds:AddTagsToResource", .on = FINAL_SNAPSHOT),
	GRANT("ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeSecurityGroups ec2:DescribeAvailabilityZones "
	      "ec2:DescribeInternetGateways ec2:DescribeVpcAttribute ec2:DescribeAccountAttributes",
	      .on = "*"),
	GRANT("iam:CreateServiceLinkedRole",
	      .on = "iam::{@account}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
	      .under = "StringEquals iam:AWSServiceName rds.amazonaws.com")),
    .ready = WAIT(.field = "status", .ok = WORDS("available", "storage-optimization"),
		  .bad = WORDS("failed", "deleting", "deleted", "insufficient-capacity", "incompatible-create",
			       "incompatible-credentials", "incompatible-network", "incompatible-option-group",
			       "incompatible-parameters", "incompatible-restore", "restore-error",
			       "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable",
			       "unsupported-configuration"),
		  .every = 15000, .limit = 4800, .twice = 2),
    .gone = WAIT(.field = "status", .every = 15000, .limit = 3600),
    .holders = {&rds_own_status},
    .stuck = {&rds_stopped, &rds_broken},
    .proof = &rds_final_snapshot,
    .loss = &rds_loss,
    .absent = WORDS("DBInstanceNotFound"),
    .busy = WORDS("InvalidDBInstanceState"),
    .clash = WORDS("DBInstanceAlreadyExists"),
    .fulfilled = WORDS("InvalidParameterCombination~no modifications were requested"),
    .retry = WORDS("InvalidParameterValue~invalid security group", "InvalidParameterValue~wait and try again",
		   "InvalidParameterCombination~cannot delete protected"),
    .flags = TAGGED | DATA,
    .expect = {600, 600, 400},
    .hooks = &(const struct hooks){.check = check, .settle = settle, .build = build, .absorb = absorb},
};

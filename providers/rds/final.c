/* What is left of a database that is deleted, and what is lost with one: the final snapshot, in words. */
#include "base/path.h"
#include "providers/rds/rds.h"

#include <stdlib.h>
#include <string.h>

/* What a GiB of a snapshot costs a month in most regions, in US cents; only the blocks that hold data are billed. */
#define CENTS_PER_GIB 10

static char *text_at(const json_t *row, const char *path)
{
	json_auto_t *v = path_row_get(row, path);

	return json_is_string(v) ? xstrdup(json_string_value(v)) : xstrdup("");
}

/* Numbers of XML answers are texts. */
static long long number_at(const json_t *row, const char *path)
{
	json_auto_t *v = path_row_get(row, path);

	return json_is_integer(v)  ? (long long)json_integer_value(v)
	       : json_is_string(v) ? strtoll(json_string_value(v), NULL, 10)
				   : 0;
}

static bool equals(const json_t *row, const char *path, const char *expected)
{
	char *have CLEANUP(freep) = text_at(row, path);

	return expected && !strcmp(have, expected);
}

/* A final snapshot of this very instance: another one of its name had another resource id. */
static bool is_final(const json_t *row, const json_t *obj)
{
	char *id CLEANUP(freep) = text_at(row, "DBSnapshotIdentifier");
	char *begin CLEANUP(freep) = xasprintf("%s-final-", val_str(obj, "name"));

	return !strncmp(id, begin, strlen(begin)) && equals(row, "DBInstanceIdentifier", val_str(obj, "name")) &&
	       equals(row, "Engine", val_str(obj, "engine")) &&
	       equals(row, "DbiResourceId", val_str(obj, "resource_id"));
}

/* By its name, which ends with the time: one that is being made has no other. */
static const json_t *newest(const json_t *rows, const json_t *obj)
{
	const json_t *best = NULL;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		char *id CLEANUP(freep) = text_at(row, "DBSnapshotIdentifier");
		char *last CLEANUP(freep) = best ? text_at(best, "DBSnapshotIdentifier") : NULL;

		if (is_final(row, obj) && (!last || strcmp(id, last) > 0))
			best = row;
	}
	return best;
}

static char *usable(const json_t *row, const json_t *obj)
{
	char *id CLEANUP(freep) = text_at(row, "DBSnapshotIdentifier"),
		 *arn CLEANUP(freep) = text_at(row, "DBSnapshotArn");
	char *version CLEANUP(freep) = text_at(row, "EngineVersion");
	const char *region = strstr(arn, ":rds:");
	size_t n = region ? strcspn(region + 5, ":") : 0;
	long long size = number_at(row, "AllocatedStorage");

	return xasprintf(
	    "final snapshot %s is available (%s %s, %lld GiB; at most about %lld.%02lld USD a month until it is "
	    "deleted). To get the database back: aws rds restore-db-instance-from-db-snapshot%s%.*s "
	    "--db-instance-identifier %s --db-snapshot-identifier %s",
	    id, val_str(obj, "engine"), version, size, size * CENTS_PER_GIB / 100, size * CENTS_PER_GIB % 100,
	    n ? " --region " : "", (int)n, n ? region + 5 : "", val_str(obj, "name"), id);
}

static enum verdict judge(const json_t *rows, const json_t *obj, char **ret_text)
{
	const json_t *row = newest(rows, obj);
	char *id CLEANUP(freep) = row ? text_at(row, "DBSnapshotIdentifier") : NULL;
	char *status CLEANUP(freep) = row ? text_at(row, "Status") : NULL;

	if (!row) {
		*ret_text = xstrdup("its final snapshot is not to be seen");
		return PROOF_NONE;
	}
	if (!strcmp(status, "available")) {
		*ret_text = usable(row, obj);
		return PROOF_GOOD;
	}
	*ret_text = xasprintf("its final snapshot %s is %s", id, status);
	return !strcmp(status, "creating") ? PROOF_PENDING : PROOF_BAD;
}

#define SNAPSHOTS "DBSnapshots.DBSnapshot[]"

const struct proof rds_final_snapshot = {
    .list = CALL("DescribeDBSnapshots", .rows = SNAPSHOTS,
		 .fixed = WORDS("DBInstanceIdentifier={name}", "SnapshotType=manual"), .flags = CALL_PAGED),
    .judge = judge,
    .every = 15000,
    .limit = 3600,
};

/* ---- before -------------------------------------------------------------------------------------------------- */

static char *tell(const json_t *rows, const json_t *obj)
{
	const json_t *row = json_array_get(rows, 0);
	char *class CLEANUP(freep) = row ? text_at(row, "DBInstanceClass") : NULL;
	char *status CLEANUP(freep) = row ? text_at(row, "DBInstanceStatus") : NULL;
	char *last CLEANUP(freep) = row ? text_at(row, "LatestRestorableTime") : NULL;
	char *version CLEANUP(freep) = row ? text_at(row, "EngineVersion") : NULL;

	if (!row)
		return NULL;
	return xasprintf("%s %s on %s, %lld GiB, %s%s%s%s; a final snapshot is taken first", val_str(obj, "engine"),
			 version, class, number_at(row, "AllocatedStorage"), status,
			 equals(row, "DeletionProtection", "true") ? ", protected from deletion" : ", NOT protected",
			 *last ? ", last backup " : ", no backup yet", last);
}

const struct loss rds_loss = {
    .list =
	CALL("DescribeDBInstances", .rows = "DBInstances.DBInstance[]", .fixed = WORDS("DBInstanceIdentifier={name}")),
    .tell = tell,
};

/* ---- while it lasts ------------------------------------------------------------------------------------------ */

static char *name_status(const json_t *row, const json_t *obj)
{
	char *status CLEANUP(freep) = text_at(row, "DBInstanceStatus");

	(void)obj;
	return strcmp(status, "available") != 0 ? xasprintf("its own status, %s", status) : NULL;
}

/* An instance that is changing takes no delete: the wait says what it does. */
const struct holders rds_own_status = {
    .list =
	CALL("DescribeDBInstances", .rows = "DBInstances.DBInstance[]", .fixed = WORDS("DBInstanceIdentifier={name}")),
    .name = name_status,
    .after = 3,
};

const struct stuck rds_stopped = {
    .field = "status",
    .words = WORDS("stopped", "stopping"),
    .changes = true,
    .hint = "AWS changes, and takes the final snapshot of, a running instance only. Start it (aws rds "
	    "start-db-instance --db-instance-identifier {name}), wait until it is available, and run this again.",
};

const struct stuck rds_broken = {
    .field = "status",
    .words = WORDS("failed", "incompatible-create", "incompatible-credentials", "incompatible-network",
		   "incompatible-option-group", "incompatible-parameters", "incompatible-restore", "restore-error",
		   "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable",
		   "insufficient-capacity", "storage-full", "unsupported-configuration"),
    .hint = "AWS takes no final snapshot of an instance in that state, and berth deletes none without. Mend it first "
	    "(the events in the console of RDS say what is the matter), or, if its data may be lost, delete it by "
	    "hand: aws rds delete-db-instance --db-instance-identifier {name} --skip-final-snapshot",
};

/* logs.group - a log group of CloudWatch Logs */
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "providers/service.h"

#include <string.h>

static json_t *canon_name(const json_t *value, struct diag *d)
{
	if (strncmp(json_string_value(value), "aws/", 4) != 0)
		return json_incref((json_t *)value);
	diag_error(d, ERR_INVALID, "Names that begin with aws/ are AWS's own.");
	return NULL;
}

static const struct type t_name = {
    .name = "name",
    .kind = KIND_STR,
    .min = 1,
    .max = 512,
    .pattern = "[-._/#A-Za-z0-9]+",
    .canon = canon_name,
};

/* AWS takes only these. */
static json_t *canon_days(const json_t *value, struct diag *d)
{
	static const json_int_t allowed[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
					     365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
	json_int_t days = json_integer_value(value), below = allowed[0];

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		if (allowed[i] == days)
			return json_incref((json_t *)value);
		below = allowed[i] < days ? allowed[i] : below;
	}
	diag_error(
	    d, ERR_INVALID,
	    "AWS keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, "
	    "2557, 2922, 3288 or 3653 days, and not for %" JSON_INTEGER_FORMAT ".",
	    days);
	diag_hint(d, "Did you mean %" JSON_INTEGER_FORMAT "?", below);
	return NULL;
}

static const struct type t_days = {.name = "days", .kind = KIND_INT, .min = 1, .max = 3653, .canon = canon_days};

enum { RETAIN, RETAIN_FOREVER, ENCRYPT, DECRYPT };

#define THIS_GROUP WORDS("logGroupName={name}")

static const struct field fields[] = {
    FIELD("name", &t_name, REQUIRED | CREATE_ONLY | ID, .in = "logGroupName", .doc = "Its name, often like a path."),
    FIELD("retention_days", &t_days, NOT_ON_CREATE, .in = "retentionInDays", .by = RETAIN, .clear = RETAIN_FOREVER + 1,
	  .doc = "How long events are kept; for ever if not set."),
    FIELD("class", ONE_OF("STANDARD", "INFREQUENT_ACCESS", "DELIVERY"), CREATE_ONLY, .in = "logGroupClass",
	  .dflt = "\"STANDARD\"", .doc = "INFREQUENT_ACCESS is cheaper, but has no live tail and no metric filters."),
    FIELD("kms_key", &t_arn, 0, .in = "kmsKeyId", .by = ENCRYPT, .clear = DECRYPT + 1,
	  .doc = "ARN of a key of your own; AWS encrypts with its own if not set."),
    /* AWS shows two: this is the one without ":*" at its end, which tags and most others want. */
    FIELD("arn", &t_arn, COMPUTED, .out = "logGroupArn", .doc = "Amazon Resource Name, without \":*\" at its end."),
    END,
};

static char *tell(const json_t *rows, const json_t *obj)
{
	const char *name = val_str(obj, "name");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_auto_t *own = path_row_get(json_array_get(rows, i), "logGroupName");
		json_auto_t *bytes = path_row_get(json_array_get(rows, i), "storedBytes");

		if (json_is_string(own) && name && !strcmp(json_string_value(own), name))
			return xasprintf("%.1f MB of log lines", json_number_value(bytes) / 1e6);
	}
	return NULL;
}

const struct rtype logs_group = {
    .name = "logs.group",
    .doc = "A log group of CloudWatch Logs.",
    .svc = &svc_logs,
    .fields = fields,
    .key = WORDS("name"),
    .create = {CALL("CreateLogGroup")},
    /* A prefix names others too, but the one that is meant comes first. */
    .read = CALL("DescribeLogGroups", .rows = "logGroups[]", .fixed = WORDS("logGroupNamePrefix={name}"), .on = "*"),
    .list = CALL("DescribeLogGroups", .rows = "logGroups[]", .flags = CALL_PAGED),
    .update =
	{
	    [RETAIN] = CALL("PutRetentionPolicy", .fixed = THIS_GROUP, .flags = CALL_ONE_FIELD),
	    [RETAIN_FOREVER] = CALL("DeleteRetentionPolicy", .fixed = THIS_GROUP, .flags = CALL_FIXED_ONLY),
	    [ENCRYPT] = CALL("AssociateKmsKey", .fixed = THIS_GROUP, .flags = CALL_ONE_FIELD),
	    [DECRYPT] = CALL("DisassociateKmsKey", .fixed = THIS_GROUP, .flags = CALL_FIXED_ONLY),
	},
    .del = {CALL("DeleteLogGroup", .fixed = THIS_GROUP)},
    .tag_id = "arn",
    .arn = "logs:{@region}:{@account}:log-group:{name}",
    /* Calls for tags go by the first, most others by the second. */
    .iam = "logs:{@region}:{@account}:log-group:{name} logs:{@region}:{@account}:log-group:{name}:*",
    .ready = WAIT(.every = 2000, .limit = 300),
    .gone = WAIT(.every = 2000, .limit = 300),
    .loss = LOSS(.list = CALL("DescribeLogGroups", .rows = "logGroups[]", .fixed = WORDS("logGroupNamePrefix={name}")),
		 .tell = tell),
    .absent = WORDS("ResourceNotFoundException"),
    .clash = WORDS("ResourceAlreadyExistsException"),
    .flags = TAGGED | INVENTORY_TAGS | LOOSE,
    .expect = {2, 1, 2},
};

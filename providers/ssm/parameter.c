/* ssm.parameter - a setting or secret in the Parameter Store */
#include "base/err.h"
#include "base/mem.h"
#include "providers/kms.h"
#include "providers/service.h"

#include <string.h>
#include <strings.h>

#define LEVELS_MAX 15

static bool is_reserved(const char *name)
{
	name += *name == '/';
	return !strncasecmp(name, "aws", 3) || !strncasecmp(name, "ssm", 3);
}

static json_t *canon_name(const json_t *value, struct diag *d)
{
	const char *s = json_string_value(value), *wrong = NULL;
	size_t n = strlen(s), slashes = 0;

	for (const char *c = s; *c; c++)
		slashes += *c == '/';
	if (is_reserved(s))
		wrong = "names that begin with aws or ssm are AWS's own";
	else if (slashes && s[0] != '/')
		wrong = "a path begins with /";
	else if (strstr(s, "//") || s[n - 1] == '/')
		wrong = "each / has a name behind it";
	else if (slashes > LEVELS_MAX)
		wrong = "a path has 15 levels at most";
	if (!wrong)
		return json_incref((json_t *)value);
	diag_error(d, ERR_INVALID, "It cannot be \"%s\": %s.", s, wrong);
	return NULL;
}

static const struct type t_name = {
    .name = "name",
    .kind = KIND_STR,
    .min = 1,
    .max = 1011,
    .pattern = "[a-zA-Z0-9_./-]+",
    .canon = canon_name,
};

/* The messages must not show the value. */
static json_t *canon_value(const json_t *value, struct diag *d)
{
	if (!strstr(json_string_value(value), "{{"))
		return json_incref((json_t *)value);
	diag_error(d, ERR_INVALID, "AWS takes no value with {{ in it.");
	return NULL;
}

static const struct type t_value = {.name = "text", .kind = KIND_STR, .min = 1, .max = 8192, .canon = canon_value};

static int check(const json_t *want, struct diag *d)
{
	const json_t *value = json_object_get(want, "value");
	const char *tier = val_str(want, "tier"), *type = val_str(want, "type");
	int rc = 0;

	if (tier && !strcmp(tier, "Standard") && json_string_length(value) > 4096)
		rc = diag_error(d, ERR_INVALID,
				"The value has %zu bytes, and the Standard tier takes 4096: choose tier Advanced.",
				json_string_length(value));
	if (type && strcmp(type, "SecureString") != 0 && json_object_get(want, "key"))
		rc = diag_error(d, ERR_INVALID, "Only a SecureString is encrypted with a key.");
	return rc;
}

/* Intelligent-Tiering is a wish only: what is shown is the tier that AWS chose by it. */
static void settle(json_t *want, const json_t *have)
{
	const char *tier = val_str(want, "tier");
	json_t *chosen = json_object_get(have, "tier");

	if (tier && chosen && !strcmp(tier, "Intelligent-Tiering"))
		json_object_set(want, "tier", chosen);
}

static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	const char *description = val_str(have, "description");

	(void)row;
	(void)want;
	if (description && !*description)
		json_object_del(have, "description");
}

#define BY_NAME "ParameterFilters[0].Key=Name", "ParameterFilters[0].Option=Equals"
#define OURS                                                                                            \
	"ParameterFilters:=[{\"Key\":\"tag:berth:app\",\"Option\":\"Equals\",\"Values\":[\"{@app}\"]}," \
	"{\"Key\":\"tag:berth:env\",\"Option\":\"Equals\",\"Values\":[\"{@env}\"]}]"

static const struct field fields[] = {
    FIELD("name", &t_name, REQUIRED | CREATE_ONLY | ID, .in = "Name", .doc = "Its name in the region, often a path."),
    FIELD("type", ONE_OF("SecureString", "String", "StringList"), CREATE_ONLY, .in = "Type", .dflt = "\"SecureString\"",
	  .doc = "SecureString is encrypted."),
    FIELD("value", &t_value, REQUIRED | WRITE_ONLY | SENSITIVE, .in = "Value", .doc = "What it holds."),
    FIELD("description", TEXT(1, 1024, NULL), 0, .in = "Description", .null_text = "", .doc = "What it is for."),
    FIELD("tier", ONE_OF("Standard", "Advanced", "Intelligent-Tiering"), 0, .in = "Tier", .dflt = "\"Standard\"",
	  .doc = "Standard is free and takes 4096 bytes; Advanced costs and takes 8192, and there is no way back."),
    FIELD("key", &t_kms_key, COMPUTED, .in = "KeyId", .doc = "The key of a SecureString; AWS's own if not set."),
    FIELD("version", &t_int, COMPUTED | VOLATILE, .out = "Version", .doc = "How often it was written."),
    FIELD("modified", &t_num, COMPUTED | VOLATILE, .out = "LastModifiedDate", .doc = "When it was written last."),
    FIELD("arn", &t_arn, COMPUTED, .out = "ARN", .doc = "Amazon Resource Name."),
    END,
};

/*
 * Every write makes a new version and needs the whole value again. Tags go with the create only: with Overwrite AWS
 * refuses them.
 */
const struct rtype ssm_parameter = {
    .name = "ssm.parameter",
    .doc = "A setting or secret in the Parameter Store.",
    .svc = &svc_ssm,
    .fields = fields,
    .key = WORDS("name"),
    .create = {CALL("PutParameter")},
    .read = CALL("DescribeParameters", .rows = "Parameters[]",
		 .fixed = WORDS(BY_NAME, "ParameterFilters[0].Values[]={name}"), .batch = 50, .page = 50,
		 .flags = CALL_PAGED, .on = "*"),
    .list = CALL("DescribeParameters", .rows = "Parameters[]", .fixed = WORDS(OURS), .page = 50, .flags = CALL_PAGED),
    .find = CALL("DescribeParameters", .rows = "Parameters[]",
		 .fixed = WORDS(BY_NAME, "ParameterFilters[0].Values[]={name}"), .batch = 50, .page = 50,
		 .flags = CALL_PAGED),
    .update = {CALL("PutParameter", .fixed = WORDS("Name={name}", "Overwrite:=true"), .flags = CALL_WHOLE | CALL_LAGS)},
    .del = {CALL("DeleteParameter", .fixed = WORDS("Name={name}"))},
    .reveal = CALL("GetParameter", .body = "Parameter.Value", .fixed = WORDS("Name={name}", "WithDecryption:=true")),
    .tag_type = "Parameter",
    .tag_id = "name",
    .iam = "ssm:{@region}:{@account}:parameter/{name}",
    .grants = GRANTS(GRANT("kms:Encrypt kms:GenerateDataKey kms:Decrypt", .on = "{key}", .when = "key")),
    .stamp = "version modified",
    .ready = WAIT(.every = 2000, .limit = 300),
    .gone = WAIT(.every = 2000, .limit = 300),
    .absent = WORDS("ParameterNotFound"),
    .clash = WORDS("ParameterAlreadyExists"),
    .flags = TAGGED | DATA | INVENTORY_TAGS,
    .expect = {2, 2, 2},
    .hooks = &(const struct hooks){.check = check, .settle = settle, .absorb = absorb},
};

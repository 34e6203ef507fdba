/* ecr.repository - where the app's images lie */
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "providers/kms.h"
#include "providers/service.h"

#include <string.h>

/* Tags that may move although the others may not: on the wire each is a filter with a kind, of which there is one. */
static json_t *encode_filter(const json_t *value)
{
	return json_pack("{s:s, s:O}", "filterType", "WILDCARD", "filter", value);
}

static json_t *decode_filter(const json_t *wire)
{
	json_t *filter = json_object_get(wire, "filter");

	return json_incref(filter ? filter : (json_t *)wire);
}

static const struct type t_tag_filter = {
    .name = "text",
    .kind = KIND_STR,
    .min = 1,
    .max = 128,
    .pattern = "[0-9a-zA-Z._*-]+",
    .encode = encode_filter,
    .decode = decode_filter,
};

static int check(const json_t *want, struct diag *d)
{
	const json_t *exclusions = json_object_get(want, "exclusions");
	const char *mutability = val_str(want, "mutability"), *encryption = val_str(want, "encryption");
	size_t n = json_array_size(exclusions);
	bool with = mutability && strstr(mutability, "_WITH_EXCLUSION") != NULL;
	int rc = 0;

	if (mutability && !val_has_special(exclusions) && (with != (n > 0) || n > 5))
		rc = diag_error(d, ERR_INVALID,
				"One to five exclusions belong to a mutability that ends in _WITH_EXCLUSION, and to no "
				"other.");
	if (encryption && !strcmp(encryption, "AES256") && json_object_get(want, "kms_key"))
		rc = diag_error(d, ERR_INVALID, "kms_key needs encryption KMS or KMS_DSSE.");
	return rc;
}

enum { MUTABILITY, SCANNING };

static const struct field fields[] = {
    FIELD("name", TEXT(2, 256, "([a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*/)*[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*"),
	  REQUIRED | CREATE_ONLY | ID, .in = "repositoryName", .doc = "Its name in the registry, in small letters."),
    FIELD("mutability", ONE_OF("MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"), 0,
	  .in = "imageTagMutability", .dflt = "\"MUTABLE\"", .by = MUTABILITY,
	  .doc = "Whether a tag may be given to another image later."),
    FIELD("exclusions", SET(&t_tag_filter), 0, .in = "imageTagMutabilityExclusionFilters", .by = MUTABILITY,
	  .doc = "Tags, with * for any text, that behave the other way."),
    FIELD("scan_on_push", &t_bool, 0, .in = "imageScanningConfiguration.scanOnPush", .dflt = "false", .by = SCANNING,
	  .doc = "Images are searched for known weaknesses when they come. A registry-wide setting overrules it."),
    FIELD("encryption", ONE_OF("AES256", "KMS", "KMS_DSSE"), CREATE_ONLY,
	  .in = "encryptionConfiguration.encryptionType", .dflt = "\"AES256\"",
	  .doc = "How images are encrypted at rest."),
    FIELD("kms_key", &t_kms_key, COMPUTED | CREATE_ONLY, .in = "encryptionConfiguration.kmsKey",
	  .doc = "The key for KMS; AWS's own if not set."),
    FIELD("uri", &t_str, COMPUTED, .out = "repositoryUri", .doc = "What image names begin with."),
    FIELD("arn", &t_arn, COMPUTED, .out = "repositoryArn", .doc = "Amazon Resource Name."),
    END,
};

static char *tell(const json_t *rows, const json_t *obj)
{
	size_t n = json_array_size(rows);
	double bytes = 0;

	(void)obj;
	for (size_t i = 0; i < n; i++) {
		json_auto_t *size = path_row_get(json_array_get(rows, i), "imageSizeInBytes");

		bytes += json_number_value(size);
	}
	return n ? xasprintf("%zu image%s, %.0f MB in all", n, n == 1 ? "" : "s", bytes / 1e6) : xstrdup("no images");
}

/* `force` deletes the images too: the engine comes to that call only when it was told twice. */
const struct rtype ecr_repository = {
    .name = "ecr.repository",
    .doc = "Where the app's images lie.",
    .svc = &svc_ecr,
    .fields = fields,
    .key = WORDS("name"),
    .create = {CALL("CreateRepository", .body = "repository")},
    .read = CALL("DescribeRepositories", .rows = "repositories[]", .fixed = WORDS("repositoryNames[0]={name}")),
    .list = CALL("DescribeRepositories", .rows = "repositories[]", .flags = CALL_PAGED,
		 .on = "ecr:{@region}:{@account}:repository/*"),
    .update =
	{
	    [MUTABILITY] = CALL("PutImageTagMutability", .fixed = WORDS("repositoryName={name}"), .flags = CALL_WHOLE),
	    [SCANNING] =
		CALL("PutImageScanningConfiguration", .fixed = WORDS("repositoryName={name}"), .flags = CALL_WHOLE),
	},
    .del = {CALL("DeleteRepository", .fixed = WORDS("repositoryName={name}", "force:=true"))},
    .tag_id = "arn",
    .arn = "ecr:{@region}:{@account}:repository/{name}",
    .ready = WAIT(.every = 2000, .limit = 300),
    .gone = WAIT(.every = 2000, .limit = 300),
    .loss = LOSS(.list = CALL("DescribeImages", .rows = "imageDetails[]", .fixed = WORDS("repositoryName={name}"),
			      .flags = CALL_PAGED),
		 .tell = tell),
    .absent = WORDS("RepositoryNotFoundException"),
    .clash = WORDS("RepositoryAlreadyExistsException"),
    .flags = TAGGED | DATA | INVENTORY_TAGS,
    .expect = {2, 1, 5},
    .hooks = &(const struct hooks){.check = check},
};

/* registry - an ECR repository: scanned on push, old images dropped. */
#include "spec/section.h"

static const struct shape s_keep = {.what = "a number of images (1 to 1000)", .kind = SHAPE_INT, .min = 1, .max = 1000};

static const struct key keys[] = {
    {"keep", &s_keep, 0, "20", "How many images are kept; older ones are dropped within a day."},
    {"immutable", &s_bool, 0, "false", "A tag once pushed never names another image."},
    {.name = NULL},
};

const struct shape registry_shape = {.what = "registry", .kind = SHAPE_OBJ, .keys = keys};

static void expand(struct expand *x)
{
	struct at registry = at_key(x->file, "registry");
	int keep = (int)at_int(registry, "keep");

	if (!has_section(x->file, "registry"))
		return;
	expand_section(x, registry, "registry");
	expand_add(x, "ecr.repository.main", "{s:s,s:s,s:b}", "name", x->spec->prefix, "mutability",
		   at_bool(registry, "immutable") ? "IMMUTABLE" : "MUTABLE", "scan_on_push", 1);
	/* ECR takes no policy of less than 100 characters; the description makes it long enough. */
	expand_add(x, "ecr.lifecycle_policy.main", "{s:o,s:{s:[{s:i,s:s,s:{s:s,s:s,s:i},s:{s:s}}]}}", "repository",
		   ref_to("ecr.repository.main.name"), "policy", "rules", "rulePriority", 1, "description",
		   expand_text(x, "Keep the newest %d images", keep), "selection", "tagStatus", "any", "countType",
		   "imageCountMoreThan", "countNumber", keep, "action", "type", "expire");
	expand_output(x, "registry", ref_to("ecr.repository.main.uri"));
}

static const struct section_ref refs[] = {
    {"url", "ecr.repository.main.uri"},
    {"name", "ecr.repository.main.name"},
    {"arn", "ecr.repository.main.arn"},
    {.key = NULL},
};

const struct section section_registry = {.name = "registry", .expand = expand, .refs = refs};

/*
 * ref - ${references} in texts.
 *
 * ${ec2.vpc.main.id} is a field of a resource, ${aws.region} a fact about where
 * we are, ${database.host} and ${services.web.name} stand for fields of what a
 * section makes; $${ is a literal ${.
 */
#pragma once

#include "spec/expand.h"

/*
 * Replaces the text at `at` by what it means: {"$ref": …} if it is one reference and nothing else, {"$join": …} if it
 * holds some, plain text if none. Appends what is wrong; uses are noted for refs_check().
 */
void ref_convert(struct expand *x, struct at at);
/* Does all that was referred to exist? Marks what is reported in x->bad. */
void refs_check(struct expand *x);
/*
 * "ec2.vpc.main.id" taken apart: the type, the address (new) and the path behind it. False if it is no reference to a
 * resource.
 */
bool ref_target(const char *ref, const struct rtype **ret_type, char **ret_address, const char **ret_path);
/* The field at the head of a path, NULL if the type has none of that name. */
const struct field *ref_field(const struct rtype *t, const char *path);
/* Is "aws.region" and the like one that exists? */
bool ref_is_fact(const char *ref);

/* check_impl - what the files of the check share. */
#pragma once

#include "spec/check.h"

struct checker {
	struct spec *spec;
	struct expand *x; /* NULL: from a saved plan */
	struct diag *d;
	size_t i; /* the resource looked at */
};

/* Where the field of the resource comes from. */
struct pos field_pos(const struct checker *c, const char *field);
/* Where the user wrote that reference; the field's place if he did not. */
struct pos ref_pos(const struct checker *c, const char *ref, const char *field);
/* As he wrote it: "database.url". */
const char *ref_written(const struct checker *c, const char *ref);
/* Appends "ADDRESS: sentence" with place and source line. */
void check_report(const struct checker *c, struct pos pos, const char *fmt, ...) PRINTF(3, 4);
void check_hint(const struct checker *c, const char *fmt, ...) PRINTF(2, 3);

/* check_refs.c: the references in one field. */
void check_field_refs(struct checker *c, const struct field *f, const json_t *value);
/* check_nets.c: subnets lie within their VPC and apart from each other. */
void check_subnets(struct checker *c);

/*
 * expand - the expansion in progress: resources being collected, with where they come from.
 */
#pragma once

#include "spec/doc.h"
#include "spec/spec.h"

/* A ${reference} that the user wrote. */
struct use {
	struct at at;
	struct pos pos; /* of the reference itself inside its text */
	char *ref;      /* what it stands for: "ec2.vpc.main.id" */
	char *text;     /* as written: "services.web.url" */
};

/* Where fields of a resource come from, if the user wrote them himself. */
struct origin {
	struct at given, override; /* given.value, override.value NULL: not so */
};

struct expand {
	struct spec *spec;
	struct doc *doc;
	struct diag *d;
	struct at file;        /* the top of the document */
	struct at at;          /* what the resources that are added now come from */
	const char *section;   /* "services.web" */
	struct origin *origin; /* by index of spec->resource */
	size_t origin_cap, resource_cap;
	struct use *use;
	size_t n_use, use_cap;
	json_t *bad;     /* references already reported */
	bool incomplete; /* the file has errors: not everything is there */
};

void expand_init(struct expand *x, struct spec *spec, struct doc *doc, struct diag *d);
void expand_release(struct expand *x);

/* From here on resources come from that place. The name is copied into the spec. */
void expand_section(struct expand *x, struct at at, const char *fmt, ...) PRINTF(3, 4);
/* A text that lives as long as the spec. */
const char *expand_text(struct expand *x, const char *fmt, ...) PRINTF(2, 3);

/*
 * Adds a resource and returns its fields, borrowed; `fmt` and what follows are jansson's json_pack() for them. A second
 * one of the same address is an error and gives an object that is dropped.
 */
json_t *expand_add(struct expand *x, const char *address, const char *fmt, ...);
/* As that, with the fields given (stolen). */
json_t *expand_add_fields(struct expand *x, const char *address, json_t *fields);
/* The newest resource must wait for that one. */
void expand_depends(struct expand *x, const char *address);
void resource_depends(struct resource *r, const char *address);
/* Steals value. */
void expand_output(struct expand *x, const char *name, json_t *value);

/* New {"$ref": text}. */
json_t *ref_to(const char *fmt, ...) PRINTF(1, 2);
/*
 * New {"$join": parts} of a template: "{aws.partition}" is a reference, all else text:
 * join_of("arn:{aws.partition}:s3:::%s", bucket).
 */
json_t *join_of(const char *fmt, ...) PRINTF(1, 2);
/* New array of references to the subnets. */
json_t *subnet_refs(const struct expand *x);

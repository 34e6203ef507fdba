/*
 * bind - tables at work: wish -> request tree, answer -> object, comparison. Pure functions.
 *
 * Nothing here knows a type by name. See type.h for what the tables mean.
 */
#pragma once

#include "providers/service.h"

/* What {@word} means in a table's text. Members may be NULL: text that needs them is left out. */
struct bind_ctx {
	const char *app, *env, *address;
	const char *region, *account, *partition;
	const char *now;               /* YYYYMMDDHHMMSS */
	const char *operation;         /* {@operation} */
	const char *member;            /* {@member} */
	const char *tag_id, *tag_type; /* {@tag_id} {@tag_type}: filled in by the bind_tags functions */
	const json_t *parent;          /* {^field}: the parent object; or with CALL_ALL_PARENTS an array of them */
	const json_t *batch;           /* objects of a batched read: fixed paths ending in [] get one member each */
};

/*
 * Checks and normalises the value of `type`: new, or NULL after appending to d. Special values (value.h) pass as they
 * are, wherever they stand. `what` names the value in messages ("cidr", "containers[0].image").
 */
json_t *type_canon(const struct type *type, const json_t *value, const char *what, struct diag *d);
/*
 * Is the canonical wish fulfilled by the canonical live value? Members that the wish leaves open (COMPUTED) do not
 * count; an $unknown anywhere in the wish is never equal.
 */
bool type_equal(const struct type *type, const json_t *want, const json_t *have);

/*
 * Normalises a whole wish: defaults filled in, unknown and missing fields reported, hooks->check run. New object, or
 * NULL after appending everything that is wrong.
 */
json_t *object_canon(const struct rtype *t, const json_t *want, struct diag *d);

/* For an object that others use too: what is there joins the wish's sets, so that it may gain members and loses none.
 */
void object_share(const struct rtype *t, json_t *want, const json_t *live);

/* How one wished-for field differs from the live one. */
struct difference {
	const struct field *field; /* NULL: the tags */
	json_t *from, *to;         /* owned; NULL: absent. Never set for SENSITIVE fields */
};
/*
 * Fields in which `have` does not fulfil `want` (both as object_canon and object_absorb made them), in table order,
 * after hooks->settle. WRITE_ONLY fields are never in it. The caller releases with differences_free().
 */
size_t object_diff(const struct rtype *t, const json_t *want, const json_t *have, struct difference **ret);
void differences_free(struct difference *d, size_t n);
/* Can the difference only be removed by making the object anew? */
bool difference_replaces(const struct difference *d);

/* Is `have` the text `want`, or one that unique_next() made of it: with a suffix of "-2", "-3", …? */
bool unique_equal(const char *want, const char *have);
/* The text for a replacement of what bears `have`: want with the suffix after that of have. New text. */
char *unique_next(const char *want, const char *have);

/*
 * What the request says of the rows of its answer, where they do not say it themselves: the parent and ID fields of
 * `obj` that are not read or TOLD (type.h), the parent's own value with a list by parent, the ARN by its template. New
 * {field: value}; the caller hangs it onto each row as its member "@", and object_absorb() takes it from there.
 */
json_t *row_told(const struct rtype *t, const json_t *obj, const json_t *parent, const struct bind_ctx *ctx);
/* Object from an answer row (path_rows row): every readable field decoded and normalised, hooks->absorb run. New. */
json_t *object_absorb(const struct rtype *t, const json_t *row, const json_t *want);
/* True if the row is none of our objects by t->skip. */
bool row_skipped(const struct rtype *t, const json_t *row);
/* The tag scheme of the type: its own, else its service's; NULL if there is none. */
const struct tag_scheme *rtype_tags(const struct rtype *t);
/* Tags in one of the wire shapes -> new {key: value}; those of AWS itself (aws:) are dropped. */
json_t *tags_from_wire(enum tag_shape shape, const json_t *wire);
/* Those that AWS itself has put there, in one of the wire shapes: new {key: value}. */
json_t *tags_of_aws(enum tag_shape shape, const json_t *wire);
/* Tags of a row by the service's scheme: new {key: value}; NULL if rows of the type hold none. aws: tags are dropped.
 */
json_t *tags_absorb(const struct rtype *t, const json_t *row);

/* Request trees, new. obj: the wish with the live object's ID and computed fields merged below it. Never NULL. */
json_t *bind_create(const struct rtype *t, const struct call *c, const json_t *obj, const json_t *tags,
		    const struct bind_ctx *ctx);
/* Only fields of `changed` (array of names) that c carries, or all of them with CALL_WHOLE; plus fixed. */
json_t *bind_update(const struct rtype *t, const struct call *c, const json_t *obj, const json_t *changed,
		    const struct bind_ctx *ctx);
/* Before an update: keys of live maps that the wish in `obj` lacks are put there with the field's null_text. */
void object_fade_keys(const struct rtype *t, json_t *obj, const json_t *live);
/* Does update call c have anything to do when the fields `changed` of obj change: its `when` holds and it carries one?
 */
bool call_carries(const struct rtype *t, const struct call *c, const json_t *obj, const json_t *changed);
/* read, list, also, delete, then, reveal, tag calls: fixed only (and ON_DELETE fields for deletes). */
json_t *bind_fixed(const struct rtype *t, const struct call *c, const json_t *obj, const struct bind_ctx *ctx);
json_t *bind_tags_add(const struct rtype *t, const json_t *obj, const json_t *tags, const struct bind_ctx *ctx);
json_t *bind_tags_remove(const struct rtype *t, const json_t *obj, const json_t *keys, const struct bind_ctx *ctx);
json_t *bind_tags_list(const struct rtype *t, const json_t *obj, const struct bind_ctx *ctx);
/* The action of one of the scheme's calls, filled: its {@tag_id} and {@tag_type} may stand there. New. */
char *bind_tags_action(const struct rtype *t, const struct call *c, const json_t *obj, const struct bind_ctx *ctx);
/* The call's action with braces filled ("GET /v2/apis/ab12/routes"); NULL if a field has no value. New text. */
char *bind_action(const struct call *c, const json_t *obj, const struct bind_ctx *ctx);
/* "{name}" text with fields filled; NULL if one has no value. New text. */
char *bind_text(const char *text, const json_t *obj, const struct bind_ctx *ctx);
/* As bind_text, but a text that is one {name} gives the value itself, of any kind. New, or NULL. */
json_t *bind_value(const char *text, const json_t *obj, const struct bind_ctx *ctx);
/* Does c->when hold for obj? True if there is none. */
bool call_applies(const struct call *c, const json_t *obj);

/* The natural key of an object as one text, NULL if a key field is absent or unknown. New text. */
char *object_key(const struct rtype *t, const json_t *obj);
/* Its ARN, from field `arn` or the template; NULL if it cannot be told yet. New text. */
char *object_arn(const struct rtype *t, const json_t *obj, const struct bind_ctx *ctx);
/* If arn is one of type t: the object {field: value} that its template yields; else NULL. New. */
json_t *object_from_arn(const struct rtype *t, const char *arn);

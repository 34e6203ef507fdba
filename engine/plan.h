/*
 * plan - what would change: plain data. Printed, saved, compared, drawn, applied: this one structure.
 *
 * plan_make() is a list of passes over it (plan.c). Secrets are never in it:
 * references to them stay references.
 */
#pragma once

#include "engine/resolve.h"
#include "engine/world.h"
#include "spec/spec.h"

enum act {
	ACT_NOOP,
	ACT_CREATE,
	ACT_UPDATE,
	ACT_REPLACE,
	ACT_DELETE,
	ACT_TAG,  /* only its tags change: by berth adopt and berth forget, never in a plan */
	ACT_KEEP, /* would go, but holds data, was adopted, or is needed by what stays: stays too, and is said */
};

enum change_flags {
	CHANGE_FORCES_REPLACE = 1 << 0,
	CHANGE_UNKNOWN = 1 << 1,   /* `to` is known after apply */
	CHANGE_SENSITIVE = 1 << 2, /* from and to are NULL */
	CHANGE_TAG = 1 << 3,       /* field is the tag's key */
};

struct change {
	char *field;       /* "memory", "containers", tag key */
	json_t *from, *to; /* NULL: absent */
	unsigned flags;
	enum risk risk;
};

struct action {
	enum act act;
	char *address;
	const struct rtype *type;
	const struct resource *resource; /* the wish; NULL for deletes */
	json_t *want;                    /* the wish as far as it is known now; NULL for deletes */
	json_t *tags;                    /* wanted tags of TAGGED types, else NULL */
	struct object *have;             /* the live object; NULL for creates */
	struct change *change;
	size_t n_change;
	char *reason;      /* one clause: why it goes, is replaced, is kept */
	enum risk risk;    /* highest of the changes */
	bool create_first; /* of a replacement */
	bool selected;     /* false: left out by --only/--except */
	bool leftover;     /* a second object of this address: it goes, the address stays */
};

struct edge {
	size_t from, to;
};

struct plan_counts {
	size_t create, update, replace, del, keep;
};

struct plan {
	struct action *action; /* wishes in dependency order, then deletes in theirs */
	size_t n, cap;
	struct edge *edge; /* among wishes: action `from` needs action `to` first */
	size_t n_edge, cap_edge;
	json_t *notes; /* texts to print below the plan */
	struct plan_counts counts;
	bool destroy;
};

enum plan_flags {
	PLAN_DESTROY = 1 << 0,      /* everything that is ours goes */
	PLAN_WITH_DATA = 1 << 1,    /* … data too */
	PLAN_WITH_ADOPTED = 1 << 2, /* … what was there before berth too */
};

static inline unsigned plan_destroy_flags(bool with_data, bool with_adopted)
{
	return PLAN_DESTROY | (with_data ? PLAN_WITH_DATA : 0u) | (with_adopted ? PLAN_WITH_ADOPTED : 0u);
}

struct plan_request {
	const struct spec *spec;
	struct world *world;
	unsigned flags;
	const char *const *only, *const *except; /* addresses or prefixes ("ecs.", "services.web"); NULL: no choice */
	const json_t *stay; /* with PLAN_DESTROY: {address: true} of what is to stay all the same; NULL: nothing */
};

/* ERR_INVALID, ERR_REFUSED (would replace data), ERR_CLASH after appending all reasons; else 0. plan_release() in any
 * case. */
int plan_make(const struct plan_request *req, struct plan *ret, struct diag *d);
void plan_release(struct plan *p);
bool plan_is_empty(const struct plan *p);

/* The document that `--json` and `plan --out` write; docs/plan.md. New. Equal plans give equal bytes. */
json_t *plan_to_json(const struct plan *p, const struct spec *spec, const struct world *w);

/* Digests of everything that was looked at: address -> list. A saved plan that finds another one is stale. New. */
json_t *plan_seen(const struct world *w);
const char *act_name(enum act act);
const char *risk_name(enum risk risk);

/* The text of tag berth:source that a resource should bear: what its WRITE_ONLY fields are made of, and (from the live
   object) that nobody wrote them since. New text; NULL: the type has none, or it cannot be told before the apply. */
char *plan_source(const struct resource *res, const struct resolver *r, const struct object *have);
bool plan_has_source(const struct resource *res);

/* Do the tags say that it is another app's, or another environment's, of berth? */
bool tags_are_others(const struct spec *spec, const json_t *tags);
/* The CloudFormation stack that made it, or NULL. */
const char *object_stack(const struct object *o);
/* Whose something is that is not ours: "is not berth's", "belongs to app other, environment default", … New. */
char *object_owner(const struct spec *spec, const struct object *o);

/* May whoever is left with `data` need `secret`? It goes after it then. */
bool plan_outlives(const struct action *secret, const struct action *data);

/* Wanted tags of a resource: the user's and our own. New; NULL if the type is not tagged. */
json_t *plan_tags(const struct spec *spec, const struct rtype *t, const char *address);

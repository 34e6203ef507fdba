/*
 * world - the live objects of one app and environment, as last read.
 */
#pragma once

#include "providers/bind.h"

#include <jansson.h>

enum standing {
	OWNED,      /* bears our tags, or cannot be tagged and is what a wish names below an owned parent */
	STRAY,      /* lives in something that is ours, and no wish names it */
	FOREIGN,    /* has the name that a wish needs, but is not ours */
	SHARED_USE, /* one per account, made by somebody else, used by us */
};

struct object {
	const struct rtype *type;
	char *address;  /* "ec2.vpc.main"; of a stray "ec2.route.(10.0.0.0/8)" */
	json_t *fields; /* as object_absorb() made them */
	json_t *tags;   /* NULL: the type has none or they could not be read */
	char *arn;      /* or NULL */
	enum standing standing;
};

struct world {
	struct object **object; /* in order of reading; owned */
	size_t n, cap;
	struct object **gone; /* removed ones: plans still point at them */
	size_t n_gone, cap_gone;
	json_t *index;  /* address -> array of positions */
	json_t *aws;    /* the pseudo resource: account, region, partition, dns_suffix, zone_id: [..] */
	json_t *unread; /* type -> why it could not be read */
};

void world_init(struct world *w);
void world_release(struct world *w);
/* Takes fields and tags over. */
struct object *world_add(struct world *w, const struct rtype *type, const char *address, json_t *fields, json_t *tags);
/* Takes it out of the world; the pointer stays good until world_release(). */
void world_remove(struct world *w, const struct object *o);
void world_rename(struct world *w, struct object *o, const char *address);
/* The first of that address, NULL if none. */
struct object *world_find(const struct world *w, const char *address);
/* How many have that address, and the i-th of them. */
size_t world_count(const struct world *w, const char *address);
struct object *world_nth(const struct world *w, const char *address, size_t i);
/* The object of `type` whose field `attr` is `value`, NULL if none. */
struct object *world_by_value(const struct world *w, const char *type, const char *attr, const json_t *value);

/*
 * Which object a live reference value means: an index over all string fields, built once and good until the world
 * changes. refmap_each() calls f for every object that o refers to by a REF field, nested ones included.
 */
struct refmap {
	json_t *map;
	const struct world *world; /* borrowed */
};
void refmap_init(struct refmap *m, const struct world *w);
void refmap_release(struct refmap *m);
void refmap_each(const struct refmap *m, const struct object *o, void (*f)(void *arg, struct object *target),
		 void *arg);

/* The fields of a live object that may be kept on disk: no secrets, nothing that only waits need. New. */
json_t *storable_fields(const struct rtype *t, const json_t *fields);

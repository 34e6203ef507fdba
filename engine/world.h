/*
 * world - the live objects of one app and environment, as last read.
 */
#pragma once

#include "providers/bind.h"

#include <jansson.h>

/* Borne by what was there before berth: the UTC date on which it was taken over. */
#define ADOPTED_TAG "berth:adopted"

enum standing {
	OWNED,      /* bears our tags, or cannot be tagged and is what a wish names below an owned parent */
	STRAY,      /* lives in something that is ours, and no wish names it */
	FOREIGN,    /* has the name that a wish needs, but is not ours */
	SHARED_USE, /* one per account, made by somebody else, used by us */
};

/* The ARN of the revision that an object of a VERSIONED type was made to replace. */
#define PREDECESSOR_TAG "berth:replaces"

struct object {
	const struct rtype *type;
	char *address;    /* "ec2.vpc.main"; of a stray "ec2.route.(10.0.0.0/8)" */
	json_t *fields;   /* as object_absorb() made them */
	json_t *tags;     /* NULL: the type has none or they could not be read */
	json_t *aws_tags; /* of what is not ours: tags of AWS itself, as of a CloudFormation stack; or NULL */
	char *arn;        /* or NULL */
	enum standing standing;
	/* Of what is ours by the snapshot alone, as its tags were taken off: it gets them back if a wish names it, and
	   is never deleted. */
	bool remembered;
	bool apart; /* by secrets_set_apart(): holds one of the spec's secrets, of no concern to a plan or to drift */
	char *user; /* SHARED types: something that is not ours and names it, in words for a sentence; or NULL */
	size_t at;  /* position in the world; good while it is in there */
};

struct world {
	struct object **object; /* in order of reading; owned */
	size_t n, cap;
	struct object **gone; /* removed ones: plans still point at them */
	size_t n_gone, cap_gone;
	json_t *index;   /* address -> array of objects, the one that counts first; values are pointers */
	json_t *values;  /* "type\nattr\nvalue" of what REF fields may name -> the same */
	json_t *targets; /* type -> {attr: true}: what REF fields may name */
	json_t *aws;     /* the pseudo resource: account, region, partition, dns_suffix, zone_id: [..] */
	json_t *unread;  /* type, or "tagging" for the list of all that bears our tags -> why it could not be read */
};

void world_init(struct world *w);
void world_release(struct world *w);
/* Was every type read? (What the tagging API did not tell is known of by other means, or never was.) */
bool world_is_whole(const struct world *w);
/* Takes fields and tags over. */
struct object *world_add(struct world *w, const struct rtype *type, const char *address, json_t *fields, json_t *tags);
/* Was it there before berth, and taken over (tag berth:adopted)? */
bool object_adopted(const struct object *o);
/* Do others use it too? Then it may gain members, and loses none. */
bool object_is_shared(const struct object *o);
/*
 * Lives it in another object without tags of its own (a route, a rule, an inline policy)? Then that one, NULL else:
 * nobody can tell who made it.
 */
struct object *world_home(const struct world *w, const struct object *o);
/* Takes it out of the world; the pointer stays good until world_release(). */
void world_remove(struct world *w, struct object *o);
void world_rename(struct world *w, struct object *o, const char *address);
/* Takes fields over in place of the old ones. */
void world_set_fields(struct world *w, struct object *o, json_t *fields);
/* From now on world_find() gives o among those of its address. */
void world_prefer(struct world *w, struct object *o);
/* The first of that address, NULL if none. */
struct object *world_find(const struct world *w, const char *address);
/* How many have that address, and the i-th of them. */
size_t world_count(const struct world *w, const char *address);
struct object *world_nth(const struct world *w, const char *address, size_t i);
/*
 * The object of `type` whose field `attr` is `value`, NULL if none. Only for attributes that some REF field names. Who
 * edited `fields` of objects in place calls world_learn_values() first.
 */
struct object *world_by_value(const struct world *w, const char *type, const char *attr, const json_t *value);
void world_learn_values(struct world *w);
/* Calls f for every object that o refers to by a REF field, nested ones included. */
void world_each_ref(const struct world *w, const struct object *o, void (*f)(void *arg, struct object *target),
		    void *arg);

/* The fields of a live object that may be kept on disk: no secrets, nothing that only waits need. New. */
json_t *storable_fields(const struct rtype *t, const json_t *fields);

/* refresh_int - what the files of refresh share: the reading of one type, step by step. */
#pragma once

#include "engine/op.h"
#include "engine/refresh.h"
#include "engine/resolve.h"

enum read_phase {
	READ_WAITING, /* for what its first call needs */
	READ_LISTING, /* calls that give rows are out */
	READ_ROWS,    /* rows are there; matching waits for other types or the inventory */
	READ_TAGS,    /* tag calls of single objects are out, or a second look for lost ones */
	READ_ALSO,    /* extra reads of what is ours are out */
	READ_DONE,    /* its objects are in the world */
	READ_FAILED,
};

struct live_row {
	json_t *row; /* path_rows() row, extra reads merged in */
	json_t *fields;
	json_t *tags; /* NULL: not known */
	char *arn;
	char *key;
	json_t *aws_tags; /* those of AWS itself, where tags came by a call of their own */
	char *found_for;  /* address of the wish that may mean it, being looked for; or NULL */
	bool asked_tags;  /* a tag call was made */
};

struct refresher;

struct type_read {
	struct refresher *r;
	const struct rtype *t;
	enum read_phase phase;
	size_t pending; /* calls out */
	struct live_row *row;
	size_t n, cap;
	json_t *names;     /* rows of a CALL_IDS list, or candidates of a by-name read */
	json_t *wish_key;  /* natural key -> address, of the wishes */
	json_t *known_key; /* the same of the snapshot */
	json_t *known_id;  /* ID fields -> address, of the snapshot */
	json_t *arns;      /* ARN -> true, of the rows */
	json_t *seen_name; /* text -> true, of `names` */
	bool looked_again; /* for leftovers, by their tags */
	bool lost_done;    /* the second look for objects that lost their tags was made */
	bool find_done;    /* others were looked for */
	bool also_done;
};

struct listing;

struct refresher {
	struct session *s;
	const struct refresh_request *req;
	struct world *w;
	struct diag *d;
	struct type_read *read;
	size_t n;
	struct listing **listing;
	size_t n_listing, cap_listing;
	json_t *inventory; /* ARN -> tags, from the tagging API */
	bool inventory_done;
	bool turning; /* an advance is scheduled */
	bool zones_asked;
	int rc;
};

struct type_read *read_of(struct refresher *r, const char *type);
/* Tags are there, names are told apart, objects may be referred to. */
bool read_matched(const struct type_read *tr);
/* The wish of a resource with all references that live objects answer; the rest is unknown. New. */
json_t *live_want(struct refresher *r, const struct resource *res);
void read_add_rows(struct type_read *tr, const json_t *rows);
void read_fail(struct type_read *tr, const struct op_result *res);
/* Schedules another look at all types. */
void refresh_turn(struct refresher *r);

/* No call is out any more: the rows are there. */
void read_complete(struct type_read *tr);

/* refresh_names.c: asks for what tr->names names, in as few calls as the type allows. */
void read_names(struct type_read *tr);
/* refresh_names.c: finds names, and asks for them. */
void read_by_name(struct type_read *tr);
/* refresh_names.c: asks for revisions that a run which was cut off has left. True while rows are still to come. */
bool read_look_again(struct type_read *tr);

/* refresh_find.c: may it look for what is not ours, knowing what its wishes refer to? */
bool find_may_start(struct type_read *tr);
/* refresh_find.c: asks for what is not ours, once. True while rows are still to come. */
bool find_others(struct type_read *tr);
/* refresh_match.c: the values of the ID fields as one text, NULL if one is missing or there are none. New. */
char *object_id(const struct rtype *t, const json_t *fields);

/* refresh_match.c: READ_ROWS -> objects of the world; leads to READ_TAGS, READ_ALSO or READ_DONE. */
void read_match(struct type_read *tr);

/* Do the tags say that an object of this type is this app's and environment's? */
bool tags_are_ours(const struct type_read *tr, const json_t *tags);

/* refresh_tags.c: the inventory's tags to rows without; what it does not list, or tells otherwise than we left it, is
   asked itself. True while answers are still to come. */
bool ask_missing_tags(struct type_read *tr);

/* refresh_extra.c: who else uses what is one per account. When all is read. */
void note_users(struct refresher *r);
/* refresh_extra.c: the tags of everything that bears ours, by ARN, in as few calls as there are pages. */
void ask_inventory(struct refresher *r);
/* refresh_extra.c: are zones needed, for something that must be placed? Then they are asked for. */
bool zones_needed(const struct refresher *r);
void ask_zones(struct refresher *r);

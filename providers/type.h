/*
 * type - what a resource type is: const tables, and at most four pure hooks.
 *
 * One file per type: a field table and a `const struct rtype`. Tables never do
 * I/O; bind.h turns wishes into request trees and answers into objects by
 * them, the engine talks. tests/lint checks every table, tests/conform holds it
 * against the published service models. CONTRIBUTING.md shows how to add one.
 *
 * An *object* is a JSON object of the field names below, wished for or read.
 */
#pragma once

#include "base/diag.h"
#include "base/value.h"

#include <jansson.h>
#include <stdbool.h>

struct field;
struct service;
struct tag_scheme;
struct call;

enum kind {
	KIND_BOOL,
	KIND_INT,
	KIND_NUM, /* a real number */
	KIND_STR,
	KIND_LIST, /* order matters */
	KIND_SET,  /* order does not */
	KIND_MAP,  /* string -> elem */
	KIND_OBJ,  /* members as `fields` say */
	KIND_JSON, /* any JSON, compared structurally */
};

/* What a value is. Behaviour lives here, not on fields. Nested: KIND_LIST of KIND_OBJ and so on. */
struct type {
	const char *name; /* as errors, explain and the schema show it: "CIDR", "list of strings" */
	enum kind kind;
	const struct type *elem;    /* LIST, SET, MAP */
	const struct field *fields; /* OBJ */
	const char *const *names;   /* the only words allowed, ends with NULL; for KIND_STR */
	const char *target, *attr;  /* reference: "ec2.vpc", "id" */
	json_int_t min, max;        /* KIND_INT: range; KIND_STR: length; both 0: none */
	const char *pattern;        /* KIND_STR: POSIX extended regular expression the whole value matches, or NULL */
	/*
	 * Checks and normalises a fully known value of the right kind: new reference, or NULL after appending to d.
	 * Runs after the generic part (kind, names, range, pattern, members). Idempotent. Optional.
	 */
	json_t *(*canon)(const json_t *value, struct diag *d);
	/* Same wish? Both canonical and known. Optional: json_equal() after the generic rules. */
	bool (*equal)(const json_t *want, const json_t *have);
	/* Value <-> wire where the wire form is another one (JSON inside a string, map as a list of pairs). New.
	 * Optional. */
	json_t *(*encode)(const json_t *value);
	json_t *(*decode)(const json_t *wire);
};

enum field_flags {
	REQUIRED = 1 << 0, /* must be in the wish */
	/*
	 * AWS fills it: with .in the wish may set it (absent: keep AWS's choice); without .in it may not. Without .in,
	 * but with .dflt, it is a condition: what the live value must be. Any other is mended by the update call, at
	 * .mod (a deployment that failed), or with CREATE_ONLY by replacement (a service that drains).
	 */
	COMPUTED = 1 << 1,
	CREATE_ONLY = 1 << 2, /* a difference means replacement; inside an object (a record's type) the whole field's */
	NOT_ON_CREATE = 1 << 3, /* create does not take it: its update call follows the create */
	WRITE_ONLY = 1 << 4,    /* never read back; a change of its *source* is seen by the tag berth:source */
	SENSITIVE = 1 << 5,     /* shown as (sensitive); never in a trace, plan or database */
	ID = 1 << 6,            /* part of what names the object in its own calls */
	VOLATILE = 1 << 7,  /* COMPUTED, and moves by itself: not drift, and unknown after an update of its object */
	ON_DELETE = 1 << 8, /* only the delete call carries it */
	STATUS = 1 << 9,    /* COMPUTED + VOLATILE and only for waits: not stored, not referable, not shown */
	FIXED_PRESENCE =
	    1 << 10,     /* changes in place, but coming or going means replacement (the kind of a rule's source) */
	RISES = 1 << 12, /* changes in place, and only upwards: a wish below what is live is refused (a disk) */
	TOLD = 1 << 11, /* told by the request (see `out`) where a row does not say it; a field `arn` by the template */
};

/* What happens in AWS when a field is changed in place. Replacement is shown apart. */
enum risk { RISK_NONE, RISK_RESTART, RISK_DOWNTIME, RISK_DATA };

struct field {
	const char *name; /* snake_case, as in the spec */
	const struct type *type;
	unsigned flags; /* enum field_flags */
	const char *in; /* request path (path.h); NULL: never sent */
	/* Path in the row read; NULL: as .in (ec2: first letter small); "": not read. A parent or ID field that is not
	   read is told by the request: rows take it over from the parent listed by, or from the object asked for. */
	const char *out;
	const char *mod;  /* request path in the update call if another */
	const char *dflt; /* AWS's default as JSON text: an absent wish means this, and so does an absent live value */
	const char *doc;  /* one sentence for explain */
	unsigned by;      /* index of the update call that carries it */
	/* 1 + index of another one that does: where the order hangs on the wish (`when` decides), or where one call
	   adds members and one removes them. 0: none. */
	unsigned or_by;
	unsigned clear; /* 1 + index of the update call that clears it when the wish is absent; 0: send `null_text` */
	/* What an absent wish is sent as in an update ("" for IAM descriptions). NULL: cannot be cleared, but by a
	   CALL_WHOLE that leaves it out. On a MAP: the service merges, and a key that goes is sent with this text. */
	const char *null_text;
	enum risk risk;
};

enum call_flags {
	CALL_WHOLE = 1 << 0,        /* update: send every settable field of this call, not just the changed ones */
	CALL_ONE_FIELD = 1 << 1,    /* update: one request per changed field */
	CALL_EACH_ADDED = 1 << 2,   /* update of a SET: one request per member that is new, at the field's .mod */
	CALL_EACH_REMOVED = 1 << 3, /* update of a SET: one request per member that goes */
	CALL_PAGED = 1 << 4,        /* follow the service's pagination */
	CALL_IDS = 1 << 5,          /* list: rows hold only names; `read` fills them, `batch` at a time */
	CALL_PER_PARENT = 1 << 6,   /* list: one request per live parent; {^field} names the parent's fields */
	CALL_ALL_PARENTS =
	    1 << 7, /* list: one request for all live parents; a fixed path that ends in [] gets one {^field} each */
	CALL_IDEMPOTENT = 1 << 8, /* a create that may be repeated blindly (puts, attaches) */
	CALL_FIXED_ONLY = 1 << 9, /* update/delete step that carries no field, only `fixed` */
	CALL_OPTIONAL = 1 << 10,  /* also: an error of class absent means "not set", not "object gone" */
	CALL_UNSIGNED = 1 << 11,
	CALL_WHOLE_MEMBER =
	    1 << 13, /* update: fields whose paths begin with the same name go together (`a.b` with `a[0].c`) */
	CALL_LAGS =
	    1 << 12, /* update: shows in reads only some time after its answer: read until what was sent is there */
	CALL_WISHED =
	    1 << 14, /* also: `when` is asked of the wish, not of the row: a costly read of what is rarely set */
};

/*
 * One API operation. `fixed` are constant request members, "Path=text" or
 * "Path:=JSON". In their text, {name} is a field of the object, {a|b} the first
 * that is set, {^name} a field of the parent, {@app} {@env} {@address}
 * {@region} {@account} {@partition} {@now} (YYYYMMDDHHMMSS, UTC) {@member}
 * (CALL_EACH_*) what they say. A member whose {name} has no value is left out.
 * A REST action is "POST /v2/apis/{api}/routes": names in braces are fields,
 * percent-encoded; a request path that begins with '?' is a query parameter.
 */
struct call {
	const char *action;
	const char
	    *body; /* create, update: path of the object in the answer; "" the whole answer; NULL: nothing of use */
	const char *rows; /* read, list: path of the rows (path_rows) */
	const char *const *fixed;
	const char *token; /* request path of the client token (idempotency), or NULL */
	const char
	    *when;      /* create, update, also, delete: only if this BOOL field of the object is true (or "!field") */
	unsigned batch; /* read: objects per request (0: one); fixed paths that end in [] get one member each.
			   list with CALL_ALL_PARENTS: parents per request (0: all) */
	unsigned page;  /* page size to ask for; 0: the service's */
	unsigned flags; /* enum call_flags */
	/*
	 * What IAM judges it by, where that is not the object's ARN (rtype.iam): templates as there, separated by
	 * spaces; "." is the object's own, "*" alone: IAM knows no resources for it. Lists: "*" if not set.
	 */
	const char *on;
	const char *under; /* as grant.under */
};

/* What an operator must be allowed beyond the calls themselves: what AWS does in his name. The last has no actions. */
struct grant {
	const char *actions; /* "iam:PassRole", separated by spaces */
	const char *on;      /* as call.on */
	const char *when;    /* field that must be set in the wish, or NULL */
	const char *under;   /* one condition, "StringEquals iam:PassedToService ecs-tasks.amazonaws.com", or NULL */
};

/* Polling until an object has settled. The field is read by `read`, after hooks->absorb. */
struct wait {
	const char *field;                  /* whose value is looked at; NULL: the object is there at all */
	const char *const *ok, *const *bad; /* words (booleans as "true"/"false"); anything else: keep waiting */
	const char *why;                    /* field with the reason when bad, or NULL */
	unsigned every; /* ms between polls at most; berth begins faster and slows down with the time elapsed */
	unsigned limit; /* s until it is given up */
	unsigned twice; /* so many ok answers in a row (0, 1: one) */
	unsigned grace; /* s in which a bad word is not believed: reads may still show what was before */
};

/* An asynchronous operation that an answer names by id (Cloud Map): polled until it ends, before `ready` or `gone`. */
struct operation {
	const char *id;     /* path of the operation id in the answer; no id there: nothing to follow */
	struct call poll;   /* {@operation} is the id */
	const char *status; /* path in the poll's answer */
	const char *const *ok, *const *bad;
	const char *why; /* path of the reason when bad */
	const char *result,
	    *field;            /* create: path of the new object's id in the poll's answer, and the field it fills */
	unsigned every, limit; /* ms, s */
};

/*
 * Who keeps an object from going. Asked for when a delete has been refused as `busy` for `after` seconds, and now and
 * then from there on: the wait then says whom it is for, and so does its failure.
 */
struct holders {
	struct call list; /* its rows are those who may; {field} is the object's */
	/* The holder that a row tells of, in words for a sentence; NULL: it does not hold the object. Pure; new text.
	 */
	char *(*name)(const json_t *row, const json_t *obj);
	/* May it be taken away, being left over by what is gone? Pure. NULL: none may. */
	bool (*leftover)(const json_t *row, const json_t *obj);
	struct call release; /* takes one leftover away; {@member} is what its row has at `id` */
	const char *id;
	unsigned after; /* s */
};

/*
 * A state in which AWS would refuse, or never end, what is to be done, until somebody does something about it: that is
 * said instead, before the first call.
 */
struct stuck {
	const char *field, *const *words; /* STATUS field, and the words */
	bool changes;                     /* changes in place too, not the deletion alone */
	const char *hint;                 /* what to do; {name} is a field of the object */
};

enum verdict { PROOF_GOOD, PROOF_PENDING, PROOF_NONE /* not to be seen */, PROOF_BAD };

/*
 * What must be there when an object is gone (the final snapshot): asked for before the deletion counts as done. `judge`
 * is pure: rows are those of `list`, obj the object as it was. With PROOF_GOOD it gives what there is and how to use
 * it, else what is the matter: a new text without a full stop at its end.
 */
struct proof {
	struct call list; /* {field} is the object's */
	enum verdict (*judge)(const json_t *rows, const json_t *obj, char **ret_text);
	unsigned every, limit; /* ms, s */
};

/* What is lost with an object, in words: "5 images, 812 MB". Asked for before its owner is asked whether it may go. */
struct loss {
	struct call list; /* {field} is the object's */
	/* Pure; new text, NULL: nothing to say. */
	char *(*tell)(const json_t *rows, const json_t *obj);
};

/* A state of a live object that no difference shows, but that its owner should know of: said by every plan. */
struct note {
	const char *field, *word; /* STATUS field, and what it must be */
	const char *text;         /* behind "ADDRESS ": "sleeps: …" */
};

enum replace { DELETE_FIRST, CREATE_FIRST };

enum rtype_flags {
	TAGGED = 1 << 0, /* the service's tag scheme applies */
	DATA = 1 << 1,   /* holds what cannot be made again: never deleted by a spec edit; destroy needs --with-data */
	INVENTORY_TAGS =
	    1 << 2, /* rows hold no tags: they come from the tagging API by ARN, or from the scheme's list call */
	SHARED =
	    1 << 3, /* one per account (OIDC provider): taken over silently if there, never deleted unless we made it */
	SERIAL_PARENT = 1 << 4, /* writes below one parent go one at a time (API Gateway) */
	VERSIONED =
	    1 << 5, /* several live ones may bear our address: the best match is the object, others are leftovers */
	EXCLUSIVE = 1 << 7, /* untagged rows below an owned parent are ours although the type could be tagged */
	LOOSE = 1 << 8,     /* AWS deletes it although others refer to it; only what lives in it must go first */
	/* AWS takes the same create twice and makes a second one: no name or place holds it back. What an earlier run
	   may have made is looked for before. */
	TWINS = 1 << 9,
	NO_READBACK = 1 << 6, /* skip the comparison with the live object before a write (there is no cheap read) */
};

/* Pure functions over values: no I/O, no logging, no state. All optional. */
struct hooks {
	/* Cross-field rules of a wish. Values may be special ones (value.h): skip what is not plain. 0 or ERR_INVALID,
	 * all at once. */
	int (*check)(const json_t *want, struct diag *d);
	/* Edits a copy of the wish so that a difference from `have` that is none vanishes. */
	void (*settle)(json_t *want, const json_t *have);
	/* Last touch on the request tree of `call` for object `obj` (wish merged over live ids). */
	void (*build)(const struct call *call, const json_t *obj, json_t *params);
	/* Last touch on an object read from `row`; `want` is the wish, or NULL if there is none. */
	void (*absorb)(json_t *have, const json_t *row, const json_t *want);
};

#define RTYPE_UPDATES 6
#define RTYPE_ALSO 4
#define RTYPE_DELETES 3
#define RTYPE_HOLDERS 3
#define RTYPE_NOTES 3
#define RTYPE_STUCK 2

struct rtype {
	const char *name; /* "ec2.vpc" */
	const char *doc;  /* one sentence for explain */
	const struct service *svc;
	const struct field *fields; /* ends with END */
	const char *const
	    *key; /* fields that together name it apart from tags: how an untagged object is known, and a clash seen */
	const char *parent; /* REF field: what it lives in. If it cannot be tagged (or is EXCLUSIVE), rows below an
			       owned parent are ours: those that no wish names are strays, reported and removed */
	const char
	    *seen_in; /* "ecs.service.task_definition": read also what that field of live objects names (by `arn`) */
	struct call create[2]; /* the first whose `when` holds */
	struct call then[2];   /* fixed steps right after a create, for what AWS adds unasked (the open egress rule);
				  absent: nothing was added */
	struct call read;      /* one object (or `batch`) by its ID fields */
	struct call list;      /* all that may be ours, in as few calls as possible; none: by `read` for known names */
	/*
	 * Those that a wish may mean although they do not bear our tags, by its fields: for types that are listed by
	 * tag, so that a name that is taken is seen, and for those without a name of their own, so that they can be
	 * adopted. batch: wishes per request. {^field} is a field of the wish that `companion` tells.
	 */
	struct call find;
	const char *const *alike; /* fields in which one that `find` gives is as the wish; NULL: the call sees to it */
	const char *companion;    /* "ec2.gateway_attachment.gateway": the wish that names this one in that field */
	struct call
	    also[RTYPE_ALSO]; /* more reads per object; the row of each is merged at its `body` name, or flat if NULL */
	struct call update[RTYPE_UPDATES];
	struct call del[RTYPE_DELETES]; /* in this order */
	struct call reveal; /* reads a WRITE_ONLY value back, for those who refer to it; its `body` is the path */
	/* Rows that are no objects: "path=text", "path=text*" (begins with), "path" (is there at all), "this&that"
	 * (both). */
	const char *const *skip;
	const struct tag_scheme *tags; /* overrides the service's scheme (IAM differs by type); NULL: svc->tags */
	const char *tag_type;          /* the scheme's word for the type: "vpc", "Parameter" */
	const char *tag_id;            /* field that names it in tag calls: "id", "arn", "name" */
	const char
	    *arn; /* ARN after "arn:{@partition}:", as "rds:{@region}:{@account}:subgrp:{name}"; NULL: field `arn` */
	/*
	 * What IAM calls the objects that its calls act on: templates as `arn`, separated by spaces, where a "*" of
	 * their own may stand; NULL: as `arn`. What cannot be tagged is judged by what it lives in.
	 */
	const char *iam;
	const struct grant *grants;
	const char
	    *stamp; /* fields whose values tell that a secret was written again, space-separated: "version modified" */
	const struct operation *operation; /* create, update or delete answer with an operation to follow first */
	const struct wait *ready, *gone;
	const struct holders *holders[RTYPE_HOLDERS];
	struct note notes[RTYPE_NOTES];
	const struct stuck *stuck[RTYPE_STUCK];
	const struct proof *proof; /* or NULL */
	const struct loss *loss;   /* or NULL */
	const char *const *absent; /* error codes, added to the service's; "CODE~words" also matches the message */
	const char *const
	    *busy; /* retry the same call later (in use, changing), within the limit of gone/ready or 20 min */
	const char *const *clash;     /* the name is taken */
	const char *const *fulfilled; /* by which an update says that it is so already: its first answer was lost */
	/* Propagation of what this run has just made: retry for 2 to 5 min. For what is read or deleted, and was not
	   just made, `absent` goes first. */
	const char *const *retry;
	const char *const *after; /* types whose objects must be there first, without a value that says so */
	enum replace replace;
	/* CREATE_FIRST: text field that no two objects share. A replacement whose wish keeps it is made as
	   unique_next() says (bind.h), and a live value with such a suffix fulfils the wish. */
	const char *unique;
	unsigned flags;     /* enum rtype_flags */
	unsigned expect[3]; /* usual seconds on AWS: create, update, delete; for progress lines and orderings */
	const struct hooks *hooks;
};

#define FIELD(n, t, fl, ...)                                         \
	{                                                            \
		.name = (n), .type = (t), .flags = (fl), __VA_ARGS__ \
	}
#define END                  \
	{                    \
		.name = NULL \
	}
/* clang-format off */
#define CALL(...) { .action = __VA_ARGS__ }
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define REF(t, a) (&(const struct type){.name = "reference", .kind = KIND_STR, .target = (t), .attr = (a)})
#define ONE_OF(...) (&(const struct type){.name = "word", .kind = KIND_STR, .names = WORDS(__VA_ARGS__)})
#define INT_RANGE(lo, hi) (&(const struct type){.name = "integer", .kind = KIND_INT, .min = (lo), .max = (hi)})
#define TEXT(lo, hi, re) (&(const struct type){.name = "text", .kind = KIND_STR, .min = (lo), .max = (hi), .pattern = (re)})
#define LIST(e) (&(const struct type){.name = "list", .kind = KIND_LIST, .elem = (e)})
#define SET(e) (&(const struct type){.name = "set", .kind = KIND_SET, .elem = (e)})
#define MAP(e) (&(const struct type){.name = "map", .kind = KIND_MAP, .elem = (e)})
#define OBJ(f) (&(const struct type){.name = "object", .kind = KIND_OBJ, .fields = (f)})
#define OPERATION(...) (&(const struct operation){__VA_ARGS__})
#define WAIT(...) (&(const struct wait){__VA_ARGS__})
#define GRANT(...) { .actions = __VA_ARGS__ }
#define GRANTS(...) ((const struct grant[]){__VA_ARGS__, {.actions = NULL}})
#define HOLDERS(...) (&(const struct holders){__VA_ARGS__})
#define STUCK(...) (&(const struct stuck){__VA_ARGS__})
#define PROOF(...) (&(const struct proof){__VA_ARGS__})
#define LOSS(...) (&(const struct loss){__VA_ARGS__})
/* clang-format on */

/* Types that several services use; types.c. */
extern const struct type t_bool, t_int, t_num, t_str, t_strs /* set of strings */, t_str_list, t_str_map, t_json;
extern const struct type t_cidr;    /* IPv4 CIDR, host bits cleared: canon refuses nothing that AWS takes */
extern const struct type t_cidr_v6; /* IPv6 CIDR, host bits cleared, compressed, lower case */
extern const struct type t_arn;
extern const struct type
    t_policy; /* IAM policy document: given as an object or as text, compared structurally (network sheet 4.1) */
extern const struct type
    t_json_text; /* JSON document that travels as text (lifecycle policy); lists in it are compared as sets */

/* The registry, in file order of providers/registry.c; ends with NULL. */
extern const struct rtype *const rtypes[];
/* NULL if there is none of that name ("ec2.vpc"). */
const struct rtype *rtype_find(const char *name);
/* The type of an address "ec2.vpc.main"; NULL if unknown. Sets *name to the part behind the type, if not NULL. */
const struct rtype *rtype_of_address(const char *address, const char **name);
const struct field *rtype_field(const struct rtype *t, const char *name);
/* Are its objects known by what they live in, being without tags of their own (or EXCLUSIVE)? */
bool rtype_is_part(const struct rtype *t);
/* Does the field tell of every write (t->stamp)? */
bool field_is_stamp(const struct rtype *t, const char *name);
/* Is it the text that clears the field? In a wish and in an answer that is as good as nothing. */
bool field_is_cleared(const struct field *f, const json_t *value);

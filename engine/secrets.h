/*
 * secrets - what the spec's `secrets:` hold: SecureStrings of the Parameter Store, whose values come from people.
 *
 * They are no wishes of a plan: nothing but put and remove writes them. They bear the tags of an object all the same,
 * with the address "ssm.parameter.secret-NAME", so that a teardown finds them. Values are compared here, in memory, and
 * never leave it but for AWS; AWS keeps the last 100 versions of each.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
 */
#pragma once

#include "engine/session.h"
#include "engine/world.h"
#include "spec/spec.h"

/* Of the Standard tier, in bytes. */
#define SECRET_MAX 4096

struct secret {
	char *name;      /* as the spec has it */
	char *parameter; /* "/gengar/NAME" */
	char *value;     /* NULL: not asked for; wiped */
	bool there;
	json_int_t version;
	double modified; /* seconds since 1970 */
	json_t *tags;    /* NULL: not asked for */
};

struct secrets {
	struct secret *secret; /* in the spec's order */
	size_t n;
};

enum secrets_what { SECRETS_VALUES = 1 << 0, SECRETS_TAGS = 1 << 1 };

/* The address that a secret's parameter bears. New. */
char *secret_address(const char *name);
/* Does an object of this address hold one of the spec's secrets? Then no plan is about it, but for a teardown. */
bool secret_is_wanted(const struct spec *spec, const char *address, const json_t *fields);
/* Marks all of those (object.apart). */
void secrets_set_apart(const struct spec *spec, struct world *w);
/* Is there anything that AWS would refuse in the value? A clause to end a sentence with; NULL: no. */
const char *secret_flaw(const char *value);

/*
 * Runs the loop until all is read: those of `names` (array; NULL: all of the spec), also such as the spec does not list
 * any more. 0 or an error after appending. secrets_release() in any case.
 */
int secrets_read(struct session *s, const struct spec *spec, const json_t *names, unsigned what, struct secrets *ret,
		 struct diag *d);
void secrets_release(struct secrets *l);

enum secret_standing { SECRET_FREE, SECRET_OURS, SECRET_UNTAGGED, SECRET_OTHERS };
/* Whose it is; needs SECRETS_TAGS. */
enum secret_standing secret_standing(const struct spec *spec, const struct secret *one);

/*
 * Writes `value`, which differs from what is there. One that is there without berth's tags gets them (`tag`). The
 * version is updated. Whether a lost answer meant a write does not matter: the same value is the same.
 */
int secret_put(struct session *s, const struct spec *spec, struct secret *one, const char *value, bool tag,
	       struct diag *d);
/* Gone is as good as removed. */
int secret_remove(struct session *s, const struct secret *one, struct diag *d);

/*
 * refresh - reads all live objects of the app, in as few calls as possible and all at once.
 *
 * Order matters only where a call needs what another one gives (children of a
 * parent, task definitions that services use). A type that cannot be read is
 * noted in world->unread and never taken for absent.
 */
#pragma once

#include "engine/session.h"
#include "engine/world.h"
#include "spec/spec.h"

struct known_object {
	const char *address, *type;
	const json_t *fields;
	const json_t *tags; /* or NULL: not known */
};

struct refresh_request {
	struct session *session;
	const struct spec *spec;          /* NULL: only what bears our tags */
	const struct known_object *known; /* from the snapshot: found even if they lost their tags */
	size_t n_known;
	bool candidates;        /* look also for what could be adopted: objects "?ADDRESS" that are not ours */
	const char *sought_for; /* an address of the spec, … */
	const char *sought;     /* … and what somebody named for it, by id, name or ARN; NULL: nothing */
};

/* Is that its id, its name or its ARN? */
bool object_goes_by(const struct object *o, const char *name);

/* Fills w (initialised). 0, or an error if nothing could be read at all (credentials, network). */
int refresh(const struct refresh_request *req, struct world *w, struct diag *d);

/* Can a VPC link of API Gateway have a subnet in that zone (by its id, "use1-az1")? */
bool zone_serves_vpc_links(const char *region, const char *zone_id);

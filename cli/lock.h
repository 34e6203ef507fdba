/* lock - what `berth lock` needs beside work_lock() and work_unlock(). */
#pragma once

#include "cli/work.h"
#include "engine/lease.h"

/* The lease as an object of this command, without taking it; after work_open(). work_unlock() ends it. */
int lock_open(struct work *w, const char *doing);
/* {standing, owner, host, …}. New. */
json_t *lock_json(const struct lease_view *v);

/* lease_record - what stands in a lease, as text and as judged: pure, but for a look at this machine's processes. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct lease_record_options {
	const char *owner, *host, *command, *run;
	int64_t began, now, deadline; /* ms since 1970 by AWS's clock */
	int64_t after;                /* version that it follows; 0: none */
	const char *over;             /* the text of that version; NULL: none */
	unsigned serial;              /* of the records of this run, so that no two are equal */
};

/* New text of one line. */
char *lease_record_text(const struct lease_record_options *o);
/* New, or NULL: this is no lease. */
json_t *lease_record_parse(const char *text);
/* Is a record at `version` valid if `below` is the text of the version before (NULL: there is none)? */
bool lease_record_follows(const json_t *record, int64_t version, const char *below);
/* ms since 1970; 0 if it has none. */
int64_t lease_record_deadline(const json_t *record);
/* How long the deadline was from the moment it was written. */
int64_t lease_record_length(const json_t *record);

/* {boot, namespace, pid, start} of this process; {} where /proc does not tell. New. */
json_t *lease_process_self(void);
/* Was it a process of this machine, and is it gone for sure? */
bool lease_process_is_dead(const json_t *process);

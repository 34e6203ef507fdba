/*
 * permit - the IAM policy that an operator needs for one spec, from the tables of its resources.
 *
 * Offline: from the spec alone. What a spec's objects are called is known: names that begin with the app's prefix stand
 * for all that do, so that the policy outlives edits of the spec. What AWS names (ids) is narrowed by our tags.
 */
#pragma once

#include "spec/spec.h"

/* Characters of a managed policy, white space not counted. */
#define PERMIT_MAX 6144

struct permit_options {
	bool read_only;      /* only what plan and drift call */
	const char *account; /* NULL: the spec's; without any: every account, as far as ARNs go */
};

/* New array of policy documents, each within PERMIT_MAX. */
json_t *permit_documents(const struct spec *spec, const struct permit_options *options);
/* Characters that AWS counts of a document. */
size_t permit_size(const json_t *document);

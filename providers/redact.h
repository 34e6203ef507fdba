/*
 * redact - trees and texts fit to be shown: secrets are replaced by "(sensitive)".
 *
 * It goes by member names, for calls that are not known to be secret as a
 * whole; those (call_request.secret) are not shown at all.
 */
#pragma once

#include "providers/service.h"

#include <jansson.h>

/* New copy of a request or answer tree of svc. */
json_t *redact_tree(const struct service *svc, const json_t *tree);
/* New text: `text` without the secrets that `params` holds, however AWS came to quote them. */
char *redact_text(const struct service *svc, const json_t *params, const char *text);

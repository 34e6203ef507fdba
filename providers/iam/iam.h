/* iam - what the tables of roles share: one call lists roles with their inline policies and attachments. */
#pragma once

#include "providers/service.h"

/* Types with this same list call share its one answer. */
#define IAM_ROLES(path)                                                                \
	CALL("GetAccountAuthorizationDetails", .rows = "RoleDetailList.member[]" path, \
	     .fixed = WORDS("Filter.member[0]=Role"), .page = 200, .flags = CALL_PAGED)
/* A role that was just made is not known everywhere yet. */
#define IAM_NO_ROLE_YET "NoSuchEntity~role with name"

/* Name of a role or of an inline policy, in the one alphabet of IAM. */
#define IAM_NAME(max) TEXT(1, max, "[A-Za-z0-9_+=,.@-]+")

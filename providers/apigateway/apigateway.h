/* apigateway - what the tables of HTTP APIs share. */
#pragma once

#include "providers/service.h"

/* Writes below one API must not overlap; what else is called a conflict is something that is being changed or in use.
 */
#define APIGATEWAY_BUSY WORDS("ConflictException")

/* Children that a "quick create" has made, and that only it may change. */
#define APIGATEWAY_SKIP WORDS("apiGatewayManaged=true")

/* The parent of routes, integrations and stages. Answers do not name it: their paths do. */
#define APIGATEWAY_API \
	FIELD("api", REF("apigateway.api", "id"), REQUIRED | CREATE_ONLY | ID, .out = "", .doc = "Id of the API.")

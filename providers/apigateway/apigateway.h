/* apigateway - what the tables of HTTP APIs share. */
#pragma once

#include "providers/service.h"

/* Writes below one API must not overlap; what else is called a conflict is something that is being changed or in use.
 */
#define APIGATEWAY_BUSY WORDS("ConflictException")

/* Children that a "quick create" has made, and that only it may change. */
#define APIGATEWAY_SKIP WORDS("apiGatewayManaged=true")

/* What a create with tags, and a change of tags, asks for besides its method. */
#define APIGATEWAY_TAGGING                                              \
	GRANT("apigateway:PUT", .on = "apigateway:{@region}::/tags/*"), \
	    GRANT("apigateway:TagResource apigateway:UntagResource", .on = "apigateway:{@region}::*")
/* API Gateway makes its role itself, in the caller's name: for links and for access logs. */
#define APIGATEWAY_ROLE                                                                                             \
	"iam:CreateServiceLinkedRole",                                                                              \
	    .on = "iam::{@account}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway", \
	    .under = "StringEquals iam:AWSServiceName ops.apigateway.amazonaws.com"

/* The parent of routes, integrations and stages. Answers do not name it: their paths do. */
#define APIGATEWAY_API \
	FIELD("api", REF("apigateway.api", "id"), REQUIRED | CREATE_ONLY | ID, .out = "", .doc = "Id of the API.")

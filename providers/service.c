/*
 * The services. Page sizes are the largest that every operation used here
 * takes: a call that may have more says so in its own `page`. Rates stay below
 * what AWS publishes for an account and region, as others use it too; where
 * nothing is published they are what AWS is known to bear.
 */
#include "providers/service.h"

#include <string.h>
#include <strings.h>

static const struct paging ec2_paging = {
    .token_in = "NextToken", .token_out = "nextToken", .size = "MaxResults", .max = 1000};
static const struct tag_scheme ec2_tags = {
    .shape = TAGS_PAIRS_UPPER,
    .in = "TagSpecification[0].Tag",
    .type_in = "TagSpecification[0].ResourceType",
    .out = "tagSet.item",
    .out_shape = TAGS_PAIRS_LOWER,
    .add = CALL("CreateTags", .fixed = WORDS("ResourceId[0]={@tag_id}")),
    .add_in = "Tag",
    .remove = CALL("DeleteTags", .fixed = WORDS("ResourceId[0]={@tag_id}")),
    .remove_in = "Tag",
    .remove_pairs = true,
    .list = CALL("DescribeTags", .fixed = WORDS("Filter[0].Name=resource-id", "Filter[0].Value[0]={@tag_id}")),
    .list_out = "tagSet.item",
};
const struct service svc_ec2 = {
    .name = "ec2",
    .env = "EC2",
    .host = "ec2",
    .signing = "ec2",
    .iam = "ec2",
    .iam_creating = "ec2:CreateAction",
    .flags = SVC_READS_ALL,
    .version = "2016-11-15",
    .protocol = PROTO_EC2,
    .paging = &ec2_paging,
    .tags = &ec2_tags,
    .read = {.rate = 20, .burst = 50, .flight = 16},
    .write = {.rate = 5, .burst = 50, .flight = 8},
    .absent =
	WORDS("InvalidVpcID.NotFound", "InvalidSubnetID.NotFound", "InvalidSubnetId.NotFound",
	      "InvalidInternetGatewayID.NotFound", "InvalidInternetGateway.NotFound", "InvalidGatewayID.NotFound",
	      "InvalidRouteTableID.NotFound", "InvalidRouteTableId.NotFound", "InvalidRoute.NotFound",
	      "InvalidAssociationID.NotFound", "Gateway.NotAttached", "InvalidGroup.NotFound",
	      "InvalidSecurityGroupID.NotFound", "InvalidSecurityGroupId.NotFound",
	      "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidNetworkInterfaceID.NotFound",
	      "InvalidVpcEndpointId.NotFound", "InvalidPrefixListID.NotFound"),
    .busy = WORDS("DependencyViolation", "IncorrectState", "ResourceNotReady"),
    .clash = WORDS("InvalidSubnet.Conflict", "InvalidGroup.Duplicate", "InvalidPermission.Duplicate",
		   "RouteAlreadyExists", "Resource.AlreadyAssociated"),
    .transient = WORDS("ConcurrentMutationLimitExceeded", "InternalError", "Unavailable"),
    .quota = WORDS("VpcLimitExceeded", "SubnetLimitExceeded", "InternetGatewayLimitExceeded", "RouteTableLimitExceeded",
		   "RouteLimitExceeded", "SecurityGroupLimitExceeded", "RulesPerSecurityGroupLimitExceeded",
		   "VpcEndpointLimitExceeded", "NetworkInterfaceLimitExceeded"),
};

static const struct paging rds_paging = {.token_in = "Marker", .token_out = "Marker", .size = "MaxRecords", .max = 100};
static const struct tag_scheme rds_tags = {
    .shape = TAGS_PAIRS_UPPER,
    .in = "Tags.Tag",
    .out = "TagList.Tag",
    .out_shape = TAGS_PAIRS_UPPER,
    .add = CALL("AddTagsToResource", .fixed = WORDS("ResourceName={@tag_id}")),
    .add_in = "Tags.Tag",
    .remove = CALL("RemoveTagsFromResource", .fixed = WORDS("ResourceName={@tag_id}")),
    .remove_in = "TagKeys.member",
    .list = CALL("ListTagsForResource", .fixed = WORDS("ResourceName={@tag_id}")),
    .list_out = "TagList.Tag",
};
const struct service svc_rds = {
    .name = "rds",
    .env = "RDS",
    .host = "rds",
    .signing = "rds",
    .iam = "rds",
    .version = "2014-10-31",
    .protocol = PROTO_QUERY,
    .paging = &rds_paging,
    .tags = &rds_tags,
    .read = {.rate = 10, .burst = 20, .flight = 4},
    .write = {.rate = 5, .burst = 10, .flight = 2},
    .absent =
	WORDS("DBInstanceNotFound", "DBSubnetGroupNotFoundFault", "DBParameterGroupNotFound", "DBSnapshotNotFound"),
    .busy = WORDS("InvalidDBInstanceState", "InvalidDBSubnetGroupStateFault", "InvalidDBSubnetStateFault",
		  "InvalidDBParameterGroupState", "InvalidDBSnapshotState"),
    .clash = WORDS("DBInstanceAlreadyExists", "DBSubnetGroupAlreadyExists", "DBParameterGroupAlreadyExists",
		   "DBSnapshotAlreadyExists"),
    .quota = WORDS("InstanceQuotaExceeded", "StorageQuotaExceeded", "SnapshotQuotaExceeded",
		   "DBSubnetGroupQuotaExceeded", "DBSubnetQuotaExceededFault", "DBParameterGroupQuotaExceeded"),
};

static const struct paging iam_paging = {
    .token_in = "Marker", .token_out = "Marker", .size = "MaxItems", .max = 1000, .more = "IsTruncated"};
const struct tag_scheme tags_iam_role = {
    .shape = TAGS_PAIRS_UPPER,
    .in = "Tags.member",
    .out = "Tags.member",
    .out_shape = TAGS_PAIRS_UPPER,
    .add = CALL("TagRole", .fixed = WORDS("RoleName={@tag_id}")),
    .add_in = "Tags.member",
    .remove = CALL("UntagRole", .fixed = WORDS("RoleName={@tag_id}")),
    .remove_in = "TagKeys.member",
    .list = CALL("ListRoleTags", .fixed = WORDS("RoleName={@tag_id}")),
    .list_out = "Tags.member",
};
const struct tag_scheme tags_iam_oidc_provider = {
    .shape = TAGS_PAIRS_UPPER,
    .in = "Tags.member",
    .out = "Tags.member",
    .out_shape = TAGS_PAIRS_UPPER,
    .add = CALL("TagOpenIDConnectProvider", .fixed = WORDS("OpenIDConnectProviderArn={@tag_id}")),
    .add_in = "Tags.member",
    .remove = CALL("UntagOpenIDConnectProvider", .fixed = WORDS("OpenIDConnectProviderArn={@tag_id}")),
    .remove_in = "TagKeys.member",
    .list = CALL("ListOpenIDConnectProviderTags", .fixed = WORDS("OpenIDConnectProviderArn={@tag_id}")),
    .list_out = "Tags.member",
};
const struct service svc_iam = {
    .name = "iam",
    .env = "IAM",
    .host = "iam",
    .signing = "iam",
    .iam = "iam",
    .version = "2010-05-08",
    .protocol = PROTO_QUERY,
    .flags = SVC_GLOBAL,
    .paging = &iam_paging,
    .tags = &tags_iam_role,
    .read = {.rate = 10, .burst = 20, .flight = 8},
    .write = {.rate = 5, .burst = 10, .flight = 2},
    .absent = WORDS("NoSuchEntity"),
    .busy = WORDS("DeleteConflict"),
    .clash = WORDS("EntityAlreadyExists"),
    .transient = WORDS("ConcurrentModification", "EntityTemporarilyUnmodifiable", "ServiceFailure"),
    .quota = WORDS("LimitExceeded"),
};

const struct service svc_sts = {
    .name = "sts",
    .env = "STS",
    .host = "sts",
    .signing = "sts",
    .iam = "sts",
    .version = "2011-06-15",
    .protocol = PROTO_QUERY,
    .read = {.rate = 50, .burst = 50, .flight = 4},
    .write = {.rate = 50, .burst = 50, .flight = 4},
    .transient = WORDS("IDPCommunicationError"),
};

/* GetParametersByPath gives 10 at most, DescribeParameters 50. */
static const struct paging ssm_paging = {
    .token_in = "NextToken", .token_out = "NextToken", .size = "MaxResults", .max = 10};
static const struct tag_scheme ssm_tags = {
    .shape = TAGS_PAIRS_UPPER,
    .in = "Tags",
    .out_shape = TAGS_PAIRS_UPPER,
    .add = CALL("AddTagsToResource", .fixed = WORDS("ResourceType={@tag_type}", "ResourceId={@tag_id}")),
    .add_in = "Tags",
    .remove = CALL("RemoveTagsFromResource", .fixed = WORDS("ResourceType={@tag_type}", "ResourceId={@tag_id}")),
    .remove_in = "TagKeys",
    .list = CALL("ListTagsForResource", .fixed = WORDS("ResourceType={@tag_type}", "ResourceId={@tag_id}")),
    .list_out = "TagList",
};
const struct service svc_ssm = {
    .name = "ssm",
    .env = "SSM",
    .host = "ssm",
    .signing = "ssm",
    .iam = "ssm",
    .version = "2014-11-06",
    .target = "AmazonSSM",
    .protocol = PROTO_JSON,
    .paging = &ssm_paging,
    .tags = &ssm_tags,
    .read = {.rate = 20, .burst = 40, .flight = 8},
    .write = {.rate = 3, .burst = 10, .flight = 4},
    .absent = WORDS("ParameterNotFound", "InvalidResourceId"),
    .clash = WORDS("ParameterAlreadyExists"),
    .transient = WORDS("TooManyUpdates", "InternalServerError"),
    .quota =
	WORDS("ParameterLimitExceeded", "ParameterMaxVersionLimitExceeded", "HierarchyLevelLimitExceededException"),
};

static const struct paging logs_paging = {
    .token_in = "nextToken", .token_out = "nextToken", .size = "limit", .max = 50};
static const struct tag_scheme logs_tags = {
    .shape = TAGS_MAP,
    .in = "tags",
    .out_shape = TAGS_MAP,
    .add = CALL("TagResource", .fixed = WORDS("resourceArn={@tag_id}")),
    .add_in = "tags",
    .remove = CALL("UntagResource", .fixed = WORDS("resourceArn={@tag_id}")),
    .remove_in = "tagKeys",
    .list = CALL("ListTagsForResource", .fixed = WORDS("resourceArn={@tag_id}")),
    .list_out = "tags",
};
const struct service svc_logs = {
    .name = "logs",
    .env = "CLOUDWATCH_LOGS",
    .host = "logs",
    .signing = "logs",
    .iam = "logs",
    .version = "2014-03-28",
    .target = "Logs_20140328",
    .protocol = PROTO_JSON,
    .paging = &logs_paging,
    .tags = &logs_tags,
    .read = {.rate = 5, .burst = 10, .flight = 4},
    .write = {.rate = 5, .burst = 10, .flight = 4},
    .absent = WORDS("ResourceNotFoundException"),
    .clash = WORDS("ResourceAlreadyExistsException"),
    .transient = WORDS("OperationAbortedException", "ServiceUnavailableException"),
    .quota = WORDS("LimitExceededException"),
};

static const struct paging ecr_paging = {
    .token_in = "nextToken", .token_out = "nextToken", .size = "maxResults", .max = 1000};
static const struct tag_scheme ecr_tags = {
    .shape = TAGS_PAIRS_UPPER,
    .in = "tags",
    .out_shape = TAGS_PAIRS_UPPER,
    .add = CALL("TagResource", .fixed = WORDS("resourceArn={@tag_id}")),
    .add_in = "tags",
    .remove = CALL("UntagResource", .fixed = WORDS("resourceArn={@tag_id}")),
    .remove_in = "tagKeys",
    .list = CALL("ListTagsForResource", .fixed = WORDS("resourceArn={@tag_id}")),
    .list_out = "tags",
};
const struct service svc_ecr = {
    .name = "ecr",
    .env = "ECR",
    .host = "api.ecr",
    .signing = "ecr",
    .iam = "ecr",
    .version = "2015-09-21",
    .target = "AmazonEC2ContainerRegistry_V20150921",
    .protocol = PROTO_JSON,
    .paging = &ecr_paging,
    .tags = &ecr_tags,
    .read = {.rate = 10, .burst = 20, .flight = 8},
    .write = {.rate = 5, .burst = 10, .flight = 4},
    .absent = WORDS("RepositoryNotFoundException", "LifecyclePolicyNotFoundException"),
    .clash = WORDS("RepositoryAlreadyExistsException"),
    .transient = WORDS("ServerException"),
    .quota = WORDS("LimitExceededException", "TooManyTagsException"),
};

static const struct paging ecs_paging = {
    .token_in = "nextToken", .token_out = "nextToken", .size = "maxResults", .max = 100};
static const struct tag_scheme ecs_tags = {
    .shape = TAGS_PAIRS_LOWER,
    .in = "tags",
    .out = "tags",
    .out_shape = TAGS_PAIRS_LOWER,
    .add = CALL("TagResource", .fixed = WORDS("resourceArn={@tag_id}")),
    .add_in = "tags",
    .remove = CALL("UntagResource", .fixed = WORDS("resourceArn={@tag_id}")),
    .remove_in = "tagKeys",
    .list = CALL("ListTagsForResource", .fixed = WORDS("resourceArn={@tag_id}")),
    .list_out = "tags",
};
const struct service svc_ecs = {
    .name = "ecs",
    .env = "ECS",
    .host = "ecs",
    .signing = "ecs",
    .iam = "ecs",
    .iam_creating = "ecs:CreateAction",
    .version = "2014-11-13",
    .target = "AmazonEC2ContainerServiceV20141113",
    .protocol = PROTO_JSON,
    .paging = &ecs_paging,
    .tags = &ecs_tags,
    .read = {.rate = 20, .burst = 50, .flight = 8},
    .write = {.rate = 2, .burst = 10, .flight = 4},
    .absent = WORDS("ClusterNotFoundException", "ServiceNotFoundException",
		    "ClientException~unable to describe task definition"),
    .busy = WORDS("UpdateInProgressException", "ResourceInUseException", "ClusterContainsServicesException",
		  "ClusterContainsTasksException", "ClusterContainsContainerInstancesException",
		  "ClusterContainsCapacityProviderException", "InvalidParameterException~still draining",
		  "InvalidParameterException~cannot be stopped while", "ClientException~cluster was not active"),
    .transient = WORDS("ServerException"),
    .quota = WORDS("LimitExceededException"),
};

static const struct paging servicediscovery_paging = {
    .token_in = "NextToken", .token_out = "NextToken", .size = "MaxResults", .max = 100};
static const struct tag_scheme servicediscovery_tags = {
    .shape = TAGS_PAIRS_UPPER,
    .in = "Tags",
    .out_shape = TAGS_PAIRS_UPPER,
    .add = CALL("TagResource", .fixed = WORDS("ResourceARN={@tag_id}"), .on = "*"),
    .add_in = "Tags",
    .remove = CALL("UntagResource", .fixed = WORDS("ResourceARN={@tag_id}"), .on = "*"),
    .remove_in = "TagKeys",
    .list = CALL("ListTagsForResource", .fixed = WORDS("ResourceARN={@tag_id}"), .on = "*"),
    .list_out = "Tags",
};
const struct service svc_servicediscovery = {
    .name = "servicediscovery",
    .env = "SERVICEDISCOVERY",
    .host = "servicediscovery",
    .signing = "servicediscovery",
    .iam = "servicediscovery",
    .version = "2017-03-14",
    .target = "Route53AutoNaming_v20170314",
    .protocol = PROTO_JSON,
    .paging = &servicediscovery_paging,
    .tags = &servicediscovery_tags,
    .read = {.rate = 10, .burst = 20, .flight = 4},
    .write = {.rate = 5, .burst = 10, .flight = 4},
    .absent = WORDS("NamespaceNotFound", "ServiceNotFound", "InstanceNotFound", "OperationNotFound",
		    "ResourceNotFoundException"),
    .busy = WORDS("ResourceInUse"),
    .clash = WORDS("NamespaceAlreadyExists", "ServiceAlreadyExists"),
    .quota = WORDS("ResourceLimitExceeded", "TooManyTagsException"),
};

/* One budget of 10 calls a second for reads and writes together. */
static const struct paging apigateway_paging = {
    .token_in = "?nextToken", .token_out = "nextToken", .size = "?maxResults", .max = 100, .size_text = true};
static const struct tag_scheme apigateway_tags = {
    .shape = TAGS_MAP,
    .in = "tags",
    .out = "tags",
    .out_shape = TAGS_MAP,
    .add = CALL("POST /v2/tags/{@tag_id}"),
    .add_in = "tags",
    .remove = CALL("DELETE /v2/tags/{@tag_id}"),
    .remove_in = "?tagKeys",
    .list = CALL("GET /v2/tags/{@tag_id}"),
    .list_out = "tags",
};
const struct service svc_apigateway = {
    .name = "apigateway",
    .env = "APIGATEWAYV2",
    .host = "apigateway",
    .signing = "apigateway",
    .iam = "apigateway",
    .flags = SVC_METHODS,
    .version = "2018-11-29",
    .protocol = PROTO_REST_JSON,
    .paging = &apigateway_paging,
    .tags = &apigateway_tags,
    .read = {.rate = 6, .burst = 25, .flight = 6},
    .write = {.rate = 4, .burst = 15, .flight = 4},
    .absent = WORDS("NotFoundException"),
    .busy = WORDS("BadRequestException~cannot delete vpc link", "ConflictException~cannot delete"),
    .clash = WORDS("ConflictException~already exists"),
    .transient = WORDS("ConflictException~concurrent modification"),
};

static const struct paging tagging_paging = {
    .token_in = "PaginationToken", .token_out = "PaginationToken", .size = "ResourcesPerPage", .max = 100};
const struct service svc_tagging = {
    .name = "tagging",
    .env = "RESOURCE_GROUPS_TAGGING_API",
    .host = "tagging",
    .signing = "tagging",
    .iam = "tag",
    .version = "2017-01-26",
    .target = "ResourceGroupsTaggingAPI_20170126",
    .protocol = PROTO_JSON,
    .paging = &tagging_paging,
    .read = {.rate = 10, .burst = 15, .flight = 4},
    .write = {.rate = 5, .burst = 5, .flight = 2},
    .transient = WORDS("InternalServiceException"),
};

static const struct paging s3_paging = {.token_in = "?continuation-token",
					.token_out = "NextContinuationToken",
					.size = "?max-keys",
					.max = 1000,
					.more = "IsTruncated"};
const struct service svc_s3 = {
    .name = "s3",
    .env = "S3",
    .host = "s3",
    .signing = "s3",
    .iam = "s3",
    .version = "2006-03-01",
    .protocol = PROTO_REST_XML,
    .paging = &s3_paging,
    .read = {.rate = 50, .burst = 100, .flight = 8},
    .write = {.rate = 10, .burst = 20, .flight = 4},
    .absent = WORDS("NoSuchBucket", "NoSuchKey", "NoSuchBucketPolicy", "NoSuchTagSet",
		    "NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError",
		    "OwnershipControlsNotFoundError", "NoSuchLifecycleConfiguration"),
    .clash = WORDS("BucketAlreadyExists", "BucketAlreadyOwnedByYou"),
    .transient = WORDS("BadDigest", "InternalError", "OperationAborted", "ConditionalRequestConflict"),
    .quota = WORDS("TooManyBuckets"),
};

/* Both are asked before there are credentials: their calls are not signed. */
const struct service svc_sso = {
    .name = "sso",
    .env = "SSO",
    .host = "portal.sso",
    .signing = "awsssoportal",
    .iam = "sso",
    .version = "2019-06-10",
    .protocol = PROTO_REST_JSON,
    .read = {.rate = 10, .burst = 10, .flight = 2},
    .write = {.rate = 10, .burst = 10, .flight = 2},
};
const struct service svc_sso_oidc = {
    .name = "sso_oidc",
    .env = "SSO_OIDC",
    .host = "oidc",
    .signing = "sso-oauth",
    .iam = "sso-oauth",
    .version = "2019-06-10",
    .protocol = PROTO_REST_JSON,
    .read = {.rate = 10, .burst = 10, .flight = 2},
    .write = {.rate = 10, .burst = 10, .flight = 2},
};

const struct service *const services[] = {
    &svc_ec2,        &svc_rds,      &svc_iam,
    &svc_sts,        &svc_ssm,      &svc_logs,
    &svc_ecr,        &svc_ecs,      &svc_servicediscovery,
    &svc_apigateway, &svc_tagging,  &svc_s3,
    &svc_sso,        &svc_sso_oidc, NULL,
};

const struct service *service_find(const char *name)
{
	for (const struct service *const *s = services; *s; s++)
		if (!strcmp((*s)->name, name))
			return *s;
	return NULL;
}

bool code_in(const char *const *list, const char *code, const char *message)
{
	for (; list && *list; list++) {
		const char *words = strchr(*list, '~');
		size_t n = words ? (size_t)(words - *list) : strlen(*list);

		if (strlen(code) != n || strncmp(*list, code, n) != 0)
			continue;
		if (!words || (message && strcasestr(message, words + 1)))
			return true;
	}
	return false;
}

/*
 * service - one row per AWS service: where it is, how it speaks, what its errors mean.
 */
#pragma once

#include "providers/type.h"

enum protocol { PROTO_EC2, PROTO_QUERY, PROTO_JSON, PROTO_REST_JSON, PROTO_REST_XML };

struct paging {
	const char *token_in;  /* request path of the continuation token */
	const char *token_out; /* its path in the answer; absent or "" at the end */
	const char *size;      /* request path of the page size; NULL: none */
	unsigned max;          /* the largest page AWS gives */
	const char *more;      /* answer path of a boolean that says whether to go on; NULL: the token does */
	bool size_text;        /* the size is sent as a string (API Gateway) */
};

enum tag_shape {
	TAGS_PAIRS_UPPER, /* [{"Key": k, "Value": v}] */
	TAGS_PAIRS_LOWER, /* [{"key": k, "value": v}] */
	TAGS_MAP,         /* {"k": "v"} */
};

/* How a service writes and reads tags. Calls use {@tag_id} (rtype.tag_id's value) and {@tag_type}. */
struct tag_scheme {
	enum tag_shape shape;
	const char *in;           /* create: request path of the tags, "TagSpecification[0].Tag" */
	const char *type_in;      /* create: request path of rtype.tag_type, or NULL */
	const char *out;          /* path in a row (or in list's answer row); a `[]`-less list or map */
	enum tag_shape out_shape; /* shape there (ec2 reads small letters where it writes capitals) */
	struct call add;          /* tags at add_in */
	const char *add_in;
	struct call remove; /* keys at remove_in; as pairs without a value if remove_pairs */
	const char *remove_in;
	bool remove_pairs;
	struct call list; /* rows: "" ; tags at list_out in the answer */
	const char *list_out;
};

/* Client-side pacing: token bucket and requests in flight. Per service; writes apart from reads. */
struct pace {
	double rate; /* tokens per second */
	unsigned burst;
	unsigned flight; /* requests in flight at most */
};

enum service_flags {
	SVC_GLOBAL = 1 << 0,    /* one endpoint and signing region per partition (IAM) */
	SVC_READS_ALL = 1 << 1, /* IAM cannot limit reads to objects */
	SVC_METHODS = 1 << 2,   /* IAM's actions are the methods of HTTP, and what they act on are the paths */
};

struct service {
	const char *name; /* "ec2"; also the first word of its addresses' types */
	const char *env;  /* AWS_ENDPOINT_URL_<this>; in lower case the key in a [services] section */
	const char *host; /* host prefix */
	const char *signing;
	const char *iam;          /* prefix of its IAM actions, "ec2" */
	const char *iam_creating; /* condition key that says in which create tags are given, or NULL */
	const char *version;      /* query and ec2: Version= */
	const char *target;       /* json: prefix of X-Amz-Target */
	enum protocol protocol;
	unsigned flags;
	const struct paging *paging;
	const struct tag_scheme *tags;
	struct pace read, write;
	const char *const *absent, *const *busy,
				       *const *clash; /* error codes for all its types, "CODE~words" allowed */
	const char *const *transient;                 /* retried by the standard rules in addition to the common ones */
	const char *const *quota; /* hard limits, never retried, also where the common list calls them throttling */
};

extern const struct service svc_ec2, svc_rds, svc_iam, svc_sts, svc_ssm, svc_logs, svc_ecr, svc_ecs,
    svc_servicediscovery, svc_apigateway, svc_tagging, svc_s3, svc_sso, svc_sso_oidc;
/*
 * IAM tags each type by calls of its own. Roles (tag_id: the name) are svc_iam's scheme; a type of the others names
 * its scheme in rtype.tags (tag_id of a provider: "arn").
 */
extern const struct tag_scheme tags_iam_role, tags_iam_oidc_provider;
extern const struct service *const services[]; /* ends with NULL */
const struct service *service_find(const char *name);

/* Is `code` (with `message`) in a list of "CODE" and "CODE~words" entries? Words match case-insensitively. */
bool code_in(const char *const *list, const char *code, const char *message);

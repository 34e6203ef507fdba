/*
 * config - region, partition, endpoints and the shared configuration files, as every AWS tool finds them.
 * https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
#pragma once

#include "base/diag.h"
#include "providers/service.h"

#include <jansson.h>
#include <stdbool.h>

/* The environment and home directory, replaceable by tests. getenv-like: NULL if unset or empty. */
struct aws_env {
	const char *(*get)(void *arg, const char *name);
	void *arg;
};
extern const struct aws_env aws_env_process;

struct aws_partition {
	const char *id, *dns_suffix, *dual_dns_suffix, *global_region;
	const char *pattern; /* POSIX extended regular expression on the region */
};
/* Never NULL: an unknown region counts as partition "aws". */
const struct aws_partition *aws_partition_of(const char *region);

struct aws_config {
	char *profile;         /* AWS_PROFILE, AWS_DEFAULT_PROFILE, or "default" */
	bool profile_explicit; /* given on the command line: environment keys do not apply */
	char *region;          /* may be NULL: the spec names it */
	char *ca_bundle;       /* AWS_CA_BUNDLE, ca_bundle, or NULL */
	bool fips, dualstack, ignore_endpoints;
	unsigned max_attempts; /* 0: not configured */
	json_t *config,
	    *credentials; /* section -> key -> text (or object, for nested keys) of the two files; {} if absent */
	const struct aws_env *env; /* borrowed */
};

/*
 * Reads environment and files. profile: from the command line or NULL. A missing file is fine; one that cannot be
 * read or parsed is ERR_INVALID with file and line; so is a profile that was asked for and is in no file.
 */
int aws_config_load(const struct aws_env *env, const char *profile, struct aws_config *ret, struct diag *d);
void aws_config_release(struct aws_config *c);
/* Borrowed value of `key` for the profile (credentials file wins), or NULL. */
const char *aws_config_get(const struct aws_config *c, const char *profile, const char *key);
/* True if one of the two files has a section for it. */
bool aws_config_has_profile(const struct aws_config *c, const char *profile);
/* Borrowed section [KIND NAME] of the config file ("sso-session", "services"), or NULL. */
const json_t *aws_config_section(const struct aws_config *c, const char *kind, const char *name);
/* New path: a leading "~/" stands for the home directory. NULL if that is unknown. */
char *aws_home_path(const struct aws_env *env, const char *path);
/* Value of an environment variable, NULL if unset or empty. */
const char *aws_env_get(const struct aws_env *env, const char *name);

/* Where a service is for a region. url has no trailing slash; path prefixes of custom endpoints are kept. */
struct aws_endpoint {
	char *url;          /* "https://ec2.us-east-1.amazonaws.com" */
	char *host;         /* as signed and sent: lower case, no default port */
	const char *prefix; /* path of a custom endpoint, inside url; "" if none */
	char *signing_region;
	bool custom; /* from AWS_ENDPOINT_URL and kin */
};
int aws_endpoint_resolve(const struct aws_config *c, const struct service *svc, const char *region,
			 struct aws_endpoint *ret, struct diag *d);
void aws_endpoint_release(struct aws_endpoint *e);

/* True if region looks like one: ^[a-z]{2,4}(-[a-z]+)+-[0-9]+$ */
bool aws_region_valid(const char *region);

/* INI text of the shared files -> section -> key -> text or nested object. ERR_INVALID with file:line. 1 MiB at most.
 */
int ini_parse(const char *text, size_t n, const char *file, json_t **ret, struct diag *d);

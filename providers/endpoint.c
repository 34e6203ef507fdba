/* Partitions and endpoints. The rules are AWS's: one general pattern, and a table of those that do not follow it. */
#include "base/buf.h"
#include "base/err.h"
#include "providers/config.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REGION_TAIL "-[a-z0-9_]+-[0-9]+$"

/* The first is what an unknown region counts as. */
static const struct aws_partition partitions[] = {
    {"aws", "amazonaws.com", "api.aws", "us-east-1", "^(us|eu|ap|sa|ca|me|af|il|mx)" REGION_TAIL},
    {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1", "^cn" REGION_TAIL},
    {"aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1", "^us-gov" REGION_TAIL},
    {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1", "^eusc-de" REGION_TAIL},
    {"aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1", "^us-iso" REGION_TAIL},
    {"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1", "^us-isob" REGION_TAIL},
    {"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1", "^eu-isoe" REGION_TAIL},
    {"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1", "^us-isof" REGION_TAIL},
};

enum mode { PLAIN = 1 << 0, DUAL = 1 << 1, FIPS = 1 << 2, BOTH = 1 << 3, ANY = PLAIN | DUAL | FIPS | BOTH };

struct quirk {
	const char *service;
	const char *partition; /* NULL: all */
	unsigned modes;        /* enum mode */
	const char *host;      /* {region} {global} {dns} {dual} are filled in */
	const char *signing;   /* region to sign for; NULL: {global} for a global service, else the region */
};

/* The first that fits counts. */
static const struct quirk quirks[] = {
    /* In GovCloud the plain hosts of these are the FIPS ones. */
    {"ec2", "aws-us-gov", FIPS, "ec2.{region}.{dns}", NULL},
    {"rds", "aws-us-gov", FIPS, "rds.{region}.{dns}", NULL},
    {"sts", "aws-us-gov", FIPS, "sts.{region}.{dns}", NULL},
    {"ssm", "aws-us-gov", FIPS, "ssm.{region}.{dns}", NULL},
    {"logs", "aws-us-gov", FIPS, "logs.{region}.{dns}", NULL},
    {"sso", "aws-us-gov", FIPS, "portal.sso.{region}.{dns}", NULL},
    {"sso_oidc", "aws-us-gov", FIPS, "oidc.{region}.{dns}", NULL},
    {"ecr", NULL, DUAL, "ecr.{region}.{dual}", NULL},
    {"ecr", NULL, BOTH, "ecr-fips.{region}.{dual}", NULL},
    {"s3", NULL, DUAL, "s3.dualstack.{region}.{dns}", NULL},
    {"s3", NULL, BOTH, "s3-fips.dualstack.{region}.{dns}", NULL},
    {"servicediscovery", "aws", DUAL, "servicediscovery.{region}.{dns}", NULL},
    {"servicediscovery", "aws-cn", DUAL, "servicediscovery.{region}.{dns}", NULL},
    {"servicediscovery", "aws-us-gov", DUAL, "servicediscovery.{region}.{dns}", NULL},
    {"iam", "aws", PLAIN, "iam.{dns}", NULL},
    {"iam", "aws", DUAL, "iam.global.{dual}", NULL},
    {"iam", "aws", FIPS, "iam-fips.{dns}", NULL},
    {"iam", "aws", BOTH, "iam-fips.global.{dual}", NULL},
    {"iam", "aws-cn", PLAIN, "iam.cn-north-1.{dns}", "cn-north-1"},
    {"iam", "aws-cn", DUAL, "iam.global.{dual}", "cn-north-1"},
    {"iam", "aws-us-gov", PLAIN | FIPS, "iam.us-gov.{dns}", NULL},
    {"iam", "aws-us-gov", DUAL | BOTH, "iam.us-gov.{dual}", NULL},
    {"iam", "aws-iso", FIPS, "iam-fips.{global}.{dns}", NULL},
    {"iam", "aws-iso-b", FIPS, "iam-fips.{global}.{dns}", NULL},
    {"iam", NULL, PLAIN, "iam.{global}.{dns}", NULL},
    {"iam", NULL, DUAL, "iam.{dual}", NULL},
    {"iam", NULL, FIPS, "iam-fips.{dns}", NULL},
    {"iam", NULL, BOTH, "iam-fips.{dual}", NULL},
};

static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	bool ok;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		BUG("malformed partition pattern %s", pattern);
	ok = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return ok;
}

const struct aws_partition *aws_partition_of(const char *region)
{
	for (size_t i = 0; region && i < ARRAY_SIZE(partitions); i++)
		if (matches(partitions[i].pattern, region))
			return &partitions[i];
	return &partitions[0];
}

static const struct quirk *find_quirk(const char *service, const struct aws_partition *p, enum mode mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(quirks); i++) {
		const struct quirk *q = &quirks[i];

		if (!strcmp(q->service, service) && (q->modes & mode) &&
		    (!q->partition || !strcmp(q->partition, p->id)))
			return q;
	}
	return NULL;
}

static void add_word(struct buf *b, const char *word, size_t n, const struct aws_partition *p, const char *region)
{
	const struct {
		const char *name, *value;
	} words[] = {
	    {"region", region}, {"global", p->global_region}, {"dns", p->dns_suffix}, {"dual", p->dual_dns_suffix}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].name) == n && !strncmp(words[i].name, word, n))
			buf_adds(b, words[i].value);
}

static char *host_url(const char *host, const struct aws_partition *p, const char *region)
{
	struct buf b = BUF(512);

	buf_adds(&b, "https://");
	while (*host) {
		size_t n = strcspn(host, "{");

		buf_add(&b, host, n);
		host += n;
		if (*host) {
			n = strcspn(host, "}");
			add_word(&b, host + 1, n - 1, p, region);
			host += n + 1;
		}
	}
	return buf_take(&b);
}

static void computed(const struct aws_config *c, const struct service *svc, const char *region,
		     struct aws_endpoint *ret)
{
	const struct aws_partition *p = aws_partition_of(region);
	enum mode mode = c->fips ? (c->dualstack ? BOTH : FIPS) : (c->dualstack ? DUAL : PLAIN);
	const struct quirk *q = find_quirk(svc->name, p, mode);

	if (q)
		ret->url = host_url(q->host, p, region);
	else
		ret->url = xasprintf("https://%s%s.%s.%s", svc->host, c->fips ? "-fips" : "", region,
				     c->dualstack ? p->dual_dns_suffix : p->dns_suffix);
}

static char *signing_region(const struct service *svc, const char *region)
{
	const struct aws_partition *p = aws_partition_of(region);
	const struct quirk *q = find_quirk(svc->name, p, PLAIN);

	if (!(svc->flags & SVC_GLOBAL))
		return xstrdup(region);
	return xstrdup(q && q->signing ? q->signing : p->global_region);
}

/* Borrowed endpoint_url for the service from the [services NAME] section that the profile names. */
static const char *from_services(const struct aws_config *c, const struct service *svc)
{
	const char *name = aws_config_get(c, c->profile, "services"), *key, *url = NULL;
	const json_t *section = name ? aws_config_section(c, "services", name) : NULL;
	json_t *nested;

	json_object_foreach ((json_t *)section, key, nested)
		if (!strcasecmp(key, svc->env))
			url = json_string_value(json_object_get(nested, "endpoint_url"));
	return url && *url ? url : NULL;
}

/* Borrowed custom URL or NULL; *from says where it stands, for messages. */
static const char *configured(const struct aws_config *c, const struct service *svc, char from[80])
{
	const char *url;

	if (c->ignore_endpoints)
		return NULL;
	snprintf(from, 80, "AWS_ENDPOINT_URL_%s", svc->env);
	url = aws_env_get(c->env, from);
	if (url)
		return url;
	snprintf(from, 80, "AWS_ENDPOINT_URL");
	url = aws_env_get(c->env, from);
	if (url)
		return url;
	snprintf(from, 80, "endpoint_url in the services section of profile %.20s", c->profile);
	url = from_services(c, svc);
	if (url)
		return url;
	snprintf(from, 80, "endpoint_url of profile %.40s", c->profile);
	return aws_config_get(c, c->profile, "endpoint_url");
}

/* An absolute http or https URL: host, perhaps port and path; no user, query or fragment, nothing that is not
 * printable. */
static bool url_usable(const char *url)
{
	const char *host = NULL;

	if (!strncasecmp(url, "https://", 8))
		host = url + 8;
	else if (!strncasecmp(url, "http://", 7))
		host = url + 7;
	if (!host || !*host || *host == '/' || *host == ':' || strpbrk(url, "?#@\\"))
		return false;
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return true;
}

static int custom(const struct service *svc, const char *url, const char *from, struct aws_endpoint *ret,
		  struct diag *d)
{
	size_t n = strlen(url);

	if (!url_usable(url)) {
		diag_error(d, ERR_INVALID, "%s is no usable endpoint for %s: \"%s\".", from, svc->name, url);
		diag_hint(d, "Write it as https://HOST or http://HOST:PORT, with a path if there is one.");
		return ERR_INVALID;
	}
	while (n && url[n - 1] == '/')
		n--;
	ret->url = xstrndup(url, n);
	ret->custom = true;
	return 0;
}

/* "https://Host:443/x" -> "host" and "/x": what is signed must be what arrives. */
static void split_url(struct aws_endpoint *e)
{
	bool tls = !strncasecmp(e->url, "https:", 6);
	const char *host = strstr(e->url, "://") + 3, *port = tls ? ":443" : ":80";
	size_t n = strcspn(host, "/"), len = strlen(port);

	e->prefix = host + n;
	if (n > len && !strncmp(host + n - len, port, len))
		n -= len;
	e->host = xstrndup(host, n);
	for (char *p = e->host; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
}

int aws_endpoint_resolve(const struct aws_config *c, const struct service *svc, const char *region,
			 struct aws_endpoint *ret, struct diag *d)
{
	struct aws_endpoint e = {0};
	const char *url;
	char from[80];
	int rc = 0;

	/* It becomes part of a host name. */
	if (!aws_region_valid(region))
		return diag_error(d, ERR_INVALID, "\"%s\" is no AWS region.", region ? region : "");
	url = configured(c, svc, from);
	if (url)
		rc = custom(svc, url, from, &e, d);
	else
		computed(c, svc, region, &e);
	if (rc)
		return rc;
	split_url(&e);
	e.signing_region = signing_region(svc, region);
	*ret = e;
	return 0;
}

void aws_endpoint_release(struct aws_endpoint *e)
{
	free(e->url);
	free(e->host);
	free(e->signing_region);
	*e = (struct aws_endpoint){0};
}

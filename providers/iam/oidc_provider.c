/* iam.oidc_provider - an issuer of identities that the account believes, as GitHub's */
#include "base/err.h"
#include "base/mem.h"
#include "providers/service.h"

#include <ctype.h>
#include <string.h>

#define SCHEME "https://"

/* IAM wants the URL with its scheme and shows it without: that is its name in ARNs and conditions, and ours. */
static json_t *bare(const json_t *value)
{
	const char *s = json_string_value(value);
	size_t n;

	if (!s)
		return json_incref((json_t *)value);
	if (!strncmp(s, SCHEME, strlen(SCHEME)))
		s += strlen(SCHEME);
	for (n = strlen(s); n && s[n - 1] == '/';)
		n--;
	return json_stringn(s, n);
}

static json_t *canon_url(const json_t *value, struct diag *d)
{
	(void)d;
	return bare(value);
}

static json_t *encode_url(const json_t *value)
{
	return json_sprintf(SCHEME "%s", json_string_value(value));
}

static const struct type t_issuer = {
    .name = "URL",
    .kind = KIND_STR,
    .min = 1,
    .max = 255,
    .pattern = "(" SCHEME ")?[A-Za-z0-9][A-Za-z0-9.-]*(/[A-Za-z0-9._~/-]*)?",
    .canon = canon_url,
    .encode = encode_url,
    .decode = bare,
};

static json_t *canon_thumbprint(const json_t *value, struct diag *d)
{
	char *s CLEANUP(freep) = xstrdup(json_string_value(value));

	(void)d;
	for (char *c = s; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return json_string(s);
}

static const struct type t_thumbprint = {
    .name = "thumbprint", .kind = KIND_STR, .pattern = "[0-9A-Fa-f]{40}", .canon = canon_thumbprint};

enum { ADD_CLIENT, REMOVE_CLIENT, THUMBPRINTS };

#define ARN "iam::{@account}:oidc-provider/{url}"
#define THIS_PROVIDER "OpenIDConnectProviderArn=arn:{@partition}:" ARN

static const struct field fields[] = {
    FIELD("url", &t_issuer, REQUIRED | CREATE_ONLY | ID, .in = "Url",
	  .doc = "The issuer, as https://token.actions.githubusercontent.com; kept without the scheme."),
    FIELD("client_ids", SET(TEXT(1, 255, NULL)), 0, .in = "ClientIDList.member", .by = ADD_CLIENT,
	  .or_by = REMOVE_CLIENT + 1, .doc = "Audiences that its tokens may be made for."),
    FIELD("thumbprints", SET(&t_thumbprint), COMPUTED, .in = "ThumbprintList.member", .by = THUMBPRINTS,
	  .doc = "Certificates of the issuer. AWS finds them itself, and knows GitHub without."),
    /* No answer tells it. */
    FIELD("arn", &t_arn, COMPUTED | TOLD, .out = "", .doc = "Amazon Resource Name."),
    END,
};

const struct rtype iam_oidc_provider = {
    .name = "iam.oidc_provider",
    .doc = "An issuer of identities that the account believes, as GitHub's. There is one of a URL in an account.",
    .svc = &svc_iam,
    .fields = fields,
    .key = WORDS("url"),
    .create = {CALL("CreateOpenIDConnectProvider")},
    .read = CALL("GetOpenIDConnectProvider", .rows = "", .fixed = WORDS(THIS_PROVIDER)),
    .update =
	{
	    [ADD_CLIENT] =
		CALL("AddClientIDToOpenIDConnectProvider", .fixed = WORDS(THIS_PROVIDER, "ClientID={@member}"),
		     .flags = CALL_EACH_ADDED | CALL_LAGS),
	    [REMOVE_CLIENT] =
		CALL("RemoveClientIDFromOpenIDConnectProvider", .fixed = WORDS(THIS_PROVIDER, "ClientID={@member}"),
		     .flags = CALL_EACH_REMOVED | CALL_LAGS),
	    [THUMBPRINTS] = CALL("UpdateOpenIDConnectProviderThumbprint", .fixed = WORDS(THIS_PROVIDER),
				 .flags = CALL_WHOLE | CALL_LAGS),
	},
    .del = {CALL("DeleteOpenIDConnectProvider", .fixed = WORDS(THIS_PROVIDER))},
    .tags = &tags_iam_oidc_provider,
    .tag_id = "arn",
    .arn = ARN,
    .ready = WAIT(.every = 2000, .limit = 300, .twice = 2),
    .gone = WAIT(.every = 2000, .limit = 300),
    .absent = WORDS("NoSuchEntity"),
    .clash = WORDS("EntityAlreadyExists"),
    .flags = TAGGED | SHARED,
    .expect = {3, 3, 2},
};

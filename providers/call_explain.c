/* What a failed call means to the person who reads it, and what helps. */
#include "base/buf.h"
#include "base/err.h"
#include "providers/call.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct failed {
	const struct call_answer *answer;
	const struct service *svc;
	const char *action;
};

static bool says(const struct failed *f, const char *words)
{
	return strcasestr(f->answer->message, words) || strcasestr(f->answer->code, words);
}

/*
 * The IAM action that was missing. AWS names it where it is another one than the call's (iam:PassRole in an ECS call);
 * API Gateway's actions are its methods. New text, or NULL if it cannot be told.
 */
static char *iam_action(const struct failed *f)
{
	static const char words[] = "not authorized to perform: ";
	const char *named = strstr(f->answer->message, words);
	size_t n = 0;

	if (named) {
		named += sizeof(words) - 1;
		while (isalnum((unsigned char)named[n]) || strchr("-:_", named[n] ? named[n] : ' '))
			n++;
		if (n && memchr(named, ':', n))
			return xstrndup(named, n);
	}
	if (f->svc->protocol == PROTO_REST_XML)
		return NULL;
	return xasprintf("%s:%.*s", f->svc->iam, (int)strcspn(f->action, " "), f->action);
}

static void explain_denied(const struct failed *f, struct diag *d)
{
	char *action CLEANUP(freep) = iam_action(f);
	const char *from = f->answer->identity ? f->answer->identity : "";
	static const char all[] = "`berth permissions` prints all that the spec needs.";

	if (!action)
		diag_hint(d, "The identity of the credentials in use needs more permissions: %s", all);
	else
		diag_hint(d, "Allow %s to the identity of the credentials in use%s%s%s. %s", action, *from ? " (" : "",
			  from, *from ? ")" : "", all);
}

static void explain_credentials(const struct failed *f, struct diag *d)
{
	const char *from = f->answer->identity ? f->answer->identity : "";
	bool known = *f->answer->code != '\0';

	if (strcasestr(from, "sso"))
		diag_hint(d, "The SSO session has expired: run `aws sso login` with the same profile and try again.");
	else if (says(f, "SignatureDoesNotMatch") || says(f, "InvalidSignature") || says(f, "IncompleteSignature"))
		diag_hint(d, "The secret key does not belong to the access key, or a proxy changed the request.");
	else if (says(f, "Expired"))
		diag_hint(d, "The credentials%s%s have expired: get new ones and try again.", *from ? " from " : "",
			  from);
	else if (known)
		diag_hint(
		    d,
		    "AWS does not know the credentials%s%s: they were deleted, belong to another partition, or the "
		    "region is not enabled for the account.",
		    *from ? " from " : "", from);
	else
		diag_hint(d, "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.");
}

static void explain_skew(const struct failed *f, struct diag *d)
{
	int64_t s = f->answer->skew / 1000;

	if (s)
		diag_hint(d, "This computer's clock is %" PRId64 " s %s AWS's: set it right.", s < 0 ? -s : s,
			  s > 0 ? "behind" : "ahead of");
	else
		diag_hint(d, "Compare this computer's clock with the real time and set it right.");
}

static void explain_network(const struct failed *f, struct diag *d)
{
	if (says(f, "resolve"))
		diag_hint(d, "Check the network, and whether the region in the endpoint is spelled right.");
	else if (says(f, "certificate") || says(f, "SSL") || says(f, "TLS"))
		diag_hint(d, "If a proxy of yours opens TLS, name its certificate authority in AWS_CA_BUNDLE.");
	else
		diag_hint(d, "Check the network, and proxies in HTTPS_PROXY and NO_PROXY; running again is safe.");
}

static void explain_refusal(const struct failed *f, struct diag *d)
{
	if (says(f, "OptInRequired") || says(f, "RegionDisabled"))
		diag_hint(d, "The region or the service is not enabled for this account.");
	else if (says(f, "PermanentRedirect") || says(f, "AuthorizationHeaderMalformed") ||
		 says(f, "IllegalLocationConstraint"))
		diag_hint(d, "The object is in another region than the one that was asked.");
}

static void explain(const struct failed *f, struct diag *d)
{
	switch (f->answer->err) {
	case ERR_DENIED:
		explain_denied(f, d);
		break;
	case ERR_CREDENTIALS:
		explain_credentials(f, d);
		break;
	case ERR_SKEW:
		explain_skew(f, d);
		break;
	case ERR_QUOTA:
		diag_hint(d,
			  "This is a quota of the account: remove what is no longer needed, or ask for more in Service "
			  "Quotas.");
		break;
	case ERR_NETWORK:
		explain_network(f, d);
		break;
	case ERR_PROTOCOL:
		diag_hint(d, "Something between here and AWS, such as a proxy or a captive portal, may have answered.");
		break;
	case ERR_THROTTLED:
	case ERR_TRANSIENT:
		diag_hint(d, "Running again is safe.");
		break;
	default:
		explain_refusal(f, d);
	}
}

int call_explain(const struct call_answer *answer, const struct service *svc, const char *action, struct diag *d)
{
	const struct failed f = {.answer = answer, .svc = svc, .action = action};
	const char *code = answer->code, *id = answer->request_id;
	struct buf text = BUF(16384);

	if (!answer->err)
		return 0;
	buf_addf(&text, "%s %s: %s%s%s", svc->name, action, code, *code && *answer->message ? ": " : "",
		 answer->message);
	if (answer->attempts > 1)
		buf_addf(&text, " (after %u tries)", answer->attempts);
	if (*id)
		buf_addf(&text, " (request id %s)", id);
	diag_error(d, answer->err, "%s", buf_str(&text));
	buf_release(&text);
	if (answer->ambiguous)
		diag_hint(
		    d, "Whether it was done is not known: the next run looks for the object before it makes another.");
	else
		explain(&f, d);
	return answer->err;
}

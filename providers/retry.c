#include "providers/retry.h"
#include "base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_MAX_MS 20000
#define RETRY_AFTER_MAX_MS 60000
#define AMZ_RETRY_AFTER_MORE_MS 5000

/* LimitExceededException is a hard limit for some services: their `quota` list is asked first. */
static const char *const throttles[] = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "Throttled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    NULL,
};
static const char *const transients[] = {"RequestTimeout", "RequestTimeoutException", NULL};
static const char *const skews[] = {
    "RequestTimeTooSkewed",
    "RequestExpired",
    "RequestInTheFuture",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    NULL,
};
static const char *const expired[] = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidToken",
    NULL,
};
static const char *const denied[] = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation",
				     "AuthorizationError", NULL};
static const char *const unsigned_codes[] = {
    "SignatureDoesNotMatch",      "InvalidSignatureException",           "IncompleteSignature",
    "MissingAuthenticationToken", "MissingAuthenticationTokenException", NULL};
static const char *const times[] = {
    "RequestTimeTooSkewed",
    "RequestInTheFuture",
    "InvalidSignatureException~signature expired",
    "InvalidSignatureException~signature not yet current",
    "SignatureDoesNotMatch~signature expired",
    "SignatureDoesNotMatch~signature not yet current",
    NULL,
};

bool failure_may_be_skew(const char *code)
{
	return code_in(skews, code, NULL);
}

bool failure_may_be_expired(const char *code)
{
	return code_in(expired, code, NULL);
}

enum failure failure_of(const struct service *svc, long status, const char *code, const char *message)
{
	if (code_in(svc->quota, code, message))
		return FAILURE_FINAL;
	if (code_in(throttles, code, message) || status == 429 || status == 509)
		return FAILURE_THROTTLED;
	if (failure_may_be_skew(code) || failure_may_be_expired(code))
		return FAILURE_AUTH;
	if (code_in(transients, code, message) || code_in(svc->transient, code, message))
		return FAILURE_TRANSIENT;
	return status == 500 || status == 502 || status == 503 || status == 504 ? FAILURE_TRANSIENT : FAILURE_FINAL;
}

int failure_err(const struct service *svc, long status, const char *code, const char *message)
{
	enum failure f = failure_of(svc, status, code, message);

	if (f == FAILURE_THROTTLED)
		return ERR_THROTTLED;
	if (f == FAILURE_TRANSIENT)
		return ERR_TRANSIENT;
	if (code_in(svc->quota, code, message))
		return ERR_QUOTA;
	if (code_in(times, code, message))
		return ERR_SKEW;
	if (f == FAILURE_AUTH || code_in(unsigned_codes, code, message))
		return ERR_CREDENTIALS;
	return code_in(denied, code, message) ? ERR_DENIED : ERR_AWS;
}

bool retry_quota_take(struct retry_quota *q, int cost)
{
	if (q->left < cost)
		return false;
	q->left -= cost;
	return true;
}

void retry_quota_give(struct retry_quota *q, int amount)
{
	q->left = q->left + amount > RETRY_QUOTA ? RETRY_QUOTA : q->left + amount;
}

/* A plain number in a header, -1 if there is none. */
static int64_t header_number(const json_t *headers, const char *name)
{
	const char *text = json_string_value(json_object_get(headers, name));
	long long n;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtoll(text, &end, 10);
	return *end || errno || n < 0 ? -1 : n;
}

int64_t retry_delay(unsigned attempt, double random, const json_t *headers)
{
	int64_t top = attempt > 5 ? DELAY_MAX_MS : (int64_t)1000 << (attempt ? attempt - 1 : 0);
	int64_t delay = (int64_t)(random * (double)top);
	int64_t ms = header_number(headers, "x-amz-retry-after");
	int64_t s = header_number(headers, "retry-after");

	if (ms >= 0) {
		int64_t most = delay + AMZ_RETRY_AFTER_MORE_MS;

		delay = ms < delay ? delay : ms > most ? most : ms;
	} else if (s >= 0) {
		s = s > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS : s * 1000;
		delay = s > delay ? s : delay;
	}
	return delay;
}

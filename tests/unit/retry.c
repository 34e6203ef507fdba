/* Which failures are tried again, when, and how often: the standard mode of the AWS SDKs. */
#include "tests/unit/test.h"

#include "base/err.h"
#include "providers/retry.h"

TEST(failures_by_code_and_status)
{
	static const struct {
		const struct service *svc;
		long status;
		const char *code, *message;
		enum failure want;
		int err;
	} table[] = {
	    {&svc_ec2, 503, "RequestLimitExceeded", "", FAILURE_THROTTLED, ERR_THROTTLED},
	    {&svc_ec2, 400, "VpcLimitExceeded", "", FAILURE_FINAL, ERR_QUOTA},
	    {&svc_ec2, 400, "ConcurrentMutationLimitExceeded", "", FAILURE_TRANSIENT, ERR_TRANSIENT},
	    {&svc_ec2, 403, "UnauthorizedOperation", "", FAILURE_FINAL, ERR_DENIED},
	    {&svc_ec2, 401, "AuthFailure", "", FAILURE_AUTH, ERR_CREDENTIALS},
	    {&svc_ec2, 400, "InvalidVpcID.NotFound", "", FAILURE_FINAL, ERR_AWS},
	    {&svc_logs, 400, "LimitExceededException", "", FAILURE_FINAL, ERR_QUOTA},
	    {&svc_ecr, 400, "LimitExceededException", "", FAILURE_FINAL, ERR_QUOTA},
	    {&svc_apigateway, 429, "LimitExceededException", "", FAILURE_THROTTLED, ERR_THROTTLED},
	    {&svc_apigateway, 409, "ConflictException",
	     "Unable to complete operation due to concurrent modification. Please try again later.", FAILURE_TRANSIENT,
	     ERR_TRANSIENT},
	    {&svc_apigateway, 409, "ConflictException", "Route with key $default already exists for this API",
	     FAILURE_FINAL, ERR_AWS},
	    {&svc_iam, 409, "LimitExceeded", "", FAILURE_FINAL, ERR_QUOTA},
	    {&svc_iam, 409, "EntityTemporarilyUnmodifiable", "", FAILURE_TRANSIENT, ERR_TRANSIENT},
	    {&svc_iam, 403, "AccessDenied", "", FAILURE_FINAL, ERR_DENIED},
	    {&svc_iam, 403, "InvalidClientTokenId", "", FAILURE_AUTH, ERR_CREDENTIALS},
	    {&svc_iam, 403, "MissingAuthenticationToken", "", FAILURE_FINAL, ERR_CREDENTIALS},
	    {&svc_ssm, 400, "TooManyUpdates", "", FAILURE_TRANSIENT, ERR_TRANSIENT},
	    {&svc_ssm, 400, "InvalidSignatureException", "Signature expired: 2015 is now earlier than 2016",
	     FAILURE_AUTH, ERR_SKEW},
	    {&svc_sts, 400, "IDPCommunicationError", "", FAILURE_TRANSIENT, ERR_TRANSIENT},
	    {&svc_ecs, 400, "RequestTimeout", "", FAILURE_TRANSIENT, ERR_TRANSIENT},
	    {&svc_ecs, 500, "500", "", FAILURE_TRANSIENT, ERR_TRANSIENT},
	    {&svc_ecs, 504, "504", "", FAILURE_TRANSIENT, ERR_TRANSIENT},
	    {&svc_ecs, 501, "501", "", FAILURE_FINAL, ERR_AWS},
	    {&svc_ecs, 509, "509", "", FAILURE_THROTTLED, ERR_THROTTLED},
	    {&svc_ecs, 400, "InvalidParameterException", "", FAILURE_FINAL, ERR_AWS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		enum failure f = failure_of(table[i].svc, table[i].status, table[i].code, table[i].message);
		int err = failure_err(table[i].svc, table[i].status, table[i].code, table[i].message);

		if (f != table[i].want || err != table[i].err)
			test_fail(__FILE__, __LINE__, "%s %s: %d, %s", table[i].svc->name, table[i].code, f,
				  err_text(err));
	}
}

TEST(codes_that_may_mean_two_things)
{
	CHECK(failure_may_be_skew("AuthFailure") && failure_may_be_expired("AuthFailure"));
	CHECK(failure_may_be_skew("RequestExpired") && failure_may_be_expired("RequestExpired"));
	CHECK(failure_may_be_skew("SignatureDoesNotMatch") && !failure_may_be_expired("SignatureDoesNotMatch"));
	CHECK(!failure_may_be_skew("ExpiredToken") && failure_may_be_expired("ExpiredToken"));
}

TEST(delays_double_up_to_20_s)
{
	static const int64_t top[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000};

	for (unsigned i = 0; i < ARRAY_SIZE(top); i++) {
		CHECK_INT(retry_delay(i + 1, 0, NULL), 0);
		CHECK_INT(retry_delay(i + 1, 0.5, NULL), top[i] / 2);
		CHECK(retry_delay(i + 1, 0.999999, NULL) < top[i]);
	}
	CHECK_INT(retry_delay(4000000000u, 0.5, NULL), 10000);
}

static int64_t delay_with(const char *name, const char *value)
{
	json_t *headers = json_pack("{s:s}", name, value);
	int64_t ms = retry_delay(2, 0.5, headers);

	json_decref(headers);
	return ms;
}

TEST(the_server_may_ask_for_more_time)
{
	/* without: 1000 */
	CHECK_INT(delay_with("retry-after", "3"), 3000);
	CHECK_INT(delay_with("retry-after", "0"), 1000);
	CHECK_INT(delay_with("retry-after", "99999999999"), 60000);
	CHECK_INT(delay_with("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT"), 1000);
	CHECK_INT(delay_with("retry-after", "-5"), 1000);
	CHECK_INT(delay_with("x-amz-retry-after", "1500"), 1500);
	CHECK_INT(delay_with("x-amz-retry-after", "10"), 1000);
	CHECK_INT(delay_with("x-amz-retry-after", "900000"), 6000);
	CHECK_INT(delay_with("x-amz-retry-after", "999999999999999999999999"), 1000);
}

TEST(the_quota_runs_out_and_fills_again)
{
	struct retry_quota q = {.left = RETRY_QUOTA};
	int n = 0;

	while (retry_quota_take(&q, RETRY_COST))
		n++;
	CHECK_INT(n, 100);
	CHECK(!retry_quota_take(&q, RETRY_COST));
	retry_quota_give(&q, RETRY_COST_TIMEOUT);
	CHECK(retry_quota_take(&q, RETRY_COST_TIMEOUT));
	CHECK(!retry_quota_take(&q, 1));
	retry_quota_give(&q, 100000);
	CHECK_INT(q.left, RETRY_QUOTA);
}

/*
 * Any bytes where credentials come from: the JSON of a credential_process, of the metadata services and the SSO cache,
 * the answer of STS. Either usable keys, of characters that may stand in a header, or one sentence that quotes none.
 * The first byte chooses the source.
 */
#include "tests/fuzz/fuzz.h"

#include "base/err.h"
#include "base/value.h"
#include "providers/creds_impl.h"
#include "providers/secret.h"
#include "providers/wire.h"

#include <string.h>

static const struct creds_names names[] = {
    {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "AccountId"},
    {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", "AccountId"},
    {"accessKeyId", "secretAccessKey", "sessionToken", "expiration", NULL},
};

static void check_header_text(const char *s)
{
	for (; s && *s; s++)
		FUZZ_CHECK(*s > ' ' && *s <= '~');
}

static void use_keys(const json_t *v, const struct creds_names *n)
{
	struct diag d = {0};
	struct creds *c = creds_from_json(v, n, "test", &d), *copy;

	FUZZ_CHECK(c ? !d.n : d.n == 1 && d.item[0].code == ERR_CREDENTIALS);
	if (c) {
		FUZZ_CHECK(*c->access_key && *c->secret_key && c->expires >= 0);
		check_header_text(c->access_key);
		check_header_text(c->secret_key);
		check_header_text(c->token);
		check_header_text(c->account);
		copy = creds_copy(c);
		creds_drop(copy);
		creds_drop(c);
	}
	diag_release(&d);
}

static void use_times(const json_t *v)
{
	static const char *const keys[] = {"expiresAt", "registrationExpiresAt", "Expiration"};
	char text[21];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *s = val_str(v, keys[i]);
		int64_t ms = s ? creds_time(s) : -1;

		if (ms >= 0)
			creds_time_text(ms, text);
	}
	val_int(v, "expiresIn", 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_answer a = {.status = 200, .body = BUF(HTTP_ANSWER_MAX)};
	size_t which = size ? data[0] % 5 : 0;
	struct diag d = {0};
	json_t *v = NULL;

	if (!size)
		return 0;
	buf_add(&a.body, data + 1, size - 1);
	if (which == 4) {
		if (!wire_decode(&svc_sts, "AssumeRole", buf_str(&a.body), a.body.n, &v, &d))
			use_keys(json_object_get(v, "Credentials"), &names[0]);
		FUZZ_CHECK((v != NULL) == (d.n == 0));
	} else {
		v = creds_body(&a);
		FUZZ_CHECK(!v || json_is_object(v));
		use_times(v);
		if (which < ARRAY_SIZE(names))
			use_keys(v, &names[which]);
		else
			use_keys(json_object_get(v, "roleCredentials"), &names[2]);
	}
	json_wipe(v);
	buf_wipe(&a.body);
	diag_release(&d);
	return 0;
}

/*
 * creds_case - one question to the credential chain, in an environment of the test's own.
 *
 *   struct creds_case c;
 *   case_open(&c);                     nothing is set; the metadata service is switched off
 *   fake_env(&c.home, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
 *   case_ask(&c, NULL);                loads the configuration, asks, runs the loop
 *   CHECK_STR(c.creds.access_key, ..); or c.creds.access_key is NULL, and c.said holds all messages and hints
 *   case_close(&c);
 */
#pragma once

#include "tests/unit/fake_home.h"
#include "tests/unit/fake_http.h"
#include "tests/unit/test.h"

#include "base/err.h"
#include "providers/creds.h"

#define ACCESS "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define LATER "2099-01-02T03:04:05Z"
#define LATER_MS INT64_C(4071006245000)

struct creds_case {
	struct fake_home home;
	struct loop *loop;
	struct aws_config config;
	struct creds_source *source;
	struct creds creds; /* of the last answer; empty after an error */
	int answers, code;
	char *said;
};

static char *case_dup(const char *s)
{
	return s ? strdup(s) : NULL;
}

static void case_answer(void *arg, const struct creds *creds, const struct diag *errors)
{
	struct creds_case *c = arg;

	c->answers++;
	creds_wipe(&c->creds);
	free(c->said);
	c->said = errors ? diag_all(errors) : strdup("");
	c->code = errors ? diag_code(errors) : 0;
	if (creds)
		c->creds = (struct creds){.access_key = case_dup(creds->access_key),
					  .secret_key = case_dup(creds->secret_key),
					  .token = case_dup(creds->token),
					  .account = case_dup(creds->account),
					  .expires = creds->expires,
					  .source = creds->source};
}

static inline void case_open(struct creds_case *c)
{
	*c = (struct creds_case){.loop = loop_new()};
	fake_home_open(&c->home);
	fake_env(&c->home, "AWS_EC2_METADATA_DISABLED", "true");
}

static inline void case_release_source(struct creds_case *c)
{
	creds_free(c->source);
	aws_config_release(&c->config);
	c->source = NULL;
}

/* Reads the configuration anew; false, with a failed check, if that cannot be. */
static inline bool case_load(struct creds_case *c, const char *profile)
{
	struct diag d = {0};
	int rc;

	case_release_source(c);
	rc = aws_config_load(&c->home.env, profile, &c->config, &d);
	if (rc) {
		char *said = diag_all(&d);

		test_fail(__FILE__, __LINE__, "configuration refused: %s", said);
		free(said);
	} else {
		c->source = creds_new(c->loop, &c->config, "us-east-1");
	}
	diag_release(&d);
	return !rc;
}

static inline void case_ask_again(struct creds_case *c)
{
	creds_get(c->source, case_answer, c);
	CHECK_INT(loop_run(c->loop), 0);
}

static inline void case_ask(struct creds_case *c, const char *profile)
{
	c->answers = 0;
	if (!case_load(c, profile))
		return;
	case_ask_again(c);
	CHECK_INT(c->answers, 1);
}

static inline void case_close(struct creds_case *c)
{
	case_release_source(c);
	loop_free(c->loop);
	creds_wipe(&c->creds);
	free(c->said);
	fake_home_close(&c->home);
}

/* The last answer was an error with this code that says all parts (up to NULL). */
#define CHECK_SAID(c, want, ...) \
	case_check_said(__FILE__, __LINE__, (c), (want), (const char *const[]){__VA_ARGS__, NULL})
static inline void case_check_said(const char *file, int line, const struct creds_case *c, int want,
				   const char *const *parts)
{
	test_check_int(file, line, "code", c->code, want);
	test_check_str(file, line, "access key", c->creds.access_key, NULL);
	for (; *parts; parts++)
		test_check_has(file, line, "messages", c->said, *parts);
}

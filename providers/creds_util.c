#include "base/err.h"
#include "providers/creds_impl.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Web identity tokens are the largest of these files. */
#define SMALL_FILE ((size_t)64 << 10)

struct creds_ask *creds_ask_copy(const struct creds_ask *ask)
{
	size_t profile = strlen(ask->profile) + 1, region = ask->region ? strlen(ask->region) + 1 : 0;
	struct creds_ask *copy = xcalloc(1, sizeof(*copy) + profile + region);
	char *text = (char *)(copy + 1);

	*copy = *ask;
	copy->profile = memcpy(text, ask->profile, profile);
	if (region)
		copy->region = memcpy(text + profile, ask->region, region);
	return copy;
}

void creds_answer(const struct creds_ask *ask, int err, struct creds *creds, struct diag *d)
{
	ask->done(ask->arg, err, creds, d);
	diag_release(d);
}

bool creds_env_counts(const struct creds_ask *ask)
{
	return !ask->config->profile_explicit && !strcmp(ask->profile, ask->config->profile);
}

void creds_wipe(struct creds *c)
{
	wipe_str(c->access_key);
	wipe_str(c->secret_key);
	wipe_str(c->token);
	free(c->account);
	*c = (struct creds){0};
}

void creds_drop(struct creds *c)
{
	if (c)
		creds_wipe(c);
	free(c);
}

static char *dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

struct creds *creds_copy(const struct creds *c)
{
	struct creds *copy = xcalloc(1, sizeof(*copy));

	*copy = *c;
	copy->access_key = dup_or_null(c->access_key);
	copy->secret_key = dup_or_null(c->secret_key);
	copy->token = dup_or_null(c->token);
	copy->account = dup_or_null(c->account);
	return copy;
}

static bool printable(const char *s)
{
	for (; s && *s; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

struct creds *creds_make(const char *access_key, const char *secret_key, const char *token, const char *account,
			 int64_t expires, const char *source, struct diag *d)
{
	const struct creds c = {.access_key = (char *)access_key,
				.secret_key = (char *)secret_key,
				.token = (char *)(token && *token ? token : NULL),
				.account = (char *)(account && *account ? account : NULL),
				.expires = expires,
				.source = source};

	if (!access_key || !*access_key || !secret_key || !*secret_key) {
		diag_error(d, ERR_CREDENTIALS, "The %s is missing.",
			   access_key && *access_key ? "secret key" : "access key");
		return NULL;
	}
	if (!printable(access_key) || !printable(secret_key) || !printable(token) || !printable(account)) {
		diag_error(d, ERR_CREDENTIALS, "A key or token holds white space or characters that no key has.");
		return NULL;
	}
	return creds_copy(&c);
}

static const char *member(const json_t *v, const char *name)
{
	return name ? json_string_value(json_object_get(v, name)) : NULL;
}

struct creds *creds_from_json(const json_t *v, const struct creds_names *names, const char *source, struct diag *d)
{
	const json_t *expires = json_object_get(v, names->expires);
	int64_t when = 0;

	if (json_is_string(expires))
		when = creds_time(json_string_value(expires));
	else if (json_is_number(expires) && json_number_value(expires) < 1e15)
		when = (int64_t)json_number_value(expires);
	else if (expires && !json_is_null(expires))
		when = -1;
	if (when < 0) {
		diag_error(d, ERR_CREDENTIALS, "%s is no time.", names->expires);
		return NULL;
	}
	return creds_make(member(v, names->access_key), member(v, names->secret_key), member(v, names->token),
			  member(v, names->account), when, source, d);
}

/* "Z", "UTC", "+hh:mm", "-hhmm" -> offset in seconds; false if it is none of these. */
static bool zone_offset(const char *s, int *ret)
{
	int sign = *s == '-' ? -1 : 1, h, m, used = 0;

	*ret = 0;
	if (!strcmp(s, "Z") || !strcmp(s, "UTC"))
		return true;
	if (*s != '+' && *s != '-')
		return false;
	if (sscanf(s + 1, "%2d:%2d%n", &h, &m, &used) != 2 && sscanf(s + 1, "%2d%2d%n", &h, &m, &used) != 2)
		return false;
	if (s[1 + used] || h > 23 || m > 59)
		return false;
	*ret = sign * (h * 3600 + m * 60);
	return true;
}

int64_t creds_time(const char *text)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int offset, ms = 0;

	if (!rest)
		return -1;
	if (*rest == '.') {
		int scale = 100;

		for (rest++; isdigit((unsigned char)*rest); rest++, scale /= 10)
			ms += scale * (*rest - '0');
	}
	if (!zone_offset(rest, &offset))
		return -1;
	return ((int64_t)timegm(&tm) - offset) * 1000 + ms;
}

void creds_time_text(int64_t ms, char *out)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm))
		out[0] = '\0';
}

char *creds_read_file(const char *path, const char *what, struct diag *d)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;

	if (!f) {
		diag_error(d, ERR_CREDENTIALS, "Cannot read the %s %s: %s.", what, path, strerror(errno));
		return NULL;
	}
	setvbuf(f, NULL, _IONBF, 0);
	text = xcalloc(SMALL_FILE + 1, 1);
	n = fread(text, 1, SMALL_FILE, f);
	if (ferror(f) || n == SMALL_FILE || strlen(text) != n) {
		diag_error(d, ERR_CREDENTIALS, "The %s %s cannot be read, is too large, or is no text.", what, path);
		wipe(text, SMALL_FILE);
		free(text);
		text = NULL;
	}
	fclose(f);
	while (text && n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	return text;
}

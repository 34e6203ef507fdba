/* Credentials of a container (ECS, EKS pod identity), from an address that the environment gives. */
#include "base/err.h"
#include "providers/creds_impl.h"
#include "providers/secret.h"
#include "providers/wire.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ECS_HOST "http://169.254.170.2"
#define MESSAGE_SHOWN 300

static const struct creds_names names = {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", "AccountId"};

/* Plain http only to addresses that do not leave the machine. */
static bool host_allowed(const char *host)
{
	static const char *const known[] = {"localhost", "169.254.170.2", "169.254.170.23"};
	struct in_addr v4;
	struct in6_addr v6, eks;
	char text[INET6_ADDRSTRLEN];
	size_t n = strlen(host);

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcasecmp(host, known[i]))
			return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (n < 3 || n - 2 >= sizeof(text) || host[0] != '[' || host[n - 1] != ']')
		return false;
	memcpy(text, host + 1, n - 2);
	text[n - 2] = '\0';
	inet_pton(AF_INET6, "fd00:ec2::23", &eks);
	return inet_pton(AF_INET6, text, &v6) == 1 && (IN6_IS_ADDR_LOOPBACK(&v6) || !memcmp(&v6, &eks, sizeof(v6)));
}

/* Taken apart by curl, which also makes the request: what is checked is where it goes. */
static bool url_allowed(const char *url)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL;
	bool ok = false;

	if (u && !curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) &&
	    !curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) && !curl_url_get(u, CURLUPART_HOST, &host, 0))
		ok = !strcmp(scheme, "https") || (!strcmp(scheme, "http") && host_allowed(host));
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return ok;
}

char *creds_container_url(const struct aws_env *env, int *ret_err, struct diag *d)
{
	const char *relative = aws_env_get(env, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = aws_env_get(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI");

	if (!relative && !full) {
		*ret_err = diag_error(d, ERR_ABSENT, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set.");
		return NULL;
	}
	if (relative && relative[0] == '/')
		return xasprintf("%s%s", ECS_HOST, relative);
	if (relative) {
		*ret_err =
		    diag_error(d, ERR_CREDENTIALS, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with '/'.");
		return NULL;
	}
	if (url_allowed(full))
		return xstrdup(full);
	*ret_err = diag_error(d, ERR_CREDENTIALS,
			      "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this machine.");
	return NULL;
}

/* The file is read anew each time: its token changes. */
static int read_token(const struct aws_env *env, char **ret, struct diag *d)
{
	const char *file = aws_env_get(env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *given = aws_env_get(env, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	char *token = NULL;

	if (file)
		token = creds_read_file(file, "container authorization token file", d);
	else if (given)
		token = xstrdup(given);
	if (file && !token)
		return ERR_CREDENTIALS;
	if (token && strpbrk(token, "\r\n")) {
		wipe_str(token);
		return diag_error(d, ERR_CREDENTIALS, "The container authorization token holds a line break.");
	}
	*ret = token;
	return 0;
}

static int read_answer(const struct http_answer *a, struct creds **ret, struct diag *d)
{
	json_t *v = a->err ? NULL : creds_body(a);
	const char *message = json_string_value(json_object_get(v, "message"));
	char *plain = wire_plain(message ? message : "", message ? strlen(message) : 0, MESSAGE_SHOWN);

	if (a->err)
		diag_error(d, a->err, "The container's credentials cannot be had: %s", a->detail);
	else if (a->status != 200)
		diag_error(d, ERR_CREDENTIALS, "The container's credentials cannot be had: status %ld%s%s", a->status,
			   *plain ? ": " : ".", plain);
	else if (!v)
		diag_error(d, ERR_CREDENTIALS, "The answer with the container's credentials is no JSON object.");
	else
		*ret = creds_from_json(v, &names, "container", d);
	free(plain);
	json_wipe(v);
	return *ret ? 0 : diag_code(d);
}

static void answered(void *arg, struct http_answer *a)
{
	struct creds_ask *ask = arg;
	struct creds *creds = NULL;
	struct diag d = {0};
	int rc = read_answer(a, &creds, &d);

	creds_answer(ask, rc, creds, &d);
	free(ask);
}

static void start(const struct creds_ask *ask)
{
	struct diag d = {0};
	char *token = NULL, *url;
	int rc = 0;

	url = creds_container_url(ask->config->env, &rc, &d);
	if (url)
		rc = read_token(ask->config->env, &token, &d);
	if (!url || rc) {
		creds_answer(ask, rc, NULL, &d);
	} else {
		json_t *headers = json_pack("{s:s s:s*}", "Accept", "application/json", "Authorization", token);
		const struct creds_exchange x = {.method = "GET",
						 .url = url,
						 .headers = headers,
						 .ca_bundle = ask->config->ca_bundle,
						 .timeout_ms = 2000,
						 .flags = strncmp(url, "http:", 5) ? 0 : HTTP_NO_PROXY};

		creds_http(ask->loop, &x, answered, creds_ask_copy(ask));
		json_wipe(headers);
	}
	wipe_str(token);
	free(url);
}

const struct creds_provider creds_container = {.name = "container", .start = start};

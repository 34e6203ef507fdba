#include "providers/redact.h"
#include "base/buf.h"

#include <string.h>
#include <strings.h>

#define SENSITIVE "(sensitive)"
/* A shorter secret would blot out half of any sentence. */
#define SHORTEST 4

/* Member names of all services, in any case. */
static const char *const names[] = {
    "MasterUserPassword",
    "TdeCredentialPassword",
    "Password",
    "SecretString",
    "SecretBinary",
    "SecretAccessKey",
    "SessionToken",
    "WebIdentityToken",
    "TokenCode",
    "SAMLAssertion",
    "AccessToken",
    "RefreshToken",
    "IdToken",
    "ClientSecret",
    "DeviceCode",
    "AuthorizationToken",
    "TokenValue",
    "StreamUrl",
    "Plaintext",
    "PrivateKey",
    "KeyMaterial",
};

/* Parameter Store calls its secrets Value, as it does the values of tags: those stand beside a Key. */
static bool is_sensitive(const struct service *svc, const json_t *parent, const char *name)
{
	if (svc == &svc_ssm && !strcasecmp(name, "Value") && !json_object_get(parent, "Key"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcasecmp(names[i], name))
			return true;
	return false;
}

json_t *redact_tree(const struct service *svc, const json_t *tree)
{
	json_t *out, *member;
	const char *key;
	size_t i;

	if (json_is_array(tree)) {
		out = json_array();
		json_array_foreach (tree, i, member)
			json_array_append_new(out, redact_tree(svc, member));
		return out;
	}
	if (!json_is_object(tree))
		return json_incref((json_t *)tree);
	out = json_object();
	json_object_foreach ((json_t *)tree, key, member)
		json_object_set_new(out, key,
				    is_sensitive(svc, tree, key) ? json_string(SENSITIVE) : redact_tree(svc, member));
	return out;
}

/* New text with every `secret` in `text` replaced. */
static char *without(const char *text, const char *secret)
{
	struct buf b = BUF(BUF_TEXT_MAX);
	size_t n = strlen(secret);
	const char *hit;

	while (n >= SHORTEST && (hit = strstr(text, secret))) {
		buf_add(&b, text, (size_t)(hit - text));
		buf_adds(&b, SENSITIVE);
		text = hit + n;
	}
	buf_adds(&b, text);
	return buf_take(&b);
}

/* *text is owned and replaced. */
static void hide_strings(const struct service *svc, const json_t *tree, bool all, char **text)
{
	json_t *member;
	const char *key;
	char *next;
	size_t i;

	if (all && json_is_string(tree)) {
		next = without(*text, json_string_value(tree));
		wipe_str(*text);
		*text = next;
	}
	json_array_foreach (tree, i, member)
		hide_strings(svc, member, all, text);
	json_object_foreach ((json_t *)tree, key, member)
		hide_strings(svc, member, all || is_sensitive(svc, tree, key), text);
}

char *redact_text(const struct service *svc, const json_t *params, const char *text)
{
	char *out = xstrdup(text);

	hide_strings(svc, params, false, &out);
	return out;
}

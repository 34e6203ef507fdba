/* Keys in the shared files. */
#include "base/err.h"
#include "providers/creds_impl.h"

#include <string.h>

static const struct creds_names names = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "",
					 "aws_account_id"};

static bool has_keys(const json_t *section)
{
	return json_object_get(section, names.access_key) || json_object_get(section, names.secret_key);
}

/* The section of the profile that holds keys; the credentials file comes first. *ret_source is for creds.source. */
static const json_t *find_section(const struct aws_config *c, const char *profile, const char **ret_source)
{
	const json_t *section = json_object_get(c->credentials, profile);

	*ret_source = "credentials file";
	if (has_keys(section))
		return section;
	*ret_source = "configuration file";
	section = aws_config_section(c, "profile", profile);
	if (!section && !strcmp(profile, "default"))
		section = json_object_get(c->config, "default");
	return has_keys(section) ? section : NULL;
}

bool creds_has_static(const struct aws_config *c, const char *profile)
{
	const char *source;

	return find_section(c, profile, &source) != NULL;
}

bool creds_in_credentials_file(const struct aws_config *c, const char *profile)
{
	return has_keys(json_object_get(c->credentials, profile));
}

static void start(const struct creds_ask *ask)
{
	struct creds *creds = NULL;
	struct diag d = {0};
	const char *source;
	const json_t *section = find_section(ask->config, ask->profile, &source);
	int rc = 0;

	if (!section) {
		rc = diag_error(&d, ERR_ABSENT, "Profile %s has no aws_access_key_id.", ask->profile);
	} else {
		creds = creds_from_json(section, &names, source, &d);
		if (!creds) {
			diag_prefix(&d, 0, "profile %s in the %s", ask->profile, source);
			rc = ERR_CREDENTIALS;
		}
	}
	creds_answer(ask, rc, creds, &d);
}

const struct creds_provider creds_static = {.name = "keys in the shared files", .start = start};

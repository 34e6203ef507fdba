/* The prompt for the code of an MFA device. */
#include "base/err.h"
#include "base/prompt.h"
#include "providers/creds_impl.h"

#include <string.h>

#define CODE_MAX 64

static bool is_code(const char *s)
{
	return strlen(s) >= 6 && strspn(s, "0123456789") == strlen(s);
}

char *creds_mfa_code(const char *device, struct diag *d)
{
	char *prompt CLEANUP(freep) = xasprintf("MFA code for %s: ", device);
	char line[CODE_MAX] = "", *code = NULL;
	int rc = prompt_secret(prompt, line, sizeof(line));

	if (rc == ERR_ABSENT) {
		diag_error(d, ERR_CREDENTIALS,
			   "The role needs a code of the MFA device %s, and there is no terminal to ask at.", device);
		diag_hint(d, "Log in where there is one and hand the keys over in the environment.");
		return NULL;
	}
	if (rc)
		diag_error(d, ERR_CREDENTIALS, "No code of the MFA device %s was entered.", device);
	else if (!is_code(line))
		diag_error(d, ERR_CREDENTIALS, "A code of an MFA device has six digits.");
	else
		code = xstrdup(line);
	wipe(line, sizeof(line));
	return code;
}

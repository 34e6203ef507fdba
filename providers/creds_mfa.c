/* The prompt for the code of an MFA device: at the terminal itself, as stdin and stdout may be files. */
#include "base/err.h"
#include "providers/creds_impl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CODE_MAX 64
/* Nobody looks after a prompt that waits longer. */
#define PATIENCE_MS (5 * 60 * 1000)

/* A signal ends the wait, as poll() is never restarted. */
static bool read_line(int tty, char line[CODE_MAX])
{
	size_t n = 0;

	while (n + 1 < CODE_MAX) {
		struct pollfd p = {.fd = tty, .events = POLLIN};

		if (poll(&p, 1, PATIENCE_MS) <= 0 || read(tty, line + n, 1) != 1)
			return false;
		if (line[n] == '\n')
			break;
		n++;
	}
	line[n] = '\0';
	return true;
}

static void say(int tty, const char *text)
{
	/* A terminal that takes no text does not give a code either: read_line() reports it. */
	if (write(tty, text, strlen(text)) < 0)
		return;
}

static bool ask(int tty, const char *device, char line[CODE_MAX])
{
	struct termios old, quiet;
	char prompt[512];
	bool ok;

	if (tcgetattr(tty, &old))
		return false;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	tcsetattr(tty, TCSAFLUSH, &quiet);
	snprintf(prompt, sizeof(prompt), "MFA code for %s: ", device);
	say(tty, prompt);
	ok = read_line(tty, line);
	tcsetattr(tty, TCSAFLUSH, &old);
	say(tty, "\n");
	return ok;
}

static bool is_code(const char *s)
{
	return strlen(s) >= 6 && strspn(s, "0123456789") == strlen(s);
}

char *creds_mfa_code(const char *device, struct diag *d)
{
	char line[CODE_MAX] = "", *code = NULL;
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty < 0) {
		diag_error(d, ERR_CREDENTIALS,
			   "The role needs a code of the MFA device %s, and there is no terminal to ask at.", device);
		diag_hint(d, "Log in where there is one and hand the keys over in the environment.");
		return NULL;
	}
	if (!ask(tty, device, line))
		diag_error(d, ERR_CREDENTIALS, "No code of the MFA device %s was entered.", device);
	else if (!is_code(line))
		diag_error(d, ERR_CREDENTIALS, "A code of an MFA device has six digits.");
	else
		code = xstrdup(line);
	wipe(line, sizeof(line));
	close(tty);
	return code;
}

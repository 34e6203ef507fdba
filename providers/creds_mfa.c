/* The prompt for the code of an MFA device: at the terminal itself, as stdin and stdout may be files. */
#include "base/err.h"
#include "providers/creds_impl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CODE_MAX 64
/* Nobody looks after a prompt that waits longer. */
#define PATIENCE_S (5 * 60)

static volatile sig_atomic_t caught;

static void note(int signo)
{
	caught = signo;
}

/* What would end or stop the process, and leave the terminal mute behind. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

struct held {
	sigset_t mask;
	struct sigaction action[ARRAY_SIZE(signals)];
};

/* Signals come in only while the terminal is waited for, and are noted only. */
static void hold_signals(struct held *h)
{
	struct sigaction noting = {.sa_handler = note};
	sigset_t mask;

	caught = 0;
	sigemptyset(&mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&mask, signals[i]);
	sigprocmask(SIG_BLOCK, &mask, &h->mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], NULL, &h->action[i]);
		if (h->action[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &noting, NULL);
	}
}

/* Now the signal does what it is for; true if it was to stop us, and we go on. */
static bool let_signals(struct held *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &h->action[i], NULL);
	if (caught)
		raise(caught);
	sigprocmask(SIG_SETMASK, &h->mask, NULL);
	return caught == SIGTSTP;
}

/* A signal ends the wait. */
static bool read_line(int tty, const sigset_t *mask, char line[CODE_MAX])
{
	const struct timespec patience = {.tv_sec = PATIENCE_S};
	size_t n = 0;

	while (n + 1 < CODE_MAX) {
		struct pollfd p = {.fd = tty, .events = POLLIN};

		if (ppoll(&p, 1, &patience, mask) <= 0 || read(tty, line + n, 1) != 1)
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

/* ret_again: the process was stopped meanwhile, and what the shell has written stands below the question. */
static bool ask_once(int tty, const char *prompt, char line[CODE_MAX], bool *ret_again)
{
	struct termios old, quiet;
	struct held held;
	bool ok;

	*ret_again = false;
	if (tcgetattr(tty, &old))
		return false;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	hold_signals(&held);
	tcsetattr(tty, TCSAFLUSH, &quiet);
	say(tty, prompt);
	ok = read_line(tty, &held.mask, line);
	tcsetattr(tty, TCSAFLUSH, &old);
	say(tty, "\n");
	*ret_again = let_signals(&held) && !ok;
	return ok;
}

static bool ask(int tty, const char *device, char line[CODE_MAX])
{
	char prompt[512];
	bool ok, again;

	snprintf(prompt, sizeof(prompt), "MFA code for %s: ", device);
	do
		ok = ask_once(tty, prompt, line, &again);
	while (again);
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

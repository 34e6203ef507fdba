#include "base/prompt.h"
#include "base/err.h"
#include "base/mem.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

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
static bool read_line(int tty, const sigset_t *mask, char *line, size_t max)
{
	const struct timespec patience = {.tv_sec = PATIENCE_S};
	size_t n = 0;

	while (n + 1 < max) {
		struct pollfd p = {.fd = tty, .events = POLLIN};

		if (ppoll(&p, 1, &patience, mask) <= 0 || read(tty, line + n, 1) != 1)
			return false;
		if (line[n] == '\n') {
			line[n] = '\0';
			return true;
		}
		n++;
	}
	return false;
}

static void say(int tty, const char *text)
{
	/* A terminal that takes no text does not give an answer either: read_line() reports it. */
	if (write(tty, text, strlen(text)) < 0)
		return;
}

/* ret_again: the process was stopped meanwhile, and what the shell has written stands below the question. */
static bool ask_once(int tty, const char *prompt, char *line, size_t max, bool *ret_again)
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
	ok = read_line(tty, &held.mask, line, max);
	tcsetattr(tty, TCSAFLUSH, &old);
	say(tty, "\n");
	*ret_again = let_signals(&held) && !ok;
	return ok;
}

int prompt_secret(const char *prompt, char *line, size_t max)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	bool ok, again;

	if (tty < 0)
		return ERR_ABSENT;
	do
		ok = ask_once(tty, prompt, line, max, &again);
	while (again);
	close(tty);
	return ok ? 0 : ERR_CANCELLED;
}

/*
 * credential_process: a program prints the credentials as JSON. It is started without a shell; its output is looked at
 * from timers of the loop, so that nothing else has to wait for it.
 */
#include "base/err.h"
#include "providers/creds_impl.h"
#include "providers/secret.h"
#include "providers/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 60000
#define LOOK_MS 20
#define OUT_MAX ((size_t)64 << 10)
#define ERR_SHOWN 500

struct process {
	struct creds_ask *ask;
	pid_t pid;
	int out, err;
	struct buf text, words; /* what it wrote to stdout and stderr */
	int64_t started;
};

static const struct creds_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "AccountId"};

static void look(void *arg);

static void finish(struct process *p, int err, struct creds *creds, struct diag *d)
{
	creds_answer(p->ask, err, creds, d);
	if (p->out >= 0)
		close(p->out);
	if (p->err >= 0)
		close(p->err);
	buf_wipe(&p->text);
	buf_wipe(&p->words);
	free(p->ask);
	free(p);
}

static void fail(struct process *p, const char *what, const char *more)
{
	struct diag d = {0};

	diag_error(&d, ERR_CREDENTIALS, "The credential_process of profile %s %s%s%s", p->ask->profile, what,
		   *more ? ": " : ".", more);
	finish(p, ERR_CREDENTIALS, NULL, &d);
}

static void drain(int fd, struct buf *b)
{
	char piece[4096];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0)
		buf_add(b, piece, (size_t)n);
	wipe(piece, sizeof(piece));
}

static void take_output(struct process *p)
{
	json_t *v = json_loadb(buf_str(&p->text), p->text.n, 0, NULL);
	struct creds *creds = NULL;
	struct diag d = {0};

	/* stdout is never shown: it may hold keys in another form than the one we know. */
	if (!json_is_object(v) || p->text.err)
		diag_error(&d, ERR_CREDENTIALS, "It did not print one JSON object.");
	else if (json_integer_value(json_object_get(v, "Version")) != 1)
		diag_error(&d, ERR_CREDENTIALS, "It did not print \"Version\": 1.");
	else
		creds = creds_from_json(v, &names, "credential process", &d);
	json_wipe(v);
	diag_prefix(&d, 0, "credential_process of profile %s", p->ask->profile);
	finish(p, creds ? 0 : ERR_CREDENTIALS, creds, &d);
}

static void take_failure(struct process *p, int status)
{
	char *words = wire_plain(buf_str(&p->words), p->words.n, ERR_SHOWN), what[64];

	if (WIFEXITED(status))
		snprintf(what, sizeof(what), "ended with status %d", WEXITSTATUS(status));
	else
		snprintf(what, sizeof(what), "was ended by signal %d", WTERMSIG(status));
	fail(p, what, words);
	free(words);
}

static void look(void *arg)
{
	struct process *p = arg;
	int status = 0;
	pid_t ended;

	/* Asked before the pipes are: what it wrote up to its end is in them then. */
	ended = waitpid(p->pid, &status, WNOHANG);
	drain(p->out, &p->text);
	drain(p->err, &p->words);
	if (ended == 0 && loop_now(p->ask->loop) - p->started < LIMIT_MS) {
		loop_after(p->ask->loop, LOOK_MS, look, p);
		return;
	}
	if (ended == 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
		fail(p, "was still running after 60 seconds", "");
	} else if (ended < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		take_output(p);
	} else {
		take_failure(p, status);
	}
}

/* Never returns. What is called here must be safe in a child of a process with threads. */
static _Noreturn void become(char **words, pid_t parent, int out, int err, int failed)
{
	sigset_t none;
	int error;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	/* Nobody would wait for it any more, and it may have hung. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent && dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
		execvp(words[0], words);
	error = errno;
	if (write(failed, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/*
 * stdin stays, as the program may ask there; a closed pipe ends it, as usual, and so does our own end, however it
 * comes. 0 or errno.
 */
static int spawn(struct process *p, char **words, int out, int err)
{
	pid_t parent = getpid();
	int failed[2], error = 0;

	if (pipe2(failed, O_CLOEXEC))
		return errno;
	p->pid = fork();
	if (p->pid == 0)
		become(words, parent, out, err, failed[1]);
	if (p->pid < 0)
		error = errno;
	close(failed[1]);
	/* Ends without a word as soon as the program runs. */
	while (!error && read(failed[0], &error, sizeof(error)) < 0 && errno == EINTR)
		;
	close(failed[0]);
	if (error && p->pid > 0)
		waitpid(p->pid, NULL, 0);
	return error;
}

/* Our ends do not block; the program's do, as programs expect. 0 or errno. */
static int open_pipes(struct process *p, int other[2])
{
	int out[2], err[2];

	if (pipe2(out, O_CLOEXEC))
		return errno;
	if (pipe2(err, O_CLOEXEC)) {
		int saved = errno;

		close(out[0]);
		close(out[1]);
		return saved;
	}
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	p->out = out[0];
	p->err = err[0];
	other[0] = out[1];
	other[1] = err[1];
	return 0;
}

static void run(const struct creds_ask *ask, char **words)
{
	struct process *p = xcalloc(1, sizeof(*p));
	int other[2] = {-1, -1}, rc;

	*p = (struct process){.ask = creds_ask_copy(ask),
			      .out = -1,
			      .err = -1,
			      .text = BUF(OUT_MAX),
			      .words = BUF(OUT_MAX),
			      .started = loop_now(ask->loop)};
	rc = open_pipes(p, other);
	if (!rc) {
		rc = spawn(p, words, other[0], other[1]);
		close(other[0]);
		close(other[1]);
	}
	if (rc)
		fail(p, "cannot be started", strerror(rc));
	else
		loop_after(ask->loop, LOOK_MS, look, p);
}

static void start(const struct creds_ask *ask)
{
	const char *command = aws_config_get(ask->config, ask->profile, "credential_process");
	struct diag d = {0};
	char **words;
	int rc;

	/* Keys in the credentials file come before it, those in the config file behind. */
	if (!command || creds_in_credentials_file(ask->config, ask->profile)) {
		rc = diag_error(&d, ERR_ABSENT, "Profile %s has no credential_process.", ask->profile);
		creds_answer(ask, rc, NULL, &d);
		return;
	}
	words = creds_split(command);
	if (words && words[0]) {
		run(ask, words);
	} else {
		rc =
		    diag_error(&d, ERR_CREDENTIALS,
			       "The credential_process of profile %s has unbalanced quotes or is empty.", ask->profile);
		creds_answer(ask, rc, NULL, &d);
	}
	creds_split_free(words);
}

const struct creds_provider creds_process = {.name = "credential process", .start = start};

#include "base/loop.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define MS_MAX (INT64_MAX / 4)

struct loop_timer {
	int64_t due;  /* ms of loop_now() */
	uint64_t seq; /* timers of the same moment fire in the order they were made */
	size_t at;    /* index in the heap */
	void (*f)(void *arg);
	void *arg;
};

struct loop {
	struct transfers *transfers;
	struct loop_timer **heap; /* binary heap, earliest first */
	size_t n, cap;
	uint64_t seq, random;
	struct loop_clock clock; /* now is NULL: the real one */
	int pipe[2];             /* signals, one byte each */
	void (*on_signal)(void *arg, int signo);
	void *signal_arg;
	void (*on_stop)(void *arg, bool stops);
	void *stop_arg;
	void (*on_readable)(void *arg); /* NULL: no descriptor is watched */
	void *readable_arg;
	int readable_fd;
	bool readable; /* the last sleep found it so */
	bool stop, running;
};

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

/* A signal handler has no argument of ours: the write end of the loop that asked for signals, -1 if none did. */
static volatile sig_atomic_t signal_pipe = -1;
/* The same for those that stop the process and let it go on. */
static volatile sig_atomic_t stop_pipe = -1;
/* Whether some loop runs, and whether a signal came that none has looked at. */
static volatile sig_atomic_t turning, unheard;

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct loop *loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		BUG("curl cannot be initialised");
	if (pipe2(l->pipe, O_NONBLOCK | O_CLOEXEC))
		BUG("no pipe: %s", strerror(errno));
	/* OpenSSL writes to sockets that the other side may have closed. */
	signal(SIGPIPE, SIG_IGN);
	l->transfers = transfers_new();
	if (getrandom(&l->random, sizeof(l->random), 0) != sizeof(l->random))
		l->random = (uint64_t)clock_ms(CLOCK_MONOTONIC);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (signal_pipe == l->pipe[1])
		loop_on_signal(l, NULL, NULL);
	if (stop_pipe == l->pipe[1])
		loop_on_stop(l, NULL, NULL);
	transfers_free(l->transfers);
	for (size_t i = 0; i < l->n; i++)
		free(l->heap[i]);
	free(l->heap);
	close(l->pipe[0]);
	close(l->pipe[1]);
	free(l);
	curl_global_cleanup();
}

struct transfers *loop_transfers(struct loop *l)
{
	return l->transfers;
}

int64_t loop_now(const struct loop *l)
{
	return l->clock.now ? l->clock.now(l->clock.arg) : clock_ms(CLOCK_BOOTTIME);
}

int64_t loop_wall(const struct loop *l)
{
	return l->clock.wall ? l->clock.wall(l->clock.arg) : clock_ms(CLOCK_REALTIME);
}

void loop_set_clock(struct loop *l, const struct loop_clock *clock)
{
	l->clock = clock ? *clock : (struct loop_clock){0};
}

void loop_seed(struct loop *l, uint64_t seed)
{
	l->random = seed;
}

/* splitmix64: small, well spread, any seed will do. */
double loop_random(struct loop *l)
{
	uint64_t x = (l->random += 0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	x ^= x >> 31;
	return (double)(x >> 11) * 0x1p-53;
}

static bool earlier(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->due < b->due || (a->due == b->due && a->seq < b->seq);
}

static void place(struct loop *l, size_t i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->at = i;
}

/* Moves the timer at i up or down to where it belongs. */
static void settle(struct loop *l, size_t i)
{
	struct loop_timer *t = l->heap[i];

	while (i && earlier(t, l->heap[(i - 1) / 2])) {
		place(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (size_t child; (child = 2 * i + 1) < l->n; i = child) {
		if (child + 1 < l->n && earlier(l->heap[child + 1], l->heap[child]))
			child++;
		if (!earlier(l->heap[child], t))
			break;
		place(l, i, l->heap[child]);
	}
	place(l, i, t);
}

static void unplace(struct loop *l, size_t i)
{
	l->n--;
	if (i == l->n)
		return;
	place(l, i, l->heap[l->n]);
	settle(l, i);
}

struct loop_timer *loop_after(struct loop *l, int64_t ms, void (*f)(void *arg), void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	if (ms < 0)
		ms = 0;
	t->due = loop_now(l) + (ms < MS_MAX ? ms : MS_MAX);
	t->seq = l->seq++;
	t->f = f;
	t->arg = arg;
	l->heap = grow(l->heap, &l->cap, l->n + 1, sizeof(struct loop_timer *));
	place(l, l->n++, t);
	settle(l, t->at);
	return t;
}

void loop_cancel(struct loop *l, struct loop_timer *t)
{
	if (!t)
		return;
	unplace(l, t->at);
	free(t);
}

/* Timers made meanwhile wait for the next turn, else a timer that renews itself would keep the sockets waiting. */
static void fire_timers(struct loop *l)
{
	int64_t now = loop_now(l);
	uint64_t end = l->seq;

	while (l->n && !l->stop && l->heap[0]->due <= now && l->heap[0]->seq < end) {
		struct loop_timer *t = l->heap[0];
		void (*f)(void *arg) = t->f;
		void *arg = t->arg;

		unplace(l, 0);
		free(t);
		f(arg);
	}
}

static void on_signal(int signo)
{
	int saved = errno;
	unsigned char byte = (unsigned char)signo;

	/* Nobody listens, and this is not the first: whoever sends it wants it to end. */
	if (!turning && unheard) {
		signal(signo, SIG_DFL);
		raise(signo);
	}
	unheard = 1;
	/* A full pipe means that signals wait already. */
	if (write(signal_pipe, &byte, 1) < 0)
		errno = saved;
	errno = saved;
}

void loop_on_signal(struct loop *l, void (*f)(void *arg, int signo), void *arg)
{
	struct sigaction action = {.sa_handler = f ? on_signal : SIG_DFL, .sa_flags = SA_RESTART}, old;

	l->on_signal = f;
	l->signal_arg = arg;
	unheard = 0;
	if (f)
		signal_pipe = l->pipe[1];
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], NULL, &old);
		/* Who ignores a signal for us (nohup) goes on ignoring it. */
		if (f ? old.sa_handler != SIG_IGN : old.sa_handler == on_signal)
			sigaction(signals[i], &action, NULL);
	}
	if (!f)
		signal_pipe = -1;
}

/* For SIGTSTP and SIGCONT. Where nobody listens there is nothing to tidy up either: it stops at once. */
static void on_stop_signal(int signo)
{
	int saved = errno;
	unsigned char byte = (unsigned char)signo;

	if (signo == SIGTSTP && !turning)
		raise(SIGSTOP);
	else if (write(stop_pipe, &byte, 1) < 0)
		errno = saved;
	errno = saved;
}

static void handle(int signo, void (*handler)(int))
{
	const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct sigaction old;

	sigaction(signo, NULL, &old);
	if (handler == SIG_DFL ? old.sa_handler == on_stop_signal : old.sa_handler != SIG_IGN)
		sigaction(signo, &action, NULL);
}

static void hear_stops(bool on)
{
	handle(SIGTSTP, on ? on_stop_signal : SIG_DFL);
	handle(SIGCONT, on ? on_stop_signal : SIG_DFL);
}

void loop_on_stop(struct loop *l, void (*f)(void *arg, bool stops), void *arg)
{
	l->on_stop = f;
	l->stop_arg = arg;
	if (f)
		stop_pipe = l->pipe[1];
	hear_stops(f);
	if (!f)
		stop_pipe = -1;
}

/* With the default action, so that whoever waits for us sees which signal it was. */
static void stop_here(struct loop *l)
{
	l->on_stop(l->stop_arg, true);
	hear_stops(false);
	raise(SIGTSTP);
	hear_stops(true);
	l->on_stop(l->stop_arg, false);
}

static void fire_signal(struct loop *l, int signo)
{
	if (signo == SIGTSTP && l->on_stop)
		stop_here(l);
	else if (signo == SIGCONT && l->on_stop)
		l->on_stop(l->stop_arg, false);
	else if (signo != SIGTSTP && signo != SIGCONT && l->on_signal)
		l->on_signal(l->signal_arg, signo);
}

static void fire_signals(struct loop *l)
{
	unsigned char signo;

	unheard = 0;
	while (!l->stop && read(l->pipe[0], &signo, 1) == 1)
		fire_signal(l, signo);
}

/* How long to sleep, in ms. */
static int64_t until_timer(const struct loop *l)
{
	int64_t ms;

	if (!l->n)
		return INT_MAX;
	ms = l->heap[0]->due - loop_now(l);
	return ms < 0 ? 0 : ms;
}

static int wait_for_events(struct loop *l)
{
	const int fd[] = {l->pipe[0], l->readable_fd};
	int64_t ms = until_timer(l);
	unsigned ready = 0;
	int rc;

	if (l->clock.advance && !transfers_count(l->transfers)) {
		l->clock.advance(l->clock.arg, ms);
		return 0;
	}
	if (l->clock.advance && ms > 0)
		ms = INT_MAX;
	rc = transfers_poll(l->transfers, fd, l->on_readable ? 2 : 1, ms < INT_MAX ? (int)ms : INT_MAX, &ready);
	l->readable = !rc && (ready & 2);
	return rc;
}

void loop_on_readable(struct loop *l, int fd, void (*f)(void *arg), void *arg)
{
	l->readable_fd = fd;
	l->on_readable = f;
	l->readable_arg = arg;
	l->readable = false;
}

static void fire_readable(struct loop *l)
{
	if (l->readable && !l->stop && l->on_readable)
		l->on_readable(l->readable_arg);
	l->readable = false;
}

int loop_run(struct loop *l)
{
	int rc = 0;

	if (l->running)
		BUG("loop_run() inside of loop_run()");
	l->running = true;
	turning = 1;
	while (!l->stop && !rc) {
		fire_signals(l);
		fire_readable(l);
		fire_timers(l);
		rc = transfers_perform(l->transfers, &l->stop);
		if (l->stop || rc || (!transfers_count(l->transfers) && !l->n && !l->on_readable))
			break;
		rc = wait_for_events(l);
	}
	l->running = l->stop = false;
	turning = 0;
	return rc;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

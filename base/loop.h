/*
 * loop - the one event loop: libcurl's multi interface, timers and signals, no threads.
 *
 * Everything that waits is a transfer (http.h), a timer, a signal or a terminal,
 * each with a callback. Callbacks run from loop_run() only and may start or cancel
 * anything. Time comes from here and nowhere else, so that a test can replace
 * it. Lifecycle: loop_new, start work, loop_run, loop_free (which drops what still
 * runs, without callbacks). A process that has a loop ignores SIGPIPE: who starts
 * another program restores it there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer; /* opaque; valid until it fired or was cancelled */

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Milliseconds of a clock that never goes back, and goes on while the machine sleeps. */
int64_t loop_now(const struct loop *l);
/* Milliseconds since 1970 of the real clock. */
int64_t loop_wall(const struct loop *l);
/*
 * Replaces both clocks (tests): `advance` is called instead of sleeping, with the ms until the next timer. While
 * transfers run, it is their answers that are waited for, and the clock stands. NULL restores.
 */
struct loop_clock {
	int64_t (*now)(void *arg);
	int64_t (*wall)(void *arg);
	void (*advance)(void *arg, int64_t ms);
	void *arg;
};
void loop_set_clock(struct loop *l, const struct loop_clock *clock);

/* A number in [0, 1) for jitter, from the one seeded source; loop_seed() makes a run repeatable (tests). */
double loop_random(struct loop *l);
void loop_seed(struct loop *l, uint64_t seed);

/* Calls f(arg) once, ms from now (0: at the next turn). */
struct loop_timer *loop_after(struct loop *l, int64_t ms, void (*f)(void *arg), void *arg);
/* Cancels; NULL is fine. A timer that fired is gone already: forget its pointer in its callback. */
void loop_cancel(struct loop *l, struct loop_timer *t);

/*
 * Calls f(arg, signo) from the loop for SIGINT, SIGTERM, SIGHUP, but for those that were ignored when the program
 * was started (nohup). One handler; NULL restores the default. A signal that comes while the loop does not run waits
 * for the next run; a second one then ends the process as if there were no handler.
 */
void loop_on_signal(struct loop *l, void (*f)(void *arg, int signo), void *arg);

/*
 * For SIGTSTP (Ctrl-Z), if it was not ignored when the program was started, and if the loop runs: calls f(arg, true)
 * and stops the process, and when it goes on, f(arg, false). After a stop that cannot be caught (SIGSTOP): f(arg,
 * false) alone. One handler; NULL restores the default.
 */
void loop_on_stop(struct loop *l, void (*f)(void *arg, bool stops), void *arg);

/*
 * Calls f(arg) from the loop whenever there is something to read at fd, or its end. One descriptor; f NULL forgets it.
 */
void loop_on_readable(struct loop *l, int fd, void (*f)(void *arg), void *arg);

/* Runs until there is no transfer, no timer and no descriptor left, or loop_stop() was called. 0 or ERR_IO. Not from a
 * callback. */
int loop_run(struct loop *l);
/* loop_run() returns before its next callback; outside of it: the next one returns at once. */
void loop_stop(struct loop *l);

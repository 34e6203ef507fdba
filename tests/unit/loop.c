#include "base/loop.h"
#include "base/err.h"
#include "base/mem.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <sys/wait.h>

/* A clock that stands until somebody sleeps. */
struct fake {
	int64_t now, slept;
	int naps;
};

static int64_t fake_now(void *arg)
{
	return ((struct fake *)arg)->now;
}

static int64_t fake_wall(void *arg)
{
	return 1700000000000 + ((struct fake *)arg)->now;
}

static void fake_advance(void *arg, int64_t ms)
{
	struct fake *f = arg;

	f->now += ms;
	f->slept += ms;
	f->naps++;
}

static struct loop *fake_loop(struct fake *f)
{
	struct loop *l = loop_new();

	loop_set_clock(l, &(struct loop_clock){fake_now, fake_wall, fake_advance, f});
	return l;
}

/* What the callbacks of a case saw and do. */
struct scene {
	struct loop *l;
	char log[200];
	int64_t at;
	int count;
	struct loop_timer *other;
};

static void note(struct scene *s, const char *what)
{
	snprintf(s->log + strlen(s->log), sizeof(s->log) - strlen(s->log), "%s", what);
}

struct cue {
	struct scene *scene;
	const char *what;
};

static void say(void *arg)
{
	struct cue *c = arg;

	note(c->scene, c->what);
	c->scene->at = loop_now(c->scene->l);
}

TEST(nothing_to_do_ends_at_once)
{
	struct fake f = {0};
	struct loop *l = fake_loop(&f);

	CHECK_INT(loop_run(l), 0);
	CHECK_INT(f.naps, 0);
	loop_free(l);
	loop_free(NULL);
}

TEST(timers_fire_in_order_of_time_then_of_making)
{
	struct fake f = {.now = 5};
	struct scene s = {.l = fake_loop(&f)};
	struct cue a = {&s, "a"}, b = {&s, "b"}, c = {&s, "c"}, d = {&s, "d"};

	loop_after(s.l, 300, say, &d);
	loop_after(s.l, 100, say, &a);
	loop_after(s.l, 200, say, &b);
	loop_after(s.l, 200, say, &c);
	CHECK_INT(loop_run(s.l), 0);
	CHECK_STR(s.log, "abcd");
	CHECK_INT(s.at, 305);
	CHECK_INT(f.slept, 300);
	CHECK_INT(f.naps, 3);
	CHECK_INT(loop_wall(s.l), 1700000000305);
	loop_free(s.l);
}

TEST(odd_durations_do_no_harm)
{
	struct fake f = {.now = 100};
	struct scene s = {.l = fake_loop(&f)};
	struct cue a = {&s, "a"}, b = {&s, "b"};
	struct loop_timer *never = loop_after(s.l, INT64_MAX, say, &b);

	loop_after(s.l, -50, say, &a);
	loop_cancel(s.l, loop_after(s.l, 10, say, &b));
	loop_cancel(s.l, NULL);
	loop_cancel(s.l, never);
	CHECK_INT(loop_run(s.l), 0);
	CHECK_STR(s.log, "a");
	CHECK_INT(s.at, 100);
	loop_free(s.l);
}

struct entry {
	struct scene *s;
	int64_t due;
	struct loop_timer *t;
};

static void expect_now(void *arg)
{
	struct entry *e = arg;
	struct scene *s = e->s;

	e->t = NULL;
	CHECK_INT(loop_now(s->l), e->due);
	s->count++;
}

TEST(a_thousand_timers_with_every_third_cancelled)
{
	enum { N = 1000 };
	struct fake f = {0};
	struct scene s = {.l = fake_loop(&f)};
	static struct entry e[N];

	loop_seed(s.l, 7);
	for (int i = 0; i < N; i++) {
		e[i] = (struct entry){.s = &s, .due = (int64_t)(loop_random(s.l) * 500)};
		e[i].t = loop_after(s.l, e[i].due, expect_now, &e[i]);
	}
	for (int i = 0; i < N; i += 3) {
		loop_cancel(s.l, e[i].t);
		e[i].due = -1;
	}
	CHECK_INT(loop_run(s.l), 0);
	CHECK_INT(s.count, N - (N + 2) / 3);
	loop_free(s.l);
}

static void again(void *arg)
{
	struct scene *s = arg;

	if (++s->count < 5)
		loop_after(s->l, 0, again, s);
}

TEST(a_timer_may_renew_itself)
{
	struct fake f = {0};
	struct scene s = {.l = fake_loop(&f)};

	loop_after(s.l, 0, again, &s);
	CHECK_INT(loop_run(s.l), 0);
	CHECK_INT(s.count, 5);
	CHECK_INT(f.slept, 0);
	loop_free(s.l);
}

static void cancel_other(void *arg)
{
	struct scene *s = arg;

	note(s, "c");
	loop_cancel(s->l, s->other);
}

TEST(a_timer_may_cancel_one_of_the_same_moment)
{
	struct fake f = {0};
	struct scene s = {.l = fake_loop(&f)};
	struct cue never = {&s, "never"};

	loop_after(s.l, 10, cancel_other, &s);
	s.other = loop_after(s.l, 10, say, &never);
	CHECK_INT(loop_run(s.l), 0);
	CHECK_STR(s.log, "c");
	loop_free(s.l);
}

static void stop(void *arg)
{
	struct scene *s = arg;

	note(s, "s");
	loop_stop(s->l);
}

TEST(stop_leaves_the_rest_for_the_next_run)
{
	struct fake f = {0};
	struct scene s = {.l = fake_loop(&f)};
	struct cue late = {&s, "late"};

	loop_after(s.l, 1, stop, &s);
	loop_after(s.l, 1, say, &late);
	CHECK_INT(loop_run(s.l), 0);
	CHECK_STR(s.log, "s");
	CHECK_INT(loop_run(s.l), 0);
	CHECK_STR(s.log, "slate");
	loop_free(s.l);
}

TEST(what_was_never_run_is_freed)
{
	struct fake f = {0};
	struct scene s = {.l = fake_loop(&f)};
	struct cue never = {&s, "never"};

	loop_after(s.l, 1, say, &never);
	loop_after(s.l, 2, say, &never);
	loop_free(s.l);
	CHECK_STR(s.log, "");
}

TEST(random_is_repeatable_and_spread)
{
	struct loop *l = loop_new();
	double sum = 0, first;

	loop_seed(l, 42);
	first = loop_random(l);
	for (int i = 0; i < 10000; i++) {
		double x = loop_random(l);

		if (x < 0 || x >= 1)
			test_fail(__FILE__, __LINE__, "%f is not in [0, 1)", x);
		sum += x;
	}
	CHECK(sum > 4800 && sum < 5200);
	loop_seed(l, 42);
	CHECK(loop_random(l) == first);
	CHECK(loop_random(l) != first);
	loop_free(l);
}

TEST(the_real_clock_sleeps_long_enough)
{
	struct scene s = {.l = loop_new()};
	struct cue a = {&s, "a"};
	int64_t before = loop_now(s.l);

	loop_after(s.l, 30, say, &a);
	CHECK_INT(loop_run(s.l), 0);
	CHECK(s.at - before >= 30);
	CHECK(s.at - before < 5000);
	CHECK(loop_wall(s.l) > 1700000000000);
	loop_free(s.l);
}

static void on_signal(void *arg, int signo)
{
	struct scene *s = arg;

	s->count = signo;
	loop_cancel(s->l, s->other);
}

static void raise_term(void *arg)
{
	(void)arg;
	raise(SIGTERM);
}

TEST(a_signal_wakes_the_loop)
{
	struct scene s = {.l = loop_new()};
	struct cue never = {&s, "never"};

	loop_on_signal(s.l, on_signal, &s);
	s.other = loop_after(s.l, 60000, say, &never);
	loop_after(s.l, 5, raise_term, NULL);
	CHECK_INT(loop_run(s.l), 0);
	CHECK_INT(s.count, SIGTERM);
	CHECK_STR(s.log, "");
	loop_free(s.l);
}

TEST(a_signal_from_outside_interrupts_the_sleep)
{
	struct scene s = {.l = loop_new()};
	struct cue never = {&s, "never"};
	pid_t child, self = getpid();
	int64_t before = loop_now(s.l);

	loop_on_signal(s.l, on_signal, &s);
	s.other = loop_after(s.l, 60000, say, &never);
	child = fork();
	if (!child) {
		usleep(50000);
		kill(self, SIGINT);
		_exit(0);
	}
	CHECK_INT(loop_run(s.l), 0);
	CHECK_INT(s.count, SIGINT);
	CHECK(loop_now(s.l) - before < 30000);
	waitpid(child, NULL, 0);
	loop_free(s.l);
}

/* Runs f in a child and returns how it ended, as waitpid() says. */
static int in_child(void (*f)(void))
{
	pid_t child = fork();
	int status = -1;

	if (!child) {
		f();
		_exit(0);
	}
	waitpid(child, &status, 0);
	return status;
}

static void restored(void)
{
	struct scene s = {.l = loop_new()};

	loop_on_signal(s.l, on_signal, &s);
	loop_on_signal(s.l, NULL, NULL);
	raise(SIGTERM);
}

static void freed(void)
{
	struct scene s = {.l = loop_new()};

	loop_on_signal(s.l, on_signal, &s);
	loop_free(s.l);
	raise(SIGINT);
}

static void ignored(void)
{
	struct scene s = {.l = NULL};

	signal(SIGHUP, SIG_IGN);
	s.l = loop_new();
	loop_on_signal(s.l, on_signal, &s);
	raise(SIGHUP);
	loop_after(s.l, 1, stop, &s);
	loop_run(s.l);
	loop_on_signal(s.l, NULL, NULL);
	raise(SIGHUP);
	loop_free(s.l);
	_exit(s.count);
}

TEST(signals_get_their_default_back)
{
	int status = in_child(restored);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	status = in_child(freed);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

TEST(a_signal_ignored_from_the_start_stays_ignored)
{
	int status = in_child(ignored);

	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

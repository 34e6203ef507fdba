/*
 * The lease under any weather: many runs that take, renew, lose, steal and die, on a model of AWS that is slow, loses
 * answers and does things late. What is checked is what it is for: of two runs that write, one has stopped for good
 * before the other begins.
 */
#include "tests/unit/lease_case.h"

#define ACTORS 6
#define MARGIN (LENGTH / 6)

struct world {
	struct aws aws;
	struct actor *writer; /* who began a write last */
	int64_t busy_until;   /* when the last write takes effect */
	unsigned held, wrote, refused, lost, stolen, overlaps, returns;
};

struct actor {
	struct world *w;
	struct lease *lease;
	struct diag d;
	struct lease_view seen;
	bool replaced; /* another has written since */
	int64_t until;
	unsigned tenures;
};

static void on_start(void *arg);

static int64_t some(struct world *w, int64_t ms)
{
	return (int64_t)(loop_random(w->aws.loop) * (double)ms);
}

static void end_tenure(struct actor *a)
{
	lease_free(a->lease);
	lease_view_release(&a->seen);
	diag_release(&a->d);
	a->lease = NULL;
	a->replaced = false;
	if (a->w->writer == a)
		a->w->writer = NULL;
	if (a->tenures++ < 4)
		loop_after(a->w->aws.loop, some(a->w, 2 * LENGTH), on_start, a);
}

static void on_over(void *arg)
{
	end_tenure(arg);
}

static void on_released(void *arg, int rc)
{
	struct actor *a = arg;

	(void)rc;
	/* Not inside of the lease that it ends. */
	loop_after(a->w->aws.loop, 0, on_over, a);
}

/* A write begins, and takes effect some time later, within the margin. */
static void write_once(struct actor *a)
{
	struct world *w = a->w;
	int64_t effect = w->aws.now + some(w, MARGIN);

	if (w->writer != a) {
		if (w->aws.now < w->busy_until)
			w->overlaps++;
		if (w->writer)
			w->writer->replaced = true;
		w->busy_until = 0;
	}
	if (a->replaced)
		w->returns++;
	w->writer = a;
	w->wrote++;
	if (effect > w->busy_until)
		w->busy_until = effect;
}

static void on_work(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;

	if (!lease_may_write(a->lease)) {
		w->lost++;
		end_tenure(a);
		return;
	}
	write_once(a);
	if (w->aws.now < a->until) {
		loop_after(w->aws.loop, 100 + some(w, LENGTH / 10), on_work, a);
	} else if (loop_random(w->aws.loop) < 0.3) {
		end_tenure(a); /* killed: nothing is given back */
	} else {
		/* What was begun has ended before the lease is given back. */
		int64_t rest = w->busy_until - w->aws.now;

		a->until = INT64_MAX;
		if (rest > 0)
			loop_after(w->aws.loop, rest, on_over, a);
		else
			lease_release(a->lease, &a->d, on_released, a);
	}
}

static void on_taken(void *arg, int rc)
{
	struct actor *a = arg;
	struct world *w = a->w;

	if (rc) {
		w->refused++;
		loop_after(w->aws.loop, 0, on_over, a);
		return;
	}
	w->held++;
	a->until = w->aws.now + some(w, 4 * LENGTH);
	loop_after(w->aws.loop, 0, on_work, a);
}

static void on_outlasted(void *arg)
{
	struct actor *a = arg;

	lease_release(a->lease, &a->d, on_released, a);
}

/* `berth lock steal` writes nothing itself, and lets nobody in before its victim has stopped. */
static void on_stolen(void *arg, int rc)
{
	struct actor *a = arg;
	struct world *w = a->w;

	w->stolen += !rc;
	loop_after(w->aws.loop, rc ? 0 : lease_left_ms(a->lease, lease_taken_from(a->lease)),
		   rc ? on_over : on_outlasted, a);
}

static void on_looked(void *arg, int rc)
{
	struct actor *a = arg;

	if (rc)
		loop_after(a->w->aws.loop, 0, on_over, a);
	else
		lease_steal(a->lease, &a->seen, &a->d, on_stolen, a);
}

static void on_start(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;
	bool steals = loop_random(w->aws.loop) < 0.15;

	a->lease = model_lease(&w->aws, "elsewhere", LENGTH, some(w, 3 * LENGTH));
	if (steals)
		lease_look(a->lease, &a->seen, &a->d, on_looked, a);
	else
		lease_take(a->lease, &a->d, on_taken, a);
}

static void simulate(struct world *w, uint64_t seed, const struct aws *weather)
{
	struct actor actor[ACTORS] = {{0}};
	struct lease *last;
	struct diag d = {0};

	aws_open(&w->aws);
	loop_seed(w->aws.loop, seed);
	w->aws.travel_ms = weather->travel_ms;
	w->aws.late_ms = weather->late_ms;
	w->aws.lost = weather->lost;
	w->aws.late = weather->late;
	w->aws.broken = weather->broken;
	for (size_t i = 0; i < ACTORS; i++) {
		actor[i].w = w;
		loop_after(w->aws.loop, some(w, LENGTH), on_start, &actor[i]);
	}
	CHECK_INT(loop_run(w->aws.loop), 0);
	for (size_t i = 0; i < ACTORS; i++)
		CHECK(!actor[i].lease);
	/* Whatever is left there, the next one gets it in the end. */
	w->aws.lost = w->aws.late = w->aws.broken = 0;
	w->aws.travel_ms = 100;
	last = model_lease(&w->aws, "here", LENGTH, 3 * LENGTH);
	CHECK_INT(lease_take_now(last, &d), 0);
	CHECK_INT(lease_release_now(last, &d), 0);
	CHECK_INT(w->aws.n, 0);
	CHECK_INT(d.n, 0);
	diag_release(&d);
	lease_free(last);
	loop_run(w->aws.loop);
	aws_close(&w->aws);
}

/* BERTH_TEST_SEEDS: how many, for a longer look. */
static void many(const struct aws *weather)
{
	const char *more = getenv("BERTH_TEST_SEEDS");
	unsigned seeds = more ? (unsigned)strtoul(more, NULL, 10) : 20;
	unsigned held = 0, wrote = 0, lost = 0, stolen = 0, overlaps = 0, returns = 0;

	for (unsigned i = 1; i <= seeds && !test_failed; i++) {
		struct world w = {0};

		simulate(&w, i, weather);
		if (w.overlaps || w.returns)
			printf("# seed %u: %u overlaps, %u returns\n", i, w.overlaps, w.returns);
		held += w.held;
		wrote += w.wrote;
		lost += w.lost;
		stolen += w.stolen;
		overlaps += w.overlaps;
		returns += w.returns;
	}
	printf("# %u tenures, %u writes, %u losses, %u thefts\n", held, wrote, lost, stolen);
	CHECK_INT(overlaps, 0);
	CHECK_INT(returns, 0);
	CHECK(held > seeds);
	CHECK(stolen > seeds / 3);
}

TEST(fair_weather)
{
	many(&(struct aws){.travel_ms = 100});
}

TEST(slow)
{
	many(&(struct aws){.travel_ms = 3000});
}

TEST(answers_are_lost)
{
	many(&(struct aws){.travel_ms = 500, .lost = 20});
}

TEST(things_happen_late)
{
	many(&(struct aws){.travel_ms = 500, .late = 20, .late_ms = 2 * LENGTH});
}

TEST(storm)
{
	many(&(struct aws){.travel_ms = 1000, .lost = 10, .late = 10, .late_ms = LENGTH, .broken = 20});
}

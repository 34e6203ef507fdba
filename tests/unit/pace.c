/* Token buckets, places in flight, and what a throttle does to them. */
#include "tests/unit/test.h"

#include "providers/pace.h"

static const struct pace ten = {.rate = 10, .burst = 5, .flight = 3};
static const struct pace open_flight = {.rate = 10, .burst = 5};

TEST(a_burst_then_the_rate)
{
	struct pacer p;

	pacer_init(&p, &open_flight, 1000);
	for (int i = 0; i < 5; i++)
		CHECK_INT(pacer_take(&p, 1000), 0);
	CHECK_INT(pacer_take(&p, 1000), 100);
	CHECK_INT(pacer_take(&p, 1050), 50);
	CHECK_INT(pacer_take(&p, 1100), 0);
	CHECK_INT(pacer_take(&p, 1100), 100);
}

TEST(waiting_as_told_is_enough)
{
	static const struct pace odd = {.rate = 3, .burst = 1};
	struct pacer p;
	int64_t now = 0, wait;

	pacer_init(&p, &odd, now);
	for (int i = 0; i < 100; i++) {
		while ((wait = pacer_take(&p, now)) > 0)
			now += wait;
		CHECK_INT(wait, 0);
	}
	/* 99 tokens at 3 a second, each rounded up to a millisecond at most */
	CHECK(now >= 33000 && now <= 33100);
}

TEST(the_bucket_holds_no_more_than_the_burst)
{
	struct pacer p;
	int taken = 0;

	pacer_init(&p, &open_flight, 0);
	while (!pacer_take(&p, 3600000))
		taken++;
	CHECK_INT(taken, 5);
}

TEST(places_in_flight)
{
	struct pacer p;

	pacer_init(&p, &ten, 0);
	for (int i = 0; i < 3; i++)
		CHECK_INT(pacer_take(&p, 0), 0);
	CHECK_INT(pacer_take(&p, 0), PACER_FULL);
	pacer_give(&p);
	CHECK_INT(pacer_take(&p, 0), 0);
	CHECK_INT(pacer_take(&p, 0), PACER_FULL);
}

/* Requests that pass in `ms` from now on. */
static int passed(struct pacer *p, int64_t now, int64_t ms)
{
	int64_t end = now + ms, wait;
	int n = 0;

	while (now < end) {
		wait = pacer_take(p, now);
		n += wait == 0;
		now += wait;
	}
	return n;
}

TEST(a_throttle_halves_the_rate_and_empties_the_bucket)
{
	struct pacer p;

	pacer_init(&p, &open_flight, 0);
	pacer_throttled(&p, 0);
	CHECK_INT(pacer_take(&p, 0), 200);
	CHECK_INT(passed(&p, 0, 1000), 5);
}

TEST(throttles_of_one_moment_are_one_sign)
{
	struct pacer p;

	pacer_init(&p, &open_flight, 0);
	for (int i = 0; i < 20; i++)
		pacer_throttled(&p, i * 40);
	CHECK(p.rate >= 5);
	pacer_throttled(&p, 1500);
	CHECK(p.rate < 5);
}

TEST(the_rate_comes_back)
{
	struct pacer p;

	pacer_init(&p, &open_flight, 0);
	pacer_throttled(&p, 0);
	passed(&p, 0, 5000);
	CHECK(p.rate > 7 && p.rate < 8);
	passed(&p, 5000, 6000);
	CHECK(p.rate == 10);
}

TEST(the_rate_never_dies)
{
	struct pacer p;

	pacer_init(&p, &open_flight, 0);
	for (int i = 0; i < 1000; i++)
		pacer_throttled(&p, i * 1000);
	CHECK(p.rate >= 10.0 / 32);
	CHECK(pacer_take(&p, 1000000) <= 3200);
}

TEST(a_clock_that_stands_still_or_goes_back_does_no_harm)
{
	struct pacer p;

	pacer_init(&p, &open_flight, 1000);
	for (int i = 0; i < 5; i++)
		CHECK_INT(pacer_take(&p, 500), 0);
	CHECK_INT(pacer_take(&p, 0), 100);
}

TEST(every_service_is_paced)
{
	for (const struct service *const *s = services; *s; s++) {
		CHECK((*s)->read.rate > 0 && (*s)->read.burst > 0 && (*s)->read.flight > 0);
		CHECK((*s)->write.rate > 0 && (*s)->write.burst > 0 && (*s)->write.flight > 0);
	}
}

/* How long what an earlier run may have made is waited for. */
#include "engine/doubt.h"
#include "base/mem.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <unistd.h>

#define NOW 1000000000
#define LAG DOUBT_LAG_MS

struct place {
	char dir[32];
	struct state *state;
	int64_t run;
};

static void place_begin(struct place *p)
{
	char *path CLEANUP(freep) = NULL;
	struct diag d = {0};

	*p = (struct place){.dir = "/tmp/berth-doubt-XXXXXX"};
	REQUIRE(mkdtemp(p->dir) != NULL);
	path = xasprintf("%s/x.db", p->dir);
	REQUIRE(state_open(path, "gengar", "default", &p->state, &d) == 0);
	CHECK_INT(state_run_begin(p->state, "apply", NOW - 3600000, &p->run, &d), 0);
}

static void place_end(struct place *p)
{
	static const char *const names[] = {"x.db", "x.db-wal", "x.db-shm"};

	state_close(p->state);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path CLEANUP(freep) = xasprintf("%s/%s", p->dir, names[i]);

		unlink(path);
	}
	rmdir(p->dir);
}

/* outcome NULL: none came. Both ages in ms before NOW. */
static void intend(struct place *p, const char *address, const char *outcome, int64_t begun, int64_t ended)
{
	struct diag d = {0};
	int64_t id = 0;

	CHECK_INT(state_intent(p->state, p->run, address, "create", "CreateVpc", NULL, NOW - begun, &id, &d), 0);
	if (outcome)
		CHECK_INT(state_outcome(p->state, id, outcome, NOW - ended, &d), 0);
}

/* In ms from NOW; 0 if there is no doubt. */
static int64_t left(const struct doubts *d, const char *address)
{
	int64_t until = doubts_until(d, address, "CreateVpc");

	return until ? until - NOW : 0;
}

TEST(an_answered_create_is_in_doubt_as_long_as_lists_may_lag)
{
	struct place p;
	struct doubts doubts;
	struct diag d = {0};

	place_begin(&p);
	intend(&p, "a.a.answered", "accepted", 9000, 5000);
	intend(&p, "a.a.lost", "unknown", 9000, 1000);
	intend(&p, "a.a.long-ago", "accepted", 90000, LAG);
	intend(&p, "a.a.refused", "AccessDenied", 100, 50);
	doubts_init(&doubts);
	CHECK_INT(doubts_read(&doubts, p.state, NOW, &d), 0);
	CHECK_INT(left(&doubts, "a.a.answered"), LAG - 5000);
	CHECK_INT(left(&doubts, "a.a.lost"), LAG - 1000);
	CHECK_INT(left(&doubts, "a.a.long-ago"), 0);
	CHECK_INT(left(&doubts, "a.a.refused"), 0);
	CHECK_INT(left(&doubts, "a.a.other"), 0);
	CHECK_INT(doubts_until(&doubts, "a.a.lost", "CreateSubnet"), 0);
	doubts_release(&doubts);
	place_end(&p);
}

TEST(without_an_answer_it_may_have_been_under_way_until_now)
{
	struct place p;
	struct doubts doubts;
	struct diag d = {0};

	place_begin(&p);
	intend(&p, "a.a.just-now", NULL, 10, 0);
	intend(&p, "a.a.slow", NULL, 60000, 0);
	intend(&p, "a.a.given-up", NULL, DOUBT_CALL_MS + 2000, 0);
	intend(&p, "a.a.long-ago", NULL, DOUBT_CALL_MS + LAG, 0);
	doubts_init(&doubts);
	CHECK_INT(doubts_read(&doubts, p.state, NOW, &d), 0);
	CHECK_INT(left(&doubts, "a.a.just-now"), LAG);
	CHECK_INT(left(&doubts, "a.a.slow"), LAG);
	CHECK_INT(left(&doubts, "a.a.given-up"), LAG - 2000);
	CHECK_INT(left(&doubts, "a.a.long-ago"), 0);
	doubts_release(&doubts);
	place_end(&p);
}

TEST(a_clock_that_was_set_back_makes_no_long_wait)
{
	struct place p;
	struct doubts doubts;
	struct diag d = {0};

	place_begin(&p);
	intend(&p, "a.a.future", "accepted", -600000, -600000);
	doubts_init(&doubts);
	CHECK_INT(doubts_read(&doubts, p.state, NOW, &d), 0);
	CHECK_INT(left(&doubts, "a.a.future"), LAG);
	doubts_release(&doubts);
	place_end(&p);
}

TEST(a_run_that_no_journal_knows_of_puts_all_in_doubt)
{
	struct doubts doubts;

	doubts_init(&doubts);
	CHECK_INT(left(&doubts, "a.a.a"), 0);
	doubts_all(&doubts, NOW);
	CHECK_INT(left(&doubts, "a.a.a"), LAG);
	CHECK_INT(left(NULL, "a.a.a"), 0);
	doubts_release(&doubts);
}

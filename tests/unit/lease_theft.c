/* The lease taken away: who notices, when, and from whom. */
#include "tests/unit/lease_case.h"

TEST(a_theft_is_noticed_at_the_next_renewal)
{
	struct lease_view v = {0};
	struct diag d = {0};
	struct lease *l, *thief;
	int losses = 0;
	struct aws a;

	aws_open(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	thief = model_lease(&a, "there", LENGTH, 0);
	REQUIRE(!take(l, &d));
	lease_on_loss(l, note_loss, &losses);
	wait_ms(&a, RENEWED + 1000);
	CHECK_INT(lease_look_now(thief, &v, &d), 0);
	CHECK_INT(v.standing, LEASE_HELD);
	CHECK_INT(lease_steal_now(thief, &v, &d), 0);
	CHECK(lease_may_write(thief));
	CHECK_INT(lease_left_ms(thief, lease_taken_from(thief)) / 1000, (LENGTH - 1000) / 1000);
	wait_ms(&a, RENEWED);
	CHECK_INT(losses, 1);
	CHECK(!lease_may_write(l));
	CHECK(lease_may_write(thief));
	CHECK_INT(lease_explain_loss(l, &d), ERR_LOCKED);
	CHECK_HAS(d.item[0].text, "taken away");
	CHECK_HAS(d.item[0].hint, "arn:aws:iam::123456789012:user/ops on there");
	diag_release(&d);
	/* Who lost it takes nothing away. */
	CHECK_INT(lease_release_now(l, &d), 0);
	CHECK(a.n);
	CHECK_INT(lease_release_now(thief, &d), 0);
	CHECK_INT(a.n, 0);
	lease_view_release(&v);
	lease_free(l);
	lease_free(thief);
	aws_close(&a);
}

TEST(stolen_only_from_whom_it_was_meant)
{
	struct lease_view v = {0};
	struct diag d = {0};
	struct lease *l, *thief;
	struct aws a;

	aws_open(&a);
	thief = model_lease(&a, "there", LENGTH, 0);
	held(&a);
	CHECK_INT(lease_look_now(thief, &v, &d), 0);
	aws_forget(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	REQUIRE(!take(l, &d));
	CHECK_INT(lease_steal_now(thief, &v, &d), ERR_STALE);
	CHECK_HAS(d.item[0].text, "changed hands");
	CHECK(lease_may_write(l));
	diag_release(&d);
	lease_view_release(&v);
	lease_free(l);
	lease_free(thief);
	loop_run(a.loop);
	aws_close(&a);
}

TEST(what_is_no_lease_can_be_stolen)
{
	struct lease_view v = {0};
	struct diag d = {0};
	struct lease *l;
	struct aws a;

	aws_open(&a);
	garbage(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	CHECK_INT(lease_look_now(l, &v, &d), 0);
	CHECK_INT(v.standing, LEASE_FOREIGN);
	CHECK_INT(lease_steal_now(l, &v, &d), 0);
	CHECK_INT(a.n, 0);
	CHECK_INT(take(l, &d), 0);
	lease_view_release(&v);
	lease_free(l);
	loop_run(a.loop);
	aws_close(&a);
}

/* Gone, because somebody freed it: the run has lost it, and does not make it anew. */
TEST(a_lease_that_is_gone_is_lost)
{
	struct diag d = {0};
	struct lease *l;
	struct aws a;

	aws_open(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	REQUIRE(!take(l, &d));
	aws_forget(&a);
	wait_ms(&a, RENEWED + 1);
	CHECK(!lease_may_write(l));
	CHECK_INT(a.n, 0);
	CHECK_INT(lease_explain_loss(l, &d), ERR_LOCKED);
	CHECK_HAS(d.item[0].text, "nobody is known to have it now");
	diag_release(&d);
	lease_free(l);
	loop_run(a.loop);
	aws_close(&a);
}

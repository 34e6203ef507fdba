/* The lease, step by step, on a model of AWS: see lease_case.h; lease_model.c lets many loose at once. */
#include "base/value.h"
#include "tests/unit/lease_case.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static enum lease_standing look(struct lease *l)
{
	struct lease_view v = {0};
	struct diag d = {0};
	enum lease_standing standing;

	CHECK_INT(lease_look_now(l, &v, &d), 0);
	standing = v.standing;
	lease_view_release(&v);
	diag_release(&d);
	return standing;
}

/* Takes in a world that `prepare` has made; the result, and in *ret_text what was said. */
static int take_after(void (*prepare)(struct aws *a), char **ret_text)
{
	struct diag d = {0};
	struct aws a;
	struct lease *l;
	int rc;

	aws_open(&a);
	prepare(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	rc = take(l, &d);
	CHECK_INT(lease_may_write(l), rc == 0);
	*ret_text = d.n ? xasprintf("%s %s", d.item[0].text, d.item[0].hint) : xstrdup("");
	diag_release(&d);
	lease_free(l);
	loop_run(a.loop);
	aws_close(&a);
	return rc;
}

/* ---- one run ---- */

TEST(taken_with_one_call_and_given_back_with_two)
{
	struct diag d = {0};
	struct lease *l;
	struct aws a;

	aws_open(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	CHECK(!lease_may_write(l));
	CHECK_INT(take(l, &d), 0);
	CHECK(lease_may_write(l));
	CHECK_INT(a.puts, 1);
	CHECK_INT(a.gets, 0);
	CHECK_INT(lease_release_now(l, &d), 0);
	CHECK(!lease_may_write(l));
	CHECK_INT(a.gets, 1);
	CHECK_INT(a.removes, 1);
	CHECK_INT(a.n, 0);
	CHECK_INT(d.n, 0);
	lease_free(l);
	aws_close(&a);
}

TEST(the_record_says_who_and_fits)
{
	struct diag d = {0};
	json_auto_t *r = NULL;
	struct lease *l;
	struct aws a;

	aws_open(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	REQUIRE(!take(l, &d));
	REQUIRE(a.n == 1);
	CHECK(strlen(a.value[0]) < 4096);
	CHECK(!strstr(a.value[0], "{{"));
	r = json_loads(a.value[0], 0, NULL);
	CHECK_STR(val_str(r, "owner"), "arn:aws:iam::123456789012:user/ops");
	CHECK_STR(val_str(r, "host"), "here");
	CHECK_STR(val_str(r, "command"), "apply");
	CHECK_INT(strlen(val_str(r, "run")), 32);
	CHECK_STR(val_str(r, "began"), "2026-09-21T14:13:20Z");
	CHECK_STR(val_str(r, "deadline"), "2026-09-21T14:14:20Z");
	CHECK_INT(val_int(json_object_get(r, "process"), "pid", 0), getpid());
	lease_free(l);
	loop_run(a.loop);
	aws_close(&a);
}

TEST(renewed_as_long_as_it_lives)
{
	struct diag d = {0};
	struct lease *l;
	struct aws a;

	aws_open(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	REQUIRE(!take(l, &d));
	wait_ms(&a, RENEWED - 1);
	CHECK_INT(a.n, 1);
	wait_ms(&a, 10 * 60000);
	CHECK(lease_may_write(l));
	CHECK_INT(a.n, 1 + (10 * 60000 + RENEWED - 1) / RENEWED);
	CHECK_INT(lease_release_now(l, &d), 0);
	CHECK_INT(a.n, 0);
	lease_free(l);
	aws_close(&a);
}

TEST(not_renewed_in_time_it_is_lost)
{
	struct diag d = {0};
	int losses = 0;
	struct lease *l;
	struct aws a;

	aws_open(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	REQUIRE(!take(l, &d));
	lease_on_loss(l, note_loss, &losses);
	a.down = true;
	wait_ms(&a, FENCED - 1);
	CHECK(lease_may_write(l));
	wait_ms(&a, 1);
	CHECK(!lease_may_write(l));
	CHECK_INT(losses, 1);
	a.down = false;
	wait_ms(&a, 60000);
	CHECK(!lease_may_write(l));
	CHECK_INT(lease_explain_loss(l, &d), ERR_LOCKED);
	CHECK_HAS(d.item[0].text, "it was not renewed in time");
	CHECK_HAS(d.item[0].text, "no answer");
	diag_release(&d);
	lease_free(l);
	aws_close(&a);
}

/* Stopped (SIGSTOP, a closed lid) for longer than the lease: no timer has run, and still nothing may begin. */
TEST(asleep_beyond_the_deadline)
{
	struct diag d = {0};
	int losses = 0;
	struct lease *l;
	struct aws a;

	aws_open(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	REQUIRE(!take(l, &d));
	lease_on_loss(l, note_loss, &losses);
	a.now += FENCED;
	CHECK(!lease_may_write(l));
	CHECK_INT(losses, 1);
	lease_free(l);
	loop_run(a.loop);
	aws_close(&a);
}

/* ---- another run ---- */

TEST(refused_with_who_and_until_when)
{
	char *text CLEANUP(freep) = NULL;

	CHECK_INT(take_after(held, &text), ERR_LOCKED);
	CHECK_HAS(text, "arn:aws:iam::123456789012:user/other on other");
	CHECK_HAS(text, "`berth destroy` since 2026-09-21T14:12:20Z");
	CHECK_HAS(text, "ends 2026-09-21T14:13:50Z");
	CHECK_HAS(text, "--lock-timeout");
	CHECK_HAS(text, "berth lock steal");
}

TEST(waits_as_long_as_it_may)
{
	struct diag d = {0};
	struct lease *l;
	struct aws a;

	aws_open(&a);
	held(&a);
	l = model_lease(&a, "here", LENGTH, 20000);
	CHECK_INT(take(l, &d), ERR_LOCKED);
	CHECK_INT(a.now, 20000);
	CHECK(a.gets > 5 && a.gets < 40);
	lease_free(l);
	l = model_lease(&a, "here", LENGTH, 60000);
	CHECK_INT(take(l, &d), 0);
	CHECK(a.now > 32000 && a.now < 40000);
	lease_free(l);
	loop_run(a.loop);
	aws_close(&a);
}

static void just_passed(struct aws *a)
{
	other_holds(a, -1000, NULL);
}

TEST(the_deadline_has_some_grace)
{
	char *text CLEANUP(freep) = NULL, *more CLEANUP(freep) = NULL;

	CHECK_INT(take_after(just_passed, &text), ERR_LOCKED);
	CHECK_INT(take_after(passed, &more), 0);
}

/* ---- processes of this machine ---- */

static void by_process(struct aws *a, json_t *process)
{
	other_holds(a, 30000, process);
	json_decref(process);
}

static pid_t child(bool reaped)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (reaped)
		waitpid(pid, NULL, 0);
	else
		waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT);
	return pid;
}

static json_t *process_like(json_int_t pid, json_int_t start)
{
	json_t *p = lease_process_self();

	if (pid)
		json_object_set_new(p, "pid", json_integer(pid));
	if (start)
		json_object_set_new(p, "start", json_integer(start));
	return p;
}

static void dead(struct aws *a)
{
	by_process(a, process_like(child(true), 0));
}

static void zombie(struct aws *a)
{
	pid_t pid = child(false);
	char *path CLEANUP(freep) = xasprintf("/proc/%d/stat", pid);
	FILE *f = fopen(path, "r");
	long long start = 0;

	CHECK(f &&
	      fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lld",
		     &start) == 1);
	CHECK(start > 0);
	if (f)
		fclose(f);
	by_process(a, process_like(pid, start));
}

static void number_used_again(struct aws *a)
{
	by_process(a, process_like(0, 1));
}

static void alive(struct aws *a)
{
	by_process(a, process_like(0, 0));
}

static void of_another_boot(struct aws *a)
{
	json_t *p = process_like(child(true), 0);

	json_object_set_new(p, "boot", json_string("6f1c1f5e-0000-0000-0000-000000000000"));
	by_process(a, p);
}

static void of_another_container(struct aws *a)
{
	json_t *p = process_like(child(true), 0);

	json_object_set_new(p, "namespace", json_string("pid:[1]"));
	by_process(a, p);
}

TEST(a_dead_process_holds_nobody_up)
{
	char *text[6] = {NULL};

	CHECK_INT(take_after(dead, &text[0]), 0);
	CHECK_INT(take_after(zombie, &text[1]), 0);
	CHECK_INT(take_after(number_used_again, &text[2]), 0);
	CHECK_INT(take_after(alive, &text[3]), ERR_LOCKED);
	CHECK_INT(take_after(of_another_boot, &text[4]), ERR_LOCKED);
	CHECK_INT(take_after(of_another_container, &text[5]), ERR_LOCKED);
	for (size_t i = 0; i < ARRAY_SIZE(text); i++)
		free(text[i]);
}

/* ---- the log ---- */

static void no_record(struct aws *a)
{
	aws_put(a, "{\"v\":1,\"owner\":\"somebody\"}");
}

TEST(what_is_no_lease_is_not_touched)
{
	void (*const prepare[])(struct aws * a) = {garbage, no_record};

	for (size_t i = 0; i < ARRAY_SIZE(prepare); i++) {
		char *text CLEANUP(freep) = NULL;

		CHECK_INT(take_after(prepare[i], &text), ERR_LOCKED);
		CHECK_HAS(text, "/berth/demo/lease holds something that is no lease");
		CHECK_HAS(text, "berth lock steal");
	}
}

/* Somebody writes over a lease that lives: it lives on. */
TEST(noise_on_top_is_skipped)
{
	struct diag d = {0};
	struct lease *l, *other;
	struct aws a;

	aws_open(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	other = model_lease(&a, "there", LENGTH, 0);
	REQUIRE(!take(l, &d));
	aws_put(&a, "noise");
	CHECK_INT(look(other), LEASE_HELD);
	CHECK_INT(take(other, &d), ERR_LOCKED);
	wait_ms(&a, 2 * LENGTH);
	CHECK(lease_may_write(l));
	CHECK_INT(lease_release_now(l, &d), 0);
	CHECK_INT(a.n, 0);
	CHECK_INT(take(other, &d), 0);
	lease_free(l);
	lease_free(other);
	loop_run(a.loop);
	aws_close(&a);
}

/* A record counts only after the very text that its writer had seen, though the version is the same. */
TEST(deleted_and_made_anew_in_between)
{
	char *late CLEANUP(freep) = NULL, *first CLEANUP(freep) = NULL;
	struct lease *l;
	struct aws a;

	aws_open(&a);
	first = record_of(&a, -10000, 0, NULL, NULL);
	late = record_of(&a, 60000, 1, first, NULL);
	aws_put(&a, first);
	l = model_lease(&a, "here", LENGTH, 0);
	CHECK_INT(look(l), LEASE_EXPIRED);
	aws_put(&a, late);
	CHECK_INT(look(l), LEASE_HELD);
	aws_forget(&a);
	held(&a);
	aws_put(&a, late);
	aws_put(&a, late);
	CHECK_INT(look(l), LEASE_HELD);
	aws_forget(&a);
	passed(&a);
	aws_put(&a, late);
	CHECK_INT(look(l), LEASE_EXPIRED);
	aws_forget(&a);
	aws_put(&a, late);
	CHECK_INT(look(l), LEASE_FREE);
	lease_free(l);
	aws_close(&a);
}

TEST(of_many_that_take_over_one_has_it)
{
	struct lease *l[8];
	struct diag d[8] = {{0}};
	unsigned held_by = 0;
	struct aws a;

	aws_open(&a);
	passed(&a);
	a.travel_ms = 200;
	for (size_t i = 0; i < 8; i++) {
		l[i] = model_lease(&a, "here", LENGTH, 0);
		lease_take(l[i], &d[i], NULL, NULL);
	}
	wait_ms(&a, 5000);
	for (size_t i = 0; i < 8; i++) {
		held_by += lease_may_write(l[i]);
		if (!lease_may_write(l[i]))
			CHECK_INT(diag_code(&d[i]), ERR_LOCKED);
		diag_release(&d[i]);
	}
	CHECK_INT(held_by, 1);
	for (size_t i = 0; i < 8; i++)
		lease_free(l[i]);
	loop_run(a.loop);
	aws_close(&a);
}

TEST(a_lost_answer_is_looked_up)
{
	struct diag d = {0};
	struct lease *l;
	struct aws a;

	aws_open(&a);
	l = model_lease(&a, "here", LENGTH, 0);
	a.lost = 100;
	lease_take(l, &d, NULL, NULL);
	while (!a.puts)
		wait_ms(&a, 1);
	a.lost = 0;
	wait_ms(&a, 3000);
	CHECK(lease_may_write(l));
	CHECK_INT(d.n, 0);
	a.lost = 100;
	lease_release(l, &d, NULL, NULL);
	a.lost = 0;
	wait_ms(&a, 3000);
	CHECK_INT(a.n, 0);
	CHECK_INT(d.n, 0);
	lease_free(l);
	aws_close(&a);
}

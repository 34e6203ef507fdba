/* What follows from the log of a lease: whose it is, and what the request under way does next. */
#include "base/err.h"
#include "base/mem.h"
#include "base/trace.h"
#include "base/value.h"
#include "engine/lease_int.h"
#include "engine/lease_record.h"

#include <stdlib.h>
#include <string.h>

static int64_t now(const struct lease *l)
{
	return loop_now(l->o.loop);
}

static enum lease_standing standing_of(const struct lease *l, const json_t *record)
{
	int64_t grace = lease_record_length(record) / SHARE_GRACE;

	if (!record)
		return l->top && l->odd ? LEASE_FOREIGN : LEASE_FREE;
	if (!strcmp(val_str(record, "run"), l->run))
		return LEASE_OURS;
	if (lease_process_is_dead(json_object_get(record, "process")))
		return LEASE_DEAD;
	if (grace < GRACE_MIN_MS)
		grace = GRACE_MIN_MS;
	return l->store.now(l->store.arg) > lease_record_deadline(record) + grace ? LEASE_EXPIRED : LEASE_HELD;
}

/* ---- ours, or no longer ---- */

static void lose(struct lease *l, bool late, const struct lease_view *v)
{
	void (*f)(void *arg) = l->on_loss;

	l->own = OWN_LOST;
	l->late = late;
	if (v)
		lease_view_copy(&l->loss, v);
	lease_stop_timer(l, &l->renewal);
	lease_stop_timer(l, &l->fencing);
	if (l->want == WANT_RENEW) {
		l->store.cancel(l->store.arg);
		lease_end(l, ERR_LOCKED);
	}
	l->on_loss = NULL;
	if (f)
		f(l->loss_arg);
}

static void on_fence(void *arg)
{
	struct lease *l = arg;

	l->fencing = NULL;
	lose(l, true, NULL);
}

bool lease_may_write(struct lease *l)
{
	if (l->own == OWN_HELD && now(l) >= l->fence)
		lose(l, true, NULL);
	return l->own == OWN_HELD;
}

static void on_renewal(void *arg)
{
	struct lease *l = arg;

	l->renewal = NULL;
	if (l->want != WANT_NOTHING || !lease_may_write(l))
		return;
	lease_begin(l, WANT_RENEW);
	lease_read(l);
}

static int64_t fence_of_written(const struct lease *l)
{
	return l->written_at + l->o.length_ms - l->o.length_ms / SHARE_MARGIN;
}

/* Our newest record is valid. */
static void hold(struct lease *l)
{
	int64_t due = l->written_at + l->o.length_ms / SHARE_RENEW - now(l);

	lease_stop_timer(l, &l->renewal);
	lease_stop_timer(l, &l->fencing);
	l->own = OWN_HELD;
	l->held_version = l->at;
	l->deadline = l->written_deadline;
	l->fence = fence_of_written(l);
	l->fencing = loop_after(l->o.loop, l->fence - now(l), on_fence, l);
	l->renewal = loop_after(l->o.loop, due > 0 ? due : 0, on_renewal, l);
	lease_set_text(&l->trouble, NULL);
	if (l->want == WANT_TAKE && l->from.record && l->o.taken_over)
		l->o.taken_over(l->o.arg, &l->from);
	lease_end(l, 0);
}

/* One that came late, or took long to be written, is followed by another at once. */
static void hold_or_write(struct lease *l)
{
	bool slow = now(l) - l->written_at > l->o.length_ms / SHARE_RENEW;

	if (l->wrote && !strcmp(l->text, l->written) && (!slow || l->want == WANT_RENEW))
		hold(l);
	else
		lease_write(l, true);
}

/* ---- decisions ---- */

static void refuse(struct lease *l, const struct lease_view *v)
{
	char *who CLEANUP(freep) = lease_who(v);

	if (v->standing == LEASE_FOREIGN) {
		diag_error(l->d, ERR_LOCKED, "The parameter %s holds something that is no lease of this berth.",
			   l->name);
		diag_hint(l->d, "Nothing was changed. Look who wrote it there; `berth lock steal` removes it.");
	} else {
		diag_error(l->d, ERR_LOCKED, "Another run is at work: %s. Its lease ends %s, unless it is renewed.",
			   who, val_str(v->record, "deadline"));
		diag_hint(l->d, "Nothing was changed. --lock-timeout 10m waits for it. If it is dead, its lease ends "
				"by itself then, or at once by `berth lock steal`.");
	}
	lease_end(l, ERR_LOCKED);
}

static void wait_or_refuse(struct lease *l, const struct lease_view *v)
{
	const char *run = val_str(v->record, "run");
	int64_t waited, pause;

	if (l->waits_since < 0)
		l->waits_since = now(l);
	waited = now(l) - l->waits_since;
	if (waited >= l->o.wait_ms) {
		refuse(l, v);
		return;
	}
	if (l->o.waiting && (!l->waits_for || strcmp(l->waits_for, run) != 0))
		l->o.waiting(l->o.arg, v);
	lease_set_text(&l->waits_for, run);
	pause = waited < 2 * PAUSE_MS ? PAUSE_MS : waited / 2 < 3 * PAUSE_MS ? waited / 2 : 3 * PAUSE_MS;
	pause = (int64_t)((double)pause * (0.5 + loop_random(l->o.loop)));
	if (pause > l->o.wait_ms - waited)
		pause = l->o.wait_ms - waited;
	l->rounds = 0;
	lease_pause(l, pause);
}

static void decide_take(struct lease *l, const struct lease_view *v)
{
	switch (v->standing) {
	case LEASE_OURS:
		hold_or_write(l);
		break;
	case LEASE_HELD:
		wait_or_refuse(l, v);
		break;
	case LEASE_FOREIGN:
		refuse(l, v);
		break;
	case LEASE_FREE:
	case LEASE_EXPIRED:
	case LEASE_DEAD:
		if (++l->rounds >= ROUNDS) {
			lease_read_again(l);
			break;
		}
		lease_view_copy(&l->from, v);
		lease_write(l, v->version != 0);
		break;
	}
}

static void decide_steal(struct lease *l, const struct lease_view *v)
{
	const char *run = val_str(v->record, "run");
	bool same = l->seen_run ? run && !strcmp(run, l->seen_run) : v->version == l->seen_version;

	if (v->standing == LEASE_OURS) {
		hold_or_write(l);
	} else if (v->standing == LEASE_FREE && !v->version) {
		lease_end(l, 0);
	} else if (v->standing == LEASE_FOREIGN && same) {
		lease_remove(l);
	} else if (v->standing == LEASE_FOREIGN || (v->standing == LEASE_HELD && !same)) {
		diag_error(l->d, ERR_STALE, "The lease %s has changed hands in the meantime.", l->name);
		diag_hint(l->d, "`berth lock show` tells who has it now.");
		lease_end(l, ERR_STALE);
	} else {
		lease_view_copy(&l->from, v);
		lease_write(l, true);
	}
}

/* Deletes cannot be conditional: only what was seen to be ours just now, and is safe from others for a while. */
static void decide_release(struct lease *l, const struct lease_view *v)
{
	int64_t fence = l->fence ? l->fence : fence_of_written(l);

	if (v->standing == LEASE_OURS && now(l) < fence)
		lease_remove(l);
	else
		lease_end(l, 0);
}

static void decide(struct lease *l, struct lease_view *v)
{
	switch (l->want) {
	case WANT_TAKE:
		decide_take(l, v);
		break;
	case WANT_RENEW:
		if (v->standing == LEASE_OURS)
			hold_or_write(l);
		else
			lose(l, false, v);
		break;
	case WANT_LOOK:
		lease_view_copy(l->ret, v);
		lease_end(l, 0);
		break;
	case WANT_STEAL:
		decide_steal(l, v);
		break;
	case WANT_RELEASE:
		decide_release(l, v);
		break;
	case WANT_NOTHING:
		BUG("a look at the lease that nobody wants");
	}
}

/* The last valid record, which is taken over; NULL: there is none. */
void lease_judge(struct lease *l, json_t *record)
{
	struct lease_view v = {.standing = standing_of(l, record), .record = record, .version = l->top};

	if (trace_on(TRACE_RUN))
		trace_event(TRACE_RUN, "lease",
			    json_pack("{s:i, s:i, s:I}", "want", (int)l->want, "standing", (int)v.standing, "version",
				      (json_int_t)v.version));
	decide(l, &v);
	lease_view_release(&v);
}

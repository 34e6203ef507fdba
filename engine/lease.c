/*
 * The protocol of lease.h as a state machine. A request (take, renew, ...) ends in a look at the log; what the look
 * finds decides on the next step. Whatever is in doubt is looked at again.
 */
#include "base/err.h"
#include "base/mem.h"
#include "base/value.h"
#include "engine/lease_int.h"
#include "engine/lease_record.h"

#include <stdlib.h>
#include <string.h>

static int64_t now(const struct lease *l)
{
	return loop_now(l->o.loop);
}

void lease_set_text(char **member, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*member);
	*member = copy;
}

void lease_view_release(struct lease_view *v)
{
	json_decref(v->record);
	*v = (struct lease_view){0};
}

void lease_view_copy(struct lease_view *to, const struct lease_view *from)
{
	lease_view_release(to);
	*to = *from;
	json_incref(to->record);
}

/* ---- life ---- */

struct lease *lease_new(const struct lease_options *options, const struct lease_store *store)
{
	struct lease *l = xcalloc(1, sizeof(*l));

	l->o = *options;
	if (!l->o.length_ms)
		l->o.length_ms = LEASE_MS;
	l->store = *store;
	l->name = xstrdup(options->name);
	l->owner = xstrdup(options->owner);
	l->host = xstrdup(options->host);
	l->command = xstrdup(options->command);
	for (size_t i = 0; i < sizeof(l->run) - 1; i++)
		l->run[i] = "0123456789abcdef"[(int)(loop_random(l->o.loop) * 16)];
	return l;
}

void lease_stop_timer(struct lease *l, struct loop_timer **t)
{
	loop_cancel(l->o.loop, *t);
	*t = NULL;
}

static void stop_timers(struct lease *l)
{
	lease_stop_timer(l, &l->step);
	lease_stop_timer(l, &l->renewal);
	lease_stop_timer(l, &l->fencing);
}

void lease_free(struct lease *l)
{
	if (!l)
		return;
	stop_timers(l);
	l->store.cancel(l->store.arg);
	l->store.release(l->store.arg);
	lease_view_release(&l->from);
	lease_view_release(&l->loss);
	free(l->name);
	free(l->owner);
	free(l->host);
	free(l->command);
	free(l->seen_run);
	free(l->waits_for);
	free(l->top_text);
	free(l->text);
	free(l->written);
	free(l->trouble);
	free(l);
}

/* ---- steps ---- */

void lease_end(struct lease *l, int rc)
{
	void (*done)(void *arg, int rc) = l->done;
	void *arg = l->arg;

	lease_stop_timer(l, &l->step);
	l->want = WANT_NOTHING;
	l->phase = PHASE_IDLE;
	l->done = NULL;
	if (done)
		done(arg, rc);
}

void lease_begin(struct lease *l, enum want want)
{
	l->want = want;
	l->rounds = 0;
	l->wrote = false;
	l->waits_since = -1;
	lease_view_release(&l->from);
}

static void on_pause(void *arg)
{
	struct lease *l = arg;

	l->step = NULL;
	lease_read(l);
}

void lease_pause(struct lease *l, int64_t ms)
{
	lease_stop_timer(l, &l->step);
	l->phase = PHASE_PAUSE;
	l->step = loop_after(l->o.loop, ms, on_pause, l);
}

/* What was asked for has not come: whether it was done, the log will say. */
static void on_impatience(void *arg)
{
	struct lease *l = arg;

	l->step = NULL;
	l->store.cancel(l->store.arg);
	if (l->want == WANT_RELEASE) {
		diag_warn(l->d, "The lease %s could not be given back in %d s. It ends by itself.", l->name,
			  RELEASE_MS / 1000);
		lease_end(l, ERR_TIMEOUT);
		return;
	}
	lease_set_text(&l->trouble, "AWS did not answer in time");
	lease_read(l);
}

static void enter(struct lease *l, enum phase phase)
{
	l->phase = phase;
	if (l->want == WANT_RENEW) {
		lease_stop_timer(l, &l->step);
		l->step = loop_after(l->o.loop, l->o.length_ms / SHARE_MARGIN, on_impatience, l);
	} else if (l->want == WANT_RELEASE && !l->step) {
		l->step = loop_after(l->o.loop, RELEASE_MS, on_impatience, l);
	}
}

void lease_read(struct lease *l)
{
	l->odd = false;
	enter(l, PHASE_TOP);
	l->store.get(l->store.arg, 0);
}

/* Once more, as something was in doubt; not for ever. */
void lease_read_again(struct lease *l)
{
	if (++l->rounds < ROUNDS || l->want == WANT_RENEW) {
		lease_pause(l, (int64_t)((double)l->o.length_ms / 120 * (1 + loop_random(l->o.loop))));
		return;
	}
	diag_error(l->d, ERR_BUSY, "The lease %s changes faster than it can be read.", l->name);
	diag_hint(l->d, "Nothing was changed. Try again; `berth lock show` tells who has it.");
	lease_end(l, ERR_BUSY);
}

/* A record after what was seen on top: valid only if nothing came in between. */
void lease_write(struct lease *l, bool overwrite)
{
	int64_t aws = l->store.now(l->store.arg);
	struct lease_record_options r = {.owner = l->owner,
					 .host = l->host,
					 .command = l->command,
					 .run = l->run,
					 .now = aws,
					 .deadline = aws + l->o.length_ms,
					 .after = overwrite ? l->top : 0,
					 .over = overwrite ? l->top_text : NULL,
					 .serial = ++l->serial};

	if (!l->began)
		l->began = aws;
	r.began = l->began;
	free(l->written);
	l->written = lease_record_text(&r);
	l->written_at = now(l);
	l->written_deadline = r.deadline;
	l->wrote = true;
	enter(l, overwrite ? PHASE_OVERWRITE : PHASE_CREATE);
	l->store.put(l->store.arg, l->written, overwrite);
}

void lease_remove(struct lease *l)
{
	enter(l, PHASE_REMOVE);
	l->store.remove(l->store.arg);
}

/* ---- reading the log ---- */

/* The one at l->at cannot be judged yet: what is below it? */
static void read_below(struct lease *l)
{
	enter(l, PHASE_BELOW);
	l->store.get(l->store.arg, l->at - 1);
}

static bool is_known(const struct lease *l)
{
	return l->own == OWN_HELD && l->held_version == l->at && !strcmp(l->text, l->written);
}

static void judge_at(struct lease *l)
{
	json_t *record = l->text ? lease_record_parse(l->text) : NULL;

	l->odd |= !record;
	if (record && is_known(l)) {
		lease_judge(l, record);
		return;
	}
	if (l->at > 1 && l->top - l->at < DEPTH) {
		json_decref(record);
		read_below(l);
		return;
	}
	if (record && l->at == 1 && lease_record_follows(record, 1, NULL)) {
		lease_judge(l, record);
		return;
	}
	json_decref(record);
	lease_judge(l, NULL);
}

static void on_top(struct lease *l, const struct lease_reply *r)
{
	l->top = r->outcome == LEASE_ABSENT ? 0 : r->version;
	lease_set_text(&l->top_text, l->top ? r->value : NULL);
	l->at = l->top;
	lease_set_text(&l->text, l->top_text);
	if (l->top)
		judge_at(l);
	else
		lease_judge(l, NULL);
}

static void on_below(struct lease *l, const struct lease_reply *r)
{
	json_t *record;

	if (r->outcome == LEASE_ABSENT) {
		lease_read_again(l);
		return;
	}
	record = lease_record_parse(l->text);
	if (record && lease_record_follows(record, l->at, r->value)) {
		lease_judge(l, record);
		return;
	}
	json_decref(record);
	l->at--;
	lease_set_text(&l->text, r->value);
	judge_at(l);
}

/* ---- answers ---- */

static void on_failed(struct lease *l, const struct lease_reply *r)
{
	size_t from = l->d ? l->d->n : 0;

	if (l->want == WANT_RENEW) {
		lease_set_text(&l->trouble, r->d->n ? r->d->item[0].text : err_text(r->err));
		lease_read_again(l);
		return;
	}
	for (size_t i = 0; i < r->d->n; i++) {
		const struct diag_item *item = &r->d->item[i];

		if (l->want == WANT_RELEASE)
			diag_warn(l->d, "%s The lease ends by itself.", item->text);
		else
			diag_error(l->d, item->code, "%s", item->text);
		if (item->hint)
			diag_hint(l->d, "%s", item->hint);
	}
	diag_prefix(l->d, from, "The lease %s", l->name);
	lease_end(l, r->err);
}

/* What we wrote is on top, and nothing came in between. */
static bool is_ours(const struct lease *l, const struct lease_reply *r)
{
	return r->outcome == LEASE_OK && r->version == (l->phase == PHASE_CREATE ? 1 : l->top + 1);
}

static void on_written(struct lease *l, const struct lease_reply *r)
{
	if (l->want != WANT_RELEASE && r->outcome == LEASE_UNSURE) {
		lease_read_again(l);
	} else if (l->want != WANT_RELEASE && is_ours(l, r)) {
		l->at = r->version;
		l->top = r->version;
		lease_set_text(&l->text, l->written);
		lease_set_text(&l->top_text, l->written);
		l->odd = false;
		judge_at(l);
	} else {
		lease_read(l);
	}
}

static void on_removed(struct lease *l, const struct lease_reply *r)
{
	if (r->outcome == LEASE_UNSURE) {
		lease_read_again(l);
		return;
	}
	lease_end(l, 0);
}

void lease_answered(struct lease *l, const struct lease_reply *r)
{
	enum phase phase = l->phase;

	/* What came too late does not count: the fence is down. */
	if (l->want == WANT_RENEW && !lease_may_write(l))
		return;
	if (r->outcome == LEASE_FAILED) {
		on_failed(l, r);
	} else if (phase == PHASE_CREATE || phase == PHASE_OVERWRITE) {
		on_written(l, r);
	} else if (phase == PHASE_REMOVE) {
		on_removed(l, r);
	} else if (phase == PHASE_TOP) {
		on_top(l, r);
	} else if (phase == PHASE_BELOW) {
		on_below(l, r);
	}
}

/* ---- requests ---- */

static void request(struct lease *l, enum want want, struct diag *d, void (*done)(void *arg, int rc), void *arg)
{
	if (l->want == WANT_RENEW) {
		l->store.cancel(l->store.arg);
		lease_end(l, 0);
	}
	if (l->want != WANT_NOTHING)
		BUG("the lease is asked for two things at once");
	lease_begin(l, want);
	l->d = d;
	l->done = done;
	l->arg = arg;
}

void lease_take(struct lease *l, struct diag *d, void (*done)(void *arg, int rc), void *arg)
{
	request(l, WANT_TAKE, d, done, arg);
	lease_write(l, false);
}

void lease_look(struct lease *l, struct lease_view *ret, struct diag *d, void (*done)(void *arg, int rc), void *arg)
{
	request(l, WANT_LOOK, d, done, arg);
	l->ret = ret;
	lease_read(l);
}

void lease_steal(struct lease *l, const struct lease_view *seen, struct diag *d, void (*done)(void *arg, int rc),
		 void *arg)
{
	request(l, WANT_STEAL, d, done, arg);
	lease_set_text(&l->seen_run, val_str(seen->record, "run"));
	l->seen_version = seen->version;
	lease_read(l);
}

void lease_release(struct lease *l, struct diag *d, void (*done)(void *arg, int rc), void *arg)
{
	/* A record that is on its way must arrive before it can be deleted. */
	bool writing = l->phase == PHASE_CREATE || l->phase == PHASE_OVERWRITE;

	if (!writing)
		l->store.cancel(l->store.arg);
	stop_timers(l);
	lease_begin(l, WANT_RELEASE);
	l->on_loss = NULL;
	l->d = d;
	l->done = done;
	l->arg = arg;
	if (l->own == OWN_LOST || !l->written)
		lease_end(l, 0);
	else if (writing)
		enter(l, l->phase);
	else
		lease_read(l);
	l->own = l->own == OWN_HELD ? OWN_NOTHING : l->own;
}

const struct lease_view *lease_taken_from(const struct lease *l)
{
	return &l->from;
}

struct loop *lease_loop(const struct lease *l)
{
	return l->o.loop;
}

int64_t lease_aws_now(const struct lease *l)
{
	return l->store.now(l->store.arg);
}

struct lease_loss lease_loss(const struct lease *l)
{
	return (struct lease_loss){.lost = l->own == OWN_LOST,
				   .late = l->late,
				   .to = &l->loss,
				   .trouble = l->trouble,
				   .deadline = l->deadline};
}

void lease_on_loss(struct lease *l, void (*f)(void *arg), void *arg)
{
	l->on_loss = f;
	l->loss_arg = arg;
}

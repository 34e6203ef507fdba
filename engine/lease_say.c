/* The lease in words, and as calls that wait. */
#include "base/err.h"
#include "base/mem.h"
#include "base/value.h"
#include "engine/lease.h"
#include "engine/lease_record.h"

#include <string.h>
#include <time.h>

struct wait {
	struct loop *loop;
	int rc;
};

static void waited(void *arg, int rc)
{
	struct wait *w = arg;

	w->rc = rc;
	loop_stop(w->loop);
}

static int run(const struct wait *w)
{
	int rc = loop_run(w->loop);

	return rc ? rc : w->rc;
}

int lease_take_now(struct lease *l, struct diag *d)
{
	struct wait w = {.loop = lease_loop(l), .rc = ERR_CANCELLED};

	lease_take(l, d, waited, &w);
	return run(&w);
}

int lease_look_now(struct lease *l, struct lease_view *ret, struct diag *d)
{
	struct wait w = {.loop = lease_loop(l), .rc = ERR_CANCELLED};

	lease_look(l, ret, d, waited, &w);
	return run(&w);
}

int lease_steal_now(struct lease *l, const struct lease_view *seen, struct diag *d)
{
	struct wait w = {.loop = lease_loop(l), .rc = ERR_CANCELLED};

	lease_steal(l, seen, d, waited, &w);
	return run(&w);
}

int lease_release_now(struct lease *l, struct diag *d)
{
	struct wait w = {.loop = lease_loop(l), .rc = ERR_CANCELLED};

	lease_release(l, d, waited, &w);
	return run(&w);
}

char *lease_who(const struct lease_view *v)
{
	const json_t *r = v->record, *process = json_object_get(r, "process");
	json_int_t pid = val_int(process, "pid", 0);
	char *number CLEANUP(freep) = pid ? xasprintf(" (process %lld)", (long long)pid) : xstrdup("");

	return xasprintf("%s on %s%s, `berth %s` since %s", val_str(r, "owner"), val_str(r, "host"), number,
			 val_str(r, "command"), val_str(r, "began"));
}

int64_t lease_left_ms(const struct lease *l, const struct lease_view *v)
{
	int64_t left;

	if (v->standing != LEASE_HELD)
		return 0;
	left = lease_record_deadline(v->record) - lease_aws_now(l);
	return left > 0 ? left : 0;
}

/* What has become of it may have changed since it was lost: asked once more, in vain or not. */
static void look_now(struct lease *l, struct lease_view *v)
{
	struct diag ignored = {0};

	lease_look_now(l, v, &ignored);
	diag_release(&ignored);
}

static void say_late(const struct lease_loss *loss, struct diag *d)
{
	time_t t = (time_t)(loss->deadline / 1000);
	char when[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	diag_error(d, ERR_LOCKED, "This run lost its lease: it was not renewed in time for %s%s%s.", when,
		   loss->trouble ? ", as " : "", loss->trouble ? loss->trouble : "");
}

int lease_explain_loss(struct lease *l, struct diag *d)
{
	struct lease_loss loss = lease_loss(l);
	struct lease_view v = {0};
	char *who CLEANUP(freep) = NULL;

	look_now(l, &v);
	if (v.record && v.standing != LEASE_OURS)
		who = lease_who(&v);
	else if (loss.to->record)
		who = lease_who(loss.to);
	if (loss.late)
		say_late(&loss, d);
	else
		diag_error(d, ERR_LOCKED, "This run lost its lease: it was taken away%s%s.",
			   who || loss.to->standing == LEASE_FREE ? "" : ", and something else is in its place",
			   who ? "" : "; nobody is known to have it now");
	if (who)
		diag_hint(d, "It is with %s. No further write was begun here; run again when that one is done.", who);
	else
		diag_hint(d,
			  "No further write was begun. `berth lock show` tells who has it; run again when it is free.");
	lease_view_release(&v);
	return ERR_LOCKED;
}

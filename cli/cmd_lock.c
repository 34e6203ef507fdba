/* berth lock - who works on the app, and how to take it from a run that will not let go. */
#include "base/err.h"
#include "base/value.h"
#include "cli/commands.h"
#include "cli/lock.h"

#include <stddef.h>
#include <string.h>

struct lock_options {
	bool yes, now;
};

static const struct option_row rows[] = {
    {"yes", 'y', OPTION_FLAG, NULL, "steal: do not ask", offsetof(struct lock_options, yes)},
    {"now", 0, OPTION_FLAG, NULL, "steal: do not wait until the other run must have stopped",
     offsetof(struct lock_options, now)},
    {0},
};

static void print_row(const char *title, const char *text)
{
	char *clean CLEANUP(freep) = printable(text);

	printf("%-9s %s\n", title, clean);
}

static void print_view(const struct lease_view *v)
{
	static const char *const standing[] = {
	    [LEASE_FREE] = "free: nobody works on this app",
	    [LEASE_OURS] = "ours",
	    [LEASE_HELD] = "held",
	    [LEASE_EXPIRED] = "expired: the next run takes it over",
	    [LEASE_DEAD] = "left by a process of this machine that is gone: the next run takes it over",
	    [LEASE_FOREIGN] = "the parameter holds something that is no lease of this berth",
	};
	const json_t *r = v->record;
	json_int_t pid = val_int(json_object_get(r, "process"), "pid", 0);
	char *host CLEANUP(freep) = r && pid ? xasprintf("%s, process %lld", val_str(r, "host"), (long long)pid) : NULL;

	print_row("lease", standing[v->standing]);
	if (!r)
		return;
	print_row("by", val_str(r, "owner"));
	print_row("on", host ? host : val_str(r, "host"));
	print_row("doing", val_str(r, "command"));
	print_row("since", val_str(r, "began"));
	print_row("renewed", val_str(r, "renewed"));
	print_row("until", val_str(r, "deadline"));
}

static int show(struct work *w, const struct lease_view *v)
{
	if (w->cli->g.json)
		cli_json("lock", lock_json(v));
	else
		print_view(v);
	return 0;
}

static int confirm(struct work *w, const struct lease_view *v, bool yes)
{
	char *who CLEANUP(freep) = v->record ? lease_who(v) : xstrdup("something that is no lease");
	char *clean CLEANUP(freep) = printable(who);
	char *question CLEANUP(freep) = NULL;

	if (yes || v->standing != LEASE_HELD)
		return 0;
	question = xasprintf("\nThe lease is with %s.\nIf that run still works, it stops at its next renewal, with "
			     "half of its work done; until then two may write.\nTake the lease away? Only `yes` is "
			     "taken for a yes:",
			     clean);
	return cli_confirm(w->cli, question, "yes", "--yes");
}

static void on_time(void *arg)
{
	loop_stop(arg);
}

/* The stolen lease is kept until its victim, if it lives, can no longer write: then the next run is alone. */
static void outlast(struct work *w, int64_t ms)
{
	if (ms <= 0)
		return;
	if (!w->cli->g.json)
		fprintf(stderr,
			"Taken. Waiting %lld s until the other run can no longer write (Ctrl-C frees it at once).\n",
			(long long)(ms + 999) / 1000);
	loop_after(w->session.loop, ms, on_time, w->session.loop);
	loop_run(w->session.loop);
}

static int steal(struct work *w, const struct lease_view *v, const struct lock_options *o)
{
	int rc;

	if (v->standing == LEASE_FREE && !v->version) {
		if (w->cli->g.json)
			return show(w, v);
		printf("The lease is free: there is nothing to take.\n");
		return 0;
	}
	rc = confirm(w, v, o->yes);
	if (!rc)
		rc = lease_steal_now(w->lease, v, &w->cli->d);
	if (rc)
		return rc;
	if (!o->now)
		outlast(w, lease_left_ms(w->lease, lease_taken_from(w->lease)));
	work_unlock(w);
	if (w->cli->g.json)
		cli_json("lock", json_pack("{s:s, s:o}", "standing", "free", "was", lock_json(v)));
	else
		printf("The lease is free.\n");
	return 0;
}

static int run_word(struct work *w, const struct lock_options *o, bool steals)
{
	struct lease_view v = {0};
	int rc;

	rc = work_open(w);
	if (!rc)
		rc = lock_open(w, "lock steal");
	if (!rc)
		rc = lease_look_now(w->lease, &v, &w->cli->d);
	if (!rc)
		rc = steals ? steal(w, &v, o) : show(w, &v);
	lease_view_release(&v);
	return rc;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const char *word = argc ? argv[0] : "show";
	bool steals = !strcmp(word, "steal");
	struct work w = {0};
	int rc;

	if (!steals && strcmp(word, "show") != 0) {
		diag_error(&cli->d, ERR_USAGE, "`berth lock` does not know \"%s\".", word);
		diag_hint(&cli->d, "`berth lock show` tells who has the lease, `berth lock steal` takes it away.");
		return ERR_USAGE;
	}
	rc = work_spec(&w, cli);
	if (!rc)
		rc = run_word(&w, options, steals);
	work_release(&w);
	return rc;
}

const struct command cmd_lock = {
    .name = "lock",
    .summary = "who works on this app right now; steal takes the lease away",
    .usage = "[show | steal] [--yes] [--now]",
    .options = rows,
    .options_size = sizeof(struct lock_options),
    .words = 1,
    .run = run,
};

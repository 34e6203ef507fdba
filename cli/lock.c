/* One writer: the lease of a command, what is said while it waits for another, and signals while it is held. */
#include "cli/lock.h"
#include "base/err.h"
#include "base/value.h"
#include "engine/lease.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long AWS works on a request whose sender is gone, but for rare cases: those are met as changes of others are. */
#define REQUESTS_END_MS 2000
#define WAIT_MAX_S (7 * 24 * 3600)

int work_lock_timeout(struct cli *cli, const char *text)
{
	static const struct {
		char unit;
		long long s;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'\0', 1}};
	char *end = NULL;
	long long n;

	cli->lock_wait_ms = 0;
	if (!text)
		return 0;
	errno = 0;
	n = isdigit((unsigned char)*text) ? strtoll(text, &end, 10) : -1;
	for (size_t i = 0; n >= 0 && !errno && i < ARRAY_SIZE(units); i++) {
		if (*end != units[i].unit || (*end && end[1]) || n > WAIT_MAX_S / units[i].s)
			continue;
		cli->lock_wait_ms = n * units[i].s * 1000;
		return 0;
	}
	diag_error(&cli->d, ERR_USAGE, "--lock-timeout is a time such as 30s, 5m or 1h, not \"%s\".", text);
	diag_hint(&cli->d, "0 does not wait; a week is the longest.");
	return ERR_USAGE;
}

static int lease_length(struct diag *d, int64_t *ret)
{
	const char *text = getenv("BERTH_LEASE_SECONDS");
	char *end = NULL;
	long n;

	if (!text || !*text) {
		*ret = LEASE_MS;
		return 0;
	}
	n = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : 0;
	if (n < LEASE_MIN_S || n > LEASE_MAX_S || *end)
		return diag_error(d, ERR_USAGE, "BERTH_LEASE_SECONDS is a number from %d to %d, not \"%s\".",
				  LEASE_MIN_S, LEASE_MAX_S, text);
	*ret = (int64_t)n * 1000;
	return 0;
}

/* ---- what is said ---- */

json_t *lock_json(const struct lease_view *v)
{
	static const char *const standing[] = {
	    [LEASE_FREE] = "free",       [LEASE_OURS] = "ours", [LEASE_HELD] = "held",
	    [LEASE_EXPIRED] = "expired", [LEASE_DEAD] = "dead", [LEASE_FOREIGN] = "foreign"};
	static const char *const shown[] = {"owner", "host", "command", "began", "renewed", "deadline"};
	json_t *o = json_pack("{s:s}", "standing", standing[v->standing]);
	json_t *pid = json_object_get(json_object_get(v->record, "process"), "pid");

	for (size_t i = 0; v->record && i < ARRAY_SIZE(shown); i++)
		json_object_set(o, shown[i], json_object_get(v->record, shown[i]));
	if (pid)
		json_object_set(o, "pid", pid);
	return o;
}

static void say(struct cli *cli, const char *event, const struct lease_view *v, const char *text)
{
	char *clean CLEANUP(freep) = printable(text);
	json_t *o;

	if (!cli->g.json) {
		fprintf(stderr, "%s\n", clean);
		return;
	}
	o = lock_json(v);
	json_object_set_new(o, "event", json_string(event));
	json_line(stderr, "lock", o);
}

static void on_waiting(void *arg, const struct lease_view *v)
{
	struct work *w = arg;
	char *who CLEANUP(freep) = lease_who(v);
	char *text CLEANUP(freep) =
	    xasprintf("Waiting for another run, at most %lld s: %s.", (long long)(w->cli->lock_wait_ms / 1000), who);

	w->waited = true;
	say(w->cli, "waiting", v, text);
}

/* Has that run begun creates of which our journal does not know? It was deleted, or is that of another machine. */
static bool may_have_made(const struct work *w, const struct lease_view *from)
{
	const char *command = val_str(from->record, "command");

	return (!command || strcmp(command, "destroy") != 0) && !state_was_cut_off(w->state);
}

static void on_taken_over(void *arg, const struct lease_view *from)
{
	struct work *w = arg;
	char *who CLEANUP(freep) = lease_who(from);
	char *text CLEANUP(freep) =
	    xasprintf("Taken over from a run that %s: %s.",
		      from->standing == LEASE_DEAD ? "is dead" : "has not renewed its lease in time", who);

	say(w->cli, "taken over", from, text);
	w->taken_over = true;
	w->cut_off = may_have_made(w, from);
}

/* ---- signals ---- */

static void die(const struct work *w, int signo)
{
	loop_on_signal(w->session.loop, NULL, NULL);
	if (w->farewell)
		fputs(w->farewell, stderr);
	raise(signo);
}

static void on_released(void *arg, int rc)
{
	struct work *w = arg;

	(void)rc;
	die(w, w->leaving);
}

/* Others need not wait for the deadline; a second signal leaves at once. */
static void on_signal(void *arg, int signo)
{
	struct work *w = arg;

	if (w->leaving) {
		die(w, signo);
		return;
	}
	w->leaving = signo;
	lease_release(w->lease, &w->cli->d, on_released, w);
}

void work_relock(struct work *w, bool abandoned)
{
	if (!w->lease)
		return;
	if (abandoned) {
		client_set_gate(w->session.client, NULL, NULL);
		lease_free(w->lease);
		w->lease = NULL;
		w->cli->loop = NULL;
	} else {
		loop_on_signal(w->session.loop, on_signal, w);
	}
}

/* ---- take and give back ---- */

/* What a host calls itself may be anything. */
static void host_name(char *host, size_t size)
{
	if (gethostname(host, size - 1) || !*host)
		snprintf(host, size, "unknown");
	host[size - 1] = '\0';
	for (char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(".-_", *c))
			*c = '?';
}

int lock_open(struct work *w, const char *doing)
{
	char *name CLEANUP(freep) = lease_name(&w->session);
	char host[128];
	struct lease_options o = {.loop = w->session.loop,
				  .name = name,
				  .owner = w->session.caller,
				  .host = host,
				  .command = doing,
				  .wait_ms = w->cli->lock_wait_ms,
				  .waiting = on_waiting,
				  .taken_over = on_taken_over,
				  .arg = w};
	struct lease_store store;
	int rc;

	rc = lease_length(&w->cli->d, &o.length_ms);
	if (rc)
		return rc;
	host_name(host, sizeof(host));
	store = lease_store_ssm(&w->session, &w->lease);
	w->lease = lease_new(&o, &store);
	w->cli->loop = w->session.loop;
	loop_on_signal(w->session.loop, on_signal, w);
	return 0;
}

static bool may_write(void *arg)
{
	return lease_may_write(arg);
}

static void stop_waiting(void *arg)
{
	loop_stop(arg);
}

/*
 * The last requests of a run that died may still take effect, and what is read before they do is found changed in the
 * middle of our run. The journal tells whether there were any; if it is not that run's, there may have been.
 */
static int let_requests_end(struct work *w)
{
	struct loop *loop = w->session.loop;
	int64_t since = loop_wall(loop) - DOUBT_CALL_MS;

	if (!w->taken_over || (state_was_cut_off(w->state) && !state_is_under_way(w->state, since)))
		return 0;
	loop_after(loop, REQUESTS_END_MS, stop_waiting, loop);
	return loop_run(loop);
}

int work_lock(struct work *w, const char *doing)
{
	int rc = lock_open(w, doing);

	if (rc)
		return rc;
	client_set_gate(w->session.client, may_write, w->lease);
	rc = lease_take_now(w->lease, &w->cli->d);
	if (!rc)
		rc = let_requests_end(w);
	return rc || !w->waited ? rc : work_read_state(w);
}

void work_unlock(struct work *w)
{
	if (!w->lease)
		return;
	if (w->leaving)
		loop_run(w->session.loop);
	else
		lease_release_now(w->lease, &w->cli->d);
	loop_on_signal(w->session.loop, NULL, NULL);
	client_set_gate(w->session.client, NULL, NULL);
	w->cli->loop = NULL;
	lease_free(w->lease);
	w->lease = NULL;
}

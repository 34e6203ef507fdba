/*
 * Progress of an apply. On a terminal finished steps scroll up and running ones stay at the bottom with their clocks;
 * elsewhere a line tells what takes long, what is finished, and once a minute what is still running.
 */
#include "base/buf.h"
#include "base/value.h"
#include "cli/cli.h"
#include "cli/render.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LIVE_MAX 12
#define LONG_S 10 /* what takes longer is announced on a plain output too */
#define TICK_MS 1000
#define HEARTBEAT_MS 60000
#define TEXT_MAX 4096

struct live {
	char *address, *detail;
	enum node_kind kind;
	int64_t began;
	unsigned expect_s;
};

struct progress_view {
	FILE *to;
	struct loop *loop;
	struct loop_timer *tick;
	enum progress_form form;
	bool color;
	struct live *live;
	size_t n, cap;
	size_t drawn;  /* lines at the bottom that will be drawn over */
	int64_t spoke; /* plain: when the last line was written */
};

static const char *const doing[] = {[NODE_CREATE] = "creating",
				    [NODE_UPDATE] = "changing",
				    [NODE_DELETE] = "deleting",
				    [NODE_TAG] = "tagging",
				    [NODE_NONE] = ""};
static const char *const done[] = {[NODE_CREATE] = "created",
				   [NODE_UPDATE] = "changed",
				   [NODE_DELETE] = "deleted",
				   [NODE_TAG] = "tagged",
				   [NODE_NONE] = ""};

/* "4.2s", "17s", "3m05s" */
static void add_duration(struct buf *b, int64_t ms, bool fine)
{
	int64_t s = ms / 1000;

	if (fine && s < 10)
		buf_addf(b, "%.1fs", (double)ms / 1000);
	else if (s < 120)
		buf_addf(b, "%llds", (long long)s);
	else
		buf_addf(b, "%lldm%02llds", (long long)(s / 60), (long long)(s % 60));
}

/* Written at once, so that a terminal never shows half of it. */
static void put(struct progress_view *v, struct buf *b)
{
	fwrite(buf_str(b), 1, b->n, v->to);
	fflush(v->to);
	buf_release(b);
}

/* ---- the bottom of a terminal ---- */

/* Asked anew each time: the window may have been resized. */
static struct winsize window(const struct progress_view *v)
{
	struct winsize w = {0};

	if (ioctl(fileno(v->to), TIOCGWINSZ, &w) || !w.ws_col)
		w.ws_col = 80;
	if (!w.ws_row)
		w.ws_row = 24;
	return w;
}

/*
 * A window that became narrower may have wrapped what was drawn, which then takes more lines; not all terminals do. To
 * go up by as many as were written never takes a line of somebody else's away.
 */
static void erase(struct progress_view *v, struct buf *b)
{
	if (v->drawn)
		buf_addf(b, "\033[%zuA\r\033[J", v->drawn);
	v->drawn = 0;
}

static void draw_line(struct progress_view *v, struct buf *b, struct buf *line, size_t width)
{
	char *text CLEANUP(freep) = buf_take(line);

	/* The last column stays free: some terminals wrap as soon as it is filled. */
	text_cut(text, width - 1);
	buf_addf(b, "%s\n", text);
	v->drawn++;
}

static void draw_live(struct progress_view *v, const struct live *l, struct buf *b, size_t width)
{
	struct buf line = BUF(TEXT_MAX);

	buf_addf(&line, "  %s %-*s ", doing[l->kind], width < 100 ? 32 : 44, l->address);
	add_duration(&line, loop_now(v->loop) - l->began, false);
	if (l->expect_s) {
		buf_adds(&line, " of about ");
		add_duration(&line, (int64_t)l->expect_s * 1000, false);
	}
	if (l->detail)
		buf_addf(&line, "  %s", l->detail);
	draw_line(v, b, &line, width);
}

/* The line below the last one is the cursor's; where there is hardly room, some of it is better than a count. */
static void draw(struct progress_view *v, struct buf *b)
{
	struct winsize w = window(v);
	struct buf line = BUF(TEXT_MAX);
	size_t room = w.ws_row - 1u, shown = v->n;

	if (shown > room)
		shown = room > 1 ? room - 1 : room;
	if (shown > LIVE_MAX)
		shown = LIVE_MAX;
	for (size_t i = 0; i < shown; i++)
		draw_live(v, &v->live[i], b, w.ws_col);
	if (v->n > shown && room > shown) {
		buf_addf(&line, "  and %zu more", v->n - shown);
		draw_line(v, b, &line, w.ws_col);
	}
}

/* ---- what is running ---- */

static void heartbeat(struct progress_view *v)
{
	int64_t now = loop_now(v->loop);
	struct buf b = BUF(BUF_TEXT_MAX);

	if (now - v->spoke < HEARTBEAT_MS)
		return;
	v->spoke = now;
	for (size_t i = 0; i < v->n; i++) {
		const struct live *l = &v->live[i];

		buf_addf(&b, "%s: still %s after ", l->address, doing[l->kind]);
		add_duration(&b, now - l->began, false);
		buf_addf(&b, "%s%s\n", l->detail ? ", " : "", l->detail ? l->detail : "");
	}
	put(v, &b);
}

static void on_tick(void *arg)
{
	struct progress_view *v = arg;
	struct buf b = BUF(BUF_TEXT_MAX);

	v->tick = loop_after(v->loop, TICK_MS, on_tick, v);
	if (v->form == PROGRESS_PLAIN) {
		heartbeat(v);
	} else {
		erase(v, &b);
		draw(v, &b);
		put(v, &b);
	}
}

/* The clock ticks only while something runs: nothing else may keep the loop going. */
static void settle_tick(struct progress_view *v)
{
	if (v->n && !v->tick && v->form != PROGRESS_JSON)
		v->tick = loop_after(v->loop, TICK_MS, on_tick, v);
	if (v->n || !v->tick)
		return;
	loop_cancel(v->loop, v->tick);
	v->tick = NULL;
}

static struct live *find(struct progress_view *v, const struct progress *p)
{
	char *address CLEANUP(freep) = printable(p->address);

	for (size_t i = 0; i < v->n; i++)
		if (v->live[i].kind == p->kind && !strcmp(v->live[i].address, address))
			return &v->live[i];
	return NULL;
}

static void drop(struct progress_view *v, struct live *l)
{
	size_t i = (size_t)(l - v->live);

	free(l->address);
	free(l->detail);
	memmove(l, l + 1, (v->n - i - 1) * sizeof(*l));
	v->n--;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* False if it tells nothing that was not known. */
static bool keep_live(struct progress_view *v, const struct progress *p)
{
	struct live *l = find(v, p);
	char *detail = p->detail ? printable(p->detail) : NULL;
	bool news = !l || p->state != NODE_RUNNING || !same_text(detail, l->detail);

	if (p->state != NODE_RUNNING) {
		if (l)
			drop(v, l);
		free(detail);
		return true;
	}
	if (!l) {
		v->live = grow(v->live, &v->cap, v->n + 1, sizeof(*v->live));
		l = &v->live[v->n++];
		*l = (struct live){.address = printable(p->address),
				   .kind = p->kind,
				   .began = loop_now(v->loop) - p->elapsed_ms,
				   .expect_s = p->expect_s};
	}
	free(l->detail);
	l->detail = detail;
	return news;
}

/* ---- what happened ---- */

static void add_done(struct progress_view *v, const struct progress *p, const char *address, struct buf *b)
{
	buf_addf(b, "%s%s: %s%s (", paint_on(v->color, PAINT_GREEN), address, done[p->kind],
		 !p->replacing            ? ""
		 : p->kind == NODE_CREATE ? " anew"
					  : " (the old one)");
	add_duration(b, p->elapsed_ms, true);
	buf_addf(b, ")%s\n", paint_off(v->color));
}

static void add_event(struct progress_view *v, const struct progress *p, struct buf *b)
{
	char *address CLEANUP(freep) = printable(p->address);

	switch (p->state) {
	case NODE_RUNNING:
		if (v->form == PROGRESS_PLAIN && !p->detail && p->expect_s >= LONG_S) {
			buf_addf(b, "%s: %s, which takes about ", address, doing[p->kind]);
			add_duration(b, (int64_t)p->expect_s * 1000, false);
			buf_addc(b, '\n');
		}
		break;
	case NODE_DONE:
		add_done(v, p, address, b);
		break;
	case NODE_FAILED:
		buf_addf(b, "%s%s: failed after ", paint_on(v->color, PAINT_RED), address);
		add_duration(b, p->elapsed_ms, true);
		buf_addf(b, "%s\n", paint_off(v->color));
		break;
	case NODE_BLOCKED:
		buf_addf(b, "%s: not tried, as something it needs has failed\n", address);
		break;
	default:
		break;
	}
}

static void print_json(struct progress_view *v, const struct progress *p)
{
	static const char *const state[] = {
	    [NODE_WAITING] = "waiting", [NODE_RUNNING] = "running", [NODE_DONE] = "done",
	    [NODE_FAILED] = "failed",   [NODE_BLOCKED] = "blocked", [NODE_NOT_TRIED] = "not tried"};
	json_t *o = json_pack("{s:s, s:s, s:s, s:I}", "address", p->address, "step", doing[p->kind], "state",
			      state[p->state], "elapsed_ms", (json_int_t)p->elapsed_ms);

	if (p->expect_s)
		json_object_set_new(o, "expect_s", json_integer(p->expect_s));
	if (p->detail)
		json_object_set_new(o, "detail", json_string(p->detail));
	json_line(v->to, "progress", o);
}

void progress_show(void *arg, const struct progress *p)
{
	struct progress_view *v = arg;
	struct buf b = BUF(BUF_TEXT_MAX);
	bool news = keep_live(v, p);

	settle_tick(v);
	if (v->form == PROGRESS_JSON) {
		if (news)
			print_json(v, p);
		return;
	}
	if (v->form == PROGRESS_LIVE)
		erase(v, &b);
	add_event(v, p, &b);
	if (b.n && v->form == PROGRESS_PLAIN)
		v->spoke = loop_now(v->loop);
	if (v->form == PROGRESS_LIVE)
		draw(v, &b);
	put(v, &b);
}

/* While the process is stopped the terminal is the shell's, and what that has written there is not drawn over. */
static void on_stop(void *arg, bool stops)
{
	struct progress_view *v = arg;
	struct buf b = BUF(BUF_TEXT_MAX);

	if (stops) {
		erase(v, &b);
	} else {
		v->drawn = 0;
		draw(v, &b);
	}
	put(v, &b);
}

struct progress_view *progress_new(struct loop *loop, FILE *to, enum progress_form form, bool color)
{
	struct progress_view *v = xcalloc(1, sizeof(*v));

	v->loop = loop;
	v->to = to;
	v->form = form;
	v->color = color;
	v->spoke = loop_now(loop);
	if (form == PROGRESS_LIVE)
		loop_on_stop(loop, on_stop, v);
	return v;
}

void progress_interrupted(void *arg)
{
	struct progress_view *v = arg;
	struct buf b = BUF(BUF_TEXT_MAX);

	if (v->form == PROGRESS_JSON) {
		json_line(v->to, "interrupted", json_pack("{s:I}", "running", (json_int_t)v->n));
		return;
	}
	if (v->form == PROGRESS_LIVE)
		erase(v, &b);
	buf_addf(&b,
		 "%sInterrupted: nothing new is started, and calls that are out are waited for. Once more leaves at "
		 "once.%s\n",
		 paint_on(v->color, PAINT_YELLOW), paint_off(v->color));
	if (v->form == PROGRESS_LIVE)
		draw(v, &b);
	put(v, &b);
}

void progress_free(struct progress_view *v)
{
	struct buf b = BUF(BUF_TEXT_MAX);

	if (v->form == PROGRESS_LIVE)
		erase(v, &b);
	put(v, &b);
	if (v->form == PROGRESS_LIVE)
		loop_on_stop(v->loop, NULL, NULL);
	while (v->n)
		drop(v, &v->live[0]);
	settle_tick(v);
	free(v->live);
	free(v);
}

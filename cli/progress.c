/*
 * Progress of an apply. On a terminal finished steps scroll up and running ones stay at the bottom with their clocks;
 * anywhere else each event is one line.
 */
#include "base/value.h"
#include "cli/cli.h"
#include "cli/render.h"

#include <stdlib.h>
#include <string.h>

#define LIVE_MAX 12

struct live {
	char *address, *detail;
	enum node_kind kind;
	int64_t elapsed_ms;
	unsigned expect_s;
};

struct progress_view {
	FILE *to;
	bool tty, color, json;
	struct live live[256];
	size_t n;
	size_t drawn; /* lines at the bottom that will be drawn over */
};

static const char *const doing[] = {
    [NODE_CREATE] = "creating", [NODE_UPDATE] = "changing", [NODE_DELETE] = "deleting", [NODE_NONE] = ""};
static const char *const done[] = {
    [NODE_CREATE] = "created", [NODE_UPDATE] = "changed", [NODE_DELETE] = "deleted", [NODE_NONE] = ""};

struct progress_view *progress_new(FILE *to, bool tty, bool color, bool json)
{
	struct progress_view *v = xcalloc(1, sizeof(*v));

	v->to = to;
	v->tty = tty;
	v->color = color;
	v->json = json;
	return v;
}

static void erase(struct progress_view *v)
{
	for (; v->drawn; v->drawn--)
		fputs("\033[1A\033[2K", v->to);
}

static void draw(struct progress_view *v)
{
	for (size_t i = 0; i < v->n && i < LIVE_MAX; i++) {
		const struct live *l = &v->live[i];

		fprintf(v->to, "  %s %-44s %3llds", doing[l->kind], l->address, (long long)(l->elapsed_ms / 1000));
		if (l->expect_s)
			fprintf(v->to, " of about %us", l->expect_s);
		if (l->detail)
			fprintf(v->to, "  %s", l->detail);
		fputc('\n', v->to);
		v->drawn++;
	}
	if (v->n > LIVE_MAX) {
		fprintf(v->to, "  and %zu more\n", v->n - LIVE_MAX);
		v->drawn++;
	}
	fflush(v->to);
}

static struct live *find(struct progress_view *v, const struct progress *p)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->live[i].kind == p->kind && !strcmp(v->live[i].address, p->address))
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

static void keep_live(struct progress_view *v, const struct progress *p)
{
	struct live *l = find(v, p);

	if (p->state != NODE_RUNNING) {
		if (l)
			drop(v, l);
		return;
	}
	if (!l) {
		if (v->n == ARRAY_SIZE(v->live))
			return;
		l = &v->live[v->n++];
		*l = (struct live){.address = printable(p->address), .kind = p->kind, .expect_s = p->expect_s};
	}
	free(l->detail);
	l->detail = p->detail ? printable(p->detail) : NULL;
	l->elapsed_ms = p->elapsed_ms;
}

static void print_event(struct progress_view *v, const struct progress *p)
{
	char *address CLEANUP(freep) = printable(p->address);
	double s = (double)p->elapsed_ms / 1000;

	switch (p->state) {
	case NODE_RUNNING:
		if (!v->tty && !p->detail)
			fprintf(v->to, "%s: %s\n", address, doing[p->kind]);
		break;
	case NODE_DONE:
		fprintf(v->to, "%s%s: %s%s (%.1fs)%s\n", paint_on(v->color, PAINT_GREEN), address, done[p->kind],
			p->replacing ? (p->kind == NODE_CREATE ? " anew" : " (the old one)") : "", s,
			paint_off(v->color));
		break;
	case NODE_FAILED:
		fprintf(v->to, "%s%s: failed after %.1fs%s\n", paint_on(v->color, PAINT_RED), address, s,
			paint_off(v->color));
		break;
	case NODE_BLOCKED:
		fprintf(v->to, "%s: not tried, as something it needs has failed\n", address);
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
	json_t *o =
	    json_pack("{s:i, s:s, s:s, s:s, s:s, s:I}", "v", 1, "type", "progress", "address", p->address, "step",
		      doing[p->kind], "state", state[p->state], "elapsed_ms", (json_int_t)p->elapsed_ms);
	char *line;

	if (p->detail)
		json_object_set_new(o, "detail", json_string(p->detail));
	line = json_dumps(o, JSON_COMPACT);
	fprintf(v->to, "%s\n", line ? line : "{}");
	free(line);
	json_decref(o);
}

void progress_show(void *arg, const struct progress *p)
{
	struct progress_view *v = arg;

	if (v->json) {
		print_json(v, p);
		return;
	}
	if (v->tty)
		erase(v);
	print_event(v, p);
	keep_live(v, p);
	if (v->tty)
		draw(v);
}

void progress_free(struct progress_view *v)
{
	if (v->tty)
		erase(v);
	while (v->n)
		drop(v, &v->live[0]);
	fflush(v->to);
	free(v);
}

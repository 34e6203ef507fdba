/* --only and --except: what is chosen, and what that brings along or leaves out. */
#include "base/err.h"
#include "engine/plan_int.h"

#include <stdlib.h>
#include <string.h>

static bool matches(const char *const *list, const struct action *a)
{
	for (; list && *list; list++) {
		size_t n = strlen(*list);
		const char *section = a->resource ? a->resource->section : NULL;

		if (!strncmp(a->address, *list, n) &&
		    (!a->address[n] || a->address[n] == '.' || (n && (*list)[n - 1] == '.')))
			return true;
		if (section && !strcmp(section, *list))
			return true;
	}
	return false;
}

static int check_choice(struct planner *p, const char *const *list)
{
	for (; list && *list; list++) {
		const char *one[] = {*list, NULL};
		bool any = false;

		for (size_t i = 0; i < p->plan->n && !any; i++)
			any = matches(one, &p->plan->action[i]);
		if (!any)
			return diag_error(p->d, ERR_USAGE, "Nothing in this plan is called \"%s\".", *list);
	}
	return 0;
}

/* Pairs of actions: what happens to the first happens to the second. */
struct follow {
	struct planner *p;
	struct edge *pair;
	size_t n, cap;
	size_t *action_of; /* position of an object in the world -> action, or NOBODY */
	size_t user;
	bool leaving; /* --except: from what is left out to what then must be left out too */
};

#define NOBODY ((size_t)-1)

static void add_pair(struct follow *f, size_t from, size_t to)
{
	f->pair = grow(f->pair, &f->cap, f->n + 1, sizeof(*f->pair));
	f->pair[f->n++] = (struct edge){.from = from, .to = to};
}

static bool is_change(const struct action *a)
{
	return a->act != ACT_NOOP && a->act != ACT_KEEP;
}

/* What is to go can go only if those who refer to it let go of it in the same run. */
static void follow_ref(void *arg, struct object *target)
{
	struct follow *f = arg;
	size_t to = f->action_of[target->at];
	const struct action *goes = to == NOBODY ? NULL : &f->p->plan->action[to];

	if (!goes || to == f->user || (goes->act != ACT_REPLACE && goes->act != ACT_DELETE) ||
	    !is_change(&f->p->plan->action[f->user]))
		return;
	if (f->leaving)
		add_pair(f, f->user, to);
	else
		add_pair(f, to, f->user);
}

static void collect_pairs(struct follow *f)
{
	const struct plan *plan = f->p->plan;
	const struct world *w = f->p->req->world;

	for (size_t e = 0; e < plan->n_edge; e++) {
		size_t from = plan->edge[e].from, to = plan->edge[e].to;

		if (!f->leaving)
			add_pair(f, from, to);
		else if (is_change(&plan->action[to]))
			add_pair(f, to, from);
	}
	f->action_of = xcalloc(w->n, sizeof(size_t));
	for (size_t i = 0; i < w->n; i++)
		f->action_of[i] = NOBODY;
	for (size_t i = 0; i < plan->n; i++)
		if (plan->action[i].have)
			f->action_of[plan->action[i].have->at] = i;
	for (f->user = 0; f->user < plan->n; f->user++)
		if (plan->action[f->user].have)
			world_each_ref(w, plan->action[f->user].have, follow_ref, f);
	free(f->action_of);
}

static int by_from(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* From all that have `selected` as `value` to all that follow them. */
static void spread(struct planner *p, bool leaving)
{
	struct follow f = {.p = p, .leaving = leaving};
	size_t n = p->plan->n, *first = xcalloc(n + 1, sizeof(size_t)), *queue = xcalloc(n, sizeof(size_t));
	size_t head = 0, tail = 0, e = 0;

	collect_pairs(&f);
	if (f.n)
		qsort(f.pair, f.n, sizeof(*f.pair), by_from);
	for (size_t i = 0; i <= n; i++) {
		while (e < f.n && f.pair[e].from < i)
			e++;
		first[i] = e;
		if (i < n && p->plan->action[i].selected != leaving)
			queue[tail++] = i;
	}
	while (head < tail) {
		size_t at = queue[head++];

		for (size_t k = first[at]; k < first[at + 1]; k++) {
			struct action *next = &p->plan->action[f.pair[k].to];

			if (next->selected != leaving)
				continue;
			next->selected = !leaving;
			queue[tail++] = f.pair[k].to;
		}
	}
	free(f.pair);
	free(first);
	free(queue);
}

/*
 * What is chosen brings what it needs with it, and those who must let go of what goes; what is left out takes along
 * what needs it, and what could not go without it.
 */
int plan_select(struct planner *p)
{
	struct plan *plan = p->plan;

	if (check_choice(p, p->req->only) || check_choice(p, p->req->except))
		return ERR_USAGE;
	if (p->req->only) {
		for (size_t i = 0; i < plan->n; i++)
			plan->action[i].selected = matches(p->req->only, &plan->action[i]);
		spread(p, false);
	}
	if (p->req->except) {
		for (size_t i = 0; i < plan->n; i++)
			plan->action[i].selected &= !matches(p->req->except, &plan->action[i]);
		spread(p, true);
	}
	return 0;
}

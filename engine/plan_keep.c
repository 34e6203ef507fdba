/* What would go but stays: it holds data, somebody who stays needs it, or it cannot be told whether somebody does. */
#include "base/err.h"
#include "engine/plan_int.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY ((size_t)-1)

struct keeper {
	struct planner *p;
	size_t *action_of; /* position of an object in the world -> action, or NOBODY */
	const struct object **queue;
	size_t tail;
	const struct object *holder;
	bool goes; /* by look_at_target(): something that it refers to goes */
};

static struct action *action_of(const struct keeper *k, const struct object *o)
{
	size_t at = k->action_of[o->at];

	return at == NOBODY ? NULL : &k->p->plan->action[at];
}

/* An address as a sentence may name it: that of a stranger without its mark. */
static const char *shown_address(const struct object *o)
{
	return o->address + (o->standing == FOREIGN && *o->address == '?');
}

static void keep(struct keeper *k, struct action *a)
{
	a->act = ACT_KEEP;
	k->queue[k->tail++] = a->have;
}

/* ---- what is needed by what stays ---- */

static const char *why_it_stays(const struct object *holder)
{
	return holder->standing == FOREIGN ? "is not berth's" : "stays";
}

static void refuse_kept(struct planner *p, const struct action *a, const struct object *holder)
{
	diag_at(p->d, ERR_REFUSED, a->resource->pos, "%s would have to be replaced (%s), but %s, which %s, uses it.",
		a->address, a->reason, shown_address(holder), why_it_stays(holder));
	diag_hint(p->d, "Take the change back, or remove %s by hand first.", shown_address(holder));
}

static void keep_target(void *arg, struct object *target)
{
	struct keeper *k = arg;
	struct action *a = action_of(k, target);

	if (a && a->act == ACT_REPLACE && !(a->type->flags & LOOSE))
		refuse_kept(k->p, a, k->holder);
	if (!a || a->act != ACT_DELETE || a->have == k->holder)
		return;
	plan_set_reason(a, "needed by %s, which %s", shown_address(k->holder), why_it_stays(k->holder));
	keep(k, a);
}

/* Everything that one of the queue refers to must stay as well, and what that refers to. */
static void keep_needed(struct keeper *k, size_t head)
{
	for (; head < k->tail; head++) {
		k->holder = k->queue[head];
		world_each_ref(k->p->req->world, k->holder, keep_target, k);
	}
}

static void begin(struct keeper *k)
{
	const struct world *w = k->p->req->world;
	const struct plan *plan = k->p->plan;

	for (size_t i = 0; i < w->n; i++)
		k->action_of[i] = NOBODY;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->action[i].have)
			k->action_of[plan->action[i].have->at] = i;
		if (plan->action[i].act == ACT_KEEP)
			k->queue[k->tail++] = plan->action[i].have;
	}
	for (size_t i = 0; i < w->n; i++)
		if (w->object[i]->standing == FOREIGN)
			k->queue[k->tail++] = w->object[i];
}

/* ---- what lives in what stays ---- */

static void look_at_target(void *arg, struct object *target)
{
	struct keeper *k = arg;
	const struct action *a = action_of(k, target);

	k->goes |= a && a->act == ACT_DELETE;
}

/* A rule, a policy, a route of what stays. */
static bool is_part(const struct keeper *k, const struct action *a)
{
	const struct object *home = a->act == ACT_DELETE && !a->leftover ? world_home(k->p->req->world, a->have) : NULL;
	const struct action *host = home ? action_of(k, home) : NULL;

	return host && host->act == ACT_KEEP;
}

static void set_part_reason(const struct keeper *k, struct action *a)
{
	const struct object *home = world_home(k->p->req->world, a->have);

	if (object_adopted(home))
		plan_set_reason(a, "lives in %s, which was adopted and stays", home->address);
	else
		plan_set_reason(a, "part of %s, which stays", home->address);
}

/* What names something that goes cannot stay, nor what names that. True if there was such a part. */
static bool evict(struct keeper *k, bool *part)
{
	struct plan *plan = k->p->plan;
	bool any = false;

	for (size_t i = 0; i < plan->n; i++) {
		if (!part[i])
			continue;
		k->goes = false;
		world_each_ref(k->p->req->world, plan->action[i].have, look_at_target, k);
		if (!k->goes)
			continue;
		plan->action[i].act = ACT_DELETE;
		if (object_adopted(world_home(k->p->req->world, plan->action[i].have)))
			plan_set_reason(&plan->action[i], "uses what goes");
		part[i] = false;
		any = true;
	}
	return any;
}

/* What stays is left as it is: its parts stay too, but for those that would hold on to what goes. */
static void keep_parts(struct keeper *k)
{
	struct plan *plan = k->p->plan;
	bool *part = xcalloc(plan->n, sizeof(*part));

	for (size_t i = 0; i < plan->n; i++)
		part[i] = is_part(k, &plan->action[i]);
	for (size_t i = 0; i < plan->n; i++)
		if (part[i])
			plan->action[i].act = ACT_KEEP;
	while (evict(k, part))
		;
	for (size_t i = 0; i < plan->n; i++)
		if (part[i])
			set_part_reason(k, &plan->action[i]);
	free(part);
}

/* ---- what may be needed by what could not be read ---- */

static bool type_refers(const struct type *t, const char *target);

static bool fields_refer(const struct field *f, const char *target)
{
	for (; f && f->name; f++)
		if (type_refers(f->type, target))
			return true;
	return false;
}

static bool type_refers(const struct type *t, const char *target)
{
	if (t->target)
		return !strcmp(t->target, target);
	return t->elem ? type_refers(t->elem, target) : fields_refer(t->fields, target);
}

/* A type whose objects are not all known, and may refer to the given one; NULL if there is none. */
static const char *unread_user(const struct world *w, const struct rtype *target)
{
	bool tags = json_object_get(w->unread, "tagging") != NULL;

	for (const struct rtype *const *t = rtypes; *t; t++) {
		bool unread = json_object_get(w->unread, (*t)->name) || (tags && ((*t)->flags & INVENTORY_TAGS));

		if (unread && *t != target && fields_refer((*t)->fields, target->name))
			return (*t)->name;
	}
	return NULL;
}

static void refuse_unsure(struct planner *p, const struct action *a, const char *user)
{
	diag_at(p->d, ERR_DENIED, a->resource->pos,
		"%s would have to be replaced (%s), but %s, which may use it, could not be read.", a->address,
		a->reason, user);
	diag_hint(p->d, "Allow it to be read, or take the change back.");
}

/* An orphan is known to be unused only if all who may use it are known. */
static void keep_unsure(struct keeper *k)
{
	const struct world *w = k->p->req->world;
	struct plan *plan = k->p->plan;
	size_t head = k->tail;

	if (plan->destroy || !json_object_size(w->unread))
		return;
	for (size_t i = 0; i < plan->n; i++) {
		struct action *a = &plan->action[i];
		bool loses = a->act == ACT_DELETE || a->act == ACT_REPLACE;
		const char *user = loses ? unread_user(w, a->type) : NULL;

		if (user && a->act == ACT_REPLACE)
			refuse_unsure(k->p, a, user);
		if (!user || a->act == ACT_REPLACE)
			continue;
		plan_set_reason(a, "%s, which may use it, could not be read", user);
		keep(k, a);
	}
	keep_needed(k, head);
}

/* ---- what opens what stays ---- */

static int note_ref(void *arg, const char *ref)
{
	char *address CLEANUP(freep) = NULL, *path CLEANUP(freep) = NULL;

	if (ref_split(ref, &address, &path))
		json_object_set_new(arg, address, json_true());
	return 0;
}

static bool has_secret(const struct rtype *t)
{
	for (const struct field *f = t->fields; f->name; f++)
		if (f->flags & WRITE_ONLY)
			return true;
	return false;
}

/* Is the secret what `a`, which stays, was made with? Without a wish that says so it may be any. */
static bool opens(const struct planner *p, const struct action *secret, const struct action *a)
{
	const struct resource *res = spec_find(p->req->spec, a->address);
	json_auto_t *refs = json_object();

	if (a->act != ACT_KEEP || !plan_outlives(secret, a) || !has_secret(a->type))
		return false;
	if (!res)
		return true;
	val_each_ref(res->want, note_ref, refs);
	return json_object_get(refs, secret->address) != NULL;
}

static void keep_secrets(struct keeper *k)
{
	struct plan *plan = k->p->plan;
	size_t head = k->tail;

	for (size_t i = 0; i < plan->n; i++) {
		struct action *a = &plan->action[i];

		for (size_t n = 0; n < plan->n && a->act == ACT_DELETE && a->type->reveal.action; n++) {
			if (!opens(k->p, a, &plan->action[n]))
				continue;
			plan_set_reason(a, "needed by %s, which stays", plan->action[n].address);
			keep(k, a);
		}
	}
	keep_needed(k, head);
}

void plan_keep(struct planner *p)
{
	const struct world *w = p->req->world;
	struct keeper k = {.p = p,
			   .action_of = xcalloc(w->n, sizeof(size_t)),
			   .queue = xcalloc(p->plan->n + w->n, sizeof(struct object *))};

	begin(&k);
	keep_needed(&k, 0);
	keep_secrets(&k);
	keep_unsure(&k);
	keep_parts(&k);
	free(k.action_of);
	free(k.queue);
}

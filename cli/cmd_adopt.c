/* berth adopt - takes over what was there before berth: only its tags change. */
#include "base/err.h"
#include "cli/adopt_show.h"
#include "cli/apply.h"
#include "cli/commands.h"
#include "spec/suggest.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct adopt_options {
	bool yes;
	const char *lock_timeout;
};

static const struct option_row rows[] = {
    {"yes", 'y', OPTION_FLAG, NULL, "do not ask", offsetof(struct adopt_options, yes)},
    LOCK_TIMEOUT_ROW(struct adopt_options),
    {0},
};

/* ---- what there is ------------------------------------------------------------------------------------------- */

struct found {
	struct candidate *item;
	size_t n, cap;
};

static void collect(struct work *w, const struct resource *res, struct found *found)
{
	struct object *o;

	for (size_t i = 0; (o = adopt_candidate(&w->world, res->address, i)); i++) {
		found->item = grow(found->item, &found->cap, found->n + 1, sizeof(*found->item));
		found->item[found->n++] = (struct candidate){.resource = res,
							     .object = o,
							     .others = tags_are_others(&w->spec, o->tags),
							     .alone = !adopt_candidate(&w->world, res->address, i + 1)};
		if (i)
			found->item[found->n - 1].alone = false;
	}
}

/* What is used as it is, being one for the account, needs nobody to take it over. */
static void collect_all(struct work *w, struct found *found)
{
	for (size_t i = 0; i < w->spec.n; i++)
		if (!world_find(&w->world, w->spec.resource[i].address))
			collect(w, &w->spec.resource[i], found);
}

static void pretend(struct work *w, const struct candidate *c)
{
	json_auto_t *tags = adopt_tags(&w->spec, c->resource->address, w->session.now);

	if (c->alone && !c->others)
		adopt_pretend(&w->world, c->object, c->resource->address, tags);
}

/* The tags are shown as they are: they change in the world only after the texts were made. */
static int list(struct work *w)
{
	struct found found = {0};
	json_t *lines = json_array();
	struct plan plan = {0};
	int rc;

	collect_all(w, &found);
	for (size_t i = 0; i < found.n; i++)
		json_array_append_new(lines, found.item[i].object->tags ? json_deep_copy(found.item[i].object->tags)
									: json_null());
	for (size_t i = 0; i < found.n; i++)
		pretend(w, &found.item[i]);
	rc = adopt_preview(&w->spec, &w->world, &plan, &w->cli->d);
	for (size_t i = 0; i < found.n && !rc; i++) {
		struct candidate *c = &found.item[i];
		struct plan *shown = c->alone && !c->others ? &plan : NULL;

		json_decref(c->object->tags);
		c->object->tags = json_incref(json_array_get(lines, i));
		if (w->cli->g.json)
			cli_json("candidate", adopt_candidate_json(w, c, shown));
		else
			adopt_show_candidate(w, c, shown);
	}
	if (!rc && !w->cli->g.json)
		printf(found.n ? "`berth adopt ADDRESS` takes one over; `berth adopt ADDRESS ID` says which.\n"
			       : "Nothing that the spec asks for is there already without being berth's.\n");
	plan_release(&plan);
	json_decref(lines);
	free(found.item);
	return rc;
}

/* ---- one ----------------------------------------------------------------------------------------------------- */

static int find_resource(struct work *w, const char *address, const struct resource **ret)
{
	const struct resource *res = spec_find(&w->spec, address);
	struct suggest s = SUGGEST(address);
	struct diag *d = &w->cli->d;

	if (!res) {
		for (size_t i = 0; i < w->spec.n; i++)
			suggest_try(&s, w->spec.resource[i].address);
		diag_error(d, ERR_USAGE, "The spec has no %s.", address);
		if (s.best)
			diag_hint(d, "Did you mean %s? `berth plan --expand` lists all addresses.", s.best);
		else
			diag_hint(d, "`berth plan --expand` lists all addresses.");
		return ERR_USAGE;
	}
	if (adopt_needless(res->type)) {
		diag_error(d, ERR_REFUSED, "%s cannot be adopted: it %s.", address, adopt_needless(res->type));
		diag_hint(d,
			  "Adopt what it lives in, or what it refers to: then `berth plan` shows what becomes of it.");
		return ERR_REFUSED;
	}
	*ret = res;
	return 0;
}

static int absent(struct work *w, const struct resource *res, const char *id)
{
	struct diag *d = &w->cli->d;
	const char *why = json_string_value(json_object_get(w->world.unread, res->type->name));

	if (why) {
		diag_error(d, ERR_DENIED, "%s could not be read: %s", res->type->name, why);
		return ERR_DENIED;
	}
	if (id)
		diag_error(d, ERR_ABSENT, "There is no %s \"%s\" in this account and region.", res->type->name, id);
	else
		diag_error(d, ERR_ABSENT, "Nothing was found that %s could mean.", res->address);
	diag_hint(d, "`berth adopt %s ID` names one by its id, name or ARN. What it refers to must be there first.",
		  res->address);
	return ERR_ABSENT;
}

static void refuse_many(struct work *w, const struct resource *res, const struct found *found)
{
	struct diag *d = &w->cli->d;

	for (size_t i = 0; i < found->n && !w->cli->g.json; i++)
		adopt_show_candidate(w, &found->item[i], NULL);
	diag_error(d, ERR_USAGE, "%zu objects could be %s.", found->n, res->address);
	diag_hint(d, "Name one: `berth adopt %s ID`.", res->address);
}

static int refuse_others(struct work *w, const struct candidate *c)
{
	char *what CLEANUP(freep) = object_words(c->object);
	char *owner CLEANUP(freep) = owner_text(&w->spec, c->object);
	struct diag *d = &w->cli->d;

	diag_error(d, ERR_REFUSED, "%s cannot be taken over as %s: it %s.", what, c->resource->address, owner);
	diag_hint(d, "`berth forget %s` lets go of it there, and only there.",
		  val_str(c->object->tags, "berth:resource") ? val_str(c->object->tags, "berth:resource") : "ADDRESS");
	return ERR_REFUSED;
}

/* Something has the address already, or what was named is berth's already. *ret: there is nothing to do. */
static int look_for_ours(struct work *w, const struct resource *res, const char *id, bool *ret)
{
	struct object *o = world_find(&w->world, res->address);
	char *what CLEANUP(freep) = NULL;

	for (size_t i = 0; id && i < w->world.n; i++) {
		struct object *x = w->world.object[i];

		if (x->type == res->type && x->standing == OWNED && x != o && object_goes_by(x, id))
			return diag_error(&w->cli->d, ERR_REFUSED, "%s is this app's already, as %s.", id, x->address);
	}
	if (!o || o->standing == SHARED_USE)
		return 0;
	what = object_words(o);
	if (id && !object_goes_by(o, id)) {
		diag_error(&w->cli->d, ERR_REFUSED, "%s is there already: %s.", res->address, what);
		diag_hint(&w->cli->d, "`berth forget %s` lets go of that one.", res->address);
		return ERR_REFUSED;
	}
	diag_note(&w->cli->d, "%s is this app's already: %s. There is nothing to do.", res->address, what);
	*ret = true;
	return 0;
}

static int choose(struct work *w, const struct resource *res, const char *id, struct candidate *ret)
{
	struct found found = {0};
	int rc = 0;

	collect(w, res, &found);
	for (size_t i = 0; id && i < found.n;) {
		if (object_goes_by(found.item[i].object, id))
			i++;
		else
			found.item[i] = found.item[--found.n];
	}
	if (!found.n) {
		rc = absent(w, res, id);
	} else if (found.n > 1) {
		refuse_many(w, res, &found);
		rc = ERR_USAGE;
	} else if (found.item[0].others) {
		rc = refuse_others(w, &found.item[0]);
	} else {
		*ret = found.item[0];
	}
	free(found.item);
	return rc;
}

/*
 * Read once more as if it were ours: so what lives in it is seen too, and the plan is the next one. What is one for the
 * account has nothing living in it.
 */
static int look_again(struct work *w, struct candidate *c)
{
	int rc;

	if (c->resource->type->flags & SHARED)
		return 0;
	json_array_append_new(w->known, json_pack("{s:s, s:s, s:O}", "address", c->resource->address, "type",
						  c->resource->type->name, "fields", c->object->fields));
	rc = work_look(w, false, NULL, NULL);
	c->object = rc ? NULL : world_find(&w->world, c->resource->address);
	return rc || c->object ? rc : diag_error(&w->cli->d, ERR_STALE, "It went away while it was looked at.");
}

static const struct action *action_on(const struct plan *p, const struct object *o)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->action[i].have == o)
			return &p->action[i];
	return NULL;
}

static int refuse_replacement(struct work *w, const struct candidate *c, const struct plan *next)
{
	const struct action *a = action_on(next, c->object);
	struct diag *d = &w->cli->d;

	if (!a || a->act != ACT_REPLACE)
		return 0;
	diag_at(d, ERR_REFUSED, a->resource->pos,
		"%s cannot be taken over as it is: it would have to be replaced, as %s.", a->address, a->reason);
	diag_hint(
	    d, "Write into the spec what is there (`override:` sets single fields), or adopt what it refers to first.");
	return ERR_REFUSED;
}

static int show(struct work *w, const struct candidate *c, struct plan *next, const json_t *tags)
{
	json_auto_t *mine = json_incref(c->object->tags);
	char *text CLEANUP(freep) = tags_text(tags, NULL);
	json_t *doc;
	int rc;

	adopt_pretend(&w->world, c->object, c->resource->address, tags);
	rc = adopt_preview(&w->spec, &w->world, next, &w->cli->d);
	json_decref(c->object->tags);
	c->object->tags = json_incref(mine);
	if (rc)
		return rc;
	if (w->cli->g.json) {
		doc = adopt_candidate_json(w, c, next);
		json_object_set(doc, "set", (json_t *)tags);
		cli_json("adoption", doc);
	} else {
		adopt_show_candidate(w, c, next);
	}
	rc = refuse_replacement(w, c, next);
	if (!rc && !w->cli->g.json)
		printf("It gets the tags %s; nothing else is changed now.\n", text);
	return rc;
}

static int carry_out(struct work *w, const struct candidate *c, const json_t *tags)
{
	int rc;

	w->has_plan = true;
	adopt_plan(c->object, c->resource, tags, &w->plan);
	rc = apply_and_report(w, 0);
	if (!rc && !w->cli->g.json)
		printf("%s is this app's now. `berth plan` shows what it still differs in.\n", c->resource->address);
	return rc;
}

static int adopt(struct work *w, const struct resource *res, const char *id, bool yes)
{
	json_auto_t *tags = adopt_tags(&w->spec, res->address, w->session.now);
	struct candidate c = {0};
	struct plan next = {0};
	bool nothing = false;
	int rc;

	rc = look_for_ours(w, res, id, &nothing);
	if (rc || nothing)
		return rc;
	rc = choose(w, res, id, &c);
	if (!rc)
		rc = look_again(w, &c);
	if (!rc)
		rc = show(w, &c, &next, tags);
	if (!rc && !yes)
		rc = cli_confirm(w->cli, "\nTake it over? Only `yes` is taken for a yes:", "yes", "--yes");
	if (!rc)
		rc = carry_out(w, &c, tags);
	plan_release(&next);
	return rc;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const struct adopt_options *o = options;
	const struct resource *res = NULL;
	const char *id = argc > 1 ? argv[1] : NULL;
	struct work w = {0};
	int rc;

	rc = work_lock_timeout(cli, o->lock_timeout);
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc && argc)
		rc = find_resource(&w, argv[0], &res);
	if (!rc)
		rc = work_open(&w);
	if (!rc && res)
		rc = work_lock(&w, "adopt");
	if (!rc)
		rc = work_look(&w, true, res ? res->address : NULL, id);
	if (!rc)
		rc = res ? adopt(&w, res, id, o->yes) : list(&w);
	work_release(&w);
	return rc;
}

const struct command cmd_adopt = {
    .name = "adopt",
    .summary = "take over what was there before berth",
    .usage = "[ADDRESS [ID]] [--yes] [--lock-timeout TIME]",
    .options = rows,
    .options_size = sizeof(struct adopt_options),
    .words = 2,
    .run = run,
};

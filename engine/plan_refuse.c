/* What is refused before anything is tried: of what is chosen, and all at once. */
#include "base/err.h"
#include "engine/plan_int.h"

#include <string.h>

static void refuse_data_loss(struct planner *p, const struct action *a)
{
	if (a->act != ACT_REPLACE || !(a->type->flags & DATA))
		return;
	diag_at(p->d, ERR_REFUSED, a->resource->pos, "%s would have to be replaced, and its data would be lost: %s.",
		a->address, a->reason);
	diag_hint(p->d, "Take the change back, or move the data to a new one by hand first.");
}

bool tags_are_others(const struct spec *spec, const json_t *tags)
{
	const char *app = val_str(tags, "berth:app"), *env = val_str(tags, "berth:env");

	return app && env && (strcmp(app, spec->app) != 0 || strcmp(env, spec->env) != 0);
}

const char *owner_words(const struct spec *spec, const json_t *tags)
{
	const char *app = val_str(tags, "berth:app"), *env = val_str(tags, "berth:env");

	if (!app)
		return "is not berth's";
	if (strcmp(app, spec->app) != 0)
		return "belongs to another app";
	return env && strcmp(env, spec->env) != 0 ? "belongs to another environment of this app"
						  : "bears only some of berth's tags";
}

/* The old one would be deleted, and it was there before berth. */
static void refuse_adopted(struct planner *p, const struct action *a)
{
	if (a->act != ACT_REPLACE || !object_adopted(a->have) || (a->type->flags & DATA))
		return;
	diag_at(
	    p->d, ERR_REFUSED, a->resource->pos,
	    "%s would have to be replaced (%s), but it was adopted: berth deletes nothing that was there before it.",
	    a->address, a->reason);
	diag_hint(p->d,
		  "Take the change back, or write into the spec what is there. `berth forget %s` lets go of it: then a "
		  "new one is made beside it.",
		  a->address);
}

/* What others use too is changed by who made it. */
static void refuse_shared(struct planner *p, const struct action *a)
{
	if (a->act != ACT_UPDATE || a->have->standing != SHARED_USE)
		return;
	diag_at(p->d, ERR_REFUSED, a->resource->pos, "%s is there already and %s: its %s is not as this app needs it.",
		a->address, owner_words(p->req->spec, a->have->tags), a->change[0].field);
	if (tags_are_others(p->req->spec, a->have->tags))
		diag_hint(p->d, "There is one for the whole account. Change it from app %s, environment %s.",
			  val_str(a->have->tags, "berth:app"), val_str(a->have->tags, "berth:env"));
	else
		diag_hint(p->d,
			  "There is one for the whole account. `berth adopt %s` takes it over; else change it by hand.",
			  a->address);
}

/* Numbers by size, texts as versions are counted: 9 before 10. */
static bool falls(const json_t *from, const json_t *to)
{
	if (json_is_integer(from) && json_is_integer(to))
		return json_integer_value(to) < json_integer_value(from);
	return json_is_string(from) && json_is_string(to) &&
	       strverscmp(json_string_value(to), json_string_value(from)) < 0;
}

static void refuse_fall(struct planner *p, const struct action *a)
{
	for (size_t i = 0; i < a->n_change; i++) {
		const struct change *c = &a->change[i];
		const struct field *f = c->flags & CHANGE_TAG ? NULL : rtype_field(a->type, c->field);
		char *from CLEANUP(freep) = NULL, *to CLEANUP(freep) = NULL;

		if (a->act != ACT_UPDATE || !f || !(f->flags & RISES) || !falls(c->from, c->to))
			continue;
		from = val_text(c->from);
		to = val_text(c->to);
		diag_at(p->d, ERR_REFUSED, a->resource->pos,
			"%s: %s cannot go from %s back to %s, as AWS lets it rise only.", a->address, c->field, from,
			to);
		diag_hint(p->d, "Take the change back. What is smaller or older is another one, to which the data is "
				"moved by hand.");
	}
}

static void refuse_clash(struct planner *p, const struct action *a)
{
	char *mark CLEANUP(freep) = xasprintf("?%s", a->address);
	const struct object *foreign = a->act == ACT_CREATE ? world_find(p->req->world, mark) : NULL;
	const struct spec *spec = p->req->spec;

	/* Without a name of its own it takes nobody's place. */
	if (!foreign || !a->type->key)
		return;
	diag_at(p->d, ERR_CLASH, a->resource->pos, "%s cannot be made: %s of that name is there already and %s.",
		a->address, foreign->arn ? foreign->arn : "an object", owner_words(spec, foreign->tags));
	if (tags_are_others(spec, foreign->tags))
		diag_hint(p->d, "It is tagged for app %s, environment %s. Choose another name.",
			  val_str(foreign->tags, "berth:app"), val_str(foreign->tags, "berth:env"));
	else
		diag_hint(p->d, "`berth adopt %s` takes it over. Else rename or remove it, or choose another name.",
			  a->address);
}

void plan_refuse(struct planner *p, const struct action *a)
{
	refuse_data_loss(p, a);
	refuse_adopted(p, a);
	refuse_shared(p, a);
	refuse_fall(p, a);
	refuse_clash(p, a);
}

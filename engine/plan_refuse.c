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

	return (app && strcmp(app, spec->app) != 0) || (app && env && strcmp(env, spec->env) != 0);
}

const char *object_stack(const struct object *o)
{
	return val_str(o->aws_tags, "aws:cloudformation:stack-name");
}

char *object_owner(const struct spec *spec, const struct object *o)
{
	const char *app = val_str(o->tags, "berth:app"), *env = val_str(o->tags, "berth:env");

	if (tags_are_others(spec, o->tags))
		return xasprintf("belongs to %s (app %s, environment %s)",
				 strcmp(app, spec->app) != 0 ? "another app" : "another environment of this app", app,
				 env ? env : "unknown");
	if (object_stack(o))
		return xasprintf("belongs to CloudFormation's stack %s", object_stack(o));
	return xstrdup(app ? "bears only some of berth's tags" : "is not berth's");
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
	char *owner CLEANUP(freep) = NULL;

	if (a->act != ACT_UPDATE || a->have->standing != SHARED_USE)
		return;
	owner = object_owner(p->req->spec, a->have);
	diag_at(p->d, ERR_REFUSED, a->resource->pos, "%s is there already and %s: its %s is not as this app needs it.",
		a->address, owner, a->change[0].field);
	if (tags_are_others(p->req->spec, a->have->tags))
		diag_hint(p->d, "There is one for the whole account: change it from there.");
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
	char *mark CLEANUP(freep) = xasprintf("?%s", a->address), *owner CLEANUP(freep) = NULL;
	const struct object *foreign = a->act == ACT_CREATE ? world_find(p->req->world, mark) : NULL;

	/* Without a name of its own it takes nobody's place. */
	if (!foreign || !a->type->key)
		return;
	owner = object_owner(p->req->spec, foreign);
	diag_at(p->d, ERR_CLASH, a->resource->pos, "%s cannot be made: %s of that name is there already and %s.",
		a->address, foreign->arn ? foreign->arn : "an object", owner);
	if (tags_are_others(p->req->spec, foreign->tags))
		diag_hint(p->d, "Choose another name, or let go of it there first: `berth forget`.");
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

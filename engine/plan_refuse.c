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

static const char *owner_words(const struct spec *spec, const char *app)
{
	return !app                      ? "is not berth's"
	       : !strcmp(app, spec->app) ? "belongs to another environment of this app"
					 : "belongs to another app";
}

static void refuse_clash(struct planner *p, const struct action *a)
{
	char *mark CLEANUP(freep) = xasprintf("?%s", a->address);
	const struct object *foreign = a->act == ACT_CREATE ? world_find(p->req->world, mark) : NULL;
	const struct spec *spec = p->req->spec;
	const char *app = foreign ? val_str(foreign->tags, "berth:app") : NULL;
	const char *env = foreign ? val_str(foreign->tags, "berth:env") : NULL;

	if (!foreign)
		return;
	diag_at(p->d, ERR_CLASH, a->resource->pos, "%s cannot be made: %s of that name is there already and %s.",
		a->address, foreign->arn ? foreign->arn : "an object", owner_words(spec, app));
	if (app)
		diag_hint(p->d, "It is tagged for app %s, environment %s. Choose another name.", app, env ? env : "?");
	else
		diag_hint(
		    p->d,
		    "Rename or remove it, or tag it berth:app=%s, berth:env=%s, berth:resource=%s to take it over.",
		    spec->app, spec->env, a->address);
}

void plan_refuse(struct planner *p, const struct action *a)
{
	refuse_data_loss(p, a);
	refuse_fall(p, a);
	refuse_clash(p, a);
}

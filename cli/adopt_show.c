#include "cli/adopt_show.h"
#include "base/buf.h"
#include "cli/render.h"

#include <stdlib.h>
#include <string.h>

static const char *id_of(const struct object *o)
{
	for (const struct field *f = o->type->fields; f->name; f++)
		if ((f->flags & ID) && val_str(o->fields, f->name) &&
		    (!o->type->parent || strcmp(f->name, o->type->parent) != 0))
			return val_str(o->fields, f->name);
	return NULL;
}

char *object_words(const struct object *o)
{
	const char *id = id_of(o);
	char *text CLEANUP(freep) = NULL;

	if (id && o->arn && strcmp(id, o->arn) != 0)
		text = xasprintf("%s (%s)", id, o->arn);
	else
		text = xstrdup(id ? id : o->arn ? o->arn : o->type->name);
	return printable(text);
}

char *owner_text(const struct spec *spec, const struct object *o)
{
	char *text CLEANUP(freep) = object_owner(spec, o);

	return printable(text);
}

static void add_tags(struct buf *b, const json_t *tags)
{
	json_t *value;
	const char *key;

	json_object_foreach ((json_t *)tags, key, value) {
		char *k CLEANUP(freep) = printable(key);
		char *v CLEANUP(freep) = printable(json_is_string(value) ? json_string_value(value) : "");

		buf_addf(b, "%s%s=%s", b->n ? ", " : "", k, v);
	}
}

char *tags_text(const json_t *tags, const json_t *more)
{
	struct buf b = BUF(BUF_TEXT_MAX);

	add_tags(&b, tags);
	add_tags(&b, more);
	return buf_take(&b);
}

void adopt_show_candidate(struct work *w, const struct candidate *c, struct plan *plan)
{
	struct render r = {
	    .to = stdout, .color = w->cli->out_color, .verbose = w->cli->g.verbose, .width = render_width(stdout)};
	char *address CLEANUP(freep) = printable(c->resource->address);
	char *what CLEANUP(freep) = object_words(c->object);
	char *owner CLEANUP(freep) = owner_text(&w->spec, c->object);
	char *tags CLEANUP(freep) = tags_text(c->object->tags, c->object->aws_tags);

	printf("%s%s%s: %s %s.\n", paint_on(r.color, PAINT_BOLD), address, paint_off(r.color), what, owner);
	if (tags && *tags)
		printf("  Tags: %s\n", tags);
	if (!plan)
		return;
	if (!adopt_narrow(&w->world, plan, c->object)) {
		printf("  It is as the spec says: the next plan would change nothing.\n");
		return;
	}
	printf("  The next plan would change it:\n\n");
	render_steps(&r, plan);
}

json_t *adopt_candidate_json(struct work *w, const struct candidate *c, struct plan *plan)
{
	const struct object *o = c->object;
	json_t *out =
	    json_pack("{s:s, s:s, s:s*, s:s*, s:O*, s:b}", "address", c->resource->address, "type", o->type->name, "id",
		      id_of(o), "arn", o->arn, "tags", o->tags, "adoptable", (int)!c->others);
	json_auto_t *doc = NULL;

	if (object_stack(o))
		json_object_set_new(out, "stack", json_string(object_stack(o)));
	if (c->others)
		json_object_set_new(out, "owner",
				    json_pack("{s:s*, s:s*}", "app", val_str(o->tags, "berth:app"), "env",
					      val_str(o->tags, "berth:env")));
	if (!plan)
		return out;
	adopt_narrow(&w->world, plan, o);
	doc = plan_to_json(plan, &w->spec, &w->world);
	json_object_set(out, "actions", json_object_get(doc, "actions"));
	return out;
}

/* The plan as people read it: by section, only what changes, old -> new, why, what is at risk, counts last. */
#include "base/value.h"
#include "cli/cli.h"
#include "cli/render.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *sign;
	enum paint paint;
} look[] = {
    [ACT_NOOP] = {" ", PAINT_NONE},      [ACT_CREATE] = {"+", PAINT_GREEN}, [ACT_UPDATE] = {"~", PAINT_YELLOW},
    [ACT_REPLACE] = {"!", PAINT_YELLOW}, [ACT_DELETE] = {"-", PAINT_RED},   [ACT_KEEP] = {"=", PAINT_CYAN},
};

static const char *risk_words(const struct action *a)
{
	if (a->act == ACT_REPLACE)
		return a->create_first ? "the new one is made before the old one goes"
				       : "gone until the new one is made";
	switch (a->risk) {
	case RISK_RESTART:
		return "in place, restarts";
	case RISK_DOWNTIME:
		return "in place, with downtime";
	case RISK_DATA:
		return "loses data";
	default:
		return a->act == ACT_UPDATE ? "in place" : NULL;
	}
}

/* The field by which a newcomer knows what is made: name, CIDR, port. */
static char *essence(const struct action *a)
{
	static const char *const telling[] = {"name", "cidr", "family", "destination", "route_key", "url", NULL};

	for (const char *const *f = telling; *f; f++) {
		const json_t *v = json_object_get(a->want, *f);
		const struct field *field = v ? rtype_field(a->type, *f) : NULL;

		if (field && !(field->flags & SENSITIVE) && !val_has_special(v))
			return render_value(v);
	}
	return NULL;
}

static void print_head(const struct render *r, const struct action *a)
{
	const char *risk = risk_words(a);
	char *what CLEANUP(freep) = a->act == ACT_CREATE ? essence(a) : NULL;
	char *address CLEANUP(freep) = printable(a->address);
	char *reason CLEANUP(freep) = a->reason ? printable(a->reason) : NULL;

	fprintf(r->to, "  %s%s %-44s%s", paint_on(r->color, look[a->act].paint), look[a->act].sign, address,
		paint_off(r->color));
	if (what)
		fprintf(r->to, " %s", what);
	if (reason)
		fprintf(r->to, " %s%s", a->act == ACT_REPLACE ? "replaced: " : "", reason);
	if (risk)
		fprintf(r->to, "%s%s%s%s", reason || what ? "; " : " ", paint_on(r->color, PAINT_DIM), risk,
			paint_off(r->color));
	fputc('\n', r->to);
}

static void print_change(const struct render *r, const struct change *c)
{
	json_auto_t *leaves = NULL;
	char *name CLEANUP(freep) = xasprintf("%s%s", c->flags & CHANGE_TAG ? "tag " : "", c->field);

	if (c->flags & CHANGE_SENSITIVE) {
		fprintf(r->to, "      %-28s (sensitive) is written again\n", name);
		return;
	}
	leaves = render_leaves(name, c->from, c->to);
	for (size_t i = 0; i < json_array_size(leaves); i++) {
		const json_t *leaf = json_array_get(leaves, i);
		const json_t *from = json_array_get(leaf, 1), *to = json_array_get(leaf, 2);
		char *old CLEANUP(freep) = json_is_null(from) ? xstrdup("(none)") : render_value(from);
		char *new CLEANUP(freep) = json_is_null(to) ? xstrdup("(none)") : render_value(to);
		char *path CLEANUP(freep) = printable(json_string_value(json_array_get(leaf, 0)));

		fprintf(r->to, "      %-28s %s -> %s%s\n", path, old, new,
			c->flags & CHANGE_FORCES_REPLACE ? "  (forces replacement)" : "");
	}
}

static void print_wants(const struct render *r, const struct action *a)
{
	json_t *value;
	const char *key;

	json_object_foreach (a->want, key, value) {
		const struct field *f = rtype_field(a->type, key);
		char *text CLEANUP(freep) = f && (f->flags & SENSITIVE) ? xstrdup("(sensitive)") : render_value(value);

		fprintf(r->to, "      %-28s %s\n", key, text);
	}
}

static void print_action(const struct render *r, const struct action *a)
{
	print_head(r, a);
	for (size_t i = 0; i < a->n_change; i++)
		print_change(r, &a->change[i]);
	if (a->act == ACT_CREATE && r->verbose)
		print_wants(r, a);
}

static bool is_shown(const struct action *a)
{
	return a->act != ACT_NOOP && a->selected;
}

static const char *section_of(const struct action *a)
{
	if (a->resource && a->resource->section && *a->resource->section)
		return a->resource->section;
	return a->act == ACT_KEEP ? "stays" : a->act == ACT_DELETE ? "goes" : "resources";
}

/* Sections in the order in which they first appear. */
static void print_sections(const struct render *r, const struct plan *p)
{
	json_auto_t *seen = json_object();

	for (size_t i = 0; i < p->n; i++) {
		const char *section = section_of(&p->action[i]);

		if (!is_shown(&p->action[i]) || json_object_get(seen, section))
			continue;
		json_object_set_new(seen, section, json_true());
		fprintf(r->to, "%s%s%s\n", paint_on(r->color, PAINT_BOLD), section, paint_off(r->color));
		for (size_t k = i; k < p->n; k++)
			if (is_shown(&p->action[k]) && !strcmp(section_of(&p->action[k]), section))
				print_action(r, &p->action[k]);
		fputc('\n', r->to);
	}
}

static bool shows_anything(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_shown(&p->action[i]))
			return true;
	return false;
}

void render_counts(const struct render *r, const struct plan *p)
{
	const struct plan_counts *c = &p->counts;

	if (plan_is_empty(p)) {
		fprintf(r->to, "%s\n", p->destroy ? "Nothing to destroy." : "Nothing to do: AWS is as the spec says.");
		return;
	}
	fprintf(r->to, "Plan: %zu to create, %zu to change, %zu to replace, %zu to delete", c->create, c->update,
		c->replace, c->del);
	if (c->keep)
		fprintf(r->to, ", %zu kept", c->keep);
	fputs(".\n", r->to);
}

void render_plan(const struct render *r, const struct plan *p, const struct spec *spec, const struct world *w)
{
	const char *account = val_str(w->aws, "account");

	if (r->markdown)
		fprintf(r->to, "### berth plan: %s (%s)\n\n```diff\n", spec->app, spec->env);
	else
		fprintf(r->to, "%s (%s) in %s%s%s\n\n", spec->app, spec->env, spec->region, account ? ", account " : "",
			account ? account : "");
	if (shows_anything(p))
		print_sections(r, p);
	for (size_t i = 0; i < json_array_size(p->notes); i++) {
		char *note CLEANUP(freep) = printable(json_string_value(json_array_get(p->notes, i)));

		fprintf(r->to, "Note: %s\n", note);
	}
	if (json_array_size(p->notes))
		fputc('\n', r->to);
	render_counts(r, p);
	if (r->markdown)
		fputs("```\n", r->to);
}

void render_drift(const struct render *r, const struct drift *d)
{
	static const struct {
		const char *sign, *words;
		enum paint paint;
	} kind[] = {
	    [DRIFT_CHANGED] = {"~", "was changed", PAINT_YELLOW},
	    [DRIFT_GONE] = {"-", "is gone", PAINT_RED},
	    [DRIFT_ADDED] = {"+", "was added", PAINT_GREEN},
	};
	json_t *why;
	const char *type;

	if (d->by_spec)
		fputs("There is no record of an apply here: AWS is compared with the spec.\n\n", r->to);
	for (size_t i = 0; i < d->n; i++) {
		const struct drift_item *item = &d->item[i];
		char *address CLEANUP(freep) = printable(item->address);

		fprintf(r->to, "  %s%s %-44s%s %s\n", paint_on(r->color, kind[item->kind].paint), kind[item->kind].sign,
			address, paint_off(r->color), kind[item->kind].words);
		for (size_t k = 0; k < item->n_change; k++)
			print_change(r, &item->change[k]);
	}
	json_object_foreach (d->unchecked, type, why) {
		char *text CLEANUP(freep) = printable(json_string_value(why));

		fprintf(r->to, "  ? %-44s could not be checked: %s\n", type, text);
	}
	if (d->n)
		fprintf(r->to, "\nDrift: %zu object%s. `berth plan` shows what apply would put right.\n", d->n,
			d->n == 1 ? "" : "s");
	else if (!json_object_size(d->unchecked))
		fputs("No drift: AWS is as the last apply left it.\n", r->to);
}

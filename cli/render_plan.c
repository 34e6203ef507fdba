/* The plan as people read it: by section, only what changes, old -> new, why, what is at risk, counts last. */
#include "base/buf.h"
#include "base/value.h"
#include "cli/render_impl.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *sign;
	enum paint paint;
} look[] = {
    [ACT_NOOP] = {" ", PAINT_NONE},      [ACT_CREATE] = {"+", PAINT_GREEN}, [ACT_UPDATE] = {"~", PAINT_YELLOW},
    [ACT_REPLACE] = {"!", PAINT_YELLOW}, [ACT_DELETE] = {"-", PAINT_RED},   [ACT_KEEP] = {"=", PAINT_CYAN},
    [ACT_TAG] = {"~", PAINT_YELLOW},
};

/* ---- one object ---- */

static const char *risk_words(const struct action *a)
{
	if (a->act == ACT_REPLACE)
		return a->create_first ? "the new one is made before the old one goes"
				       : "gone until the new one is made";
	if (a->act != ACT_UPDATE)
		return a->act == ACT_DELETE && a->risk == RISK_DATA ? "its data is lost" : NULL;
	switch (a->risk) {
	case RISK_RESTART:
		return "in place, restarts";
	case RISK_DOWNTIME:
		return "in place, with downtime";
	case RISK_DATA:
		return "in place, loses data";
	default:
		return "in place";
	}
}

/* The fields by which a newcomer knows what is made: of most types the name says enough. */
static const char *const *telling_fields(const struct rtype *t)
{
	static const char *const usual[] = {"name", "cidr", "family", "destination", "route_key", "url", NULL};
	static const char *const database[] = {"engine", "version", "class", NULL};
	static const char *const rule[] = {"protocol", "from_port", "cidr", "source_group", NULL};
	static const char *const attachment[] = {"policy_arn", NULL};

	return !strcmp(t->name, "rds.instance")              ? database
	       : !strcmp(t->name, "ec2.security_group_rule") ? rule
	       : !strcmp(t->name, "iam.role_attachment")     ? attachment
							     : usual;
}

static void add_essence(struct buf *b, const struct action *a, const json_t *fields)
{
	const char *const *telling = telling_fields(a->type);
	bool one = !strcmp(telling[0], "name");

	for (; *telling && !(one && b->n); telling++) {
		const json_t *v = json_object_get(fields, *telling);
		char *text CLEANUP(freep) = v && !val_has_special(v) ? render_value(v) : NULL;

		if (text)
			buf_addf(b, "%s%s", b->n ? " " : "", text);
	}
}

/* What stands beside the address. New. */
static char *head_text(const struct action *a)
{
	struct buf b = BUF(BUF_TEXT_MAX);
	const char *risk = risk_words(a);
	char *reason CLEANUP(freep) = a->reason ? printable(a->reason) : NULL;

	if (a->act == ACT_CREATE)
		add_essence(&b, a, a->want);
	else if (a->act == ACT_DELETE && (a->leftover || a->have->standing == STRAY))
		add_essence(&b, a, a->have->fields);
	if (reason)
		buf_addf(&b, "%s%s%s", b.n ? "; " : "", a->act == ACT_REPLACE ? "replaced: " : "", reason);
	if (risk)
		buf_addf(&b, "%s%s", b.n ? "; " : "", risk);
	return buf_take(&b);
}

static void print_action(const struct render *r, const struct action *a, size_t column)
{
	char *address CLEANUP(freep) = printable(a->address);
	char *text CLEANUP(freep) = head_text(a);
	struct head h = {.sign = look[a->act].sign,
			 .address = address,
			 .text = text,
			 .paint = look[a->act].paint,
			 .text_paint = a->act != ACT_KEEP && a->risk == RISK_DATA ? PAINT_RED : PAINT_NONE,
			 .column = column};

	render_head(r, &h);
	render_changes(r, a->type, a->change, a->n_change);
	if (a->act == ACT_CREATE && r->verbose)
		render_wish(r, a->type, a->want);
}

/* ---- sections ---- */

static bool is_shown(const struct action *a)
{
	return a->act != ACT_NOOP && a->selected;
}

static const char *section_of(const struct action *a)
{
	const char *section = a->resource ? a->resource->section : NULL;

	/* Those that are written out one by one are told apart by their addresses. */
	if (section && *section && strncmp(section, "resources.", strlen("resources.")) != 0)
		return section;
	if (section)
		return "resources";
	return a->act == ACT_KEEP ? "stays" : "goes";
}

static void print_section(const struct render *r, const struct plan *p, const char *section, size_t column)
{
	char *name CLEANUP(freep) = printable(section);

	if (r->markdown)
		fprintf(r->to, "@@ %s @@\n", name);
	else
		fprintf(r->to, "%s%s%s\n", paint_on(r->color, PAINT_BOLD), name, paint_off(r->color));
	for (size_t i = 0; i < p->n; i++)
		if (is_shown(&p->action[i]) && !strcmp(section_of(&p->action[i]), section))
			print_action(r, &p->action[i], column);
	fputc('\n', r->to);
}

/* In the order in which they first appear; what stays comes last. */
void render_steps(const struct render *r, const struct plan *p)
{
	json_auto_t *seen = json_object();
	size_t column = 0;

	for (size_t i = 0; i < p->n; i++)
		if (is_shown(&p->action[i]))
			column = render_column(r, column, p->action[i].address);
	for (int last = 0; last < 2; last++) {
		for (size_t i = 0; i < p->n; i++) {
			const char *section = section_of(&p->action[i]);

			if (!is_shown(&p->action[i]) || json_object_get(seen, section) ||
			    (!last && p->action[i].act == ACT_KEEP))
				continue;
			json_object_set_new(seen, section, json_true());
			print_section(r, p, section, column);
		}
	}
}

/* ---- below ---- */

static void print_notes(const struct render *r, const struct plan *p)
{
	for (size_t i = 0; i < json_array_size(p->notes); i++) {
		char *note CLEANUP(freep) = printable(json_string_value(json_array_get(p->notes, i)));

		fputs("Note: ", r->to);
		render_text(r, strlen("Note: "), strlen("Note: "), note);
	}
	if (json_array_size(p->notes))
		fputc('\n', r->to);
}

void render_counts(const struct render *r, const struct plan *p)
{
	const struct plan_counts *c = &p->counts;

	if (plan_is_empty(p) && c->keep) {
		fprintf(r->to, "Nothing to %s; %zu kept.\n", p->destroy ? "destroy" : "do", c->keep);
		return;
	}
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

/* ---- Markdown ---- */

/* A fence longer than any that stands in the text. */
static size_t fence_length(const char *text)
{
	size_t longest = 2, run = 0;

	for (; *text; text++) {
		run = *text == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest + 1;
}

static void print_fenced(const struct render *r, char *body)
{
	size_t n = fence_length(body), end = strlen(body);

	while (end > 1 && body[end - 2] == '\n')
		body[--end] = '\0';

	for (size_t i = 0; i < n; i++)
		fputc('`', r->to);
	fprintf(r->to, "diff\n%s", body);
	for (size_t i = 0; i < n; i++)
		fputc('`', r->to);
	fputs("\n\n", r->to);
}

static void render_markdown(const struct render *r, const struct plan *p, const struct spec *spec)
{
	char *body = NULL;
	size_t n = 0;
	struct render inner = *r;

	fprintf(r->to, "### berth plan: %s (%s) in %s\n\n", spec->app, spec->env, spec->region);
	inner.to = open_memstream(&body, &n);
	if (!inner.to)
		BUG("no memory stream");
	render_steps(&inner, p);
	print_notes(&inner, p);
	fclose(inner.to);
	if (n)
		print_fenced(r, body);
	free(body);
	render_counts(r, p);
}

void render_plan(const struct render *r, const struct plan *p, const struct spec *spec, const struct world *w)
{
	const char *said = val_str(w->aws, "account");
	char *account CLEANUP(freep) = said ? printable(said) : NULL;

	if (r->markdown) {
		render_markdown(r, p, spec);
		return;
	}
	fprintf(r->to, "%s (%s) in %s%s%s\n\n", spec->app, spec->env, spec->region, account ? ", account " : "",
		account ? account : "");
	render_steps(r, p);
	print_notes(r, p);
	render_counts(r, p);
}

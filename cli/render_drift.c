/* What was changed behind berth's back, as people read it. */
#include "base/mem.h"
#include "cli/render_impl.h"

static size_t address_column(const struct render *r, const struct drift *d)
{
	size_t column = 0;
	const char *type;
	json_t *why;

	for (size_t i = 0; i < d->n; i++)
		column = render_column(r, column, d->item[i].address);
	json_object_foreach (d->unchecked, type, why)
		column = render_column(r, column, type);
	return column;
}

static void render_item(const struct render *r, const struct drift_item *item, size_t column)
{
	static const struct {
		const char *sign, *words;
		enum paint paint;
	} kind[] = {
	    [DRIFT_CHANGED] = {"~", "was changed", PAINT_YELLOW},
	    [DRIFT_GONE] = {"-", "is gone", PAINT_RED},
	    [DRIFT_ADDED] = {"+", "was added", PAINT_GREEN},
	};
	char *address CLEANUP(freep) = printable(item->address);
	struct head h = {.sign = kind[item->kind].sign,
			 .address = address,
			 .text = kind[item->kind].words,
			 .paint = kind[item->kind].paint,
			 .column = column};

	render_head(r, &h);
	render_changes(r, item->type, item->change, item->n_change);
}

void render_drift(const struct render *r, const struct drift *d)
{
	size_t column = address_column(r, d);
	const char *type;
	json_t *why;

	if (d->by_spec)
		render_text(r, 0, 0, "There is no record of an apply here: AWS is compared with the spec.\n");
	for (size_t i = 0; i < d->n; i++)
		render_item(r, &d->item[i], column);
	json_object_foreach (d->unchecked, type, why) {
		char *reason CLEANUP(freep) = printable(json_string_value(why));
		char *text CLEANUP(freep) = xasprintf("could not be checked: %s", reason);
		struct head h = {.sign = "?", .address = type, .text = text, .column = column};

		render_head(r, &h);
	}
	if (d->n)
		fprintf(r->to, "\nDrift: %zu object%s. `berth plan` shows what apply would put right.\n", d->n,
			d->n == 1 ? "" : "s");
	else if (!json_object_size(d->unchecked))
		fputs("No drift: AWS is as the last apply left it.\n", r->to);
}

/* What a month costs: lines, notes, sums. */
#include "base/err.h"
#include "base/value.h"
#include "engine/cost_int.h"
#include "providers/prices.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Takes the text. */
static struct cost_line *append(struct estimate *e, const char *address, char *text)
{
	struct cost *c = e->cost;

	c->line = grow(c->line, &c->cap, c->n + 1, sizeof(*c->line));
	c->line[c->n] = (struct cost_line){xstrdup(address), text, "", NAN, NAN, NAN, NAN, false};
	return &c->line[c->n++];
}

struct cost_line *cost_add(struct estimate *e, const char *address, const char *meter, double quantity,
			   const char *what, ...)
{
	const struct meter *m = price_meter(meter);
	struct cost_line *line;
	char *text = NULL;
	va_list ap;

	va_start(ap, what);
	if (vasprintf(&text, what, ap) < 0)
		BUG("a line of the estimate cannot be formatted");
	va_end(ap);
	line = append(e, address, text);
	line->quantity = quantity;
	line->unit = m ? m->unit : "";
	if (price_find(e->spec->region, meter, &line->price))
		line->monthly = line->on_demand = quantity * line->price;
	return line;
}

void cost_add_unknown(struct estimate *e, const char *address, const char *what, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, what);
	if (vasprintf(&text, what, ap) < 0)
		BUG("a line of the estimate cannot be formatted");
	va_end(ap);
	append(e, address, text);
}

void cost_note(struct estimate *e, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		BUG("a note of the estimate cannot be formatted");
	va_end(ap);
	json_array_append_new(e->cost->notes, json_string(text));
	free(text);
}

static double number_of(const json_t *v)
{
	const json_t *released = val_operand(v, V_RELEASED), *kept = val_operand(v, V_KEEP);
	char *end = NULL;
	double n;

	if (released)
		return number_of(json_array_get(released, 1));
	if (kept)
		return number_of(kept);
	if (!json_is_string(v))
		return json_is_number(v) ? json_number_value(v) : NAN;
	n = strtod(json_string_value(v), &end);
	return end != json_string_value(v) && !*end ? n : NAN;
}

double cost_number(const json_t *want, const char *field, double otherwise)
{
	const json_t *v = json_object_get(want, field);

	return v && !json_is_null(v) ? number_of(v) : otherwise;
}

const char *cost_word(const json_t *want, const char *field, const char *otherwise)
{
	const json_t *v = json_object_get(want, field);

	if (!v || json_is_null(v))
		return otherwise;
	return json_is_string(v) ? json_string_value(v) : "?";
}

const struct resource *cost_target(const struct estimate *e, const json_t *want, const char *field)
{
	const char *ref = json_string_value(val_operand(json_object_get(want, field), V_REF));
	const char *dot = ref ? strrchr(ref, '.') : NULL;
	char *address CLEANUP(freep) = dot ? xstrndup(ref, (size_t)(dot - ref)) : NULL;

	return address ? spec_find(e->spec, address) : NULL;
}

/* How many of this type come before and after. */
static size_t others(const struct spec *spec, size_t at, bool before)
{
	size_t n = 0;

	for (size_t i = before ? 0 : at + 1; i < (before ? at : spec->n); i++)
		n += spec->resource[i].type == spec->resource[at].type;
	return n;
}

static void add_resource(struct estimate *e, size_t at)
{
	const struct resource *r = &e->spec->resource[at];
	const struct cost_row *row = cost_row_of(r->type->name);

	if (!row) {
		cost_add_unknown(e, r->address, "%s", r->type->doc ? r->type->doc : r->type->name);
		return;
	}
	if (row->each)
		row->each(e, r);
	if (row->all && !others(e->spec, at, true))
		row->all(e, others(e->spec, at, false) ? r->type->name : r->address);
	e->cost->free += !row->each && !row->all;
}

static void sum_up(struct cost *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct cost_line *line = &c->line[i];

		c->total += isnan(line->monthly) ? 0 : line->monthly;
		c->total_on_demand += isnan(line->on_demand) ? 0 : line->on_demand;
		c->unknown += isnan(line->monthly);
		c->unknown_on_demand += isnan(line->on_demand);
	}
}

static void add_notes(struct estimate *e)
{
	double task, look_up, spot;

	if (e->registered > 0 && price_find(e->spec->region, "cloudmap.resource", &task) &&
	    price_find(e->spec->region, "cloudmap.discovery", &look_up))
		cost_note(
		    e,
		    "Cloud Map lists $%.2f a registered task and $%.2f a million look-ups; AWS does not say whether "
		    "ECS and API Gateway pay them. They would add at most $%.2f.",
		    task, look_up, e->registered * task + e->assume->requests / COST_MILLION * look_up);
	if (e->cost->on_spot && price_find(e->spec->region, "fargate.x86.spot.vcpu", &spot))
		cost_note(e, "Spot prices float, and what is on Spot may have to run on demand: these are those of %s.",
			  price_meter("fargate.x86.spot.vcpu")->dated);
	else if (e->cost->on_spot)
		cost_note(e, "The Spot prices of %s are not known; they are often a third of those on demand.",
			  e->spec->region);
	if (e->cost->free)
		cost_note(
		    e,
		    "%zu other resources cost nothing; there is no NAT gateway, load balancer or KMS key of its own "
		    "among them.",
		    e->cost->free);
	cost_note(e,
		  "List prices without tax. Not in it: data to the internet above 100 GB a month, between zones, and "
		  "CPU credits of a database that is busy for long.");
}

int cost_estimate(const struct spec *spec, const struct cost_assumptions *assume, struct cost *ret, struct diag *d)
{
	struct cost cost = {.notes = json_array()};
	struct estimate e = {.spec = spec, .assume = assume, .cost = &cost};

	if (!price_region_known(spec->region)) {
		json_decref(cost.notes);
		return diag_error(d, ERR_ABSENT, "The prices of %s are not known.", spec->region);
	}
	for (size_t i = 0; i < spec->n; i++)
		add_resource(&e, i);
	sum_up(&cost);
	add_notes(&e);
	*ret = cost;
	return 0;
}

void cost_release(struct cost *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->line[i].address);
		free(c->line[i].what);
	}
	free(c->line);
	json_decref(c->notes);
	*c = (struct cost){0};
}

static json_t *known(double n)
{
	return isnan(n) ? json_null() : json_real(n);
}

json_t *cost_to_json(const struct cost *c, const struct spec *spec, const struct cost_assumptions *assume)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < c->n; i++) {
		const struct cost_line *l = &c->line[i];

		json_array_append_new(lines,
				      json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:b}", "address", l->address,
						"what", l->what, "quantity", known(l->quantity), "unit", l->unit,
						"price", known(l->price), "monthly", known(l->monthly),
						"monthly_on_demand", known(l->on_demand), "assumed", l->assumed));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:f, s:f, s:f, s:f}, s:o, s:f, s:f, s:I, s:I, s:O}", "format",
			 "berth.cost/1", "app", spec->app, "env", spec->env, "region", spec->region, "currency", "USD",
			 "assumptions", "hours", assume->hours, "requests", assume->requests, "logs_gb",
			 assume->logs_gb, "images_gb", assume->images_gb, "lines", lines, "total", c->total,
			 "total_on_demand", c->total_on_demand, "unknown", (json_int_t)c->unknown, "unknown_on_demand",
			 (json_int_t)c->unknown_on_demand, "notes", c->notes);
}

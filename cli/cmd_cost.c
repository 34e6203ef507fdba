/* berth cost - what a month costs, line by line. Offline: from the spec and a price list that is built in. */
#include "base/err.h"
#include "cli/commands.h"
#include "cli/work.h"
#include "engine/cost.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define HOURS_MAX 744   /* of 31 days */
#define AMOUNT_MAX 1e12 /* of anything else: beyond all bills */

struct cost_options {
	const char *requests, *logs, *images, *hours;
};

static const struct option_row rows[] = {
    {"requests", 0, OPTION_TEXT, "N", "requests to the API in the month (300000)",
     offsetof(struct cost_options, requests)},
    {"logs-gb", 0, OPTION_TEXT, "GB", "logs written in the month (1)", offsetof(struct cost_options, logs)},
    {"images-gb", 0, OPTION_TEXT, "GB", "images in the registry (1)", offsetof(struct cost_options, images)},
    {"hours", 0, OPTION_TEXT, "H", "hours of the month (730)", offsetof(struct cost_options, hours)},
    {0},
};

/* Decimal digits and a point, as for a price; no sign, exponent, "inf" or hexadecimal. */
static int read_amount(struct cli *cli, const char *option, const char *text, double max, double *ret)
{
	double n;

	if (!text)
		return 0;
	n = text[strspn(text, "0123456789.")] ? -1 : strtod(text, NULL);
	if (n < 0 || n > max || !strpbrk(text, "0123456789") || strchr(text, '.') != strrchr(text, '.'))
		return diag_error(&cli->d, ERR_USAGE, "--%s wants a number from 0 to %.0f, not \"%s\".", option, max,
				  text);
	*ret = n;
	return 0;
}

/* All that is wrong at once. */
static int read_assumptions(struct cli *cli, const struct cost_options *o, struct cost_assumptions *ret)
{
	size_t before = cli->d.errors;

	read_amount(cli, "requests", o->requests, AMOUNT_MAX, &ret->requests);
	read_amount(cli, "logs-gb", o->logs, AMOUNT_MAX, &ret->logs_gb);
	read_amount(cli, "images-gb", o->images, AMOUNT_MAX, &ret->images_gb);
	read_amount(cli, "hours", o->hours, HOURS_MAX, &ret->hours);
	return cli->d.errors > before ? ERR_USAGE : 0;
}

/* A number without needless zeros, or a word for what is not known. New. */
static char *amount(double n, const char *format)
{
	return isnan(n) ? xstrdup("unknown") : xasprintf(strcmp(format, "money") ? "%.8g" : "%.2f", n);
}

struct widths {
	int address, what, unit;
};

static int wider(int have, const char *text)
{
	int n = (int)text_columns(text);

	return n > have ? n : have;
}

static struct widths widths_of(const struct cost *c)
{
	struct widths w = {(int)strlen("resource"), (int)strlen("what"), (int)strlen("unit")};

	for (size_t i = 0; i < c->n; i++) {
		w.address = wider(w.address, c->line[i].address);
		w.what = wider(w.what, c->line[i].what);
		w.unit = wider(w.unit, c->line[i].unit);
	}
	return w;
}

static void print_line(const struct cost_line *l, const struct widths *w)
{
	char *quantity CLEANUP(freep) = amount(l->quantity, "number"),
		       *price CLEANUP(freep) = amount(l->price, "number");
	char *month CLEANUP(freep) = amount(l->monthly, "money"), *what CLEANUP(freep) = printable(l->what);

	printf("%-*s  %-*s  %10s%c %-*s  %10s  %10s\n", w->address, l->address, w->what, what, quantity,
	       l->assumed ? '*' : ' ', w->unit, l->unit, price, month);
}

static void print_sum(const char *title, double sum, bool more, int width, const char *paint, const char *off)
{
	char *text CLEANUP(freep) = xasprintf("%s%.2f", more ? "at least " : "", sum);

	printf("%s%-*s  %*s%s\n", paint, 32, title, width - 34, text, off);
}

static void print_cost(const struct cli *cli, const struct spec *spec, const struct cost_assumptions *a,
		       const struct cost *c)
{
	struct widths w = widths_of(c);
	int width = w.address + w.what + w.unit + 40;
	bool color = cli->out_color;

	printf("%s (%s) in %s: a month of %g hours, in US dollars\n\n", spec->app, spec->env, spec->region, a->hours);
	printf("%s%-*s  %-*s  %10s  %-*s  %10s  %10s%s\n", paint_on(color, PAINT_DIM), w.address, "resource", w.what,
	       "what", "quantity", w.unit, "unit", "price", "month", paint_off(color));
	for (size_t i = 0; i < c->n; i++)
		print_line(&c->line[i], &w);
	putchar('\n');
	if (c->on_spot)
		print_sum("With nothing on Spot", c->total_on_demand, c->unknown_on_demand, width, "", "");
	print_sum("Total", c->total, c->unknown, width, paint_on(color, PAINT_BOLD), paint_off(color));
}

/* Beside the result, not of it. */
static void add_notes(struct cli *cli, const struct cost *c, const struct cost_assumptions *a)
{
	const json_t *note;
	size_t i;

	diag_note(&cli->d,
		  "* is an assumption: %.8g requests (--requests), %.8g GB of logs (--logs-gb), %.8g GB of images "
		  "(--images-gb).",
		  a->requests, a->logs_gb, a->images_gb);
	json_array_foreach (c->notes, i, note)
		diag_note(&cli->d, "%s", json_string_value(note));
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	struct cost_assumptions assume = COST_ASSUMPTIONS;
	struct cost cost;
	struct work w = {0};
	int rc = read_assumptions(cli, options, &assume);

	(void)argc;
	(void)argv;
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc)
		rc = cost_estimate(&w.spec, &assume, &cost, &cli->d);
	if (!rc) {
		if (cli->g.json)
			cli_json("cost", cost_to_json(&cost, &w.spec, &assume));
		else
			print_cost(cli, &w.spec, &assume, &cost);
		if (!cli->g.json)
			add_notes(cli, &cost, &assume);
		cost_release(&cost);
	}
	work_release(&w);
	return rc;
}

const struct command cmd_cost = {
    .name = "cost",
    .summary = "what a month costs, line by line",
    .usage = "[--requests N] [--logs-gb GB] [--images-gb GB] [--hours H]",
    .options = rows,
    .options_size = sizeof(struct cost_options),
    .run = run,
    .offline = true,
};

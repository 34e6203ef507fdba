/* berth forget - lets go of an object: berth's tags are taken off, and nothing else is changed. */
#include "base/err.h"
#include "cli/adopt_show.h"
#include "cli/apply.h"
#include "cli/commands.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct forget_options {
	bool yes;
	const char *lock_timeout;
};

static const struct option_row rows[] = {
    {"yes", 'y', OPTION_FLAG, NULL, "do not ask", offsetof(struct forget_options, yes)},
    LOCK_TIMEOUT_ROW(struct forget_options),
    {0},
};

static int refuse_kind(struct cli *cli, const char *address)
{
	const char *name;
	const struct rtype *t = rtype_of_address(address, &name);
	struct diag *d = &cli->d;

	if (!t) {
		diag_error(d, ERR_USAGE, "%s is no address.", address);
		diag_hint(d, "An address is TYPE.NAME, as ec2.vpc.main; `berth explain` lists the types.");
		return ERR_USAGE;
	}
	if (!adopt_needless(t))
		return 0;
	diag_error(d, ERR_REFUSED, "%s cannot be forgotten: it %s.", address, adopt_needless(t));
	diag_hint(d, "`berth forget` what it lives in or refers to.");
	return ERR_REFUSED;
}

static void refuse_many(struct work *w, const char *address)
{
	struct diag *d = &w->cli->d;

	diag_error(d, ERR_USAGE, "%zu objects bear the address %s.", world_count(&w->world, address), address);
	for (size_t i = 0; i < world_count(&w->world, address); i++) {
		char *what CLEANUP(freep) = object_words(world_nth(&w->world, address, i));

		diag_hint(d, "Name one, as `berth forget %s %s`.", address, what);
	}
}

/* The object that is meant; *ret stays NULL only after an error. */
static int choose(struct work *w, const char *address, const char *id, struct object **ret)
{
	struct object *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < world_count(&w->world, address); i++) {
		struct object *o = world_nth(&w->world, address, i);

		if (o->standing != OWNED || (id && !object_goes_by(o, id)))
			continue;
		found = o;
		n++;
	}
	if (n > 1) {
		refuse_many(w, address);
		return ERR_USAGE;
	}
	if (!found) {
		diag_error(&w->cli->d, ERR_ABSENT, "This app has no %s%s%s.", address, id ? " " : "", id ? id : "");
		diag_hint(&w->cli->d, "There is nothing to let go of: it is not there, or not berth's.");
		return ERR_ABSENT;
	}
	*ret = found;
	return 0;
}

/* What lives in it without tags is known by it alone, and left alone with it. New array of addresses. */
static json_t *parts_of(const struct work *w, const struct object *o)
{
	json_t *parts = json_array();

	for (size_t i = 0; i < w->world.n; i++)
		if (world_home(&w->world, w->world.object[i]) == o)
			json_array_append_new(parts, json_string(w->world.object[i]->address));
	return parts;
}

static void show(struct work *w, const struct object *o, const json_t *keys, const json_t *parts)
{
	char *address CLEANUP(freep) = printable(o->address);
	char *what CLEANUP(freep) = object_words(o);

	if (w->cli->g.json) {
		cli_json("forgetting", json_pack("{s:s, s:s, s:s*, s:O, s:O}", "address", o->address, "type",
						 o->type->name, "arn", o->arn, "remove", keys, "parts", parts));
		return;
	}
	printf("%s: %s is let go of. Nothing else is changed.\n", address, what);
	for (size_t i = 0; i < json_array_size(keys); i++) {
		char *key CLEANUP(freep) = printable(json_string_value(json_array_get(keys, i)));
		const char *value = val_str(o->tags, json_string_value(json_array_get(keys, i)));
		char *v CLEANUP(freep) = printable(value ? value : "");

		printf("  - tag %s=%s\n", key, v);
	}
	for (size_t i = 0; i < json_array_size(parts); i++) {
		char *part CLEANUP(freep) = printable(json_string_value(json_array_get(parts, i)));

		printf("  With it goes out of berth's sight: %s\n", part);
	}
}

/* Also of what lives in it: else its next plan would tell that it is gone. */
static int drop_rows(struct work *w, const char *address, const json_t *parts)
{
	static const enum state_table table[] = {STATE_LIVE, STATE_APPLIED};
	int rc = 0;

	for (size_t k = 0; k < ARRAY_SIZE(table); k++) {
		if (!rc)
			rc = state_drop(w->state, table[k], address, &w->cli->d);
		for (size_t i = 0; i < json_array_size(parts) && !rc; i++)
			rc = state_drop(w->state, table[k], json_string_value(json_array_get(parts, i)), &w->cli->d);
	}
	return rc;
}

static int carry_out(struct work *w, struct object *o, const json_t *keys, const json_t *parts)
{
	char *address CLEANUP(freep) = xstrdup(o->address);
	char *shown CLEANUP(freep) = printable(address);
	int rc = 0;

	if (json_array_size(keys)) {
		w->has_plan = true;
		forget_plan(o, &w->plan);
		rc = apply_and_report(w, 0);
	}
	if (!rc)
		rc = drop_rows(w, address, parts);
	if (!rc && !w->cli->g.json)
		printf("%s is nothing of berth's any more.%s\n", shown,
		       spec_find(&w->spec, address) ? " The spec still asks for one: see `berth plan`." : "");
	return rc;
}

static int forget(struct work *w, const char *address, const char *id, bool yes)
{
	json_auto_t *keys = NULL, *parts = NULL;
	struct object *o = NULL;
	int rc = choose(w, address, id, &o);

	if (rc)
		return rc;
	keys = adopt_removed(o);
	parts = parts_of(w, o);
	show(w, o, keys, parts);
	if (!yes)
		rc = cli_confirm(w->cli, "\nLet go of it? Only `yes` is taken for a yes:", "yes", "--yes");
	return rc ? rc : carry_out(w, o, keys, parts);
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const struct forget_options *o = options;
	struct work w = {0};
	int rc;

	if (!argc)
		return diag_error(&cli->d, ERR_USAGE, "`berth forget` wants an address, as ec2.vpc.main.");
	rc = work_lock_timeout(cli, o->lock_timeout);
	if (!rc)
		rc = refuse_kind(cli, argv[0]);
	if (!rc)
		rc = work_spec(&w, cli);
	if (!rc)
		rc = work_open(&w);
	if (!rc)
		rc = work_lock(&w, "forget");
	if (!rc)
		rc = work_refresh(&w);
	if (!rc)
		rc = forget(&w, argv[0], argc > 1 ? argv[1] : NULL, o->yes);
	work_release(&w);
	return rc;
}

const struct command cmd_forget = {
    .name = "forget",
    .summary = "let go of an object: take berth's tags off",
    .usage = "ADDRESS [ID] [--yes] [--lock-timeout TIME]",
    .options = rows,
    .options_size = sizeof(struct forget_options),
    .words = 2,
    .run = run,
};

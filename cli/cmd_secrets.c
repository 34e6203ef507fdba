/* berth secrets - the values of the spec's secrets: put, list, diff, rm. No value is ever shown. */
#include "base/err.h"
#include "cli/commands.h"
#include "cli/secret_source.h"
#include "cli/work.h"
#include "engine/secrets.h"
#include "providers/secret.h"
#include "spec/suggest.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct secrets_options {
	bool yes, adopt;
	const char *from;
	const char *lock_timeout;
};

static const struct option_row rows[] = {
    {"from", 0, OPTION_TEXT, "FILE", "put, diff: values as NAME=VALUE lines; - is stdin",
     offsetof(struct secrets_options, from)},
    {"adopt", 0, OPTION_FLAG, NULL, "put: take over parameters that were made without berth",
     offsetof(struct secrets_options, adopt)},
    {"yes", 'y', OPTION_FLAG, NULL, "rm: do not ask", offsetof(struct secrets_options, yes)},
    LOCK_TIMEOUT_ROW(struct secrets_options),
    {0},
};

/* One run of the command. */
struct run {
	struct work w;
	const struct secrets_options *o;
	json_t *names;  /* array: as given */
	json_t *values; /* NAME -> value; wiped */
	struct secrets have;
	json_t *lines; /* of --json */
};

/* ---- output ---- */

static void print_line(struct run *r, const struct secret *one, const char *what)
{
	char when[32] = "";
	time_t at = (time_t)one->modified;
	struct tm tm;

	if (one->modified > 0 && gmtime_r(&at, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (r->w.cli->g.json) {
		json_t *line =
		    json_pack("{s:s, s:s, s:s}", "name", one->name, "parameter", one->parameter, "state", what);

		if (one->there)
			json_object_set_new(line, "version", json_integer(one->version));
		if (*when)
			json_object_set_new(line, "modified", json_string(when));
		json_array_append_new(r->lines, line);
		return;
	}
	printf("%-32s %s", one->name, what);
	if (one->there)
		printf(", version %lld", (long long)one->version);
	printf("%s%s\n", *when ? ", " : "", when);
}

static void end_lines(struct run *r)
{
	if (r->w.cli->g.json)
		cli_json("secrets", json_pack("{s:O}", "secrets", r->lines));
}

/* ---- put ---- */

static const json_t *value_of(const struct run *r, const struct secret *one)
{
	return json_object_get(r->values, one->name);
}

static bool differs(const struct run *r, const struct secret *one)
{
	return !one->value || strcmp(one->value, json_string_value(value_of(r, one))) != 0;
}

/* Before the first write: what is not ours is neither written nor taken. */
static int check_owner(struct run *r, const struct secret *one)
{
	enum secret_standing standing = secret_standing(&r->w.spec, one);
	struct diag *d = &r->w.cli->d;
	char *app CLEANUP(freep) = NULL;

	if (standing == SECRET_OTHERS) {
		app = printable(val_str(one->tags, "berth:app") ? val_str(one->tags, "berth:app") : "?");
		diag_error(d, ERR_REFUSED, "%s belongs to another app (%s).", one->parameter, app);
		diag_hint(d, "Nothing was written. Choose another name in the spec.");
		return ERR_REFUSED;
	}
	if (standing == SECRET_UNTAGGED && !r->o->adopt && differs(r, one)) {
		diag_error(d, ERR_REFUSED, "%s is there with another value, and was not made by berth.",
			   one->parameter);
		diag_hint(d, "Nothing was written. --adopt writes it, and makes it berth's.");
		return ERR_REFUSED;
	}
	return 0;
}

static int put_one(struct run *r, struct secret *one)
{
	enum secret_standing standing = secret_standing(&r->w.spec, one);
	bool adopt = standing == SECRET_UNTAGGED && r->o->adopt, was = one->there;
	int rc;

	if (!differs(r, one) && !adopt) {
		print_line(r, one, "unchanged");
		return 0;
	}
	rc = secret_put(&r->w.session, &r->w.spec, one, json_string_value(value_of(r, one)), adopt, &r->w.cli->d);
	if (rc)
		return rc;
	one->there = true;
	one->modified = 0;
	print_line(r, one, was ? "changed" : "created");
	return 0;
}

/* What no value was given for is fine if AWS has one. */
static int report_missing(struct run *r)
{
	int rc = 0;

	for (size_t i = 0; i < r->have.n; i++) {
		const struct secret *one = &r->have.secret[i];

		if (value_of(r, one))
			continue;
		if (one->there) {
			print_line(r, one, "not given, kept");
			continue;
		}
		print_line(r, one, "missing");
		rc = diag_error(&r->w.cli->d, ERR_ABSENT, "%s has no value: none was given, and AWS has none.",
				one->name);
		diag_hint(&r->w.cli->d, "Tasks that need it cannot start. `berth secrets put %s` asks for it.",
			  one->name);
	}
	return rc;
}

static int put_all(struct run *r)
{
	bool changed = false;
	int rc = 0;

	for (size_t i = 0; i < r->have.n && !rc; i++)
		if (value_of(r, &r->have.secret[i]))
			rc = check_owner(r, &r->have.secret[i]);
	for (size_t i = 0; i < r->have.n && !rc; i++) {
		struct secret *one = &r->have.secret[i];

		if (!value_of(r, one))
			continue;
		changed |= one->there && differs(r, one);
		rc = put_one(r, one);
	}
	if (!rc)
		rc = report_missing(r);
	end_lines(r);
	if (changed)
		diag_note(&r->w.cli->d, "Tasks that run keep the old values: secrets are read when a task starts.");
	return rc;
}

static int values(struct run *r, bool may_ask)
{
	const struct secret_request req = {.spec = &r->w.spec, .names = r->names, .file = r->o->from, .ask = may_ask};
	struct diag *d = &r->w.cli->d;
	int rc = secret_source(r->w.cli, &req, &r->values);

	if (rc || json_object_size(r->values))
		return rc;
	diag_error(d, ERR_USAGE, "%s has a value of any of the spec's secrets.",
		   r->o->from ? r->o->from : "No variable of the environment");
	diag_hint(d, "Export them by their names, or give --from FILE, or one NAME to be asked for it.");
	return ERR_USAGE;
}

static int read_have(struct run *r, unsigned what)
{
	const json_t *names = json_array_size(r->names) ? r->names : NULL;

	return secrets_read(&r->w.session, &r->w.spec, names, what, &r->have, &r->w.cli->d);
}

static int put(struct run *r)
{
	int rc = values(r, true);

	if (!rc)
		rc = work_open(&r->w);
	if (!rc)
		rc = work_lock(&r->w, "secrets put");
	if (!rc)
		rc = read_have(r, SECRETS_VALUES | SECRETS_TAGS);
	return rc ? rc : put_all(r);
}

/* ---- list, diff ---- */

static int list(struct run *r)
{
	int rc = work_open(&r->w);

	if (!rc)
		rc = read_have(r, 0);
	for (size_t i = 0; i < r->have.n && !rc; i++)
		print_line(r, &r->have.secret[i], r->have.secret[i].there ? "there" : "missing");
	if (!rc)
		end_lines(r);
	return rc;
}

static const char *compared(const struct run *r, const struct secret *one)
{
	if (!value_of(r, one))
		return one->there ? "only in AWS" : "missing";
	if (!one->there)
		return "not in AWS";
	return differs(r, one) ? "different" : "same";
}

static int diff(struct run *r)
{
	bool any = false;
	int rc = values(r, false);

	if (!rc)
		rc = work_open(&r->w);
	if (!rc)
		rc = read_have(r, SECRETS_VALUES);
	if (rc)
		return rc;
	for (size_t i = 0; i < r->have.n; i++) {
		const char *what = compared(r, &r->have.secret[i]);

		any |= strcmp(what, "same") != 0;
		print_line(r, &r->have.secret[i], what);
	}
	end_lines(r);
	return any ? EXIT_DIFFERENCES : 0;
}

/* ---- rm ---- */

static int check_removal(struct run *r, const struct secret *one)
{
	struct diag *d = &r->w.cli->d;
	enum secret_standing standing = secret_standing(&r->w.spec, one);

	if (standing == SECRET_FREE || standing == SECRET_OURS)
		return 0;
	diag_error(d, ERR_REFUSED, "%s is not berth's: it bears %s.", one->parameter,
		   standing == SECRET_OTHERS ? "another app's tags" : "none of berth's tags");
	diag_hint(d, "Nothing was removed. What berth did not make, it does not delete.");
	return ERR_REFUSED;
}

static int confirm(struct run *r)
{
	char *question CLEANUP(freep) = NULL;
	size_t n = 0;

	for (size_t i = 0; i < r->have.n; i++)
		n += r->have.secret[i].there;
	if (r->o->yes || !n)
		return 0;
	for (size_t i = 0; i < r->have.n; i++)
		if (r->have.secret[i].there)
			fprintf(stderr, "  - %s%s\n", r->have.secret[i].parameter,
				json_object_get(r->w.spec.secrets, r->have.secret[i].name)
				    ? "  the spec lists it: tasks cannot start without it"
				    : "");
	question =
	    xasprintf("Remove %zu secret%s? AWS keeps no copy. Only `yes` is taken for a yes:", n, n == 1 ? "" : "s");
	return cli_confirm(r->w.cli, question, "yes", "--yes");
}

static int remove_all(struct run *r)
{
	int rc = 0;

	for (size_t i = 0; i < r->have.n && !rc; i++) {
		struct secret *one = &r->have.secret[i];
		bool was = one->there;

		if (was)
			rc = secret_remove(&r->w.session, one, &r->w.cli->d);
		if (rc)
			break;
		one->there = false;
		one->modified = 0;
		print_line(r, one, was ? "removed" : "was not there");
	}
	end_lines(r);
	return rc;
}

static int rm(struct run *r)
{
	int rc = 0;

	if (!json_array_size(r->names)) {
		diag_error(&r->w.cli->d, ERR_USAGE, "`berth secrets rm` wants the names to remove.");
		diag_hint(&r->w.cli->d, "`berth secrets list` shows them.");
		return ERR_USAGE;
	}
	rc = work_open(&r->w);
	if (!rc)
		rc = work_lock(&r->w, "secrets rm");
	if (!rc)
		rc = read_have(r, SECRETS_TAGS);
	for (size_t i = 0; i < r->have.n && !rc; i++)
		rc = check_removal(r, &r->have.secret[i]);
	if (!rc)
		rc = confirm(r);
	return rc ? rc : remove_all(r);
}

/* ---- the command ---- */

static const struct verb {
	const char *name;
	int (*run)(struct run *r);
	bool any_name; /* also one that the spec does not list any more */
} verbs[] = {{"put", put, false}, {"list", list, false}, {"diff", diff, false}, {"rm", rm, true}};

static const struct verb *verb_find(struct cli *cli, const char *name)
{
	struct suggest s = SUGGEST(name);

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
		suggest_try(&s, verbs[i].name);
	}
	diag_error(&cli->d, ERR_USAGE, "`berth secrets` does not know \"%s\".", name);
	diag_hint(&cli->d, "%s%s%sIt knows put, list, diff and rm.", s.best ? "Did you mean " : "",
		  s.best ? s.best : "", s.best ? "? " : "");
	return NULL;
}

static bool is_name(const char *name)
{
	return *name &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) &&
	       strlen(name) < 256;
}

static int check_name(struct run *r, const struct verb *verb, const char *name)
{
	struct suggest s = SUGGEST(name);
	struct diag *d = &r->w.cli->d;
	char *clean CLEANUP(freep) = printable(name);

	if (strchr(name, '='))
		return diag_error(d, ERR_USAGE,
				  "Values do not belong on the command line, where others can read them.");
	if (is_name(name) && (verb->any_name || json_object_get(r->w.spec.secrets, name)))
		return 0;
	suggest_keys(&s, r->w.spec.secrets);
	diag_error(d, ERR_USAGE, "%s is not among the spec's secrets.", clean);
	if (s.best)
		diag_hint(d, "Did you mean %s?", s.best);
	else
		diag_hint(d, "List it under `secrets:` first.");
	return ERR_USAGE;
}

static int run_verb(struct run *r, const struct verb *verb, int argc, char **argv)
{
	int rc = 0, one;

	for (int i = 0; i < argc; i++) {
		one = check_name(r, verb, argv[i]);
		rc = rc ? rc : one;
		json_array_append_new(r->names, json_string(argv[i]));
	}
	if (!rc && !argc && !json_object_size(r->w.spec.secrets)) {
		rc = diag_error(&r->w.cli->d, ERR_USAGE, "The spec lists no secrets.");
		diag_hint(&r->w.cli->d, "Add their names: `secrets: [STRIPE_SECRET_KEY]`.");
	}
	return rc ? rc : verb->run(r);
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	struct run r = {.o = options, .names = json_array(), .lines = json_array()};
	const struct verb *verb = verb_find(cli, argc ? argv[0] : "list");
	int rc = verb ? work_lock_timeout(cli, r.o->lock_timeout) : ERR_USAGE;

	if (!rc)
		rc = work_spec(&r.w, cli);
	if (!rc)
		rc = run_verb(&r, verb, argc ? argc - 1 : 0, argv + 1);
	secrets_release(&r.have);
	json_wipe(r.values);
	json_decref(r.names);
	json_decref(r.lines);
	work_release(&r.w);
	return rc;
}

const struct command cmd_secrets = {
    .name = "secrets",
    .summary = "the values of the spec's secrets; they are never shown",
    .usage = "[put | list | diff | rm] [NAME...] [--from FILE] [--adopt] [--yes] [--lock-timeout TIME]",
    .options = rows,
    .options_size = sizeof(struct secrets_options),
    .words = 64,
    .run = run,
};

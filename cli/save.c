#include "cli/save.h"
#include "base/err.h"
#include "base/file.h"
#include "providers/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FAMILY "berth.saved-plan/"
#define FORMAT FAMILY "1"
#define MADE_FORMAT "%Y-%m-%dT%H:%M:%SZ"
#define YOUNG_S 60 /* nobody needs to be told that a plan is that old */

static json_t *words_to_json(const struct words *words)
{
	json_t *out = json_array();

	for (size_t i = 0; words && i < words->n; i++)
		json_array_append_new(out, json_string(words->word[i]));
	return out;
}

static void words_from_json(const json_t *list, struct words *ret)
{
	*ret = (struct words){0};
	for (size_t i = 0; i < json_array_size(list) && ret->n + 1 < ARRAY_SIZE(ret->word); i++)
		ret->word[ret->n++] = json_string_value(json_array_get(list, i));
}

static bool write_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t got = write(fd, text, n);

		if (got < 0 && errno != EINTR)
			return false;
		text += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return !fsync(fd);
}

/* A device or a folder would be replaced, or hold no plan. */
static bool may_replace(const char *path)
{
	struct stat st;

	return stat(path, &st) || S_ISREG(st.st_mode);
}

/* Whole or not at all: written beside, synced, renamed. */
static int write_whole(struct cli *cli, const char *path, const char *text)
{
	char *tmp CLEANUP(freep) = xasprintf("%s.XXXXXX", path);
	int error = 0, fd;

	if (!may_replace(path))
		return diag_error(&cli->d, ERR_IO, "The plan was not saved, as %s is no ordinary file.", path);
	fd = mkostemp(tmp, O_CLOEXEC);

	if (fd < 0 || !write_all(fd, text, strlen(text)))
		error = errno;
	if (fd >= 0 && close(fd) && !error)
		error = errno;
	if (!error && rename(tmp, path))
		error = errno;
	if (!error)
		return 0;
	if (fd >= 0)
		(void)unlink(tmp);
	diag_error(&cli->d, ERR_IO, "The plan was not saved, as %s cannot be written: %s.", path, strerror(error));
	return ERR_IO;
}

/* When it was made, by whom. Not within the plan, which is the same each time. */
static void sign(json_t *doc, const struct loop *loop)
{
	time_t now = (time_t)(loop_wall(loop) / 1000);
	char made[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(made, sizeof(made), MADE_FORMAT, &tm);
	json_object_set_new(doc, "made", json_string(made));
	json_object_set_new(doc, "berth", json_string(BERTH_VERSION));
}

int plan_save(struct work *w, const char *path, unsigned flags, const struct words *only, const struct words *except)
{
	json_auto_t *doc = json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "format", FORMAT, "spec_digest",
				     w->spec.digest, "flags", (int)flags, "only", words_to_json(only), "except",
				     words_to_json(except), "spec", spec_to_json(&w->spec), "plan",
				     plan_to_json(&w->plan, &w->spec, &w->world), "seen", plan_seen(&w->world));
	char *text CLEANUP(freep) = NULL;

	sign(doc, w->session.loop);
	/* Not sorted: the order of resources is the order of the plan. */
	text = json_dumps(doc, JSON_COMPACT);

	if (!text)
		BUG("a plan that is no JSON");
	/* What could not be read again is not written. */
	if (strlen(text) > PLAN_FILE_MAX)
		return diag_error(&w->cli->d, ERR_INVALID, "The plan was not saved: it is larger than %zu MiB.",
				  PLAN_FILE_MAX >> 20);
	return write_whole(w->cli, path, text);
}

/* What is left to say about a document that cannot be used. */
static int refuse_document(struct diag *d, const char *path, const json_error_t *e)
{
	char *words CLEANUP(freep) = wire_plain(e->text, strlen(e->text), sizeof(e->text));

	diag_error(d, ERR_INVALID, "%s:%d:%d: this is no saved plan, or not a whole one: %s.", path, e->line, e->column,
		   words);
	return ERR_INVALID;
}

int plan_parse(const char *path, const char *text, size_t n, json_t **ret, struct diag *d)
{
	json_error_t e;
	json_t *doc = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
	const char *format = val_str(doc, "format");

	if (doc && format && !strcmp(format, FORMAT) && !val_deeper(doc, PLAN_DEPTH_MAX)) {
		*ret = doc;
		return 0;
	}
	if (!doc)
		refuse_document(d, path, &e);
	else if (format && !strcmp(format, FORMAT))
		diag_error(d, ERR_INVALID, "%s is no saved plan of berth: it is nested more than %d levels deep.", path,
			   PLAN_DEPTH_MAX);
	else if (format && !strncmp(format, FAMILY, strlen(FAMILY)))
		diag_error(d, ERR_INVALID,
			   "%s was saved by another version of berth: its format is %.60s, and this one (%s) reads %s.",
			   path, format, BERTH_VERSION, FORMAT);
	else
		diag_error(d, ERR_INVALID, "%s is no saved plan of this berth (format %.60s, not %s).", path,
			   format ? format : "none", FORMAT);
	diag_hint(d, "`berth plan --out FILE` makes one.");
	json_decref(doc);
	return ERR_INVALID;
}

int plan_load(struct cli *cli, const char *path, json_t **ret)
{
	struct buf text = BUF(PLAN_FILE_MAX);
	char why[FILE_WHY_MAX];
	int rc;

	/* As for a spec that is not there. */
	if (access(path, F_OK) && errno == ENOENT) {
		diag_error(&cli->d, ERR_USAGE, "There is no saved plan %s.", path);
		diag_hint(&cli->d, "`berth plan --out FILE` makes one.");
		return ERR_USAGE;
	}
	rc = file_read(path, &text, why);
	if (rc) {
		diag_error(&cli->d, rc, "The saved plan %s cannot be read: %s.", path, why);
		diag_hint(&cli->d, "`berth plan --out FILE` makes one.");
	} else {
		rc = plan_parse(path, buf_str(&text), text.n, ret, &cli->d);
	}
	buf_release(&text);
	return rc;
}

/* Names what is another now, so that the reader need not guess. */
static int compare_seen(struct cli *cli, const json_t *was, const json_t *is)
{
	json_t *digest;
	const char *address;
	size_t errors = cli->d.errors;

	json_object_foreach ((json_t *)was, address, digest)
		if (!json_equal(digest, json_object_get(is, address)))
			diag_error(&cli->d, ERR_STALE, "%s %s since the plan was saved.", address,
				   json_object_get(is, address) ? "was changed" : "is gone");
	json_object_foreach ((json_t *)is, address, digest)
		if (!json_object_get(was, address))
			diag_error(&cli->d, ERR_STALE, "%s has come since the plan was saved.", address);
	if (cli->d.errors == errors)
		return 0;
	diag_hint(&cli->d, "Nothing was changed. Plan again.");
	return ERR_STALE;
}

/* Read and planned again, with the same options: is it the plan that was saved? */
static int compare_plan(struct work *w, const json_t *saved)
{
	json_auto_t *plan = plan_to_json(&w->plan, &w->spec, &w->world);

	if (json_equal(plan, saved))
		return 0;
	diag_error(&w->cli->d, ERR_STALE,
		   "The saved plan is not what would be done now: it was edited, or made by another berth.");
	diag_hint(&w->cli->d, "Nothing was changed. Plan again.");
	return ERR_STALE;
}

/* A tag, for one, stands in the spec alone, not in the plan of what is made anew. */
static int compare_digest(struct work *w, const json_t *doc)
{
	const char *was = val_str(doc, "spec_digest");

	if (was && !strcmp(was, w->spec.digest))
		return 0;
	diag_error(&w->cli->d, ERR_STALE, "The spec in the saved plan is not the one that was planned: it was edited.");
	diag_hint(&w->cli->d, "Nothing was changed. Plan again.");
	return ERR_STALE;
}

/* "3 hours". New. */
static char *age_text(int64_t s)
{
	static const struct {
		int64_t s;
		const char *name;
	} unit[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(unit) && s < unit[i].s)
		i++;
	return xasprintf("%lld %s%s", (long long)(s / unit[i].s), unit[i].name, s / unit[i].s == 1 ? "" : "s");
}

/* Old or not, it is applied if it still is what would be done: this is for who has taken the wrong file. */
static int tell_age(struct cli *cli, const json_t *doc)
{
	const char *made = val_str(doc, "made"), *by = val_str(doc, "berth"), *end;
	char *age CLEANUP(freep) = NULL;
	struct tm tm = {0};
	int64_t s;

	end = made ? strptime(made, MADE_FORMAT, &tm) : NULL;
	if (!end || *end || !by) {
		diag_error(&cli->d, ERR_INVALID, "The saved plan does not say when it was made, or by which berth.");
		diag_hint(&cli->d, "It was edited or is not whole. Plan again.");
		return ERR_INVALID;
	}
	s = (int64_t)time(NULL) - (int64_t)timegm(&tm);
	if (s < YOUNG_S)
		return 0;
	age = age_text(s);
	diag_note(&cli->d, "The plan is %s old: berth %.60s made it at %s.", age, by, made);
	/* Now, not after it was applied. */
	cli_report(cli);
	return 0;
}

/* Two empty accounts look the same: the one that was planned for is named. */
static int compare_account(struct work *w, const json_t *saved)
{
	const char *was = val_str(saved, "account"), *is = w->session.account;

	if (was && !strcmp(was, is))
		return 0;
	diag_error(&w->cli->d, ERR_REFUSED, "The plan was made for account %s, but these credentials are of %s.",
		   was ? was : "(none)", is);
	diag_hint(&w->cli->d, "Nothing was changed. Use credentials of that account, or plan again.");
	return ERR_REFUSED;
}

int plan_restore(struct work *w, struct cli *cli, const json_t *doc)
{
	const json_t *saved = json_object_get(doc, "plan");
	unsigned flags = (unsigned)val_int(doc, "flags", 0);
	struct words only, except;
	json_auto_t *seen = NULL;
	int rc;

	words_from_json(json_object_get(doc, "only"), &only);
	words_from_json(json_object_get(doc, "except"), &except);
	rc = work_saved_spec(w, cli, json_object_get(doc, "spec"));
	if (!rc)
		rc = tell_age(cli, doc);
	if (!rc)
		rc = work_open(w);
	if (!rc)
		rc = compare_account(w, saved);
	if (!rc)
		rc = work_lock(w, "apply");
	if (!rc)
		rc = work_refresh(w);
	if (rc)
		return rc;
	rc = compare_digest(w, doc);
	if (rc)
		return rc;
	seen = plan_seen(&w->world);
	rc = compare_seen(cli, json_object_get(doc, "seen"), seen);
	if (!rc)
		rc = work_plan(w, flags, &only, &except);
	return rc ? rc : compare_plan(w, saved);
}

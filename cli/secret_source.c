#include "cli/secret_source.h"
#include "base/buf.h"
#include "base/dotenv.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prompt.h"
#include "engine/secrets.h"
#include "providers/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- reading ---- */

static int read_stdin(struct cli *cli, struct buf *b)
{
	char piece[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			wipe(piece, sizeof(piece));
			return diag_error(&cli->d, ERR_IO, "stdin cannot be read: %s.", strerror(errno));
		}
		buf_add(b, piece, (size_t)n);
	}
	wipe(piece, sizeof(piece));
	return b->err ? diag_error(&cli->d, ERR_INVALID, "stdin holds more than %zu bytes.", b->max) : 0;
}

static int read_file(struct cli *cli, const char *path, struct buf *b)
{
	char why[FILE_WHY_MAX];
	int rc = file_read(path, b, why);

	return rc ? diag_error(&cli->d, rc, "%s %s.", path, why) : 0;
}

/* New object of all that the file holds. */
static int read_dotenv(struct cli *cli, const char *path, json_t **ret)
{
	bool is_stdin = !strcmp(path, "-");
	struct buf b = BUF(DOTENV_MAX);
	int rc = is_stdin ? read_stdin(cli, &b) : read_file(cli, path, &b);

	if (!rc)
		rc = dotenv_parse(buf_str(&b), b.n, is_stdin ? "stdin" : path, ret, &cli->d);
	buf_wipe(&b);
	return rc;
}

/* ---- one value ---- */

/* All that comes is the value, but for the line's end that `echo` puts there. */
static int from_stdin(struct cli *cli, const char *name, json_t **ret)
{
	struct buf b = BUF(SECRET_MAX + 2);
	int rc = read_stdin(cli, &b);

	if (!rc && b.n && b.p[b.n - 1] == '\n')
		b.n--;
	if (!rc && b.n && b.p[b.n - 1] == '\r')
		b.n--;
	*ret = rc ? NULL : json_stringn(b.n ? b.p : "", b.n);
	buf_wipe(&b);
	if (!rc && !*ret)
		rc = diag_error(&cli->d, ERR_INVALID, "The value of %s is not UTF-8.", name);
	return rc;
}

static int from_prompt(struct cli *cli, const char *name, json_t **ret)
{
	char *prompt CLEANUP(freep) = xasprintf("Value of %s: ", name);
	char line[SECRET_MAX + 1] = "";
	int rc = prompt_secret(prompt, line, sizeof(line));

	*ret = rc ? NULL : json_string(line);
	wipe(line, sizeof(line));
	if (rc == ERR_ABSENT) {
		diag_error(&cli->d, ERR_USAGE, "There is no value for %s, and no terminal to ask for it.", name);
		diag_hint(&cli->d, "Set it in the environment, give --from FILE, or write the value to stdin.");
		return ERR_USAGE;
	}
	if (!rc && !*ret)
		return diag_error(&cli->d, ERR_INVALID, "The value of %s is not UTF-8.", name);
	return rc ? diag_error(&cli->d, ERR_CANCELLED, "No value of %s was entered: nothing was changed.", name) : 0;
}

static int from_person(struct cli *cli, const struct secret_request *req, const char *name, json_t **ret)
{
	if (!cli->in_tty && json_array_size(req->names) == 1)
		return from_stdin(cli, name, ret);
	if (cli->in_tty)
		return from_prompt(cli, name, ret);
	diag_error(&cli->d, ERR_USAGE, "There is no value for %s: the environment has none.", name);
	diag_hint(&cli->d, "stdin can give several with --from -, as NAME=VALUE lines.");
	return ERR_USAGE;
}

/* ---- all ---- */

static int check_value(struct cli *cli, const char *name, const json_t *value)
{
	const char *flaw = secret_flaw(json_string_value(value));

	if (strlen(json_string_value(value)) != json_string_length(value))
		flaw = "holds a zero byte";
	return flaw ? diag_error(&cli->d, ERR_INVALID, "The value of %s %s.", name, flaw) : 0;
}

/* An empty variable is an unset one: CI systems set all that they know. */
static json_t *from_environment(const char *name)
{
	const char *text = getenv(name);

	return text && *text ? json_string(text) : NULL;
}

static int add_named(struct cli *cli, const struct secret_request *req, const json_t *file, const char *name,
		     json_t *into)
{
	json_t *value = req->file ? json_copy(json_object_get(file, name)) : from_environment(name);
	int rc = 0;

	if (!value && req->file && json_array_size(req->names))
		return diag_error(&cli->d, ERR_INVALID, "%s has no value of %s.", req->file, name);
	if (!value && json_array_size(req->names) && req->ask)
		rc = from_person(cli, req, name, &value);
	if (value && !rc)
		rc = check_value(cli, name, value);
	if (value && !rc)
		json_object_set(into, name, value);
	json_decref(value);
	return rc;
}

static void note_unknown(struct cli *cli, const struct secret_request *req, const json_t *file)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)file, name, value)
		if (!json_object_get(req->spec->secrets, name))
			diag_note(&cli->d, "%s is not among the spec's secrets, and left alone.", name);
}

int secret_source(struct cli *cli, const struct secret_request *req, json_t **ret)
{
	json_t *file = NULL, *into = json_object(), *value;
	const char *name;
	size_t i;
	int rc = req->file ? read_dotenv(cli, req->file, &file) : 0, one;

	if (!rc && !json_array_size(req->names)) {
		note_unknown(cli, req, file);
		json_object_foreach (req->spec->secrets, name, value) {
			one = add_named(cli, req, file, name, into);
			rc = rc ? rc : one;
		}
	}
	json_array_foreach (req->names, i, value) {
		one = rc == ERR_CANCELLED ? rc : add_named(cli, req, file, json_string_value(value), into);
		rc = rc ? rc : one;
	}
	json_wipe(file);
	if (rc)
		json_wipe(into);
	else
		*ret = into;
	return rc;
}

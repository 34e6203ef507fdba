/* What the user reads: sentences with their place, the source line and a caret; JSON lines; questions. */
#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const severity_name[] = {[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_NOTE] = "note"};

/* Columns of a place count characters. Tabs stay, so that the caret stands below its character. */
static void print_caret(const struct diag_item *item, bool color)
{
	char *line CLEANUP(freep) = printable(item->source);
	const char *c = item->source;

	fprintf(stderr, "  %5d | %s\n        | ", item->pos.line, line);
	for (int i = 1; i < item->pos.column && *c; i++) {
		fputc(*c == '\t' ? '\t' : ' ', stderr);
		for (c++; ((unsigned char)*c & 0xc0) == 0x80;)
			c++;
	}
	fprintf(stderr, "%s^%s\n", paint_on(color, PAINT_RED), paint_off(color));
}

static void print_item(const struct diag_item *item, bool color)
{
	static const enum paint paint[] = {
	    [DIAG_ERROR] = PAINT_RED, [DIAG_WARNING] = PAINT_YELLOW, [DIAG_NOTE] = PAINT_CYAN};
	char *text CLEANUP(freep) = printable(item->text);
	char *hint CLEANUP(freep) = item->hint ? printable(item->hint) : NULL;
	char *file CLEANUP(freep) = item->pos.file ? printable(item->pos.file) : NULL;

	if (file && item->pos.line)
		fprintf(stderr, "%s:%d:%d: ", file, item->pos.line, item->pos.column);
	else if (file)
		fprintf(stderr, "%s: ", file);
	fprintf(stderr, "%s%s:%s %s\n", paint_on(color, paint[item->severity]), severity_name[item->severity],
		paint_off(color), text);
	if (item->source && item->pos.line)
		print_caret(item, color);
	if (hint)
		fprintf(stderr, "        %s\n", hint);
}

/* Texts may come from anywhere: what is no UTF-8 would be no JSON. */
static void put_text(json_t *o, const char *key, const char *text)
{
	char *clean CLEANUP(freep) = printable(text);

	json_object_set_new(o, key, json_string(clean));
}

static void json_item(const struct diag_item *item)
{
	json_t *o = json_object();

	put_text(o, "severity", severity_name[item->severity]);
	put_text(o, "text", item->text);
	if (item->code)
		put_text(o, "reason", err_text(item->code));
	if (item->hint)
		put_text(o, "hint", item->hint);
	if (item->pos.file)
		put_text(o, "file", item->pos.file);
	if (item->pos.line) {
		json_object_set_new(o, "line", json_integer(item->pos.line));
		json_object_set_new(o, "column", json_integer(item->pos.column));
	}
	json_line(stderr, "diagnostic", o);
}

void cli_report(struct cli *cli)
{
	fflush(stdout);
	for (size_t i = 0; i < cli->d.n; i++) {
		if (cli->g.json)
			json_item(&cli->d.item[i]);
		else
			print_item(&cli->d.item[i], cli->err_color);
	}
	diag_release(&cli->d);
}

int exit_code_of(int rc)
{
	if (rc >= 0)
		return rc;
	switch (rc) {
	case ERR_USAGE:
	case ERR_INVALID:
		return EXIT_USAGE;
	case ERR_REFUSED:
	case ERR_STALE:
	case ERR_LOCKED:
	case ERR_CLASH:
		return EXIT_REFUSED;
	default:
		return EXIT_FAILED;
	}
}

void json_line(FILE *to, const char *type, json_t *fields)
{
	json_t *o = json_pack("{s:i, s:s}", "v", 1, "type", type);
	char *line;

	json_object_update_missing(o, fields);
	/* ASCII: a terminal acts upon C1 controls and marks of direction, which JSON need not escape.
	   With all 17 digits 0.1 would be 0.10000000000000001. */
	line = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
	/* DEL is the one that is neither escaped by JSON nor beyond ASCII; it can stand inside of texts only. */
	for (const char *c = line ? line : "{}"; *c; c++) {
		if (*c == 0x7f)
			fputs("\\u007f", to);
		else
			fputc(*c, to);
	}
	fputc('\n', to);
	free(line);
	json_decref(o);
	json_decref(fields);
}

void cli_json(const char *type, json_t *fields)
{
	json_line(stdout, type, fields);
}

bool output_lost(void)
{
	struct pollfd out = {.fd = 1, .events = POLLOUT};

	if (!fflush(stdout) && !ferror(stdout))
		return false;
	return poll(&out, 1, 0) < 0 || !(out.revents & POLLERR);
}

/* A line from the terminal. What is longer than any answer is none. */
struct answer {
	struct loop *loop;
	char line[256];
	size_t n;
	bool ended, whole;
};

/* A terminal gives a line at most; what was typed ahead stays for the next question. */
static void on_input(void *arg)
{
	struct answer *a = arg;
	ssize_t n = read(STDIN_FILENO, a->line + a->n, sizeof(a->line) - 1 - a->n);

	if (n < 0 && errno == EINTR)
		return;
	a->n += n > 0 ? (size_t)n : 0;
	a->whole = n > 0 && a->line[a->n - 1] == '\n';
	a->ended = n <= 0 || a->whole || a->n == sizeof(a->line) - 1;
	if (a->ended && a->loop)
		loop_stop(a->loop);
}

static bool take_line(struct answer *a)
{
	if (a->loop) {
		loop_on_readable(a->loop, STDIN_FILENO, on_input, a);
		while (!a->ended && !loop_run(a->loop))
			;
		loop_on_readable(a->loop, -1, NULL, NULL);
	} else {
		while (!a->ended)
			on_input(a);
	}
	if (!a->whole)
		fputc('\n', stderr);
	while (a->n && (a->line[a->n - 1] == '\n' || a->line[a->n - 1] == '\r'))
		a->n--;
	a->line[a->n] = '\0';
	return a->whole;
}

static int need_terminal(struct cli *cli, const char *otherwise)
{
	if (cli->in_tty && cli->err_tty)
		return 0;
	diag_error(&cli->d, ERR_REFUSED, "This needs a confirmation, and there is no terminal to ask on.");
	diag_hint(&cli->d, "Nothing was changed. %s goes on without asking.", otherwise);
	return ERR_REFUSED;
}

int cli_confirm(struct cli *cli, const char *question, const char *expected, const char *otherwise)
{
	struct answer a = {.loop = cli->loop};
	int rc = need_terminal(cli, otherwise);

	if (rc)
		return rc;
	fprintf(stderr, "%s ", question);
	fflush(stderr);
	if (take_line(&a) && !strcmp(a.line, expected))
		return 0;
	return diag_error(&cli->d, ERR_REFUSED, "Not confirmed: nothing was changed.");
}

int cli_ask(struct cli *cli, const char *question, const struct cli_answers *answers, size_t *ret)
{
	int rc = need_terminal(cli, answers->otherwise);
	size_t n = 0;

	while (answers->word[n])
		n++;
	while (!rc) {
		struct answer a = {.loop = cli->loop};

		fprintf(stderr, "%s ", question);
		fflush(stderr);
		if (!take_line(&a)) {
			*ret = n - 1;
			return 0;
		}
		for (size_t i = 0; i < n; i++)
			if (!strcmp(a.line, answers->word[i])) {
				*ret = i;
				return 0;
			}
	}
	return rc;
}

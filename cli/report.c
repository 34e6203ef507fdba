/* What the user reads: sentences with their place, the source line and a caret; colours; questions. */
#include "base/buf.h"
#include "base/err.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *paint_on(bool color, enum paint p)
{
	static const char *const code[] = {
	    [PAINT_NONE] = "",         [PAINT_BOLD] = "\033[1m",   [PAINT_DIM] = "\033[2m",
	    [PAINT_RED] = "\033[31m",  [PAINT_GREEN] = "\033[32m", [PAINT_YELLOW] = "\033[33m",
	    [PAINT_CYAN] = "\033[36m",
	};

	return color ? code[p] : "";
}

const char *paint_off(bool color)
{
	return color ? "\033[0m" : "";
}

char *printable(const char *s)
{
	struct buf b = BUF(BUF_TEXT_MAX);

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		/* C1 controls come as 0xc2 0x80..0x9f in UTF-8. */
		if (c == 0xc2 && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0) {
			buf_addf(&b, "\\x%02x", (unsigned char)s[1]);
			s++;
		} else if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f)) {
			buf_addc(&b, (char)c);
		} else {
			buf_addf(&b, "^%c", c ^ 0x40);
		}
	}
	return buf_take(&b);
}

static void print_caret(const struct diag_item *item, bool color)
{
	char *line CLEANUP(freep) = printable(item->source);
	int column = item->pos.column > 0 ? item->pos.column - 1 : 0;

	fprintf(stderr, "  %5d | %s\n        | ", item->pos.line, line);
	for (int i = 0; i < column; i++)
		fputc(line[i] == '\t' ? '\t' : ' ', stderr);
	fprintf(stderr, "%s^%s\n", paint_on(color, PAINT_RED), paint_off(color));
}

static void print_item(const struct diag_item *item, bool color)
{
	static const char *const word[] = {[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_NOTE] = "note"};
	static const enum paint paint[] = {
	    [DIAG_ERROR] = PAINT_RED, [DIAG_WARNING] = PAINT_YELLOW, [DIAG_NOTE] = PAINT_CYAN};
	char *text CLEANUP(freep) = printable(item->text);
	char *hint CLEANUP(freep) = item->hint ? printable(item->hint) : NULL;

	if (item->pos.file && item->pos.line)
		fprintf(stderr, "%s:%d:%d: ", item->pos.file, item->pos.line, item->pos.column);
	else if (item->pos.file)
		fprintf(stderr, "%s: ", item->pos.file);
	fprintf(stderr, "%s%s:%s %s\n", paint_on(color, paint[item->severity]), word[item->severity], paint_off(color),
		text);
	if (item->source && item->pos.line)
		print_caret(item, color);
	if (hint)
		fprintf(stderr, "        %s\n", hint);
}

static void json_item(const struct diag_item *item)
{
	static const char *const word[] = {[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_NOTE] = "note"};
	json_t *o = json_pack("{s:i, s:s, s:s, s:s}", "v", 1, "type", "diagnostic", "severity", word[item->severity],
			      "text", item->text);
	char *line;

	if (!o)
		return;
	if (item->code)
		json_object_set_new(o, "reason", json_string(err_text(item->code)));
	if (item->hint)
		json_object_set_new(o, "hint", json_string(item->hint));
	if (item->pos.file)
		json_object_set_new(o, "file", json_string(item->pos.file));
	if (item->pos.line) {
		json_object_set_new(o, "line", json_integer(item->pos.line));
		json_object_set_new(o, "column", json_integer(item->pos.column));
	}
	line = json_dumps(o, JSON_COMPACT);
	fprintf(stderr, "%s\n", line ? line : "{}");
	free(line);
	json_decref(o);
}

void cli_report(struct cli *cli)
{
	for (size_t i = 0; i < cli->d.n; i++) {
		if (cli->g.json)
			json_item(&cli->d.item[i]);
		else
			print_item(&cli->d.item[i], cli->err_color);
	}
	diag_release(&cli->d);
}

int exit_code_of(int err)
{
	switch (err) {
	case 0:
		return EXIT_DONE;
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

int cli_fail(struct cli *cli, int err)
{
	cli_report(cli);
	return exit_code_of(err);
}

void cli_json(const char *type, json_t *fields)
{
	json_t *o = json_pack("{s:i, s:s}", "v", 1, "type", type);
	char *line;

	json_object_update_missing(o, fields);
	line = json_dumps(o, JSON_COMPACT);
	printf("%s\n", line ? line : "{}");
	free(line);
	json_decref(o);
	json_decref(fields);
}

int cli_confirm(struct cli *cli, const char *question, const char *expected)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	bool yes;

	if (!cli->in_tty || !cli->err_tty) {
		diag_error(&cli->d, ERR_REFUSED, "This needs a confirmation, and there is no terminal to ask on.");
		return ERR_REFUSED;
	}
	fprintf(stderr, "%s ", question);
	fflush(stderr);
	n = getline(&line, &cap, stdin);
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	yes = n >= 0 && !strcmp(line, expected);
	free(line);
	if (yes)
		return 0;
	diag_error(&cli->d, ERR_REFUSED, "Not confirmed: nothing was changed.");
	return ERR_REFUSED;
}

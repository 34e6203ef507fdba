/* Lines that fit the terminal: columns, and what goes on below. */
#include "base/mem.h"
#include "cli/render_impl.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Less than this to the right of a column is no place to read in: the text goes below. */
#define TEXT_MIN 28
#define COLUMN_MAX 56
#define BELOW 6

size_t render_width(FILE *f)
{
	struct winsize w = {0};

	if (!isatty(fileno(f)) || ioctl(fileno(f), TIOCGWINSZ, &w) || w.ws_col < 40)
		return 0;
	return w.ws_col;
}

size_t render_column(const struct render *r, size_t column, const char *address)
{
	size_t n = text_columns(address), most = r->width && r->width < 2 * COLUMN_MAX ? r->width / 2 : COLUMN_MAX;

	return n > column && n <= most ? n : column;
}

/* Where the first line of s may end: its length if all of it fits. "->" stays with what follows it. */
static size_t line_end(const char *s, size_t room)
{
	size_t end = 0;

	for (size_t n = strcspn(s, " ");; n += 1 + strcspn(s + n + 1, " ")) {
		char *line CLEANUP(freep) = xstrndup(s, n);
		bool arrow = n >= 2 && !memcmp(s + n - 2, "->", 2);

		if (end && text_columns(line) > room)
			return end;
		if (!arrow || !s[n])
			end = n;
		if (!s[n])
			return end;
	}
}

void render_text(const struct render *r, size_t at, size_t indent, const char *text)
{
	while (r->width) {
		size_t n = line_end(text, r->width > at ? r->width - at : 0);

		fprintf(r->to, "%.*s", (int)n, text);
		text += n;
		if (!*text)
			break;
		text += strspn(text, " ");
		at = indent;
		fprintf(r->to, "\n%*s", (int)indent, "");
	}
	fprintf(r->to, "%s\n", text);
}

void render_head(const struct render *r, const struct head *h)
{
	const char *margin = r->markdown ? "" : "  ";
	size_t n = text_columns(h->address), pad = n < h->column ? h->column - n : 0;
	size_t at = strlen(margin) + 2 + n + pad + 2, indent = at;
	bool below = r->width && (at > r->width || r->width - at < TEXT_MIN || n > h->column);

	fprintf(r->to, "%s%s%s %s%s", margin, paint_on(r->color, h->paint), h->sign, h->address, paint_off(r->color));
	if (!h->text || !*h->text) {
		fputc('\n', r->to);
		return;
	}
	if (below)
		at = indent = BELOW;
	fprintf(r->to, "%s%*s%s", below ? "\n" : "", (int)(below ? BELOW : pad + 2), "",
		paint_on(r->color, h->text_paint));
	render_text(r, at, indent, h->text);
	fputs(paint_off(r->color), r->to);
}

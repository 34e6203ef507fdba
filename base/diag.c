#include "base/diag.h"
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char *vtext(const char *fmt, va_list ap) PRINTF(1, 0);

static char *vtext(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		return xstrdup("(message lost)");
	return s;
}

static void push(struct diag *d, enum severity severity, int code, struct pos pos, char *text)
{
	d->item = grow(d->item, &d->cap, d->n + 1, sizeof(*d->item));
	d->item[d->n++] = (struct diag_item){.severity = severity, .code = code, .pos = pos, .text = text};
	if (severity == DIAG_ERROR)
		d->errors++;
}

#define PUSH(severity, code, pos)                             \
	do {                                                  \
		va_list ap;                                   \
		va_start(ap, fmt);                            \
		push(d, severity, code, pos, vtext(fmt, ap)); \
		va_end(ap);                                   \
	} while (0)

int diag_error(struct diag *d, int code, const char *fmt, ...)
{
	PUSH(DIAG_ERROR, code, (struct pos){0});
	return code;
}

int diag_at(struct diag *d, int code, struct pos pos, const char *fmt, ...)
{
	PUSH(DIAG_ERROR, code, pos);
	return code;
}

void diag_warn(struct diag *d, const char *fmt, ...)
{
	PUSH(DIAG_WARNING, 0, (struct pos){0});
}

void diag_warn_at(struct diag *d, struct pos pos, const char *fmt, ...)
{
	PUSH(DIAG_WARNING, 0, pos);
}

void diag_note(struct diag *d, const char *fmt, ...)
{
	PUSH(DIAG_NOTE, 0, (struct pos){0});
}

void diag_hint(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (!d->n)
		return;
	free(d->item[d->n - 1].hint);
	va_start(ap, fmt);
	d->item[d->n - 1].hint = vtext(fmt, ap);
	va_end(ap);
}

void diag_source(struct diag *d, const char *line, size_t n)
{
	if (!d->n)
		return;
	free(d->item[d->n - 1].source);
	d->item[d->n - 1].source = xstrndup(line, n);
}

void diag_prefix(struct diag *d, size_t from, const char *fmt, ...)
{
	va_list ap;
	char *prefix;

	va_start(ap, fmt);
	prefix = vtext(fmt, ap);
	va_end(ap);
	for (size_t i = from; i < d->n; i++) {
		char *text = xasprintf("%s: %s", prefix, d->item[i].text);

		free(d->item[i].text);
		d->item[i].text = text;
	}
	free(prefix);
}

int diag_code(const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->item[i].severity == DIAG_ERROR)
			return d->item[i].code;
	return 0;
}

void diag_release(struct diag *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->item[i].text);
		free(d->item[i].source);
		free(d->item[i].hint);
	}
	free(d->item);
	*d = (struct diag){0};
}

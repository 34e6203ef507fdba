/* The templates of tables: {field}, {a|b}, {^field}, {@word}. See struct call in type.h. */
#include "base/buf.h"
#include "providers/bind.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 20)

static const char *word_value(const char *name, size_t n, const struct bind_ctx *ctx)
{
	const struct {
		const char *name, *value;
	} word[] = {
	    {"app", ctx->app},           {"env", ctx->env},
	    {"address", ctx->address},   {"region", ctx->region},
	    {"account", ctx->account},   {"partition", ctx->partition},
	    {"now", ctx->now},           {"operation", ctx->operation},
	    {"member", ctx->member},     {"tag_id", ctx->tag_id},
	    {"tag_type", ctx->tag_type},
	};

	for (size_t i = 0; i < ARRAY_SIZE(word); i++)
		if (strlen(word[i].name) == n && !strncmp(word[i].name, name, n))
			return word[i].value;
	BUG("unknown word {@%.*s} in a table", (int)n, name);
}

static bool usable(const json_t *v)
{
	return v && !json_is_null(v) && !val_has_special(v);
}

static json_t *one_value(const char *name, size_t n, const json_t *obj, const struct bind_ctx *ctx)
{
	char *key CLEANUP(freep) = NULL;
	const json_t *from = obj;
	const char *word;
	json_t *v;

	if (n && name[0] == '@') {
		word = word_value(name + 1, n - 1, ctx);
		return word ? json_string(word) : NULL;
	}
	if (n && name[0] == '^') {
		from = ctx->parent;
		name++;
		n--;
	}
	key = xstrndup(name, n);
	v = json_object_get(from, key);
	return usable(v) ? json_incref(v) : NULL;
}

/* Value of what stands between braces; alternatives are tried in order. New, or NULL. */
static json_t *brace_value(const char *s, size_t n, const json_t *obj, const struct bind_ctx *ctx)
{
	while (n) {
		const char *bar = memchr(s, '|', n);
		size_t len = bar ? (size_t)(bar - s) : n;
		json_t *v = one_value(s, len, obj, ctx);

		if (v || !bar)
			return v;
		s = bar + 1;
		n -= len + 1;
	}
	return NULL;
}

static bool add_value(struct buf *b, const json_t *v, bool uri)
{
	char *text CLEANUP(freep) = json_is_string(v) ? xstrdup(json_string_value(v)) : val_text(v);

	if (uri)
		buf_add_uri(b, text, strlen(text), false);
	else
		buf_adds(b, text);
	return true;
}

static char *fill(const char *text, const json_t *obj, const struct bind_ctx *ctx, bool uri)
{
	struct buf b = BUF(TEXT_MAX);

	while (*text) {
		size_t lit = strcspn(text, "{");
		const char *end = text[lit] ? strchr(text + lit, '}') : NULL;
		json_auto_t *v = NULL;

		if (!end) {
			buf_adds(&b, text);
			break;
		}
		buf_add(&b, text, lit);
		v = brace_value(text + lit + 1, (size_t)(end - text) - lit - 1, obj, ctx);
		if (!v || !add_value(&b, v, uri)) {
			buf_wipe(&b);
			return NULL;
		}
		text = end + 1;
	}
	return buf_take(&b);
}

char *bind_text(const char *text, const json_t *obj, const struct bind_ctx *ctx)
{
	return fill(text, obj, ctx, false);
}

char *bind_action(const struct call *c, const json_t *obj, const struct bind_ctx *ctx)
{
	return fill(c->action, obj, ctx, strchr(c->action, '/') != NULL);
}

json_t *bind_value(const char *text, const json_t *obj, const struct bind_ctx *ctx)
{
	size_t n = strlen(text);
	char *filled;
	json_t *v;

	/* A lone {name} keeps the kind of its value: numbers, lists. */
	if (n > 2 && text[0] == '{' && strchr(text, '}') == text + n - 1)
		return brace_value(text + 1, n - 2, obj, ctx);
	filled = fill(text, obj, ctx, false);
	if (!filled)
		return NULL;
	v = json_string(filled);
	wipe_str(filled);
	return v;
}

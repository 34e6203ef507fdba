/*
 * The INI dialect of the shared AWS files: [section], key = value, '#' and ';' comments (also behind white space), and
 * lines indented deeper than their key, which continue its value or, where that is empty, are keys of their own.
 * What a line holds is never quoted in a message: it may be a secret.
 */
#include "base/err.h"
#include "providers/config.h"
#include "providers/secret.h"

#include <stdlib.h>
#include <string.h>

#define INI_MAX ((size_t)1 << 20)
#define BLANKS " \t\v\f"

struct ini {
	const char *file;
	int line;
	json_t *root;
	json_t *section; /* borrowed from root; NULL before the first header */
	char *key;       /* the last one at the outer level, NULL right behind a header */
	size_t key_indent;
	struct diag *d;
};

static int refuse(const struct ini *s, size_t column, const char *what)
{
	struct pos at = {.file = s->file, .line = s->line, .column = (int)column + 1};

	return diag_at(s->d, ERR_INVALID, at, "%s", what);
}

static bool is_blank(char c)
{
	return c && strchr(BLANKS, c);
}

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, BLANKS);
	n = strlen(s);
	while (n && is_blank(s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

/* Cuts off a comment that stands behind white space. */
static void drop_comment(char *s)
{
	for (char *p = s; *p; p++)
		if ((*p == '#' || *p == ';') && p > s && is_blank(p[-1])) {
			*p = '\0';
			return;
		}
}

static char *lower(char *s)
{
	for (char *p = s; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return s;
}

/* "profile  'a b'" -> "profile a b": one space after the first word, no quotes around the rest. */
static char *section_name(char *s)
{
	size_t word = strcspn(s, BLANKS), n;
	char *rest = s + word + strspn(s + word, BLANKS);

	n = strlen(rest);
	if (!n)
		return xstrdup(s);
	if (n > 2 && (*rest == '"' || *rest == '\'') && rest[n - 1] == *rest) {
		rest++;
		n -= 2;
	}
	return xasprintf("%.*s %.*s", (int)word, s, (int)n, rest);
}

static int parse_header(struct ini *s, char *line, size_t indent)
{
	char *open = line + indent, *end = strchr(open, ']'), *name, *behind;
	json_t *section;

	if (!end)
		return refuse(s, indent, "This section header has no closing bracket.");
	*end = '\0';
	behind = end + 1 + strspn(end + 1, BLANKS);
	if (*behind && *behind != '#' && *behind != ';')
		return refuse(s, (size_t)(behind - line), "Only a comment may follow a section header.");
	open = trim(open + 1);
	if (!*open)
		return refuse(s, indent, "This section has no name.");
	name = section_name(open);
	section = json_object_get(s->root, name);
	if (!section) {
		section = json_object();
		json_object_set_new(s->root, name, section);
	}
	free(name);
	free(s->key);
	s->key = NULL;
	s->section = section;
	return 0;
}

/* Splits "key = value" and stores it in `into`; sets *ret_key (owned by the caller) unless that is NULL. */
static int parse_pair(struct ini *s, char *line, size_t indent, json_t *into, char **ret_key)
{
	char *eq = strchr(line + indent, '='), *key, *value;

	if (!eq)
		return refuse(s, indent, "Expected \"key = value\" here.");
	*eq = '\0';
	value = eq + 1;
	/* A comment may begin right behind the equals sign and a blank. */
	drop_comment(value);
	value = trim(value);
	key = lower(trim(line + indent));
	if (!*key)
		return refuse(s, indent, "There is no key before the equals sign.");
	json_object_set_new(into, key, json_string(value));
	if (ret_key) {
		free(*ret_key);
		*ret_key = xstrdup(key);
	}
	return 0;
}

static int parse_continuation(struct ini *s, char *line, size_t indent)
{
	json_t *value = json_object_get(s->section, s->key);
	char *both;

	if (json_is_string(value) && json_string_length(value)) {
		drop_comment(line + indent);
		both = xasprintf("%s\n%s", json_string_value(value), trim(line + indent));
		json_object_set_new(s->section, s->key, json_string(both));
		wipe_str(both);
		return 0;
	}
	if (!json_is_object(value)) {
		value = json_object();
		json_object_set_new(s->section, s->key, value);
	}
	return parse_pair(s, line, indent, value, NULL);
}

static int parse_line(struct ini *s, char *line)
{
	size_t indent = strspn(line, BLANKS);
	int rc;

	if (!line[indent] || line[indent] == '#' || line[indent] == ';')
		return 0;
	if (s->key && indent > s->key_indent)
		return parse_continuation(s, line, indent);
	if (line[indent] == '[')
		return parse_header(s, line, indent);
	if (!s->section)
		return refuse(s, indent, "This stands before the first [section].");
	rc = parse_pair(s, line, indent, s->section, &s->key);
	s->key_indent = indent;
	return rc;
}

static bool is_text(const char *s, size_t n)
{
	json_t *v = json_stringn(s, n);
	bool valid = v && !memchr(s, '\0', n);

	json_wipe(v);
	return valid;
}

static int parse_lines(struct ini *s, const char *text, size_t n)
{
	int rc = 0;

	while (n && !rc) {
		const char *end = memchr(text, '\n', n);
		size_t len = end ? (size_t)(end - text) : n, use = len;
		char *line;

		s->line++;
		if (use && text[use - 1] == '\r')
			use--;
		if (!is_text(text, use))
			return refuse(s, 0, "This line is not UTF-8 text.");
		line = xstrndup(text, use);
		rc = parse_line(s, line);
		wipe(line, use);
		free(line);
		text += end ? len + 1 : len;
		n -= end ? len + 1 : len;
	}
	return rc;
}

int ini_parse(const char *text, size_t n, const char *file, json_t **ret, struct diag *d)
{
	struct ini s = {.file = file, .d = d, .root = json_object()};
	int rc;

	if (n > INI_MAX) {
		json_decref(s.root);
		return diag_at(d, ERR_INVALID, (struct pos){.file = file}, "The file is larger than 1 MiB.");
	}
	if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		n -= 3;
	}
	rc = parse_lines(&s, text, n);
	free(s.key);
	if (rc)
		json_wipe(s.root);
	else
		*ret = s.root;
	return rc;
}

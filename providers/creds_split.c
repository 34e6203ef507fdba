#include "providers/creds_impl.h"

#include <stdlib.h>
#include <string.h>

struct split {
	const char *p;
	struct buf word;
	bool quoted; /* the word holds quotes: it counts even if it is empty */
	char **words;
	size_t n, cap;
};

static void end_word(struct split *s)
{
	if (s->word.n || s->quoted) {
		s->words = grow(s->words, &s->cap, s->n + 2, sizeof(*s->words));
		s->words[s->n++] = buf_take(&s->word);
		s->words[s->n] = NULL;
	}
	s->quoted = false;
}

/* At a quote: takes everything up to its partner. False if there is none. */
static bool take_quoted(struct split *s)
{
	char quote = *s->p++;

	s->quoted = true;
	for (; *s->p && *s->p != quote; s->p++) {
		/* Between double quotes a backslash protects only itself and the quote. */
		if (quote == '"' && *s->p == '\\' && (s->p[1] == '"' || s->p[1] == '\\'))
			s->p++;
		buf_addc(&s->word, *s->p);
	}
	return *s->p == quote;
}

static bool take_char(struct split *s)
{
	if (*s->p == '\'' || *s->p == '"')
		return take_quoted(s);
	if (strchr(" \t\r\n", *s->p)) {
		end_word(s);
		return true;
	}
	if (*s->p == '\\' && !*++s->p)
		return false;
	buf_addc(&s->word, *s->p);
	return true;
}

char **creds_split(const char *command)
{
	struct split s = {.p = command, .word = BUF(BUF_TEXT_MAX)};
	bool ok = true;

	s.words = grow(NULL, &s.cap, 1, sizeof(*s.words));
	s.words[0] = NULL;
	for (; *s.p && ok; s.p++) {
		ok = take_char(&s);
		if (!ok)
			break;
	}
	end_word(&s);
	buf_release(&s.word);
	if (ok)
		return s.words;
	creds_split_free(s.words);
	return NULL;
}

void creds_split_free(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

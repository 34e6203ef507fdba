#include "spec/suggest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define WORD_MAX 63

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

size_t edit_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), row[3][WORD_MAX + 1];

	if (n > WORD_MAX || m > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *before = row[(i + 2) % 3], *older = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = min3(before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && older[j - 2] + 1 < now[j])
				now[j] = older[j - 2] + 1;
		}
	}
	return row[n % 3][m];
}

void suggest_try(struct suggest *s, const char *candidate)
{
	size_t distance = edit_distance(s->word, candidate), len = strlen(s->word);

	/* One slip in three letters; a short word must begin alike, or everything is near. */
	if (distance > (len < 3 ? 1 : len / 3))
		return;
	if (len < 4 && tolower((unsigned char)*s->word) != tolower((unsigned char)*candidate))
		return;
	if (distance < s->distance) {
		s->best = candidate;
		s->distance = distance;
	}
}

void suggest_keys(struct suggest *s, const json_t *object)
{
	const char *key;
	json_t *member;

	json_object_foreach ((json_t *)object, key, member)
		suggest_try(s, key);
}

/* Names of replacements that must be there before the old object may go. */
#include "providers/bind.h"

#include <stdlib.h>
#include <string.h>

/* The number behind "WANT-" in have, 1 for WANT itself, 0 if have is no name of that family. */
static unsigned long family_number(const char *want, const char *have)
{
	size_t n = strlen(want);
	const char *digits = have + n + 1;

	if (strncmp(want, have, n) != 0)
		return 0;
	if (!have[n])
		return 1;
	/* Short, without a leading zero, and not "-1": only what unique_next() makes counts. */
	if (have[n] != '-' || strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 6 || *digits == '0')
		return 0;
	return strcmp(digits, "1") != 0 ? strtoul(digits, NULL, 10) : 0;
}

bool unique_equal(const char *want, const char *have)
{
	return family_number(want, have) != 0;
}

char *unique_next(const char *want, const char *have)
{
	unsigned long number = family_number(want, have);

	return number ? xasprintf("%s-%lu", want, number + 1) : xstrdup(want);
}

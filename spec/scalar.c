#include "spec/scalar.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(*words, s))
			return true;
	return false;
}

#define ONE_OF_WORDS(s, ...) one_of(s, (const char *const[]){__VA_ARGS__, NULL})

static const char *skip_sign(const char *s)
{
	return *s == '-' || *s == '+' ? s + 1 : s;
}

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

static bool is_decimal(const char *s)
{
	s = skip_sign(s);
	return *s && !s[digits(s)];
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *s)
{
	size_t whole, fraction = 0;

	s = skip_sign(s);
	whole = digits(s);
	s += whole;
	if (*s == '.') {
		fraction = digits(s + 1);
		s += 1 + fraction;
	}
	if (!whole && !fraction)
		return false;
	if (*s == 'e' || *s == 'E') {
		s = skip_sign(s + 1);
		if (!digits(s))
			return false;
		s += digits(s);
	}
	return !*s;
}

/* Hours and minutes, to YAML 1.1 a number of base 60: 12:30, 1:30:00. */
static bool is_sexagesimal(const char *s)
{
	s = skip_sign(s);
	if (!digits(s) || s[digits(s)] != ':')
		return false;
	s += digits(s);
	while (*s == ':') {
		size_t n = digits(++s);

		if (!n || n > 2 || (n == 2 && *s > '5'))
			return false;
		s += n;
	}
	return !*s || (*s == '.' && !s[1 + digits(s + 1)]);
}

static bool is_grouped(const char *s)
{
	s = skip_sign(s);
	return *s >= '0' && *s <= '9' && strchr(s, '_') && !s[strspn(s, "0123456789_.")];
}

static bool is_other_base(const char *s)
{
	s = skip_sign(s);
	if (*s != '0' || !s[1] || !strchr("xob", s[1]) || !s[2])
		return false;
	return !s[2 + strspn(s + 2, "0123456789abcdefABCDEF_")];
}

/* Why readers disagree about s; NULL if they do not. */
static const char *doubt(const char *s, const char **ret_how)
{
	*ret_how = "write it in quotes if it is text";
	if (ONE_OF_WORDS(s, "yes", "Yes", "YES", "on", "On", "ON")) {
		*ret_how = "write true, or the word in quotes";
		return "is true to some YAML readers and text to others";
	}
	if (ONE_OF_WORDS(s, "no", "No", "NO", "off", "Off", "OFF")) {
		*ret_how = "write false, or the word in quotes";
		return "is false to some YAML readers and text to others";
	}
	if (ONE_OF_WORDS(skip_sign(s), ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"))
		return "is no finite number";
	if (is_decimal(s) && skip_sign(s)[0] == '0' && skip_sign(s)[1]) {
		*ret_how = "leave out the leading zero, or write it in quotes if it is text";
		return "begins with a zero, which makes it an octal number to some YAML readers";
	}
	if (is_sexagesimal(s))
		return "is a number of base 60 to some YAML readers";
	if (is_grouped(s))
		return "is a number to some YAML readers and text to others";
	if (is_other_base(s)) {
		*ret_how = "write the number in decimal, or in quotes if it is text";
		return "is a number to some YAML readers and text to others";
	}
	return NULL;
}

static json_t *number(const char *s, const char **ret_why, const char **ret_how)
{
	double real;
	long long n;

	*ret_how = "write it in quotes if it is text";
	errno = 0;
	if (is_decimal(s)) {
		n = strtoll(s, NULL, 10);
		if (!errno)
			return json_integer(n);
	} else {
		real = strtod(s, NULL);
		if (isfinite(real))
			return json_real(real);
	}
	*ret_why = "is too large for a number";
	return NULL;
}

json_t *scalar_plain(const char *s, const char **ret_why, const char **ret_how)
{
	*ret_why = doubt(s, ret_how);
	if (*ret_why)
		return NULL;
	if (ONE_OF_WORDS(s, "", "~", "null", "Null", "NULL"))
		return json_null();
	if (ONE_OF_WORDS(s, "true", "True", "TRUE"))
		return json_true();
	if (ONE_OF_WORDS(s, "false", "False", "FALSE"))
		return json_false();
	if (is_decimal(s) || is_float(s))
		return number(s, ret_why, ret_how);
	return json_string(s);
}

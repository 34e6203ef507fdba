#include "providers/policy.h"
#include "base/mem.h"
#include "base/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *policy_percent_decode(const char *s)
{
	char *out = xstrdup(s), *to = out;

	while (*s) {
		int high = *s == '%' ? hex_digit(s[1]) : -1, low = high >= 0 ? hex_digit(s[2]) : -1;

		if (low >= 0) {
			*to++ = (char)(high * 16 + low);
			s += 3;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
	return out;
}

static char *lower(const char *s)
{
	char *out = xstrdup(s);

	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return out;
}

/* Scalars of a policy are texts: true is "true" and 5 is "5". */
static json_t *as_text(const json_t *v)
{
	char *text CLEANUP(freep) = NULL;

	if (!json_is_boolean(v) && !json_is_number(v))
		return json_incref((json_t *)v);
	text = val_text(v);
	return json_string(text);
}

static json_t *as_lower(const json_t *v)
{
	char *text CLEANUP(freep) = json_is_string(v) ? lower(json_string_value(v)) : NULL;

	return text ? json_string(text) : json_incref((json_t *)v);
}

static bool is_account(const char *s, size_t n)
{
	return n == 12 && strspn(s, "0123456789") >= 12;
}

/* "arn:PARTITION:iam::123456789012:root" is the account itself, which may also be written as its number. */
static json_t *as_principal(const json_t *v)
{
	const char *s = json_string_value(v);
	const char *account = s && !strncmp(s, "arn:", 4) ? strstr(s, ":iam::") : NULL;

	if (!account)
		return json_incref((json_t *)v);
	account += strlen(":iam::");
	if (!is_account(account, strcspn(account, ":")) || strcmp(account + 12, ":root") != 0)
		return json_incref((json_t *)v);
	return json_stringn(account, 12);
}

/* A scalar or a list -> the sorted set of its members, each passed through `each`. */
static json_t *as_set(const json_t *v, json_t *(*each)(const json_t *))
{
	json_t *all = json_array(), *set;

	if (json_is_array(v)) {
		for (size_t i = 0; i < json_array_size(v); i++)
			json_array_append_new(all, each(json_array_get(v, i)));
	} else {
		json_array_append_new(all, each(v));
	}
	set = val_sorted_set(all);
	json_decref(all);
	return set;
}

static json_t *normal_principal(const json_t *v)
{
	json_t *out = json_object(), *member;
	const char *key;

	if (!json_is_object(v)) {
		json_object_set_new(out, "AWS", as_set(v, as_principal));
		return out;
	}
	json_object_foreach ((json_t *)v, key, member)
		json_object_set_new(out, key, as_set(member, as_principal));
	return out;
}

/* {operator: {key: value or values}} */
static json_t *normal_condition(const json_t *v)
{
	json_t *out = json_object(), *operands, *value;
	const char *operator, * key;

	json_object_foreach ((json_t *)v, operator, operands) {
		json_t *keys = json_object();

		json_object_foreach (operands, key, value)
			json_object_set_new(keys, key, as_set(value, as_text));
		json_object_set_new(out, operator, keys);
	}
	return out;
}

static json_t *normal_member(const char *key, const json_t *v)
{
	if (!strcmp(key, "Action") || !strcmp(key, "NotAction"))
		return as_set(v, as_lower);
	if (!strcmp(key, "Resource") || !strcmp(key, "NotResource"))
		return as_set(v, as_text);
	if (!strcmp(key, "Principal") || !strcmp(key, "NotPrincipal"))
		return normal_principal(v);
	if (!strcmp(key, "Condition") && json_is_object(v))
		return normal_condition(v);
	return json_incref((json_t *)v);
}

static bool says_nothing(const char *key, const json_t *v)
{
	if (!strcmp(key, "Condition"))
		return json_is_object(v) && !json_object_size(v);
	return !strcmp(key, "Sid") && json_is_string(v) && !json_string_length(v);
}

static json_t *normal_statement(const json_t *statement)
{
	json_t *out = json_object(), *member;
	const char *key;

	if (!json_is_object(statement)) {
		json_decref(out);
		return json_incref((json_t *)statement);
	}
	json_object_foreach ((json_t *)statement, key, member) {
		if (!says_nothing(key, member))
			json_object_set_new(out, key, normal_member(key, member));
	}
	return out;
}

static json_t *normal(const json_t *policy)
{
	json_t *out = json_object(), *member;
	const char *key;

	json_object_set_new(out, "Version", json_string("2008-10-17"));
	json_object_foreach ((json_t *)policy, key, member)
		json_object_set_new(out, key,
				    !strcmp(key, "Statement") ? as_set(member, normal_statement) : json_incref(member));
	return out;
}

bool policy_equal(const json_t *want, const json_t *have)
{
	json_auto_t *w = NULL, *h = NULL;

	if (!json_is_object(want) || !json_is_object(have))
		return json_equal(want, have);
	w = normal(want);
	h = normal(have);
	return json_equal(w, h);
}

#include "base/value.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

json_t *val_special(const char *word, json_t *value)
{
	json_t *v = json_object();

	json_object_set_new(v, word, value);
	return v;
}

json_t *val_unknown(const char *what)
{
	return val_special(V_UNKNOWN, json_string(what));
}

json_t *val_operand(const json_t *v, const char *word)
{
	return json_object_size(v) == 1 ? json_object_get(v, word) : NULL;
}

bool val_is_unknown(const json_t *v)
{
	return val_operand(v, V_UNKNOWN) != NULL;
}

static bool is_special(const json_t *v)
{
	static const char *const words[] = {V_REF, V_JOIN, V_KEEP, V_RELEASED, V_GENERATE, V_UNKNOWN};

	if (json_object_size(v) != 1)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (json_object_get(v, words[i]))
			return true;
	return false;
}

/* True if `is` holds for v or for anything inside it. */
static bool holds(const json_t *v, bool (*is)(const json_t *))
{
	const char *key;
	json_t *member;
	size_t i;

	if (is(v))
		return true;
	json_object_foreach ((json_t *)v, key, member)
		if (holds(member, is))
			return true;
	json_array_foreach (v, i, member)
		if (holds(member, is))
			return true;
	return false;
}

bool val_has_unknown(const json_t *v)
{
	return holds(v, val_is_unknown);
}

bool val_has_special(const json_t *v)
{
	return holds(v, is_special);
}

bool val_deeper(const json_t *v, int levels)
{
	const char *key;
	json_t *member;
	size_t i;

	if (levels <= 0)
		return true;
	json_object_foreach ((json_t *)v, key, member)
		if (val_deeper(member, levels - 1))
			return true;
	json_array_foreach (v, i, member)
		if (val_deeper(member, levels - 1))
			return true;
	return false;
}

int val_each_ref(const json_t *v, int (*f)(void *arg, const char *ref), void *arg)
{
	const char *ref = json_string_value(val_operand(v, V_REF));
	const char *key;
	json_t *member;
	size_t i;
	int rc;

	if (ref)
		return f(arg, ref);
	json_object_foreach ((json_t *)v, key, member) {
		rc = val_each_ref(member, f, arg);
		if (rc)
			return rc;
	}
	json_array_foreach (v, i, member) {
		rc = val_each_ref(member, f, arg);
		if (rc)
			return rc;
	}
	return 0;
}

const char *val_str(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

json_int_t val_int(const json_t *obj, const char *key, json_int_t otherwise)
{
	const json_t *v = json_object_get(obj, key);
	const char *s = json_string_value(v);
	char *end;
	long long n;

	if (json_is_integer(v))
		return json_integer_value(v);
	if (json_is_real(v) && fabs(json_real_value(v)) < 9e15)
		return (json_int_t)json_real_value(v);
	if (!s || !*s || strchr(" \t\n\v\f\r", *s))
		return otherwise;
	errno = 0;
	n = strtoll(s, &end, 10);
	return errno || *end ? otherwise : n;
}

bool val_bool(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);
	const char *s = json_string_value(v);

	return json_is_true(v) || (s && !strcmp(s, "true"));
}

char *val_text(const json_t *v)
{
	char *text = v ? json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : xstrdup("null");

	if (!text)
		BUG("a value cannot be printed");
	return text;
}

void val_digest(const json_t *v, char *out, size_t chars)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char hash[SHA256_DIGEST_LENGTH];
	char *text = val_text(v);

	if (chars > 2 * sizeof(hash))
		BUG("a digest has %zu characters, not %zu", 2 * sizeof(hash), chars);
	SHA256((const unsigned char *)text, strlen(text), hash);
	wipe_str(text);
	for (size_t i = 0; i < chars; i++)
		out[i] = hex[i % 2 ? hash[i / 2] & 15 : hash[i / 2] >> 4];
	out[chars] = '\0';
}

struct member {
	char *text;
	json_t *value;
};

static int member_compare(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->text, ((const struct member *)b)->text);
}

json_t *val_sorted_set(const json_t *a)
{
	size_t n = json_array_size(a);
	struct member *m = xcalloc(n, sizeof(*m));
	json_t *out = json_array();

	for (size_t i = 0; i < n; i++) {
		m[i].value = json_array_get(a, i);
		m[i].text = val_text(m[i].value);
	}
	qsort(m, n, sizeof(*m), member_compare);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(m[i - 1].text, m[i].text))
			json_array_append(out, m[i].value);
	for (size_t i = 0; i < n; i++)
		wipe_str(m[i].text);
	free(m);
	return out;
}

void val_merge(json_t *base, const json_t *over)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)over, key, value) {
		json_t *old = json_object_get(base, key);

		if (json_is_null(value)) {
			json_object_del(base, key);
		} else if (!json_is_object(value) || is_special(value)) {
			json_object_set_new(base, key, json_deep_copy(value));
		} else {
			/* Two special values merged would be neither of them. */
			if (!json_is_object(old) || is_special(old)) {
				old = json_object();
				json_object_set_new(base, key, old);
			}
			val_merge(old, value);
		}
	}
}

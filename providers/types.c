/* Value types that several services use. */
#include "base/buf.h"
#include "base/err.h"
#include "providers/policy.h"
#include "providers/type.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct type t_bool = {.name = "boolean", .kind = KIND_BOOL};
const struct type t_int = {.name = "integer", .kind = KIND_INT};
const struct type t_num = {.name = "number", .kind = KIND_NUM};
const struct type t_str = {.name = "text", .kind = KIND_STR};
const struct type t_strs = {.name = "set of texts", .kind = KIND_SET, .elem = &t_str};
const struct type t_str_list = {.name = "list of texts", .kind = KIND_LIST, .elem = &t_str};
const struct type t_str_map = {.name = "map of texts", .kind = KIND_MAP, .elem = &t_str};
const struct type t_json = {.name = "JSON", .kind = KIND_JSON};
const struct type t_arn = {.name = "ARN", .kind = KIND_STR, .pattern = "arn:[^:]+:[^:]+:[^:]*:[^:]*:.+"};

/* ---- CIDRs ---- */

/* "ADDRESS/BITS" taken apart: the address in network order, bits at most `width`. */
static bool parse_cidr(const char *text, int family, long width, unsigned char *address, long *bits)
{
	const char *slash = strchr(text, '/');
	char *host CLEANUP(freep) = slash ? xstrndup(text, (size_t)(slash - text)) : NULL;
	size_t digits;

	if (!host || inet_pton(family, host, address) != 1)
		return false;
	digits = strspn(slash + 1, "0123456789");
	if (!digits || digits > 3 || slash[1 + digits] || (slash[1] == '0' && digits > 1))
		return false;
	*bits = strtol(slash + 1, NULL, 10);
	return *bits <= width;
}

/* AWS clears the bits behind the prefix without a word; a wish that keeps them would never come true. */
static void clear_host_bits(unsigned char *address, long bits, long width)
{
	for (long i = bits; i < width; i++)
		address[i / 8] &= (unsigned char)~(0x80 >> (i % 8));
}

static json_t *canon_network(const json_t *value, int family, long width, const char *example, struct diag *d)
{
	const char *text = json_string_value(value);
	char host[INET6_ADDRSTRLEN];
	unsigned char address[16];
	long bits;

	if (!parse_cidr(text, family, width, address, &bits)) {
		diag_error(d, ERR_INVALID, "\"%s\" is no %s CIDR such as %s.", text,
			   family == AF_INET ? "IPv4" : "IPv6", example);
		return NULL;
	}
	clear_host_bits(address, bits, width);
	inet_ntop(family, address, host, sizeof(host));
	return json_sprintf("%s/%ld", host, bits);
}

static json_t *canon_cidr(const json_t *value, struct diag *d)
{
	return canon_network(value, AF_INET, 32, "10.20.0.0/16", d);
}

static json_t *canon_cidr_v6(const json_t *value, struct diag *d)
{
	return canon_network(value, AF_INET6, 128, "2001:db8::/32", d);
}

const struct type t_cidr = {.name = "CIDR", .kind = KIND_STR, .canon = canon_cidr};
const struct type t_cidr_v6 = {.name = "IPv6 CIDR", .kind = KIND_STR, .canon = canon_cidr_v6};

/* ---- JSON that travels as text ---- */

static json_t *parse_document(const char *text, struct diag *d)
{
	json_error_t e;
	json_t *doc = json_loads(text, JSON_REJECT_DUPLICATES, &e);

	if (!doc)
		diag_error(d, ERR_INVALID, "It is no JSON document: %s (line %d, column %d).", e.text, e.line,
			   e.column);
	return doc;
}

static json_t *canon_document(const json_t *value, struct diag *d)
{
	if (json_is_string(value))
		return parse_document(json_string_value(value), d);
	if (json_is_object(value) || json_is_array(value))
		return json_incref((json_t *)value);
	diag_error(d, ERR_INVALID, "It must be a JSON document: a map, a list, or the text of one.");
	return NULL;
}

static json_t *encode_document(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);
	json_t *wire = json_string(text);

	free(text);
	return wire;
}

/* What is no JSON is kept as it is: a live value is a fact. */
static json_t *decode_document(const json_t *wire)
{
	json_t *doc = json_is_string(wire) ? json_loads(json_string_value(wire), 0, NULL) : NULL;

	return doc ? doc : json_incref((json_t *)wire);
}

/* New copy in which the order of lists and the spelling of numbers make no difference. */
static json_t *unordered(const json_t *value)
{
	json_t *out, *member, *sorted;
	const char *key;

	if (json_is_object(value)) {
		out = json_object();
		json_object_foreach ((json_t *)value, key, member)
			json_object_set_new(out, key, unordered(member));
		return out;
	}
	if (json_is_array(value)) {
		out = json_array();
		for (size_t i = 0; i < json_array_size(value); i++)
			json_array_append_new(out, unordered(json_array_get(value, i)));
		sorted = val_sorted_set(out);
		json_decref(out);
		return sorted;
	}
	if (json_is_real(value) && json_real_value(value) == (double)(json_int_t)json_real_value(value))
		return json_integer((json_int_t)json_real_value(value));
	return json_incref((json_t *)value);
}

static bool equal_documents(const json_t *want, const json_t *have)
{
	json_auto_t *w = unordered(want), *h = unordered(have);

	return json_equal(w, h);
}

const struct type t_json_text = {
    .name = "JSON document",
    .kind = KIND_JSON,
    .canon = canon_document,
    .equal = equal_documents,
    .encode = encode_document,
    .decode = decode_document,
};

/* ---- IAM policies ---- */

static json_t *canon_policy(const json_t *value, struct diag *d)
{
	json_t *doc = canon_document(value, d), *statement = json_object_get(doc, "Statement");

	if (!doc)
		return NULL;
	if (json_is_object(statement) || json_array_size(statement))
		return doc;
	json_decref(doc);
	diag_error(d, ERR_INVALID, "A policy must be a map with at least one Statement.");
	return NULL;
}

/*
 * IAM gives documents percent-encoded by RFC 3986, in which '+' is a plus. Plain JSON begins with a brace, which the
 * encoded form cannot.
 */
static json_t *decode_policy(const json_t *wire)
{
	const char *s = json_string_value(wire);
	char *text CLEANUP(freep) = NULL;
	json_auto_t *plain = NULL;

	if (!s || s[strspn(s, " \t\r\n")] == '{')
		return decode_document(wire);
	text = policy_percent_decode(s);
	plain = json_string(text);
	return plain ? decode_document(plain) : json_incref((json_t *)wire);
}

const struct type t_policy = {
    .name = "policy document",
    .kind = KIND_JSON,
    .canon = canon_policy,
    .equal = policy_equal,
    .encode = encode_document,
    .decode = decode_policy,
};

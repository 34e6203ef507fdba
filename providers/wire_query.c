/*
 * The query protocol and EC2's variant: form bodies and XML answers. The tree
 * holds wire names already, so both flatten it the same way: members by dots,
 * an array at path P as P.1, P.2 ...
 */
#include "base/err.h"
#include "base/value.h"
#include "providers/wire_proto.h"

#include <stdio.h>
#include <string.h>

#define FORM "application/x-www-form-urlencoded; charset=utf-8"

bool wire_add_scalar(struct buf *b, const json_t *v)
{
	char text[64];

	if (json_is_string(v)) {
		buf_add_uri(b, json_string_value(v), json_string_length(v), false);
		return true;
	}
	if (json_is_boolean(v))
		snprintf(text, sizeof(text), "%s", json_is_true(v) ? "true" : "false");
	else if (json_is_integer(v))
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_real(v))
		snprintf(text, sizeof(text), "%.15g", json_real_value(v));
	else
		return false;
	buf_add_uri(b, text, strlen(text), false);
	return true;
}

static void add_pair(struct buf *out, const char *name, const json_t *value)
{
	if (out->n)
		buf_addc(out, '&');
	buf_add_uri(out, name, strlen(name), false);
	buf_addc(out, '=');
	if (value)
		wire_add_scalar(out, value);
}

/* Back to the first n bytes. */
static void cut(struct buf *b, size_t n)
{
	b->n = n;
	if (b->p)
		b->p[n] = '\0';
}

/* Appends value under the name that `name` holds, and leaves that name as it was. */
static int flatten(struct buf *out, struct buf *name, const json_t *value, int depth)
{
	size_t was = name->n, i;
	const char *key;
	json_t *member;
	int rc = 0;

	if (depth > VALUE_DEPTH_MAX || name->err || json_is_null(value))
		return ERR_INVALID;
	if (json_is_array(value) && !json_array_size(value)) {
		add_pair(out, buf_str(name), NULL);
	} else if (json_is_array(value)) {
		json_array_foreach (value, i, member) {
			buf_addf(name, ".%zu", i + 1);
			rc = rc ? rc : flatten(out, name, member, depth + 1);
			cut(name, was);
		}
	} else if (json_is_object(value)) {
		json_object_foreach ((json_t *)value, key, member) {
			buf_addf(name, "%s%s", was ? "." : "", key);
			rc = rc ? rc : flatten(out, name, member, depth + 1);
			cut(name, was);
		}
	} else {
		add_pair(out, buf_str(name), value);
	}
	return rc;
}

static int encode_form(const struct service *svc, const char *action, const json_t *params, struct wire_request *ret,
		       struct diag *d)
{
	struct buf name = BUF(4096);
	int rc;

	ret->method = xstrdup("POST");
	ret->path = xstrdup("/");
	json_object_set_new(ret->headers, "content-type", json_string(FORM));
	buf_addf(&ret->body, "Action=%s&Version=%s", action, svc->version);
	rc = flatten(&ret->body, &name, params, 0);
	if (rc)
		diag_error(d, rc, "%s %s: the request holds a null in a list, or is nested too deeply.", svc->name,
			   action);
	buf_release(&name);
	return rc;
}

/* The value of an element that may be empty: no members then. */
static json_t *members(json_t *element)
{
	return json_is_object(element) ? json_incref(element) : json_object();
}

static int decode_xml(const char *action, const char *wrapper, const char *body, size_t n, json_t **ret_body,
		      struct diag *d)
{
	char *root_name CLEANUP(freep) = xasprintf("%sResponse", action);
	char *result_name CLEANUP(freep) = xasprintf("%s%s", action, wrapper);
	json_auto_t *tree = NULL;
	json_t *root;
	int rc = xml_parse(body, n, &tree, d);

	if (rc)
		return rc;
	root = json_object_get(tree, root_name);
	if (!root)
		return diag_error(d, ERR_PROTOCOL, "The answer to %s is a <%s>, not a <%s>.", action,
				  json_object_iter_key(json_object_iter(tree)), root_name);
	*ret_body = members(*wrapper ? json_object_get(root, result_name) : root);
	return 0;
}

static int decode_ec2(const struct service *svc, const char *action, const char *body, size_t n, json_t **ret_body,
		      struct diag *d)
{
	(void)svc;
	return decode_xml(action, "", body, n, ret_body, d);
}

static int decode_query(const struct service *svc, const char *action, const char *body, size_t n, json_t **ret_body,
			struct diag *d)
{
	(void)svc;
	return decode_xml(action, "Result", body, n, ret_body, d);
}

const struct wire_protocol wire_ec2 = {.encode = encode_form, .decode = decode_ec2};
const struct wire_protocol wire_query = {.encode = encode_form, .decode = decode_query};

/* JSON 1.1 and rest-json. Members go out sorted, so that equal requests are equal bytes. */
#include "base/err.h"
#include "base/value.h"
#include "providers/wire_proto.h"

#include <string.h>

static int add_dump(const char *text, size_t n, void *arg)
{
	buf_add(arg, text, n);
	return 0;
}

/* 15 digits: a number that a person wrote goes out as it was written. */
static void add_json(struct buf *b, const json_t *v)
{
	json_dump_callback(v, add_dump, b, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
}

static int encode_json(const struct service *svc, const char *action, const json_t *params, struct wire_request *ret,
		       struct diag *d)
{
	char *target CLEANUP(freep) = xasprintf("%s.%s", svc->target, action);

	(void)d;
	ret->method = xstrdup("POST");
	ret->path = xstrdup("/");
	json_object_set_new(ret->headers, "content-type", json_string("application/x-amz-json-1.1"));
	json_object_set_new(ret->headers, "x-amz-target", json_string(target));
	add_json(&ret->body, params);
	return 0;
}

static bool add_query(struct buf *b, const char *name, const json_t *value)
{
	const json_t *member;
	size_t i;
	bool ok = true;

	if (json_is_array(value)) {
		json_array_foreach (value, i, member)
			ok = ok && !json_is_array(member) && add_query(b, name, member);
		return ok;
	}
	if (b->n)
		buf_addc(b, '&');
	buf_add_uri(b, name, strlen(name), false);
	buf_addc(b, '=');
	return wire_add_scalar(b, value);
}

int wire_rest_target(const char *action, const json_t *params, struct wire_request *ret, json_t **ret_body,
		     struct diag *d)
{
	const char *space = strchr(action, ' ');
	struct buf query = BUF(BUF_TEXT_MAX);
	json_t *body, *member;
	const char *key;
	bool ok = true;

	if (!space || space[1] != '/' || strpbrk(space + 1, " ?#"))
		return diag_error(d, ERR_INVALID, "\"%s\" is no method and path.", action);
	body = json_object();
	json_object_foreach ((json_t *)params, key, member) {
		if (*key == '?')
			ok = ok && add_query(&query, key + 1, member);
		else
			json_object_set(body, key, member);
	}
	if (!ok || query.err) {
		buf_release(&query);
		json_decref(body);
		return diag_error(d, ERR_INVALID, "%s: a query parameter is neither a scalar nor a list of them.",
				  action);
	}
	ret->method = xstrndup(action, (size_t)(space - action));
	ret->path = xstrdup(space + 1);
	ret->query = buf_take(&query);
	*ret_body = body;
	return 0;
}

/* AWS takes `{}` for an absent body where the operation could have had one. */
static bool has_body(const char *method, const json_t *body)
{
	return json_object_size(body) || !strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "PATCH");
}

static int encode_rest(const struct service *svc, const char *action, const json_t *params, struct wire_request *ret,
		       struct diag *d)
{
	json_auto_t *body = NULL;
	int rc = wire_rest_target(action, params, ret, &body, d);

	(void)svc;
	if (rc || !has_body(ret->method, body))
		return rc;
	json_object_set_new(ret->headers, "content-type", json_string("application/json"));
	add_json(&ret->body, body);
	return 0;
}

int wire_json_object(const char *body, size_t n, json_t **ret_body, struct diag *d)
{
	json_error_t e;
	json_t *tree = json_loadb(body, n, JSON_ALLOW_NUL, &e);

	if (!tree)
		return diag_error(d, ERR_PROTOCOL, "The answer is no JSON: line %d: %s.", e.line, e.text);
	if (!json_is_object(tree) || val_deeper(tree, VALUE_DEPTH_MAX)) {
		json_decref(tree);
		return diag_error(d, ERR_PROTOCOL, "The answer is no JSON object, or is nested too deeply.");
	}
	*ret_body = tree;
	return 0;
}

static int decode_json(const struct service *svc, const char *action, const char *body, size_t n, json_t **ret_body,
		       struct diag *d)
{
	size_t from = d->n;
	int rc = wire_json_object(body, n, ret_body, d);

	if (rc)
		diag_prefix(d, from, "%s %s", svc->name, action);
	return rc;
}

const struct wire_protocol wire_json = {.encode = encode_json, .decode = decode_json};
const struct wire_protocol wire_rest_json = {.encode = encode_rest, .decode = decode_json};

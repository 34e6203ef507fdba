#include "providers/wire.h"
#include "base/err.h"
#include "base/value.h"
#include "providers/wire_proto.h"

#include <stdlib.h>
#include <string.h>

static const struct wire_protocol *const protocols[] = {
    [PROTO_EC2] = &wire_ec2,           [PROTO_QUERY] = &wire_query,
    [PROTO_JSON] = &wire_json,         [PROTO_REST_JSON] = &wire_rest_json,
    [PROTO_REST_XML] = &wire_rest_xml,
};

/* Drops members that are null: AWS takes an absent member for "not said" and refuses a null one. */
static void drop_nulls(json_t *v)
{
	json_t *member;
	const char *key;
	void *tmp;
	size_t i;

	json_object_foreach_safe (v, tmp, key, member) {
		if (json_is_null(member))
			json_object_del(v, key);
		else
			drop_nulls(member);
	}
	json_array_foreach (v, i, member)
		drop_nulls(member);
}

static bool has_null_member(const json_t *v)
{
	json_t *member;
	const char *key;
	size_t i;

	json_object_foreach ((json_t *)v, key, member)
		if (json_is_null(member) || has_null_member(member))
			return true;
	json_array_foreach (v, i, member)
		if (has_null_member(member))
			return true;
	return false;
}

int wire_encode(const struct service *svc, const char *action, const json_t *params, struct wire_request *ret,
		struct diag *d)
{
	struct wire_request r = {.body = BUF(BUF_TEXT_MAX)};
	json_auto_t *copy = NULL;
	int rc;

	if (!json_is_object(params))
		return diag_error(d, ERR_INVALID, "%s %s: the request is no object.", svc->name, action);
	if (val_has_special(params))
		return diag_error(d, ERR_INVALID, "%s %s: the request holds a value that is not known yet.", svc->name,
				  action);
	if (has_null_member(params)) {
		copy = json_deep_copy(params);
		drop_nulls(copy);
		params = copy;
	}
	r.headers = json_object();
	rc = protocols[svc->protocol]->encode(svc, action, params, &r, d);
	if (!rc && r.body.err)
		rc = diag_error(d, ERR_INVALID, "%s %s: the request is larger than %zu MiB.", svc->name, action,
				BUF_TEXT_MAX >> 20);
	if (rc) {
		wire_release(&r);
		return rc;
	}
	if (!r.query)
		r.query = xstrdup("");
	*ret = r;
	return 0;
}

void wire_release(struct wire_request *r)
{
	free(r->method);
	free(r->path);
	wipe_str(r->query);
	json_decref(r->headers);
	buf_wipe(&r->body);
	memset(r, 0, sizeof(*r));
}

int wire_decode(const struct service *svc, const char *action, const char *body, size_t n, json_t **ret_body,
		struct diag *d)
{
	if (!n) {
		*ret_body = json_object();
		return 0;
	}
	return protocols[svc->protocol]->decode(svc, action, body, n, ret_body, d);
}

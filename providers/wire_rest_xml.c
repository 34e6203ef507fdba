/* S3's protocol, as far as berth needs it: requests without a body, and XML answers. */
#include "base/err.h"
#include "providers/wire_proto.h"

static int encode_rest_xml(const struct service *svc, const char *action, const json_t *params,
			   struct wire_request *ret, struct diag *d)
{
	json_auto_t *body = NULL;
	int rc = wire_rest_target(action, params, ret, &body, d);

	if (!rc && json_object_size(body))
		rc = diag_error(d, ERR_INVALID, "%s %s: requests with an XML body are not supported.", svc->name,
				action);
	return rc;
}

/* The root differs by operation and carries no meaning. */
static int decode_rest_xml(const struct service *svc, const char *action, const char *body, size_t n, json_t **ret_body,
			   struct diag *d)
{
	json_auto_t *tree = NULL;
	json_t *root;
	size_t from = d->n;
	int rc = xml_parse(body, n, &tree, d);

	if (rc) {
		diag_prefix(d, from, "%s %s", svc->name, action);
		return rc;
	}
	root = json_object_iter_value(json_object_iter(tree));
	*ret_body = json_is_object(root) ? json_incref(root) : json_object();
	return 0;
}

const struct wire_protocol wire_rest_xml = {.encode = encode_rest_xml, .decode = decode_rest_xml};

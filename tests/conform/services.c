/* Prints the table of services as JSON, for services.py. */
#include "providers/service.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *text(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *words(const char *const *list)
{
	json_t *out = json_array();

	for (; list && *list; list++)
		json_array_append_new(out, json_string(*list));
	return out;
}

static json_t *call_json(const struct call *c)
{
	return json_pack("{s:o, s:o}", "action", text(c->action), "fixed", words(c->fixed));
}

static json_t *tags_json(const struct tag_scheme *t)
{
	static const char *const shapes[] = {
	    [TAGS_PAIRS_UPPER] = "Key", [TAGS_PAIRS_LOWER] = "key", [TAGS_MAP] = "map"};
	json_t *out = json_object();

	json_object_set_new(out, "shape", text(shapes[t->shape]));
	json_object_set_new(out, "in", text(t->in));
	json_object_set_new(out, "type_in", text(t->type_in));
	json_object_set_new(out, "out", text(t->out));
	json_object_set_new(out, "out_shape", text(shapes[t->out_shape]));
	json_object_set_new(out, "add", call_json(&t->add));
	json_object_set_new(out, "add_in", text(t->add_in));
	json_object_set_new(out, "remove", call_json(&t->remove));
	json_object_set_new(out, "remove_in", text(t->remove_in));
	json_object_set_new(out, "list", call_json(&t->list));
	json_object_set_new(out, "list_out", text(t->list_out));
	return out;
}

static json_t *paging_json(const struct paging *p)
{
	return json_pack("{s:o, s:o, s:o, s:i, s:o}", "token_in", text(p->token_in), "token_out", text(p->token_out),
			 "size", text(p->size), "max", (int)p->max, "more", text(p->more));
}

static json_t *service_json(const struct service *s)
{
	static const char *const protocols[] = {
	    [PROTO_EC2] = "ec2",           [PROTO_QUERY] = "query",
	    [PROTO_JSON] = "json",         [PROTO_REST_JSON] = "rest-json",
	    [PROTO_REST_XML] = "rest-xml",
	};
	json_t *out = json_object();

	json_object_set_new(out, "name", text(s->name));
	json_object_set_new(out, "env", text(s->env));
	json_object_set_new(out, "host", text(s->host));
	json_object_set_new(out, "signing", text(s->signing));
	json_object_set_new(out, "iam", text(s->iam));
	json_object_set_new(out, "version", text(s->version));
	json_object_set_new(out, "target", text(s->target));
	json_object_set_new(out, "protocol", text(protocols[s->protocol]));
	json_object_set_new(out, "global", json_boolean(s->flags & SVC_GLOBAL));
	json_object_set_new(out, "paging", s->paging ? paging_json(s->paging) : json_null());
	json_object_set_new(out, "tags", s->tags ? tags_json(s->tags) : json_null());
	json_object_set_new(out, "absent", words(s->absent));
	json_object_set_new(out, "busy", words(s->busy));
	json_object_set_new(out, "clash", words(s->clash));
	json_object_set_new(out, "transient", words(s->transient));
	json_object_set_new(out, "quota", words(s->quota));
	return out;
}

static void add_paged(json_t *out, const struct rtype *t, const struct call *c)
{
	if (c->action && (c->flags & CALL_PAGED))
		json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:i}", "type", t->name, "service", t->svc->name,
						     "action", c->action, "page", (int)c->page));
}

static json_t *paged_calls(void)
{
	json_t *out = json_array();

	for (const struct rtype *const *t = rtypes; *t; t++) {
		add_paged(out, *t, &(*t)->read);
		add_paged(out, *t, &(*t)->list);
		for (size_t i = 0; i < RTYPE_ALSO; i++)
			add_paged(out, *t, &(*t)->also[i]);
	}
	return out;
}

int main(void)
{
	json_t *all = json_array();

	for (const struct service *const *s = services; *s; s++)
		json_array_append_new(all, service_json(*s));
	/* A scheme that no service has as its own. */
	json_array_append_new(all,
			      json_pack("{s:s, s:o}", "scheme_of", "iam", "tags", tags_json(&tags_iam_oidc_provider)));
	all = json_pack("{s:o, s:o}", "services", all, "paged", paged_calls());
	json_dumpf(all, stdout, JSON_INDENT(1));
	json_decref(all);
	return 0;
}

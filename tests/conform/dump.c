/* dump - services and resource tables as JSON, for comparison with the published service models. */
#include "base/mem.h"
#include "providers/bind.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[] = {
    [KIND_BOOL] = "bool", [KIND_INT] = "int", [KIND_NUM] = "num", [KIND_STR] = "str",   [KIND_LIST] = "list",
    [KIND_SET] = "set",   [KIND_MAP] = "map", [KIND_OBJ] = "obj", [KIND_JSON] = "json",
};

static const struct {
	unsigned flag;
	const char *name;
} field_flags[] = {
    {REQUIRED, "required"},       {COMPUTED, "computed"},
    {CREATE_ONLY, "create_only"}, {NOT_ON_CREATE, "not_on_create"},
    {WRITE_ONLY, "write_only"},   {ON_DELETE, "on_delete"},
    {STATUS, "status"},           {ID, "id"},
};

static const struct {
	unsigned flag;
	const char *name;
} call_flags[] = {
    {CALL_WHOLE, "whole"}, {CALL_EACH_ADDED, "each"},       {CALL_EACH_REMOVED, "each"},
    {CALL_PAGED, "paged"}, {CALL_FIXED_ONLY, "fixed_only"},
};

static json_t *text(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *texts(const char *const *list)
{
	json_t *out = json_array();

	for (; list && *list; list++)
		json_array_append_new(out, json_string(*list));
	return out;
}

static json_t *fields(const struct field *f);

static json_t *type(const struct type *t)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:b, s:b}", "kind", kinds[t->kind], "names", texts(t->names), "elem",
			 t->elem ? type(t->elem) : json_null(), "fields", t->fields ? fields(t->fields) : json_null(),
			 "encode", t->encode != NULL, "decode", t->decode != NULL);
}

static json_t *field(const struct field *f)
{
	json_t *flags = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(field_flags); i++)
		if (f->flags & field_flags[i].flag)
			json_array_append_new(flags, json_string(field_flags[i].name));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i}", "name", f->name, "type", type(f->type),
			 "flags", flags, "in", text(f->in), "out", text(f->out), "mod", text(f->mod), "dflt",
			 f->dflt ? json_loads(f->dflt, JSON_DECODE_ANY, NULL) : json_null(), "by", (int)f->by, "or_by",
			 (int)f->or_by, "clear", (int)f->clear);
}

static json_t *fields(const struct field *f)
{
	json_t *out = json_array();

	for (; f->name; f++)
		json_array_append_new(out, field(f));
	return out;
}

static json_t *call(const struct call *c)
{
	json_t *flags = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(call_flags); i++)
		if (c->flags & call_flags[i].flag)
			json_array_append_new(flags, json_string(call_flags[i].name));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:i, s:o}", "action", c->action, "body", text(c->body), "rows",
			 text(c->rows), "fixed", texts(c->fixed), "token", text(c->token), "page", (int)c->page,
			 "flags", flags);
}

static void calls(json_t *out, const char *what, const struct call *c, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n && c[i].action; i++)
		json_array_append_new(list, call(&c[i]));
	json_object_set_new(out, what, list);
}

static json_t *wait(const struct wait *w)
{
	if (!w)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "field", text(w->field), "ok", texts(w->ok), "bad", texts(w->bad));
}

static json_t *operation(const struct operation *o)
{
	if (!o)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "poll", call(&o->poll), "id", text(o->id), "status",
			 text(o->status), "ok", texts(o->ok), "bad", texts(o->bad), "why", text(o->why), "result",
			 text(o->result));
}

static json_t *scheme(const struct tag_scheme *s)
{
	json_t *out;

	if (!s)
		return json_null();
	out = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "in", text(s->in), "type_in", text(s->type_in), "out",
			text(s->out), "add_in", text(s->add_in), "remove_in", text(s->remove_in), "list_out",
			text(s->list_out));
	calls(out, "add", &s->add, 1);
	calls(out, "remove", &s->remove, 1);
	calls(out, "list", &s->list, 1);
	return out;
}

static void holders(json_t *out, const struct rtype *t)
{
	json_t *lists = json_array(), *releases = json_array();

	for (size_t i = 0; i < RTYPE_HOLDERS && t->holders[i]; i++) {
		json_array_append_new(lists, call(&t->holders[i]->list));
		if (t->holders[i]->release.action)
			json_array_append_new(releases, call(&t->holders[i]->release));
	}
	if (t->proof)
		json_array_append_new(lists, call(&t->proof->list));
	if (t->loss)
		json_array_append_new(lists, call(&t->loss->list));
	json_object_set_new(out, "holders", lists);
	json_object_set_new(out, "release", releases);
}

static json_t *rtype(const struct rtype *t)
{
	json_t *all = json_object();

	calls(all, "create", t->create, 2);
	calls(all, "then", t->then, 2);
	calls(all, "read", &t->read, 1);
	calls(all, "list", &t->list, 1);
	calls(all, "find", &t->find, 1);
	calls(all, "also", t->also, RTYPE_ALSO);
	calls(all, "update", t->update, RTYPE_UPDATES);
	calls(all, "delete", t->del, RTYPE_DELETES);
	calls(all, "reveal", &t->reveal, 1);
	holders(all, t);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "name", t->name,
			 "service", t->svc->name, "fields", fields(t->fields), "calls", all, "ready", wait(t->ready),
			 "gone", wait(t->gone), "operation", operation(t->operation), "tags", scheme(rtype_tags(t)),
			 "tagged", (t->flags & TAGGED) != 0, "tag_type", text(t->tag_type), "absent", texts(t->absent),
			 "busy", texts(t->busy), "clash", texts(t->clash), "fulfilled", texts(t->fulfilled), "retry",
			 texts(t->retry));
}

static json_t *service(const struct service *s)
{
	static const char *const protocols[] = {[PROTO_EC2] = "ec2",
						[PROTO_QUERY] = "query",
						[PROTO_JSON] = "json",
						[PROTO_REST_JSON] = "rest-json",
						[PROTO_REST_XML] = "rest-xml"};
	json_t *out = json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", s->name, "protocol", protocols[s->protocol],
				"version", text(s->version), "target", text(s->target), "signing", text(s->signing));

	if (s->paging)
		json_object_set_new(out, "paging",
				    json_pack("{s:o, s:o, s:o, s:o, s:i}", "token_in", text(s->paging->token_in),
					      "token_out", text(s->paging->token_out), "size", text(s->paging->size),
					      "more", text(s->paging->more), "max", (int)s->paging->max));
	return out;
}

int main(void)
{
	json_auto_t *all = json_pack("{s:[], s:[]}", "services", "types");

	for (const struct service *const *s = services; *s; s++)
		json_array_append_new(json_object_get(all, "services"), service(*s));
	for (const struct rtype *const *t = rtypes; *t; t++)
		json_array_append_new(json_object_get(all, "types"), rtype(*t));
	return json_dumpf(all, stdout, JSON_INDENT(1)) != 0;
}

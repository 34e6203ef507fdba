#include "providers/bind.h"
#include "base/buf.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>

/* A path that does not fit the tree is a mistake in a table, which the lint finds; never the user's. */
static void put(json_t *params, const char *path, json_t *value)
{
	if (path_put(params, path, value))
		BUG("path %s does not fit its request", path);
}

static json_t *to_wire(const struct type *type, const json_t *value);

static json_t *object_to_wire(const struct type *type, const json_t *value)
{
	json_t *out = json_object();

	for (const struct field *f = type->fields; f->name; f++) {
		json_t *v = json_object_get(value, f->name);

		if (f->in && v && !json_is_null(v))
			put(out, f->in, to_wire(f->type, v));
	}
	return out;
}

static json_t *array_to_wire(const struct type *type, const json_t *value)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(value); i++)
		json_array_append_new(out, to_wire(type->elem, json_array_get(value, i)));
	return out;
}

static json_t *map_to_wire(const struct type *type, const json_t *value)
{
	json_t *out = json_object(), *member;
	const char *key;

	json_object_foreach ((json_t *)value, key, member)
		json_object_set_new(out, key, to_wire(type->elem, member));
	return out;
}

/* New wire form of a fully resolved value. */
static json_t *to_wire(const struct type *type, const json_t *value)
{
	if (type->encode)
		return type->encode(value);
	switch (type->kind) {
	case KIND_OBJ:
		return object_to_wire(type, value);
	case KIND_LIST:
	case KIND_SET:
		return array_to_wire(type, value);
	case KIND_MAP:
		return map_to_wire(type, value);
	default:
		return json_incref((json_t *)value);
	}
}

static bool is_empty_value(const json_t *v)
{
	return !v || json_is_null(v) || (json_is_array(v) && !json_array_size(v)) ||
	       (json_is_object(v) && !json_object_size(v));
}

/* One "Path=text" or "Path:=JSON" member, split. */
struct fixed {
	char *path;
	const char *text;
	bool json;
};

/* The '=' of a path's [k=v] does not count. */
static struct fixed split_fixed(const char *s)
{
	struct fixed f = {0};
	const char *eq = s;
	int depth = 0;

	for (; *eq && (depth || *eq != '='); eq++)
		depth += *eq == '[' ? 1 : *eq == ']' ? -1 : 0;
	if (!*eq)
		BUG("fixed member without '=': %s", s);
	f.json = eq > s && eq[-1] == ':';
	f.path = xstrndup(s, (size_t)(eq - s) - f.json);
	f.text = eq + 1;
	return f;
}

/* JSON texts may hold {name} in their strings. New, NULL if one has no value. */
static json_t *fill_json(const json_t *v, const json_t *obj, const struct bind_ctx *ctx)
{
	json_t *out, *member, *filled;
	const char *key;

	if (json_is_string(v))
		return bind_value(json_string_value(v), obj, ctx);
	if (json_is_array(v)) {
		out = json_array();
		for (size_t i = 0; i < json_array_size(v); i++)
			if ((filled = fill_json(json_array_get(v, i), obj, ctx)))
				json_array_append_new(out, filled);
		return out;
	}
	if (!json_is_object(v))
		return json_incref((json_t *)v);
	out = json_object();
	json_object_foreach ((json_t *)v, key, member)
		if ((filled = fill_json(member, obj, ctx)))
			json_object_set_new(out, key, filled);
	return out;
}

static void put_fixed(json_t *params, const struct fixed *f, const json_t *obj, const struct bind_ctx *ctx)
{
	json_auto_t *parsed = NULL;
	json_t *value;

	if (!f->json) {
		value = bind_value(f->text, obj, ctx);
	} else {
		parsed = json_loads(f->text, JSON_DECODE_ANY, NULL);
		if (!parsed)
			BUG("fixed member is no JSON: %s", f->text);
		value = fill_json(parsed, obj, ctx);
	}
	if (value)
		put(params, f->path, value);
}

static void put_fixed_each(json_t *params, const struct fixed *f, const struct bind_ctx *ctx)
{
	const json_t *many = ctx->batch ? ctx->batch : ctx->parent;

	for (size_t i = 0; i < json_array_size(many); i++) {
		struct bind_ctx one = *ctx;
		const json_t *member = json_array_get(many, i);

		if (ctx->batch)
			one.batch = NULL;
		else
			one.parent = member;
		put_fixed(params, f, ctx->batch ? member : NULL, &one);
	}
}

static void put_all_fixed(json_t *params, const struct call *c, const json_t *obj, const struct bind_ctx *ctx)
{
	for (const char *const *s = c->fixed; s && *s; s++) {
		struct fixed f = split_fixed(*s);
		size_t n = strlen(f.path);
		bool each = n > 2 && !strcmp(f.path + n - 2, "[]");

		if (each && (json_is_array(ctx->batch) || json_is_array(ctx->parent)))
			put_fixed_each(params, &f, ctx);
		else
			put_fixed(params, &f, obj, ctx);
		free(f.path);
	}
}

static void run_build(const struct rtype *t, const struct call *c, const json_t *obj, json_t *params)
{
	if (t->hooks && t->hooks->build)
		t->hooks->build(c, obj, params);
}

static json_t *tags_to_wire(enum tag_shape shape, const json_t *tags)
{
	const char *names[] = {[TAGS_PAIRS_UPPER] = "Key", [TAGS_PAIRS_LOWER] = "key"};
	const char *values[] = {[TAGS_PAIRS_UPPER] = "Value", [TAGS_PAIRS_LOWER] = "value"};
	json_t *out, *value;
	const char *key;

	if (shape == TAGS_MAP)
		return json_deep_copy(tags);
	out = json_array();
	json_object_foreach ((json_t *)tags, key, value)
		json_array_append_new(out, json_pack("{s:s, s:O}", names[shape], key, values[shape], value));
	return out;
}

const struct tag_scheme *rtype_tags(const struct rtype *t)
{
	return t->tags ? t->tags : t->svc->tags;
}

static void put_create_tags(const struct rtype *t, json_t *params, const json_t *tags)
{
	const struct tag_scheme *scheme = rtype_tags(t);

	if (!(t->flags & TAGGED) || !scheme || !scheme->in || !json_object_size(tags))
		return;
	if (scheme->type_in && t->tag_type)
		put(params, scheme->type_in, json_string(t->tag_type));
	put(params, scheme->in, tags_to_wire(scheme->shape, tags));
}

json_t *bind_create(const struct rtype *t, const struct call *c, const json_t *obj, const json_t *tags,
		    const struct bind_ctx *ctx)
{
	json_t *params = json_object();

	for (const struct field *f = t->fields; f->name; f++) {
		json_t *v = json_object_get(obj, f->name);

		if (!f->in || (f->flags & (NOT_ON_CREATE | ON_DELETE | STATUS)) || is_empty_value(v))
			continue;
		if (val_has_special(v))
			BUG("field %s of a %s is sent before it is known", f->name, t->name);
		put(params, f->in, to_wire(f->type, v));
	}
	put_create_tags(t, params, tags);
	put_all_fixed(params, c, obj, ctx);
	run_build(t, c, obj, params);
	return params;
}

static bool in_names(const json_t *names, const char *name)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (!strcmp(json_string_value(json_array_get(names, i)), name))
			return true;
	return false;
}

/* Is c the update call, or one of the two, that the field names? */
static bool is_its_call(const struct rtype *t, const struct call *c, const struct field *f)
{
	if (!(f->mod || f->in) || (f->flags & (ON_DELETE | STATUS)))
		return false;
	if ((f->flags & CREATE_ONLY) && !f->mod)
		return false;
	return c == &t->update[f->by] || (f->or_by && c == &t->update[f->or_by - 1]);
}

static const char *update_path(const struct field *f)
{
	return f->mod ? f->mod : f->in;
}

/* Do both fields go into the same top member of the update request? */
static bool same_member(const struct field *f, const struct field *g)
{
	const char *a = update_path(f), *b = update_path(g);
	size_t n = strcspn(a, ".["), m = strcspn(b, ".[");

	return n == m && !strncmp(a, b, n);
}

static bool member_changes(const struct rtype *t, const struct call *c, const struct field *f, const json_t *changed)
{
	for (const struct field *g = t->fields; g->name; g++)
		if (in_names(changed, g->name) && is_its_call(t, c, g) && same_member(f, g))
			return true;
	return false;
}

static bool carries(const struct rtype *t, const struct call *c, const struct field *f, const json_t *changed)
{
	if (!is_its_call(t, c, f) || (c->flags & (CALL_FIXED_ONLY | CALL_EACH_ADDED | CALL_EACH_REMOVED)))
		return false;
	if ((c->flags & CALL_WHOLE) || in_names(changed, f->name))
		return true;
	return (c->flags & CALL_WHOLE_MEMBER) && member_changes(t, c, f, changed);
}

/* A field that goes, with nothing else of its member left: there is nothing to send. */
static bool has_rest(const struct rtype *t, const struct call *c, const struct field *f, const json_t *obj)
{
	for (const struct field *g = t->fields; g->name; g++) {
		json_t *v = json_object_get(obj, g->name);

		if (is_its_call(t, c, g) && same_member(f, g) && ((v && !json_is_null(v)) || g->null_text))
			return true;
	}
	return false;
}

bool call_carries(const struct rtype *t, const struct call *c, const json_t *obj, const json_t *changed)
{
	if (!c->action || !call_applies(c, obj))
		return false;
	for (const struct field *f = t->fields; f->name; f++) {
		json_t *v = json_object_get(obj, f->name);
		bool clears = f->clear && (!v || json_is_null(v));

		if (!in_names(changed, f->name))
			continue;
		if (clears && c == &t->update[f->clear - 1])
			return true;
		if (!clears && is_its_call(t, c, f) && (!(c->flags & CALL_WHOLE_MEMBER) || has_rest(t, c, f, obj)))
			return true;
	}
	return false;
}

json_t *bind_update(const struct rtype *t, const struct call *c, const json_t *obj, const json_t *changed,
		    const struct bind_ctx *ctx)
{
	json_t *params = json_object();

	for (const struct field *f = t->fields; f->name; f++) {
		json_t *v = json_object_get(obj, f->name);

		if (!carries(t, c, f, changed))
			continue;
		if (v && val_has_special(v))
			BUG("field %s of a %s is sent before it is known", f->name, t->name);
		if (v && !json_is_null(v))
			put(params, update_path(f), to_wire(f->type, v));
		else if (f->null_text && !f->clear && f->type->kind != KIND_MAP)
			put(params, update_path(f), json_string(f->null_text));
	}
	put_all_fixed(params, c, obj, ctx);
	run_build(t, c, obj, params);
	return params;
}

json_t *bind_fixed(const struct rtype *t, const struct call *c, const json_t *obj, const struct bind_ctx *ctx)
{
	json_t *params = json_object();

	if (c >= t->del && c < t->del + RTYPE_DELETES) {
		for (const struct field *f = t->fields; f->name; f++) {
			json_t *v = json_object_get(obj, f->name);

			if ((f->flags & ON_DELETE) && f->in && v && !val_has_special(v))
				put(params, f->in, to_wire(f->type, v));
		}
	}
	put_all_fixed(params, c, obj, ctx);
	run_build(t, c, obj, params);
	return params;
}

/* The context of a tag call; *id is owned by the caller. */
static struct bind_ctx tag_ctx(const struct rtype *t, const json_t *obj, const struct bind_ctx *ctx, char **id)
{
	struct bind_ctx c = *ctx;

	*id = NULL;
	if (t->tag_id && !strcmp(t->tag_id, "arn"))
		*id = object_arn(t, obj, ctx);
	else if (t->tag_id)
		*id = xstrdup(val_str(obj, t->tag_id) ? val_str(obj, t->tag_id) : "");
	c.tag_id = *id;
	c.tag_type = t->tag_type;
	return c;
}

json_t *bind_tags_add(const struct rtype *t, const json_t *obj, const json_t *tags, const struct bind_ctx *ctx)
{
	const struct tag_scheme *scheme = rtype_tags(t);
	char *id CLEANUP(freep) = NULL;
	struct bind_ctx c = tag_ctx(t, obj, ctx, &id);
	json_t *params = json_object();

	put_all_fixed(params, &scheme->add, obj, &c);
	put(params, scheme->add_in, tags_to_wire(scheme->shape, tags));
	return params;
}

json_t *bind_tags_remove(const struct rtype *t, const json_t *obj, const json_t *keys, const struct bind_ctx *ctx)
{
	const struct tag_scheme *scheme = rtype_tags(t);
	char *id CLEANUP(freep) = NULL;
	struct bind_ctx c = tag_ctx(t, obj, ctx, &id);
	json_t *params = json_object(), *list = json_array();

	put_all_fixed(params, &scheme->remove, obj, &c);
	for (size_t i = 0; i < json_array_size(keys); i++) {
		json_t *key = json_array_get(keys, i);

		json_array_append_new(list, scheme->remove_pairs ? json_pack("{s:O}", "Key", key) : json_incref(key));
	}
	put(params, scheme->remove_in, list);
	return params;
}

json_t *bind_tags_list(const struct rtype *t, const json_t *obj, const struct bind_ctx *ctx)
{
	char *id CLEANUP(freep) = NULL;
	struct bind_ctx c = tag_ctx(t, obj, ctx, &id);
	json_t *params = json_object();

	put_all_fixed(params, &rtype_tags(t)->list, obj, &c);
	return params;
}

char *bind_tags_action(const struct rtype *t, const struct call *c, const json_t *obj, const struct bind_ctx *ctx)
{
	char *id CLEANUP(freep) = NULL;
	struct bind_ctx tc = tag_ctx(t, obj, ctx, &id);

	return bind_action(c, obj, &tc);
}

void object_fade_keys(const struct rtype *t, json_t *obj, const json_t *live)
{
	for (const struct field *f = t->fields; f->name; f++) {
		json_t *have = json_object_get(live, f->name), *want = json_object_get(obj, f->name), *value;
		const char *key;

		if (f->type->kind != KIND_MAP || !f->null_text)
			continue;
		if (!want && json_object_size(have)) {
			want = json_object();
			json_object_set_new(obj, f->name, want);
		}
		json_object_foreach (have, key, value)
			if (!json_object_get(want, key))
				json_object_set_new(want, key, json_string(f->null_text));
	}
}

static bool is_told(const struct rtype *t, const struct field *f)
{
	bool names = (f->flags & ID) || (t->parent && !strcmp(f->name, t->parent));

	return (f->flags & TOLD) || (names && f->out && !*f->out);
}

/* New, or NULL if the request does not know it either. */
static json_t *told_value(const struct rtype *t, const struct field *f, const json_t *obj, const json_t *parent,
			  const struct bind_ctx *ctx)
{
	json_t *v = json_object_get(obj, f->name);
	char *arn CLEANUP(freep) = NULL;

	if (!v && t->parent && !strcmp(f->name, t->parent) && f->type->attr && json_is_object(parent))
		v = json_object_get(parent, f->type->attr);
	if (v)
		return val_has_special(v) ? NULL : json_incref(v);
	arn = (f->flags & TOLD) && !strcmp(f->name, "arn") ? object_arn(t, obj, ctx) : NULL;
	return arn ? json_string(arn) : NULL;
}

json_t *row_told(const struct rtype *t, const json_t *obj, const json_t *parent, const struct bind_ctx *ctx)
{
	json_t *told = json_object();

	for (const struct field *f = t->fields; f->name; f++) {
		json_t *v = is_told(t, f) ? told_value(t, f, obj, parent, ctx) : NULL;

		if (v)
			json_object_set_new(told, f->name, v);
	}
	return told;
}

bool call_applies(const struct call *c, const json_t *obj)
{
	const char *name = c->when;
	const json_t *v;
	bool negated, set;

	if (!name)
		return true;
	negated = *name == '!';
	v = json_object_get(obj, name + negated);
	set = json_is_boolean(v) ? json_is_true(v) : !is_empty_value(v);
	return set != negated;
}

char *object_key(const struct rtype *t, const json_t *obj)
{
	json_auto_t *key = json_array();

	for (const char *const *name = t->key; name && *name; name++) {
		json_t *v = json_object_get(obj, *name);

		if (v && val_has_special(v))
			return NULL;
		json_array_append_new(key, v ? json_incref(v) : json_null());
	}
	return json_array_size(key) ? val_text(key) : NULL;
}

char *object_arn(const struct rtype *t, const json_t *obj, const struct bind_ctx *ctx)
{
	const char *arn = val_str(obj, "arn");
	char *tail CLEANUP(freep) = NULL;

	if (arn)
		return xstrdup(arn);
	if (!t->arn || !ctx->partition)
		return NULL;
	tail = bind_text(t->arn, obj, ctx);
	return tail ? xasprintf("arn:%s:%s", ctx->partition, tail) : NULL;
}

/* Takes from *s what a placeholder stands for: up to the template's next literal character, all the rest at its end. */
static bool take(const char **s, char stop, char **ret)
{
	size_t n = stop ? strcspn(*s, (char[]){stop, '\0'}) : strlen(*s);

	if (!n || (stop && !(*s)[n]))
		return false;
	*ret = xstrndup(*s, n);
	*s += n;
	return true;
}

/* Matches one step of the template, literal or placeholder, and moves both pointers on. */
static bool match_step(const char **p, const char **s, json_t *obj)
{
	const char *end = **p == '{' ? strchr(*p, '}') : NULL;
	char *name CLEANUP(freep) = NULL;
	char *value CLEANUP(freep) = NULL;

	if (!end)
		return *(*p)++ == *(*s)++;
	name = xstrndup(*p + 1, (size_t)(end - *p - 1));
	*p = end + 1;
	if (!take(s, **p, &value))
		return false;
	if (name[0] != '@')
		json_object_set_new(obj, name, json_string(value));
	return true;
}

json_t *object_from_arn(const struct rtype *t, const char *arn)
{
	const char *p = t->arn, *s = strncmp(arn, "arn:", 4) ? NULL : strchr(arn + 4, ':');
	json_t *obj = json_object();
	bool ok = p && s;

	for (s = s ? s + 1 : s; ok && *p && *s;)
		ok = match_step(&p, &s, obj);
	if (ok && !*p && !*s)
		return obj;
	json_decref(obj);
	return NULL;
}

#include "engine/resolve.h"
#include "base/buf.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>

bool ref_split(const char *ref, char **ret_address, char **ret_path)
{
	const char *p = ref;

	/* service.kind.name.field: three dots. */
	for (int i = 0; i < 3; i++) {
		p = strchr(p, '.');
		if (!p)
			return false;
		p++;
	}
	*ret_address = xstrndup(ref, (size_t)(p - ref - 1));
	*ret_path = xstrdup(p);
	return true;
}

static json_t *resolve_aws(const struct resolver *r, const char *path)
{
	char *index = strrchr(path, '.');
	char *list CLEANUP(freep) = NULL;
	json_t *v;

	if (!index) {
		v = json_object_get(r->world->aws, path);
		return v ? json_incref(v) : NULL;
	}
	list = xstrndup(path, (size_t)(index - path));
	v = json_array_get(json_object_get(r->world->aws, list), (size_t)strtoul(index + 1, NULL, 10));
	return v ? json_incref(v) : NULL;
}

static const struct field *first_field(const struct rtype *t, const char *path)
{
	char *name CLEANUP(freep) = xstrndup(path, strcspn(path, ".["));

	return rtype_field(t, name);
}

static json_t *known_or_null(json_t *v)
{
	if (v && !val_has_special(v))
		return v;
	json_decref(v);
	return NULL;
}

static json_t *resolve_target(const struct resolver *r, const char *ref, const char *address, const char *path)
{
	struct target t = r->find(r->arg, address);
	const struct field *f = t.type ? first_field(t.type, path) : NULL;
	json_t *v = NULL;

	if (!f)
		return val_unknown(ref);
	if (f->flags & WRITE_ONLY) {
		const json_t *secret = r->secret ? r->secret(r->arg, address, path) : NULL;

		return secret ? json_incref((json_t *)secret) : val_special(V_REF, json_string(ref));
	}
	/* What is wished for will be so; what AWS chooses is known only of what stays. */
	if (t.want && (f->in || !(f->flags & COMPUTED)))
		v = known_or_null(path_get(t.want, path));
	if (!v && t.have && !(t.updated && (f->flags & VOLATILE)))
		v = known_or_null(path_get(t.have, path));
	return v ? v : val_unknown(ref);
}

static json_t *resolve_ref(const struct resolver *r, const char *ref)
{
	char *address CLEANUP(freep) = NULL, *path CLEANUP(freep) = NULL;
	json_t *v;

	if (!strncmp(ref, "aws.", 4)) {
		v = resolve_aws(r, ref + 4);
		return v ? v : val_unknown(ref);
	}
	if (!ref_split(ref, &address, &path))
		return val_unknown(ref);
	return resolve_target(r, ref, address, path);
}

/* Text if all parts are known; unknown if one is; with secrets in it the join of what is left. */
static json_t *resolve_join(const struct resolver *r, const json_t *parts)
{
	struct buf text = BUF(BUF_TEXT_MAX);
	json_auto_t *left = json_array();
	json_t *unknown = NULL, *result;
	bool secret = false;

	for (size_t i = 0; i < json_array_size(parts); i++) {
		json_t *part = resolve(r, json_array_get(parts, i), NULL);

		if (val_is_unknown(part) && !unknown)
			unknown = part;
		secret |= val_operand(part, V_REF) != NULL;
		if (json_is_string(part)) {
			buf_adds(&text, json_string_value(part));
		} else if (!val_has_special(part)) {
			char *t CLEANUP(freep) = val_text(part);

			buf_adds(&text, t);
		}
		json_array_append_new(left, part);
	}
	if (unknown)
		result = json_incref(unknown);
	else if (secret)
		result = val_special(V_JOIN, json_incref(left));
	else
		result = json_string(buf_str(&text));
	buf_wipe(&text);
	return result;
}

#define UNRELEASED ":unreleased"

/* A release runs if the task definition in AWS has an image that somebody pushed. */
static json_t *resolve_released(const struct resolver *r, const json_t *operand)
{
	const char *address = json_string_value(json_array_get(operand, 0));
	const struct object *o = address ? world_find(r->world, address) : NULL;
	json_auto_t *image = o ? path_get(o->fields, "containers[0].image") : NULL;
	const char *s = json_string_value(image);
	size_t n = s ? strlen(s) : 0, m = strlen(UNRELEASED);

	if (!s || (n >= m && !strcmp(s + n - m, UNRELEASED)))
		return json_integer(0);
	return resolve(r, json_array_get(operand, 1), NULL);
}

/* What is live at the place of a list's member: that of the same name, as AWS orders lists of named things anew. */
static const json_t *counterpart(const json_t *member, const json_t *live, size_t i)
{
	const char *name = val_str(member, "name");
	size_t n = name && val_str(json_array_get(live, 0), "name") ? json_array_size(live) : 0;

	if (!n)
		return json_array_get(live, i);
	for (size_t k = 0; k < n; k++) {
		const char *other = val_str(json_array_get(live, k), "name");

		if (other && !strcmp(name, other))
			return json_array_get(live, k);
	}
	return NULL;
}

static json_t *resolve_members(const struct resolver *r, const json_t *value, const json_t *live)
{
	json_t *out, *member;
	const char *key;

	if (json_is_array(value)) {
		out = json_array();
		for (size_t i = 0; i < json_array_size(value); i++) {
			member = json_array_get(value, i);
			json_array_append_new(out, resolve(r, member, counterpart(member, live, i)));
		}
		return out;
	}
	if (!json_is_object(value))
		return json_incref((json_t *)value);
	out = json_object();
	json_object_foreach ((json_t *)value, key, member)
		json_object_set_new(out, key, resolve(r, member, json_object_get(live, key)));
	return out;
}

json_t *resolve(const struct resolver *r, const json_t *value, const json_t *live)
{
	const json_t *operand;

	if ((operand = val_operand(value, V_REF)))
		return resolve_ref(r, json_string_value(operand));
	if ((operand = val_operand(value, V_JOIN)))
		return resolve_join(r, operand);
	if ((operand = val_operand(value, V_KEEP)))
		return live ? json_incref((json_t *)live) : resolve(r, operand, NULL);
	if ((operand = val_operand(value, V_RELEASED)))
		return resolve_released(r, operand);
	if (val_operand(value, V_UNKNOWN) || val_operand(value, V_GENERATE))
		return json_incref((json_t *)value);
	return resolve_members(r, value, live);
}

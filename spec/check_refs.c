/* References between resources: does the target exist, is it of the right kind, and would it show a secret? */
#include "base/path.h"
#include "base/value.h"
#include "spec/check_impl.h"
#include "spec/ref.h"

#include <string.h>

struct walk {
	struct checker *c;
	const struct field *field; /* the one at the top */
};

static bool reported(const struct checker *c, const char *ref)
{
	return c->x && json_object_get(c->x->bad, ref);
}

static void mark(const struct checker *c, const char *ref)
{
	if (c->x)
		json_object_set_new(c->x->bad, ref, json_true());
}

/* The target's type if all is well, else NULL after an error. */
static const struct rtype *find_target(const struct walk *w, const char *ref, const struct field **ret_field)
{
	const struct rtype *t;
	char *address CLEANUP(freep) = NULL;
	const char *path;

	if (!ref_target(ref, &t, &address, &path) || !spec_find(w->c->spec, address)) {
		check_report(w->c, ref_pos(w->c, ref, w->field->name), "${%s} refers to what is not there.",
			     ref_written(w->c, ref));
		return NULL;
	}
	*ret_field = ref_field(t, path);
	if (*ret_field && !((*ret_field)->flags & STATUS) && path_valid(path))
		return t;
	check_report(w->c, ref_pos(w->c, ref, w->field->name), "${%s}: %s has no field \"%s\".", ref_written(w->c, ref),
		     t->name, path);
	return NULL;
}

static int check_ref(void *arg, const char *ref)
{
	const struct walk *w = arg;
	const struct field *f = NULL;

	if (ref_is_fact(ref) || reported(w->c, ref))
		return 0;
	if (!find_target(w, ref, &f)) {
		mark(w->c, ref);
		return 0;
	}
	if (!(f->flags & (SENSITIVE | WRITE_ONLY)) || (w->field->flags & SENSITIVE))
		return 0;
	check_report(w->c, ref_pos(w->c, ref, w->field->name),
		     "${%s} is a secret, and field %s would show it in AWS and in plans.", ref_written(w->c, ref),
		     w->field->name);
	check_hint(w->c, "Give a secret to a service by name, as secrets: [DATABASE_URL].");
	mark(w->c, ref);
	return 0;
}

/* "vpc" must be the id of an ec2.vpc, not anything that happens to be text. */
static void check_kind(const struct walk *w, const struct type *type, const char *ref)
{
	const struct rtype *t = NULL;
	char *address CLEANUP(freep) = NULL;
	const char *path;

	if (!type->target || !ref_target(ref, &t, &address, &path) || reported(w->c, ref))
		return;
	if (!strcmp(t->name, type->target) && !strcmp(path, type->attr))
		return;
	check_report(w->c, ref_pos(w->c, ref, w->field->name),
		     "%s must refer to field %s of an %s, and ${%s} does not.", w->field->name, type->attr,
		     type->target, ref_written(w->c, ref));
}

static void walk_type(const struct walk *w, const struct type *type, const json_t *v)
{
	const char *ref = json_string_value(val_operand(v, V_REF)), *key;
	json_t *member;

	if (ref) {
		check_kind(w, type, ref);
		return;
	}
	if (type->kind == KIND_LIST || type->kind == KIND_SET) {
		for (size_t i = 0; i < json_array_size(v); i++)
			walk_type(w, type->elem, json_array_get(v, i));
	} else if (type->kind == KIND_MAP) {
		json_object_foreach ((json_t *)v, key, member)
			walk_type(w, type->elem, member);
	} else if (type->kind == KIND_OBJ) {
		for (const struct field *f = type->fields; f->name; f++)
			if (json_object_get(v, f->name))
				walk_type(w, f->type, json_object_get(v, f->name));
	}
}

void check_field_refs(struct checker *c, const struct field *f, const json_t *value)
{
	struct walk w = {.c = c, .field = f};

	val_each_ref(value, check_ref, &w);
	walk_type(&w, f->type, value);
}

/* Secrets on their way from one object to another: read when needed, held in memory only. */
#include "base/err.h"
#include "base/path.h"
#include "engine/node.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

static char *secret_key(const char *address, const char *field)
{
	return xasprintf("%s\n%s", address, field);
}

const json_t *applier_secret(void *arg, const char *address, const char *field)
{
	struct applier *ap = arg;
	char *key CLEANUP(freep) = secret_key(address, field);

	return json_object_get(ap->secrets, key);
}

/* Letters and digits only: the value goes into connection URLs and shells unharmed. */
static json_t *generate(size_t length)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	char text[129];
	json_t *value;

	if (length == 0 || length >= sizeof(text))
		BUG("a secret of %zu characters", length);
	for (size_t i = 0; i < length;) {
		unsigned char r;

		if (RAND_bytes(&r, 1) != 1)
			BUG("the random source failed");
		/* 248 is the largest multiple of 62: the rest would favour some letters. */
		if (r < 248)
			text[i++] = alphabet[r % 62];
	}
	text[length] = '\0';
	value = json_string(text);
	wipe(text, sizeof(text));
	return value;
}

static void make_generated(struct node *n)
{
	const struct action *a = n->action;

	for (const struct field *f = a->type->fields; f->name; f++) {
		const json_t *g = val_operand(json_object_get(a->resource->want, f->name), V_GENERATE);
		char *key CLEANUP(freep) = g ? secret_key(a->address, f->name) : NULL;

		if (g && !json_object_get(n->ap->secrets, key))
			json_object_set_new(n->ap->secrets, key, generate((size_t)val_int(g, "length", 32)));
	}
}

void node_forget_secrets(struct node *n)
{
	for (const struct field *f = n->action->type->fields; f->name; f++) {
		char *key CLEANUP(freep) = f->flags & WRITE_ONLY ? secret_key(n->action->address, f->name) : NULL;

		if (key)
			json_object_del(n->ap->secrets, key);
	}
}

struct missing {
	struct node *n;
	char *address, *field;
};

static int find_missing(void *arg, const char *ref)
{
	struct missing *m = arg;
	char *address CLEANUP(freep) = NULL, *path CLEANUP(freep) = NULL;
	const struct rtype *t;
	const struct field *f;

	if (!ref_split(ref, &address, &path))
		return 0;
	t = rtype_of_address(address, NULL);
	f = t ? rtype_field(t, path) : NULL;
	if (!f || !(f->flags & WRITE_ONLY) || applier_secret(m->n->ap, address, path))
		return 0;
	m->address = xstrdup(address);
	m->field = xstrdup(path);
	return 1;
}

static void revealed(void *arg, struct op_result *res)
{
	struct node *n = arg;
	json_t *value = res->outcome == OP_OK ? path_get(res->answer->body, n->secret_type->reveal.body) : NULL;

	if (value) {
		json_object_set_new(n->ap->secrets, n->secret_key, value);
		node_enter(n, STEP_SECRETS);
		return;
	}
	if (res->outcome == OP_OK || res->outcome == OP_ABSENT) {
		diag_error(n->ap->d, ERR_ABSENT, "%s: a secret that it needs cannot be read.", n->action->address);
		node_fail(n, ERR_ABSENT);
	} else if (!node_wait_out(n, res)) {
		node_fail_op(n, res);
	}
}

static void reveal(struct node *n, const char *address, const char *field)
{
	const struct object *o = world_find(n->ap->req->world, address);
	struct op_request req = {.type = o ? o->type : NULL, .intent = CALL_READ, .secret = true};

	if (!o || !o->type->reveal.action) {
		diag_error(n->ap->d, ERR_ABSENT, "%s: %s.%s is a secret that cannot be read back.", n->action->address,
			   address, field);
		node_fail(n, ERR_ABSENT);
		return;
	}
	free(n->secret_key);
	n->secret_key = secret_key(address, field);
	n->secret_type = o->type;
	req.call = &o->type->reveal;
	req.obj = o->fields;
	node_send(n, &req, revealed);
}

/* A $generate is replaced by what was made for it; an update leaves such a field alone. */
json_t *node_raw_want(struct node *n)
{
	const json_t *want = n->action->resource->want;
	json_t *out = json_copy((json_t *)want);

	for (const struct field *f = n->action->type->fields; f->name; f++) {
		const json_t *made = NULL;

		if (val_operand(json_object_get(want, f->name), V_GENERATE))
			made = applier_secret(n->ap, n->action->address, f->name);
		if (made)
			json_object_set(out, f->name, (json_t *)made);
	}
	return out;
}

static bool is_carried(const struct field *f, const struct rtype *t, const struct call *c)
{
	return c == &t->update[f->by] && (f->mod || (f->in && !(f->flags & CREATE_ONLY)));
}

/* An update that says all again says the secret too, whatever it is that changes. */
static bool rewrites_secret(const struct node *n, const struct field *changed)
{
	const struct rtype *t = n->action->type;
	const struct call *c = &t->update[changed->by];

	if (!(c->flags & CALL_WHOLE) || !is_carried(changed, t, c))
		return false;
	for (const struct field *f = t->fields; f->name; f++)
		if ((f->flags & WRITE_ONLY) && is_carried(f, t, c))
			return true;
	return false;
}

/* Fields that only the secret of another object can fill are read only for a request that will carry them. */
static bool carries_secrets(const struct node *n)
{
	if (n->kind == NODE_CREATE)
		return true;
	for (size_t i = 0; i < n->action->n_change; i++) {
		const struct change *c = &n->action->change[i];
		const struct field *f = c->flags & CHANGE_TAG ? NULL : rtype_field(n->action->type, c->field);

		if ((c->flags & CHANGE_SENSITIVE) || (f && rewrites_secret(n, f)))
			return true;
	}
	return false;
}

/* A secret that was generated once is known to AWS alone; NULL if there is none to be read. */
static const char *generated_before(const struct node *n, const json_t *want)
{
	for (const struct field *f = n->action->type->fields; f->name && n->kind == NODE_UPDATE; f++)
		if ((f->flags & WRITE_ONLY) && val_operand(json_object_get(want, f->name), V_GENERATE))
			return f->name;
	return NULL;
}

void node_drop_secrets(struct node *n)
{
	if (carries_secrets(n))
		return;
	for (const struct field *f = n->action->type->fields; f->name; f++)
		if (f->flags & WRITE_ONLY)
			json_object_del(n->want, f->name);
}

void enter_secrets(struct node *n)
{
	struct missing m = {.n = n};
	json_auto_t *want = NULL;

	if (n->kind == NODE_CREATE)
		make_generated(n);
	want = node_raw_want(n);
	if (carries_secrets(n) && generated_before(n, want)) {
		reveal(n, n->action->address, generated_before(n, want));
		return;
	}
	if (carries_secrets(n) && val_each_ref(want, find_missing, &m)) {
		reveal(n, m.address, m.field);
		free(m.address);
		free(m.field);
		return;
	}
	if (node_resolve(n))
		node_enter(n, STEP_REFERENCES);
}

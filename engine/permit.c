/* What each call of a spec's types, and the engine itself, must be allowed. */
#include "engine/permit_int.h"
#include "engine/resolve.h"
#include "providers/config.h"

#include <stdlib.h>
#include <string.h>

/* ---- conditions ---- */

/* New {"StringEquals": …}: the tags of this app and environment, of the "Resource" or in the "Request". */
static json_t *our_tags(const struct permit *p, const char *whose)
{
	char *app CLEANUP(freep) = xasprintf("aws:%sTag/berth:app", whose);
	char *env CLEANUP(freep) = xasprintf("aws:%sTag/berth:env", whose);

	return json_pack("{s:{s:s, s:s}}", "StringEquals", app, p->spec->app, env, p->spec->env);
}

/* Global services know no region. */
static bool is_global(const char *action)
{
	return !strncmp(action, "iam:", 4) || !strncmp(action, "route53:", 8);
}

/* Borrowed: what one operator compares, made if there is nothing yet. */
static json_t *keys_of(json_t *condition, const char *operator)
{
	json_t *keys = json_object_get(condition, operator);

	if (!keys) {
		keys = json_object();
		json_object_set_new(condition, operator, keys);
	}
	return keys;
}

/* Where there are no resources, the region at least. */
static json_t *in_region(const struct permit *p, const char *action, json_t *condition)
{
	if (is_global(action))
		return condition;
	if (!condition)
		condition = json_object();
	json_object_set_new(keys_of(condition, "StringEquals"), "aws:RequestedRegion", json_string(p->region));
	return condition;
}

/* Adds "StringEquals iam:PassedToService ecs-tasks.amazonaws.com", the values filled. */
static json_t *add_condition(const struct permit *p, const struct resource *r, const char *under, json_t *condition)
{
	size_t a = strcspn(under, " "), b = a + 1 + strcspn(under + a + 1, " ");
	char *operator CLEANUP(freep) = xstrndup(under, a), *key CLEANUP(freep) = xstrndup(under + a + 1, b - a - 1);
	json_t *values = json_array(), *one;

	if (!condition)
		condition = json_object();
	for (under += b; *under;) {
		size_t n = strcspn(++under, " ");
		char *word CLEANUP(freep) = xstrndup(under, n);
		char *text CLEANUP(freep) = permit_text(p, r, word, false);

		json_array_append_new(values, json_string(text));
		under += n;
	}
	one = json_array_size(values) == 1 ? json_incref(json_array_get(values, 0)) : json_incref(values);
	json_decref(values);
	json_object_set_new(keys_of(condition, operator), key, one);
	return condition;
}

/* ---- calls ---- */

/* One call, or row of grants, being turned into rules. */
struct asking {
	struct permit *p;
	const struct resource *r;
	const char *action; /* as IAM calls it */
	const char *under;  /* its own condition, or NULL */
	json_t *(*narrow)(const struct permit *p,
			  const struct resource *r); /* what tells shared objects apart; or NULL */
	bool creates;                                /* the first pattern is that of what is made */
};

static json_t *by_tag(const struct permit *p, const struct resource *r)
{
	(void)r;
	return our_tags(p, "Resource");
}

static json_t *by_new_tag(const struct permit *p, const struct resource *r)
{
	(void)r;
	return our_tags(p, "Request");
}

/* Tags that a create gives. */
static json_t *by_creating(const struct permit *p, const struct resource *r)
{
	const char *key = r->type->svc->iam_creating;
	json_t *condition = our_tags(p, "Request");

	if (key)
		json_object_set(json_object_get(condition, "StringEquals"), key,
				json_object_get(p->creating, r->type->svc->name));
	else
		json_object_set_new(condition, "Null", json_pack("{s:s}", "aws:ResourceTag/berth:app", "true"));
	return condition;
}

/* Where IAM sees only the request: it may give no other app's tags. */
static json_t *by_no_other_tag(const struct permit *p, const struct resource *r)
{
	json_auto_t *ours = our_tags(p, "Request");

	(void)r;
	return json_pack("{s:O}", "StringEqualsIfExists", json_object_get(ours, "StringEquals"));
}

static void ask_pattern(void *arg, const struct pattern *pattern)
{
	struct asking *a = arg;
	bool any = !strcmp(pattern->text, "*");
	json_t *condition = NULL;

	if (a->narrow && (pattern->shared || (any && a->narrow != by_tag)))
		condition = a->narrow(a->p, a->r);
	if (a->under)
		condition = add_condition(a->p, a->r, a->under, condition);
	if (any)
		condition = in_region(a->p, a->action, condition);
	permit_rule(a->p, a->action, pattern->text, condition);
	/* What a new object is made in exists already. */
	if (a->creates && a->narrow == by_new_tag)
		a->narrow = by_tag;
}

/* "CreateVpc" -> "ec2:CreateVpc", "GET /v2/apis" -> "apigateway:GET". New. */
static char *action_of(const struct service *svc, const struct call *c)
{
	return xasprintf("%s:%.*s", svc->iam, (int)strcspn(c->action, " "), c->action);
}

static const char *path_in(const char *action)
{
	return strchr(action, ' ');
}

/* By path: the object's own can be told by its tags, and that of a create by those that it gives. */
static void ask_path(struct asking *a, const struct call *c)
{
	const struct rtype *t = a->r->type;
	struct pattern pattern = pattern_of_path(a->p, t, path_in(c->action) + 1);
	bool own = t->read.action && !strcmp(path_in(c->action), path_in(t->read.action));

	if (!(t->flags & TAGGED) || (!own && !a->creates))
		a->narrow = NULL;
	ask_pattern(a, &pattern);
	free(pattern.text);
}

static void ask(struct asking a, const struct call *c, const char *on)
{
	char *action CLEANUP(freep) = NULL;

	if (!c->action)
		return;
	action = action_of(a.r->type->svc, c);
	a.action = action;
	a.under = c->under;
	if (a.r->type->svc->flags & SVC_METHODS)
		ask_path(&a, c);
	else
		patterns_each(a.p, a.r, c->on ? c->on : on, ask_pattern, &a);
}

static void ask_read(struct permit *p, const struct resource *r, const struct call *c, const char *on)
{
	ask((struct asking){.p = p, .r = r}, c, r->type->svc->flags & SVC_READS_ALL ? "*" : on);
}

static void ask_write(struct permit *p, const struct resource *r, const struct call *c)
{
	ask((struct asking){.p = p, .r = r, .narrow = by_tag}, c, ".");
}

/* ---- one resource ---- */

static bool is_set(const json_t *want, const char *field)
{
	const json_t *v = json_object_get(want, field);

	return v && !json_is_null(v) && !(json_is_array(v) && !json_array_size(v));
}

/* Only a wish for a field can make it be changed: no right to take off what no spec speaks of. */
static bool update_wished(const struct resource *r, unsigned update)
{
	for (const struct field *f = r->type->fields; f->name; f++) {
		bool carried = f->by == update || f->or_by == update + 1 || f->clear == update + 1;
		bool settable = (f->in || f->mod) && !(f->flags & (CREATE_ONLY | ON_DELETE));

		if (carried && settable && (is_set(r->want, f->name) || (f->flags & COMPUTED && f->dflt)))
			return true;
	}
	return false;
}

static void ask_tagging(struct permit *p, const struct resource *r)
{
	const struct rtype *t = r->type;
	const struct tag_scheme *scheme = rtype_tags(t);
	/* Calls for tags go by the ARN that names the object, one of those of `iam`. */
	const char *on = t->arn ? t->arn : ".";

	if (scheme->add.on) {
		ask((struct asking){.p = p, .r = r, .narrow = by_no_other_tag}, &scheme->add, on);
	} else {
		ask((struct asking){.p = p, .r = r, .narrow = by_creating}, &scheme->add, on);
		ask((struct asking){.p = p, .r = r, .narrow = by_tag}, &scheme->add, on);
	}
	ask((struct asking){.p = p, .r = r, .narrow = by_tag}, &scheme->remove, on);
}

static void ask_grant(struct permit *p, const struct resource *r, const struct grant *g)
{
	for (const char *at = g->actions; *at;) {
		size_t n = strcspn(at, " ");
		char *action CLEANUP(freep) = xstrndup(at, n);
		struct asking a = {.p = p, .r = r, .action = action, .under = g->under};

		if (!g->when || is_set(r->want, g->when))
			patterns_each(p, r, g->on, ask_pattern, &a);
		at += n + strspn(at + n, " ");
	}
}

static void ask_reads(struct permit *p, const struct resource *r)
{
	const struct rtype *t = r->type;

	ask_read(p, r, &t->read, ".");
	ask_read(p, r, &t->list, "*");
	ask_read(p, r, &t->find, "*");
	for (size_t i = 0; i < RTYPE_ALSO; i++)
		if (t->also[i].action && (!(t->also[i].flags & CALL_WISHED) || call_applies(&t->also[i], r->want)))
			ask_read(p, r, &t->also[i], ".");
	if (t->flags & INVENTORY_TAGS)
		ask_read(p, r, &rtype_tags(t)->list, t->arn ? t->arn : ".");
}

static void ask_waits(struct permit *p, const struct resource *r)
{
	const struct rtype *t = r->type;

	if (t->operation)
		ask_read(p, r, &t->operation->poll, ".");
	for (size_t i = 0; i < RTYPE_HOLDERS && t->holders[i]; i++) {
		ask_read(p, r, &t->holders[i]->list, "*");
		ask_write(p, r, &t->holders[i]->release);
	}
	if (t->proof)
		ask_read(p, r, &t->proof->list, "*");
	if (t->loss)
		ask_read(p, r, &t->loss->list, "*");
}

static void ask_writes(struct permit *p, const struct resource *r)
{
	const struct rtype *t = r->type;
	bool tagged = (t->flags & TAGGED) != 0;

	for (size_t i = 0; i < ARRAY_SIZE(t->create); i++)
		ask((struct asking){.p = p, .r = r, .narrow = tagged ? by_new_tag : by_tag, .creates = true},
		    &t->create[i], ".");
	for (size_t i = 0; i < ARRAY_SIZE(t->then); i++)
		ask_write(p, r, &t->then[i]);
	for (unsigned i = 0; i < RTYPE_UPDATES; i++)
		if (update_wished(r, i))
			ask_write(p, r, &t->update[i]);
	for (size_t i = 0; i < RTYPE_DELETES; i++)
		ask_write(p, r, &t->del[i]);
	if (tagged)
		ask_tagging(p, r);
	for (const struct grant *g = t->grants; g && g->actions; g++)
		ask_grant(p, r, g);
}

/* ---- secrets that others refer to ---- */

struct revealing {
	struct permit *p;
	const struct resource *to;
};

static int reveal(void *arg, const char *ref)
{
	struct revealing *v = arg;
	char *address CLEANUP(freep) = NULL, *path CLEANUP(freep) = NULL;
	const struct resource *from = ref_split(ref, &address, &path) ? spec_find(v->p->spec, address) : NULL;
	const struct field *f = from ? rtype_field(from->type, path) : NULL;

	if (f && f->flags & WRITE_ONLY)
		ask_read(v->p, from, &from->type->reveal, ".");
	return 0;
}

/* ---- the engine's own ---- */

static int is_zone(void *arg, const char *ref)
{
	(void)arg;
	return !strncmp(ref, "aws.zone", strlen("aws.zone"));
}

static void ask_any(struct permit *p, const char *action)
{
	permit_rule(p, action, "*", in_region(p, action, NULL));
}

static void ask_zones(struct permit *p)
{
	for (size_t i = 0; i < p->spec->n; i++)
		if (val_each_ref(p->spec->resource[i].want, is_zone, NULL)) {
			ask_any(p, "ec2:DescribeAvailabilityZones");
			return;
		}
}

/* The lease: its parameter lies where no app may read. */
static void ask_lease(struct permit *p)
{
	static const char *const actions[] = {"ssm:PutParameter", "ssm:GetParameter", "ssm:DeleteParameter",
					      "ssm:AddTagsToResource"};
	char *arn CLEANUP(freep) =
	    xasprintf("arn:%s:ssm:%s:%s:parameter/berth/%s/*", p->partition, p->region, p->account, p->spec->prefix);

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		permit_rule(p, actions[i], arn, NULL);
}

/* What `berth secrets` asks for, and a teardown. The app's parameters lie below its own path. */
static void ask_secrets(struct permit *p)
{
	static const char *const actions[] = {"ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameter",
					      "ssm:AddTagsToResource", "ssm:ListTagsForResource"};
	const char *name;
	json_t *parameter;

	json_object_foreach (p->spec->secrets, name, parameter) {
		char *arn CLEANUP(freep) = xasprintf("arn:%s:ssm:%s:%s:parameter%s", p->partition, p->region,
						     p->account, json_string_value(parameter));

		for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
			permit_rule(p, actions[i], arn, NULL);
	}
}

/* ---- the whole ---- */

static struct target wish_target(void *arg, const char *address)
{
	const struct permit *p = arg;
	const struct resource *r = spec_find(p->spec, address);

	return (struct target){.want = r ? r->want : NULL, .type = r ? r->type : NULL};
}

/* Names are told by the spec alone, also through references. */
static void resolve_wants(struct permit *p)
{
	struct world world;
	struct resolver resolver = {.world = &world, .spec = p->spec, .find = wish_target, .arg = p};

	world_init(&world);
	json_object_set_new(world.aws, "partition", json_string(p->partition));
	json_object_set_new(world.aws, "region", json_string(p->region));
	json_object_set_new(world.aws, "account", json_string(p->account));
	for (size_t i = 0; i < p->spec->n; i++) {
		const struct resource *r = &p->spec->resource[i];

		json_object_set_new(p->wants, r->address, resolve(&resolver, r->want, NULL));
	}
	world_release(&world);
}

static void note_creates(struct permit *p)
{
	for (size_t i = 0; i < p->spec->n; i++) {
		const struct rtype *t = p->spec->resource[i].type;
		json_t *list = json_object_get(p->creating, t->svc->name);

		if (!(t->flags & TAGGED))
			continue;
		if (!list) {
			list = json_array();
			json_object_set_new(p->creating, t->svc->name, list);
		}
		for (size_t k = 0; k < ARRAY_SIZE(t->create) && t->create[k].action; k++)
			json_array_append_new(list, json_string(t->create[k].action));
	}
}

static void sort_creates(struct permit *p)
{
	const char *svc;
	json_t *list;
	void *next;

	json_object_foreach_safe (p->creating, next, svc, list)
		json_object_set_new(p->creating, svc, val_sorted_set(list));
}

static bool has_type(const struct spec *spec, const struct rtype *t)
{
	for (size_t i = 0; i < spec->n; i++)
		if (spec->resource[i].type == t)
			return true;
	return false;
}

/* What the spec does not speak of any more is looked for too: it may be left over, or use what is to be replaced. */
static void ask_other_types(struct permit *p)
{
	json_auto_t *nothing = json_object();

	for (const struct rtype *const *t = rtypes; *t; t++) {
		char address[] = "";
		struct resource none = {.address = address, .type = *t, .want = nothing};

		if (!has_type(p->spec, *t))
			ask_reads(p, &none);
	}
}

static void ask_all(struct permit *p, bool read_only)
{
	ask_any(p, "tag:GetResources");
	ask_zones(p);
	ask_other_types(p);
	for (size_t i = 0; i < p->spec->n; i++) {
		const struct resource *r = &p->spec->resource[i];
		struct revealing v = {.p = p, .to = r};

		ask_reads(p, r);
		if (read_only)
			continue;
		ask_waits(p, r);
		ask_writes(p, r);
		val_each_ref(r->want, reveal, &v);
	}
	if (read_only)
		return;
	ask_lease(p);
	ask_secrets(p);
}

json_t *permit_documents(const struct spec *spec, const struct permit_options *o)
{
	struct permit p = {.spec = spec,
			   .partition = aws_partition_of(spec->region)->id,
			   .account = o->account      ? o->account
				      : spec->account ? spec->account
						      : "*",
			   .region = spec->region,
			   .wants = json_object(),
			   .creating = json_object(),
			   .rules = json_object()};
	json_t *documents;

	resolve_wants(&p);
	note_creates(&p);
	sort_creates(&p);
	ask_all(&p, o->read_only);
	documents = permit_divide(permit_statements(&p));
	json_decref(p.wants);
	json_decref(p.creating);
	json_decref(p.rules);
	return documents;
}

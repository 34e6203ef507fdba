#include "engine/secrets.h"
#include "base/err.h"
#include "base/value.h"
#include "engine/adopt.h"
#include "engine/plan_int.h"
#include "providers/secret.h"
#include "providers/service.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_A_CALL 10 /* of GetParameters */
#define ADDRESS "ssm.parameter.secret-"

char *secret_address(const char *name)
{
	return xasprintf(ADDRESS "%s", name);
}

bool secret_is_wanted(const struct spec *spec, const char *address, const json_t *fields)
{
	const json_t *parameter = strncmp(address, ADDRESS, strlen(ADDRESS)) != 0
				      ? NULL
				      : json_object_get(spec->secrets, address + strlen(ADDRESS));

	return parameter && json_equal(parameter, json_object_get(fields, "name"));
}

void secrets_set_apart(const struct spec *spec, struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct object *o = w->object[i];

		o->apart = o->standing == OWNED && secret_is_wanted(spec, o->address, o->fields);
	}
}

const char *secret_flaw(const char *value)
{
	if (!*value)
		return "is empty, and AWS takes no empty one";
	if (strlen(value) > SECRET_MAX)
		return "is longer than the 4096 bytes that the Parameter Store takes";
	if (strstr(value, "{{"))
		return "has {{ in it, which the Parameter Store refuses";
	return NULL;
}

/* ---- calls that are waited for ---- */

struct waiting {
	struct session *s;
	struct diag *d;
	size_t open;
	int rc;
};

struct asked {
	struct waiting *w;
	const char *action;
	struct secrets *all; /* GetParameters: where the answers go */
	struct secret *one;  /* others: what it is about */
	char code[64];       /* of the error; "" if none */
	bool unsure;
	bool quiet; /* errors are the caller's to tell */
};

static void take_parameters(struct secrets *l, const json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		const char *name = val_str(row, "Name"), *value = val_str(row, "Value");

		for (size_t k = 0; name && k < l->n; k++) {
			struct secret *one = &l->secret[k];

			if (strcmp(one->parameter, name) != 0)
				continue;
			one->there = true;
			one->version = val_int(row, "Version", 0);
			one->modified = json_number_value(json_object_get(row, "LastModifiedDate"));
			one->value = value ? xstrdup(value) : NULL;
		}
	}
}

static void take_answer(struct asked *a, const struct call_answer *answer)
{
	if (a->all)
		take_parameters(a->all, json_object_get(answer->body, "Parameters"));
	else if (!strcmp(a->action, "ListTagsForResource"))
		a->one->tags = tags_from_wire(TAGS_PAIRS_UPPER, json_object_get(answer->body, "TagList"));
	else if (!strcmp(a->action, "PutParameter"))
		a->one->version = val_int(answer->body, "Version", a->one->version);
}

static void answered(void *arg, const struct call_answer *answer)
{
	struct asked *a = arg;
	struct waiting *w = a->w;

	snprintf(a->code, sizeof(a->code), "%s", answer->err && answer->code ? answer->code : "");
	a->unsure = answer->err && answer->ambiguous;
	if (!answer->err)
		take_answer(a, answer);
	else if (!a->quiet || !*a->code)
		w->rc = call_explain(answer, &svc_ssm, a->action, w->d);
	if (!--w->open)
		loop_stop(w->s->loop);
}

static void ask(struct asked *a, json_t *params, enum call_intent intent)
{
	struct call_request req = {.svc = &svc_ssm,
				   .action = a->action,
				   .params = params,
				   .intent = intent,
				   .full =
				       strcmp(a->action, "DeleteParameter") != 0 && strncmp(a->action, "Add", 3) != 0,
				   .secret = true};

	a->w->open++;
	call_start(a->w->s->client, &req, answered, a);
	json_wipe(params);
}

static int wait_for(struct waiting *w)
{
	while (w->open) {
		int rc = loop_run(w->s->loop);

		if (rc)
			return rc;
	}
	return w->rc;
}

/* ---- reading ---- */

static void add(struct secrets *l, const struct spec *spec, const char *name)
{
	l->secret[l->n++] =
	    (struct secret){.name = xstrdup(name), .parameter = xasprintf("/%s/%s", spec->prefix, name)};
}

static void choose(struct secrets *l, const struct spec *spec, const json_t *names)
{
	const char *name;
	json_t *value;
	size_t i;

	l->secret =
	    xcalloc(names ? json_array_size(names) + 1 : json_object_size(spec->secrets) + 1, sizeof(*l->secret));
	if (names)
		json_array_foreach (names, i, value)
			add(l, spec, json_string_value(value));
	else
		json_object_foreach (spec->secrets, name, value)
			add(l, spec, name);
}

static int read_parameters(struct session *s, struct secrets *l, bool values, struct diag *d)
{
	struct asked *asked = xcalloc(l->n / NAMES_A_CALL + 1, sizeof(*asked));
	struct waiting w = {.s = s, .d = d};
	int rc;

	for (size_t i = 0; i < l->n; i += NAMES_A_CALL) {
		struct asked *a = &asked[i / NAMES_A_CALL];
		json_t *names = json_array();

		for (size_t k = i; k < l->n && k < i + NAMES_A_CALL; k++)
			json_array_append_new(names, json_string(l->secret[k].parameter));
		*a = (struct asked){.w = &w, .action = "GetParameters", .all = l};
		ask(a, json_pack("{s:o, s:b}", "Names", names, "WithDecryption", (int)values), CALL_READ);
	}
	rc = wait_for(&w);
	free(asked);
	for (size_t i = 0; i < l->n && !values; i++) {
		wipe_str(l->secret[i].value);
		l->secret[i].value = NULL;
	}
	return rc;
}

static int read_tags(struct session *s, struct secrets *l, struct diag *d)
{
	struct asked *asked = xcalloc(l->n + 1, sizeof(*asked));
	struct waiting w = {.s = s, .d = d};
	int rc;

	for (size_t i = 0; i < l->n; i++) {
		if (!l->secret[i].there)
			continue;
		asked[i] = (struct asked){.w = &w, .action = "ListTagsForResource", .one = &l->secret[i]};
		ask(&asked[i],
		    json_pack("{s:s, s:s}", "ResourceType", "Parameter", "ResourceId", l->secret[i].parameter),
		    CALL_READ);
	}
	rc = wait_for(&w);
	free(asked);
	return rc;
}

int secrets_read(struct session *s, const struct spec *spec, const json_t *names, unsigned what, struct secrets *ret,
		 struct diag *d)
{
	int rc = 0;

	*ret = (struct secrets){0};
	choose(ret, spec, names);
	if (ret->n)
		rc = read_parameters(s, ret, what & SECRETS_VALUES, d);
	if (!rc && (what & SECRETS_TAGS))
		rc = read_tags(s, ret, d);
	return rc;
}

void secrets_release(struct secrets *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->secret[i].name);
		free(l->secret[i].parameter);
		wipe_str(l->secret[i].value);
		json_decref(l->secret[i].tags);
	}
	free(l->secret);
	*l = (struct secrets){0};
}

enum secret_standing secret_standing(const struct spec *spec, const struct secret *one)
{
	const char *app = val_str(one->tags, "berth:app"), *env = val_str(one->tags, "berth:env");

	if (!one->there)
		return SECRET_FREE;
	if (!app && !env)
		return SECRET_UNTAGGED;
	return app && env && !strcmp(app, spec->app) && !strcmp(env, spec->env) ? SECRET_OURS : SECRET_OTHERS;
}

/* ---- writing ---- */

/* now: of the session, where it is taken over; NULL: it is made. */
static json_t *tags_of(const struct spec *spec, const struct secret *one, const char *now)
{
	char *address CLEANUP(freep) = secret_address(one->name);
	json_auto_t *tags =
	    now ? adopt_tags(spec, address, now) : plan_tags(spec, rtype_find("ssm.parameter"), address);
	json_t *pairs = json_array(), *value;
	const char *key;

	json_object_foreach (tags, key, value)
		json_array_append_new(pairs, json_pack("{s:s, s:O}", "Key", key, "Value", value));
	return pairs;
}

static int create(struct session *s, const struct spec *spec, struct secret *one, const char *value, struct asked *a,
		  struct waiting *w)
{
	json_t *params = json_pack("{s:s, s:s, s:s, s:s, s:o}", "Name", one->parameter, "Value", value, "Type",
				   "SecureString", "Tier", "Standard", "Tags", tags_of(spec, one, NULL));

	*w = (struct waiting){.s = s, .d = w->d};
	*a = (struct asked){.w = w, .action = "PutParameter", .one = one, .quiet = true};
	ask(a, params, CALL_WRITE);
	return wait_for(w);
}

static int overwrite(struct session *s, struct secret *one, const char *value, struct diag *d)
{
	struct waiting w = {.s = s, .d = d};
	struct asked a = {.w = &w, .action = "PutParameter", .one = one};

	/* Description, key and tier stay as they are. */
	ask(&a, json_pack("{s:s, s:s, s:b}", "Name", one->parameter, "Value", value, "Overwrite", 1), CALL_WRITE);
	return wait_for(&w);
}

static int give_tags(struct session *s, const struct spec *spec, struct secret *one, struct diag *d)
{
	struct waiting w = {.s = s, .d = d};
	struct asked a = {.w = &w, .action = "AddTagsToResource", .one = one};

	ask(&a,
	    json_pack("{s:s, s:s, s:o}", "ResourceType", "Parameter", "ResourceId", one->parameter, "Tags",
		      tags_of(spec, one, s->now)),
	    CALL_WRITE);
	return wait_for(&w);
}

int secret_put(struct session *s, const struct spec *spec, struct secret *one, const char *value, bool tag,
	       struct diag *d)
{
	struct waiting w = {.d = d};
	struct asked a;
	int rc = 0;

	if (!one->there) {
		rc = create(s, spec, one, value, &a, &w);
		if (rc || !*a.code)
			return rc;
		/* An earlier try of this call made it, with its tags, and its answer was lost; or somebody else did,
		 * just now. */
		if (strcmp(a.code, "ParameterAlreadyExists") != 0)
			return diag_error(d, ERR_AWS, "%s cannot be made: ssm PutParameter: %s.", one->parameter,
					  a.code);
	}
	if (tag)
		rc = give_tags(s, spec, one, d);
	return rc ? rc : overwrite(s, one, value, d);
}

int secret_remove(struct session *s, const struct secret *one, struct diag *d)
{
	struct waiting w = {.s = s, .d = d};
	struct asked a = {.w = &w, .action = "DeleteParameter", .quiet = true};
	int rc;

	ask(&a, json_pack("{s:s}", "Name", one->parameter), CALL_WRITE);
	rc = wait_for(&w);
	if (rc || !*a.code || !strcmp(a.code, "ParameterNotFound"))
		return rc;
	return diag_error(d, ERR_AWS, "%s cannot be removed: ssm DeleteParameter: %s.", one->parameter, a.code);
}

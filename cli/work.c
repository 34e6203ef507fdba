#include "cli/work.h"
#include "base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *spec_path(struct cli *cli)
{
	return xstrdup(cli->g.file ? cli->g.file : "berth.yaml");
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup("");
}

int work_spec(struct work *w, struct cli *cli)
{
	char *path CLEANUP(freep) = spec_path(cli);
	struct spec_options options = {.file = path, .env = cli->g.env};
	int rc;

	*w = (struct work){.cli = cli};
	if (strcmp(path, "-") != 0 && access(path, F_OK) && errno == ENOENT) {
		diag_error(&cli->d, ERR_USAGE, "There is no %s here.", path);
		diag_hint(&cli->d, "`berth init` writes a first one; -f names another file.");
		return ERR_USAGE;
	}
	rc = spec_load(&options, &w->spec, &cli->d);
	if (rc)
		return rc;
	w->has_spec = true;
	w->dir = folder_of(path);
	return 0;
}

int work_saved_spec(struct work *w, struct cli *cli, const json_t *doc)
{
	char *path CLEANUP(freep) = spec_path(cli);
	int rc;

	*w = (struct work){.cli = cli};
	rc = spec_from_json(doc, &w->spec, &cli->d);
	if (rc) {
		diag_hint(&cli->d, "The saved plan was edited or is not whole. Plan again.");
		return rc;
	}
	w->has_spec = true;
	w->dir = folder_of(path);
	return 0;
}

/*
 * Asked for by a name that is none, AWS would refuse the question. An id that AWS gave is always there, and
 * what a name must have; the other parts of a name may be left out. Types that are not known any more are not asked
 * for.
 */
static bool names_something(const char *type, const json_t *fields)
{
	const struct rtype *t = rtype_find(type);

	for (const struct field *f = t ? t->fields : NULL; f && f->name; f++) {
		const json_t *v = json_object_get(fields, f->name);

		if ((!v && (f->flags & ID) && (f->flags & (COMPUTED | REQUIRED))) ||
		    (v && f->type->kind == KIND_STR && !json_is_string(v)))
			return false;
	}
	return json_is_object(fields);
}

static int add_known(void *arg, const struct state_object *o)
{
	struct work *w = arg;

	if (!names_something(o->type, o->fields)) {
		diag_warn(&w->cli->d, "The snapshot of %s is damaged: ignoring it, as AWS itself knows.", o->address);
		return 0;
	}
	json_array_append_new(w->known, json_pack("{s:s, s:s, s:O, s:O?}", "address", o->address, "type", o->type,
						  "fields", o->fields, "tags", o->tags));
	return 0;
}

static int add_applied(void *arg, const struct state_object *o)
{
	struct work *w = arg;

	w->applied = xrealloc(w->applied, w->n_applied + 1, sizeof(*w->applied));
	w->applied[w->n_applied++] = (struct applied_object){.address = xstrdup(o->address),
							     .type = xstrdup(o->type),
							     .fields = json_incref((json_t *)o->fields),
							     .tags = json_incref((json_t *)o->tags)};
	return 0;
}

static void forget_state(struct work *w)
{
	for (size_t i = 0; i < w->n_applied; i++) {
		free(w->applied[i].address);
		free(w->applied[i].type);
		json_decref(w->applied[i].fields);
		json_decref(w->applied[i].tags);
	}
	free(w->applied);
	w->applied = NULL;
	w->n_applied = 0;
	json_decref(w->known);
	w->known = NULL;
}

int work_read_state(struct work *w)
{
	struct diag *d = &w->cli->d;
	int rc;

	forget_state(w);
	w->known = json_array();
	rc = state_each(w->state, STATE_LIVE, add_known, w, d);
	if (!rc)
		rc = state_each(w->state, STATE_APPLIED, add_applied, w, d);
	return rc;
}

static int open_state(struct work *w)
{
	char *path CLEANUP(freep) = xasprintf("%s.berth/%s.db", w->dir, w->spec.env);
	int rc = state_open(path, w->spec.app, w->spec.env, &w->state, &w->cli->d);

	return rc ? rc : work_read_state(w);
}

/* A changed region, or other credentials: then all looks gone, and what is there stays and costs. */
static void compare_place(struct work *w)
{
	char *region CLEANUP(freep) = state_get(w->state, "region");
	char *account CLEANUP(freep) = state_get(w->state, "account");
	const struct session *s = &w->session;

	if (!region || !account || (!strcmp(region, s->region) && !strcmp(account, s->account)))
		return;
	diag_warn(&w->cli->d, "The last apply from here was in account %s, %s; this is account %s, %s.", account,
		  region, s->account, s->region);
	diag_hint(&w->cli->d, "What was made there stays there: `berth destroy` sees only one place at a time.");
}

int work_open(struct work *w)
{
	const struct spec *spec = &w->spec;
	struct session_options options = {.app = spec->app,
					  .env = spec->env,
					  .prefix = spec->prefix,
					  .region = spec->region,
					  .profile = w->cli->g.profile};
	int rc;

	rc = open_state(w);
	if (rc)
		return rc;
	w->has_session = true;
	rc = session_open(&w->session, &options, &w->cli->d);
	if (!rc)
		rc = session_identify(&w->session, spec->account, &w->cli->d);
	if (!rc)
		compare_place(w);
	return rc;
}

int work_live(struct work *w, struct cli *cli)
{
	int rc = work_spec(w, cli);

	if (!rc)
		rc = work_open(w);
	return rc ? rc : work_refresh(w);
}

/* Account, partition, zones: what references to `aws` stand for. */
static int save_aws(struct work *w, struct diag *d)
{
	char *text CLEANUP(freep) = val_text(w->world.aws);

	return state_set(w->state, "aws", text, d);
}

/* An unsaved snapshot costs the next run some time, nothing else: only said. */
static void save_snapshot(struct work *w)
{
	struct state_object *o = xcalloc(w->world.n, sizeof(*o));
	json_t **fields = xcalloc(w->world.n, sizeof(json_t *));
	struct diag own = {0};
	size_t n = 0;

	for (size_t i = 0; i < w->world.n; i++) {
		const struct object *obj = w->world.object[i];

		if (obj->standing == FOREIGN)
			continue;
		fields[n] = storable_fields(obj->type, obj->fields);
		o[n] = (struct state_object){.address = obj->address,
					     .type = obj->type->name,
					     .arn = obj->arn,
					     .fields = fields[n],
					     .tags = obj->tags,
					     .read_ms = loop_wall(w->session.loop)};
		n++;
	}
	if (world_is_whole(&w->world) && (state_replace(w->state, STATE_LIVE, o, n, &own) || save_aws(w, &own)))
		diag_warn(&w->cli->d, "The snapshot was not saved, going on without it: %s",
			  own.n ? own.item[0].text : "");
	for (size_t i = 0; i < n; i++)
		json_decref(fields[i]);
	free(fields);
	free(o);
	diag_release(&own);
}

/* A journal that cannot be read tells nothing; what it is kept in has been opened and read just now. */
static void read_doubts(struct work *w)
{
	struct diag ignored = {0};

	doubts_release(&w->doubts);
	doubts_init(&w->doubts);
	doubts_read(&w->doubts, w->state, loop_wall(w->session.loop), &ignored);
	diag_release(&ignored);
	if (w->cut_off)
		doubts_all(&w->doubts, loop_wall(w->session.loop));
}

/* What the snapshot knows and the world are filled in. */
static int read_world(struct work *w, struct refresh_request *req)
{
	size_t n = json_array_size(w->known);
	struct known_object *known = xcalloc(n, sizeof(*known));
	int rc;

	read_doubts(w);
	for (size_t i = 0; i < n; i++) {
		const json_t *o = json_array_get(w->known, i);

		known[i] = (struct known_object){.address = val_str(o, "address"),
						 .type = val_str(o, "type"),
						 .fields = json_object_get(o, "fields"),
						 .tags = json_object_get(o, "tags")};
	}
	req->session = &w->session;
	req->spec = &w->spec;
	req->known = known;
	req->n_known = n;
	if (w->has_world)
		world_release(&w->world);
	world_init(&w->world);
	w->has_world = true;
	rc = refresh(req, &w->world, &w->cli->d);
	free(known);
	return rc;
}

int work_refresh(struct work *w)
{
	struct refresh_request req = {0};
	int rc = read_world(w, &req);

	if (!rc)
		save_snapshot(w);
	return rc;
}

int work_look(struct work *w, bool candidates, const char *sought_for, const char *sought)
{
	struct refresh_request req = {.candidates = candidates, .sought_for = sought_for, .sought = sought};

	return read_world(w, &req);
}

/* Until when something may turn up that the world lacks, in ms since 1970; *ret_address: what, or NULL for anything. */
static int64_t missing_until(const struct work *w, const char **ret_address)
{
	int64_t until = w->doubts.all_until, its;
	const char *address, *call;
	json_t *calls, *v;

	*ret_address = NULL;
	json_object_foreach (w->doubts.until, address, calls) {
		if (world_find(&w->world, address))
			continue;
		json_object_foreach (calls, call, v) {
			its = (int64_t)json_integer_value(v);
			if (its <= until)
				continue;
			until = its;
			*ret_address = address;
		}
	}
	return until;
}

static void stop_waiting(void *arg)
{
	loop_stop(arg);
}

int work_settle(struct work *w)
{
	struct loop *loop = w->session.loop;
	const char *address;
	int64_t left = missing_until(w, &address) - loop_wall(loop);
	char *what CLEANUP(freep) = NULL;
	int rc;

	if (left <= 0)
		return 0;
	what = printable(address ? address : "something");
	fprintf(stderr, "A run that was cut off may have made %s: waiting %lld s until AWS shows it.\n", what,
		(long long)(left + 999) / 1000);
	loop_after(loop, left, stop_waiting, loop);
	rc = loop_run(loop);
	return rc ? rc : work_refresh(w);
}

/* As the refresh found it: what nobody wished for has no name of ours, what is shared bears the tags of others. */
static enum standing cached_standing(const struct work *w, const struct object *o)
{
	const char *app = val_str(o->tags, "berth:app"), *env = val_str(o->tags, "berth:env");

	if (strchr(o->address, '('))
		return STRAY;
	if ((o->type->flags & SHARED) &&
	    (!app || !env || strcmp(app, w->spec.app) != 0 || strcmp(env, w->spec.env) != 0))
		return SHARED_USE;
	return OWNED;
}

static void load_aws(struct work *w)
{
	char *text CLEANUP(freep) = state_get(w->state, "aws");
	json_auto_t *aws = text ? json_loads(text, 0, NULL) : NULL;

	if (json_is_object(aws))
		json_object_update(w->world.aws, aws);
	json_object_set_new(w->world.aws, "region", json_string(w->spec.region));
}

int work_cached(struct work *w)
{
	int rc = open_state(w);

	if (rc)
		return rc;
	world_init(&w->world);
	w->has_world = true;
	if (!json_array_size(w->known)) {
		diag_error(&w->cli->d, ERR_ABSENT, "There is no snapshot to plan with.");
		diag_hint(&w->cli->d, "Leave --cached out once: a plan from AWS makes one.");
		return ERR_ABSENT;
	}
	load_aws(w);
	for (size_t i = 0; i < json_array_size(w->known); i++) {
		const json_t *o = json_array_get(w->known, i);
		const struct rtype *t = rtype_find(val_str(o, "type"));
		json_t *tags = json_object_get(o, "tags");
		struct object *live;

		if (!t)
			continue;
		live = world_add(&w->world, t, val_str(o, "address"), json_incref(json_object_get(o, "fields")),
				 json_is_object(tags) ? json_incref(tags) : NULL);
		live->standing = cached_standing(w, live);
	}
	return 0;
}

int work_plan(struct work *w, unsigned flags, const struct words *only, const struct words *except)
{
	struct plan_request req = {.spec = &w->spec,
				   .world = &w->world,
				   .flags = flags,
				   .only = only && only->n ? only->word : NULL,
				   .except = except && except->n ? except->word : NULL};

	w->has_plan = true;
	return plan_make(&req, &w->plan, &w->cli->d);
}

int work_record_applied(struct work *w)
{
	struct diag *d = &w->cli->d;
	int rc = state_set(w->state, "region", w->session.region, d);

	if (!rc)
		rc = state_set(w->state, "account", w->session.account, d);

	for (size_t i = 0; i < w->plan.n && !rc; i++) {
		const struct action *a = &w->plan.action[i];
		const struct object *obj = a->act == ACT_NOOP ? a->have : NULL;
		json_auto_t *fields = obj ? storable_fields(obj->type, obj->fields) : NULL;
		struct state_object o = {.address = a->address, .type = a->type->name, .fields = fields};

		if (!obj)
			continue;
		o.arn = obj->arn;
		o.tags = obj->tags;
		o.read_ms = loop_wall(w->session.loop);
		rc = state_put(w->state, STATE_APPLIED, &o, &w->cli->d);
	}
	return rc;
}

int work_record_destroyed(struct work *w)
{
	struct diag *d = &w->cli->d;
	int rc = w->plan.counts.keep ? 0 : state_set(w->state, "region", NULL, d);

	return rc || w->plan.counts.keep ? rc : state_set(w->state, "account", NULL, d);
}

void work_release(struct work *w)
{
	work_unlock(w);
	if (w->has_plan)
		plan_release(&w->plan);
	if (w->has_world)
		world_release(&w->world);
	if (w->has_session)
		session_close(&w->session);
	state_close(w->state);
	if (w->has_spec)
		spec_release(&w->spec);
	forget_state(w);
	doubts_release(&w->doubts);
	free(w->dir);
	*w = (struct work){0};
}

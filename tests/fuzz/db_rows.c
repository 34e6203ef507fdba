/*
 * Rows that somebody wrote into the database: read as berth reads them, and used as a snapshot that plans and drift are
 * made of. Input: JSON, {"live": [row…], "applied": [row…], "meta": {key: text}, "journal": [row…]}, a row being an
 * array of columns: a text, a number, null, or ["hex"] for bytes that are no text.
 */
#include "tests/fuzz/fuzz.h"

#include "base/value.h"
#include "cli/render.h"
#include "engine/drift.h"
#include "engine/plan.h"
#include "spec/spec_impl.h"
#include "state/state_int.h"

#include <string.h>

static const char spec_text[] = "app: gengar\nregion: us-east-1\nnetwork: {cidr: 10.20.0.0/16, zones: 2}\n"
				"database: {class: db.t4g.micro, storage: 20, backup_days: 7}\nregistry: {keep: 5}\n"
				"secrets: [TOKEN]\nservices:\n  web:\n    port: 3000\n    cpu: 256\n    memory: 512\n"
				"    secrets: [TOKEN, DATABASE_URL]\napi: {service: web}\n";

static struct spec spec;
static struct state *state;
static FILE *nowhere;

static void set_up(void)
{
	const struct spec_options options = {.file = "f"};
	struct diag d = {0};
	int rc = spec_load_text(&options, spec_text, sizeof(spec_text) - 1, &spec, &d);
	char dir[] = "/dev/shm/berth-fuzz-XXXXXX", other[] = "/tmp/berth-fuzz-XXXXXX";
	const char *at = mkdtemp(dir);
	char *path;

	at = at ? at : mkdtemp(other);
	path = xasprintf("%s/default.db", at);
	nowhere = fopen("/dev/null", "w");
	FUZZ_CHECK(!rc && nowhere && !state_open(path, "gengar", "default", &state, &d));
	sqlite3_exec(state->db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY", NULL, NULL, NULL);
	free(path);
	diag_release(&d);
}

/* Text that need not be UTF-8. */
static void bind_hex(sqlite3_stmt *st, int i, const char *hex)
{
	char bytes[256];
	size_t n = 0, len = strlen(hex);
	unsigned byte;

	while (n < sizeof(bytes) && 2 * n + 1 < len && sscanf(hex + 2 * n, "%2x", &byte) == 1)
		bytes[n++] = (char)byte;
	sqlite3_bind_text(st, i, bytes, (int)n, SQLITE_TRANSIENT);
}

static void bind(sqlite3_stmt *st, int i, const json_t *v)
{
	if (json_is_integer(v)) {
		sqlite3_bind_int64(st, i, json_integer_value(v));
	} else if (json_is_real(v)) {
		sqlite3_bind_double(st, i, json_real_value(v));
	} else if (json_is_string(v)) {
		sqlite3_bind_text(st, i, json_string_value(v), (int)json_string_length(v), SQLITE_TRANSIENT);
	} else if (json_is_string(json_array_get(v, 0))) {
		bind_hex(st, i, json_string_value(json_array_get(v, 0)));
	} else if (json_is_object(v)) {
		char *text = val_text(v);

		sqlite3_bind_text(st, i, text, -1, SQLITE_TRANSIENT);
		free(text);
	}
}

static void insert(const char *sql, const json_t *row)
{
	sqlite3_stmt *st = NULL;

	FUZZ_CHECK(sqlite3_prepare_v2(state->db, sql, -1, &st, NULL) == SQLITE_OK);
	for (int i = 0; i < sqlite3_bind_parameter_count(st); i++)
		bind(st, i + 1, json_array_get(row, (size_t)i));
	sqlite3_step(st);
	sqlite3_finalize(st);
}

static void fill(const json_t *doc)
{
	const json_t *row;
	const char *key;
	json_t *value;
	size_t i;

	sqlite3_exec(state->db,
		     "DELETE FROM journal; DELETE FROM run; DELETE FROM live; DELETE FROM applied;"
		     "INSERT INTO run (id, kind, begun_ms) VALUES (1, 'apply', 1);",
		     NULL, NULL, NULL);
	json_array_foreach (json_object_get(doc, "live"), i, row)
		insert("INSERT OR IGNORE INTO live VALUES (?1, ?2, ?3, ?4, ?5, ?6)", row);
	json_array_foreach (json_object_get(doc, "applied"), i, row)
		insert("INSERT OR IGNORE INTO applied VALUES (?1, ?2, ?3, ?4, ?5, ?6)", row);
	json_array_foreach (json_object_get(doc, "journal"), i, row)
		insert("INSERT OR IGNORE INTO journal (run, address, action, call, token, at_ms)"
		       " VALUES (1, ?1, ?2, ?3, ?4, ?5)",
		       row);
	json_object_foreach (json_object_get(doc, "meta"), key, value) {
		json_auto_t *pair = json_pack("[s, O]", key, value);

		insert("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", pair);
	}
}

struct read {
	struct world world;
	struct applied_object applied[64];
	size_t n;
};

static int add_live(void *arg, const struct state_object *o)
{
	struct read *r = arg;
	const struct rtype *t = rtype_find(o->type);

	if (!t)
		return 0;
	world_add(&r->world, t, o->address, json_incref((json_t *)o->fields),
		  json_is_object(o->tags) ? json_incref((json_t *)o->tags) : NULL);
	return 0;
}

static int add_applied(void *arg, const struct state_object *o)
{
	struct read *r = arg;

	if (r->n < ARRAY_SIZE(r->applied))
		r->applied[r->n++] = (struct applied_object){.address = xstrdup(o->address),
							     .type = xstrdup(o->type),
							     .fields = json_incref((json_t *)o->fields),
							     .tags = json_incref((json_t *)o->tags)};
	return 0;
}

static int look(void *arg, const struct state_doubt *doubt)
{
	(void)arg;
	FUZZ_CHECK(doubt->address && doubt->call);
	return 0;
}

static void print_drift(struct read *r, const struct plan *p)
{
	struct render to = {.to = nowhere, .width = 80};
	struct drift drift;
	json_t *doc;

	drift_find(&r->world, r->applied, r->n, p, &drift);
	doc = drift_to_json(&drift);
	FUZZ_CHECK(doc);
	json_decref(doc);
	render_drift(&to, &drift);
	drift_release(&drift);
}

static void use(struct read *r, unsigned flags)
{
	struct render to = {.to = nowhere, .verbose = true, .width = 80};
	struct diag d = {0};
	struct plan p;
	json_t *doc;

	if (!plan_make(&(struct plan_request){.spec = &spec, .world = &r->world, .flags = flags}, &p, &d)) {
		doc = plan_to_json(&p, &spec, &r->world);
		FUZZ_CHECK(doc);
		json_decref(doc);
		json_decref(plan_seen(&r->world));
		render_plan(&to, &p, &spec, &r->world);
		print_drift(r, &p);
	}
	plan_release(&p);
	diag_release(&d);
	rewind(nowhere);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"app", "env", "account", "region", "aws"};
	json_auto_t *doc = json_loadb(size ? (const char *)data : "", size, JSON_ALLOW_NUL, NULL);
	struct diag d = {0};
	struct read r = {0};

	if (!state)
		set_up();
	if (!json_is_object(doc))
		return 0;
	fill(doc);
	world_init(&r.world);
	state_each(state, STATE_LIVE, add_live, &r, &d);
	state_each(state, STATE_APPLIED, add_applied, &r, &d);
	state_each_doubt(state, 0, look, NULL, &d);
	state_was_cut_off(state);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		free(state_get(state, keys[i]));
	use(&r, 0);
	use(&r, PLAN_DESTROY | (r.n ? PLAN_WITH_DATA : 0));
	for (size_t i = 0; i < r.n; i++) {
		free(r.applied[i].address);
		free(r.applied[i].type);
		json_decref(r.applied[i].fields);
		json_decref(r.applied[i].tags);
	}
	world_release(&r.world);
	diag_release(&d);
	return 0;
}

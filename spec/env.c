#include "spec/env.h"
#include "base/buf.h"
#include "base/err.h"
#include "spec/schema.h"
#include "spec/suggest.h"

#include <string.h>

static void overlay(struct at base, struct at over)
{
	const char *key;
	json_t *member;

	json_object_foreach (over.value, key, member) {
		json_t *there = json_object_get(base.value, key);

		if (json_is_null(member))
			json_object_del(base.value, key);
		else if (json_is_object(there) && json_is_object(member))
			overlay(at_key(base, key), at_key(over, key));
		else
			at_graft(base, key, at_key(over, key));
	}
}

static int report_unknown(struct at file, struct at all, const char *env, struct diag *d)
{
	struct suggest near = SUGGEST(env);
	struct buf names = BUF(8192);
	const char *key;
	json_t *member;

	if (!json_object_size(all.value)) {
		at_error(file, d, "There is no environment \"%s\": the file has no environments.", env);
		at_hint(file, d, "Add environments: {%s: {}}, or leave out --env.", env);
		return ERR_INVALID;
	}
	json_object_foreach (all.value, key, member)
		if (strcmp(key, "default") != 0)
			buf_addf(&names, ", %s", key);
	suggest_keys(&near, all.value);
	at_key_error(all, d, "There is no environment \"%s\".", env);
	if (near.best)
		at_hint(all, d, "Did you mean %s? There are default%s.", near.best, buf_str(&names));
	else
		at_hint(all, d, "There are default%s.", buf_str(&names));
	buf_release(&names);
	return ERR_INVALID;
}

/* All but the chosen one, which is checked with what it is laid over. */
static void check_others(struct at file, struct at all, const char *chosen, struct diag *d)
{
	const struct schema_run run = {.d = d, .partial = true};
	json_auto_t *kept = chosen ? json_incref(json_object_get(all.value, chosen)) : NULL;

	if (kept)
		json_object_set_new(all.value, chosen, json_null());
	schema_check(&run, shape_key(&spec_shape, "environments")->shape, at_key(file, "environments"));
	if (kept)
		json_object_set(all.value, chosen, kept);
}

static void refuse_names(struct at all, struct diag *d)
{
	const char *key;
	json_t *member;

	json_object_foreach (all.value, key, member) {
		struct at app = at_key(at_key(all, key), "app");

		if (!app.value)
			continue;
		at_key_error(app, d, "An environment cannot change the app's name.");
		at_hint(app, d, "Its objects are named after both: the app and the environment.");
		json_object_del(member, "app");
	}
}

int env_apply(struct at file, const char *env, struct diag *d)
{
	struct at all = at_key(file, "environments");
	const char *chosen = env && strcmp(env, "default") != 0 ? env : NULL;
	struct at over = chosen ? at_key(all, chosen) : (struct at){0};
	int rc = 0;

	refuse_names(all, d);
	if (all.value)
		check_others(file, all, chosen, d);
	if (chosen && !over.value)
		rc = report_unknown(file, all, chosen, d);
	else if (chosen && json_is_object(over.value))
		overlay(file, over);
	json_object_del(file.value, "environments");
	return rc;
}

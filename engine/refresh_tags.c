/* Whose it is: tags of the types that do not tell them in their rows, from the inventory or from the service itself. */
#include "base/path.h"
#include "engine/plan.h"
#include "engine/refresh_int.h"
#include "engine/secrets.h"

#include <stdlib.h>
#include <string.h>

struct tag_ask {
	struct type_read *tr;
	size_t row;
};

static void tags_answered(void *arg, struct op_result *res)
{
	struct tag_ask *ask = arg;
	struct type_read *tr = ask->tr;
	struct live_row *row = &tr->row[ask->row];
	const struct tag_scheme *scheme = rtype_tags(tr->t);

	free(ask);
	tr->pending--;
	if (res->outcome == OP_OK) {
		json_auto_t *wire = path_get(res->answer->body, scheme->list_out);

		json_decref(row->tags);
		row->tags = tags_from_wire(scheme->out_shape, wire);
		json_decref(row->aws_tags);
		row->aws_tags = tags_of_aws(scheme->out_shape, wire);
	} else if (res->outcome != OP_ABSENT) {
		read_fail(tr, res);
	}
	if (!tr->pending && tr->phase == READ_TAGS)
		tr->phase = READ_ROWS;
	refresh_turn(tr->r);
}

static void ask_tags(struct type_read *tr, size_t i)
{
	struct bind_ctx ctx = session_ctx(tr->r->s, NULL);
	const struct call *c = &rtype_tags(tr->t)->list;
	json_auto_t *params = bind_tags_list(tr->t, tr->row[i].fields, &ctx);
	char *action CLEANUP(freep) = bind_tags_action(tr->t, c, tr->row[i].fields, &ctx);
	struct op_request req = {.type = tr->t, .call = c, .params = params, .action = action, .intent = CALL_READ};
	struct tag_ask *ask = xcalloc(1, sizeof(*ask));

	*ask = (struct tag_ask){.tr = tr, .row = i};
	tr->row[i].asked_tags = true;
	tr->pending++;
	op_start(tr->r->s, &req, tags_answered, ask);
}

/* Does the snapshot know the same tags? Without a snapshot nothing speaks against them. */
static bool tags_known(const struct type_read *tr, const struct live_row *row, const json_t *tags)
{
	const struct refresh_request *req = tr->r->req;
	char *id CLEANUP(freep) = object_id(tr->t, row->fields);
	const char *address = id ? json_string_value(json_object_get(tr->known_id, id)) : NULL;

	for (size_t i = 0; address && i < req->n_known; i++)
		if (!strcmp(req->known[i].address, address))
			return !req->known[i].tags || json_equal(req->known[i].tags, tags);
	return !req->n_known;
}

/* Would a plan let them be? */
static bool tags_suffice(const struct type_read *tr, const json_t *tags)
{
	const struct spec *spec = tr->r->req->spec;
	const char *address = val_str(tags, "berth:resource"), *key;
	json_auto_t *want = NULL;
	json_t *value;

	if (!spec)
		return true;
	if (!spec_find(spec, address))
		return false;
	want = plan_tags(spec, tr->t, address);
	json_object_foreach (want, key, value)
		if (!json_equal(value, json_object_get(tags, key)))
			return false;
	return true;
}

/*
 * The tagging API shows old tags for a while: what we left otherwise, or what a plan would change or delete because of
 * its tags, is worth a call to the service itself. The lease, which is no resource, is not, nor are secrets.
 */
static bool is_believed(const struct type_read *tr, const struct live_row *row, const json_t *tags)
{
	const char *address = val_str(tags, "berth:resource");
	const struct spec *spec = tr->r->req->spec;

	return !address || (spec && secret_is_wanted(spec, address, row->fields)) ||
	       (tags_known(tr, row, tags) && tags_suffice(tr, tags));
}

static bool may_be_ours(const struct type_read *tr, const struct live_row *row)
{
	return row->key &&
	       (row->found_for || json_object_get(tr->wish_key, row->key) || json_object_get(tr->known_key, row->key));
}

bool ask_missing_tags(struct type_read *tr)
{
	bool asked = false;

	if (!(tr->t->flags & INVENTORY_TAGS))
		return false;
	for (size_t i = 0; i < tr->n; i++) {
		struct live_row *row = &tr->row[i];
		json_t *tags = row->arn ? json_object_get(tr->r->inventory, row->arn) : NULL;

		if (row->tags || row->asked_tags)
			continue;
		row->tags = json_incref(tags);
		if (tags ? is_believed(tr, row, tags) : !may_be_ours(tr, row))
			continue;
		ask_tags(tr, i);
		asked = true;
	}
	return asked;
}

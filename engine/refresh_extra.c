/* What no type owns: the inventory of the tagging API, the availability zones, who uses what is shared. */
#include "base/path.h"
#include "engine/refresh_int.h"

#include <stdlib.h>
#include <string.h>

static int is_zone_ref(void *arg, const char *ref)
{
	(void)arg;
	return !strncmp(ref, "aws.zone", 8);
}

bool zones_needed(const struct refresher *r)
{
	const struct spec *spec = r->req->spec;

	for (size_t i = 0; spec && i < spec->n; i++)
		if (!world_find(r->w, spec->resource[i].address) &&
		    val_each_ref(spec->resource[i].want, is_zone_ref, NULL))
			return true;
	return false;
}

static int by_zone_name(const void *a, const void *b)
{
	return strcmp(val_str(*(json_t *const *)a, "zoneName"), val_str(*(json_t *const *)b, "zoneName"));
}

static void take_zones(struct refresher *r, const json_t *body)
{
	json_auto_t *items = path_get(body, "availabilityZoneInfo.item[]");
	size_t n = json_array_size(items);
	json_t **zone = xcalloc(n, sizeof(*zone));
	json_t *ids = json_array();

	for (size_t i = 0; i < n; i++)
		zone[i] = json_array_get(items, i);
	qsort(zone, n, sizeof(*zone), by_zone_name);
	for (size_t i = 0; i < n; i++)
		if (zone_serves_vpc_links(r->s->region, val_str(zone[i], "zoneId")))
			json_array_append(ids, json_object_get(zone[i], "zoneId"));
	free(zone);
	json_object_set_new(r->w->aws, "zone_id", ids);
}

static void zones_done(void *arg, const struct call_answer *answer)
{
	struct refresher *r = arg;

	if (answer->err) {
		r->rc = answer->err;
		call_explain(answer, &svc_ec2, "DescribeAvailabilityZones", r->d);
	} else {
		take_zones(r, answer->body);
	}
	loop_stop(r->s->loop);
}

/* Ordinary zones only: Local and Wavelength zones have no RDS. */
void ask_zones(struct refresher *r)
{
	json_auto_t *params = json_pack("{s:[{s:s, s:[s]}, {s:s, s:[s]}, {s:s, s:[s]}]}", "Filter", "Name", "state",
					"Value", "available", "Name", "opt-in-status", "Value", "opt-in-not-required",
					"Name", "zone-type", "Value", "availability-zone");
	struct call_request req = {
	    .svc = &svc_ec2, .action = "DescribeAvailabilityZones", .params = params, .intent = CALL_READ};

	r->zones_asked = true;
	call_start(r->s->client, &req, zones_done, r);
}

static void note_no_inventory(struct refresher *r, const struct call_answer *answer)
{
	struct diag own = {0};

	call_explain(answer, &svc_tagging, "GetResources", &own);
	json_object_set_new(r->w->unread, "tagging", json_string(own.item[0].text));
	diag_release(&own);
}

static void inventory_done(void *arg, const struct call_answer *answer)
{
	struct refresher *r = arg;
	json_auto_t *rows = NULL;

	r->inventory_done = true;
	if (answer->err) {
		/* Of what the spec or the snapshot names, tags are then asked for one by one; the rest stays unseen. */
		note_no_inventory(r, answer);
	} else {
		rows = path_get(answer->body, "ResourceTagMappingList[]");
		for (size_t i = 0; i < json_array_size(rows); i++) {
			const json_t *row = json_array_get(rows, i);
			const char *arn = val_str(row, "ResourceARN");

			if (arn)
				json_object_set_new(r->inventory, arn,
						    tags_from_wire(TAGS_PAIRS_UPPER, json_object_get(row, "Tags")));
		}
	}
	refresh_turn(r);
}

void ask_inventory(struct refresher *r)
{
	json_auto_t *params = json_pack("{s:[{s:s, s:[s]}, {s:s, s:[s]}]}", "TagFilters", "Key", "berth:app", "Values",
					r->s->app, "Key", "berth:env", "Values", r->s->env);
	struct call_request req = {.svc = &svc_tagging,
				   .action = "GetResources",
				   .params = params,
				   .intent = CALL_READ,
				   .paged = true,
				   .rows = "ResourceTagMappingList"};

	call_start(r->s->client, &req, inventory_done, r);
}

/* ---- who uses what is shared -------------------------------------------------------------------------------- */

static bool names(const json_t *v, const char *arn)
{
	json_t *member;
	const char *key;

	if (json_is_string(v))
		return !strcmp(json_string_value(v), arn);
	for (size_t i = 0; i < json_array_size(v); i++)
		if (names(json_array_get(v, i), arn))
			return true;
	json_object_foreach ((json_t *)v, key, member)
		if (names(member, arn))
			return true;
	return false;
}

static bool is_in_world(const struct world *w, const struct rtype *t, const char *key)
{
	for (size_t i = 0; i < w->n; i++) {
		char *own CLEANUP(freep) = NULL;

		if (w->object[i]->type != t || w->object[i]->standing == FOREIGN)
			continue;
		own = object_key(t, w->object[i]->fields);
		if (own && key && !strcmp(own, key))
			return true;
	}
	return false;
}

static void find_user(struct refresher *r, struct object *o)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct type_read *tr = &r->read[i];

		for (size_t k = 0; k < tr->n && !o->user; k++) {
			const struct live_row *row = &tr->row[k];

			if (tr->t != o->type && names(row->fields, o->arn) && !is_in_world(r->w, tr->t, row->key))
				o->user = xasprintf("%s %s", tr->t->name, row->arn ? row->arn : row->key);
		}
	}
}

void note_users(struct refresher *r)
{
	for (size_t i = 0; i < r->w->n; i++) {
		struct object *o = r->w->object[i];

		if ((o->type->flags & SHARED) && o->standing == OWNED && o->arn)
			find_user(r, o);
	}
}

/* servicediscovery.service - one name in a namespace, under which ECS lists the tasks */
#include "providers/service.h"
#include "base/err.h"
#include "base/path.h"
#include "providers/bind.h"

#include <string.h>

static json_t *upper(const json_t *value, struct diag *d)
{
	char *s CLEANUP(freep) = xstrdup(json_string_value(value));

	(void)d;
	for (char *p = s; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return json_string(s);
}

static const struct type t_record = {.name = "record type", .kind = KIND_STR, .canon = upper};

/* The documented combinations: A, AAAA, both, SRV (alone or with addresses), CNAME alone. */
static json_t *canon_records(const json_t *value, struct diag *d)
{
	static const char *const known[] = {"A", "AAAA", "SRV", "CNAME"};
	size_t seen[ARRAY_SIZE(known)] = {0}, n = json_array_size(value);
	int rc = n ? 0 : diag_error(d, ERR_INVALID, "At least one record is needed.");

	for (size_t i = 0; i < n; i++) {
		const char *type = val_str(json_array_get(value, i), "type");
		size_t k = 0;

		while (k < ARRAY_SIZE(known) && strcmp(type, known[k]) != 0)
			k++;
		if (k == ARRAY_SIZE(known))
			rc =
			    diag_error(d, ERR_INVALID, "%s is no record type: it is one of A, AAAA, SRV, CNAME.", type);
		else if (seen[k]++)
			rc = diag_error(d, ERR_INVALID, "There can be only one %s record.", type);
	}
	if (seen[3] && n > 1)
		rc = diag_error(d, ERR_INVALID, "A CNAME record stands alone.");
	return rc ? NULL : json_incref((json_t *)value);
}

static const struct field record_fields[] = {
    FIELD("type", &t_record, REQUIRED | CREATE_ONLY, .in = "Type",
	  .doc = "SRV tells address and port, A an address only. API Gateway needs SRV."),
    FIELD("ttl", INT_RANGE(0, 2147483647), REQUIRED, .in = "TTL", .doc = "Seconds that others may remember it."),
    END,
};

static const struct type t_records = {
    .name = "set of records", .kind = KIND_SET, .elem = OBJ(record_fields), .canon = canon_records};

static int check(const json_t *want, struct diag *d)
{
	const json_t *records = json_object_get(want, "dns");
	const char *routing = val_str(want, "routing");

	for (size_t i = 0; i < json_array_size(records); i++) {
		const char *type = val_str(json_array_get(records, i), "type");

		if (type && routing && !strcmp(type, "CNAME") && strcmp(routing, "WEIGHTED") != 0)
			return diag_error(d, ERR_INVALID, "A CNAME record needs routing WEIGHTED.");
	}
	return 0;
}

/* Lists name the namespace in one place only, single answers in two. */
static void absorb(json_t *have, const json_t *row, const json_t *want)
{
	json_t *id;

	(void)want;
	if (json_object_get(have, "namespace"))
		return;
	id = path_row_get(row, "NamespaceId");
	if (id)
		json_object_set_new(have, "namespace", id);
}

static char *instance_name(const json_t *row, const json_t *obj)
{
	json_auto_t *id = path_row_get(row, "Id"), *by = path_row_get(row, "Attributes.ECS_SERVICE_NAME");

	(void)obj;
	if (!json_is_string(id))
		return NULL;
	if (!json_is_string(by))
		return xasprintf("instance %s, which no ECS service has registered", json_string_value(id));
	return xasprintf("instance %s of ECS service %s", json_string_value(id), json_string_value(by));
}

/* Of the ECS service of this name, which is gone before this can go; others' are theirs to take away. */
static bool instance_is_left(const json_t *row, const json_t *obj)
{
	json_auto_t *by = path_row_get(row, "Attributes.ECS_SERVICE_NAME");
	const char *name = val_str(obj, "name");

	return json_is_string(by) && name && unique_equal(json_string_value(by), name);
}

static const struct field fields[] = {
    FIELD("name", TEXT(1, 127, "[A-Za-z0-9_.-]+"), REQUIRED | CREATE_ONLY, .in = "Name",
	  .doc = "Its name in the namespace."),
    FIELD("namespace", REF("servicediscovery.namespace", "id"), REQUIRED | CREATE_ONLY, .in = "NamespaceId",
	  .out = "DnsConfig.NamespaceId", .doc = "The domain that it is listed in."),
    FIELD("dns", &t_records, REQUIRED, .in = "DnsConfig.DnsRecords", .mod = "Service.DnsConfig.DnsRecords",
	  .doc = "Records that are made for each task."),
    FIELD("routing", ONE_OF("MULTIVALUE", "WEIGHTED"), CREATE_ONLY, .in = "DnsConfig.RoutingPolicy",
	  .dflt = "\"MULTIVALUE\"", .doc = "Whether an answer has all healthy tasks or one of them."),
    FIELD("description", TEXT(0, 1024, NULL), 0, .in = "Description", .mod = "Service.Description", .null_text = "",
	  .doc = "What it is for."),
    FIELD("id", &t_str, COMPUTED | ID, .out = "Id", .doc = "As srv-0123456789abcdef."),
    FIELD("arn", &t_arn, COMPUTED, .out = "Arn", .doc = "Amazon Resource Name, which ECS and API Gateway name it by."),
    END,
};

const struct rtype servicediscovery_service = {
    .name = "servicediscovery.service",
    .doc = "One name in a namespace, under which ECS lists the tasks.",
    .svc = &svc_servicediscovery,
    .fields = fields,
    .key = WORDS("namespace", "name"),
    .parent = "namespace",
    .create = {CALL("CreateService", .body = "Service", .token = "CreatorRequestId",
		    .on = ". servicediscovery:{@region}:{@account}:namespace/{namespace}")},
    .read = CALL("GetService", .rows = "Service", .fixed = WORDS("Id={id}")),
    .list = CALL("ListServices", .rows = "Services[]", .flags = CALL_PAGED),
    /* What an update leaves out is deleted. */
    .update = {CALL("UpdateService", .fixed = WORDS("Id={id}"), .flags = CALL_WHOLE)},
    .del = {CALL("DeleteService", .fixed = WORDS("Id={id}"))},
    .skip = WORDS("Type=HTTP"),
    .tag_id = "arn",
    .iam = "servicediscovery:{@region}:{@account}:service/{id}",
    .operation = OPERATION(.id = "OperationId",
			   .poll = CALL("GetOperation", .fixed = WORDS("OperationId={@operation}"), .on = "*"),
			   .status = "Operation.Status", .ok = WORDS("SUCCESS"), .bad = WORDS("FAIL"),
			   .why = "Operation.ErrorMessage", .every = 3000, .limit = 300),
    /* ECS takes its tasks off the list some time after they have stopped: until then it is in use. */
    .gone = WAIT(.every = 3000, .limit = 600),
    .busy = WORDS("DuplicateRequest"),
    .clash = WORDS("ServiceAlreadyExists"),
    .holders = {HOLDERS(.list = CALL("ListInstances", .rows = "Instances[]", .fixed = WORDS("ServiceId={id}"),
				     .flags = CALL_PAGED),
			.name = instance_name, .leftover = instance_is_left,
			.release = CALL("DeregisterInstance", .fixed = WORDS("ServiceId={id}", "InstanceId={@member}")),
			.id = "Id", .after = 30)},
    .retry = WORDS("NamespaceNotFound"),
    /* Another kind of record needs another service: tasks are listed there before this one can go. */
    .replace = CREATE_FIRST,
    .unique = "name",
    .flags = TAGGED | INVENTORY_TAGS,
    .expect = {2, 10, 30},
    .hooks = &(const struct hooks){.check = check, .absorb = absorb},
};

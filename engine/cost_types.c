/* What a type costs: a row for each. */
#include "base/value.h"
#include "engine/cost_int.h"
#include "providers/prices.h"

#include <math.h>
#include <string.h>

#define TIER_REQUESTS 300e6 /* where API Gateway's second price begins */
#define LOGS_FREE_GB 5      /* a month and account, for good */

static void add_instance(struct estimate *e, const struct resource *r)
{
	const char *class = cost_word(r->want, "class", "?"),
		   *zones = val_bool(r->want, "multi_az") ? "multi" : "single";
	char *meter CLEANUP(freep) =
	    xasprintf("rds.postgres.%s.%s", strncmp(class, "db.", 3) ? class : class + 3, zones);

	if (strcmp(cost_word(r->want, "engine", "?"), "postgres") != 0 || !price_meter(meter))
		cost_add_unknown(e, r->address, "%s of class %s", cost_word(r->want, "engine", "?"), class);
	else
		cost_add(e, r->address, meter, e->assume->hours, "%s, %s", class,
			 *zones == 'm' ? "two zones" : "one zone");
}

/* Speed beyond what comes with the storage. */
static void add_speed(struct estimate *e, const struct resource *r, const char *field, double included)
{
	double more = cost_number(r->want, field, included) - included;
	char *meter CLEANUP(freep) =
	    xasprintf("rds.gp3.%s.%s", field, val_bool(r->want, "multi_az") ? "multi" : "single");

	if (!(more <= 0))
		cost_add(e, r->address, meter, more, "%s above the %g of the storage", field, included);
}

static void cost_database(struct estimate *e, const struct resource *r)
{
	double gb = cost_number(r->want, "storage", NAN);
	const char *disk = cost_word(r->want, "storage_type", "?");

	add_instance(e, r);
	if (!strcmp(disk, "gp3")) {
		cost_add(e, r->address, val_bool(r->want, "multi_az") ? "rds.gp3.multi" : "rds.gp3.single", gb,
			 "gp3 storage");
		/* PostgreSQL's larger storage is striped over four volumes. */
		add_speed(e, r, "iops", gb >= 400 ? 12000 : 3000);
		add_speed(e, r, "throughput", gb >= 400 ? 500 : 125);
	} else {
		cost_add_unknown(e, r->address, "%s storage", disk);
	}
	if (cost_number(r->want, "backup_days", 1) != 0)
		cost_add(e, r->address, "rds.backup", 0, "backups above %g GB, which are free", gb)->assumed = true;
	if (val_bool(r->want, "public"))
		cost_add(e, r->address, "ipv4.public.in_use", e->assume->hours, "public IPv4 address");
}

static void cost_parameter(struct estimate *e, const struct resource *r)
{
	const char *tier = cost_word(r->want, "tier", "Standard");

	if (!strcmp(tier, "Advanced"))
		cost_add(e, r->address, "ssm.parameter.advanced.hour", e->assume->hours, "advanced parameter");
	else if (!strcmp(tier, "Standard"))
		e->cost->free++;
	else
		cost_add_unknown(e, r->address, "parameter of tier %s", tier);
}

static void cost_namespace(struct estimate *e, const struct resource *r)
{
	cost_add(e, r->address, "route53.zone", 1, "private DNS zone");
}

/* What a field may ask for beyond the ordinary, at a price that depends on more than the spec. */
static void cost_extra(struct estimate *e, const struct resource *r, const char *field, const char *ordinary)
{
	const char *word = cost_word(r->want, field, ordinary);

	if (strcmp(word, ordinary) != 0)
		cost_add_unknown(e, r->address, "%s: %s", field, word);
}

static void cost_cluster(struct estimate *e, const struct resource *r)
{
	size_t n = e->cost->n;

	cost_extra(e, r, "container_insights", "disabled");
	e->cost->free += e->cost->n == n;
}

static void cost_group(struct estimate *e, const struct resource *r)
{
	cost_extra(e, r, "class", "STANDARD");
	if (cost_number(r->want, "retention_days", 0) == 0)
		cost_note(e, "%s keeps its logs for ever: each month of them adds to the next ones' storage.",
			  r->address);
}

static void cost_stage(struct estimate *e, const struct resource *r)
{
	if (val_bool(r->want, "detailed_metrics"))
		cost_add_unknown(e, r->address, "detailed metrics");
	else
		e->cost->free++;
}

static void cost_api(struct estimate *e, const struct resource *r)
{
	if (strcmp(cost_word(r->want, "protocol", "HTTP"), "HTTP") != 0)
		cost_add_unknown(e, r->address, "API that is no HTTP API");
}

static void all_requests(struct estimate *e, const char *address)
{
	double first = fmin(e->assume->requests, TIER_REQUESTS), more = e->assume->requests - first;

	cost_add(e, address, "apigw.http.tier1", first / COST_MILLION, "requests")->assumed = true;
	if (more > 0)
		cost_add(e, address, "apigw.http.tier2", more / COST_MILLION, "requests above %g million",
			 TIER_REQUESTS / COST_MILLION)
		    ->assumed = true;
}

static void all_images(struct estimate *e, const char *address)
{
	cost_add(e, address, "ecr.storage", e->assume->images_gb, "images")->assumed = true;
}

/* The longest retention counts: which group gets how much is not known. */
static double kept_months(const struct spec *spec)
{
	double days = 0;

	for (size_t i = 0; i < spec->n; i++)
		if (!strcmp(spec->resource[i].type->name, "logs.group"))
			days = fmax(days, cost_number(spec->resource[i].want, "retention_days", 30));
	return days / 30;
}

/* The free amount is for what comes in, and its rest for what is stored. */
static void all_logs(struct estimate *e, const char *address)
{
	double in = e->assume->logs_gb, free_rest = fmax(0, LOGS_FREE_GB - in);

	cost_add(e, address, "logs.ingest", fmax(0, in - LOGS_FREE_GB), "logs written above %d GB, which are free",
		 LOGS_FREE_GB)
	    ->assumed = true;
	cost_add(e, address, "logs.storage", fmax(0, in * kept_months(e->spec) - free_rest), "logs kept")->assumed =
	    true;
}

static const struct cost_row rows[] = {
    {"apigateway.api", cost_api, all_requests},
    {"apigateway.integration", NULL, NULL},
    {"apigateway.route", NULL, NULL},
    {"apigateway.stage", cost_stage, NULL},
    {"apigateway.vpc_link", NULL, NULL},
    {"ec2.gateway_attachment", NULL, NULL},
    {"ec2.internet_gateway", NULL, NULL},
    {"ec2.route", NULL, NULL},
    {"ec2.route_association", NULL, NULL},
    {"ec2.route_table", NULL, NULL},
    {"ec2.security_group", NULL, NULL},
    {"ec2.security_group_rule", NULL, NULL},
    {"ec2.subnet", NULL, NULL},
    {"ec2.vpc", NULL, NULL},
    {"ecr.lifecycle_policy", NULL, NULL},
    {"ecr.repository", NULL, all_images},
    {"ecs.cluster", cost_cluster, NULL},
    {"ecs.service", cost_service, NULL},
    {"ecs.task_definition", NULL, NULL},
    {"iam.oidc_provider", NULL, NULL},
    {"iam.role", NULL, NULL},
    {"iam.role_attachment", NULL, NULL},
    {"iam.role_policy", NULL, NULL},
    {"logs.group", cost_group, all_logs},
    {"rds.instance", cost_database, NULL},
    {"rds.subnet_group", NULL, NULL},
    {"servicediscovery.namespace", cost_namespace, NULL},
    {"servicediscovery.service", NULL, NULL},
    {"ssm.parameter", cost_parameter, NULL},
};

const struct cost_row *cost_row_of(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].type, type))
			return &rows[i];
	return NULL;
}

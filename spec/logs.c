/* logs - how long log lines of services and of the API are kept. */
#include "base/buf.h"
#include "spec/section.h"

/* The only ones that AWS takes. */
static const json_int_t retention[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
				       365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

static bool is_retention(json_int_t days)
{
	for (size_t i = 0; i < ARRAY_SIZE(retention); i++)
		if (retention[i] == days)
			return true;
	return false;
}

static void check_days(struct at at, struct diag *d)
{
	struct buf all = BUF(1024);
	json_int_t days = json_integer_value(at.value), nearest = retention[0];

	if (is_retention(days))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(retention); i++) {
		if (retention[i] < days)
			nearest = retention[i];
		buf_addf(&all, "%s%d", i ? ", " : "", (int)retention[i]);
	}
	at_error(at, d, "AWS keeps logs for certain numbers of days only, and %d is none of them.", (int)days);
	at_hint(at, d, "Did you mean %d? Allowed: %s.", (int)nearest, buf_str(&all));
	buf_release(&all);
}

static const struct shape s_days = {
    .what = "a number of days (1 to 3653)",
    .kind = SHAPE_INT,
    .min = 1,
    .max = 3653,
    .check = check_days,
};

static const struct key keys[] = {
    {"retention_days", &s_days, 0, "14", "How many days log lines are kept."},
    {.name = NULL},
};

const struct shape logs_shape = {.what = "logs", .kind = SHAPE_OBJ, .keys = keys};

static void add_group(struct expand *x, const char *address, const char *name, int days)
{
	expand_add(x, address, "{s:s,s:i}", "name", name, "retention_days", days);
}

static void expand(struct expand *x)
{
	struct at logs = at_key(x->file, "logs");
	int days = (int)at_int(logs, "retention_days");

	if (!has_section(x->file, "logs"))
		return;
	expand_section(x, logs, "logs");
	add_group(x, "logs.group.services", expand_text(x, "/ecs/%s", x->spec->prefix), days);
	/* Under this path API Gateway needs no entry in the region's resource policy for logs, which is limited. */
	if (has_section(x->file, "api"))
		add_group(x, "logs.group.api", expand_text(x, "/aws/vendedlogs/apis/%s", x->spec->prefix), days);
}

static const struct section_ref refs[] = {
    {"group", "logs.group.services.name"},
    {"arn", "logs.group.services.arn"},
    {.key = NULL},
};

const struct section section_logs = {.name = "logs", .expand = expand, .refs = refs};

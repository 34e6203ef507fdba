#include "providers/rds/rds.h"
#include "base/mem.h"

#include <ctype.h>
#include <string.h>

json_t *rds_lower(const json_t *value, struct diag *d)
{
	char *s CLEANUP(freep) = xstrdup(json_string_value(value));

	(void)d;
	for (char *c = s; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return json_string(s);
}

const struct type t_subnet_group_name = {
    .name = "reference", .kind = KIND_STR, .target = "rds.subnet_group", .attr = "name", .canon = rds_lower};

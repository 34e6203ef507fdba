/* rds - what the tables of RDS share. */
#pragma once

#include "providers/service.h"

/* New lower-case copy of a text: RDS keeps names so, whatever was sent. */
json_t *rds_lower(const json_t *value, struct diag *d);
/* Reference to a subnet group by its name. */
extern const struct type t_subnet_group_name;

/* final.c: the columns of an instance that are about its end. */
extern const struct proof rds_final_snapshot;
extern const struct loss rds_loss;
extern const struct holders rds_own_status;
extern const struct stuck rds_stopped, rds_broken;

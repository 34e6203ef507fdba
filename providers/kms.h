/* kms - how keys of AWS KMS are named. */
#pragma once

#include "providers/type.h"

/*
 * A key: its ARN, its id, or an alias ("alias/aws/rds"). AWS reads back the ARN of the key, whatever was written: id
 * and ARN of one key are the same wish, and an alias is taken for fulfilled by any key, as only KMS knows which one it
 * means.
 */
extern const struct type t_kms_key;

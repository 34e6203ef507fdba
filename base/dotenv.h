/*
 * dotenv - NAME=VALUE lines, as `heroku config -s` prints them and most tools read them.
 *
 * A name may stand behind `export`. A value is bare (to the end of the line, spaces around it and a comment behind
 * " #" dropped), in single quotes (as it is), or in double quotes (with \n \r \t \\ \" \$). Quoted values may
 * go over several lines. Nothing is expanded: a $ is a $. The last value of a name counts.
 */
#pragma once

#include "base/diag.h"

#include <jansson.h>

#define DOTENV_MAX ((size_t)1 << 20)

/*
 * *ret: new object NAME -> text, in the order of the file; it may hold secrets, and is the caller's to wipe.
 * ERR_INVALID after appending one error with its place in `file`; no part of a value is ever in it.
 */
int dotenv_parse(const char *text, size_t n, const char *file, json_t **ret, struct diag *d);

/* utf8 - is a file plain text? */
#pragma once

#include <stddef.h>

/*
 * Offset of the first byte that plain UTF-8 text cannot have, and *ret_why as a phrase: malformed sequences, control
 * characters, and the separators that some programs take for the end of a line. *ret_why is NULL if there is none.
 */
size_t utf8_text_error(const char *s, size_t n, const char **ret_why);

/*
 * prompt - asks for something that nobody may read over a shoulder: at the terminal itself, as stdin and stdout may be
 * files, and without echo. Whatever signal comes, the terminal is left as it was.
 */
#pragma once

#include <stddef.h>

/*
 * One line, without its end, into line[max]; the caller wipes. ERR_ABSENT: there is no terminal. ERR_CANCELLED: a
 * signal or the end of input came, the line was longer than max - 1, or nobody answered for five minutes.
 */
int prompt_secret(const char *prompt, char *line, size_t max);

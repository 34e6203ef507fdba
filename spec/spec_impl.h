/* spec_impl - what spec.c and json.c share. */
#pragma once

#include "spec/spec.h"

/* As spec_load(), with the text in memory (NULL: read the file); options->file is only named. */
int spec_load_text(const struct spec_options *options, const char *text, size_t n, struct spec *ret, struct diag *d);
/* Empty containers, nothing else. */
void spec_init(struct spec *s);
/* New: "<app>" or "<app>-<env>". */
char *spec_prefix(const char *app, const char *env);
/* New hex text; places and sections do not count. */
char *spec_digest(const struct spec *s);

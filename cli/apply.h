/* apply - what `apply` and `destroy` share: show w->plan, ask, carry it out. */
#pragma once

#include "cli/work.h"

/* Prints the plan; ERR_IO if it could not be written. */
int apply_show(struct work *w);
/* Asks for the app's name; `otherwise` is the option that does without: "--yes gengar". */
int apply_confirm_destroy(struct work *w, const char *otherwise);
/* Does it, shows progress, records, and says at the end what was done and, if not all was, why. */
int apply_and_report(struct work *w, unsigned parallel);
/* The same for what is selected of a longer work, without recording that all is done: that is apply_record(). */
int apply_part(struct work *w, unsigned parallel);
int apply_record(struct work *w);

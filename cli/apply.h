/* apply - carries w->plan out, shows progress, records, and says at the end what was done; shared by apply and destroy.
 */
#pragma once

#include "cli/work.h"

int apply_and_report(struct work *w, unsigned parallel);

/*
 * save - a plan in a file, and back: applied exactly, or refused.
 *
 * The file holds the expanded spec, the options of the plan, the plan itself, a
 * digest of every object that was looked at, and when and by which berth it was
 * made. To apply it, everything is read
 * again; if any digest or action is another now, it is stale. No secret is in it.
 */
#pragma once

#include "cli/work.h"

/* The largest file that is read as a saved plan, and how deep its values may lie: those of a spec, and what is around.
 */
#define PLAN_FILE_MAX ((size_t)32 << 20)
#define PLAN_DEPTH_MAX (VALUE_DEPTH_MAX + 8)

int plan_save(struct work *w, const char *path, unsigned flags, const struct words *only, const struct words *except);
/* Reads the file: *ret is the document. ERR_IO if it cannot be read, ERR_INVALID if it is none, or of
   another format. */
int plan_load(struct cli *cli, const char *path, json_t **ret);
/* The same of what a file holds; `path` is only named. */
int plan_parse(const char *path, const char *text, size_t n, json_t **ret, struct diag *d);
/* Spec, live objects and plan as the document says; ERR_STALE with what has moved. w is uninitialised. */
int plan_restore(struct work *w, struct cli *cli, const json_t *doc);

/*
 * render - plans, drift and progress for people.
 */
#pragma once

#include "engine/apply.h"
#include "engine/drift.h"
#include "engine/plan.h"

#include <stdio.h>

struct render {
	FILE *to;
	bool color, verbose, markdown;
	size_t width; /* columns to wrap at; 0: lines are as long as what they say */
};

/* The columns of the terminal behind f, 0 if it is none. */
size_t render_width(FILE *f);

void render_plan(const struct render *r, const struct plan *p, const struct spec *spec, const struct world *w);
/* Only what is chosen of it, section by section. */
void render_steps(const struct render *r, const struct plan *p);
void render_counts(const struct render *r, const struct plan *p);
void render_drift(const struct render *r, const struct drift *d);

/*
 * One changed value, line by line: only the members that differ, each with its path, members of sets each as what came
 * or went. New array of [path, from, to], null where a side has none. type: the field's, NULL if there is none (a tag).
 */
json_t *render_leaves(const struct type *type, const char *field, const json_t *from, const json_t *to);
/* A value on one line, quoted only where a reader could mistake it; what is not known yet in words. New. */
char *render_value(const json_t *v);

/*
 * Progress of an apply on `to`. Plain lines are few: what takes long, what is finished, and once a minute what still
 * runs. Live lines are drawn over on a terminal; JSON is a line for each event that tells something new.
 */
enum progress_form { PROGRESS_PLAIN, PROGRESS_LIVE, PROGRESS_JSON };
struct progress_view;
struct progress_view *progress_new(struct loop *loop, FILE *to, enum progress_form form, bool color);
/* For apply_request.progress and .interrupted; arg is the view. */
void progress_show(void *arg, const struct progress *p);
void progress_interrupted(void *arg);
/* Clears what is only live. */
void progress_free(struct progress_view *v);

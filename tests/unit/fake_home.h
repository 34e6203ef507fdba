/*
 * fake_home - an environment and a home directory of a test's own, behind struct aws_env.
 *
 *   struct fake_home h;
 *   fake_home_open(&h);
 *   fake_env(&h, "AWS_PROFILE", "dev");
 *   fake_file(&h, ".aws/config", 0600, "[profile dev]\nregion = us-east-1\n");
 *   ... h.env ...
 *   fake_home_close(&h);
 */
#pragma once

#include "providers/config.h"

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fake_home {
	json_t *vars;
	char dir[64];
	struct aws_env env;
};

static const char *fake_env_get(void *arg, const char *name)
{
	struct fake_home *h = arg;

	return json_string_value(json_object_get(h->vars, name));
}

static inline void fake_env(struct fake_home *h, const char *name, const char *value)
{
	if (value)
		json_object_set_new(h->vars, name, json_string(value));
	else
		json_object_del(h->vars, name);
}

static inline void fake_home_open(struct fake_home *h)
{
	*h = (struct fake_home){.vars = json_object(), .dir = "/tmp/berth-home-XXXXXX"};
	h->env = (struct aws_env){.get = fake_env_get, .arg = h};
	if (!mkdtemp(h->dir))
		abort();
	fake_env(h, "HOME", h->dir);
}

/* Where `name` below the home directory is; valid until the next call. */
static inline const char *fake_path(const struct fake_home *h, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", h->dir, name);
	return path;
}

static inline void fake_file(const struct fake_home *h, const char *name, mode_t mode, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s", fake_path(h, name));
	for (char *p = path + strlen(h->dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) || chmod(path, mode))
		abort();
}

static int fake_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void fake_home_close(struct fake_home *h)
{
	nftw(h->dir, fake_remove, 8, FTW_DEPTH | FTW_PHYS);
	json_decref(h->vars);
}

/* All texts and hints, one a line; the caller frees. */
static inline char *diag_all(const struct diag *d)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	for (size_t i = 0; i < d->n; i++) {
		fprintf(f, "%s\n", d->item[i].text);
		if (d->item[i].hint)
			fprintf(f, "%s\n", d->item[i].hint);
	}
	fclose(f);
	return text;
}

/* What the tests of the spec share: a spec from text, and what was said about it. */
#pragma once

#include "base/err.h"
#include "spec/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct spec_case {
	struct spec spec;
	struct diag d;
	char file[64];
	int rc;
};

static __attribute__((unused)) struct spec_case case_of(const char *text, const char *env)
{
	struct spec_case c = {.file = "/tmp/berth-spec-XXXXXX"};
	int fd = mkstemp(c.file);
	struct spec_options options = {.file = c.file, .env = env};

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
	c.rc = spec_load(&options, &c.spec, &c.d);
	unlink(c.file);
	return c;
}

static __attribute__((unused)) void case_release(struct spec_case *c)
{
	if (!c->rc)
		spec_release(&c->spec);
	diag_release(&c->d);
}

/* The text of error number i, "" if there are not so many. */
static __attribute__((unused)) const char *case_error(const struct spec_case *c, size_t i)
{
	for (size_t k = 0; k < c->d.n; k++)
		if (c->d.item[k].severity == DIAG_ERROR && !i--)
			return c->d.item[k].text;
	return "";
}

/* Borrowed: a field of a resource. */
static __attribute__((unused)) const json_t *case_field(const struct spec_case *c, const char *address,
							const char *field)
{
	const struct resource *r = c->rc ? NULL : spec_find(&c->spec, address);

	return r ? json_object_get(r->want, field) : NULL;
}

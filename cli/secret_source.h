/*
 * secret_source - where `berth secrets` gets values from: a file of NAME=VALUE lines, the environment, stdin, or a
 * prompt without echo. Never the command line, which every process of the machine can read.
 */
#pragma once

#include "cli/cli.h"
#include "spec/spec.h"

struct secret_request {
	const struct spec *spec;
	const json_t *names; /* array: those that were asked for; empty: all of the spec */
	const char *file;    /* "-": stdin; NULL: no file */
	bool ask;            /* may read stdin, or ask at the terminal */
};

/*
 * *ret: new object NAME -> value, in the spec's order, for what a value was found of; wiped by the caller. ERR_USAGE or
 * ERR_INVALID after appending. Of what was asked for by name there is a value, or an error.
 */
int secret_source(struct cli *cli, const struct secret_request *req, json_t **ret);

/* berth init - writes a first berth.yaml. Never over an existing one. */
#include "base/err.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "spec/spec_impl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_ 20

struct init_options {
	const char *app, *region;
};

static const struct option_row rows[] = {
    {"app", 0, OPTION_TEXT, "NAME", "the app's name (default: the folder's)", offsetof(struct init_options, app)},
    {"region", 0, OPTION_TEXT, "REGION", "AWS region (default: AWS_REGION, else us-east-1)",
     offsetof(struct init_options, region)},
    {0},
};

static const char text[] = "# What the app needs on AWS. `berth plan` shows what is missing, `berth apply` makes it.\n"
			   "app: %s\n"
			   "region: %s\n"
			   "# account: \"123456789012\"   # any other account is refused before the first write\n"
			   "\n"
			   "network:\n"
			   "  cidr: 10.20.0.0/16\n"
			   "  zones: 2                   # public subnets; there is no NAT gateway to pay for\n"
			   "\n"
			   "database:\n"
			   "  engine: postgres\n"
			   "  version: \"16\"              # AWS picks the minor version\n"
			   "  class: db.t4g.micro\n"
			   "  storage: 20                # GiB\n"
			   "  backup_days: 7\n"
			   "\n"
			   "registry:\n"
			   "  keep: 5                    # images\n"
			   "\n"
			   "# secrets:                   # names only; the values never stand in this file\n"
			   "#   - STRIPE_SECRET_KEY\n"
			   "\n"
			   "services:\n"
			   "  web:\n"
			   "    port: 3000\n"
			   "    cpu: 256\n"
			   "    memory: 512\n"
			   "    arch: arm64\n"
			   "    capacity: spot           # or on-demand\n"
			   "    count: 1\n"
			   "    env:\n"
			   "      NODE_ENV: production\n"
			   "    secrets: [DATABASE_URL]  # berth makes this one\n"
			   "\n"
			   "api:\n"
			   "  service: web\n"
			   "\n"
			   "logs:\n"
			   "  retention_days: 14\n";

/* A name that AWS takes everywhere: small letters, digits, hyphens, a letter first. */
static char *folder_name(void)
{
	char *cwd CLEANUP(freep) = getcwd(NULL, 0);
	const char *base = cwd ? strrchr(cwd, '/') : NULL;
	char *name = xstrdup(base && base[1] ? base + 1 : "app"), *to = name;

	for (const char *from = name; *from; from++) {
		char c = (char)tolower((unsigned char)*from);

		if (islower((unsigned char)c) || (to != name && isdigit((unsigned char)c)))
			*to++ = c;
		else if (to != name && to[-1] != '-')
			*to++ = '-';
	}
	if (to > name + NAME_MAX_)
		to = name + NAME_MAX_;
	while (to != name && to[-1] == '-')
		to--;
	*to = '\0';
	if (*name)
		return name;
	free(name);
	return xstrdup("app");
}

/* What would not be taken is not written: a name from the command line, a folder or the environment may be anything. */
static int check(struct cli *cli, const char *path, const char *yaml)
{
	const struct spec_options options = {.file = path};
	struct spec spec;
	int rc = spec_load_text(&options, yaml, strlen(yaml), &spec, &cli->d);

	if (!rc)
		spec_release(&spec);
	else
		diag_note(&cli->d, "%s was not written. Choose with --app and --region.", path);
	return rc;
}

static int write_spec(struct cli *cli, const char *path, const char *yaml)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	int rc;

	if (!f) {
		rc = diag_error(&cli->d, errno == EEXIST ? ERR_REFUSED : ERR_IO, "%s cannot be written: %s.", path,
				strerror(errno));
		if (rc == ERR_REFUSED)
			diag_hint(&cli->d, "Remove it first, or name another file with -f.");
		return rc;
	}
	fputs(yaml, f);
	if (!fclose(f))
		return 0;
	rc = diag_error(&cli->d, ERR_IO, "%s cannot be written: %s.", path, strerror(errno));
	/* Half a file would be in the way of the next try. */
	(void)unlink(path);
	return rc;
}

static int run(struct cli *cli, const void *options, int argc, char **argv)
{
	const char *path = cli->g.file ? cli->g.file : "berth.yaml", *region = getenv("AWS_REGION");
	const struct init_options *o = options;
	char *app CLEANUP(freep) = o->app ? xstrdup(o->app) : folder_name();
	char *yaml CLEANUP(freep) = NULL;
	int rc;

	(void)argc;
	(void)argv;
	region = o->region ? o->region : region && *region ? region : "us-east-1";
	yaml = xasprintf(text, app, region);
	rc = check(cli, path, yaml);
	if (!rc)
		rc = write_spec(cli, path, yaml);
	if (!rc && cli->g.json)
		cli_json("init", json_pack("{s:s, s:s, s:s}", "file", path, "app", app, "region", region));
	else if (!rc)
		printf("%s is written. Look it through, then: berth validate, berth plan.\n", path);
	return rc;
}

const struct command cmd_init = {
    .name = "init",
    .summary = "write a first berth.yaml",
    .usage = "[--app NAME] [--region REGION]",
    .options = rows,
    .options_size = sizeof(struct init_options),
    .run = run,
    .offline = true,
};

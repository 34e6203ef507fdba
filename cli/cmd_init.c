/* berth init - writes a first berth.yaml. Never over an existing one. */
#include "base/err.h"
#include "cli/cli.h"
#include "cli/commands.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	while (to != name && to[-1] == '-')
		to--;
	*to = '\0';
	if (strlen(name) > 20)
		name[20] = '\0';
	if (*name)
		return name;
	free(name);
	return xstrdup("app");
}

static int write_spec(struct cli *cli, const char *path, const char *app, const char *region)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f) {
		diag_error(&cli->d, errno == EEXIST ? ERR_REFUSED : ERR_IO, "%s cannot be written: %s.", path,
			   strerror(errno));
		if (errno == EEXIST)
			diag_hint(&cli->d, "Remove it first, or name another file with -f.");
		return diag_code(&cli->d);
	}
	fprintf(f, text, app, region);
	if (fclose(f))
		return diag_error(&cli->d, ERR_IO, "%s was not written whole: %s.", path, strerror(errno));
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	const char *path, *region = getenv("AWS_REGION");
	struct init_options o = {0};
	char *app CLEANUP(freep) = NULL;
	int rc;

	rc = options_parse(cli, rows, &o, argc, argv);
	if (rc > 0)
		rc = diag_error(&cli->d, ERR_USAGE, "init takes no arguments, but got \"%s\".", argv[0]);
	if (rc)
		return cli_fail(cli, rc);
	path = cli->g.file ? cli->g.file : "berth.yaml";
	app = o.app ? xstrdup(o.app) : folder_name();
	region = o.region ? o.region : region && *region ? region : "us-east-1";
	rc = write_spec(cli, path, app, region);
	if (!rc)
		printf("%s is written. Look it through, then: berth validate, berth plan.\n", path);
	return cli_fail(cli, rc);
}

const struct command cmd_init = {
    .name = "init",
    .summary = "write a first berth.yaml",
    .usage = "[--app NAME] [--region REGION]",
    .options = rows,
    .run = run,
    .offline = true,
};

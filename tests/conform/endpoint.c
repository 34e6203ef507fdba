/* Resolves endpoints from stdin, "SERVICE REGION FIPS DUALSTACK" a line; answers "URL SIGNING-REGION". See
 * endpoints.py. */
#include "providers/config.h"

#include <stdio.h>
#include <string.h>

static const char *no_env(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

int main(void)
{
	static const struct aws_env env = {.get = no_env};
	char service[64], region[64];
	int fips, dual;

	while (scanf("%63s %63s %d %d", service, region, &fips, &dual) == 4) {
		struct aws_config c = {.profile = (char[]){"default"}, .fips = fips, .dualstack = dual, .env = &env};
		struct aws_endpoint e = {0};
		struct diag d = {0};

		if (aws_endpoint_resolve(&c, service_find(service), region, &e, &d))
			puts("refused -");
		else
			printf("%s %s\n", e.url, e.signing_region);
		aws_endpoint_release(&e);
		diag_release(&d);
	}
	return 0;
}

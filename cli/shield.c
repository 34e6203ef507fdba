#include "cli/shield.h"
#include "base/mem.h"

#include <curl/curl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void *tls_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(n);
}

/* realloc(p, 0) frees, as OpenSSL expects. */
static void *tls_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	if (n)
		return wiping_realloc(p, n);
	wiping_free(p);
	return NULL;
}

static void tls_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	wiping_free(p);
}

void shield_memory(void)
{
	const struct rlimit no_core = {0, 0};

	setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	json_set_alloc_funcs(malloc, wiping_free);
	CRYPTO_set_mem_functions(tls_malloc, tls_realloc, tls_free);
	curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc);
}

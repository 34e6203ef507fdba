/* 2xx answers of any service and bytes: an object, or one sentence. */
#include "tests/fuzz/fuzz.h"

#include "providers/wire.h"

/* The first byte chooses the service. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_services = 0;
	struct diag d = {0};
	json_t *body = NULL;
	int rc;

	while (services[n_services])
		n_services++;
	if (!size || !n_services)
		return 0;
	rc = wire_decode(services[data[0] % n_services], "X", (const char *)data + 1, size - 1, &body, &d);
	FUZZ_CHECK((rc == 0) == json_is_object(body));
	FUZZ_CHECK((rc == 0) == (d.n == 0));
	json_decref(body);
	diag_release(&d);
	return 0;
}

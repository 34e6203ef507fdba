/* Any bytes as NAME=VALUE lines: refused with a place, or an object of texts; nothing of it is quoted. */
#include "tests/fuzz/fuzz.h"

#include "base/dotenv.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d = {0};
	json_t *all = NULL, *value;
	const char *name;
	int rc = dotenv_parse((const char *)data, size, "f", &all, &d);

	FUZZ_CHECK(rc == 0 ? all && !d.n : !all && rc == ERR_INVALID && d.n == 1 && d.item[0].pos.file);
	json_object_foreach (all, name, value)
		FUZZ_CHECK(*name && json_is_string(value));
	json_decref(all);
	diag_release(&d);
	return 0;
}

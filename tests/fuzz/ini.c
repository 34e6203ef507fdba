/* Any bytes as a shared AWS file: refused with a place, or a tree of sections, keys and texts; nothing of it is quoted.
 */
#include "tests/fuzz/fuzz.h"

#include "base/err.h"
#include "providers/config.h"
#include "providers/creds_impl.h"

#include <string.h>

static void check_section(const json_t *section)
{
	const char *key, *inner;
	json_t *value, *text;

	FUZZ_CHECK(json_is_object(section));
	json_object_foreach ((json_t *)section, key, value) {
		FUZZ_CHECK(*key);
		if (json_is_string(value)) {
			creds_split_free(creds_split(json_string_value(value)));
			continue;
		}
		FUZZ_CHECK(json_object_size(value) > 0);
		json_object_foreach (value, inner, text)
			FUZZ_CHECK(*inner && json_is_string(text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d = {0};
	json_t *tree = NULL, *section;
	const char *name;
	int rc = ini_parse((const char *)data, size, "f", &tree, &d);

	FUZZ_CHECK(rc == 0 ? tree && !d.n : !tree && rc == ERR_INVALID && d.n == 1 && d.item[0].pos.file);
	json_object_foreach (tree, name, section) {
		FUZZ_CHECK(*name);
		check_section(section);
	}
	json_decref(tree);
	diag_release(&d);
	return 0;
}

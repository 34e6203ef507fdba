/* Input: a path, a line break, a JSON value. Each function of path.h takes both; what was put is there to be got. */
#include "base/path.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void put_then_get(json_t *root, const char *path)
{
	json_auto_t *copy = json_deep_copy(root), *before = json_deep_copy(root), *after = NULL;

	if (path_put(copy, path, json_string("put"))) {
		FUZZ_CHECK(json_equal(copy, before));
		return;
	}
	FUZZ_CHECK(path_valid(path));
	after = path_get(copy, path);
	/* What [k=v] found need not be a {k: v} any more. */
	FUZZ_CHECK(after || strchr(path, '='));
	path_remove(copy, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size ? strndup((const char *)data, size) : NULL;
	char *json = text ? strchr(text, '\n') : NULL;
	json_auto_t *root = NULL;

	if (json) {
		json_auto_t *got = NULL, *rows = NULL;

		*json++ = '\0';
		root = json_loads(json, JSON_DECODE_ANY, NULL);
		got = path_get(root, text);
		rows = path_rows(root, text);
		FUZZ_CHECK(path_valid(text) || (!got && json_array_size(rows) == 0));
		for (size_t i = 0; i < json_array_size(rows); i++) {
			json_auto_t *self = path_row_get(json_array_get(rows, i), ""),
				    *outer = path_row_get(json_array_get(rows, i), "^");

			FUZZ_CHECK(self != NULL);
			FUZZ_CHECK(outer || !*text);
		}
		if (root)
			put_then_get(root, text);
	}
	free(text);
	return 0;
}

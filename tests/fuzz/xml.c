/* xml_parse() on anything: a tree within the limits, or one sentence. */
#include "tests/fuzz/fuzz.h"

#include "base/value.h"
#include "providers/wire.h"

static int depth_of(const json_t *v)
{
	const char *key;
	json_t *member;
	int deepest = 0, depth;
	size_t i;

	json_object_foreach ((json_t *)v, key, member) {
		depth = depth_of(member);
		deepest = depth > deepest ? depth : deepest;
	}
	json_array_foreach (v, i, member) {
		depth = depth_of(member);
		deepest = depth > deepest ? depth : deepest;
	}
	return deepest + json_is_object(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d = {0};
	json_t *tree = NULL;
	int rc = xml_parse((const char *)data, size, &tree, &d);

	FUZZ_CHECK((rc == 0) == (tree != NULL));
	FUZZ_CHECK((rc == 0) == (d.n == 0));
	FUZZ_CHECK(!tree || (json_is_object(tree) && json_object_size(tree) == 1));
	FUZZ_CHECK(!tree || depth_of(tree) <= VALUE_DEPTH_MAX);
	json_decref(tree);
	diag_release(&d);
	return 0;
}

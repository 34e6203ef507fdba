/* Any bytes as a spec: refused with places inside the text, or resources that survive the way to JSON and back. */
#include "tests/fuzz/fuzz.h"

#include "base/err.h"
#include "spec/spec_impl.h"

#include <string.h>

static void check_items(const struct diag *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct diag_item *item = &d->item[i];

		FUZZ_CHECK(item->severity == DIAG_NOTE || item->pos.file);
		FUZZ_CHECK(item->pos.line >= 0 && item->pos.column >= 0);
		/* Nothing that a terminal would act upon. */
		for (const char *c = item->text; *c; c++)
			FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
		for (const char *c = item->source; c && *c; c++)
			FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
	}
}

static void check_spec(struct spec *s)
{
	json_auto_t *doc = spec_to_json(s);
	struct diag d = {0};
	struct spec again;

	FUZZ_CHECK(spec_from_json(doc, &again, &d) == 0);
	FUZZ_CHECK(!strcmp(s->digest, again.digest));
	spec_release(&again);
	diag_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct spec_options options = {.file = "f", .env = size && data[0] == '#' ? "staging" : NULL};
	struct diag d = {0};
	struct spec s;
	int rc = spec_load_text(&options, size ? (const char *)data : "", size, &s, &d);

	FUZZ_CHECK(rc == 0 ? !d.errors : rc == ERR_INVALID && d.errors);
	check_items(&d);
	if (!rc) {
		check_spec(&s);
		spec_release(&s);
	}
	diag_release(&d);
	return 0;
}

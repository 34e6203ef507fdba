/*
 * Any bytes as a saved plan: refused with a sentence, or a spec that can be planned, printed and saved again. What a
 * file promises beyond its spec (options, digests, the plan itself) is only compared, and that is done here too.
 */
#include "tests/fuzz/fuzz.h"

#include "base/err.h"
#include "cli/render.h"
#include "cli/save.h"
#include "spec/spec_impl.h"

#include <string.h>

static FILE *nowhere;

static void plan_and_print(const struct spec *spec, unsigned flags)
{
	struct render r = {.to = nowhere, .verbose = true, .width = 80}, md = {.to = nowhere, .markdown = true};
	struct diag d = {0};
	struct world w;
	struct plan p;
	int rc;

	world_init(&w);
	json_object_set_new(w.aws, "account", json_string("123456789012"));
	rc = plan_make(&(struct plan_request){.spec = spec, .world = &w, .flags = flags}, &p, &d);
	FUZZ_CHECK((rc == 0) == (d.errors == 0));
	if (!rc) {
		json_auto_t *doc = plan_to_json(&p, spec, &w);

		FUZZ_CHECK(doc);
		render_plan(&r, &p, spec, &w);
		render_plan(&md, &p, spec, &w);
		rewind(nowhere);
	}
	plan_release(&p);
	world_release(&w);
	diag_release(&d);
}

static void use_document(const json_t *doc)
{
	struct diag d = {0};
	struct spec spec;
	int rc = spec_from_json(json_object_get(doc, "spec"), &spec, &d);

	FUZZ_CHECK((rc == 0) == (d.errors == 0));
	if (!rc) {
		json_auto_t *again = spec_to_json(&spec);

		FUZZ_CHECK(again);
		plan_and_print(&spec, (unsigned)val_int(doc, "flags", 0));
		spec_release(&spec);
	}
	diag_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *doc = NULL;
	struct diag d = {0};
	int rc = plan_parse("f", size ? (const char *)data : "", size, &doc, &d);

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	FUZZ_CHECK(nowhere && (rc == 0 ? doc && !d.n : rc == ERR_INVALID && d.n == 1));
	for (size_t i = 0; i < d.n; i++)
		for (const char *c = d.item[i].text; *c; c++)
			FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
	if (doc)
		use_document(doc);
	json_decref(doc);
	diag_release(&d);
	return 0;
}

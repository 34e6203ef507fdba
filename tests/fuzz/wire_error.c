/* Error answers of any service and bytes: always a code, a message and an id that may be shown. */
#include "tests/fuzz/fuzz.h"

#include "base/buf.h"
#include "base/mem.h"
#include "providers/wire.h"

#include <string.h>

static void check_plain(const char *s)
{
	json_t *text = json_string(s);

	FUZZ_CHECK(s && text);
	for (; *s; s++)
		FUZZ_CHECK((unsigned char)*s >= 0x20 && *s != 0x7F);
	json_decref(text);
}

/* The first two bytes choose service and status, the line that follows is a header's value, the rest is the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"x-amzn-errortype", "x-amzn-query-error", "x-amzn-requestid",
					    "content-type"};
	struct wire_error e = {0};
	json_t *headers = json_object();
	size_t n_services = 0, line;

	while (services[n_services])
		n_services++;
	if (size >= 2) {
		const char *text = (const char *)data + 2, *end = memchr(text, '\n', size - 2);

		line = end ? (size_t)(end - text) : 0;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (data[1] & (1u << i))
				json_object_set_new(headers, names[i], json_stringn(text, line));
		wire_decode_error(services[data[0] % n_services], 400 + data[1], headers, text + line, size - 2 - line,
				  &e);
		FUZZ_CHECK(*e.code);
		check_plain(e.code);
		check_plain(e.message);
		check_plain(e.request_id);
		wire_error_release(&e);
	}
	json_decref(headers);
	return 0;
}

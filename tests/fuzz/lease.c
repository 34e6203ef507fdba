/*
 * Any text as a lease's record, with any number as its version and any text below it: no record, or one whose times and
 * place in the log can be judged. Input: a line with the version, a line that stands for the version below, the text.
 */
#include "tests/fuzz/fuzz.h"

#include "base/mem.h"
#include "engine/lease_record.h"

#include <string.h>

static char *next_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	*at = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size ? xstrndup((const char *)data, size) : xstrdup(""), *at = text;
	int64_t version = strtoll(next_line(&at), NULL, 10);
	const char *below = next_line(&at);
	json_auto_t *record = lease_record_parse(at);

	if (record) {
		FUZZ_CHECK(lease_record_deadline(record));
		FUZZ_CHECK(lease_record_length(record) >= 0);
		lease_record_follows(record, version, *below ? below : NULL);
		lease_process_is_dead(json_object_get(record, "process"));
	}
	free(text);
	return 0;
}

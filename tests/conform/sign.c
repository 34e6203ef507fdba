/* Signs requests that stand on stdin, one JSON object a line (sigv4_case.h); answers one line each. See sigv4.py. */
#include "tests/unit/sigv4_case.h"

#include <stdio.h>

static json_t *answer(const json_t *request)
{
	struct sigv4_input in = case_input(request);
	struct sigv4_output out = {0};
	json_t *a;

	if (sigv4_sign(&in, &out))
		return json_pack("{s:s}", "error", "refused");
	a = json_pack("{s:s, s:s, s:s, s:s*}", "authorization", out.authorization, "canonical_request",
		      out.canonical_request, "amz_date", out.amz_date, "content_sha256", out.content_sha256);
	sigv4_release(&out);
	return a;
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		json_t *request = json_loads(line, 0, NULL), *reply = answer(request);

		json_dumpf(reply, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(reply);
		json_decref(request);
	}
	free(line);
	return 0;
}

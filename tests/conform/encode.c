/* Reads lines {"service", "action", "params"} and prints the message that each becomes, for encode.py. */
#include "base/diag.h"
#include "base/value.h"
#include "providers/wire.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *encoded(const json_t *line)
{
	const struct service *svc = service_find(val_str(line, "service"));
	struct wire_request r = {0};
	struct diag d = {0};
	json_t *out;

	if (wire_encode(svc, val_str(line, "action"), json_object_get(line, "params"), &r, &d))
		out = json_pack("{s:s}", "error", d.item[0].text);
	else
		out = json_pack("{s:s, s:s, s:s, s:O, s:s%}", "method", r.method, "path", r.path, "query", r.query,
				"headers", r.headers, "body", buf_str(&r.body), r.body.n);
	wire_release(&r);
	diag_release(&d);
	return out;
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		json_auto_t *in = json_loads(line, 0, NULL);
		json_auto_t *out = encoded(in);

		json_dumpf(out, stdout, JSON_COMPACT);
		putchar('\n');
	}
	free(line);
	return 0;
}

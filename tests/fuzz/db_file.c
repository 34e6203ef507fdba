/* Any bytes as the database: opened, set aside as damaged, or refused with a sentence; never trusted, never waited on.
 */
#include "tests/fuzz/fuzz.h"

#include "base/mem.h"
#include "state/state.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char *path, *aside;

static void set_up(void)
{
	char dir[] = "/dev/shm/berth-fuzz-XXXXXX", other[] = "/tmp/berth-fuzz-XXXXXX";
	const char *at = mkdtemp(dir);

	at = at ? at : mkdtemp(other);
	FUZZ_CHECK(at);
	path = xasprintf("%s/default.db", at);
	aside = xasprintf("%s.damaged", path);
}

static int count(void *arg, const struct state_object *o)
{
	FUZZ_CHECK(o->address && o->type && o->fields);
	++*(size_t *)arg;
	return 0;
}

static int count_doubts(void *arg, const struct state_doubt *doubt)
{
	FUZZ_CHECK(doubt->address && doubt->call);
	++*(size_t *)arg;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state *s = NULL;
	struct diag d = {0};
	size_t n = 0;
	int fd, rc;

	if (!path)
		set_up();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && (!size || write(fd, data, size) == (ssize_t)size));
	close(fd);
	rc = state_open(path, "gengar", "default", &s, &d);
	FUZZ_CHECK((rc == 0) == (s != NULL) && (rc == 0) == (d.errors == 0));
	if (!rc) {
		(void)state_each(s, STATE_LIVE, count, &n, &d);
		(void)state_each(s, STATE_APPLIED, count, &n, &d);
		(void)state_each_doubt(s, 0, count_doubts, &n, &d);
		(void)state_was_cut_off(s);
		free(state_get(s, "aws"));
		(void)state_set(s, "region", "us-east-1", &d);
	}
	state_close(s);
	diag_release(&d);
	(void)unlink(path);
	(void)unlink(aside);
	return 0;
}

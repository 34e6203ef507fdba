#include "engine/lease_record.h"
#include "base/mem.h"
#include "base/value.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define VERSION 1
#define DIGEST 32

/* ---- texts ---- */

static void put_time(json_t *o, const char *key, int64_t ms)
{
	char text[32];
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(o, key, json_string(text));
}

static int64_t get_time(const json_t *o, const char *key)
{
	const char *text = val_str(o, key), *end;
	struct tm tm = {0};

	end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	return end && !*end ? (int64_t)timegm(&tm) * 1000 : 0;
}

static void digest(const char *text, char out[DIGEST + 1])
{
	json_auto_t *v = json_string(text);

	val_digest(v, out, DIGEST);
}

char *lease_record_text(const struct lease_record_options *o)
{
	char over[DIGEST + 1] = "";
	json_auto_t *r = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:I, s:I}", "v", VERSION, "owner", o->owner, "host",
				   o->host, "run", o->run, "command", o->command, "process", lease_process_self(),
				   "after", (json_int_t)o->after, "serial", (json_int_t)o->serial);

	if (o->over)
		digest(o->over, over);
	json_object_set_new(r, "over", json_string(over));
	put_time(r, "began", o->began);
	put_time(r, "renewed", o->now);
	/* Rather later than sooner: others wait for it. */
	put_time(r, "deadline", o->deadline + 999);
	return val_text(r);
}

json_t *lease_record_parse(const char *text)
{
	json_t *r = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(r) && val_int(r, "v", 0) == VERSION && val_str(r, "owner") && val_str(r, "host") &&
	    val_str(r, "run") && val_str(r, "command") && val_str(r, "over") && get_time(r, "began") &&
	    get_time(r, "renewed") && get_time(r, "deadline") && json_is_integer(json_object_get(r, "after")))
		return r;
	json_decref(r);
	return NULL;
}

bool lease_record_follows(const json_t *record, int64_t version, const char *below)
{
	char over[DIGEST + 1] = "";

	if (version < 1 || val_int(record, "after", -1) != version - 1)
		return false;
	if (below)
		digest(below, over);
	return !strcmp(val_str(record, "over"), over);
}

int64_t lease_record_deadline(const json_t *record)
{
	return get_time(record, "deadline");
}

int64_t lease_record_length(const json_t *record)
{
	int64_t ms = get_time(record, "deadline") - get_time(record, "renewed");

	return ms > 0 ? ms : 0;
}

/* ---- processes ---- */

/* A short file of one line; "" if it cannot be read. */
static void read_line(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* State and start time (fields 3 and 22) of a process; the name before them may hold anything, so from its last ')'. */
static bool process_stat(long pid, char *ret_state, long long *ret_start)
{
	char path[64], line[1024];
	const char *at;
	unsigned spaces = 0;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	read_line(path, line, sizeof(line));
	at = strrchr(line, ')');
	if (!at || at[1] != ' ' || !at[2])
		return false;
	*ret_state = at[2];
	for (at++; *at && spaces < 20; at++)
		spaces += *at == ' ';
	if (!*at)
		return false;
	*ret_start = strtoll(at, NULL, 10);
	return true;
}

static bool machine(char boot[64], char space[64])
{
	ssize_t n = readlink("/proc/self/ns/pid", space, 63);

	read_line("/proc/sys/kernel/random/boot_id", boot, 64);
	space[n > 0 ? n : 0] = '\0';
	return *boot && n > 0;
}

json_t *lease_process_self(void)
{
	char boot[64], space[64], state;
	long long start;

	if (!machine(boot, space) || !process_stat((long)getpid(), &state, &start))
		return json_object();
	return json_pack("{s:s, s:s, s:I, s:I}", "boot", boot, "namespace", space, "pid", (json_int_t)getpid(), "start",
			 (json_int_t)start);
}

/* A process may be hidden from us in /proc, but not from kill(). One that nobody has waited for yet runs no more. */
bool lease_process_is_dead(const json_t *process)
{
	const char *was_boot = val_str(process, "boot"), *was_space = val_str(process, "namespace");
	json_int_t pid = val_int(process, "pid", 0), was_start = val_int(process, "start", -1);
	char boot[64], space[64], state;
	long long start;

	if (!machine(boot, space) || !was_boot || !was_space || strcmp(boot, was_boot) != 0 ||
	    strcmp(space, was_space) != 0 || pid <= 0 || pid > INT32_MAX || was_start < 0)
		return false;
	if (kill((pid_t)pid, 0) && errno == ESRCH)
		return true;
	if (!process_stat((long)pid, &state, &start))
		return false;
	return start != was_start || state == 'Z' || state == 'X';
}

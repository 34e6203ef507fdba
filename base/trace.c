#include "base/trace.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned cats;
} categories[] = {
    {"run", TRACE_RUN},   {"node", TRACE_NODE},   {"exec", TRACE_RUN | TRACE_NODE}, {"call", TRACE_CALL},
    {"wire", TRACE_WIRE}, {"state", TRACE_STATE}, {"sigv4", TRACE_SIGV4},           {"all", ~0u},
};

static unsigned to_file, to_stderr; /* enum trace_cat */
static FILE *file;

/* It comes from the environment: what a terminal would act upon is left out. */
static void complain(const char *word, size_t n)
{
	fputs("berth: BERTH_DEBUG: ignoring the unknown category \"", stderr);
	for (size_t i = 0; i < n; i++)
		fputc(word[i] > ' ' && word[i] <= '~' ? word[i] : '?', stderr);
	fputs("\"\n", stderr);
}

static void set_debug(const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ","), i = 0;

		while (i < ARRAY_SIZE(categories) && (strncmp(categories[i].name, list, n) || categories[i].name[n]))
			i++;
		if (i < ARRAY_SIZE(categories))
			to_stderr |= categories[i].cats;
		else if (n)
			complain(list, n);
		list += n + (list[n] == ',');
	}
}

static void set_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	file = fd < 0 ? NULL : fdopen(fd, "a");
	if (file) {
		to_file = ~0u;
		return;
	}
	fprintf(stderr, "berth: BERTH_TRACE: ignoring %s: %s\n", name, strerror(errno));
	if (fd >= 0)
		close(fd);
}

void trace_open(void)
{
	const char *debug = getenv("BERTH_DEBUG"), *name = getenv("BERTH_TRACE");

	trace_close();
	if (debug)
		set_debug(debug);
	if (name && *name)
		set_file(name);
}

void trace_close(void)
{
	if (file)
		fclose(file);
	file = NULL;
	to_file = to_stderr = 0;
}

bool trace_on(enum trace_cat cat)
{
	return ((to_file | to_stderr) & (unsigned)cat) != 0;
}

static const char *category_name(enum trace_cat cat)
{
	for (size_t i = 0; i < ARRAY_SIZE(categories); i++)
		if (categories[i].cats == (unsigned)cat)
			return categories[i].name;
	return "?";
}

static int64_t wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One line and one write each, so that lines of several processes do not mix and none is lost in a crash. */
static void write_json(enum trace_cat cat, const char *event, const json_t *fields)
{
	json_auto_t *line = json_object();
	char *text;

	json_object_set_new(line, "t", json_integer(wall_ms()));
	json_object_set_new(line, "cat", json_string(category_name(cat)));
	json_object_set_new(line, "event", json_string(event));
	json_object_update_missing(line, (json_t *)fields);
	text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (!text)
		return;
	fprintf(file, "%s\n", text);
	fflush(file);
	free(text);
}

static void write_text(enum trace_cat cat, const char *event, const json_t *fields)
{
	const char *key;
	json_t *value;

	fprintf(stderr, "%s: %s", category_name(cat), event);
	json_object_foreach ((json_t *)fields, key, value) {
		/* JSON escapes control characters, so that no answer can play with the terminal. */
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

		fprintf(stderr, " %s=%s", key, text ? text : "?");
		free(text);
	}
	fputc('\n', stderr);
}

void trace_event(enum trace_cat cat, const char *event, json_t *fields)
{
	if (to_file & (unsigned)cat)
		write_json(cat, event, fields);
	if (to_stderr & (unsigned)cat)
		write_text(cat, event, fields);
	json_decref(fields);
}

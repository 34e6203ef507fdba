#include "base/trace.h"
#include "base/mem.h"
#include "tests/unit/test.h"

#include <sys/stat.h>
#include <unistd.h>

/* A file to which stderr goes until capture_end(). */
static int saved_stderr = -1;

static FILE *capture_begin(void)
{
	FILE *f = tmpfile();

	fflush(stderr);
	saved_stderr = dup(2);
	dup2(fileno(f), 2);
	return f;
}

/* What was written; the caller frees. */
static char *capture_end(FILE *f)
{
	char *text = xcalloc(10000, 1);

	fflush(stderr);
	dup2(saved_stderr, 2);
	close(saved_stderr);
	rewind(f);
	text[fread(text, 1, 9999, f)] = '\0';
	fclose(f);
	return text;
}

static void set(const char *debug, const char *file)
{
	if (debug)
		setenv("BERTH_DEBUG", debug, 1);
	else
		unsetenv("BERTH_DEBUG");
	if (file)
		setenv("BERTH_TRACE", file, 1);
	else
		unsetenv("BERTH_TRACE");
}

TEST(off_by_default)
{
	json_t *fields = json_object();

	set(NULL, NULL);
	trace_open();
	CHECK(!trace_on(TRACE_RUN));
	CHECK(!trace_on(TRACE_WIRE));
	json_incref(fields);
	trace_event(TRACE_RUN, "start", fields);
	CHECK_INT(fields->refcount, 1);
	json_decref(fields);
	trace_close();
}

TEST(named_categories_go_to_stderr_as_text)
{
	FILE *f = capture_begin();
	char *text;

	set("call,state", NULL);
	trace_open();
	trace_event(TRACE_CALL, "sent", json_pack("{s:s, s:i}", "action", "Describe\033[31m", "attempt", 2));
	trace_event(TRACE_NODE, "start", json_object());
	trace_event(TRACE_STATE, "write", NULL);
	trace_close();
	trace_event(TRACE_CALL, "late", NULL);
	text = capture_end(f);
	CHECK_STR(text, "call: sent action=\"Describe\\u001B[31m\" attempt=2\nstate: write\n");
	free(text);
}

TEST(exec_means_run_and_node)
{
	set("exec", NULL);
	trace_open();
	CHECK(trace_on(TRACE_RUN));
	CHECK(trace_on(TRACE_NODE));
	CHECK(!trace_on(TRACE_CALL));
	trace_close();
	CHECK(!trace_on(TRACE_RUN));
}

TEST(unknown_categories_are_named)
{
	FILE *f = capture_begin();
	char *text;

	set("wir,,wire,wires", NULL);
	trace_open();
	CHECK(trace_on(TRACE_WIRE));
	CHECK(!trace_on(TRACE_CALL));
	trace_close();
	text = capture_end(f);
	CHECK_HAS(text, "\"wir\"");
	CHECK_HAS(text, "\"wires\"");
	free(text);
}

TEST(a_file_gets_one_object_a_line)
{
	char name[] = "/tmp/berth-trace-XXXXXX", text[2000];
	int fd = mkstemp(name);
	FILE *f;
	struct stat st;
	json_auto_t *one = NULL, *two = NULL;

	REQUIRE(fd >= 0);
	close(fd);
	unlink(name);
	set(NULL, name);
	trace_open();
	CHECK(trace_on(TRACE_SIGV4));
	trace_event(TRACE_CALL, "sent", json_pack("{s:s, s:s}", "action", "a\nb", "event", "forged"));
	trace_event(TRACE_NODE, "done", NULL);
	trace_close();
	REQUIRE(!stat(name, &st));
	CHECK_INT(st.st_mode & 0777, 0600);
	f = fopen(name, "r");
	REQUIRE(f);
	if (fgets(text, sizeof(text), f))
		one = json_loads(text, 0, NULL);
	if (fgets(text, sizeof(text), f))
		two = json_loads(text, 0, NULL);
	CHECK(!fgets(text, sizeof(text), f));
	fclose(f);
	unlink(name);
	CHECK(json_integer_value(json_object_get(one, "t")) > 1700000000000);
	json_object_del(one, "t");
	json_object_del(two, "t");
	CHECK_JSON(one, "{\"cat\": \"call\", \"event\": \"sent\", \"action\": \"a\\nb\"}");
	CHECK_JSON(two, "{\"cat\": \"node\", \"event\": \"done\"}");
}

TEST(a_file_that_cannot_be_written_is_named)
{
	FILE *f = capture_begin();
	char *text;

	set(NULL, "/nowhere/trace");
	trace_open();
	CHECK(!trace_on(TRACE_RUN));
	trace_close();
	text = capture_end(f);
	CHECK_HAS(text, "/nowhere/trace");
	free(text);
}

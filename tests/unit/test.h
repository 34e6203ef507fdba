/*
 * test - the whole unit-test framework: cases that list themselves, checks, TAP.
 *
 *   TEST(empty_name_is_refused)
 *   {
 *           CHECK(!path_valid("a..b"));
 *   }
 *
 * Each file that includes this is one executable; main() is here. Without
 * arguments every case runs, with arguments only those named. A failed CHECK
 * is reported and the case goes on; REQUIRE ends the case, SKIP too.
 */
#pragma once

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	const char *name;
	void (*run)(void);
	int line;
};

static bool test_failed;
static const char *test_skipped;

/* Cases stand in a linker section of their own, so that no list has to be kept by hand. */
#define TEST(name)                                                                                         \
	static void test_run_##name(void);                                                                 \
	static const struct test_case test_case_##name                                                     \
	    __attribute__((used, section("test_cases"), aligned(8))) = {#name, test_run_##name, __LINE__}; \
	static void test_run_##name(void)

extern const struct test_case __start_test_cases[], __stop_test_cases[];

static void __attribute__((unused, format(printf, 3, 4))) test_fail(const char *file, int line, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	test_failed = true;
	/* TAP: each line of a diagnostic begins with '#'. */
	printf("# %s:%d: ", file, line);
	for (const char *p = text; *p; p++) {
		putchar(*p);
		if (*p == '\n')
			fputs("#   ", stdout);
	}
	putchar('\n');
}

static bool __attribute__((unused)) test_check(const char *file, int line, bool ok, const char *what)
{
	if (!ok)
		test_fail(file, line, "not so: %s", what);
	return ok;
}

static void __attribute__((unused))
test_check_int(const char *file, int line, const char *what, intmax_t have, intmax_t want)
{
	if (have != want)
		test_fail(file, line, "%s is %" PRIdMAX ", want %" PRIdMAX, what, have, want);
}

static void __attribute__((unused))
test_check_str(const char *file, int line, const char *what, const char *have, const char *want)
{
	if (have == want || (have && want && !strcmp(have, want)))
		return;
	test_fail(file, line, "%s\n  is   %s\n  want %s", what, have ? have : "(NULL)", want ? want : "(NULL)");
}

static void __attribute__((unused))
test_check_has(const char *file, int line, const char *what, const char *have, const char *part)
{
	if (!have || !strstr(have, part))
		test_fail(file, line, "%s\n  is       %s\n  without  %s", what, have ? have : "(NULL)", part);
}

static void __attribute__((unused))
test_check_json(const char *file, int line, const char *what, const json_t *have, const char *want)
{
	json_error_t e;
	json_t *tree = json_loads(want, JSON_DECODE_ANY, &e);
	char *text = have ? json_dumps(have, JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;

	if (!tree)
		test_fail(file, line, "the wanted JSON is malformed: %s: %s", e.text, want);
	else if (!have || !json_equal(have, tree))
		test_fail(file, line, "%s\n  is   %s\n  want %s", what, text ? text : "(NULL)", want);
	json_decref(tree);
	free(text);
}

#define CHECK(cond) ((void)test_check(__FILE__, __LINE__, (cond), #cond))
#define CHECK_INT(have, want) test_check_int(__FILE__, __LINE__, #have, (intmax_t)(have), (intmax_t)(want))
/* Equal texts; NULL equals only NULL. */
#define CHECK_STR(have, want) test_check_str(__FILE__, __LINE__, #have, (have), (want))
/* `have` holds the text `part`. */
#define CHECK_HAS(have, part) test_check_has(__FILE__, __LINE__, #have, (have), (part))
/* Equal trees; `want` is JSON text. Borrows `have`. */
#define CHECK_JSON(have, want) test_check_json(__FILE__, __LINE__, #have, (have), (want))
/* Without this the rest of the case makes no sense. */
#define REQUIRE(cond)                                               \
	do {                                                        \
		if (!test_check(__FILE__, __LINE__, (cond), #cond)) \
			return;                                     \
	} while (0)
#define SKIP(why)                     \
	do {                          \
		test_skipped = (why); \
		return;               \
	} while (0)

static bool test_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

static int test_by_line(const void *a, const void *b)
{
	return (*(const struct test_case *const *)a)->line - (*(const struct test_case *const *)b)->line;
}

int main(int argc, char **argv)
{
	/* cppcheck-suppress comparePointers; the linker makes both ends of the one section */
	size_t n = (size_t)(__stop_test_cases - __start_test_cases), ran = 0;
	const struct test_case **order = calloc(n, sizeof(*order));
	bool any = false;

	if (!order)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < n; i++)
		order[i] = &__start_test_cases[i];
	qsort(order, n, sizeof(*order), test_by_line);
	for (size_t i = 0; i < n; i++) {
		if (!test_wanted(order[i]->name, argc, argv))
			continue;
		test_failed = false;
		test_skipped = NULL;
		order[i]->run();
		printf("%sok %zu - %s%s%s\n", test_failed ? "not " : "", ++ran, order[i]->name,
		       test_skipped ? " # SKIP " : "", test_skipped ? test_skipped : "");
		any |= test_failed;
	}
	printf("1..%zu\n", ran);
	free(order);
	if (ran == 0)
		fprintf(stderr, "there is no such case\n");
	return any || ran == 0;
}

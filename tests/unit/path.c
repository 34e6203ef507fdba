#include "base/path.h"
#include "base/err.h"
#include "tests/unit/test.h"

/* Parses text, which is right: a case that has it wrong crashes. */
static json_t *tree(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

	if (!v) {
		fprintf(stderr, "malformed JSON in a test: %s\n", text);
		abort();
	}
	return v;
}

static void get_is(int line, const json_t *root, const char *path, const char *want)
{
	json_auto_t *got = path_get(root, path);

	if (want)
		test_check_json(__FILE__, line, path, got, want);
	else if (got)
		test_fail(__FILE__, line, "%s is not absent", path);
}

#define CHECK_GET(root, path, want) get_is(__LINE__, root, path, want)

#define ABSENT ((const char *)NULL)

TEST(members)
{
	json_auto_t *v = tree("{\"a\": {\"b\": {\"c\": 1}}, \"n\": null, \"s\": \"x\", \"a-b c/d?\": 2}");

	CHECK_GET(v, "a.b.c", "1");
	CHECK_GET(v, "a.b", "{\"c\": 1}");
	CHECK_GET(v, "", "{\"a\": {\"b\": {\"c\": 1}}, \"n\": null, \"s\": \"x\", \"a-b c/d?\": 2}");
	CHECK_GET(v, "n", "null");
	CHECK_GET(v, "a-b c/d?", "2");
	CHECK_GET(v, "x", ABSENT);
	CHECK_GET(v, "a.x.c", ABSENT);
	CHECK_GET(v, "s.b", ABSENT);
	CHECK_GET(v, "n.b", ABSENT);
	CHECK(!path_get(NULL, "a"));
}

TEST(get_gives_a_new_reference)
{
	json_auto_t *v = tree("{\"a\": [{\"b\": 1}]}");
	json_t *b = path_get(v, "a[0]");

	json_object_clear(v);
	CHECK_JSON(b, "{\"b\": 1}");
	json_decref(b);
}

TEST(quoted_names)
{
	json_auto_t *v = tree("{\"a\": {\"b.c\": {\"d\": 1}, \"x[0]\": 2, \"\": 3, \"q\\\"q\": 4, \"^\": 5}}");

	CHECK_GET(v, "a.\"b.c\".d", "1");
	CHECK_GET(v, "a.\"x[0]\"", "2");
	CHECK_GET(v, "a.\"\"", "3");
	CHECK_GET(v, "a.q\"q", "4");
	CHECK_GET(v, "a.\"^\"", "5");
	CHECK_GET(v, "a.b.c.d", ABSENT);
}

TEST(every_element)
{
	json_auto_t *v = tree("{\"a\": [{\"b\": 1}, {\"c\": 9}, {\"b\": 2}], \"one\": {\"b\": 3}, \"text\": \"t\","
			      " \"none\": null, \"empty\": []}");

	CHECK_GET(v, "a[].b", "[1, 2]");
	CHECK_GET(v, "a[]", "[{\"b\": 1}, {\"c\": 9}, {\"b\": 2}]");
	CHECK_GET(v, "one[].b", "[3]");
	CHECK_GET(v, "text[]", "[\"t\"]");
	CHECK_GET(v, "none[]", "[]");
	CHECK_GET(v, "empty[]", "[]");
	CHECK_GET(v, "absent[]", "[]");
	CHECK_GET(v, "absent.b[].c", "[]");
}

TEST(nested_lists_are_flattened)
{
	json_auto_t *v = tree("{\"a\": [{\"b\": [1, 2]}, {\"b\": 3}, {}, {\"b\": [[4], 5]}]}");
	json_auto_t *w = tree("[[1, 2], [3]]");

	CHECK_GET(v, "a[].b[]", "[1, 2, 3, [4], 5]");
	CHECK_GET(v, "a[].b[0]", "[1, 3, [4]]");
	CHECK_GET(w, "[]", "[[1, 2], [3]]");
	CHECK_GET(w, "[][]", "[1, 2, 3]");
	CHECK_GET(w, "[0][1]", "2");
}

TEST(one_element_by_number)
{
	json_auto_t *v = tree("{\"a\": [10, {\"b\": 20}], \"one\": {\"b\": 30}}");

	CHECK_GET(v, "a[0]", "10");
	CHECK_GET(v, "a[1].b", "20");
	CHECK_GET(v, "a[2]", ABSENT);
	CHECK_GET(v, "a[999999999]", ABSENT);
	CHECK_GET(v, "one[0].b", "30");
	CHECK_GET(v, "one[1].b", ABSENT);
	CHECK_GET(v, "absent[0]", ABSENT);
}

TEST(one_element_by_member)
{
	json_auto_t *v = tree("{\"t\": [{\"Key\": \"a\", \"Value\": \"1\"}, {\"Key\": \"b.c]\", \"Value\": \"2\"}, 7,"
			      " {\"Key\": \"\", \"Value\": \"3\"}, {\"Key\": \"5\", \"Value\": \"4\"},"
			      " {\"Key\": 6, \"Value\": \"5\"}, {\"Key\": \"a\", \"Value\": \"second\"}],"
			      " \"one\": {\"Key\": \"a\", \"Value\": \"x\"}, \"d\": [{\"9\": \"n\", \"v\": 1}]}");

	CHECK_GET(v, "t[Key=a].Value", "\"1\"");
	CHECK_GET(v, "t[Key=\"b.c]\"].Value", "\"2\"");
	CHECK_GET(v, "t[Key=].Value", "\"3\"");
	CHECK_GET(v, "t[Key=5].Value", "\"4\"");
	CHECK_GET(v, "t[Key=6].Value", ABSENT);
	CHECK_GET(v, "t[Key=z].Value", ABSENT);
	CHECK_GET(v, "one[Key=a].Value", "\"x\"");
	CHECK_GET(v, "one[Key=b].Value", ABSENT);
	CHECK_GET(v, "d[9=n].v", "1");
}

TEST(values_in_brackets_may_hold_dots)
{
	json_auto_t *v = tree("{\"a\": [{\"Key\": \"idle_timeout.timeout_seconds\", \"Value\": \"60\"}]}");

	CHECK_GET(v, "a[Key=idle_timeout.timeout_seconds].Value", "\"60\"");
}

TEST(well_formed_paths)
{
	static const char *const good[] = {"",           "a",       "a.b",       "a[]",   "a[0]",    "a[k=v]",
					   "a[k=v].b[]", "a[][]",   "a[10][].b", "[]",    "[0].a",   "\"a.b\"",
					   "a.\"b\".c",  "\"\"",    "^a",        "^^a.b", "^",       "a[k=\"]\"]",
					   "a[k=]",      "?prefix", "a[12=x].b", "a b",   "a[k=x=y]"};
	static const char *const bad[] = {
	    ".",     ".a",       "a.",          "a..b",  "a[",   "a]",     "a[0",   "a[-1]",         "a[x]",
	    "a[=v]", "a[k=v",    "a[]b",        "a[0]b", "a.[]", "a^b",    "a.^b",  "\"a",           "\"a\"b",
	    "a\n[",  "a[k=\"v]", "a[k=\"v\"x]", "^.a",   "[",    "a[0x1]", "a[1 ]", "a[9999999999]", "a[[0]]"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!path_valid(good[i]))
			test_fail(__FILE__, __LINE__, "refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (path_valid(bad[i]))
			test_fail(__FILE__, __LINE__, "accepted: %s", bad[i]);
}

TEST(malformed_paths_name_nothing)
{
	json_auto_t *v = tree("{\"a\": [1]}");
	json_auto_t *rows = path_rows(v, "a[");

	CHECK_GET(v, "a[", ABSENT);
	CHECK_JSON(rows, "[]");
	CHECK_INT(path_put(v, "a..b", json_true()), ERR_INVALID);
	path_remove(v, "a[");
	CHECK_JSON(v, "{\"a\": [1]}");
}

TEST(limits_of_length)
{
	char deep[2 * 40], wide[600];

	for (size_t i = 0; i < 40; i++)
		memcpy(deep + 2 * i, "a.", 2);
	deep[2 * 32 - 1] = '\0';
	CHECK(path_valid(deep));
	deep[2 * 32 - 1] = '.';
	deep[2 * 33 - 1] = '\0';
	CHECK(!path_valid(deep));
	memset(wide, 'a', sizeof(wide));
	wide[500] = '\0';
	CHECK(path_valid(wide));
	wide[500] = 'a';
	wide[599] = '\0';
	CHECK(!path_valid(wide));
}

static void put(int line, const char *before, const char *path, const char *value, int rc, const char *after)
{
	json_auto_t *v = tree(before);

	test_check_int(__FILE__, line, path, path_put(v, path, tree(value)), rc);
	test_check_json(__FILE__, line, path, v, after);
}

#define CHECK_PUT(before, path, value, after) put(__LINE__, before, path, value, 0, after)
#define CHECK_NO_PUT(before, path) put(__LINE__, before, path, "1", ERR_INVALID, before)

TEST(put_makes_what_is_missing)
{
	CHECK_PUT("{}", "a", "1", "{\"a\": 1}");
	CHECK_PUT("{}", "a.b.c", "1", "{\"a\": {\"b\": {\"c\": 1}}}");
	CHECK_PUT("{\"a\": {\"x\": 2}}", "a.b", "1", "{\"a\": {\"x\": 2, \"b\": 1}}");
	CHECK_PUT("{\"a\": 2}", "a", "{\"x\": 1}", "{\"a\": {\"x\": 1}}");
	CHECK_PUT("{}", "\"a.b\".c", "1", "{\"a.b\": {\"c\": 1}}");
	CHECK_PUT("{}", "?tagKeys", "[\"x\"]", "{\"?tagKeys\": [\"x\"]}");
}

TEST(put_into_arrays)
{
	CHECK_PUT("{}", "a[]", "1", "{\"a\": [1]}");
	CHECK_PUT("{\"a\": [1]}", "a[]", "2", "{\"a\": [1, 2]}");
	CHECK_PUT("{\"a\": [1]}", "a[].b", "2", "{\"a\": [1, {\"b\": 2}]}");
	CHECK_PUT("{}", "a[0].b", "1", "{\"a\": [{\"b\": 1}]}");
	CHECK_PUT("{\"a\": [{\"b\": 1}]}", "a[0].c", "2", "{\"a\": [{\"b\": 1, \"c\": 2}]}");
	CHECK_PUT("{\"a\": [1]}", "a[1]", "2", "{\"a\": [1, 2]}");
	CHECK_PUT("{\"a\": [1]}", "a[0]", "2", "{\"a\": [2]}");
	CHECK_PUT("[]", "[0][]", "1", "[[1]]");
}

TEST(put_by_member)
{
	CHECK_PUT("{}", "t[Key=a].Value", "\"1\"", "{\"t\": [{\"Key\": \"a\", \"Value\": \"1\"}]}");
	CHECK_PUT("{\"t\": [{\"Key\": \"a\", \"Value\": \"1\"}]}", "t[Key=a].Value", "\"2\"",
		  "{\"t\": [{\"Key\": \"a\", \"Value\": \"2\"}]}");
	CHECK_PUT("{\"t\": [{\"Key\": \"a\"}]}", "t[Key=b].Value.x", "2",
		  "{\"t\": [{\"Key\": \"a\"}, {\"Key\": \"b\", \"Value\": {\"x\": 2}}]}");
	CHECK_PUT("{\"t\": [{\"Key\": \"a\"}, {\"Key\": \"b\"}]}", "t[Key=a]", "7", "{\"t\": [7, {\"Key\": \"b\"}]}");
	CHECK_PUT("{\"t\": []}", "t[Key=a]", "7", "{\"t\": [7]}");
}

TEST(put_refuses_without_a_change)
{
	CHECK_NO_PUT("{\"a\": 1}", "a.b");
	CHECK_NO_PUT("{\"a\": {}}", "a[]");
	CHECK_NO_PUT("{\"a\": []}", "a.b");
	CHECK_NO_PUT("{\"a\": [1]}", "a[2]");
	CHECK_NO_PUT("{}", "a[1]");
	CHECK_NO_PUT("{}", "x.y.a[3].b");
	CHECK_NO_PUT("{\"a\": null}", "a.b");
	CHECK_NO_PUT("{}", "");
	CHECK_NO_PUT("{}", "^a");
	CHECK_NO_PUT("{}", "[0]");
	CHECK_NO_PUT("[]", "a");
	CHECK_NO_PUT("{}", "a.\xff");
	CHECK_NO_PUT("{}", "\xff.a");
	CHECK_NO_PUT("{}", "a[\xff=v].b");
	CHECK_NO_PUT("{}", "a[k=\xff].b");
}

TEST(put_steals_in_every_case)
{
	json_auto_t *v = tree("{\"a\": 1}");
	json_t *mine = json_string("mine");

	json_incref(mine);
	CHECK_INT(path_put(v, "a.b", mine), ERR_INVALID);
	CHECK_INT(mine->refcount, 1);
	json_incref(mine);
	CHECK_INT(path_put(v, "x[5]", mine), ERR_INVALID);
	CHECK_INT(mine->refcount, 1);
	json_incref(mine);
	CHECK_INT(path_put(NULL, "a", mine), ERR_INVALID);
	CHECK_INT(mine->refcount, 1);
	json_incref(mine);
	CHECK_INT(path_put(v, "b", mine), 0);
	CHECK_INT(mine->refcount, 2);
	json_decref(mine);
	CHECK_INT(path_put(v, "c", NULL), ERR_INVALID);
}

static void removed(int line, const char *before, const char *path, const char *after)
{
	json_auto_t *v = tree(before);

	path_remove(v, path);
	test_check_json(__FILE__, line, path, v, after);
}

#define CHECK_REMOVE(before, path, after) removed(__LINE__, before, path, after)

TEST(remove_takes_away_one)
{
	CHECK_REMOVE("{\"a\": {\"b\": 1, \"c\": 2}}", "a.b", "{\"a\": {\"c\": 2}}");
	CHECK_REMOVE("{\"a\": [1, 2, 3]}", "a[1]", "{\"a\": [1, 3]}");
	CHECK_REMOVE("{\"a\": [{\"k\": \"x\"}, {\"k\": \"y\"}]}", "a[k=y]", "{\"a\": [{\"k\": \"x\"}]}");
	CHECK_REMOVE("{\"a\": [{\"k\": \"x\", \"v\": 1}]}", "a[k=x].v", "{\"a\": [{\"k\": \"x\"}]}");
	CHECK_REMOVE("{\"a\": [1]}", "a[5]", "{\"a\": [1]}");
	CHECK_REMOVE("{\"a\": [1]}", "a[k=x]", "{\"a\": [1]}");
	CHECK_REMOVE("{\"a\": [1]}", "a[]", "{\"a\": [1]}");
	CHECK_REMOVE("{\"a\": [{\"b\": 1}]}", "a[].b", "{\"a\": [{\"b\": 1}]}");
	CHECK_REMOVE("{\"a\": 1}", "b.c", "{\"a\": 1}");
	CHECK_REMOVE("{\"a\": 1}", "a.c", "{\"a\": 1}");
	CHECK_REMOVE("{\"a\": 1}", "", "{\"a\": 1}");
}

TEST(rows_know_their_enclosing_row)
{
	json_auto_t *v = tree("{\"owner\": \"o\", \"tables\": {\"item\": ["
			      "{\"id\": \"rtb-1\", \"routes\": {\"item\": [{\"d\": \"a\"}, {\"d\": \"b\"}]}},"
			      "{\"id\": \"rtb-2\", \"routes\": {\"item\": {\"d\": \"c\"}}},"
			      "{\"id\": \"rtb-3\", \"routes\": \"\"}]}}");
	json_auto_t *rows = path_rows(v, "tables.item[].routes.item[]");
	static const char *const want[][2] = {{"\"a\"", "\"rtb-1\""}, {"\"b\"", "\"rtb-1\""}, {"\"c\"", "\"rtb-2\""}};

	REQUIRE(json_array_size(rows) == 3);
	for (size_t i = 0; i < 3; i++) {
		json_t *row = json_array_get(rows, i);
		json_auto_t *d = path_row_get(row, "d"), *id = path_row_get(row, "^id"),
			    *o = path_row_get(row, "^^owner"), *same = path_get(row, "^id"),
			    *beyond = path_row_get(row, "^^^owner"), *all = path_row_get(row, "^routes.item[].d");

		CHECK_JSON(d, want[i][0]);
		CHECK_JSON(id, want[i][1]);
		CHECK_JSON(same, want[i][1]);
		CHECK_JSON(o, "\"o\"");
		CHECK(!beyond);
		CHECK_JSON(all, i < 2 ? "[\"a\", \"b\"]" : "[\"c\"]");
	}
}

static void rows_are(int line, const char *root, const char *path, const char *want)
{
	json_auto_t *v = tree(root), *rows = path_rows(v, path), *elements = json_array();
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		json_array_append_new(elements, path_row_get(row, ""));
	test_check_json(__FILE__, line, path, elements, want);
}

#define CHECK_ROWS(root, path, want) rows_are(__LINE__, root, path, want)

TEST(rows_of_all_shapes)
{
	CHECK_ROWS("{\"a\": [1, 2]}", "a[]", "[1, 2]");
	CHECK_ROWS("{\"a\": {\"b\": 1}}", "a", "[{\"b\": 1}]");
	CHECK_ROWS("{\"a\": {\"b\": 1}}", "a[]", "[{\"b\": 1}]");
	CHECK_ROWS("{\"a\": 1}", "", "[{\"a\": 1}]");
	CHECK_ROWS("{\"a\": [{\"b\": 1}, {}, {\"b\": 2}]}", "a[].b", "[1, 2]");
	CHECK_ROWS("{\"a\": [[1], [2, 3]]}", "a[][]", "[1, 2, 3]");
	CHECK_ROWS("{\"a\": null}", "a[]", "[]");
	CHECK_ROWS("{\"a\": null}", "a", "[]");
	CHECK_ROWS("{\"a\": []}", "a[]", "[]");
	CHECK_ROWS("{}", "a[].b[]", "[]");
	CHECK_ROWS("{\"a\": \"\"}", "a.item[]", "[]");
	CHECK_ROWS("{\"a\": 1}", "^a", "[]");
	CHECK_ROWS("[\"x\", \"y\"]", "[]", "[\"x\", \"y\"]");
}

TEST(a_row_may_be_plain_text)
{
	json_auto_t *v = tree("{\"arns\": [\"x\"]}"), *rows = path_rows(v, "arns[]");
	json_auto_t *self = path_row_get(json_array_get(rows, 0), "[0]");
	json_auto_t *member = path_row_get(json_array_get(rows, 0), "name");

	CHECK_JSON(self, "\"x\"");
	CHECK(!member);
}

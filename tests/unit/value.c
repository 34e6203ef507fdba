#include "base/value.h"
#include "base/mem.h"
#include "tests/unit/test.h"

static json_t *tree(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

	if (!v) {
		fprintf(stderr, "malformed JSON in a test: %s\n", text);
		abort();
	}
	return v;
}

TEST(special_values_are_objects_of_one_word)
{
	json_auto_t *u = val_unknown("ec2.vpc.main.id"), *r = val_special(V_RELEASED, tree("[\"x\", 1]"));
	json_auto_t *two = tree("{\"$ref\": \"a\", \"$unknown\": \"b\"}"), *s = json_string("$ref");

	CHECK_JSON(u, "{\"$unknown\": \"ec2.vpc.main.id\"}");
	CHECK_JSON(r, "{\"$released\": [\"x\", 1]}");
	CHECK_JSON(val_operand(r, V_RELEASED), "[\"x\", 1]");
	CHECK(!val_operand(r, V_REF));
	CHECK(!val_operand(two, V_REF));
	CHECK(!val_operand(s, V_REF));
	CHECK(!val_operand(NULL, V_REF));
	CHECK(val_is_unknown(u));
	CHECK(!val_is_unknown(r));
	CHECK(!val_is_unknown(two));
	CHECK(!val_is_unknown(NULL));
}

TEST(unknowns_are_found_at_any_depth)
{
	json_auto_t *deep = tree("{\"a\": [1, {\"b\": [{\"$unknown\": \"x\"}]}]}");
	json_auto_t *ref = tree("[[{\"a\": {\"$ref\": \"x\"}}]]");
	json_auto_t *joined = tree("{\"$join\": [\"a\", {\"$unknown\": \"x\"}]}");
	json_auto_t *plain = tree("{\"a\": [1, \"$unknown\", {\"$other\": 1}, null], \"$unknown\": 1}");

	CHECK(val_has_unknown(deep));
	CHECK(val_has_special(deep));
	CHECK(val_has_unknown(joined));
	CHECK(!val_has_unknown(ref));
	CHECK(val_has_special(ref));
	CHECK(!val_has_unknown(plain));
	CHECK(!val_has_special(plain));
	CHECK(!val_has_unknown(NULL));
}

TEST(each_word_is_special)
{
	static const char *const words[] = {"$ref", "$join", "$keep", "$released", "$generate", "$unknown"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		json_auto_t *v = json_array();

		json_array_append_new(v, val_special(words[i], json_null()));
		CHECK(val_has_special(v));
	}
}

struct seen {
	char text[100];
	int n, stop_at;
};

static int see(void *arg, const char *ref)
{
	struct seen *s = arg;

	snprintf(s->text + strlen(s->text), sizeof(s->text) - strlen(s->text), "%s;", ref);
	return ++s->n == s->stop_at ? 42 : 0;
}

TEST(references_are_visited_in_order_until_stopped)
{
	json_auto_t *v = tree("{\"a\": {\"$ref\": \"one\"}, \"b\": [{\"$join\": [\"x\", {\"$ref\": \"two\"}]}, \"no\"],"
			      " \"c\": {\"$keep\": {\"$ref\": \"three\"}}, \"d\": {\"$ref\": 5}}");
	struct seen all = {.text = ""}, some = {.stop_at = 2};

	CHECK_INT(val_each_ref(v, see, &all), 0);
	CHECK_STR(all.text, "one;two;three;");
	CHECK_INT(val_each_ref(v, see, &some), 42);
	CHECK_STR(some.text, "one;two;");
	CHECK_INT(val_each_ref(NULL, see, &all), 0);
}

TEST(members_by_type)
{
	json_auto_t *v =
	    tree("{\"s\": \"text\", \"i\": 7, \"n\": \"-12\", \"x\": \"12a\", \"e\": \"\", \"sp\": \" 5\","
		 " \"big\": \"99999999999999999999\", \"r\": 3.0, \"t\": true, \"f\": false, \"ts\": \"true\","
		 " \"fs\": \"false\", \"null\": null}");

	CHECK_STR(val_str(v, "s"), "text");
	CHECK_STR(val_str(v, "i"), NULL);
	CHECK_STR(val_str(v, "absent"), NULL);
	CHECK_STR(val_str(NULL, "s"), NULL);
	CHECK_INT(val_int(v, "i", -1), 7);
	CHECK_INT(val_int(v, "n", -1), -12);
	CHECK_INT(val_int(v, "r", -1), 3);
	CHECK_INT(val_int(v, "x", -1), -1);
	CHECK_INT(val_int(v, "e", -1), -1);
	CHECK_INT(val_int(v, "sp", -1), -1);
	CHECK_INT(val_int(v, "big", -1), -1);
	CHECK_INT(val_int(v, "t", -1), -1);
	CHECK_INT(val_int(v, "absent", -1), -1);
	CHECK_INT(val_int(NULL, "i", -1), -1);
	CHECK(val_bool(v, "t"));
	CHECK(val_bool(v, "ts"));
	CHECK(!val_bool(v, "f"));
	CHECK(!val_bool(v, "fs"));
	CHECK(!val_bool(v, "i"));
	CHECK(!val_bool(v, "null"));
	CHECK(!val_bool(v, "absent"));
}

#define CHECK_TEXT(json, want)               \
	do {                                 \
		json_auto_t *v = tree(json); \
		char *text = val_text(v);    \
		CHECK_STR(text, want);       \
		free(text);                  \
	} while (0)

TEST(text_is_compact_and_sorted)
{
	CHECK_TEXT("{\"b\": [1, 2.5, null], \"a\": {\"z\": true, \"y\": \"q\\\"\"}}",
		   "{\"a\":{\"y\":\"q\\\"\",\"z\":true},\"b\":[1,2.5,null]}");
	CHECK_TEXT("\"plain\"", "\"plain\"");
	CHECK_TEXT("3", "3");
	CHECK_TEXT("{}", "{}");
}

TEST(digest_is_sha_256_of_the_text)
{
	json_auto_t *v = tree("{\"b\": 1, \"a\": 2}"), *w = tree("{\"a\": 2, \"b\": 1}"), *e = tree("{}");
	char a[65], b[65], c[65], d[17];

	val_digest(v, a, 64);
	val_digest(w, b, 64);
	val_digest(e, c, 64);
	/* sha256sum of the two bytes {} */
	CHECK_STR(c, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
	CHECK_STR(a, b);
	CHECK(strcmp(a, c));
	val_digest(v, d, 16);
	CHECK_INT(strlen(d), 16);
	CHECK_INT(strncmp(a, d, 16), 0);
}

TEST(sets_are_sorted_without_duplicates)
{
	json_auto_t *a = tree("[\"b\", 2, {\"y\": 1, \"x\": 2}, \"a\", \"b\", {\"x\": 2, \"y\": 1}, null, 2]");
	json_auto_t *b = tree("[null, {\"x\": 2, \"y\": 1}, 2, \"a\", \"b\"]");
	json_auto_t *sa = val_sorted_set(a), *sb = val_sorted_set(b), *none = json_array(), *sn = val_sorted_set(none);

	CHECK_INT(json_array_size(sa), 5);
	CHECK(json_equal(sa, sb));
	CHECK_INT(json_array_size(a), 8);
	CHECK_JSON(sn, "[]");
}

static void merged(int line, const char *base, const char *over, const char *want)
{
	json_auto_t *b = tree(base), *o = tree(over), *copy = json_deep_copy(o);

	val_merge(b, o);
	test_check_json(__FILE__, line, over, b, want);
	test_check(__FILE__, line, json_equal(o, copy), "over is left alone");
}

#define CHECK_MERGE(base, over, want) merged(__LINE__, base, over, want)

TEST(merge_is_deep_and_null_removes)
{
	CHECK_MERGE("{\"a\": 1, \"b\": 2}", "{\"b\": 3, \"c\": 4}", "{\"a\": 1, \"b\": 3, \"c\": 4}");
	CHECK_MERGE("{\"a\": {\"x\": 1, \"y\": 2}}", "{\"a\": {\"y\": null, \"z\": 3}}",
		    "{\"a\": {\"x\": 1, \"z\": 3}}");
	CHECK_MERGE("{\"a\": [1, 2]}", "{\"a\": [3]}", "{\"a\": [3]}");
	CHECK_MERGE("{\"a\": 1}", "{\"a\": {\"x\": {\"n\": null, \"m\": 1}}}", "{\"a\": {\"x\": {\"m\": 1}}}");
	CHECK_MERGE("{\"a\": {\"x\": 1}}", "{\"a\": \"text\"}", "{\"a\": \"text\"}");
	CHECK_MERGE("{\"a\": 1}", "{\"b\": null}", "{\"a\": 1}");
}

TEST(merge_replaces_special_values_whole)
{
	CHECK_MERGE("{\"a\": {\"$ref\": \"x\"}}", "{\"a\": {\"$join\": []}}", "{\"a\": {\"$join\": []}}");
	CHECK_MERGE("{\"a\": {\"$ref\": \"x\"}}", "{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 1}}");
	CHECK_MERGE("{\"a\": {\"b\": 1}}", "{\"a\": {\"$ref\": \"x\"}}", "{\"a\": {\"$ref\": \"x\"}}");
}

TEST(merge_shares_nothing)
{
	json_auto_t *base = json_object(), *over = tree("{\"a\": {\"l\": [1]}, \"k\": [2]}");

	val_merge(base, over);
	json_array_append_new(json_object_get(base, "k"), json_integer(3));
	json_object_set_new(json_object_get(base, "a"), "new", json_true());
	CHECK_JSON(over, "{\"a\": {\"l\": [1]}, \"k\": [2]}");
}

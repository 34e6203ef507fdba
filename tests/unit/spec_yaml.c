/* From YAML text to the document: places, what YAML allows and we do not, and limits. */
#include "tests/unit/test.h"

#include "base/err.h"
#include "spec/doc.h"
#include "spec/scalar.h"
#include "spec/spec.h"

struct parsed {
	struct doc doc;
	struct diag d;
	int rc;
};

static struct parsed parse(const char *text, size_t n)
{
	struct parsed p = {0};

	doc_init(&p.doc, "berth.yaml");
	p.rc = doc_parse(&p.doc, text, n, &p.d);
	return p;
}

#define PARSE(text) parse(text, strlen(text))

static void done(struct parsed *p)
{
	doc_release(&p->doc);
	diag_release(&p->d);
}

static const char *said(const struct parsed *p)
{
	return p->d.n ? p->d.item[0].text : "";
}

TEST(values_have_their_kinds)
{
	struct parsed p = PARSE("a: text\nb: 12\nc: -0.5\nd: true\ne: ~\nf: [1, x]\ng: {h: '7'}\n");

	CHECK_INT(p.rc, 0);
	CHECK_JSON(doc_root(&p.doc).value,
		   "{\"a\":\"text\",\"b\":12,\"c\":-0.5,\"d\":true,\"e\":null,\"f\":[1,\"x\"],\"g\":{\"h\":\"7\"}}");
	done(&p);
}

TEST(places_of_values_and_keys)
{
	struct parsed p = PARSE("app: gengar\nservices:\n  web:\n    port: 3000\n    env: [a, bc]\n");
	struct at web = at_key(at_key(doc_root(&p.doc), "services"), "web"), port = at_key(web, "port");
	struct at item = at_item(at_key(web, "env"), 1);

	REQUIRE(p.rc == 0);
	CHECK_INT(port.pos.line, 4);
	CHECK_INT(port.pos.column, 11);
	CHECK_INT(port.key_pos.column, 5);
	CHECK_INT(item.pos.line, 5);
	CHECK_INT(item.pos.column, 14);
	CHECK_STR(at_raw(port), "3000");
	done(&p);
}

TEST(columns_count_characters)
{
	struct parsed p = PARSE("a: [\"\xc3\xa9\xe2\x82\xac\", x]\n");

	CHECK_INT(at_item(at_key(doc_root(&p.doc), "a"), 1).pos.column, 11);
	done(&p);
}

TEST(what_is_absent_lies_where_it_would_be)
{
	struct parsed p = PARSE("a:\n  b: 1\n");
	struct at absent = at_key(at_key(doc_root(&p.doc), "a"), "c");

	CHECK(absent.value == NULL);
	CHECK_INT(absent.pos.line, 2);
	CHECK(at_key(absent, "deeper").value == NULL);
	done(&p);
}

TEST(doubtful_scalars_are_refused_with_what_to_write)
{
	static const char *const doubtful[] = {"yes",   "No",    "on",   "OFF",   "012",
					       "-07",   "0x1f",  "0o17", "0b1",   "1_000",
					       "12:30", "1:2:3", ".inf", "-.nan", "99999999999999999999",
					       "1e999"};
	const char *why, *how;

	for (size_t i = 0; i < sizeof(doubtful) / sizeof(*doubtful); i++) {
		json_t *v = scalar_plain(doubtful[i], &why, &how);

		if (v || !why || !how)
			test_fail(__FILE__, __LINE__, "%s is let through", doubtful[i]);
		json_decref(v);
	}
}

TEST(plain_texts_stay_texts)
{
	static const char *const texts[] = {"y",        "n",  "1.2.3",     "2020-01-01", "10.20.0.0/16", "1e",
					    "e1",       ".",  "-",         "0x",         "1:99",         "a:b",
					    "12:30:xx", "_1", "us-east-1", "nginx:1.27", "none",         "yes please"};
	const char *why, *how;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *v = scalar_plain(texts[i], &why, &how);

		CHECK_STR(json_string_value(v), texts[i]);
		json_decref(v);
	}
}

TEST(quotes_make_text_of_anything)
{
	struct parsed p = PARSE("a: \"yes\"\nb: '012'\nc: !!str 1.10\nd: |\n  off\n");

	CHECK_INT(p.d.n, 0);
	CHECK_JSON(doc_root(&p.doc).value, "{\"a\":\"yes\",\"b\":\"012\",\"c\":\"1.10\",\"d\":\"off\\n\"}");
	done(&p);
}

TEST(a_doubtful_scalar_leaves_the_rest_usable)
{
	struct parsed p = PARSE("a: yes\nb: no\nc: 1\n");

	CHECK_INT(p.rc, 0);
	CHECK_INT(p.d.errors, 2);
	CHECK(at_is_bad(at_key(doc_root(&p.doc), "a")));
	CHECK_INT(at_int(doc_root(&p.doc), "c"), 1);
	done(&p);
}

TEST(aliases_are_copies_with_places_of_their_source)
{
	struct parsed p = PARSE("a: &x {k: [1]}\nb: *x\n");
	struct at root = doc_root(&p.doc), b = at_key(root, "b");

	REQUIRE(p.rc == 0);
	CHECK_JSON(root.value, "{\"a\":{\"k\":[1]},\"b\":{\"k\":[1]}}");
	CHECK(b.value != at_key(root, "a").value);
	CHECK_INT(b.pos.line, 2);
	CHECK_INT(at_key(b, "k").pos.line, 1);
	done(&p);
}

TEST(merge_keys_give_way_to_what_is_written)
{
	struct parsed p = PARSE("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 3\n");

	CHECK_INT(p.rc, 0);
	CHECK_JSON(at_key(doc_root(&p.doc), "z").value, "{\"a\":3,\"b\":1,\"c\":2}");
	done(&p);
}

TEST(a_quoted_merge_key_is_a_key)
{
	struct parsed p = PARSE("a: {\"<<\": 1}\n");

	CHECK_JSON(doc_root(&p.doc).value, "{\"a\":{\"<<\":1}}");
	done(&p);
}

TEST(an_alias_inside_of_itself_is_refused)
{
	struct parsed p = PARSE("a: &x [*x]\n");

	CHECK_INT(p.rc, ERR_INVALID);
	CHECK_HAS(said(&p), "inside of what it stands for");
	done(&p);
}

TEST(an_alias_of_nothing_is_refused)
{
	struct parsed p = PARSE("a: *x\n");

	CHECK_INT(p.rc, ERR_INVALID);
	CHECK_HAS(said(&p), "No anchor");
	done(&p);
}

TEST(a_key_twice_is_an_error_and_the_first_holds)
{
	struct parsed p = PARSE("a: 1\na: 2\n");

	CHECK_INT(p.rc, 0);
	CHECK_INT(p.d.errors, 1);
	CHECK_INT(p.d.item[0].pos.line, 2);
	CHECK_INT(at_int(doc_root(&p.doc), "a"), 1);
	done(&p);
}

TEST(keys_are_plain_text)
{
	struct parsed p = PARSE("? [a]\n: {b: 1}\nc: 1\n");

	CHECK_INT(p.d.errors, 1);
	CHECK_HAS(said(&p), "key must be plain text");
	CHECK_JSON(doc_root(&p.doc).value, "{\"c\":1}");
	done(&p);
}

TEST(one_document_only)
{
	struct parsed p = PARSE("a: 1\n---\nb: 1\n");

	CHECK_INT(p.rc, ERR_INVALID);
	CHECK_HAS(said(&p), "second document");
	done(&p);
}

TEST(a_file_is_a_map)
{
	static const char *const texts[] = {"- a\n", "text\n", "", "# only a comment\n", "~\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct parsed p = PARSE(texts[i]);

		CHECK_INT(p.rc, ERR_INVALID);
		CHECK_INT(p.d.errors, 1);
		done(&p);
	}
}

TEST(strict_utf8)
{
	/* Overlong "/", a surrogate, above U+10FFFF, cut off, a lone continuation. */
	static const char *const bad[] = {"a: \xc0\xaf", "a: \xed\xa0\x80", "a: \xf4\x90\x80\x80", "a: \xe2\x82",
					  "a: \x80"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct parsed p = PARSE(bad[i]);

		CHECK_INT(p.rc, ERR_INVALID);
		CHECK_INT(p.d.item[0].pos.column, 4);
		CHECK_HAS(said(&p), "not UTF-8");
		done(&p);
	}
}

TEST(no_control_characters)
{
	static const char zero[] = "a: b\0c\n", utf16[] = "\xff\xfe"
							  "a\0:\0";
	struct parsed p = parse(zero, sizeof(zero) - 1), q = parse(utf16, sizeof(utf16) - 1);
	struct parsed r = PARSE("a: \"\\0\"\n"), s = PARSE("a: x \xe2\x80\xae y\n");

	CHECK_HAS(said(&p), "zero byte");
	CHECK_INT(q.rc, ERR_INVALID);
	CHECK_HAS(said(&r), "control character 0x00");
	CHECK_HAS(said(&s), "direction of writing");
	CHECK_HAS(s.d.item[0].source, "a: x ? y");
	done(&p);
	done(&q);
	done(&r);
	done(&s);
}

TEST(lines_may_end_in_any_way)
{
	struct parsed p = PARSE("\xef\xbb\xbf"
				"a: 1\r\nb: 2\rc: {\r\n");

	CHECK_INT(p.rc, ERR_INVALID);
	CHECK(p.d.item[0].pos.line == 3 || p.d.item[0].pos.line == 4);
	done(&p);
}

static char *repeat(const char *head, const char *part, size_t n)
{
	size_t h = strlen(head), m = strlen(part);
	char *text = malloc(h + m * n + 1);

	memcpy(text, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(text + h + i * m, part, m);
	text[h + m * n] = '\0';
	return text;
}

TEST(nesting_has_a_limit)
{
	char *good = repeat("a: ", "[", 60), *bad = repeat("a: ", "[", 100000);
	struct parsed p = PARSE(good), q = PARSE(bad);

	CHECK_HAS(said(&p), "no valid YAML");
	CHECK_INT(q.rc, ERR_INVALID);
	CHECK_HAS(said(&q), "64 levels");
	done(&p);
	done(&q);
	free(good);
	free(bad);
}

TEST(aliases_cannot_nest_beyond_the_limit)
{
	char text[20000] = "x0: &x0 [1]\n";
	size_t n = strlen(text);
	struct parsed p;

	for (int i = 1; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "x%d: &x%d [*x%d]\n", i, i, i - 1);
	p = PARSE(text);
	CHECK_INT(p.rc, ERR_INVALID);
	CHECK_HAS(said(&p), "64 levels");
	done(&p);
}

TEST(values_have_a_limit)
{
	char *good = repeat("a:\n", "- 1\n", SPEC_NODES_MAX - 2), *bad = repeat("a:\n", "- 1\n", SPEC_NODES_MAX - 1);
	struct parsed p = PARSE(good), q = PARSE(bad);

	CHECK_INT(p.rc, 0);
	CHECK_INT(q.rc, ERR_INVALID);
	CHECK_HAS(said(&q), "more than 100000 values");
	done(&p);
	done(&q);
	free(good);
	free(bad);
}

TEST(a_file_has_a_limit)
{
	char *text = repeat("# ", "x", SPEC_FILE_MAX);
	struct parsed p = PARSE(text);

	CHECK_INT(p.rc, ERR_INVALID);
	CHECK_HAS(said(&p), "4 MiB");
	done(&p);
	free(text);
}

TEST(a_file_that_is_not_there)
{
	struct parsed p = {0};

	doc_init(&p.doc, "/nonexistent/berth.yaml");
	CHECK_INT(doc_load(&p.doc, &p.d), ERR_IO);
	CHECK_HAS(said(&p), "No such file");
	done(&p);
}

TEST(errors_beyond_many_are_counted)
{
	char *text = repeat("a:\n", "- yes\n", 1000);
	struct parsed p = PARSE(text);

	CHECK_INT(p.d.errors, DOC_ERRORS_MAX);
	CHECK_INT(p.doc.suppressed, 1000 - DOC_ERRORS_MAX);
	done(&p);
	free(text);
}

/* XML answers as trees. */
#include "tests/unit/test.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"
#include "providers/wire.h"

static json_t *parse(const char *text, size_t n, int *ret_rc)
{
	struct diag d = {0};
	json_t *tree = NULL;

	*ret_rc = xml_parse(text, n, &tree, &d);
	CHECK((*ret_rc == 0) == (d.errors == 0));
	CHECK((*ret_rc == 0) == (tree != NULL));
	diag_release(&d);
	return tree;
}

static void check_xml(int line, const char *text, const char *want)
{
	int rc;
	json_t *tree = parse(text, strlen(text), &rc);

	test_check_int(__FILE__, line, "xml_parse", rc, 0);
	test_check_json(__FILE__, line, text, tree, want);
	json_decref(tree);
}

static void check_refused(int line, const char *text)
{
	int rc;
	json_t *tree = parse(text, strlen(text), &rc);

	test_check_int(__FILE__, line, text, rc, ERR_PROTOCOL);
	json_decref(tree);
}

#define CHECK_XML(text, want) check_xml(__LINE__, text, want)
#define CHECK_REFUSED(text) check_refused(__LINE__, text)

TEST(elements_are_members_and_text_is_a_string)
{
	CHECK_XML("<a><b>1</b><c> x </c></a>", "{\"a\": {\"b\": \"1\", \"c\": \" x \"}}");
}

TEST(repeated_elements_are_an_array_in_order)
{
	CHECK_XML("<a><i>1</i><x/><i>2</i><i><k>3</k></i></a>",
		  "{\"a\": {\"i\": [\"1\", \"2\", {\"k\": \"3\"}], \"x\": \"\"}}");
}

TEST(one_element_is_no_array)
{
	CHECK_XML("<a><i><k>3</k></i></a>", "{\"a\": {\"i\": {\"k\": \"3\"}}}");
}

TEST(empty_and_self_closed_are_alike)
{
	CHECK_XML("<a><s/><t></t></a>", "{\"a\": {\"s\": \"\", \"t\": \"\"}}");
	CHECK_XML("<a/>", "{\"a\": \"\"}");
}

TEST(white_space_between_elements_is_nothing)
{
	CHECK_XML("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n  <b>\n    <c>x</c>\n  </b>\n</a>\n",
		  "{\"a\": {\"b\": {\"c\": \"x\"}}}");
}

TEST(namespaces_and_attributes_are_dropped)
{
	CHECK_XML("<n:a xmlns:n=\"urn:x\" xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\" k=\"v\"><n:b "
		  "t=\"1\">x</n:b></n:a>",
		  "{\"a\": {\"b\": \"x\"}}");
}

TEST(references_and_cdata_are_text)
{
	CHECK_XML("<a>&lt;&amp;&#233;&#x41;<![CDATA[<b>]]>&gt;</a>", "{\"a\": \"<&\\u00e9A<b>>\"}");
}

TEST(comments_and_instructions_do_not_split_text)
{
	CHECK_XML("<a>x<!-- c -->y<?p i?>z</a>", "{\"a\": \"xyz\"}");
}

TEST(document_types_are_refused)
{
	CHECK_REFUSED("<!DOCTYPE a><a/>");
	CHECK_REFUSED("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>");
	CHECK_REFUSED("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>");
	CHECK_REFUSED("<!DOCTYPE a [<!ENTITY x \"y\"><!ENTITY z \"&x;&x;\">]><a>&z;</a>");
}

TEST(what_is_no_document_is_refused)
{
	CHECK_REFUSED("");
	CHECK_REFUSED("plain");
	CHECK_REFUSED("<a>");
	CHECK_REFUSED("<a></b>");
	CHECK_REFUSED("<a/><b/>");
	CHECK_REFUSED("<a>&undefined;</a>");
	CHECK_REFUSED("<a>\x01</a>");
	CHECK_REFUSED("<a>\xff</a>");
	CHECK_REFUSED("<!doctype html><html><body>503</body></html>");
}

TEST(depth_is_capped)
{
	for (int depth = VALUE_DEPTH_MAX; depth <= VALUE_DEPTH_MAX + 1; depth++) {
		struct buf b = BUF(BUF_TEXT_MAX);
		json_t *tree;
		int rc;

		for (int i = 0; i < depth; i++)
			buf_adds(&b, "<a>");
		for (int i = 0; i < depth; i++)
			buf_adds(&b, "</a>");
		tree = parse(b.p, b.n, &rc);
		CHECK_INT(rc, depth == VALUE_DEPTH_MAX ? 0 : ERR_PROTOCOL);
		json_decref(tree);
		buf_release(&b);
	}
}

TEST(size_is_capped)
{
	size_t n = ((size_t)16 << 20) + 1;
	char *text = xasprintf("<a>%*s</a>", (int)(n - strlen("<a></a>")), "");
	json_t *tree;
	int rc;

	tree = parse(text, n, &rc);
	CHECK_INT(rc, ERR_PROTOCOL);
	json_decref(tree);
	tree = parse(text, n - 1, &rc);
	CHECK_INT(rc, ERR_PROTOCOL);
	json_decref(tree);
	free(text);
}

TEST(number_of_elements_is_capped)
{
	struct buf b = BUF(BUF_TEXT_MAX);
	json_t *tree;
	int rc;

	buf_adds(&b, "<a>");
	for (int i = 0; i < 1000001; i++)
		buf_adds(&b, "<b/>");
	buf_adds(&b, "</a>");
	tree = parse(b.p, b.n, &rc);
	CHECK_INT(rc, ERR_PROTOCOL);
	json_decref(tree);
	buf_release(&b);
}

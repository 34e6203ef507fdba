#include "base/diag.h"
#include "base/err.h"
#include "tests/unit/test.h"

TEST(an_error_returns_its_code)
{
	struct diag d = {0};
	struct pos pos = {.file = "berth.yaml", .line = 3, .column = 7};

	CHECK_INT(diag_code(&d), 0);
	CHECK_INT(diag_at(&d, ERR_INVALID, pos, "Field %s is unknown.", "cidrr"), ERR_INVALID);
	CHECK_INT(diag_error(&d, ERR_IO, "No."), ERR_IO);
	REQUIRE(d.n == 2);
	CHECK_INT(d.errors, 2);
	CHECK_STR(d.item[0].text, "Field cidrr is unknown.");
	CHECK_INT(d.item[0].pos.line, 3);
	CHECK_INT(d.item[0].pos.column, 7);
	CHECK_INT(d.item[1].pos.line, 0);
	CHECK_INT(diag_code(&d), ERR_INVALID);
	diag_release(&d);
	CHECK_INT(d.n, 0);
}

TEST(warnings_and_notes_are_no_errors)
{
	struct diag d = {0};

	diag_warn(&d, "Careful.");
	diag_note(&d, "By the way.");
	CHECK_INT(d.n, 2);
	CHECK_INT(d.errors, 0);
	CHECK_INT(diag_code(&d), 0);
	diag_error(&d, ERR_BUSY, "Later.");
	CHECK_INT(diag_code(&d), ERR_BUSY);
	CHECK_INT(d.item[0].severity, DIAG_WARNING);
	CHECK_INT(d.item[1].severity, DIAG_NOTE);
	diag_release(&d);
}

TEST(hint_and_source_belong_to_the_newest)
{
	struct diag d = {0};

	diag_error(&d, ERR_INVALID, "One.");
	diag_error(&d, ERR_INVALID, "Two.");
	diag_hint(&d, "Try %d.", 3);
	diag_source(&d, "  cidr: x\nmore", 9);
	REQUIRE(d.n == 2);
	CHECK_STR(d.item[0].hint, NULL);
	CHECK_STR(d.item[0].source, NULL);
	CHECK_STR(d.item[1].hint, "Try 3.");
	CHECK_STR(d.item[1].source, "  cidr: x");
	diag_release(&d);
}

TEST(prefix_reaches_only_the_new_items)
{
	struct diag d = {0};
	size_t n;

	diag_error(&d, ERR_INVALID, "Old.");
	n = d.n;
	diag_error(&d, ERR_INVALID, "First new.");
	diag_warn(&d, "Second new.");
	diag_prefix(&d, n, "service %s", "web");
	CHECK_STR(d.item[0].text, "Old.");
	CHECK_STR(d.item[1].text, "service web: First new.");
	CHECK_STR(d.item[2].text, "service web: Second new.");
	diag_release(&d);
}

TEST(every_code_has_words_of_its_own)
{
	static const int codes[] = {
#define X(name, text) ERR_##name,
	    ERR_LIST(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		CHECK(codes[i] < -1000);
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(err_text(codes[i]), err_text(codes[j])));
	}
	CHECK_STR(err_text(-1), "unknown error");
}

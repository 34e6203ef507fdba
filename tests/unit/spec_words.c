/* Small parts of the spec: edit distance, networks, sizes of tasks. */
#include "tests/unit/test.h"

#include "base/mem.h"
#include "spec/cidr.h"
#include "spec/size.h"
#include "spec/suggest.h"

TEST(distance_counts_slips)
{
	CHECK_INT(edit_distance("database", "database"), 0);
	CHECK_INT(edit_distance("databse", "database"), 1);
	CHECK_INT(edit_distance("dtaabase", "database"), 1);
	CHECK_INT(edit_distance("", "abc"), 3);
	CHECK_INT(edit_distance("kitten", "sitting"), 3);
	CHECK(edit_distance("x", "0123456789012345678901234567890123456789012345678901234567890123456789") ==
	      (size_t)-1);
}

TEST(only_what_is_near_is_suggested)
{
	struct suggest far = SUGGEST("colour"), near = SUGGEST("servics"), little = SUGGEST("ap");

	suggest_try(&far, "logs");
	suggest_try(&far, "tags");
	suggest_try(&near, "secrets");
	suggest_try(&near, "services");
	suggest_try(&little, "tags");
	suggest_try(&little, "app");
	CHECK(far.best == NULL);
	CHECK_STR(near.best, "services");
	CHECK_STR(little.best, "app");
}

TEST(networks_are_read_strictly)
{
	static const char *const bad[] = {"10.0.0.0",     "10.0.0.0/",   "10.0.0.0/33", "10.0.0/16", "10.0.0.0/016",
					  "10.0.0.256/8", "10.0.0.0/8 ", "::/0",        "",          "/8",
					  "10.0.0.0/-1",  "010.0.0.0/8"};
	struct cidr c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (cidr_parse(bad[i], &c))
			test_fail(__FILE__, __LINE__, "%s is let through", bad[i]);
	CHECK(cidr_parse("10.20.3.4/16", &c));
	CHECK_INT(c.bits, 16);
	CHECK_INT(c.address, 0x0a140304);
}

TEST(parts_of_a_network)
{
	struct cidr c = {0}, whole = {0};
	char *a CLEANUP(freep) = NULL, *b CLEANUP(freep) = NULL;

	cidr_parse("10.20.0.0/16", &c);
	a = cidr_text(cidr_part(c, 20, 1));
	b = cidr_text(cidr_part(c, 20, 15));
	CHECK_STR(a, "10.20.16.0/20");
	CHECK_STR(b, "10.20.240.0/20");
	cidr_parse("0.0.0.0/0", &whole);
	CHECK(cidr_holds(whole, c));
	CHECK(!cidr_holds(c, whole));
	CHECK(cidr_overlap(c, whole));
	CHECK(!cidr_overlap(cidr_part(c, 20, 1), cidr_part(c, 20, 2)));
}

TEST(private_and_reserved_networks)
{
	static const char *const private[] = {"10.0.0.0/8", "172.31.0.0/16", "192.168.1.0/24", "100.64.0.0/16"};
	static const char *const public[] = {"172.32.0.0/16", "11.0.0.0/16", "192.169.0.0/16", "8.0.0.0/16"};
	static const char *const reserved[] = {"127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/16", "255.0.0.0/16",
					       "0.1.0.0/16"};
	struct cidr c = {0};

	for (size_t i = 0; i < ARRAY_SIZE(private); i++)
		CHECK(cidr_parse(private[i], &c) && cidr_is_private(c) && !cidr_is_reserved(c));
	for (size_t i = 0; i < ARRAY_SIZE(public); i++)
		CHECK(cidr_parse(public[i], &c) && !cidr_is_private(c));
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		CHECK(cidr_parse(reserved[i], &c) && cidr_is_reserved(c));
}

/* The table of https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html, written out. */
TEST(sizes_that_fargate_has)
{
	static const struct {
		int cpu, from, to, step;
	} table[] = {{512, 1024, 4096, 1024},   {1024, 2048, 8192, 1024},   {2048, 4096, 16384, 1024},
		     {4096, 8192, 30720, 1024}, {8192, 16384, 61440, 4096}, {16384, 32768, 122880, 8192}};
	static const int quarter[] = {512, 1024, 2048};
	size_t have = 0, want = ARRAY_SIZE(quarter);

	for (size_t i = 0; i < ARRAY_SIZE(quarter); i++)
		CHECK(size_exists(256, quarter[i]));
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		for (int m = table[i].from; m <= table[i].to; m += table[i].step, want++)
			if (!size_exists(table[i].cpu, m))
				test_fail(__FILE__, __LINE__, "%d with %d is missing", table[i].cpu, m);
	for (int cpu = 0; cpu <= 16384; cpu += 128)
		for (int m = 0; m <= 131072; m += 256)
			have += size_exists(cpu, m);
	CHECK_INT(have, want);
}

TEST(sizes_with_names_exist)
{
	for (const struct size *s = sizes; s->name; s++)
		CHECK(size_exists(s->cpu, s->memory));
	CHECK_INT(size_least_memory(256), 512);
	CHECK_INT(size_least_memory(16384), 32768);
	CHECK_INT(size_least_memory(300), 0);
}

/* The steps of a teardown: every type has one, and none comes after what it needs. */
#include "cli/destroy_steps.h"
#include "tests/unit/test.h"

static bool before(const struct rtype *t, const char *target)
{
	const struct rtype *of = rtype_find(target);

	return of && destroy_group(t) <= destroy_group(of);
}

static bool type_fits(const struct rtype *t, const struct type *v);

static bool fields_fit(const struct rtype *t, const struct field *f)
{
	for (; f && f->name; f++)
		if (!type_fits(t, f->type))
			return false;
	return true;
}

static bool type_fits(const struct rtype *t, const struct type *v)
{
	if (v->target)
		return before(t, v->target);
	return v->elem ? type_fits(t, v->elem) : fields_fit(t, v->fields);
}

TEST(every_type_has_a_step)
{
	size_t none = destroy_group(&(const struct rtype){.name = "none.such"});

	for (const struct rtype *const *t = rtypes; *t; t++)
		if (destroy_group(*t) >= none)
			CHECK_STR((*t)->name, "a type that has a step");
}

TEST(what_refers_goes_no_later_than_what_it_refers_to)
{
	for (const struct rtype *const *t = rtypes; *t; t++)
		if (!fields_fit(*t, (*t)->fields))
			CHECK_STR((*t)->name, "a type that goes no later than what it refers to");
}

TEST(secrets_go_after_what_they_open)
{
	CHECK(destroy_group(rtype_find("ssm.parameter")) > destroy_group(rtype_find("rds.instance")));
}

/* The lint of all resource tables: what the compiler cannot see. A faulty table below proves that it can fail. */
#include "tests/unit/table_lint.h"

/* ---- calls ------------------------------------------------------------------------------------------------ */

static bool has_each_path(const struct call *c)
{
	for (const char *const *s = c->fixed; s && *s; s++) {
		const char *eq = strchr(*s, '=');

		if (eq && eq - *s > 2 && (!strncmp(eq - 2, "[]", 2) || !strncmp(eq - 3, "[]:", 3)))
			return true;
	}
	return false;
}

static void check_action(struct lint *l, const char *where, const struct call *c)
{
	bool rest = l->t->svc->protocol == PROTO_REST_JSON || l->t->svc->protocol == PROTO_REST_XML;

	if (rest && !strstr(c->action, " /"))
		fault(l, where, "a REST action is \"METHOD /path\": %s", c->action);
	if (!rest && !isupper((unsigned char)c->action[0]))
		fault(l, where, "no operation: %s", c->action);
	check_text(l, where, c->action);
}

static void check_paging(struct lint *l, const char *where, const struct call *c)
{
	const struct paging *paging = l->t->svc->paging;

	if ((c->flags & CALL_PAGED) && !paging)
		fault(l, where, "the service has no pages");
	if ((c->flags & CALL_PAGED) && !(c->rows && strstr(c->rows, "[]")))
		fault(l, where, "pages are joined at the [] of `rows`, which has none");
}

static void check_call(struct lint *l, const char *where, const struct call *c)
{
	if (!c->action)
		return;
	check_action(l, where, c);
	check_paging(l, where, c);
	check_path(l, where, c->body);
	check_path(l, where, c->rows);
	check_path(l, where, c->token);
	for (const char *const *s = c->fixed; s && *s; s++)
		check_fixed(l, where, *s);
	if (c->when && !rtype_field(l->t, c->when + (*c->when == '!')))
		fault(l, where, "`when` names no field: %s", c->when);
	if (c->batch && !has_each_path(c))
		fault(l, where, "a batch needs a fixed path that ends in []");
	if ((c->flags & CALL_WISHED) && !c->when)
		fault(l, where, "hangs on the wish, but does not say on what of it");
	if ((c->flags & (CALL_PER_PARENT | CALL_ALL_PARENTS)) && !l->t->parent)
		fault(l, where, "there is no parent to list by");
}

static void check_many(struct lint *l, const char *what, const struct call *c, size_t n)
{
	bool ended = false;

	for (size_t i = 0; i < n; i++) {
		char *where CLEANUP(freep) = xasprintf("%s[%zu]", what, i);

		if (c[i].action && ended)
			fault(l, where, "there is a gap before it");
		ended |= !c[i].action;
		check_call(l, where, &c[i]);
	}
}

static void check_holders(struct lint *l)
{
	bool ended = false;

	for (size_t i = 0; i < RTYPE_HOLDERS; i++) {
		const struct holders *h = l->t->holders[i];

		if (h && ended)
			fault(l, "holders", "there is a gap");
		ended |= !h;
		if (!h)
			continue;
		check_call(l, "holders", &h->list);
		check_call(l, "holders", &h->release);
		check_path(l, "holders", h->id);
		if (!h->list.rows || !h->name || !h->after)
			fault(l, "holders", "needs rows, a name for each and a patience");
		if (!h->leftover != !h->release.action || !h->leftover != !h->id)
			fault(l, "holders", "what is left over needs a call that takes it away and a path of its id");
	}
}

/* The companion is "TYPE.FIELD", and that field refers to this type. */
static void check_find(struct lint *l)
{
	const struct rtype *t = l->t;
	const char *field = NULL;
	const struct rtype *companion = t->companion ? rtype_of_address(t->companion, &field) : NULL;

	check_call(l, "find", &t->find);
	if (t->find.action && !t->find.rows)
		fault(l, "find", "it has no rows");
	if (t->find.batch && !t->key)
		fault(l, "find", "without a natural key nobody knows whose the rows of a batch are");
	for (const char *const *f = t->alike; f && *f; f++)
		if (!rtype_field(t, *f))
			fault(l, "find", "is alike in a field that does not exist: %s", *f);
	if (t->companion && (!companion || target_of(companion, field) != t))
		fault(l, "find", "%s does not name it", t->companion);
}

static void check_notes(struct lint *l)
{
	for (size_t i = 0; i < RTYPE_NOTES && l->t->notes[i].text; i++)
		if (!l->t->notes[i].field || !l->t->notes[i].word || !rtype_field(l->t, l->t->notes[i].field))
			fault(l, "notes", "there is no field %s", l->t->notes[i].field ? l->t->notes[i].field : "?");
}

static void check_calls(struct lint *l)
{
	const struct rtype *t = l->t;

	check_many(l, "create", t->create, 2);
	check_many(l, "then", t->then, 2);
	check_many(l, "also", t->also, RTYPE_ALSO);
	check_many(l, "update", t->update, RTYPE_UPDATES);
	check_many(l, "delete", t->del, RTYPE_DELETES);
	check_call(l, "read", &t->read);
	check_call(l, "list", &t->list);
	check_find(l);
	check_call(l, "reveal", &t->reveal);
	check_holders(l);
	if (!t->create[0].action)
		fault(l, "create", "there is none");
	if (t->create[1].action && !t->create[0].when)
		fault(l, "create", "the second is never taken: the first has no `when`");
	if (!t->del[0].action)
		fault(l, "delete", "there is none");
	if (!t->read.action)
		fault(l, "read", "there is none");
	if (t->read.action && !t->read.rows)
		fault(l, "read", "it has no rows");
	if (t->list.action && !t->list.rows)
		fault(l, "list", "it has no rows");
}

/* ---- the rest of the table -------------------------------------------------------------------------------- */

static void check_wait(struct lint *l, const char *what, const struct wait *w, bool gone)
{
	const struct field *f = w && w->field ? rtype_field(l->t, w->field) : NULL;

	if (!w)
		return;
	if (w->field && !f)
		fault(l, what, "waits for a field that does not exist: %s", w->field);
	if (f && !(f->flags & COMPUTED))
		fault(l, what, "waits for a field that does not move: %s", w->field);
	if (w->why && !rtype_field(l->t, w->why))
		fault(l, what, "the reason is in no field: %s", w->why);
	if (w->field && !gone && !w->ok)
		fault(l, what, "no word ends it");
	if (!w->every || !w->limit)
		fault(l, what, "needs a pace and a limit");
}

static void check_operation(struct lint *l, const struct operation *o)
{
	if (!o)
		return;
	check_call(l, "operation", &o->poll);
	check_path(l, "operation", o->id);
	check_path(l, "operation", o->status);
	check_path(l, "operation", o->result);
	if (!o->ok || !o->every || !o->limit)
		fault(l, "operation", "needs a word that ends it, a pace and a limit");
	if (o->field && !rtype_field(l->t, o->field))
		fault(l, "operation", "fills a field that does not exist: %s", o->field);
}

static void check_identity(struct lint *l)
{
	const struct rtype *t = l->t;
	bool named = false;

	for (const struct field *f = t->fields; f->name; f++)
		named |= (f->flags & ID) != 0;
	for (const char *const *k = t->key; k && *k; k++)
		if (!rtype_field(t, *k))
			fault(l, "key", "there is no field %s", *k);
	if (!named)
		fault(l, "fields", "none is flagged ID");
	if (!(t->flags & TAGGED) && !t->key)
		fault(l, "key", "what cannot be tagged is known by its key only");
	if (t->parent && !target_of(t, t->parent))
		fault(l, "parent", "is no reference to a type: %s", t->parent);
	if ((t->flags & EXCLUSIVE) && !t->parent)
		fault(l, "flags", "EXCLUSIVE needs a parent");
	if (t->arn)
		check_text(l, "arn", t->arn);
}

static void check_tags(struct lint *l)
{
	const struct rtype *t = l->t;
	const struct tag_scheme *scheme = rtype_tags(t);

	if (!(t->flags & TAGGED))
		return;
	if (!scheme) {
		fault(l, "tags", "the service has no scheme");
		return;
	}
	if (scheme->type_in && !t->tag_type)
		fault(l, "tags", "the scheme wants a word for the type");
	if (!t->tag_id)
		fault(l, "tags", "tag calls do not know what to name it by");
	else if (!rtype_field(t, t->tag_id) && !(t->arn && !strcmp(t->tag_id, "arn")))
		fault(l, "tags", "there is no field %s", t->tag_id);
	if (!scheme->add.action || !scheme->remove.action)
		fault(l, "tags", "the scheme cannot add and remove");
}

static void check_codes(struct lint *l, const char *what, const char *const *codes)
{
	for (; codes && *codes; codes++)
		if (!strcspn(*codes, "~") || strcspn(*codes, " ") < strcspn(*codes, "~"))
			fault(l, what, "no error code: \"%s\"", *codes);
}

static void check_errors(struct lint *l)
{
	const struct rtype *t = l->t;

	check_codes(l, "absent", t->absent);
	check_codes(l, "busy", t->busy);
	check_codes(l, "clash", t->clash);
	check_codes(l, "fulfilled", t->fulfilled);
	check_codes(l, "retry", t->retry);
	if (!t->absent && !t->svc->absent)
		fault(l, "absent", "no code says that it is not there");
}

/* Each type says how it is with a second create: it cannot be, does no harm, or makes a twin. */
static void check_twins(struct lint *l)
{
	const struct rtype *t = l->t;
	bool harmless = true;

	for (size_t i = 0; i < ARRAY_SIZE(t->create) && t->create[i].action; i++)
		harmless &= (t->create[i].flags & CALL_IDEMPOTENT) != 0;
	if ((t->flags & TWINS) && (harmless || t->clash))
		fault(l, "flags", "TWINS, but a second create is refused or does nothing");
	if (!(t->flags & TWINS) && !harmless && !t->clash)
		fault(l, "clash", "no code says that it is there already: is it one of TWINS?");
}

static void check_skip(struct lint *l)
{
	for (const char *const *s = l->t->skip; s && *s; s++) {
		for (const char *from = *s; *from;) {
			size_t n = strcspn(from, "&");
			char *condition CLEANUP(freep) = xstrndup(from, n);
			char *path CLEANUP(freep) = xstrndup(condition, strcspn(condition, "="));

			if (!*path)
				fault(l, "skip", "no condition: %s", *s);
			check_path(l, "skip", path);
			from += n + (from[n] == '&');
		}
	}
}

static void check_stamp(struct lint *l)
{
	for (const char *s = l->t->stamp; s && *s;) {
		size_t n = strcspn(s, " ");
		char *name CLEANUP(freep) = xstrndup(s, n);

		if (!rtype_field(l->t, name))
			fault(l, "stamp", "there is no field %s", name);
		s += n + (s[n] == ' ');
	}
}

static void check_seen(struct lint *l)
{
	const char *name = NULL, *address = l->t->seen_in;
	const struct rtype *of = rtype_of_address(address, &name);

	if (!of || !rtype_field(of, name))
		fault(l, "seen_in", "there is no field %s", address);
}

static void check_others(struct lint *l)
{
	const struct rtype *t = l->t;
	const struct field *unique = t->unique ? rtype_field(t, t->unique) : NULL;

	for (const char *const *a = t->after; a && *a; a++)
		if (!rtype_find(*a))
			fault(l, "after", "there is no type %s", *a);
	if (t->unique && (!unique || unique->type->kind != KIND_STR || t->replace != CREATE_FIRST))
		fault(l, "unique", "is a text field of a type that is replaced CREATE_FIRST");
	if (t->seen_in)
		check_seen(l);
	if (!t->doc || !*t->doc)
		fault(l, "doc", "has no sentence for `explain`");
}

static void lint_type(struct lint *l)
{
	const struct rtype *t = l->t;

	if (!t->name || !t->svc || !t->fields || strncmp(t->name, t->svc->name, strlen(t->svc->name)) != 0) {
		fault(l, "name", "a type has a name that begins with its service's, and fields");
		return;
	}
	check_fields(l, "", t->fields, false);
	check_calls(l);
	check_identity(l);
	check_tags(l);
	check_errors(l);
	check_twins(l);
	check_skip(l);
	check_stamp(l);
	check_wait(l, "ready", t->ready, false);
	check_wait(l, "gone", t->gone, true);
	check_operation(l, t->operation);
	check_notes(l);
	check_others(l);
}

TEST(tables_are_sound)
{
	for (const struct rtype *const *t = rtypes; *t; t++) {
		struct lint l = {.t = *t};

		lint_type(&l);
		for (size_t i = 0; i < l.d.n; i++)
			test_fail(__FILE__, __LINE__, "%s", l.d.item[i].text);
		diag_release(&l.d);
	}
}

TEST(type_names_are_unique)
{
	for (const struct rtype *const *t = rtypes; *t; t++)
		CHECK(rtype_find((*t)->name) == *t);
}

/* More than four, or one in most types, means that the table language lacks a word. */
TEST(hooks_are_few)
{
	size_t types = 0, with = 0;

	CHECK_INT(sizeof(struct hooks), 4 * sizeof(void (*)(void)));
	for (const struct rtype *const *t = rtypes; *t; t++, types++)
		with += (*t)->hooks != NULL;
	CHECK(with * 3 <= types * 2);
}

/* ---- the lint can fail ------------------------------------------------------------------------------------ */

static const struct field bad_fields[] = {
    FIELD("Name", &t_str, REQUIRED | COMPUTED, .in = "Name", .doc = "x"),
    FIELD("size", &t_int, CREATE_ONLY, .in = "Size", .mod = "NewSize", .doc = "x"),
    FIELD("size", INT_RANGE(5, 1), 0, .in = "Size[", .by = 1, .doc = "x"),
    FIELD("word", ONE_OF("a", "b", "a"), 0, .in = "Word", .dflt = "\"c\""),
    FIELD("lost", &t_str, 0, .doc = "x"),
    FIELD("to", REF("ec2.vpc", "nothing"), CREATE_ONLY, .in = "To", .doc = "x"),
    FIELD("secret", &t_str, WRITE_ONLY, .in = "Secret", .out = "secret", .doc = "x"),
    FIELD("nowhere", &t_str, COMPUTED, .doc = "x"),
    FIELD("hearsay", &t_str, TOLD, .in = "Hearsay", .doc = "x"),
    END,
};

static const struct rtype bad_type = {
    .name = "ec2.bad",
    .svc = &svc_ec2,
    .fields = bad_fields,
    .create = {CALL("Create", .fixed = WORDS("Path", "A={nothing}", "B={@nothing}", "C:={"))},
    .read = CALL("Read", .rows = "set.item", .batch = 10, .flags = CALL_PAGED | CALL_PER_PARENT),
    .find = CALL("Look", .fixed = WORDS("Name[]={size}"), .batch = 10),
    .alike = WORDS("colour"),
    .companion = "ec2.vpc.cidr",
    .also = {CALL("More", .rows = "", .flags = CALL_WISHED)},
    .update = {CALL("Change")},
    .ready = WAIT(.field = "state", .every = 1000),
    .holders = {HOLDERS(.list = CALL("Who"), .id = "Id")},
    .notes = {{.field = "mood", .word = "bad", .text = "is in a bad mood."}},
    .skip = WORDS("=x"),
    .after = WORDS("ec2.nothing"),
    .unique = "size",
    .stamp = "size version",
    .flags = TAGGED,
};

static bool found(const struct diag *d, const char *part)
{
	for (size_t i = 0; i < d->n; i++)
		if (strstr(d->item[i].text, part))
			return true;
	return false;
}

TEST(faults_are_found)
{
	static const char *const wanted[] = {
	    "Name: names are in snake_case",
	    "Name: cannot be required and computed",
	    "size: cannot be changed, but says how",
	    "size: stands twice",
	    "size: the range is empty",
	    "size: malformed path",
	    "size: can be changed, but update[1] does not exist",
	    "word: the word a stands twice",
	    "word: its default is not canonical",
	    "word: has no sentence",
	    "lost: no request carries it",
	    "to: refers to a field that does not exist",
	    "secret: is never read, but says where",
	    "nowhere: is read from nowhere",
	    "hearsay: is told by the request",
	    "also[0]: hangs on the wish",
	    "create[0]: no \"Path=text\"",
	    "create[0]: there is no field {nothing}",
	    "create[0]: there is no word {@nothing}",
	    "create[0]: no JSON",
	    "find: it has no rows",
	    "find: without a natural key",
	    "find: is alike in a field that does not exist: colour",
	    "find: ec2.vpc.cidr does not name it",
	    "read: a batch needs",
	    "read: there is no parent",
	    "read: pages are joined",
	    "delete: there is none",
	    "fields: none is flagged ID",
	    "tags: the scheme wants a word",
	    "tags: tag calls do not know",
	    "ready: waits for a field that does not exist",
	    "ready: no word ends it",
	    "ready: needs a pace and a limit",
	    "holders: needs rows",
	    "holders: what is left over",
	    "notes: there is no field mood",
	    "skip: no condition",
	    "after: there is no type ec2.nothing",
	    "unique: is a text field",
	    "stamp: there is no field version",
	    "doc: has no sentence",
	};
	struct lint l = {.t = &bad_type};

	lint_type(&l);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!found(&l.d, wanted[i]))
			test_fail(__FILE__, __LINE__, "not found: %s", wanted[i]);
	diag_release(&l.d);
}

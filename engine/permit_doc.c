/* Rules into statements, and statements into documents. */
#include "base/buf.h"
#include "engine/permit_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SID_SERVICES 2

/* ---- rules ---- */

/* The object at key, made if it is not there. Borrowed. */
static json_t *child(json_t *parent, const char *key)
{
	json_t *o = json_object_get(parent, key);

	if (!o) {
		o = json_object();
		json_object_set_new(parent, key, o);
	}
	return o;
}

void permit_rule(struct permit *p, const char *action, const char *pattern, json_t *condition)
{
	char *text CLEANUP(freep) = condition ? val_text(condition) : xstrdup("");

	json_object_set_new(child(child(p->rules, text), action), pattern, json_true());
	json_decref(condition);
}

static bool covered_in(const json_t *patterns, const char *one, bool itself)
{
	const char *other;
	json_t *yes;

	json_object_foreach ((json_t *)patterns, other, yes)
		if ((itself || strcmp(other, one) != 0) && pattern_covers(other, one))
			return true;
	return false;
}

/* New array of the patterns that say something that no other does; `free` are those without a condition, or NULL. */
static json_t *needed(const json_t *patterns, const json_t *free)
{
	json_auto_t *all = json_array();
	const char *one;
	json_t *yes;

	json_object_foreach ((json_t *)patterns, one, yes)
		if (!covered_in(patterns, one, false) && !(free && covered_in(free, one, true)))
			json_array_append_new(all, json_string(one));
	return val_sorted_set(all);
}

/* ---- statements ---- */

static json_t *one_or_list(json_t *list)
{
	json_t *one = json_array_size(list) == 1 ? json_incref(json_array_get(list, 0)) : json_incref(list);

	json_decref(list);
	return one;
}

/* Actions of one condition by what they act on: resources as text -> array of actions. New. */
static json_t *by_resources(const json_t *actions, const json_t *free_actions)
{
	json_t *groups = json_object(), *patterns;
	const char *action;

	json_object_foreach ((json_t *)actions, action, patterns) {
		json_auto_t *list = needed(patterns, json_object_get(free_actions, action));
		char *text CLEANUP(freep) = val_text(list);
		json_t *group = json_object_get(groups, text);

		if (!json_array_size(list))
			continue;
		if (!group) {
			group = json_array();
			json_object_set_new(groups, text, group);
		}
		json_array_append_new(group, json_string(action));
	}
	return groups;
}

/*
 * What is told apart by tags can be said at once: these actions, on whatever of these kinds bears our tags. An action
 * means nothing for the kinds of others.
 */
static bool is_by_tag(const char *text)
{
	json_auto_t *condition = json_loads(text, 0, NULL);
	const json_t *equals = json_object_get(condition, "StringEquals");

	return json_object_size(condition) == 1 && (json_object_get(equals, "aws:ResourceTag/berth:app") ||
						    json_object_get(equals, "aws:RequestTag/berth:app"));
}

static json_t *merged(json_t *groups)
{
	json_t *all = json_object(), *group;
	json_auto_t *actions = json_array(), *patterns = json_array(), *set = NULL;
	const char *resources;
	char *text;

	json_object_foreach (groups, resources, group) {
		json_auto_t *list = json_loads(resources, 0, NULL);

		json_array_extend(patterns, list);
		json_array_extend(actions, group);
	}
	set = val_sorted_set(patterns);
	text = val_text(set);
	if (json_array_size(set))
		json_object_set(all, text, actions);
	free(text);
	json_decref(groups);
	return all;
}

static void add_statements(json_t *statements, const char *condition, const json_t *actions, const json_t *free_actions)
{
	json_t *groups = by_resources(actions, *condition ? free_actions : NULL), *group;
	const char *resources;

	if (is_by_tag(condition))
		groups = merged(groups);
	json_object_foreach (groups, resources, group) {
		json_t *s = json_pack("{s:s, s:s}", "Sid", "", "Effect", "Allow");

		json_object_set_new(s, "Action", one_or_list(val_sorted_set(group)));
		json_object_set_new(s, "Resource", one_or_list(json_loads(resources, 0, NULL)));
		if (*condition)
			json_object_set_new(s, "Condition", json_loads(condition, 0, NULL));
		json_array_append_new(statements, s);
	}
	json_decref(groups);
}

static const char *first_action(const json_t *statement)
{
	const json_t *a = json_object_get(statement, "Action");

	return json_string_value(json_is_array(a) ? json_array_get(a, 0) : a);
}

static int by_first_action(const void *a, const void *b)
{
	json_t *const *x = a, *const *y = b;
	char *tx CLEANUP(freep) = NULL, *ty CLEANUP(freep) = NULL;
	int order = strcmp(first_action(*x), first_action(*y));

	if (order)
		return order;
	tx = val_text(*x);
	ty = val_text(*y);
	return strcmp(tx, ty);
}

static json_t *sorted(json_t *statements)
{
	size_t n = json_array_size(statements);
	json_t **s = xcalloc(n ? n : 1, sizeof(json_t *)), *out = json_array();

	for (size_t i = 0; i < n; i++)
		s[i] = json_array_get(statements, i);
	qsort(s, n, sizeof(*s), by_first_action);
	for (size_t i = 0; i < n; i++)
		json_array_append(out, s[i]);
	free(s);
	json_decref(statements);
	return out;
}

json_t *permit_statements(const struct permit *p)
{
	json_t *statements = json_array(), *actions;
	const json_t *free_actions = json_object_get(p->rules, "");
	const char *condition;

	json_object_foreach (p->rules, condition, actions)
		add_statements(statements, condition, actions, free_actions);
	return sorted(statements);
}

/* ---- documents ---- */

static bool is_listed(const char *const *list, size_t n, const char *word, size_t length)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) >= length && !strncmp(list[i], word, length) && list[i][length] == ':')
			return true;
	return false;
}

/* "Ec2Ssm" and a number: what it is about, and unique. */
static void name_statement(json_t *s, size_t number)
{
	const json_t *actions = json_object_get(s, "Action");
	size_t n = json_is_array(actions) ? json_array_size(actions) : 1, seen = 0;
	const char *services[SID_SERVICES];
	struct buf sid = BUF(128);

	for (size_t i = 0; i < n && seen < SID_SERVICES; i++) {
		const char *action =
		    json_is_array(actions) ? json_string_value(json_array_get(actions, i)) : json_string_value(actions);
		size_t length = strcspn(action, ":");

		if (is_listed(services, seen, action, length))
			continue;
		services[seen++] = action;
		buf_addf(&sid, "%c%.*s", toupper((unsigned char)*action), (int)length - 1, action + 1);
	}
	buf_addf(&sid, "%s%zu", isdigit((unsigned char)sid.p[sid.n - 1]) ? "n" : "", number);
	json_object_set_new(s, "Sid", json_string(buf_str(&sid)));
	buf_release(&sid);
}

size_t permit_size(const json_t *document)
{
	char *text = json_dumps(document, JSON_COMPACT);
	size_t n = text ? strlen(text) : 0;

	free(text);
	return n;
}

static json_t *new_document(void)
{
	return json_pack("{s:s, s:[]}", "Version", "2012-10-17", "Statement");
}

/* A document for a statement alone, or one for each half of its resources, and so on. */
static void add_alone(json_t *documents, json_t *statement)
{
	json_t *document = new_document(), *all = json_object_get(statement, "Resource");
	size_t n = json_array_size(all);

	json_array_append(json_object_get(document, "Statement"), statement);
	if (permit_size(document) <= PERMIT_MAX || n < 2) {
		json_array_append_new(documents, document);
		return;
	}
	json_decref(document);
	for (size_t half = 0; half < 2; half++) {
		json_t *part = json_copy(statement), *resources = json_array();

		for (size_t i = half * (n / 2); i < (half ? n : n / 2); i++)
			json_array_append(resources, json_array_get(all, i));
		json_object_set_new(part, "Resource", one_or_list(resources));
		add_alone(documents, part);
		json_decref(part);
	}
}

json_t *permit_divide(json_t *statements)
{
	json_t *documents = json_array(), *document = NULL, *s;
	size_t i;

	json_array_foreach (statements, i, s) {
		json_t *list = json_object_get(document, "Statement");

		name_statement(s, i + 1);
		if (document)
			json_array_append(list, s);
		if (document && permit_size(document) <= PERMIT_MAX)
			continue;
		if (document)
			json_array_remove(list, json_array_size(list) - 1);
		add_alone(documents, s);
		document = json_array_get(documents, json_array_size(documents) - 1);
	}
	json_decref(statements);
	return documents;
}

/*
 * XML answers to trees, by expat. A document type is refused before any of it
 * is read: with it go entities of its own, the only way a small document could
 * grow or reach outside.
 */
#include "base/err.h"
#include "base/value.h"
#include "providers/wire.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#define XML_MAX ((size_t)16 << 20)
#define ELEMENTS_MAX 1000000

/* An element that is open. */
struct frame {
	char *name;
	json_t *members; /* NULL until the first child */
};

struct reader {
	XML_Parser parser;
	struct frame frame[VALUE_DEPTH_MAX + 1]; /* [0] stands around the root */
	int depth;
	size_t elements;
	struct buf text; /* of the innermost open element; matters only while that has no child */
	const char *refused;
};

static void refuse(struct reader *r, const char *why)
{
	if (!r->refused)
		r->refused = why;
	XML_StopParser(r->parser, XML_FALSE);
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *r = arg;
	const char *colon = strchr(name, ':');

	(void)attributes;
	if (r->refused)
		return;
	if (r->depth == VALUE_DEPTH_MAX) {
		refuse(r, "it is nested too deeply");
		return;
	}
	if (++r->elements > ELEMENTS_MAX) {
		refuse(r, "it has too many elements");
		return;
	}
	r->frame[++r->depth] = (struct frame){.name = xstrdup(colon ? colon + 1 : name)};
	buf_reset(&r->text);
}

static void on_text(void *arg, const XML_Char *s, int n)
{
	struct reader *r = arg;

	buf_add(&r->text, s, (size_t)n);
}

/* Second and later elements of one name make it an array. */
static void add_member(struct frame *parent, const char *name, json_t *value)
{
	json_t *first, *list;

	if (!parent->members)
		parent->members = json_object();
	first = json_object_get(parent->members, name);
	if (json_is_array(first)) {
		json_array_append_new(first, value);
	} else if (first) {
		list = json_array();
		json_array_append(list, first);
		json_array_append_new(list, value);
		json_object_set_new(parent->members, name, list);
	} else {
		json_object_set_new(parent->members, name, value);
	}
}

static void on_end(void *arg, const XML_Char *name)
{
	struct reader *r = arg;
	struct frame *f = &r->frame[r->depth];
	json_t *value;

	(void)name;
	if (r->refused)
		return;
	value = f->members ? f->members : json_stringn(buf_str(&r->text), r->text.n);
	r->depth--;
	if (value)
		add_member(&r->frame[r->depth], f->name, value);
	else
		refuse(r, "its text is no UTF-8");
	free(f->name);
	*f = (struct frame){0};
	buf_reset(&r->text);
}

static void on_doctype(void *arg, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid, int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	refuse(arg, "it has a document type");
}

static int fail(struct reader *r, struct diag *d)
{
	if (r->refused)
		return diag_error(d, ERR_PROTOCOL, "The answer is refused as XML: %s.", r->refused);
	return diag_error(d, ERR_PROTOCOL, "The answer is no XML: line %lu: %s.", XML_GetCurrentLineNumber(r->parser),
			  XML_ErrorString(XML_GetErrorCode(r->parser)));
}

static void reader_release(struct reader *r)
{
	for (int i = 0; i <= VALUE_DEPTH_MAX; i++) {
		free(r->frame[i].name);
		json_decref(r->frame[i].members);
	}
	buf_wipe(&r->text);
	XML_ParserFree(r->parser);
}

/* Answers of STS hold keys. */
static const XML_Memory_Handling_Suite wiping = {malloc, wiping_realloc, wiping_free};

int xml_parse(const char *text, size_t n, json_t **ret, struct diag *d)
{
	struct reader r = {.text = BUF(XML_MAX)};
	int rc = 0;

	if (n > XML_MAX)
		return diag_error(d, ERR_PROTOCOL, "The answer is larger than %zu MiB.", XML_MAX >> 20);
	r.parser = XML_ParserCreate_MM(NULL, &wiping, NULL);
	if (!r.parser)
		BUG("expat has no memory");
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	if (XML_Parse(r.parser, text, (int)n, 1) != XML_STATUS_OK || r.refused) {
		rc = fail(&r, d);
	} else {
		*ret = r.frame[0].members;
		r.frame[0].members = NULL;
	}
	reader_release(&r);
	return rc;
}

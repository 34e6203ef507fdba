/* Pagination: the rows of all pages end up in one body, as if AWS had given them at once. */
#include "base/err.h"
#include "base/path.h"
#include "providers/call_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAGES_MAX 10000

void page_begin(struct aws_call *call)
{
	const struct paging *p = call->lane->svc->paging;
	unsigned size;
	json_t *given;

	if (!call->paged || !p->size)
		return;
	size = call->page ? call->page : p->max;
	given = path_get(call->params, p->size);
	if (size && !given)
		path_put(call->params, p->size, p->size_text ? json_sprintf("%u", size) : json_integer(size));
	json_decref(given);
}

static char *token_of(const struct paging *p, const json_t *body)
{
	json_auto_t *token = path_get(body, p->token_out);
	json_auto_t *more = p->more ? path_get(body, p->more) : NULL;
	const char *text = json_string_value(token);

	if (p->more && !json_is_true(more) &&
	    (!json_is_string(more) || strcasecmp(json_string_value(more), "true") != 0))
		return NULL;
	return text && *text ? xstrdup(text) : NULL;
}

/* Appends the rows of one page: a list, or in XML a single element, or an empty text. */
static void add_rows(json_t *all, const char *path, const json_t *body)
{
	json_t *rows = path_get(body, path);

	if (json_is_array(rows))
		json_array_extend(all, rows);
	else if (json_is_object(rows) || (json_is_string(rows) && json_string_length(rows)))
		json_array_append(all, rows);
	json_decref(rows);
}

/* An empty XML list is a text: nothing can be put below it. */
static void clear_way(json_t *body, const char *path)
{
	for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
		char *head CLEANUP(freep) = xstrndup(path, (size_t)(dot - path));
		json_auto_t *v = path_get(body, head);

		if (v && !json_is_object(v))
			path_remove(body, head);
	}
}

/* New body of the whole: the first page's, with all rows and without the token. */
static json_t *join(struct aws_call *call)
{
	const struct paging *p = call->lane->svc->paging;
	json_t *body = call->first;

	call->first = NULL;
	clear_way(body, call->rows);
	path_put(body, call->rows, json_incref(call->joined));
	path_remove(body, p->token_out);
	if (p->more)
		path_remove(body, p->more);
	return body;
}

/* Remembers the token and puts it into the next request; false if AWS gave it before, or never ends. */
static bool follow(struct aws_call *call, const char *token)
{
	if (!call->seen)
		call->seen = json_object();
	if (json_object_get(call->seen, token) || call->pages >= PAGES_MAX)
		return false;
	json_object_set_new(call->seen, token, json_true());
	path_put(call->params, call->lane->svc->paging->token_in, json_string(token));
	return true;
}

enum page_verdict page_take(struct aws_call *call, json_t *body, json_t **ret_body, struct diag *d)
{
	char *token CLEANUP(freep) = call->paged ? token_of(call->lane->svc->paging, body) : NULL;

	call->pages++;
	if (!token && !call->joined) {
		*ret_body = json_incref(body);
		return PAGE_LAST;
	}
	if (!call->rows)
		BUG("%s is paged, and nobody said where its rows are", call->action);
	if (!call->joined) {
		call->joined = json_array();
		call->first = json_incref(body);
	}
	add_rows(call->joined, call->rows, body);
	if (!token) {
		*ret_body = join(call);
		return PAGE_LAST;
	}
	if (follow(call, token))
		return PAGE_MORE;
	diag_error(d, ERR_PROTOCOL, "%s %s: the list does not end: AWS gave a page again, or more than %d of them.",
		   call->lane->svc->name, call->action, PAGES_MAX);
	return PAGE_WRONG;
}

void page_release(struct aws_call *call)
{
	json_decref(call->joined);
	json_decref(call->first);
	json_decref(call->seen);
	call->joined = call->first = call->seen = NULL;
	call->pages = 0;
}

bool page_restart(struct aws_call *call, const char *code)
{
	if (!call->pages || call->restarted || strcmp(code, "PaginationTokenExpiredException") != 0)
		return false;
	call->restarted = true;
	path_remove(call->params, call->lane->svc->paging->token_in);
	page_release(call);
	return true;
}
